//! Small convex quadratic programmes, by the dual active set method (Goldfarb and Idnani 1983).
//!
//! minimise ½ x·G x + c·x subject to rows a·x <= b, with G positive definite. It starts at the free
//! optimum and takes up one broken row after the other, so no feasible start is needed. Programmes have
//! tens of variables: what is active is solved anew at each step, and no factors are updated.

use crate::cholesky::Cholesky;
use crate::linear_step::dot;

/// Rows broken by no more than this are kept, relative to their size.
const KEPT: f64 = 1e-11;
/// Steps per row and variable after which a programme is given up.
const MOST_STEPS: usize = 50;

/// Where the least is.
#[derive(Clone, Debug, PartialEq)]
pub struct QuadraticOptimum {
    /// x.
    pub values: Vec<f64>,
    /// Multiplier of each row, 0 or more.
    pub multipliers: Vec<f64>,
}

/// A row a·x <= b.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// a.
    pub slopes: Vec<f64>,
    /// b.
    pub most: f64,
}

impl Row {
    /// By how much x breaks the row; 0 within rounding.
    fn broken_by(&self, x: &[f64]) -> f64 {
        let parts = self.slopes.iter().zip(x).map(|(a, x)| (a * x).abs());
        let size = self.most.abs() + parts.sum::<f64>();
        let broken = dot(&self.slopes, x) - self.most;
        if broken > KEPT * size { broken } else { 0.0 }
    }
}

/// Solves a programme: `curvature` is G (row by row), `slopes` is c. None where the rows contradict each
/// other, G is not positive definite, or numbers are not finite.
pub fn minimise(curvature: &[f64], slopes: &[f64], rows: &[Row]) -> Option<QuadraticOptimum> {
    let size = slopes.len();
    let factor = Cholesky::new(size, curvature)?;
    let mut x: Vec<f64> = slopes.iter().map(|c| -c).collect();
    factor.solve(&mut x);
    let mut active = Active { factor: &factor, rows, members: Vec::new(), multipliers: Vec::new() };
    for _ in 0..MOST_STEPS * (rows.len() + size) {
        if x.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let Some(row) = active.most_broken(&x) else {
            let mut multipliers = vec![0.0; rows.len()];
            for (row, multiplier) in active.members.iter().zip(&active.multipliers) {
                multipliers[*row] = *multiplier;
            }
            let kept = rows.iter().all(|row| row.broken_by(&x) <= 1e-6 * (1.0 + row.most.abs()));
            return kept.then_some(QuadraticOptimum { values: x, multipliers });
        };
        active.take_up(row, &mut x)?;
    }
    None
}

struct Active<'a> {
    factor: &'a Cholesky,
    rows: &'a [Row],
    members: Vec<usize>,
    multipliers: Vec<f64>,
}

impl Active<'_> {
    /// The row outside the active set that x breaks most.
    fn most_broken(&self, x: &[f64]) -> Option<usize> {
        let broken = self.rows.iter().map(|row| row.broken_by(x)).enumerate();
        broken
            .filter(|(row, by)| *by > 0.0 && !self.members.contains(row))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(row, _)| row)
    }

    /// Moves x until `row` is kept, dropping what stands in its way; none where it cannot be kept.
    fn take_up(&mut self, row: usize, x: &mut [f64]) -> Option<()> {
        let mut multiplier = 0.0;
        loop {
            let (direction, change) = self.step(row)?;
            let effect = dot(&self.rows[row].slopes, &direction);
            let blocking = self
                .multipliers
                .iter()
                .zip(&change)
                .enumerate()
                .filter(|(_, (_, change))| **change > 0.0)
                .map(|(place, (multiplier, change))| (place, multiplier / change))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let broken = dot(&self.rows[row].slopes, x) - self.rows[row].most;
            // A row that depends on the active ones cannot be moved towards.
            let square = dot(&self.rows[row].slopes, &self.solved(row));
            let depends = self.members.len() == x.len() || effect <= 1e-10 * square;
            let full = (!depends).then(|| broken / effect);
            let (length, dropped) = match (full, blocking) {
                (Some(full), Some((place, length))) if length < full => (length, Some(place)),
                (Some(full), _) => (full, None),
                (None, Some((place, length))) => (length, Some(place)),
                (None, None) => return None,
            };
            if full.is_some() {
                x.iter_mut().zip(&direction).for_each(|(x, step)| *x -= length * step);
            }
            self.multipliers.iter_mut().zip(&change).for_each(|(u, change)| *u -= length * change);
            multiplier += length;
            let Some(place) = dropped else {
                self.members.push(row);
                self.multipliers.push(multiplier);
                return Some(());
            };
            self.members.remove(place);
            self.multipliers.remove(place);
        }
    }

    /// G⁻¹ a of a row.
    fn solved(&self, row: usize) -> Vec<f64> {
        let mut solved = self.rows[row].slopes.clone();
        self.factor.solve(&mut solved);
        solved
    }

    /// The way that x goes (with a minus) and that the active multipliers fall, per unit of the
    /// multiplier of `row`: H a and r of the method.
    fn step(&self, row: usize) -> Option<(Vec<f64>, Vec<f64>)> {
        let mut direction = self.solved(row);
        let count = self.members.len();
        if count == 0 {
            return Some((direction, Vec::new()));
        }
        let solved: Vec<Vec<f64>> =
            self.members.iter().map(|member| self.solved(*member)).collect();
        let mut gram = vec![0.0; count * count];
        for (i, member) in self.members.iter().enumerate() {
            for (j, column) in solved.iter().enumerate() {
                gram[i * count + j] = dot(&self.rows[*member].slopes, column);
            }
        }
        let mut change: Vec<f64> =
            self.members.iter().map(|member| dot(&self.rows[*member].slopes, &direction)).collect();
        Cholesky::new(count, &gram)?.solve(&mut change);
        for (column, change) in solved.iter().zip(&change) {
            direction.iter_mut().zip(column).for_each(|(d, column)| *d -= change * column);
        }
        Some((direction, change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::seed::{stream, uniform};

    fn row(slopes: &[f64], most: f64) -> Row {
        Row { slopes: slopes.to_vec(), most }
    }

    /// The least over all sets of active rows that are feasible: exhaustive.
    fn exhaustive(curvature: &[f64], slopes: &[f64], rows: &[Row]) -> Option<f64> {
        let size = slopes.len();
        let mut best: Option<f64> = None;
        for set in 0..1u32 << rows.len() {
            let members: Vec<&Row> = rows
                .iter()
                .enumerate()
                .filter(|(i, _)| set >> i & 1 == 1)
                .map(|(_, r)| r)
                .collect();
            if members.len() > size {
                continue;
            }
            // The system of Karush, Kuhn and Tucker, by elimination.
            let n = size + members.len();
            let mut system = vec![vec![0.0; n + 1]; n];
            for i in 0..size {
                for j in 0..size {
                    system[i][j] = curvature[i * size + j];
                }
                system[i][n] = -slopes[i];
                for (k, member) in members.iter().enumerate() {
                    system[i][size + k] = member.slopes[i];
                    system[size + k][i] = member.slopes[i];
                    system[size + k][n] = member.most;
                }
            }
            let Some(x) = eliminated(system) else { continue };
            if rows.iter().all(|row| dot(&row.slopes, &x[..size]) <= row.most + 1e-9) {
                let value = objective(curvature, slopes, &x[..size]);
                best = Some(best.map_or(value, |best| best.min(value)));
            }
        }
        best
    }

    fn objective(curvature: &[f64], slopes: &[f64], x: &[f64]) -> f64 {
        let bent: f64 =
            curvature.chunks_exact(x.len()).zip(x).map(|(row, x_i)| x_i * dot(row, x)).sum();
        0.5 * bent + dot(slopes, x)
    }

    fn eliminated(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
        let n = system.len();
        for i in 0..n {
            let pivot =
                (i..n).max_by(|a, b| system[*a][i].abs().total_cmp(&system[*b][i].abs()))?;
            system.swap(i, pivot);
            if system[i][i].abs() < 1e-10 {
                return None;
            }
            let of_pivot = system[i].clone();
            for (j, row) in system.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                let factor = row[i] / of_pivot[i];
                row.iter_mut().zip(&of_pivot).for_each(|(a, b)| *a -= factor * b);
                assert!(j < n);
            }
        }
        Some((0..n).map(|i| system[i][n] / system[i][i]).collect())
    }

    #[test]
    fn random_programmes_cost_what_the_best_set_of_active_rows_does() {
        let mut generator = stream(6, 0);
        let mut draw = || 2.0 * uniform(&mut generator) - 1.0;
        let (mut solved, mut contradictory) = (0, 0);
        for _ in 0..300 {
            let size = 3;
            let a: Vec<f64> = (0..size * size).map(|_| draw()).collect();
            let mut curvature = vec![0.0; size * size];
            for i in 0..size {
                for j in 0..size {
                    let square: f64 = (0..size).map(|k| a[i * size + k] * a[j * size + k]).sum();
                    curvature[i * size + j] = square + if i == j { 0.1 } else { 0.0 };
                }
            }
            let slopes: Vec<f64> = (0..size).map(|_| 3.0 * draw()).collect();
            let rows: Vec<Row> =
                (0..6).map(|_| row(&[draw(), draw(), draw()], 0.6 * draw())).collect();
            let found = minimise(&curvature, &slopes, &rows);
            let expected = exhaustive(&curvature, &slopes, &rows);
            let Some(found) = found else {
                assert!(expected.is_none(), "{expected:?}");
                contradictory += 1;
                continue;
            };
            let value = objective(&curvature, &slopes, &found.values);
            assert!((value - expected.unwrap()).abs() < 1e-8, "{value} {expected:?}");
            assert!(found.multipliers.iter().all(|u| *u >= -1e-9));
            solved += 1;
        }
        assert!(solved > 100 && contradictory > 10, "{solved} {contradictory}");
    }

    #[test]
    fn what_is_no_convex_programme_has_no_optimum() {
        assert!(minimise(&[-1.0], &[1.0], &[]).is_none());
        assert!(minimise(&[1.0], &[f64::NAN], &[]).is_none());
        let contradiction = [row(&[1.0], -1.0), row(&[-1.0], -1.0)];
        assert!(minimise(&[1.0], &[0.0], &contradiction).is_none());
        let doubled = [row(&[1.0], -1.0), row(&[1.0], -1.0), row(&[2.0], -2.0)];
        let found = minimise(&[1.0], &[0.0], &doubled).unwrap();
        assert!((found.values[0] + 1.0).abs() < 1e-12);
    }
}
