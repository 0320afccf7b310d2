//! What a graph network is told of a network: what the formula says of its queues, hops and paths, as ratios that do
//! not depend on the network's size or units.

use slicewise_core::twin::queueing::{DRR_QUANTUM_BITS, MOST_CLASSES};
use slicewise_core::twin::{Arrivals, Policy};
use slicewise_nets::graph::Graph;

use super::super::loads::{Loads, buffer_packets};
use super::super::port::{merged, service_scv};
use super::super::tandem::Came;
use crate::routing::{Hop, RoutedFlow, RoutedNetwork};

/// Inputs of a queue, in order.
pub const QUEUE_INPUTS: [&str; 26] = [
    "port_load",
    "port_load_squared",
    "class_load",
    "load_ahead",
    "class_share",
    "weight_share",
    "load_over_weight",
    "log_wait",
    "log_wait_variation",
    "loss_log_odds",
    "port_loss_log_odds",
    "shaping",
    "port_shaping",
    "idle",
    "buffer",
    "size_scv",
    "size_over_mean",
    "arrival_scv",
    "tie",
    "quantum",
    "concentration",
    "is_fifo",
    "is_priority",
    "is_weighted_fair",
    "is_round_robin",
    "is_textbook",
];
/// Inputs of a hop, in order.
pub const HOP_INPUTS: [&str; 13] = [
    "wait_beside_queue",
    "is_first",
    "share_of_turn",
    "capacity_ratio",
    "utilisation_before",
    "size_slope",
    "share_of_queue",
    "share_of_wait",
    "share_of_variance",
    "transmission_share",
    "loss_before",
    "size_over_mean",
    "log_wait",
];
/// Inputs of a path, in order.
pub const PATH_INPUTS: [&str; 8] = [
    "is_constant",
    "is_on_off",
    "burst",
    "share_on",
    "size_scv",
    "one_over_hops",
    "wait_share",
    "loss",
];

/// Beyond these, the logarithm of odds tells nothing more.
const LOG_ODDS: (f64, f64) = (-20.0, 8.0);

/// A network as a graph, and where its hops are in the network.
#[derive(Clone, Debug, Default)]
pub(in crate::formula) struct Described {
    /// The graph: a queue per link and class; a path per flow, or several where a flow takes several ways.
    pub graph: Graph,
    /// Hop of the network that each of the graph's is.
    pub hops: Vec<usize>,
    /// Flow of the network of each path.
    pub flows: Vec<usize>,
    /// Mean bits and time to send them at each link.
    ports: Vec<(f64, f64)>,
    /// Share of each flow that reaches its stations.
    stations: Vec<(f64, Came)>,
    ways: Vec<usize>,
    way_starts: Vec<usize>,
    times_covered: Vec<u32>,
}

impl Described {
    /// Describes `network` as `loads` have it.
    pub fn describe(&mut self, loads: &Loads, network: &RoutedNetwork<'_>) {
        self.graph.clear();
        self.hops.clear();
        self.flows.clear();
        self.describe_queues(loads, network);
        self.graph.path_starts.push(0);
        for (at, routed) in network.flows.iter().enumerate() {
            self.cover(network.hops_of(routed), routed);
            self.describe_flow(loads, network, at, routed);
        }
    }

    fn describe_queues(&mut self, loads: &Loads, network: &RoutedNetwork<'_>) {
        let scenario = &network.problem.scenario;
        let (classes, links) = (loads.classes, &scenario.topology.links);
        self.ports.clear();
        self.graph.links = links.len();
        for (index, link) in links.iter().enumerate() {
            let queues = index * classes..(index + 1) * classes;
            let inputs = &loads.inputs[queues.clone()];
            let outputs = &loads.outputs[queues];
            let queueing = &scenario.queueings[link.queueing as usize];
            let all = merged(inputs);
            let bits = if all.mean_bits > 0.0 { all.mean_bits } else { 1.0 };
            let send_s = bits / link.capacity_bit_per_s;
            self.ports.push((bits, send_s));
            let load_of = |class: usize| {
                inputs[class].packets_per_s * inputs[class].mean_bits / link.capacity_bit_per_s
            };
            let load: f64 = (0..classes).map(load_of).sum();
            let weights: f64 = (0..classes).map(|class| queueing.weight(class)).sum();
            let weight = |class: usize| queueing.weight(class) / weights;
            let lost: f64 = inputs.iter().zip(outputs).map(|(i, o)| i.packets_per_s * o.loss).sum();
            let port_loss = if all.packets_per_s > 0.0 { lost / all.packets_per_s } else { 0.0 };
            let places =
                if all.packets_per_s > 0.0 { buffer_packets(queueing, inputs) } else { 32.0 };
            let policy = queueing.policy;
            let is = |yes: bool| f64::from(u8::from(yes));
            let quantum_bits = |class: usize| match policy {
                Policy::DeficitRoundRobin => {
                    let least = queueing.weights.iter().copied().fold(f64::INFINITY, f64::min);
                    DRR_QUANTUM_BITS * queueing.weight(class) / least.min(1e12)
                }
                Policy::GnnetDrr => link.capacity_bit_per_s * weight(class),
                _ => 0.0,
            };
            for class in 0..classes {
                let (input, output) = (&inputs[class], &outputs[class]);
                let own = load_of(class);
                let rank = |class: usize| load_of(class) / weight(class);
                let (mut ahead, mut tie) = (0.0, 0.0_f64);
                for other in (0..classes.min(MOST_CLASSES)).filter(|other| *other != class) {
                    let (mine, others) = (rank(class), rank(other));
                    let apart = (mine - others) / (mine + others).max(f64::MIN_POSITIVE);
                    ahead += load_of(other) * is_ahead(policy, other, class, apart);
                    if matches!(policy, Policy::GnnetWfq | Policy::WeightedFair) {
                        tie = tie.max(1.0 / (1.0 + 400.0 * apart * apart));
                    }
                }
                let wait = output.mean_wait_s / send_s;
                let variance = output.wait_variance_s2 / (send_s * send_s);
                self.graph.queue_link.push(index as u32);
                self.graph.queue_weight.push(if load > 0.0 { own / load } else { 0.0 });
                self.graph.queue_inputs.extend([
                    bent(load),
                    bent(load * load),
                    bent(own),
                    bent(ahead),
                    if load > 0.0 { own / load } else { 0.0 },
                    weight(class),
                    bent(own / weight(class)),
                    0.25 * libm::log(wait + 1e-2),
                    0.25 * libm::log((variance + 1e-3) / ((wait + 0.03) * (wait + 0.03))),
                    0.1 * log_odds(output.loss),
                    0.1 * log_odds(port_loss),
                    input.shaping,
                    all.shaping,
                    loads.idle[index],
                    0.3 * libm::log((places + 1.0) / 33.0),
                    bent(service_scv(input)),
                    bent(input.mean_bits / bits),
                    0.25 * libm::log(input.arrival_scv.max(1e-3)),
                    tie,
                    bent(0.1 * quantum_bits(class) / bits),
                    0.0,
                    is(policy == Policy::Fifo),
                    is(policy == Policy::StrictPriority),
                    is(matches!(policy, Policy::GnnetWfq | Policy::WeightedFair)),
                    is(matches!(policy, Policy::GnnetDrr | Policy::DeficitRoundRobin)),
                    is(matches!(policy, Policy::WeightedFair | Policy::DeficitRoundRobin)),
                ]);
            }
        }
    }

    /// Finds ways that lead over every hop of a flow, each from the source to the target.
    fn cover(&mut self, hops: &[Hop], routed: &RoutedFlow) {
        self.ways.clear();
        self.way_starts.clear();
        self.way_starts.push(0);
        self.times_covered.clear();
        if hops.iter().zip(1..).all(|(hop, next)| hop.to == next && hop.from + 1 == next) {
            self.times_covered.resize(hops.len(), 1);
            self.ways.extend(0..hops.len());
            self.way_starts.push(hops.len());
            return;
        }
        self.times_covered.resize(hops.len(), 0);
        let best = |found: &dyn Fn(&Hop) -> bool| {
            let meant = hops.iter().enumerate().filter(|(_, hop)| found(hop));
            meant.max_by(|a, b| a.1.share.total_cmp(&b.1.share)).map(|(at, _)| at)
        };
        for first in 0..hops.len() {
            if self.times_covered[first] > 0 {
                continue;
            }
            let start = self.ways.len();
            self.ways.push(first);
            let mut station = hops[first].from;
            while station > 0
                && let Some(at) = best(&|hop: &Hop| hop.to == station)
            {
                self.ways.push(at);
                station = hops[at].from;
            }
            self.ways[start..].reverse();
            let mut station = hops[first].to;
            while station + 1 < routed.stations
                && let Some(at) = best(&|hop: &Hop| hop.from == station)
            {
                self.ways.push(at);
                station = hops[at].to;
            }
            for at in &self.ways[start..] {
                self.times_covered[*at] += 1;
            }
            self.way_starts.push(self.ways.len());
        }
    }

    fn describe_flow(
        &mut self,
        loads: &Loads,
        network: &RoutedNetwork<'_>,
        at: usize,
        routed: &RoutedFlow,
    ) {
        let scenario = &network.problem.scenario;
        let flow = &scenario.flows[routed.flow as usize];
        let sizes = &scenario.packets[flow.packets as usize];
        let bits = sizes.mean_bits();
        let hops = network.hops_of(routed);
        self.stations.clear();
        self.stations.resize(routed.stations as usize, (0.0, Came::Here));
        self.stations[0].0 = 1.0;
        for hop in hops {
            let share = self.stations[hop.from as usize].0 * hop.share;
            let queue = hop.link as usize * loads.classes + flow.class as usize;
            let (passing, came) = &mut self.stations[hop.to as usize];
            *came = if *passing > 0.0 { Came::BySeveral } else { Came::Over(hop.link) };
            *passing += share * (1.0 - loads.outputs[queue].loss);
        }
        for way in 0..self.way_starts.len() - 1 {
            let way = self.way_starts[way]..self.way_starts[way + 1];
            let seen = |at: usize| {
                let hop = &hops[self.ways[at]];
                loads.seen(self.stations[hop.from as usize].1, hop.link, flow.class)
            };
            let (mut waits, mut variances, mut sending) = (0.0, 0.0, 0.0);
            for at in way.clone() {
                let (seen, link) = (seen(at), hops[self.ways[at]].link as usize);
                waits += seen.wait_s;
                variances += seen.variance_s2;
                sending += bits / scenario.topology.links[link].capacity_bit_per_s;
            }
            let mut before: Option<u32> = None;
            let mut arriving = 1.0;
            for position in way.clone() {
                let hop = &hops[self.ways[position]];
                let seen = seen(position);
                let link = &scenario.topology.links[hop.link as usize];
                let queue = hop.link as usize * loads.classes + flow.class as usize;
                let (port_bits, port_send_s) = self.ports[hop.link as usize];
                let output = &loads.outputs[queue];
                let send_s = bits / link.capacity_bit_per_s;
                let reaching = self.stations[hop.from as usize].0 * hop.share;
                let rate = loads.sent(at) * reaching;
                let share_of_queue =
                    rate / loads.inputs[queue].packets_per_s.max(f64::MIN_POSITIVE);
                let small = 0.01 * port_send_s;
                let (turn, ratio, busy) = before.map_or((0.0, 0.0, 0.0), |from| {
                    let queues =
                        hop.link as usize * loads.classes..(hop.link as usize + 1) * loads.classes;
                    let all: f64 = loads.inputs[queues].iter().map(|i| i.packets_per_s).sum();
                    let of = &scenario.topology.links[from as usize];
                    (
                        loads.turning(from, hop.link) / all.max(f64::MIN_POSITIVE),
                        bent(link.capacity_bit_per_s / of.capacity_bit_per_s),
                        1.0 - loads.idle[from as usize],
                    )
                });
                let covered = f64::from(self.times_covered[self.ways[position]]);
                self.graph.hop_queue.push(queue as u32);
                self.graph.hop_weight.push(share_of_queue / covered);
                let width = QUEUE_INPUTS.len();
                self.graph.queue_inputs[queue * width + 20] +=
                    share_of_queue * share_of_queue / covered;
                self.graph.hop_inputs.extend([
                    libm::log((seen.wait_s + small) / (output.mean_wait_s + small)),
                    f64::from(u8::from(before.is_none())),
                    turn.min(1.0),
                    ratio,
                    busy,
                    (seen.slope_s_per_bit * bits / port_send_s).clamp(-2.0, 2.0),
                    share_of_queue.min(1.0),
                    seen.wait_s / waits.max(f64::MIN_POSITIVE),
                    seen.variance_s2 / variances.max(f64::MIN_POSITIVE),
                    send_s / (send_s + seen.wait_s),
                    0.1 * log_odds(1.0 - arriving),
                    bent(bits / port_bits),
                    0.25 * libm::log(seen.wait_s / port_send_s + 1e-2),
                ]);
                self.hops.push(routed.hops.start + self.ways[position]);
                arriving *= 1.0 - output.loss;
                before = Some(hop.link);
            }
            let [constant, on_off, burst, share_on] = arrivals(flow.arrivals, loads.sent(at));
            let scv = sizes.mean_square_bits() / (bits * bits) - 1.0;
            self.graph.path_inputs.extend([
                constant,
                on_off,
                burst,
                share_on,
                bent(scv.max(0.0)),
                1.0 / way.len().max(1) as f64,
                waits / (waits + sending).max(f64::MIN_POSITIVE),
                0.1 * log_odds(1.0 - arriving),
            ]);
            self.graph.path_starts.push(self.graph.hop_queue.len() as u32);
            self.flows.push(at);
        }
    }
}

/// How far `other` goes before `class`, whose load over its weight is `apart` above that of the other, as a share.
fn is_ahead(policy: Policy, other: usize, class: usize, apart: f64) -> f64 {
    match policy {
        Policy::Fifo => 0.0,
        Policy::StrictPriority => f64::from(u8::from(other < class)),
        Policy::GnnetWfq => 0.5 + 0.5 * (20.0 * apart).clamp(-1.0, 1.0),
        _ => 0.5,
    }
}

/// Whether arrivals are constant, or on and off; the logarithm of a burst's packets; the share of time that is on.
fn arrivals(arrivals: Arrivals, packets_per_s: f64) -> [f64; 4] {
    match arrivals {
        Arrivals::Poisson => [0.0, 0.0, 0.0, 1.0],
        Arrivals::Constant => [1.0, 0.0, 0.0, 1.0],
        Arrivals::OnOff { on_s, off_s } => {
            let burst = packets_per_s * (on_s + off_s);
            [0.0, 1.0, 0.2 * libm::log(1.0 + burst), on_s / (on_s + off_s)]
        }
    }
}

/// Logarithm of the odds of a loss.
pub(super) fn log_odds(loss: f64) -> f64 {
    let loss = loss.clamp(1e-12, 1.0 - 1e-12);
    libm::log(loss / (1.0 - loss)).clamp(LOG_ODDS.0, LOG_ODDS.1)
}

/// 0 to infinity bent to 0 to 1.
fn bent(value: f64) -> f64 {
    value / (1.0 + value)
}
