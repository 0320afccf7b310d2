//! Use case II of the paper on our own setting, and what joint training costs.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::Serialize;
use slicewise_core::InputError;
use slicewise_optim::{Halted, Monitor};

use super::comparison::signed_rank_p;
use super::{Clock, Spread};
use crate::admission::overbooking::overbooking;
use crate::admission::problem::AdmissionSetting;
use crate::admission::score::{AdmissionScore, Decisions};
use crate::admission::training::train_admission;
use crate::losses::ExpertLoss;
use crate::reservation::problem::Trace;
use crate::training::{Lesson, Measured, Moment, Objective, Settings, train, train_loss_alone};
use crate::windows::{Demands, LOOK_BACK};

/// One method of use case II.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdmissionResult {
    /// Mean profit per step as a share of what all slices earn when served closely.
    pub profit: Spread,
    /// Share of the slices that are admitted, over all steps.
    pub admissions: Spread,
    /// Share of the steps in which the capacity is exceeded.
    pub violations: Spread,
    /// Share of the admitted slices that got less than they demanded.
    pub starved: Spread,
    /// Average uninterrupted service time in hours of a day, mean over the slices.
    pub avst_hours: Spread,
    /// The same as a share of a day in percent.
    pub avst_percent: Spread,
    /// Hours of each slice, mean over the seeds.
    pub avst_hours_per_slice: Vec<f64>,
}

impl AdmissionResult {
    fn of(scores: &[AdmissionScore]) -> Self {
        let spread = |value: &dyn Fn(&AdmissionScore) -> f64| {
            Spread::of(&scores.iter().map(value).collect::<Vec<_>>())
        };
        let hours = AdmissionScore::mean_avst_hours;
        let slices = scores.first().map_or(0, |score| score.avst_hours.len());
        Self {
            profit: spread(&|score| score.profit),
            admissions: spread(&|score| score.admissions),
            violations: spread(&|score| score.violations),
            starved: spread(&|score| score.starved),
            avst_hours: spread(&hours),
            avst_percent: spread(&|score| hours(score) / 0.24),
            avst_hours_per_slice: (0..slices)
                .map(|slice| {
                    let hours = scores.iter().map(|score| score.avst_hours[slice]);
                    hours.sum::<f64>() / scores.len() as f64
                })
                .collect(),
        }
    }
}

/// One planner on the test.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmissionRun {
    /// Its score.
    pub score: AdmissionScore,
    /// Profit of each whole day.
    pub daily_profits: Vec<f64>,
}

impl AdmissionRun {
    /// The run that made `decisions` for the test.
    ///
    /// # Errors
    /// As [`AdmissionSetting::demands`].
    pub fn of(setting: &AdmissionSetting, decisions: &Decisions) -> Result<Self, InputError> {
        let (demands, day) = (setting.demands()?, setting.steps_per_day());
        let profit = |(index, decisions): (usize, &[Vec<f64>])| {
            let from = setting.test_from + index * day;
            AdmissionScore::of(&setting.terms, decisions, &demands, from, day).profit
        };
        let daily_profits = decisions.chunks_exact(day).enumerate().map(profit).collect();
        Ok(Self { score: setting.score(decisions)?, daily_profits })
    }
}

/// Trains ours with `settings` and runs it on the test.
///
/// # Errors
/// As [`train`].
pub async fn run_admission(
    setting: &AdmissionSetting,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<AdmissionRun, Halted> {
    let trained = train_admission(setting, settings, device, monitor, &mut |_| ()).await?;
    let Some(loss) = &trained.loss else {
        return Err(InputError::new("objective", "an expert's", "a learned loss").into());
    };
    let decisions = setting.decisions(&trained.forecaster, loss, monitor, &mut |_| ()).await?;
    Ok(AdmissionRun::of(setting, &decisions)?)
}

/// Runs the overbooking benchmark on the test.
///
/// # Errors
/// As [`overbooking`].
pub fn run_overbooking(setting: &AdmissionSetting) -> Result<AdmissionRun, InputError> {
    let (demands, day) = (setting.demands()?, setting.steps_per_day());
    let decisions = overbooking(&setting.terms, &demands, setting.test_from, day)?;
    AdmissionRun::of(setting, &decisions)
}

/// Ours beside overbooking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdmissionMargin {
    /// Profit of ours over that of overbooking, less 1.
    pub profit_gain: f64,
    /// Uninterrupted service time of ours over that of overbooking.
    pub avst_ratio: f64,
    /// One-sided p of Wilcoxon's signed-rank test on the daily profits (means over the seeds) that
    /// ours earns no more.
    pub p: f64,
}

/// The table of use case II, and ours beside overbooking.
pub fn tabulate_admissions(
    ours: &[AdmissionRun],
    benchmark: &AdmissionRun,
) -> (BTreeMap<&'static str, AdmissionResult>, AdmissionMargin) {
    let scores: Vec<AdmissionScore> = ours.iter().map(|run| run.score.clone()).collect();
    let table = BTreeMap::from([
        ("loss-meta-learning", AdmissionResult::of(&scores)),
        ("overbooking", AdmissionResult::of(std::slice::from_ref(&benchmark.score))),
    ]);
    let (first, second) = (&table["loss-meta-learning"], &table["overbooking"]);
    let costs = benchmark.daily_profits.iter().enumerate().map(|(day, profit)| {
        let profits = ours.iter().map(|run| run.daily_profits[day]);
        (-profits.sum::<f64>() / ours.len() as f64, -profit)
    });
    let margin = AdmissionMargin {
        profit_gain: first.profit.mean / second.profit.mean - 1.0,
        avst_ratio: first.avst_hours.mean / second.avst_hours.mean,
        p: signed_rank_p(&costs.collect::<Vec<_>>()),
    };
    (table, margin)
}

/// Rounds of the timing, of which the shortest times count: what runs beside it lengthens the others.
const TIMED_ROUNDS: usize = 3;

/// Wall times in seconds, the shortest of three runs each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrainingTimes {
    /// Both networks together.
    pub joint: f64,
    /// The regressor alone, on absolute error.
    pub regressor: f64,
    /// The loss network alone, as many steps on as many outcomes.
    pub loss: f64,
    /// Joint over apart.
    pub ratio: f64,
}

/// Times joint training on `trace` against training both networks apart.
///
/// # Errors
/// As [`train`].
pub async fn training_times(
    trace: &Trace,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<TrainingTimes, Halted> {
    let demands = Demands::new(vec![&trace.series.values])?;
    let agreement = trace.task().agreement;
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let lesson = Lesson { demands: &demands, training: 0..trace.test_from, validation: 0..0 };
    let measured = Measured::By(&metric);
    let together = Objective::Learned { measured, start: None, capacity: None };
    let alone = Objective::Expert(ExpertLoss::AbsoluteError);
    let rows = trace.test_from - LOOK_BACK;
    let steps = settings.steps_with_loss(rows);
    let silent = &mut |_: &Moment| ();
    let (mut joint, mut regressor, mut loss) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    for _ in 0..TIMED_ROUNDS {
        let started = Clock::now();
        train(&lesson, together, settings, device, monitor, silent).await?;
        joint = joint.min(started.seconds());
        let started = Clock::now();
        train(&lesson, alone, settings, device, monitor, silent).await?;
        regressor = regressor.min(started.seconds());
        let started = Clock::now();
        train_loss_alone(&lesson, measured, steps, settings, device, monitor).await?;
        loss = loss.min(started.seconds());
    }
    Ok(TrainingTimes { joint, regressor, loss, ratio: joint / (regressor + loss) })
}
