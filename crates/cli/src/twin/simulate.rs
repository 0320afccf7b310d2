//! `slicewise twin simulate`: the formula's answer beside a simulation, packet by packet.

use std::time::Instant;

use futures::executor::block_on;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use slicewise_core::twin::simulation::{Simulated, SimulationOrder};
use slicewise_core::twin::{Answer, Scenario, TwinNews};
use slicewise_optim::{Progress, Unmonitored};
use slicewise_twin::formula::Formula;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

use super::amounts::{percent, time};
use super::answer::flow_name;
use super::network::EditedNetworkOptions;
use crate::progress::bar;

/// Options of `twin simulate`.
#[derive(clap::Args, Debug)]
pub struct TwinSimulate {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// Packets that the flows send together, after the warm-up.
    #[arg(long, default_value_t = 10_000_000)]
    packets: u64,
    /// Seed of arrivals and sizes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    simulation_seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise twin simulate`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinSimulate) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed: options.simulation_seed, packets: options.packets };
    let answer = Formula::default().answer(&network);
    let mut bar = ShareBar(bar(1000, "{wide_bar} {percent} %  {elapsed} of {duration}")?);
    let began = Instant::now();
    let simulated = block_on(simulate(&network, &order, &Unmonitored, &mut bar))?;
    let seconds = began.elapsed().as_secs_f64();
    bar.0.finish_and_clear();
    if options.json {
        let found = json!({
            "flows": flows(&problem.scenario, &answer, &simulated),
            "simulated_seconds": simulated.seconds,
            "packet_hops": simulated.packet_hops,
            "packet_hops_per_s": simulated.packet_hops as f64 / seconds,
            "seed": simulated.seed,
        });
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(&problem.scenario, &answer, &simulated, seconds);
    }
    Ok(())
}

/// A bar that moves with the share of the work.
struct ShareBar(ProgressBar);

impl Progress<TwinNews> for ShareBar {
    fn share(&mut self, fraction: f64) {
        self.0.set_position((1000.0 * fraction) as u64);
    }
}

fn flows(scenario: &Scenario, answer: &Answer, simulated: &Simulated) -> Vec<Value> {
    let row = |index: usize| {
        json!({
            "flow": flow_name(scenario, index),
            "packets": simulated.packets[index],
            "mean_delay_s": simulated.mean_delay_s[index],
            "mean_half_width_s": simulated.mean_half_width_s[index],
            "jitter_s2": simulated.jitter_s2[index],
            "p90_s": simulated.p90_s[index],
            "p99_s": simulated.p99_s[index],
            "loss": simulated.loss[index],
            "formula": {
                "mean_delay_s": answer.flows.mean_delay_s[index],
                "jitter_s2": answer.flows.jitter_s2[index],
                "p90_s": answer.flows.p90_s[index],
                "p99_s": answer.flows.p99_s[index],
                "loss": answer.flows.loss[index],
            },
        })
    };
    (0..scenario.flows.len()).map(row).collect()
}

/// Flows that are shown.
const SHOWN: usize = 15;

/// The flows on which formula and simulation differ most.
fn print(scenario: &Scenario, answer: &Answer, simulated: &Simulated, seconds: f64) {
    println!(
        "{} packet-hops in {}, {} of the network's time; {:.2} million packet-hops/s",
        simulated.packet_hops,
        time(seconds),
        time(simulated.seconds),
        simulated.packet_hops as f64 / seconds / 1e6,
    );
    let error = |flow: usize| answer.flows.mean_delay_s[flow] / simulated.mean_delay_s[flow] - 1.0;
    let mut order: Vec<usize> =
        (0..scenario.flows.len()).filter(|flow| error(*flow).is_finite()).collect();
    order.sort_by(|a, b| error(*b).abs().total_cmp(&error(*a).abs()));
    println!(
        "\n{:<40} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "formula beside simulation", "simulated", "± 95 %", "formula", "differs", "loss"
    );
    for flow in order.into_iter().take(SHOWN) {
        println!(
            "{:<40} {:>10} {:>10} {:>10} {:>10} {:>8}",
            flow_name(scenario, flow),
            time(simulated.mean_delay_s[flow]),
            time(simulated.mean_half_width_s[flow]),
            time(answer.flows.mean_delay_s[flow]),
            percent(error(flow)),
            percent(simulated.loss[flow]),
        );
    }
}
