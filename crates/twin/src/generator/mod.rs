//! Runs for training and testing, made by the simulator in the layout of the public ones.
//!
//! Each run has a random connected topology, all or some pairs of nodes as flows on paths of least weight,
//! capacities of four classes as in the public runs, and traffic that is scaled to the load of its busiest
//! link. Time is in seconds.

pub(crate) mod graph;
mod scenario;

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::seed::{Rng, stream};
use slicewise_core::twin::queueing::{MOST_BUFFER_PACKETS, MOST_CLASSES};
use slicewise_core::twin::simulation::{Simulated, SimulationOrder};
use slicewise_core::twin::{Policy, Scenario, TwinNews};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use crate::dataset::{Measured, Run, write};
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};
use crate::simulator::simulate;

/// What is made.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateOrder {
    /// Number of runs, 1 to 1,000,000.
    pub runs: usize,
    /// Fewest and most nodes, 3 to 1,000.
    pub nodes: (usize, usize),
    /// The most flows of a run, 1 to 100,000; where there are more pairs of nodes, some are drawn.
    pub most_flows: usize,
    /// Policies to draw from.
    pub policies: Vec<Policy>,
    /// Whether each node draws its policy, instead of all nodes of a run having one.
    pub mixed: bool,
    /// Arrivals to draw from, for each flow.
    pub arrivals: Vec<ArrivalKind>,
    /// Number of classes, 1 to 8.
    pub classes: usize,
    /// Packets that may wait in each queue, to draw from, for each node; 0 to 1,000,000.
    pub buffers: Vec<u32>,
    /// Least and highest load of the busiest link, 0.01 to 10.
    pub load: (f64, f64),
    /// Packets of each run, after the warm-up.
    pub packets: u64,
    /// Seed of everything.
    pub seed: u64,
}

/// How the packets of a generated flow come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalKind {
    /// Independent of one another.
    Poisson,
    /// One every so often.
    Constant,
    /// On for as long as 5 to 50 packets take on average, and a fifth to four fifths of the time.
    OnOff,
}

impl Default for GenerateOrder {
    /// 100 runs like the public ones with three classes, on 20 to 50 nodes.
    fn default() -> Self {
        Self {
            runs: 100,
            nodes: (20, 50),
            most_flows: 2500,
            policies: vec![Policy::StrictPriority, Policy::GnnetWfq, Policy::GnnetDrr],
            mixed: true,
            arrivals: vec![ArrivalKind::Poisson],
            classes: 3,
            buffers: vec![32],
            load: (0.2, 1.2),
            packets: 2_000_000,
            seed: 1,
        }
    }
}

impl GenerateOrder {
    /// Checks all fields.
    ///
    /// # Errors
    /// Names the first that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("runs", self.runs, 1, 1_000_000)?;
        check_count("nodes: fewest", self.nodes.0, 3, 1000)?;
        check_count("nodes: most", self.nodes.1, self.nodes.0, 1000)?;
        check_count("most_flows", self.most_flows, 1, 100_000)?;
        check_count("policies", self.policies.len(), 1, 1000)?;
        check_count("arrivals", self.arrivals.len(), 1, 1000)?;
        check_count("classes", self.classes, 1, MOST_CLASSES)?;
        check_count("buffers", self.buffers.len(), 1, 1000)?;
        for buffer in &self.buffers {
            check_count("buffers", *buffer as usize, 0, MOST_BUFFER_PACKETS as usize)?;
        }
        check_range("load: least", self.load.0, 0.01, 10.0, "")?;
        check_range("load: highest", self.load.1, self.load.0, 10.0, "")?;
        SimulationOrder { seed: self.seed, packets: self.packets }.validate()
    }
}

/// A random network of so many nodes, fewest and most, that is routed by its links' weights; the busiest link is just
/// full.
pub fn network_by_weights(nodes: (usize, usize), generator: &mut impl Rng) -> Scenario {
    scenario::by_weights(nodes, generator)
}

/// Makes the runs of an order one after another. A run depends on the order and its number alone.
#[derive(Clone, Debug)]
pub struct Generator {
    order: GenerateOrder,
    next: usize,
}

impl Generator {
    /// Before the first run.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn new(order: GenerateOrder) -> Result<Self, InputError> {
        order.validate()?;
        Ok(Self { order, next: 0 })
    }

    /// The next run as one line, without the line's end; nothing after the last. `progress` hears the share
    /// of all runs.
    ///
    /// # Errors
    /// As those of [`simulate`].
    pub async fn next_line(
        &mut self,
        monitor: &impl Monitor,
        progress: &mut impl Progress<()>,
    ) -> Result<Option<String>, Halted> {
        match self.next_run(monitor, progress).await? {
            Some(run) => Ok(Some(write::line(&run)?)),
            None => Ok(None),
        }
    }

    /// The next run; nothing after the last.
    ///
    /// # Errors
    /// As those of [`simulate`].
    pub async fn next_run(
        &mut self,
        monitor: &impl Monitor,
        progress: &mut impl Progress<()>,
    ) -> Result<Option<Run>, Halted> {
        if self.next == self.order.runs {
            return Ok(None);
        }
        let mut generator = stream(self.order.seed, self.next as u64);
        let mut run = scenario::run(&self.order, self.next, &mut generator);
        let problem = Problem::new(&run.scenario, &[])?;
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let order = SimulationOrder { seed: generator.next_u64(), packets: self.order.packets };
        let mut part = Part { progress, before: self.next, runs: self.order.runs };
        let simulated = simulate(&network, &order, monitor, &mut part).await?;
        run.measured = measured(&run, &simulated);
        self.next += 1;
        progress.share(self.next as f64 / self.order.runs as f64);
        Ok(Some(run))
    }
}

/// One run's share of all.
struct Part<'a, P> {
    progress: &'a mut P,
    before: usize,
    runs: usize,
}

impl<P: Progress<()>> Progress<TwinNews> for Part<'_, P> {
    fn share(&mut self, fraction: f64) {
        self.progress.share((self.before as f64 + fraction) / self.runs as f64);
    }
}

/// A number with six digits, as the public runs have them, so that lines stay short.
fn six_digits(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// What was measured, with the public runs' mark for flows of which nothing arrived: a delay of 0.
fn measured(run: &Run, simulated: &Simulated) -> Measured {
    let all = |values: &[f64]| -> Vec<f64> {
        values
            .iter()
            .map(|value| if value.is_finite() { six_digits(*value) } else { 0.0 })
            .collect()
    };
    let sent = |(index, arrived): (usize, &f64)| {
        let (flow, loss) = (&run.scenario.flows[index], simulated.loss[index]);
        if loss < 1.0 {
            return six_digits(arrived / (1.0 - loss) / simulated.seconds);
        }
        // All were lost: what was offered; or nothing was sent.
        let bits = run.scenario.packets[flow.packets as usize].mean_bits();
        if loss == 1.0 { six_digits(flow.rate_bit_per_s / bits) } else { 0.0 }
    };
    Measured {
        packets_per_s: simulated.packets.iter().enumerate().map(sent).collect(),
        loss: all(&simulated.loss),
        mean_delay_s: all(&simulated.mean_delay_s),
        p10_s: all(&simulated.p10_s),
        p50_s: all(&simulated.p50_s),
        p90_s: all(&simulated.p90_s),
        jitter_s2: all(&simulated.jitter_s2),
    }
}
