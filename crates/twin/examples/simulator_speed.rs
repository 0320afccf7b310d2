//! How many packets cross a hop in a second of the simulator, on one core, on generated networks like the
//! public ones: `cargo run --release --example simulator_speed`
//!
//! Seconds are those that the program had the processor for, where the system tells them (Linux), so that
//! other programs do not count; otherwise those of the clock.

use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::twin::Policy;
use slicewise_core::twin::simulation::SimulationOrder;
use slicewise_optim::monitor::Unmonitored;
use slicewise_twin::generator::{ArrivalKind, GenerateOrder, Generator};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for policy in Policy::ALL {
        let mut generator = Generator::new(GenerateOrder {
            runs: 1,
            nodes: (50, 50),
            policies: vec![policy],
            arrivals: vec![ArrivalKind::Poisson],
            load: (0.8, 0.8),
            packets: 1000,
            ..GenerateOrder::default()
        })?;
        let run = block_on(generator.next_run(&Unmonitored, &mut ()))?.ok_or("no run")?;
        let problem = Problem::new(&run.scenario, &[])?;
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let mut speeds = Vec::new();
        for seed in 1..=5 {
            let order = SimulationOrder { seed, packets: 400_000 };
            let (begun, processor) = (Instant::now(), processor_s());
            let simulated = block_on(simulate(&network, &order, &Unmonitored, &mut ()))?;
            let taken = processor.zip(processor_s()).map(|(before, after)| after - before);
            let seconds = taken.unwrap_or_else(|| begun.elapsed().as_secs_f64());
            speeds.push(simulated.packet_hops as f64 / seconds / 1e6);
        }
        speeds.sort_by(f64::total_cmp);
        let (nodes, flows) = (run.scenario.topology.nodes.len(), run.scenario.flows.len());
        println!(
            "{:20} {nodes} nodes, {flows} flows: {:.2} million packet-hops/s (median of 5; {:.2} to {:.2})",
            policy.name(),
            speeds[2],
            speeds[0],
            speeds[4]
        );
    }
    Ok(())
}

/// Seconds that this program's main thread has had the processor for.
fn processor_s() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}
