//! The Slice planner: the cheapest CPU and bandwidth that keep a slice's QoS promise (MicroOpt).

pub mod dataset;
pub mod metrics;
pub mod model;
pub mod simulator;
#[cfg(feature = "burn")]
pub mod training;
