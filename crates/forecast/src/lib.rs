//! The Forecast planner: how much to reserve for the next interval, and whom to admit, with a learned
//! loss.

pub mod admission;
pub mod baselines;
pub mod explorer;
pub mod files;
pub mod generator_fit;
pub mod jobs;
pub mod losses;
pub mod memory;
pub mod model;
pub mod networks;
#[cfg(feature = "burn")]
pub mod paper;
pub mod reservation;
#[cfg(feature = "burn")]
pub mod training;
pub mod windows;
