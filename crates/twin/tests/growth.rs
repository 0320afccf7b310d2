//! Growth beside quarters worked out by hand, upgrades beside exhaustive search, and the bound of free routing beside
//! a linear programme over all paths.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use futures::executor::block_on;
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::failures::{FailureKinds, Part};
use slicewise_core::twin::growth::{
    FreeRouting, GrowthGroup, GrowthOrder, GrowthPlan, LinkModules, Module, ModuleCount,
};
use slicewise_core::twin::{
    Arrivals, Buffer, Edit, Flow, Link, Node, Promise, Queueing, Scenario, Topology,
};
use slicewise_optim::Unmonitored;
use slicewise_optim::linear_programme::LinearProgramme;
use slicewise_twin::formula::Formula;
use slicewise_twin::growth::free_modules::free_modules;
use slicewise_twin::growth::free_routing::free_routing;
use slicewise_twin::growth::plan;
use slicewise_twin::optimiser::effort::Effort;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// Cables between the nodes of `ends`, of 10 Mbit/s, with flows of (source, target, class, bit/s).
fn network(nodes: usize, ends: &[(u32, u32)], flows: &[(u32, u32, u8, f64)]) -> Scenario {
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
    let topology = Topology {
        name: "test".to_owned(),
        nodes: (0..nodes).map(|id| Node { id: id.to_string(), ..Node::default() }).collect(),
        links: links.collect(),
        risk_groups: Vec::new(),
    };
    let flow = |(source, target, class, rate_bit_per_s): &(u32, u32, u8, f64)| Flow {
        source: *source,
        target: *target,
        rate_bit_per_s: *rate_bit_per_s,
        class: *class,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    Scenario {
        queueings: vec![Queueing { buffer: Buffer::Packets(1000), ..Queueing::default() }],
        flows: flows.iter().map(flow).collect(),
        ..Scenario::of(topology)
    }
}

const TRIANGLE: [(u32, u32); 3] = [(0, 1), (1, 2), (0, 2)];
const NONE: FailureKinds = FailureKinds { links: false, nodes: false, groups: false, pairs: false };
const LINKS: FailureKinds = FailureKinds { links: true, ..NONE };

fn order(quarters: usize, percent: f64, failures: FailureKinds) -> GrowthOrder {
    let percent_per_quarter = vec![percent];
    GrowthOrder {
        quarters,
        groups: vec![GrowthGroup { percent_per_quarter, ..GrowthGroup::default() }],
        failures,
        most_utilisation: 0.5,
        modules: Vec::new(),
        links: Vec::new(),
    }
}

fn module(name: &str, bit_per_s: f64, price: f64) -> Module {
    Module { name: name.to_owned(), bit_per_s, price }
}

fn planned(scenario: &Scenario, order: &GrowthOrder) -> GrowthPlan {
    let problem = Problem::new(scenario, &[]).unwrap();
    block_on(plan(&problem, order, &Unmonitored, &mut ())).unwrap()
}

#[test]
fn links_run_full_in_the_quarter_that_is_worked_out_by_hand() {
    // 4 Mbit/s grow by a tenth: 4.84 in quarter 2, 5.324 in quarter 3, above half of 10 Mbit/s.
    let scenario = network(3, &TRIANGLE, &[(0, 1, 0, 4e6), (0, 2, 0, 1e6)]);
    let found = planned(&scenario, &order(4, 10.0, LINKS));
    let row = |id: &str| {
        let at = scenario.topology.links.iter().position(|link| link.id == id).unwrap();
        &found.links[at]
    };
    let (first, second) = (row("0-1"), row("0-2"));
    assert_eq!((first.full_from, second.full_from), (Some(3), None));
    // Where 0-1 fails, 0-2 carries both, 5 Mbit/s today, and 5.5 in quarter 1.
    assert_eq!(second.full_from_with_failures, Some(1));
    assert_eq!(second.worst_failure, [Part::Link(0)]);
    // Where 0-2 fails, 0-1 carries both too.
    assert_eq!(first.full_from_with_failures, Some(1));
    assert!((first.utilisation[2] - 0.484).abs() < 1e-12);
    assert!((second.worst_utilisation[4] - 0.5 * 1.4641).abs() < 1e-12);
    let quarters: Vec<(u32, u32)> =
        found.quarters.iter().map(|row| (row.full, row.full_with_failures)).collect();
    // 2-1 carries 0-1's flow where that fails; 1-2 the other one's 1 Mbit/s where 0-2 fails.
    assert_eq!(quarters, [(0, 0), (0, 2), (0, 2), (1, 3), (1, 3)]);
    assert!((found.quarters[1].offered_bit_per_s - 5.5e6).abs() < 1e-3);
    assert!(found.upgrade.is_none() && found.cutting.is_empty() && found.failures == 3);
}

#[test]
fn groups_grow_by_their_own_rates_and_the_first_that_fits_counts() {
    let scenario = network(3, &TRIANGLE, &[(0, 1, 0, 1e6), (0, 1, 1, 1e6), (2, 1, 1, 1e6)]);
    let class = Selection { class: Some(0), ..Selection::default() };
    let node = Selection { source: Some("0".to_owned()), ..Selection::default() };
    let group = |of: Selection, percent: &[f64]| GrowthGroup {
        name: String::new(),
        of: vec![of],
        percent_per_quarter: percent.to_vec(),
    };
    let order = GrowthOrder {
        groups: vec![group(class, &[100.0, 50.0]), group(node, &[10.0])],
        ..order(3, 0.0, NONE)
    };
    let found = planned(&scenario, &order);
    // Class 0: 2, 3, 4.5 Mbit/s; the other flow of node 0: 1.1, 1.21, 1.331; the third one stays.
    let on =
        |at: usize| -> Vec<f64> { found.links[at].utilisation.iter().map(|u| u * 10.0).collect() };
    for (quarter, expected) in [2.0, 3.1, 4.21, 5.831].into_iter().enumerate() {
        assert!((on(0)[quarter] - expected).abs() < 1e-9, "{quarter}: {:?}", on(0));
    }
    // 2-1 is the other direction of the second cable.
    assert_eq!(on(3), [1.0; 4]);
}

/// Whether no link of `scenario` is used above `most` in any failure of a link or none, by the formula's answers.
fn survives(scenario: &Scenario, edits: &[Edit], most: f64) -> bool {
    let failures = scenario
        .topology
        .cables()
        .map(|cable| Some(Edit::LinkFails(scenario.topology.links[cable as usize].id.clone())));
    let mut formula = Formula::default();
    failures.chain([None]).all(|failure| {
        let edits: Vec<Edit> = edits.iter().cloned().chain(failure).collect();
        let problem = Problem::new(scenario, &edits).unwrap();
        let answer = formula.brief(&RoutedNetwork::new(&problem, &mut Routes::default()));
        answer.links.utilisation.iter().all(|used| used.is_nan() || *used <= most * (1.0 + 1e-6))
    })
}

#[test]
fn the_price_is_the_least_of_all_combinations_of_modules() {
    let ends = [(0, 1), (1, 2), (2, 3), (3, 0)];
    let flows = [(0, 1, 0, 2.4e6), (0, 2, 0, 1e6), (1, 3, 0, 1.7e6), (3, 2, 0, 0.9e6)];
    let scenario = network(4, &ends, &flows);
    let modules = vec![module("small", 4e6, 3.0), module("large", 1e7, 5.0)];
    let order = GrowthOrder {
        modules,
        links: vec![LinkModules {
            link: "2-1".to_owned(),
            price_factor: Some(2.0),
            modules: Some(vec!["small".to_owned()]),
            most: None,
        }],
        ..order(6, 12.0, LINKS)
    };
    let found = planned(&scenario, &order);
    let upgrade = found.upgrade.unwrap();
    let factor = 1.12_f64.powi(6);
    let traffic = Edit::Traffic { of: Selection::default(), factor };
    // Up to two small and two large ones for each of the four cables.
    let mut least = f64::INFINITY;
    let mut tried = 0;
    for combination in 0..9_usize.pow(4) {
        let mut edits = vec![traffic.clone()];
        let (mut price, mut left, mut fits) = (0.0, combination, true);
        for cable in 0..4 {
            let (small, large) = ((left % 9 % 3) as f64, (left % 9 / 3) as f64);
            left /= 9;
            fits &= cable != 1 || large == 0.0;
            price += (3.0 * small + 5.0 * large) * if cable == 1 { 2.0 } else { 1.0 };
            let link = scenario.topology.links[2 * cable].id.clone();
            edits.push(Edit::Capacity { link, bit_per_s: 1e7 + 4e6 * small + 1e7 * large });
        }
        if fits && price < least && survives(&scenario, &edits, 0.5) {
            least = price;
        }
        tried += 1;
    }
    println!("{tried} combinations, least {least}, found {}", upgrade.price);
    assert!(upgrade.out_of_reach.is_empty() && upgrade.price == least && least > 0.0);
    // What is bought by each quarter is enough for it, and all of it is what the price says.
    for quarter in 0..=6 {
        let mut edits =
            vec![Edit::Traffic { of: Selection::default(), factor: 1.12_f64.powi(quarter) }];
        for purchase in upgrade.purchases.iter().filter(|p| p.quarter as i32 <= quarter) {
            let link = scenario.topology.links[purchase.link as usize].id.clone();
            edits.push(Edit::Capacity { link, bit_per_s: purchase.capacity_after_bit_per_s });
        }
        assert!(survives(&scenario, &edits, 0.5), "{quarter}");
    }
    let sum: f64 = upgrade.purchases.iter().map(|purchase| purchase.price).sum();
    assert!((sum - upgrade.price).abs() < 1e-9);
}

#[test]
fn modules_are_bought_when_they_are_needed_and_told_where_none_reach() {
    let scenario = network(2, &[(0, 1)], &[(0, 1, 0, 4e6)]);
    let modules = vec![module("4M", 4e6, 2.0), module("40M", 4e7, 15.0)];
    let order = GrowthOrder { modules, ..order(8, 20.0, NONE) };
    let upgrade = planned(&scenario, &order).upgrade.unwrap();
    // Needed beyond 10 Mbit/s at half use: 8 * 1.2^q - 10 = 1.52 (q2), 3.82 (q3), 6.59 (q4), 9.91 (q5), 13.89 (q6),
    // 18.67 (q7), 24.40 (q8): seven small ones for 14.
    let bought: Vec<(u32, &[ModuleCount])> =
        upgrade.purchases.iter().map(|p| (p.quarter, &p.modules[..])).collect();
    let small = |count| vec![ModuleCount { module: 0, count }];
    let expected =
        [(2, small(1)), (4, small(1)), (5, small(1)), (6, small(1)), (7, small(1)), (8, small(2))];
    assert_eq!(bought.len(), expected.len());
    for ((quarter, modules), expected) in bought.iter().zip(&expected) {
        assert_eq!((*quarter, modules.to_vec()), *expected);
    }
    assert_eq!(upgrade.price, 14.0);
    let two = LinkModules { link: "1-0".to_owned(), most: Some(2), ..LinkModules::default() };
    let two = LinkModules { modules: Some(vec!["4M".to_owned()]), ..two };
    let beyond = planned(&scenario, &GrowthOrder { links: vec![two], ..order }).upgrade.unwrap();
    assert!(beyond.purchases.is_empty());
    assert_eq!((beyond.out_of_reach[0].link, beyond.out_of_reach[0].quarter), (0, 5));
}

#[test]
fn promises_break_in_the_quarter_in_which_the_formula_says_so() {
    let mut scenario = network(3, &TRIANGLE, &[(0, 1, 0, 3e6), (0, 2, 1, 2e6)]);
    scenario.promises = vec![
        Promise { class: Some(0), mean_delay_s: Some(3.5e-3), ..Promise::default() },
        Promise { class: Some(1), p99_delay_s: Some(4e-3), ..Promise::default() },
        Promise { class: Some(0), mean_delay_s: Some(1.0), ..Promise::default() },
    ];
    let failures = FailureKinds { nodes: true, ..LINKS };
    let modules = vec![module("100M", 1e8, 1.0)];
    let order = GrowthOrder { modules, most_utilisation: 0.9, ..order(6, 15.0, failures) };
    let found = planned(&scenario, &order);
    let breaks = |promise: &Promise, quarter: i32, failure: Option<Edit>| {
        let factor = 1.15_f64.powi(quarter);
        let edits = [Edit::Traffic { of: Selection::default(), factor }].into_iter().chain(failure);
        let own = Scenario { promises: vec![*promise], ..scenario.clone() };
        let problem = Problem::new(&own, &edits.collect::<Vec<_>>()).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        Formula::default().answer(&network).summary.breaking > 0
    };
    let cables = ["0-1", "1-2", "0-2"].map(|id| Some(Edit::LinkFails(id.to_owned())));
    let nodes = ["0", "1", "2"].map(|id| Some(Edit::NodeFails(id.to_owned())));
    let all: Vec<Option<Edit>> = cables.into_iter().chain(nodes).chain([None]).collect();
    for (promise, row) in scenario.promises.iter().zip(&found.promises) {
        let sound = (0..=6).find(|quarter| breaks(promise, *quarter, None));
        let any = (0..=6).find(|quarter| all.iter().any(|f| breaks(promise, *quarter, f.clone())));
        assert_eq!(
            (row.breaks_from, row.breaks_from_with_failures),
            (sound.map(|q| q as u32), any.map(|q| q as u32))
        );
    }
    let breaking: Vec<_> = found.promises.iter().map(|row| row.breaks_from_with_failures).collect();
    assert!(
        breaking[0].is_some_and(|q| q > 0) && breaking[1].is_some() && breaking[2].is_none(),
        "{breaking:?}"
    );
}

/// The bound of `order` after `iterations`.
fn free(scenario: &Scenario, order: &GrowthOrder, iterations: usize) -> FreeRouting {
    let problem = Problem::new(scenario, &[]).unwrap();
    block_on(free_routing(&problem, order, iterations, &Unmonitored, &mut ())).unwrap()
}

/// All paths from `at` to `target` over the links that `alive` leaves.
fn paths(scenario: &Scenario, at: u32, target: u32, alive: &[bool]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut open = vec![(at, vec![at], Vec::new())];
    while let Some((node, seen, path)) = open.pop() {
        if node == target {
            found.push(path);
            continue;
        }
        for (index, link) in scenario.topology.links.iter().enumerate() {
            if alive[index] && link.source == node && !seen.contains(&link.target) {
                let mut further = (link.target, seen.clone(), path.clone());
                further.1.push(link.target);
                further.2.push(index);
                open.push(further);
            }
        }
    }
    found
}

/// The least price of divisible capacities by a linear programme over all paths in each failure and none.
fn by_linear_programme(
    scenario: &Scenario,
    factor: f64,
    most: f64,
    per_bit: &[f64],
    fails: bool,
) -> f64 {
    let topology = &scenario.topology;
    let cables: Vec<u32> = topology.cables().collect();
    let mut programme = LinearProgramme::default();
    // In Mbit/s.
    let added: Vec<usize> =
        per_bit.iter().map(|price| programme.variable(*price, (0.0, f64::INFINITY))).collect();
    let states = cables.iter().map(|cable| Some(*cable)).filter(|_| fails).chain([None]);
    for state in states {
        let failed =
            state.map(|cable| topology.cable(cable).collect::<Vec<_>>()).unwrap_or_default();
        let alive: Vec<bool> =
            (0..topology.links.len()).map(|link| !failed.contains(&(link as u32))).collect();
        let mut on_link: Vec<Vec<(usize, f64)>> = vec![Vec::new(); topology.links.len()];
        for flow in &scenario.flows {
            let mut ways = Vec::new();
            for path in paths(scenario, flow.source, flow.target, &alive) {
                let variable = programme.variable(0.0, (0.0, f64::INFINITY));
                ways.push((variable, -1.0));
                path.iter().for_each(|link| on_link[*link].push((variable, 1.0)));
            }
            programme.at_most(ways, -flow.rate_bit_per_s * factor / most / 1e6);
        }
        for (link, mut terms) in on_link.into_iter().enumerate() {
            if !terms.is_empty() {
                terms.push((added[link / 2], -1.0));
                programme.at_most(terms, topology.links[link].capacity_bit_per_s / 1e6);
            }
        }
    }
    programme.minimise().unwrap().cost
}

#[test]
fn the_bound_of_free_routing_meets_a_linear_programme_over_all_paths() {
    // Two ways from 0 to 1: what the direct one lacks costs least there; where either fails the other carries all.
    let scenario = network(3, &TRIANGLE, &[(0, 1, 0, 1.3e7)]);
    let modules = vec![module("1M", 1e6, 1.0)];
    let plain = |failures| GrowthOrder { modules: modules.clone(), ..order(1, 0.0, failures) };
    for (failures, hand) in [(NONE, 6.0), (LINKS, 48.0)] {
        let found = free(&scenario, &plain(failures), 400);
        println!("{failures:?}: {found:?}");
        assert!(found.lower_bound <= hand * (1.0 + 1e-9) && found.lower_bound > 0.98 * hand);
        assert!(
            found.divisible_price >= hand * (1.0 - 1e-9) && found.divisible_price < 1.02 * hand
        );
    }
    let ends = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)];
    let flows = [(0, 1, 0, 6e6), (0, 2, 0, 9e6), (1, 3, 0, 5e6), (3, 2, 0, 4e6), (2, 1, 0, 7e6)];
    let scenario = network(4, &ends, &flows);
    let dear =
        LinkModules { link: "0-1".to_owned(), price_factor: Some(3.0), ..LinkModules::default() };
    let per_bit = [3.0, 1.0, 1.0, 1.0, 1.0];
    for (failures, fails) in [(NONE, false), (LINKS, true)] {
        let order = GrowthOrder { links: vec![dear.clone()], ..plain(failures) };
        let order = GrowthOrder { groups: self::order(1, 30.0, NONE).groups, ..order };
        let exact = by_linear_programme(&scenario, 1.3, 0.5, &per_bit, fails);
        let found = free(&scenario, &order, 600);
        println!("exact {exact}, {found:?}");
        assert!(found.lower_bound <= exact * (1.0 + 1e-9) && found.lower_bound > 0.97 * exact);
        assert!(
            found.divisible_price >= exact * (1.0 - 1e-9) && found.divisible_price < 1.03 * exact
        );
        let fixed = planned(&scenario, &order).upgrade.unwrap();
        assert!(fixed.price >= found.lower_bound && found.price >= found.lower_bound);
    }
}

#[test]
fn orders_that_cannot_be_used_are_named() {
    let scenario = network(3, &TRIANGLE, &[(0, 1, 0, 1e6)]);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let error = |order: GrowthOrder| {
        block_on(plan(&problem, &order, &Unmonitored, &mut ())).unwrap_err().to_string()
    };
    let good = || order(2, 5.0, LINKS);
    assert!(error(GrowthOrder { quarters: 0, ..good() }).starts_with("quarters is 0"));
    assert!(error(GrowthOrder { groups: Vec::new(), ..good() }).starts_with("groups is 0"));
    assert!(
        error(GrowthOrder { most_utilisation: 1.5, ..good() })
            .starts_with("most_utilisation is 1.5")
    );
    let free = GrowthOrder { modules: vec![module("x", 1e6, 0.0)], ..good() };
    assert!(error(free).starts_with("modules[0].price is 0"));
    let nowhere = LinkModules { link: "0-9".to_owned(), ..LinkModules::default() };
    assert!(
        error(GrowthOrder { links: vec![nowhere], ..good() }).starts_with("links[0].link is 0-9")
    );
    let class = Selection { class: Some(7), ..Selection::default() };
    let group =
        GrowthGroup { of: vec![class], percent_per_quarter: vec![1.0], ..GrowthGroup::default() };
    assert!(
        error(GrowthOrder { groups: vec![group], ..good() }).starts_with("groups[0].of[0].of is")
    );
    let wild = GrowthGroup { percent_per_quarter: vec![5000.0], ..GrowthGroup::default() };
    assert!(
        error(GrowthOrder { groups: vec![wild], ..good() })
            .starts_with("groups[0].percent_per_quarter is 5000")
    );
}

#[test]
fn failures_times_links_that_no_memory_holds_are_refused() {
    let ends: Vec<(u32, u32)> = (0..2999).map(|at| (at, at + 1)).collect();
    let scenario = network(3000, &ends, &[(0, 1, 0, 1e6)]);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let order = GrowthOrder { modules: vec![module("10M", 1e7, 1.0)], ..order(1, 5.0, LINKS) };
    let found = block_on(free_routing(&problem, &order, 1, &Unmonitored, &mut ()));
    let found = format!("{:?}", found.unwrap_err());
    assert!(found.contains("links, with 2999 failures"), "{found}");
}

#[test]
fn no_cheaper_whole_modules_can_be_routed_than_those_of_the_search_over_both() {
    let ends = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)];
    let flows = [(0, 1, 0, 6e6), (0, 2, 0, 9e6), (1, 3, 0, 5e6), (3, 2, 0, 4e6), (2, 1, 0, 7e6)];
    let scenario = network(4, &ends, &flows);
    let order = GrowthOrder { modules: vec![module("8M", 8e6, 1.0)], ..order(1, 0.0, LINKS) };
    let problem = Problem::new(&scenario, &[]).unwrap();
    let done = Cell::new(0);
    let clock = || 0.0;
    let effort = Effort::new(&clock, 1.0, &done, 2_000);
    let (bound, found) =
        block_on(free_modules(&problem, &order, 300, 1, &effort, &Unmonitored, &mut ())).unwrap();
    let lacking = |counts: &[u32]| {
        let mut upgraded = scenario.clone();
        for (link, own) in upgraded.topology.links.iter_mut().enumerate() {
            own.capacity_bit_per_s += 8e6 * f64::from(counts[link / 2]);
        }
        by_linear_programme(&upgraded, 1.0, 0.5, &[1.0; 5], true)
    };
    let mut bought = [0; 5];
    found.modules.iter().for_each(|own| bought[own.link as usize / 2] = own.counts[0]);
    assert_eq!(found.price, f64::from(bought.iter().sum::<u32>()));
    assert!(found.price >= bound.lower_bound && found.price <= bound.price);
    // In Mbit/s, beside what is let pass.
    assert!(lacking(&bought) < 1e-3, "{found:?}");
    let mut cheaper = 0;
    for code in 0..4_u32.pow(5) {
        let counts: Vec<u32> = (0..5).map(|cable| code / 4_u32.pow(cable) % 4).collect();
        // What has one module less holds nothing that this many cannot.
        if counts.iter().sum::<u32>() + 1 == found.price as u32 {
            assert!(lacking(&counts) > 1e-3, "{counts:?} {found:?}");
            cheaper += 1;
        }
    }
    assert!(cheaper > 20, "{cheaper}");
}
