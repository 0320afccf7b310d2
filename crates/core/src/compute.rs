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

impl Device {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Cpu, Self::Gpu];

    /// The name in flags and storage.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }

    /// The device of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.name() == name)
    }
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
#[serde(rename_all = "kebab-case")]
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
        if message.to_ascii_lowercase().contains("out of memory") {
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

/// A GPU that has not started is worth starting where the processor is expected to take longer than
/// this, in milliseconds.
const WORTH_STARTING_MS: f64 = 3_000.0;

/// Which device is expected to be done with a batch first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faster {
    /// Nothing was measured to tell by.
    Unknown,
    /// The processor.
    Cpu,
    /// The graphics processor.
    Gpu,
    /// The processor, before a graphics processor would have started.
    CpuAlone,
    /// The processor, until the graphics processor has started, which is worth it.
    CpuUntilGpu,
}

impl Faster {
    /// The faster device for `work`, in the unit of [`CostModel`], where one of `workers` workers takes
    /// what `cpu` says and the graphics processor what `gpu` says; none where it has not started.
    pub fn of(work: f64, workers: usize, cpu: Option<CostModel>, gpu: Option<CostModel>) -> Self {
        let Some(cpu) = cpu else { return Self::Unknown };
        let cpu_ms = cpu.expected_ms(work / workers as f64);
        match gpu {
            Some(gpu) if gpu.expected_ms(work) < cpu_ms => Self::Gpu,
            Some(_) => Self::Cpu,
            None if cpu_ms > WORTH_STARTING_MS => Self::CpuUntilGpu,
            None => Self::CpuAlone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_found_by_its_name() {
        for device in Device::ALL {
            assert_eq!(Device::named(device.name()), Some(device));
        }
        assert_eq!(Device::named("fast"), None);
    }

    #[test]
    fn workers_share_the_work_and_the_shorter_time_wins() {
        // One worker takes 1 ms per unit, the graphics processor 20 ms and 0.1 ms per unit: 4 workers
        // need 250 ms for 1,000 units against 120 ms, and 25 ms for 100 units against 30 ms.
        let cpu = Some(CostModel { fixed_ms: 0.0, ms_per_work: 1.0 });
        let gpu = Some(CostModel { fixed_ms: 20.0, ms_per_work: 0.1 });
        assert_eq!(Faster::of(1e3, 4, cpu, gpu), Faster::Gpu);
        assert_eq!(Faster::of(100.0, 4, cpu, gpu), Faster::Cpu);
        assert_eq!(Faster::of(100.0, 1, cpu, gpu), Faster::Gpu);
        assert_eq!(Faster::of(1e3, 4, None, gpu), Faster::Unknown);
    }

    #[test]
    fn a_graphics_processor_is_started_only_for_what_takes_long() {
        let cpu = Some(CostModel { fixed_ms: 0.0, ms_per_work: 1.0 });
        assert_eq!(Faster::of(11_000.0, 4, cpu, None), Faster::CpuAlone);
        assert_eq!(Faster::of(13_000.0, 4, cpu, None), Faster::CpuUntilGpu);
    }

    #[test]
    fn a_cost_model_goes_through_its_measurements_and_never_falls() {
        let model = CostModel::through((10.0, 3.0), (110.0, 8.0));
        assert!((model.expected_ms(10.0) - 3.0).abs() < 1e-12);
        assert!((model.expected_ms(210.0) - 13.0).abs() < 1e-12);
        let noisy = CostModel::through((10.0, 9.0), (110.0, 8.0));
        assert!(noisy.ms_per_work > 0.0 && noisy.fixed_ms >= 0.0);
    }
}
