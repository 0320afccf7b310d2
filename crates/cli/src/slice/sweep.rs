//! `slicewise sweep`: a surface over two numbers of a problem.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use slicewise_core::InputError;
use slicewise_core::slice::Sweep;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};
use slicewise_slice::feedback::weighed;
use slicewise_slice::model::shipped;

use super::batch::{BatchOptions, Solved, solve_sweep};
use super::plan_table::{Format, PLAN_COLUMNS, plan_row, push_plan};
use super::problem::{ProblemOptions, TrafficOption};
use crate::whole_file::write;

/// Options of `sweep`.
///
/// --json prints: problems, feasible, seconds, problems_per_second, device, model, evaluations. A file
/// holds one row per problem, x running fastest: the two quantities, each resource's allocation,
/// cost, degradation, degradation_multiplier, feasible, outside_measurements; a JSON file holds the
/// summary and `plans`.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct SweepOptions {
    #[command(flatten)]
    problem: ProblemOptions,
    #[command(flatten)]
    traffic: TrafficOption,
    /// Axis that runs fastest. QUANTITY is traffic (users/s), qos, degradation, price.RESOURCE or
    /// capacity.RESOURCE, the resource by name or by number from 0.
    #[arg(long, value_name = "QUANTITY:FROM:TO:POINTS")]
    x: String,
    /// Axis that runs slowest.
    #[arg(long, value_name = "QUANTITY:FROM:TO:POINTS")]
    y: String,
    /// Write every plan to a .csv or .json file.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    batch: BatchOptions,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise sweep`.
pub fn run(options: &SweepOptions) -> anyhow::Result<()> {
    let problem = options.problem.read(Some(&options.traffic))?;
    let network = weighed(shipped(&problem.model)?.into(), &problem)?;
    let x = axis(&problem, &options.x).map_err(|error| error.within("x"))?;
    let y = axis(&problem, &options.y).map_err(|error| error.within("y"))?;
    let surface = Surface { problem, x, y };
    let sweep = Sweep::Surface(surface.clone());
    let format = options.output.as_deref().map(Format::of).transpose()?;
    let solved = solve_sweep(&network, &sweep, &options.batch)?;
    let summary = summary(&surface, &solved);
    if let (Some(path), Some(format)) = (&options.output, format) {
        let text = match format {
            Format::Csv => csv(&surface, &solved),
            Format::Json => serde_json::to_string_pretty(&table(&surface, &solved, &summary))?,
        };
        write(path, text)?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        println!(
            "{} problems, {} feasible, {:.3} s, {:.0} problems per second on {}",
            summary["problems"],
            summary["feasible"],
            solved.seconds,
            solved.plans.len() as f64 / solved.seconds,
            solved.device
        );
    }
    Ok(())
}

/// Reads QUANTITY:FROM:TO:POINTS.
///
/// # Errors
/// Names the part that is wrong.
fn axis(problem: &SliceProblem, text: &str) -> Result<Axis, InputError> {
    const FORM: &str = "QUANTITY:FROM:TO:POINTS, for example traffic:1:5:64";
    let parts: Vec<&str> = text.split(':').collect();
    let [name, from, to, points] = parts[..] else {
        return Err(InputError::new("axis", text, FORM));
    };
    let number = |field: &str, text: &str| -> Result<f64, InputError> {
        text.parse().map_err(|_| InputError::new(field, text, "a number"))
    };
    Ok(Axis {
        quantity: quantity(problem, name)?,
        from: number("from", from)?,
        to: number("to", to)?,
        points: points.parse().map_err(|_| InputError::new("points", points, "a whole number"))?,
    })
}

fn quantity(problem: &SliceProblem, name: &str) -> Result<Quantity, InputError> {
    let names: Vec<&str> = problem.resources.iter().map(|r| r.name.as_str()).collect();
    let resource = |wanted: &str| {
        let found = names.iter().position(|name| *name == wanted);
        // An index beyond the resources is for the sweep's own check to refuse.
        found.or_else(|| wanted.parse().ok()).ok_or_else(|| {
            InputError::new("resource", wanted, format!("{} or a number from 0", names.join(", ")))
        })
    };
    match name.split_once('.') {
        Some(("price", wanted)) => Ok(Quantity::Price(resource(wanted)?)),
        Some(("capacity", wanted)) => Ok(Quantity::Capacity(resource(wanted)?)),
        None if name == "traffic" => Ok(Quantity::Traffic),
        None if name == "qos" => Ok(Quantity::QosThreshold),
        None if name == "degradation" => Ok(Quantity::DegradationThreshold),
        _ => {
            let allowed = "traffic, qos, degradation, price.RESOURCE or capacity.RESOURCE";
            Err(InputError::new("quantity", name, allowed))
        }
    }
}

/// The key under which a quantity is written.
fn key(problem: &SliceProblem, quantity: Quantity) -> String {
    let resource = |k: usize| problem.resources[k].name.replace(' ', "_");
    match quantity {
        Quantity::Traffic => "traffic".to_owned(),
        Quantity::QosThreshold => "qos_threshold".to_owned(),
        Quantity::DegradationThreshold => "degradation_threshold".to_owned(),
        Quantity::Price(k) => format!("price_{}", resource(k)),
        Quantity::Capacity(k) => format!("capacity_{}", resource(k)),
    }
}

fn summary(surface: &Surface, solved: &Solved) -> Value {
    let plans = &solved.plans;
    json!({
        "model": surface.problem.model,
        "problems": plans.len(),
        "feasible": plans.feasible.iter().filter(|feasible| **feasible).count(),
        "seconds": solved.seconds,
        "problems_per_second": plans.len() as f64 / solved.seconds,
        "device": solved.device,
        "evaluations": plans.evaluations,
    })
}

fn csv(surface: &Surface, solved: &Solved) -> String {
    let problem = &surface.problem;
    let mut header = vec![key(problem, surface.x.quantity), key(problem, surface.y.quantity)];
    header.extend(problem.resources.iter().map(|resource| resource.name.clone()));
    header.extend(PLAN_COLUMNS.map(str::to_owned));
    let mut text = header.join(",") + "\n";
    for index in 0..solved.plans.len() {
        let (x, y) = (index % surface.x.points, index / surface.x.points);
        let _ = write!(text, "{},{},", surface.x.value(x), surface.y.value(y));
        push_plan(&mut text, solved, index);
    }
    text
}

fn table(surface: &Surface, solved: &Solved, summary: &Value) -> Value {
    let rows: Vec<Value> = (0..solved.plans.len())
        .map(|index| {
            let (x, y) = (index % surface.x.points, index / surface.x.points);
            let mut row = plan_row(&surface.problem, solved, index);
            row.insert(key(&surface.problem, surface.x.quantity), json!(surface.x.value(x)));
            row.insert(key(&surface.problem, surface.y.quantity), json!(surface.y.value(y)));
            Value::Object(row)
        })
        .collect();
    json!({ "summary": summary, "plans": rows })
}

#[cfg(test)]
mod tests {
    use slicewise_core::slice::Traffic;

    use super::*;

    fn problem() -> SliceProblem {
        let card = shipped("testbed-gaussian").unwrap().card;
        SliceProblem::in_whole_box(&card, Traffic::Constant { users_per_second: 3.0 }, 5.0, 0.1)
    }

    fn refused(text: &str) -> String {
        axis(&problem(), text).unwrap_err().to_string()
    }

    #[test]
    fn an_axis_names_its_resource_by_name_or_number() {
        let by_name = axis(&problem(), "capacity.bandwidth:20:50:4").unwrap();
        assert_eq!(by_name.quantity, Quantity::Capacity(1));
        assert_eq!((by_name.from, by_name.to, by_name.points), (20.0, 50.0, 4));
        assert_eq!(axis(&problem(), "price.0:1:2:2").unwrap().quantity, Quantity::Price(0));
    }

    #[test]
    fn damaged_axes_are_named() {
        assert!(refused("traffic:1:5").starts_with("axis is traffic:1:5; allowed: QUANTITY"));
        assert!(refused("load:1:5:4").starts_with("quantity is load"));
        assert!(refused("price.gold:1:5:4").starts_with("resource is gold"));
        assert!(refused("qos:one:5:4").starts_with("from is one"));
        assert!(refused("qos:1:5:4.5").starts_with("points is 4.5"));
    }

    #[test]
    fn an_axis_that_the_model_refuses_is_named() {
        let card = shipped("testbed-gaussian").unwrap().card;
        let refused = |x: &str| {
            let problem = problem();
            let (x, y) = (axis(&problem, x).unwrap(), axis(&problem, "degradation:0.1:0.2:2"));
            let surface = Surface { problem, x, y: y.unwrap() };
            Sweep::Surface(surface).validate(&card).unwrap_err().field
        };
        assert_eq!(refused("price.7:1:5:4"), "x.resource");
        assert_eq!(refused("traffic:1:1e9:4"), "x.to");
        assert_eq!(refused("traffic:NaN:5:4"), "x.from");
        assert_eq!(refused("qos:1:500:4"), "slices[0].qos_threshold");
        assert_eq!(refused("qos:1:5:4000"), "x.points");
    }
}
