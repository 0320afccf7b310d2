//! The Forecast planner's words between its page and its engines.

use serde::{Deserialize, Serialize};

use super::job::{ForecastJob, ForecastOutcome};
use super::learning::{LearningMoment, LossSeen};
use super::networks::ForecastNetwork;
use crate::planner::{Job, Network, Planner};

/// The Forecast planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast;

impl Planner for Forecast {
    const NAME: &'static str = "forecast";
    type Job = ForecastJob;
    type News = ForecastNews;
    type Outcome = ForecastOutcome;
    type Network = ForecastNetwork;
}

impl Network for ForecastNetwork {
    fn name(&self) -> String {
        self.fingerprint()
    }
}

impl Job for ForecastJob {
    fn kind(&self) -> &'static str {
        match self {
            Self::Reserve(_) => "reserve",
            Self::Admit(question) if question.networks.is_none() => "overbook",
            Self::Admit(_) => "admit",
            Self::Explore(_) => "explore",
            Self::Surface(_) => "surface",
            Self::Learn(_) | Self::LearnAdmission(_) => "learn",
        }
    }

    fn goes_first(&self) -> bool {
        matches!(self, Self::Reserve(_))
    }
}

/// What is told of a job for the Forecast planner before it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastNews {
    /// An epoch of a training is over.
    Epoch {
        /// How it goes.
        moment: LearningMoment,
        /// What the loss network has come to say.
        seen: Option<Box<LossSeen>>,
    },
}
