//! Traffic that grows: what it breaks in which quarter, and the cheapest capacities that carry it.
//!
//! Packets go on being routed by the weights of today, in every failure by those of the links that are left: a larger
//! capacity changes no weight. So what each link carries follows from the traffic alone, what it needs is the most
//! that it carries in any failure of the set, and the cheapest modules are found link by link and exactly
//! ([`purchases`]). How much less would do if routing were free is bounded by [`free_routing`].
//!
//! Loads are what flows offer, no packet lost on the way: that is what has to be carried.

pub mod free_modules;
pub mod free_routing;
mod loads;
pub mod modules;
mod promises;
pub mod purchases;

use std::sync::Arc;

use slicewise_core::twin::failures::{FailureCases, FailureKinds};
use slicewise_core::twin::growth::{
    GrowthOrder, GrowthPlan, LinkGrowth, PromiseGrowth, QuarterLoads, Upgrade,
};
use slicewise_core::twin::{Scenario, Topology};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use self::loads::{Growth, QuarterlyLoads};
use crate::failures::with_failures;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// What the growth of `order` breaks in `problem`, which may have failures of its own, and what to buy.
///
/// # Errors
/// Names the first field of the order that cannot be used, or tells that the search was asked to stop.
pub async fn plan(
    problem: &Problem,
    order: &GrowthOrder,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<GrowthPlan, Halted> {
    order.validate()?;
    let scenario = &problem.scenario;
    let growth = Growth::new(problem, order)?;
    let offers = purchases::offers(&scenario.topology, order)?;
    let cases = failure_cases(&scenario.topology, order.failures)?;
    let loads = quarterly_loads(problem, &growth, &cases, monitor, progress).await?;
    let needs = needs(&scenario.topology, &loads, order.most_utilisation);
    let upgrade = (!order.modules.is_empty())
        .then(|| purchases::upgrade(&scenario.topology, &offers, &needs));
    let quarters: Vec<Arc<Scenario>> =
        (0..growth.quarters()).map(|q| Arc::new(growth.scenario(scenario, q))).collect();
    let today = promises::broken(problem, &quarters, &cases, monitor).await?;
    progress.share(0.7);
    let upgraded = match &upgrade {
        Some(upgrade) => {
            let with = |(quarter, scenario): (usize, &Arc<Scenario>)| {
                Arc::new(with_purchases(scenario, upgrade, quarter))
            };
            let quarters: Vec<_> = quarters.iter().enumerate().map(with).collect();
            promises::broken(problem, &quarters, &cases, monitor).await?
        }
        None => today.clone(),
    };
    progress.share(1.0);
    let promises = today.into_iter().zip(upgraded).map(|(today, upgraded)| PromiseGrowth {
        breaks_from: today.sound,
        breaks_from_with_failures: today.any,
        failure: today.failure,
        flow: today.flow,
        breaks_from_upgraded: upgraded.any,
        failure_upgraded: upgraded.failure,
        flow_upgraded: upgraded.flow,
    });
    Ok(GrowthPlan {
        quarters: quarter_rows(&quarters, &loads, order.most_utilisation),
        links: link_rows(scenario, &loads, &cases, order.most_utilisation),
        promises: promises.collect(),
        failures: cases.len(),
        cutting: loads.cutting,
        upgrade,
    })
}

/// The failures of `kinds`; empty where no kind is asked for.
fn failure_cases(topology: &Topology, kinds: FailureKinds) -> Result<FailureCases, Halted> {
    if !kinds.links && !kinds.nodes && !kinds.groups {
        return Ok(FailureCases::default());
    }
    Ok(FailureCases::new(topology, kinds)?)
}

async fn quarterly_loads(
    problem: &Problem,
    growth: &Growth,
    cases: &FailureCases,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<QuarterlyLoads, Halted> {
    let mut routes = Routes::default();
    let mut loads = QuarterlyLoads::of(&RoutedNetwork::new(problem, &mut routes), growth);
    for case in 0..cases.len() {
        monitor.checkpoint().await?;
        let failed = cases.failed(case);
        let failing = with_failures(problem, &failed);
        let network = RoutedNetwork::new(&failing, &mut routes.without(&failing));
        loads.add(case, &failed, &network, growth);
        progress.share(0.3 * (case + 1) as f64 / cases.len() as f64);
    }
    Ok(loads)
}

/// What each link needs beyond its capacity, by quarter, in bit/s; 0 where it has enough.
fn needs(topology: &Topology, loads: &QuarterlyLoads, most_utilisation: f64) -> Vec<Vec<f64>> {
    let in_quarter = |worst: &Vec<f64>| {
        let need = |(load, link): (&f64, &slicewise_core::twin::Link)| {
            let wanted = load / most_utilisation;
            // What just fits fits.
            let fits = wanted <= link.capacity_bit_per_s * (1.0 + 1e-9);
            if fits { 0.0 } else { wanted - link.capacity_bit_per_s }
        };
        worst.iter().zip(&topology.links).map(need).collect()
    };
    loads.worst.iter().map(in_quarter).collect()
}

/// `scenario` with what is bought for `quarter` and before.
fn with_purchases(scenario: &Scenario, upgrade: &Upgrade, quarter: usize) -> Scenario {
    let mut larger = scenario.clone();
    let bought = upgrade.purchases.iter().filter(|purchase| purchase.quarter as usize <= quarter);
    for purchase in bought {
        let added = purchase.capacity_after_bit_per_s - purchase.capacity_before_bit_per_s;
        let cable: Vec<u32> = scenario.topology.cable(purchase.link).collect();
        for link in cable {
            larger.topology.links[link as usize].capacity_bit_per_s += added;
        }
    }
    larger
}

fn quarter_rows(
    quarters: &[Arc<Scenario>],
    loads: &QuarterlyLoads,
    most_utilisation: f64,
) -> Vec<QuarterLoads> {
    let row = |(quarter, scenario): (usize, &Arc<Scenario>)| {
        let links = &scenario.topology.links;
        let used = |loads: &[f64]| -> Vec<f64> {
            loads.iter().zip(links).map(|(load, link)| load / link.capacity_bit_per_s).collect()
        };
        let (sound, worst) = (used(&loads.sound[quarter]), used(&loads.worst[quarter]));
        let full = |used: &[f64]| used.iter().filter(|u| is_full(**u, most_utilisation)).count();
        let busiest = |used: &[f64]| {
            let mut busiest: Option<usize> = None;
            for (link, utilisation) in used.iter().enumerate() {
                if busiest.is_none_or(|busiest| *utilisation > used[busiest]) {
                    busiest = Some(link);
                }
            }
            busiest.map(|link| link as u32)
        };
        let highest = |used: &[f64]| used.iter().copied().fold(0.0, f64::max);
        QuarterLoads {
            offered_bit_per_s: scenario.flows.iter().map(|flow| flow.rate_bit_per_s).sum(),
            highest_utilisation: highest(&sound),
            busiest_link: busiest(&sound),
            highest_with_failures: highest(&worst),
            busiest_with_failures: busiest(&worst),
            full: full(&sound) as u32,
            full_with_failures: full(&worst) as u32,
        }
    };
    quarters.iter().enumerate().map(row).collect()
}

fn is_full(utilisation: f64, most: f64) -> bool {
    utilisation > most * (1.0 + 1e-9)
}

fn link_rows(
    scenario: &Scenario,
    loads: &QuarterlyLoads,
    cases: &FailureCases,
    most_utilisation: f64,
) -> Vec<LinkGrowth> {
    let row = |(index, link): (usize, &slicewise_core::twin::Link)| {
        let used = |loads: &[Vec<f64>]| -> Vec<f64> {
            loads.iter().map(|loads| loads[index] / link.capacity_bit_per_s).collect()
        };
        let (utilisation, worst_utilisation) = (used(&loads.sound), used(&loads.worst));
        let from = |used: &[f64]| {
            used.iter().position(|used| is_full(*used, most_utilisation)).map(|q| q as u32)
        };
        let cause = loads.cause.last().and_then(|cause| cause[index]);
        LinkGrowth {
            worst_failure: cause.map(|at| cases.failed(at)).unwrap_or_default(),
            full_from: from(&utilisation),
            full_from_with_failures: from(&worst_utilisation),
            utilisation,
            worst_utilisation,
        }
    };
    scenario.topology.links.iter().enumerate().map(row).collect()
}
