//! The network under a scheme, step by step: observe, plan, measure.
//!
//! What a scheme may know of a step before it happens: the KPIs of the steps before, and for
//! [`Scheme::Traffic`] and [`Scheme::Equal`] the traffic that is to come and nothing. A slice without
//! KPIs, because it has just arrived, gets an equal share of every cell; the schemes that read KPIs
//! plan the other slices as if the cell were theirs alone and scale that plan to what is left. So a
//! first step, and the one in which a slice arrives, treat all those schemes alike.

use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::{CELLS, CellPlace};
use slicewise_core::cells::{CellBatch, FEATURES, PAPER_FEATURES, Scenario, Scheme, SimulatedStep};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Monitor};

use crate::baselines::td3::{self, AgentSettings, CellAgents};
use crate::memory::SliceMemory;
use crate::simulator::NetworkSimulator;
use crate::solver::plan;

/// Shares for the coming step with what the scheme expects of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Shares, cells x slices present.
    pub shares: Vec<f64>,
    /// Expected utility of each cell; empty where the scheme expects none.
    pub expected_utilities: Vec<f64>,
    /// Satisfaction that the estimator expects, cells x slices present, whatever scheme split; empty
    /// where a slice without KPIs is among them.
    pub expected_satisfaction: Vec<f64>,
    /// Slices of all cells with a feature outside what the estimator was trained on.
    pub outside: usize,
    /// Gap of each cell; empty where the scheme proves none.
    pub gaps: Vec<f64>,
}

/// A simulated network with a scheme that splits its cells.
pub struct ClosedLoop<'a> {
    scenario: Scenario,
    simulator: NetworkSimulator,
    estimator: &'a Estimator,
    method: Method,
    /// Cells x slices of the scenario.
    memory: Vec<SliceMemory>,
    agents: CellAgents,
}

impl<'a> ClosedLoop<'a> {
    /// The network of `scenario` before its first step, under `method`.
    ///
    /// # Errors
    /// Names what is wrong with the scenario, or an estimator that reads other features.
    pub fn new(
        scenario: &Scenario,
        estimator: &'a Estimator,
        method: Method,
    ) -> Result<Self, InputError> {
        let features = estimator.card.features().len();
        if features != FEATURES && features != PAPER_FEATURES {
            let found =
                format!("{}, which reads {features} numbers per slice", estimator.card.name);
            let allowed = format!(
                "one that reads {PAPER_FEATURES} or {FEATURES}, as the simulated network gives"
            );
            return Err(InputError::new("estimator", found, allowed));
        }
        method.validate()?;
        if method.scheme == Scheme::Td3 && !td3::IN_THIS_BUILD {
            return Err(InputError::new("scheme", "td3", "one that this build has: no td3"));
        }
        Ok(Self {
            simulator: NetworkSimulator::new(scenario)?,
            scenario: scenario.clone(),
            estimator,
            memory: vec![SliceMemory::default(); CELLS * scenario.slices.len()],
            agents: CellAgents::new(AgentSettings::new(method.seed)),
            method,
        })
    }

    /// Other settings for the agents of [`Scheme::Td3`], which begin anew.
    pub fn set_agents(&mut self, settings: AgentSettings) {
        self.agents = CellAgents::new(settings);
    }

    /// The agents of [`Scheme::Td3`].
    pub fn agents(&self) -> &CellAgents {
        &self.agents
    }

    /// Where the cells are.
    pub fn places(&self) -> Vec<CellPlace> {
        self.simulator.places()
    }

    /// Number of the coming step, from 0.
    pub fn step_number(&self) -> usize {
        self.simulator.step_number()
    }

    /// The network as it is before the coming step.
    pub fn simulator(&self) -> &NetworkSimulator {
        &self.simulator
    }

    /// How the cells are split.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// What is remembered of slice `slice` of the scenario in `cell`.
    pub fn memory(&self, cell: usize, slice: usize) -> &SliceMemory {
        &self.memory[cell * self.scenario.slices.len() + slice]
    }

    /// What is remembered of all slices: cells x slices of the scenario.
    pub fn memories(&self) -> &[SliceMemory] {
        &self.memory
    }

    /// The slices of the coming step that have KPIs, as indices into the scenario's. A slice is in
    /// all cells at once, so one cell speaks for all.
    pub fn measured(&self) -> Vec<usize> {
        let measured = |slice: &usize| self.memory(0, *slice).observation.measured > 0;
        self.simulator.present().into_iter().filter(measured).collect()
    }

    /// Plans the coming step and takes it. `now` gives a time in ms, for the decision's.
    ///
    /// # Errors
    /// What the solver says: a wrong question, or that `monitor` stopped it. Nothing has moved then.
    pub async fn step(
        &mut self,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
    ) -> Result<SimulatedStep, Halted> {
        if self.method.scheme == Scheme::Td3 {
            let measured = self.measured();
            self.agents.learn(&self.scenario, self.step_number(), &measured, &self.memory)?;
        }
        let begun = now();
        let decision = self.decide(monitor).await?;
        let decision_ms = (now() - begun).max(0.0);
        Ok(self.advance(decision, decision_ms))
    }

    /// What the scheme does in the coming step, without taking it.
    ///
    /// # Errors
    /// What the solver says: a wrong question, or that `monitor` stopped it.
    pub async fn decide(&mut self, monitor: &impl Monitor) -> Result<Decision, Halted> {
        let present = self.simulator.present();
        let reads_kpis = !matches!(self.method.scheme, Scheme::Traffic | Scheme::Equal);
        let planned = if reads_kpis { self.measured() } else { present.clone() };
        if planned.is_empty() {
            let equal = 1.0 / present.len().max(1) as f64;
            return Ok(Decision {
                shares: vec![equal; CELLS * present.len()],
                ..Decision::default()
            });
        }
        let decision = self.split(&planned, monitor).await?;
        Ok(self.with_arrivals(decision, &planned, &present))
    }

    /// A split of all cells among `planned` alone.
    async fn split(
        &mut self,
        planned: &[usize],
        monitor: &impl Monitor,
    ) -> Result<Decision, Halted> {
        if self.method.scheme == Scheme::Td3 {
            let step = self.step_number();
            let shares = self.agents.act(&self.scenario, step, planned, &self.memory).await?;
            return Ok(Decision { shares, ..Decision::default() });
        }
        let cells = self.batch(planned);
        // A method that begins alike in all steps would explore alike: each step has its own seed.
        let mut method = self.method.clone();
        method.seed = method.seed.wrapping_add(self.step_number() as u64);
        let plans = plan(self.estimator, &method, &cells, monitor).await?;
        let knows = self.measured().len() == planned.len();
        let expects = !matches!(method.scheme, Scheme::Traffic | Scheme::Equal);
        let gaps: Vec<f64> = (0..plans.len()).map(|cell| plans.gap(cell)).collect();
        Ok(Decision {
            outside: (0..plans.len()).map(|cell| plans.outside(cell)).sum(),
            expected_satisfaction: if knows { plans.satisfaction } else { Vec::new() },
            expected_utilities: if expects { plans.utilities } else { Vec::new() },
            gaps: if gaps.iter().all(|gap| gap.is_finite()) { gaps } else { Vec::new() },
            shares: plans.shares,
        })
    }

    /// `decision` over `planned` with an equal share for the other slices of `present`.
    fn with_arrivals(&self, decision: Decision, planned: &[usize], present: &[usize]) -> Decision {
        if planned == present {
            return decision;
        }
        let equal = 1.0 / present.len() as f64;
        let left = planned.len() as f64 * equal;
        let mut shares = vec![equal; CELLS * present.len()];
        for (cell, split) in decision.shares.chunks_exact(planned.len()).enumerate() {
            for (slice, share) in planned.iter().zip(split) {
                if let Some(position) = present.iter().position(|other| other == slice) {
                    shares[cell * present.len() + position] = left * share;
                }
            }
        }
        Decision { shares, ..Decision::default() }
    }

    /// What is known of `slices` in all cells before the coming step, as a question to a solver.
    pub fn batch(&self, slices: &[usize]) -> CellBatch {
        let present = self.simulator.present();
        let traffic = self.simulator.coming_traffic_mbps();
        let mut batch = CellBatch::new(FEATURES);
        for cell in 0..CELLS {
            for (position, slice) in present.iter().enumerate() {
                if !slices.contains(slice) {
                    continue;
                }
                let memory = self.memory(cell, *slice);
                let service = &self.scenario.slices[*slice].service;
                let (throughput_mbps, delay_ms) =
                    (service.required_throughput_mbps, service.required_delay_ms);
                batch.push_slice_with(
                    &memory.observation.features(throughput_mbps, delay_ms),
                    traffic[cell * present.len() + position],
                    service.weight,
                    service.minimum_share,
                );
                if memory.observation.measured > 0 {
                    batch.previous_shares.push(memory.last.share);
                }
            }
            batch.end_cell();
        }
        if batch.previous_shares.len() != batch.slices() {
            batch.previous_shares.clear();
        }
        batch
    }

    /// Takes the coming step under `decision`, which took `decision_ms`, and remembers its KPIs.
    pub fn advance(&mut self, decision: Decision, decision_ms: f64) -> SimulatedStep {
        let mut step = self.simulator.advance(&decision.shares);
        step.expected_utilities = decision.expected_utilities;
        step.expected_satisfaction = decision.expected_satisfaction;
        step.outside = decision.outside;
        step.gaps = decision.gaps;
        step.decision_ms = decision_ms;
        let slices = self.scenario.slices.len();
        for (index, memory) in self.memory.iter_mut().enumerate() {
            let (cell, slice) = (index / slices, index % slices);
            let Some(position) = step.present.iter().position(|other| *other == slice) else {
                // A slice that comes back is a new one.
                *memory = SliceMemory::default();
                continue;
            };
            memory.push(&step.kpis[cell * step.present.len() + position]);
        }
        step
    }
}
