//! `slicewise bench batch` and `slicewise bench quality`: how fast batches are, and how good.

use std::time::Instant;

use anyhow::anyhow;
use burn::tensor::{DType, Device};
use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::error::check_range;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};
use slicewise_core::slice::{Sweep, Traffic};
use slicewise_nets::Network;
use slicewise_nets::dense::reference::BurnEvaluator;
use slicewise_optim::Unmonitored;
use slicewise_slice::batch::quality::compare;
use slicewise_slice::batch::{Span, Table, judge, questions, search};
use slicewise_slice::model::{NAMES, shipped};
use slicewise_slice::question::Question;

use super::batch::solve_on_threads;
use super::gpu::Gpu;

/// A way of solving is left out from the size at which it is expected to take longer than this.
const LONGEST_SECONDS: f64 = 60.0;
/// The largest batch.
const MOST_PROBLEMS: usize = 250_000;

/// Options of `bench batch`.
///
/// The problems are a square surface over mean traffic (1 to 5 users/s, 16 samples each) and QoS
/// threshold. --json prints problems per second by way and size, null where a batch would have taken
/// longer than a minute.
#[derive(clap::Args, Debug)]
pub struct BatchTimes {
    /// Problems per batch, ascending.
    #[arg(long, value_delimiter = ',', default_value = "1,16,256,4096,28800,100000")]
    sizes: Vec<usize>,
    /// Network: testbed-gaussian, testbed-mixture or delay.
    #[arg(long, default_value = "testbed-gaussian")]
    model: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `bench quality`.
#[derive(clap::Args, Debug)]
pub struct BatchQuality {
    /// Random problems per network.
    #[arg(long, default_value_t = 1000)]
    problems: usize,
    /// Seed of the problems.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// Solves questions on a network.
type Solve<'a> = dyn Fn(&Network, &[Question]) -> anyhow::Result<()> + 'a;

/// A way of solving a batch.
struct Way<'a> {
    name: &'static str,
    solve: Box<Solve<'a>>,
}

/// The ways, one column each; the last only where there is a graphics processor.
fn ways(gpu: Option<&Gpu>) -> Vec<Way<'_>> {
    let mut ways = vec![
        Way { name: "burn autodiff, flex", solve: Box::new(through_burn) },
        Way { name: "fused, 1 worker", solve: Box::new(|network, all| fused(network, all, 1)) },
        Way { name: "fused, 4 workers", solve: Box::new(|network, all| fused(network, all, 4)) },
    ];
    if let Some(gpu) = gpu {
        let solve = |network: &Network, all: &[Question]| {
            gpu.solve(network, Span::of(all), all).map(|_| ())
        };
        ways.push(Way { name: "fused, gpu", solve: Box::new(solve) });
    }
    ways
}

fn fused(network: &Network, questions: &[Question], workers: usize) -> anyhow::Result<()> {
    solve_on_threads(network, || Span::of(questions), questions, workers)?;
    Ok(())
}

/// The same search and the same judgement, with burn for the network.
fn through_burn(network: &Network, questions: &[Question]) -> anyhow::Result<()> {
    let evaluator = BurnEvaluator::new(network, &Device::flex(), DType::F32);
    let table = Table::new(network, Span::of(questions));
    let found = block_on(search(&table, evaluator, questions, &Unmonitored, &mut ()))?;
    judge(network, questions, &found.points, found.evaluations);
    Ok(())
}

/// Runs `slicewise bench batch`.
pub fn times(options: &BatchTimes) -> anyhow::Result<()> {
    for size in &options.sizes {
        check_range("sizes", *size as f64, 1.0, MOST_PROBLEMS as f64, "problems")?;
    }
    let network = shipped(&options.model)?;
    let batches: Vec<Vec<Question>> =
        options.sizes.iter().map(|size| surface_questions(&network, *size)).collect();
    let mut rates: Vec<Vec<Option<f64>>> = vec![Vec::new(); batches.len()];
    let gpu = match network.card.limits.is_empty() {
        true => Gpu::start(&network),
        false => Err(anyhow!("there are no kernels for the limits of {}", network.card.name)),
    };
    let ways = ways(gpu.as_ref().ok());
    for way in &ways {
        let mut last: Option<f64> = Some(f64::INFINITY);
        for (row, batch) in rates.iter_mut().zip(&batches) {
            let expected = last.map_or(f64::INFINITY, |rate| batch.len() as f64 / rate);
            last = (expected <= LONGEST_SECONDS)
                .then(|| problems_per_second(&network, batch, &way.solve))
                .transpose()?;
            row.push(last);
        }
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report(options, &ways, &gpu, &rates))?);
    } else {
        print!("{}", table(options, &ways, &rates));
        println!("{}", gpu_words(&gpu));
    }
    Ok(())
}

/// The faster of two runs; one run where it is long.
fn problems_per_second(
    network: &Network,
    batch: &[Question],
    solve: &Solve<'_>,
) -> anyhow::Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..2 {
        let start = Instant::now();
        solve(network, batch)?;
        least = least.min(start.elapsed().as_secs_f64());
        if least > 1.0 {
            break;
        }
    }
    Ok(batch.len() as f64 / least)
}

/// `count` questions of a square surface over mean traffic and QoS threshold.
fn surface_questions(network: &Network, count: usize) -> Vec<Question> {
    let usual = network.card.output.threshold_default;
    let traffic = Traffic::Normal { mean: 3.0, deviation: 0.6 };
    let points = ((count as f64).sqrt().ceil() as usize).max(2);
    let sweep = Sweep::Surface(Surface {
        problem: SliceProblem::in_whole_box(&network.card, traffic, usual, 0.1),
        x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points },
        y: Axis { quantity: Quantity::QosThreshold, from: 0.4 * usual, to: 1.3 * usual, points },
    });
    questions(network, &sweep, 0, count)
}

/// What the graphics processor is and how long it takes to begin, or why there is none.
fn gpu_words(gpu: &anyhow::Result<Gpu>) -> String {
    match gpu {
        Ok(gpu) => format!(
            "gpu: {}; device in {:.0} ms, first result (kernels compiled) {:.0} ms later",
            gpu.name(),
            gpu.report.start_ms,
            gpu.report.compile_ms
        ),
        Err(error) => format!("gpu: none ({error:#})"),
    }
}

fn report(
    options: &BatchTimes,
    ways: &[Way],
    gpu: &anyhow::Result<Gpu>,
    rates: &[Vec<Option<f64>>],
) -> Value {
    let rows: Vec<Value> = options
        .sizes
        .iter()
        .zip(rates)
        .map(|(size, rates)| {
            let mut row = Map::from_iter([("problems".to_owned(), json!(size))]);
            for (way, rate) in ways.iter().zip(rates) {
                row.insert(key(way.name), json!(rate));
            }
            Value::Object(row)
        })
        .collect();
    let gpu =
        gpu.as_ref().map_or_else(|error| json!(format!("{error:#}")), |gpu| json!(gpu.report));
    json!({ "model": options.model, "problems_per_second": rows, "gpu": gpu })
}

fn key(name: &str) -> String {
    name.replace(", ", "_").replace(' ', "_")
}

fn table(options: &BatchTimes, ways: &[Way], rates: &[Vec<Option<f64>>]) -> String {
    let mut text = format!("batches of {}: problems per second\nproblems", options.model);
    ways.iter().for_each(|way| text += &format!("  {:>20}", way.name));
    text += "\n";
    for (size, rates) in options.sizes.iter().zip(rates) {
        text += &format!("{size:>8}");
        for rate in rates {
            let rate = rate.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
            text += &format!("  {rate:>20}");
        }
        text += "\n";
    }
    text
}

/// Runs `slicewise bench quality`.
pub fn quality(options: &BatchQuality) -> anyhow::Result<()> {
    println!(
        "(cost of the batch - certified lower bound) / certified lower bound, certificates to 1e-5\n\
         model               both keep    median      99 %       max  beyond 1e-3  missed  neither keeps"
    );
    for name in NAMES {
        let network = shipped(name)?;
        let found =
            block_on(compare(&network, options.seed, options.problems, 1e-5, &Unmonitored))?;
        println!(
            "{name:<18}  {:>9}  {:>8.1e}  {:>8.1e}  {:>8.1e}  {:>11}  {:>6}  {:>13}",
            found.excesses.len(),
            found.quantile(0.5),
            found.quantile(0.99),
            found.quantile(1.0),
            found.excesses.iter().filter(|excess| **excess > 1e-3).count(),
            found.missed,
            found.infeasible,
        );
    }
    Ok(())
}
