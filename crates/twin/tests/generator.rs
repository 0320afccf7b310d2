//! Generated runs are what was ordered, and are read back as they were.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use futures::executor::block_on;
use slicewise_core::twin::{Arrivals, Buffer, PacketSizes, Policy};
use slicewise_optim::monitor::{Progress, Unmonitored};
use slicewise_twin::dataset::{Run, write};
use slicewise_twin::generator::{ArrivalKind, GenerateOrder, Generator};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

fn order() -> GenerateOrder {
    GenerateOrder {
        runs: 6,
        nodes: (20, 40),
        most_flows: 600,
        policies: Policy::ALL.to_vec(),
        mixed: true,
        arrivals: vec![ArrivalKind::Poisson, ArrivalKind::Constant, ArrivalKind::OnOff],
        classes: 3,
        buffers: vec![8, 32],
        load: (0.4, 1.2),
        packets: 30_000,
        seed: 3,
    }
}

fn runs(order: &GenerateOrder) -> Vec<Run> {
    let mut generator = Generator::new(order.clone()).unwrap();
    let next = || block_on(generator.next_run(&Unmonitored, &mut ())).unwrap();
    std::iter::from_fn(next).collect()
}

#[test]
fn a_written_run_is_read_back_with_the_same_scenario_and_measurements() {
    for run in runs(&order()) {
        let read = Run::read(&write::line(&run).unwrap()).unwrap();
        assert_eq!(read.scenario, run.scenario);
        assert_eq!((&read.graph, &read.routing, &read.set), (&run.graph, &run.routing, &run.set));
        assert_eq!(read.policies, run.policies);
        assert_eq!(read.measured.mean_delay_s, run.measured.mean_delay_s);
        // A reader of JSON may be off by the last bit.
        let jitters = read.measured.jitter_s2.iter().zip(&run.measured.jitter_s2);
        jitters.for_each(|(read, written)| assert!((read - written).abs() <= 1e-12 * written));
        let losses = read.measured.loss.iter().zip(&run.measured.loss);
        losses.for_each(|(read, written)| assert!((read - written).abs() < 1e-9));
    }
}

#[test]
fn generated_runs_have_the_ordered_sizes_loads_and_kinds() {
    let order = order();
    let runs = runs(&order);
    assert_eq!(runs.len(), 6);
    let mut seen = HashSet::new();
    for run in &runs {
        let scenario = &run.scenario;
        assert!((20..=40).contains(&scenario.topology.nodes.len()));
        let nodes = scenario.topology.nodes.len();
        assert_eq!(scenario.flows.len(), 600.min(nodes * (nodes - 1)));
        let problem = Problem::new(scenario, &[]).unwrap();
        assert_eq!(
            RoutedNetwork::new(&problem, &mut Routes::default()).flows.len(),
            scenario.flows.len()
        );
        let mut offered = vec![0.0; scenario.topology.links.len()];
        for flow in &scenario.flows {
            seen.insert(flow.arrivals.name());
            let path = flow.path.as_ref().unwrap();
            path.iter().for_each(|link| offered[*link as usize] += flow.rate_bit_per_s);
        }
        let loads = offered.iter().zip(&scenario.topology.links);
        let busiest = loads.map(|(rate, link)| rate / link.capacity_bit_per_s).fold(0.0, f64::max);
        assert!((0.399..1.201).contains(&busiest), "{busiest}");
        seen.extend(scenario.queueings.iter().map(|queueing| queueing.policy.name()));
        assert_eq!(scenario.classes(), 3);
        // Nothing arrives faster than its transmission.
        for (index, flow) in scenario.flows.iter().enumerate() {
            let delay = run.measured.mean_delay_s[index];
            let links = flow.path.iter().flatten();
            let least: f64 = links
                .map(|l| 250.0 / scenario.topology.links[*l as usize].capacity_bit_per_s)
                .sum();
            assert!(delay == 0.0 || delay > 0.999 * least, "{delay} {least}");
        }
    }
    assert_eq!(seen.len(), Policy::ALL.len() + 3);
    let graphs: HashSet<&str> = runs.iter().map(|run| &run.graph[..3]).collect();
    assert_eq!(graphs, HashSet::from(["geo", "pre"]));
}

#[test]
fn one_policy_for_all_nodes_of_a_run_unless_they_are_to_differ() {
    let order = GenerateOrder { mixed: false, packets: 1000, ..order() };
    for run in runs(&order) {
        assert!(run.policies.iter().all(|policy| *policy == run.policies[0]));
    }
}

#[test]
fn the_same_order_makes_the_same_lines_and_tells_how_far_it_is() {
    #[derive(Default)]
    struct Shares(Vec<f64>);
    impl Progress<()> for Shares {
        fn share(&mut self, fraction: f64) {
            self.0.push(fraction);
        }
    }
    let order = GenerateOrder { runs: 2, packets: 5000, ..order() };
    let lines = |shares: &mut Shares| {
        let mut generator = Generator::new(order.clone()).unwrap();
        let mut next = || block_on(generator.next_line(&Unmonitored, shares)).unwrap();
        [next().unwrap(), next().unwrap(), next().unwrap_or_default()]
    };
    let mut shares = Shares::default();
    let first = lines(&mut shares);
    assert_eq!(first, lines(&mut Shares::default()));
    assert!(first[0] != first[1] && first[2].is_empty());
    assert!(shares.0.is_sorted() && shares.0.last() == Some(&1.0));
}

#[test]
fn what_the_layout_has_no_place_for_is_named() {
    let order = GenerateOrder { runs: 1, packets: 1000, ..order() };
    let run = runs(&order).remove(0);
    let refused = |change: fn(&mut Run)| {
        let mut run = run.clone();
        change(&mut run);
        write::line(&run).unwrap_err().field
    };
    assert_eq!(refused(|run| run.scenario.flows[0].path = None), "flows[0].path");
    let field = refused(|run| run.scenario.packets[0] = PacketSizes::Exponential(1000.0));
    assert!(field.ends_with(".packets"), "{field}");
    let field = refused(|run| run.scenario.topology.links[0].propagation_s = 1.0);
    assert!(field.ends_with(".propagation_s"), "{field}");
}

#[test]
fn bits_of_a_buffer_and_times_on_and_off_are_written() {
    let order = GenerateOrder { runs: 1, packets: 1000, ..order() };
    let mut run = runs(&order).remove(0);
    for queueing in &mut run.scenario.queueings {
        queueing.buffer = Buffer::Bits(64_000.0);
    }
    run.scenario.queueings.dedup();
    for flow in &mut run.scenario.flows {
        flow.arrivals = Arrivals::OnOff { on_s: 5.0, off_s: 2.5 };
    }
    let read = Run::read(&write::line(&run).unwrap()).unwrap();
    assert_eq!(read.scenario.flows, run.scenario.flows);
    assert!(read.scenario.queueings.iter().all(|q| q.buffer == Buffer::Bits(64_000.0)));
}

#[test]
fn an_order_out_of_range_is_refused_by_name() {
    let refused = |order| Generator::new(order).unwrap_err().field;
    assert_eq!(refused(GenerateOrder { nodes: (30, 20), ..order() }), "nodes: most");
    assert_eq!(refused(GenerateOrder { load: (0.5, 0.4), ..order() }), "load: highest");
    assert_eq!(refused(GenerateOrder { policies: Vec::new(), ..order() }), "policies");
    assert_eq!(refused(GenerateOrder { packets: 10, ..order() }), "packets");
}
