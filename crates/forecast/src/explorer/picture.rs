//! The learned loss of one service at low and at high demand.

use slicewise_core::InputError;
use slicewise_core::forecast::ServiceAgreement;
use slicewise_core::forecast::explorer::{Level, LossAtDemand, LossPicture};
use slicewise_core::forecast::reservation::Terms;
use slicewise_optim::{Halted, Monitor};

use super::curves::{best_margin, curve};
use crate::losses::ExpertLoss;
use crate::model::{Forecaster, LearnedLoss};
use crate::networks::Networks;
use crate::reservation::plan::Decided;

/// Points of a curve.
const POINTS: usize = 161;
/// Share of the test's steps whose demand counts as near a level, on either side.
const NEAR: f64 = 0.1;
/// Margins that are tried, from none to a fifth of the peak.
const MARGINS: usize = 200;

/// The learned loss at low and at high demand.
///
/// # Errors
/// Says that the networks have no loss or are for several slices, or that `monitor` stopped it.
pub async fn picture(decided: &Decided, monitor: &impl Monitor) -> Result<LossPicture, Halted> {
    let (trace, networks) = (&decided.trace, &decided.networks);
    let loss = fitted_loss(networks, &decided.ours.forecaster)?;
    let peak = trace.peak();
    let agreement = match (&networks.card.agreement, networks.set.forecaster.scales.first()) {
        // Another trace is another currency: prices by the unit stay, those by the peak follow it.
        (Some(agreement), Some(scale)) => Terms::of(agreement, scale.peak).agreement(peak),
        _ => Terms::default().agreement(peak),
    };
    let demand = trace.test();
    let mut pairs: Vec<(f64, f64)> =
        demand.iter().copied().zip(decided.ours.test.iter().copied()).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut levels = Vec::new();
    for level in [Level::Low, Level::High] {
        let last = pairs.len() as f64 - 1.0;
        let rank = |quantile: f64| (quantile.clamp(0.0, 1.0) * last) as usize;
        let near = rank(level.quantile() - NEAR)..rank(level.quantile() + NEAR) + 1;
        let demand = pairs[rank(level.quantile())].0;
        levels.push(at_demand(&loss, &agreement, peak, demand, &pairs[near]));
        monitor.checkpoint().await?;
    }
    Ok(LossPicture { unit: trace.series.unit.clone(), peak, agreement, levels })
}

/// The loss network with the scales of another trace, its costs in proportion to the peaks.
fn fitted_loss(networks: &Networks, forecaster: &Forecaster) -> Result<LearnedLoss, InputError> {
    let (Some(loss), Some(scale)) = (&networks.set.loss, forecaster.scales.first()) else {
        return Err(InputError::new("networks", "without a loss network", "networks with one"));
    };
    let factor = loss.scales.first().map_or(1.0, |learned| scale.peak / learned.peak);
    Ok(LearnedLoss {
        network: loss.network.clone(),
        scales: forecaster.scales.clone(),
        mean: factor * loss.mean,
        deviation: factor * loss.deviation,
    })
}

/// The losses around `demand`; `near` are demands near it with the regressor's decisions.
fn at_demand(
    loss: &LearnedLoss,
    agreement: &ServiceAgreement,
    peak: f64,
    demand: f64,
    near: &[(f64, f64)],
) -> LossAtDemand {
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    // Decisions from nothing to a tenth above the peak.
    let decisions: Vec<f64> =
        (0..POINTS).map(|index| 1.1 * peak * index as f64 / (POINTS - 1) as f64).collect();
    let distances: Vec<f64> = decisions.iter().map(|decision| decision - demand).collect();
    let drawn = curve(loss, &metric, demand, &distances);
    let omc = ExpertLoss::alpha_omc(agreement, peak);
    let currency = agreement.overprovisioning_price * peak;
    let kept_margin =
        near.iter().map(|(demand, decision)| decision - demand).sum::<f64>() / near.len() as f64;
    // A forecast is the decision less the margin that is usual here.
    let errors: Vec<f64> =
        near.iter().map(|(demand, decision)| demand - (decision - kept_margin)).collect();
    let squares = errors.iter().map(|error| error * error).sum::<f64>();
    let tried: Vec<f64> =
        (0..=MARGINS).map(|index| 0.2 * peak * index as f64 / MARGINS as f64).collect();
    let learned = |distance: f64| loss.cost(&[demand + distance], &[demand]);
    let measured = |distance: f64| agreement.cost(demand + distance, demand);
    LossAtDemand {
        demand,
        alpha_omc: distances.iter().map(|distance| currency * omc.value(distance / peak)).collect(),
        decisions,
        learned: drawn.learned,
        measured: drawn.measured,
        error: (squares / errors.len() as f64).sqrt(),
        kept_margin,
        learned_margin: best_margin(&errors, &tried, learned),
        best_margin: best_margin(&errors, &tried, measured),
    }
}
