//! Training: the regressor alone on a loss that is known, or both networks together on a metric that
//! is only measured (Loss meta-learning, section III).
//!
//! Every batch takes one step of the regressor through the loss network's output, then one step of the
//! loss network on what was measured. The metric is evaluated, never differentiated. Beyond the paper's
//! small exploration noise the loss network also sees decisions far from the regressor's
//! ([`exploration`]), and it learns alone for a while before the first decision is trained.

mod batches;
mod calibration;
pub mod exploration;
pub mod learn_again;
pub mod orders;
mod steps;

use std::ops::Range;

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::error::check_range;
pub use slicewise_core::forecast::CostRecord;
use slicewise_core::seed;
use slicewise_nets::recurrent::{DenseStack, Recurrent};
use slicewise_optim::{Halted, Monitor};

use crate::losses::ExpertLoss;
use crate::model::{Forecaster, LOSS_INPUTS, LearnedLoss, Size};
use crate::windows::{Demands, LOOK_BACK};

use batches::Rows;
use calibration::calibrate;
use steps::{LossLearner, RegressorLearner};

/// Rows that the learned loss judges in calibration.
const JUDGED_ROWS: usize = 512;
/// Time of a step of the loss network alone, in those of a step of both.
const LOSS_STEP_TIME: f64 = 0.1;
/// Highest rate of the loss network's last steps, as a share of its highest rate.
const REFINING_RATE: f64 = 0.5;

/// Where costs come from.
#[derive(Clone, Copy)]
pub enum Measured<'a> {
    /// Any function of (decision, demand), one of each per slice and in their units: a simulator, or
    /// one of the built-in metrics. It is only evaluated, also at demand that never came.
    By(&'a dyn Fn(&[f64], &[f64]) -> f64),
    /// A table of past outcomes; nothing beyond it can be explored.
    In(&'a [CostRecord]),
}

/// What the regressor's decisions are to make small.
#[derive(Clone, Copy)]
pub enum Objective<'a> {
    /// A cost that is learned from measurements while the regressor learns.
    Learned {
        /// The measurements.
        measured: Measured<'a>,
        /// A loss network to go on from (transfer); none starts from nothing.
        start: Option<&'a LearnedLoss>,
        /// Capacity that all slices share. Only decisions that fit are measured: slices are rejected at
        /// random until the rest fits, and the regressor learns from those that are served.
        capacity: Option<f64>,
    },
    /// A loss written by hand, for one slice at a time.
    Expert(ExpertLoss),
}

/// Demand to learn from.
#[derive(Clone, Debug)]
pub struct Lesson<'a> {
    /// The series.
    pub demands: &'a Demands<'a>,
    /// Steps whose demand is learned.
    pub training: Range<usize>,
    /// Steps by which the best epoch is chosen; may be empty, then the last epoch counts.
    pub validation: Range<usize>,
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Widths of the networks.
    pub size: Size,
    /// Passes over the training steps.
    pub epochs: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// Highest rate of the regressor; each cycle rises to half of the one before and falls to a
    /// fiftieth of its own along a half cosine.
    pub learning_rate: f64,
    /// Highest rate of the loss network, in the same cycles.
    pub loss_learning_rate: f64,
    /// Cycles of the rates.
    pub cycles: usize,
    /// Explored decisions per row that the loss network sees beside the regressor's own.
    pub explored: usize,
    /// Steps of the loss network before the regressor's first.
    pub loss_steps_before: usize,
    /// Steps of the loss network after the regressor's last, on its final decisions.
    pub loss_steps_after: usize,
    /// Seed of weights, order and exploration.
    pub seed: u64,
}

impl Settings {
    /// The settings of the reduced size.
    pub fn reduced(seed: u64) -> Self {
        Self {
            size: Size::reduced(),
            epochs: 30,
            batch: 64,
            learning_rate: 4e-3,
            loss_learning_rate: 4e-3,
            cycles: 2,
            explored: 3,
            loss_steps_before: 1000,
            loss_steps_after: 1000,
            seed,
        }
    }

    /// Batches in all the epochs on `rows` training steps.
    pub fn batches(&self, rows: usize) -> usize {
        self.epochs * rows.div_ceil(self.batch.max(1))
    }

    /// Steps of the loss network alone, of both, and of the loss network alone again, each with the time
    /// that one takes as a share of a step of both (measured at the reduced size).
    pub fn phases(&self, rows: usize) -> [(usize, f64); 3] {
        [
            (self.loss_steps_before, LOSS_STEP_TIME),
            (self.batches(rows), 1.0),
            (self.loss_steps_after, LOSS_STEP_TIME),
        ]
    }

    /// All these steps.
    pub fn steps_with_loss(&self, rows: usize) -> usize {
        self.phases(rows).iter().map(|(steps, _)| steps).sum()
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        let widths = [("size.regressor", &self.size.regressor), ("size.loss", &self.size.loss)];
        for (field, units) in widths {
            check_range(field, units.len() as f64, 1.0, 8.0, "layers")?;
            for (index, units) in units.iter().enumerate() {
                check_range(&format!("{field}[{index}]"), *units as f64, 1.0, 512.0, "units")?;
            }
        }
        check_range("epochs", self.epochs as f64, 1.0, 10_000.0, "epochs")?;
        check_range("batch", self.batch as f64, 1.0, 65_536.0, "rows")?;
        check_range("learning_rate", self.learning_rate, 1e-7, 1.0, "")?;
        check_range("loss_learning_rate", self.loss_learning_rate, 1e-7, 1.0, "")?;
        check_range("cycles", self.cycles as f64, 1.0, self.epochs as f64, "cycles")?;
        check_range("explored", self.explored as f64, 0.0, 64.0, "decisions")?;
        check_range("loss_steps_before", self.loss_steps_before as f64, 0.0, 1e6, "steps")?;
        check_range("loss_steps_after", self.loss_steps_after as f64, 0.0, 1e6, "steps")
    }
}

/// Share of the time of all `phases` (steps, and the time of one) that the first `done` steps take.
pub fn share_done(phases: &[(usize, f64)], done: usize) -> f64 {
    let (mut left, mut passed, mut all) = (done, 0.0, 0.0);
    for (steps, time) in phases {
        let taken = left.min(*steps);
        left -= taken;
        passed += taken as f64 * time;
        all += *steps as f64 * time;
    }
    if all > 0.0 { passed / all } else { 1.0 }
}

/// Where a training stands after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Epochs done, from 1.
    pub epoch: usize,
    /// Epochs to do.
    pub epochs: usize,
    /// Mean cost (or expert loss) of the decisions on the training steps, as they were taken.
    pub training_cost: f64,
    /// The same on the validation steps with the epoch's weights; NaN without them.
    pub validation_cost: f64,
    /// Root mean square error of the loss network in deviations of the cost; NaN without one.
    pub loss_error: f64,
}

/// What a training gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// Decides.
    pub forecaster: Forecaster,
    /// Tells what decisions cost; none where the loss was an expert's.
    pub loss: Option<LearnedLoss>,
    /// The epoch whose weights these are.
    pub epoch: usize,
}

/// Trains a forecaster on `lesson`, one branch and one decision per series.
///
/// `monitor` is asked between batches, `observe` hears of every epoch. The weights returned are those
/// of the epoch with the lowest validation cost; without validation the mean of the weights after each
/// epoch of the last cycle's second half, whose noise is less than that of any one of them.
///
/// # Errors
/// Names what does not fit in the lesson or the settings, a cost that is not finite, a device that
/// does not answer; or says that `monitor` ended the training.
pub async fn train(
    lesson: &Lesson<'_>,
    objective: Objective<'_>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<Trained, Halted> {
    let mut hear = |moment: &Moment, _: Option<&LearnedLoss>| observe(moment);
    train_watched(lesson, objective, settings, device, monitor, false, &mut hear).await
}

/// The same for those who want to see the loss being learned: `observe` is also given the loss network
/// after each epoch, if `watched` and where one learns.
///
/// # Errors
/// As [`train`].
pub async fn train_watched(
    lesson: &Lesson<'_>,
    objective: Objective<'_>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    watched: bool,
    observe: &mut dyn FnMut(&Moment, Option<&LearnedLoss>),
) -> Result<Trained, Halted> {
    settings.validate()?;
    check_lesson(lesson)?;
    let scales = lesson.demands.scales(lesson.training.clone());
    let forecaster = Forecaster::drawn(&settings.size, &scales, settings.seed);
    let rows = Rows::new(lesson.demands, first_steps(&lesson.training), &forecaster);
    let validation = Rows::new(lesson.demands, first_steps(&lesson.validation), &forecaster);
    let mut regressor = RegressorLearner::new(&forecaster, device);
    let mut loss = match objective {
        Objective::Expert(_) => None,
        Objective::Learned { measured, start, capacity } => {
            let mut learner = loss_learner(settings, &rows, measured, start, capacity, device)?;
            for step in 0..settings.loss_steps_before {
                let rate = settings.loss_learning_rate * warm_up(step);
                learner.step_on_explored(&rows, settings.batch, rate).await?;
                monitor.checkpoint().await?;
            }
            Some(learner)
        }
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut generator = seed::stream(settings.seed, 12);
    let batches = order.len().div_ceil(settings.batch);
    let mut best: Option<(f64, Recurrent, usize)> = None;
    let mut average = Average::default();
    for epoch in 0..settings.epochs {
        seed::shuffle(&mut order, &mut generator);
        let mut total = 0.0;
        let mut squares = 0.0;
        for (number, part) in order.chunks(settings.batch).enumerate() {
            let progress = (epoch * batches + number) as f64 / (settings.epochs * batches) as f64;
            let cycle = cycle(progress, settings.cycles);
            let batch = rows.batch(part, device);
            match (&mut loss, objective) {
                (Some(loss), _) => {
                    let rate = settings.learning_rate * cycle;
                    let decided = regressor.step_through(&rows, part, &batch, loss, rate).await?;
                    let rate = settings.loss_learning_rate * cycle;
                    let (cost, square) =
                        loss.step_on_decisions(&rows, part, &decided, progress, rate).await?;
                    total += cost * part.len() as f64;
                    squares += square * part.len() as f64;
                }
                (None, Objective::Expert(expert)) => {
                    let rate = settings.learning_rate * cycle;
                    let value = regressor.step_on_expert(&batch, expert, rate).await?;
                    total += value * part.len() as f64;
                }
                (None, Objective::Learned { .. }) => {}
            }
            monitor.checkpoint().await?;
        }
        let validation_cost =
            regressor.validation_cost(&validation, objective, loss.as_ref(), device).await?;
        let moment = Moment {
            epoch: epoch + 1,
            epochs: settings.epochs,
            training_cost: total / rows.len() as f64,
            validation_cost,
            loss_error: loss.as_ref().map_or(f64::NAN, |_| libm::sqrt(squares / rows.len() as f64)),
        };
        if !moment.training_cost.is_finite() {
            let allowed = format!("less: the cost is no number any more in epoch {}", epoch + 1);
            return Err(InputError::new("learning_rate", settings.learning_rate, allowed).into());
        }
        let seen = match &loss {
            Some(learner) if watched => Some(learner.learned().await?),
            _ => None,
        };
        observe(&moment, seen.as_ref());
        if validation_cost.is_nan() {
            if epoch >= settings.epochs - averaged_epochs(settings) {
                average.take(&regressor, loss.as_ref()).await?;
            }
        } else if best.as_ref().is_none_or(|(cost, ..)| validation_cost < *cost) {
            best = Some((validation_cost, regressor.network().await?, epoch + 1));
        }
    }
    let learned_stack = average.stack.take();
    let (network, epoch) = match (best, average.network) {
        (Some((_, network, epoch)), _) => (network, epoch),
        (None, Some(network)) => (network, settings.epochs),
        (None, None) => return Err(InputError::new("epochs", 0, "at least 1").into()),
    };
    let mut trained = Trained { forecaster: Forecaster { network, scales }, loss: None, epoch };
    if let Some(mut learner) = loss {
        if let Some(stack) = learned_stack {
            learner.go_on_from(&stack);
        }
        let forecaster = &mut trained.forecaster;
        calibrate_on(&rows, forecaster, objective, &learner.learned().await?, device).await?;
        refine(&mut learner, &rows, &forecaster.network, settings, device, monitor).await?;
        trained.loss = Some(learner.learned().await?);
    }
    Ok(trained)
}

/// Means of the weights after some epochs.
#[derive(Default)]
struct Average {
    taken: usize,
    network: Option<Recurrent>,
    stack: Option<DenseStack>,
}

impl Average {
    async fn take(
        &mut self,
        regressor: &RegressorLearner,
        loss: Option<&LossLearner<'_>>,
    ) -> Result<(), InputError> {
        self.taken += 1;
        let share = 1.0 / self.taken as f64;
        let network = regressor.network().await?;
        match &mut self.network {
            Some(mean) => mean.approach(&network, share),
            None => self.network = Some(network),
        }
        if let Some(loss) = loss {
            let stack = loss.learned().await?.network;
            match &mut self.stack {
                Some(mean) => mean.approach(&stack, share),
                None => self.stack = Some(stack),
            }
        }
        Ok(())
    }
}

/// Epochs at the end of the last cycle whose weights are averaged: half of it.
fn averaged_epochs(settings: &Settings) -> usize {
    (settings.epochs / (2 * settings.cycles)).max(1)
}

/// Calibrates on measured costs; on learned ones where there are only records.
async fn calibrate_on(
    rows: &Rows,
    forecaster: &mut Forecaster,
    objective: Objective<'_>,
    learned: &LearnedLoss,
    device: &Device,
) -> Result<(), InputError> {
    let Objective::Learned { measured, capacity, .. } = objective else { return Ok(()) };
    match measured {
        Measured::By(metric) => {
            let all = rows.decided(&forecaster.network, usize::MAX, device).await?;
            calibrate(forecaster, &all, metric, capacity);
        }
        Measured::In(_) => {
            let some = rows.decided(&forecaster.network, JUDGED_ROWS, device).await?;
            let cost = |decision: &[f64], demand: &[f64]| learned.cost(decision, demand);
            calibrate(forecaster, &some, &cost, capacity);
        }
    }
    Ok(())
}

/// The last steps of the loss network: the regressor decides as it will from now on, so that what is
/// learned of the cost can become as exact as the rate becomes small.
async fn refine(
    learner: &mut LossLearner<'_>,
    rows: &Rows,
    network: &Recurrent,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<(), Halted> {
    let steps = settings.loss_steps_after;
    if steps == 0 {
        return Ok(());
    }
    let decided = rows.decided(network, usize::MAX, device).await?.decisions;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut generator = seed::stream(settings.seed, 15);
    let batches = order.len().div_ceil(settings.batch);
    for step in 0..steps {
        let batch = step % batches;
        if batch == 0 {
            seed::shuffle(&mut order, &mut generator);
        }
        let part = &order[batch * settings.batch..];
        let part = &part[..part.len().min(settings.batch)];
        let decisions: Vec<Vec<f64>> = part.iter().map(|row| decided[*row].clone()).collect();
        let rate = REFINING_RATE * cycle(step as f64 / steps as f64, 1);
        let rate = settings.loss_learning_rate * rate;
        learner.step_on_decisions(rows, part, &decisions, 1.0, rate).await?;
        monitor.checkpoint().await?;
    }
    Ok(())
}

/// Trains a loss network alone, on explored decisions only, for `steps` batches: what training both
/// networks apart would need beside the regressor's own training.
///
/// # Errors
/// As [`train`].
pub async fn train_loss_alone(
    lesson: &Lesson<'_>,
    measured: Measured<'_>,
    steps: usize,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<LearnedLoss, Halted> {
    settings.validate()?;
    check_lesson(lesson)?;
    let scales = lesson.demands.scales(lesson.training.clone());
    let forecaster = Forecaster::drawn(&settings.size, &scales, settings.seed);
    let rows = Rows::new(lesson.demands, first_steps(&lesson.training), &forecaster);
    let mut learner = loss_learner(settings, &rows, measured, None, None, device)?;
    for step in 0..steps {
        let cycle = cycle(step as f64 / steps as f64, settings.cycles);
        let rate = settings.loss_learning_rate * cycle;
        learner.step_on_explored(&rows, settings.batch, rate).await?;
        monitor.checkpoint().await?;
    }
    Ok(learner.learned().await?)
}

fn loss_learner<'a>(
    settings: &Settings,
    rows: &Rows,
    measured: Measured<'a>,
    start: Option<&LearnedLoss>,
    capacity: Option<f64>,
    device: &Device,
) -> Result<LossLearner<'a>, InputError> {
    let inputs = LOSS_INPUTS * rows.scales().len();
    let mut generator = seed::stream(settings.seed, 13);
    let stack = match start {
        Some(start) if start.scales.len() != rows.scales().len() => {
            let allowed = format!("{} slices, as the series", rows.scales().len());
            return Err(InputError::new(
                "start",
                format!("{} slices", start.scales.len()),
                allowed,
            ));
        }
        Some(start) => start.network.clone(),
        None => DenseStack::drawn(inputs, &settings.size.loss, 1, &mut generator),
    };
    LossLearner::new(stack, rows, measured, capacity, settings, device)
}

fn check_lesson(lesson: &Lesson) -> Result<(), InputError> {
    let steps = lesson.demands.steps();
    for (field, range) in [("training", &lesson.training), ("validation", &lesson.validation)] {
        if range.end > steps || range.start > range.end {
            let allowed = format!("within the {steps} steps of the series");
            return Err(InputError::new(field, format!("{range:?}"), allowed));
        }
    }
    let rows = first_steps(&lesson.training).len();
    if rows == 0 {
        let allowed = format!("a step after the look-back of {LOOK_BACK}");
        return Err(InputError::new("training", format!("{:?}", lesson.training), allowed));
    }
    Ok(())
}

/// The steps of `range` that have a whole window before them.
fn first_steps(range: &Range<usize>) -> Range<usize> {
    range.start.max(LOOK_BACK).min(range.end)..range.end
}

/// The first steps of a network are small, until the optimiser knows its scales.
fn warm_up(step: usize) -> f64 {
    ((step + 1) as f64 / 50.0).min(1.0)
}

/// The rate's factor at `progress` (0 to 1) through the training.
fn cycle(progress: f64, cycles: usize) -> f64 {
    let position = progress * cycles as f64;
    let number = libm::floor(position).min(cycles as f64 - 1.0);
    let within = position - number;
    let top = libm::exp2(-number);
    let cosine = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * within));
    top * (0.02 + 0.98 * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_in_cycles_whose_tops_halve() {
        assert_eq!(cycle(0.0, 3), 1.0);
        assert!((cycle(1.0 / 3.0 + 1e-12, 3) - 0.5).abs() < 1e-6);
        assert!((cycle(1.0, 3) - 0.25 * 0.02).abs() < 1e-9);
    }

    #[test]
    fn steps_that_take_longer_count_for_more() {
        let phases = [(10, 0.1), (4, 1.0), (0, 1.0)];
        let shares = [0, 10, 12, 14, 20].map(|done| share_done(&phases, done));
        for (found, wanted) in shares.iter().zip([0.0, 0.2, 0.6, 1.0, 1.0]) {
            assert!((found - wanted).abs() < 1e-12, "{shares:?}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let settings = Settings { batch: 0, ..Settings::reduced(1) };
        assert_eq!(settings.validate().unwrap_err().field, "batch");
        let mut settings = Settings::reduced(1);
        settings.size.loss = vec![64, 0];
        assert_eq!(settings.validate().unwrap_err().field, "size.loss[1]");
    }
}
