//! `slicewise twin failures`: every failure of a network, and what it breaks.

use std::collections::BTreeMap;
use std::thread::available_parallelism;

use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::twin::Scenario;
use slicewise_core::twin::failures::{FailureCase, FailureCases, FailureKinds, FailureSweep, Part};
use slicewise_optim::Unmonitored;
use slicewise_twin::failures::{sweep, with_failures};
use slicewise_twin::problem::Problem;

use super::amounts::{percent, time};
use super::answer::{corrected_by, flow_name, model_for};
use super::network::EditedNetworkOptions;
use crate::threads::on_threads;

/// Options of `twin failures`.
#[derive(clap::Args, Debug)]
pub struct TwinFailures {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// What fails, one at a time.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "links,nodes,groups",
        value_parser = ["links", "nodes", "groups"]
    )]
    of: Vec<String>,
    /// Every pair of these as well.
    #[arg(long)]
    pairs: bool,
    /// Threads [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Cases of a piece of work.
const PIECE: usize = 64;

/// Runs `slicewise twin failures`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinFailures) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let fails = |kind: &str| options.of.iter().any(|of| of == kind);
    let kinds = FailureKinds {
        links: fails("links"),
        nodes: fails("nodes"),
        groups: fails("groups"),
        pairs: options.pairs,
    };
    let found = swept(&problem, kinds, options.threads)?;
    let corrected = corrected_slowest(&problem, &found)?;
    if options.json {
        let table = table(&problem.scenario, &found, &corrected);
        println!("{}", serde_json::to_string_pretty(&table)?);
    } else {
        print(&problem.scenario, &found, &corrected);
    }
    Ok(())
}

/// Cases of longest delay that training corrects.
const CORRECTED: usize = 10;

/// Longest mean delay of a case as training corrects it, in seconds: least, told, most.
type Corrected = BTreeMap<usize, [f64; 3]>;

/// What training makes of the cases of longest delay, by their place.
fn corrected_slowest(problem: &Problem, found: &FailureSweep) -> anyhow::Result<Corrected> {
    let mut order: Vec<usize> = (0..found.cases.len()).collect();
    let delay_s = |case: usize| found.cases[case].longest_delay_s;
    order.sort_by(|a, b| delay_s(*b).total_cmp(&delay_s(*a)));
    let mut corrected = Corrected::new();
    let mut model = model_for(&problem.scenario)?;
    for case in order.into_iter().take(CORRECTED) {
        let broken = with_failures(problem, &found.cases[case].failed);
        let answer = corrected_by(&mut model, &broken)?;
        let slowest = answer.answer.summary.slowest_flow;
        corrected.extend(slowest.and_then(|flow| Some((case, answer.delay_s(flow)?))));
    }
    Ok(corrected)
}

/// The whole sweep, by pieces on threads.
fn swept(
    problem: &Problem,
    kinds: FailureKinds,
    threads: Option<usize>,
) -> anyhow::Result<FailureSweep> {
    let cases = FailureCases::new(&problem.scenario.topology, kinds)?.len();
    let threads = threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    let pieces = on_threads(cases.div_ceil(PIECE), threads, |piece| {
        let first = piece * PIECE;
        let count = PIECE.min(cases - first);
        Ok(block_on(sweep(problem, kinds, first, count, &Unmonitored, &mut ()))?)
    })?;
    let mut whole = FailureSweep::default();
    pieces.into_iter().for_each(|piece| whole.add(piece));
    Ok(whole)
}

fn table(scenario: &Scenario, found: &FailureSweep, corrected: &Corrected) -> Value {
    json!({
        "cases": (found.cases.iter().enumerate())
            .map(|(index, case)| case_table(scenario, case, corrected.get(&index)))
            .collect::<Vec<_>>(),
        "links": links(scenario, found),
    })
}

fn case_table(scenario: &Scenario, case: &FailureCase, corrected: Option<&[f64; 3]>) -> Value {
    let mut row = json!(case);
    let topology = &scenario.topology;
    let outside = case.outside.iter().map(|node| &topology.nodes[*node as usize].id);
    row["corrected_longest_delay_s"] = json!(corrected.map(|[_, told, _]| told));
    row["delay_interval90_s"] = json!(corrected.map(|[least, _, most]| [least, most]));
    row["failed"] = json!(failed(scenario, &case.failed));
    row["outside"] = json!(outside.collect::<Vec<_>>());
    row["busiest_link"] = json!(case.busiest_link.map(|link| &topology.links[link as usize].id));
    row["slowest_flow"] = json!(case.slowest_flow.map(|flow| flow_name(scenario, flow as usize)));
    row
}

fn links(scenario: &Scenario, found: &FailureSweep) -> Vec<Value> {
    let row = |(index, link): (usize, &slicewise_core::twin::Link)| {
        let causes = found.links[index].causes.iter().map(|(case, utilisation)| {
            let parts = &found.cases[*case as usize].failed;
            json!({ "failed": failed(scenario, parts), "utilisation": utilisation })
        });
        json!({
            "id": link.id,
            "utilisation": found.utilisation[index],
            "worst_utilisation": worst(found, index),
            "causes": causes.collect::<Vec<_>>(),
        })
    };
    scenario.topology.links.iter().enumerate().map(row).collect()
}

/// The highest utilisation of a link over all cases and the one without a failure.
fn worst(found: &FailureSweep, link: usize) -> f64 {
    found.links[link].causes.first().map_or(found.utilisation[link], |(_, worst)| *worst)
}

/// Names of what fails.
pub fn failed(scenario: &Scenario, parts: &[Part]) -> Vec<String> {
    let topology = &scenario.topology;
    let name = |part: &Part| match part {
        Part::Link(link) => format!("link {}", topology.links[*link as usize].id),
        Part::Node(node) => format!("node {}", topology.nodes[*node as usize].id),
        Part::Group(group) => format!("group {}", topology.risk_groups[*group as usize].id),
    };
    parts.iter().map(name).collect()
}

/// Rows that are shown.
const SHOWN: usize = 15;

fn print(scenario: &Scenario, found: &FailureSweep, corrected: &Corrected) {
    let cases = &found.cases;
    let cutting = cases.iter().filter(|case| case.cut_off > 0).count();
    let full = cases.iter().filter(|case| case.highest_utilisation > 1.0).count();
    println!("{} failures; {cutting} cut flows off, {full} overload a link.", cases.len());
    let mut links: Vec<usize> = (0..found.links.len()).collect();
    links.retain(|link| !worst(found, *link).is_nan());
    links.sort_by(|a, b| worst(found, *b).total_cmp(&worst(found, *a)));
    println!("\n{:<32} {:>8} {:>8}  when", "links that fill most", "now", "worst");
    for link in links.into_iter().take(SHOWN) {
        let cause = found.links[link].causes.first();
        let cause = cause.map(|(case, _)| failed(scenario, &cases[*case as usize].failed));
        println!(
            "{:<32} {:>8} {:>8}  {}",
            scenario.topology.links[link].id,
            percent(found.utilisation[link]),
            percent(worst(found, link)),
            cause.map_or_else(|| "nothing fails".to_owned(), |parts| parts.join(" and ")),
        );
    }
    let mut order: Vec<(usize, &FailureCase)> = cases.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| {
        let weight = |case: &FailureCase| (case.cut_off, case.breaking);
        let by_delay = b.longest_delay_s.total_cmp(&a.longest_delay_s);
        weight(b).cmp(&weight(a)).then(by_delay)
    });
    println!(
        "\n{:<40} {:>8} {:>9} {:>9} {:>10}  corrected, 90 % interval",
        "failures", "cut off", "breaking", "separated", "longest"
    );
    for (index, case) in order.into_iter().take(SHOWN) {
        let interval = corrected.get(&index).map(|[least, told, most]| {
            format!("{}, {} to {}", time(*told), time(*least), time(*most))
        });
        println!(
            "{:<40} {:>8} {:>9} {:>9} {:>10}  {}",
            failed(scenario, &case.failed).join(" and "),
            case.cut_off,
            case.breaking,
            case.separated,
            time(case.longest_delay_s),
            interval.unwrap_or_default(),
        );
    }
}
