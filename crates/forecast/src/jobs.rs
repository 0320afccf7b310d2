//! Jobs of the Forecast planner: what the page asks, planned by the functions that the command plans by.

use slicewise_core::InputError;
use slicewise_core::forecast::learning::{AdmissionLearnOrder, LearnOrder};
use slicewise_core::forecast::networks::LearnedNetworks;
use slicewise_core::forecast::{ForecastJob, ForecastNews, ForecastOutcome};
use slicewise_core::planner::Job;
use slicewise_optim::{Halted, Monitor, Progress};

use crate::admission::plan as admissions;
use crate::explorer::{picture::picture, surface::surface};
use crate::memory::Memory;
use crate::networks::Networks;
use crate::reservation::problem::{Trace, check_terms};

/// Trains networks; `()` refuses to.
#[allow(async_fn_in_trait, reason = "jobs run on one thread, no Send bound is wanted")]
pub trait Trainer {
    /// Trains both networks for one service on `trace`, from `start`'s loss network where there is one.
    ///
    /// # Errors
    /// Names the field of the order that cannot be used, or says that `monitor` stopped the training.
    async fn train(
        &self,
        order: &LearnOrder,
        trace: &Trace,
        start: Option<&Networks>,
        monitor: &impl Monitor,
        progress: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted>;

    /// Trains both networks for the four services under one capacity.
    ///
    /// # Errors
    /// As [`Self::train`].
    async fn train_admissions(
        &self,
        order: &AdmissionLearnOrder,
        monitor: &impl Monitor,
        progress: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted>;
}

impl Trainer for () {
    async fn train(
        &self,
        _: &LearnOrder,
        _: &Trace,
        _: Option<&Networks>,
        _: &impl Monitor,
        _: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted> {
        Err(untrained())
    }

    async fn train_admissions(
        &self,
        _: &AdmissionLearnOrder,
        _: &impl Monitor,
        _: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted> {
        Err(untrained())
    }
}

fn untrained() -> Halted {
    let allowed = "a job without training: only the build slicewise-learning trains";
    InputError::new("job", "learn", allowed).into()
}

/// Runs `job` with the networks and traces of `memory`. `progress` hears the share of the work done and
/// the epochs of a training; `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job or not in memory, or says that `monitor` stopped it.
pub async fn run(
    job: &ForecastJob,
    memory: &Memory,
    trainer: &impl Trainer,
    monitor: &impl Monitor,
    progress: &mut impl Progress<ForecastNews>,
    now: &impl Fn() -> f64,
) -> Result<ForecastOutcome, Halted> {
    match job {
        ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_) => {
            learn(job, memory, trainer, monitor, progress).await
        }
        _ => decide(job, memory, monitor, progress, now).await,
    }
}

/// As [`run`], but for trainings.
///
/// # Errors
/// As [`run`]; refuses a training.
pub async fn decide(
    job: &ForecastJob,
    memory: &Memory,
    monitor: &impl Monitor,
    progress: &mut impl Progress<ForecastNews>,
    now: &impl Fn() -> f64,
) -> Result<ForecastOutcome, Halted> {
    let observe = &mut |share: f64| progress.share(share);
    match job {
        ForecastJob::Reserve(question) => {
            check_terms(&question.terms)?;
            let networks = memory.networks(&question.networks)?;
            let trace = memory.trace(&question.trace)?;
            let decided = memory.decided(&trace, &networks, monitor, observe, now).await?;
            let plan = decided.plan(&question.terms, question.rivals, monitor, observe).await?;
            Ok(ForecastOutcome::Reserved(Box::new(plan)))
        }
        ForecastJob::Admit(question) => {
            let plan = match &question.networks {
                Some(source) => {
                    let networks = memory.networks(source)?;
                    admissions::ours(question, &networks, memory, monitor, observe).await?
                }
                None => admissions::overbooked(question)?,
            };
            Ok(ForecastOutcome::Admitted(Box::new(plan)))
        }
        ForecastJob::Explore(question) => {
            let networks = memory.networks(&question.networks)?;
            let trace = memory.trace(&question.trace)?;
            let decided = memory.decided(&trace, &networks, monitor, observe, now).await?;
            Ok(ForecastOutcome::Explored(Box::new(picture(&decided, monitor).await?)))
        }
        ForecastJob::Surface(question) => {
            let networks = memory.networks(&question.networks)?;
            let surface = surface(question, &networks, monitor).await?;
            Ok(ForecastOutcome::Surface(Box::new(surface)))
        }
        ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_) => Err(untrained()),
        ForecastJob::ReadDemand(_) | ForecastJob::ReadRecords(_) => {
            let allowed = "a job that plans; the reader of files reads";
            Err(InputError::new("job", job.kind(), allowed).into())
        }
    }
}

/// As [`run`], for trainings alone.
///
/// # Errors
/// As [`run`]; refuses a job that is no training.
pub async fn learn(
    job: &ForecastJob,
    memory: &Memory,
    trainer: &impl Trainer,
    monitor: &impl Monitor,
    progress: &mut impl Progress<ForecastNews>,
) -> Result<ForecastOutcome, Halted> {
    let networks = match job {
        ForecastJob::Learn(order) => {
            let start = order.start.as_ref().map(|source| memory.networks(source)).transpose()?;
            let trace = memory.trace(&order.trace)?;
            trainer.train(order, &trace, start.as_deref(), monitor, progress).await?
        }
        ForecastJob::LearnAdmission(order) => {
            trainer.train_admissions(order, monitor, progress).await?
        }
        _ => {
            let allowed = "one that this build learns";
            return Err(InputError::new("job", "another one", allowed).into());
        }
    };
    Ok(ForecastOutcome::Learned(Box::new(networks)))
}
