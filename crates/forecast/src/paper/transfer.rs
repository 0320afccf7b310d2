//! Whether a loss network that was learned on one service saves epochs on another (Loss meta-learning,
//! section III: transfer).

use burn::tensor::Device;
use serde::Serialize;
use slicewise_optim::{Halted, Monitor};

use crate::model::LearnedLoss;
use crate::reservation::problem::Trace;
use crate::training::{Lesson, Measured, Moment, Objective, Settings, Trained, train};
use crate::windows::Demands;

/// Cost, over the lowest of a training from nothing, within which a service counts as learned.
const LEARNT: f64 = 1.1;

/// Days of the other service that are learned from: where there are many, nothing has to be reused.
const TRANSFER_DAYS: usize = 3;

/// A service learned with and without the loss network of another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transfer {
    /// Service that the loss network was learned on.
    pub from: String,
    /// Service that it was used for.
    pub to: String,
    /// Cost per step within which the service counts as learned: 10 % above the lowest from nothing.
    pub target_cost: f64,
    /// Epochs from nothing until the cost stays within that.
    pub epochs_from_nothing: usize,
    /// The same with the loss network of the other service; none if it does not stay there.
    pub epochs_reused: Option<usize>,
    /// Cost after each epoch from nothing, on the days that are held back, mean over the seeds.
    pub costs_from_nothing: Vec<f64>,
    /// The same with the loss network of the other service.
    pub costs_reused: Vec<f64>,
}

/// Learns the last three days of `to` before its test from nothing and with the loss network
/// that is learned on all of `from` first, each with the seeds 0 to `seeds` less 1, whose costs are
/// averaged. The regressor starts from nothing both times, and neither loss network learns alone before.
///
/// # Errors
/// As [`train`].
pub async fn transfer(
    from: &Trace,
    to: &Trace,
    settings: &Settings,
    seeds: u64,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<Transfer, Halted> {
    let few = to.test_from.saturating_sub(TRANSFER_DAYS * to.series.steps_per_day());
    let (mut from_nothing, mut reused) = (Vec::new(), Vec::new());
    for seed in 0..seeds.max(1) {
        let settings = Settings { seed, ..settings.clone() };
        let source = learn(from, 0, None, &settings, device, monitor).await?.0.loss;
        let together =
            Settings { loss_steps_before: 0, loss_steps_after: 0, cycles: 1, ..settings };
        from_nothing.push(learn(to, few, None, &together, device, monitor).await?.1);
        reused.push(learn(to, few, source.as_ref(), &together, device, monitor).await?.1);
    }
    let (costs_from_nothing, costs_reused) = (mean(&from_nothing), mean(&reused));
    let lowest = costs_from_nothing.iter().copied().fold(f64::INFINITY, f64::min);
    let target_cost = LEARNT * lowest;
    let settled = |costs: &[f64]| epochs_until_within(target_cost, costs);
    Ok(Transfer {
        from: from.series.name.clone(),
        to: to.series.name.clone(),
        target_cost,
        epochs_from_nothing: settled(&costs_from_nothing).unwrap_or(settings.epochs),
        epochs_reused: settled(&costs_reused),
        costs_from_nothing,
        costs_reused,
    })
}

/// Mean cost after each epoch.
fn mean(runs: &[Vec<f64>]) -> Vec<f64> {
    let epochs = runs.first().map_or(0, Vec::len);
    let of = |epoch: usize| runs.iter().map(|costs| costs[epoch]).sum::<f64>() / runs.len() as f64;
    (0..epochs).map(of).collect()
}

/// Epochs after which no cost is above `target` any more; none if the last one is.
fn epochs_until_within(target: f64, costs: &[f64]) -> Option<usize> {
    let above = costs.iter().rposition(|cost| *cost > target).map_or(0, |last| last + 1);
    (above < costs.len()).then_some(above + 1)
}

/// Learns `trace` from step `first` on; also the cost on its held-back days after each epoch.
async fn learn(
    trace: &Trace,
    first: usize,
    start: Option<&LearnedLoss>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
) -> Result<(Trained, Vec<f64>), Halted> {
    let demands = Demands::new(vec![&trace.series.values])?;
    let agreement = trace.task().agreement;
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let lesson = Lesson {
        demands: &demands,
        training: first..trace.test_from,
        validation: trace.test_from..demands.steps(),
    };
    let objective = Objective::Learned { measured: Measured::By(&metric), start, capacity: None };
    let mut costs = Vec::new();
    let mut observe = |moment: &Moment| costs.push(moment.validation_cost);
    let trained = train(&lesson, objective, settings, device, monitor, &mut observe).await?;
    Ok((trained, costs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_dips_and_comes_back_has_not_settled() {
        assert_eq!(epochs_until_within(2.0, &[5.0, 1.0, 3.0, 2.0, 1.0]), Some(4));
        assert_eq!(epochs_until_within(2.0, &[1.0, 1.0]), Some(1));
        assert_eq!(epochs_until_within(2.0, &[1.0, 3.0]), None);
    }
}
