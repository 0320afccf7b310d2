//! Which device plans a batch, and why: the visitor's choice, what there is, and what each would take.

use leptos::prelude::*;
use slicewise_core::compute::{CostModel, Device, Faster, GpuFault, GpuReport};

use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::view_flags::ViewFlags;

/// Workers beyond this many gain little: the page, its engine and the browser need cores as well.
const MOST_WORKERS: usize = 8;

/// What is known of the graphics processor.
#[derive(Clone, Debug, PartialEq)]
pub enum GpuState {
    /// It was not needed yet.
    NotStarted,
    /// Its engine loads and examines it.
    Starting,
    /// It passed its examination.
    Ready(GpuReport),
    /// It cannot be used, and why.
    Unavailable(String),
}

/// The compute choice of the page and what came of it; a copyable handle.
#[derive(Clone, Copy)]
pub struct Compute {
    /// What the visitor asks for.
    pub choice: RwSignal<Device>,
    /// What is known of the graphics processor.
    pub gpu: RwSignal<GpuState>,
    /// The device of the latest batch and why, in words.
    pub last: RwSignal<Option<String>>,
    /// Workers on the processor.
    pub workers: usize,
}

impl Compute {
    /// The choice that the address, or else this browser's storage, holds.
    pub fn new(flags: &ViewFlags) -> Self {
        let stored = || Device::named(&browser::stored_compute()).unwrap_or_default();
        let gpu = if browser::has_webgpu() {
            GpuState::NotStarted
        } else {
            GpuState::Unavailable(GpuFault::NoWebGpu.to_string())
        };
        Self {
            choice: RwSignal::new(flags.compute.unwrap_or_else(stored)),
            gpu: RwSignal::new(gpu),
            last: RwSignal::new(None),
            workers: workers(flags),
        }
    }

    /// Takes the visitor's choice and keeps it. Choosing the GPU gives one that failed another try.
    pub fn choose(self, device: Device) {
        browser::store_compute(device.name());
        let failed = self.gpu.with_untracked(|gpu| matches!(gpu, GpuState::Unavailable(_)));
        if device == Device::Gpu && failed && browser::has_webgpu() {
            self.gpu.set(GpuState::NotStarted);
        }
        self.last.set(None);
        self.choice.set(device);
    }

    /// What stands beside the choice: the device of the latest batch, or that of the next one.
    pub fn words(self) -> String {
        if let Some(last) = self.last.get() {
            return last;
        }
        let cpu = cpu_words(self.workers);
        match (self.choice.get(), self.gpu.get()) {
            (Device::Cpu, _) => cpu,
            (Device::Gpu, GpuState::NotStarted) => "GPU, once a batch is planned".to_owned(),
            (Device::Gpu, GpuState::Starting) => "the GPU is starting".to_owned(),
            (Device::Gpu, GpuState::Ready(report)) => gpu_words(&report),
            (Device::Gpu, GpuState::Unavailable(why)) => format!("{cpu}; GPU not used: {why}"),
            (Device::Auto, _) => format!("Auto: {cpu}"),
        }
    }

    /// Decides on a batch as things stand.
    pub fn decide(self, batch: Batch) -> Decision {
        self.decide_for(self.choice.get_untracked(), batch)
    }

    /// Decides on a batch as if `choice` were the visitor's.
    pub fn decide_for(self, choice: Device, batch: Batch) -> Decision {
        decide(choice, &self.gpu.get_untracked(), self.workers, batch)
    }
}

/// Workers on the processor: as many as the address asks for, or else one per core.
pub fn workers(flags: &ViewFlags) -> usize {
    flags.workers.unwrap_or_else(|| browser::cores().clamp(1, MOST_WORKERS))
}

/// What is to be planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// Problems.
    pub problems: usize,
    /// Their work, in the unit of [`CostModel`].
    pub work: f64,
    /// What one worker takes, where that was measured.
    pub cpu: Option<CostModel>,
}

/// A device and why, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The processor.
    Cpu(String),
    /// The processor, until the GPU engine that is worth starting is ready.
    CpuUntilGpu(String),
    /// The graphics processor.
    Gpu(String),
    /// The graphics processor, once it has started.
    GpuOnceStarted(String),
}

fn decide(choice: Device, gpu: &GpuState, workers: usize, batch: Batch) -> Decision {
    let cpu = cpu_words(workers);
    match (choice, gpu) {
        (Device::Cpu, _) => Decision::Cpu(cpu),
        (Device::Gpu, GpuState::Ready(report)) => Decision::Gpu(gpu_words(report)),
        (Device::Gpu | Device::Auto, GpuState::Unavailable(why)) => {
            let auto = if choice == Device::Auto { "Auto: " } else { "" };
            Decision::Cpu(format!("{auto}{cpu}; GPU not used: {why}"))
        }
        (Device::Gpu, _) => Decision::GpuOnceStarted("the GPU is starting".to_owned()),
        (Device::Auto, gpu) => automatic(gpu, workers, batch),
    }
}

fn automatic(gpu: &GpuState, workers: usize, batch: Batch) -> Decision {
    let cpu = cpu_words(workers);
    let plans = format!("{} plans", number_text::rounded(batch.problems as f64));
    let ready = match gpu {
        GpuState::Ready(report) => Some(report),
        _ => None,
    };
    let faster = Faster::of(batch.work, workers, batch.cpu, ready.map(|report| report.cost));
    match (faster, ready) {
        (Faster::Gpu, Some(report)) => Decision::Gpu(format!(
            "Auto: {}; the CPU would take longer for {plans}",
            gpu_words(report)
        )),
        (Faster::Unknown | Faster::Gpu, _) => Decision::Cpu(format!("Auto: {cpu}")),
        (Faster::Cpu, _) => {
            Decision::Cpu(format!("Auto: {cpu}; the GPU would take longer for {plans}"))
        }
        (Faster::CpuUntilGpu, _) => {
            Decision::CpuUntilGpu(format!("Auto: {cpu}, while the GPU is starting for {plans}"))
        }
        (Faster::CpuAlone, _) => {
            Decision::Cpu(format!("Auto: {cpu}; {plans} are too few to start the GPU for"))
        }
    }
}

fn cpu_words(workers: usize) -> String {
    if workers == 1 { "CPU, 1 worker".to_owned() } else { format!("CPU, {workers} workers") }
}

/// The adapter's name, and whether it is only a program.
pub fn gpu_words(report: &GpuReport) -> String {
    let name = if report.adapter.is_empty() { "unnamed adapter" } else { &report.adapter };
    let software = if report.software { ", a software adapter" } else { "" };
    format!("GPU ({name}{software})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ms_per_work: f64) -> GpuState {
        GpuState::Ready(GpuReport {
            adapter: "Test".to_owned(),
            backend: "webgpu".to_owned(),
            software: true,
            start_ms: 1.0,
            compile_ms: 1.0,
            canary_difference: 0.0,
            cost: CostModel { fixed_ms: 20.0, ms_per_work },
        })
    }

    fn batch(work: f64) -> Batch {
        let cpu = Some(CostModel { fixed_ms: 0.0, ms_per_work: 1e-3 });
        Batch { problems: 4096, work, cpu }
    }

    #[test]
    fn the_choice_of_the_processor_needs_no_reason() {
        let decision = decide(Device::Cpu, &report(1e-9), 1, batch(1e9));
        assert_eq!(decision, Decision::Cpu("CPU, 1 worker".to_owned()));
    }

    #[test]
    fn the_faster_device_plans_where_none_is_chosen() {
        let fast = decide(Device::Auto, &report(1e-6), 4, batch(1e6));
        assert!(matches!(fast, Decision::Gpu(words) if words.contains("software adapter")));
        let slow = decide(Device::Auto, &report(1.0), 4, batch(1e6));
        let words = "Auto: CPU, 4 workers; the GPU would take longer for 4,096 plans";
        assert_eq!(slow, Decision::Cpu(words.to_owned()));
    }

    #[test]
    fn the_gpu_engine_is_fetched_only_for_what_takes_long() {
        let short = decide(Device::Auto, &GpuState::NotStarted, 4, batch(1e6));
        assert!(matches!(short, Decision::Cpu(_)));
        let long = decide(Device::Auto, &GpuState::NotStarted, 4, batch(1e8));
        assert!(matches!(long, Decision::CpuUntilGpu(_)));
        let unknown = Batch { cpu: None, ..batch(1e8) };
        let unknown = decide(Device::Auto, &GpuState::NotStarted, 4, unknown);
        assert!(matches!(unknown, Decision::Cpu(_)));
    }

    #[test]
    fn a_gpu_that_cannot_be_used_leaves_its_reason() {
        let missing = GpuState::Unavailable(GpuFault::NoWebGpu.to_string());
        let words = "CPU, 4 workers; GPU not used: this browser has no WebGPU";
        let decision = decide(Device::Gpu, &missing, 4, batch(1.0));
        assert_eq!(decision, Decision::Cpu(words.to_owned()));
    }
}
