//! Quantiles of a stream of delays, in memory that does not grow with their number.

/// Counts of delays by their logarithm: buckets of even width between powers of two.
///
/// A quantile is off by less than a bucket, 1/128 of it where buckets are fine, 1/16 where they are coarse,
/// and by far less where delays are spread evenly within a bucket.
#[derive(Clone, Debug)]
pub(super) struct Quantiles {
    /// Leading bits of the first bucket's delays.
    first: u64,
    counts: Vec<u32>,
}

/// How fine buckets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fineness {
    /// 128 per octave; a flow takes some 3 KB.
    Fine = 7,
    /// 16 per octave, for so many flows that memory counts.
    Coarse = 4,
}

const MANTISSA_BITS: u32 = 52;

impl Fineness {
    fn shift(self) -> u32 {
        MANTISSA_BITS - self as u32
    }

    /// Buckets that are added at once, so that counts seldom move: a quarter of an octave.
    fn reserve(self) -> u64 {
        1 << (self as u32 - 2)
    }

    fn bucket(self, delay_s: f64) -> u64 {
        delay_s.to_bits() >> self.shift()
    }

    fn start(self, bucket: u64) -> f64 {
        f64::from_bits(bucket << self.shift())
    }
}

impl Quantiles {
    /// Nothing counted.
    pub(super) const fn new() -> Self {
        Self { first: 0, counts: Vec::new() }
    }

    /// Counts a delay, above 0.
    pub(super) fn count(&mut self, delay_s: f64, fineness: Fineness) {
        let bucket = fineness.bucket(delay_s);
        let index = bucket.wrapping_sub(self.first);
        match self.counts.get_mut(index as usize) {
            Some(count) => *count += 1,
            None => self.widen_to(bucket, fineness),
        }
    }

    /// Makes room for `bucket` and counts one in it.
    #[cold]
    fn widen_to(&mut self, bucket: u64, fineness: Fineness) {
        let reserve = fineness.reserve();
        let end = self.first + self.counts.len() as u64;
        if self.counts.is_empty() {
            self.first = bucket.saturating_sub(reserve / 2);
            self.counts = vec![0; reserve as usize];
        } else if bucket < self.first {
            let first = bucket.saturating_sub(reserve);
            let missing = (self.first - first) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = first;
        } else if bucket >= end {
            self.counts.resize((bucket - self.first + reserve) as usize, 0);
        }
        self.counts[(bucket - self.first) as usize] += 1;
    }

    /// The delays that `shares` (0 to 1, ascending) of the counted ones stay below; NaN where nothing was
    /// counted.
    pub(super) fn at<const N: usize>(&self, shares: [f64; N], fineness: Fineness) -> [f64; N] {
        let total: f64 = self.counts.iter().map(|count| f64::from(*count)).sum();
        let mut found = [f64::NAN; N];
        let (mut below, mut next) = (0.0, 0);
        for (bucket, count) in (self.first..).zip(&self.counts) {
            let count = f64::from(*count);
            while next < N && count > 0.0 && below + count >= shares[next] * total {
                let (start, end) = (fineness.start(bucket), fineness.start(bucket + 1));
                let inside = ((shares[next] * total - below) / count).clamp(0.0, 1.0);
                found[next] = start + inside * (end - start);
                next += 1;
            }
            below += count;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed::{stream, uniform};

    use super::*;

    #[test]
    fn quantiles_are_within_a_bucket_of_the_sorted_delays() {
        for (fineness, within) in [(Fineness::Fine, 1.0 / 128.0), (Fineness::Coarse, 1.0 / 16.0)] {
            let mut generator = stream(2, 0);
            let mut quantiles = Quantiles::new();
            let mut delays: Vec<f64> =
                (0..50_000).map(|_| 1e-6 - 3e-4 * (1.0 - uniform(&mut generator)).ln()).collect();
            delays.extend([5e-9, 3.0, 7e4]);
            delays.iter().for_each(|delay| quantiles.count(*delay, fineness));
            delays.sort_by(f64::total_cmp);
            let shares = [0.0, 0.1, 0.5, 0.9, 0.99, 1.0];
            for (found, share) in quantiles.at(shares, fineness).into_iter().zip(shares) {
                let rank = (share * delays.len() as f64).ceil() as usize;
                let exact = delays[rank.max(1) - 1];
                assert!((found / exact - 1.0).abs() <= within, "{share}: {found} {exact}");
            }
        }
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert!(Quantiles::new().at([0.5], Fineness::Fine)[0].is_nan());
    }
}
