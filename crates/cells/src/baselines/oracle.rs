//! The paper's Oracle: the best split on a grid of 0.05, by the estimator (IDLA, section V-C).
//!
//! The paper tries all combinations. A cell's utility is a sum (or the least) over its slices, so
//! dynamic programming over the same grid finds the same best value.

use std::ops::Range;

use slicewise_core::cells::{CellBatch, CellPlans, Objective};
use slicewise_nets::dense::evaluator::Evaluator;
use slicewise_optim::separable::fit;
use slicewise_optim::separable::grid::{Grid, Whole};

use crate::solver::room::least_shares;

/// Steps of the grid: 0.05 each.
pub const STEPS: usize = 20;

/// The search with its memory.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    grid: Grid,
    least: Vec<f64>,
    rows: Vec<f64>,
    values: Vec<f64>,
}

impl Oracle {
    /// Appends the best split of each cell on the grid: every slice has its minimum and whole
    /// twentieths of what the minima leave.
    pub(crate) async fn split(
        &mut self,
        evaluator: &mut impl Evaluator<Question = ()>,
        objective: Objective,
        cells: &CellBatch,
        range: Range<usize>,
        plans: &mut CellPlans,
    ) {
        let whole = if objective == Objective::MaxMin { Whole::Least } else { Whole::Sum };
        for cell in range {
            let slices = cells.range(cell);
            least_shares(&cells.minimum_shares[slices.clone()], &mut self.least);
            let step = (1.0 - self.least.iter().sum::<f64>()).max(0.0) / STEPS as f64;
            self.rows.clear();
            for (slice, least) in slices.clone().zip(&self.least) {
                for k in 0..=STEPS {
                    self.rows.push((least + k as f64 * step).min(1.0));
                    self.rows.extend_from_slice(cells.features_of(slice));
                }
            }
            self.values.clear();
            self.values.resize(slices.len() * (STEPS + 1), 0.0);
            evaluator.values(&self.rows, &(), &mut self.values).await;
            plans.evaluations += self.values.len() as u64;
            let weights = &cells.weights[slices];
            let total: f64 = weights.iter().sum();
            for (values, weight) in self.values.chunks_exact_mut(STEPS + 1).zip(weights) {
                for value in values {
                    *value = worth(objective, value.clamp(0.0, 1.0), weight / total);
                }
            }
            self.grid.maximise(&self.values, STEPS, whole);
            let start = plans.shares.len();
            let shares = self.grid.allocation().iter().zip(&self.least);
            plans.shares.extend(shares.map(|(k, least)| (least + f64::from(*k) * step).min(1.0)));
            fit(1.0, &self.least, &mut plans.shares[start..]);
            plans.bounds.push(f64::NAN);
            plans.prices.push(f64::NAN);
        }
    }
}

fn worth(objective: Objective, satisfaction: f64, weight: f64) -> f64 {
    match objective {
        Objective::LogSum => libm::log(satisfaction + 1.0),
        Objective::WeightedSum => weight * satisfaction,
        Objective::MaxMin => satisfaction,
    }
}
