//! `slicewise twin diagnose`: what is wrong with a network, by what was measured of it.

use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::{Context, bail};
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::formats::network::{measured_flows, measured_links};
use slicewise_core::formats::table::Table;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::diagnosis::{
    Cause, CauseKind, Diagnosis, DiagnosisOrder, Measurements, Site,
};
use slicewise_optim::Unmonitored;
use slicewise_twin::diagnosis::diagnose;
use slicewise_twin::diagnosis::evaluation::{Evaluation, EvaluationOrder, evaluated_run};

use super::amounts::{percent, time};
use super::network::EditedNetworkOptions;
use crate::table_file::{DecimalOption, read};
use crate::threads::on_threads;

/// Options of `twin diagnose`.
#[derive(clap::Args, Debug)]
pub struct TwinDiagnose {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// Measured flows: a table with source, target, a delay such as delay_ms, and perhaps class, jitter, loss and
    /// packets.
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// Measured links: a table with link, or source and target, and utilisation.
    #[arg(long, value_name = "FILE")]
    utilisation: Option<PathBuf>,
    /// How long was measured, in seconds [default: 300].
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Decimal sign of the tables: point or comma [default: as they have it].
    #[arg(long, value_name = "SIGN")]
    decimal: Option<DecimalOption>,
    #[command(flatten)]
    sureness: Sureness,
    /// Causes that are told.
    #[arg(long, value_name = "N", default_value_t = 10)]
    causes: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How sure the alarm and the intervals are.
#[derive(Clone, Copy, clap::Args, Debug)]
struct Sureness {
    /// Share of the periods in which the alarm may go off where nothing is wrong.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    false_alarms: f64,
    /// Share of the flows that lie within their intervals where nothing is wrong.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    coverage: f64,
}

impl Sureness {
    fn order(self, causes: usize) -> DiagnosisOrder {
        DiagnosisOrder { false_alarms: self.false_alarms, coverage: self.coverage, causes }
    }
}

/// Runs `slicewise twin diagnose`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinDiagnose) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let scenario = &problem.scenario;
    let topology = &scenario.topology;
    let mut measured = Measurements { seconds: options.seconds, ..Measurements::default() };
    if let Some(path) = &options.measured {
        measured.flows = rows(options, path, |table| measured_flows(table, topology))?;
    }
    if let Some(path) = &options.utilisation {
        measured.links = rows(options, path, |table| measured_links(table, topology))?;
    }
    if measured.flows.is_empty() && measured.links.is_empty() {
        bail!("nothing was measured: give --measured, --utilisation or both");
    }
    let order = options.sureness.order(options.causes);
    let found = block_on(diagnose(&problem, &measured, &order, &Unmonitored, &mut ()))?;
    if options.json {
        let found = table(scenario, &measured, &order, &found);
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(scenario, &measured, &order, &found);
    }
    Ok(())
}

/// The rows of a table; what was passed over goes to standard error.
fn rows<T>(
    options: &TwinDiagnose,
    path: &Path,
    of: impl Fn(&Table) -> Result<(Vec<T>, Vec<String>), slicewise_core::InputError>,
) -> anyhow::Result<Vec<T>> {
    let place = || path.display().to_string();
    let table = read(path, options.decimal.map(Into::into))?;
    let (rows, told) = of(&table).with_context(place)?;
    if !told.is_empty() {
        eprintln!("{}: {}", place(), told.join("; "));
    }
    Ok(rows)
}

fn table(
    scenario: &Scenario,
    measured: &Measurements,
    order: &DiagnosisOrder,
    found: &Diagnosis,
) -> Value {
    let node = |node: u32| &scenario.topology.nodes[node as usize].id;
    let flow = |(row, compared): (&slicewise_core::twin::diagnosis::MeasuredFlow, &_)| {
        let mut found = json!(compared);
        found["source"] = json!(node(row.source));
        found["target"] = json!(node(row.target));
        found["class"] = json!(row.class);
        found["measured_s"] = json!(row.mean_delay_s);
        found["measured_jitter_s2"] = json!(row.jitter_s2);
        found["measured_loss"] = json!(row.loss);
        found
    };
    let link = |(row, compared): (&slicewise_core::twin::diagnosis::MeasuredLink, &_)| {
        let mut found = json!(compared);
        found["id"] = json!(scenario.topology.links[row.link as usize].id);
        found["measured"] = json!(row.utilisation);
        found
    };
    let cause = |cause: &Cause| {
        let mut found = json!(cause);
        found["site"] = site(scenario, cause.site);
        found["sentence"] = json!(sentence(scenario, cause));
        found
    };
    let is_outside = |row: &&Value| row["outside"] == json!(true);
    let flows: Vec<Value> = measured.flows.iter().zip(&found.flows).map(flow).collect();
    let links: Vec<Value> = measured.links.iter().zip(&found.links).map(link).collect();
    json!({
        "alarm": found.alarm,
        "false_alarms": order.false_alarms,
        "coverage": order.coverage,
        "statistic": found.statistic,
        "threshold": found.threshold,
        "statistics": found.statistics,
        "delay_noise": found.delay_noise,
        "utilisation_noise": found.utilisation_noise,
        "nothing_wrong": found.nothing_wrong,
        "causes": found.causes.iter().map(cause).collect::<Vec<_>>(),
        "outside": {
            "flows": flows.iter().filter(is_outside).count(),
            "links": links.iter().filter(is_outside).count(),
        },
        "flows": flows,
        "links": links,
    })
}

fn site(scenario: &Scenario, site: Site) -> Value {
    let topology = &scenario.topology;
    match site {
        Site::Link(link) => json!({ "link": topology.links[link as usize].id }),
        Site::Pair { source, target } => json!({
            "source": topology.nodes[source as usize].id,
            "target": topology.nodes[target as usize].id,
        }),
    }
}

/// A cause in words.
fn sentence(scenario: &Scenario, cause: &Cause) -> String {
    let topology = &scenario.topology;
    let id = match cause.site {
        Site::Link(link) => topology.links[link as usize].id.clone(),
        Site::Pair { source, target } => {
            let node = |node: u32| &topology.nodes[node as usize].id;
            format!("{} to {}", node(source), node(target))
        }
    };
    let factor = cause.factor;
    match cause.kind {
        CauseKind::FailedMember if factor == 0.0 => {
            format!("{id}, one of several links side by side, has failed")
        }
        CauseKind::FailedMember => {
            format!("a member of {id} has failed: {} of the capacity is left", percent(factor))
        }
        CauseKind::HalvedCapacity => format!("{id} carries half of what it should"),
        CauseKind::SchedulingWeight => {
            let class = cause.class.unwrap_or_default();
            format!("the weight of class {class} at {id} is {factor:.2} times what it should be")
        }
        CauseKind::UnexpectedTraffic => format!("{id} sends {factor:.2} times what is expected"),
        CauseKind::LinkWeight => {
            format!("packets are routed as if the weight of {id} were {factor:.2} times as large")
        }
    }
}

/// Rows that are shown.
const SHOWN: usize = 10;

fn print(scenario: &Scenario, measured: &Measurements, order: &DiagnosisOrder, found: &Diagnosis) {
    let outside = |rows: usize, all: usize, what: &str| format!("{rows} of {all} {what}");
    let flows = found.flows.iter().filter(|flow| flow.outside).count();
    let links = found.links.iter().filter(|link| link.outside).count();
    println!(
        "{}: largest deviation {:.1}, alarm above {:.1} (false in at most {} of the periods).",
        if found.alarm { "Something is wrong" } else { "No alarm" },
        found.statistic,
        found.threshold,
        percent(order.false_alarms),
    );
    println!(
        "Outside their intervals of {}: {}, {}.",
        percent(order.coverage),
        outside(flows, found.flows.len(), "flows"),
        outside(links, found.links.len(), "links"),
    );
    println!("\n{:>11}  causes", "probability");
    for cause in &found.causes {
        println!("{:>11}  {}", percent(cause.probability), sentence(scenario, cause));
    }
    println!("{:>11}  nothing is wrong", percent(found.nothing_wrong));
    let mut rows: Vec<usize> =
        (0..found.flows.len()).filter(|row| found.flows[*row].outside).collect();
    rows.sort_by(|a, b| {
        found.flows[*b].deviations.abs().total_cmp(&found.flows[*a].deviations.abs())
    });
    if rows.is_empty() {
        return;
    }
    println!("\n{:<40} {:>10} {:>10} {:>22}", "flows outside", "measured", "expected", "interval");
    for row in rows.into_iter().take(SHOWN) {
        let (own, flow) = (&measured.flows[row], &found.flows[row]);
        let node = |node: u32| &scenario.topology.nodes[node as usize].id;
        let class = own.class.map_or_else(String::new, |class| format!(", class {class}"));
        println!(
            "{:<40} {:>10} {:>10} {:>22}",
            format!("{} to {}{class}", node(own.source), node(own.target)),
            time(own.mean_delay_s),
            time(flow.expected_s),
            format!("{} to {}", time(flow.interval_s.0), time(flow.interval_s.1)),
        );
    }
}

/// Options of `evaluate twin-diagnosis`.
///
/// Random networks are simulated packet by packet, with a seeded fault and without, and diagnosed by the formula.
#[derive(clap::Args, Debug)]
pub struct EvaluateDiagnosis {
    /// Runs with a fault, the five kinds in turn.
    #[arg(long, value_name = "N", default_value_t = 200)]
    faults: usize,
    /// Runs without a fault.
    #[arg(long, value_name = "N", default_value_t = 200)]
    healthy: usize,
    /// Packets of each run, after the warm-up.
    #[arg(long, default_value_t = 500_000)]
    packets: u64,
    /// Seed of networks, faults and runs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Measure delays alone, no utilisations.
    #[arg(long)]
    delays_alone: bool,
    #[command(flatten)]
    sureness: Sureness,
    /// Threads [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print every run too.
    #[arg(long)]
    each: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate twin-diagnosis`.
///
/// # Errors
/// Names the option that is out of range.
pub fn evaluate(options: &EvaluateDiagnosis) -> anyhow::Result<()> {
    let order = EvaluationOrder {
        seed: options.seed,
        packets: options.packets,
        utilisations: !options.delays_alone,
        diagnosis: options.sureness.order(10),
    };
    let threads = options.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let runs = on_threads(options.faults + options.healthy, threads, |run| {
        let faulty = run < options.faults;
        let number = if faulty { run } else { run - options.faults };
        Ok(block_on(evaluated_run(&order, number, faulty, &Unmonitored))?)
    })?;
    let mut found = Evaluation::of(runs);
    if !options.each {
        found.runs.clear();
    }
    if options.json {
        let mut table = json!(found);
        table["false_alarms"] = json!(order.diagnosis.false_alarms);
        table["packets"] = json!(order.packets);
        table["seed"] = json!(order.seed);
        table["utilisations"] = json!(order.utilisations);
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    println!(
        "{:<24} {:>6} {:>12} {:>12} {:>8}",
        "faults", "runs", "right first", "in three", "alarm"
    );
    let all = ("all".to_owned(), found.faults);
    for (name, counts) in std::iter::once(all).chain(found.by_kind).chain(found.by_policy) {
        let share = |part: usize| percent(part as f64 / counts.runs.max(1) as f64);
        println!(
            "{name:<24} {:>6} {:>12} {:>12} {:>8}",
            counts.runs,
            share(counts.right_first),
            share(counts.right_in_three),
            share(counts.alarms),
        );
    }
    println!("{} healthy runs, {} without an alarm", found.healthy, percent(found.no_alarm_share));
    Ok(())
}
