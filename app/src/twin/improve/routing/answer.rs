//! The routing that was found: sentence, changes, and what can be made of them.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::formats::network::segment_lists_csv;
use slicewise_core::twin::Edit;
use slicewise_core::twin::improver::Routed;
use slicewise_core::twin::intent::ImprovementOrder;

use super::words;
use crate::charts::drawing::Cell;
use crate::charts::listing::{Listed, Listing, ListingText, ListingView};
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};
use crate::twin::edits;
use crate::twin::improve::job::{Answered, Job};
use crate::twin::improve::planner::Improve;
use crate::twin::names;
use crate::twin::question::Question;
use crate::twin::state::MOST_EDITS;

const CHANGES: ListingText =
    ListingText { name: "routing-changes", title: "What to change", find: "Find a change" };

/// The answer to `asked`.
pub fn answer(
    improve: Improve,
    job: Job<ImprovementOrder, Routed>,
    Answered { question, order, found }: Answered<ImprovementOrder, Routed>,
) -> AnyView {
    let stale = follow(move || job.is_stale());
    let prefix = move || if stale.get() { "Of an earlier question: " } else { "" };
    let sentence = words::sentence(&question.scenario, &found, &order.intent);
    let broken = found.improvement.broken.iter().map(|broken| view! { <li>{broken.clone()}</li> });
    let broken = broken.collect_view();
    let opened: RwSignal<Option<usize>> = RwSignal::new(None);
    let count = found.improvement.changes.len();
    let changes = (count > 0).then(|| {
        let listing = Listed(Arc::new(listing(&question, found.clone())));
        let listing = Memo::new(move |_| Some(listing.clone()));
        let open = {
            let (question, found) = (question.clone(), found.clone());
            Callback::new(move |row: usize| {
                opened.set(Some(row));
                improve.point_out(links_of(&question, &found, row));
            })
        };
        let (for_all, for_some, for_csv) = (found.clone(), found.clone(), found.clone());
        let room = room(improve);
        let take = move |_| improve.take_over(first_edits(&for_all, count));
        let save = move |_| {
            let text = segment_lists_csv(&for_csv.improvement.changes);
            browser::download("slicewise-segment-lists.csv", "text/csv", &text);
        };
        let map = {
            let found = found.clone();
            move |_| show(improve, &found)
        };
        let detail = move || {
            let row = opened.get()?;
            let found = for_some.clone();
            let then = found.improvement.changes.get(row)?.max_utilisation;
            let told = ["With the first ", &(row + 1).to_string(), " the fullest link is at ", &number_text::percent(then), ". "];
            let take = move |_| improve.take_over(first_edits(&found, row + 1));
            Some(view! {
                <p class="facts-line">{told.concat()}
                    <button type="button" class="quiet" data-test="routing-take-some" on:click=on_click(take)>"Take over these alone"</button>
                </p>
            })
        };
        view! {
            <div class="buttons">
                <button type="button" data-test="routing-take-over" disabled=follow(move || room.get() < count || stale.get())
                    on:click=on_click(take)>"Take over these changes"</button>
                <button type="button" class="quiet" data-test="routing-map" on:click=on_click(map)>"Show the difference on the map"</button>
                <button type="button" class="quiet" data-test="routing-csv" on:click=on_click(save)>"Segment lists as CSV"</button>
            </div>
            {live(move || (room.get() < count).then(|| view! {
                <p class="hint">{format!("The list of edits has room for {} more; these are {count}.", room.get())}</p>
            }))}
            <h2>{CHANGES.title}</h2>
            <div aria-live="polite">{live(detail)}</div>
            <ListingView text=CHANGES listing=listing open=open sort=None chosen=follow(move || opened.get())/>
        }
    });
    view! {
        <p class="day-sentence" class:stale=stale data-test="routing-sentence" aria-live="polite">{live(prefix)}{sentence}</p>
        <ul class="facts-line warning" data-test="routing-broken">{broken}</ul>
        {changes}
    }
    .into_any()
}

/// Edits that the page's list still takes.
fn room(improve: Improve) -> Memo<usize> {
    Memo::new(move |_| {
        let edits = improve.question.with(|q| q.as_ref().map_or(0, |q| q.edits.len()));
        MOST_EDITS.saturating_sub(edits)
    })
}

fn first_edits(found: &Routed, count: usize) -> Vec<Edit> {
    found.improvement.changes.iter().take(count).map(|change| change.edit.clone()).collect()
}

/// Has the map show what the routing changes.
pub fn show(improve: Improve, found: &Routed) {
    let both = found.after.iter().zip(&found.before);
    improve.colour(
        "change by the routing found",
        both.map(|(after, before)| after - before).collect(),
    );
}

/// The links that a change names.
fn links_of(question: &Question, found: &Routed, row: usize) -> Vec<u32> {
    use slicewise_core::twin::edit::Segment;
    let index = |id: &String| names::link_index(&question.scenario, id);
    match found.improvement.changes.get(row).map(|change| &change.edit) {
        Some(Edit::Weight { link, .. }) => index(link).into_iter().collect(),
        Some(Edit::Segments { lists, .. }) => {
            let segments = lists.iter().flat_map(|list| &list.via);
            let link = |segment: &Segment| match segment {
                Segment::Link(id) => index(id),
                Segment::Node(_) => None,
            };
            segments.filter_map(link).collect()
        }
        _ => Vec::new(),
    }
}

/// One row per change, in the order in which they are made.
fn listing(question: &Question, found: Arc<Routed>) -> Listing {
    let rows = found.improvement.changes.len();
    let scenario = question.scenario.clone();
    let read = move |row: usize, column: usize| {
        let Some(change) = found.improvement.changes.get(row) else { return Cell::Empty };
        match column {
            0 => Cell::Text(edits::told(&change.edit, &scenario)),
            1 => Cell::Number(100.0 * change.gain),
            2 => Cell::Number(100.0 * change.max_utilisation),
            3 if change.rate_bit_per_s > 0.0 => Cell::Number(1e-6 * change.rate_bit_per_s),
            4 => Cell::from(words::weight_before(&scenario, &change.edit)),
            _ => Cell::Empty,
        }
    };
    Listing {
        columns: vec![
            "Change",
            "Gained, points",
            "Then fullest, %",
            "Moved, Mbit/s",
            "Weight before",
        ],
        rows,
        read: Arc::new(read),
    }
}
