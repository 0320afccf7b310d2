//! Networks on a graphics processor: kernels of our own through burn's backend extension, natively
//! on Vulkan, Metal or DirectX and in a tab on WebGPU.
//!
//! Kernels compute in f32. Whatever they find is checked in f64 by whoever asked.

pub mod dense;
pub mod device;
pub mod estimator;
pub mod evaluator;
pub mod launch;
pub mod rows;

pub use device::GpuDevice;
pub use estimator::GpuEstimator;
pub use evaluator::{GpuEvaluator, GpuNetwork};
