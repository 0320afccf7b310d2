//! `slicewise plan slice`: a certified plan for a problem.

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context, bail};
use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::formats::measurements;
use slicewise_core::slice::SlicePlan;
use slicewise_core::slice::measured::Correction;
use slicewise_core::slice::plan::SliceAllocation;
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem};
use slicewise_core::slice::shown_amount::shown_amount;
use slicewise_optim::Unmonitored;
use slicewise_slice::feedback::{corrected, weighed};
use slicewise_slice::model::{INPUT_COLUMNS, shipped};
use slicewise_slice::plan::judge;
use slicewise_slice::{Effort, solve};

use super::problem::{ProblemOptions, TrafficOption};
use crate::table_file;

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
    /// Measurements taken at plans, a CSV with the columns n_users, cpu, bw and qos: the network's
    /// members count by how well they foretold them.
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// Judge an allocation of your own for the first slice beside the plan: an amount of each
    /// resource, in the order in which the plan names them.
    #[arg(long, value_name = "AMOUNT,AMOUNT", value_delimiter = ',')]
    judge: Option<Vec<f64>>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn method(name: &str) -> Result<Method, String> {
    serde_json::from_value(Value::from(name)).map_err(|error| error.to_string())
}

/// Runs `slicewise plan slice`.
pub fn run(options: &PlanSlice) -> anyhow::Result<()> {
    let mut problem = problem(options)?;
    let mut network = Rc::new(shipped(&problem.model)?);
    let mut corrections = Vec::new();
    if let Some(path) = &options.measured {
        let rows = measurements::of_table(&table_file::read(path, None)?, &INPUT_COLUMNS, "qos")?;
        let qos = problem.slices.first().map_or(0.0, |slice| slice.qos_threshold);
        let found = corrected(&network, &rows, qos)?;
        problem.member_weights = Some(found.member_weights);
        corrections = found.corrections;
    }
    network = weighed(network, &problem)?;
    let effort = Effort { tolerance: options.tolerance, ..Effort::default() };
    let plan = block_on(solve(&network, &problem, effort, &Unmonitored, &mut ()))?;
    let own = options.judge.as_ref().map(|own| judge(&network, &problem, 0, own)).transpose()?;
    if options.json {
        let mut report = plan_json(&problem, &plan);
        if options.measured.is_some() {
            report["measured"] = corrections.iter().map(correction_json).collect();
        }
        if let Some(own) = &own {
            report["judged"] = judged_json(&problem, &plan, own);
        }
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", sentences(&problem, &plan, &network.card));
        if let Some(own) = &own {
            println!("{}", judged_words(&problem, &plan, own));
        }
        for found in &corrections {
            println!(
                "measured at {:?}: {:.2} % of {} rows degraded, promised {:.2} %, corrected {:.2} %",
                found.inputs,
                100.0 * found.measured,
                found.rows,
                100.0 * found.promised,
                100.0 * found.corrected
            );
        }
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

fn correction_json(found: &Correction) -> Value {
    json!({
        "inputs": found.inputs,
        "rows": found.rows,
        "promised": found.promised,
        "measured": found.measured,
        "corrected": found.corrected,
    })
}

/// What an allocation of one's own costs more than the first slice's of the plan, as a share.
fn excess(plan: &SlicePlan, own: &SliceAllocation) -> Option<f64> {
    let cheapest = plan.slices.first().filter(|_| plan.keeps_promises())?.cost;
    (cheapest > 0.0).then(|| own.cost / cheapest - 1.0)
}

fn judged_json(problem: &SliceProblem, plan: &SlicePlan, own: &SliceAllocation) -> Value {
    json!({
        "allocation": own.allocation,
        "cost": own.cost,
        "degradation": own.degradation,
        "degradation_bound": own.degradation_bound,
        "keeps_promise": own.held_degradation() <= problem.slices[0].degradation_threshold,
        "excess_over_plan": excess(plan, own),
        "extrapolates": own.extrapolates,
        "measured_nearby": own.measured_nearby,
    })
}

fn judged_words(problem: &SliceProblem, plan: &SlicePlan, own: &SliceAllocation) -> String {
    let held = own.held_degradation();
    let verb = if held <= problem.slices[0].degradation_threshold { "keeps" } else { "breaks" };
    let mut text = format!(
        "your {:?} {verb} the promise: degradation {:.4}, held at {held:.4}, cost {:.4}",
        own.allocation, own.degradation, own.cost
    );
    if let Some(excess) = excess(plan, own) {
        text += &format!(", {:.1} % more than the plan", 100.0 * excess);
    }
    text
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
                "degradation_bound": slice.degradation_bound,
                "degradation_multiplier": slice.degradation_multiplier,
                "extrapolates": slice.extrapolates,
                "measured_nearby": slice.measured_nearby,
            })
        })
        .collect();
    let steps = problem.resources.iter().map(|r| (r.name.clone(), json!(r.granularity)));
    let granularity: Map<String, Value> = steps.collect();
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
        "confidence": problem.confidence,
        "degradation_bound": plan.worst_degradation_bound(),
        "cost_without_confidence": plan.cost_without_confidence,
        "beyond_measurements": problem.beyond_measurements,
        "granularity": granularity,
        "member_weights": problem.member_weights,
        "slices": slices,
    })
}

fn sentences(problem: &SliceProblem, plan: &SlicePlan, card: &slicewise_core::ModelCard) -> String {
    let mut text = format!("{}\n", plan.status.as_str());
    if let Some(reason) = &plan.reason {
        text += &format!("{reason}\n");
    }
    for slice in &plan.slices {
        let parts: Vec<String> = slice
            .allocation
            .iter()
            .zip(card.resources())
            .map(|(value, field)| format!("{} {} {}", shown_amount(*value), field.unit, field.name))
            .collect();
        text += &format!(
            "{}: {}, degradation {:.4}, cost {:.4}\n",
            slice.name,
            parts.join(", "),
            slice.degradation,
            slice.cost
        );
        if let (Some(bound), Some(confidence)) = (slice.degradation_bound, problem.confidence) {
            let percent = 100.0 * confidence;
            text += &format!("  at most {bound:.4} with a confidence of {percent} %\n");
        }
        if !slice.extrapolates.is_empty() {
            text += &format!("  extrapolates: {}\n", slice.extrapolates.join(", "));
        }
    }
    if let (Some(bound), Some(gap)) = (plan.lower_bound, plan.gap) {
        let percent = 100.0 * gap;
        text += &format!(
            "by this network, trained on {} measurements, nothing cheaper than {bound:.4} keeps the \
             promise (gap {percent:.3} %)\n",
            ["train", "val"].iter().filter_map(|split| card.data.rows.get(*split)).sum::<usize>()
        );
    }
    if let Some(cost) = plan.cost_without_confidence {
        text += &format!("without confidence it would cost {cost:.4}\n");
    }
    if let Some(peak) = plan.peak_cost {
        let saving = 100.0 * (1.0 - plan.cost / peak);
        text += &format!(
            "a static allocation for the traffic's peak costs {peak:.4}: this saves {saving:.1} %\n"
        );
    }
    text
}
