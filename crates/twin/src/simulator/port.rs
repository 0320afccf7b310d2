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
                Discipline::Circle(Circle::new(weights.into_iter().map(quantum).collect()))
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
    Circle(Circle),
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
            Self::Circle(circle) => Some(circle.next(queues)),
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
            Self::Circle(circle) => circle.credits.bits[class] -= bits,
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

/// What each class may send before others have their turn.
#[derive(Clone, Debug)]
struct Credits {
    quanta: Vec<f64>,
    bits: Vec<f64>,
}

impl Credits {
    fn new(quanta: Vec<f64>) -> Self {
        Self { bits: vec![0.0; quanta.len()], quanta }
    }

    fn grant(&mut self, class: usize) {
        self.bits[class] += self.quanta[class];
    }

    /// Grants the rounds in which no class may send yet, one short of the first in which one may.
    fn skip_rounds(&mut self, queues: &[Queue]) {
        let waiting = || (0..queues.len()).filter_map(|class| Some((class, queues[class].head()?)));
        let rounds_of = |(class, head): (usize, &Waiting)| {
            ((head.packet.bits - self.bits[class]) / self.quanta[class]).ceil() - 1.0
        };
        let rounds = waiting().map(rounds_of).fold(f64::INFINITY, f64::min);
        if rounds >= 1.0 {
            waiting().for_each(|(class, _)| self.bits[class] += rounds * self.quanta[class]);
        }
    }
}

/// Classes with packets, taking turns in the order in which they got packets; each turn adds a quantum to
/// what the class may send, and a class without packets keeps nothing.
#[derive(Clone, Debug)]
struct Turns {
    credits: Credits,
    /// Classes that have packets; the first one has its turn.
    order: VecDeque<usize>,
    /// Whether the first one has got its quantum of this turn.
    granted: bool,
}

impl Turns {
    fn new(quanta: Vec<f64>) -> Self {
        Self { credits: Credits::new(quanta), order: VecDeque::new(), granted: false }
    }

    fn next(&mut self, queues: &[Queue]) -> Option<usize> {
        let mut passed = 0;
        loop {
            let class = *self.order.front()?;
            if !self.granted {
                self.credits.grant(class);
                self.granted = true;
            }
            if queues[class].head()?.packet.bits <= self.credits.bits[class] {
                return Some(class);
            }
            self.order.rotate_left(1);
            self.granted = false;
            passed += 1;
            if passed == self.order.len() {
                self.credits.skip_rounds(queues);
                passed = 0;
            }
        }
    }

    fn taken(&mut self, class: usize, bits: f64, is_empty_now: bool) {
        self.credits.bits[class] -= bits;
        if is_empty_now {
            self.credits.bits[class] = 0.0;
            self.order.pop_front();
            self.granted = false;
        }
    }
}

/// All classes in a circle. The turn stays where it is, even while the port is idle, until a packet must
/// be chosen and the class has none, which then loses its credit, or too little credit for its first.
#[derive(Clone, Debug)]
struct Circle {
    credits: Credits,
    turn: usize,
    /// Whether the class whose turn it is has got its quantum.
    granted: bool,
}

impl Circle {
    fn new(quanta: Vec<f64>) -> Self {
        Self { credits: Credits::new(quanta), turn: 0, granted: false }
    }

    /// The class whose head goes next; some queue holds a packet.
    fn next(&mut self, queues: &[Queue]) -> usize {
        let mut passed = 0;
        loop {
            let class = self.turn;
            match queues[class].head() {
                None => self.credits.bits[class] = 0.0,
                Some(head) => {
                    if !self.granted {
                        self.credits.grant(class);
                        self.granted = true;
                    }
                    if head.packet.bits <= self.credits.bits[class] {
                        return class;
                    }
                }
            }
            self.turn = (class + 1) % queues.len();
            self.granted = false;
            passed += 1;
            if passed == queues.len() {
                self.credits.skip_rounds(queues);
                passed = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which a port of 1 bit/s sends packets `(time, class, bits)`, by their indices.
    fn order(policy: Policy, weights: &[f64], packets: &[(f64, u8, f64)]) -> Vec<u32> {
        let queueing = Queueing { policy, weights: weights.to_vec(), buffer: Buffer::Packets(100) };
        let mut port = Port::new(&queueing, weights.len(), 1.0);
        let (mut sent, mut free_at, mut sending) = (Vec::new(), f64::INFINITY, None);
        for (at, (time, class, bits)) in (0..).zip(packets.iter().chain([&(1e9, 0, 1.0)])) {
            while free_at <= *time {
                sent.extend(sending.map(|packet: Packet| packet.id));
                sending = port.depart();
                free_at = sending.map_or(f64::INFINITY, |packet| free_at + packet.bits);
            }
            let packet = Packet { id: at, class: *class, bits: *bits };
            if port.arrive(*time, packet) == Arrival::Sent {
                (sending, free_at) = (Some(packet), time + bits);
            }
        }
        sent
    }

    #[test]
    fn one_queue_keeps_the_order_and_priority_lets_the_lowest_class_go_first() {
        let packets = [(0.0, 1, 4.0), (1.0, 2, 4.0), (2.0, 1, 4.0), (3.0, 0, 4.0), (9.0, 0, 4.0)];
        assert_eq!(order(Policy::Fifo, &[1.0; 3], &packets), [0, 1, 2, 3, 4]);
        assert_eq!(order(Policy::StrictPriority, &[1.0; 3], &packets), [0, 3, 2, 4, 1]);
    }

    #[test]
    fn weighted_fair_packets_go_as_fluid_sharing_would_finish_them() {
        // Class 0 weighs 2, class 1 weighs 1; all packets come at 0 while the first is sent. The fluid
        // finishes those of class 0 at virtual times 2, 4, 6, 8 and those of class 1 at 3, 6.9.
        let packets = [
            (0.0, 0, 4.0),
            (0.0, 1, 3.0),
            (0.0, 0, 4.0),
            (0.0, 0, 4.0),
            (0.0, 1, 3.9),
            (0.0, 0, 4.0),
        ];
        assert_eq!(order(Policy::WeightedFair, &[2.0, 1.0], &packets), [0, 1, 2, 3, 4, 5]);
        // A class that was idle gets no credit for it: alone, class 0 lets virtual time grow by 1/2 a
        // second, so that class 1 begins at 3 when it comes at 6 and finishes at 4, before 6 and 8.
        let packets = [
            (0.0, 0, 4.0),
            (0.0, 0, 4.0),
            (0.0, 0, 4.0),
            (0.0, 0, 4.0),
            (6.0, 1, 1.0),
            (6.1, 1, 4.0),
        ];
        assert_eq!(order(Policy::WeightedFair, &[2.0, 1.0], &packets), [0, 1, 4, 2, 3, 5]);
    }

    #[test]
    fn turns_send_what_quantum_and_deficit_allow() {
        // Quanta of 12,000 and 24,000 bits.
        let small = |class| (0.0, class, 8000.0);
        let large = |class| (0.0, class, 16_000.0);
        let packets = [small(0), large(0), large(0), large(1), large(1), large(1), small(0)];
        // Class 0: 12,000 is too little, class 1: 24,000 sends one; 24,000 sends one, 8,000 + 24,000 sends
        // two; 8,000 + 12,000 sends one, then 4,000 + 12,000 the small one.
        let sent = order(Policy::DeficitRoundRobin, &[1.0, 2.0], &packets);
        assert_eq!(sent, [0, 3, 1, 4, 5, 2, 6]);
    }

    #[test]
    fn quanta_far_below_a_packet_are_granted_in_one_go() {
        // Shares of a millionth and of nearly all, of 1 bit a round.
        let packets = [(0.0, 0, 1e5), (0.0, 1, 1e5), (0.0, 0, 1e5), (0.0, 0, 1e5)];
        assert_eq!(order(Policy::GnnetDrr, &[1e6, 1.0], &packets), [0, 2, 3, 1]);
    }

    #[test]
    fn the_gnnet_circle_keeps_its_turn_until_it_must_choose() {
        // Quanta of 0.6 and 0.4 bits. At 10 class 0 is chosen and emptied, with 0.4 bits of credit left. Its
        // next packet comes before the port must choose again, so that its turn goes on.
        let weights = [6.0, 4.0];
        let packets = [(0.0, 1, 10.0), (1.0, 0, 0.2), (2.0, 1, 0.2), (10.1, 0, 0.2)];
        assert_eq!(order(Policy::GnnetDrr, &weights, &packets), [0, 1, 3, 2]);
        assert_eq!(order(Policy::DeficitRoundRobin, &weights, &packets), [0, 1, 2, 3]);
    }

    #[test]
    fn the_gnnet_accounts_remember_all_that_was_sent() {
        // Class 0 has sent 12 bits long ago; class 1 goes first until it has sent as many.
        let packets = [
            (0.0, 0, 12.0),
            (50.0, 0, 1.0),
            (50.1, 0, 1.0),
            (50.2, 1, 8.0),
            (50.3, 1, 8.0),
            (50.4, 1, 8.0),
        ];
        assert_eq!(order(Policy::GnnetWfq, &[1.0, 1.0], &packets), [0, 1, 3, 4, 2, 5]);
    }

    #[test]
    fn the_packet_that_is_sent_takes_no_room() {
        let queueing = Queueing { buffer: Buffer::Packets(0), ..Queueing::default() };
        let mut port = Port::new(&queueing, 1, 1.0);
        let packet = Packet { id: 0, class: 0, bits: 1.0 };
        assert_eq!(port.arrive(0.0, packet), Arrival::Sent);
        assert_eq!(port.arrive(0.5, packet), Arrival::Lost);
        assert_eq!((port.depart(), port.is_sending()), (None, false));
        assert_eq!(port.arrive(1.0, packet), Arrival::Sent);
    }
}
