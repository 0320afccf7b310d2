//! The Cells planner: how each cell splits its resource blocks among its slices (IDLA).

pub mod augmentation;
pub mod baselines;
pub mod city;
pub mod closed_loop;
pub mod dataset;
pub mod day;
pub mod memory;
pub mod metrics;
pub mod model;
pub mod paper;
pub mod simulator;
pub mod solver;
#[cfg(feature = "burn")]
pub mod training;
