//! The panel of the synthetic city.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::job::MOST_CELLS;

use crate::cells::charts::city;
use crate::cells::handles::{CellsPlanner, CityPlan, CityRun, Simulation};
use crate::cells::words;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};
use crate::shell::narrow::Narrow;

const GAPS: FrameText = FrameText {
    name: "city-gaps",
    title: "Certified gaps",
    about: "For every cell the planner proves a bound that no split can exceed: the Lagrangian dual of Problem 2 (IDLA, equations (11) to (14)). The gap is (bound − utility) / bound, both by the estimator. Cells are counted on a logarithmic axis, so that the few with a gap are seen.",
};
const SATISFACTION: FrameText = FrameText {
    name: "city-satisfaction",
    title: "Estimated satisfaction in the city",
    about: "Estimated satisfaction r of every slice of every cell (IDLA, equations (3) and (6)), counted in bins of 5 % on a logarithmic axis.",
};

/// The panel of the city.
#[component]
pub fn CityPanel() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let plan = expect_context::<CityPlan>();
    let simulation = expect_context::<Simulation>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let size = move || if narrow.get() { (360.0, 240.0) } else { (500.0, 270.0) };
    let gaps = Memo::new(move |_| {
        plan.run.with(|run| city::gaps(&run.figures, size())).map(|c| Drawn(Arc::new(c)))
    });
    let satisfaction = Memo::new(move |_| {
        plan.run.with(|run| city::satisfaction(&run.figures, size())).map(|c| Drawn(Arc::new(c)))
    });
    let stale = follow(move || plan.is_stale());
    let has_plans = Memo::new(move |_| plan.run.with(|run| run.done > 0));
    let results = move || {
        match has_plans.get() {
        true => view! {
            <p class="day-sentence" class:stale=follow(move || stale.get()) data-test="city-sentence"
                data-probability=follow(move || plan.run.with(|run| run.figures.probability()))
                data-gap=follow(move || plan.run.with(|run| run.figures.largest_gap))>
                {live(move || sentence(plan))}
            </p>
            <div class="charts two">
                <ChartFrame text=GAPS chart=gaps stale=stale/>
                <ChartFrame text=SATISFACTION chart=satisfaction stale=stale/>
            </div>
            {live(move || outside_words(plan).map(|text| view! { <p class="hint warning" data-test="city-outside">{text}</p> }))}
            <p class="hint" data-test="city-simulated">{live(move || calibration(planner, simulation))}</p>
            <p class="hint">{live(memory_words)}</p>
        }
        .into_any(),
        false => view! {
            <p class="placeholder">
                "How long does a whole city take? A generator makes cells with the slices of the \
                 controls, each with users, channel qualities and traffic of its own; the pool of \
                 workers plans them all, each with a proof of its estimate. Plans are kept as counts, not per \
                 cell, so that memory does not grow with the city."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <div class="city">
            {city_bar(planner, plan)}
            {live(results)}
        </div>
    }
    .into_any()
}

fn city_bar(planner: CellsPlanner, plan: CityPlan) -> AnyView {
    let cells = Memo::new(move |_| planner.state.with(|state| state.city_cells));
    let running = Memo::new(move |_| plan.run.with(|run| run.run.is_some()));
    let caption = move || match running.get() {
        true => "Cancel".to_owned(),
        false if plan.is_stale() => "Plan again".to_owned(),
        false if cells.get() == 1 => "Plan 1 cell".to_owned(),
        false => format!("Plan {} cells", number_text::rounded(cells.get() as f64)),
    };
    let press = move |_| if running.get_untracked() { plan.cancel() } else { plan.start() };
    let progress = move || {
        running.get().then(|| {
            let done = move || plan.run.with(|run| run.done);
            let total = plan.run.with_untracked(|run| run.city().map_or(1, |city| city.cells));
            view! { <progress max=total value=follow(done) aria-label="Cells planned"></progress> }
        })
    };
    let field = BoxField {
        test: "city-cells".to_owned(),
        label: "Cells of the city".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((1.0, MOST_CELLS as f64)),
        value: follow(move || cells.get() as f64),
        change: Callback::new(move |cells: f64| {
            planner.state.update(|state| state.city_cells = cells.round() as usize);
        }),
    };
    let state = move || plan.run.with(CityRun::state);
    view! {
        <div class="batch-bar">
            <button type="button" class="primary" data-test="city-run" on:click=on_click(press)>{live(caption)}</button>
            <NumberBox field=field/>
            {live(progress)}
            <span
                class="hint"
                class:warning=follow(move || matches!(state(), "failed" | "stopped"))
                role="status"
                data-test="city-status"
                data-state=follow(state)
                data-stale=follow(move || plan.is_stale().to_string())
                data-done=follow(move || plan.run.with(|run| run.done))
            >
                {live(move || plan.run.with(status_words))}
            </span>
        </div>
    }
    .into_any()
}

fn status_words(run: &CityRun) -> String {
    let Some(city) = run.city() else { return String::new() };
    let count = |number: usize| number_text::rounded(number as f64);
    let speed = 1000.0 * run.done as f64 / run.elapsed_ms.max(1.0);
    let progress = format!(
        "{} of {} cells, {} cells per second",
        count(run.done),
        count(city.cells),
        number_text::rounded(speed.round())
    );
    match (run.state(), &run.failure) {
        ("running", _) => progress,
        ("failed", Some(failure)) => format!("This could not be planned: {failure}."),
        ("stopped", _) => format!("Stopped after {progress}; what was planned stays."),
        ("done", _) => run.device.clone(),
        _ => String::new(),
    }
}

fn sentence(plan: CityPlan) -> String {
    let stale = if plan.is_stale() { "Of an earlier question: " } else { "" };
    plan.run.with(|run| {
        let slices = run.city().map_or(0, |city| city.services.len());
        format!("{stale}{}", words::city(&run.figures, slices, run.elapsed_ms))
    })
}

/// What came of the estimates where there is a simulation.
fn calibration(planner: CellsPlanner, simulation: Simulation) -> String {
    let figures = simulation.run(planner.scheme(), |run, _| run.figures);
    words::calibration(&figures).unwrap_or_default()
}

fn outside_words(plan: CityPlan) -> Option<String> {
    plan.run.with(|run| words::outside(run.figures.outside))
}

/// What the browser tells of the page's memory.
fn memory_words() -> String {
    match browser::memory_bytes() {
        Some(bytes) => format!(
            "The page itself holds {}; each worker keeps the cells that it plans at the moment.",
            number_text::quantity((bytes / 1e5).round() / 10.0, "MB")
        ),
        None => String::new(),
    }
}
