//! Reservations for one service: what does not depend on the agreement is decided once per trace, the
//! rest follows the sliders.

use std::cell::RefCell;
use std::ops::Range;

use slicewise_core::InputError;
use slicewise_core::forecast::{ReservationScore, ServiceAgreement};
use slicewise_forecast::baselines::{HoltWinters, margin, seasonal_naive};
use slicewise_forecast::explorer::best_margin;
use slicewise_forecast::losses::ExpertLoss;
use slicewise_forecast::model::Forecaster;
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};
use slicewise_optim::Monitor;
use slicewise_protocol::forecast::{ALPHA, Method, MethodPlan, ReservationPlan, Terms};

use super::{LearntFrom, Networks, Trace};
use crate::jobs::JobError;

/// Share of the training errors that the margin of forecasters without prices covers.
const COVERED_SHARE: f64 = 0.95;
/// Epsilon of alpha-OMC in DeepCog.
const OMC_EPSILON: f64 = 0.1;
/// The most training steps on which a move of our decisions is chosen.
const MOVED_ON: usize = 2016;
/// Margins that are tried under alpha-OMC, up to half the peak.
const MARGINS: usize = 200;
/// Decisions between two moments at which other messages are let in.
const DECISIONS_AT_ONCE: usize = 32;

/// What all methods say of one trace before any price is known.
#[derive(Debug)]
pub struct Decided {
    key: String,
    /// The trace.
    pub(super) trace: Trace,
    /// The forecaster, with the trace's own scales where it learnt from another one.
    pub(super) forecaster: Forecaster,
    transferred: bool,
    /// Our decisions over the test, and one for the step after it.
    pub(super) ours: Vec<f64>,
    /// Our decisions over the last training steps, once a move had to be chosen.
    before: RefCell<Option<Vec<f64>>>,
    seasonal: Option<Seasonal>,
    decision_ms: f64,
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
        let steps = trace.test_from..trace.series.values.len() + 1;
        let (ours, decision_ms) = decide(&forecaster, &trace, steps, monitor, observe, now).await?;
        let seasonal = seasonal(&trace, monitor).await?;
        Ok(Self {
            key,
            trace,
            forecaster,
            transferred,
            ours,
            before: RefCell::default(),
            seasonal,
            decision_ms,
        })
    }

    /// Every method's reservations and what they cost under `terms`.
    pub async fn plan(
        &self,
        terms: &Terms,
        networks: &Networks,
        monitor: &impl Monitor,
    ) -> Result<ReservationPlan, JobError> {
        let peak = self.trace.peak();
        let agreement = terms.agreement(peak);
        agreement.validate()?;
        let series = &self.trace.series;
        let moved = if self.knows(terms, networks) {
            0.0
        } else {
            self.move_for(&agreement, monitor).await?
        };
        let mut ours = self.moved(&self.ours, self.trace.test_from, moved);
        let next = ours.pop().unwrap_or(0.0);
        let demand = series.values[self.trace.test_from..].to_vec();
        let mut methods = vec![method(&agreement, Method::Learned, ours, &demand)];
        methods.extend(self.rivals(&agreement, peak));
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
        let asked = (terms.revenue + terms.penalty) / terms.overprovisioning_price;
        let learnt = match (networks.learnt_from, self.forecaster.scales.first()) {
            (LearntFrom::Records, _) => return true,
            (LearntFrom::Agreement(agreement), Some(scale)) => {
                agreement.violation_cost() / (agreement.overprovisioning_price * scale.peak)
            }
            _ => ALPHA,
        };
        (asked - learnt).abs() <= 1e-6 * learnt
    }

    /// `decisions` for the steps from `from` on, each moved by `moved` usual changes at the last
    /// demand; none below 0.
    fn moved(&self, decisions: &[f64], from: usize, moved: f64) -> Vec<f64> {
        let Some(scale) = self.forecaster.scales.first() else { return decisions.to_vec() };
        let last = &self.trace.series.values[from - 1..];
        let steps = decisions.iter().zip(last);
        steps
            .map(|(decision, last)| (decision + moved * scale.local_change(*last)).max(0.0))
            .collect()
    }

    /// The move with the least measured cost over the last training steps.
    async fn move_for(
        &self,
        agreement: &ServiceAgreement,
        monitor: &impl Monitor,
    ) -> Result<f64, JobError> {
        let until = self.trace.test_from;
        let from = until.saturating_sub(MOVED_ON).max(LOOK_BACK);
        let kept = self.before.borrow().clone();
        let decisions = match kept {
            Some(decisions) => decisions,
            None => {
                let silent = &mut |_: f64| ();
                let (decisions, _) =
                    decide(&self.forecaster, &self.trace, from..until, monitor, silent, &|| 0.0)
                        .await?;
                *self.before.borrow_mut() = Some(decisions.clone());
                decisions
            }
        };
        let Some(scale) = self.forecaster.scales.first() else { return Ok(0.0) };
        let values = &self.trace.series.values;
        let errors = decisions.iter().enumerate().map(|(index, decision)| {
            let unit = scale.local_change(values[from + index - 1]);
            ((values[from + index] - decision) / unit, unit)
        });
        Ok(cheapest_move(agreement, errors.collect()))
    }

    fn rivals(&self, agreement: &ServiceAgreement, peak: f64) -> Vec<MethodPlan> {
        let Some(Seasonal { holt_winters, naive }) = &self.seasonal else { return Vec::new() };
        let (series, from) = (&self.trace.series, self.trace.test_from);
        let known = series.steps_per_day()..from;
        let (learnt, demand) = (&series.values[known.clone()], &series.values[from..]);
        let covering = |forecasts: &[f64], share: f64| {
            margin::with(
                &forecasts[from..],
                margin::covering(&forecasts[known.clone()], learnt, share),
            )
        };
        let errors: Vec<f64> =
            learnt.iter().zip(&holt_winters[known.clone()]).map(|(y, f)| (y - f) / peak).collect();
        let omc = alpha_omc(agreement, peak);
        let tried: Vec<f64> = (0..=MARGINS).map(|i| 0.5 * i as f64 / MARGINS as f64).collect();
        let omc_margin = peak * best_margin(&errors, &tried, |distance| omc.value(distance));
        let hindsight = best_in_hindsight(agreement, &holt_winters[from..], demand);
        let plans = [
            (Method::AlphaOmc, margin::with(&holt_winters[from..], omc_margin)),
            (Method::BestMargin, margin::with(&holt_winters[from..], hindsight)),
            (Method::Pinball, covering(holt_winters, newsvendor_quantile(agreement, learnt, peak))),
            (Method::SeasonalNaive, covering(naive, COVERED_SHARE)),
            (Method::HoltWinters, covering(holt_winters, COVERED_SHARE)),
        ];
        plans.map(|(name, reserved)| method(agreement, name, reserved, demand)).into()
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
    if networks.forecaster.scales.len() != 1 {
        let found = format!("for {} slices", networks.forecaster.scales.len());
        return Err(InputError::new("networks", found, "networks for a single service"));
    }
    if networks.card.data.fingerprint == trace.fingerprint {
        return Ok((networks.forecaster.clone(), false));
    }
    let scales = vec![Scale::of(&trace.series.values[..trace.test_from])];
    Ok((Forecaster { network: networks.forecaster.network.clone(), scales }, true))
}

/// Our decisions for `steps`, and the mean time of one.
async fn decide(
    forecaster: &Forecaster,
    trace: &Trace,
    steps: Range<usize>,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
    now: &impl Fn() -> f64,
) -> Result<(Vec<f64>, f64), JobError> {
    let demands = Demands::new(vec![&trace.series.values])?;
    let mut decisions = Vec::with_capacity(steps.len());
    let mut working_ms = 0.0;
    while decisions.len() < steps.len() {
        let first = steps.start + decisions.len();
        let started = now();
        for step in first..(first + DECISIONS_AT_ONCE).min(steps.end) {
            decisions.push(forecaster.decide(&demands.window(step))[0]);
        }
        working_ms += now() - started;
        observe(decisions.len() as f64 / steps.len() as f64);
        monitor.checkpoint().await?;
    }
    Ok((decisions, working_ms / steps.len().max(1) as f64))
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

/// alpha-OMC for this agreement; epsilon is lowered where the minimum would leave the scale.
pub(super) fn alpha_omc(agreement: &ServiceAgreement, peak: f64) -> ExpertLoss {
    let price = agreement.overprovisioning_price.max(f64::MIN_POSITIVE);
    let alpha = agreement.violation_cost() / (price * peak);
    ExpertLoss::AlphaOmc { alpha, epsilon: OMC_EPSILON.min(0.5 / alpha) }
}

/// Cost of one missing unit against that of one missing or spare, where a violation counts as falling
/// short by one mean change of the demand.
fn newsvendor_quantile(agreement: &ServiceAgreement, demand: &[f64], peak: f64) -> f64 {
    let changes: f64 = demand.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    let typical = (changes / demand.len().max(2) as f64).max(1e-3 * peak);
    let missing = agreement.violation_cost() / typical;
    missing / (missing + agreement.overprovisioning_price)
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
    fn the_margin_in_hindsight_is_that_of_the_exhaustive_one() {
        let demand: Vec<f64> = (0..80).map(|i| 20.0 + f64::from(i * 31 % 80) / 9.0).collect();
        let forecasts = vec![22.0; 80];
        let exhaustive = margin::best_in_hindsight(&AGREEMENT, &forecasts, &demand);
        assert!((best_in_hindsight(&AGREEMENT, &forecasts, &demand) - exhaustive).abs() < 1e-12);
    }
}
