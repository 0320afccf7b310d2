//! `slicewise plan`: a plan for a problem.

use std::path::PathBuf;

use anyhow::{Context, bail};
use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::formats::traffic_csv;
use slicewise_core::problem::{Estimator, Method, SliceProblem};
use slicewise_core::{SlicePlan, Traffic};
use slicewise_optim::Unmonitored;
use slicewise_slice::model::shipped;
use slicewise_slice::{Effort, solve};

/// What to plan.
#[derive(clap::Subcommand)]
pub enum Plan {
    /// CPU and bandwidth of slices.
    Slice(PlanSlice),
}

/// Options of `plan slice`.
#[derive(clap::Args)]
pub struct PlanSlice {
    /// Problem as the page exports it; the other options of the problem are then not allowed.
    #[arg(long, conflicts_with_all = ["traffic", "qos", "degradation", "model", "method"])]
    problem: Option<PathBuf>,
    /// Network: testbed-gaussian, testbed-mixture or delay.
    #[arg(long, default_value = "testbed-gaussian")]
    model: String,
    /// Traffic in users/s: a number, MEAN:DEVIATION, or a CSV file.
    #[arg(long, default_value = "3")]
    traffic: String,
    /// QoS threshold in the network's unit [default: the network's own].
    #[arg(long)]
    qos: Option<f64>,
    /// Largest expected share of users that miss the QoS threshold.
    #[arg(long, default_value_t = 0.1)]
    degradation: f64,
    /// certified, primal-dual, peak-allocation, zero-sigma or two-sigma.
    #[arg(long, default_value = "certified", value_parser = method)]
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

/// Runs `slicewise plan`.
pub fn run(plan: &Plan) -> anyhow::Result<()> {
    let Plan::Slice(options) = plan;
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
    let mut problem = match &options.problem {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            exported_problem(&text)?
        }
        None => {
            let card = shipped(&options.model)?.card;
            let qos = options.qos.unwrap_or(card.output.threshold_default);
            let mut problem =
                SliceProblem::single(&card, traffic(&options.traffic)?, qos, options.degradation);
            problem.method = options.method;
            problem
        }
    };
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

/// A bare problem, or the `problem` of an exported plan.
fn exported_problem(text: &str) -> anyhow::Result<SliceProblem> {
    if let Ok(Value::Object(mut export)) = serde_json::from_str::<Value>(text)
        && let Some(problem) = export.remove("problem")
    {
        return Ok(SliceProblem::from_json(&problem.to_string())?);
    }
    Ok(SliceProblem::from_json(text)?)
}

fn traffic(text: &str) -> anyhow::Result<Traffic> {
    if let Ok(users_per_second) = text.parse() {
        return Ok(Traffic::Constant { users_per_second });
    }
    if let Some((mean, deviation)) = text.split_once(':')
        && let (Ok(mean), Ok(deviation)) = (mean.parse(), deviation.parse())
    {
        return Ok(Traffic::Normal { mean, deviation });
    }
    let file = std::fs::read_to_string(text).with_context(|| {
        format!("--traffic is {text}; allowed: a number, MEAN:DEVIATION, or a readable CSV file")
    })?;
    Ok(Traffic::from_series(&traffic_csv::read(&file)?)?)
}

/// The plan under the keys that the command line promises. For several slices `allocation` is
/// their sum and `degradation` the worst of them.
pub fn plan_json(problem: &SliceProblem, plan: &SlicePlan) -> Value {
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
