//! What an engine does for each planner: its state between jobs, and its jobs one by one.

pub mod cells;
pub mod forecast;
pub mod networks;
#[cfg(feature = "gpu")]
pub mod on_gpu;
pub mod slice;
#[cfg(feature = "burn")]
pub mod training;

/// An engine without a graphics processor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Processor;
