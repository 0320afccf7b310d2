//! The Forecast planner's jobs.

pub mod forecast;

pub use crate::JobError;
