//! The answer: one sentence with numbers, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::cells::Scheme;
use slicewise_core::cells::figures::RunFigures;

use super::handles::{CellsPlanner, Simulation};
use super::words;
use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};

/// The answer at the head of the page.
#[component]
pub fn Answer() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let figures = Memo::new(move |_| simulation.run(planner.scheme(), |run, _| run.figures));
    let equal = Memo::new(move |_| simulation.run(Scheme::Equal, |run, _| run.figures));
    let cells = Memo::new(move |_| simulation.network.with(|network| network.places.len()));
    let sentence = move || {
        let equal = equal.get();
        words::network(planner.scheme(), &figures.get(), Some(&equal), cells.get().max(12))
    };
    let state = move || state(simulation, planner.scheme());
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
        {live(move || simulation.is_simulating().then(|| view! { <span class="busy" data-test="busy">"simulating…"</span> }))}
    };
    let stale = follow(move || simulation.is_stale());
    answer(stale, live(sentence), status.into_any(), planner.refused)
}

/// The state of the run that is shown, in one word.
fn state(simulation: Simulation, scheme: Scheme) -> &'static str {
    let (done, steps, failed) = simulation.network.with(|network| {
        let run = network.current.of(scheme);
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
