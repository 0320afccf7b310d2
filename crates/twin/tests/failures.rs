//! A sweep of failures tells of each case what an answer to that failure alone tells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::twin::failures::{FailureCases, FailureKinds, FailureSweep, Part};
use slicewise_core::twin::{
    Answer, Arrivals, Edit, Flow, FlowState, Link, Node, Promise, RiskGroup, Scenario, Topology,
};
use slicewise_optim::Unmonitored;
use slicewise_twin::failures::sweep;
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// A ring of five nodes with a sixth that hangs on node 0 by one cable; every pair has a flow.
fn ring_with_a_leaf() -> Scenario {
    let ends = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 5)];
    let links = ends.iter().zip(0..).flat_map(|((a, b), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: 1e7,
            capacity_assumed: false,
            propagation_s: 1e-3,
            weight: 1.0,
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let node = |id: usize| Node { id: id.to_string(), ..Node::default() };
    let topology = Topology {
        name: "ring".to_owned(),
        nodes: (0..6).map(node).collect(),
        links: links.collect(),
        risk_groups: vec![RiskGroup { id: "duct".to_owned(), links: vec![0, 4] }],
    };
    let flow = |source, target| Flow {
        source,
        target,
        rate_bit_per_s: 4e5 + 1e5 * f64::from(source),
        class: 0,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    let pairs = (0..6).flat_map(|a| (0..6).map(move |b| (a, b))).filter(|(a, b)| a != b);
    Scenario {
        flows: pairs.map(|(a, b)| flow(a, b)).collect(),
        promises: vec![Promise { mean_delay_s: Some(4e-3), ..Promise::default() }],
        ..Scenario::of(topology)
    }
}

const ALL: FailureKinds = FailureKinds { links: true, nodes: true, groups: true, pairs: true };

fn swept(problem: &Problem, first: usize, count: usize) -> FailureSweep {
    block_on(sweep(problem, ALL, first, count, &Unmonitored, &mut ())).unwrap()
}

/// The answer with `failed` as edits, from scratch.
fn answered(scenario: &Scenario, failed: &[Part]) -> Answer {
    let topology = &scenario.topology;
    let edit = |part: &Part| match part {
        Part::Link(link) => Edit::LinkFails(topology.links[*link as usize].id.clone()),
        Part::Node(node) => Edit::NodeFails(topology.nodes[*node as usize].id.clone()),
        Part::Group(group) => Edit::GroupFails(topology.risk_groups[*group as usize].id.clone()),
    };
    let edits: Vec<Edit> = failed.iter().map(edit).collect();
    let problem = Problem::new(scenario, &edits).unwrap();
    Formula::default().answer(&RoutedNetwork::new(&problem, &mut Routes::default()))
}

/// Flows that are cut off, or whose mean delay is longer than the 4 ms that all are promised.
fn broken_promises(answer: &Answer) -> usize {
    let flows = answer.flows.state.iter().zip(&answer.flows.mean_delay_s);
    let is_broken = |(state, delay_s): &(&FlowState, &f64)| match state {
        FlowState::CutOff => true,
        FlowState::Arrives => **delay_s > 4e-3,
        FlowState::Idle | FlowState::EndFailed => false,
    };
    flows.filter(is_broken).count()
}

#[test]
fn every_case_is_what_its_edits_alone_come_to() {
    let scenario = ring_with_a_leaf();
    let found = swept(&Problem::new(&scenario, &[]).unwrap(), 0, 0);
    // Six cables, six nodes, one group, and all pairs of these.
    assert_eq!((found.all, found.cases.len()), (13 + 13 * 12 / 2, 91));
    let mut worst = vec![f64::NEG_INFINITY; scenario.topology.links.len()];
    for case in &found.cases {
        let alone = answered(&scenario, &case.failed);
        let summary = &alone.summary;
        assert_eq!(case.cut_off as usize, summary.cut_off, "{:?}", case.failed);
        assert_eq!(case.end_failed as usize, summary.end_failed);
        assert_eq!(case.breaking as usize, broken_promises(&alone));
        assert!((case.highest_utilisation - summary.highest_utilisation).abs() < 1e-12);
        assert!((case.longest_delay_s - summary.longest_delay_s).abs() < 1e-12);
        for (worst, utilisation) in worst.iter_mut().zip(&alone.links.utilisation) {
            *worst = worst.max(*utilisation);
        }
    }
    for ((link, worst), sound) in found.links.iter().zip(worst).zip(&found.utilisation) {
        let told = link.causes.first().map_or(*sound, |(_, utilisation)| *utilisation);
        assert!((told - worst.max(*sound)).abs() < 1e-12);
        assert!(link.causes.is_sorted_by(|a, b| a.1 >= b.1));
    }
}

#[test]
fn what_a_failure_separates_is_counted_and_named() {
    let scenario = ring_with_a_leaf();
    let found = swept(&Problem::new(&scenario, &[]).unwrap(), 0, 0);
    let of = |parts: &[Part]| found.cases.iter().find(|case| case.failed == parts).unwrap();
    let leaf = of(&[Part::Link(10)]);
    assert_eq!((leaf.components, leaf.separated, &leaf.outside[..]), (2, 1, &[5][..]));
    assert_eq!(leaf.cut_off, 10);
    let ring = of(&[Part::Link(0)]);
    assert_eq!((ring.components, ring.separated, ring.cut_off), (1, 0, 0));
    // Without cables 0-1 and 2-3 the nodes 1 and 2 are alone together.
    let two = of(&[Part::Group(0)]);
    assert_eq!((two.components, &two.outside[..], two.cut_off), (2, &[1, 2][..], 16));
    let hub = of(&[Part::Node(0)]);
    assert_eq!((hub.components, &hub.outside[..], hub.end_failed), (2, &[5][..], 10));
}

#[test]
fn pieces_in_any_order_add_up_to_the_whole_sweep() {
    let problem = Problem::new(&ring_with_a_leaf(), &[]).unwrap();
    let whole = swept(&problem, 0, 0);
    let mut together = swept(&problem, 40, 51);
    together.add(swept(&problem, 0, 40));
    assert_eq!(together, whole);
}

#[test]
fn a_sweep_without_a_case_and_a_case_beyond_the_last_are_refused() {
    let scenario = ring_with_a_leaf();
    let none = FailureKinds { links: false, nodes: false, groups: false, pairs: true };
    assert_eq!(FailureCases::new(&scenario.topology, none).unwrap_err().field, "failures");
    let problem = Problem::new(&scenario, &[]).unwrap();
    let refused =
        |first, count| block_on(sweep(&problem, ALL, first, count, &Unmonitored, &mut ()));
    assert!(refused(91, 1).is_err());
    assert!(refused(90, 2).is_err());
}
