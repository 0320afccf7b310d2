//! The two networks: one decides, the other tells what decisions cost.

use slicewise_core::forecast::RivalLoss;
use slicewise_core::seed;
use slicewise_nets::recurrent::{DenseStack, Recurrent, RecurrentShape};

use crate::windows::{LOOK_BACK, Scale};

/// Inputs of the loss network per slice: distance of decision and demand in units of the change that is
/// usual at that demand, and both of them as shares of the peak.
pub const LOSS_INPUTS: usize = 3;

/// Outputs of the regressor per slice: what it adds to the last demand in units of the change that is
/// usual there, and in units of the change that is usual overall.
pub const DECISION_OUTPUTS: usize = 2;

/// A rejected slice's decision, as a share of its peak: within the free range of the metric of the
/// second use case.
pub const REJECTED: f64 = -0.1;

/// Widths of both networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Units of the regressor's LSTM layers.
    pub regressor: Vec<usize>,
    /// Units of the loss network's hidden layers.
    pub loss: Vec<usize>,
}

impl Size {
    /// The size that a browser tab trains in two minutes.
    pub fn reduced() -> Self {
        Self { regressor: vec![32, 32, 16], loss: vec![64, 64, 32] }
    }

    /// The paper's size for one service (Loss meta-learning, Table I).
    pub fn of_the_paper() -> Self {
        Self { regressor: vec![128, 128, 64], loss: vec![256, 256, 128] }
    }
}

/// Decides from past demand alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecaster {
    /// One branch and [`DECISION_OUTPUTS`] outputs per slice: first those of the first kind.
    pub network: Recurrent,
    /// Scales of each slice's demand.
    pub scales: Vec<Scale>,
}

impl Forecaster {
    /// A forecaster that has learned nothing: about the last demand of each slice.
    pub fn drawn(size: &Size, scales: &[Scale], seed: u64) -> Self {
        let shape = RecurrentShape {
            branches: scales.len(),
            units: size.regressor.clone(),
            outputs: DECISION_OUTPUTS * scales.len(),
        };
        let network = Recurrent::drawn(&shape, &mut seed::stream(seed, 11));
        Self { network, scales: scales.to_vec() }
    }

    /// What the network sees of a window: demand in deviations from its mean.
    pub fn standardised(&self, window: &[f64]) -> Vec<f64> {
        let series = window.chunks_exact(LOOK_BACK).zip(&self.scales);
        series
            .flat_map(|(samples, scale)| {
                samples.iter().map(|value| (value - scale.mean) / scale.deviation)
            })
            .collect()
    }

    /// The decision for the step after `window` ([`LOOK_BACK`] samples per slice, slice after slice)
    /// in each slice's unit: its last demand plus what the network adds. Below 0 means rejection
    /// where slices may be rejected.
    pub fn decide(&self, window: &[f64]) -> Vec<f64> {
        let outputs = self.network.forward(&self.standardised(window));
        let last: Vec<f64> =
            window.chunks_exact(LOOK_BACK).map(|samples| samples[LOOK_BACK - 1]).collect();
        decisions(&self.scales, &last, &outputs)
    }
}

/// The decisions where the last demands are `last` and the regressor gives `outputs`.
pub fn decisions(scales: &[Scale], last: &[f64], outputs: &[f64]) -> Vec<f64> {
    let (local, overall) = outputs.split_at(scales.len());
    scales
        .iter()
        .zip(last)
        .zip(local.iter().zip(overall))
        .map(|((scale, last), (local, overall))| {
            last + scale.local_change(*last) * local + scale.change * overall
        })
        .collect()
}

/// What the loss network has learned of the metric.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedLoss {
    /// [`LOSS_INPUTS`] inputs per slice, one output: the standardised cost.
    pub network: DenseStack,
    /// Scales of each slice's demand.
    pub scales: Vec<Scale>,
    /// Mean of the costs that standardise the output.
    pub mean: f64,
    /// Their deviation.
    pub deviation: f64,
}

impl LearnedLoss {
    /// The expected cost of `decision` at `demand`, one of each per slice.
    pub fn cost(&self, decision: &[f64], demand: &[f64]) -> f64 {
        let inputs = loss_inputs(&self.scales, decision, demand);
        self.mean + self.deviation * self.network.forward(&inputs)[0]
    }
}

/// All networks that learned from one demand.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSet {
    /// Decides.
    pub forecaster: Forecaster,
    /// Tells what decisions cost, where that was learned.
    pub loss: Option<LearnedLoss>,
    /// Regressors that learned on losses written by hand.
    pub rivals: Vec<Rival>,
}

/// A regressor of the forecaster's shape, on its scales, that learned on another loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// The loss.
    pub loss: RivalLoss,
    /// The regressor.
    pub network: Recurrent,
}

/// Distances beyond about this many usual changes are drawn together.
pub const FAR: f64 = 10.0;

/// The loss network's inputs for one decision: the distances of all slices, then their decisions,
/// then their demands.
pub fn loss_inputs(scales: &[Scale], decision: &[f64], demand: &[f64]) -> Vec<f64> {
    let slices = || scales.iter().zip(decision.iter().zip(demand));
    let distances = slices()
        .map(|(scale, (decision, demand))| (decision - demand) / scale.local_change(*demand))
        .map(|distance| distance / (1.0 + distance.abs() / FAR));
    let decisions = slices().map(|(scale, (decision, _))| decision / scale.peak);
    let demands = slices().map(|(scale, (_, demand))| demand / scale.peak);
    distances.chain(decisions).chain(demands).collect()
}
