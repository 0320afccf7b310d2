//! What the page asks the Slice planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::batch::BatchPlans;
use super::benchmark::Benchmark;
use super::charts::{Curves, Landscape};
use super::measured::Corrected;
use super::plan::SliceAllocation;
use super::race::{Milestone, Race, RaceOrder};
use super::training::{TrainingMoment, TrainingOrder};
use super::{SlicePlan, SliceProblem, Sweep};
use crate::card::ModelCard;
use crate::compute::CostModel;
use crate::formats::table::numbers::NumberTable;
use crate::formats::traffic_csv::TrafficSlots;
use crate::planner::{Job, Network, Planner};
use crate::reader::{TableFile, TableRead};

/// The Slice planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice;

impl Planner for Slice {
    const NAME: &'static str = "slice";
    type Job = SliceJob;
    type News = SliceNews;
    type Outcome = SliceOutcome;
    type Network = Installed;
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

impl Network for Installed {
    fn name(&self) -> String {
        self.card.name.clone()
    }
}

/// A job for the Slice planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SliceJob {
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
    /// What an allocation of the visitor's own is worth to one slice.
    Judge {
        /// The question.
        problem: SliceProblem,
        /// Which slice.
        slice: usize,
        /// What it would get, per resource.
        allocation: Vec<f64>,
    },
    /// What measurements say that were taken at plans: the members of the ensemble that count for it.
    Correct {
        /// The question; its own weights of members are passed over.
        problem: SliceProblem,
        /// The slice whose promise was measured.
        slice: usize,
        /// Columns for the traffic, each resource and the QoS.
        table: Box<NumberTable>,
    },
    /// Users per second of a file; the reader of files can.
    ReadTraffic(TableFile),
    /// Columns of numbers of a file; the reader of files can.
    ReadNumbers(TableFile),
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
    /// One method's part of a race; the engine of rivals can.
    Race(Box<RaceOrder>),
    /// Trains a network; an engine with burn can.
    Train(Box<TrainingOrder>),
    /// The time of one slider step and of one row-gradient, fused and through burn's autodiff.
    Benchmark {
        /// The question.
        problem: SliceProblem,
        /// How often each measurement is repeated.
        repeats: usize,
    },
}

impl SliceJob {
    /// The model that the job needs; a training needs the one that it starts from.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Plan { problem, .. }
            | Self::Landscape { problem, .. }
            | Self::Judge { problem, .. }
            | Self::Correct { problem, .. }
            | Self::Curves { problem, .. }
            | Self::Calibrate { problem }
            | Self::Benchmark { problem, .. } => Some(&problem.model),
            Self::Batch { sweep, .. } => Some(&sweep.base().model),
            Self::Race(order) => Some(&order.problem.model),
            Self::Train(order) => order.start_from.as_deref(),
            Self::ReadTraffic(_) | Self::ReadNumbers(_) => None,
        }
    }
}

impl Job for SliceJob {
    fn kind(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Landscape { .. } => "landscape",
            Self::Judge { .. } => "judge",
            Self::Correct { .. } => "correct",
            Self::ReadTraffic(_) => "read-traffic",
            Self::ReadNumbers(_) => "read-numbers",
            Self::Curves { .. } => "curves",
            Self::Batch { .. } => "batch",
            Self::Calibrate { .. } => "calibrate",
            Self::Race(_) => "race",
            Self::Train(_) => "train",
            Self::Benchmark { .. } => "benchmark",
        }
    }

    fn replaceable(&self) -> bool {
        !matches!(self, Self::Batch { .. })
    }

    fn goes_first(&self) -> bool {
        matches!(self, Self::Plan { .. })
    }
}

/// What is told of a job for the Slice planner before it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SliceNews {
    /// A better plan than the last one.
    Better(Box<SlicePlan>),
    /// A method of a race has met a better point.
    Met(Milestone),
    /// An epoch of a training is over.
    Epoch(TrainingMoment),
}

/// What is taken from a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SliceTable {
    /// Users per second in slots.
    Traffic(TrafficSlots),
    /// Columns of numbers.
    Numbers(NumberTable),
}

/// Results, one per kind of job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SliceOutcome {
    /// A plan with its certificate.
    Plan(Box<SlicePlan>),
    /// A field over two resources.
    Landscape(Landscape),
    /// What an allocation is worth.
    Judged(Box<SliceAllocation>),
    /// What measurements change.
    Corrected(Box<Corrected>),
    /// Two curves.
    Curves(Curves),
    /// Plans of a batch.
    Batch(BatchPlans),
    /// How long batches take.
    Calibration(CostModel),
    /// What a method of a race found.
    Raced(Box<Race>),
    /// A trained network.
    Trained(Box<Installed>),
    /// Times.
    Benchmark(Benchmark),
    /// A table of a file.
    Table(Box<TableRead<SliceTable>>),
}
