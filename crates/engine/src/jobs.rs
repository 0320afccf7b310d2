//! What an engine does with a job.

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::{InputError, SlicePlan};
use slicewise_nets::Network;
use slicewise_optim::Monitor;
use slicewise_protocol::{Job, Outcome};
use slicewise_slice::batch::{calibrate, plan_batch};
use slicewise_slice::benchmark::benchmark;
use slicewise_slice::charts::{curves, landscape};
use slicewise_slice::model::shipped;
use slicewise_slice::solver::{MOST_BOXES, Observer};
use slicewise_slice::{Effort, SolveError, solve};

/// Networks that were asked for before.
#[derive(Debug, Default)]
pub struct Networks {
    loaded: HashMap<String, Rc<Network>>,
}

impl Networks {
    /// The network of that name, loaded on first use.
    ///
    /// # Errors
    /// Names the model when there is none of that name.
    pub fn get(&mut self, name: &str) -> Result<Rc<Network>, InputError> {
        if let Some(network) = self.loaded.get(name) {
            return Ok(network.clone());
        }
        let network = Rc::new(shipped(name)?);
        self.loaded.insert(name.to_owned(), network.clone());
        Ok(network)
    }
}

/// Hears of progress: share of the work done, and the best plan where it changed.
pub struct Progress<F>(pub F);

impl<F: FnMut(f64, Option<&SlicePlan>)> Observer for Progress<F> {
    fn observe(&mut self, fraction: f64, plan: Option<&SlicePlan>) {
        (self.0)(fraction, plan);
    }
}

/// The model that a job needs.
pub fn model_of(job: &Job) -> Option<&str> {
    match job {
        Job::Plan { problem, .. }
        | Job::Landscape { problem, .. }
        | Job::Curves { problem, .. }
        | Job::Calibrate { problem }
        | Job::Benchmark { problem, .. } => Some(&problem.model),
        Job::Batch { sweep, .. } => Some(&sweep.base().model),
        Job::Train(_) | Job::Panic => None,
    }
}

/// Runs `job` on `network`. `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job, or says that `monitor` stopped it.
///
/// # Panics
/// On [`Job::Panic`], which exists for that.
pub async fn run(
    job: &Job,
    network: &Network,
    monitor: &impl Monitor,
    observer: &mut impl Observer,
    now: &impl Fn() -> f64,
) -> Result<Outcome, SolveError> {
    match job {
        Job::Plan { problem, tolerance } => {
            slicewise_core::error::check_range("tolerance", *tolerance, 1e-6, 0.5, "")?;
            let effort = Effort { tolerance: *tolerance, most_boxes: MOST_BOXES };
            let plan = solve(network, problem, effort, monitor, observer).await?;
            Ok(Outcome::Plan(Box::new(plan)))
        }
        Job::Landscape { problem, slice, allocation, resolution } => {
            let found =
                landscape(network, problem, *slice, allocation, *resolution, monitor).await?;
            Ok(Outcome::Landscape(found))
        }
        Job::Curves { problem, slice, points } => {
            Ok(Outcome::Curves(curves(network, problem, *slice, *points, monitor).await?))
        }
        Job::Batch { sweep, first, count } => {
            let plans = plan_batch(network, sweep, *first, *count, monitor, observer).await?;
            Ok(Outcome::Batch(plans))
        }
        Job::Calibrate { problem } => {
            Ok(Outcome::Calibration(calibrate(network, problem, now, monitor).await?))
        }
        Job::Train(_) => {
            Err(InputError::new("job", job.kind(), "a job that this build knows").into())
        }
        Job::Benchmark { problem, repeats } => {
            let times = benchmark(network, problem, *repeats, now, monitor).await?;
            Ok(Outcome::Benchmark(times))
        }
        #[allow(clippy::panic, reason = "the job exists to test recovery from a panic")]
        Job::Panic => panic!("a crash was asked for"),
    }
}
