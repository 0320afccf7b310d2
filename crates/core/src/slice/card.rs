//! The model card of a slice's network: what it takes and gives.

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_is_new, check_layers, check_quantity, model_card};
use crate::error::{InputError, check_range};

/// The most components of a mixture, members of an ensemble together.
pub const MOST_COMPONENTS: usize = 32;

model_card! {
    /// What a network of a slice's QoS is; its task is `slice-qos`.
    pub struct ModelCard read as "a Slicewise model card" with metrics Metrics {
        /// Inputs in the network's order; the first is the traffic, the others are the resources.
        pub inputs: Vec<InputField>,
        /// The quantity whose distribution the network gives.
        pub output: OutputField,
        /// Shape of the network.
        pub architecture: Architecture,
        /// What no network may promise, whatever it learned.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub limits: Vec<Limit>,
        /// How far thresholds are raised for a promise with confidence, by rising confidence; empty
        /// where that was not measured.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub confidence: Vec<Confidence>,
        /// Measured rows of an allocation at one traffic, as a median: what so few rows cannot show,
        /// no plan promises with confidence. 0 where that is not known.
        #[serde(default, skip_serializing_if = "is_zero")]
        pub rows_per_allocation: usize,
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
        for (index, limit) in self.limits.iter().enumerate() {
            limit.validate(self).map_err(|error| error.within(&format!("limits[{index}]")))?;
        }
        for (index, pair) in self.confidence.windows(2).enumerate() {
            let field = format!("confidence[{}]", index + 1);
            check_range(
                &format!("{field}.confidence"),
                pair[1].confidence,
                pair[0].confidence,
                1.0,
                "",
            )?;
            check_range(&format!("{field}.factor"), pair[1].factor, pair[0].factor, LARGEST, "")?;
        }
        for (index, level) in self.confidence.iter().enumerate() {
            let field = format!("confidence[{index}]");
            check_range(&format!("{field}.confidence"), level.confidence, 0.0, 1.0, "")?;
            check_range(&format!("{field}.factor"), level.factor, 1e-3, 1e3, "")?;
        }
        self.architecture.validate(8, 1024).map_err(|error| error.within("architecture"))
    }

    /// By what a QoS that is promised with `confidence` is multiplied before the network is asked:
    /// linear between the levels that were measured; nothing where none were, or beyond them.
    pub fn confidence_factor(&self, confidence: f64) -> Option<f64> {
        let above = self.confidence.partition_point(|level| level.confidence < confidence);
        let upper = self.confidence.get(above)?;
        if upper.confidence == confidence {
            return Some(upper.factor);
        }
        let lower = self.confidence.get(above.checked_sub(1)?)?;
        let share = (confidence - lower.confidence) / (upper.confidence - lower.confidence);
        Some(lower.factor + share * (upper.factor - lower.factor))
    }

    /// The least degradation threshold that the measurements can show with `confidence`: as many
    /// rows without a degraded one are still that likely where the true share is this large.
    pub fn least_degradation_shown(&self, confidence: f64) -> f64 {
        if self.rows_per_allocation == 0 {
            return 0.0;
        }
        -libm::expm1(libm::log1p(-confidence) / self.rows_per_allocation as f64)
    }

    /// The least and the largest confidence that can be asked for, where any can.
    pub fn confidence_range(&self) -> Option<(f64, f64)> {
        Some((self.confidence.first()?.confidence, self.confidence.last()?.confidence))
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
    /// In which scale the network reads it.
    #[serde(default, skip_serializing_if = "Scale::is_linear")]
    pub scale: Scale,
}

/// A law that holds whatever the allocation: where high QoS is better, a user gets at most `bound`
/// times the resource over the traffic; where low QoS is, at least `bound` over the resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Name of the resource.
    pub resource: String,
    /// QoS units x users/s per unit of the resource, or QoS units x units of the resource.
    pub bound: f64,
    /// Share by which measurements may lie beyond the bound; from there on degradation is certain.
    pub tolerance: f64,
    /// Measured rows that lie further beyond: transients, neither learned from nor scored.
    pub rows_beyond: usize,
}

impl Limit {
    fn validate(&self, card: &ModelCard) -> Result<(), InputError> {
        let resources: Vec<&str> = card.resources().iter().map(|r| r.name.as_str()).collect();
        if !resources.contains(&self.resource.as_str()) {
            return Err(InputError::new("resource", &self.resource, resources.join(", ")));
        }
        check_range("bound", self.bound, 1e-12, LARGEST, "")?;
        check_range("tolerance", self.tolerance, 1e-6, 1.0, "")
    }
}

/// A confidence, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    /// Share of allocations whose promises hold, 0 to 1: those that were left out of a training.
    pub confidence: f64,
    /// By what the promised QoS is multiplied before the network is asked.
    pub factor: f64,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The quantity itself.
    #[default]
    Linear,
    /// Its natural logarithm.
    Logarithmic,
}

impl Scale {
    /// Whether it is [`Self::Linear`].
    pub fn is_linear(&self) -> bool {
        *self == Self::Linear
    }

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
    /// Components of the mixture; 1 for a Gaussian. Of an ensemble: of each member.
    pub components: usize,
    /// Members of an ensemble of monotone networks, whose mixtures count alike; 0 for one network
    /// that may do anything. A monotone network's QoS never gets worse as a resource grows, nor
    /// better as traffic does, at any quantile.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub monotone_members: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Architecture {
    /// One network that may do anything.
    pub fn free(shared: Vec<usize>, head_hidden: usize, components: usize) -> Self {
        Self { shared, head_hidden, components, monotone_members: 0 }
    }

    /// An ensemble of monotone networks.
    pub fn monotone(members: usize, shared: Vec<usize>, components: usize) -> Self {
        Self { shared, head_hidden: 0, components, monotone_members: members }
    }

    /// Components of the whole mixture.
    pub fn all_components(&self) -> usize {
        self.components * self.monotone_members.max(1)
    }

    /// Checks that there are 1 to `most_layers` shared layers, 1 to `most_units` units in each layer
    /// and 1 to 16 components; of an ensemble, 1 to 32 in all, and no hidden layer of its heads.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self, most_layers: usize, most_units: usize) -> Result<(), InputError> {
        check_layers("shared", &self.shared, 1..=most_layers, most_units)?;
        check_range("head_hidden", self.head_hidden as f64, 0.0, most_units as f64, "units")?;
        check_range("components", self.components as f64, 1.0, 16.0, "")?;
        if self.monotone_members == 0 {
            return Ok(());
        }
        check_range("head_hidden", self.head_hidden as f64, 0.0, 0.0, "units in an ensemble")?;
        let most = (MOST_COMPONENTS / self.components) as f64;
        check_range("monotone_members", self.monotone_members as f64, 0.0, most, "members")
    }

    /// Names of the heads, in the order of the outputs.
    pub fn heads(&self) -> &'static [&'static str] {
        if self.all_components() == 1 {
            &["mean", "deviation"]
        } else {
            &["mean", "deviation", "logit"]
        }
    }

    /// Numbers that the last layer gives: mean and deviation (and logit) of each component.
    pub fn outputs(&self) -> usize {
        self.heads().len() * self.all_components()
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
