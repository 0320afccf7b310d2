//! Reservations for one service: what does not depend on the agreement is decided once per trace, the
//! rest follows the sliders.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::forecast::job::{
    Method, MethodPlan, ReservationPlan, ReserveQuestion, Rivals, Terms,
};
use slicewise_core::forecast::{ReservationScore, RivalLoss, ServiceAgreement};
use slicewise_forecast::baselines::{HoltWinters, margin, seasonal_naive};
use slicewise_forecast::explorer::best_margin;
use slicewise_forecast::losses::{ExpertLoss, newsvendor_quantile};
use slicewise_forecast::model::Forecaster;
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};
use slicewise_optim::Monitor;

use super::{Networks, Trace};
use crate::jobs::JobError;

/// Share of the training errors that the margin of forecasters without prices covers.
const COVERED_SHARE: f64 = 0.95;
/// The most training steps on which a move of our decisions is chosen.
const MOVED_ON: usize = 2016;
/// Margins or moves that are tried.
const MARGINS: usize = 200;
/// Decisions between two moments at which other messages are let in.
const DECISIONS_AT_ONCE: usize = 32;

/// What all methods say of one trace before any price is known.
#[derive(Debug)]
pub struct Decided {
    key: String,
    /// The trace.
    pub(super) trace: Trace,
    /// Our decisions.
    pub(super) ours: Regressor,
    transferred: bool,
    /// Those of the regressors that learnt on other losses, once they were asked for.
    rivals: RefCell<Vec<Rc<(RivalLoss, Regressor)>>>,
    seasonal: Option<Seasonal>,
    decision_ms: f64,
}

/// A regressor and its decisions.
#[derive(Debug)]
pub struct Regressor {
    /// With the trace's own scale where it learnt from another one.
    pub(super) forecaster: Forecaster,
    /// Over the test, and one for the step after it.
    pub(super) test: Vec<f64>,
    /// Over the last training steps, once a move had to be chosen.
    before: RefCell<Option<Rc<Vec<f64>>>>,
}

/// One-step forecasts of the whole trace without a network.
#[derive(Debug)]
struct Seasonal {
    holt_winters: Vec<f64>,
    naive: Vec<f64>,
}

impl Decided {
    /// What it was decided for.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Decides all steps of the test.
    pub async fn new(
        key: String,
        trace: Trace,
        networks: &Networks,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
        now: &impl Fn() -> f64,
    ) -> Result<Self, JobError> {
        let (forecaster, transferred) = fitted(networks, &trace)?;
        let started = now();
        let ours = Regressor::new(forecaster, &trace, monitor, observe).await?;
        let decision_ms = (now() - started) / ours.test.len().max(1) as f64;
        let seasonal = seasonal(&trace, monitor).await?;
        let rivals = RefCell::default();
        Ok(Self { key, trace, ours, transferred, rivals, seasonal, decision_ms })
    }

    /// Every method's reservations and what they cost under the question's terms.
    pub async fn plan(
        &self,
        question: &ReserveQuestion,
        networks: &Networks,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<ReservationPlan, JobError> {
        let peak = self.trace.peak();
        let agreement = question.terms.agreement(peak);
        agreement.validate()?;
        let series = &self.trace.series;
        let known = self.knows(&question.terms, networks);
        let moved = match known {
            true => 0.0,
            false => cheapest_move(&agreement, self.ours.errors(&self.trace, monitor).await?),
        };
        let mut ours = self.ours.moved(&self.trace, moved);
        let next = ours.pop().unwrap_or(0.0);
        let demand = series.values[self.trace.test_from..].to_vec();
        let mut methods = vec![method(&agreement, Method::Learned, ours, &demand)];
        if question.rivals {
            self.ask_rivals(networks, monitor, observe).await?;
        }
        let rivals = match (networks.set.rivals.len(), self.rivals.borrow().len()) {
            (0, _) => Rivals::HoltWinters,
            (all, decided) if decided < all => Rivals::NotAsked,
            _ => Rivals::Regressors,
        };
        match rivals {
            Rivals::HoltWinters => methods.extend(self.seasonal_rivals(&agreement)),
            Rivals::Regressors => methods.extend(self.rivals(&agreement, known, monitor).await?),
            Rivals::NotAsked => {}
        }
        methods.extend(self.without_prices(&agreement));
        Ok(ReservationPlan {
            name: series.name.clone(),
            unit: series.unit.clone(),
            step_minutes: series.step_minutes,
            start_minute: series.start_minute
                + self.trace.test_from as i64 * i64::from(series.step_minutes),
            training_steps: self.trace.test_from,
            peak,
            agreement,
            demand,
            methods,
            rivals,
            next,
            moved,
            transferred: self.transferred,
            decision_ms: self.decision_ms,
        })
    }

    /// Whether the networks learnt this very trace under these terms, but for a common factor.
    fn knows(&self, terms: &Terms, networks: &Networks) -> bool {
        if self.transferred {
            return false;
        }
        let (Some(agreement), Some(scale)) =
            (&networks.card.agreement, self.ours.forecaster.scales.first())
        else {
            return true;
        };
        let asked = (terms.revenue + terms.penalty) / terms.overprovisioning_price;
        let price = agreement.overprovisioning_price * scale.peak;
        let learnt = agreement.violation_cost() / price;
        (asked - learnt).abs() <= 1e-6 * learnt
    }

    /// Lets the regressors that learnt on other losses decide, the first time.
    async fn ask_rivals(
        &self,
        networks: &Networks,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<(), JobError> {
        let all = networks.set.rivals.len();
        let known = self.rivals.borrow().len();
        for (index, rival) in networks.set.rivals.iter().enumerate().skip(known) {
            let forecaster = Forecaster {
                network: rival.network.clone(),
                scales: self.ours.forecaster.scales.clone(),
            };
            let mut part = |share: f64| observe((index as f64 + share) / all as f64);
            let regressor = Regressor::new(forecaster, &self.trace, monitor, &mut part).await?;
            self.rivals.borrow_mut().push(Rc::new((rival.loss, regressor)));
        }
        Ok(())
    }

    /// Regressors of ours' size on other losses; moved as ours are where they learnt under other terms
    /// or from another trace, each by its own loss.
    async fn rivals(
        &self,
        agreement: &ServiceAgreement,
        known: bool,
        monitor: &impl Monitor,
    ) -> Result<Vec<MethodPlan>, JobError> {
        let (trace, peak) = (&self.trace, self.trace.peak());
        let demand = &trace.series.values[trace.test_from..];
        let learnt = &trace.series.values[..trace.test_from];
        let rivals = self.rivals.borrow().clone();
        let mut plans = Vec::new();
        for rival in rivals {
            let (loss, regressor) = &*rival;
            let mut move_for = 0.0;
            if !known && *loss != RivalLoss::AbsoluteError {
                let expert = ExpertLoss::of(*loss, agreement, learnt, peak);
                move_for = best_move(expert, peak, &regressor.errors(trace, monitor).await?);
            }
            let mut reserved = regressor.moved(trace, move_for);
            reserved.truncate(demand.len());
            let name = match loss {
                RivalLoss::AlphaOmc => Method::AlphaOmc,
                RivalLoss::AbsoluteError => Method::BestMargin,
                RivalLoss::Pinball => Method::Pinball,
            };
            if *loss == RivalLoss::AbsoluteError {
                let hindsight = best_in_hindsight(agreement, &reserved, demand);
                reserved = margin::with(&reserved, hindsight);
            }
            plans.push(method(agreement, name, reserved, demand));
        }
        Ok(plans)
    }

    /// The same methods on Holt-Winters, each with its best margin; none where there are no forecasts.
    fn seasonal_rivals(&self, agreement: &ServiceAgreement) -> Vec<MethodPlan> {
        let Some(Seasonal { holt_winters, .. }) = &self.seasonal else { return Vec::new() };
        let (series, from, peak) = (&self.trace.series, self.trace.test_from, self.trace.peak());
        let known = series.steps_per_day()..from;
        let (learnt, demand) = (&series.values[known.clone()], &series.values[from..]);
        let forecasts = &holt_winters[from..];
        let errors: Vec<f64> =
            learnt.iter().zip(&holt_winters[known.clone()]).map(|(y, f)| (y - f) / peak).collect();
        let omc = ExpertLoss::alpha_omc(agreement, peak);
        let tried: Vec<f64> = (0..=MARGINS).map(|i| 0.5 * i as f64 / MARGINS as f64).collect();
        let omc_margin = peak * best_margin(&errors, &tried, |distance| omc.value(distance));
        let hindsight = best_in_hindsight(agreement, forecasts, demand);
        let quantile = newsvendor_quantile(agreement, learnt, peak);
        let covering = margin::covering(&holt_winters[known], learnt, quantile);
        let plans = [
            (Method::AlphaOmc, omc_margin),
            (Method::BestMargin, hindsight),
            (Method::Pinball, covering),
        ];
        plans.map(|(name, by)| method(agreement, name, margin::with(forecasts, by), demand)).into()
    }

    /// Methods that see demand alone; none where less than two days come before the test.
    fn without_prices(&self, agreement: &ServiceAgreement) -> Vec<MethodPlan> {
        let Some(Seasonal { holt_winters, naive }) = &self.seasonal else { return Vec::new() };
        let (series, from) = (&self.trace.series, self.trace.test_from);
        let known = series.steps_per_day()..from;
        let (learnt, demand) = (&series.values[known.clone()], &series.values[from..]);
        let plans = [(Method::SeasonalNaive, naive), (Method::HoltWinters, holt_winters)];
        let plan = |(name, forecasts): (Method, &Vec<f64>)| {
            let by = margin::covering(&forecasts[known.clone()], learnt, COVERED_SHARE);
            method(agreement, name, margin::with(&forecasts[from..], by), demand)
        };
        plans.map(plan).into()
    }
}

impl Regressor {
    async fn new(
        forecaster: Forecaster,
        trace: &Trace,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<Self, JobError> {
        let steps = trace.test_from..trace.series.values.len() + 1;
        let test = decide(&forecaster, trace, steps, monitor, observe).await?;
        Ok(Self { forecaster, test, before: RefCell::default() })
    }

    /// What the demand of the last training steps exceeded its decisions by, in usual changes at the
    /// demand before, and those changes.
    async fn errors(
        &self,
        trace: &Trace,
        monitor: &impl Monitor,
    ) -> Result<Vec<(f64, f64)>, JobError> {
        let until = trace.test_from;
        let from = until.saturating_sub(MOVED_ON).max(LOOK_BACK);
        let kept = self.before.borrow().clone();
        let decisions = match kept {
            Some(decisions) => decisions,
            None => {
                let silent = &mut |_: f64| ();
                let decided = decide(&self.forecaster, trace, from..until, monitor, silent).await?;
                self.before.borrow_mut().insert(Rc::new(decided)).clone()
            }
        };
        let Some(scale) = self.forecaster.scales.first() else { return Ok(Vec::new()) };
        let values = &trace.series.values;
        let error = |(index, decision): (usize, &f64)| {
            let unit = scale.local_change(values[from + index - 1]);
            ((values[from + index] - decision) / unit, unit)
        };
        Ok(decisions.iter().enumerate().map(error).collect())
    }

    /// The decisions over the test and the step after it, each moved by `moved` usual changes at the
    /// last demand; none below 0.
    fn moved(&self, trace: &Trace, moved: f64) -> Vec<f64> {
        let Some(scale) = self.forecaster.scales.first() else { return self.test.clone() };
        let last = &trace.series.values[trace.test_from - 1..];
        let steps = self.test.iter().zip(last);
        steps
            .map(|(decision, last)| (decision + moved * scale.local_change(*last)).max(0.0))
            .collect()
    }
}

fn method(
    agreement: &ServiceAgreement,
    method: Method,
    reserved: Vec<f64>,
    demand: &[f64],
) -> MethodPlan {
    let reserved: Vec<f64> = reserved.into_iter().map(|reserved| reserved.max(0.0)).collect();
    let score = ReservationScore::of(agreement, &reserved, demand);
    MethodPlan { method, reserved, score }
}

/// The forecaster with the scales of `trace` where it learnt from another one, and whether it did.
fn fitted(networks: &Networks, trace: &Trace) -> Result<(Forecaster, bool), InputError> {
    let forecaster = &networks.set.forecaster;
    if forecaster.scales.len() != 1 {
        let found = format!("for {} slices", forecaster.scales.len());
        return Err(InputError::new("networks", found, "networks for a single service"));
    }
    if networks.card.data.fingerprint == trace.fingerprint {
        return Ok((forecaster.clone(), false));
    }
    let scales = vec![Scale::of(&trace.series.values[..trace.test_from])];
    Ok((Forecaster { network: forecaster.network.clone(), scales }, true))
}

/// The decisions of `forecaster` for `steps`.
async fn decide(
    forecaster: &Forecaster,
    trace: &Trace,
    steps: Range<usize>,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
) -> Result<Vec<f64>, JobError> {
    let demands = Demands::new(vec![&trace.series.values])?;
    let mut decisions = Vec::with_capacity(steps.len());
    while decisions.len() < steps.len() {
        let first = steps.start + decisions.len();
        for step in first..(first + DECISIONS_AT_ONCE).min(steps.end) {
            decisions.push(forecaster.decide(&demands.window(step))[0]);
        }
        observe(decisions.len() as f64 / steps.len() as f64);
        monitor.checkpoint().await?;
    }
    Ok(decisions)
}

/// The forecasts without a network; none where less than two days come before the test.
async fn seasonal(trace: &Trace, monitor: &impl Monitor) -> Result<Option<Seasonal>, JobError> {
    let (values, day) = (&trace.series.values, trace.series.steps_per_day());
    if trace.test_from < 2 * day {
        return Ok(None);
    }
    let smoothing = HoltWinters::fit(&values[..trace.test_from], day);
    monitor.checkpoint().await?;
    let holt_winters = HoltWinters::forecasts(values, day, smoothing);
    Ok(Some(Seasonal { holt_winters, naive: seasonal_naive(values, day, 0..values.len()) }))
}

/// The move, in the errors' units, with the least cost: a step whose error is above it is violated, any
/// other pays for what is left, its own unit times the distance.
fn cheapest_move(agreement: &ServiceAgreement, mut errors: Vec<(f64, f64)>) -> f64 {
    errors.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut units, mut products) = (0.0, 0.0);
    let count = errors.len();
    let costs = errors.iter().enumerate().map(|(index, (error, unit))| {
        units += unit;
        products += unit * error;
        let violated = (count - index - 1) as f64 * agreement.violation_cost();
        (violated + agreement.overprovisioning_price * (error * units - products), *error)
    });
    // By a thousandth more, so that the step at the edge is served.
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, error)| error + 1e-3)
}

/// The one margin on all forecasts with the least cost at this very demand.
fn best_in_hindsight(agreement: &ServiceAgreement, forecasts: &[f64], demand: &[f64]) -> f64 {
    let errors = demand.iter().zip(forecasts).map(|(demand, forecast)| (demand - forecast, 1.0));
    cheapest_move(agreement, errors.collect()) - 1e-3
}

/// The move, in the errors' units, with the least mean of `loss` for demand with this peak.
fn best_move(loss: ExpertLoss, peak: f64, errors: &[(f64, f64)]) -> f64 {
    let lowest = errors.iter().map(|(error, _)| *error).fold(0.0, f64::min);
    let highest = errors.iter().map(|(error, _)| *error).fold(0.0, f64::max);
    let tried = (0..=MARGINS).map(|i| lowest + (highest - lowest) * i as f64 / MARGINS as f64);
    let mean = |by: f64| -> f64 {
        errors.iter().map(|(error, unit)| loss.value((by - error) * unit / peak)).sum()
    };
    let costs = tried.map(|by| (mean(by), by));
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, by)| by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGREEMENT: ServiceAgreement =
        ServiceAgreement { revenue: 3.0, penalty: 2.0, overprovisioning_price: 0.5 };

    #[test]
    fn the_cheapest_move_is_that_of_an_exhaustive_search() {
        let errors: Vec<(f64, f64)> =
            (0..40).map(|i| (f64::from(i * 17 % 40) / 8.0, 1.0 + f64::from(i % 3))).collect();
        let cost = |moved: f64| -> f64 {
            let step = |(error, unit): &(f64, f64)| match moved < *error {
                true => AGREEMENT.violation_cost(),
                false => AGREEMENT.overprovisioning_price * unit * (moved - error),
            };
            errors.iter().map(step).sum()
        };
        let best = cheapest_move(&AGREEMENT, errors.clone());
        for step in -100..800 {
            assert!(cost(best) <= cost(0.01 * f64::from(step)) + 0.1, "{step}");
        }
    }

    #[test]
    fn the_best_move_under_pinball_loss_is_the_quantile_of_the_errors() {
        let errors: Vec<(f64, f64)> =
            (0..1000).map(|i| (f64::from(i) / 250.0 - 2.0, 3.0)).collect();
        let found = best_move(ExpertLoss::Pinball { quantile: 0.75 }, 10.0, &errors);
        assert!((found - 1.0).abs() <= 4.0 / MARGINS as f64, "{found}");
    }

    #[test]
    fn the_margin_in_hindsight_is_that_of_the_exhaustive_one() {
        let demand: Vec<f64> = (0..80).map(|i| 20.0 + f64::from(i * 31 % 80) / 9.0).collect();
        let forecasts = vec![22.0; 80];
        let exhaustive = margin::best_in_hindsight(&AGREEMENT, &forecasts, &demand);
        assert!((best_in_hindsight(&AGREEMENT, &forecasts, &demand) - exhaustive).abs() < 1e-12);
    }
}
