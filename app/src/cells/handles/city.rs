//! The synthetic city: its run, kept as counts and not per cell.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::figures::CityFigures;
use slicewise_core::cells::job::{City, Method};

use super::planner::CellsPlanner;
use crate::cells::engine::{CellEvent, RunId};
use crate::cells::state::CellsState;
use crate::shell::browser;

/// How often a growing result is drawn.
const REDRAW_MS: f64 = 120.0;

/// What was asked of a city.
#[derive(Clone, Debug, PartialEq)]
struct CityQuestion {
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
    pub figures: Arc<CityFigures>,
    /// The run under way.
    pub run: Option<RunId>,
    /// Cells planned so far.
    pub done: usize,
    started_ms: f64,
    /// Time in ms that all cells took, or that passed until the run was stopped.
    pub elapsed_ms: f64,
    /// Where it was planned and why, in words, once it is done.
    pub device: String,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

impl CityRun {
    /// The run in one word, for tests and styles.
    pub fn state(&self) -> &'static str {
        match (&self.question, self.run, &self.failure) {
            (_, Some(_), _) => "running",
            (_, None, Some(_)) => "failed",
            (None, ..) => "idle",
            (Some(question), ..) if self.done < question.city.cells => "stopped",
            _ => "done",
        }
    }

    /// The city that was asked for.
    pub fn city(&self) -> Option<&City> {
        self.question.as_ref().map(|question| &question.city)
    }

    fn show(&mut self, figures: &CityFigures, now_ms: f64) {
        self.done = figures.cells;
        self.elapsed_ms = now_ms - self.started_ms;
        self.figures = Arc::new(figures.clone());
    }
}

/// Signals of the city; a copyable handle.
#[derive(Clone, Copy)]
pub struct CityPlan {
    planner: CellsPlanner,
    /// Its latest run.
    pub run: RwSignal<CityRun>,
}

impl CityPlan {
    /// Nothing planned yet.
    pub fn new(planner: CellsPlanner) -> Self {
        Self { planner, run: RwSignal::new(CityRun::default()) }
    }

    /// Plans the city as the controls have it; an unfinished run ends.
    pub fn start(self) {
        self.cancel();
        let question = Arc::new(self.planner.state.with_untracked(CityQuestion::of));
        let figures = Rc::new(RefCell::new(CityFigures::default()));
        let drawn_ms = Cell::new(0.0);
        let asked = question.clone();
        let listener = move |event| {
            let current = self.run.with_untracked(|run| {
                run.question.as_ref().is_some_and(|question| Arc::ptr_eq(question, &asked))
            });
            if !current {
                return;
            }
            match event {
                CellEvent::Plans { plans, .. } => {
                    figures.borrow_mut().add(&plans);
                    let now = browser::now_ms();
                    if now - drawn_ms.get() >= REDRAW_MS {
                        drawn_ms.set(now);
                        self.run.update(|run| run.show(&figures.borrow(), now));
                    }
                }
                CellEvent::Done { elapsed_ms, device } => self.run.update(|run| {
                    run.show(&figures.borrow(), browser::now_ms());
                    (run.run, run.elapsed_ms) = (None, elapsed_ms);
                    run.device = device;
                }),
                CellEvent::Refused(error) => self.run.update(|run| {
                    (run.run, run.failure) = (None, Some(error.to_string()));
                }),
                CellEvent::Failed(reason) => self.run.update(|run| {
                    (run.run, run.failure) = (None, Some(reason));
                }),
                CellEvent::Step(_)
                | CellEvent::Places(_)
                | CellEvent::Opened { .. }
                | CellEvent::Written(_) => {}
            }
        };
        self.run.set(CityRun {
            question: Some(question.clone()),
            started_ms: browser::now_ms(),
            ..CityRun::default()
        });
        let (method, city) = (question.method.clone(), question.city.clone());
        let run = self.planner.engines.get_value().city(method, city, Rc::new(listener));
        self.run.update(|city| city.run = Some(run));
    }

    /// Stops the run and keeps what is there.
    pub fn cancel(self) {
        if let Some(run) = self.run.with_untracked(|city| city.run) {
            self.planner.engines.get_value().cancel(run);
            self.run.update(|city| city.run = None);
        }
    }

    /// Whether the run answers an earlier question.
    pub fn is_stale(self) -> bool {
        let wanted = self.planner.state.with(CityQuestion::of);
        self.run.with(|run| run.question.as_ref().is_some_and(|question| **question != wanted))
    }
}
