//! An order to train a network on measured rows, and how the training goes.

use serde::{Deserialize, Serialize};

use crate::card::{
    Architecture, LARGEST, OutputField, Scale, check_is_new, check_model_name, check_quantity,
    check_text,
};
use crate::error::{InputError, check_range};
use crate::packed_numbers;

/// The most rows of one order.
pub const MOST_ROWS: usize = 500_000;
/// The fewest rows from which a network can be trained and tested.
pub const FEWEST_ROWS: usize = 50;
/// The most shared layers of a network that is trained.
pub const MOST_LAYERS: usize = 6;
/// The most units of a layer.
pub const MOST_UNITS: usize = 256;
/// The most multiplications of one step's forward pass: about 50 ms of a tab's processor, the
/// gradients included.
const MOST_STEP_MULTIPLICATIONS: usize = 16_000_000;
/// Passes over the training rows that are recommended for a new network. With the other
/// recommendations and the paper's 13,097 training rows a tab reaches the validation error of
/// `slicewise train slice`, whose settings these are.
pub const RECOMMENDED_EPOCHS: usize = 400;
/// Rows per step that are recommended.
pub const RECOMMENDED_BATCH: usize = 512;
/// Learning rate that is recommended at the start.
pub const RECOMMENDED_LEARNING_RATE: f64 = 3e-3;
/// Decay of the weights that is recommended.
pub const RECOMMENDED_WEIGHT_DECAY: f64 = 0.3;

/// The most characters of a title, a source or a licence.
const LONGEST_TEXT: usize = 300;

/// A quantity of the visitor's table that becomes an input of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputColumn {
    /// Name of the input: `traffic` for the first, then the resources'.
    pub name: String,
    /// Unit, as the page shows it.
    pub unit: String,
    /// Capacity offered by default in the planner.
    pub default_capacity: f64,
}

/// What to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingOrder {
    /// Name of the new network.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The inputs, traffic first, then one to three resources.
    pub inputs: Vec<InputColumn>,
    /// The output; its measured range is filled in from the rows.
    pub output: OutputField,
    /// Where the rows come from.
    pub source: String,
    /// Their licence.
    pub licence: String,
    /// Rows x (inputs + 1) numbers, row by row, the measured QoS last.
    #[serde(with = "packed_numbers")]
    pub rows: Vec<f64>,
    /// Shape of the network; that of `start_from`, where one is given.
    pub architecture: Architecture,
    /// Network whose weights to start from: fine-tuning.
    pub start_from: Option<String>,
    /// Passes over the training rows, 1 to 2000.
    pub epochs: usize,
    /// Rows per step, 8 to [`most_batch`].
    pub batch: usize,
    /// Learning rate at the start, 1e-6 to 1.
    pub learning_rate: f64,
    /// Decay of the weights, 0 to 10.
    pub weight_decay: f64,
    /// Seed of the split, the initial weights and the order of the rows.
    pub seed: u64,
}

/// A training after one of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingMoment {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Mean negative log-likelihood over the training rows, in standardised units.
    pub training_loss: f64,
    /// The same over the held-back rows.
    pub held_back_loss: f64,
}

/// Shape that is recommended for a new network: that of MicroOpt, Fig. 2.
pub fn recommended_architecture() -> Architecture {
    Architecture::free(vec![16; 3], 16, 1)
}

/// The most rows per step for that shape: 4096, or fewer for a large network, so that no step holds
/// up its worker for long.
pub fn most_batch(architecture: &Architecture, inputs: usize) -> usize {
    let heads = architecture.heads().len();
    let mut width = inputs;
    let mut multiplications = 0;
    for units in &architecture.shared {
        multiplications += width * units;
        width = *units;
    }
    if architecture.head_hidden > 0 {
        multiplications += heads * width * architecture.head_hidden;
        width = architecture.head_hidden;
    }
    multiplications += heads * width * architecture.components;
    (MOST_STEP_MULTIPLICATIONS / multiplications.max(1)).min(4096)
}

impl TrainingOrder {
    /// Rows in the order.
    pub fn len(&self) -> usize {
        self.rows.len() / (self.inputs.len() + 1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first field that is out of range, with its value and what is allowed.
    pub fn validate(&self) -> Result<(), InputError> {
        check_model_name(&self.name)?;
        check_text("title", &self.title, 1, LONGEST_TEXT)?;
        check_text("source", &self.source, 0, LONGEST_TEXT)?;
        check_text("licence", &self.licence, 0, LONGEST_TEXT)?;
        check_range("inputs", self.inputs.len() as f64, 2.0, 4.0, "columns")?;
        for (index, input) in self.inputs.iter().enumerate() {
            let before = self.inputs[..index].iter().map(|other| other.name.as_str());
            let checked = input.validate().and_then(|()| check_is_new(&input.name, before));
            checked.map_err(|error| error.within(&format!("inputs[{index}]")))?;
        }
        self.output.validate().map_err(|error| error.within("output"))?;
        self.validate_rows()?;
        let architecture = self.architecture.validate(MOST_LAYERS, MOST_UNITS);
        architecture.map_err(|error| error.within("architecture"))?;
        check_range("epochs", self.epochs as f64, 1.0, 2000.0, "")?;
        let most_rows = most_batch(&self.architecture, self.inputs.len()) as f64;
        check_range("batch", self.batch as f64, 8.0, most_rows, "rows")?;
        check_range("learning_rate", self.learning_rate, 1e-6, 1.0, "")?;
        check_range("weight_decay", self.weight_decay, 0.0, 10.0, "")
    }

    fn validate_rows(&self) -> Result<(), InputError> {
        check_range("rows", self.len() as f64, FEWEST_ROWS as f64, MOST_ROWS as f64, "rows")?;
        let width = self.inputs.len() + 1;
        if !self.rows.len().is_multiple_of(width) {
            return Err(InputError::new("rows", self.rows.len(), "rows of equal length"));
        }
        let least_qos = if self.output.scale == Scale::Logarithmic { 1e-9 } else { -LARGEST };
        for (index, value) in self.rows.iter().enumerate() {
            let (row, column) = (index / width, index % width);
            let (lowest, unit) = match self.inputs.get(column) {
                Some(input) => (0.0, &input.unit),
                None => (least_qos, &self.output.unit),
            };
            // The field's name is made only where it is wanted: there are millions of values.
            if !(lowest..=LARGEST).contains(value) {
                check_range(&format!("rows[{row}][{column}]"), *value, lowest, LARGEST, unit)?;
            }
        }
        Ok(())
    }
}

impl InputColumn {
    fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        check_range("default_capacity", self.default_capacity, 1e-9, LARGEST, &self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_networks_take_fewer_rows_per_step() {
        assert_eq!(most_batch(&recommended_architecture(), 3), 4096);
        // 2 * 100 + 100 * 100 + 2 * 100 * 50 + 2 * 50 = 20,300 multiplications per row.
        let large = Architecture::free(vec![100, 100], 50, 1);
        assert_eq!(most_batch(&large, 2), 16_000_000 / 20_300);
        let largest = Architecture::free(vec![MOST_UNITS; MOST_LAYERS], 256, 16);
        assert!(most_batch(&largest, 4) >= 8);
    }
}
