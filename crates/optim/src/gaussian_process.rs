//! Gaussian process regression with few points: Matérn 5/2 with a length of its own for each variable.
//!
//! Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006: kernel (4.17), posterior
//! (2.25) and (2.26), likelihood (5.8) and its gradient (5.9). The signal's variance is at its best for
//! given lengths in closed form, so only the lengths are searched for.

use slicewise_core::seed::{Rng, normal};

use crate::cholesky::{Cholesky, dot};

/// Shortest and longest length, of the unit box.
const LENGTHS: (f64, f64) = (0.005, 4.0);
/// Share of the signal's variance that is taken for noise: the functions have none, rounding has.
const NOISE: f64 = 1e-6;

/// A process that has seen some points.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    lengths: Vec<f64>,
    points: Vec<f64>,
    /// Mean and deviation by which values are scaled.
    scale: (f64, f64),
    variance: f64,
    factor: Cholesky,
    /// K⁻¹ y for the kernel of variance 1.
    weights: Vec<f64>,
}

/// Log likelihood of scaled values with the variance at its best, and what comes with it.
struct Likelihood {
    value: f64,
    variance: f64,
    factor: Cholesky,
    weights: Vec<f64>,
}

impl GaussianProcess {
    /// Fits a process of `lengths` (one for each variable) to `values` at `points` (values x variables);
    /// none where there is no point, or a number is not finite.
    pub fn with_lengths(lengths: &[f64], points: &[f64], values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
        // All values alike: the process is that constant.
        let scale = (mean, if deviation > 0.0 { deviation } else { 1.0 });
        let scaled: Vec<f64> = values.iter().map(|value| (value - scale.0) / scale.1).collect();
        let likelihood = likelihood(lengths, points, &scaled)?;
        let Likelihood { variance, factor, weights, .. } = likelihood;
        let (lengths, points) = (lengths.to_vec(), points.to_vec());
        Some(Self { lengths, points, scale, variance, factor, weights })
    }

    /// Fits lengths too, from `start`, in at most `steps` steps uphill on the likelihood; each step is
    /// as long in every direction as the gradients' signs have agreed (resilient propagation,
    /// Riedmiller and Braun 1993).
    pub fn fitted(start: &[f64], points: &[f64], values: &[f64], steps: usize) -> Option<Self> {
        let first = Self::with_lengths(start, points, values)?;
        let scaled: Vec<f64> = values.iter().map(|v| (v - first.scale.0) / first.scale.1).collect();
        let mut best = (log_likelihood(start, points, &scaled)?, start.to_vec());
        let mut at = start.to_vec();
        let mut reach = vec![0.2; at.len()];
        let mut before = vec![0.0; at.len()];
        for _ in 0..steps {
            let Some((value, gradient)) = log_likelihood_gradient(&at, points, &scaled) else {
                break;
            };
            if value > best.0 {
                best = (value, at.clone());
            }
            for (k, slope) in gradient.iter().enumerate() {
                let agreed = slope * before[k];
                if agreed > 0.0 {
                    reach[k] = f64::min(1.2 * reach[k], 1.0);
                } else if agreed < 0.0 {
                    reach[k] *= 0.5;
                }
                before[k] = *slope;
                let moved = at[k] * libm::exp(reach[k] * sign(*slope));
                at[k] = moved.clamp(LENGTHS.0, LENGTHS.1);
            }
        }
        Self::with_lengths(&best.1, points, values)
    }

    /// Length for each variable.
    pub fn lengths(&self) -> &[f64] {
        &self.lengths
    }

    fn columns(&self, points: &[f64]) -> Vec<Vec<f64>> {
        let dimension = self.lengths.len();
        let to = |point: &[f64]| {
            self.points
                .chunks_exact(dimension)
                .map(|seen| kernel(point, seen, &self.lengths))
                .collect()
        };
        points.chunks_exact(dimension).map(to).collect()
    }

    /// Mean and variance at `point`.
    pub fn posterior(&self, point: &[f64]) -> (f64, f64) {
        let mut column = self.columns(point).concat();
        let mean = dot(&column, &self.weights);
        self.factor.solve_lower(&mut column);
        let left = (1.0 - dot(&column, &column)).max(0.0);
        (self.scale.0 + self.scale.1 * mean, self.variance * self.scale.1.powi(2) * left)
    }

    /// One function drawn from the posterior, at all of `points` together; none where their covariance
    /// cannot be factored.
    pub fn draw(&self, points: &[f64], generator: &mut impl Rng) -> Option<Vec<f64>> {
        let mut columns = self.columns(points);
        let means: Vec<f64> = columns.iter().map(|column| dot(column, &self.weights)).collect();
        columns.iter_mut().for_each(|column| self.factor.solve_lower(column));
        let count = columns.len();
        let at = |index: usize| {
            let dimension = self.lengths.len();
            &points[index * dimension..(index + 1) * dimension]
        };
        let mut covariance = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..=i {
                let prior = kernel(at(i), at(j), &self.lengths);
                covariance[i * count + j] = prior - dot(&columns[i], &columns[j]);
            }
        }
        let factor = Cholesky::with_jitter(count, &covariance, 1e-10)?;
        let z: Vec<f64> = (0..count).map(|_| normal(generator)).collect();
        let deviation = self.variance.sqrt();
        let moved =
            means.iter().zip(factor.times(&z)).map(|(mean, noise)| mean + deviation * noise);
        Some(moved.map(|value| self.scale.0 + self.scale.1 * value).collect())
    }
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Distance of two points in lengths.
fn distance(a: &[f64], b: &[f64], lengths: &[f64]) -> f64 {
    let squares = a.iter().zip(b).zip(lengths).map(|((a, b), length)| ((a - b) / length).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Matérn 5/2 of variance 1.
fn kernel(a: &[f64], b: &[f64], lengths: &[f64]) -> f64 {
    let r = 5f64.sqrt() * distance(a, b, lengths);
    (1.0 + r + r * r / 3.0) * libm::exp(-r)
}

fn likelihood(lengths: &[f64], points: &[f64], scaled: &[f64]) -> Option<Likelihood> {
    let (count, dimension) = (scaled.len(), lengths.len());
    if count == 0 || scaled.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let at = |index: usize| &points[index * dimension..(index + 1) * dimension];
    let mut matrix = vec![0.0; count * count];
    for i in 0..count {
        for j in 0..i {
            matrix[i * count + j] = kernel(at(i), at(j), lengths);
        }
        matrix[i * count + i] = 1.0 + NOISE;
    }
    let factor = Cholesky::with_jitter(count, &matrix, NOISE)?;
    let mut weights = scaled.to_vec();
    factor.solve(&mut weights);
    let variance = (dot(scaled, &weights) / count as f64).max(1e-12);
    let value = -0.5 * (count as f64 * libm::log(variance) + factor.log_determinant());
    Some(Likelihood { value, variance, factor, weights })
}

/// Log likelihood of values of mean 0 and deviation 1, but for a constant, with the variance at its best.
fn log_likelihood(lengths: &[f64], points: &[f64], scaled: &[f64]) -> Option<f64> {
    Some(likelihood(lengths, points, scaled)?.value)
}

/// [`log_likelihood`] and its gradient by the lengths' logarithms.
fn log_likelihood_gradient(
    lengths: &[f64],
    points: &[f64],
    scaled: &[f64],
) -> Option<(f64, Vec<f64>)> {
    let (count, dimension) = (scaled.len(), lengths.len());
    let found = likelihood(lengths, points, scaled)?;
    let inverse = found.factor.inverse();
    let mut gradient = vec![0.0; dimension];
    for i in 0..count {
        for j in 0..i {
            let (a, b) = (&points[i * dimension..], &points[j * dimension..]);
            let r = 5f64.sqrt() * distance(&a[..dimension], &b[..dimension], lengths);
            // dk/d(log length) = 5/3 (1 + r) exp(-r) (difference/length)².
            let common = 5.0 / 3.0 * (1.0 + r) * libm::exp(-r);
            let outer = found.weights[i] * found.weights[j] / found.variance;
            // Both triangles, and half of the trace.
            let factor = (outer - inverse[i * count + j]) * common;
            for (k, slope) in gradient.iter_mut().enumerate() {
                *slope += factor * ((a[k] - b[k]) / lengths[k]).powi(2);
            }
        }
    }
    Some((found.value, gradient))
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::seed::{stream, uniform};

    /// Inverse and determinant of a symmetric 3 x 3 matrix by cofactors.
    fn inverse3(m: [[f64; 3]; 3]) -> ([[f64; 3]; 3], f64) {
        let minor = |i: usize, j: usize| {
            let rows: Vec<usize> = (0..3).filter(|r| *r != i).collect();
            let columns: Vec<usize> = (0..3).filter(|c| *c != j).collect();
            m[rows[0]][columns[0]] * m[rows[1]][columns[1]]
                - m[rows[0]][columns[1]] * m[rows[1]][columns[0]]
        };
        let sign = |i: usize, j: usize| if (i + j).is_multiple_of(2) { 1.0 } else { -1.0 };
        let determinant: f64 = (0..3).map(|j| sign(0, j) * m[0][j] * minor(0, j)).sum();
        let entry = |i: usize, j: usize| sign(i, j) * minor(j, i) / determinant;
        (std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j))), determinant)
    }

    fn matern(a: f64, b: f64, length: f64) -> f64 {
        let r = (a - b).abs() / length;
        (1.0 + 5f64.sqrt() * r + 5.0 / 3.0 * r * r) * (-(5f64.sqrt()) * r).exp()
    }

    #[test]
    fn three_points_give_the_closed_form() {
        let (points, values, length) = ([0.1, 0.45, 0.8], [1.0, -0.5, 2.0], 0.3);
        let process = GaussianProcess::with_lengths(&[length], &points, &values).unwrap();
        let mean = values.iter().sum::<f64>() / 3.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
        let y: [f64; 3] = std::array::from_fn(|i| (values[i] - mean) / deviation);
        let noisy = |i: usize, j: usize| {
            if i == j { 1.0 + NOISE } else { matern(points[i], points[j], length) }
        };
        let matrix = std::array::from_fn(|i| std::array::from_fn(|j| noisy(i, j)));
        let (inverse, determinant) = inverse3(matrix);
        let times = |v: &[f64; 3]| -> [f64; 3] {
            std::array::from_fn(|i| (0..3).map(|j| inverse[i][j] * v[j]).sum())
        };
        let weights = times(&y);
        let variance = (0..3).map(|i| y[i] * weights[i]).sum::<f64>() / 3.0;
        for x in [0.0, 0.1, 0.3, 0.62, 1.0] {
            let k: [f64; 3] = std::array::from_fn(|i| matern(x, points[i], length));
            let expected = mean + deviation * (0..3).map(|i| k[i] * weights[i]).sum::<f64>();
            let solved = times(&k);
            let left = 1.0 - (0..3).map(|i| k[i] * solved[i]).sum::<f64>();
            let (found, spread) = process.posterior(&[x]);
            assert!((found - expected).abs() < 1e-9, "{x}: {found} {expected}");
            let expected = variance * deviation * deviation * left;
            assert!((spread - expected).abs() < 1e-9, "{x}: {spread} {expected}");
        }
        let value = log_likelihood(&[length], &points, &y).unwrap();
        let expected = -0.5 * (3.0 * variance.ln() + determinant.ln());
        assert!((value - expected).abs() < 1e-9);
    }

    fn sample(count: usize) -> (Vec<f64>, Vec<f64>) {
        let mut generator = stream(4, 0);
        let points: Vec<f64> = (0..2 * count).map(|_| uniform(&mut generator)).collect();
        let values = points.chunks_exact(2).map(|p| (7.0 * p[0]).sin() + 0.2 * p[1]).collect();
        (points, values)
    }

    #[test]
    fn the_likelihood_has_the_gradient_of_finite_differences() {
        let (points, values) = sample(12);
        let lengths = [0.4, 0.7];
        let (_, gradient) = log_likelihood_gradient(&lengths, &points, &values).unwrap();
        for k in 0..2 {
            let at = |step: f64| {
                let mut moved = lengths;
                moved[k] *= step.exp();
                log_likelihood(&moved, &points, &values).unwrap()
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!(
                (slope - gradient[k]).abs() < 1e-4 * (1.0 + slope.abs()),
                "{slope} {gradient:?}"
            );
        }
    }

    #[test]
    fn fitted_lengths_are_likelier_and_longer_where_little_happens() {
        let (points, values) = sample(40);
        let start = [0.5, 0.5];
        let process = GaussianProcess::fitted(&start, &points, &values, 40).unwrap();
        let lengths = process.lengths();
        assert!(lengths[1] > 2.0 * lengths[0], "{lengths:?}");
        let off: f64 = (0..20)
            .map(|i| {
                let x = [0.05 + 0.045 * f64::from(i), 0.5];
                (process.posterior(&x).0 - ((7.0 * x[0]).sin() + 0.1)).abs()
            })
            .fold(0.0, f64::max);
        assert!(off < 0.05, "{off}");
    }

    #[test]
    fn draws_have_the_mean_and_the_variance_of_the_posterior() {
        let (points, values) = sample(5);
        let process = GaussianProcess::with_lengths(&[0.3, 0.3], &points, &values).unwrap();
        let asked = [0.2, 0.9, 0.7, 0.1];
        let mut generator = stream(8, 0);
        let draws: Vec<Vec<f64>> =
            (0..4000).map(|_| process.draw(&asked, &mut generator).unwrap()).collect();
        for (index, point) in asked.chunks_exact(2).enumerate() {
            let (mean, variance) = process.posterior(point);
            let found = draws.iter().map(|d| d[index]).sum::<f64>() / 4000.0;
            let spread = draws.iter().map(|d| (d[index] - mean).powi(2)).sum::<f64>() / 4000.0;
            assert!((found - mean).abs() < 4.0 * (variance / 4000.0).sqrt(), "{found} {mean}");
            assert!((spread / variance - 1.0).abs() < 0.1, "{spread} {variance}");
        }
    }

    #[test]
    fn no_process_is_fitted_to_what_is_no_number() {
        assert!(GaussianProcess::with_lengths(&[0.3], &[], &[]).is_none());
        assert!(GaussianProcess::with_lengths(&[0.3], &[0.1], &[f64::NAN]).is_none());
        let flat = GaussianProcess::with_lengths(&[0.3], &[0.1, 0.9], &[2.0, 2.0]).unwrap();
        assert!((flat.posterior(&[0.5]).0 - 2.0).abs() < 1e-9);
    }
}
