//! Capacity for one service under an agreement: every method on the same trace.

use std::ops::Range;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::forecast::{DemandSeries, ReservationScore, ServiceAgreement};
use slicewise_optim::Monitor;

use crate::baselines::{HoltWinters, margin, seasonal_naive};
use crate::losses::ExpertLoss;
use crate::training::{
    CostRecord, Lesson, Measured, Moment, Objective, Settings, Trained, TrainingError, train,
};
use crate::windows::{Demands, LOOK_BACK};

/// Share of the training errors that the margin of forecasters without a network covers.
pub const COVERED_SHARE: f64 = 0.95;
/// Epsilon of alpha-OMC in DeepCog.
pub const OMC_EPSILON: f64 = 0.1;

/// How reservations come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReservationMethod {
    /// Both networks learn together; the metric is only measured.
    LossMetaLearning,
    /// The regressor on DeepCog's alpha-OMC loss, alpha as the agreement says.
    AlphaOmc,
    /// The regressor on absolute error, plus the fixed margin that is best on the test itself.
    AbsoluteErrorBestMargin,
    /// The regressor on pinball loss at the newsvendor quantile, for which a violation counts as
    /// falling short by one mean change of the demand.
    Pinball,
    /// The demand a day earlier, plus a margin that covers [`COVERED_SHARE`] of the training errors.
    SeasonalNaive,
    /// Additive Holt-Winters with a daily season, plus such a margin.
    HoltWinters,
}

impl ReservationMethod {
    /// All of them, ours first.
    pub const ALL: [Self; 6] = [
        Self::LossMetaLearning,
        Self::AlphaOmc,
        Self::AbsoluteErrorBestMargin,
        Self::Pinball,
        Self::SeasonalNaive,
        Self::HoltWinters,
    ];

    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LossMetaLearning => "loss-meta-learning",
            Self::AlphaOmc => "alpha-omc",
            Self::AbsoluteErrorBestMargin => "mae-best-margin",
            Self::Pinball => "pinball",
            Self::SeasonalNaive => "seasonal-naive",
            Self::HoltWinters => "holt-winters",
        }
    }

    /// Whether the method uses the metric's formula or prices, or the test itself: alpha-OMC and the
    /// pinball quantile are computed from the agreement's prices, the margin in hindsight from the
    /// test's demand and the metric. Ours sees measured costs only; the others see demand only.
    pub fn knows_metric(self) -> bool {
        matches!(self, Self::AlphaOmc | Self::AbsoluteErrorBestMargin | Self::Pinball)
    }
}

/// A trace, split into what is learnt from and what is held back.
#[derive(Clone, Debug)]
pub struct ReservationTask<'a> {
    /// The trace.
    pub series: &'a DemandSeries,
    /// The agreement.
    pub agreement: ServiceAgreement,
    /// First step of the test.
    pub test_from: usize,
}

/// Reservations of one method over the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Reservations {
    /// One reservation per test step, in the trace's unit.
    pub reserved: Vec<f64>,
    /// The networks, where the method has any.
    pub trained: Option<Trained>,
}

/// The objective of ours for one service.
fn learned(measured: Measured<'_>) -> Objective<'_> {
    Objective::Learned { measured, start: None, capacity: None }
}

impl ReservationTask<'_> {
    /// Checks the task.
    ///
    /// # Errors
    /// Names the field of the trace or the agreement, or says that the split leaves too little: a day
    /// and the look-back before the test, one step in it.
    pub fn validate(&self) -> Result<(), InputError> {
        self.series.validate().map_err(|error| error.within("series"))?;
        self.agreement.validate().map_err(|error| error.within("agreement"))?;
        let least = self.series.steps_per_day() + 2 * LOOK_BACK;
        let steps = self.series.values.len();
        if self.test_from < least || self.test_from >= steps {
            let allowed = format!("{least} (a day and twice the look-back) to {steps} less 1");
            return Err(InputError::new("test_from", self.test_from, allowed));
        }
        Ok(())
    }

    /// Demand over the test.
    pub fn test_demand(&self) -> &[f64] {
        &self.series.values[self.test_from..]
    }

    /// The score of `reserved` over the test.
    pub fn score(&self, reserved: &[f64]) -> ReservationScore {
        ReservationScore::of(&self.agreement, reserved, self.test_demand())
    }

    /// Largest demand before the test.
    pub fn training_peak(&self) -> f64 {
        self.series.values[..self.test_from].iter().copied().fold(0.0, f64::max)
    }

    /// Price of a violation against over-provisioning by the whole peak: alpha of alpha-OMC.
    pub fn alpha(&self) -> f64 {
        let peak = self.training_peak().max(f64::MIN_POSITIVE);
        let price = self.agreement.overprovisioning_price.max(f64::MIN_POSITIVE);
        self.agreement.violation_cost() / (price * peak)
    }

    fn test(&self) -> Range<usize> {
        self.test_from..self.series.values.len()
    }

    /// The reservations of `method`.
    ///
    /// # Errors
    /// As [`Self::validate`] and [`train`].
    pub async fn reserve(
        &self,
        method: ReservationMethod,
        settings: &Settings,
        device: &Device,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(&Moment),
    ) -> Result<Reservations, TrainingError> {
        self.validate()?;
        let agreement = self.agreement;
        let metric = move |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
        let objective = match method {
            ReservationMethod::LossMetaLearning => learned(Measured::By(&metric)),
            ReservationMethod::AlphaOmc => Objective::Expert(self.alpha_omc()),
            ReservationMethod::AbsoluteErrorBestMargin => {
                Objective::Expert(ExpertLoss::AbsoluteError)
            }
            ReservationMethod::Pinball => {
                Objective::Expert(ExpertLoss::Pinball { quantile: self.newsvendor_quantile() })
            }
            ReservationMethod::SeasonalNaive | ReservationMethod::HoltWinters => {
                return Ok(Reservations { reserved: self.seasonal(method), trained: None });
            }
        };
        let found = self.trained(objective, settings, device, monitor, observe).await?;
        if method == ReservationMethod::AbsoluteErrorBestMargin {
            let best = margin::best_in_hindsight(&agreement, &found.reserved, self.test_demand());
            return Ok(Reservations { reserved: margin::with(&found.reserved, best), ..found });
        }
        Ok(found)
    }

    /// The reservations where costs are known from `records` alone, whatever the agreement says.
    ///
    /// # Errors
    /// As [`Self::reserve`]; names a record that is unusable.
    pub async fn reserve_by_records(
        &self,
        records: &[CostRecord],
        settings: &Settings,
        device: &Device,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(&Moment),
    ) -> Result<Reservations, TrainingError> {
        self.validate()?;
        self.trained(learned(Measured::In(records)), settings, device, monitor, observe).await
    }

    async fn trained(
        &self,
        objective: Objective<'_>,
        settings: &Settings,
        device: &Device,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(&Moment),
    ) -> Result<Reservations, TrainingError> {
        let demands = Demands::new(vec![&self.series.values])?;
        let lesson = Lesson { demands: &demands, training: 0..self.test_from, validation: 0..0 };
        let trained = train(&lesson, objective, settings, device, monitor, observe).await?;
        let mut reserved = Vec::with_capacity(self.test().len());
        for step in self.test() {
            reserved.push(trained.forecaster.decide(&demands.window(step))[0].max(0.0));
            if step % 64 == 0 {
                monitor.checkpoint().await?;
            }
        }
        Ok(Reservations { reserved, trained: Some(trained) })
    }

    /// alpha-OMC for this agreement; epsilon is lowered where the minimum would leave the scale.
    pub fn alpha_omc(&self) -> ExpertLoss {
        let alpha = self.alpha();
        ExpertLoss::AlphaOmc { alpha, epsilon: OMC_EPSILON.min(0.5 / alpha) }
    }

    /// Cost of one missing unit against that of one unit missing or spare, where a violation counts
    /// as one mean absolute change of the demand.
    pub fn newsvendor_quantile(&self) -> f64 {
        let demand = &self.series.values[..self.test_from];
        let changes: f64 = demand.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let typical = (changes / (demand.len() - 1) as f64).max(1e-3 * self.training_peak());
        let missing = self.agreement.violation_cost() / typical.max(f64::MIN_POSITIVE);
        missing / (missing + self.agreement.overprovisioning_price)
    }

    fn seasonal(&self, method: ReservationMethod) -> Vec<f64> {
        let demand = &self.series.values;
        let day = self.series.steps_per_day();
        let forecasts = if method == ReservationMethod::HoltWinters {
            let smoothing = HoltWinters::fit(&demand[..self.test_from], day);
            HoltWinters::forecasts(demand, day, smoothing)
        } else {
            seasonal_naive(demand, day, 0..demand.len())
        };
        let known = day..self.test_from;
        let margin = margin::covering(&forecasts[known.clone()], &demand[known], COVERED_SHARE);
        margin::with(&forecasts[self.test()], margin)
    }
}
