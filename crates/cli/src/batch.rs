//! Batches on this machine: which device, and how many threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::bail;
use futures::executor::block_on;
use slicewise_core::batch::BatchPlans;
use slicewise_core::compute::Device;
use slicewise_core::error::check_range;
use slicewise_core::{InputError, Sweep};
use slicewise_nets::Network;
use slicewise_optim::{Stopped, Unmonitored};
use slicewise_slice::batch::{Span, Table, check_batch, questions, solve_with, span, table};
use slicewise_slice::question::Question;

/// Problems that a thread takes at a time.
const PROBLEMS_AT_A_TIME: usize = 64;
/// The most threads.
const MOST_WORKERS: usize = 256;

/// Where a batch is solved.
#[derive(clap::Args)]
pub struct BatchOptions {
    /// auto, cpu or gpu.
    #[arg(long, default_value = "auto", value_parser = device_name)]
    device: Device,
    /// Threads on the processor [default: one per core].
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

fn device_name(name: &str) -> Result<Device, String> {
    serde_json::from_value(serde_json::Value::from(name)).map_err(|error| error.to_string())
}

/// The device that does the work.
///
/// # Errors
/// Says so where the device that was asked for cannot be had.
pub fn device(asked: Device) -> anyhow::Result<Device> {
    match asked {
        Device::Auto | Device::Cpu => Ok(Device::Cpu),
        Device::Gpu => bail!("device is gpu; allowed: auto or cpu: this build has no GPU path"),
    }
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
    device(options.device)?;
    let workers = worker_count(options.workers)?;
    let start = Instant::now();
    let questions = questions(network, sweep, 0, sweep.len());
    let plans = solve_on_threads(network, || span(network, sweep), &questions, workers)?;
    let seconds = start.elapsed().as_secs_f64();
    let threads = if workers == 1 { "thread" } else { "threads" };
    Ok(Solved { plans, seconds, device: format!("cpu, {workers} {threads}") })
}

/// The number of threads asked for, or one per core.
///
/// # Errors
/// Names the number where it is out of range.
pub fn worker_count(asked: Option<usize>) -> Result<usize, InputError> {
    let Some(workers) = asked else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from));
    };
    check_range("workers", workers as f64, 1.0, MOST_WORKERS as f64, "threads")?;
    Ok(workers)
}

/// The plans of `questions` on `workers` threads that share one table over `span`: the same as on
/// one thread.
///
/// # Errors
/// [`Stopped`] never comes: nobody watches.
pub fn solve_on_threads(
    network: &Network,
    span: impl FnOnce() -> Span,
    questions: &[Question],
    workers: usize,
) -> Result<BatchPlans, Stopped> {
    let table = table(network, span);
    let next = AtomicUsize::new(0);
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| take_parts(network, table.as_ref(), questions, &next)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let mut parts = Vec::new();
    for part in found {
        parts.extend(part?);
    }
    parts.sort_by_key(|(first, _)| *first);
    let mut plans = BatchPlans::default();
    parts.into_iter().for_each(|(_, part)| plans.append(part));
    Ok(plans)
}

/// Solves parts of `questions` until none is left.
fn take_parts(
    network: &Network,
    table: Option<&Table>,
    questions: &[Question],
    next: &AtomicUsize,
) -> Result<Vec<(usize, BatchPlans)>, Stopped> {
    let mut found = Vec::new();
    loop {
        let first = next.fetch_add(PROBLEMS_AT_A_TIME, Ordering::Relaxed);
        if first >= questions.len() {
            return Ok(found);
        }
        let part = &questions[first..questions.len().min(first + PROBLEMS_AT_A_TIME)];
        found.push((first, block_on(solve_with(network, table, part, &Unmonitored, &mut ()))?));
    }
}
