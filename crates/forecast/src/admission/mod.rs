//! Admission and reservation for slices under one capacity: ours, and the overbooking benchmark.

pub mod overbooking;
pub mod plan;
pub mod problem;
pub mod score;
pub mod solver;
#[cfg(feature = "burn")]
pub mod training;
