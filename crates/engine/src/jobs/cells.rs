//! Jobs for the Cells planner.

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_cells::city;
#[cfg(not(feature = "gpu"))]
use slicewise_cells::closed_loop::ClosedLoop;
use slicewise_cells::model::shipped;
#[cfg(not(feature = "gpu"))]
use slicewise_cells::solver::open;
use slicewise_core::InputError;
use slicewise_core::cells::job::{City, MOST_CELLS};
use slicewise_core::cells::{CellJob, CellOutcome, MOST_SLICES, SimulatedStep};
#[cfg(not(feature = "gpu"))]
use slicewise_core::cells::{Scenario, job::Method};
use slicewise_core::error::check_range;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Monitor, Progress};

use super::JobError;
use crate::compute::Compute;

/// The most cells of one job: their plans cross to the page in one message.
pub const MOST_CELLS_AT_ONCE: usize = 100_000;
/// The most steps of one simulation: a year.
pub const MOST_STEPS: usize = 40_000;

/// Estimators that were asked for before.
#[derive(Debug, Default)]
pub struct Estimators {
    loaded: HashMap<String, Rc<Estimator>>,
}

impl Estimators {
    /// The estimator of that name, loaded on first use.
    ///
    /// # Errors
    /// Names the estimator when there is none of that name.
    pub fn get(&mut self, name: &str) -> Result<Rc<Estimator>, InputError> {
        if let Some(estimator) = self.loaded.get(name) {
            return Ok(estimator.clone());
        }
        let estimator = Rc::new(shipped(name)?);
        self.loaded.insert(name.to_owned(), estimator.clone());
        Ok(estimator)
    }
}

/// Runs `job` with `estimator`; batches on `compute`. `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job, or says that `monitor` stopped it.
pub async fn run(
    job: &CellJob,
    estimator: &Estimator,
    compute: &Compute,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SimulatedStep>,
    now: &impl Fn() -> f64,
) -> Result<CellOutcome, JobError> {
    match job {
        #[cfg(feature = "gpu")]
        CellJob::Open { .. } | CellJob::Simulate { .. } => {
            let _ = (progress, now);
            let allowed = "many cells: this build is for graphics processors";
            Err(InputError::new("job", "one cell or a simulation", allowed).into())
        }
        #[cfg(not(feature = "gpu"))]
        CellJob::Open { method, cell } => {
            if cell.len() != 1 {
                return Err(InputError::new("cell", format!("{} cells", cell.len()), "one").into());
            }
            let (plan, curves) = open(estimator, method, cell, monitor).await?;
            Ok(CellOutcome::Opened { plan, curves })
        }
        CellJob::Plan { method, cells } => {
            check_count("cells", cells.len(), 0, MOST_CELLS_AT_ONCE)?;
            Ok(CellOutcome::Plans(compute.plan_cells(estimator, method, cells, monitor).await?))
        }
        CellJob::City { method, city, first, count } => {
            check_city(city, *first, *count)?;
            let cells = city::cells(city, *first, *count);
            Ok(CellOutcome::Plans(compute.plan_cells(estimator, method, &cells, monitor).await?))
        }
        #[cfg(not(feature = "gpu"))]
        CellJob::Simulate { method, scenario, first, steps } => {
            let span = Span { first: *first, steps: *steps };
            simulate(estimator, method, scenario, span, monitor, progress, now).await
        }
    }
}

/// The steps that a simulation sends.
#[cfg(not(feature = "gpu"))]
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    steps: usize,
}

/// Goes through the scenario from its begin and sends the steps of `span`.
#[cfg(not(feature = "gpu"))]
async fn simulate(
    estimator: &Estimator,
    method: &Method,
    scenario: &Scenario,
    span: Span,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SimulatedStep>,
    now: &impl Fn() -> f64,
) -> Result<CellOutcome, JobError> {
    check_count("steps", span.steps, 1, MOST_STEPS)?;
    check_count("first", span.first, 0, MOST_STEPS)?;
    let mut network = ClosedLoop::new(scenario, estimator, method.clone())?;
    let end = span.first + span.steps;
    let mut last = SimulatedStep::default();
    for number in 0..end {
        monitor.checkpoint().await?;
        last = network.step(now, monitor).await?;
        progress.share((number + 1) as f64 / end as f64);
        if number >= span.first {
            progress.news(last.clone());
        }
    }
    Ok(CellOutcome::Simulated { places: network.places(), last: Box::new(last) })
}

fn check_city(city: &City, first: usize, count: usize) -> Result<(), InputError> {
    let within = |error: InputError| error.within("city");
    check_count("cells", city.cells, 1, MOST_CELLS).map_err(within)?;
    check_count("services", city.services.len(), 1, MOST_SLICES).map_err(within)?;
    for (index, service) in city.services.iter().enumerate() {
        service.validate().map_err(|error| within(error.within(&format!("services[{index}]"))))?;
    }
    check_count("first", first, 0, city.cells - 1)?;
    check_count("count", count, 1, MOST_CELLS_AT_ONCE.min(city.cells - first))
}

fn check_count(field: &str, count: usize, least: usize, most: usize) -> Result<(), InputError> {
    check_range(field, count as f64, least as f64, most as f64, "")
}
