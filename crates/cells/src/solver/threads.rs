//! Batches on all threads of this machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans, Curves};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Stopped, Unmonitored};

use super::given::fitted_with_curves;
use super::{OnGivenCurves, Planner, fitted};

/// Cells that a thread takes at a time.
const CELLS_AT_A_TIME: usize = 256;

/// Plans all cells on `workers` threads: the same plans as [`super::plan`]'s.
///
/// # Errors
/// Names the first number of the batch that is out of range.
pub fn plan_on_threads(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    workers: usize,
) -> Result<CellPlans, Halted> {
    let cells = &*fitted(estimator, method, cells)?;
    Ok(all_parts(estimator, method, cells, None, workers)?.plans)
}

/// Plans all cells on given curves and on `workers` threads: the same plans as
/// [`super::plan_on_curves`]'s.
///
/// # Errors
/// Names the first number that is out of range.
pub fn plan_on_curves_and_threads(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    curves: &Curves,
    workers: usize,
) -> Result<OnGivenCurves, Halted> {
    let cells = &*fitted_with_curves(estimator, method, cells, curves)?;
    Ok(all_parts(estimator, method, cells, Some(curves), workers)?)
}

fn all_parts(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    given: Option<&Curves>,
    workers: usize,
) -> Result<OnGivenCurves, Stopped> {
    let next = AtomicUsize::new(0);
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.max(1))
            .map(|_| scope.spawn(|| take_parts(estimator, method, cells, given, &next)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let (mut parts, mut curve_error) = (Vec::new(), 0.0_f64);
    for part in found {
        let (planned, error): (Vec<_>, f64) = part?;
        parts.extend(planned);
        curve_error = curve_error.max(error);
    }
    parts.sort_by_key(|(first, _)| *first);
    let mut plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
    parts.into_iter().for_each(|(_, part)| plans.append(part));
    Ok(OnGivenCurves { plans, curve_error })
}

/// Plans of parts of the cells, each with its first cell, and the largest error of the given curves.
type Parts = (Vec<(usize, CellPlans)>, f64);

/// Plans parts of the cells until none is left.
fn take_parts(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    given: Option<&Curves>,
    next: &AtomicUsize,
) -> Result<Parts, Stopped> {
    let mut planner = Planner::new(estimator, method);
    let mut found = Vec::new();
    loop {
        let first = next.fetch_add(CELLS_AT_A_TIME, Ordering::Relaxed);
        if first >= cells.len() {
            return Ok((found, planner.curve_error));
        }
        let range = first..cells.len().min(first + CELLS_AT_A_TIME);
        found.push((first, block_on(planner.plan(cells, range, given, &Unmonitored))?));
    }
}
