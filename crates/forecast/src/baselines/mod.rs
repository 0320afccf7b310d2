//! Forecasters without a network, and margins on top of a forecast.

mod holt_winters;
pub mod last_sample;
pub mod margin;

pub use holt_winters::{HoltWinters, Smoothing};

/// Share of the training errors that the margin of forecasters without a network covers.
pub const COVERED_SHARE: f64 = 0.95;

/// The demand one season earlier, for each of `steps` (all at least `season`).
pub fn seasonal_naive(demand: &[f64], season: usize, steps: std::ops::Range<usize>) -> Vec<f64> {
    steps.map(|step| demand[step.saturating_sub(season)]).collect()
}
