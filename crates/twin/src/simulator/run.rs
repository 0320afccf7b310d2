//! One run: ports, flows and packets, from event to event.

use slicewise_core::InputError;
use slicewise_core::seed::{Rng, SmallStream};
use slicewise_core::twin::simulation::{BATCHES, Simulated, SimulationOrder};

use super::agenda::{Agenda, Event};
use super::draws::{Draws, Sizes, Source};
use super::measurement::Measurement;
use super::port::{self, Arrival, Port};
use super::{MOST_UNDER_WAY, WARM_UP_SHARE};
use crate::routing::{Hop, RoutedNetwork};

/// Why a run pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// The events that were asked for have happened.
    Counted,
    /// A batch is over.
    BatchEnded,
    /// The run is over.
    Ended,
}

/// A run on its way.
#[derive(Clone, Debug)]
pub(super) struct Run {
    seed: u64,
    warm_up_s: f64,
    end_s: f64,
    now_s: f64,
    batches_ended: usize,
    agenda: Agenda,
    lines: Vec<Line>,
    senders: Vec<Sender>,
    sizes: Vec<Sizes>,
    steps: Vec<Step>,
    packets: Vec<Packet>,
    free: Vec<u32>,
    packet_hops: u64,
    measurement: Measurement,
    failed_links: Vec<bool>,
}

/// A port that flows cross, with the line behind it.
#[derive(Clone, Debug)]
struct Line {
    port: Port,
    link: u32,
    seconds_per_bit: f64,
    propagation_s: f64,
    /// The packet that is being sent.
    sent: u32,
    /// When it has been sent.
    sent_until_s: f64,
    /// Time spent sending after the warm-up, to the end of the packet that is being sent.
    busy_s: f64,
}

/// A flow's beginning.
#[derive(Clone, Debug)]
struct Sender {
    source: Source,
    /// Numbers by which its packets choose their ways.
    ways: Draws,
    flow: u32,
    sizes: u32,
    class: u8,
    first: Ways,
}

/// The steps that a packet can take from a station.
#[derive(Clone, Copy, Debug)]
struct Ways {
    first: u32,
    count: u32,
}

/// A hop of a flow.
#[derive(Clone, Copy, Debug)]
struct Step {
    line: u32,
    /// Share of the packets at its station that take this step or one before it.
    up_to: f64,
    /// What can be done at its end; nothing at the target.
    then: Ways,
}

/// A packet on its way.
#[derive(Clone, Copy, Debug)]
struct Packet {
    born_s: f64,
    /// How long it has travelled on lines so far.
    travelled_s: f64,
    bits: f64,
    /// Numbers by which it chooses its way; they do not depend on what others do.
    ways: Draws,
    /// What it can do where it arrives next; nothing at the target.
    then: Ways,
    flow: u32,
    class: u8,
}

impl Run {
    /// The run before its first packet.
    pub(super) fn new(network: &RoutedNetwork<'_>, order: &SimulationOrder) -> Self {
        let scenario = &network.problem.scenario;
        let links = &scenario.topology.links;
        let mut lines: Vec<Line> = Vec::new();
        let mut line_of = vec![u32::MAX; links.len()];
        let classes = scenario.classes();
        for hop in &network.hops {
            let line = &mut line_of[hop.link as usize];
            if *line == u32::MAX {
                *line = lines.len() as u32;
                let link = &links[hop.link as usize];
                let queueing = &scenario.queueings[link.queueing as usize];
                lines.push(Line {
                    port: Port::new(queueing, classes, link.capacity_bit_per_s),
                    link: hop.link,
                    seconds_per_bit: 1.0 / link.capacity_bit_per_s,
                    propagation_s: link.propagation_s,
                    sent: 0,
                    sent_until_s: 0.0,
                    busy_s: 0.0,
                });
            }
        }
        let mut run = Self {
            seed: order.seed,
            warm_up_s: 0.0,
            end_s: 0.0,
            now_s: 0.0,
            batches_ended: 0,
            agenda: Agenda::default(),
            lines,
            senders: Vec::with_capacity(network.flows.len()),
            sizes: scenario.packets.iter().map(Sizes::new).collect(),
            steps: Vec::with_capacity(network.hops.len()),
            packets: Vec::new(),
            free: Vec::new(),
            packet_hops: 0,
            measurement: Measurement::new(scenario.flows.len()),
            failed_links: network.problem.failed_links.clone(),
        };
        let packets_per_s = run.add_flows(network, &line_of);
        if packets_per_s > 0.0 {
            let measured_s = order.packets as f64 / packets_per_s;
            run.warm_up_s = WARM_UP_SHARE * measured_s;
            run.end_s = run.warm_up_s + measured_s;
        }
        run
    }

    /// Adds all flows and tells how many packets they send a second.
    fn add_flows(&mut self, network: &RoutedNetwork<'_>, line_of: &[u32]) -> f64 {
        let scenario = &network.problem.scenario;
        let mut seeds = SmallStream::new(self.seed);
        let mut routed = network.flows.iter().peekable();
        let mut packets_per_s = 0.0;
        for (flow, index) in scenario.flows.iter().zip(0..) {
            let rate = flow.rate_bit_per_s / scenario.packets[flow.packets as usize].mean_bits();
            // Drawn for all flows, so that the numbers of one do not depend on what becomes of others.
            let (numbers, ways) = (Draws::new(seeds.next_u64()), Draws::new(seeds.next_u64()));
            let Some(path) = routed.next_if(|path| path.flow == index) else { continue };
            let first = self.add_steps(network.hops_of(path), path.stations, line_of);
            packets_per_s += rate;
            let (source, first_s) = Source::new(flow.arrivals, rate, numbers);
            let event = Event { time_s: first_s, source: self.sender_event(self.senders.len()) };
            self.agenda.add(event);
            self.senders.push(Sender {
                source,
                ways,
                flow: index,
                sizes: flow.packets,
                class: flow.class,
                first,
            });
        }
        packets_per_s
    }

    /// Adds the hops of a flow and tells what can be done at its source.
    fn add_steps(&mut self, hops: &[Hop], stations: u32, line_of: &[u32]) -> Ways {
        let first = self.steps.len() as u32;
        let mut ways = vec![Ways { first: 0, count: 0 }; stations as usize];
        for (hop, at) in hops.iter().zip(first..) {
            let ways = &mut ways[hop.from as usize];
            if ways.count == 0 {
                ways.first = at;
            }
            ways.count += 1;
        }
        let (mut station, mut up_to) = (0, 0.0);
        for hop in hops {
            if hop.from != station {
                (station, up_to) = (hop.from, 0.0);
            }
            up_to += hop.share;
            let line = line_of[hop.link as usize];
            self.steps.push(Step { line, up_to, then: ways[hop.to as usize] });
        }
        ways.first().copied().unwrap_or(Ways { first, count: 0 })
    }

    fn sender_event(&self, sender: usize) -> u32 {
        (self.lines.len() + sender) as u32
    }

    /// Lets at most `events` happen.
    ///
    /// # Errors
    /// Names the buffers where more packets are under way than memory should hold.
    pub(super) fn advance(&mut self, events: usize) -> Result<Pause, InputError> {
        let batch_end_s = self.batch_end_s();
        for _ in 0..events {
            let event = self.agenda.first().filter(|event| event.time_s < batch_end_s);
            let Some(Event { time_s, source }) = event else {
                return Ok(self.end_batch(batch_end_s));
            };
            self.now_s = time_s;
            let source = source as usize;
            let lines = self.lines.len();
            if source < lines {
                self.sent(source);
            } else {
                self.send(source - lines)?;
            }
        }
        Ok(Pause::Counted)
    }

    fn batch_end_s(&self) -> f64 {
        let share = (self.batches_ended + 1) as f64 / BATCHES as f64;
        self.warm_up_s + (self.end_s - self.warm_up_s) * share
    }

    fn end_batch(&mut self, at_s: f64) -> Pause {
        self.now_s = at_s;
        self.batches_ended += 1;
        self.measurement.end_batch();
        if self.batches_ended < BATCHES { Pause::BatchEnded } else { Pause::Ended }
    }

    /// A new packet sets out.
    fn send(&mut self, index: usize) -> Result<(), InputError> {
        let source = self.sender_event(index);
        let sender = &mut self.senders[index];
        let time_s = sender.source.next_after(self.now_s);
        self.agenda.replace_first(Event { time_s, source });
        let packet = Packet {
            born_s: self.now_s,
            travelled_s: 0.0,
            bits: self.sizes[sender.sizes as usize].draw(&mut sender.source.draws),
            ways: Draws::new(sender.ways.bits()),
            flow: sender.flow,
            class: sender.class,
            then: sender.first,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.packets[id as usize] = packet;
                id
            }
            None if self.packets.len() < MOST_UNDER_WAY => {
                self.packets.push(packet);
                self.packets.len() as u32 - 1
            }
            None => {
                let found = format!("{MOST_UNDER_WAY} packets under way at once");
                let allowed = "less traffic, or buffers that hold fewer packets together";
                return Err(InputError::new("queueings.buffer", found, allowed));
            }
        };
        self.enter(id);
        Ok(())
    }

    /// Packet `id` is at a station and goes on to the next.
    fn enter(&mut self, id: u32) {
        let packet = &mut self.packets[id as usize];
        let step = packet.choose(&self.steps);
        packet.then = step.then;
        let line = &mut self.lines[step.line as usize];
        match line
            .port
            .arrive(self.now_s, port::Packet { id, class: packet.class, bits: packet.bits })
        {
            Arrival::Waits => (),
            Arrival::Sent => {
                let time_s = line.start(id, packet.bits, self.now_s, self.warm_up_s);
                self.agenda.add(Event { time_s, source: step.line });
            }
            Arrival::Lost => {
                if packet.born_s >= self.warm_up_s {
                    self.measurement.lost(packet.flow);
                }
                self.free.push(id);
            }
        }
    }

    /// A port has sent its packet.
    fn sent(&mut self, index: usize) {
        let line = &mut self.lines[index];
        let id = line.sent;
        match line.port.depart() {
            Some(next) => {
                let time_s = line.start(next.id, next.bits, self.now_s, self.warm_up_s);
                self.agenda.replace_first(Event { time_s, source: index as u32 });
            }
            None => self.agenda.remove_first(),
        }
        self.packet_hops += 1;
        let packet = &mut self.packets[id as usize];
        packet.travelled_s += line.propagation_s;
        if packet.then.count > 0 {
            return self.enter(id);
        }
        if packet.born_s >= self.warm_up_s {
            let delay_s = self.now_s - packet.born_s + packet.travelled_s;
            self.measurement.arrived(packet.flow, delay_s);
        }
        self.free.push(id);
    }

    /// Share of the simulated time that is over.
    pub(super) fn share(&self) -> f64 {
        if self.end_s > 0.0 { self.now_s / self.end_s } else { 1.0 }
    }

    /// What has been measured so far.
    pub(super) fn measured(&self) -> Simulated {
        let seconds = (self.now_s - self.warm_up_s).max(0.0);
        let mut link_utilisation: Vec<f64> =
            self.failed_links.iter().map(|failed| if *failed { f64::NAN } else { 0.0 }).collect();
        for line in &self.lines {
            link_utilisation[line.link as usize] = line.busy_until(self.now_s) / seconds;
        }
        let (packet_hops, seed) = (self.packet_hops, self.seed);
        Simulated { link_utilisation, seconds, packet_hops, seed, ..self.measurement.result() }
    }
}

impl Line {
    /// Starts to send a packet and tells when it will have been sent.
    fn start(&mut self, id: u32, bits: f64, now_s: f64, warm_up_s: f64) -> f64 {
        self.sent = id;
        self.sent_until_s = now_s + bits * self.seconds_per_bit;
        self.busy_s += (self.sent_until_s - now_s.max(warm_up_s)).max(0.0);
        self.sent_until_s
    }

    /// Time spent sending from the end of the warm-up to `now_s`.
    fn busy_until(&self, now_s: f64) -> f64 {
        (self.busy_s - (self.sent_until_s - now_s).max(0.0)).max(0.0)
    }
}

impl Packet {
    /// The step that it takes from where it is.
    fn choose<'a>(&mut self, steps: &'a [Step]) -> &'a Step {
        let first = self.then.first as usize;
        let last = first + self.then.count as usize - 1;
        if first == last {
            return &steps[first];
        }
        let draw = self.ways.uniform();
        let taken = steps[first..last].iter().position(|step| draw < step.up_to);
        &steps[taken.map_or(last, |at| first + at)]
    }
}
