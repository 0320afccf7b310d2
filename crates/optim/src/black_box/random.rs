//! Random search: points drawn uniformly.

use serde::Serialize;
use slicewise_core::seed::{stream, uniform};

use super::{BlackBox, Ended, Optimiser, Search, streams};
use crate::monitor::Monitor;

/// Draws until the budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Random {
    /// Points asked at a time, 1 or more.
    pub batch: usize,
}

impl Default for Random {
    fn default() -> Self {
        Self { batch: 16 }
    }
}

impl Optimiser for Random {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut generator = stream(seed, streams::RANDOM);
        let numbers = self.batch.max(1) * search.dimension();
        loop {
            let points: Vec<f64> = (0..numbers).map(|_| uniform(&mut generator)).collect();
            search.excesses(&points).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::{Problem, solved};
    use super::*;

    #[test]
    fn the_best_of_many_draws_is_near_the_expected_minimum() {
        // The least of n uniform numbers is 1/(n + 1) on average: the mean over seeds of 200 searches
        // has a deviation of about 1/(n sqrt(200)).
        let evaluations = 49;
        let mut line =
            Problem { lowest: vec![0.0], highest: vec![1.0], cost: |x| x[0], excess: |_| -1.0 };
        let mean = (0..200)
            .map(|seed| {
                solved(&Random::default(), &mut line, evaluations, seed).best().unwrap().cost
            })
            .sum::<f64>()
            / 200.0;
        assert!((mean - 0.02).abs() < 4.0 * 0.02 / 200f64.sqrt(), "{mean}");
    }
}
