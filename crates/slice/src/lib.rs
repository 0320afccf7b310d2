//! The Slice planner: the cheapest CPU and bandwidth that keep a slice's QoS promise (MicroOpt).
//!
//! Problem, model, solver, plan: [`question`] puts a slice's part of a problem to a network of
//! [`model`], [`solver`] searches and proves, [`plan`] checks and reports; [`batch`] does the same for
//! thousands of problems at once, without the proof.

pub mod baselines;
pub mod batch;
pub mod benchmark;
pub mod charts;
pub mod dataset;
pub mod feedback;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod held_out;
pub mod metrics;
pub mod model;
pub mod nature;
pub mod paper;
pub mod plan;
pub mod question;
pub mod simulator;
pub mod solver;
#[cfg(feature = "burn")]
pub mod training;

pub use solver::{Effort, solve};
