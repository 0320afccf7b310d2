//! Which device computes, what is known about it, and how long it takes.

use serde::{Deserialize, Serialize};

/// What the visitor or the command line asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// Whatever is expected to be done first.
    #[default]
    Auto,
    /// The processor: one worker per core.
    Cpu,
    /// The graphics processor, through WebGPU in a tab and Vulkan, Metal or DirectX natively.
    Gpu,
}

/// A graphics processor that passed its examination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GpuReport {
    /// The adapter's name, as its driver gives it.
    pub adapter: String,
    /// The interface used: `webgpu`, `vulkan`, `metal`, ...
    pub backend: String,
    /// Whether it is a program on the processor that plays a graphics processor.
    pub software: bool,
    /// Time to obtain the device, in milliseconds.
    pub start_ms: f64,
    /// Time of the first run of the kernels, compilation included, in milliseconds.
    pub compile_ms: f64,
    /// Largest relative difference between the canary batch's costs and the CPU's.
    pub canary_difference: f64,
    /// How long a batch takes on it.
    pub cost: CostModel,
}

/// Why there is no graphics processor to compute on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum GpuFault {
    /// The browser has no WebGPU.
    #[error("this browser has no WebGPU")]
    NoWebGpu,
    /// No adapter was offered.
    #[error("no graphics adapter is available")]
    NoAdapter,
    /// The adapter lacks what the kernels need.
    #[error("the adapter {adapter} lacks {missing}")]
    AdapterLacks {
        /// The adapter's name.
        adapter: String,
        /// The missing feature or limit.
        missing: String,
    },
    /// The device did not become ready in time.
    #[error("the graphics device did not start within {seconds} s")]
    NotStarted {
        /// How long was waited.
        seconds: f64,
    },
    /// The device or its driver refused, broke or was taken away.
    #[error("the graphics device was lost: {message}")]
    Lost {
        /// What it said.
        message: String,
    },
    /// The batch does not fit into the device's memory.
    #[error("the graphics device is out of memory")]
    OutOfMemory,
    /// The canary batch's plans, or the curves they rest on, differ from the CPU's.
    #[error(
        "the graphics device computes wrongly: the test batch differs from the processor's by {difference:e}"
    )]
    WrongNumbers {
        /// Largest difference: in cost, relatively, or in satisfaction.
        difference: f64,
    },
}

impl GpuFault {
    /// The fault behind what a driver or its library says.
    pub fn of_message(message: &str) -> Self {
        if message.to_lowercase().contains("out of memory") {
            return Self::OutOfMemory;
        }
        Self::Lost { message: message.trim().to_owned() }
    }
}

/// Expected time of a batch on a device: `fixed_ms` + work x `ms_per_work`, where the work of a problem
/// is the network's multiplications times its traffic levels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostModel {
    /// Time that every batch takes, in milliseconds.
    pub fixed_ms: f64,
    /// Time per unit of work, in milliseconds.
    pub ms_per_work: f64,
}

impl CostModel {
    /// The line through two measured batches `(work, milliseconds)`, the second the larger one.
    pub fn through(small: (f64, f64), large: (f64, f64)) -> Self {
        let slope = (large.1 - small.1) / (large.0 - small.0);
        let ms_per_work = slope.max(1e-3 * large.1 / large.0);
        Self { fixed_ms: (small.1 - ms_per_work * small.0).max(0.0), ms_per_work }
    }

    /// Expected time of `work`, in milliseconds.
    pub fn expected_ms(&self, work: f64) -> f64 {
        self.fixed_ms + work * self.ms_per_work
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_model_goes_through_its_measurements_and_never_falls() {
        let model = CostModel::through((10.0, 3.0), (110.0, 8.0));
        assert!((model.expected_ms(10.0) - 3.0).abs() < 1e-12);
        assert!((model.expected_ms(210.0) - 13.0).abs() < 1e-12);
        let noisy = CostModel::through((10.0, 9.0), (110.0, 8.0));
        assert!(noisy.ms_per_work > 0.0 && noisy.fixed_ms >= 0.0);
    }
}
