//! The model card of an estimator of satisfaction.

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_layers, check_quantity, model_card};
use crate::error::{InputError, check_range};

model_card! {
    /// What an estimator is, in the words that a reader needs to trust it or not.
    pub struct EstimatorCard read as "an estimator's model card" with metrics EstimatorMetrics {
        /// Inputs in the network's order; the first is the share, the others are the slice's features.
        pub inputs: Vec<EstimatorInput>,
        /// Shape of the network.
        pub architecture: EstimatorArchitecture,
    }
}

/// One input of an estimator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimatorInput {
    /// Name: `share`, `active_users[t-1]`, `cqi[t-5]`, `required_throughput`.
    pub name: String,
    /// Unit: `Mbit/s`, `ms`, empty for a pure number.
    pub unit: String,
    /// Smallest value in the training data.
    pub trained_minimum: f64,
    /// Largest value in the training data.
    pub trained_maximum: f64,
}

/// Shape of an estimator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimatorArchitecture {
    /// Units of each hidden layer, rectified: 36, 24, 16, 16 in the paper (IDLA, section V-B).
    pub hidden: Vec<usize>,
    /// How the share enters.
    pub form: EstimatorForm,
}

/// How the share enters an estimator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EstimatorForm {
    /// As one more input of the network: the paper's. The satisfaction may fall where the share rises.
    Plain,
    /// The network reads the features alone and gives the distribution of the share that the slice
    /// needs, as a histogram between `knots`; the satisfaction is its distribution function, which
    /// never falls.
    Monotone {
        /// Shares from 0 to 1, ascending.
        knots: Vec<f64>,
    },
}

/// How well an estimator describes a set of rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimatorMetrics {
    /// Mean absolute error of the satisfaction.
    pub mae: f64,
    /// The same with rows below 0.99 and rows from 0.99 on weighing half each.
    pub mae_balanced: f64,
    /// Rows over whose share the estimate falls somewhere.
    pub monotone_violations: usize,
    /// How it does in each experiment, where each was estimated by weights that were trained without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiments: Option<ExperimentErrors>,
}

/// Balanced errors of an estimator and of the last value, experiment by experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentErrors {
    /// Number of experiments.
    pub count: usize,
    /// Mean of the estimator's balanced errors, each experiment weighing alike.
    pub mean: f64,
    /// Their standard deviation over the experiments.
    pub deviation: f64,
    /// The smallest of them.
    pub least: f64,
    /// The largest of them.
    pub largest: f64,
    /// Balanced error of the satisfaction of the step before over all rows.
    pub last_value: f64,
    /// Mean of the balanced errors of the step before, each experiment weighing alike.
    pub last_value_mean: f64,
    /// Experiments in which the estimator errs less than the step before.
    pub better_than_last_value: usize,
}

/// The most hidden layers and the most units of each.
pub const MOST_LAYERS: usize = 8;
/// The most units of a hidden layer.
pub const MOST_UNITS: usize = 256;
/// The most knots of a monotone estimator.
pub const MOST_KNOTS: usize = 128;
/// The most inputs of an estimator.
pub const MOST_INPUTS: usize = 64;

impl EstimatorCard {
    /// Checks the estimator's own part.
    fn validate_own(&self) -> Result<(), InputError> {
        check_range("inputs", self.inputs.len() as f64, 2.0, MOST_INPUTS as f64, "inputs")?;
        for (index, input) in self.inputs.iter().enumerate() {
            input.validate().map_err(|error| error.within(&format!("inputs[{index}]")))?;
        }
        if self.inputs[0].name != "share" {
            return Err(InputError::new("inputs[0].name", &self.inputs[0].name, "share"));
        }
        self.architecture.validate().map_err(|error| error.within("architecture"))
    }

    /// Whether one of `features` lies outside the range of the training data.
    pub fn is_outside(&self, features: &[f64]) -> bool {
        self.features().iter().zip(features).any(|(input, value)| input.is_outside(*value))
    }

    /// Places of the numbers of active users among the features; none where the estimator is not told.
    pub fn user_features(&self) -> Vec<usize> {
        self.features_named("active_users")
    }

    /// Places of what was measured of the last step's share among the features; none where the estimator
    /// is not told.
    pub fn last_step_features(&self) -> Vec<usize> {
        self.features_named("last_")
    }

    /// Places of what the slice is promised among the features.
    pub fn requirement_features(&self) -> Vec<usize> {
        self.features_named("required_")
    }

    fn features_named(&self, beginning: &str) -> Vec<usize> {
        let inputs = self.features().iter().enumerate();
        let named = inputs.filter(|(_, input)| input.name.starts_with(beginning));
        named.map(|(index, _)| index).collect()
    }

    /// The features: every input but the share.
    pub fn features(&self) -> &[EstimatorInput] {
        &self.inputs[1..]
    }
}

impl EstimatorInput {
    /// Whether `value` lies outside the range of the training data.
    pub fn is_outside(&self, value: f64) -> bool {
        value < self.trained_minimum || value > self.trained_maximum
    }

    fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        let highest = self.trained_maximum;
        check_range("trained_maximum", highest, -LARGEST, LARGEST, &self.unit)?;
        check_range("trained_minimum", self.trained_minimum, -LARGEST, highest, &self.unit)
    }
}

impl EstimatorArchitecture {
    /// Checks layers, units and knots.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_layers("hidden", &self.hidden, 1..=MOST_LAYERS, MOST_UNITS)?;
        let EstimatorForm::Monotone { knots } = &self.form else { return Ok(()) };
        check_range("form.knots", knots.len() as f64, 2.0, MOST_KNOTS as f64, "knots")?;
        let ascending = knots.windows(2).all(|pair| pair[0] < pair[1]);
        if knots[0] != 0.0 || knots[knots.len() - 1] != 1.0 || !ascending {
            return Err(InputError::new("form.knots", format!("{knots:?}"), "0 to 1, ascending"));
        }
        Ok(())
    }
}
