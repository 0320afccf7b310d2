//! The messages between the page and an engine. Types only: neither side needs the other's code.
//!
//! Messages cross as structured clones (serde-wasm-bindgen). The page numbers its jobs; a newer job
//! of the same [`Job::kind`] replaces the older one, whose outcome never arrives.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::ModelCard;
use slicewise_core::slice::{SlicePlan, SliceProblem, Sweep};

pub use slicewise_core::cells::{CellJob, CellOutcome, SimulatedStep};
pub use slicewise_core::compute::CostModel;
pub use slicewise_core::compute::{GpuFault, GpuReport};
pub use slicewise_core::forecast::job::{ForecastJob, ForecastOutcome};
use slicewise_core::forecast::learning;
pub use slicewise_core::slice::batch::BatchPlans;
pub use slicewise_core::slice::benchmark::Benchmark;
pub use slicewise_core::slice::charts::{CurvePoint, Curves, Landscape};
pub use slicewise_core::slice::training::{TrainingMoment, TrainingOrder};

/// Number of a job, unique within one page.
pub type JobId = u32;

/// From the page to an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "a request is sent at once, few are ever kept")]
pub enum Request {
    /// Start `job`; it replaces an unfinished job of the same kind.
    Start {
        /// Number of the job.
        id: JobId,
        /// What to do.
        job: Job,
    },
    /// Keep a network that does not ship with the page; jobs ask for it by its card's name. The
    /// engine answers nothing, or [`Reply::Refused`] with the number 0.
    Install(Box<Installed>),
    /// Let job `id` rest, or go on.
    Pause {
        /// Number of the job.
        id: JobId,
        /// Whether it rests.
        paused: bool,
    },
    /// Stop job `id`; the engine answers [`Reply::Stopped`].
    Cancel {
        /// Number of the job.
        id: JobId,
    },
}

/// A network with its card, from training or from the visitor's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Installed {
    /// What it is.
    pub card: ModelCard,
    /// The safetensors file.
    #[serde(with = "serde_bytes")]
    pub weights: Vec<u8>,
}

/// What an engine can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// The cheapest plan, then its certificate.
    Plan {
        /// The question.
        problem: SliceProblem,
        /// Relative gap at which the proof is good enough, for example 0.001.
        tolerance: f64,
    },
    /// Expected degradation of one slice over the first two resources, and its QoS distribution.
    Landscape {
        /// The question.
        problem: SliceProblem,
        /// Which slice.
        slice: usize,
        /// Allocation at which the QoS distribution is shown and other resources are held.
        allocation: Vec<f64>,
        /// Grid points per axis, 2 to 256.
        resolution: usize,
    },
    /// Cheapest allocation of one slice over its QoS threshold and over its degradation threshold.
    Curves {
        /// The question.
        problem: SliceProblem,
        /// Which slice.
        slice: usize,
        /// Points per curve, 2 to 128.
        points: usize,
    },
    /// The plans of some problems of a sweep, from the `first` on. Jobs of this kind do not replace
    /// one another.
    Batch {
        /// The family of problems.
        sweep: Sweep,
        /// Index of the first problem.
        first: usize,
        /// Number of problems.
        count: usize,
    },
    /// Measures how long batches take here, with problems like `problem`.
    Calibrate {
        /// A problem of one slice.
        problem: SliceProblem,
    },
    /// Trains a network; an engine with burn can.
    Train(Box<TrainingOrder>),
    /// The time of one slider step and of one row-gradient, fused and through burn's autodiff.
    Benchmark {
        /// The question.
        problem: SliceProblem,
        /// How often each measurement is repeated.
        repeats: usize,
    },
    /// For the Cells planner.
    Cells(CellJob),
    /// For the Forecast planner.
    Forecast(ForecastJob),
    /// Crash on purpose, so that recovery can be tested.
    Panic,
}

impl Job {
    /// Jobs of one kind replace one another.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Landscape { .. } => "landscape",
            Self::Curves { .. } => "curves",
            Self::Batch { .. } => "batch",
            Self::Calibrate { .. } => "calibrate",
            Self::Train(_) => "train",
            Self::Benchmark { .. } => "benchmark",
            Self::Cells(CellJob::Open { .. }) => "cells-open",
            Self::Cells(CellJob::Plan { .. }) => "cells-plan",
            Self::Cells(CellJob::City { .. }) => "cells-city",
            Self::Cells(CellJob::Simulate { .. }) => "cells-simulate",
            Self::Forecast(ForecastJob::Reserve(_)) => "forecast-reserve",
            Self::Forecast(ForecastJob::Admit(question)) if question.networks.is_none() => {
                "forecast-overbook"
            }
            Self::Forecast(ForecastJob::Admit(_)) => "forecast-admit",
            Self::Forecast(ForecastJob::Explore(_)) => "forecast-explore",
            Self::Forecast(ForecastJob::Surface(_)) => "forecast-surface",
            Self::Forecast(ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_)) => {
                "forecast-learn"
            }
            Self::Panic => "panic",
        }
    }

    /// Whether a newer job of the same kind ends this one.
    pub fn replaceable(&self) -> bool {
        match self {
            Self::Batch { .. } => false,
            Self::Cells(job) => matches!(job, CellJob::Open { .. }),
            _ => true,
        }
    }

    /// Whether it answers a control in motion: the engine's other jobs wait for it.
    pub fn goes_first(&self) -> bool {
        match self {
            Self::Plan { .. } => true,
            Self::Cells(job) => matches!(job, CellJob::Open { .. }),
            Self::Forecast(job) => matches!(job, ForecastJob::Reserve(_)),
            _ => false,
        }
    }
}

/// From an engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The engine has loaded and takes jobs.
    Ready,
    /// The GPU engine has examined its device and takes jobs; it comes before [`Self::Ready`].
    Gpu(GpuReport),
    /// The GPU engine found no device that can be trusted, or lost it; it takes no more jobs.
    NoGpu(GpuFault),
    /// At most 30 a second per job.
    Progress {
        /// Number of the job.
        id: JobId,
        /// Share of the work done, 0 to 1.
        fraction: f64,
    },
    /// A better plan than the last one, before the job is done.
    Better {
        /// Number of the job.
        id: JobId,
        /// Best plan so far.
        plan: Box<SlicePlan>,
    },
    /// An epoch of a training is over.
    Epoch {
        /// Number of the job.
        id: JobId,
        /// How it goes.
        moment: TrainingMoment,
    },
    /// An epoch of the Forecast planner's training is over.
    Learning {
        /// Number of the job.
        id: JobId,
        /// How it goes.
        moment: learning::LearningMoment,
        /// What the loss network has come to say.
        seen: Option<Box<learning::LossSeen>>,
    },
    /// A step of a simulation is over; every one is sent, in order.
    Step {
        /// Number of the job.
        id: JobId,
        /// What was measured.
        step: Box<SimulatedStep>,
    },
    /// The job is done.
    Done {
        /// Number of the job.
        id: JobId,
        /// Its result.
        outcome: Outcome,
        /// How long the engine worked on it, in milliseconds.
        elapsed_ms: f64,
    },
    /// The job cannot be done as asked.
    Refused {
        /// Number of the job.
        id: JobId,
        /// Which field is wrong.
        error: InputError,
    },
    /// The job was cancelled or replaced.
    Stopped {
        /// Number of the job.
        id: JobId,
    },
    /// The engine crashed; it takes no more jobs.
    Crashed {
        /// What it said last.
        message: String,
    },
}

/// Results, one per kind of job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// A plan with its certificate.
    Plan(Box<SlicePlan>),
    /// A field over two resources.
    Landscape(Landscape),
    /// Two curves.
    Curves(Curves),
    /// Plans of a batch.
    Batch(BatchPlans),
    /// How long batches take.
    Calibration(CostModel),
    /// A trained network.
    Trained(Box<Installed>),
    /// Times.
    Benchmark(Benchmark),
    /// Of the Cells planner.
    Cells(CellOutcome),
    /// Of the Forecast planner.
    Forecast(ForecastOutcome),
}
