//! The slices of use case II: their demand, their terms and their test.

use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::forecast::{
    AdmissionTerms, DemandSeries, Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
};
use slicewise_optim::{Halted, Monitor};

use super::score::{AdmissionScore, Decisions};
use super::solver::{AdmissionPlanner, Constancy};
use crate::model::{Forecaster, LearnedLoss};
use crate::windows::{Demands, LOOK_BACK};

/// Capacity as a share of the sum of the slices' scales: there overbooking serves a slice for about as
/// long as in the paper, 7.5 hours a day (Loss meta-learning, Table II).
pub const CAPACITY_SHARE: f64 = 0.15;
/// ra of the metric: half of the revenue and penalty is lost where a fortieth of the scale is missing.
pub const STEEPNESS: f64 = -40.0;
/// rb of the metric.
pub const OFFSET: f64 = -1.0;

/// Four slices under one capacity.
#[derive(Clone, Debug)]
pub struct AdmissionSetting {
    /// Demand of each slice.
    pub series: Vec<DemandSeries>,
    /// The terms; the scales are the peaks of the training days.
    pub terms: AdmissionTerms,
    /// First step of the test.
    pub test_from: usize,
}

impl AdmissionSetting {
    /// The four generated services with this seed; the capacity is `capacity_share` of the sum of the
    /// scales, `steepness` and `offset` are ra and rb of the metric.
    ///
    /// # Errors
    /// Those of the generator, or names the term that is out of range.
    pub fn generated(
        seed: u64,
        capacity_share: f64,
        steepness: f64,
        offset: f64,
    ) -> Result<Self, InputError> {
        let mut series = Vec::new();
        for name in ServiceName::ALL {
            let days = TRAINING_DAYS + TEST_DAYS;
            series.push(Service::of(name).generate(name.as_str(), days, seed)?);
        }
        let test_from = TRAINING_DAYS * series[0].steps_per_day();
        let peak = |series: &DemandSeries| {
            series.values[..test_from].iter().copied().fold(f64::MIN_POSITIVE, f64::max)
        };
        let scales: Vec<f64> = series.iter().map(peak).collect();
        check_range("capacity_share", capacity_share, 1e-3, 10.0, "of the sum of the scales")?;
        let capacity = capacity_share * scales.iter().sum::<f64>();
        let terms = AdmissionTerms { scales, capacity, steepness, offset };
        terms.validate()?;
        Ok(Self { series, terms, test_from })
    }

    /// The same under the usual terms.
    ///
    /// # Errors
    /// As [`Self::generated`].
    pub fn usual(seed: u64) -> Result<Self, InputError> {
        Self::generated(seed, CAPACITY_SHARE, STEEPNESS, OFFSET)
    }

    /// The demands.
    ///
    /// # Errors
    /// As [`Demands::new`].
    pub fn demands(&self) -> Result<Demands<'_>, InputError> {
        Demands::new(self.series.iter().map(|series| &series.values[..]).collect())
    }

    /// The planner with these networks.
    pub fn planner<'a>(
        &self,
        forecaster: &'a Forecaster,
        loss: &'a LearnedLoss,
    ) -> AdmissionPlanner<'a> {
        let constancy = Constancy { steps_per_day: self.steps_per_day(), ..Constancy::usual() };
        AdmissionPlanner { forecaster, loss, capacity: self.terms.capacity, constancy }
    }

    /// Decisions for the test, by a planner that has run since the day before. `observe` hears the share
    /// of the steps that is decided.
    ///
    /// # Errors
    /// As [`Self::demands`], or says that `monitor` stopped it.
    pub async fn decisions(
        &self,
        forecaster: &Forecaster,
        loss: &LearnedLoss,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<Decisions, Halted> {
        let demands = self.demands()?;
        let before = self.steps_per_day().min(self.test_from.saturating_sub(LOOK_BACK));
        let steps = self.test_from - before..demands.steps();
        let count = steps.len();
        let planner = self.planner(forecaster, loss);
        let mut decisions = Decisions::with_capacity(count);
        for decision in planner.decisions(&demands, steps) {
            decisions.push(decision);
            observe(decisions.len() as f64 / count as f64);
            monitor.checkpoint().await?;
        }
        Ok(decisions.split_off(before))
    }

    /// The score of `decisions` for the test.
    ///
    /// # Errors
    /// As [`Self::demands`].
    pub fn score(&self, decisions: &Decisions) -> Result<AdmissionScore, InputError> {
        let (demands, day) = (self.demands()?, self.steps_per_day());
        Ok(AdmissionScore::of(&self.terms, decisions, &demands, self.test_from, day))
    }

    /// Steps of a day.
    pub fn steps_per_day(&self) -> usize {
        self.series[0].steps_per_day()
    }
}
