//! Capacity for one service under an agreement: ours, and every method beside it.

pub mod plan;
pub mod problem;
pub mod seasonal;
pub mod solver;
pub mod time_of_day;
#[cfg(feature = "burn")]
pub mod training;
