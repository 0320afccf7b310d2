//! The Cells planner: how each cell splits its resource blocks among its slices (IDLA).

pub mod observation;
pub mod simulator;
