//! What the page asks the Forecast planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::admission_plan::{AdmissionPlan, AdmitQuestion};
use super::explorer::{ExploreQuestion, LossPicture, LossSurface, SurfaceQuestion};
use super::learning::{AdmissionLearnOrder, LearnOrder};
use super::networks::{LearnedNetworks, NetworkSource};
use super::reservation::{ReservationPlan, ReserveQuestion};

/// A job for the Forecast planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastJob {
    /// Reservations for one service under an agreement, by every method.
    Reserve(Box<ReserveQuestion>),
    /// Admissions and reservations for the four generated services under one capacity.
    Admit(Box<AdmitQuestion>),
    /// What the loss network has learnt of one service's costs.
    Explore(Box<ExploreQuestion>),
    /// What it has learnt of one slice's costs while the others are held.
    Surface(Box<SurfaceQuestion>),
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
            Self::LearnAdmission(_) => None,
        }
    }
}

/// Results, one per kind of job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastOutcome {
    /// Reservations over the test.
    Reserved(Box<ReservationPlan>),
    /// Admissions over the test.
    Admitted(Box<AdmissionPlan>),
    /// A learnt loss.
    Explored(Box<LossPicture>),
    /// A learnt loss over two axes.
    Surface(Box<LossSurface>),
    /// Trained networks.
    Learned(Box<LearnedNetworks>),
}
