//! `slicewise twin answer`: delay, jitter and loss of every flow of a network.

use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::twin::answer::MOST_ARRIVES;
use slicewise_core::twin::{Answer, CorrectedAnswer, Scenario};
use slicewise_optim::monitor::Unmonitored;
use slicewise_twin::formula::Formula;
use slicewise_twin::formula::corrected::model::{GraphModel, meant_for};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

use super::amounts::{percent, rate, time};
use super::network::EditedNetworkOptions;

/// Options of `twin answer`.
#[derive(clap::Args, Debug)]
pub struct TwinAnswer {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise twin answer`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinAnswer) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let answer = answer(&problem);
    let corrected = corrected(&problem)?;
    if options.json {
        let found = table(&problem.scenario, &answer, &corrected);
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    println!("{}", sentence(&problem.scenario, &answer));
    for reason in &corrected.outside {
        println!("Intervals are less sure: this is beyond the training, {reason}.");
    }
    print_busiest(&problem.scenario, &answer);
    print_slowest(&problem.scenario, &answer, &corrected);
    Ok(())
}

/// The problem, answered by formula.
pub fn answer(problem: &Problem) -> Answer {
    Formula::default().answer(&RoutedNetwork::new(problem, &mut Routes::default()))
}

/// The problem, answered with intervals by the trained network that is meant for it.
///
/// # Errors
/// Says what is wrong with the network's files.
pub fn corrected(problem: &Problem) -> anyhow::Result<CorrectedAnswer> {
    let mut model = GraphModel::shipped(meant_for(&problem.scenario))?;
    let network = RoutedNetwork::new(problem, &mut Routes::default());
    Ok(block_on(model.answer(&network, &Unmonitored))?)
}

/// Everything of an answer, with names, and what a trained network makes of it.
pub fn table(scenario: &Scenario, answer: &Answer, corrected: &CorrectedAnswer) -> Value {
    json!({
        "summary": summary(scenario, answer),
        "flows": flows(scenario, answer, corrected),
        "links": links(scenario, answer, corrected),
        "corrected": { "model": corrected.model, "outside_training": corrected.outside },
        "settled": answer.settled,
        "rounds": answer.rounds,
        "origin": answer.origin,
    })
}

fn summary(scenario: &Scenario, answer: &Answer) -> Value {
    let mut summary = json!(answer.summary);
    let slowest = answer.summary.slowest_flow.map(|flow| flow_name(scenario, flow));
    let busiest = answer.summary.busiest_link.map(|link| &scenario.topology.links[link].id);
    summary["slowest_flow"] = json!(slowest);
    summary["busiest_link"] = json!(busiest);
    summary
}

fn flows(scenario: &Scenario, answer: &Answer, corrected: &CorrectedAnswer) -> Vec<Value> {
    let (nodes, of) = (&scenario.topology.nodes, &answer.flows);
    let row = |(index, flow): (usize, &slicewise_core::twin::Flow)| {
        let interval = corrected.delay_s(index);
        json!({
            "corrected_delay_s": corrected.answer.flows.mean_delay_s[index],
            "delay_interval90_s": interval.map(|[least, _, most]| [least, most]),
            "source": nodes[flow.source as usize].id,
            "target": nodes[flow.target as usize].id,
            "class": flow.class,
            "state": of.state[index],
            "rate_bit_per_s": of.rate_bit_per_s[index],
            "mean_delay_s": of.mean_delay_s[index],
            "jitter_s2": of.jitter_s2[index],
            "p10_s": of.p10_s[index],
            "p50_s": of.p50_s[index],
            "p90_s": of.p90_s[index],
            "p99_s": of.p99_s[index],
            "loss": of.loss[index],
        })
    };
    scenario.flows.iter().enumerate().map(row).collect()
}

fn links(scenario: &Scenario, answer: &Answer, corrected: &CorrectedAnswer) -> Vec<Value> {
    let (nodes, of) = (&scenario.topology.nodes, &answer.links);
    let row = |(index, link): (usize, &slicewise_core::twin::Link)| {
        json!({
            "id": link.id,
            "source": nodes[link.source as usize].id,
            "target": nodes[link.target as usize].id,
            "capacity_bit_per_s": link.capacity_bit_per_s,
            "utilisation": of.utilisation[index],
            "load_bit_per_s": of.load_bit_per_s[index],
            "mean_wait_s": of.mean_wait_s[index],
            "mean_delay_s": of.mean_delay_s[index],
            "loss": of.loss[index],
            "flows": of.flows[index],
            "disagreement": corrected.disagreement[index],
        })
    };
    scenario.topology.links.iter().enumerate().map(row).collect()
}

/// The answer in one sentence.
pub fn sentence(scenario: &Scenario, answer: &Answer) -> String {
    let summary = &answer.summary;
    if summary.flows == 0 {
        return "No flow carries anything.".to_owned();
    }
    let arriving = match (summary.arriving, summary.flows) {
        (0, flows) => return format!("None of {flows} flows arrives."),
        _ if summary.delivered < MOST_ARRIVES => {
            format!("Only {} of the traffic arrives,", percent(summary.delivered))
        }
        (arriving, flows) if arriving == flows => format!("All {flows} flows arrive"),
        (arriving, flows) => format!("{arriving} of {flows} flows arrive"),
    };
    let mut told = format!("{arriving} within {} on average", time(summary.longest_delay_s));
    if let Some(link) = summary.busiest_link {
        let id = &scenario.topology.links[link].id;
        told += &format!("; link {id} is busiest at {}", percent(summary.highest_utilisation));
    }
    for (count, what) in [
        (summary.cut_off, "cut off"),
        (summary.end_failed, "with a failed end"),
        (summary.lossy, "losing more than 1 packet in 1,000"),
        (summary.breaking, "breaking a promise"),
    ] {
        if count > 0 {
            told += &format!("; {count} {what}");
        }
    }
    if summary.overloaded > 0 {
        told += &format!("; {} links overloaded", summary.overloaded);
    }
    if (MOST_ARRIVES..0.9999).contains(&summary.delivered) {
        told += &format!("; {} of the bits are delivered", percent(summary.delivered));
    }
    told + "."
}

/// Both ends of a flow, and its class.
pub fn flow_name(scenario: &Scenario, flow: usize) -> String {
    let (flow, nodes) = (&scenario.flows[flow], &scenario.topology.nodes);
    let (from, to) = (&nodes[flow.source as usize].id, &nodes[flow.target as usize].id);
    format!("{from} to {to}, class {}", flow.class)
}

/// Rows of a table that stand out.
const SHOWN: usize = 10;

/// Indices of the largest values, at most [`SHOWN`], without those that are NaN.
pub fn largest(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..values.len()).filter(|index| !values[*index].is_nan()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order.truncate(SHOWN);
    order
}

fn print_busiest(scenario: &Scenario, answer: &Answer) {
    let of = &answer.links;
    println!(
        "\n{:<32} {:>12} {:>8} {:>10} {:>8}",
        "busiest links", "capacity", "load", "wait", "loss"
    );
    for index in largest(&of.utilisation) {
        let link = &scenario.topology.links[index];
        println!(
            "{:<32} {:>12} {:>8} {:>10} {:>8}",
            link.id,
            rate(link.capacity_bit_per_s),
            percent(of.utilisation[index]),
            time(of.mean_wait_s[index]),
            percent(of.loss[index]),
        );
    }
}

fn print_slowest(scenario: &Scenario, answer: &Answer, corrected: &CorrectedAnswer) {
    let of = &answer.flows;
    println!(
        "\n{:<40} {:>12} {:>10} {:>10} {:>8} {:>10}  90 % interval",
        "slowest flows", "rate", "mean", "99 %", "loss", "corrected"
    );
    for index in largest(&of.mean_delay_s) {
        let interval = corrected.delay_s(index);
        let interval =
            interval.map(|[least, _, most]| format!("{} to {}", time(least), time(most)));
        println!(
            "{:<40} {:>12} {:>10} {:>10} {:>8} {:>10}  {}",
            flow_name(scenario, index),
            rate(of.rate_bit_per_s[index]),
            time(of.mean_delay_s[index]),
            time(of.p99_s[index]),
            percent(of.loss[index]),
            time(corrected.answer.flows.mean_delay_s[index]),
            interval.unwrap_or_else(|| "unknown".to_owned()),
        );
    }
}
