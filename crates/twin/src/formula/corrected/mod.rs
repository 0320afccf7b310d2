//! The formula, corrected by a graph network: waits, their variance and losses, hop by hop, and the width of the
//! upper percentiles.

pub mod description;
pub mod example;
pub mod model;

use slicewise_core::InputError;
use slicewise_core::origin::Origin;
use slicewise_core::twin::{Answer, FlowAnswers, PacketSizes};
use slicewise_nets::graph::{Graph, GraphEvaluator};
use slicewise_optim::monitor::{Halted, Monitor};

use self::description::{Described, log_odds};
use super::delays::Follower;
use super::distribution::GammaTable;
use super::loads::{Loads, Seen};
use super::{summary, unanswered};
use crate::routing::RoutedNetwork;

/// Corrections of a hop: of the logarithm of the mean wait; of that of its variance, beside what follows from the
/// wait; of the log-odds of the loss; of the logarithm of how far upper percentiles are from the mean.
pub const OUTPUTS: [&str; 4] = ["log_wait", "log_variance", "loss_log_odds", "log_tail"];
/// How far each can go, to both sides.
pub const REACH: [f64; OUTPUTS.len()] = [2.0, 2.0, 6.0, 1.0];

/// Corrections of one hop, in the order of [`OUTPUTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HopCorrection([f64; OUTPUTS.len()]);

impl HopCorrection {
    /// Corrects what a packet sees there.
    pub fn apply(&self, seen: &mut Seen) {
        let [wait, variance, loss, _] = self.0;
        seen.wait_s *= libm::exp(wait);
        seen.variance_s2 *= libm::exp(2.0 * wait + variance);
        seen.loss = corrected_loss(seen.loss, loss);
    }
}

/// `loss` with its log-odds moved by `correction`.
fn corrected_loss(loss: f64, correction: f64) -> f64 {
    let odds = libm::exp(log_odds(loss) + correction);
    odds / (1.0 + odds)
}

/// A formula that a graph network corrects, with its memory kept.
#[derive(Clone, Debug)]
pub struct CorrectedFormula<E> {
    network: E,
    loads: Loads,
    follower: Follower,
    described: Described,
    told: Vec<f64>,
    corrections: Vec<HopCorrection>,
    times: Vec<u32>,
}

impl<E: GraphEvaluator> CorrectedFormula<E> {
    /// Corrects by `network`.
    ///
    /// # Errors
    /// Says that the network does not take or give what the formula needs.
    pub fn new(network: E) -> Result<Self, InputError> {
        let shape = network.shape();
        let found = [shape.queue_inputs, shape.hop_inputs, shape.path_inputs, shape.reach.len()];
        let allowed = [
            description::QUEUE_INPUTS.len(),
            description::HOP_INPUTS.len(),
            description::PATH_INPUTS.len(),
            OUTPUTS.len(),
        ];
        if found != allowed {
            let (found, allowed) = (format!("{found:?}"), format!("{allowed:?}"));
            return Err(InputError::new("inputs and outputs", found, allowed));
        }
        Ok(Self {
            network,
            loads: Loads::default(),
            follower: Follower::default(),
            described: Described::default(),
            told: Vec::new(),
            corrections: Vec::new(),
            times: Vec::new(),
        })
    }

    /// Delay, jitter, percentiles and loss of every flow. What links see is the formula's.
    ///
    /// # Errors
    /// Says that the network's device did not answer, or that it was stopped.
    pub async fn answer<M: Monitor>(
        &mut self,
        network: &RoutedNetwork<'_>,
        monitor: &M,
    ) -> Result<Answer, Halted> {
        let (rounds, settled) = self.loads.settle(network);
        monitor.checkpoint().await?;
        self.described.describe(&self.loads, network);
        monitor.checkpoint().await?;
        self.network.corrections(&self.described.graph, &mut self.told, monitor).await?;
        self.gather(network.hops.len());
        let links = self.loads.links(network);
        let flows = self.flows(network);
        let summary = summary::summary(&network.problem.scenario, &flows, &links);
        Ok(Answer { flows, links, summary, rounds, settled, origin: Origin::new("", 0) })
    }

    /// The network's corrections of `graph`, hop by hop.
    ///
    /// # Errors
    /// Says what does not fit, that the network's device did not answer, or that it was stopped.
    pub async fn corrections<M: Monitor>(
        &mut self,
        graph: &Graph,
        monitor: &M,
    ) -> Result<&[f64], Halted> {
        self.network.corrections(graph, &mut self.told, monitor).await?;
        Ok(&self.told)
    }

    /// By how much the last answer's corrections move the delay that each link adds, as a share of the formula's: the
    /// mean over its packets; NaN where it carries nothing.
    pub fn disagreement(&self, network: &RoutedNetwork<'_>) -> Vec<f64> {
        let scenario = &network.problem.scenario;
        let mut moved = vec![[0.0; 2]; scenario.topology.links.len()];
        let mut reaching = Vec::new();
        for routed in &network.flows {
            let flow = &scenario.flows[routed.flow as usize];
            let bits = scenario.packets[flow.packets as usize].mean_bits();
            let packets_per_s = flow.rate_bit_per_s / bits;
            let shares = network.shares(routed, &mut reaching).zip(routed.hops.start..);
            for ((hop, share), at) in shares {
                let link = &scenario.topology.links[hop.link as usize];
                let queue = hop.link as usize * self.loads.classes + flow.class as usize;
                let wait_s = self.loads.outputs[queue].mean_wait_s;
                let delay_s = wait_s + bits / link.capacity_bit_per_s + link.propagation_s;
                let HopCorrection([correction, ..]) = self.corrections[at];
                let packets = packets_per_s * share;
                let [sum, all] = &mut moved[hop.link as usize];
                *sum += packets * wait_s * (libm::exp(correction) - 1.0).abs();
                *all += packets * delay_s;
            }
        }
        moved.into_iter().map(|[sum, all]| if all > 0.0 { sum / all } else { f64::NAN }).collect()
    }

    /// Corrections by the network's hops: means where several ways of a flow lead over a hop.
    fn gather(&mut self, hops: usize) {
        self.corrections.clear();
        self.corrections.resize(hops, HopCorrection::default());
        self.times.clear();
        self.times.resize(hops, 0);
        for (hop, told) in self.described.hops.iter().zip(self.told.as_chunks().0) {
            let HopCorrection(sum) = &mut self.corrections[*hop];
            let told: &[f64; OUTPUTS.len()] = told;
            sum.iter_mut().zip(told).for_each(|(sum, told)| *sum += told);
            self.times[*hop] += 1;
        }
        for (HopCorrection(sum), times) in self.corrections.iter_mut().zip(&self.times) {
            sum.iter_mut().for_each(|sum| *sum /= f64::from((*times).max(1)));
        }
    }

    fn flows(&mut self, network: &RoutedNetwork<'_>) -> FlowAnswers {
        let table = GammaTable::shared();
        let scenario = &network.problem.scenario;
        let mut answers = unanswered(network);
        self.follower.prepare(scenario);
        for routed in &network.flows {
            let plain = self.follower.follow(&self.loads, network, routed, &[]);
            let index = routed.flow as usize;
            let packets = scenario.flows[index].packets;
            if plain.arriving() <= 0.0 {
                answers.loss[index] = 1.0;
                continue;
            }
            let told = self.follower.percentiles(table, &plain, routed, scenario);
            let passage = self.follower.follow(&self.loads, network, routed, &self.corrections);
            let (mean_s, deviation_s) = (passage.mean_s(), passage.variance_s2().sqrt());
            let tail = libm::exp(self.tail(network, routed.flow, routed.hops.clone()));
            let moved = Moved {
                from: (plain.mean_s(), plain.variance_s2().sqrt()),
                to: (mean_s, deviation_s),
                tail,
            };
            let least_s =
                passage.least_s(smallest(&scenario.packets[packets as usize])).min(mean_s);
            answers.loss[index] = 1.0 - passage.arriving();
            answers.mean_delay_s[index] = mean_s;
            answers.jitter_s2[index] = passage.variance_s2();
            let lists =
                [&mut answers.p10_s, &mut answers.p50_s, &mut answers.p90_s, &mut answers.p99_s];
            for (list, told) in lists.into_iter().zip(told) {
                list[index] = moved.percentile(told).max(least_s);
            }
        }
        answers
    }

    /// The correction of a flow's tail: that of its hops, by the variance that they bring.
    fn tail(&self, network: &RoutedNetwork<'_>, flow: u32, hops: std::ops::Range<usize>) -> f64 {
        let class = network.problem.scenario.flows[flow as usize].class as usize;
        let (mut sum, mut all) = (0.0, 0.0);
        for at in hops {
            let hop = &network.hops[at];
            let queue = hop.link as usize * self.loads.classes + class;
            let variance = hop.share * self.loads.outputs[queue].wait_variance_s2;
            sum += variance * self.corrections[at].0[3];
            all += variance;
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }
}

/// Bits of the smallest packets.
fn smallest(sizes: &PacketSizes) -> f64 {
    match sizes {
        PacketSizes::Sizes(sizes) => {
            sizes.iter().map(|size| size.bits).fold(f64::INFINITY, f64::min)
        }
        PacketSizes::Exponential(_) => 0.0,
    }
}

/// A distribution moved and stretched with its mean and its deviation.
struct Moved {
    from: (f64, f64),
    to: (f64, f64),
    /// What upper percentiles are stretched by beside that.
    tail: f64,
}

impl Moved {
    fn percentile(&self, told: f64) -> f64 {
        let off = if self.from.1 > 0.0 { (told - self.from.0) / self.from.1 } else { 0.0 };
        let off = if off > 0.0 { off * self.tail } else { off };
        self.to.0 + off * self.to.1
    }
}
