//! `slicewise plan slice`: a certified plan for a problem.

use anyhow::{Context, bail};
use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::slice::SlicePlan;
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem};
use slicewise_optim::Unmonitored;
use slicewise_slice::model::shipped;
use slicewise_slice::{Effort, solve};

use super::problem::{ProblemOptions, TrafficOption};

/// Options of `plan slice`.
#[derive(clap::Args, Debug)]
pub struct PlanSlice {
    #[command(flatten)]
    problem: ProblemOptions,
    #[command(flatten)]
    traffic: TrafficOption,
    /// certified, primal-dual, peak-allocation, zero-sigma or two-sigma.
    #[arg(long, default_value = "certified", value_parser = method, conflicts_with = "problem")]
    method: Method,
    /// Estimate the degradation with the paper's sampler: SAMPLES:SHARPNESS.
    #[arg(long)]
    sampled: Option<String>,
    /// Seed of the random initial points.
    #[arg(long)]
    seed: Option<u64>,
    /// Relative gap at which the proof is good enough.
    #[arg(long, default_value_t = slicewise_slice::solver::TOLERANCE)]
    tolerance: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn method(name: &str) -> Result<Method, String> {
    serde_json::from_value(Value::from(name)).map_err(|error| error.to_string())
}

/// Runs `slicewise plan slice`.
pub fn run(options: &PlanSlice) -> anyhow::Result<()> {
    let problem = problem(options)?;
    let network = shipped(&problem.model)?;
    let effort = Effort { tolerance: options.tolerance, ..Effort::default() };
    let plan = block_on(solve(&network, &problem, effort, &Unmonitored, &mut ()))?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&plan_json(&problem, &plan))?);
    } else {
        print!("{}", sentences(&plan, &network.card));
    }
    Ok(())
}

fn problem(options: &PlanSlice) -> anyhow::Result<SliceProblem> {
    let mut problem = options.problem.read(Some(&options.traffic))?;
    if options.problem.given().is_none() {
        problem.method = options.method;
    }
    if let Some(sampled) = &options.sampled {
        let Some((samples, sharpness)) = sampled.split_once(':') else {
            bail!("--sampled is {sampled}; allowed: SAMPLES:SHARPNESS, for example 64:20");
        };
        problem.estimator = Estimator::Sampled {
            samples: samples.parse().context("SAMPLES is no whole number")?,
            sharpness: sharpness.parse().context("SHARPNESS is no number")?,
        };
    }
    if let Some(seed) = options.seed {
        problem.seed = seed;
    }
    Ok(problem)
}

/// The plan under the keys that the command line promises. For several slices `allocation` is
/// their sum and `degradation` the worst of them.
fn plan_json(problem: &SliceProblem, plan: &SlicePlan) -> Value {
    let by_name = |allocation: &[f64]| -> Map<String, Value> {
        problem
            .resources
            .iter()
            .zip(allocation)
            .map(|(resource, value)| (resource.name.clone(), json!(value)))
            .collect()
    };
    let slices: Vec<Value> = plan
        .slices
        .iter()
        .map(|slice| {
            json!({
                "name": slice.name,
                "allocation": by_name(&slice.allocation),
                "cost": slice.cost,
                "degradation": slice.degradation,
                "degradation_multiplier": slice.degradation_multiplier,
                "extrapolates": slice.extrapolates,
            })
        })
        .collect();
    json!({
        "allocation": by_name(&plan.total_allocation()),
        "cost": plan.cost,
        "degradation": plan.worst_degradation(),
        "lower_bound": plan.lower_bound,
        "gap": plan.gap,
        "status": plan.status.as_str(),
        "reason": plan.reason,
        "evaluations": plan.evaluations,
        "boxes": plan.boxes,
        "seed": plan.seed,
        "method": plan.method,
        "model": plan.model,
        "weights_fingerprint": plan.weights_fingerprint,
        "capacity_multipliers": by_name(&plan.capacity_multipliers),
        "peak_cost": plan.peak_cost,
        "slices": slices,
    })
}

fn sentences(plan: &SlicePlan, card: &slicewise_core::ModelCard) -> String {
    let mut text = format!("{}\n", plan.status.as_str());
    if let Some(reason) = &plan.reason {
        text += &format!("{reason}\n");
    }
    for slice in &plan.slices {
        let parts: Vec<String> = slice
            .allocation
            .iter()
            .zip(card.resources())
            .map(|(value, field)| format!("{value:.2} {} {}", field.unit, field.name))
            .collect();
        text += &format!(
            "{}: {}, degradation {:.4}, cost {:.4}\n",
            slice.name,
            parts.join(", "),
            slice.degradation,
            slice.cost
        );
        if !slice.extrapolates.is_empty() {
            text += &format!("  extrapolates: {}\n", slice.extrapolates.join(", "));
        }
    }
    if let (Some(bound), Some(gap)) = (plan.lower_bound, plan.gap) {
        let percent = 100.0 * gap;
        text += &format!("proven: nothing costs less than {bound:.4} (gap {percent:.3} %)\n");
    }
    if let Some(peak) = plan.peak_cost {
        let saving = 100.0 * (1.0 - plan.cost / peak);
        text += &format!("static peak allocation costs {peak:.4}: this saves {saving:.1} %\n");
    }
    text
}
