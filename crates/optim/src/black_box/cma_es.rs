//! CMA-ES: a normal distribution that follows its best samples (Hansen, The CMA Evolution Strategy: A
//! Tutorial, arXiv 1604.00772), on the cost with a penalty.
//!
//! What leaves the box is asked at the nearest point of the box and pays for the distance. The weight of
//! the penalty rises while the best of a generation break the constraint and falls while they keep it.

use serde::Serialize;
use slicewise_core::seed::{normal, stream};

use super::{BlackBox, Ended, Optimiser, Search, penalised, streams};
use crate::linear_step::dot;
use crate::monitor::Monitor;

/// How the distribution starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CmaEs {
    /// Deviation at the start, around the middle of the unit box.
    pub deviation: f64,
    /// Weight of the penalty at the start, in cost per unit of the constraint.
    pub penalty: f64,
    /// By what the weight is multiplied when the best sample breaks the constraint, more than 1; when it
    /// keeps it, it is divided by the fourth root of that.
    pub penalty_growth: f64,
}

impl Default for CmaEs {
    fn default() -> Self {
        Self { deviation: 0.3, penalty: 10.0, penalty_growth: 1.5 }
    }
}

/// A distribution narrower than this has converged: the search starts again.
const NARROW: f64 = 1e-10;

impl Optimiser for CmaEs {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut generator = stream(seed, streams::CMA_ES);
        loop {
            let mut distribution = Distribution::new(search.dimension(), self.deviation);
            let mut penalty = self.penalty;
            while distribution.width() > NARROW {
                let size = distribution.samples * search.dimension();
                let noise: Vec<f64> = (0..size).map(|_| normal(&mut generator)).collect();
                let steps = distribution.steps(&noise);
                let (points, left): (Vec<f64>, Vec<f64>) = distribution.points(&steps);
                let excesses = search.excesses(&points).await?;
                let costs = points.chunks_exact(search.dimension()).map(|point| search.cost(point));
                let costs: Vec<f64> = costs.collect();
                let rated =
                    |index: usize| penalised(costs[index], excesses[index], penalty) + left[index];
                let mut order: Vec<usize> = (0..distribution.samples).collect();
                order.sort_by(|a, b| rated(*a).total_cmp(&rated(*b)));
                if excesses[order[0]] > 0.0 {
                    penalty *= self.penalty_growth;
                } else {
                    penalty /= self.penalty_growth.sqrt().sqrt();
                }
                distribution.follow(&order, &steps);
            }
        }
    }
}

/// The distribution with its paths.
struct Distribution {
    samples: usize,
    mean: Vec<f64>,
    deviation: f64,
    covariance: Vec<f64>,
    /// Eigenvectors, column by column, and the roots of their values.
    axes: Vec<f64>,
    roots: Vec<f64>,
    step_path: Vec<f64>,
    shape_path: Vec<f64>,
    generation: i32,
    weights: Vec<f64>,
    constants: Constants,
}

/// The defaults of the tutorial, table 1, with positive weights alone.
struct Constants {
    effective: f64,
    step_rate: f64,
    damping: f64,
    path_rate: f64,
    rank_one: f64,
    rank_many: f64,
    expected_norm: f64,
}

impl Distribution {
    fn new(dimension: usize, deviation: f64) -> Self {
        let n = dimension as f64;
        let samples = 4 + (3.0 * libm::log(n)) as usize;
        let parents = samples / 2;
        let raw: Vec<f64> = (1..=parents)
            .map(|rank| libm::log((samples as f64 + 1.0) / 2.0) - libm::log(rank as f64))
            .collect();
        let total: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / total).collect();
        let effective = 1.0 / dot(&weights, &weights);
        let step_rate = (effective + 2.0) / (n + effective + 5.0);
        let rank_one = 2.0 / ((n + 1.3).powi(2) + effective);
        let rank_many = f64::min(
            1.0 - rank_one,
            2.0 * (0.25 + effective + 1.0 / effective - 2.0) / ((n + 2.0).powi(2) + effective),
        );
        let excess = ((effective - 1.0) / (n + 1.0)).sqrt() - 1.0;
        let mut identity = vec![0.0; dimension * dimension];
        identity.iter_mut().step_by(dimension + 1).for_each(|entry| *entry = 1.0);
        Self {
            samples,
            mean: vec![0.5; dimension],
            deviation,
            covariance: identity.clone(),
            axes: identity,
            roots: vec![1.0; dimension],
            step_path: vec![0.0; dimension],
            shape_path: vec![0.0; dimension],
            generation: 0,
            weights,
            constants: Constants {
                effective,
                step_rate,
                damping: 1.0 + 2.0 * excess.max(0.0) + step_rate,
                path_rate: (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n),
                rank_one,
                rank_many,
                expected_norm: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
            },
        }
    }

    fn dimension(&self) -> usize {
        self.mean.len()
    }

    fn width(&self) -> f64 {
        self.deviation * self.roots.iter().fold(0.0, |most, root| f64::max(most, *root))
    }

    /// Steps of covariance C for standard normal numbers.
    fn steps(&self, noise: &[f64]) -> Vec<f64> {
        let n = self.dimension();
        let mut steps = vec![0.0; noise.len()];
        for (step, z) in steps.chunks_exact_mut(n).zip(noise.chunks_exact(n)) {
            for ((axis, root), z) in self.axes.chunks_exact(n).zip(&self.roots).zip(z) {
                step.iter_mut().zip(axis).for_each(|(step, axis)| *step += axis * root * z);
            }
        }
        steps
    }

    /// The samples moved into the box, and the square of how far each was moved.
    fn points(&self, steps: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut points = Vec::with_capacity(steps.len());
        let mut left = Vec::new();
        for step in steps.chunks_exact(self.dimension()) {
            let mut moved = 0.0;
            for (mean, step) in self.mean.iter().zip(step) {
                let x = mean + self.deviation * step;
                let inside = x.clamp(0.0, 1.0);
                moved += (x - inside).powi(2);
                points.push(inside);
            }
            left.push(moved);
        }
        (points, left)
    }

    /// Moves mean, deviation and covariance towards the best of `steps`, whose `order` is given.
    fn follow(&mut self, order: &[usize], steps: &[f64]) {
        let n = self.dimension();
        let c = &self.constants;
        let step = |index: usize| &steps[index * n..(index + 1) * n];
        let mut mean_step = vec![0.0; n];
        for (weight, index) in self.weights.iter().zip(order) {
            mean_step.iter_mut().zip(step(*index)).for_each(|(sum, s)| *sum += weight * s);
        }
        self.mean.iter_mut().zip(&mean_step).for_each(|(m, s)| *m += self.deviation * s);
        let whitened = self.whitened(&mean_step);
        let gain = (c.step_rate * (2.0 - c.step_rate) * c.effective).sqrt();
        for (path, step) in self.step_path.iter_mut().zip(&whitened) {
            *path = (1.0 - c.step_rate) * *path + gain * step;
        }
        self.generation += 1;
        let norm = dot(&self.step_path, &self.step_path).sqrt();
        let settled = (1.0 - (1.0 - c.step_rate).powi(2 * self.generation)).sqrt();
        let stalls = norm / settled >= (1.4 + 2.0 / (n as f64 + 1.0)) * c.expected_norm;
        let gain =
            if stalls { 0.0 } else { (c.path_rate * (2.0 - c.path_rate) * c.effective).sqrt() };
        for (path, step) in self.shape_path.iter_mut().zip(&mean_step) {
            *path = (1.0 - c.path_rate) * *path + gain * step;
        }
        let lost = if stalls { c.path_rate * (2.0 - c.path_rate) } else { 0.0 };
        let kept = 1.0 - c.rank_one - c.rank_many + c.rank_one * lost;
        for i in 0..n {
            for j in 0..n {
                let many: f64 = self
                    .weights
                    .iter()
                    .zip(order)
                    .map(|(weight, index)| weight * step(*index)[i] * step(*index)[j])
                    .sum();
                let entry = &mut self.covariance[i * n + j];
                *entry = kept * *entry
                    + c.rank_one * self.shape_path[i] * self.shape_path[j]
                    + c.rank_many * many;
            }
        }
        self.deviation *=
            libm::exp((c.step_rate / c.damping) * (norm / c.expected_norm - 1.0)).min(2.7);
        let (values, axes) = eigen(&self.covariance, n);
        self.roots = values.iter().map(|value| value.max(1e-30).sqrt()).collect();
        self.axes = axes;
    }

    /// C^(-1/2) times a step.
    fn whitened(&self, step: &[f64]) -> Vec<f64> {
        let n = self.dimension();
        let mut white = vec![0.0; n];
        for (axis, root) in self.axes.chunks_exact(n).zip(&self.roots) {
            let along = dot(axis, step) / root;
            white.iter_mut().zip(axis).for_each(|(white, axis)| *white += axis * along);
        }
        white
    }
}

/// Values and vectors (one after the other) of a symmetric matrix, by Jacobi's rotations.
fn eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    const SWEEPS: usize = 30;
    let mut a = matrix.to_vec();
    let mut vectors = vec![0.0; n * n];
    vectors.iter_mut().step_by(n + 1).for_each(|entry| *entry = 1.0);
    for _ in 0..SWEEPS {
        let diagonal: f64 = (0..n).map(|i| a[i * n + i].powi(2)).sum();
        let beside: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i * n + j].powi(2))
            .sum();
        if beside <= 1e-30 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p * n + q] == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
                let root = (theta * theta + 1.0).sqrt();
                let tangent =
                    if theta >= 0.0 { 1.0 / (theta + root) } else { 1.0 / (theta - root) };
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    a[k * n + p] = cosine * x - sine * y;
                    a[k * n + q] = sine * x + cosine * y;
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    a[p * n + k] = cosine * x - sine * y;
                    a[q * n + k] = sine * x + cosine * y;
                    let (x, y) = (vectors[p * n + k], vectors[q * n + k]);
                    vectors[p * n + k] = cosine * x - sine * y;
                    vectors[q * n + k] = sine * x + cosine * y;
                }
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::*;
    use super::*;

    #[test]
    fn eigenvectors_make_up_their_matrix() {
        let matrix = [4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 1.0];
        let (values, vectors) = eigen(&matrix, 3);
        for i in 0..3 {
            for j in 0..3 {
                let entry: f64 =
                    (0..3).map(|k| values[k] * vectors[3 * k + i] * vectors[3 * k + j]).sum();
                assert!((entry - matrix[3 * i + j]).abs() < 1e-12);
                let product: f64 = (0..3).map(|k| vectors[3 * i + k] * vectors[3 * j + k]).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn published_constrained_optima_are_found() {
        let problems: [(Problem, f64, f64); 4] = [
            (bird(), -106.764_536_7, 1e-4),
            (rosenbrock(), 0.0, 1e-3),
            (hock_schittkowski_12(), -30.0, 1e-3),
            (hock_schittkowski_29(), -16.0 * 2f64.sqrt(), 1e-3),
        ];
        for (mut problem, optimum, tolerance) in problems {
            let found = solved(&CmaEs::default(), &mut problem, 3000, 2);
            let best = found.best().unwrap();
            assert!(best.is_feasible());
            assert!(best.cost - optimum < tolerance, "{} {optimum}", best.cost);
            assert!(best.cost > optimum - 1e-6, "{} {optimum}", best.cost);
        }
    }
}
