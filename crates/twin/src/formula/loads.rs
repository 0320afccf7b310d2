//! The fixed point of loads and losses.

use slicewise_core::twin::{Buffer, LinkAnswers, Policy, Queueing, Scenario};

use super::port::{ClassInput, ClassOutput, PortInput, merged, port, sees_shaping};
use super::tandem::{Came, PairedLink, Tandem, Turn};
use super::unknown_links;
use super::variability::{Variability, superpose};
use crate::routing::{Hop, RoutedFlow, RoutedNetwork};

/// Rounds after which a fixed point that does not rest is taken as it is.
const MOST_ROUNDS: u32 = 200;
/// Losses that change by less have come to rest.
const REST: f64 = 1e-6;
/// A queue whose arrivals change by less than this share is not worked out again.
const SAME: f64 = 1e-5;
/// The most turns from one link into another that are told apart; beyond it nobody counts how a class's
/// packets come by links, and they count as random.
const MOST_TURNS: usize = 2_000_000;

/// What a flow sends, before any loss.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    class: usize,
    packets_per_s: f64,
    bits: f64,
    square_bits: f64,
    cube_bits: f64,
    variability: Variability,
}

/// Loads and losses of all queues. A queue is `link * classes + class`.
#[derive(Clone, Debug, Default)]
pub(super) struct Loads {
    /// Number of classes of the scenario.
    pub classes: usize,
    /// What arrives at each queue.
    pub inputs: Vec<ClassInput>,
    /// What it sees.
    pub outputs: Vec<ClassOutput>,
    /// Chance that a packet finds its port idle, per link.
    pub idle: Vec<f64>,
    /// Losses that thin the flows: `outputs`' own, damped where they swing.
    losses: Vec<f64>,
    swings: Vec<Swing>,
    known: Vec<ClassInput>,
    variability: Vec<Variability>,
    streams: Vec<Stream>,
    /// Share of a flow that arrives at each of its stations.
    stations: Vec<f64>,
    turns: Turns,
    tandem: Tandem,
    bursty: bool,
}

/// What a packet sees at a port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Mean wait, in seconds.
    pub wait_s: f64,
    /// Its variance, in seconds squared.
    pub variance_s2: f64,
    /// How the wait changes with the packet's own size, in seconds per bit.
    pub slope_s_per_bit: f64,
    /// Share that is lost.
    pub loss: f64,
}

/// How a loss has moved so far.
#[derive(Clone, Copy, Debug)]
struct Swing {
    last: f64,
    part: f64,
}

impl Default for Swing {
    fn default() -> Self {
        Self { last: 0.0, part: 1.0 }
    }
}

impl Swing {
    /// What of `missing` to go: less after a turn back, more as long as it goes on.
    fn step(&mut self, missing: f64) -> f64 {
        let factor = if missing * self.last < 0.0 { 0.5 } else { 1.25 };
        self.part = (self.part * factor).clamp(0.05, 1.0);
        self.last = missing;
        self.part * missing
    }
}

impl Loads {
    /// Iterates `network` until it rests; gives the rounds and whether it rests.
    pub(super) fn settle(&mut self, network: &RoutedNetwork<'_>) -> (u32, bool) {
        self.prepare(network);
        let outcome = self.iterate(network);
        if self.turns.are_counted && !self.turns.shape {
            self.count_turns(network);
        }
        self.pair(&network.problem.scenario);
        outcome
    }

    fn iterate(&mut self, network: &RoutedNetwork<'_>) -> (u32, bool) {
        for round in 1..=MOST_ROUNDS {
            self.offer(network);
            if self.answer_ports(&network.problem.scenario) <= REST {
                return (round, true);
            }
        }
        (MOST_ROUNDS, false)
    }

    /// Counts what goes from link to link.
    fn count_turns(&mut self, network: &RoutedNetwork<'_>) {
        for (routed, stream) in network.flows.iter().zip(&self.streams) {
            let stations = &mut self.stations[..routed.stations as usize];
            stations.fill(0.0);
            stations[0] = 1.0;
            let hops = network.hops_of(routed);
            for (at, hop) in hops.iter().enumerate() {
                let queue = hop.link as usize * self.classes + stream.class;
                let share = stations[hop.from as usize] * hop.share;
                let passing = share * (1.0 - self.losses[queue]);
                stations[hop.to as usize] += passing;
                self.turns.count(hops, at, stream, passing);
            }
        }
    }

    /// Packets per second that flow `at` of the network sends.
    pub(super) fn sent(&self, at: usize) -> f64 {
        self.streams[at].packets_per_s
    }

    /// Packets per second that go from link `from` straight into `to`; 0 where turns are not counted.
    pub(super) fn turning(&self, from: u32, to: u32) -> f64 {
        self.tandem.packets_per_s(from, to)
    }

    /// Works out what packets of the same link do to one another.
    fn pair(&mut self, scenario: &Scenario) {
        let tandem = &mut self.tandem;
        tandem.links.clear();
        for (index, link) in scenario.topology.links.iter().enumerate() {
            let queues = index * self.classes..(index + 1) * self.classes;
            let mix = merged(&self.inputs[queues]);
            let policy = scenario.queueings[link.queueing as usize].policy;
            let mut paired = PairedLink::new(mix, link.capacity_bit_per_s, self.idle[index]);
            paired.sees_shaping = sees_shaping(policy);
            tandem.links.push(paired);
        }
        self.turns.list(scenario, &mut tandem.turns);
        tandem.settle(scenario);
    }

    /// What a packet of `class` that came so sees at the port of `link`.
    pub(super) fn seen(&self, came: Came, link: u32, class: u8) -> Seen {
        let output = &self.outputs[link as usize * self.classes + class as usize];
        let extra = self.tandem.extra(came, link);
        let random = output.mean_wait_s * self.tandem.links[link as usize].evened();
        let wait_s = (random + extra.wait_s).max(0.0);
        let scale = if output.mean_wait_s > 0.0 { wait_s / output.mean_wait_s } else { 1.0 };
        Seen {
            wait_s,
            variance_s2: output.wait_variance_s2 * scale,
            slope_s_per_bit: extra.slope_s_per_bit,
            loss: output.loss,
        }
    }

    fn prepare(&mut self, network: &RoutedNetwork<'_>) {
        let scenario = &network.problem.scenario;
        self.classes = scenario.classes();
        let queues = scenario.topology.links.len() * self.classes;
        refill(&mut self.inputs, queues);
        refill(&mut self.outputs, queues);
        refill(&mut self.losses, queues);
        refill(&mut self.swings, queues);
        refill(&mut self.known, queues);
        refill(&mut self.variability, queues);
        refill(&mut self.idle, scenario.topology.links.len());
        self.idle.fill(1.0);
        let streams = network.flows.iter().map(|routed| stream(scenario, routed));
        self.streams.clear();
        self.streams.extend(streams);
        self.bursty = self.streams.iter().any(|stream| stream.variability.is_some());
        let stations = network.flows.iter().map(|routed| routed.stations as usize).max();
        refill(&mut self.stations, stations.unwrap_or(0));
        self.turns.prepare(scenario, self.classes);
    }

    /// Sends every flow through its hops and counts what arrives at the queues.
    fn offer(&mut self, network: &RoutedNetwork<'_>) {
        self.inputs.fill(ClassInput::default());
        self.variability.fill(Variability::default());
        self.turns.rates.fill(0.0);
        let streams = std::mem::take(&mut self.streams);
        for (routed, stream) in network.flows.iter().zip(&streams) {
            self.send(network, routed, stream);
        }
        self.streams = streams;
    }

    fn send(&mut self, network: &RoutedNetwork<'_>, routed: &RoutedFlow, stream: &Stream) {
        let stations = &mut self.stations[..routed.stations as usize];
        stations.fill(0.0);
        stations[0] = 1.0;
        let hops = network.hops_of(routed);
        for (at, hop) in hops.iter().enumerate() {
            let share = stations[hop.from as usize] * hop.share;
            let queue = hop.link as usize * self.classes + stream.class;
            let input = &mut self.inputs[queue];
            input.packets_per_s += share * stream.packets_per_s;
            input.mean_bits += share * stream.bits;
            input.mean_square_bits += share * stream.square_bits;
            input.mean_cube_bits += share * stream.cube_bits;
            let passing = share * (1.0 - self.losses[queue]);
            stations[hop.to as usize] += passing;
            if self.turns.are_counted && self.turns.shape {
                self.turns.count(hops, at, stream, passing);
            }
            if self.bursty {
                self.variability[queue].add(&stream.variability, share);
            }
        }
    }

    /// Answers all ports; gives the largest change of a loss. A loss that swings goes less of the way.
    fn answer_ports(&mut self, scenario: &Scenario) -> f64 {
        let mut change: f64 = 0.0;
        for (index, link) in scenario.topology.links.iter().enumerate() {
            let queues = index * self.classes..(index + 1) * self.classes;
            let inputs = &mut self.inputs[queues.clone()];
            if inputs.iter().all(|input| input.packets_per_s <= 0.0) {
                continue;
            }
            let queueing = &scenario.queueings[link.queueing as usize];
            let capacity = link.capacity_bit_per_s;
            inputs.iter_mut().for_each(settle_means);
            if self.bursty {
                let places = buffer_packets(queueing, inputs) + 1.0;
                superpose(inputs, &self.variability[queues.clone()], capacity, places);
            } else {
                inputs.iter_mut().for_each(|input| input.arrival_scv = 1.0);
            }
            self.turns.shape(index, inputs, &self.idle, scenario);
            let known = &mut self.known[queues.clone()];
            if !inputs.iter().zip(known.iter()).all(|(new, old)| is_same(new, old)) {
                known.copy_from_slice(inputs);
                let input = PortInput {
                    policy: queueing.policy,
                    weights: &queueing.weights,
                    buffer_packets: buffer_packets(queueing, inputs),
                    capacity_bit_per_s: capacity,
                    classes: inputs,
                };
                port(&input, &mut self.outputs[queues.clone()]);
            }
            let mut carried = 0.0;
            for queue in queues {
                let (input, found) = (&self.inputs[queue], self.outputs[queue].loss);
                let (loss, swing) = (&mut self.losses[queue], &mut self.swings[queue]);
                change = change.max((found - *loss).abs());
                *loss += swing.step(found - *loss);
                carried += input.packets_per_s * input.mean_bits * (1.0 - *loss) / capacity;
            }
            let idle = (1.0 - carried).clamp(0.0, 1.0);
            if self.turns.are_counted && self.turns.shape {
                // Ports that follow look at how busy their input links are.
                change = change.max(0.01 * (idle - self.idle[index]).abs());
            }
            self.idle[index] = idle;
        }
        change
    }

    /// What the links see.
    pub(super) fn links(&self, network: &RoutedNetwork<'_>) -> LinkAnswers {
        let problem = network.problem;
        let links = &problem.scenario.topology.links;
        let mut answers = unknown_links(links.len());
        for (index, link) in links.iter().enumerate() {
            if problem.failed_links[index] {
                continue;
            }
            let queues = index * self.classes..(index + 1) * self.classes;
            let inputs = &self.inputs[queues.clone()];
            let all = merged(inputs);
            let offered = all.packets_per_s * all.mean_bits;
            let (mut wait, mut passing) = (0.0, 0.0);
            for (input, output) in inputs.iter().zip(&self.outputs[queues]) {
                let packets = input.packets_per_s * (1.0 - output.loss);
                wait += packets * output.mean_wait_s;
                passing += packets;
            }
            let paired = &self.tandem.links[index];
            let random = if passing > 0.0 { wait / passing * paired.evened() } else { 0.0 };
            let wait = (random + paired.extra_wait_s).max(0.0);
            let lost =
                if all.packets_per_s > 0.0 { 1.0 - passing / all.packets_per_s } else { 0.0 };
            let sending = if offered > 0.0 { all.mean_bits / link.capacity_bit_per_s } else { 0.0 };
            answers.utilisation[index] = offered / link.capacity_bit_per_s;
            answers.load_bit_per_s[index] = offered;
            answers.mean_wait_s[index] = wait;
            answers.mean_delay_s[index] = wait + sending + link.propagation_s;
            answers.loss[index] = lost.max(0.0);
        }
        for hop in &network.hops {
            answers.flows[hop.link as usize] += 1;
        }
        answers
    }
}

fn refill<T: Clone + Default>(items: &mut Vec<T>, count: usize) {
    items.clear();
    items.resize(count, T::default());
}

fn stream(scenario: &Scenario, routed: &RoutedFlow) -> Stream {
    let flow = &scenario.flows[routed.flow as usize];
    let sizes = &scenario.packets[flow.packets as usize];
    let packets_per_s = flow.rate_bit_per_s / sizes.mean_bits();
    Stream {
        class: flow.class as usize,
        packets_per_s,
        bits: flow.rate_bit_per_s,
        square_bits: packets_per_s * sizes.mean_square_bits(),
        cube_bits: packets_per_s * sizes.mean_cube_bits(),
        variability: Variability::of(flow.arrivals, packets_per_s),
    }
}

/// Turns sums over the packets into means.
fn settle_means(input: &mut ClassInput) {
    if input.packets_per_s <= 0.0 {
        *input = ClassInput { arrival_scv: 1.0, ..ClassInput::default() };
        return;
    }
    let each = 1.0 / input.packets_per_s;
    input.mean_bits *= each;
    input.mean_square_bits *= each;
    input.mean_cube_bits *= each;
}

/// Packets that fit into a queue; where it counts bits, packets of the mean size of all classes.
pub(super) fn buffer_packets(queueing: &Queueing, inputs: &[ClassInput]) -> f64 {
    match queueing.buffer {
        Buffer::Packets(packets) => f64::from(packets),
        Buffer::Bits(bits) => bits / merged(inputs).mean_bits,
    }
}

fn is_same(new: &ClassInput, old: &ClassInput) -> bool {
    let close = |new: f64, old: f64| (new - old).abs() <= SAME * old.abs();
    close(new.packets_per_s, old.packets_per_s)
        && close(new.mean_bits, old.mean_bits)
        && close(new.mean_square_bits, old.mean_square_bits)
        && (new.arrival_scv - old.arrival_scv).abs() <= SAME
        && (new.shaping - old.shaping).abs() <= SAME
}

/// How much of each class goes from one link straight into another.
#[derive(Clone, Debug, Default)]
struct Turns {
    are_counted: bool,
    /// Whether a port asks for shaping.
    shape: bool,
    classes: usize,
    /// Where the turns into each link begin.
    starts: Vec<usize>,
    /// Position of each link among those that arrive at its target.
    positions: Vec<u32>,
    /// Links that arrive at each node, one node after the other.
    arriving: Vec<u32>,
    arriving_starts: Vec<usize>,
    /// Packets per second, `(starts[to] + positions[from]) * classes + class`.
    rates: Vec<f64>,
}

impl Turns {
    fn prepare(&mut self, scenario: &Scenario, classes: usize) {
        let links = &scenario.topology.links;
        let has_classes = |queueing: &Queueing| queueing.policy != Policy::Fifo;
        self.classes = classes;
        self.shape = scenario.queueings.iter().any(has_classes);
        self.rates.clear();
        refill(&mut self.arriving_starts, scenario.topology.nodes.len() + 1);
        refill(&mut self.positions, links.len());
        refill(&mut self.arriving, links.len());
        for (link, position) in links.iter().zip(&mut self.positions) {
            let count = &mut self.arriving_starts[link.target as usize + 1];
            *position = *count as u32;
            *count += 1;
        }
        for node in 1..self.arriving_starts.len() {
            self.arriving_starts[node] += self.arriving_starts[node - 1];
        }
        for (index, link) in links.iter().enumerate() {
            let first = self.arriving_starts[link.target as usize];
            self.arriving[first + self.positions[index] as usize] = index as u32;
        }
        self.starts.clear();
        let mut turns = 0;
        for link in links {
            self.starts.push(turns);
            turns += self.arriving_at(link.source).len();
        }
        self.are_counted = turns * classes <= MOST_TURNS;
        if self.are_counted {
            self.rates.resize(turns * classes, 0.0);
        }
    }

    fn arriving_at(&self, node: u32) -> &[u32] {
        let (first, end) =
            (self.arriving_starts[node as usize], self.arriving_starts[node as usize + 1]);
        &self.arriving[first..end]
    }

    /// Counts what of a flow goes on from its hop `at`, which the share `passing` of it has crossed.
    fn count(&mut self, hops: &[Hop], at: usize, stream: &Stream, passing: f64) {
        let hop = &hops[at];
        let is_next = |next: &&Hop| next.from == hop.to;
        let first = match hops.get(at + 1) {
            Some(next) if is_next(&next) => at + 1,
            _ => hops.partition_point(|next| next.from < hop.to),
        };
        let position = self.positions[hop.link as usize] as usize;
        for next in hops[first..].iter().take_while(is_next) {
            let turn = self.starts[next.link as usize] + position;
            let rate = passing * next.share * stream.packets_per_s;
            self.rates[turn * self.classes + stream.class] += rate;
        }
    }

    /// Lists the turns that carry something, ordered by the link that they lead into.
    fn list(&self, scenario: &Scenario, list: &mut Vec<Turn>) {
        list.clear();
        if !self.are_counted {
            return;
        }
        for (to, link) in scenario.topology.links.iter().enumerate() {
            for (position, from) in self.arriving_at(link.source).iter().enumerate() {
                let turn = (self.starts[to] + position) * self.classes;
                let packets_per_s: f64 = self.rates[turn..turn + self.classes].iter().sum();
                if packets_per_s > 0.0 {
                    list.push(Turn::new(*from, to as u32, packets_per_s));
                }
            }
        }
    }

    /// Fills in the shaping of the classes at `link`; 0 where turns are not counted.
    fn shape(&self, link: usize, inputs: &mut [ClassInput], idle: &[f64], scenario: &Scenario) {
        if !self.are_counted || !self.shape {
            return;
        }
        let links = &scenario.topology.links;
        let own = &links[link];
        for (position, from) in self.arriving_at(own.source).iter().enumerate() {
            let turn = (self.starts[link] + position) * self.classes;
            let rates = &self.rates[turn..turn + self.classes];
            let bits: f64 = inputs.iter().zip(rates).map(|(input, r)| r * input.mean_bits).sum();
            let brought = (bits / links[*from as usize].capacity_bit_per_s).min(1.0);
            let spaced = brought * (1.0 - idle[*from as usize]);
            for (input, rate) in inputs.iter_mut().zip(rates) {
                if *rate > 0.0 {
                    let share = (rate / input.packets_per_s).min(1.0);
                    input.shaping += share * spaced;
                }
            }
        }
    }
}
