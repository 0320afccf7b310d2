//! Ports drawn at random, for a network to learn from.

use slicewise_core::seed::{ChaCha8Rng, uniform};
use slicewise_core::twin::{Buffer, PacketSize, PacketSizes, Policy, Queueing};

/// A port with its traffic. Arrivals are Poisson where they begin: at the port's own node or before a link
/// that leads there.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnPort {
    /// How it queues.
    pub queueing: Queueing,
    /// What it sends, in bit/s.
    pub capacity_bit_per_s: f64,
    /// Its classes.
    pub classes: Vec<DrawnClass>,
    /// Links that lead to the port's node.
    pub feeders: Vec<Feeder>,
}

/// What one class brings.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnClass {
    /// Bits of its packets.
    pub sizes: PacketSizes,
    /// Packets per second that begin at the port's node.
    pub own_packets_per_s: f64,
}

/// A link over which packets come to the port's node, one after another; some go elsewhere from there.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeder {
    /// What it sends, in bit/s.
    pub capacity_bit_per_s: f64,
    /// Packets per second of each class of the port that are offered to it.
    pub packets_per_s: Vec<f64>,
    /// Packets per second offered to it that do not go to the port.
    pub elsewhere_packets_per_s: f64,
    /// How its own port queues.
    pub queueing: Queueing,
}

/// A number between two that is as likely in each factor of two.
fn log_uniform(generator: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    least * libm::exp(uniform(generator) * libm::log(most / least))
}

fn between(generator: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    least + (most - least) * uniform(generator)
}

fn one_of<T: Copy>(generator: &mut ChaCha8Rng, values: &[T]) -> T {
    values[((uniform(generator) * values.len() as f64) as usize).min(values.len() - 1)]
}

/// Positive shares that add up to 1, each at least `least` over their number.
fn shares(generator: &mut ChaCha8Rng, count: usize, least: f64) -> Vec<f64> {
    let parts: Vec<f64> = (0..count).map(|_| least - libm::log(1.0 - uniform(generator))).collect();
    let sum: f64 = parts.iter().sum();
    parts.iter().map(|part| part / sum).collect()
}

/// Mean size that drawn ports' packets are near, in bits.
const MEAN_BITS: f64 = 1000.0;

/// Draws a port of `policy`.
pub fn draw(policy: Policy, generator: &mut ChaCha8Rng) -> DrawnPort {
    let count = one_of(generator, &[1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5]);
    let weights = if policy.has_weights() { draw_weights(generator, count) } else { Vec::new() };
    let packets = match uniform(generator) {
        chance if chance < 0.6 => 32,
        _ => log_uniform(generator, 6.0, 140.0) as u32,
    };
    let capacity_bit_per_s = MEAN_BITS * log_uniform(generator, 4.0, 500.0);
    let load = match uniform(generator) {
        chance if chance < 0.9 => between(generator, 0.03, 1.5),
        _ => between(generator, 1.5, 4.0),
    };
    let class_shares = shares(generator, count, 0.03);
    let alike = uniform(generator) < 0.75;
    let sizes = draw_sizes(generator, MEAN_BITS);
    let mut rates = Vec::new();
    let mut classes = Vec::new();
    for share in class_shares {
        let sizes = if alike {
            sizes.clone()
        } else {
            let mean = MEAN_BITS * log_uniform(generator, 0.5, 2.0);
            draw_sizes(generator, mean)
        };
        rates.push(share * load * capacity_bit_per_s / sizes.mean_bits());
        classes.push(DrawnClass { sizes, own_packets_per_s: 0.0 });
    }
    let queueing = Queueing { policy, weights, buffer: Buffer::Packets(packets) };
    let feeders = draw_feeders(generator, &queueing, capacity_bit_per_s, &mut rates, &classes);
    for (class, rate) in classes.iter_mut().zip(rates) {
        class.own_packets_per_s = rate;
    }
    DrawnPort { queueing, capacity_bit_per_s, classes, feeders }
}

fn draw_weights(generator: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    if uniform(generator) < 0.5 {
        // Tenths, as operators write them.
        return (0..count)
            .map(|_| one_of(generator, &[5.0, 10.0, 20.0, 30.0, 50.0, 60.0, 80.0, 90.0]))
            .collect();
    }
    shares(generator, count, 0.1)
}

fn draw_sizes(generator: &mut ChaCha8Rng, mean: f64) -> PacketSizes {
    let two = |small: f64, large: f64, share: f64| {
        let sizes = [(small, share), (large, 1.0 - share)];
        PacketSizes::Sizes(sizes.map(|(bits, share)| PacketSize { bits, share }).to_vec())
    };
    match uniform(generator) {
        chance if chance < 0.55 => two(0.3 * mean, 1.7 * mean, 0.5),
        chance if chance < 0.65 => PacketSizes::Exponential(mean),
        chance if chance < 0.75 => PacketSizes::fixed(mean),
        _ => {
            let share = between(generator, 0.2, 0.8);
            let small = between(generator, 0.1, 0.9) * mean;
            two(small, (mean - share * small) / (1.0 - share), share)
        }
    }
}

/// Takes a part of each class's `rates` to links that lead to the port's node.
fn draw_feeders(
    generator: &mut ChaCha8Rng,
    queueing: &Queueing,
    capacity_bit_per_s: f64,
    rates: &mut [f64],
    classes: &[DrawnClass],
) -> Vec<Feeder> {
    let count = one_of(generator, &[0, 0, 0, 1, 1, 2, 2, 3, 3, 4]);
    let mut feeders = Vec::new();
    // For each class: the share that each feeder brings, and last the share that begins here.
    let parts: Vec<Vec<f64>> = rates.iter().map(|_| shares(generator, count + 1, 0.05)).collect();
    for index in 0..count {
        let speed = one_of(generator, &[0.1, 0.25, 0.4, 1.0, 1.0, 1.0, 1.0, 2.5, 4.0, 10.0]);
        let own_capacity = speed * capacity_bit_per_s;
        let mut packets_per_s: Vec<f64> =
            rates.iter().zip(&parts).map(|(rate, parts)| rate * parts[index]).collect();
        let bits = |rates: &[f64]| -> f64 {
            rates.iter().zip(classes).map(|(rate, class)| rate * class.sizes.mean_bits()).sum()
        };
        let load = bits(&packets_per_s) / own_capacity;
        let fits = (between(generator, 0.6, 1.0) / load).min(1.0);
        packets_per_s.iter_mut().for_each(|rate| *rate *= fits);
        let load = load * fits;
        let beside = uniform(generator) * (1.1 - load).max(0.0) * own_capacity;
        let elsewhere_packets_per_s = beside / classes[0].sizes.mean_bits();
        let buffer = Buffer::Packets(log_uniform(generator, 16.0, 128.0) as u32);
        let queueing = if uniform(generator) < 0.75 {
            Queueing { buffer, ..queueing.clone() }
        } else {
            Queueing { buffer, ..Queueing::default() }
        };
        feeders.push(Feeder {
            capacity_bit_per_s: own_capacity,
            packets_per_s,
            elsewhere_packets_per_s,
            queueing,
        });
    }
    for (class, rate) in rates.iter_mut().enumerate() {
        let brought: f64 = feeders.iter().map(|feeder| feeder.packets_per_s[class]).sum();
        *rate = (*rate - brought).max(0.0);
    }
    feeders
}
