//! Randomness: one seed per job, and numbered streams that do not depend on the order of use.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub use rand_chacha::rand_core::Rng;

/// A counter-based generator for `stream` of `seed`: the same numbers on every platform.
pub fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

/// A uniform number in `[0, 1)` with 53 random bits.
pub fn uniform(generator: &mut impl Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A standard normal number (Box-Muller), identical on every platform.
pub fn normal(generator: &mut impl Rng) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - uniform(generator)));
    radius * libm::cos(std::f64::consts::TAU * uniform(generator))
}

/// Brings `values` into a random order (Fisher and Yates), identical on every platform.
pub fn shuffle<T>(values: &mut [T], generator: &mut impl Rng) {
    for last in (1..values.len()).rev() {
        let other = (uniform(generator) * (last + 1) as f64) as usize;
        values.swap(last, other.min(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_three_comes_about_equally_often() {
        let mut generator = stream(3, 0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut values = [0, 1, 2];
            shuffle(&mut values, &mut generator);
            *counts.entry(values).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (900..1100).contains(count)), "{counts:?}");
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let draw = |s, n| uniform(&mut stream(s, n));
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut generator = stream(1, 0);
        let draws: Vec<f64> = (0..40_000).map(|_| normal(&mut generator)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }
}
