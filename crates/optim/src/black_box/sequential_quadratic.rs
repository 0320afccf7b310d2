//! Sequential quadratic programming from several random starts, with finite differences.
//!
//! After Kraft's SLSQP (DFVLR-FB 88-28, 1988), which minimises the same model: each step solves a
//! quadratic programme of the Lagrangian's curvature (a damped BFGS estimate, Powell 1978) under the
//! constraint made linear, and a line search on the exact penalty decides its length. It sees what
//! happens around its starts alone: where the constraint is flat, nothing.

use serde::Serialize;
use slicewise_core::seed::{stream, uniform};

use super::{BlackBox, Ended, Optimiser, Search, penalised, streams};
use crate::linear_step::dot;
use crate::monitor::Monitor;
use crate::quadratic_programme::{QuadraticOptimum, Row, minimise};

/// How the starts go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SequentialQuadratic {
    /// Random starts, one after the other.
    pub starts: usize,
    /// Step of the finite differences.
    pub difference: f64,
    /// Weight of the penalty at the start. Kraft starts from 0; then a first step from where the
    /// constraint is flat and kept ends where it is flat and broken, and nothing leads back.
    pub penalty: f64,
    /// By how much the constraint is kept more than it must be, so that rounding does not break it.
    pub margin: f64,
    /// A start has arrived when the merit's slope along the step falls to this.
    pub tolerance: f64,
    /// The most steps of one start.
    pub most_steps: usize,
}

impl SequentialQuadratic {
    /// The settings of many starts: SciPy's default tolerance and number of steps.
    pub fn from_starts(starts: usize) -> Self {
        Self {
            starts,
            difference: 1e-6,
            penalty: 10.0,
            margin: 1e-7,
            tolerance: 1e-6,
            most_steps: 100,
        }
    }
}

impl Optimiser for SequentialQuadratic {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut generator = stream(seed, streams::SEQUENTIAL_QUADRATIC);
        for _ in 0..self.starts {
            let point: Vec<f64> =
                (0..search.dimension()).map(|_| uniform(&mut generator)).collect();
            self.descend(search, point).await?;
        }
        Ok(())
    }
}

/// A point with what is known there.
struct Place {
    point: Vec<f64>,
    cost: f64,
    /// The constraint's excess and the margin.
    broken: f64,
    cost_slopes: Vec<f64>,
    slopes: Vec<f64>,
}

impl Place {
    fn merit(&self, penalty: f64) -> f64 {
        penalised(self.cost, self.broken, penalty)
    }
}

impl SequentialQuadratic {
    async fn place<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        point: Vec<f64>,
        excess: f64,
    ) -> Result<Place, Ended> {
        let cost = search.cost(&point);
        let mut moved = Vec::new();
        let mut steps = Vec::new();
        for k in 0..point.len() {
            // Towards the inside of the box.
            let step = if point[k] > 0.5 { -self.difference } else { self.difference };
            moved.extend_from_slice(&point);
            let last = moved.len() - point.len() + k;
            moved[last] += step;
            steps.push(step);
        }
        let excesses = search.excesses(&moved).await?;
        let slopes = excesses.iter().zip(&steps).map(|(e, step)| (e - excess) / step).collect();
        let cost_slopes = moved
            .chunks_exact(point.len())
            .zip(&steps)
            .map(|(moved, step)| (search.cost(moved) - cost) / step)
            .collect();
        Ok(Place { point, cost, broken: excess + self.margin, cost_slopes, slopes })
    }

    async fn descend<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        start: Vec<f64>,
    ) -> Result<(), Ended> {
        let dimension = start.len();
        let excess = search.excesses(&start).await?[0];
        let mut at = self.place(search, start, excess).await?;
        let mut curvature = identity(dimension);
        let mut penalty = self.penalty;
        for _ in 0..self.most_steps {
            let Some(step) = step(&at, &curvature) else { return Ok(()) };
            let multiplier = step.multipliers[0];
            // Raised at once and lowered slowly, as Kraft and Powell do.
            penalty = multiplier.max(0.5 * (penalty + multiplier));
            let left = at.broken + dot(&at.slopes, &step.values);
            let slope =
                dot(&at.cost_slopes, &step.values) - penalty * (at.broken.max(0.0) - left.max(0.0));
            if slope.abs() + multiplier * at.broken.max(0.0) < self.tolerance {
                return Ok(());
            }
            let Some((point, excess)) =
                self.line_search(search, &at, &step.values, penalty, slope).await?
            else {
                return Ok(());
            };
            let next = self.place(search, point, excess).await?;
            bend(&mut curvature, &at, &next, multiplier);
            at = next;
        }
        Ok(())
    }

    /// The first of the steps 1, ½, ¼ ... of `direction` that lowers the merit enough (Armijo).
    async fn line_search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        at: &Place,
        direction: &[f64],
        penalty: f64,
        slope: f64,
    ) -> Result<Option<(Vec<f64>, f64)>, Ended> {
        const HALVINGS: usize = 12;
        let before = at.merit(penalty);
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            let pairs = at.point.iter().zip(direction);
            let point: Vec<f64> = pairs.map(|(x, d)| (x + length * d).clamp(0.0, 1.0)).collect();
            let excess = search.excesses(&point).await?[0];
            let merit = penalised(search.cost(&point), excess + self.margin, penalty);
            if merit <= before + 0.1 * length * slope.min(0.0) {
                return Ok(Some((point, excess)));
            }
            length *= 0.5;
        }
        Ok(None)
    }
}

fn identity(size: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; size * size];
    matrix.iter_mut().step_by(size + 1).for_each(|entry| *entry = 1.0);
    matrix
}

/// The step of the quadratic programme; none where nothing can be seen of the constraint.
fn step(at: &Place, curvature: &[f64]) -> Option<QuadraticOptimum> {
    let dimension = at.point.len();
    let deepest: f64 = at
        .slopes
        .iter()
        .zip(&at.point)
        .map(|(slope, x)| f64::min(-slope * x, slope * (1.0 - x)))
        .sum();
    if !at.broken.is_finite() || !at.slopes.iter().all(|slope| slope.is_finite()) {
        return None;
    }
    // Where no step in the box keeps the linear constraint, one that nearly does its best.
    let most = (-at.broken).max(0.9 * deepest);
    if at.broken > 0.0 && deepest > -1e-12 {
        return None;
    }
    let mut rows = vec![Row { slopes: at.slopes.clone(), most }];
    for (k, x) in at.point.iter().enumerate() {
        let along = |sign: f64| (0..dimension).map(|i| if i == k { sign } else { 0.0 }).collect();
        rows.push(Row { slopes: along(1.0), most: 1.0 - x });
        rows.push(Row { slopes: along(-1.0), most: *x });
    }
    minimise(curvature, &at.cost_slopes, &rows)
}

/// Updates the estimate of the Lagrangian's curvature (BFGS, damped so that it stays positive definite).
fn bend(curvature: &mut [f64], from: &Place, to: &Place, multiplier: f64) {
    let size = from.point.len();
    let moved: Vec<f64> = to.point.iter().zip(&from.point).map(|(a, b)| a - b).collect();
    let slope = |place: &Place, k: usize| place.cost_slopes[k] + multiplier * place.slopes[k];
    let mut change: Vec<f64> = (0..size).map(|k| slope(to, k) - slope(from, k)).collect();
    let bent: Vec<f64> = curvature.chunks_exact(size).map(|row| dot(row, &moved)).collect();
    let before = dot(&moved, &bent);
    if before <= 0.0 {
        return;
    }
    let seen = dot(&moved, &change);
    let share = if seen >= 0.2 * before { 1.0 } else { 0.8 * before / (before - seen) };
    for (change, bent) in change.iter_mut().zip(&bent) {
        *change = share * *change + (1.0 - share) * bent;
    }
    let after = dot(&moved, &change);
    for i in 0..size {
        for j in 0..size {
            curvature[i * size + j] += change[i] * change[j] / after - bent[i] * bent[j] / before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::*;
    use super::*;

    #[test]
    fn problems_of_hock_and_schittkowski_are_solved() {
        let problems: [(Problem, f64); 3] = [
            (hock_schittkowski_10(), -1.0),
            (hock_schittkowski_12(), -30.0),
            (hock_schittkowski_29(), -16.0 * 2f64.sqrt()),
        ];
        for (mut problem, optimum) in problems {
            let found = solved(&SequentialQuadratic::from_starts(4), &mut problem, 10_000, 1);
            let best = found.best().unwrap();
            assert!(best.is_feasible());
            let off = best.cost - optimum;
            assert!(off.abs() < 1e-4 * optimum.abs(), "{optimum}: {off}");
            assert!(found.evaluations < 1500, "{}", found.evaluations);
        }
    }

    #[test]
    fn a_point_without_a_value_is_no_step_forward() {
        // Beyond x = 0.3 nothing has a value, and all of it is cheaper than what has one.
        let excess = |x: &[f64]| if x[0] < 0.3 { f64::NAN } else { x[0] - 0.9 };
        let mut problem = Problem { cost: |x| x[0] + x[1], excess, ..disc() };
        for seed in 0..8 {
            let found = solved(&SequentialQuadratic::from_starts(1), &mut problem, 10_000, seed);
            let (start, best) = (&found.incumbents[0], found.best().unwrap());
            if start.excess.is_nan() {
                continue;
            }
            // Steps are halved until they end before the edge, and many of them come near it.
            assert!(best.is_feasible() && best.point[0] >= 0.3);
            assert!(best.point[0] - 0.3 < 0.1 * (start.point[0] - 0.3) + 1e-3, "{best:?}");
        }
        let lost = Place {
            point: vec![0.1, 0.0],
            cost: 0.1,
            broken: f64::NAN,
            cost_slopes: vec![1.0, 1.0],
            slopes: vec![0.0, 0.0],
        };
        assert_eq!(lost.merit(10.0), f64::INFINITY);
        assert!(step(&lost, &identity(2)).is_none());
    }

    #[test]
    fn a_start_where_the_constraint_is_flat_ends_soon() {
        let mut problem = Problem { excess: |_| 0.5, ..disc() };
        let found = solved(&SequentialQuadratic::from_starts(4), &mut problem, 1000, 1);
        assert!(!found.best().unwrap().is_feasible());
        assert_eq!(found.evaluations, 4 * 3);
    }
}
