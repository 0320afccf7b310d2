//! Ports that share themselves between their classes by weight.

use slicewise_core::twin::queueing::MOST_CLASSES;

use super::port::{ClassInput, ClassOutput, PortInput, merged, service_scv};
use super::queue::{Queue, stretch};

/// Rounds in which the classes' shares of a port settle.
const ROUNDS: usize = 12;

/// Fluid sharing by weight. A class's share is the mean of weight / (weight + weights of the busy others) over
/// which others are busy, taken as independent; a class is busy for its load over its share. So the share is
/// at least the one that the weight promises, and a class fills up exactly where it does under ideal
/// sharing. Waits follow M/M/1/K in that share and are scaled together so that they keep Kleinrock's
/// conservation law: their sum weighted by load is that of one queue for all.
pub(super) fn weighted_fair(input: &PortInput<'_>, output: &mut [ClassOutput]) {
    let shares = shares(input);
    fill(input, &shares, output);
}

/// Turns of `unit_bits` times a class's weight. What a class has in its queue usually fits into one turn
/// where turns are long, and then all classes wait alike; where turns are short, they share as
/// [`weighted_fair`].
pub(super) fn round_robin(input: &PortInput<'_>, unit_bits: f64, output: &mut [ClassOutput]) {
    let mut shares = shares(input);
    let all = merged(input.classes);
    let load = all.packets_per_s * all.mean_bits / input.capacity_bit_per_s;
    for (class, share) in shares.iter_mut().enumerate().take(input.classes.len()) {
        let own = &input.classes[class];
        let alone = input.load(own);
        let together = (1.0 - (load - alone)).clamp(*share, 1.0);
        let queue = Queue::new(load, input.places());
        let turn = unit_bits * input.weight(class);
        let waiting = queue.mean * own.mean_bits * alone / load.max(f64::MIN_POSITIVE);
        let fits = turn / (turn + waiting + own.mean_bits);
        *share += fits * (together - *share);
    }
    fill(input, &shares, output);
}

fn shares(input: &PortInput<'_>) -> [f64; MOST_CLASSES] {
    let count = input.classes.len().min(MOST_CLASSES);
    let mut shares = [1.0; MOST_CLASSES];
    let mut busy = [0.0; MOST_CLASSES];
    for round in 0..ROUNDS {
        for class in 0..count {
            let found = (input.load(&input.classes[class]) / shares[class]).min(1.0);
            busy[class] = if round == 0 { found } else { 0.5 * (busy[class] + found) };
        }
        for (class, share) in shares.iter_mut().enumerate().take(count) {
            *share = mean_share(input, class, count, &busy);
        }
    }
    shares
}

/// Mean of the share of `class` over all sets of busy others.
fn mean_share(input: &PortInput<'_>, class: usize, count: usize, busy: &[f64]) -> f64 {
    let own = input.weight(class);
    let mut mean = 0.0;
    for set in 0_u32..1 << count {
        if set & (1 << class) != 0 {
            continue;
        }
        let (mut chance, mut weights) = (1.0, own);
        for (other, busy) in
            busy.iter().enumerate().take(count).filter(|(other, _)| *other != class)
        {
            let is_busy = set & (1 << other) != 0;
            chance *= if is_busy { *busy } else { 1.0 - busy };
            weights += if is_busy { input.weight(other) } else { 0.0 };
        }
        mean += chance * own / weights;
    }
    mean
}

/// What the classes see in their shares.
fn fill(input: &PortInput<'_>, shares: &[f64], output: &mut [ClassOutput]) {
    let mut carried = [ClassInput::default(); MOST_CLASSES];
    let mut weighted = 0.0;
    for (class, own) in input.classes.iter().enumerate().take(MOST_CLASSES) {
        let share = shares[class].max(1e-6);
        let mean_s = own.mean_bits / input.capacity_bit_per_s / share;
        let stretch = stretch(own.arrival_scv, service_scv(own));
        let queue = Queue::new(own.packets_per_s * mean_s, input.places() / stretch);
        let wait = queue.mean * mean_s * stretch;
        output[class] =
            ClassOutput { mean_wait_s: wait, wait_variance_s2: 0.0, loss: queue.blocking };
        carried[class] =
            ClassInput { packets_per_s: own.packets_per_s * (1.0 - queue.blocking), ..*own };
        weighted += input.load(&carried[class]) * wait;
    }
    let scale = scale(input, &carried[..input.classes.len().min(MOST_CLASSES)], weighted);
    let own_wait = |class: &ClassInput| class.mean_bits / input.capacity_bit_per_s;
    for (class, seen) in output.iter_mut().enumerate() {
        // Where buffers overflow, the queue of a class is full whatever the others do.
        let open = 1.0 - seen.loss;
        seen.mean_wait_s *= open * scale + (1.0 - open);
        let packet = own_wait(&input.classes[class]);
        seen.wait_variance_s2 = seen.mean_wait_s * (seen.mean_wait_s + packet);
    }
}

/// What waits are multiplied with to keep the conservation law; 1 where the port is nearly full.
fn scale(input: &PortInput<'_>, carried: &[ClassInput], weighted: f64) -> f64 {
    let all = merged(carried);
    let mean_s = all.mean_bits / input.capacity_bit_per_s;
    let load = all.packets_per_s * mean_s;
    if weighted <= 0.0 || load >= 0.999 {
        return 1.0;
    }
    let stretch = stretch(all.arrival_scv, service_scv(&all));
    load * load * mean_s * stretch / (1.0 - load) / weighted
}
