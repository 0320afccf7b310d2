//! One port packet by packet, for a network to learn from.

use std::collections::VecDeque;

use slicewise_core::seed::{ChaCha8Rng, stream, uniform};
use slicewise_core::twin::PacketSizes;

use super::drawn_port::{DrawnPort, Feeder};
use crate::formula::port::ClassInput;
use crate::simulator::port::{Arrival, Packet, Port};

/// What a run measured of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassRun {
    /// What came to the port, with no word on how it came by links.
    pub input: ClassInput,
    /// Packets that came.
    pub packets: f64,
    /// Packets that found no room.
    pub lost: f64,
    /// Packets whose wait is known.
    pub sent: f64,
    /// Mean of their wait, in seconds.
    pub mean_wait_s: f64,
    /// Variance of their wait, in seconds squared.
    pub wait_variance_s2: f64,
}

/// What a run measured of a link that leads to the port's node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkRun {
    /// What it sends, in bit/s.
    pub capacity_bit_per_s: f64,
    /// Share of the time that it sent.
    pub utilisation: f64,
    /// Packets per second of each class that it brought to the port.
    pub packets_per_s: Vec<f64>,
}

/// What a run measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortRun {
    /// The port's classes.
    pub classes: Vec<ClassRun>,
    /// Links that lead to the port's node.
    pub links: Vec<LinkRun>,
}

/// Lets `packets` packets come to `port`, after a tenth as many that are not counted.
pub fn run(port: &DrawnPort, packets: usize, seed: u64, number: u64) -> PortRun {
    let mut run = Run::new(port, seed, number);
    let warm_up = packets / 10;
    for _ in 0..warm_up {
        run.step();
    }
    run.start_counting();
    for _ in 0..packets {
        run.step();
    }
    run.measured()
}

/// How packet sizes are drawn.
enum Sizes {
    Exponential(f64),
    /// Sizes with the share of the packets that are no larger.
    Some(Vec<(f64, f64)>),
}

impl Sizes {
    fn of(sizes: &PacketSizes) -> Self {
        match sizes {
            PacketSizes::Exponential(mean) => Self::Exponential(*mean),
            PacketSizes::Sizes(sizes) => {
                let mut sum = 0.0;
                let up_to = sizes.iter().map(|size| {
                    sum += size.share;
                    (size.bits, sum)
                });
                Self::Some(up_to.collect())
            }
        }
    }

    fn draw(&self, generator: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Exponential(mean) => exponential(generator, *mean).max(1e-3 * mean),
            Self::Some(sizes) => {
                let drawn = uniform(generator);
                let size = sizes.iter().find(|(_, up_to)| drawn < *up_to).or(sizes.last());
                size.map_or(1.0, |(bits, _)| *bits)
            }
        }
    }
}

fn exponential(generator: &mut ChaCha8Rng, mean: f64) -> f64 {
    -mean * libm::log(1.0 - uniform(generator))
}

/// Where packets come from: this node, or a link that leads to it.
struct Source {
    /// Mean time between the packets that it is offered, in seconds.
    gap_s: f64,
    /// Share of these that go to the port, up to each class; the rest goes elsewhere.
    up_to: Vec<f64>,
    link: Option<Link>,
    /// When the next packet is offered.
    offered_s: f64,
    /// Its next packet for the port.
    next_s: f64,
    next: Packet,
    /// Packets of each class that it brought.
    brought: Vec<f64>,
}

/// A link that leads to the port's node, behind a port of its own.
struct Link {
    port: Port,
    s_per_bit: f64,
    /// The packet that is being sent, and when it is through.
    sending: Packet,
    free_s: f64,
    /// Time that it has sent for, in seconds.
    sent_s: f64,
}

const NOTHING: Packet = Packet { id: 0, class: 0, bits: 0.0 };
/// What packets for the port are known by; others go elsewhere.
const FOR_PORT: u32 = 1;

impl Link {
    fn of(feeder: &Feeder, classes: usize) -> Self {
        Self {
            port: Port::new(&feeder.queueing, classes, feeder.capacity_bit_per_s),
            s_per_bit: 1.0 / feeder.capacity_bit_per_s,
            sending: NOTHING,
            free_s: 0.0,
            sent_s: 0.0,
        }
    }

    fn send(&mut self, from_s: f64, packet: Packet) {
        self.sending = packet;
        self.free_s = from_s + packet.bits * self.s_per_bit;
        self.sent_s += packet.bits * self.s_per_bit;
    }

    /// The next packet that leaves before `until_s`.
    fn leave(&mut self, until_s: f64) -> Option<(f64, Packet)> {
        if !self.port.is_sending() || self.free_s > until_s {
            return None;
        }
        let left = (self.free_s, self.sending);
        if let Some(next) = self.port.depart() {
            self.send(self.free_s, next);
        }
        Some(left)
    }
}

impl Source {
    fn new(rates: &[f64], elsewhere: f64, link: Option<Link>) -> Option<Self> {
        let own = rates.iter().sum::<f64>();
        let all = own + elsewhere;
        if own <= 0.0 {
            return None;
        }
        let mut sum = 0.0;
        let up_to = rates.iter().map(|rate| {
            sum += rate / all;
            sum
        });
        Some(Self {
            gap_s: 1.0 / all,
            up_to: up_to.collect(),
            link,
            offered_s: 0.0,
            next_s: 0.0,
            next: NOTHING,
            brought: vec![0.0; rates.len()],
        })
    }

    /// Goes on to the next packet for the port.
    fn advance(&mut self, sizes: &[Sizes], generator: &mut ChaCha8Rng) {
        loop {
            if let Some((at_s, packet)) =
                self.link.as_mut().and_then(|link| link.leave(self.offered_s))
            {
                if packet.id == FOR_PORT {
                    return self.bring(at_s, packet);
                }
                continue;
            }
            let now_s = self.offered_s;
            let packet = self.draw(sizes, generator);
            self.offered_s += exponential(generator, self.gap_s);
            let Some(link) = &mut self.link else { return self.bring(now_s, packet) };
            if link.port.arrive(now_s, packet) == Arrival::Sent {
                link.send(now_s, packet);
            }
        }
    }

    fn draw(&self, sizes: &[Sizes], generator: &mut ChaCha8Rng) -> Packet {
        let for_port = self.up_to.last().copied().unwrap_or(1.0);
        let mut drawn = uniform(generator);
        let mut id = FOR_PORT;
        if drawn >= for_port && for_port < 1.0 - 1e-12 {
            // What goes elsewhere has the same mix of classes.
            (id, drawn) = (0, (drawn - for_port) / (1.0 - for_port) * for_port);
        }
        let class = self.up_to.iter().position(|up_to| drawn < *up_to).unwrap_or(sizes.len() - 1);
        Packet { id, class: class as u8, bits: sizes[class].draw(generator) }
    }

    fn bring(&mut self, at_s: f64, packet: Packet) {
        (self.next_s, self.next) = (at_s, packet);
        self.brought[packet.class as usize] += 1.0;
    }
}

#[derive(Clone, Default)]
struct Count {
    packets: f64,
    bits: f64,
    square_bits: f64,
    cube_bits: f64,
    lost: f64,
    sent: f64,
    wait_s: f64,
    square_wait_s2: f64,
}

struct Run {
    port: Port,
    s_per_bit: f64,
    sizes: Vec<Sizes>,
    sources: Vec<Source>,
    generator: ChaCha8Rng,
    /// When the packets in each queue came.
    came_s: Vec<VecDeque<f64>>,
    /// When the packet that is being sent is through.
    free_s: f64,
    counts: Vec<Count>,
    since_s: f64,
    now_s: f64,
}

impl Run {
    fn new(port: &DrawnPort, seed: u64, number: u64) -> Self {
        let sizes: Vec<Sizes> = port.classes.iter().map(|class| Sizes::of(&class.sizes)).collect();
        let own: Vec<f64> = port.classes.iter().map(|class| class.own_packets_per_s).collect();
        let count = port.classes.len();
        let feeders = port.feeders.iter().filter_map(|feeder| {
            let link = Link::of(feeder, count);
            Source::new(&feeder.packets_per_s, feeder.elsewhere_packets_per_s, Some(link))
        });
        let mut sources: Vec<Source> = feeders.chain(Source::new(&own, 0.0, None)).collect();
        let mut generator = stream(seed, number);
        for source in &mut sources {
            source.advance(&sizes, &mut generator);
        }
        Self {
            port: Port::new(&port.queueing, count, port.capacity_bit_per_s),
            s_per_bit: 1.0 / port.capacity_bit_per_s,
            sizes,
            sources,
            generator,
            came_s: vec![VecDeque::new(); count],
            free_s: 0.0,
            counts: vec![Count::default(); count],
            since_s: 0.0,
            now_s: 0.0,
        }
    }

    /// The next packet comes.
    fn step(&mut self) {
        let mut first = 0;
        for index in 1..self.sources.len() {
            if self.sources[index].next_s < self.sources[first].next_s {
                first = index;
            }
        }
        let source = &mut self.sources[first];
        let (now_s, packet) = (source.next_s, source.next);
        let (class, bits) = (packet.class as usize, packet.bits);
        source.advance(&self.sizes, &mut self.generator);
        while self.port.is_sending() && self.free_s <= now_s {
            let Some(next) = self.port.depart() else { break };
            let class = next.class as usize;
            if let Some(came_s) = self.came_s[class].pop_front() {
                self.count_wait(class, self.free_s - came_s);
            }
            self.free_s += next.bits * self.s_per_bit;
        }
        self.now_s = now_s;
        let count = &mut self.counts[class];
        count.packets += 1.0;
        count.bits += bits;
        count.square_bits += bits * bits;
        count.cube_bits += bits * bits * bits;
        match self.port.arrive(now_s, packet) {
            Arrival::Sent => {
                self.free_s = now_s + bits * self.s_per_bit;
                self.count_wait(class, 0.0);
            }
            Arrival::Waits => self.came_s[class].push_back(now_s),
            Arrival::Lost => self.counts[class].lost += 1.0,
        }
    }

    fn count_wait(&mut self, class: usize, wait_s: f64) {
        let count = &mut self.counts[class];
        count.sent += 1.0;
        count.wait_s += wait_s;
        count.square_wait_s2 += wait_s * wait_s;
    }

    fn start_counting(&mut self) {
        self.counts.fill(Count::default());
        for source in &mut self.sources {
            source.brought.fill(0.0);
            if let Some(link) = &mut source.link {
                link.sent_s = 0.0;
            }
        }
        self.since_s = self.now_s;
    }

    fn measured(&self) -> PortRun {
        let time_s = self.now_s - self.since_s;
        let class_run = |count: &Count| class_run(count, time_s);
        let link_run = |source: &Source| {
            let link = source.link.as_ref()?;
            Some(LinkRun {
                capacity_bit_per_s: 1.0 / link.s_per_bit,
                utilisation: (link.sent_s / time_s).min(1.0),
                packets_per_s: source.brought.iter().map(|count| count / time_s).collect(),
            })
        };
        PortRun {
            classes: self.counts.iter().map(class_run).collect(),
            links: self.sources.iter().filter_map(link_run).collect(),
        }
    }
}

fn class_run(count: &Count, time_s: f64) -> ClassRun {
    let packets = count.packets.max(1.0);
    let sent = count.sent.max(1.0);
    let mean_wait_s = count.wait_s / sent;
    ClassRun {
        input: ClassInput {
            packets_per_s: count.packets / time_s,
            mean_bits: count.bits / packets,
            mean_square_bits: count.square_bits / packets,
            mean_cube_bits: count.cube_bits / packets,
            arrival_scv: 1.0,
            shaping: 0.0,
        },
        packets: count.packets,
        lost: count.lost,
        sent: count.sent,
        mean_wait_s,
        wait_variance_s2: (count.square_wait_s2 / sent - mean_wait_s * mean_wait_s).max(0.0),
    }
}
