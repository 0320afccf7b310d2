//! What a network was trained on, allocation by allocation: a count and quantiles, nothing row by row.

use serde::{Deserialize, Serialize};

use crate::card::Better;
use crate::error::InputError;

/// Rows of one allocation that count as independent: seconds in a row are much alike.
pub const INDEPENDENT_ROWS: f64 = 10.0;
/// Quantiles of a measured cell.
pub const QUANTILES: usize = 16;

/// The rows measured at one traffic and allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredCell {
    /// Traffic, then the allocation.
    pub inputs: Vec<f64>,
    /// Rows measured.
    pub rows: usize,
    /// The QoS at [`QUANTILES`] evenly spaced shares of the rows, from the least to the largest.
    pub qos: Vec<f64>,
}

/// What was measured near a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Nearby {
    /// Share of the rows that are degraded, nearer cells counting more.
    pub degradation: f64,
    /// Its standard error; the rows of a cell, seconds on end, count as few.
    pub standard_error: f64,
    /// Rows that count for more than a tenth of the nearest ones.
    pub rows: usize,
}

/// What was promised, measured and corrected at one traffic and allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Traffic, then the allocation.
    pub inputs: Vec<f64>,
    /// Rows measured there.
    pub rows: usize,
    /// Share of users degraded, as the network said before.
    pub promised: f64,
    /// Share of the rows that are degraded.
    pub measured: f64,
    /// Share of users degraded, as the network says with the measurements.
    pub corrected: f64,
}

/// What measurements taken at plans say of an ensemble.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    /// How much each member counts, 0 to 1, the largest 1.
    pub member_weights: Vec<f64>,
    /// The QoS threshold against which shares of users are degraded, in the model's output unit.
    pub qos_threshold: f64,
    /// What changes, traffic and allocation by traffic and allocation.
    pub corrections: Vec<Correction>,
}

impl Correction {
    /// Whether what was measured is farther from what the members say than chance would have it, by two
    /// standard errors.
    pub fn is_unexplained(&self) -> bool {
        let rows = (self.rows as f64).min(INDEPENDENT_ROWS);
        let share = self.corrected.clamp(0.5 / rows, 1.0 - 0.5 / rows);
        let error = (share * (1.0 - share) / rows).sqrt();
        (self.measured - self.corrected).abs() > 2.0 * error
    }
}

impl MeasuredCell {
    /// The cells of a model's file.
    ///
    /// # Errors
    /// Says where the text is no list of cells.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, InputError> {
        serde_json::from_str(text)
            .map_err(|error| InputError::new("measured cells", error, "a list of measured cells"))
    }

    /// The count and the quantiles of at least one QoS, ascending, at `inputs`, to three digits.
    pub fn of(inputs: &[f64], sorted: &[f64]) -> Self {
        let last = (sorted.len() - 1) as f64;
        let quantile = |index: usize| {
            let place = last * index as f64 / (QUANTILES - 1) as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            let value = low + (high - low) * place.fract();
            format!("{value:.2e}").parse().unwrap_or(value)
        };
        let qos = (0..QUANTILES).map(quantile).collect();
        Self { inputs: inputs.to_vec(), rows: sorted.len(), qos }
    }

    /// Share of the rows that miss `qos`, between the quantiles linearly.
    pub fn degradation(&self, qos: f64, better: Better) -> f64 {
        let last = (self.qos.len() - 1) as f64;
        let above = self.qos.partition_point(|quantile| *quantile <= qos);
        let below = if above == 0 {
            0.0
        } else if above == self.qos.len() {
            1.0
        } else {
            let (low, high) = (self.qos[above - 1], self.qos[above]);
            ((above - 1) as f64 + (qos - low) / (high - low)) / last
        };
        if better == Better::Higher { below } else { 1.0 - below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_that_no_member_foretold_are_unexplained() {
        let of = |measured: f64, corrected: f64, rows: usize| {
            let (inputs, promised) = (vec![3.0, 1700.0, 18.0], 0.04);
            Correction { inputs, rows, promised, measured, corrected }.is_unexplained()
        };
        assert!(of(1.0, 0.03, 60) && of(0.5, 0.1, 60) && of(0.0, 0.6, 60));
        assert!(!of(0.25, 0.11, 60) && !of(0.0, 0.01, 60) && !of(0.4, 0.1, 4));
    }
}
