//! Delay, jitter and loss by formula.
//!
//! Flows are taken as independent where they meet, each thinned by the losses of the hops before, and
//! each port answers for its classes by a closed form ([`port`]). Losses thin the loads that make them,
//! so that loads and losses are iterated until they rest ([`Formula`]). Then each flow is followed
//! through its hops: waits of different hops count as independent, while a packet keeps its size, so
//! that its transmission times go together.

pub mod corrected;
mod delays;
mod distribution;
mod hops;
mod loads;
pub mod port;
mod priority;
mod queue;
pub mod scheduled;
mod sharing;
mod summary;
mod tandem;
mod variability;

use slicewise_core::origin::Origin;
use slicewise_core::twin::answer::FlowHops;
use slicewise_core::twin::{Answer, FlowAnswers, FlowState, LinkAnswers};

use self::delays::Follower;
use self::distribution::GammaTable;
use self::loads::Loads;
use crate::routing::RoutedNetwork;

/// Answers `network`; [`Formula`] does so again and again with less work.
pub fn answer(network: &RoutedNetwork<'_>) -> Answer {
    Formula::default().answer(network)
}

/// Flow `flow` of the scenario hop by hop; no hops where it does not arrive.
pub fn hops(network: &RoutedNetwork<'_>, flow: u32) -> FlowHops {
    Formula::default().hops(network, flow)
}

/// The formula with its memory, kept between networks.
#[derive(Clone, Debug, Default)]
pub struct Formula {
    loads: Loads,
    follower: Follower,
}

impl Formula {
    /// Delay, jitter, percentiles and loss of every flow, and what every link sees.
    pub fn answer(&mut self, network: &RoutedNetwork<'_>) -> Answer {
        self.answer_with(network, true)
    }

    /// The same with NaN for the percentiles, in half of the time; where a promise is about one, they
    /// are there.
    pub fn brief(&mut self, network: &RoutedNetwork<'_>) -> Answer {
        let promises = &network.problem.scenario.promises;
        self.answer_with(network, promises.iter().any(|promise| promise.p99_delay_s.is_some()))
    }

    fn answer_with(&mut self, network: &RoutedNetwork<'_>, percentiles: bool) -> Answer {
        let (rounds, settled) = self.loads.settle(network);
        let links = self.loads.links(network);
        let flows = self.flows(network, percentiles);
        let scenario = &network.problem.scenario;
        let summary = summary::summary(scenario, &flows, &links);
        Answer { flows, links, summary, rounds, settled, origin: Origin::new("", 0) }
    }

    /// Flow `flow` of the scenario hop by hop; no hops where it does not arrive.
    pub fn hops(&mut self, network: &RoutedNetwork<'_>, flow: u32) -> FlowHops {
        self.loads.settle(network);
        hops::hops(&self.loads, network, flow)
    }

    /// Mean wait in each queue of the last answer, in seconds: link by link, class by class.
    pub(crate) fn waits(&self) -> Vec<f64> {
        self.loads.outputs.iter().map(|output| output.mean_wait_s).collect()
    }

    /// Packets per second that arrive at each link in the last answer.
    pub(crate) fn packet_rates(&self) -> Vec<f64> {
        let queues = self.loads.inputs.chunks(self.loads.classes.max(1));
        queues.map(|classes| classes.iter().map(|input| input.packets_per_s).sum()).collect()
    }

    fn flows(&mut self, network: &RoutedNetwork<'_>, percentiles: bool) -> FlowAnswers {
        let table = GammaTable::shared();
        let scenario = &network.problem.scenario;
        let mut answers = unanswered(network);
        self.follower.prepare(scenario);
        for routed in &network.flows {
            let passage = self.follower.follow(&self.loads, network, routed, &[]);
            let index = routed.flow as usize;
            answers.loss[index] = 1.0 - passage.arriving();
            if passage.arriving() <= 0.0 {
                continue;
            }
            answers.mean_delay_s[index] = passage.mean_s();
            answers.jitter_s2[index] = passage.variance_s2();
            if percentiles {
                let told = self.follower.percentiles(table, &passage, routed, scenario);
                answers.p10_s[index] = told[0];
                answers.p50_s[index] = told[1];
                answers.p90_s[index] = told[2];
                answers.p99_s[index] = told[3];
            }
        }
        answers
    }
}

/// What is known of the flows without looking at the queues.
fn unanswered(network: &RoutedNetwork<'_>) -> FlowAnswers {
    let flows = &network.problem.scenario.flows;
    let unknown = || vec![f64::NAN; flows.len()];
    let lost = |state: &FlowState| if *state == FlowState::CutOff { 1.0 } else { f64::NAN };
    FlowAnswers {
        state: network.states.clone(),
        mean_delay_s: unknown(),
        jitter_s2: unknown(),
        p10_s: unknown(),
        p50_s: unknown(),
        p90_s: unknown(),
        p99_s: unknown(),
        loss: network.states.iter().map(lost).collect(),
        rate_bit_per_s: flows.iter().map(|flow| flow.rate_bit_per_s).collect(),
    }
}

/// Links of which nothing is known.
fn unknown_links(count: usize) -> LinkAnswers {
    let unknown = || vec![f64::NAN; count];
    LinkAnswers {
        utilisation: unknown(),
        load_bit_per_s: unknown(),
        mean_wait_s: unknown(),
        mean_delay_s: unknown(),
        loss: unknown(),
        flows: vec![0; count],
    }
}
