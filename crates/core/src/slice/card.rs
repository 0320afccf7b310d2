//! The model card of a slice's network: what it takes and gives.

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_is_new, check_layers, check_quantity, model_card};
use crate::error::{InputError, check_range};

model_card! {
    /// What a network of a slice's QoS is; its task is `slice-qos`.
    pub struct ModelCard read as "a Slicewise model card" with metrics Metrics {
        /// Inputs in the network's order; the first is the traffic, the others are the resources.
        pub inputs: Vec<InputField>,
        /// The quantity whose distribution the network gives.
        pub output: OutputField,
        /// Shape of the network.
        pub architecture: Architecture,
    }
}

impl ModelCard {
    /// Checks the slice's own part.
    fn validate_own(&self) -> Result<(), InputError> {
        if self.inputs.len() < 2 || self.inputs.len() > 9 {
            return Err(InputError::new(
                "inputs",
                format!("{} inputs", self.inputs.len()),
                "the traffic and 1 to 8 resources",
            ));
        }
        for (index, input) in self.inputs.iter().enumerate() {
            let before = self.inputs[..index].iter().map(|other| other.name.as_str());
            let checked = input.validate().and_then(|()| check_is_new(&input.name, before));
            checked.map_err(|error| error.within(&format!("inputs[{index}]")))?;
        }
        self.output.validate().map_err(|error| error.within("output"))?;
        self.architecture.validate(8, 1024).map_err(|error| error.within("architecture"))
    }

    /// The resources: every input but the traffic.
    pub fn resources(&self) -> &[InputField] {
        &self.inputs[1..]
    }
}

/// One input of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputField {
    /// Name, as in problems and plans: `traffic`, `cpu`, `bandwidth`.
    pub name: String,
    /// Unit: `users/s`, `millicores`, `Mbit/s`.
    pub unit: String,
    /// Smallest value in the training data.
    pub trained_minimum: f64,
    /// Largest value in the training data.
    pub trained_maximum: f64,
    /// Capacity offered by default when a plan is asked for; more than `trained_maximum` extrapolates.
    pub default_capacity: f64,
}

/// The output of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputField {
    /// Name: `throughput per user`, `packet delay`.
    pub name: String,
    /// Unit of the QoS and of its threshold.
    pub unit: String,
    /// Which side of the threshold degrades.
    pub better: Better,
    /// In which scale the network's distribution lives.
    pub scale: Scale,
    /// Smallest QoS in the training data.
    pub measured_minimum: f64,
    /// Largest QoS in the training data.
    pub measured_maximum: f64,
    /// Smallest threshold that the page and the command line accept.
    pub threshold_minimum: f64,
    /// Largest threshold that they accept.
    pub threshold_maximum: f64,
    /// Threshold shown first.
    pub threshold_default: f64,
}

impl InputField {
    fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        let (lowest, highest) = (self.trained_minimum, self.trained_maximum);
        check_range("trained_maximum", highest, -LARGEST, LARGEST, &self.unit)?;
        check_range("trained_minimum", lowest, -LARGEST, highest, &self.unit)?;
        check_range("default_capacity", self.default_capacity, 1e-9, LARGEST, &self.unit)
    }
}

impl OutputField {
    /// Checks names and thresholds; the measured range may still be unknown.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        // In a logarithmic scale there is nothing at 0 and below.
        let lowest = if self.scale == Scale::Logarithmic { 1e-9 } else { -LARGEST };
        let highest = self.threshold_maximum;
        check_range("threshold_maximum", highest, lowest, LARGEST, &self.unit)?;
        check_range("threshold_minimum", self.threshold_minimum, lowest, highest, &self.unit)?;
        let lowest = self.threshold_minimum;
        check_range("threshold_default", self.threshold_default, lowest, highest, &self.unit)?;
        let measured = [self.measured_minimum, self.measured_maximum];
        match measured.iter().find(|value| value.is_nan()) {
            Some(value) => Err(InputError::new("measured range", value, "numbers")),
            None => Ok(()),
        }
    }
}

/// Which direction of a QoS is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Degraded when q <= threshold (throughput).
    Higher,
    /// Degraded when q >= threshold (delay).
    Lower,
}

/// The scale in which a network's distribution is a Gaussian mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The QoS itself.
    Linear,
    /// The natural logarithm of the QoS.
    Logarithmic,
}

impl Scale {
    /// Takes a QoS value to the network's scale.
    pub fn forward(self, qos: f64) -> f64 {
        match self {
            Self::Linear => qos,
            Self::Logarithmic => libm::log(qos),
        }
    }

    /// Takes a value in the network's scale back to QoS units.
    pub fn backward(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => libm::exp(value),
        }
    }
}

/// Shape of a dense network with a Gaussian or Gaussian-mixture output (MicroOpt, Fig. 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Units of each shared hidden layer, rectified.
    pub shared: Vec<usize>,
    /// Units of the hidden layer of each head; 0 for heads that read the last shared layer.
    pub head_hidden: usize,
    /// Components of the mixture; 1 for a Gaussian.
    pub components: usize,
}

impl Architecture {
    /// Checks that there are 1 to `most_layers` shared layers, 1 to `most_units` units in each layer
    /// and 1 to 16 components.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self, most_layers: usize, most_units: usize) -> Result<(), InputError> {
        check_layers("shared", &self.shared, 1..=most_layers, most_units)?;
        check_range("head_hidden", self.head_hidden as f64, 0.0, most_units as f64, "units")?;
        check_range("components", self.components as f64, 1.0, 16.0, "")
    }

    /// Names of the heads, in the order of the outputs.
    pub fn heads(&self) -> &'static [&'static str] {
        if self.components == 1 { &["mean", "deviation"] } else { &["mean", "deviation", "logit"] }
    }

    /// Numbers that the last layer gives: mean and deviation (and logit) of each component.
    pub fn outputs(&self) -> usize {
        self.heads().len() * self.components
    }
}

/// How well a network describes a set of rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Mean negative log-likelihood per row, density in 1/QoS unit.
    pub nll: f64,
    /// Mean squared error of the predicted mean, in QoS units squared.
    pub mse: f64,
    /// Mean absolute error of the predicted mean, in QoS units.
    pub mae: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::LONGEST_NAME;

    #[test]
    fn an_input_with_the_name_of_one_before_it_is_named() {
        let text = include_str!("../../../../models/slice/delay/card.json");
        let mut card = ModelCard::from_json(text).unwrap();
        card.inputs[2].name = card.inputs[0].name.clone();
        assert_eq!(card.validate().unwrap_err().field, "inputs[2].name");
        card.inputs[1].unit = "x".repeat(LONGEST_NAME + 1);
        assert_eq!(card.validate().unwrap_err().field, "inputs[1].unit");
    }
}
