//! Capacity for one service: the question, and its answer by every method.

use serde::{Deserialize, Serialize};

use super::networks::NetworkSource;
use super::trace::TraceSource;
use super::{ALPHA, ReservationScore, RivalLoss, ServiceAgreement};
use crate::{Origin, packed_numbers};

/// Capacity for one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReserveQuestion {
    /// The demand; its last third is the test.
    pub trace: TraceSource,
    /// Which networks decide.
    pub networks: NetworkSource,
    /// What a step costs.
    pub terms: Terms,
    /// Whether the regressors that learned on other losses decide too, which takes as long for each as
    /// it does for ours, the first time.
    pub rivals: bool,
}

/// An agreement in prices of capacity, so that it fits demand of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Revenue of a step that is served in full, in units of the largest demand of the training days.
    pub revenue: f64,
    /// Penalty of a step that is not, in the same units.
    pub penalty: f64,
    /// Price of a unit of capacity that was reserved and not used, per step.
    pub overprovisioning_price: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { revenue: 0.5 * ALPHA, penalty: 0.5 * ALPHA, overprovisioning_price: 1.0 }
    }
}

impl Terms {
    /// The agreement for demand with this peak.
    pub fn agreement(&self, peak: f64) -> ServiceAgreement {
        ServiceAgreement {
            revenue: self.revenue * peak,
            penalty: self.penalty * peak,
            overprovisioning_price: self.overprovisioning_price,
        }
    }
}

/// How reservations come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReservationMethod {
    /// The regressor that learned with its own loss.
    Learned,
    /// The same regressor on DeepCog's alpha-OMC loss.
    AlphaOmc,
    /// The same regressor on absolute error, plus the fixed margin that is best on the test itself.
    BestMargin,
    /// The same regressor on pinball loss at the newsvendor quantile.
    Pinball,
    /// The demand a day earlier, plus a margin that covers 95 % of the errors.
    SeasonalNaive,
    /// Holt-Winters, plus such a margin.
    HoltWinters,
}

impl ReservationMethod {
    /// All of them, ours first.
    pub const ALL: [Self; 6] = [
        Self::Learned,
        Self::AlphaOmc,
        Self::BestMargin,
        Self::Pinball,
        Self::SeasonalNaive,
        Self::HoltWinters,
    ];

    /// The name in files and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "loss-meta-learning",
            Self::AlphaOmc => "alpha-omc",
            Self::BestMargin => "best-margin",
            Self::Pinball => "pinball",
            Self::SeasonalNaive => "seasonal-naive",
            Self::HoltWinters => "holt-winters",
        }
    }

    /// The loss by hand that the regressor learns on, where it is one.
    pub fn rival(self) -> Option<RivalLoss> {
        match self {
            Self::AlphaOmc => Some(RivalLoss::AlphaOmc),
            Self::BestMargin => Some(RivalLoss::AbsoluteError),
            Self::Pinball => Some(RivalLoss::Pinball),
            Self::Learned | Self::SeasonalNaive | Self::HoltWinters => None,
        }
    }

    /// Whether the method uses the metric's formula or prices, or the test itself: alpha-OMC and the
    /// pinball quantile are computed from the agreement's prices, the margin in hindsight from the
    /// test's demand and the metric. Ours sees measured costs only; the others see demand only.
    pub fn knows_metric(self) -> bool {
        matches!(self, Self::AlphaOmc | Self::BestMargin | Self::Pinball)
    }
}

/// Whose forecasts the methods that know the prices (or the test) stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rivals {
    /// Regressors of ours' size, each on its own loss.
    Regressors,
    /// They have not been asked yet: the plan lacks those methods.
    NotAsked,
    /// Holt-Winters, with the margin that the method asks for: no such regressors learned beside ours.
    HoltWinters,
}

/// One method over the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodPlan {
    /// How.
    pub method: ReservationMethod,
    /// One reservation per test step.
    #[serde(with = "packed_numbers")]
    pub reserved: Vec<f64>,
    /// What they cost.
    pub score: ReservationScore,
}

/// Reservations for one service over the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReservationPlan {
    /// Name of the trace.
    pub name: String,
    /// Unit of its demand.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the test, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Steps before the test.
    pub training_steps: usize,
    /// Largest demand before the test.
    pub peak: f64,
    /// The agreement in force.
    pub agreement: ServiceAgreement,
    /// Demand over the test.
    #[serde(with = "packed_numbers")]
    pub demand: Vec<f64>,
    /// Every method that can plan this trace, ours first.
    pub methods: Vec<MethodPlan>,
    /// What some of them stand on.
    pub rivals: Rivals,
    /// Our reservation for the step after the end of the trace.
    pub next: f64,
    /// By how many usual changes our decisions were moved because the networks learned under other terms
    /// or from another trace; 0 where they did not.
    pub moved: f64,
    /// Whether the networks learned from another trace than this one.
    pub transferred: bool,
    /// Mean time of one decision of ours, in milliseconds.
    pub decision_ms: f64,
    /// The weights that decided, the seed of the demand where it was generated, and the build.
    pub origin: Origin,
}
