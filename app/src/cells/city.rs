//! The synthetic city: its run, kept as counts and not per cell, and its panel.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::job::{City, MOST_CELLS, Method};

use super::charts::city;
use super::engine::{CellEvent, RunId};
use super::figures::CityFigures;
use super::planner::CellsPlanner;
use super::state::CellsState;
use super::words;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live};

const GAPS: FrameText = FrameText {
    name: "city-gaps",
    title: "Certified gaps",
    about: "For every cell the planner proves a bound that no split can exceed: the Lagrangian dual of Problem 2 (IDLA, equations (11) to (14)). The gap is (bound − utility) / bound. Cells are counted on a logarithmic axis, so that the few with a gap are seen.",
};
const SATISFACTION: FrameText = FrameText {
    name: "city-satisfaction",
    title: "Satisfaction in the city",
    about: "Estimated satisfaction r of every slice of every cell (IDLA, equations (3) and (6)), counted in bins of 5 % on a logarithmic axis.",
};
/// How often a growing result is drawn.
const REDRAW_MS: f64 = 120.0;

/// What was asked of a city.
#[derive(Clone, Debug, PartialEq)]
pub struct CityQuestion {
    city: City,
    method: Method,
}

impl CityQuestion {
    fn of(state: &CellsState) -> Self {
        Self { city: state.city(), method: state.method() }
    }
}

/// A city's run; a copy is cheap.
#[derive(Clone, Debug, Default)]
pub struct CityRun {
    /// What it was asked; none before the first run.
    question: Option<Arc<CityQuestion>>,
    /// What the plans so far come to.
    figures: Arc<CityFigures>,
    /// The run under way.
    run: Option<RunId>,
    /// Cells planned so far.
    done: usize,
    started_ms: f64,
    /// Time that all cells took, or that passed until the run was stopped.
    elapsed_ms: f64,
    /// Where it was planned and why, in words, once it is done.
    device: String,
    failure: Option<String>,
}

impl CityRun {
    fn state(&self) -> &'static str {
        match (&self.question, self.run, &self.failure) {
            (_, Some(_), _) => "running",
            (_, None, Some(_)) => "failed",
            (None, ..) => "idle",
            (Some(question), ..) if self.done < question.city.cells => "stopped",
            _ => "done",
        }
    }

    fn words(&self) -> String {
        let Some(question) = &self.question else { return String::new() };
        let count = |number: usize| number_text::rounded(number as f64);
        let speed = 1000.0 * self.done as f64 / self.elapsed_ms.max(1.0);
        let progress = format!(
            "{} of {} cells, {} cells per second",
            count(self.done),
            count(question.city.cells),
            number_text::rounded(speed.round())
        );
        match (self.state(), &self.failure) {
            ("running", _) => progress,
            ("failed", Some(failure)) => format!("This could not be planned: {failure}."),
            ("stopped", _) => format!("Stopped after {progress}; what was planned stays."),
            ("done", _) => self.device.clone(),
            _ => String::new(),
        }
    }
}

/// Plans the city as the controls have it; an unfinished run ends.
fn start(planner: CellsPlanner) {
    cancel(planner);
    let question = Arc::new(planner.state.with_untracked(CityQuestion::of));
    let figures = Rc::new(std::cell::RefCell::new(CityFigures::default()));
    let drawn_ms = std::cell::Cell::new(0.0);
    let asked = question.clone();
    let listener = move |event| {
        let current = planner
            .city
            .with_untracked(|run| run.question.as_ref().is_some_and(|q| Arc::ptr_eq(q, &asked)));
        if !current {
            return;
        }
        match event {
            CellEvent::Plans { plans, .. } => {
                figures.borrow_mut().add(&plans);
                let now = browser::now_ms();
                if now - drawn_ms.get() >= REDRAW_MS {
                    drawn_ms.set(now);
                    planner.city.update(|run| run.show(&figures.borrow(), now));
                }
            }
            CellEvent::Done { elapsed_ms, device } => planner.city.update(|run| {
                run.show(&figures.borrow(), browser::now_ms());
                (run.run, run.elapsed_ms) = (None, elapsed_ms);
                run.device = device;
            }),
            CellEvent::Refused(error) => planner.city.update(|run| {
                (run.run, run.failure) = (None, Some(error.to_string()));
            }),
            CellEvent::Failed(reason) => planner.city.update(|run| {
                (run.run, run.failure) = (None, Some(reason));
            }),
            CellEvent::Step(_) | CellEvent::Places(_) | CellEvent::Opened { .. } => {}
        }
    };
    planner.city.set(CityRun {
        question: Some(question.clone()),
        started_ms: browser::now_ms(),
        ..CityRun::default()
    });
    let (method, city) = (question.method.clone(), question.city.clone());
    let run = planner.engines.get_value().city(method, city, Rc::new(listener));
    planner.city.update(|city| city.run = Some(run));
}

impl CityRun {
    fn show(&mut self, figures: &CityFigures, now_ms: f64) {
        self.done = figures.cells;
        self.elapsed_ms = now_ms - self.started_ms;
        self.figures = Arc::new(figures.clone());
    }
}

/// Stops the run and keeps what is there.
fn cancel(planner: CellsPlanner) {
    if let Some(run) = planner.city.with_untracked(|city| city.run) {
        planner.engines.get_value().cancel(run);
        planner.city.update(|city| city.run = None);
    }
}

/// The panel of the city.
#[component]
pub fn CityPanel() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let wide = expect_context::<crate::shell::narrow::Narrow>().0;
    let size = move || if wide.get() { (360.0, 240.0) } else { (500.0, 270.0) };
    let gaps = Memo::new(move |_| {
        planner.city.with(|run| city::gaps(&run.figures, size())).map(|c| Drawn(Arc::new(c)))
    });
    let satisfaction = Memo::new(move |_| {
        planner
            .city
            .with(|run| city::satisfaction(&run.figures, size()))
            .map(|c| Drawn(Arc::new(c)))
    });
    let stale = Signal::derive(move || is_stale(planner));
    let has_plans = Memo::new(move |_| planner.city.with(|run| run.done > 0));
    let results = move || {
        match has_plans.get() {
        true => view! {
            <p class="day-sentence" class:stale=follow(move || stale.get()) data-test="city-sentence"
                data-probability=follow(move || planner.city.with(|run| run.figures.probability()))
                data-gap=follow(move || planner.city.with(|run| run.figures.largest_gap))>
                {live(move || sentence(planner))}
            </p>
            <div class="charts two">
                <ChartFrame text=GAPS chart=gaps stale=stale/>
                <ChartFrame text=SATISFACTION chart=satisfaction stale=stale/>
            </div>
            <p class="hint">{live(memory_words)}</p>
        }
        .into_any(),
        false => view! {
            <p class="placeholder">
                "How long does a whole city take? A generator makes cells with the slices of the \
                 controls, each with users, channel qualities and traffic of its own; the pool of \
                 workers plans them all, with a proof for each. Plans are kept as counts, not per \
                 cell, so that memory does not grow with the city."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <div class="city">
            {city_bar(planner)}
            {live(results)}
        </div>
    }
    .into_any()
}

fn is_stale(planner: CellsPlanner) -> bool {
    let wanted = planner.state.with(CityQuestion::of);
    planner.city.with(|run| run.question.as_ref().is_some_and(|question| **question != wanted))
}

fn city_bar(planner: CellsPlanner) -> AnyView {
    let cells = Memo::new(move |_| planner.state.with(|state| state.city_cells));
    let running = Memo::new(move |_| planner.city.with(|run| run.run.is_some()));
    let caption = move || match running.get() {
        true => "Cancel".to_owned(),
        false if cells.get() == 1 => "Plan 1 cell".to_owned(),
        false => format!("Plan {} cells", number_text::rounded(cells.get() as f64)),
    };
    let press = move |_| if running.get_untracked() { cancel(planner) } else { start(planner) };
    let progress = move || {
        running.get().then(|| {
            let done = move || planner.city.with(|run| run.done);
            let total = planner.city.with_untracked(|run| {
                run.question.as_ref().map_or(1, |question| question.city.cells)
            });
            view! { <progress max=total value=follow(done) aria-label="Cells planned"></progress> }
        })
    };
    let field = BoxField {
        test: "city-cells".to_owned(),
        label: "Cells of the city".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((1.0, MOST_CELLS as f64)),
        value: Signal::derive(move || cells.get() as f64),
        change: Callback::new(move |cells: f64| {
            planner.state.update(|state| state.city_cells = cells.round() as usize);
        }),
    };
    let state = move || planner.city.with(CityRun::state);
    view! {
        <div class="batch-bar">
            <button type="button" class="primary" data-test="city-run" on:click=press>{live(caption)}</button>
            <NumberBox field=field/>
            {live(progress)}
            <span
                class="hint"
                class:warning=follow(move || matches!(state(), "failed" | "stopped"))
                role="status"
                data-test="city-status"
                data-state=follow(state)
                data-done=follow(move || planner.city.with(|run| run.done))
            >
                {live(move || planner.city.with(CityRun::words))}
            </span>
        </div>
    }
    .into_any()
}

fn sentence(planner: CellsPlanner) -> String {
    let stale = if is_stale(planner) { "Of an earlier question: " } else { "" };
    planner.city.with(|run| {
        let slices = run.question.as_ref().map_or(0, |question| question.city.services.len());
        format!("{stale}{}", words::city(&run.figures, slices, run.elapsed_ms))
    })
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
