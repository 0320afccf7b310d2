//! Jobs for the Slice planner.

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::training::TrainingOrder;
use slicewise_nets::Network;
use slicewise_nets::dense::weights;
use slicewise_optim::{Halted, Monitor, Progress};
use slicewise_protocol::{Installed, Job, Outcome};
use slicewise_slice::model::{check_name_is_free, names, shipped};
#[cfg(not(feature = "gpu"))]
use slicewise_slice::{
    Effort,
    batch::calibrate,
    benchmark::benchmark,
    charts::{curves, landscape},
    solve,
    solver::MOST_BOXES,
};

use super::JobError;
#[cfg(not(feature = "gpu"))]
use super::lacking;
use crate::compute::{Compute, Range};

/// Networks that were asked for before, and those that were installed.
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
        let network = Rc::new(shipped(name).map_err(|error| self.with_installed(error))?);
        self.loaded.insert(name.to_owned(), network.clone());
        Ok(network)
    }

    /// Adds to what is allowed the networks that do not ship with the planner.
    fn with_installed(&self, mut error: InputError) -> InputError {
        let shipped = names();
        let mut installed: Vec<&str> = self.loaded.keys().map(String::as_str).collect();
        installed.retain(|name| !shipped.contains(name));
        installed.sort_unstable();
        installed.iter().for_each(|name| error.allowed += &format!(", {name}"));
        error
    }

    /// Keeps a network under its card's name, in place of one installed before under that name.
    ///
    /// # Errors
    /// Names what is wrong: the name of a network that ships with the planner, a field of the card,
    /// or a tensor.
    pub fn install(&mut self, installed: &Installed) -> Result<(), InputError> {
        let Installed { card, weights } = installed;
        check_name_is_free(&card.name).map_err(|error| error.within("card"))?;
        card.validate().map_err(|error| error.within("card"))?;
        let network = weights::load(card, weights)?;
        self.loaded.insert(card.name.clone(), Rc::new(network));
        Ok(())
    }
}

/// The model that a job needs; a training needs the one that it starts from.
pub fn model_of(job: &Job) -> Option<&str> {
    match job {
        Job::Plan { problem, .. }
        | Job::Landscape { problem, .. }
        | Job::Curves { problem, .. }
        | Job::Calibrate { problem }
        | Job::Benchmark { problem, .. } => Some(&problem.model),
        Job::Batch { sweep, .. } => Some(&sweep.base().model),
        Job::Train(order) => order.start_from.as_deref(),
        _ => None,
    }
}

/// Runs `job` on `network`, by `compute` what is not the processor's alone. `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job, says that `monitor` stopped it, or what happened to the device.
pub async fn run(
    job: &Job,
    network: &Network,
    compute: &Compute,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
    now: &impl Fn() -> f64,
) -> Result<Outcome, JobError> {
    match job {
        Job::Batch { sweep, first, count } => {
            let range = Range { sweep, first: *first, count: *count };
            let plans = compute.plan_batch(network, range, now, monitor, progress).await?;
            Ok(Outcome::Batch(plans))
        }
        Job::Train(order) => {
            let start = order.start_from.is_some().then_some(network);
            Ok(Outcome::Trained(Box::new(train(order, start, compute, monitor, progress).await?)))
        }
        _ => run_on_processor(job, network, monitor, progress, now).await,
    }
}

/// Jobs about one problem, which no page asks of the build for graphics processors: it is large enough
/// without.
#[cfg(not(feature = "gpu"))]
async fn run_on_processor(
    job: &Job,
    network: &Network,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
    now: &impl Fn() -> f64,
) -> Result<Outcome, JobError> {
    match job {
        Job::Plan { problem, tolerance } => {
            slicewise_core::error::check_range("tolerance", *tolerance, 1e-6, 0.5, "")?;
            let effort = Effort { tolerance: *tolerance, most_boxes: MOST_BOXES };
            let plan = solve(network, problem, effort, monitor, progress).await?;
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
        Job::Calibrate { problem } => {
            Ok(Outcome::Calibration(calibrate(network, problem, now, monitor).await?))
        }
        Job::Benchmark { problem, repeats } => {
            let times = benchmark(network, problem, *repeats, now, monitor).await?;
            Ok(Outcome::Benchmark(times))
        }
        _ => Err(lacking(job)),
    }
}

#[cfg(feature = "gpu")]
async fn run_on_processor(
    job: &Job,
    _: &Network,
    _: &impl Monitor,
    _: &mut impl Progress<SliceNews>,
    _: &impl Fn() -> f64,
) -> Result<Outcome, JobError> {
    let allowed = "batch or train: this build is for graphics processors";
    Err(InputError::new("job", job.kind(), allowed).into())
}

#[cfg(feature = "burn")]
async fn train(
    order: &TrainingOrder,
    start: Option<&Network>,
    compute: &Compute,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Installed, Halted> {
    use slicewise_slice::training::train_from_order;

    let device = compute.training_device();
    let trained = train_from_order(order, start, &device, monitor, progress).await?;
    Ok(Installed { card: trained.card, weights: trained.weights })
}

#[cfg(not(feature = "burn"))]
async fn train(
    _: &TrainingOrder,
    _: Option<&Network>,
    _: &Compute,
    _: &impl Monitor,
    _: &mut impl Progress<SliceNews>,
) -> Result<Installed, Halted> {
    let allowed = "a job without training: only the build slicewise-learning trains";
    Err(InputError::new("job", "train", allowed).into())
}
