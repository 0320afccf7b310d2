//! The one error for bad input: it names the field, the value found and what is allowed.

use serde::{Deserialize, Serialize};

/// Input that cannot be used, in the three parts that a person needs to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field} is {value}; allowed: {allowed}")]
pub struct InputError {
    /// Path of the field, as in the JSON or the file: `slices[0].qos_threshold`, `row 7, column cpu`.
    pub field: String,
    /// The value found, as text.
    pub value: String,
    /// What the field may hold, with its unit.
    pub allowed: String,
}

impl InputError {
    /// Builds the error from its three parts.
    pub fn new(
        field: impl Into<String>,
        value: impl std::fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        let value = value.to_string();
        let value = if value.is_empty() { "empty".to_owned() } else { shortened(value) };
        Self { field: field.into(), value, allowed: allowed.into() }
    }

    /// Puts `outer` before the field's path, so that a nested error names its whole path.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = format!("{outer}.{}", self.field);
        self
    }
}

/// A value longer than 80 characters is cut, so that a damaged file cannot flood a message.
fn shortened(value: String) -> String {
    const LONGEST: usize = 80;
    if value.chars().count() <= LONGEST {
        return value;
    }
    let mut cut: String = value.chars().take(LONGEST).collect();
    cut.push('…');
    cut
}

/// Checks that `value` is finite and within `lowest..=highest`.
///
/// # Errors
/// Names `field`, the value and the range with `unit`.
pub fn check_range(
    field: &str,
    value: f64,
    lowest: f64,
    highest: f64,
    unit: &str,
) -> Result<(), InputError> {
    if value.is_finite() && value >= lowest && value <= highest {
        return Ok(());
    }
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    Err(InputError::new(field, value, format!("{lowest} to {highest}{unit}")))
}

/// Checks that a number of things is within `least..=most`.
///
/// # Errors
/// Names `field`, the number and what is allowed.
pub fn check_count(field: &str, count: usize, least: usize, most: usize) -> Result<(), InputError> {
    check_range(field, count as f64, least as f64, most as f64, "")
}
