//! Diagnosis of runs of the packet-level simulator: seeded faults are found, healthy runs set off no alarm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::twin::diagnosis::{
    CauseKind, Diagnosis, DiagnosisOrder, MeasuredFlow, MeasuredLink, Measurements, Site,
};
use slicewise_core::twin::edit::{Segment, SegmentList, Selection};
use slicewise_core::twin::simulation::SimulationOrder;
use slicewise_core::twin::{
    Arrivals, Buffer, Edit, Flow, Link, Node, Policy, Queueing, Scenario, Topology,
};
use slicewise_optim::Unmonitored;
use slicewise_twin::diagnosis::diagnose;
use slicewise_twin::diagnosis::evaluation::{Evaluation, EvaluationOrder, evaluated_run};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

/// A ring of five nodes with a chord; every pair has a flow of each of two classes, shared by weights.
fn network() -> Scenario {
    let ends = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (1, 3)];
    let links = ends.iter().zip(0..).flat_map(|((a, b), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: 1e7,
            capacity_assumed: false,
            propagation_s: 5e-4,
            weight: 10.0 + f64::from(cable),
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let topology = Topology {
        name: "test".to_owned(),
        nodes: (0..5).map(|id| Node { id: id.to_string(), ..Node::default() }).collect(),
        links: links.collect(),
        risk_groups: Vec::new(),
    };
    let pairs = (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).filter(|(a, b)| a != b);
    let flow = |(source, target): (u32, u32), class| Flow {
        source,
        target,
        rate_bit_per_s: 7e5 + 2e5 * f64::from(source),
        class,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    Scenario {
        queueings: vec![Queueing {
            policy: Policy::WeightedFair,
            weights: vec![3.0, 1.0],
            buffer: Buffer::Packets(200),
        }],
        flows: pairs.flat_map(|pair| [flow(pair, 0), flow(pair, 1)]).collect(),
        ..Scenario::of(topology)
    }
}

/// What a simulation of the network with `edits` measures.
fn measured(edits: &[Edit], seed: u64) -> Measurements {
    let scenario = network();
    let problem = Problem::new(&scenario, edits).unwrap();
    let routed = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed, packets: 400_000 };
    let found = block_on(simulate(&routed, &order, &Unmonitored, &mut ())).unwrap();
    let flow = |(index, flow): (usize, &Flow)| MeasuredFlow {
        source: flow.source,
        target: flow.target,
        class: Some(flow.class),
        mean_delay_s: found.mean_delay_s[index],
        packets: Some(found.packets[index]),
        ..MeasuredFlow::default()
    };
    let links = (0..).zip(&found.link_utilisation);
    let link = |(link, used): (u32, &f64)| MeasuredLink {
        link,
        utilisation: if used.is_nan() { 0.0 } else { *used },
    };
    Measurements {
        flows: scenario.flows.iter().enumerate().map(flow).collect(),
        links: links.map(link).collect(),
        seconds: Some(found.seconds),
    }
}

fn diagnosed(measured: &Measurements) -> Diagnosis {
    diagnosed_with(&[], measured)
}

/// What is diagnosed of a network that is known to have `edits`.
fn diagnosed_with(edits: &[Edit], measured: &Measurements) -> Diagnosis {
    let problem = Problem::new(&network(), edits).unwrap();
    let order = DiagnosisOrder::default();
    block_on(diagnose(&problem, measured, &order, &Unmonitored, &mut ())).unwrap()
}

#[test]
fn a_fault_of_each_kind_is_told_first_with_its_size() {
    let link = |id: &str| id.to_owned();
    let capacity = |share: f64| Edit::Capacity { link: link("1-2"), bit_per_s: share * 1e7 };
    let weights = Queueing { weights: vec![0.6, 1.0], ..network().queueings[0].clone() };
    let of = Selection { source: Some(link("4")), target: Some(link("2")), class: None };
    let cases = [
        (capacity(0.5), CauseKind::HalvedCapacity, Site::Link(2), 0.5),
        (capacity(0.75), CauseKind::FailedMember, Site::Link(2), 0.75),
        (
            Edit::Queueing { link: Some(link("4-3")), queueing: weights },
            CauseKind::SchedulingWeight,
            Site::Link(7),
            0.2,
        ),
        (
            Edit::Traffic { of, factor: 2.5 },
            CauseKind::UnexpectedTraffic,
            Site::Pair { source: 4, target: 2 },
            2.5,
        ),
        (
            Edit::Weight { link: link("1-3"), weight: 60.0 },
            CauseKind::LinkWeight,
            Site::Link(10),
            4.0,
        ),
    ];
    for (seed, (edit, kind, site, factor)) in (1..).zip(cases) {
        let found = diagnosed(&measured(&[edit], seed));
        let first = &found.causes[0];
        println!("{kind:?}: {first:?}, {} > {}", found.statistic, found.threshold);
        assert!(found.alarm, "{kind:?}");
        assert_eq!((first.kind, first.site), (kind, site));
        assert!(first.probability > 0.5 && found.nothing_wrong < 1e-3);
        // A link's weight is known only as far as ways depend on it, and a class's by what it does to waits.
        let reach = if kind == CauseKind::UnexpectedTraffic { 1.15 } else { 3.0 };
        let off = (first.factor / factor).max(factor / first.factor);
        assert!(off < reach, "{first:?}");
    }
}

#[test]
fn without_a_fault_no_alarm_goes_off_and_flows_lie_in_their_intervals() {
    let (mut outside, mut flows) = (0, 0);
    for seed in 11..17 {
        let found = diagnosed(&measured(&[], seed));
        println!(
            "{} of {}, {}, noise {}",
            found.statistic, found.threshold, found.nothing_wrong, found.delay_noise
        );
        assert!(!found.alarm && found.nothing_wrong > 0.5, "{seed}");
        outside += found.flows.iter().filter(|flow| flow.outside).count();
        flows += found.flows.len();
    }
    assert!(outside * 10 < flows, "{outside} of {flows}");
}

#[test]
fn suspects_keep_the_segment_lists_that_are_known() {
    let end = |id: &str| Some(id.to_owned());
    let of = Selection { source: end("1"), target: end("0"), class: None };
    let via = ["3", "4"].map(|id| Segment::Node(id.to_owned())).to_vec();
    let lists = Edit::Segments { of: of.clone(), lists: vec![SegmentList { share: 1.0, via }] };
    let path = Edit::Path { of, links: ["1-3", "3-4", "4-0"].map(str::to_owned).to_vec() };
    let halved = Edit::Capacity { link: "1-2".to_owned(), bit_per_s: 5e6 };
    let measured = measured(&[path.clone(), halved], 31);
    // The same way written as a path is part of the network that suspects are drawn from.
    let [by_lists, by_path] =
        [lists, path].map(|known| diagnosed_with(&[known], &measured).causes[0].clone());
    assert_eq!((by_lists.kind, by_lists.site), (CauseKind::HalvedCapacity, Site::Link(2)));
    assert_eq!(by_lists, by_path);
}

#[test]
fn delays_alone_find_a_halved_link_and_rows_without_a_class_count_all_classes() {
    let edit = Edit::Capacity { link: "1-2".to_owned(), bit_per_s: 5e6 };
    let mut given = measured(&[edit], 21);
    given.links.clear();
    let found = diagnosed(&given);
    assert_eq!(
        (found.causes[0].kind, found.causes[0].site),
        (CauseKind::HalvedCapacity, Site::Link(2))
    );
    let both = |pair: &[MeasuredFlow]| {
        let packets: f64 = pair.iter().filter_map(|flow| flow.packets).sum();
        let sum: f64 = pair.iter().map(|f| f.mean_delay_s * f.packets.unwrap()).sum();
        MeasuredFlow { class: None, mean_delay_s: sum / packets, packets: Some(packets), ..pair[0] }
    };
    given.flows = given.flows.chunks(2).map(both).collect();
    let found = diagnosed(&given);
    assert!(found.alarm);
    assert_eq!(
        (found.causes[0].kind, found.causes[0].site),
        (CauseKind::HalvedCapacity, Site::Link(2))
    );
}

#[test]
fn evaluated_runs_depend_on_the_seed_alone_and_are_counted() {
    let order = EvaluationOrder {
        seed: 5,
        packets: 150_000,
        utilisations: true,
        diagnosis: DiagnosisOrder::default(),
    };
    let run =
        |number, faulty| block_on(evaluated_run(&order, number, faulty, &Unmonitored)).unwrap();
    let runs: Vec<_> = (0..5).map(|number| run(number, true)).collect();
    assert_eq!(run(1, true), runs[1]);
    let kinds: Vec<CauseKind> = runs.iter().map(|run| run.fault.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, CauseKind::ALL);
    let healthy = run(0, false);
    assert!(healthy.fault.is_none());
    let found = Evaluation::of(runs.into_iter().chain([healthy]).collect());
    println!("{:?}", found.faults);
    assert_eq!((found.faults.runs, found.healthy, found.by_kind.len()), (5, 1, 5));
    assert!(found.faults.right_first >= 3 && found.faults.alarms >= 3, "{:?}", found.runs);
}

#[test]
fn measurements_that_cannot_be_used_are_named() {
    let problem = Problem::new(&network(), &[]).unwrap();
    let error = |measured: Measurements, order: DiagnosisOrder| {
        block_on(diagnose(&problem, &measured, &order, &Unmonitored, &mut ()))
            .unwrap_err()
            .to_string()
    };
    let usual = DiagnosisOrder::default();
    assert!(error(Measurements::default(), usual).starts_with("measured flows and links is 0"));
    let link = MeasuredLink { link: 99, utilisation: 0.5 };
    let links = Measurements { links: vec![link], ..Measurements::default() };
    assert!(error(links.clone(), usual).starts_with("links[0].link is 99"));
    let sure = DiagnosisOrder { false_alarms: 0.9, ..usual };
    assert!(error(links, sure).starts_with("false_alarms is 0.9"));
    let flow = MeasuredFlow { target: 1, mean_delay_s: -1.0, ..MeasuredFlow::default() };
    let flows = Measurements { flows: vec![flow], ..Measurements::default() };
    assert!(error(flows, usual).starts_with("flows[0].mean_delay_s is -1"));
}

#[test]
fn a_counter_that_runs_a_little_over_is_a_full_link_and_what_is_beyond_is_refused() {
    let problem = Problem::new(&network(), &[]).unwrap();
    let of = |utilisation: f64| {
        let links = vec![MeasuredLink { link: 0, utilisation }];
        let measured = Measurements { links, ..Measurements::default() };
        block_on(diagnose(&problem, &measured, &DiagnosisOrder::default(), &Unmonitored, &mut ()))
    };
    assert_eq!(of(1.000_000_000_000_000_2).unwrap(), of(1.0).unwrap());
    let refused = format!("{:?}", of(1.2).unwrap_err());
    assert!(refused.contains("links[0].utilisation") && refused.contains("1.05"), "{refused}");
}
