//! What the page asks the Forecast planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::admission_plan::{AdmissionPlan, AdmitQuestion};
use super::cost_records::CostRecord;
use super::explorer::{ExploreQuestion, LossPicture, LossSurface, SurfaceQuestion};
use super::learning::{AdmissionLearnOrder, LearnOrder, LearningMoment, LossSeen};
use super::networks::{ForecastNetwork, LearnedNetworks, NetworkSource};
use super::reservation::{ReservationPlan, ReserveQuestion};
use crate::planner::{Job, Network, Planner};
use crate::reader::{DemandFile, DemandRead, RecordFile, TableRead};

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

/// A job for the Forecast planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastJob {
    /// Reservations for one service under an agreement, by every method.
    Reserve(Box<ReserveQuestion>),
    /// Admissions and reservations for the four generated services under one capacity.
    Admit(Box<AdmitQuestion>),
    /// What the loss network has learned of one service's costs.
    Explore(Box<ExploreQuestion>),
    /// What it has learned of one slice's costs while the others are held.
    Surface(Box<SurfaceQuestion>),
    /// Traces of a file; the reader of files can.
    ReadDemand(Box<DemandFile>),
    /// Recorded outcomes of a file; the reader of files can.
    ReadRecords(Box<RecordFile>),
    /// Trains both networks for one service; an engine with burn can.
    Learn(Box<LearnOrder>),
    /// Trains both networks for the four generated services under one capacity; an engine with burn can.
    LearnAdmission(Box<AdmissionLearnOrder>),
}

impl ForecastJob {
    /// The networks that the job needs, where it needs any.
    pub fn networks(&self) -> Option<&NetworkSource> {
        match self {
            Self::Reserve(question) => Some(&question.networks),
            Self::Admit(question) => question.networks.as_ref(),
            Self::Explore(question) => Some(&question.networks),
            Self::Surface(question) => Some(&question.networks),
            Self::Learn(order) => order.start.as_ref(),
            Self::ReadDemand(_) | Self::ReadRecords(_) | Self::LearnAdmission(_) => None,
        }
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
            Self::ReadDemand(_) => "read-demand",
            Self::ReadRecords(_) => "read-records",
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

/// Results, one per kind of job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastOutcome {
    /// Reservations over the test.
    Reserved(Box<ReservationPlan>),
    /// Admissions over the test.
    Admitted(Box<AdmissionPlan>),
    /// A learned loss.
    Explored(Box<LossPicture>),
    /// A learned loss over two axes.
    Surface(Box<LossSurface>),
    /// Trained networks.
    Learned(Box<LearnedNetworks>),
    /// Traces of a file, or what has to be chosen.
    Demand(Box<DemandRead>),
    /// Recorded outcomes of a file, or what has to be chosen.
    Records(Box<TableRead<Vec<CostRecord>>>),
}
