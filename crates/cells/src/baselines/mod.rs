//! What the paper compares itself with (IDLA, section V-C): splits by traffic, equal splits, and the
//! best split on a grid.

mod oracle;
#[cfg_attr(not(feature = "burn"), path = "td3_left_out.rs")]
pub mod td3;

use std::ops::Range;

use slicewise_core::cells::{CellBatch, CellPlans};

use crate::solver::room::{in_proportion, least_shares};

pub use oracle::Oracle;

/// Appends splits in proportion to `parts` of each cell (equal where it is empty or all 0), none
/// below its minimum share: slices whose part is smaller get the minimum.
pub(crate) fn split_in_proportion<'a>(
    cells: &CellBatch,
    range: Range<usize>,
    parts: impl Fn(usize) -> &'a [f64],
    plans: &mut CellPlans,
) {
    let mut least = Vec::new();
    for cell in range {
        least_shares(&cells.minimum_shares[cells.range(cell)], &mut least);
        let start = plans.shares.len();
        plans.shares.resize(start + least.len(), 0.0);
        in_proportion(parts(cell), &least, &mut plans.shares[start..]);
        plans.bounds.push(f64::NAN);
        plans.prices.push(f64::NAN);
    }
}
