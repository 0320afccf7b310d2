//! Jobs for the Cells planner.

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::cells::{CellJob, CellOutcome, SimulatedStep};
use slicewise_optim::Monitor;

use super::JobError;

/// Estimator.
pub struct Estimator;

/// Estimators that were asked for before.
#[derive(Default)]
pub struct Estimators {
    loaded: HashMap<String, Rc<Estimator>>,
}

impl Estimators {
    /// The estimator of that name, loaded on first use.
    ///
    /// # Errors
    /// Names the estimator when there is none of that name.
    pub fn get(&mut self, name: &str) -> Result<Rc<Estimator>, InputError> {
        self.loaded.get(name).cloned().ok_or_else(|| InputError::new("estimator", name, "none"))
    }
}

/// Hears how a job goes.
pub trait CellObserver {
    /// Share of the work done, 0 to 1.
    fn progress(&mut self, fraction: f64);

    /// A step of a simulation is over.
    fn step(&mut self, step: SimulatedStep);
}

/// Runs `job` with `estimator`. `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job, or says that `monitor` stopped it.
pub async fn run(
    _job: &CellJob,
    _estimator: &Estimator,
    monitor: &impl Monitor,
    _observer: &mut impl CellObserver,
    _now: &impl Fn() -> f64,
) -> Result<CellOutcome, JobError> {
    monitor.checkpoint().await?;
    Err(InputError::new("job", "cells", "nothing yet").into())
}
