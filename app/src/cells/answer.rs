//! The answer: one sentence with numbers, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::cells::Scheme;
use slicewise_core::cells::figures::RunFigures;

use super::handles::{CellsPlanner, ImportedTable, Simulation};
use super::imported::Imported;
use super::models;
use super::state::{CellsState, Tab};
use super::words;
use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};

/// The answer at the head of the page: for the network, or for the opened table where that is shown.
#[component]
pub fn Answer() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let table = expect_context::<ImportedTable>();
    let figures = Memo::new(move |_| simulation.run(planner.scheme(), |run, _| run.figures));
    let equal = Memo::new(move |_| simulation.run(Scheme::Equal, |run, _| run.figures));
    let cells = Memo::new(move |_| simulation.network.with(|network| network.places.len()));
    let of_table = Memo::new(move |_| shows_table(planner, table));
    let read = move |read: fn(&Imported) -> String| table.imported.with(|i| i.as_ref().map(read));
    let state = move || state(simulation, planner.scheme());
    let sentence = move || {
        if of_table.get() {
            return read(table_sentence).unwrap_or_default();
        }
        if state() == "stopped" && figures.with(|figures| figures.slice_steps == 0) {
            return "There is no answer for the network: its simulation stopped.".to_owned();
        }
        words::network(planner.scheme(), &figures.get(), Some(&equal.get()), cells.get().max(12))
    };
    let warnings = move || match of_table.get() {
        true => table_warnings(table),
        false => {
            let objective = planner.state.with(|state| state.objective);
            let below = words::below_equal(&figures.get(), &equal.get(), objective);
            let asked = planner.state.with(asks_outside).then(|| ASKS_OUTSIDE.to_owned());
            Warnings { below, outside: asked.or_else(|| words::run_outside(&figures.get())) }
        }
    };
    let class = move || {
        let done = match of_table.get() {
            true => table.imported.with(|i| i.as_ref().is_some_and(|i| i.planned.is_some())),
            false => state() == "done",
        };
        match (done, warnings().is_empty()) {
            (true, true) => "chip solved",
            (true, false) => "chip stopped",
            _ => "chip",
        }
    };
    let chip = move || match (of_table.get(), state()) {
        (true, _) => "the opened table",
        (_, "waiting") => "waiting for the engine",
        (_, "simulating") => "simulating the day",
        (_, "stopped") => "stopped",
        _ => "the whole day",
    };
    let status = view! {
        <span class=follow(class)
            data-test="status"
            data-state=follow(state)
            data-probability=follow(move || figures.get().probability())
        >{live(chip)}</span>
        {live(move || warnings().below.map(|text| view! { <span class="note warning" data-test="below-equal">{text}</span> }))}
        {live(move || warnings().outside.map(|text| view! { <span class="note warning" data-test="outside">{text}</span> }))}
        {live(move || if of_table.get() { ().into_any() } else { notes(&figures.get()) })}
        <Explanation topic="promises, estimated and simulated" text=words::ABOUT_PROMISES/>
        <span class="spring"></span>
        {live(move || (simulation.is_simulating() && state() != "stopped").then(|| view! { <span class="busy" data-test="busy">"simulating…"</span> }))}
    };
    let stale = follow(move || !of_table.get() && simulation.is_stale());
    answer(stale, live(sentence), status.into_any(), planner.refused)
}

/// What is said where a control asks for more than the estimator was trained on.
const ASKS_OUTSIDE: &str = "A requirement lies outside what the estimator was trained on";

/// What keeps an answer from being green.
struct Warnings {
    /// Equal shares keep more promises.
    below: Option<String>,
    /// Something lies outside what the estimator was trained on.
    outside: Option<String>,
}

impl Warnings {
    fn is_empty(&self) -> bool {
        self.below.is_none() && self.outside.is_none()
    }
}

/// Whether what is shown below is the opened table and not the network.
fn shows_table(planner: CellsPlanner, table: ImportedTable) -> bool {
    let has_table = table.imported.with(Option::is_some);
    match planner.state.with(|state| state.tab) {
        Tab::Table => has_table,
        Tab::Cell => has_table && table.is_open(),
        _ => false,
    }
}

fn table_sentence(imported: &Imported) -> String {
    match &imported.planned {
        Some(_) => words::table(&imported.name, &imported.figures),
        None => format!("The cells of {} are being planned.", imported.name),
    }
}

fn table_warnings(table: ImportedTable) -> Warnings {
    let outside = table.imported.with(|i| i.as_ref().map_or(0, |i| i.figures.outside));
    Warnings { below: None, outside: words::outside(outside) }
}

/// Whether a slice is promised what the estimator was not trained on.
fn asks_outside(state: &CellsState) -> bool {
    let trained = models::named(&state.estimator).and_then(|model| model.trained);
    let asks =
        |trained| state.slices.iter().any(|terms| words::asks_outside(&terms.service, &trained));
    trained.is_some_and(asks)
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
    let mean = words::expected(figures)
        .unwrap_or_else(|| format!("mean satisfaction {}", number_text::percent(figures.mean())));
    let time = number_text::quantity(decision, "ms per decision for all cells");
    view! {
        <span class="note" data-test="estimated">{mean}</span>
        <span class="note timing">{time}</span>
    }
    .into_any()
}
