//! The paper's reinforcement-learning rival: one TD3 agent per cell that splits it directly, for the
//! least satisfaction of its slices (IDLA, section V-C).
//!
//! An agent's state and action have a number per slice, so an agent is made for one set of slices:
//! when that changes, all begin anew with an empty memory, as the paper says of its own.

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{STEPS_PER_DAY, Scenario};
use slicewise_optim::policy_gradient::ActionForm;
use slicewise_optim::policy_gradient::td3::{Settings, Task, Td3, Transition};

use crate::memory::SliceMemory;

/// Whether this build has the agents.
pub const IN_THIS_BUILD: bool = true;

/// Numbers of a state per slice.
const PER_SLICE: usize = 6;
/// Numbers of a state besides: where in the day it is.
const COMMON: usize = 2;

/// How the agents explore and learn.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSettings {
    /// Settings of the algorithm.
    pub td3: Settings,
    /// Steps of random splits before the policies decide, of the first agents.
    pub first_exploration: usize,
    /// The same of agents that follow a change of the slices.
    pub later_exploration: usize,
    /// Updates of the critics per step of the network.
    pub updates: usize,
}

impl AgentSettings {
    /// A day of exploration. The agents learn in every step, that day's too: policies that follow
    /// critics which have seen nothing run to the edge of the simplex, and lose days there.
    pub fn new(seed: u64) -> Self {
        Self {
            td3: Settings {
                // What a split does to later steps is little: queues do not outlive a step.
                discount: 0.3,
                target_rate: 0.01,
                exploration_noise: 0.1,
                memory: 5000,
                // The critics have to keep ahead of the policies that climb them.
                critic_rate: 5e-3,
                actor_rate: 3e-4,
                hidden: vec![32, 32],
                seed,
                ..Settings::default()
            },
            first_exploration: STEPS_PER_DAY,
            later_exploration: STEPS_PER_DAY,
            updates: 2,
        }
    }
}

/// The agents of all cells.
pub struct CellAgents {
    settings: AgentSettings,
    /// Agents and the slices that they are made for.
    current: Option<Agents>,
    /// How often agents were made.
    generation: u64,
}

struct Agents {
    td3: Td3,
    slices: Vec<usize>,
    /// Steps that these agents have lived.
    age: usize,
    /// How many of them are random.
    exploration: usize,
    /// State and action whose reward is still to come.
    pending: Option<(Vec<f64>, Vec<f64>)>,
}

impl CellAgents {
    /// Agents that are made when the first KPIs are there.
    pub fn new(settings: AgentSettings) -> Self {
        Self { settings, current: None, generation: 0 }
    }

    /// Slices that the agents are made for; none before they are.
    pub fn slices(&self) -> &[usize] {
        self.current.as_ref().map_or(&[], |agents| &agents.slices)
    }

    /// Remembers what came of the last split and learns. `slices` are those with KPIs before step
    /// `step`; `memory` holds cells x slices of the scenario.
    ///
    /// # Errors
    /// Names a setting that is out of range.
    pub fn learn(
        &mut self,
        scenario: &Scenario,
        step: usize,
        slices: &[usize],
        memory: &[SliceMemory],
    ) -> Result<(), InputError> {
        self.prepare(slices)?;
        let Some(agents) = &mut self.current else { return Ok(()) };
        let Some((states, actions)) = agents.pending.take() else { return Ok(()) };
        let next_states = states_of(scenario, step, slices, memory);
        let rewards: Vec<f64> = (0..CELLS)
            .map(|cell| {
                let of = |slice: &usize| memory[cell * scenario.slices.len() + slice].last;
                slices.iter().map(|slice| of(slice).satisfaction).fold(1.0, f64::min)
            })
            .collect();
        agents.td3.remember(&Transition {
            states: &states,
            actions: &actions,
            rewards: &rewards,
            next_states: &next_states,
            ended: false,
        })?;
        for _ in 0..self.settings.updates {
            agents.td3.learn();
        }
        Ok(())
    }

    /// Makes new agents where `slices` are others than theirs.
    fn prepare(&mut self, slices: &[usize]) -> Result<(), InputError> {
        if slices.is_empty() || self.slices() == slices {
            return Ok(());
        }
        let task = Task {
            agents: CELLS,
            state_width: COMMON + PER_SLICE * slices.len(),
            action: ActionForm::Simplex { parts: slices.len() },
        };
        let mut settings = self.settings.td3.clone();
        settings.seed = settings.seed.wrapping_add(self.generation);
        let exploration = if self.generation == 0 {
            self.settings.first_exploration
        } else {
            self.settings.later_exploration
        };
        let td3 = Td3::new(task, settings, &Device::flex())?;
        let slices = slices.to_vec();
        self.current = Some(Agents { td3, slices, age: 0, exploration, pending: None });
        self.generation += 1;
        Ok(())
    }

    /// Shares of `slices` in all cells, cells x slices.
    ///
    /// # Errors
    /// Says that the policies have left the finite numbers.
    pub async fn act(
        &mut self,
        scenario: &Scenario,
        step: usize,
        slices: &[usize],
        memory: &[SliceMemory],
    ) -> Result<Vec<f64>, InputError> {
        self.prepare(slices)?;
        let Some(agents) = &mut self.current else { return Ok(Vec::new()) };
        let states = states_of(scenario, step, slices, memory);
        let actions = if agents.age < agents.exploration {
            agents.td3.random()
        } else {
            agents.td3.explore(&states).await?
        };
        agents.age += 1;
        agents.pending = Some((states, actions.clone()));
        Ok(actions)
    }
}

/// What the agents see, cells x width: of each slice its users, CQI, throughput and delay against
/// what it was promised, share and use of the last step; and the time of the day. All within 0 to
/// about 1.
fn states_of(
    scenario: &Scenario,
    step: usize,
    slices: &[usize],
    memory: &[SliceMemory],
) -> Vec<f64> {
    let angle = std::f64::consts::TAU * (step % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64;
    let mut states = Vec::new();
    for cell in 0..CELLS {
        for slice in slices {
            let service = &scenario.slices[*slice].service;
            let last = &memory[cell * scenario.slices.len() + slice].last;
            let throughput = last.throughput_mbps / service.required_throughput_mbps;
            let delay = service.required_delay_ms / last.delay_ms.max(1e-3);
            states.extend([
                libm::log1p(last.active_users) / 3.0,
                last.cqi / 15.0,
                throughput.clamp(0.0, 2.0) / 2.0,
                delay.clamp(0.0, 2.0) / 2.0,
                last.share,
                last.prb_used,
            ]);
        }
        states.extend([libm::cos(angle), libm::sin(angle)]);
    }
    states
}
