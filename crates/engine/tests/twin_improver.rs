//! Jobs that improve a network or find what is wrong with it, as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use std::rc::Rc;

use alone::{Alone, Ticking, outcome, refusal, shares};
use futures::executor::block_on;
use slicewise_core::twin::diagnosis::{DiagnosisOrder, MeasuredFlow, MeasuredLink, Measurements};
use slicewise_core::twin::edit::Edit;
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::growth::{GrowthGroup, GrowthOrder, Module};
use slicewise_core::twin::improver::{Improver, ImproverJob, ImproverOutcome};
use slicewise_core::twin::intent::{ImprovementOrder, Intent, Moves, Objective};
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::opening;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_engine::planners::twin_improver::TwinImprover;
use slicewise_engine::worker::Work;
use slicewise_protocol::{Reply, Request};
use slicewise_twin::memory::Memory;

const WORKS: &[Work<TwinImprover>] =
    &[TwinImprover::OPTIMISE, TwinImprover::GROW, TwinImprover::DIAGNOSE];

fn installed() -> InstalledScenario {
    InstalledScenario { name: "opening".to_owned(), scenario: opening::scenario() }
}

/// An engine that has the network that the page opens with.
async fn engine(host: Rc<Ticking>) -> Alone<TwinImprover> {
    let engine = Alone::within(host, TwinImprover::default(), WORKS);
    assert_eq!(engine.say(Request::Install(Box::new(installed()))).await, []);
    engine
}

fn of() -> Edited {
    Edited { scenario: "opening".to_owned(), edits: Vec::new() }
}

fn optimise() -> ImproverJob {
    let minimise = Some(Objective::LargestUtilisation);
    let order = ImprovementOrder {
        intent: Intent { minimise, ..Intent::default() },
        moves: Moves::default(),
        seconds: 1e4,
        iterations: 200,
        seed: 1,
    };
    ImproverJob::Optimise { of: of(), order }
}

#[test]
fn a_routing_is_told_better_and_better_and_is_what_its_changes_make() {
    block_on(async {
        let engine = engine(Rc::default()).await;
        let (reply, before) = engine.ask(optimise()).await;
        let ImproverOutcome::Routed(routed) = outcome(reply) else { panic!("no routing") };
        let news: Vec<f64> = before
            .iter()
            .filter_map(|reply| match reply {
                Reply::News { news: slicewise_core::twin::TwinNews::Improved(value), .. } => {
                    Some(*value)
                }
                _ => None,
            })
            .collect();
        assert!(news.len() > 1 && news.windows(2).all(|pair| pair[1] <= pair[0]), "{news:?}");
        let found = &routed.improvement;
        let highest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        // The answer by formula knows losses, which are next to none here.
        assert!((highest(&routed.before) - found.before).abs() < 1e-3);
        assert!((highest(&routed.after) - found.max_utilisation).abs() < 1e-3);
        assert!(found.max_utilisation < found.before && found.lower_bound <= found.max_utilisation);
    });
}

#[test]
fn a_search_ends_when_it_is_cancelled() {
    block_on(async {
        let host: Rc<Ticking> = Rc::default();
        let engine = engine(host.clone()).await;
        let desk = Rc::downgrade(&engine.desk);
        host.at_breath(move |breath| {
            if let Some(desk) = desk.upgrade().filter(|_| breath == 2) {
                assert!(desk.receive(Request::Cancel { id: 1 }).is_none());
            }
        });
        let (reply, _) = engine.ask(optimise()).await;
        assert_eq!(reply, Reply::<Improver>::Stopped { id: 1 });
    });
}

#[test]
fn growth_has_a_price_and_its_bound_and_tells_its_share() {
    block_on(async {
        let engine = engine(Rc::default()).await;
        let group = GrowthGroup { percent_per_quarter: vec![20.0], ..GrowthGroup::default() };
        let module = Module { name: "100G".to_owned(), bit_per_s: 1e11, price: 9.0 };
        let order = GrowthOrder {
            quarters: 2,
            groups: vec![group],
            failures: FailureKinds { links: true, groups: false, ..FailureKinds::default() },
            most_utilisation: 0.8,
            modules: vec![module],
            links: Vec::new(),
        };
        let job = ImproverJob::Grow { of: of(), order: order.clone(), bound_iterations: 20 };
        let (reply, before) = engine.ask(job).await;
        let ImproverOutcome::Grown(plan, Some(free)) = outcome(reply) else { panic!("no bound") };
        let price = plan.upgrade.unwrap().price;
        assert!(price > 0.0 && free.lower_bound > 0.0 && free.lower_bound <= price);
        let shares = shares(&before);
        assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]), "{shares:?}");
        assert!((shares.last().unwrap() - 1.0).abs() < 1e-12, "{shares:?}");
        let bad = GrowthOrder { quarters: 0, ..order };
        let job = ImproverJob::Grow { of: of(), order: bad, bound_iterations: 0 };
        assert_eq!(refusal(engine.ask(job).await.0).field, "quarters");
    });
}

#[test]
fn the_cause_that_made_the_measurements_is_the_most_likely_one() {
    block_on(async {
        let scenario = installed().scenario;
        let memory = Memory::default();
        memory.install(installed()).unwrap();
        let sound = memory.answer(&of()).unwrap();
        // A link that stays below its capacity with half of it, as what is lost is not measured.
        let link = (0..scenario.topology.links.len())
            .find(|link| (0.3..0.45).contains(&sound.links.utilisation[*link]))
            .unwrap();
        let own = &scenario.topology.links[link];
        let edit = Edit::Capacity { link: own.id.clone(), bit_per_s: own.capacity_bit_per_s / 2.0 };
        let faulty = memory.answer(&Edited { edits: vec![edit], ..of() }).unwrap();
        let flows = scenario.flows.iter().zip(&faulty.flows.mean_delay_s);
        let flows = flows.map(|(flow, delay_s)| MeasuredFlow {
            source: flow.source,
            target: flow.target,
            class: Some(flow.class),
            mean_delay_s: *delay_s,
            ..MeasuredFlow::default()
        });
        // Waits are microseconds beside milliseconds on the way: the counters of links tell more.
        let links = (0..).zip(&faulty.links.utilisation);
        let links = links.map(|(link, used)| MeasuredLink { link, utilisation: *used }).collect();
        let measured = Measurements { flows: flows.collect(), links, ..Measurements::default() };
        let engine = engine(Rc::default()).await;
        let job = ImproverJob::Diagnose { of: of(), measured, order: DiagnosisOrder::default() };
        let ImproverOutcome::Diagnosed(found) = outcome(engine.ask(job).await.0) else {
            panic!("no diagnosis")
        };
        assert!(found.alarm, "{} of {}", found.statistic, found.threshold);
        let Some(Edit::Capacity { link, .. }) = found.causes[0].edits.first() else {
            panic!("{:?}", found.causes[0])
        };
        let index =
            |id: &str| scenario.topology.links.iter().position(|link| link.id == id).unwrap();
        let cable: Vec<u32> = scenario.topology.cable(index(&own.id) as u32).collect();
        assert!(cable.contains(&(index(link) as u32)), "{:?}", found.causes[0]);
    });
}
