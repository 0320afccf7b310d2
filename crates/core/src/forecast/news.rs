//! What the Forecast planner tells before a job is done.

use serde::{Deserialize, Serialize};

use super::learning::{LearningMoment, LossSeen};

/// What happened on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// An epoch of a training is over, and what the loss network has come to say.
    Epoch(LearningMoment, Option<Box<LossSeen>>),
}
