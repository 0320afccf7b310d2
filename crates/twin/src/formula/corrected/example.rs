//! A measured run as a graph network learns from it: what the formula says hop by hop, and what was measured.

use slicewise_core::twin::Policy;
use slicewise_nets::graph::Graph;

use super::description::Described;
use super::{OUTPUTS, corrected_loss};
use crate::dataset::Run;
use crate::evaluation::policy_of_path;
use crate::formula::delays::Follower;
use crate::formula::distribution::GammaTable;
use crate::formula::loads::Loads;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// Makes examples, with its memory kept.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    loads: Loads,
    follower: Follower,
    described: Described,
}

/// A run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// What the network is told.
    pub graph: Graph,
    /// The formula's waits, hop by hop.
    hops: Vec<HopFormula>,
    /// The flows that were measured.
    pub flows: Vec<MeasuredFlow>,
    /// Nodes of its network.
    pub nodes: usize,
    /// A number that all runs of the same network and traffic matrix share.
    pub matrix: u64,
    /// Least and largest load of a port that carries something.
    pub loads: (f64, f64),
}

/// What the formula says of a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct HopFormula {
    wait_s: f64,
    variance_s2: f64,
    loss: f64,
    /// Its weight for the tail of its flow.
    tail_weight: f64,
}

/// A flow, by formula and measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredFlow {
    /// Its index in the scenario.
    pub flow: usize,
    /// Its path in the graph.
    path: usize,
    /// Its mean delay without waits, in seconds.
    fixed_s: f64,
    /// Variance of its delay without that of waits, in seconds squared.
    fixed_variance_s2: f64,
    /// How far nine of ten packets stay below, in deviations above the mean, by formula.
    p90_off: f64,
    /// Measured: mean delay and p90 in seconds, variance in seconds squared, share of lost packets.
    pub measured: Figures,
    /// The longest delay that the run could record, in seconds.
    longest_s: f64,
    /// About how many packets were measured.
    packets: f64,
    /// Policy of the ports on its path, `mixed` where they differ.
    pub policy: &'static str,
    /// How its packets arrive, by name.
    pub arrivals: &'static str,
    /// The highest load of a port on its path.
    pub load: f64,
}

/// What is told or measured of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Mean delay, in seconds.
    pub delay_s: f64,
    /// Delay that nine of ten packets stay below, in seconds.
    pub p90_s: f64,
    /// Variance of the delay, in seconds squared.
    pub jitter_s2: f64,
    /// Share of lost packets.
    pub loss: f64,
}

/// Seconds that a run is taken to last: packets of a flow tell how well it was measured.
const RUN_S: f64 = 1e4;
/// Flows of that many packets weigh half.
const HALF_WEIGHT_PACKETS: f64 = 300.0;
/// What errors weigh: of the logarithms of delay, p90 and jitter, and of the loss.
const WEIGHTS: [f64; 4] = [1.0, 0.25, 0.1, 2.0];
/// Errors far below these count by their square.
const SMALL: [f64; 4] = [0.005, 0.01, 0.02, 0.001];

impl Examples {
    /// What is to be learned from `run`; no flow where none takes one way only.
    ///
    /// # Errors
    /// Names what cannot be used of its scenario.
    pub fn example(&mut self, run: &Run) -> Result<Example, slicewise_core::InputError> {
        let problem = Problem::new(&run.scenario, &[])?;
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        self.loads.settle(&network);
        self.described.describe(&self.loads, &network);
        let table = GammaTable::shared();
        let scenario = &problem.scenario;
        self.follower.prepare(scenario);
        let graph = self.described.graph.clone();
        let mut example = Example {
            nodes: scenario.topology.nodes.len(),
            matrix: matrix(run),
            ..Example::default()
        };
        let longest_s = run.longest_recorded_s();
        let links = self.loads.links(&network);
        let carrying = links.utilisation.iter().filter(|load| **load > 0.0);
        example.loads = carrying.fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), load| {
            (least.min(*load), most.max(*load))
        });
        let measured = &run.measured;
        for path in 0..graph.paths() {
            let routed = &network.flows[self.described.flows[path]];
            let index = routed.flow as usize;
            let flow = &scenario.flows[index];
            let own = graph.path_starts[path] as usize..graph.path_starts[path + 1] as usize;
            let passage = self.follower.follow(&self.loads, &network, routed, &[]);
            let mut fixed_s = passage.mean_s();
            let mut fixed_variance_s2 = passage.variance_s2();
            let mut came = crate::formula::tandem::Came::Here;
            let mut load = 0.0_f64;
            for at in own.clone() {
                let hop = &network.hops[self.described.hops[at]];
                let queue = graph.hop_queue[at] as usize;
                let seen = self.loads.seen(came, hop.link, flow.class);
                came = crate::formula::tandem::Came::Over(hop.link);
                fixed_s -= seen.wait_s;
                fixed_variance_s2 -= seen.variance_s2;
                load = load.max(links.utilisation[hop.link as usize]);
                example.hops.push(HopFormula {
                    wait_s: seen.wait_s,
                    variance_s2: seen.variance_s2,
                    loss: seen.loss,
                    tail_weight: self.loads.outputs[queue].wait_variance_s2,
                });
            }
            let weights: f64 = example.hops[own.clone()].iter().map(|hop| hop.tail_weight).sum();
            for hop in &mut example.hops[own.clone()] {
                hop.tail_weight = if weights > 0.0 { hop.tail_weight / weights } else { 0.0 };
            }
            let takes_one_way =
                own.len() == routed.hops.len() && routed.stations as usize == own.len() + 1;
            if !takes_one_way || passage.arriving() <= 0.0 || measured.mean_delay_s[index] <= 0.0 {
                continue;
            }
            let told = self.follower.percentiles(table, &passage, routed, scenario);
            let deviation_s = passage.variance_s2().sqrt();
            let off =
                if deviation_s > 0.0 { (told[2] - passage.mean_s()) / deviation_s } else { 0.0 };
            let links: Vec<u32> = network.hops_of(routed).iter().map(|hop| hop.link).collect();
            example.flows.push(MeasuredFlow {
                flow: index,
                path,
                fixed_s: fixed_s.max(0.0),
                fixed_variance_s2: fixed_variance_s2.max(0.0),
                p90_off: off,
                measured: Figures {
                    delay_s: measured.mean_delay_s[index],
                    p90_s: measured.p90_s[index],
                    jitter_s2: measured.varied_s2(index),
                    loss: measured.loss[index],
                },
                longest_s,
                packets: measured.packets_per_s[index] * (1.0 - measured.loss[index]) * RUN_S,
                policy: policy_of_path(scenario, &links),
                arrivals: flow.arrivals.name(),
                load,
            });
        }
        example.graph = graph;
        Ok(example)
    }
}

/// A number for the nodes' number and the traffic matrix of `run`: what every pair of nodes offers, to four digits
/// after the point, whatever the classes, the queues and the paths.
fn matrix(run: &Run) -> u64 {
    let scenario = &run.scenario;
    let mut rates: std::collections::BTreeMap<(u32, u32), f64> = std::collections::BTreeMap::new();
    for flow in &scenario.flows {
        *rates.entry((flow.source, flow.target)).or_default() += flow.rate_bit_per_s;
    }
    let numbers = rates.iter().flat_map(|((source, target), rate)| {
        [u64::from(*source), u64::from(*target), (rate * 1e4).round() as u64]
    });
    let nodes = scenario.topology.nodes.len() as u64;
    // FNV-1a over the numbers.
    std::iter::once(nodes).chain(numbers).fold(0xcbf2_9ce4_8422_2325, |hash, number| {
        number.to_le_bytes().iter().fold(hash, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    })
}

/// |error| that is quadratic below `small`, and its slope.
fn rounded(error: f64, small: f64) -> (f64, f64) {
    let root = (error * error + small * small).sqrt();
    (root - small, error / root)
}

impl MeasuredFlow {
    /// How much it counts, 0 to 1.
    pub fn weight(&self) -> f64 {
        self.packets / (self.packets + HALF_WEIGHT_PACKETS)
    }

    /// Whether its delay was cut off by the recorder.
    fn is_cut(&self) -> bool {
        self.measured.delay_s >= 0.99 * self.longest_s
    }
}

impl Example {
    /// What corrections make of flow `flow`.
    pub fn figures(&self, flow: &MeasuredFlow, corrections: &[f64]) -> Figures {
        let sums = self.sums(flow, corrections);
        let jitter_s2 = flow.fixed_variance_s2 + sums.variance_s2;
        let delay_s = flow.fixed_s + sums.wait_s;
        let tail = if flow.p90_off > 0.0 { libm::exp(sums.tail) } else { 1.0 };
        let p90_s = delay_s + flow.p90_off * jitter_s2.sqrt() * tail;
        let is_cut = delay_s >= flow.longest_s;
        Figures {
            delay_s: delay_s.min(flow.longest_s),
            p90_s: p90_s.min(flow.longest_s),
            jitter_s2: if is_cut { 0.0 } else { jitter_s2 },
            loss: 1.0 - sums.passing,
        }
    }

    fn own(&self, flow: &MeasuredFlow) -> std::ops::Range<usize> {
        self.graph.path_starts[flow.path] as usize..self.graph.path_starts[flow.path + 1] as usize
    }

    fn sums(&self, flow: &MeasuredFlow, corrections: &[f64]) -> Sums {
        let mut sums = Sums { passing: 1.0, ..Sums::default() };
        for at in self.own(flow) {
            let (hop, told) = (&self.hops[at], &corrections[at * OUTPUTS.len()..]);
            sums.wait_s += hop.wait_s * libm::exp(told[0]);
            sums.variance_s2 += hop.variance_s2 * libm::exp(2.0 * told[0] + told[1]);
            sums.passing *= 1.0 - corrected_loss(hop.loss, told[2]);
            sums.tail += hop.tail_weight * told[3];
        }
        sums
    }

    /// Error over all flows, each weighted by `weight`, and in `slopes` its slope by each correction.
    pub fn error(
        &self,
        corrections: &[f64],
        weight: impl Fn(&MeasuredFlow) -> f64,
        slopes: &mut Vec<f64>,
    ) -> f64 {
        slopes.clear();
        slopes.resize(corrections.len(), 0.0);
        let mut error = 0.0;
        for flow in &self.flows {
            let weight = weight(flow);
            let sums = self.sums(flow, corrections);
            let of = weigh(flow, &sums);
            error += weight * of.error;
            for at in self.own(flow) {
                let (hop, told) = (&self.hops[at], &corrections[at * OUTPUTS.len()..]);
                let slope = &mut slopes[at * OUTPUTS.len()..];
                let wait = hop.wait_s * libm::exp(told[0]);
                let variance = hop.variance_s2 * libm::exp(2.0 * told[0] + told[1]);
                let loss = corrected_loss(hop.loss, told[2]);
                slope[0] += weight * (of.delay * wait + of.jitter * 2.0 * variance);
                slope[1] += weight * of.jitter * variance;
                slope[2] += weight * of.loss * sums.passing * loss;
                slope[3] += weight * of.tail * hop.tail_weight;
            }
        }
        error
    }
}

/// Sums over the hops of a flow.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    wait_s: f64,
    variance_s2: f64,
    passing: f64,
    tail: f64,
}

/// An error and its slopes by mean delay, variance, loss, and tail.
#[derive(Clone, Copy, Debug, Default)]
struct Weighed {
    error: f64,
    delay: f64,
    jitter: f64,
    loss: f64,
    tail: f64,
}

fn weigh(flow: &MeasuredFlow, sums: &Sums) -> Weighed {
    let mut found = Weighed::default();
    let measured = &flow.measured;
    let (error, slope) = rounded(1.0 - sums.passing - measured.loss, SMALL[3]);
    found.error += WEIGHTS[3] * error;
    found.loss = WEIGHTS[3] * slope;
    if flow.is_cut() {
        return found;
    }
    let delay_s = flow.fixed_s + sums.wait_s;
    let jitter_s2 = flow.fixed_variance_s2 + sums.variance_s2;
    let (error, slope) = rounded(libm::log(delay_s / measured.delay_s), SMALL[0]);
    found.error += WEIGHTS[0] * error;
    found.delay += WEIGHTS[0] * slope / delay_s;
    if measured.jitter_s2 > 0.0 && jitter_s2 > 0.0 {
        let (error, slope) = rounded(libm::log(jitter_s2 / measured.jitter_s2), SMALL[2]);
        found.error += WEIGHTS[2] * error;
        found.jitter += WEIGHTS[2] * slope / jitter_s2;
    }
    if measured.p90_s > 0.0 && measured.p90_s < 0.99 * flow.longest_s && flow.p90_off > 0.0 {
        let deviation_s = jitter_s2.sqrt();
        let above = flow.p90_off * libm::exp(sums.tail);
        let p90_s = delay_s + above * deviation_s;
        let (error, slope) = rounded(libm::log(p90_s / measured.p90_s), SMALL[1]);
        found.error += WEIGHTS[1] * error;
        let slope = WEIGHTS[1] * slope / p90_s;
        found.delay += slope;
        found.jitter += slope * above / (2.0 * deviation_s.max(f64::MIN_POSITIVE));
        found.tail += slope * above * deviation_s;
    }
    found
}

/// Policies that flows are told apart by.
pub fn groups() -> impl Iterator<Item = &'static str> {
    Policy::ALL.into_iter().map(Policy::name).chain(["mixed"])
}
