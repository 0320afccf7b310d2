//! What the networks are to learn, and how far they are.

use serde::{Deserialize, Serialize};

use super::admission_plan::SharedTerms;
use super::networks::NetworkSource;
use super::reservation::Terms;
use super::trace::TraceSource;
use crate::packed_numbers;

/// What to learn, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnOrder {
    /// Short name of the new networks.
    pub name: String,
    /// The demand; its last third is held back and measured on.
    pub trace: TraceSource,
    /// Where the demand comes from, for the card.
    pub source: String,
    /// What a step costs: the networks see measured costs alone.
    pub terms: Terms,
    /// Recorded outcomes to learn from in place of the terms: decision, demand and cost of each.
    #[serde(with = "packed_numbers")]
    pub records: Vec<f64>,
    /// Networks whose loss network to go on from (transfer).
    pub start: Option<NetworkSource>,
    /// Whether regressors learn on the other methods' losses too; not with records.
    pub rivals: bool,
    /// Whether the networks have the paper's size instead of the reduced one.
    pub paper_size: bool,
    /// Passes over the training steps, 1 to 500.
    pub epochs: usize,
    /// Seed of the weights, the order and the exploration.
    pub seed: u64,
}

/// What to learn where the four generated services share a capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionLearnOrder {
    /// Short name of the new networks.
    pub name: String,
    /// Seed of the demand.
    pub demand_seed: u64,
    /// What a step costs: the networks see measured costs and the capacity alone.
    pub terms: SharedTerms,
    /// Passes over the training steps, 1 to 500.
    pub epochs: usize,
    /// Seed of the weights, the order and the exploration.
    pub seed: u64,
}

/// A training after one of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningMoment {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Mean cost of the decisions on the training steps, as they were taken.
    pub training_cost: f64,
    /// Root mean square error of the loss network, in deviations of the cost.
    pub loss_error: f64,
}

/// What the loss network says after an epoch, at one demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossSeen {
    /// The demand: half of the training steps have less.
    pub demand: f64,
    /// Decisions, ascending.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// What the loss network says.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says, which the networks do not see; empty where there are records alone.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
}
