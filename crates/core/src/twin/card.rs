//! The model card of the networks that correct scheduled ports.

use serde::{Deserialize, Serialize};

use super::queueing::Policy;
use crate::card::{check_layers, check_quantity, model_card};
use crate::error::{InputError, check_count, check_range};

model_card! {
    /// What the networks are, in the words that a reader needs to trust them or not.
    pub struct PortsCard read as "a model card of ports" with metrics PortsMetrics {
        /// Inputs in the networks' order, pure numbers that describe a class at a port.
        pub inputs: Vec<PortsInput>,
        /// What each network gives, in order: corrections of a closed form.
        pub outputs: Vec<String>,
        /// Units of each hidden layer.
        pub hidden: Vec<usize>,
        /// Policies that have a network.
        pub policies: Vec<Policy>,
    }
}

/// One input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortsInput {
    /// Its name.
    pub name: String,
    /// Smallest value in the training data of all policies.
    pub trained_minimum: f64,
    /// Largest value in the training data of all policies.
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

impl PortsCard {
    /// Checks the networks' own part.
    fn validate_own(&self) -> Result<(), InputError> {
        check_count("inputs", self.inputs.len(), 1, MOST_INPUTS)?;
        for input in &self.inputs {
            check_quantity(&input.name, "")?;
            let field = format!("inputs.{}", input.name);
            check_range(&field, input.trained_minimum, -1e6, 1e6, "")?;
            check_range(&field, input.trained_maximum, input.trained_minimum, 1e6, "")?;
        }
        check_layers("hidden", &self.hidden, 1..=MOST_LAYERS, MOST_UNITS)?;
        check_count("policies", self.policies.len(), 1, Policy::ALL.len())
    }
}
