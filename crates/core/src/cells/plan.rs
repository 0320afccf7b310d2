//! The splits of many cells with their evidence, column by column.

use serde::{Deserialize, Serialize};

use super::CellBatch;
use crate::Origin;
use crate::packed_numbers;

/// Splits of many cells. Satisfaction and utility are those of the estimator, evaluated anew at the
/// shares, whatever found them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellPlans {
    /// Index of each cell's first slice, and at last the number of slices: cells + 1 indices.
    pub offsets: Vec<u32>,
    /// Share of each slice, 0 to 1; those of one cell sum to at most 1.
    #[serde(with = "packed_numbers")]
    pub shares: Vec<f64>,
    /// Estimated satisfaction of each slice, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub satisfaction: Vec<f64>,
    /// Utility of each cell, by the objective.
    #[serde(with = "packed_numbers")]
    pub utilities: Vec<f64>,
    /// What no split of the cell can exceed, proven for the estimator; NaN where nothing was proven.
    /// Where the split of the step before was kept, what no other exceeds after the cost of a change.
    #[serde(with = "packed_numbers")]
    pub bounds: Vec<f64>,
    /// λ of each cell: the utility that one more unit of share would add, the common slope of the
    /// slices' curves at the optimum; NaN where the scheme finds none.
    #[serde(with = "packed_numbers")]
    pub prices: Vec<f64>,
    /// Slices of each cell with a feature outside what the estimator was trained on; empty in plans of
    /// older builds.
    #[serde(default)]
    pub outside: Vec<u32>,
    /// Rows of the network that the search evaluated.
    pub evaluations: u64,
    /// What made the plans.
    #[serde(default)]
    pub origin: Origin,
}

/// A utility so small that a bound raised for rounding says nothing of it.
pub const WORTHLESS: f64 = 1e-7;

impl CellPlans {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.utilities.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.utilities.is_empty()
    }

    /// The slices of cell `index`.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        self.offsets[index] as usize..self.offsets[index + 1] as usize
    }

    /// How far cell `index` can be from its optimum: (bound - utility) / bound, 0 to 1; NaN where
    /// nothing was proven. Where no split is worth more than [`WORTHLESS`], there is nothing to
    /// lose: 0.
    pub fn gap(&self, index: usize) -> f64 {
        let (bound, utility) = (self.bounds[index], self.utilities[index]);
        // A comparison and not `max`, which would turn NaN into 0.
        let gap = if bound <= WORTHLESS { 0.0 } else { (bound - utility) / bound };
        if gap < 0.0 { 0.0 } else { gap }
    }

    /// Slices of cell `index` with a feature outside what the estimator was trained on.
    pub fn outside(&self, index: usize) -> usize {
        self.outside.get(index).map_or(0, |slices| *slices as usize)
    }

    /// Whether cell `index` of `cells`, which the plans are for, keeps the split of the step before.
    pub fn keeps(&self, cells: &CellBatch, index: usize) -> bool {
        let (own, before) = (self.range(index), cells.range(index));
        cells.previous_shares.get(before).is_some_and(|before| *before == self.shares[own])
    }

    /// Appends the cells of `more`, which has the same origin.
    pub fn append(&mut self, mut more: Self) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let start = self.shares.len() as u32;
        self.offsets.extend(more.offsets.iter().skip(1).map(|offset| start + offset));
        self.shares.append(&mut more.shares);
        self.satisfaction.append(&mut more.satisfaction);
        self.utilities.append(&mut more.utilities);
        self.bounds.append(&mut more.bounds);
        self.prices.append(&mut more.prices);
        self.outside.append(&mut more.outside);
        self.evaluations += more.evaluations;
        self.origin = more.origin;
    }
}
