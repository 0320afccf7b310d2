//! Cholesky factors of small dense symmetric matrices.

/// a·b in eight sums side by side, which a processor adds up at once.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (&a[..a.len().min(b.len())], &b[..a.len().min(b.len())]);
    let (whole, rest) = a.as_chunks::<8>();
    let (others, other_rest) = b.as_chunks::<8>();
    for (a, b) in whole.iter().zip(others) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = rest.iter().zip(other_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// L with L Lᵀ = A: lower triangle, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cholesky {
    size: usize,
    factor: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix` (size x size, row by row, of which the lower triangle is read); none where it is
    /// not positive definite.
    pub fn new(size: usize, matrix: &[f64]) -> Option<Self> {
        let mut factor = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                let (above, at) = factor.split_at(row * size);
                let of_row = &at[..column];
                let value = matrix[row * size + column];
                if column < row {
                    let other = &above[column * size..];
                    let entry = (value - dot(of_row, &other[..column])) / other[column];
                    factor[row * size + column] = entry;
                } else {
                    let square = value - dot(of_row, of_row);
                    // Not `<=`: what is no number has no root either.
                    if !(square > 0.0 && square.is_finite()) {
                        return None;
                    }
                    factor[row * size + row] = square.sqrt();
                }
            }
        }
        Some(Self { size, factor })
    }

    /// Factors `matrix` with the least of 0, `jitter`, 10 `jitter`, ... 10⁶ `jitter` on its diagonal that
    /// makes it positive definite; none where none does.
    pub fn with_jitter(size: usize, matrix: &[f64], jitter: f64) -> Option<Self> {
        let mut raised = matrix.to_vec();
        let mut added = 0.0;
        for step in 0..8 {
            let wanted = if step == 0 { 0.0 } else { jitter * 10f64.powi(step - 1) };
            raised.iter_mut().step_by(size + 1).for_each(|entry| *entry += wanted - added);
            added = wanted;
            if let Some(found) = Self::new(size, &raised) {
                return Some(found);
            }
        }
        None
    }

    /// Row `row` of L up to its diagonal.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.factor[row * self.size..row * self.size + row + 1]
    }

    /// x with L x = b, in place of b.
    pub fn solve_lower(&self, b: &mut [f64]) {
        for row in 0..self.size {
            let entries = self.row(row);
            b[row] = (b[row] - dot(&entries[..row], &b[..row])) / entries[row];
        }
    }

    /// x with Lᵀ x = b, in place of b.
    pub fn solve_upper(&self, b: &mut [f64]) {
        for row in (0..self.size).rev() {
            let entries = self.row(row);
            b[row] /= entries[row];
            let value = b[row];
            for (b, entry) in b[..row].iter_mut().zip(entries) {
                *b -= entry * value;
            }
        }
    }

    /// x with A x = b, in place of b.
    pub fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// A⁻¹, row by row.
    pub fn inverse(&self) -> Vec<f64> {
        let mut inverse = vec![0.0; self.size * self.size];
        for (index, row) in inverse.chunks_exact_mut(self.size.max(1)).enumerate() {
            row[index] = 1.0;
            self.solve(row);
        }
        inverse
    }

    /// The logarithm of A's determinant.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.size).map(|row| libm::log(self.row(row)[row])).sum::<f64>()
    }

    /// L z: of standard normal numbers z, a draw with covariance A.
    pub fn times(&self, z: &[f64]) -> Vec<f64> {
        (0..self.size).map(|row| dot(self.row(row), z)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRIX: [f64; 9] = [4.0, 2.0, -1.0, 2.0, 5.0, 0.5, -1.0, 0.5, 3.0];

    #[test]
    fn a_factor_squares_to_its_matrix_and_solves_it() {
        let factor = Cholesky::new(3, &MATRIX).unwrap();
        let entry = |i: usize, j: usize| factor.row(i).get(j).copied().unwrap_or(0.0);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| entry(i, k) * entry(j, k)).sum();
                assert!((product - MATRIX[3 * i + j]).abs() < 1e-12);
            }
        }
        let mut b = [1.0, -2.0, 0.5];
        factor.solve(&mut b);
        for (row, right) in MATRIX.chunks_exact(3).zip([1.0, -2.0, 0.5]) {
            assert!((dot(row, &b) - right).abs() < 1e-12);
        }
        // By Sarrus' rule.
        let determinant = 4.0 * (15.0 - 0.25) - 2.0 * (6.0 + 0.5) - (1.0 + 5.0);
        assert!((factor.log_determinant() - f64::ln(determinant)).abs() < 1e-12);
        let inverse = factor.inverse();
        let first: f64 = (0..3).map(|k| MATRIX[k] * inverse[3 * k]).sum();
        assert!((first - 1.0).abs() < 1e-12);
        assert!((inverse[0] - (15.0 - 0.25) / determinant).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor_until_it_is_raised() {
        assert!(Cholesky::new(2, &[1.0, 2.0, 2.0, 1.0]).is_none());
        assert!(Cholesky::new(1, &[f64::NAN]).is_none());
        let flat = [1.0, 1.0, 1.0, 1.0];
        assert!(Cholesky::new(2, &flat).is_none());
        assert!(Cholesky::with_jitter(2, &flat, 1e-9).is_some());
        assert!(Cholesky::with_jitter(2, &[1.0, 2.0, 2.0, 1.0], 1e-9).is_none());
    }
}
