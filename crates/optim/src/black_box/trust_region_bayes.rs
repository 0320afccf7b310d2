//! SCBO: Bayesian optimisation with constraints in a trust region (Eriksson and Poloczek, Scalable
//! Constrained Bayesian Optimization, AISTATS 2021).
//!
//! A Gaussian process learns the constraint; the cost is known, and needs none. In a box around the best
//! point, functions are drawn from the posterior over candidate points, and the cheapest candidate that
//! keeps the constraint by its draw is asked (Thompson sampling). The box doubles after a row of
//! successes and halves after a row of failures; when it is small enough, all starts anew. Excesses are
//! transformed as in the paper, by sign(e) ln(1 + |e|), in units of the first points' median |e|.

use serde::Serialize;
use slicewise_core::seed::{ChaCha8Rng, shuffle, stream, uniform};

use super::{BlackBox, Ended, Optimiser, Search, is_better, streams};
use crate::gaussian_process::GaussianProcess;
use crate::monitor::Monitor;

/// How the region moves. The defaults are the paper's, with fewer candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrustRegionBayes {
    /// Points of the first design, a Latin hypercube.
    pub first: usize,
    /// Points asked between two fits.
    pub batch: usize,
    /// Candidate points per fit.
    pub candidates: usize,
    /// Side of the region at first, of the unit box.
    pub side: f64,
    /// Longest and shortest side; below the shortest all starts anew.
    pub sides: (f64, f64),
    /// Batches with a better point after which the side is doubled.
    pub successes: usize,
    /// Batches without one after which it is halved.
    pub failures: usize,
    /// The latest points that the process is fitted to, the best among them, 1 or more.
    pub memory: usize,
}

impl Default for TrustRegionBayes {
    fn default() -> Self {
        Self {
            first: 10,
            batch: 1,
            candidates: 256,
            side: 0.8,
            sides: (1.6, 0.5f64.powi(7)),
            successes: 3,
            failures: 4,
            memory: 256,
        }
    }
}

impl Optimiser for TrustRegionBayes {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut generator = stream(seed, streams::TRUST_REGION_BAYES);
        loop {
            self.in_one_region(search, &mut generator).await?;
        }
    }
}

/// What one region has seen.
struct Seen {
    points: Vec<f64>,
    excesses: Vec<f64>,
    /// Place of the best point.
    best: usize,
}

impl Seen {
    fn point(&self, place: usize, dimension: usize) -> &[f64] {
        &self.points[place * dimension..(place + 1) * dimension]
    }

    /// Takes in points; returns whether one is better than all before, by a thousandth of its cost where
    /// both keep the constraint.
    fn take<B: BlackBox, M: Monitor>(
        &mut self,
        search: &Search<'_, B, M>,
        points: &[f64],
        excesses: &[f64],
    ) -> bool {
        let dimension = search.dimension();
        let mut better = false;
        for (point, excess) in points.chunks_exact(dimension).zip(excesses) {
            self.points.extend_from_slice(point);
            self.excesses.push(*excess);
            let known = (search.cost(self.point(self.best, dimension)), self.excesses[self.best]);
            let cost = search.cost(point);
            if is_better((cost, *excess), known) {
                self.best = self.excesses.len() - 1;
                let least = known.0 - 1e-3 * known.0.abs();
                better |= known.1 > 0.0 || cost < least;
            }
        }
        better
    }

    /// Forgets all but the latest points and the best.
    fn cut_to(&mut self, memory: usize, dimension: usize) {
        let surplus = self.excesses.len().saturating_sub(memory.max(1));
        if surplus == 0 {
            return;
        }
        // The best stays, however long ago it was asked: in the place of the oldest that stay.
        let oldest = if self.best < surplus {
            let best = self.point(self.best, dimension).to_vec();
            self.points[surplus * dimension..(surplus + 1) * dimension].copy_from_slice(&best);
            self.excesses[surplus] = self.excesses[self.best];
            surplus
        } else {
            self.best
        };
        self.points.drain(..surplus * dimension);
        self.excesses.drain(..surplus);
        self.best = oldest - surplus;
    }
}

impl TrustRegionBayes {
    async fn in_one_region<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        generator: &mut ChaCha8Rng,
    ) -> Result<(), Ended> {
        let dimension = search.dimension();
        let first = latin_hypercube(self.first, dimension, generator);
        let excesses = search.excesses(&first).await?;
        let unit = median_size(&excesses);
        let mut seen = Seen { points: Vec::new(), excesses: Vec::new(), best: 0 };
        seen.points.extend_from_slice(&first[..dimension]);
        seen.excesses.push(excesses[0]);
        seen.take(search, &first[dimension..], &excesses[1..]);
        let (mut side, mut successes, mut failures) = (self.side, 0, 0);
        let mut lengths = vec![0.5; dimension];
        while side >= self.sides.1 {
            search.checkpoint().await?;
            let bent: Vec<f64> = seen.excesses.iter().map(|e| bent(e / unit)).collect();
            let steps = if seen.excesses.len() < 20 { 20 } else { 4 };
            let process = GaussianProcess::fitted(&lengths, &seen.points, &bent, steps);
            let points = match &process {
                Some(process) => {
                    lengths.copy_from_slice(process.lengths());
                    self.next(search, &seen, process, side, generator)
                }
                None => latin_hypercube(self.batch, dimension, generator),
            };
            let excesses = search.excesses(&points).await?;
            if seen.take(search, &points, &excesses) {
                (successes, failures) = (successes + 1, 0);
            } else {
                (successes, failures) = (0, failures + 1);
            }
            if successes >= self.successes {
                (side, successes) = ((2.0 * side).min(self.sides.0), 0);
            } else if failures >= self.failures {
                (side, failures) = (0.5 * side, 0);
            }
            seen.cut_to(self.memory, dimension);
        }
        Ok(())
    }

    /// The next points to ask: one for each draw of the process.
    fn next<B: BlackBox, M: Monitor>(
        &self,
        search: &Search<'_, B, M>,
        seen: &Seen,
        process: &GaussianProcess,
        side: f64,
        generator: &mut ChaCha8Rng,
    ) -> Vec<f64> {
        let dimension = search.dimension();
        let centre = seen.point(seen.best, dimension).to_vec();
        let lengths = process.lengths();
        let mean = libm::exp(lengths.iter().map(|l| libm::log(*l)).sum::<f64>() / dimension as f64);
        let mut candidates = Vec::with_capacity(self.candidates * dimension);
        for _ in 0..self.candidates {
            for (centre, length) in centre.iter().zip(lengths) {
                let half = 0.5 * side * length / mean;
                let (low, high) = ((centre - half).max(0.0), (centre + half).min(1.0));
                candidates.push(low + (high - low) * uniform(generator));
            }
        }
        let mut chosen = Vec::new();
        for _ in 0..self.batch {
            let draw = process.draw(&candidates, generator);
            let rated = candidates.chunks_exact(dimension).enumerate().map(|(index, point)| {
                let excess = draw.as_ref().map_or(0.0, |draw| draw[index]);
                (point, (search.cost(point), excess))
            });
            let best =
                rated.reduce(|best, next| if is_better(next.1, best.1) { next } else { best });
            chosen.extend_from_slice(best.map_or(&centre, |(point, _)| point));
        }
        chosen
    }
}

/// Weakens large numbers of both signs.
fn bent(value: f64) -> f64 {
    if value >= 0.0 { libm::log1p(value) } else { -libm::log1p(-value) }
}

fn median_size(values: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().filter(|size| *size > 0.0).unwrap_or(1.0)
}

/// `count` points of which each variable has one in every `count`th of its range.
fn latin_hypercube(count: usize, dimension: usize, generator: &mut ChaCha8Rng) -> Vec<f64> {
    let mut points = vec![0.0; count * dimension];
    for k in 0..dimension {
        let mut places: Vec<usize> = (0..count).collect();
        shuffle(&mut places, generator);
        for (index, place) in places.iter().enumerate() {
            points[index * dimension + k] = (*place as f64 + uniform(generator)) / count as f64;
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::*;
    use super::*;

    #[test]
    fn a_latin_hypercube_has_one_point_in_every_row() {
        let points = latin_hypercube(8, 2, &mut stream(1, 0));
        for k in 0..2 {
            let mut rows: Vec<usize> =
                points.iter().skip(k).step_by(2).map(|x| (8.0 * x) as usize).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..8).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_more_is_kept_than_the_memory_and_the_best_always() {
        for best in [0, 3, 9] {
            let excesses: Vec<f64> = (0..10).map(f64::from).collect();
            let points = excesses.iter().flat_map(|e| [*e, -e]).collect();
            let mut seen = Seen { points, excesses, best };
            seen.cut_to(4, 2);
            assert_eq!((seen.excesses.len(), seen.points.len()), (4, 8));
            assert_eq!(seen.excesses[seen.best], best as f64);
            assert_eq!(seen.point(seen.best, 2), [best as f64, -(best as f64)]);
            assert_eq!(seen.excesses[3], 9.0);
        }
    }

    #[test]
    fn published_constrained_optima_are_come_near_in_a_hundred_points() {
        // Costs are known here, so what is learned is the constraint alone.
        let problems: [(Problem, f64, f64); 3] = [
            (bird(), -106.764_536_7, 0.5),
            (hock_schittkowski_12(), -30.0, 0.05),
            (hock_schittkowski_29(), -16.0 * 2f64.sqrt(), 0.3),
        ];
        for (mut problem, optimum, tolerance) in problems {
            let found = solved(&TrustRegionBayes::default(), &mut problem, 100, 3);
            let best = found.best().unwrap();
            assert!(best.is_feasible());
            assert!(best.cost - optimum < tolerance, "{} {optimum}", best.cost);
            assert!(best.cost > optimum - 1e-6, "{} {optimum}", best.cost);
        }
    }
}
