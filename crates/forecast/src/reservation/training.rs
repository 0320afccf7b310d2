//! Learning to reserve for one service under an agreement: every method on the same trace.

use std::ops::Range;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::forecast::{
    ALPHA, DemandSeries, ReservationMethod, ReservationScore, RivalLoss, ServiceAgreement,
};
use slicewise_optim::{Halted, Monitor};

use super::problem::Trace;
use super::seasonal;
use crate::baselines::{HoltWinters, last_sample, margin, seasonal_naive};
use crate::losses::ExpertLoss;
use crate::model::LearnedLoss;
use crate::training::{Lesson, Measured, Moment, Objective, Settings, Trained, train_watched};
use crate::windows::{Demands, LOOK_BACK, Scale};

impl Trace {
    /// Use case I on this trace, under the usual agreement for its peak.
    pub fn task(&self) -> ReservationTask<'_> {
        ReservationTask {
            series: &self.series,
            agreement: ServiceAgreement::of_deepcog(ALPHA, self.peak()),
            test_from: self.test_from,
        }
    }
}

/// A trace, split into what is learned from and what is held back.
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

impl ReservationTask<'_> {
    /// Checks the task.
    ///
    /// # Errors
    /// Names the field of the trace or the agreement, or says that the split leaves too little: twice
    /// the look-back before the test, one step in it.
    pub fn validate(&self) -> Result<(), InputError> {
        self.series.validate().map_err(|error| error.within("series"))?;
        self.agreement.validate().map_err(|error| error.within("agreement"))?;
        self.check_split(2 * LOOK_BACK, "twice the look-back")
    }

    fn check_split(&self, least: usize, reason: &str) -> Result<(), InputError> {
        let steps = self.series.values.len();
        if self.test_from < least || self.test_from >= steps {
            let allowed = format!("{least} ({reason}) to {steps} less 1");
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
        let is_measured = |step| !self.series.is_filled(self.test_from + step);
        let demand = self.test_demand();
        ReservationScore::of_measured(&self.agreement, reserved, demand, &is_measured)
    }

    /// Largest demand before the test; 1 where there was none.
    pub fn training_peak(&self) -> f64 {
        Scale::of(&self.series.values[..self.test_from]).peak
    }

    /// The loss by hand that `rival` stands for.
    pub fn expert(&self, rival: RivalLoss) -> ExpertLoss {
        let known = &self.series.values[..self.test_from];
        ExpertLoss::of(rival, &self.agreement, known, self.training_peak())
    }

    fn test(&self) -> Range<usize> {
        self.test_from..self.series.values.len()
    }

    /// The reservations of `method`.
    ///
    /// # Errors
    /// As [`Self::learn`]; a method with a daily season needs a whole day before the test.
    pub async fn reserve(
        &self,
        method: ReservationMethod,
        settings: &Settings,
        device: &Device,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(&Moment),
    ) -> Result<Reservations, Halted> {
        self.validate()?;
        let agreement = self.agreement;
        let metric = move |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
        let objective = match (method, method.rival()) {
            (ReservationMethod::Learned, _) => {
                Objective::Learned { measured: Measured::By(&metric), start: None, capacity: None }
            }
            (_, Some(rival)) => Objective::Expert(self.expert(rival)),
            (ReservationMethod::LastSample, _) => {
                return Ok(Reservations { reserved: self.scaled_last_sample(), trained: None });
            }
            (_, None) => {
                let least = self.series.steps_per_day() + 2 * LOOK_BACK;
                self.check_split(least, "a day and twice the look-back")?;
                return Ok(Reservations { reserved: self.seasonal(method), trained: None });
            }
        };
        let mut hear = |moment: &Moment, _: Option<&LearnedLoss>| observe(moment);
        let found = self.learn(objective, settings, device, monitor, false, &mut hear).await?;
        if method == ReservationMethod::BestMargin {
            let best = margin::best_in_hindsight(&agreement, &found.reserved, self.test_demand());
            return Ok(Reservations { reserved: margin::with(&found.reserved, best), ..found });
        }
        Ok(found)
    }

    /// Trains on what comes before the test and decides it. `observe` is also given the loss network
    /// after each epoch, if `watched` and where one learns.
    ///
    /// # Errors
    /// As [`Self::validate`] and [`train_watched`].
    pub async fn learn(
        &self,
        objective: Objective<'_>,
        settings: &Settings,
        device: &Device,
        monitor: &impl Monitor,
        watched: bool,
        observe: &mut dyn FnMut(&Moment, Option<&LearnedLoss>),
    ) -> Result<Reservations, Halted> {
        self.validate()?;
        let demands = Demands::new(vec![&self.series.values])?;
        let lesson = Lesson { demands: &demands, training: 0..self.test_from, validation: 0..0 };
        let trained =
            train_watched(&lesson, objective, settings, device, monitor, watched, observe).await?;
        let mut reserved = Vec::with_capacity(self.test().len());
        for step in self.test() {
            reserved.push(trained.forecaster.decide(&demands.window(step))[0].max(0.0));
            if step % 64 == 0 {
                monitor.checkpoint().await?;
            }
        }
        Ok(Reservations { reserved, trained: Some(trained) })
    }

    fn scaled_last_sample(&self) -> Vec<f64> {
        let demand = &self.series.values;
        let factor = last_sample::fit(&self.agreement, &demand[..self.test_from]);
        last_sample::reservations(factor, demand, self.test_from)
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
        seasonal::covered(&forecasts, demand, day, self.test_from)
    }
}
