//! Public packet-level runs beside the same inputs simulated here, by policy:
//! `cargo run --release --example simulator_runs -- FILE.jsonl.gz FIRST STEP COUNT LENGTH`
//!
//! Takes COUNT runs from FIRST on, every STEP-th, for LENGTH times as many packets as a public run of
//! 10,000 units of time has. Flows whose delay the public simulator cut off at 20 are left out.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_core::twin::simulation::SimulationOrder;
use slicewise_optim::monitor::Unmonitored;
use slicewise_twin::dataset::Run;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

/// Time units of a public run of middling length.
const RUN_S: f64 = 1e4;
/// Delay above which the public simulator counts no more.
const CEILING_S: f64 = 19.99;

/// A flow: its packets, and by how much of the measured value the simulated delay, its p90 and its variance
/// are above it, and the loss.
struct Row {
    packets: f64,
    delay: f64,
    p90: f64,
    jitter: f64,
    loss: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, first, step, count, length] = &arguments[..] else {
        return Err("FILE FIRST STEP COUNT LENGTH".into());
    };
    let text =
        String::from_utf8(unpacked(&std::fs::read(file)?, LARGEST_UNPACKED_BYTES)?.into_owned())?;
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let (mut packet_hops, mut seconds) = (0, 0.0);
    for line in text.lines().skip(first.parse()?).step_by(step.parse()?).take(count.parse()?) {
        let run = Run::read(line)?;
        let (measured, flows) = (&run.measured, &run.scenario.flows);
        let packets_per_s: f64 = measured.packets_per_s.iter().sum();
        let packets = (packets_per_s * RUN_S * length.parse::<f64>()?) as u64;
        let problem = Problem::new(&run.scenario, &[])?;
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let order = SimulationOrder { seed: 1, packets };
        let begun = Instant::now();
        let simulated = block_on(simulate(&network, &order, &Unmonitored, &mut ()))?;
        seconds += begun.elapsed().as_secs_f64();
        packet_hops += simulated.packet_hops;
        for (index, flow) in flows.iter().enumerate() {
            let delay_s = measured.mean_delay_s[index];
            let loss = measured.loss[index];
            if delay_s <= 0.0
                || measured.p90_s[index] >= CEILING_S
                || !simulated.mean_delay_s[index].is_finite()
            {
                continue;
            }
            let policy = policy_of(&run, flow.path.as_deref().unwrap_or_default());
            for group in
                ["all".to_owned(), policy.to_owned(), format!("{policy}, class {}", flow.class)]
            {
                rows.entry(group).or_default().push(Row {
                    packets: measured.packets_per_s[index] * (1.0 - loss),
                    delay: simulated.mean_delay_s[index] / delay_s - 1.0,
                    p90: simulated.p90_s[index] / measured.p90_s[index] - 1.0,
                    jitter: simulated.jitter_s2[index] / measured.jitter_s2[index] - 1.0,
                    loss: simulated.loss[index] - loss,
                });
            }
        }
    }
    println!(
        "flows: mean delay: error weighted by packets, bias so weighted, MAPE, median; MAPE of p90; of jitter; MAE of loss"
    );
    for (group, rows) in &rows {
        tell(group, rows);
    }
    println!("{:.2} million packet-hops/s", packet_hops as f64 / seconds / 1e6);
    Ok(())
}

fn policy_of(run: &Run, path: &[u32]) -> &'static str {
    let policy = |link: &u32| {
        run.policies[run.scenario.topology.links[*link as usize].source as usize].name()
    };
    match path {
        [first, rest @ ..] if rest.iter().all(|link| policy(link) == policy(first)) => {
            policy(first)
        }
        _ => "mixed",
    }
}

fn tell(group: &str, rows: &[Row]) {
    let packets: f64 = rows.iter().map(|row| row.packets).sum();
    let weighted = |of: &dyn Fn(&Row) -> f64| {
        100.0 * rows.iter().map(|row| of(row) * row.packets).sum::<f64>() / packets
    };
    let mean = |of: &dyn Fn(&Row) -> f64| {
        let values: Vec<f64> = rows.iter().map(of).filter(|value| value.is_finite()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let mut errors: Vec<f64> = rows.iter().map(|row| 100.0 * row.delay.abs()).collect();
    errors.sort_by(f64::total_cmp);
    println!(
        "{group:24} {:6}: {:5.2} % {:+5.2} % {:5.2} % {:5.2} %; {:5.2} %; {:5.2} %; {:.5}",
        rows.len(),
        weighted(&|row| row.delay.abs()),
        weighted(&|row| row.delay),
        100.0 * mean(&|row| row.delay.abs()),
        errors[errors.len() / 2],
        100.0 * mean(&|row| row.p90.abs()),
        100.0 * mean(&|row| row.jitter.abs()),
        mean(&|row| row.loss.abs()),
    );
}
