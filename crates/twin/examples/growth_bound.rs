//! The cheapest upgrade of a network that survives every single failure, and the bound of free routing:
//! `cargo run --release --example growth_bound -- [NETWORK FILE]`; without a file, the European backbone of the page.

use std::cell::Cell;
use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::InputError;
use slicewise_core::formats::network::{NetworkForm, read};
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::growth::{GrowthGroup, GrowthOrder, Module};
use slicewise_core::twin::opening;
use slicewise_optim::Unmonitored;
use slicewise_optim::monitor::Halted;
use slicewise_twin::growth::free_modules::free_modules;
use slicewise_twin::growth::free_routing::free_routing;
use slicewise_twin::growth::plan;
use slicewise_twin::optimiser::effort::Effort;
use slicewise_twin::problem::Problem;

fn main() -> Result<(), Halted> {
    let scenario = match std::env::args().nth(1) {
        None => opening::scenario(),
        Some(path) => {
            let bytes = std::fs::read(&path)
                .map_err(|error| InputError::new(path, error, "a file of a network"))?;
            read(&bytes, &NetworkForm::default()).scenario?
        }
    };
    let problem = Problem::new(&scenario, &[])?;
    let most = scenario.topology.links.iter().map(|link| link.capacity_bit_per_s);
    let unit = most.fold(0.0, f64::max) / 10.0;
    let module = |name: &str, size: f64, price| Module {
        name: name.to_owned(),
        bit_per_s: size * unit,
        price,
    };
    let order = GrowthOrder {
        quarters: 8,
        groups: vec![GrowthGroup { percent_per_quarter: vec![8.0], ..GrowthGroup::default() }],
        failures: FailureKinds { links: true, nodes: true, groups: true, pairs: false },
        most_utilisation: 0.8,
        modules: vec![module("small", 1.0, 20.0), module("large", 10.0, 90.0)],
        links: Vec::new(),
    };
    let begun = Instant::now();
    let found = block_on(plan(&problem, &order, &Unmonitored, &mut ()))?;
    let upgrade = found.upgrade.unwrap_or_default();
    println!(
        "{} nodes, {} cables, {} failures: price {} in {} purchases, {:.2} s",
        scenario.topology.nodes.len(),
        scenario.topology.cables().count(),
        found.failures,
        upgrade.price,
        upgrade.purchases.len(),
        begun.elapsed().as_secs_f64(),
    );
    for iterations in [100, 300, 600, 1500] {
        let begun = Instant::now();
        let free = block_on(free_routing(&problem, &order, iterations, &Unmonitored, &mut ()))?;
        println!(
            "{free:?}, fixed over bound {:.4}, {:.2} s",
            upgrade.price / free.lower_bound,
            begun.elapsed().as_secs_f64()
        );
    }
    let begun = Instant::now();
    let clock = || begun.elapsed().as_secs_f64();
    for seconds in [10.0, 60.0] {
        let done = Cell::new(0);
        let began_s = clock();
        let effort = Effort::new(&clock, seconds, &done, usize::MAX);
        let (bound, found) =
            block_on(free_modules(&problem, &order, 600, 1, &effort, &Unmonitored, &mut ()))?;
        println!(
            "routed anew in every failure: price {} on {} cables, {:.4} times the bound {:.2}; {} tried, {} optima, {:.1} s",
            found.price,
            found.modules.len(),
            found.price / bound.lower_bound,
            bound.lower_bound,
            found.tried,
            found.optima,
            clock() - began_s,
        );
    }
    Ok(())
}
