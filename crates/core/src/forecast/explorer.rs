//! What a loss network has learned: the questions, and their pictures.

use serde::{Deserialize, Serialize};

use super::networks::NetworkSource;
use super::trace::TraceSource;
use super::{ServiceAgreement, ServiceName};
use crate::packed_numbers;

/// The learned loss of one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExploreQuestion {
    /// The demand.
    pub trace: TraceSource,
    /// Whose loss network.
    pub networks: NetworkSource,
}

/// The learned loss beside the metric that it was learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossPicture {
    /// Unit of the demand.
    pub unit: String,
    /// Largest demand before the test.
    pub peak: f64,
    /// The agreement under which it was learned.
    pub agreement: ServiceAgreement,
    /// One picture for low demand, one for high demand.
    pub levels: Vec<LossAtDemand>,
}

/// Losses over decisions at one demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossAtDemand {
    /// The demand.
    pub demand: f64,
    /// Decisions, ascending.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// What the loss network says.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
    /// What alpha-OMC says, in the metric's currency.
    #[serde(with = "packed_numbers")]
    pub alpha_omc: Vec<f64>,
    /// Root mean square error of the regressor about its own margin, at test demand near this one.
    pub error: f64,
    /// Margin that the regressor keeps there: the mean of its decisions less the demand.
    pub kept_margin: f64,
    /// Margin with the least mean learned loss for those errors.
    pub learned_margin: f64,
    /// Margin with the least mean cost for those errors.
    pub best_margin: f64,
}

/// The demand of the slices that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A tenth of the test's steps are lower.
    Low,
    /// Half of them are.
    #[default]
    Medium,
    /// Nine tenths of them are.
    High,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Share of the test's steps with a lower demand.
    pub fn quantile(self) -> f64 {
        match self {
            Self::Low => 0.1,
            Self::Medium => 0.5,
            Self::High => 0.9,
        }
    }
}

/// The learned loss over decision and demand of one of the four services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurfaceQuestion {
    /// Whose loss network.
    pub networks: NetworkSource,
    /// Seed of the demand.
    pub seed: u64,
    /// The slice, from 0.
    pub slice: usize,
    /// Demand of the others, which are served one usual change above it.
    pub others: Level,
    /// Points of each axis, 2 to 200.
    pub resolution: usize,
}

/// A learned loss over decision and demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossSurface {
    /// The slice.
    pub service: ServiceName,
    /// Unit of decision and demand.
    pub unit: String,
    /// Decisions, ascending; below 0 rejects.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// Demands, ascending.
    #[serde(with = "packed_numbers")]
    pub demands: Vec<f64>,
    /// What the loss network says, demand after demand, each over all decisions.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
    /// The decision with the least learned loss, for each demand.
    #[serde(with = "packed_numbers")]
    pub cheapest: Vec<f64>,
}
