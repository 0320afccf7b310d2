//! Routings against hand-computed splits, exact linear programmes, and what the edits that they come to bring.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::collections::BTreeMap;

use futures::executor::block_on;
use microlp::{ComparisonOp, OptimizationDirection, Problem as Programme, SolveOutcome, Variable};
use slicewise_core::formats::network::{self, NetworkForm};
use slicewise_core::reader::GivenFile;
use slicewise_core::seed::{SmallStream, uniform};
use slicewise_core::twin::edit::{Segment, SegmentList, Selection};
use slicewise_core::twin::intent::{
    Improvement, ImprovementOrder, Intent, Keep, Moves, Objective, Verdict,
};
use slicewise_core::twin::{
    Arrivals, Buffer, Edit, Flow, Link, Node, Policy, Queueing, Scenario, Topology, TwinNews,
};
use slicewise_optim::Unmonitored;
use slicewise_optim::monitor::{Halted, Monitor, Progress, Stopped};
use slicewise_twin::formula::Formula;
use slicewise_twin::optimiser::bound::bound;
use slicewise_twin::optimiser::cases::Cases;
use slicewise_twin::optimiser::demands::{Way, carried, demands, entries};
use slicewise_twin::optimiser::effort::Effort;
use slicewise_twin::optimiser::improve;
use slicewise_twin::optimiser::loads::{Course, Loads};
use slicewise_twin::optimiser::weights::WeightLoads;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::segments::Via;

/// A network of cables, both directions of each, named `a-b`, with a number for parallel ones.
fn network_of(nodes: u32, cables: &[(u32, u32, f64, f64)]) -> Scenario {
    let links = cables.iter().zip(0_u32..).flat_map(|((a, b, capacity, weight), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: *capacity,
            capacity_assumed: false,
            propagation_s: 1e-3,
            weight: *weight,
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let mut links: Vec<Link> = links.collect();
    let mut seen = BTreeMap::new();
    for link in &mut links {
        let count = seen.entry(link.id.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            link.id += &format!("#{count}");
        }
    }
    let node = |id: u32| Node { id: id.to_string(), ..Node::default() };
    Scenario::of(Topology {
        name: "test".to_owned(),
        nodes: (0..nodes).map(node).collect(),
        links,
        risk_groups: Vec::new(),
    })
}

fn flow(source: u32, target: u32, rate_bit_per_s: f64) -> Flow {
    Flow {
        source,
        target,
        rate_bit_per_s,
        class: 0,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    }
}

/// A ring with chords; every pair has a flow.
fn drawn_network(seed: u64, nodes: u32) -> Scenario {
    let mut stream = SmallStream::new(seed);
    let mut draw = |below: u32| (uniform(&mut stream) * f64::from(below)) as u32;
    let capacities = [1e7, 2e7, 4e7];
    let mut cables = Vec::new();
    for node in 0..nodes {
        cables.push((
            node,
            (node + 1) % nodes,
            capacities[draw(3) as usize],
            1.0 + f64::from(draw(3)),
        ));
    }
    for _ in 0..nodes {
        let (from, by) = (draw(nodes), 2 + draw(nodes - 3));
        let capacity = capacities[draw(3) as usize];
        cables.push((from, (from + by) % nodes, capacity, 1.0 + f64::from(draw(3))));
    }
    let mut scenario = network_of(nodes, &cables);
    for source in 0..nodes {
        for target in (0..nodes).filter(|target| *target != source) {
            scenario.flows.push(flow(source, target, 1e5 * f64::from(1 + draw(12))));
        }
    }
    scenario
}

fn order(intent: Intent) -> ImprovementOrder {
    ImprovementOrder {
        intent,
        moves: Moves::default(),
        seconds: 1000.0,
        iterations: 20_000,
        seed: 1,
    }
}

fn lowest() -> Intent {
    Intent { minimise: Some(Objective::LargestUtilisation), ..Intent::default() }
}

/// Iterations bound the effort, so that the answer is the same however quick the machine is.
fn stopped_clock() -> f64 {
    0.0
}

fn improved(problem: &Problem, order: &ImprovementOrder) -> Improvement {
    block_on(improve(problem, order, &stopped_clock, &Unmonitored, &mut ())).unwrap()
}

/// The highest utilisation that the edits of an improvement bring, routed from scratch.
fn peak_with(scenario: &Scenario, edits: &[Edit], found: &Improvement) -> f64 {
    let all: Vec<Edit> = edits
        .iter()
        .cloned()
        .chain(found.changes.iter().map(|change| change.edit.clone()))
        .collect();
    peak(&Problem::new(scenario, &all).unwrap())
}

fn loads_of(problem: &Problem) -> Vec<f64> {
    let routed = RoutedNetwork::new(problem, &mut Routes::default());
    let links = &problem.scenario.topology.links;
    let mut loads = vec![0.0; links.len()];
    for own in &routed.flows {
        let mut reaching = vec![0.0; own.stations as usize];
        reaching[0] = problem.scenario.flows[own.flow as usize].rate_bit_per_s;
        for hop in routed.hops_of(own) {
            let passing = reaching[hop.from as usize] * hop.share;
            reaching[hop.to as usize] += passing;
            loads[hop.link as usize] += passing / links[hop.link as usize].capacity_bit_per_s;
        }
    }
    loads
}

fn peak(problem: &Problem) -> f64 {
    loads_of(problem).into_iter().fold(0.0, f64::max)
}

#[test]
fn equal_weights_share_at_every_node_and_over_parallel_links() {
    // 0 to 3: over 1 by two parallel links, or over 2; and over 4, which is longer.
    let cables = [
        (0, 1, 1e7, 1.0),
        (0, 1, 1e7, 1.0),
        (0, 2, 1e7, 1.0),
        (1, 3, 1e7, 1.0),
        (2, 3, 1e7, 1.0),
        (0, 4, 1e7, 1.0),
        (4, 3, 1e7, 2.0),
    ];
    let scenario = network_of(5, &cables);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let cases = Cases::new(&problem, false).unwrap();
    let shares: Vec<(u32, f64)> = cases.all[0].fractions.of(0, 3).collect();
    let third = 1.0 / 3.0;
    let expected = [(0, third), (2, third), (4, third), (6, 2.0 * third), (8, third)];
    assert_eq!(shares.len(), expected.len());
    for ((link, share), (own, expected)) in shares.into_iter().zip(expected) {
        assert!(link == own && (share - expected).abs() < 1e-12, "{link}: {share}");
    }
    assert!(cases.all[0].fractions.of(3, 3).next().is_none());
    assert!(cases.all[0].fractions.reaches(3, 3));
}

#[test]
fn segment_lists_lead_over_nodes_and_links_and_fall_back_where_they_break() {
    let cables =
        [(0, 1, 1e7, 1.0), (1, 2, 1e7, 1.0), (2, 3, 1e7, 1.0), (3, 0, 1e7, 1.0), (1, 3, 1e7, 5.0)];
    let mut scenario = network_of(4, &cables);
    scenario.flows.push(flow(0, 1, 1e6));
    let node = |id: &str| Segment::Node(id.to_owned());
    let link = |id: &str| Segment::Link(id.to_owned());
    let of = Selection { source: Some("0".to_owned()), ..Selection::default() };
    let lists = vec![
        SegmentList { share: 0.25, via: vec![node("2")] },
        SegmentList { share: 0.75, via: vec![link("3-1")] },
    ];
    let split = Edit::Segments { of, lists };
    let loads = loads_of(&Problem::new(&scenario, std::slice::from_ref(&split)).unwrap());
    // A quarter goes to 2 both ways round and back to 1; the rest over 3 and the long link.
    let expected = [
        ("0-1", 0.125),
        ("1-2", 0.125),
        ("0-3", 0.125 + 0.75),
        ("3-2", 0.125),
        ("2-1", 0.25),
        ("3-1", 0.75),
    ];
    let of_link = |loads: &[f64], id: &str| {
        let at = scenario.topology.links.iter().position(|link| link.id == id).unwrap();
        loads[at] * 10.0
    };
    for (id, share) in expected {
        assert!((of_link(&loads, id) - share).abs() < 1e-12, "{id}: {}", of_link(&loads, id));
    }
    let broken = [split.clone(), Edit::LinkFails("1-3".to_owned())];
    let loads = loads_of(&Problem::new(&scenario, &broken).unwrap());
    assert!((of_link(&loads, "2-1") - 1.0).abs() < 1e-12, "the other list takes all");
    let cut = [split.clone(), Edit::LinkFails("1-3".to_owned()), Edit::NodeFails("2".to_owned())];
    let loads = loads_of(&Problem::new(&scenario, &cut).unwrap());
    assert!((of_link(&loads, "0-1") - 1.0).abs() < 1e-12, "ways of least weight take all");
    let answer = Formula::default().answer(&RoutedNetwork::new(
        &Problem::new(&scenario, &[split]).unwrap(),
        &mut Routes::default(),
    ));
    // Mean over the ways: 3 hops, 3 hops or 2 hops of at least 1 ms each.
    let least = 0.25 * 3e-3 + 0.75 * 2e-3;
    let delay = answer.flows.mean_delay_s[0];
    assert!(delay > least && delay < least + 3e-3, "{delay}");
}

#[test]
fn bad_lists_and_intents_are_named() {
    let mut scenario = network_of(3, &[(0, 1, 1e7, 1.0), (1, 2, 1e7, 1.0)]);
    scenario.flows.push(flow(0, 2, 1e6));
    let edit = |lists| Edit::Segments { of: Selection::default(), lists };
    let list = |share, id: &str| SegmentList { share, via: vec![Segment::Node(id.to_owned())] };
    let error = |edit| Problem::new(&scenario, &[edit]).unwrap_err().to_string();
    let unknown = error(edit(vec![list(1.0, "nine")]));
    assert!(unknown.contains("lists[0]") && unknown.contains("nine"), "{unknown}");
    let sum = error(edit(vec![list(0.5, "1"), list(0.4, "1")]));
    assert!(sum.contains("sum of the shares") && sum.contains("0.9"), "{sum}");
    let problem = Problem::new(&scenario, &[]).unwrap();
    let wrong = |order: &ImprovementOrder| {
        block_on(improve(&problem, order, &stopped_clock, &Unmonitored, &mut ()))
            .unwrap_err()
            .to_string()
    };
    assert!(wrong(&order(Intent::default())).contains("something to minimise"));
    let free = Intent { keep: vec![Keep::Free { link: "9-9".to_owned() }], ..lowest() };
    assert!(wrong(&order(free)).contains("9-9"));
    let full = Intent { keep: vec![Keep::Utilisation { at_most: -1.0 }], ..lowest() };
    assert!(wrong(&order(full)).contains("keep[0].utilisation.at_most"));
    let moves = Moves { waypoints: 0, ..Moves::default() };
    assert!(wrong(&ImprovementOrder { moves, ..order(lowest()) }).contains("moves.waypoints"));
}

#[test]
fn loads_that_follow_changes_are_those_from_scratch() {
    let problem = Problem::new(&drawn_network(3, 9), &[]).unwrap();
    let cases = Cases::new(&problem, true).unwrap();
    let all = demands(&cases, false);
    let mut loads = Loads::present(&all, cases.rows());
    let mut stream = SmallStream::new(5);
    let mut draw = |below: usize| (uniform(&mut stream) * below as f64) as usize;
    for _ in 0..300 {
        let demand = draw(all.len());
        let list = vec![Via::Node(draw(9) as u32)];
        let Some(found) = entries(&cases, &all[demand], &list) else { continue };
        let (peak, changed) = (loads.fullest().1, loads.change(demand, &found, 1.0));
        let power = |loads: &Loads| loads.utilisation().iter().map(|u| u.powi(24)).sum::<f64>();
        let before = power(&loads);
        loads.put(demand, Course::whole(Way::List(list), found));
        assert!((power(&loads) - before - changed).abs() <= 1e-9 * (1.0 + before), "{peak}");
    }
    let scratch = Loads::new(loads.courses.clone(), cases.rows());
    for (own, scratch) in loads.utilisation().iter().zip(scratch.utilisation()) {
        assert!((own - scratch).abs() < 1e-10, "{own} {scratch}");
    }
    // And they are those of the routed network in every case.
    let present = Loads::present(&all, cases.rows());
    for (index, case) in cases.all.iter().enumerate() {
        let own = &present.utilisation()[index * cases.links..(index + 1) * cases.links];
        for (own, routed) in own.iter().zip(loads_of(&case.problem)) {
            assert!((own - routed).abs() < 1e-10, "{index}: {own} {routed}");
        }
    }
}

#[test]
fn loads_that_follow_weights_are_those_from_scratch() {
    let scenario = drawn_network(8, 10);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let cases = Cases::new(&problem, false).unwrap();
    let mut loads = WeightLoads::new(&cases, &[vec![0.0; cases.links]]);
    let mut stream = SmallStream::new(2);
    let mut draw = |below: usize| (uniform(&mut stream) * below as f64) as usize;
    for _ in 0..200 {
        loads.set(draw(cases.links) as u32, [0.5, 1.0, 2.0, 3.0, 5.0][draw(5)]);
    }
    let edits: Vec<Edit> = (loads.scenario().topology.links.iter())
        .map(|link| Edit::Weight { link: link.id.clone(), weight: link.weight })
        .collect();
    let scratch = loads_of(&Problem::new(&scenario, &edits).unwrap());
    for (own, scratch) in loads.utilisation().into_iter().zip(scratch) {
        assert!((own - scratch).abs() < 1e-9, "{own} {scratch}");
    }
}

/// The optimum over all routings: flows by origin on every link.
fn exact(problem: &Problem) -> f64 {
    let scenario = &problem.scenario;
    let topology = &scenario.topology;
    let mut programme = Programme::new(OptimizationDirection::Minimize);
    let peak = programme.add_var(1.0, (0.0, f64::INFINITY));
    let mut rows: Vec<Vec<(Variable, f64)>> =
        topology.links.iter().map(|link| vec![(peak, -link.capacity_bit_per_s)]).collect();
    for origin in 0..topology.nodes.len() as u32 {
        let flows: Vec<Variable> = topology
            .links
            .iter()
            .zip(&problem.failed_links)
            .map(|(_, failed)| programme.add_var(0.0, (0.0, if *failed { 0.0 } else { 1e9 })))
            .collect();
        for (link, flow) in flows.iter().enumerate() {
            rows[link].push((*flow, 1.0));
        }
        for node in (0..topology.nodes.len() as u32).filter(|node| *node != origin) {
            let wanted = scenario.flows.iter().filter(|f| f.source == origin && f.target == node);
            let wanted: f64 = wanted.map(|flow| flow.rate_bit_per_s).sum();
            let mut balance = Vec::new();
            for (link, flow) in topology.links.iter().zip(&flows) {
                match (link.target == node, link.source == node) {
                    (true, _) => balance.push((*flow, 1.0)),
                    (_, true) => balance.push((*flow, -1.0)),
                    _ => {}
                }
            }
            programme.add_constraint(balance, ComparisonOp::Eq, wanted);
        }
    }
    for row in rows {
        programme.add_constraint(row, ComparisonOp::Le, 0.0);
    }
    match programme.solve() {
        Ok(SolveOutcome::Solution(solution)) => solution.objective(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_bound_lies_below_the_exact_optimum_however_early_it_is_asked_and_meets_it_in_the_end() {
    for seed in 0..6 {
        let problem = Problem::new(&drawn_network(seed, 7), &[]).unwrap();
        let optimum = exact(&problem);
        let cases = Cases::new(&problem, false).unwrap();
        let all = demands(&cases, false);
        let closed = vec![false; cases.links];
        for most in [1, 3, 10, 45, 80, 100_000] {
            let done = Cell::new(0);
            let effort = Effort::new(&stopped_clock, 1.0, &done, most);
            let found = block_on(bound(&problem, &all, &closed, &effort, &Unmonitored)).unwrap();
            assert!(
                found.utilisation <= optimum * (1.0 + 1e-9),
                "{seed} {most}: {found:?} {optimum}"
            );
            assert!(found.reached >= optimum * (1.0 - 1e-9), "{seed} {most}: {found:?} {optimum}");
            if most == 100_000 {
                assert!(found.utilisation >= optimum * (1.0 - 1e-5), "{seed}: {found:?} {optimum}");
                assert!(found.reached <= optimum * (1.0 + 1e-5), "{seed}: {found:?} {optimum}");
            }
        }
        let improvement = improved(&problem, &order(lowest()));
        assert!(improvement.max_utilisation >= optimum * (1.0 - 1e-9), "{seed}: {improvement:?}");
        assert!(improvement.max_utilisation <= improvement.before * (1.0 + 1e-12), "{seed}");
    }
}

/// The optimum over all splits of lists with at most one node, every list in the programme.
fn exact_by_lists(problem: &Problem) -> f64 {
    let cases = Cases::new(problem, false).unwrap();
    let all = demands(&cases, false);
    let nodes = problem.scenario.topology.nodes.len() as u32;
    let mut programme = Programme::new(OptimizationDirection::Minimize);
    let peak = programme.add_var(1.0, (0.0, f64::INFINITY));
    let mut rows = vec![vec![(peak, -1.0)]; cases.links];
    for demand in &all {
        let mut sum = Vec::new();
        for list in std::iter::once(Vec::new()).chain((0..nodes).map(|node| vec![Via::Node(node)]))
        {
            let share = programme.add_var(0.0, (0.0, 1.0));
            sum.push((share, 1.0));
            for (row, value) in entries(&cases, demand, &list).unwrap() {
                rows[row as usize].push((share, value));
            }
        }
        programme.add_constraint(sum, ComparisonOp::Eq, 1.0);
    }
    for row in rows {
        programme.add_constraint(row, ComparisonOp::Le, 0.0);
    }
    match programme.solve() {
        Ok(SolveOutcome::Solution(solution)) => solution.objective(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn splits_over_one_node_are_as_low_as_all_lists_together_can_be() {
    for seed in 10..14 {
        let scenario = drawn_network(seed, 7);
        let problem = Problem::new(&scenario, &[]).unwrap();
        let optimum = exact_by_lists(&problem);
        let moves = Moves { waypoints: 1, link_segments: false, ..Moves::default() };
        let found = improved(&problem, &ImprovementOrder { moves, ..order(lowest()) });
        // Fewer changes may cost 2e-5 of the utilisation.
        assert!(found.max_utilisation >= optimum * (1.0 - 1e-9), "{seed}: {found:?} {optimum}");
        assert!(found.max_utilisation <= optimum * (1.0 + 3e-5), "{seed}: {found:?} {optimum}");
        let again = peak_with(&scenario, &[], &found);
        assert!((again - found.max_utilisation).abs() < 1e-9, "{seed}: {again} {found:?}");
        assert!((found.before - peak(&problem)).abs() < 1e-12);
    }
}

#[test]
fn after_a_failure_the_intent_is_met_again_by_changes_that_add_up_or_shown_impossible() {
    let (mut met, mut impossible) = (0, 0);
    for seed in 20..26 {
        let scenario = drawn_network(seed, 8);
        let fails = [Edit::LinkFails("0-1".to_owned())];
        let problem = Problem::new(&scenario, &fails).unwrap();
        let optimum = exact(&problem);
        for factor in [0.9, 1.05, 1.3] {
            let at_most = factor * optimum;
            let keep = vec![Keep::Utilisation { at_most }];
            let found = improved(&problem, &order(Intent { keep, ..Intent::default() }));
            if factor < 1.0 {
                assert_eq!(found.verdict, Verdict::Impossible, "{seed}: {found:?}");
                assert_eq!(found.broken.len(), 1);
                impossible += 1;
                continue;
            }
            assert_eq!(found.verdict, Verdict::Kept, "{seed}: {found:?}");
            assert!(peak_with(&scenario, &fails, &found) <= at_most * (1.0 + 1e-9), "{seed}");
            let gains: f64 = found.changes.iter().map(|change| change.gain).sum();
            assert!((found.before - gains - found.max_utilisation).abs() < 1e-9, "{seed}");
            if found.before <= at_most {
                assert!(found.changes.is_empty(), "{seed}: {found:?}");
            } else {
                met += 1;
                // Without the last change it is not met yet.
                let mut fewer = found.clone();
                fewer.changes.pop();
                assert!(peak_with(&scenario, &fails, &fewer) > at_most, "{seed}");
            }
        }
    }
    assert!(met >= 3 && impossible == 6, "{met} {impossible}");
}

#[test]
fn a_link_that_is_to_be_free_carries_nothing_or_is_said_to_be_needed() {
    let scenario = drawn_network(31, 8);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let at = 4;
    let id = scenario.topology.links[at].id.clone();
    assert!(loads_of(&problem)[at] > 0.0);
    let keep = vec![Keep::Free { link: id.clone() }];
    let found = improved(&problem, &order(Intent { keep: keep.clone(), ..Intent::default() }));
    assert_eq!(found.verdict, Verdict::Kept, "{found:?}");
    let edits: Vec<Edit> = found.changes.iter().map(|change| change.edit.clone()).collect();
    assert_eq!(loads_of(&Problem::new(&scenario, &edits).unwrap())[at], 0.0);
    // A line of three nodes cannot do without its links.
    let mut line = network_of(3, &[(0, 1, 1e7, 1.0), (1, 2, 1e7, 1.0)]);
    line.flows.push(flow(0, 2, 1e6));
    let keep = vec![Keep::Free { link: "1-2".to_owned() }];
    let line = Problem::new(&line, &[]).unwrap();
    let found = improved(&line, &order(Intent { keep, ..Intent::default() }));
    assert_eq!(found.verdict, Verdict::Impossible, "{found:?}");
}

#[test]
fn what_is_meant_after_failures_too_holds_in_each_of_them() {
    let scenario = drawn_network(41, 7);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let intent = Intent { after_failures: true, ..lowest() };
    let found = improved(&problem, &order(intent));
    let edits: Vec<Edit> = found.changes.iter().map(|change| change.edit.clone()).collect();
    let mut worst = peak(&Problem::new(&scenario, &edits).unwrap());
    let mut before = peak(&problem);
    let mut bound: f64 = 0.0;
    for cable in scenario.topology.cables() {
        let fails = Edit::LinkFails(scenario.topology.links[cable as usize].id.clone());
        let with: Vec<Edit> = edits.iter().cloned().chain([fails.clone()]).collect();
        worst = worst.max(peak(&Problem::new(&scenario, &with).unwrap()));
        let broken = Problem::new(&scenario, &[fails]).unwrap();
        before = before.max(peak(&broken));
        bound = bound.max(exact(&broken));
    }
    assert!((worst - found.max_utilisation).abs() < 1e-9, "{worst} {found:?}");
    assert!((before - found.before).abs() < 1e-9, "{before} {found:?}");
    assert!(found.lower_bound <= bound * (1.0 + 1e-9), "{bound} {found:?}");
    assert!(found.max_utilisation < found.before * 0.999, "{found:?}");
}

#[test]
fn what_a_path_of_its_own_brings_counts_in_every_case_that_leaves_it() {
    let mut scenario =
        network_of(4, &[(0, 1, 1e7, 1.0), (1, 2, 1e7, 1.0), (2, 3, 1e7, 1.0), (3, 0, 1e7, 1.0)]);
    scenario.flows = vec![flow(0, 1, 6e6), flow(2, 3, 1e6)];
    scenario.flows[0].path = Some(vec![0]);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let intent = Intent { after_failures: true, ..lowest() };
    let moves = Moves { waypoints: 0, weights: true, ..Moves::default() };
    let found = improved(&problem, &ImprovementOrder { moves, ..order(intent.clone()) });
    // Without 2-3, whose flow goes over 2-1, 1-0 and 0-3 then, 0-1 has its own path alone.
    assert!((found.before - 0.6).abs() < 1e-12, "{found:?}");
    let cases = Cases::new(&problem, true).unwrap();
    let rows = carried(&cases, |flow| flow == 0);
    for (case, rows) in cases.all.iter().zip(rows.chunks(cases.links)) {
        let stands = !case.problem.failed_links[0];
        assert!((rows.iter().sum::<f64>() - if stands { 0.6 } else { 0.0 }).abs() < 1e-12);
    }
}

#[test]
fn a_network_whose_pairs_no_memory_holds_is_refused() {
    let cables: Vec<(u32, u32, f64, f64)> = (0..1999).map(|at| (at, at + 1, 1e7, 1.0)).collect();
    let mut scenario = network_of(2000, &cables);
    scenario.flows = vec![flow(0, 1, 1e6)];
    let problem = Problem::new(&scenario, &[]).unwrap();
    let refused = |intent: Intent| {
        let found =
            block_on(improve(&problem, &order(intent), &stopped_clock, &Unmonitored, &mut ()));
        format!("{:?}", found.unwrap_err())
    };
    assert!(refused(lowest()).contains("nodes"));
    assert!(refused(Intent { after_failures: true, ..lowest() }).contains("with 1999 failures"));
}

#[test]
fn a_delay_that_a_failure_breaks_is_not_kept_after_failures() {
    // A ring of four: one hop, and three where its cable has failed; each takes a millisecond.
    let cables = [(0, 1), (1, 2), (2, 3), (3, 0)].map(|(a, b)| (a, b, 1e7, 1.0));
    let mut scenario = network_of(4, &cables);
    scenario.flows.push(flow(0, 1, 1e5));
    let problem = Problem::new(&scenario, &[]).unwrap();
    let keep = vec![Keep::Delay { class: None, at_most_s: 3e-3 }];
    let intent =
        |after_failures| Intent { keep: keep.clone(), after_failures, ..Intent::default() };
    let found = improved(&problem, &order(intent(false)));
    assert_eq!((found.verdict, found.broken.len()), (Verdict::Kept, 0), "{found:?}");
    let found = improved(&problem, &order(intent(true)));
    assert_eq!((found.verdict, found.broken.len()), (Verdict::Broken, 1), "{found:?}");
    assert!(found.broken[0].starts_with("0 to 1, class 0, takes 3."), "{found:?}");
}

#[test]
fn lower_delays_are_what_the_formula_says_of_the_edits() {
    let mut scenario = drawn_network(51, 8);
    for (flow, class) in scenario.flows.iter_mut().zip([0, 1].into_iter().cycle()) {
        flow.class = class;
    }
    let problem = Problem::new(&scenario, &[]).unwrap();
    let answer = |edits: &[Edit]| {
        let problem = Problem::new(&scenario, edits).unwrap();
        Formula::default().answer(&RoutedNetwork::new(&problem, &mut Routes::default()))
    };
    let before = answer(&[]).summary;
    for minimise in [Objective::MeanDelay, Objective::LargestDelay] {
        let intent = Intent { minimise: Some(minimise), ..Intent::default() };
        let found = improved(&problem, &ImprovementOrder { iterations: 400, ..order(intent) });
        let edits: Vec<Edit> = found.changes.iter().map(|change| change.edit.clone()).collect();
        let after = answer(&edits).summary;
        let (own, now, then) = match minimise {
            Objective::MeanDelay => {
                (found.delays_after.mean_delay_s, after.mean_delay_s, before.mean_delay_s)
            }
            _ => {
                (found.delays_after.longest_delay_s, after.longest_delay_s, before.longest_delay_s)
            }
        };
        assert!((own - now).abs() < 1e-6 * now, "{minimise:?}: {own} {now}");
        assert!(now < then, "{minimise:?}: {now} {then}");
    }
    let longest = |answer: &slicewise_core::twin::Answer, class: u8| {
        let flows = scenario.flows.iter().zip(&answer.flows.mean_delay_s);
        flows.filter(|(flow, _)| flow.class == class).map(|(_, delay)| *delay).fold(0.0, f64::max)
    };
    let at_most_s = 0.9 * longest(&answer(&[]), 1);
    let keep = vec![Keep::Delay { class: Some(1), at_most_s }];
    let intent = Intent { keep, ..Intent::default() };
    let found = improved(&problem, &ImprovementOrder { iterations: 400, ..order(intent) });
    let edits: Vec<Edit> = found.changes.iter().map(|change| change.edit.clone()).collect();
    let kept = longest(&answer(&edits), 1) <= at_most_s;
    assert_eq!(kept, found.verdict == Verdict::Kept, "{found:?}");
}

/// Two classes over one link of 10 Mbit/s, of 0.4 of it each, shared by weights of 1 and 1.
fn two_classes() -> Scenario {
    let mut scenario = network_of(3, &[(0, 1, 1e7, 1.0), (1, 2, 1e7, 1.0)]);
    scenario.queueings = vec![Queueing {
        policy: Policy::WeightedFair,
        weights: vec![1.0, 1.0],
        buffer: Buffer::Packets(1000),
    }];
    scenario.flows = vec![flow(0, 2, 4e6), Flow { class: 1, ..flow(0, 2, 4e6) }];
    scenario
}

#[test]
fn weights_of_classes_keep_the_delay_of_one_by_one_change_that_brings_it() {
    let scenario = two_classes();
    let problem = Problem::new(&scenario, &[]).unwrap();
    let delays_s = |edits: &[Edit]| {
        let problem = Problem::new(&scenario, edits).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        Formula::default().answer(&network).flows.mean_delay_s
    };
    // What strict priority gives class 0 bounds what weights can.
    let strict = Queueing { policy: Policy::StrictPriority, ..Queueing::default() };
    let edit = Edit::Queueing {
        link: None,
        queueing: Queueing { buffer: Buffer::Packets(1000), ..strict },
    };
    let (before_s, least_s) = (delays_s(&[])[0], delays_s(&[edit])[0]);
    let moves = Moves { waypoints: 0, class_weights: true, ..Moves::default() };
    let of = |at_most_s: f64| {
        let keep = vec![Keep::Delay { class: Some(0), at_most_s }];
        let intent = Intent { keep, ..Intent::default() };
        improved(&problem, &ImprovementOrder { moves, iterations: 500, ..order(intent) })
    };
    let between_s = 0.5 * (before_s + least_s);
    let found = of(between_s);
    assert_eq!((found.verdict, found.changes.len()), (Verdict::Kept, 1), "{found:?}");
    let Edit::Queueing { link: None, queueing } = &found.changes[0].edit else {
        panic!("{found:?}");
    };
    assert!(queueing.weights[0] > queueing.weights[1], "{queueing:?}");
    let after_s = delays_s(&[found.changes[0].edit.clone()])[0];
    assert!(after_s <= between_s && after_s >= least_s, "{before_s} {after_s} {least_s}");
    let gain_s = found.changes[0].delay_gain_s.unwrap();
    assert!((gain_s - (before_s - after_s)).abs() < 1e-12 && gain_s > 0.0);
    // Nothing to be done, and too much asked.
    assert!(of(1.01 * before_s).changes.is_empty());
    assert_eq!(of(0.5 * least_s).verdict, Verdict::Broken);
}

#[test]
fn weights_of_classes_are_refused_where_there_is_nothing_to_share() {
    let refused = |scenario: &Scenario, intent: Intent| {
        let problem = Problem::new(scenario, &[]).unwrap();
        let moves = Moves { class_weights: true, ..Moves::default() };
        let order = ImprovementOrder { moves, ..order(intent) };
        let found = block_on(improve(&problem, &order, &stopped_clock, &Unmonitored, &mut ()));
        format!("{:?}", found.unwrap_err())
    };
    let delay = Intent { minimise: Some(Objective::MeanDelay), ..Intent::default() };
    assert!(refused(&two_classes(), lowest()).contains("unless the intent is about delays"));
    let plain = Scenario { queueings: vec![Queueing::default()], ..two_classes() };
    assert!(refused(&plain, delay.clone()).contains("unless a port shares by weights"));
    let mut alone = two_classes();
    alone.flows.pop();
    assert!(refused(&alone, delay).contains("flows of two classes"));
}

#[test]
fn weights_alone_lower_the_fullest_link_as_their_edits_do() {
    let scenario = drawn_network(61, 9);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let moves = Moves { waypoints: 0, weights: true, ..Moves::default() };
    let found = improved(&problem, &ImprovementOrder { moves, ..order(lowest()) });
    assert!(found.max_utilisation < found.before, "{found:?}");
    assert!((peak_with(&scenario, &[], &found) - found.max_utilisation).abs() < 1e-9, "{found:?}");
    assert!(found.changes.iter().all(|change| matches!(change.edit, Edit::Weight { .. })));
    let gains: f64 = found.changes.iter().map(|change| change.gain).sum();
    assert!((found.before - gains - found.max_utilisation).abs() < 1e-9, "{found:?}");
}

struct StopsAt(Cell<usize>);

impl Monitor for StopsAt {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > 5 { Err(Stopped) } else { Ok(()) }
    }
}

#[derive(Default)]
struct Heard(Vec<f64>);

impl Progress<TwinNews> for Heard {
    fn news(&mut self, news: TwinNews) {
        let TwinNews::Improved(peak) = news else { panic!("{news:?}") };
        self.0.push(peak);
    }
}

#[test]
fn a_search_stops_when_asked_and_tells_of_every_improvement() {
    let problem = Problem::new(&drawn_network(71, 9), &[]).unwrap();
    let stopped = StopsAt(Cell::new(0));
    let order = order(lowest());
    let halted = block_on(improve(&problem, &order, &stopped_clock, &stopped, &mut ()));
    assert_eq!(halted.unwrap_err(), Halted::Stopped);
    let mut heard = Heard::default();
    let found =
        block_on(improve(&problem, &order, &stopped_clock, &Unmonitored, &mut heard)).unwrap();
    assert!(heard.0.windows(2).all(|pair| pair[1] < pair[0]), "{heard:?}", heard = heard.0);
    assert!(heard.0.first().is_some_and(|first| *first < found.before));
    assert_eq!(found.changes, improved(&problem, &order).changes, "the same seed, the same answer");
}

/// Instances of REPETITA with what was published of them, where the folder of data is there.
#[test]
fn published_instances_come_as_near_to_their_optimum_as_published_searches() {
    let manifest = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let data = std::env::var_os("SLICEWISE_DATA").map(std::path::PathBuf::from);
    let root = data.unwrap_or_else(|| manifest.join("../../../shared/data")).join("repetita");
    let (archive, reference) = (root.join("instances.tar.gz"), root.join("reference.csv"));
    if !archive.is_file() {
        println!("skipped: {} is not there", archive.display());
        return;
    }
    let files = unpacked(&std::fs::read(archive).unwrap());
    let reference = std::fs::read_to_string(reference).unwrap();
    for wanted in ["Abilene", "Sprint", "Airtel", "Renater2004", "Eenet"] {
        let line = reference.lines().find(|line| line.starts_with(&format!("{wanted}."))).unwrap();
        let fields: Vec<f64> =
            line.split(',').skip(4).map(|field| field.parse().unwrap()).collect();
        let [igp, optimum, _, _, published] = fields[..5] else { panic!("{line}") };
        let bytes = files[&format!("{wanted}.0000.demands")].clone();
        let form = NetworkForm { demands: Some(GivenFile { bytes }), ..NetworkForm::default() };
        let scenario = network::read(&files[&format!("{wanted}.graph")], &form).scenario.unwrap();
        let problem = Problem::new(&scenario, &[]).unwrap();
        let found = improved(&problem, &order(lowest()));
        // The reference has four digits.
        assert!((found.igp - igp).abs() < 1e-3, "{wanted}: {found:?}");
        assert!((found.lower_bound - optimum).abs() < 2e-4, "{wanted}: {}", found.lower_bound);
        assert!(
            found.max_utilisation <= published + 1e-4,
            "{wanted}: {} {published}",
            found.max_utilisation
        );
    }
}

/// The files of a packed tar archive (POSIX ustar).
fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let bytes = slicewise_core::formats::packed::unpacked(bytes, 1 << 28).unwrap();
    let text =
        |field: &[u8]| String::from_utf8_lossy(field).trim_end_matches('\0').trim().to_owned();
    let (mut files, mut at) = (BTreeMap::new(), 0);
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let header = &bytes[at..at + 512];
        let size = usize::from_str_radix(&text(&header[124..136]), 8).unwrap();
        files.insert(text(&header[..100]), bytes[at + 512..at + 512 + size].to_vec());
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}
