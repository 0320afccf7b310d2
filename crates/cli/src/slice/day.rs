//! `slicewise day`: a plan for every interval of a day of traffic.

use std::fmt::Write as _;
use std::path::PathBuf;

use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::slice::daily_trace::daily_trace;
use slicewise_core::slice::sweep::Day;
use slicewise_core::slice::{Status, Sweep};
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::feedback::weighed;
use slicewise_slice::model::shipped;
use slicewise_slice::solver::first_plans;

use super::batch::{BatchOptions, Solved, solve_sweep};
use super::plan_table::{Format, PLAN_COLUMNS, plan_row, push_plan};
use super::problem::{ProblemOptions, TrafficTable};
use crate::whole_file::write;

/// Minutes of one slot of a trace.
const SLOT_MINUTES: usize = 5;

/// Options of `day`.
///
/// --json prints `peak_cost` (the static allocation for the day's peak, null where none keeps its
/// promise) and, under `intervals`, per interval length: interval_minutes, problems, feasible,
/// mean_cost (over the day), saving (share of peak_cost), seconds, problems_per_second; then device and
/// model. A file holds one row per interval: interval_minutes, start_minutes, users_per_second (mean),
/// each resource's allocation, cost, degradation, degradation_multiplier, feasible,
/// outside_measurements.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DayOptions {
    #[command(flatten)]
    problem: ProblemOptions,
    /// Users/s in each 5-minute slot, as a CSV file.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "generated",
        required_unless_present = "generated"
    )]
    trace: Option<PathBuf>,
    #[command(flatten)]
    table: TrafficTable,
    /// A generated day from this seed, with its peak at the network's usual traffic.
    #[arg(long, value_name = "SEED")]
    generated: Option<u64>,
    /// Standard deviation of the traffic within a slot, as a share of the slot's mean.
    #[arg(long, default_value_t = 0.2)]
    variation: f64,
    /// Lengths of the planning interval, multiples of 5 minutes.
    #[arg(long, value_name = "MINUTES", value_delimiter = ',', default_value = "5,15,60")]
    interval_minutes: Vec<usize>,
    /// Write every plan to a .csv or .json file.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    batch: BatchOptions,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A day at one interval length.
struct Planned {
    minutes: usize,
    day: Day,
    solved: Solved,
}

/// Runs `slicewise day`.
pub fn run(options: &DayOptions) -> anyhow::Result<()> {
    let problem = options.problem.read(None)?;
    let network = weighed(shipped(&problem.model)?.into(), &problem)?;
    let format = options.output.as_deref().map(Format::of).transpose()?;
    let trace = trace(&network, options)?;
    let mut days = Vec::new();
    for minutes in &options.interval_minutes {
        let slots_per_interval = slots(*minutes, trace.len())?;
        let day = Day {
            problem: problem.clone(),
            trace: trace.clone(),
            variation: options.variation,
            slots_per_interval,
        };
        let solved = solve_sweep(&network, &Sweep::Day(day.clone()), &options.batch)?;
        days.push(Planned { minutes: *minutes, day, solved });
    }
    let peak_cost = days.first().map(|planned| peak_cost(&network, &planned.day)).transpose()?;
    let peak_cost = peak_cost.flatten();
    let summary = summary(&days, peak_cost);
    if let (Some(path), Some(format)) = (&options.output, format) {
        let text = match format {
            Format::Csv => csv(&days),
            Format::Json => serde_json::to_string_pretty(&table(&days, &summary))?,
        };
        write(path, text)?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        print!("{}", sentences(&days, peak_cost));
    }
    Ok(())
}

fn trace(network: &Network, options: &DayOptions) -> anyhow::Result<Vec<f64>> {
    match (&options.trace, options.generated) {
        (Some(path), _) => Ok(options.table.slots(path)?),
        (None, seed) => {
            Ok(daily_trace(seed.unwrap_or_default(), network.card.inputs[0].default_capacity))
        }
    }
}

fn slots(minutes: usize, length: usize) -> Result<usize, InputError> {
    let field = "interval-minutes";
    check_range(field, minutes as f64, 5.0, (length * SLOT_MINUTES) as f64, "minutes")?;
    if !minutes.is_multiple_of(SLOT_MINUTES) {
        return Err(InputError::new(field, minutes, "multiples of 5 minutes"));
    }
    Ok(minutes / SLOT_MINUTES)
}

/// Cost of the static allocation for the peak of the busiest slot, under the promise of `problem`,
/// where it can be kept.
fn peak_cost(network: &Network, day: &Day) -> anyhow::Result<Option<f64>> {
    let peak = [day.at_peak().problem_at(0)];
    let plan = block_on(first_plans(network, &peak, &Unmonitored))?.swap_remove(0);
    Ok((plan.status != Status::Infeasible).then_some(plan.cost))
}

impl Planned {
    /// Mean cost over the day, each interval by its length.
    fn mean_cost(&self) -> f64 {
        let per = self.day.slots_per_interval;
        let slots = |index: usize| (self.day.trace.len() - index * per).min(per) as f64;
        let costs = self.solved.plans.costs.iter().enumerate();
        costs.map(|(index, cost)| slots(index) * cost).sum::<f64>() / self.day.trace.len() as f64
    }

    fn feasible(&self) -> usize {
        self.solved.plans.feasible.iter().filter(|feasible| **feasible).count()
    }

    fn users(&self, index: usize) -> f64 {
        let first = index * self.day.slots_per_interval;
        let last = self.day.trace.len().min(first + self.day.slots_per_interval);
        self.day.trace[first..last].iter().sum::<f64>() / (last - first) as f64
    }

    fn start_minutes(&self, index: usize) -> usize {
        index * self.minutes
    }
}

fn saving(cost: f64, peak_cost: Option<f64>) -> Option<f64> {
    peak_cost.filter(|peak| *peak > 0.0).map(|peak| 1.0 - cost / peak)
}

fn summary(days: &[Planned], peak_cost: Option<f64>) -> Value {
    let intervals: Vec<Value> = days
        .iter()
        .map(|planned| {
            let problems = planned.solved.plans.len();
            json!({
                "interval_minutes": planned.minutes,
                "problems": problems,
                "feasible": planned.feasible(),
                "mean_cost": planned.mean_cost(),
                "saving": saving(planned.mean_cost(), peak_cost),
                "seconds": planned.solved.seconds,
                "problems_per_second": problems as f64 / planned.solved.seconds,
            })
        })
        .collect();
    json!({
        "model": days.first().map(|planned| planned.day.problem.model.clone()),
        "device": days.first().map(|planned| planned.solved.device.clone()),
        "peak_cost": peak_cost,
        "intervals": intervals,
    })
}

fn sentences(days: &[Planned], peak_cost: Option<f64>) -> String {
    let mut text = match peak_cost {
        Some(cost) => format!("static peak allocation costs {cost:.4}\n"),
        None => "no static allocation keeps its promise at the day's peak\n".to_owned(),
    };
    for planned in days {
        let cost = planned.mean_cost();
        let _ = write!(
            text,
            "every {} min: {} plans, {} feasible, mean cost {cost:.4}",
            planned.minutes,
            planned.solved.plans.len(),
            planned.feasible(),
        );
        if let Some(saving) = saving(cost, peak_cost) {
            let _ = write!(text, ", saves {:.1} %", 100.0 * saving);
        }
        let _ = writeln!(text, " ({:.3} s on {})", planned.solved.seconds, planned.solved.device);
    }
    text
}

fn csv(days: &[Planned]) -> String {
    let mut header = vec!["interval_minutes", "start_minutes", "users_per_second"];
    if let Some(planned) = days.first() {
        header.extend(planned.day.problem.resources.iter().map(|r| r.name.as_str()));
    }
    header.extend(PLAN_COLUMNS);
    let mut text = header.join(",") + "\n";
    for planned in days {
        for index in 0..planned.solved.plans.len() {
            let (start, users) = (planned.start_minutes(index), planned.users(index));
            let _ = write!(text, "{},{start},{users},", planned.minutes);
            push_plan(&mut text, &planned.solved, index);
        }
    }
    text
}

fn table(days: &[Planned], summary: &Value) -> Value {
    let mut rows = Vec::new();
    for planned in days {
        for index in 0..planned.solved.plans.len() {
            let mut row = plan_row(&planned.day.problem, &planned.solved, index);
            row.insert("interval_minutes".to_owned(), json!(planned.minutes));
            row.insert("start_minutes".to_owned(), json!(planned.start_minutes(index)));
            row.insert("users_per_second".to_owned(), json!(planned.users(index)));
            rows.push(Value::Object(row));
        }
    }
    json!({ "summary": summary, "plans": rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_lengths_are_whole_slots_of_the_trace() {
        assert_eq!(slots(15, 288), Ok(3));
        let refused = |minutes| slots(minutes, 288).unwrap_err().to_string();
        assert!(refused(0).starts_with("interval-minutes is 0; allowed: 5 to 1440"));
        assert!(refused(7).contains("multiples of 5 minutes"));
        assert!(refused(1445).starts_with("interval-minutes is 1445"));
    }
}
