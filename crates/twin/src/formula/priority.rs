//! Ports that always serve the first of their classes that has a packet.

use slicewise_core::twin::queueing::MOST_CLASSES;

use super::port::{ClassInput, ClassOutput, PortInput, service_scv};
use super::queue::{Queue, stretch};

/// Classes in their own order.
pub(super) fn strict(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    in_order(input, |_| 0.0, output);
}

/// Classes in the order of load over weight, least first: where the class goes next that has sent least in
/// relation to its weight since the start, one that brings less than its part is always behind and goes first.
pub(super) fn by_load_over_weight(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    in_order(input, |class| input.load(&input.classes[class]) / input.weight(class), output);
}

/// The least share of a port that a class is taken to have: where those before it take all, it waits for
/// a very long time and loses nearly everything.
const LEAST_SHARE: f64 = 1e-4;

/// Cobham's non-preemptive priority, W_k = R / ((1 - s_(k-1)) (1 - s_k)) with R half of the second moments of
/// all classes over time and s_k the load of the classes up to k (Cobham 1954, eq. 3). Each class is an
/// M/M/1/K queue in the share of time that those before it leave, so that the wait stays finite and what
/// does not fit is lost.
fn in_order(input: &PortInput<'_>, rank: impl Fn(usize) -> f64, output: &mut [ClassOutput]) {
    let mut order: [usize; MOST_CLASSES] = std::array::from_fn(|class| class);
    let order = &mut order[..input.classes.len().min(MOST_CLASSES)];
    order.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)));
    let mut carried = [0.0; MOST_CLASSES];
    let mut before: f64 = 0.0;
    for class in order.iter() {
        let own = &input.classes[*class];
        let share = (1.0 - before).max(LEAST_SHARE);
        let queue = queue_in(input, own, share);
        carried[*class] = own.packets_per_s * (1.0 - queue.blocking);
        before += input.load(own) * (1.0 - queue.blocking);
    }
    let capacity = input.capacity_bit_per_s;
    let moments = input.classes.iter().zip(&carried);
    let residual: f64 = moments
        .map(|(class, rate)| 0.5 * rate * class.mean_square_bits / (capacity * capacity))
        .sum();
    let busy: f64 =
        input.classes.iter().zip(&carried).map(|(c, rate)| rate * c.mean_bits / capacity).sum();
    let residual = residual / busy.max(1.0);
    before = 0.0;
    for class in order.iter() {
        let own = &input.classes[*class];
        let share = (1.0 - before).max(LEAST_SHARE);
        output[*class] = seen(input, own, share, residual);
        before += input.load(own) * (1.0 - output[*class].loss);
    }
}

fn queue_in(input: &PortInput<'_>, class: &ClassInput, share: f64) -> Queue {
    let stretch = stretch(class.arrival_scv, service_scv(class));
    Queue::new(input.load(class) / share, input.places() / stretch)
}

/// What `class` sees in its `share` of the port.
fn seen(input: &PortInput<'_>, class: &ClassInput, share: f64, residual: f64) -> ClassOutput {
    let load = input.load(class) / share;
    let queue = queue_in(input, class, share);
    // Queue::mean is load / (1 - load) for a large buffer: the wait becomes residual / (share^2 (1 - load)).
    let crowd = if load > 0.0 { queue.mean / load } else { 1.0 };
    let base = residual / (share * share);
    let mean_wait_s = base * crowd;
    // An exponential wait behind a packet that is being sent.
    let wait_variance_s2 =
        mean_wait_s * mean_wait_s + 2.0 * base * base * crowd.min(1.0 / LEAST_SHARE);
    ClassOutput { mean_wait_s, wait_variance_s2, loss: queue.blocking }
}
