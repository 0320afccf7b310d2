//! An order to train a network on measured rows, and how the training goes.

use serde::{Deserialize, Serialize};

use crate::card::{Architecture, OutputField};
use crate::error::{InputError, check_range};
use crate::packed_numbers;

/// The most rows of one order.
pub const MOST_ROWS: usize = 500_000;
/// The fewest rows from which a network can be trained and tested.
pub const FEWEST_ROWS: usize = 50;

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
    /// Rows per step, 8 to 4096.
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
        check_name(&self.name)?;
        check_range("inputs", self.inputs.len() as f64, 2.0, 4.0, "columns")?;
        check_range("rows", self.len() as f64, FEWEST_ROWS as f64, MOST_ROWS as f64, "rows")?;
        if !self.rows.len().is_multiple_of(self.inputs.len() + 1) {
            return Err(InputError::new("rows", self.rows.len(), "rows of equal length"));
        }
        if let Some(index) = self.rows.iter().position(|value| !value.is_finite()) {
            let (row, column) = (index / (self.inputs.len() + 1), index % (self.inputs.len() + 1));
            let field = format!("rows[{row}][{column}]");
            return Err(InputError::new(&field, self.rows[index], "a finite number"));
        }
        for (index, input) in self.inputs.iter().enumerate() {
            let field = format!("inputs[{index}].default_capacity");
            check_range(&field, input.default_capacity, 1e-9, 1e12, &input.unit)?;
        }
        check_range("epochs", self.epochs as f64, 1.0, 2000.0, "")?;
        check_range("batch", self.batch as f64, 8.0, 4096.0, "rows")?;
        check_range("learning_rate", self.learning_rate, 1e-6, 1.0, "")?;
        check_range("weight_decay", self.weight_decay, 0.0, 10.0, "")
    }
}

fn check_name(name: &str) -> Result<(), InputError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
        let allowed = "1 to 40 of the characters a-z, 0-9 and -";
        return Err(InputError::new("name", name, allowed));
    }
    Ok(())
}
