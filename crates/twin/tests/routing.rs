//! Flows take their own path or all paths of least weight; what fails is gone around.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::{Arrivals, Edit, Flow, FlowState, Link, Node, Scenario, Topology};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// A square of nodes 0, 1, 2, 3 whose cables 0-1, 1-3, 0-2, 2-3 all weigh 1; directions lie side by side.
fn square() -> Scenario {
    let node = |id: usize| Node { id: id.to_string(), label: String::new(), place: None };
    let ends = [(0, 1), (1, 3), (0, 2), (2, 3)];
    let links = ends.iter().zip(0..).flat_map(|((a, b), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: 1e6,
            capacity_assumed: false,
            propagation_s: 0.0,
            weight: 1.0,
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let topology = Topology {
        name: "square".to_owned(),
        nodes: (0..4).map(node).collect(),
        links: links.collect(),
        risk_groups: Vec::new(),
    };
    let flow = |source, target| Flow {
        source,
        target,
        rate_bit_per_s: 1e5,
        class: 0,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    Scenario { flows: vec![flow(0, 3), flow(1, 0)], ..Scenario::of(topology) }
}

fn links_of(scenario: &Scenario, edits: &[Edit], flow: usize) -> Option<Vec<(String, f64)>> {
    let problem = Problem::new(scenario, edits).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let routed = network.flows.iter().find(|routed| routed.flow as usize == flow)?;
    let hops = network.hops_of(routed).iter();
    let id = |link: u32| problem.scenario.topology.links[link as usize].id.clone();
    Some(hops.map(|hop| (id(hop.link), hop.share)).collect())
}

fn named(hops: &[(&str, f64)]) -> Option<Vec<(String, f64)>> {
    Some(hops.iter().map(|(id, share)| ((*id).to_owned(), *share)).collect())
}

#[test]
fn equal_costs_split_at_the_node_where_they_part() {
    let expected = named(&[("0-1", 0.5), ("0-2", 0.5), ("1-3", 1.0), ("2-3", 1.0)]);
    assert_eq!(links_of(&square(), &[], 0), expected);
    assert_eq!(links_of(&square(), &[], 1), named(&[("1-0", 1.0)]));
}

#[test]
fn a_heavier_link_a_failed_link_and_a_failed_node_are_gone_around() {
    let round = named(&[("0-2", 1.0), ("2-3", 1.0)]);
    let heavier = Edit::Weight { link: "0-1".to_owned(), weight: 1.5 };
    assert_eq!(links_of(&square(), &[heavier], 0), round);
    assert_eq!(links_of(&square(), &[Edit::LinkFails("3-1".to_owned())], 0), round);
    assert_eq!(links_of(&square(), &[Edit::NodeFails("1".to_owned())], 0), round);
    let long_way = named(&[("1-3", 1.0), ("3-2", 1.0), ("2-0", 1.0)]);
    assert_eq!(links_of(&square(), &[Edit::LinkFails("0-1".to_owned())], 1), long_way);
}

#[test]
fn flows_without_a_path_and_flows_of_failed_nodes_are_told_apart() {
    let failures =
        ["0-1", "0-2"].map(|id| Edit::LinkFails(id.to_owned())).into_iter().collect::<Vec<_>>();
    let problem = Problem::new(&square(), &failures).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    assert_eq!(network.states, [FlowState::CutOff, FlowState::CutOff]);
    let problem = Problem::new(&square(), &[Edit::NodeFails("3".to_owned())]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    assert_eq!(network.states, [FlowState::EndFailed, FlowState::Arrives]);
}

#[test]
fn a_path_of_ones_own_is_kept_and_does_not_heal() {
    let of = Selection { source: Some("0".to_owned()), ..Selection::default() };
    let links = ["0-2", "2-3"].map(str::to_owned).to_vec();
    let path = Edit::Path { of, links };
    let taken = named(&[("0-2", 1.0), ("2-3", 1.0)]);
    assert_eq!(links_of(&square(), std::slice::from_ref(&path), 0), taken);
    let failed = Edit::LinkFails("2-3".to_owned());
    assert_eq!(links_of(&square(), &[path, failed], 0), None);
}

#[test]
fn kept_routes_are_those_that_a_search_from_scratch_finds() {
    let scenario = square();
    let sound = Problem::new(&scenario, &[]).unwrap();
    let mut routes = Routes::default();
    RoutedNetwork::new(&sound, &mut routes);
    for link in scenario.topology.cables() {
        let mut problem = sound.clone();
        problem.fail_link(link);
        let kept = RoutedNetwork::new(&problem, &mut routes.without(&problem));
        let fresh = RoutedNetwork::new(&problem, &mut Routes::default());
        assert_eq!((kept.states, kept.hops), (fresh.states, fresh.hops));
    }
}

#[test]
fn an_edit_that_names_nothing_is_refused_by_its_place_and_name() {
    let scenario = square();
    let refused = |edit| Problem::new(&scenario, &[edit]).unwrap_err();
    let error = refused(Edit::LinkFails("0-3".to_owned()));
    assert_eq!((&error.field[..], &error.value[..]), ("edits[0]", "0-3"));
    let of = Selection { source: Some("3".to_owned()), ..Selection::default() };
    let error = refused(Edit::Traffic { of: of.clone(), factor: 2.0 });
    assert_eq!(error.field, "edits[0].of");
    let error = refused(Edit::Traffic { of: Selection::default(), factor: f64::NAN });
    assert_eq!(error.field, "edits[0].factor");
    let links = vec!["0-1".to_owned()];
    let of = Selection { source: Some("0".to_owned()), ..Selection::default() };
    let error = refused(Edit::Path { of, links });
    assert!(error.value.contains("ends at 1"), "{error}");
}

#[test]
fn propagation_is_a_mean_over_the_ways_that_packets_take() {
    let mut scenario = square();
    for (link, milliseconds) in
        scenario.topology.links.iter_mut().zip([1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0])
    {
        link.propagation_s = 1e-3 * milliseconds;
    }
    let problem = Problem::new(&scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    // Half over 0-1-3 with 1 + 2 ms, half over 0-2-3 with 4 + 8 ms; then 1-0 alone.
    let mut reaching = vec![7.0];
    let found = [0, 1].map(|flow: usize| {
        let links = &problem.scenario.topology.links;
        let shares = network.shares(&network.flows[flow], &mut reaching);
        shares.map(|(hop, share)| share * links[hop.link as usize].propagation_s).sum::<f64>()
    });
    assert!((found[0] - 7.5e-3).abs() < 1e-15 && (found[1] - 1e-3).abs() < 1e-15, "{found:?}");
}
