//! Ports that always serve the first of their classes that has a packet.

use slicewise_core::twin::queueing::MOST_CLASSES;

use super::port::{ClassInput, ClassOutput, PortInput, merged, service_scv};
use super::queue::{Queue, stretch};

/// Classes in their own order.
pub(super) fn strict(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    in_order(input, |_| 0.0, output);
}

/// Classes in the order of load over weight, least first: where the class goes next that has sent least
/// in relation to its weight since the start, one that brings less than its part is always behind and
/// goes first.
pub(super) fn by_load_over_weight(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    in_order(input, |class| input.load(&input.classes[class]) / input.weight(class), output);
}

/// The least share of a port that a class is taken to have: where those before it take all, it waits for
/// a very long time and loses nearly everything.
const LEAST_SHARE: f64 = 1e-3;

/// Cobham's non-preemptive priority, W_k = R / ((1 - s_(k-1)) (1 - s_k)) with R half of the second
/// moments of all classes over time and s_k the load of the classes up to k (Cobham 1954, eq. 3). Each
/// class is an M/M/1/K queue in the share of time that those before it leave, so that the wait stays
/// finite and what does not fit is lost.
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
    let rest = Rest::of(input, &carried);
    before = 0.0;
    let mut first = 0.0;
    for class in order.iter() {
        let own = &input.classes[*class];
        let share = (1.0 - before).max(LEAST_SHARE);
        let capacity = input.capacity_bit_per_s;
        let added = 0.5 * carried[*class] * own.mean_square_bits / (capacity * capacity);
        let place = Place { share, before_s: first, with_own_s: first + added };
        output[*class] = seen(input, own, place, rest);
        before += input.load(own) * (1.0 - output[*class].loss);
        first += added;
    }
}

/// Where a class stands.
#[derive(Clone, Copy)]
struct Place {
    /// Share of time that the classes before it leave.
    share: f64,
    /// Half of the second moments of these over time.
    before_s: f64,
    /// The same with its own.
    with_own_s: f64,
}

/// What is left of the packet that is being sent, over all packets that arrive, those that meet none
/// included.
#[derive(Clone, Copy)]
struct Rest {
    mean_s: f64,
    square_s2: f64,
}

impl Rest {
    /// Of a port that carries these packets per second of each class. Other than random arrivals count
    /// as in Kingman's approximation.
    fn of(input: &PortInput<'_>, carried: &[f64; MOST_CLASSES]) -> Self {
        let mut all = [ClassInput::default(); MOST_CLASSES];
        for ((class, own), rate) in all.iter_mut().zip(input.classes).zip(carried) {
            *class = ClassInput { packets_per_s: *rate, ..*own };
        }
        let all = merged(&all[..input.classes.len().min(MOST_CLASSES)]);
        let capacity = input.capacity_bit_per_s;
        let busy = (all.packets_per_s * all.mean_bits / capacity).max(1.0);
        let rate = all.packets_per_s / busy;
        let scv = service_scv(&all);
        let random = stretch(all.arrival_scv, scv) / stretch(1.0, scv);
        let square_bits = all.mean_square_bits * random;
        Self {
            mean_s: 0.5 * rate * square_bits / (capacity * capacity),
            square_s2: rate * all.mean_cube_bits / (3.0 * capacity * capacity * capacity),
        }
    }
}

/// The queue of `class` in its `share` of the port. The port is away for the classes before it, a time
/// that varies more the longer it is: services count as stretched by 1 / share, so that the number of
/// packets in the queue, by Little's law, is that of Cobham's wait near saturation.
fn queue_in(input: &PortInput<'_>, class: &ClassInput, share: f64) -> Queue {
    let stretch = stretch(class.arrival_scv, service_scv(class)) / share;
    let places = input.places();
    Queue::new(input.load(class) / share, (places / stretch).max(places.min(LEAST_PLACES)))
}

/// Stretched places that a queue keeps however long it waits.
const LEAST_PLACES: f64 = 4.0;

/// What `class` sees in its `place`. The variance is that of non-preemptive priorities with a large
/// buffer (Kesten and Runnenburg 1957), E W^2 = T / (p^3 (1 - l)) + 2 R A / (p^4 (1 - l)^2) + 2 R B /
/// (p^4 (1 - l)), with p the place's share, l the load in it, R and T the mean and mean square of the
/// rest, A and B the moments with and without the class.
fn seen(input: &PortInput<'_>, class: &ClassInput, place: Place, rest: Rest) -> ClassOutput {
    let share = place.share;
    let load = (input.load(class) / share).min(1.0);
    let queue = queue_in(input, class, share);
    // Queue::mean is load / (1 - load) for a large buffer: the wait becomes rest / (share^2 (1 - load)).
    let crowd = if load > 0.0 { queue.mean / load } else { 1.0 };
    let base = rest.mean_s / (share * share);
    let full = input.buffer_packets.max(1.0) * class.mean_bits / input.capacity_bit_per_s / share;
    let mean_wait_s = (base * crowd).min(full);
    // 1 for a large buffer, less where the queue has no room to vary.
    let square = queue.mean * queue.mean;
    let room = if square > 0.0 { (queue.variance - queue.mean) / square } else { 1.0 };
    let away = rest.square_s2 / share + 2.0 * base * place.before_s;
    let queued = base * (2.0 * place.with_own_s / (share * share) - base) * crowd * crowd;
    let queued = if queued > 0.0 { queued * room.clamp(0.0, 1.0) } else { queued };
    let wait_variance_s2 = (away * crowd / (share * share) + queued).clamp(0.0, full * full);
    ClassOutput { mean_wait_s, wait_variance_s2, loss: queue.blocking }
}
