//! What is told of the plans of many cells.

use slicewise_core::cells::{CellBatch, CellPlans};

/// Sums over the plans, and the gaps that were proven.
#[derive(Default)]
pub struct Findings {
    /// Cells.
    pub cells: u64,
    /// Slices of all cells.
    pub slices: u64,
    /// Sum of the cells' utilities.
    pub utility: f64,
    /// Sum of the slices' satisfactions.
    pub satisfaction: f64,
    /// Gaps of the cells where something was proven.
    pub gaps: Vec<f64>,
    /// Slices with a feature outside the estimator's training data.
    pub extrapolated: u64,
    /// Cells that keep the split of the step before.
    pub kept: u64,
    /// Rows of the network that were evaluated.
    pub evaluations: u64,
}

impl Findings {
    /// Adds the plans of some cells.
    pub fn add(&mut self, plans: &CellPlans) {
        self.cells += plans.len() as u64;
        self.slices += plans.shares.len() as u64;
        self.utility += plans.utilities.iter().sum::<f64>();
        self.satisfaction += plans.satisfaction.iter().sum::<f64>();
        self.gaps.extend((0..plans.len()).map(|cell| plans.gap(cell)).filter(|gap| !gap.is_nan()));
        self.extrapolated += (0..plans.len()).map(|cell| plans.outside(cell) as u64).sum::<u64>();
        self.evaluations += plans.evaluations;
    }

    /// Counts the cells of a batch whose plan is the split that they had.
    pub fn add_kept(&mut self, batch: &CellBatch, plans: &CellPlans) {
        self.kept += (0..plans.len()).filter(|cell| plans.keeps(batch, *cell)).count() as u64;
    }

    /// The largest gap and the median one; none where nothing was proven.
    pub fn gaps(&self) -> Option<(f64, f64)> {
        let mut gaps = self.gaps.clone();
        gaps.sort_unstable_by(f64::total_cmp);
        let middle = gaps.len() / 2;
        let median = match gaps.len() {
            0 => return None,
            count if count.is_multiple_of(2) => 0.5 * (gaps[middle - 1] + gaps[middle]),
            _ => gaps[middle],
        };
        Some((gaps[gaps.len() - 1], median))
    }
}
