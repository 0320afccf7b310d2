//! One output port: what waits in its queues, which packet goes next, and what does not fit.
//!
//! Sources: Parekh and Gallager, "A generalized processor sharing approach to flow control" (1993), for
//! weighted fair queueing; Shreedhar and Varghese, "Efficient fair queuing using deficit round robin"
//! (1996).

use std::collections::VecDeque;

use slicewise_core::twin::queueing::DRR_QUANTUM_BITS;
use slicewise_core::twin::{Buffer, Policy, Queueing};

/// A packet at a port.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet {
    /// Whatever the caller knows it by.
    pub id: u32,
    /// Its class; one above the port's highest counts as the highest.
    pub class: u8,
    /// Its size, in bits, above 0.
    pub bits: f64,
}

/// What becomes of a packet that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is being sent at once.
    Sent,
    /// It waits.
    Waits,
    /// Its queue has no room for it.
    Lost,
}

/// An output port. It sends one packet at a time; one that is being sent takes no room in a queue.
#[derive(Clone, Debug)]
pub struct Port {
    queues: Vec<Queue>,
    buffer: Buffer,
    discipline: Discipline,
    sending: bool,
    waiting: usize,
}

impl Port {
    /// An idle port with a queue for each of `classes` (one for all under [`Policy::Fifo`]) that sends
    /// `capacity_bit_per_s`.
    pub fn new(queueing: &Queueing, classes: usize, capacity_bit_per_s: f64) -> Self {
        let classes = if queueing.policy == Policy::Fifo { 1 } else { classes.max(1) };
        let weights: Vec<f64> = (0..classes).map(|class| queueing.weight(class)).collect();
        let discipline = match queueing.policy {
            Policy::Fifo | Policy::StrictPriority => Discipline::LowestClass,
            Policy::WeightedFair => {
                Discipline::EarliestFinish(FluidSharing::new(weights, capacity_bit_per_s))
            }
            Policy::DeficitRoundRobin => {
                let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
                let quantum = |weight| weight / least * DRR_QUANTUM_BITS;
                Discipline::Turns(Turns::new(weights.into_iter().map(quantum).collect()))
            }
            Policy::GnnetWfq => {
                let accounts = weights.into_iter().map(|weight| Account { weight, spent: 0.0 });
                Discipline::LeastSpent(accounts.collect())
            }
            Policy::GnnetDrr => {
                let sum: f64 = weights.iter().sum();
                let quantum = |weight| weight / sum * capacity_bit_per_s;
                Discipline::Turns(Turns::new(weights.into_iter().map(quantum).collect()))
            }
        };
        Self {
            queues: vec![Queue::default(); classes],
            buffer: queueing.buffer,
            discipline,
            sending: false,
            waiting: 0,
        }
    }

    /// Number of packets that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether a packet is being sent.
    pub fn is_sending(&self) -> bool {
        self.sending
    }

    /// Takes `packet` in. Times never go back from call to call.
    pub fn arrive(&mut self, now_s: f64, packet: Packet) -> Arrival {
        let class = (packet.class as usize).min(self.queues.len() - 1);
        if self.sending && !self.queues[class].has_room(self.buffer, packet.bits) {
            return Arrival::Lost;
        }
        let finish = match &mut self.discipline {
            Discipline::EarliestFinish(sharing) => sharing.finish(now_s, class, packet.bits),
            _ => 0.0,
        };
        if !self.sending {
            self.sending = true;
            self.discipline.sent_at_once(class, packet.bits);
            return Arrival::Sent;
        }
        if let Discipline::Turns(turns) = &mut self.discipline
            && self.queues[class].packets.is_empty()
        {
            turns.order.push_back(class);
        }
        self.queues[class].push(Waiting { packet, finish });
        self.waiting += 1;
        Arrival::Waits
    }

    /// The packet that was being sent has left: tells which one is being sent now.
    pub fn depart(&mut self) -> Option<Packet> {
        if self.waiting == 0 {
            self.sending = false;
            return None;
        }
        let class = self.discipline.next(&self.queues)?;
        let next = self.queues[class].pop()?;
        self.waiting -= 1;
        self.discipline.taken(class, next.bits, self.queues[class].packets.is_empty());
        Some(next)
    }
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    packet: Packet,
    /// When weighted fluid sharing would finish it, in its virtual time.
    finish: f64,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    packets: VecDeque<Waiting>,
    bits: f64,
}

impl Queue {
    fn has_room(&self, buffer: Buffer, bits: f64) -> bool {
        match buffer {
            Buffer::Packets(most) => self.packets.len() < most as usize,
            Buffer::Bits(most) => self.bits + bits <= most,
        }
    }

    fn push(&mut self, waiting: Waiting) {
        self.bits += waiting.packet.bits;
        self.packets.push_back(waiting);
    }

    fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?.packet;
        // An empty queue holds nothing, whatever rounding has left.
        self.bits = if self.packets.is_empty() { 0.0 } else { self.bits - packet.bits };
        Some(packet)
    }

    fn head(&self) -> Option<&Waiting> {
        self.packets.front()
    }
}

/// Which queue goes next.
#[derive(Clone, Debug)]
enum Discipline {
    LowestClass,
    EarliestFinish(FluidSharing),
    Turns(Turns),
    LeastSpent(Vec<Account>),
}

impl Discipline {
    /// The queue whose head goes next; some queue holds a packet.
    fn next(&mut self, queues: &[Queue]) -> Option<usize> {
        let heads =
            queues.iter().enumerate().filter_map(|(class, queue)| Some((class, queue.head()?)));
        match self {
            Self::LowestClass => queues.iter().position(|queue| !queue.packets.is_empty()),
            Self::EarliestFinish(_) => least(heads.map(|(class, head)| (class, head.finish))),
            Self::Turns(turns) => turns.next(queues),
            Self::LeastSpent(accounts) => {
                least(heads.map(|(class, _)| (class, accounts[class].spent)))
            }
        }
    }

    /// A packet of `class` was taken from its queue.
    fn taken(&mut self, class: usize, bits: f64, is_empty_now: bool) {
        match self {
            Self::LowestClass | Self::EarliestFinish(_) => (),
            Self::Turns(turns) => turns.taken(class, bits, is_empty_now),
            Self::LeastSpent(accounts) => accounts[class].spend(bits),
        }
    }

    /// A packet of `class` found the port idle.
    fn sent_at_once(&mut self, class: usize, bits: f64) {
        if let Self::LeastSpent(accounts) = self {
            accounts[class].spend(bits);
        }
    }
}

/// The first of the least.
fn least(values: impl Iterator<Item = (usize, f64)>) -> Option<usize> {
    values.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(class, _)| class)
}

/// What a class has sent since the start, in bits over its weight.
#[derive(Clone, Copy, Debug)]
struct Account {
    weight: f64,
    spent: f64,
}

impl Account {
    fn spend(&mut self, bits: f64) {
        self.spent += bits / self.weight;
    }
}

/// The fluid system that weighted fair queueing follows: all classes with work share the capacity by
/// weight at any moment. Its virtual time grows by capacity over the sum of those weights.
#[derive(Clone, Debug)]
struct FluidSharing {
    weights: Vec<f64>,
    capacity_bit_per_s: f64,
    time_s: f64,
    virtual_time: f64,
    /// Virtual time at which each class has no work left.
    finish: Vec<f64>,
}

impl FluidSharing {
    fn new(weights: Vec<f64>, capacity_bit_per_s: f64) -> Self {
        let finish = vec![0.0; weights.len()];
        Self { weights, capacity_bit_per_s, time_s: 0.0, virtual_time: 0.0, finish }
    }

    /// Takes in a packet and tells the virtual time at which it is finished.
    fn finish(&mut self, now_s: f64, class: usize, bits: f64) -> f64 {
        self.advance(now_s);
        let start = self.finish[class].max(self.virtual_time);
        self.finish[class] = start + bits / self.weights[class];
        self.finish[class]
    }

    fn advance(&mut self, now_s: f64) {
        loop {
            let (mut working, mut nearest) = (0.0, f64::INFINITY);
            for (finish, weight) in self.finish.iter().zip(&self.weights) {
                if *finish > self.virtual_time {
                    working += weight;
                    nearest = nearest.min(*finish);
                }
            }
            if working == 0.0 {
                // A busy period has ended; counting anew keeps the digits.
                self.virtual_time = 0.0;
                self.finish.fill(0.0);
                self.time_s = now_s;
                return;
            }
            let until =
                self.time_s + (nearest - self.virtual_time) * working / self.capacity_bit_per_s;
            if until > now_s {
                self.virtual_time += (now_s - self.time_s) * self.capacity_bit_per_s / working;
                self.time_s = now_s;
                return;
            }
            (self.time_s, self.virtual_time) = (until, nearest);
        }
    }
}

/// Classes with packets, taking turns; each turn adds a quantum to what the class may send.
#[derive(Clone, Debug)]
struct Turns {
    quanta: Vec<f64>,
    deficits: Vec<f64>,
    /// Classes that have packets; the first one has its turn.
    order: VecDeque<usize>,
    /// Whether the first one has got its quantum of this turn.
    granted: bool,
}

impl Turns {
    fn new(quanta: Vec<f64>) -> Self {
        let deficits = vec![0.0; quanta.len()];
        Self { quanta, deficits, order: VecDeque::new(), granted: false }
    }

    fn next(&mut self, queues: &[Queue]) -> Option<usize> {
        let mut passed = 0;
        loop {
            let class = *self.order.front()?;
            if !self.granted {
                self.deficits[class] += self.quanta[class];
                self.granted = true;
            }
            if queues[class].head()?.packet.bits <= self.deficits[class] {
                return Some(class);
            }
            self.order.rotate_left(1);
            self.granted = false;
            passed += 1;
            if passed == self.order.len() {
                self.skip_rounds(queues);
                passed = 0;
            }
        }
    }

    /// Grants the rounds in which no class may send yet at once.
    fn skip_rounds(&mut self, queues: &[Queue]) {
        let rounds_of = |class: &usize| {
            let missing =
                queues[*class].head().map_or(0.0, |head| head.packet.bits) - self.deficits[*class];
            (missing / self.quanta[*class]).ceil() - 1.0
        };
        let rounds = self.order.iter().map(rounds_of).fold(f64::INFINITY, f64::min);
        if rounds >= 1.0 {
            for class in &self.order {
                self.deficits[*class] += rounds * self.quanta[*class];
            }
        }
    }

    fn taken(&mut self, class: usize, bits: f64, is_empty_now: bool) {
        self.deficits[class] -= bits;
        if is_empty_now {
            self.deficits[class] = 0.0;
            self.order.pop_front();
            self.granted = false;
        }
    }
}
