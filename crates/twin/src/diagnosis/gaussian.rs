//! Correlated normal noise: inner products by the inverse of its covariance.

use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_optim::cholesky::Cholesky;

/// The most sources of noise: their square is kept.
const MOST_SOURCES: usize = 5_000;

/// Noise of covariance D + F F', with D diagonal and F a few columns per row, or dense with its Cholesky factor.
#[derive(Clone, Debug)]
pub(super) enum Gaussian {
    /// D^-1/2, the rows of F, and the Cholesky factor of I + F' D^-1 F (Woodbury's identity): for many rows that share
    /// few sources of noise.
    Shared { weights: Vec<f64>, rows: Vec<Vec<(u32, f64)>>, sources: usize, factor: Cholesky },
    /// The Cholesky factor of the covariance itself.
    Dense(Cholesky),
}

/// A vector, ready for inner products: those of the first `positive` numbers count, those of the others are taken off.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    numbers: Vec<f64>,
    positive: usize,
}

impl Prepared {
    /// The inner product by the inverse covariance.
    pub(super) fn inner(&self, other: &Self) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (own, others) = (&self.numbers, &other.numbers);
        let at = self.positive.min(other.positive);
        dot(&own[..at], &others[..at]) - dot(&own[at..], &others[at..])
    }
}

impl Gaussian {
    /// Noise of independent variances and of shared sources: `rows` tells what of which of `sources` sources of unit
    /// variance each row takes.
    ///
    /// # Errors
    /// When there are too many sources, or their numbers are too far apart.
    pub(super) fn shared(
        variances: &[f64],
        rows: Vec<Vec<(u32, f64)>>,
        sources: usize,
    ) -> Result<Self, InputError> {
        check_count("queues that the measured flows cross", sources, 0, MOST_SOURCES)?;
        let weights: Vec<f64> = variances.iter().map(|variance| 1.0 / variance.sqrt()).collect();
        let mut matrix = vec![0.0; sources * sources];
        (0..sources).for_each(|at| matrix[at * sources + at] = 1.0);
        for (row, weight) in rows.iter().zip(&weights) {
            for (one, a) in row {
                for (other, b) in row.iter().filter(|(other, _)| other <= one) {
                    matrix[*one as usize * sources + *other as usize] += weight * weight * a * b;
                }
            }
        }
        Ok(Self::Shared { weights, rows, sources, factor: factor(sources, &matrix)? })
    }

    /// Noise whose covariance is `matrix`, of which the lower half is looked at, row by row.
    ///
    /// # Errors
    /// When its numbers are too far apart.
    pub(super) fn dense(matrix: &[f64], size: usize) -> Result<Self, InputError> {
        Ok(Self::Dense(factor(size, matrix)?))
    }

    /// `residuals`, ready for inner products.
    pub(super) fn prepare(&self, residuals: &[f64]) -> Prepared {
        match self {
            Self::Dense(factor) => {
                let mut numbers = residuals.to_vec();
                factor.solve_lower(&mut numbers);
                Prepared { positive: numbers.len(), numbers }
            }
            Self::Shared { weights, rows, sources, factor } => {
                let mut numbers: Vec<f64> = residuals
                    .iter()
                    .zip(weights)
                    .map(|(residual, weight)| residual * weight)
                    .collect();
                let positive = numbers.len();
                let mut sources = vec![0.0; *sources];
                for ((row, weight), number) in rows.iter().zip(weights).zip(&numbers) {
                    row.iter()
                        .for_each(|(at, part)| sources[*at as usize] += part * weight * number);
                }
                factor.solve_lower(&mut sources);
                numbers.extend(sources);
                Prepared { numbers, positive }
            }
        }
    }

    /// Natural logarithm of the covariance's determinant.
    pub(super) fn log_determinant(&self) -> f64 {
        match self {
            Self::Dense(factor) => factor.log_determinant(),
            Self::Shared { weights, factor, .. } => {
                let own: f64 = weights.iter().map(|weight| -2.0 * libm::log(*weight)).sum();
                own + factor.log_determinant()
            }
        }
    }
}

/// Rounding that is taken out of a matrix which has no factor as it is, as a share of its largest number.
const ROUNDING: f64 = 1e-15;

/// The factor of a covariance.
///
/// # Errors
/// When numbers of it are so far apart that it has none.
fn factor(size: usize, matrix: &[f64]) -> Result<Cholesky, InputError> {
    let largest = matrix.iter().copied().fold(0.0, f64::max);
    Cholesky::with_jitter(size, matrix, ROUNDING * largest).ok_or_else(|| {
        let value = format!("up to {largest} with numbers too far apart");
        InputError::new("covariance of what is measured", value, "a matrix that can be inverted")
    })
}

/// What a standard normal number exceeds with this probability, from 1e-300 to 0.5.
pub(super) fn normal_above(probability: f64) -> f64 {
    let exceeds = |x: f64| 0.5 * libm::erfc(x / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if exceeds(middle) > probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_sources_and_the_dense_covariance_agree() {
        let variances = [1.0, 2.0, 0.5];
        let rows = vec![vec![(0, 1.0)], vec![(0, 0.5), (1, 2.0)], vec![(1, -1.0)]];
        let mut matrix = vec![0.0; 9];
        for (at, one) in rows.iter().enumerate() {
            for (place, other) in rows.iter().enumerate() {
                for (source, a) in one {
                    let same = other.iter().filter(|(own, _)| own == source);
                    matrix[3 * at + place] += same.map(|(_, b)| a * b).sum::<f64>();
                }
            }
            matrix[4 * at] += variances[at];
        }
        let determinant = matrix[0] * (matrix[4] * matrix[8] - matrix[5] * matrix[7])
            - matrix[1] * (matrix[3] * matrix[8] - matrix[5] * matrix[6])
            + matrix[2] * (matrix[3] * matrix[7] - matrix[4] * matrix[6]);
        let dense = Gaussian::dense(&matrix, 3).unwrap();
        let shared = Gaussian::shared(&variances, rows, 2).unwrap();
        let (a, b) = ([1.0, -2.0, 0.3], [0.2, 0.7, -1.1]);
        let inner = |noise: &Gaussian| noise.prepare(&a).inner(&noise.prepare(&b));
        assert!((inner(&dense) - inner(&shared)).abs() < 1e-12);
        assert!((dense.log_determinant() - libm::log(determinant)).abs() < 1e-12);
        assert!((shared.log_determinant() - libm::log(determinant)).abs() < 1e-12);
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (probability, quantile) in
            [(0.5, 0.0), (0.025, 1.959_964), (1e-3, 3.090_232), (1e-6, 4.753_424)]
        {
            assert!((normal_above(probability) - quantile).abs() < 1e-6, "{probability}");
        }
    }
}
