//! The Cells planner: how each cell splits its resource blocks among its slices.

pub mod page;
