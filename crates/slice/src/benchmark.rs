//! How long planning takes: the fused evaluator beside burn's autodiff, in one run.

pub mod contention;
#[cfg_attr(not(feature = "burn"), path = "benchmark/reference_left_out.rs")]
mod reference;

use slicewise_core::error::check_range;
use slicewise_core::slice::benchmark::Benchmark;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_nets::dense::evaluator::DistributionEvaluator;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::{Constraint, Halted, Monitor, Unmonitored};

use crate::question::{Question, SliceConstraint};
use crate::solver::{Effort, multi_start, solve, terms};

/// Gradients per measurement of the fused evaluator: one alone is shorter than a browser's clock.
const FUSED_GRADIENTS: usize = 200;

/// Measures planning of the first slice of `problem`, `repeats` times each. `now` gives
/// milliseconds.
///
/// # Errors
/// Names what is wrong with the problem, or says that `monitor` stopped the search.
pub async fn benchmark(
    network: &Network,
    problem: &SliceProblem,
    repeats: usize,
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<Benchmark, Halted> {
    problem.validate(&network.card)?;
    check_range("repeats", repeats as f64, 1.0, 1000.0, "")?;
    let question = [Question::new(problem, network, 0)];
    let mut certified = Vec::new();
    let mut boxes = 0;
    for _ in 0..repeats {
        monitor.checkpoint().await?;
        let start = now();
        boxes = solve(network, problem, Effort::default(), &Unmonitored, &mut ()).await?.boxes;
        certified.push(now() - start);
    }
    let fused = || FusedEvaluator::new(network);
    Ok(Benchmark {
        step_fused_ms: steps(&question, fused, problem.seed, repeats, now, monitor).await?,
        step_burn_ms: reference::steps(network, &question, problem.seed, now, monitor).await?,
        certified_ms: median(certified),
        gradient_fused_ms: gradients(&question, fused(), repeats, FUSED_GRADIENTS, now).await,
        gradient_burn_ms: reference::gradients(network, &question, repeats, now).await,
        samples: question[0].traffic.len(),
        boxes,
    })
}

async fn steps<E: DistributionEvaluator>(
    question: &[Question; 1],
    evaluator: impl Fn() -> E,
    seed: u64,
    repeats: usize,
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<f64, Halted> {
    let mut times = Vec::new();
    for _ in 0..repeats {
        monitor.checkpoint().await?;
        let start = now();
        let mut constraint = SliceConstraint::new(question, evaluator(), Measure::Expected);
        multi_start(&mut constraint, &terms(question), seed, &Unmonitored).await?;
        times.push(now() - start);
    }
    Ok(median(times))
}

async fn gradients<E: DistributionEvaluator>(
    question: &[Question; 1],
    evaluator: E,
    repeats: usize,
    inner: usize,
    now: &impl Fn() -> f64,
) -> f64 {
    let mut constraint = SliceConstraint::new(question, evaluator, Measure::Expected);
    let point = vec![0.5; question[0].resources()];
    let (mut value, mut gradient) = ([0.0], vec![0.0; point.len()]);
    let mut times = Vec::new();
    for _ in 0..repeats {
        let start = now();
        for _ in 0..inner {
            constraint.gradients(&[0], &point, &mut value, &mut gradient).await;
        }
        times.push((now() - start) / inner as f64);
    }
    median(times)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
