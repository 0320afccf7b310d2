//! What the Slice planner tells before a job is done.

use serde::{Deserialize, Serialize};

use super::plan::SlicePlan;
use super::training::TrainingMoment;

/// What happened on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SliceNews {
    /// A better plan than the last one.
    Better(Box<SlicePlan>),
    /// An epoch of a training is over.
    Epoch(TrainingMoment),
}
