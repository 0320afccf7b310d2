//! The Cells planner: how each cell splits its resource blocks among its slices (IDLA).

pub mod augmentation;
pub mod dataset;
pub mod metrics;
pub mod model;
pub mod observation;
pub mod simulator;
#[cfg(feature = "burn")]
pub mod training;
