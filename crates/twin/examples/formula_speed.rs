//! How long the formula takes on generated networks: median and least of 11 answers.
//! `cargo run --release --example formula_speed`

use std::sync::OnceLock;
use std::time::Instant;

use slicewise_core::InputError;
use slicewise_core::twin::{Arrivals, Flow, Link, Node, Policy, Queueing, Scenario, Topology};
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

const ANSWERS: usize = 11;

fn main() -> Result<(), InputError> {
    for (nodes, flows) in [(50, 2_450), (1_000, 10_000)] {
        for policy in Policy::ALL {
            let problem = Problem::new(&scenario(nodes, flows, policy), &[])?;
            let (mut routes, mut formula) = (Routes::default(), Formula::default());
            let (mut routed, mut answered, mut rounds) = (Vec::new(), Vec::new(), 0);
            let mut hops = 0;
            for _ in 0..ANSWERS {
                let begun = clock_ms();
                let network = RoutedNetwork::new(&problem, &mut routes);
                let between = clock_ms();
                hops = network.hops.len();
                rounds = formula.answer(&network).rounds;
                routed.push(between - begun);
                answered.push(clock_ms() - between);
            }
            print!("{nodes} nodes, {flows} flows, {hops} hops, {}: ", policy.name());
            println!("routing {}, answer {} ms, {rounds} rounds", told(routed), told(answered));
        }
    }
    Ok(())
}

/// Milliseconds on the processor where the system tells them (Linux), otherwise by the clock.
fn clock_ms() -> f64 {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let clock = || BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3;
    nanos.map_or_else(clock, |nanos| nanos * 1e-6)
}

fn told(mut millis: Vec<f64>) -> String {
    millis.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2})", millis[millis.len() / 2], millis[0])
}

/// A ring with chords, loaded up to 0.9 on its busiest links.
fn scenario(nodes: u32, flows: usize, policy: Policy) -> Scenario {
    let mut random = 1_u64;
    let mut draw = |below: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((random >> 33) % u64::from(below)) as u32
    };
    let mut ends: Vec<(u32, u32)> = (0..nodes).map(|node| (node, (node + 1) % nodes)).collect();
    ends.extend((0..nodes).map(|node| (node, (node + 2 + draw(nodes - 4)) % nodes)));
    let links = ends.iter().zip(0..).flat_map(|((a, b), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{cable}:{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: 1e10,
            capacity_assumed: false,
            propagation_s: 1e-3,
            weight: 1.0,
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let topology = Topology {
        name: String::new(),
        nodes: (0..nodes).map(|n| Node { id: n.to_string(), ..Node::default() }).collect(),
        links: links.collect(),
        risk_groups: Vec::new(),
    };
    let flow = |at: usize| {
        let source = (at % nodes as usize) as u32;
        Flow {
            source,
            target: (source + 1 + draw(nodes - 1)) % nodes,
            rate_bit_per_s: if nodes > 100 { 1.2e9 } else { 1.6e8 },
            class: (at % 3) as u8,
            packets: 0,
            arrivals: Arrivals::Poisson,
            path: None,
        }
    };
    let flows = (0..flows).map(flow).collect();
    let weights = if policy.has_weights() { vec![60.0, 30.0, 10.0] } else { Vec::new() };
    let queueings = vec![Queueing { policy, weights, ..Queueing::default() }];
    Scenario { flows, queueings, ..Scenario::of(topology) }
}
