//! Reservations over a test by every method: what does not depend on the agreement is decided once per
//! trace, the rest follows the terms.

use std::cell::RefCell;
use std::rc::Rc;

use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, Rivals, Terms,
};
use slicewise_core::forecast::{ReservationScore, RivalLoss, ServiceAgreement};
use slicewise_core::{InputError, Origin};
use slicewise_optim::{Halted, Monitor};

use super::problem::Trace;
use super::seasonal::Seasonal;
use super::solver::{Regressor, decide};
use super::time_of_day::{ByTimeOfDay, MovedReservations};
use crate::baselines::{last_sample, margin};
use crate::losses::ExpertLoss;
use crate::model::Forecaster;
use crate::networks::Networks;
use crate::windows::{Demands, LOOK_BACK, Scale};

/// From this step on the networks' own trace is decided by the hour of the day too: their last samples
/// span a quarter of a day or more, and say less of what comes next than the hour does.
const LONG_STEP_MINUTES: u32 = 30;
/// Moves that are tried.
const MOVES: usize = 200;

/// What all methods say of one trace before any price is known.
#[derive(Debug)]
pub struct Decided {
    /// The trace.
    pub trace: Rc<Trace>,
    /// The networks that decided.
    pub networks: Rc<Networks>,
    /// Our decisions.
    pub ours: Regressor,
    transferred: bool,
    /// What moves them by the hour of the day: networks of another trace, or long steps, whose season is
    /// known.
    by_time_of_day: Option<ByTimeOfDay>,
    /// Those of the regressors that learned on other losses, once they were asked for.
    rivals: RefCell<Vec<Rc<(RivalLoss, Regressor)>>>,
    seasonal: Option<Seasonal>,
    ratios: last_sample::Ratios,
    decision_ms: f64,
}

impl Decided {
    /// Decides all steps of the test. `observe` hears the share of them that is decided; `now` gives
    /// milliseconds.
    ///
    /// # Errors
    /// Says that the networks are for several slices, or that `monitor` stopped it.
    pub async fn new(
        trace: Rc<Trace>,
        networks: Rc<Networks>,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
        now: &impl Fn() -> f64,
    ) -> Result<Self, Halted> {
        let (forecaster, transferred) = fitted(&networks, &trace)?;
        let seasonal = Seasonal::of(&trace, monitor).await?;
        let long = trace.series.step_minutes >= LONG_STEP_MINUTES;
        let season = seasonal.as_ref().filter(|_| transferred || long);
        let from = season.map_or(trace.test_from, |_| ByTimeOfDay::first_step(&trace));
        let demands = Demands::new(vec![&trace.series.values])?;
        let started = now();
        let steps = from..demands.steps() + 1;
        let mut decided = decide(&forecaster, &demands, steps, monitor, observe).await?;
        let decision_ms = (now() - started) / decided.len().max(1) as f64;
        let test = decided.split_off(trace.test_from - from);
        let by_time_of_day = season.map(|seasonal| {
            decided.extend(&test);
            ByTimeOfDay::new(&trace, seasonal, from, decided, forecaster.scales[0])
        });
        Ok(Self {
            ours: Regressor::of(forecaster, test),
            ratios: last_sample::Ratios::of(trace.learned()),
            rivals: RefCell::default(),
            trace,
            networks,
            transferred,
            by_time_of_day,
            seasonal,
            decision_ms,
        })
    }

    /// Whether it was decided for this very trace by these networks.
    pub fn is_of(&self, trace: &Rc<Trace>, networks: &Networks) -> bool {
        let known = &self.networks.card.weights_fingerprint;
        Rc::ptr_eq(&self.trace, trace) && *known == networks.card.weights_fingerprint
    }

    /// Every method's reservations and what they cost under `terms`. The regressors that learned on other
    /// losses decide too where `rivals` asks for it; once they have, their methods are part of every plan.
    ///
    /// # Errors
    /// Names the term that is out of range, or says that `monitor` stopped it.
    pub async fn plan(
        &self,
        terms: &Terms,
        rivals: bool,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<ReservationPlan, Halted> {
        let peak = self.trace.peak();
        let agreement = terms.agreement(peak);
        agreement.validate()?;
        let series = &self.trace.series;
        let known = self.knows(terms);
        let MovedReservations { reserved: mut ours, moved } =
            self.reservations(&agreement, known, monitor).await?;
        let next = ours.pop().unwrap_or(0.0);
        let demand = self.trace.test();
        let mut methods = vec![method(&agreement, ReservationMethod::Learned, ours, &self.trace)];
        if rivals {
            self.ask_rivals(monitor, observe).await?;
        }
        let rivals = match (self.networks.set.rivals.len(), self.rivals.borrow().len()) {
            (0, _) => Rivals::HoltWinters,
            (all, decided) if decided < all => Rivals::NotAsked,
            _ => Rivals::Regressors,
        };
        match rivals {
            Rivals::HoltWinters => methods.extend(self.seasonal_rivals(&agreement)),
            Rivals::Regressors => methods.extend(self.rivals(&agreement, known, monitor).await?),
            Rivals::NotAsked => {}
        }
        let last_sample_factor = self.ratios.fit(&agreement);
        let scaled =
            last_sample::reservations(last_sample_factor, &series.values, self.trace.test_from);
        methods.push(method(&agreement, ReservationMethod::LastSample, scaled, &self.trace));
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
            demand: demand.to_vec(),
            methods,
            rivals,
            next,
            last_sample_factor,
            moved,
            transferred: self.transferred,
            network_step_minutes: self.networks.card.step_minutes,
            by_time_of_day: self.by_time_of_day.is_some(),
            decision_ms: self.decision_ms,
            origin: Origin::new(
                &self.networks.card.weights_fingerprint,
                self.trace.seed.unwrap_or_default(),
            ),
        })
    }

    /// Our reservations for the steps before the test, from the look-back on. Where they are moved, the
    /// moves are those that these very steps ask for.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn reservations_before_the_test(
        &self,
        terms: &Terms,
        monitor: &impl Monitor,
    ) -> Result<Vec<f64>, Halted> {
        let trace = &self.trace;
        let agreement = terms.agreement(trace.peak());
        agreement.validate()?;
        let demands = Demands::new(vec![&trace.series.values])?;
        let steps = LOOK_BACK..trace.test_from;
        let silent = &mut |_: f64| ();
        let decisions = decide(&self.ours.forecaster, &demands, steps, monitor, silent).await?;
        if let (Some(by_time_of_day), Some(seasonal)) = (&self.by_time_of_day, &self.seasonal) {
            let before =
                by_time_of_day.reservations_before(trace, seasonal, &decisions, &agreement);
            return Ok(before);
        }
        let moved = match self.knows(terms) {
            true => 0.0,
            false => covering_move(&agreement, self.ours.errors(trace, monitor).await?),
        };
        let scale = self.ours.forecaster.scales[0];
        let last = &trace.series.values[LOOK_BACK - 1..];
        let steps = decisions.iter().zip(last);
        let reserved = steps.map(|(decision, last)| decision + moved * scale.local_change(*last));
        Ok(reserved.map(|reserved| reserved.max(0.0)).collect())
    }

    /// Our reservations over the test and for the step after it. Where the networks do not know the
    /// trace, or the terms, they are moved.
    async fn reservations(
        &self,
        agreement: &ServiceAgreement,
        known: bool,
        monitor: &impl Monitor,
    ) -> Result<MovedReservations, Halted> {
        if let Some(by_time_of_day) = &self.by_time_of_day {
            return Ok(by_time_of_day.reservations(&self.trace, agreement, monitor).await?);
        }
        let moved = match known {
            true => 0.0,
            false => covering_move(agreement, self.ours.errors(&self.trace, monitor).await?),
        };
        Ok(MovedReservations { reserved: self.ours.moved(&self.trace, moved), moved })
    }

    /// Whether the networks learned this very trace under these terms, but for a common factor.
    fn knows(&self, terms: &Terms) -> bool {
        if self.transferred {
            return false;
        }
        let (Some(agreement), Some(scale)) =
            (&self.networks.card.agreement, self.ours.forecaster.scales.first())
        else {
            return true;
        };
        let asked = (terms.revenue + terms.penalty) / terms.overprovisioning_price;
        let price = agreement.overprovisioning_price * scale.peak;
        let learned = agreement.violation_cost() / price;
        (asked - learned).abs() <= 1e-6 * learned
    }

    /// Lets the regressors that learned on other losses decide, the first time.
    async fn ask_rivals(
        &self,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<(), Halted> {
        let all = self.networks.set.rivals.len();
        let known = self.rivals.borrow().len();
        for (index, rival) in self.networks.set.rivals.iter().enumerate().skip(known) {
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

    /// Regressors of ours' size on other losses; moved as ours are where they learned under other terms
    /// or from another trace, each by its own loss.
    async fn rivals(
        &self,
        agreement: &ServiceAgreement,
        known: bool,
        monitor: &impl Monitor,
    ) -> Result<Vec<MethodPlan>, Halted> {
        let (trace, peak) = (&self.trace, self.trace.peak());
        let (learned, demand) = (trace.learned(), trace.test());
        let rivals = self.rivals.borrow().clone();
        let mut plans = Vec::new();
        for rival in rivals {
            let (loss, regressor) = &*rival;
            let mut move_for = 0.0;
            if !known && *loss != RivalLoss::AbsoluteError {
                let expert = ExpertLoss::of(*loss, agreement, learned, peak);
                move_for = best_move(expert, peak, &regressor.errors(trace, monitor).await?);
            }
            let mut reserved = regressor.moved(trace, move_for);
            reserved.truncate(demand.len());
            let name = match loss {
                RivalLoss::AlphaOmc => ReservationMethod::AlphaOmc,
                RivalLoss::AbsoluteError => ReservationMethod::BestMargin,
                RivalLoss::Pinball => ReservationMethod::Pinball,
            };
            if *loss == RivalLoss::AbsoluteError {
                let hindsight = margin::best_in_hindsight(agreement, &reserved, demand);
                reserved = margin::with(&reserved, hindsight);
            }
            plans.push(method(agreement, name, reserved, trace));
        }
        Ok(plans)
    }

    /// The same methods on Holt-Winters; none where there are no forecasts.
    fn seasonal_rivals(&self, agreement: &ServiceAgreement) -> Vec<MethodPlan> {
        let Some(seasonal) = &self.seasonal else { return Vec::new() };
        let plans = seasonal.with_prices(&self.trace, agreement);
        plans.map(|(name, reserved)| method(agreement, name, reserved, &self.trace)).into()
    }

    /// Methods that see demand alone; none where there are no forecasts.
    fn without_prices(&self, agreement: &ServiceAgreement) -> Vec<MethodPlan> {
        let Some(seasonal) = &self.seasonal else { return Vec::new() };
        let plans = seasonal.without_prices(&self.trace);
        plans.map(|(name, reserved)| method(agreement, name, reserved, &self.trace)).into()
    }
}

fn method(
    agreement: &ServiceAgreement,
    method: ReservationMethod,
    reserved: Vec<f64>,
    trace: &Trace,
) -> MethodPlan {
    let reserved: Vec<f64> = reserved.into_iter().map(|reserved| reserved.max(0.0)).collect();
    let is_measured = |step| !trace.series.is_filled(trace.test_from + step);
    let score = ReservationScore::of_measured(agreement, &reserved, trace.test(), &is_measured);
    MethodPlan { method, reserved, score }
}

/// The forecaster with the scales of `trace` where it learned from another one, and whether it did.
fn fitted(networks: &Networks, trace: &Trace) -> Result<(Forecaster, bool), InputError> {
    let forecaster = &networks.set.forecaster;
    if forecaster.scales.len() != 1 {
        let found = format!("for {} slices", forecaster.scales.len());
        return Err(InputError::new("networks", found, "networks for a single service"));
    }
    if networks.card.data.fingerprint == trace.fingerprint {
        return Ok((forecaster.clone(), false));
    }
    let scales = vec![Scale::of(trace.learned())];
    Ok((Forecaster { network: forecaster.network.clone(), scales }, true))
}

/// The move, in the errors' units, with the least cost; by a thousandth more, so that the step at the
/// edge is served.
fn covering_move(agreement: &ServiceAgreement, errors: Vec<(f64, f64)>) -> f64 {
    margin::cheapest(agreement, errors).map_or(0.0, |error| error + 1e-3)
}

/// The move, in the errors' units, with the least mean of `loss` for demand with this peak.
fn best_move(loss: ExpertLoss, peak: f64, errors: &[(f64, f64)]) -> f64 {
    let lowest = errors.iter().map(|(error, _)| *error).fold(0.0, f64::min);
    let highest = errors.iter().map(|(error, _)| *error).fold(0.0, f64::max);
    let tried = (0..=MOVES).map(|i| lowest + (highest - lowest) * i as f64 / MOVES as f64);
    let mean = |by: f64| -> f64 {
        errors.iter().map(|(error, unit)| loss.value((by - error) * unit / peak)).sum()
    };
    let costs = tried.map(|by| (mean(by), by));
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, by)| by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_move_under_pinball_loss_is_the_quantile_of_the_errors() {
        let errors: Vec<(f64, f64)> =
            (0..1000).map(|i| (f64::from(i) / 250.0 - 2.0, 3.0)).collect();
        let found = best_move(ExpertLoss::Pinball { quantile: 0.75 }, 10.0, &errors);
        assert!((found - 1.0).abs() <= 4.0 / MOVES as f64, "{found}");
    }
}
