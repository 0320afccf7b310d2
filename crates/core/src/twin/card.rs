//! The model cards of the networks that correct the formula: of scheduled ports, and hop by hop.

use serde::{Deserialize, Serialize};

use super::queueing::Policy;
use crate::card::{check_layers, check_quantity, model_card};
use crate::error::{InputError, check_count, check_range};

model_card! {
    /// What the networks are, in the words that a reader needs to trust them or not.
    pub struct PortsCard read as "a model card of ports" with metrics PortsMetrics {
        /// Inputs in the networks' order, pure numbers that describe a class at a port.
        pub inputs: Vec<TrainedInput>,
        /// What each network gives, in order: corrections of a closed form.
        pub outputs: Vec<String>,
        /// Units of each hidden layer.
        pub hidden: Vec<usize>,
        /// Policies that have a network.
        pub policies: Vec<Policy>,
    }
}

/// One input of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedInput {
    /// Its name.
    pub name: String,
    /// Smallest value in training, of all policies together.
    pub trained_minimum: f64,
    /// Largest value in training, of all policies together.
    pub trained_maximum: f64,
}

/// How well a network tells what simulated classes see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortsMetrics {
    /// Mean absolute error of wait and transmission together, as a share of them.
    pub delay_mape: f64,
    /// Median of the same.
    pub delay_median_ape: f64,
    /// Median absolute error of the variance of the wait, as a share of it.
    pub variance_median_ape: f64,
    /// Mean absolute error of the loss.
    pub loss_mae: f64,
    /// Classes of simulated ports.
    pub classes: usize,
}

/// The most hidden layers and the most units of each.
const MOST_LAYERS: usize = 4;
/// The most units of a hidden layer.
pub const MOST_UNITS: usize = 64;
/// The most inputs.
const MOST_INPUTS: usize = 64;

/// Checks the names and ranges of the inputs in `field`.
fn check_inputs(field: &str, inputs: &[TrainedInput]) -> Result<(), InputError> {
    check_count(field, inputs.len(), 1, MOST_INPUTS)?;
    for input in inputs {
        check_quantity(&input.name, "")?;
        let field = format!("{field}.{}", input.name);
        check_range(&field, input.trained_minimum, -1e6, 1e6, "")?;
        check_range(&field, input.trained_maximum, input.trained_minimum, 1e6, "")?;
    }
    Ok(())
}

impl PortsCard {
    /// Checks the networks' own part.
    fn validate_own(&self) -> Result<(), InputError> {
        check_inputs("inputs", &self.inputs)?;
        check_layers("hidden", &self.hidden, 1..=MOST_LAYERS, MOST_UNITS)?;
        check_count("policies", self.policies.len(), 1, Policy::ALL.len())
    }
}

model_card! {
    /// What a graph network is that corrects the formula hop by hop, in the words that a reader needs to trust it or
    /// not.
    pub struct GraphCard read as "a model card of a graph network" with metrics GraphMetrics {
        /// Inputs of a queue in the network's order, pure numbers.
        pub queue_inputs: Vec<TrainedInput>,
        /// Inputs of a hop.
        pub hop_inputs: Vec<TrainedInput>,
        /// Inputs of a path.
        pub path_inputs: Vec<TrainedInput>,
        /// Corrections of a hop, in order.
        pub outputs: Vec<String>,
        /// How far each can go, to both sides.
        pub reach: Vec<f64>,
        /// Rounds of messages between paths and queues.
        pub rounds: usize,
        /// What its training runs cover.
        pub trained: GraphTrained,
        /// Intervals that cover nine of ten delays; the first that is meant for a flow holds.
        pub intervals: Vec<GraphInterval>,
        /// What runs these are of; of the validation runs where it is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub intervals_of: Option<String>,
    }
}

/// What training runs cover.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphTrained {
    /// Nodes of the smallest network.
    pub least_nodes: usize,
    /// Nodes of the largest network.
    pub most_nodes: usize,
    /// Least load of a port that carries something.
    pub least_load: f64,
    /// Highest load of a port.
    pub highest_load: f64,
    /// Policies of the ports on a path, `mixed` where they differ.
    pub policies: Vec<String>,
    /// How packets arrive.
    pub arrivals: Vec<String>,
}

/// How well a network tells what was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphMetrics {
    /// Mean absolute error of the mean delay, as a share of it.
    pub delay_mape: f64,
    /// Median of the same.
    pub delay_median_ape: f64,
    /// Mean absolute error of the delay that 90 of 100 packets stay below, as a share of it.
    pub p90_mape: f64,
    /// Mean absolute error of the variance of the delay, as a share of it.
    pub jitter_mape: f64,
    /// Mean absolute error of the share of lost packets.
    pub loss_mae: f64,
    /// Flows.
    pub flows: usize,
}

/// An interval of the delays of a group of flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphInterval {
    /// Policy of the ports on the path, `mixed` where they differ; all where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Least load of the busiest port on the path.
    pub least_load: f64,
    /// Load that it stays below.
    pub highest_load: f64,
    /// How far the logarithm of a delay is off in nine of ten cases, to both sides.
    pub log_distance: f64,
    /// Runs that it was calibrated on.
    pub runs: usize,
    /// Their flows in this group.
    pub flows: usize,
}

impl GraphCard {
    /// Checks the network's own part.
    fn validate_own(&self) -> Result<(), InputError> {
        let lists = [
            ("queue_inputs", &self.queue_inputs),
            ("hop_inputs", &self.hop_inputs),
            ("path_inputs", &self.path_inputs),
        ];
        for (field, inputs) in lists {
            check_inputs(field, inputs)?;
        }
        check_count("outputs", self.outputs.len(), self.reach.len(), self.reach.len())?;
        for reach in &self.reach {
            check_range("reach", *reach, 1e-3, 20.0, "")?;
        }
        check_count("rounds", self.rounds, 1, 8)?;
        for interval in &self.intervals {
            check_range("intervals.log_distance", interval.log_distance, 0.0, 100.0, "")?;
        }
        Ok(())
    }
}

model_card! {
    /// What an agent is that routes by link weights, in the words that a reader needs to trust it or not.
    pub struct RoutingAgentCard read as "a model card of a routing agent" with metrics RoutingAgentMetrics {
        /// Inputs of a link in the network's order, pure numbers.
        pub inputs: Vec<TrainedInput>,
        /// What it gives for a link.
        pub outputs: Vec<String>,
        /// Units of each hidden layer.
        pub hidden: Vec<usize>,
        /// Steps of an episode.
        pub steps: usize,
        /// Fewest and most nodes of the networks that it learned on.
        pub nodes: (usize, usize),
    }
}

/// How far an agent lowers the fullest link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingAgentMetrics {
    /// Generated networks.
    pub networks: usize,
    /// Utilisation of the fullest link over that of the start, on the mean.
    pub mean_over_start: f64,
    /// Median of the same.
    pub median_over_start: f64,
}

impl RoutingAgentCard {
    /// Checks the network's own part.
    fn validate_own(&self) -> Result<(), InputError> {
        check_inputs("inputs", &self.inputs)?;
        check_layers("hidden", &self.hidden, 1..=MOST_LAYERS, MOST_UNITS)?;
        check_count("outputs", self.outputs.len(), 1, 1)?;
        check_count("steps", self.steps, 1, 1000)
    }
}
