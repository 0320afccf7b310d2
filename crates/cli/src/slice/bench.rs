//! `slicewise bench slice`: times of single plans on this machine, fused beside burn, in one run.

use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_optim::Unmonitored;
use slicewise_slice::benchmark::benchmark;
use slicewise_slice::benchmark::contention::contention;
use slicewise_slice::model::{DEFAULT_MODEL, NAMES, shipped};

/// How often each measurement is repeated unless told otherwise.
pub const REPEATS: usize = 21;

/// Networks on which slices compete.
const COMPETING: [&str; 2] = [DEFAULT_MODEL, "testbed-gaussian"];

/// Options of `bench slice`.
#[derive(clap::Args, Debug)]
pub struct SliceTimes {
    /// How often each measurement is repeated; medians are printed.
    #[arg(long, default_value_t = REPEATS)]
    pub repeats: usize,
    /// Measure so many random problems of 2 and of 4 slices under scarce capacities instead: how far their
    /// plans can be from the optimum, and how many are proven to have none.
    #[arg(long, value_name = "PROBLEMS")]
    pub competing: Option<usize>,
}

/// Runs `slicewise bench slice`.
pub fn run(options: &SliceTimes) -> anyhow::Result<()> {
    if let Some(problems) = options.competing {
        return competing(problems);
    }
    println!("medians of {} repeats, native, one thread", options.repeats);
    println!(
        "model             samples  multiplications  step fused  step burn  ratio  certified  boxes  \
         gradient fused  gradient burn  ratio"
    );
    let start = Instant::now();
    let now = || start.elapsed().as_secs_f64() * 1e3;
    for name in NAMES {
        let network = shipped(name)?;
        for traffic in [
            Traffic::Constant { users_per_second: 3.0 },
            Traffic::Normal { mean: 3.0, deviation: 1.0 },
        ] {
            let qos = network.card.output.threshold_default;
            let problem = SliceProblem::in_whole_box(&network.card, traffic, qos, 0.1);
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

/// Competing slices on the default network and on the paper's.
fn competing(problems: usize) -> anyhow::Result<()> {
    println!("{problems} problems each, native, one thread");
    println!(
        "model             slices  traffic   shared  largest gap  proven infeasible  mean s  largest s"
    );
    let start = Instant::now();
    let now = || start.elapsed().as_secs_f64() * 1e3;
    for name in COMPETING {
        let network = shipped(name)?;
        for slices in [2, 4] {
            for (traffic, varying) in [("constant", false), ("varying", true)] {
                let of = contention(&network, slices, varying, problems, &now, &Unmonitored);
                let found = block_on(of)?;
                println!(
                    "{name:<18}{slices:>6}  {traffic:<8}  {:>6}  {:>9.3} %  {:>11} of {:<3}  {:>6.3}  {:>9.3}",
                    found.shared,
                    100.0 * found.largest_gap,
                    found.proven_infeasible,
                    found.problems - found.shared,
                    found.mean_seconds,
                    found.largest_seconds,
                );
            }
        }
    }
    Ok(())
}
