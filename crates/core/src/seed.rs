//! Randomness: one seed per job, and numbered streams that do not depend on the order of use.

use std::convert::Infallible;

use rand_chacha::rand_core::{SeedableRng, TryRng};

pub use rand_chacha::ChaCha8Rng;
pub use rand_chacha::rand_core::Rng;

/// A counter-based generator for `stream` of `seed`: the same numbers on every platform.
pub fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

/// The numbers of [`stream`] 0 of a seed, by code that a page can carry: the other takes four blocks at a
/// time and weighs seven times as much.
#[derive(Clone, Debug)]
pub struct SmallStream {
    key: [u32; 8],
    block: [u32; 16],
    blocks: u64,
    next: usize,
}

impl SmallStream {
    /// The stream of `seed`, whose key is drawn as `rand_core` draws it (PCG-XSH-RR, O'Neill 2014).
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        let key = std::array::from_fn(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(11_634_580_027_462_260_723);
            let shifted = (((state >> 18) ^ state) >> 27) as u32;
            shifted.rotate_right((state >> 59) as u32)
        });
        Self { key, block: [0; 16], blocks: 0, next: 16 }
    }

    /// The next block of ChaCha with eight rounds (Bernstein 2008).
    #[inline(never)]
    fn refill(&mut self) {
        let mut state = [0; 16];
        state[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
        state[4..12].copy_from_slice(&self.key);
        (state[12], state[13]) = (self.blocks as u32, (self.blocks >> 32) as u32);
        self.block = state;
        for round in 0..8 {
            for column in 0..4 {
                // Columns and diagonals in turn.
                let turn = |by: usize| (column + by * (round % 2)) % 4;
                quarter_round(&mut self.block, [turn(0), 4 + turn(1), 8 + turn(2), 12 + turn(3)]);
            }
        }
        self.block
            .iter_mut()
            .zip(state)
            .for_each(|(word, before)| *word = word.wrapping_add(before));
        self.blocks += 1;
        self.next = 0;
    }

    #[inline(never)]
    fn word(&mut self) -> u32 {
        if self.next == self.block.len() {
            self.refill();
        }
        self.next += 1;
        self.block[self.next - 1]
    }
}

fn quarter_round(block: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (to, from, turned, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        block[to] = block[to].wrapping_add(block[from]);
        block[turned] = (block[turned] ^ block[to]).rotate_left(by);
    }
}

impl TryRng for SmallStream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.word());
        Ok(low | u64::from(self.word()) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for piece in bytes.chunks_mut(4) {
            let word = self.word().to_le_bytes();
            piece.copy_from_slice(&word[..piece.len()]);
        }
        Ok(())
    }
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
    fn the_small_stream_draws_what_the_other_one_draws() {
        for seed in [0, 1, 7, 2024, u64::MAX] {
            let (mut small, mut whole) = (SmallStream::new(seed), stream(seed, 0));
            for index in 0..1000 {
                assert_eq!(small.next_u64(), whole.next_u64(), "{seed}, {index}");
            }
        }
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
