//! Batches of slices' problems on this machine's threads or its graphics processor.

use std::time::Instant;

use anyhow::bail;
use futures::executor::block_on;
use slicewise_core::compute::Device;
use slicewise_core::slice::Sweep;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::batch::{
    Span, calibrate, check_batch, questions, solve_with, span, table, work,
};
use slicewise_slice::question::Question;

use super::gpu::Gpu;
use crate::compute::{device_name, worker_count};
use crate::threads::on_threads;

/// Problems that a thread takes at a time.
const PROBLEMS_AT_A_TIME: usize = 64;
/// Problems by which the work of a sweep is estimated.
const SAMPLE: usize = 64;
/// Batches that the processor is expected to finish sooner than this do not start the GPU.
const WORTH_STARTING_MS: f64 = 3_000.0;

/// Where a batch is solved.
#[derive(clap::Args, Debug)]
pub struct BatchOptions {
    /// auto, cpu or gpu; auto starts the GPU for what keeps the processor busy for seconds.
    #[arg(long, default_value = "auto", value_parser = device_name)]
    device: Device,
    /// Threads on the processor [default: one per core].
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

/// Plans of a batch, with how they came about.
pub struct Solved {
    /// The plans.
    pub plans: BatchPlans,
    /// How long it took, the preparation of the problems included.
    pub seconds: f64,
    /// What it ran on, for people.
    pub device: String,
}

/// Solves all problems of `sweep`.
///
/// # Errors
/// Names what is wrong with the sweep, the device or the number of workers.
pub fn solve_sweep(
    network: &Network,
    sweep: &Sweep,
    options: &BatchOptions,
) -> anyhow::Result<Solved> {
    check_batch(network, sweep, 0, sweep.len())?;
    let workers = worker_count(options.workers)?;
    let in_steps = sweep.base().has_granularity();
    let has_kernels = network.card.limits.is_empty() && !in_steps;
    let gpu = match options.device {
        Device::Gpu if in_steps => {
            bail!("device is gpu; allowed: cpu, as there are no kernels for a granularity")
        }
        Device::Gpu if !has_kernels => bail!(
            "device is gpu; allowed: cpu, as there are no kernels for the limits of {}",
            network.card.name
        ),
        Device::Cpu => None,
        Device::Auto if !has_kernels => None,
        Device::Gpu => Some(Gpu::start(network)?),
        Device::Auto => faster_gpu(network, sweep, workers)?,
    };
    let start = Instant::now();
    let questions = questions(network, sweep, 0, sweep.len());
    let (plans, device) = match gpu {
        Some(gpu) => (gpu.solve(network, span(network, sweep), &questions)?, gpu.name()),
        None => {
            let threads = if workers == 1 { "thread" } else { "threads" };
            let plans = solve_on_threads(network, || span(network, sweep), &questions, workers)?;
            (plans, format!("cpu, {workers} {threads}"))
        }
    };
    Ok(Solved { plans, seconds: start.elapsed().as_secs_f64(), device })
}

/// The graphics processor, where the processor would be busy for long and it is expected to be done
/// sooner.
fn faster_gpu(network: &Network, sweep: &Sweep, workers: usize) -> anyhow::Result<Option<Gpu>> {
    let clock = Instant::now();
    let now = || 1e3 * clock.elapsed().as_secs_f64();
    let few = questions(network, sweep, 0, sweep.len().min(SAMPLE));
    let work = work(network, &few) * sweep.len() as f64 / few.len() as f64;
    let cost = block_on(calibrate(network, sweep.base(), &now, &Unmonitored))?;
    let cpu_ms = cost.expected_ms(work / workers as f64);
    if cpu_ms < WORTH_STARTING_MS {
        return Ok(None);
    }
    // Without a device the processor does it.
    let gpu = Gpu::start(network).ok();
    Ok(gpu.filter(|gpu| gpu.report.cost.expected_ms(work) < cpu_ms))
}

/// The plans of `questions` on `workers` threads that share one table over `span`: the same as on
/// one thread.
///
/// # Errors
/// That a thread has panicked.
pub fn solve_on_threads(
    network: &Network,
    span: impl FnOnce() -> Span,
    questions: &[Question],
    workers: usize,
) -> anyhow::Result<BatchPlans> {
    let table = table(network, span);
    let parts: Vec<&[Question]> = questions.chunks(PROBLEMS_AT_A_TIME).collect();
    let planned = on_threads(parts.len(), workers, |part| {
        Ok(block_on(solve_with(network, table.as_ref(), parts[part], &Unmonitored, &mut ()))?)
    })?;
    let mut plans = BatchPlans::default();
    planned.into_iter().for_each(|part| plans.append(part));
    Ok(plans)
}
