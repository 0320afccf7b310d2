//! Networks by block: weight files, the fused CPU evaluators, bounds over boxes, and burn for reference
//! and training.
//!
//! The house rule for numbers: everything here is f64, lane-wise and without fused multiply-add, so
//! that a native build and a wasm build give the same bits.

pub mod dense;
pub mod estimator;
pub mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod graph;
mod lane_math;
pub mod recurrent;
#[cfg(feature = "burn")]
pub mod training;

pub use dense::evaluator::Evaluator;
pub use dense::fused::FusedEvaluator;
pub use dense::network::Network;
