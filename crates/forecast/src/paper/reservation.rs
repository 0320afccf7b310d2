//! Use case I of the paper on our own settings.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::Serialize;
use slicewise_core::forecast::{ReservationMethod, ReservationScore};
use slicewise_optim::{Halted, Monitor};

use super::comparison::signed_rank_p;
use super::{Clock, Spread};
use crate::explorer::evidence::{LevelEvidence, LossEvidence, loss_evidence};
use crate::model::Size;
use crate::reservation::problem::Trace;
use crate::reservation::training::ReservationTask;
use crate::training::{Settings, Trained};
use crate::windows::Demands;

/// Steps of the optimiser in every training.
pub const BATCHES: usize = 700;
/// Levels of demand at which a learned loss is examined.
pub const LEVELS: usize = 5;

/// The name of a method in the tables.
pub fn name_of(method: ReservationMethod) -> &'static str {
    match method {
        ReservationMethod::BestMargin => "mae-best-margin",
        other => other.name(),
    }
}

/// One method on one service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodResult {
    /// Mean cost per step in prices of over-provisioning by the training's peak.
    pub cost: Spread,
    /// The part of it that over-provisioning makes.
    pub overprovisioning: Spread,
    /// Share of the steps that were violated.
    pub violations: Spread,
    /// Whether the method knows the metric's formula or prices, or the test itself.
    pub knows_metric: bool,
    /// How much more than ours it costs, as a share of its own cost; 0 for ours.
    pub our_saving: f64,
    /// One-sided p of Wilcoxon's signed-rank test on the daily costs (means over the seeds) that ours
    /// is not cheaper; 1 for ours.
    pub p: f64,
    /// Seconds of all trainings.
    pub seconds: f64,
}

/// The size of the networks in the tables, for every method with a network: small, so that 5 seeds of
/// everything are trained in minutes.
pub fn table_settings() -> Settings {
    Settings {
        size: Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 32] },
        ..Settings::reduced(0)
    }
}

/// The settings of `base` with as many epochs as [`BATCHES`] steps take on `rows` rows.
pub fn settings_for(rows: usize, base: &Settings) -> Settings {
    let per_epoch = rows.div_ceil(base.batch).max(1);
    Settings { epochs: BATCHES.div_ceil(per_epoch).max(base.cycles), ..base.clone() }
}

/// One method on one trace with one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct ReservationRun {
    /// The method.
    pub method: ReservationMethod,
    /// Its score over the test.
    pub score: ReservationScore,
    /// Mean cost of each whole day of the test.
    pub daily_costs: Vec<f64>,
    /// What became of the loss, where one was learned.
    pub evidence: Option<LossEvidence>,
    /// Seconds of training and deciding.
    pub seconds: f64,
}

/// Runs `method` on `trace` with the settings of `base`, as [`settings_for`] fits them, and `seed`.
///
/// # Errors
/// As [`ReservationTask::reserve`].
pub async fn run_reservation(
    trace: &Trace,
    method: ReservationMethod,
    base: &Settings,
    seed: u64,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<ReservationRun, Halted> {
    let started = Clock::now();
    let task = trace.task();
    let settings = Settings { seed, ..settings_for(task.test_from, base) };
    let found = task.reserve(method, &settings, device, monitor, &mut |_| ()).await?;
    let seconds = started.seconds();
    let mut evidence = None;
    if let Some(Trained { forecaster, loss: Some(loss), .. }) = &found.trained {
        let demands = Demands::new(vec![&task.series.values])?;
        let agreement = task.agreement;
        let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
        let test = task.test_from..demands.steps();
        evidence = Some(loss_evidence(forecaster, loss, &metric, &demands, test, LEVELS)?);
    }
    Ok(ReservationRun {
        method,
        score: task.score(&found.reserved),
        daily_costs: daily_costs(&task, &found.reserved),
        evidence,
        seconds,
    })
}

/// The table of use case I for `trace` from all its runs, those of ours included.
pub fn tabulate(trace: &Trace, runs: &[ReservationRun]) -> BTreeMap<&'static str, MethodResult> {
    let task = trace.task();
    let unit = task.agreement.overprovisioning_price * task.training_peak();
    let ours = mean_days(runs, ReservationMethod::Learned);
    let mut table = BTreeMap::new();
    for method in ReservationMethod::ALL {
        let of_method = || runs.iter().filter(|run| run.method == method);
        if of_method().next().is_none() {
            continue;
        }
        let days = mean_days(runs, method);
        let pairs: Vec<(f64, f64)> = ours.iter().copied().zip(days.iter().copied()).collect();
        let total = |days: &[f64]| days.iter().sum::<f64>();
        let spread = |value: &dyn Fn(&ReservationScore) -> f64| {
            Spread::of(&of_method().map(|run| value(&run.score)).collect::<Vec<_>>())
        };
        let result = MethodResult {
            cost: spread(&|score| score.cost / unit),
            overprovisioning: spread(&|score| score.overprovisioning / unit),
            violations: spread(&|score| score.violations),
            knows_metric: method.knows_metric(),
            our_saving: 1.0 - total(&ours) / total(&days),
            p: signed_rank_p(&pairs),
            seconds: of_method().map(|run| run.seconds).sum(),
        };
        table.insert(name_of(method), result);
    }
    table
}

/// Daily costs of `method`, mean over its runs.
fn mean_days(runs: &[ReservationRun], method: ReservationMethod) -> Vec<f64> {
    let of_method: Vec<&ReservationRun> = runs.iter().filter(|run| run.method == method).collect();
    let days = of_method.first().map_or(0, |run| run.daily_costs.len());
    let mean = |day: usize| of_method.iter().map(|run| run.daily_costs[day]).sum::<f64>();
    (0..days).map(|day| mean(day) / of_method.len() as f64).collect()
}

/// The learned losses of one service over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnedLossResult {
    /// Rank correlation of learned and true cost over the decisions of the test.
    pub rank_correlation: Spread,
    /// The same over those decisions moved to every margin.
    pub rank_correlation_moved: Spread,
    /// Largest distance of learned and true optimum over the levels of demand, as a share of the peak.
    pub largest_distance: Spread,
    /// The levels of the first seed.
    pub levels: Vec<LevelEvidence>,
}

/// What the runs of one trace tell of the learned loss; none without a run that learned one.
pub fn tabulate_losses(runs: &[ReservationRun]) -> Option<LearnedLossResult> {
    let found: Vec<&LossEvidence> = runs.iter().filter_map(|run| run.evidence.as_ref()).collect();
    let spread = |value: &dyn Fn(&LossEvidence) -> f64| {
        Spread::of(&found.iter().map(|evidence| value(evidence)).collect::<Vec<_>>())
    };
    Some(LearnedLossResult {
        rank_correlation: spread(&|evidence| evidence.rank_correlation),
        rank_correlation_moved: spread(&|evidence| evidence.rank_correlation_moved),
        largest_distance: spread(&|evidence| evidence.largest_distance),
        levels: found.first()?.levels.clone(),
    })
}

/// Mean cost of each whole day of the test.
fn daily_costs(task: &ReservationTask, reserved: &[f64]) -> Vec<f64> {
    let day = task.series.steps_per_day();
    let days = reserved.chunks_exact(day).zip(task.test_demand().chunks_exact(day));
    days.map(|(reserved, demand)| {
        let steps = reserved.iter().zip(demand);
        steps.map(|(c, y)| task.agreement.cost(*c, *y)).sum::<f64>() / day as f64
    })
    .collect()
}
