//! Networks: weight files, the fused CPU evaluator, bounds over boxes, and burn for reference and training.
//!
//! The house rule for numbers: everything here is f64, lane-wise and without fused multiply-add, so
//! that a native build and a wasm build give the same bits.

mod dense_panel;
pub mod enclosure;
#[cfg(feature = "burn")]
mod epochs;
pub mod estimator;
pub mod evaluator;
pub mod fused;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod head;
mod lane_math;
mod layer;
pub mod network;
pub mod recurrent;
#[cfg(feature = "burn")]
pub mod reference;
#[cfg(feature = "burn")]
pub mod training;
pub mod weights;

pub use evaluator::Evaluator;
pub use fused::FusedEvaluator;
pub use network::Network;
