//! Batches on all threads of this machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Stopped, Unmonitored};

use super::{Planner, SolveError, check};

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
) -> Result<CellPlans, SolveError> {
    check(estimator, method, cells)?;
    let next = AtomicUsize::new(0);
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.max(1))
            .map(|_| scope.spawn(|| take_parts(estimator, method, cells, &next)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let mut parts = Vec::new();
    for part in found {
        parts.extend(part?);
    }
    parts.sort_by_key(|(first, _)| *first);
    let mut plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
    parts.into_iter().for_each(|(_, part)| plans.append(part));
    Ok(plans)
}

/// Plans parts of the cells until none is left.
fn take_parts(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    next: &AtomicUsize,
) -> Result<Vec<(usize, CellPlans)>, Stopped> {
    let mut planner = Planner::new(estimator, method);
    let mut found = Vec::new();
    loop {
        let first = next.fetch_add(CELLS_AT_A_TIME, Ordering::Relaxed);
        if first >= cells.len() {
            return Ok(found);
        }
        let range = first..cells.len().min(first + CELLS_AT_A_TIME);
        found.push((first, block_on(planner.plan(cells, range, &Unmonitored))?));
    }
}
