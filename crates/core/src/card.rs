//! The model card that lies beside each weight file: what a network takes, gives and was made from.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};

/// The largest magnitude of a quantity, in whatever unit.
pub const LARGEST: f64 = 1e12;
/// The most characters of a quantity's name or unit.
pub const LONGEST_NAME: usize = 40;

/// What a network is, in the words that a reader needs to trust it or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Version of this format: 1.
    pub format: u32,
    /// Short name, also the folder's: `testbed-gaussian`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What the network answers: `slice-qos`.
    pub task: String,
    /// Inputs in the network's order; the first is the traffic, the others are the resources.
    pub inputs: Vec<InputField>,
    /// The quantity whose distribution the network gives.
    pub output: OutputField,
    /// Shape of the network.
    pub architecture: Architecture,
    /// What it was trained on.
    pub data: DataSource,
    /// Metrics by split: `train`, `val`, `test`.
    pub metrics: BTreeMap<String, Metrics>,
    /// Seed of the split, the initial weights and the batches.
    pub seed: u64,
    /// The command that made the weights.
    pub command: String,
    /// FNV-1a fingerprint of the weight file, 16 hexadecimal digits.
    pub weights_fingerprint: String,
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

/// What a network was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Where the data comes from.
    pub source: String,
    /// Its licence, or `none stated`.
    pub licence: String,
    /// Rows by split.
    pub rows: BTreeMap<String, usize>,
    /// FNV-1a fingerprint of the rows read, 16 hexadecimal digits.
    pub fingerprint: String,
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

impl ModelCard {
    /// Reads a card and checks what the planners rely on.
    ///
    /// # Errors
    /// Names the field that is missing, unknown or out of range.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        read_card(text, "a Slicewise model card", Self::validate)
    }

    /// Checks what the planners rely on, wherever the card comes from.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_head(self.format, &self.name)?;
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

/// Reads a card from JSON and checks it; `expected` says what it should be.
pub(crate) fn read_card<T: DeserializeOwned>(
    text: &str,
    expected: &str,
    validate: impl Fn(&T) -> Result<(), InputError>,
) -> Result<T, InputError> {
    let card: T = serde_json::from_str(text)
        .map_err(|error| InputError::new("model card", error, expected))?;
    validate(&card)?;
    Ok(card)
}

/// Checks what every card begins with: version 1 of its format, and the name of a network.
pub(crate) fn check_head(format: u32, name: &str) -> Result<(), InputError> {
    if format != 1 {
        return Err(InputError::new("format", format, "1"));
    }
    check_model_name(name)
}

/// Checks the name and the unit of a quantity.
pub(crate) fn check_quantity(name: &str, unit: &str) -> Result<(), InputError> {
    check_text("name", name, 1, LONGEST_NAME)?;
    check_text("unit", unit, 0, LONGEST_NAME)
}

/// Checks that the name of an input is not among those of the inputs before it.
pub(crate) fn check_is_new<'a>(
    name: &str,
    mut before: impl Iterator<Item = &'a str>,
) -> Result<(), InputError> {
    if before.any(|other| other == name) {
        return Err(InputError::new("name", name, "a name that no other input has"));
    }
    Ok(())
}

/// Checks how many `layers` there are and that each has 1 to `most_units` units.
pub(crate) fn check_layers(
    field: &str,
    layers: &[usize],
    allowed: RangeInclusive<usize>,
    most_units: usize,
) -> Result<(), InputError> {
    let (least, most) = (*allowed.start() as f64, *allowed.end() as f64);
    check_range(field, layers.len() as f64, least, most, "layers")?;
    for (index, units) in layers.iter().enumerate() {
        let field = format!("{field}[{index}]");
        check_range(&field, *units as f64, 1.0, most_units as f64, "units")?;
    }
    Ok(())
}

/// Checks the name of a network: 1 to 40 of the characters a-z, 0-9 and -.
///
/// # Errors
/// Gives the name and says what is allowed.
pub fn check_model_name(name: &str) -> Result<(), InputError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        let allowed = "1 to 40 of the characters a-z, 0-9 and -";
        return Err(InputError::new("name", name, allowed));
    }
    Ok(())
}

/// Checks that `text` has `least` to `most` characters.
///
/// # Errors
/// Names `field` and says how long it may be.
pub fn check_text(field: &str, text: &str, least: usize, most: usize) -> Result<(), InputError> {
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(InputError::new(field, text, format!("{least} to {most} characters")))
}

/// FNV-1a of `bytes`, as 16 hexadecimal digits: enough to notice a changed file, no protection.
pub fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Checks that `weights` is the file whose fingerprint a card tells.
///
/// # Errors
/// Gives the fingerprint that was found and the one of the card.
pub fn check_fingerprint(weights: &[u8], told: &str) -> Result<(), InputError> {
    let found = fingerprint(weights);
    if found == told {
        return Ok(());
    }
    Err(InputError::new("weights fingerprint", found, format!("{told} as in the model card")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_matches_the_published_fnv_1a_vectors() {
        assert_eq!(fingerprint(b""), "cbf29ce484222325");
        assert_eq!(fingerprint(b"foobar"), "85944171f73967e8");
    }

    #[test]
    fn a_layer_too_many_or_too_wide_is_named() {
        let check = |layers: &[usize]| check_layers("shared", layers, 1..=2, 64);
        assert_eq!(check(&[64, 1]), Ok(()));
        assert_eq!(check(&[]).unwrap_err().field, "shared");
        assert_eq!(check(&[1, 1, 1]).unwrap_err().field, "shared");
        assert_eq!(check(&[64, 65]).unwrap_err().field, "shared[1]");
        assert_eq!(check(&[0, 64]).unwrap_err().field, "shared[0]");
    }

    #[test]
    fn an_input_with_the_name_of_one_before_it_is_named() {
        let text = include_str!("../../../models/slice/delay/card.json");
        let mut card = ModelCard::from_json(text).unwrap();
        card.inputs[2].name = card.inputs[0].name.clone();
        assert_eq!(card.validate().unwrap_err().field, "inputs[2].name");
        card.inputs[1].unit = "x".repeat(LONGEST_NAME + 1);
        assert_eq!(card.validate().unwrap_err().field, "inputs[1].unit");
    }
}
