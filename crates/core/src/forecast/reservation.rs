//! Capacity for one service: the question, and its answer by every method.

use serde::{Deserialize, Serialize};

use super::networks::NetworkSource;
use super::series::LONGEST_STEP_MINUTES;
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
    /// The terms that `agreement` is for demand with this peak, more than 0.
    pub fn of(agreement: &ServiceAgreement, peak: f64) -> Self {
        Self {
            revenue: agreement.revenue / peak,
            penalty: agreement.penalty / peak,
            overprovisioning_price: agreement.overprovisioning_price,
        }
    }

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
    /// The demand of the step before times the one factor k that was cheapest on the training days.
    LastSample,
    /// The demand a day earlier, plus a margin that covers 95 % of the errors.
    SeasonalNaive,
    /// Holt-Winters, plus such a margin.
    HoltWinters,
}

impl ReservationMethod {
    /// All of them, ours first.
    pub const ALL: [Self; 7] = [
        Self::Learned,
        Self::AlphaOmc,
        Self::BestMargin,
        Self::Pinball,
        Self::LastSample,
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
            Self::LastSample => "last-sample-times-k",
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
            Self::Learned | Self::LastSample | Self::SeasonalNaive | Self::HoltWinters => None,
        }
    }

    /// Whether the method uses the metric's formula or prices, or the test itself: alpha-OMC and the
    /// pinball quantile are computed from the agreement's prices, k from the metric on the training
    /// days, the margin in hindsight from the test's demand and the metric. Ours sees measured costs
    /// only; the others see demand only.
    pub fn knows_metric(self) -> bool {
        matches!(self, Self::AlphaOmc | Self::BestMargin | Self::Pinball | Self::LastSample)
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
    /// The factor k of [`ReservationMethod::LastSample`], 0 or more.
    pub last_sample_factor: f64,
    /// By how many usual changes the networks' decisions were moved, on average over the test, because
    /// they learned under other terms or from another trace; 0 where they did not.
    pub moved: f64,
    /// Whether the networks learned from another trace than this one.
    pub transferred: bool,
    /// Step of the demand that the networks learned from, in minutes.
    pub network_step_minutes: u32,
    /// Whether our decisions stand on Holt-Winters' forecasts too and are moved by the hour of the day,
    /// anew each day: networks of another trace, or steps of half an hour and more, with two days before
    /// the test.
    pub by_time_of_day: bool,
    /// Mean time of one decision of ours, in milliseconds.
    pub decision_ms: f64,
    /// The weights that decided, the seed of the demand where it was generated, and the build.
    pub origin: Origin,
}

/// Costs below this share of a violated step's are rounding: the method served every step exactly.
const NOTHING: f64 = 1e-9;

impl ReservationPlan {
    /// Steps of a day, at least 1.
    pub fn steps_per_day(&self) -> usize {
        (LONGEST_STEP_MINUTES / self.step_minutes.max(1)).max(1) as usize
    }

    /// Days of the test, begun ones included; at least 1.
    pub fn test_days(&self) -> usize {
        self.demand.len().div_ceil(self.steps_per_day()).max(1)
    }

    /// Start of a step of the test, in minutes since 1970-01-01 00:00 UTC.
    pub fn minute(&self, step: usize) -> i64 {
        self.start_minute + step as i64 * i64::from(self.step_minutes)
    }

    /// What ours saves against `method`, as a share of its cost; below 0 where ours costs more. None
    /// where `method` costs nothing, against which no share can be told.
    pub fn saving_against(&self, method: &MethodPlan) -> Option<f64> {
        let ours = self.methods.first()?.score.cost;
        let theirs = method.score.cost;
        let told = theirs > NOTHING * self.agreement.violation_cost();
        told.then(|| 1.0 - ours / theirs)
    }

    /// The other method with the lowest cost. None as long as not all others are there, or where there
    /// is no other.
    pub fn best_rival(&self) -> Option<&MethodPlan> {
        if self.rivals == Rivals::NotAsked {
            return None;
        }
        let others = self.methods.iter().filter(|plan| plan.method != ReservationMethod::Learned);
        others.min_by(|one, other| one.score.cost.total_cmp(&other.score.cost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(costs: &[f64]) -> ReservationPlan {
        let of = |(method, cost): (ReservationMethod, &f64)| MethodPlan {
            method,
            reserved: Vec::new(),
            score: ReservationScore { cost: *cost, ..ReservationScore::default() },
        };
        ReservationPlan {
            name: "cell".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 0,
            training_steps: 24,
            peak: 8.0,
            agreement: Terms::default().agreement(8.0),
            demand: Vec::new(),
            methods: ReservationMethod::ALL.into_iter().zip(costs).map(of).collect(),
            rivals: Rivals::Regressors,
            next: 8.0,
            last_sample_factor: 1.0,
            moved: 0.0,
            transferred: false,
            network_step_minutes: 5,
            by_time_of_day: false,
            decision_ms: 0.1,
            origin: Origin::new("0123456789abcdef", 0),
        }
    }

    #[test]
    fn no_share_is_told_against_a_method_that_costs_nothing_but_rounding() {
        // A constant trace of 8: margins are widened by 1e-12, and ours keeps a thousandth of the peak.
        let found = plan(&[0.008, 8e-12, 0.0, 0.016, 0.004]);
        let savings: Vec<Option<f64>> =
            found.methods[1..].iter().map(|other| found.saving_against(other)).collect();
        assert_eq!(savings, [None, None, Some(0.5), Some(-1.0)]);
    }

    #[test]
    fn the_best_of_the_others_is_known_once_all_others_are_there() {
        let whole = plan(&[0.9, 1.5, 1.2, 1.3, 1.1]);
        let best = whole.best_rival().map(|plan| plan.method);
        assert_eq!(best, Some(ReservationMethod::LastSample));
        let early = ReservationPlan { rivals: Rivals::NotAsked, ..whole };
        assert_eq!(early.best_rival(), None);
        assert_eq!(plan(&[0.9]).best_rival(), None);
    }
}
