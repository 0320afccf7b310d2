//! What growth comes to: sentence, tables, and the list to buy from.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::formats::network::{modules_now, upgrade_csv};
use slicewise_core::twin::Edit;
use slicewise_core::twin::growth::{GrowthOrder, GrowthPlan};

use super::{Grown, words};
use crate::charts::drawing::Cell;
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};
use crate::twin::improve::job::Job;
use crate::twin::improve::planner::Improve;
use crate::twin::question::Question;
use crate::twin::{names, units};

const QUARTERS: ListingText =
    ListingText { name: "growth-quarters", title: "Quarter by quarter", find: "Find a link" };
const LINKS: ListingText =
    ListingText { name: "growth-links", title: "When links run full", find: "Find a link" };
const PROMISES: ListingText =
    ListingText { name: "growth-promises", title: "When promises break", find: "Find a promise" };
const PURCHASES: ListingText =
    ListingText { name: "growth-purchases", title: "What to buy", find: "Find a link" };

/// What all listings read.
#[derive(Clone)]
struct Shown {
    question: Arc<Question>,
    order: Arc<GrowthOrder>,
    found: Arc<Grown>,
}

/// The answer to `asked`.
pub fn answer(
    improve: Improve,
    job: Job<GrowthOrder, Grown>,
    (question, order): (Arc<Question>, Arc<GrowthOrder>),
    found: Arc<Grown>,
) -> AnyView {
    let stale = follow(move || job.is_stale());
    let prefix = move || if stale.get() { "Of an earlier question: " } else { "" };
    let scenario = &question.scenario;
    let sentence = words::sentence(scenario, &order, &found.0, found.1.as_ref());
    let has_promises = !scenario.promises.is_empty();
    let upgrade = found.0.upgrade.as_ref().filter(|upgrade| !upgrade.purchases.is_empty());
    let bought =
        upgrade.map(|upgrade| upgrade.purchases.iter().map(|p| p.link).collect::<Vec<_>>());
    let shown = Shown { question: question.clone(), order: order.clone(), found: found.clone() };
    let point_out = |link: Box<dyn Fn(usize) -> Option<u32> + Send + Sync>| {
        Callback::new(move |row: usize| improve.point_out(link(row).into_iter().collect()))
    };
    let link_of_row = point_out(Box::new(|row| Some(row as u32)));
    let purchases = bought.map(|links| {
        let taken = shown.clone();
        let take = move |_| improve.take_over(taken.upgrades());
        let saved = shown.clone();
        let save = move |_| {
            if let Some(upgrade) = &saved.found.0.upgrade {
                let text = upgrade_csv(&saved.question.scenario, &saved.order, upgrade);
                browser::download("slicewise-upgrades.csv", "text/csv", &text);
            }
        };
        let open = point_out(Box::new(move |row| links.get(row).copied()));
        view! {
            <h2>{PURCHASES.title}</h2>
            <div class="buttons">
                <button type="button" data-test="growth-take-over" disabled=stale on:click=on_click(take)>"Take over these capacities"</button>
                <button type="button" class="quiet" data-test="growth-csv" on:click=on_click(save)>"Upgrades as CSV"</button>
            </div>
            {listing(PURCHASES, purchases_of(shown.clone()), open, None)}
        }
    });
    let promises = has_promises.then(|| {
        let open = Callback::new(|_| ());
        view! { <h2>{PROMISES.title}</h2>{listing(PROMISES, promises_of(shown.clone()), open, None)} }
    });
    let map = {
        let found = found.clone();
        move |_| show(improve, &found.0)
    };
    view! {
        <p class="day-sentence" class:stale=stale data-test="growth-sentence" aria-live="polite">{live(prefix)}{sentence}</p>
        <div class="buttons">
            <button type="button" class="quiet" data-test="growth-map" on:click=on_click(map)>"Show the growth on the map"</button>
        </div>
        {purchases}
        {promises}
        <h2>{LINKS.title}</h2>
        {listing(LINKS, links_of(shown.clone()), link_of_row, Some(Sort { column: 4, falls: false }))}
        <h2>{QUARTERS.title}</h2>
        {listing(QUARTERS, quarters_of(shown), Callback::new(|_| ()), None)}
    }
    .into_any()
}

fn listing(text: ListingText, rows: Listing, open: Callback<usize>, sort: Option<Sort>) -> AnyView {
    let rows = Listed(Arc::new(rows));
    let listing = Memo::new(move |_| Some(rows.clone()));
    let chosen: RwSignal<Option<usize>> = RwSignal::new(None);
    let open = Callback::new(move |row| {
        chosen.set(Some(row));
        open.run(row);
    });
    view! { <ListingView text=text listing=listing open=open sort=sort chosen=follow(move || chosen.get())/> }
        .into_any()
}

/// Has the map show by how much links are used more in the last quarter, in the worst of the failures.
pub fn show(improve: Improve, plan: &GrowthPlan) {
    let gained = |link: &slicewise_core::twin::growth::LinkGrowth| {
        let (now, then) = (link.utilisation.first(), link.worst_utilisation.last());
        now.zip(then).map_or(f64::NAN, |(now, then)| then - now)
    };
    let name = "growth until the last quarter, in the worst failure, over the load of today";
    improve.colour(name, plan.links.iter().map(gained).collect());
}

impl Shown {
    /// The capacities after all purchases, as edits.
    fn upgrades(&self) -> Vec<Edit> {
        let links = &self.question.scenario.topology.links;
        let mut edits: Vec<(u32, Edit)> = Vec::new();
        for bought in self.found.0.upgrade.iter().flat_map(|upgrade| &upgrade.purchases) {
            let Some(link) = links.get(bought.link as usize) else { continue };
            let bit_per_s = bought.capacity_after_bit_per_s;
            edits.retain(|(other, _)| *other != bought.link);
            edits.push((bought.link, Edit::Capacity { link: link.id.clone(), bit_per_s }));
        }
        edits.into_iter().map(|(_, edit)| edit).collect()
    }
}

fn share(share: f64) -> Cell {
    Cell::Number(100.0 * share)
}

fn quarter(quarter: Option<u32>) -> Cell {
    quarter.map_or(Cell::Empty, |quarter| Cell::Number(f64::from(quarter)))
}

fn quarters_of(shown: Shown) -> Listing {
    let rows = shown.found.0.quarters.len();
    let read = move |row: usize, column: usize| {
        let Some(own) = shown.found.0.quarters.get(row) else { return Cell::Empty };
        let scenario = &shown.question.scenario;
        let link =
            |link: Option<u32>| link.map_or(Cell::Empty, |l| Cell::Text(names::link(scenario, l)));
        match column {
            0 => Cell::Number(row as f64),
            1 => Cell::Number(1e-9 * own.offered_bit_per_s),
            2 => share(own.highest_utilisation),
            3 => link(own.busiest_link),
            4 => share(own.highest_with_failures),
            5 => link(own.busiest_with_failures),
            _ => Cell::Number(f64::from(own.full_with_failures)),
        }
    };
    let columns = vec![
        "Quarter",
        "Offered, Gbit/s",
        "Fullest, %",
        "Fullest link",
        "In a failure, %",
        "Fullest link then",
        "Links too full",
    ];
    Listing { columns, rows, read: Arc::new(read) }
}

fn links_of(shown: Shown) -> Listing {
    let rows = shown.found.0.links.len();
    let read = move |row: usize, column: usize| {
        let Some(own) = shown.found.0.links.get(row) else { return Cell::Empty };
        let scenario = &shown.question.scenario;
        match column {
            0 => Cell::Text(names::link(scenario, row as u32)),
            1 => Cell::from(own.utilisation.first().map(|used| 100.0 * used)),
            2 => Cell::from(own.worst_utilisation.last().map(|used| 100.0 * used)),
            3 => quarter(own.full_from),
            4 => quarter(own.full_from_with_failures),
            _ => Cell::Text(words::failure(scenario, &own.worst_failure)),
        }
    };
    let columns = vec![
        "Link",
        "Now, %",
        "In the end at worst, %",
        "Full in quarter",
        "In a failure in quarter",
        "When this fails",
    ];
    Listing { columns, rows, read: Arc::new(read) }
}

fn promises_of(shown: Shown) -> Listing {
    let rows = shown.found.0.promises.len();
    let read = move |row: usize, column: usize| {
        let scenario = &shown.question.scenario;
        let (Some(own), Some(promise)) =
            (shown.found.0.promises.get(row), scenario.promises.get(row))
        else {
            return Cell::Empty;
        };
        let flow = |flow: Option<u32>| {
            flow.map_or(Cell::Empty, |f| Cell::Text(names::flow(scenario, f as usize)))
        };
        match column {
            0 => Cell::Text(words::promise(promise)),
            1 => quarter(own.breaks_from),
            2 => quarter(own.breaks_from_with_failures),
            3 if own.breaks_from_with_failures.is_none() => Cell::Empty,
            3 => Cell::Text(words::failure(scenario, &own.failure)),
            4 => flow(own.flow),
            _ => quarter(own.breaks_from_upgraded),
        }
    };
    let columns = vec![
        "Promise",
        "Breaks in quarter",
        "In a failure in quarter",
        "When this fails",
        "First flow",
        "With the purchases",
    ];
    Listing { columns, rows, read: Arc::new(read) }
}

fn purchases_of(shown: Shown) -> Listing {
    let purchases = |shown: &Shown| shown.found.0.upgrade.as_ref().map_or(0, |u| u.purchases.len());
    let rows = purchases(&shown);
    let read = move |row: usize, column: usize| {
        let bought = shown.found.0.upgrade.as_ref().and_then(|upgrade| upgrade.purchases.get(row));
        let Some(bought) = bought else { return Cell::Empty };
        let scenario = &shown.question.scenario;
        let module = |count: &slicewise_core::twin::growth::ModuleCount| {
            let module = shown.order.modules.get(count.module as usize);
            let name: &str = module.map_or("?", |module| &module.name);
            [&count.count.to_string(), " × ", name].concat()
        };
        match column {
            0 => Cell::Text(names::cable(scenario, bought.link)),
            1 => Cell::Number(f64::from(bought.quarter)),
            2 => {
                let link = scenario.topology.links.get(bought.link as usize);
                Cell::Text(link.map(|link| modules_now(link, &shown.order)).unwrap_or_default())
            }
            3 => Cell::Text(bought.modules.iter().map(module).collect::<Vec<_>>().join(" + ")),
            4 => Cell::Text(units::rate(bought.capacity_before_bit_per_s)),
            5 => Cell::Text(units::rate(bought.capacity_after_bit_per_s)),
            _ => Cell::Number(bought.price),
        }
    };
    let columns = vec!["Link", "In quarter", "Modules now", "Add", "Capacity now", "Then", "Price"];
    Listing { columns, rows, read: Arc::new(read) }
}
