//! A class at a port in pure numbers: a first answer by closed forms, and what tells how far it is off.

use slicewise_core::twin::Policy;
use slicewise_core::twin::queueing::{DRR_QUANTUM_BITS, MOST_CLASSES};

use crate::formula::port::{ClassInput, PortInput, service_scv};
use crate::formula::queue::{Queue, stretch};

/// Names of the numbers that describe a class, in the order of [`Description::features`].
pub const FEATURES: [&str; 28] = [
    "load",
    "load_ahead",
    "load_behind",
    "share_left",
    "load_over_share",
    "promised_share",
    "load_over_promise",
    "busiest_ahead",
    "buffer",
    "stretch",
    "size_scv",
    "size_over_mean",
    "quantum",
    "quanta_of_others",
    "shaping",
    "shaping_of_port",
    "base_wait",
    "base_loss",
    "tie",
    "load_tied",
    "weight",
    "fluid_excess",
    "load_of_port",
    "shaping_times_load",
    "weight_ahead",
    "busiest_behind",
    "weight_of_busiest",
    "scarcest_other_quantum",
];

/// A class at a port.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Description {
    /// Mean wait by closed forms, in seconds.
    pub wait_s: f64,
    /// Variance of the wait by closed forms, in seconds squared.
    pub variance_s2: f64,
    /// Log-odds of a packet's loss by closed forms, natural logarithm.
    pub loss_log_odds: f64,
    /// What the network reads, named by [`FEATURES`]; each about 0 to 1.
    pub features: [f64; FEATURES.len()],
}

/// The least share of a port that a class is taken to have, so that its wait stays finite.
const LEAST_SHARE: f64 = 2e-3;
/// Log-odds of a loss are kept within these.
const LOG_ODDS: (f64, f64) = (-16.0, 9.0);

/// Describes every class of `input`, at most [`MOST_CLASSES`] of them, in `described`.
///
/// Each class is an M/M/1/K queue in the share of the port that the others leave it: those that go before it
/// where classes have an order (their own under strict priority, load over weight under `GnnetWfq`), and
/// what weighted fluid sharing promises it otherwise. Means agree with Cobham's formula for large buffers.
pub fn describe(input: &PortInput<'_>, described: &mut [Description]) {
    let port = Port::of(input);
    let mut ahead = [0.0; MOST_CLASSES];
    port.sequence(&mut ahead);
    let busy: f64 = (0..port.count).map(|class| port.carried(class, &ahead)).sum();
    let residual: f64 = (0..port.count)
        .map(|class| {
            let own = &port.classes[class];
            let kept = port.carried(class, &ahead) / port.loads[class].max(f64::MIN_POSITIVE);
            // As Kingman has it; 1 for Poisson arrivals.
            let size_scv = service_scv(own);
            let burst = (own.arrival_scv + size_scv) / (1.0 + size_scv);
            let square_s2 = own.mean_square_bits / (port.capacity * port.capacity);
            0.5 * own.packets_per_s * kept * square_s2 * burst
        })
        .sum();
    let residual_s = residual / busy.max(1.0);
    for (class, description) in described.iter_mut().enumerate().take(port.count) {
        *description = port.describe(class, &ahead, residual_s);
    }
}

/// What classes of a port have in common, and their loads.
struct Port {
    policy: Policy,
    capacity: f64,
    buffer: f64,
    count: usize,
    classes: [ClassInput; MOST_CLASSES],
    loads: [f64; MOST_CLASSES],
    /// Weights as shares of their sum.
    weights: [f64; MOST_CLASSES],
    /// Shares that weighted fluid sharing leaves each class if it always has packets.
    promised: [f64; MOST_CLASSES],
    load: f64,
    mean_bits: f64,
    mean_square_bits: f64,
    shaping: f64,
    /// Bits of a turn of each class.
    quanta: [f64; MOST_CLASSES],
}

impl Port {
    fn of(input: &PortInput<'_>) -> Self {
        let count = input.classes.len().min(MOST_CLASSES);
        let mut port = Self {
            policy: input.policy,
            capacity: input.capacity_bit_per_s,
            buffer: input.buffer_packets,
            count,
            classes: [ClassInput::default(); MOST_CLASSES],
            loads: [0.0; MOST_CLASSES],
            weights: [0.0; MOST_CLASSES],
            promised: [0.0; MOST_CLASSES],
            load: 0.0,
            mean_bits: 0.0,
            mean_square_bits: 0.0,
            shaping: 0.0,
            quanta: [0.0; MOST_CLASSES],
        };
        port.classes[..count].copy_from_slice(&input.classes[..count]);
        let mut packets = 0.0;
        let mut all_weights = 0.0;
        for class in 0..count {
            let own = &port.classes[class];
            port.loads[class] = input.load(own);
            port.load += port.loads[class];
            packets += own.packets_per_s;
            port.mean_bits += own.packets_per_s * own.mean_bits;
            port.mean_square_bits += own.packets_per_s * own.mean_square_bits;
            port.shaping += own.packets_per_s * own.shaping;
            all_weights += input.weight(class);
        }
        if packets > 0.0 {
            port.mean_bits /= packets;
            port.mean_square_bits /= packets;
            port.shaping /= packets;
        } else {
            // Nothing comes, so that any size will do.
            let bits = port.classes[0].mean_bits.max(1.0);
            (port.mean_bits, port.mean_square_bits) = (bits, bits * bits);
        }
        for class in 0..count {
            port.weights[class] = input.weight(class) / all_weights;
            if port.classes[class].mean_bits <= 0.0 {
                port.classes[class].mean_bits = port.mean_bits;
                port.classes[class].mean_square_bits = port.mean_square_bits;
            }
        }
        let least = port.weights[..count].iter().copied().fold(f64::INFINITY, f64::min);
        let unit_bits = match input.policy {
            Policy::DeficitRoundRobin => DRR_QUANTUM_BITS / least,
            Policy::GnnetDrr => port.capacity,
            _ => port.mean_bits,
        };
        for class in 0..count {
            port.quanta[class] = unit_bits * port.weights[class];
        }
        if matches!(input.policy, Policy::DeficitRoundRobin | Policy::GnnetDrr) {
            port.weigh_turns();
        }
        for class in 0..count {
            port.promised[class] = port.promise(class).max(LEAST_SHARE);
        }
        port
    }

    /// Turns longer than a queue end when it is empty: a class sends no more in a turn than its quantum, nor than what
    /// a full queue holds and what comes while it is sent. Both bound its part of a round, so that their smooth
    /// minimum weighs the classes.
    fn weigh_turns(&mut self) {
        let mut all = 0.0;
        for class in 0..self.count {
            let held = (self.buffer + 1.0) * self.classes[class].mean_bits;
            let full = (1.0 - self.loads[class]).max(0.0) / held.max(f64::MIN_POSITIVE);
            let quantum = 1.0 / self.quanta[class].max(f64::MIN_POSITIVE);
            let (full, quantum) = (full * full, quantum * quantum);
            self.weights[class] = 1.0 / (full * full + quantum * quantum).sqrt().sqrt();
            all += self.weights[class];
        }
        self.weights[..self.count].iter_mut().for_each(|weight| *weight /= all);
    }

    /// Whether classes go before one another, rather than share.
    fn has_order(&self) -> bool {
        matches!(self.policy, Policy::StrictPriority | Policy::GnnetWfq)
    }

    /// How far `other` goes before `class`, 0 to 1; one half where both are alike.
    fn is_ahead(&self, other: usize, class: usize) -> f64 {
        if self.policy == Policy::StrictPriority {
            return if other < class { 1.0 } else { 0.0 };
        }
        let own = self.loads[class] / self.weights[class];
        let others = self.loads[other] / self.weights[other];
        if own + others <= 0.0 {
            return 0.5;
        }
        // A steep step over the quotient of both: from 10 to 90 of 100 within 7 %.
        let ratio = (own / others.max(f64::MIN_POSITIVE)).clamp(0.5, 2.0);
        let steep = (0..6).fold(ratio, |power, _| power * power);
        steep / (1.0 + steep)
    }

    /// Share of the port that `class` gets by weighted fluid sharing if it always has packets: those others
    /// that ask for less than the common level take what they ask for.
    fn promise(&self, class: usize) -> f64 {
        if self.policy == Policy::StrictPriority {
            return 1.0 - self.loads[..class].iter().sum::<f64>();
        }
        let (mut left, mut weights) = (1.0, 1.0);
        let mut taken = [false; MOST_CLASSES];
        taken[class] = true;
        loop {
            let level = left / weights;
            let asks_less = |other: &usize| {
                !taken[*other] && self.loads[*other] <= level * self.weights[*other]
            };
            let Some(other) = (0..self.count).find(asks_less) else {
                return level * self.weights[class];
            };
            taken[other] = true;
            left -= self.loads[other];
            weights -= self.weights[other];
        }
    }

    /// Share of the port that others leave `class`.
    fn share(&self, class: usize, ahead: &[f64]) -> f64 {
        let promised = self.promised[class];
        match self.policy {
            Policy::StrictPriority => (1.0 - ahead[class]).max(LEAST_SHARE),
            Policy::GnnetWfq => {
                // A class that asks for more than its promise shares with the others that do.
                let asks = (self.loads[class] / promised).min(2.0);
                let steep = (0..5).fold(asks, |power, _| power * power);
                let left = (1.0 - ahead[class]).max(promised);
                (left + steep * promised) / (1.0 + steep)
            }
            _ => promised,
        }
    }

    fn queue(&self, class: usize, share: f64) -> Queue {
        let own = &self.classes[class];
        let stretch = stretch(own.arrival_scv, service_scv(own));
        Queue::new(self.loads[class] / share, self.buffer / stretch + 1.0)
    }

    fn carried(&self, class: usize, ahead: &[f64]) -> f64 {
        self.loads[class] * (1.0 - self.queue(class, self.share(class, ahead)).blocking)
    }

    /// Works out what goes before each class, from the first to the last.
    fn sequence(&self, ahead: &mut [f64; MOST_CLASSES]) {
        let mut order: [usize; MOST_CLASSES] = std::array::from_fn(|class| class);
        let order = &mut order[..self.count];
        if self.policy != Policy::StrictPriority {
            let rank = |class: usize| self.loads[class] / self.weights[class];
            order.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)));
        }
        let mut carried = self.loads;
        for class in order.iter() {
            let others = (0..self.count).filter(|other| other != class);
            ahead[*class] =
                others.map(|other| carried[other] * self.is_ahead(other, *class)).sum::<f64>();
            ahead[*class] = ahead[*class].min(1.0);
            carried[*class] = self.carried(*class, ahead);
        }
    }

    fn describe(&self, class: usize, ahead: &[f64], residual_s: f64) -> Description {
        let own = &self.classes[class];
        let load = self.loads[class];
        let share = self.share(class, ahead);
        let asked = load / share;
        let queue = self.queue(class, share);
        // The number before a packet over its load, kept finite far above 1.
        let power = asked.min(1e3).powi(8);
        let steady = (1.0 + power).sqrt().sqrt().sqrt();
        let crowd = if asked > 0.0 { queue.mean / asked * steady } else { 1.0 };
        let mean_s = self.mean_bits / self.capacity;
        let residual_s = residual_s.max(1e-6 * mean_s);
        // Who is overtaken waits longer by 1 / share (Cobham 1954, eq. 3), unless its queue is always full.
        let overtaken = if self.has_order() { (1.0 / share + power) / (1.0 + power) } else { 1.0 };
        let wait_s = residual_s / share * crowd * overtaken;
        let variance_s2 = wait_s * wait_s + 1.1 * wait_s * mean_s;
        let lost = queue.blocking.clamp(1e-12, 1.0 - 1e-12);
        let loss_log_odds = libm::log(lost / (1.0 - lost)).clamp(LOG_ODDS.0, LOG_ODDS.1);

        let promised = self.promised[class];
        let (mut load_ahead, mut busiest, mut tie, mut tied) = (0.0, 0.0_f64, 0.0_f64, 0.0);
        let (mut weight_ahead, mut busiest_behind) = (0.0, 0.0_f64);
        let (mut most, mut weight_of_busiest, mut least_quantum) = (0.0, 0.0, f64::INFINITY);
        let mut quanta = 0.0;
        let rank = |class: usize| self.loads[class] / self.weights[class];
        for other in (0..self.count).filter(|other| *other != class) {
            let before = self.is_ahead(other, class);
            load_ahead += before * self.loads[other];
            busiest = busiest.max(before * self.loads[other]);
            weight_ahead += before * self.weights[other];
            busiest_behind = busiest_behind.max((1.0 - before) * self.loads[other]);
            least_quantum = least_quantum.min(self.quanta[other]);
            quanta += self.quanta[other];
            if self.loads[other] > most {
                (most, weight_of_busiest) = (self.loads[other], self.weights[other]);
            }
            let (a, b) = (rank(class), rank(other));
            let apart = (a - b) / (a + b).max(f64::MIN_POSITIVE);
            let near = 1.0 / (1.0 + 1600.0 * apart * apart);
            tie = tie.max(near);
            tied += near * self.loads[other];
        }
        let load_behind = self.load - load - load_ahead;
        let packet = self.mean_bits.max(f64::MIN_POSITIVE);
        let quantum = self.quanta[class] / own.mean_bits.max(f64::MIN_POSITIVE);
        let size_scv = service_scv(own);
        let port_scv =
            self.mean_square_bits / (self.mean_bits * self.mean_bits).max(f64::MIN_POSITIVE) - 1.0;
        let features = [
            bent(load),
            bent(load_ahead),
            bent(load_behind.max(0.0)),
            1.0 - share.min(1.0),
            bent(asked * asked),
            promised,
            bent((load / promised) * (load / promised)),
            bent(busiest),
            0.3 * libm::log((self.buffer + 1.0) / 33.0),
            bent(port_scv.max(0.0)),
            bent(size_scv),
            bent(own.mean_bits / self.mean_bits.max(f64::MIN_POSITIVE)),
            bent(0.2 * quantum),
            bent(0.1 * quanta / packet),
            own.shaping,
            self.shaping,
            0.25 * libm::log((wait_s / mean_s).max(1e-3)),
            0.1 * loss_log_odds,
            tie,
            bent(tied),
            self.weights[class],
            bent(10.0 * (load - promised).max(0.0)),
            bent(self.load * self.load),
            self.shaping * self.load.min(1.5),
            weight_ahead,
            bent(busiest_behind),
            weight_of_busiest,
            bent(0.2 * least_quantum.min(1e9 * packet) / packet),
        ];
        Description { wait_s, variance_s2, loss_log_odds, features }
    }
}

/// 0 to infinity bent to 0 to 1.
fn bent(value: f64) -> f64 {
    value / (1.0 + value)
}
