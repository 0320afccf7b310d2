//! `slicewise twin grow`: what growing traffic breaks in which quarter, and the cheapest capacities that carry it.

use std::cell::Cell;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use anyhow::Context;
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::formats::network::{modules_now, upgrade_csv};
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::growth::{
    FreeRouting, GrowthGroup, GrowthOrder, GrowthPlan, Module, ModuleCount, Purchase,
};
use slicewise_core::twin::{Promise, Scenario};
use slicewise_optim::Unmonitored;
use slicewise_twin::growth::free_modules::{CableModules, FreeModules, free_modules};
use slicewise_twin::growth::free_routing::free_routing;
use slicewise_twin::growth::plan;
use slicewise_twin::optimiser::effort::Effort;
use slicewise_twin::problem::Problem;

use super::amounts::{Rate, percent, rate, time};
use super::answer::flow_name;
use super::failures::failed;
use super::network::EditedNetworkOptions;
use crate::input_file::read_text;
use crate::whole_file;

/// Options of `twin grow`.
#[derive(clap::Args, Debug)]
pub struct TwinGrow {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// Growth by groups of flows, with failures, modules and prices: a JSON file, see docs/twin.md.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["growth_per_quarter", "quarters", "failures", "most_utilisation", "modules"])]
    growth: Option<PathBuf>,
    /// Growth of all traffic from each quarter to the next, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, allow_negative_numbers = true)]
    growth_per_quarter: f64,
    /// Quarters to look ahead.
    #[arg(long, value_name = "N", default_value_t = 8)]
    quarters: usize,
    /// What has to be survived, one at a time: none, single (links, nodes and groups), or some of these three.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "single",
        value_parser = ["none", "single", "links", "nodes", "groups"]
    )]
    failures: Vec<String>,
    /// Share of a capacity that may be used, with and without a failure.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    most_utilisation: f64,
    /// What can be bought, such as 10G=2000,100G=9000; nothing is bought without it.
    #[arg(long, value_name = "RATE=PRICE", value_delimiter = ',')]
    modules: Vec<PricedModule>,
    /// Iterations of the bound on the price under any routing; 0 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 600)]
    bound_iterations: usize,
    /// Seconds of a search for cheaper modules where traffic may be routed anew in every failure; 0 leaves it out.
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    routing_seconds: f64,
    /// File for the list of what to buy, as CSV.
    #[arg(long, value_name = "FILE")]
    upgrades: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A module as `100G=9000`.
#[derive(Clone, Debug)]
struct PricedModule(Module);

impl FromStr for PricedModule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = || "a rate and its price, such as 100G=9000".to_owned();
        let (name, price) = text.split_once('=').ok_or_else(allowed)?;
        let name = name.trim().to_owned();
        let bit_per_s = name.parse::<Rate>().map_err(|_| allowed())?.0;
        let price = price.trim().parse().map_err(|_| allowed())?;
        Ok(Self(Module { name, bit_per_s, price }))
    }
}

impl TwinGrow {
    fn order(&self) -> anyhow::Result<GrowthOrder> {
        if let Some(path) = &self.growth {
            let text = read_text(path)?;
            return serde_json::from_str(&text).with_context(|| path.display().to_string());
        }
        let fails = |kind: &str| self.failures.iter().any(|of| of == kind || of == "single");
        let percent_per_quarter = vec![self.growth_per_quarter];
        Ok(GrowthOrder {
            quarters: self.quarters,
            groups: vec![GrowthGroup { percent_per_quarter, ..GrowthGroup::default() }],
            failures: FailureKinds {
                links: fails("links"),
                nodes: fails("nodes"),
                groups: fails("groups"),
                pairs: false,
            },
            most_utilisation: self.most_utilisation,
            modules: self.modules.iter().map(|module| module.0.clone()).collect(),
            links: Vec::new(),
        })
    }
}

/// Runs `slicewise twin grow`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinGrow) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let order = options.order()?;
    if let (Some(path), true) = (&options.upgrades, order.modules.is_empty()) {
        let allowed =
            "left out where nothing can be bought: give --modules, or modules in --growth";
        return Err(InputError::new("--upgrades", path.display(), allowed).into());
    }
    let begun = Instant::now();
    let plan = block_on(plan(&problem, &order, &Unmonitored, &mut ()))?;
    let seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let free = match (&plan.upgrade, options.bound_iterations) {
        (Some(_), iterations @ 1..) => {
            Some(block_on(free_routing(&problem, &order, iterations, &Unmonitored, &mut ()))?)
        }
        _ => None,
    };
    let bound_seconds = begun.elapsed().as_secs_f64();
    let anew = rerouted(options, &problem, &order)?;
    let scenario = &problem.scenario;
    if let (Some(path), Some(upgrade)) = (&options.upgrades, &plan.upgrade) {
        whole_file::write(path, upgrade_csv(scenario, &order, upgrade))?;
    }
    if options.json {
        let mut found = table(scenario, &order, &plan, free.as_ref());
        found["seconds"] = json!(seconds);
        found["bound_seconds"] = json!(bound_seconds);
        if let Some((bound, modules)) = &anew {
            found["rerouted"] = rerouted_table(scenario, &order, bound, modules);
        }
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(scenario, &order, &plan, free.as_ref());
        if let Some((bound, modules)) = &anew {
            print_rerouted(bound, modules);
        }
    }
    Ok(())
}

/// Modules where traffic is routed anew in every failure, where they are asked for.
fn rerouted(
    options: &TwinGrow,
    problem: &Problem,
    order: &GrowthOrder,
) -> anyhow::Result<Option<(FreeRouting, FreeModules)>> {
    check_range("--routing-seconds", options.routing_seconds, 0.0, 86_400.0, "s")?;
    if options.routing_seconds == 0.0 {
        return Ok(None);
    }
    let begun = Instant::now();
    let clock = || begun.elapsed().as_secs_f64();
    let done = Cell::new(0);
    let effort = Effort::new(&clock, options.routing_seconds, &done, usize::MAX);
    let (iterations, seed) = (options.bound_iterations.max(1), options.network.seed());
    Ok(Some(block_on(free_modules(
        problem,
        order,
        iterations,
        seed,
        &effort,
        &Unmonitored,
        &mut (),
    ))?))
}

fn rerouted_table(
    scenario: &Scenario,
    order: &GrowthOrder,
    bound: &FreeRouting,
    found: &FreeModules,
) -> Value {
    let module = |(kind, count): (usize, &u32)| {
        (*count > 0).then(|| json!({ "module": order.modules[kind].name, "count": count }))
    };
    let cable = |own: &CableModules| {
        let modules: Vec<Value> = own.counts.iter().enumerate().filter_map(module).collect();
        json!({ "link": link_id(scenario, own.link), "modules": modules, "price": own.price })
    };
    json!({
        "price": found.price,
        "lower_bound": bound.lower_bound,
        "ratio_to_bound": ratio(found.price, bound.lower_bound),
        "upgrades": found.modules.iter().map(cable).collect::<Vec<_>>(),
        "tried": found.tried,
    })
}

fn print_rerouted(bound: &FreeRouting, found: &FreeModules) {
    if found.price.is_infinite() {
        println!("Routed anew in every failure: no allowed modules are enough.");
        return;
    }
    println!(
        "Routed anew in every failure, modules for {} on {} links do: {:.3} times what no routing gets below.",
        price(found.price),
        found.modules.len(),
        ratio(found.price, bound.lower_bound),
    );
}

/// Everything of a plan, with names.
fn table(
    scenario: &Scenario,
    order: &GrowthOrder,
    plan: &GrowthPlan,
    free: Option<&FreeRouting>,
) -> Value {
    let mut found = json!({
        "quarters": plan.quarters.iter().enumerate().map(|(at, row)| {
            let mut found = json!(row);
            found["quarter"] = json!(at);
            found["busiest_link"] = json!(row.busiest_link.map(|link| link_id(scenario, link)));
            let link = row.busiest_with_failures.map(|link| link_id(scenario, link));
            found["busiest_with_failures"] = json!(link);
            found
        }).collect::<Vec<_>>(),
        "links": plan.links.iter().zip(&scenario.topology.links).map(|(row, link)| {
            let mut found = json!(row);
            found["id"] = json!(link.id);
            found["capacity_bit_per_s"] = json!(link.capacity_bit_per_s);
            found["worst_failure"] = json!(failed(scenario, &row.worst_failure));
            found
        }).collect::<Vec<_>>(),
        "promises": plan.promises.iter().zip(&scenario.promises).map(|(row, promise)| {
            let name = |flow: Option<u32>| flow.map(|flow| flow_name(scenario, flow as usize));
            let mut found = json!(row);
            found["promise"] = json!(promise);
            found["failure"] = json!(failed(scenario, &row.failure));
            found["failure_upgraded"] = json!(failed(scenario, &row.failure_upgraded));
            found["flow"] = json!(name(row.flow));
            found["flow_upgraded"] = json!(name(row.flow_upgraded));
            found
        }).collect::<Vec<_>>(),
        "failures": plan.failures,
        "cutting": plan.cutting.iter().map(|(parts, flows)| {
            json!({ "failed": failed(scenario, parts), "flows": flows })
        }).collect::<Vec<_>>(),
    });
    if let Some(upgrade) = &plan.upgrade {
        let purchases: Vec<Value> = upgrade
            .purchases
            .iter()
            .map(|purchase| purchase_table(scenario, order, purchase))
            .collect();
        let beyond: Vec<Value> = upgrade
            .out_of_reach
            .iter()
            .map(|beyond| {
                let mut found = json!(beyond);
                found["link"] = json!(link_id(scenario, beyond.link));
                found
            })
            .collect();
        found["upgrades"] = json!(purchases);
        found["out_of_reach"] = json!(beyond);
        found["price"] = json!(upgrade.price);
        // What each link needs is what it carries, and its modules are the cheapest: the price is its own bound.
        found["lower_bound"] = json!(upgrade.price);
        found["ratio_to_bound"] = json!(1.0);
        if let Some(free) = free {
            found["free_routing"] = json!({
                "lower_bound": free.lower_bound,
                "divisible_price": free.divisible_price,
                "price": free.price,
                "ratio_to_bound": ratio(free.price, free.lower_bound),
                "iterations": free.iterations,
            });
            found["ratio_to_free_routing"] = json!(ratio(upgrade.price, free.lower_bound));
        }
    }
    found
}

/// How many times its bound a price is; 1 where nothing has to be bought.
fn ratio(price: f64, bound: f64) -> f64 {
    if price <= 0.0 { 1.0 } else { price / bound }
}

fn link_id(scenario: &Scenario, link: u32) -> &str {
    &scenario.topology.links[link as usize].id
}

fn purchase_table(scenario: &Scenario, order: &GrowthOrder, purchase: &Purchase) -> Value {
    let link = &scenario.topology.links[purchase.link as usize];
    let module = |bought: &ModuleCount| json!({ "module": order.modules[bought.module as usize].name, "count": bought.count });
    json!({
        "link": link.id,
        "quarter": purchase.quarter,
        "modules_now": modules_now(link, order),
        "modules": purchase.modules.iter().map(module).collect::<Vec<_>>(),
        "capacity_before_bit_per_s": purchase.capacity_before_bit_per_s,
        "capacity_after_bit_per_s": purchase.capacity_after_bit_per_s,
        "price": purchase.price,
    })
}

/// Rows that are shown.
const SHOWN: usize = 15;

fn print(scenario: &Scenario, order: &GrowthOrder, plan: &GrowthPlan, free: Option<&FreeRouting>) {
    println!(
        "{:>7} {:>12} {:>8}  {:<28} {:>8}  {:<28} {:>5}",
        "quarter", "offered", "highest", "link", "failing", "link", "full"
    );
    for (quarter, row) in plan.quarters.iter().enumerate() {
        let id = |link: Option<u32>| link.map_or("-", |link| link_id(scenario, link));
        println!(
            "{quarter:>7} {:>12} {:>8}  {:<28} {:>8}  {:<28} {:>5}",
            rate(row.offered_bit_per_s),
            percent(row.highest_utilisation),
            id(row.busiest_link),
            percent(row.highest_with_failures),
            id(row.busiest_with_failures),
            row.full_with_failures,
        );
    }
    if !plan.cutting.is_empty() {
        let cut = plan.cutting.len();
        println!("{cut} of {} failures cut flows off, which no capacity mends.", plan.failures);
    }
    for (promise, row) in scenario.promises.iter().zip(&plan.promises) {
        let quarter = |found: Option<u32>| {
            found.map_or_else(|| "never".to_owned(), |quarter| format!("in quarter {quarter}"))
        };
        println!(
            "{} breaks {}, with failures {}, with failures and upgrades {}.",
            told(promise),
            quarter(row.breaks_from),
            quarter(row.breaks_from_with_failures),
            quarter(row.breaks_from_upgraded),
        );
    }
    let Some(upgrade) = &plan.upgrade else { return };
    println!(
        "\n{:<32} {:>7} {:>12}  {:<24} {:>12} {:>10}",
        "upgrades", "quarter", "now", "add", "then", "price"
    );
    for purchase in upgrade.purchases.iter().take(SHOWN) {
        let add: Vec<String> = purchase
            .modules
            .iter()
            .map(|bought| {
                format!("{} x {}", bought.count, order.modules[bought.module as usize].name)
            })
            .collect();
        println!(
            "{:<32} {:>7} {:>12}  {:<24} {:>12} {:>10}",
            link_id(scenario, purchase.link),
            purchase.quarter,
            rate(purchase.capacity_before_bit_per_s),
            add.join(" + "),
            rate(purchase.capacity_after_bit_per_s),
            price(purchase.price),
        );
    }
    if upgrade.purchases.len() > SHOWN {
        println!("and {} more (--upgrades writes all of them)", upgrade.purchases.len() - SHOWN);
    }
    for beyond in &upgrade.out_of_reach {
        println!(
            "{} needs {} more, which no allowed modules reach.",
            link_id(scenario, beyond.link),
            rate(beyond.needed_bit_per_s)
        );
    }
    println!(
        "All upgrades: {}; no cheaper ones do under the weights of today.",
        price(upgrade.price)
    );
    if let Some(free) = free {
        println!(
            "Under any routing no upgrade is cheaper than {}; the price is {:.3} times that.",
            price(free.lower_bound),
            ratio(upgrade.price, free.lower_bound),
        );
    }
}

/// A price without more decimals than it has, at most two.
fn price(price: f64) -> String {
    let text = format!("{price:.2}");
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

fn told(promise: &Promise) -> String {
    let class =
        promise.class.map_or_else(|| "all classes".to_owned(), |class| format!("class {class}"));
    let mut bounds = Vec::new();
    bounds.extend(promise.mean_delay_s.map(|bound| format!("mean delay {}", time(bound))));
    bounds.extend(promise.p99_delay_s.map(|bound| format!("99 % within {}", time(bound))));
    bounds.extend(promise.loss.map(|bound| format!("loss {}", percent(bound))));
    format!("The promise to {class} ({})", bounds.join(", "))
}
