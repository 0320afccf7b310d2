//! `slicewise reproduce microopt`: the tables of the MicroOpt paper on our networks.

mod figure;
mod measured;
mod rivals;

use serde_json::{Map, Value, json};
use slicewise_core::error::check_range;
use slicewise_core::slice::problem::Method;
use slicewise_core::slice::{SlicePlan, Status};
use slicewise_slice::baselines::rivals::Rival;
use slicewise_slice::model::shipped;
use slicewise_slice::paper::rivals::sweep_settings;
use slicewise_slice::paper::{Case, DEGRADATION, METHODS};
use slicewise_slice::solver::TOLERANCE;

use figure::Figure;

/// Options of `reproduce microopt`.
#[derive(clap::Args, Debug)]
pub struct Microopt {
    /// Network of a throughput per user.
    #[arg(long, default_value = "testbed-gaussian")]
    model: String,
    /// Rivals to run beside the planner's own methods, separated by commas: random, direct, cma-es,
    /// slsqp-1, slsqp-4, slsqp-16, scbo, atlas, atlas-plus, cadrl, cadrl-plus [default: none].
    #[arg(long, value_delimiter = ',', value_parser = Rival::of_name)]
    methods: Vec<Rival>,
    /// Figures to add, separated by commas: table1, fig6, fig7_8, fig9, fig10, fig11, fig12 [default: table1
    /// where methods are named].
    #[arg(long, value_delimiter = ',', value_parser = Figure::of_name)]
    figures: Vec<Figure>,
    /// Seeds of each rival on each problem.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Seconds that a rival may take for one problem.
    #[arg(long, default_value_t = 600.0, value_parser = seconds)]
    seconds: f64,
    /// Threads; problems run side by side [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    check_range("seconds", seconds, 0.0, 1e6, "s").map_err(|error| error.to_string())?;
    Ok(seconds)
}

/// Runs `slicewise reproduce microopt`.
pub fn run(options: &Microopt) -> anyhow::Result<()> {
    let network = shipped(&options.model)?;
    let own = rivals::own_runs(&network, &sweep_settings(&network), &METHODS)?;
    let sweeps: Vec<(String, Vec<Case>)> =
        own.iter().map(|(name, runs)| (name.clone(), rivals::cases(&network, runs))).collect();
    let more = rivals::figures(options, &network, own)?;
    if options.json {
        let mut printed = report(&sweeps);
        rivals::merge(&mut printed, more.json);
        println!("{}", serde_json::to_string_pretty(&printed)?);
        return Ok(());
    }
    println!("method           mean cost  mean degradation  feasible  largest gap");
    for (name, cases) in &sweeps {
        println!(
            "{name:<16} {:>9.4}  {:>16.4}  {:>5}/45  {}",
            mean(cases, |case| case.plan.cost),
            mean(cases, |case| case.plan.worst_degradation()),
            feasible(cases),
            largest_gap(cases).map_or("not proven".to_owned(), |gap| format!("{gap:.5}")),
        );
    }
    print!("{}", more.text);
    Ok(())
}

fn name(method: Method) -> String {
    match serde_json::to_value(method) {
        Ok(Value::String(name)) => name,
        _ => format!("{method:?}"),
    }
}

fn mean(cases: &[Case], value: impl Fn(&Case) -> f64) -> f64 {
    cases.iter().map(value).sum::<f64>() / cases.len() as f64
}

fn feasible(cases: &[Case]) -> usize {
    cases.iter().filter(|case| case.plan.status != Status::Infeasible).count()
}

fn largest_gap(cases: &[Case]) -> Option<f64> {
    cases.iter().map(|case| case.plan.gap).collect::<Option<Vec<_>>>()?.into_iter().reduce(f64::max)
}

fn row(case: &Case) -> Value {
    let allocation = case.plan.total_allocation();
    json!({
        "users": case.users,
        "qos": case.qos,
        "degradation_threshold": case.degradation,
        "cpu": allocation[0],
        "bandwidth": allocation[1],
        "cost": case.plan.cost,
        "degradation": case.plan.worst_degradation(),
        "status": status(&case.plan).as_str(),
        "outside_measurements": case.plan.status == Status::OutsideMeasurements,
        "lower_bound": case.plan.lower_bound,
        "gap": case.plan.gap,
        "boxes": case.plan.boxes,
        "evaluations": case.plan.evaluations,
    })
}

/// The status in the paper's box, which is larger than what was measured.
fn status(plan: &SlicePlan) -> Status {
    match (plan.status, plan.gap) {
        (Status::OutsideMeasurements, Some(gap)) if gap <= TOLERANCE => Status::Solved,
        (Status::OutsideMeasurements, _) => Status::FeasibleNotProven,
        (status, _) => status,
    }
}

fn report(sweeps: &[(String, Vec<Case>)]) -> Value {
    let by_method = |value: &dyn Fn(&[Case]) -> Value| -> Map<String, Value> {
        sweeps.iter().map(|(name, cases)| (name.clone(), value(cases))).collect()
    };
    let strictest = |case: &&Case| case.qos == 5.0 && case.degradation == 0.1;
    json!({
        "table1": by_method(&|cases| cases.iter().filter(strictest).map(row).collect()),
        "mean_cost": by_method(&|cases| json!(mean(cases, |case| case.plan.cost))),
        "feasible": by_method(&|cases| json!(feasible(cases))),
        "largest_gap": by_method(&|cases| json!(largest_gap(cases))),
        "ablation": by_method(&|cases| {
            DEGRADATION
                .iter()
                .map(|degradation| {
                    let part: Vec<Case> = cases
                        .iter()
                        .filter(|case| case.degradation == *degradation)
                        .cloned()
                        .collect();
                    json!({
                        "degradation_threshold": degradation,
                        "mean_cost": mean(&part, |case| case.plan.cost),
                        "mean_degradation": mean(&part, |case| case.plan.worst_degradation()),
                    })
                })
                .collect()
        }),
        "sweep": by_method(&|cases| cases.iter().map(row).collect()),
    })
}
