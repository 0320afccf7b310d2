//! What the measurements say: sentence, causes, and every flow and link beside what is expected.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::diagnosis::{Cause, Diagnosis, Site};

use super::{Asked, words};
use crate::charts::drawing::Cell;
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::shell::live::{follow, live, on_click};
use crate::twin::improve::job::Job;
use crate::twin::improve::planner::Improve;
use crate::twin::names;
use crate::twin::question::Question;

const CAUSES: ListingText =
    ListingText { name: "causes", title: "What may be wrong", find: "Find a cause" };
const FLOWS: ListingText =
    ListingText { name: "measured-flows", title: "Measured flows", find: "Find a flow" };
const LINKS: ListingText =
    ListingText { name: "measured-links", title: "Measured links", find: "Find a link" };

/// What all listings read.
#[derive(Clone)]
struct Shown {
    question: Arc<Question>,
    asked: Arc<Asked>,
    found: Arc<Diagnosis>,
}

/// The answer to `asked`.
pub fn answer(
    improve: Improve,
    job: Job<Asked, Diagnosis>,
    (question, asked): (Arc<Question>, Arc<Asked>),
    found: Arc<Diagnosis>,
) -> AnyView {
    let stale = follow(move || job.is_stale());
    let prefix = move || if stale.get() { "Of an earlier question: " } else { "" };
    let sentence = words::sentence(&question.scenario, &asked.order, &found);
    let (has_flows, has_links) = (!found.flows.is_empty(), !found.links.is_empty());
    let shown = Shown { question, asked, found };
    // The most likely cause is open from the start.
    let opened = RwSignal::new((!shown.found.causes.is_empty()).then_some(0));
    let open_cause = {
        let shown = shown.clone();
        Callback::new(move |row: usize| {
            opened.set(Some(row));
            improve.point_out(shown.links_of(row));
        })
    };
    let detail = {
        let shown = shown.clone();
        move || {
            let cause = shown.found.causes.get(opened.get()?)?.clone();
            let told = ["If ", &words::cause(&shown.question.scenario, &cause), ":"].concat();
            let take = move |_| improve.take_over(cause.edits.clone());
            Some(view! {
                <p class="facts-line">{told}" "
                    <button type="button" data-test="cause-take-over" on:click=on_click(take)>"Try this as a what-if"</button>
                </p>
            })
        }
    };
    let causes =
        listing(CAUSES, causes_of(shown.clone()), open_cause, None, follow(move || opened.get()));
    let none = || Signal::stored(None);
    let furthest = Some(Sort { column: 5, falls: true });
    let flows = has_flows.then(|| {
        let rows = listing(FLOWS, flows_of(shown.clone()), Callback::new(|_| ()), furthest, none());
        view! { <h2>{FLOWS.title}</h2>{rows} }
    });
    let links = has_links.then(|| {
        let own = shown.asked.clone();
        let open = Callback::new(move |row: usize| {
            let link = own.measured.links.get(row).map(|measured| measured.link);
            improve.point_out(link.into_iter().collect());
        });
        view! { <h2>{LINKS.title}</h2>{listing(LINKS, links_of(shown.clone()), open, furthest, none())} }
    });
    view! {
        <p class="day-sentence" class:stale=stale data-test="diagnosis-sentence" aria-live="polite">{live(prefix)}{sentence}</p>
        <h2>{CAUSES.title}</h2>
        <div aria-live="polite">{live(detail)}</div>
        {causes}
        {flows}
        {links}
    }
    .into_any()
}

fn listing(
    text: ListingText,
    rows: Listing,
    open: Callback<usize>,
    sort: Option<Sort>,
    chosen: Signal<Option<usize>>,
) -> AnyView {
    let rows = Listed(Arc::new(rows));
    let listing = Memo::new(move |_| Some(rows.clone()));
    view! { <ListingView text=text listing=listing open=open sort=sort chosen=chosen/> }.into_any()
}

/// Has the map show how far measured utilisations lie from what is expected, and point out the most likely cause.
pub fn show(
    improve: Improve,
    question: &Arc<Question>,
    asked: &Arc<Asked>,
    found: &Arc<Diagnosis>,
) {
    if !found.links.is_empty() {
        let mut values = vec![f64::NAN; question.scenario.topology.links.len()];
        for (measured, compared) in asked.measured.links.iter().zip(&found.links) {
            if let Some(value) = values.get_mut(measured.link as usize) {
                *value = measured.utilisation - compared.expected;
            }
        }
        improve.colour("measured utilisation less what is expected", values);
    }
    let shown = Shown { question: question.clone(), asked: asked.clone(), found: found.clone() };
    improve.point_out(shown.links_of(0));
}

impl Shown {
    /// The links at which the cause of this row is.
    fn links_of(&self, row: usize) -> Vec<u32> {
        match self.found.causes.get(row).map(|cause: &Cause| cause.site) {
            Some(Site::Link(link)) => self.question.scenario.topology.cable(link).collect(),
            _ => Vec::new(),
        }
    }
}

fn causes_of(shown: Shown) -> Listing {
    let rows = shown.found.causes.len();
    let read = move |row: usize, column: usize| {
        let Some(cause) = shown.found.causes.get(row) else { return Cell::Empty };
        match column {
            0 => Cell::Text(words::cause(&shown.question.scenario, cause)),
            1 => Cell::Number(100.0 * cause.probability),
            _ => Cell::Number(cause.log_likelihood_ratio),
        }
    };
    let columns = vec!["Cause", "Probability, %", "Log-likelihood gained"];
    Listing { columns, rows, read: Arc::new(read) }
}

fn outside(outside: bool) -> Cell {
    Cell::Text(if outside { "outside" } else { "" }.to_owned())
}

fn flows_of(shown: Shown) -> Listing {
    let rows = shown.found.flows.len();
    let read = move |row: usize, column: usize| {
        let (Some(own), Some(found)) =
            (shown.asked.measured.flows.get(row), shown.found.flows.get(row))
        else {
            return Cell::Empty;
        };
        let ms = |seconds: f64| Cell::Number(1e3 * seconds);
        match column {
            0 => Cell::Text(words::flow(&shown.question.scenario, own)),
            1 => ms(own.mean_delay_s),
            2 => ms(found.expected_s),
            3 => ms(found.interval_s.0),
            4 => ms(found.interval_s.1),
            5 => Cell::Number(found.deviations.abs()),
            _ => outside(found.outside),
        }
    };
    let columns = vec![
        "Flow",
        "Measured, ms",
        "Expected, ms",
        "From, ms",
        "To, ms",
        "Deviations",
        "Interval",
    ];
    Listing { columns, rows, read: Arc::new(read) }
}

fn links_of(shown: Shown) -> Listing {
    let rows = shown.found.links.len();
    let read = move |row: usize, column: usize| {
        let (Some(own), Some(found)) =
            (shown.asked.measured.links.get(row), shown.found.links.get(row))
        else {
            return Cell::Empty;
        };
        let share = |share: f64| Cell::Number(100.0 * share);
        match column {
            0 => Cell::Text(names::link(&shown.question.scenario, own.link)),
            1 => share(own.utilisation),
            2 => share(found.expected),
            3 => share(found.interval.0),
            4 => share(found.interval.1),
            5 => Cell::Number(found.deviations.abs()),
            _ => outside(found.outside),
        }
    };
    let columns =
        vec!["Link", "Measured, %", "Expected, %", "From, %", "To, %", "Deviations", "Interval"];
    Listing { columns, rows, read: Arc::new(read) }
}
