//! Small networks with answers that tests share.

use slicewise_core::twin::answer::Summary;
use slicewise_core::twin::{
    Answer, Arrivals, Flow, FlowAnswers, FlowState, Link, LinkAnswers, Node, Place, Scenario,
    Topology,
};

/// Three nodes with a link each way between any two: ab, ba, bc, cb, ca, ac; and two flows, from the
/// first node to the others.
pub fn triangle() -> Scenario {
    let node = |id: &str, label: &str, x: f64| Node {
        id: id.to_owned(),
        label: label.to_owned(),
        place: Some(Place::Drawing { x, y: x * x }),
    };
    let link = |id: &str, source: u32, target: u32, opposite: u32| Link {
        id: id.to_owned(),
        source,
        target,
        capacity_bit_per_s: 1e9,
        capacity_assumed: false,
        propagation_s: 0.001,
        weight: 1.0,
        opposite: Some(opposite),
        queueing: 0,
    };
    let mut scenario = Scenario::of(Topology {
        name: "triangle".to_owned(),
        nodes: vec![node("a", "Aachen", 0.0), node("b", "Bern", 1.0), node("c", "", 2.0)],
        links: vec![
            link("ab", 0, 1, 1),
            link("ba", 1, 0, 0),
            link("bc", 1, 2, 3),
            link("cb", 2, 1, 2),
            link("ca", 2, 0, 5),
            link("ac", 0, 2, 4),
        ],
        risk_groups: Vec::new(),
    });
    let flow = |target: u32| Flow {
        source: 0,
        target,
        rate_bit_per_s: 4e8,
        class: 0,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    scenario.flows = vec![flow(1), flow(2)];
    scenario
}

/// An answer about the triangle in which all is well.
pub fn answer() -> Answer {
    let flows = |value: f64| vec![value, 1.5 * value];
    let links = |used: f64| vec![used, 0.0, 0.0, 0.0, 0.0, used / 2.0];
    Answer {
        flows: FlowAnswers {
            state: vec![FlowState::Arrives; 2],
            mean_delay_s: flows(0.0012),
            jitter_s2: flows(1e-8),
            p10_s: flows(0.001),
            p50_s: flows(0.0011),
            p90_s: flows(0.0014),
            p99_s: flows(0.0019),
            loss: flows(0.0),
            rate_bit_per_s: vec![4e8, 4e8],
        },
        links: LinkAnswers {
            utilisation: links(0.4),
            load_bit_per_s: links(4e8),
            mean_wait_s: links(2e-4),
            mean_delay_s: links(1.2e-3),
            loss: links(0.0),
            flows: vec![1, 0, 0, 0, 0, 1],
        },
        summary: Summary {
            flows: 2,
            arriving: 2,
            slowest_flow: Some(1),
            longest_delay_s: 0.0018,
            mean_delay_s: 0.0015,
            busiest_link: Some(0),
            highest_utilisation: 0.4,
            offered_bit_per_s: 8e8,
            delivered: 1.0,
            ..Summary::default()
        },
        rounds: 3,
        settled: true,
        ..Answer::default()
    }
}
