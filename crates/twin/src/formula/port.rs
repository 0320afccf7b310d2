//! What one port does to the classes that share it.
//!
//! Everything here is closed: a few sums over the classes, no iteration over packets. How right it is
//! depends on the policy; see [`port`].

use slicewise_core::twin::Policy;
use slicewise_core::twin::queueing::DRR_QUANTUM_BITS;

use super::priority;
use super::queue::{Queue, stretch, wait};
use super::scheduled;
use super::sharing;

/// A port and what it is offered.
#[derive(Clone, Copy, Debug)]
pub struct PortInput<'a> {
    /// Which packet goes next.
    pub policy: Policy,
    /// Weight of each class, as many as there are classes; empty where the policy has none.
    pub weights: &'a [f64],
    /// Packets that may wait in each queue beside the one that is sent (in the one queue of all under
    /// [`Policy::Fifo`]), 0 or more; need not be a whole number where buffers count bits.
    pub buffer_packets: f64,
    /// What it sends, in bit/s, above 0.
    pub capacity_bit_per_s: f64,
    /// What each class brings, at least one class.
    pub classes: &'a [ClassInput],
}

/// What one class brings to a port.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassInput {
    /// Packets per second that arrive here, 0 or more: what the hops before have let through.
    pub packets_per_s: f64,
    /// Mean size of its packets, in bits; anything where it brings none.
    pub mean_bits: f64,
    /// Mean of their squared size, in bits squared.
    pub mean_square_bits: f64,
    /// Mean of their cubed size, in bits cubed.
    pub mean_cube_bits: f64,
    /// Variance over mean of the number of its packets, over the times that matter to the queue; 1 for
    /// Poisson arrivals.
    pub arrival_scv: f64,
    /// How far its packets come one after another rather than at random, 0 (all begin at this node) to 1: the
    /// sum over the links i into this node of s_i * v_i * u_i, where s_i is the share of the class's packets at this
    /// port that come over i, v_i the share of its time that i sends packets of any class which go to this port,
    /// and u_i the share of its time that i sends. Packets of one link cannot arrive at the same time; a link makes
    /// what it sends more regular by the square of its utilisation, and a part of it by that part (Whitt 1983,
    /// eq. 36 and 38).
    pub shaping: f64,
}

/// What a class sees at a port.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassOutput {
    /// Mean wait in the queue of the packets that are not lost, without their own transmission, in
    /// seconds.
    pub mean_wait_s: f64,
    /// Variance of that wait, in seconds squared.
    pub wait_variance_s2: f64,
    /// Share of its packets that find no room, 0 to 1.
    pub loss: f64,
}

impl PortInput<'_> {
    /// Share of its time that the port would need to send `class`.
    pub(super) fn load(&self, class: &ClassInput) -> f64 {
        class.packets_per_s * class.mean_bits / self.capacity_bit_per_s
    }

    /// Places of a queue: its buffer and the packet that is sent.
    pub(super) fn places(&self) -> f64 {
        self.buffer_packets + 1.0
    }

    /// Weight of `class` in relation to the others.
    pub(super) fn weight(&self, class: usize) -> f64 {
        self.weights.get(class).or(self.weights.last()).copied().unwrap_or(1.0)
    }
}

/// What the classes of `input` see, one by one in `output`, which is as long as `input.classes`.
///
/// - [`Policy::Fifo`]: M/M/1/K stretched by the second moments of arrivals and sizes. Exact in mean and variance
///   for Poisson arrivals and a large buffer, exact for M/M/1/K.
/// - The others: closed forms corrected by networks ([`scheduled`]), which see shaping too.
pub fn port(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    if !scheduled::ports().is_some_and(|ports| ports.answer(input, output)) {
        closed(input, output);
    }
}

/// Whether waits by [`port`] under `policy` know of [`ClassInput::shaping`].
pub fn sees_shaping(policy: Policy) -> bool {
    scheduled::ports().is_some_and(|ports| ports.network(policy).is_some())
}

/// The same by closed forms alone.
///
/// - [`Policy::StrictPriority`]: Cobham's formula with limited buffers. Exact for the mean with Poisson arrivals
///   and a large buffer; the variance is an approximation.
/// - [`Policy::WeightedFair`]: what is sent before a packet, by what waits and what is due. Half of the waits within 8 to
///   18 % of simulations of single ports.
/// - [`Policy::DeficitRoundRobin`]: the same with turns. Half of the waits within 4 to 8 % below a load of 0.9, 24 % above.
/// - [`Policy::GnnetWfq`]: strict priority in the order of load over weight.
/// - [`Policy::GnnetDrr`]: as `DeficitRoundRobin`, with its own quantum; half of the waits within 11 % below a load of
///   0.9, 43 % above.
///
/// A class without packets gets some wait, but no NaN.
pub fn closed(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    match input.policy {
        Policy::Fifo => first_in_first_out(input, output),
        Policy::StrictPriority => priority::strict(input, output),
        Policy::WeightedFair => sharing::weighted_fair(input, output),
        Policy::DeficitRoundRobin => {
            let least = input.weights.iter().copied().fold(f64::INFINITY, f64::min);
            let unit = if least.is_finite() { DRR_QUANTUM_BITS / least } else { DRR_QUANTUM_BITS };
            sharing::round_robin(input, unit, output);
        }
        Policy::GnnetWfq => priority::by_load_over_weight(input, output),
        Policy::GnnetDrr => {
            let classes = 0..input.classes.len().max(input.weights.len());
            let all: f64 = classes.map(|class| input.weight(class)).sum();
            sharing::short_turns(input, input.capacity_bit_per_s / all, output);
        }
    }
}

/// All classes in one queue.
fn first_in_first_out(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    let all = merged(input.classes);
    let mean_s = all.mean_bits / input.capacity_bit_per_s;
    let stretch = stretch(all.arrival_scv, service_scv(&all));
    let queue = Queue::new(all.packets_per_s * mean_s, input.places() / stretch);
    let cube = all.mean_cube_bits / (all.mean_bits * all.mean_bits * all.mean_bits);
    let (mean_wait_s, wait_variance_s2) = wait(queue, mean_s, stretch, cube);
    output.fill(ClassOutput { mean_wait_s, wait_variance_s2, loss: queue.blocking });
}

/// All classes as one.
pub(super) fn merged(classes: &[ClassInput]) -> ClassInput {
    let mut all = ClassInput::default();
    for class in classes {
        let rate = class.packets_per_s;
        all.packets_per_s += rate;
        all.mean_bits += rate * class.mean_bits;
        all.mean_square_bits += rate * class.mean_square_bits;
        all.mean_cube_bits += rate * class.mean_cube_bits;
        all.arrival_scv += rate * class.arrival_scv;
        all.shaping += rate * class.shaping;
    }
    if all.packets_per_s <= 0.0 {
        return ClassInput { packets_per_s: 0.0, ..classes.first().copied().unwrap_or_default() };
    }
    all.mean_bits /= all.packets_per_s;
    all.mean_square_bits /= all.packets_per_s;
    all.mean_cube_bits /= all.packets_per_s;
    all.arrival_scv /= all.packets_per_s;
    all.shaping /= all.packets_per_s;
    all
}

/// Squared coefficient of variation of the sizes of `class`.
pub(super) fn service_scv(class: &ClassInput) -> f64 {
    if class.mean_bits <= 0.0 {
        return 0.0;
    }
    (class.mean_square_bits / (class.mean_bits * class.mean_bits) - 1.0).max(0.0)
}
