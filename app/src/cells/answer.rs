//! The answer: one sentence with numbers, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::cells::Scheme;

use super::figures::RunFigures;
use super::planner::CellsPlanner;
use super::words;
use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};

/// The answer at the head of the page.
#[component]
pub fn Answer() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let figures = Memo::new(move |_| planner.run(planner.scheme(), |run, _| run.figures));
    let equal = Memo::new(move |_| planner.run(Scheme::Equal, |run, _| run.figures));
    let cells = Memo::new(move |_| planner.network.with(|network| network.places.len()));
    let sentence = move || {
        let equal = equal.get();
        words::network(planner.scheme(), &figures.get(), Some(&equal), cells.get().max(12))
    };
    let state = move || state(planner);
    let chip = move || match state() {
        "waiting" => "waiting for the engine",
        "simulating" => "simulating the day",
        "stopped" => "stopped",
        _ => "the whole day",
    };
    let status = view! {
        <span class=follow(move || format!("chip {}", if state() == "done" { "solved" } else { "" }))
            data-test="status"
            data-state=follow(state)
            data-probability=follow(move || figures.get().probability())
        >{live(chip)}</span>
        {live(move || notes(&figures.get()))}
        <span class="spring"></span>
        {live(move || planner.is_simulating().then(|| view! { <span class="busy" data-test="busy">"simulating…"</span> }))}
    };
    let stale = follow(move || planner.is_stale());
    answer(stale, live(sentence), status.into_any(), planner.refused)
}

/// The state of the run that is shown, in one word.
fn state(planner: CellsPlanner) -> &'static str {
    let (done, steps, failed) = planner.network.with(|network| {
        let run = network.current.of(planner.scheme());
        (run.done, run.steps.len(), run.error.is_some())
    });
    match (done, steps, failed) {
        (true, ..) => "done",
        (_, _, true) => "stopped",
        (_, 0, _) => "waiting",
        _ => "simulating",
    }
}

fn notes(figures: &RunFigures) -> AnyView {
    if figures.steps == 0 {
        return ().into_any();
    }
    let decision = figures.decision_ms / figures.steps as f64;
    let mean = number_text::percent(figures.mean());
    let time = number_text::quantity(decision, "ms per decision for all cells");
    view! {
        <span class="note">{format!("mean satisfaction {mean}")}</span>
        <span class="note timing">{time}</span>
    }
    .into_any()
}
