//! `slicewise bench`: times of planning on this machine, fused beside burn, in one run.

use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_optim::Unmonitored;
use slicewise_slice::benchmark::benchmark;
use slicewise_slice::model::{names, shipped};

use crate::bench_batch::{self, BatchQuality, BatchTimes};
use crate::bench_cells::{self, CellTimes};

/// Options of `bench`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// How often each measurement is repeated; medians are printed.
    #[arg(long, default_value_t = 21)]
    repeats: usize,
}

/// Other measurements than of a single plan.
#[derive(clap::Subcommand)]
enum Part {
    /// Problems per second of batches of growing size, on every device, in one run.
    Batch(BatchTimes),
    /// How close batches come to certified plans on random problems.
    Quality(BatchQuality),
    /// Cells per second of cities of growing size, and all schemes on random cells.
    Cells(CellTimes),
}

/// Runs `slicewise bench`.
pub fn run(options: &Bench) -> anyhow::Result<()> {
    match &options.part {
        None => single_plans(options),
        Some(Part::Batch(options)) => bench_batch::times(options),
        Some(Part::Quality(options)) => bench_batch::quality(options),
        Some(Part::Cells(options)) => bench_cells::times(options),
    }
}

fn single_plans(options: &Bench) -> anyhow::Result<()> {
    println!("medians of {} repeats, native, one thread", options.repeats);
    println!(
        "model             samples  multiplications  step fused  step burn  ratio  certified  boxes  \
         gradient fused  gradient burn  ratio"
    );
    let start = Instant::now();
    let now = || start.elapsed().as_secs_f64() * 1e3;
    for name in names() {
        let network = shipped(name)?;
        for traffic in [
            Traffic::Constant { users_per_second: 3.0 },
            Traffic::Normal { mean: 3.0, deviation: 1.0 },
        ] {
            let qos = network.card.output.threshold_default;
            let problem = SliceProblem::single(&network.card, traffic, qos, 0.1);
            let times =
                block_on(benchmark(&network, &problem, options.repeats, &now, &Unmonitored))?;
            let burn_step = times.step_burn_ms.unwrap_or(f64::NAN);
            let burn_gradient = times.gradient_burn_ms.unwrap_or(f64::NAN);
            println!(
                "{name:<18}{:>7}  {:>15}  {:>7.3} ms  {:>6.1} ms  {:>5.0}  {:>6.2} ms  {:>5}  {:>11.4} ms  \
                 {:>10.3} ms  {:>5.0}",
                times.samples,
                network.multiplications(),
                times.step_fused_ms,
                burn_step,
                burn_step / times.step_fused_ms,
                times.certified_ms,
                times.boxes,
                times.gradient_fused_ms,
                burn_gradient,
                burn_gradient / times.gradient_fused_ms,
            );
        }
    }
    Ok(())
}
