//! Exact splits on curves that somebody else computed, such as a graphics processor in f32.
//!
//! Splits are found on the curves given; what they are worth, and by how much the curves given may
//! have hidden a better split, is taken from the estimator's own curves in f64: the bounds hold
//! whatever was given.

use std::borrow::Cow;
use std::ops::Range;

use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans, Curves, MOST_SLICES, Scheme};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::separable::interpolate;
use slicewise_optim::{Halted, Monitor};

use super::exact::ExactSolver;
use super::{Planner, fitted};

/// Plans on given curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnGivenCurves {
    /// The plans.
    pub plans: CellPlans,
    /// The largest difference between a given curve and the estimator's, in satisfaction.
    pub curve_error: f64,
}

/// Plans all cells exactly on `curves`, one per slice with the points of the estimator's own. The
/// further they are from those, the wider the gaps.
///
/// # Errors
/// Names the first number that is out of range, or [`Halted::Stopped`].
pub async fn plan_on_curves(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    curves: &Curves,
    monitor: &impl Monitor,
) -> Result<OnGivenCurves, Halted> {
    let cells = &*fitted_with_curves(estimator, method, cells, curves)?;
    let mut planner = Planner::new(estimator, method);
    let plans = planner.plan(cells, 0..cells.len(), Some(curves), monitor).await?;
    Ok(OnGivenCurves { plans, curve_error: planner.curve_error })
}

/// As [`fitted`], with the curves of the batch's slices.
pub(super) fn fitted_with_curves<'a>(
    estimator: &Estimator,
    method: &Method,
    cells: &'a CellBatch,
    curves: &Curves,
) -> Result<Cow<'a, CellBatch>, InputError> {
    let cells = fitted(estimator, method, cells)?;
    if method.scheme != Scheme::Exact {
        return Err(InputError::new("scheme", method.scheme.name(), "exact, on given curves"));
    }
    let slices = cells.offsets.last().map_or(0, |end| *end as usize);
    if curves.len() != slices {
        let found = format!("{} curves", curves.len());
        return Err(InputError::new("curves", found, format!("{slices}, one per slice")));
    }
    Ok(cells)
}

impl Planner {
    /// Splits the cells of `range` on the curves of `given` and judges them by the network's own.
    pub(super) fn split_on_given(
        &mut self,
        cells: &CellBatch,
        range: Range<usize>,
        given: &Curves,
        plans: &mut CellPlans,
    ) {
        let first = self.gather_curves(cells, &range, plans);
        let may_keep = self.may_keep(cells);
        for cell in range {
            let slices = cells.range(cell);
            let weights = &cells.weights[slices.clone()];
            let minimum = &cells.minimum_shares[slices.clone()];
            let proof = self.exact.split(self.objective, given, slices.start, weights, minimum);
            let (mut below, mut before) = ([0.0; MOST_SLICES], [0.0; MOST_SLICES]);
            let start = plans.satisfaction.len();
            for (index, slice) in slices.clone().enumerate() {
                let (points, values) = self.curves.curve(slice - first);
                let (over, under) = differences((points, values), given.curve(slice));
                self.curve_error = self.curve_error.max(over).max(under);
                below[index] = under;
                let at = |share| interpolate(points, values, share).clamp(0.0, 1.0);
                plans.satisfaction.push(at(self.exact.shares()[index]));
                if may_keep {
                    before[index] = at(cells.previous_shares[slice]);
                }
            }
            let below = &below[..slices.len()];
            let bound = ExactSolver::raised_bound(self.objective, proof.bound, below, weights);
            plans.shares.extend_from_slice(self.exact.shares());
            plans.bounds.push(bound);
            plans.prices.push(proof.price);
            let before = if may_keep { &before[..slices.len()] } else { &[] };
            self.close(cells, cell, start, before, plans);
        }
    }
}

/// By how much `found` is above and below `exact` at most. Between the points of both, both are
/// straight, so that no difference is larger than at a point.
fn differences(exact: (&[f64], &[f64]), found: (&[f64], &[f64])) -> (f64, f64) {
    let mut range = (0.0_f64, 0.0_f64);
    // A number that is none must not pass for a small difference.
    let mut widen = |over: f64| {
        let over = if over.is_finite() { over } else { f64::INFINITY };
        range = (range.0.max(over), range.1.max(if over.is_finite() { -over } else { over }));
    };
    if exact.0 == found.0 {
        found.1.iter().zip(exact.1).for_each(|(found, exact)| widen(found - exact));
        return range;
    }
    for (point, value) in found.0.iter().zip(found.1) {
        widen(value - interpolate(exact.0, exact.1, *point));
    }
    for (point, value) in exact.0.iter().zip(exact.1) {
        widen(interpolate(found.0, found.1, *point) - value);
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_differ_most_at_a_point_of_either() {
        let exact: (&[f64], &[f64]) = (&[0.0, 0.5, 1.0], &[0.0, 1.0, 1.0]);
        let (over, under) = differences(exact, (&[0.0, 0.5, 1.0], &[0.1, 0.7, 1.0]));
        assert!((over - 0.1).abs() < 1e-12 && (under - 0.3).abs() < 1e-12);
        let (over, under) = differences(exact, (&[0.0, 1.0], &[0.0, 1.0]));
        assert!(over.abs() < 1e-12 && (under - 0.5).abs() < 1e-12);
        let (over, under) = differences(exact, (&[0.0, 0.25, 1.0], &[0.0, 0.75, 1.0]));
        assert!((over - 0.25).abs() < 1e-12 && (under - 0.25 / 3.0 * 2.0).abs() < 1e-12, "{under}");
        assert!(differences(exact, (&[0.0, 0.5, 1.0], &[0.0, f64::NAN, 1.0])).1.is_infinite());
    }
}
