//! Whether a loss network that was learnt on one service saves epochs on another (Loss meta-learning,
//! section III: transfer).

use burn::tensor::Device;
use serde::Serialize;
use slicewise_optim::Monitor;

use crate::model::LearnedLoss;
use crate::paper::Trace;
use crate::training::{
    Lesson, Measured, Moment, Objective, Settings, Trained, TrainingError, train,
};
use crate::windows::Demands;

/// Cost, over the lowest of a training from nothing, at which a service counts as learnt.
const LEARNT: f64 = 1.05;

/// A service learnt with and without the loss network of another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transfer {
    /// Service that the loss network was learnt on.
    pub from: String,
    /// Service that it was used for.
    pub to: String,
    /// Cost per step at which the service counts as learnt: 5 % above the lowest from nothing.
    pub target_cost: f64,
    /// Epochs until then from nothing.
    pub epochs_from_nothing: usize,
    /// Epochs until then with the loss network of the other service; none if it was never reached.
    pub epochs_reused: Option<usize>,
    /// Cost after each epoch from nothing, on the days that are held back.
    pub costs_from_nothing: Vec<f64>,
    /// The same with the loss network of the other service.
    pub costs_reused: Vec<f64>,
}

/// Learns `to` from nothing and with the loss network that is learnt on `from` first. The regressor
/// starts from nothing both times, and neither loss network learns alone before.
///
/// # Errors
/// As [`train`].
pub async fn transfer(
    from: &Trace,
    to: &Trace,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<Transfer, TrainingError> {
    let source = learn(from, None, settings, device, monitor).await?.0.loss;
    let together = Settings { loss_steps_before: 0, cycles: 1, ..settings.clone() };
    let (_, costs_from_nothing) = learn(to, None, &together, device, monitor).await?;
    let (_, costs_reused) = learn(to, source.as_ref(), &together, device, monitor).await?;
    let lowest = costs_from_nothing.iter().copied().fold(f64::INFINITY, f64::min);
    let target_cost = LEARNT * lowest;
    let reached = |costs: &[f64]| costs.iter().position(|cost| *cost <= target_cost);
    Ok(Transfer {
        from: from.name.clone(),
        to: to.name.clone(),
        target_cost,
        epochs_from_nothing: reached(&costs_from_nothing).map_or(settings.epochs, |at| at + 1),
        epochs_reused: reached(&costs_reused).map(|at| at + 1),
        costs_from_nothing,
        costs_reused,
    })
}

/// Learns `trace`; also the cost on its held-back days after each epoch.
async fn learn(
    trace: &Trace,
    start: Option<&LearnedLoss>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<(Trained, Vec<f64>), TrainingError> {
    let demands = Demands::new(vec![&trace.series.values])?;
    let agreement = trace.task().agreement;
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let lesson = Lesson {
        demands: &demands,
        training: 0..trace.test_from,
        validation: trace.test_from..demands.steps(),
    };
    let objective = Objective::Learned { measured: Measured::By(&metric), start, capacity: None };
    let mut costs = Vec::new();
    let mut observe = |moment: &Moment| costs.push(moment.validation_cost);
    let trained = train(&lesson, objective, settings, device, monitor, &mut observe).await?;
    Ok((trained, costs))
}
