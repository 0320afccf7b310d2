//! The simulated network: one run of the day per scheme that the view needs, and the step that is shown.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{HISTORY, STEPS_PER_DAY, Scenario, Scheme, SimulatedStep};

use super::planner::{CellsPlanner, REST_MS};
use crate::cells::charts::day::DayPicture;
use crate::cells::engine::CellEvent;
use crate::cells::network::{FIRST_STEP, Network, Question, Run, Runs};
use crate::cells::state::{CellsState, SCHEMES, Tab};

/// How often the steps that have come are shown.
const SHOW_MS: u32 = 90;
/// Time between two steps while the day is played.
const PLAY_MS: u32 = 160;

/// Signals of the simulated network; a copyable handle.
#[derive(Clone, Copy)]
pub struct Simulation {
    planner: CellsPlanner,
    /// The runs of the network.
    pub network: RwSignal<Network>,
    /// Whether the day is being played.
    pub playing: RwSignal<bool>,
    jobs: StoredValue<Rc<RefCell<Jobs>>, LocalStorage>,
}

/// What is under way outside the signals.
#[derive(Default)]
struct Jobs {
    /// Steps that have come and are not shown yet.
    steps: VecDeque<(Arc<Question>, Scheme, SimulatedStep)>,
    show: Option<Timeout>,
    restart: Option<Timeout>,
    player: Option<Interval>,
}

impl Simulation {
    /// Nothing simulated yet.
    pub fn new(planner: CellsPlanner) -> Self {
        let network = Network {
            current: Runs::new(planner.state.with_untracked(Question::of)),
            former: None,
            places: Arc::default(),
        };
        Self {
            planner,
            network: RwSignal::new(network),
            playing: RwSignal::new(false),
            jobs: StoredValue::new_local(Rc::default()),
        }
    }

    /// Lets the runs follow the controls.
    pub fn connect(self) {
        self.ask_for_places();
        let state = self.planner.state;
        let question = Memo::new(move |_| state.with(Question::of));
        Effect::new(move |previous: Option<()>| {
            // Reading, not only tracking: a memo that nobody reads never learns what it follows.
            question.with(|_| ());
            if previous.is_some() {
                self.restart_later();
            }
        });
        let wanted = Memo::new(move |_| state.with(wanted_schemes));
        Effect::new(move |_| {
            wanted.with(|_| ());
            self.start_missing();
        });
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    /// The run that is shown under `scheme`, and whether it is of an earlier question.
    pub fn run<T>(self, scheme: Scheme, read: impl FnOnce(&Run, bool) -> T) -> T {
        let step = self.planner.state.with(|state| state.step);
        self.network.with(|network| {
            let (run, stale) = network.shown(scheme, step);
            read(run, stale)
        })
    }

    /// Names of the slices of the run that is shown.
    pub fn names(self) -> Arc<Vec<String>> {
        let (scheme, step) = self.planner.state.with(|state| (state.scheme, state.step));
        self.network.with(|network| {
            let slices = &network.question(scheme, step).scenario.slices;
            Arc::new(slices.iter().map(|slice| slice.service.name.clone()).collect())
        })
    }

    /// What the charts of the day share.
    pub fn day(self, size: (f64, f64)) -> DayPicture {
        let (cell, step) = self.planner.state.with(|state| (state.cell, state.step));
        let steps = self.run(self.planner.scheme(), |run, _| run.steps.clone());
        DayPicture { steps, names: self.names(), cell, step, size }
    }

    /// Whether the network that is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        self.run(self.planner.scheme(), |_, stale| stale)
    }

    /// Whether the network is being simulated.
    pub fn is_simulating(self) -> bool {
        self.network.with(|network| !network.current.under_way().is_empty())
    }

    /// Asks where the cells are before any day is over: a single step tells.
    fn ask_for_places(self) {
        let method = self.planner.state.with_untracked(|state| state.method_of(Scheme::Equal));
        let listener = move |event| match event {
            CellEvent::Places(places) => {
                self.network.update(|network| network.places = Arc::new(places));
            }
            CellEvent::Failed(reason) => self.planner.engine_message.set(Some(reason)),
            _ => {}
        };
        let scenario = Scenario::of_the_paper(&[1], 0);
        self.planner.engines.get_value().simulate(method, scenario, 0, 1, Rc::new(listener));
    }

    /// Plays the day from the step shown, or stops.
    pub fn play(self) {
        let jobs = self.jobs();
        if self.playing.get_untracked() {
            jobs.borrow_mut().player = None;
            self.playing.set(false);
            return;
        }
        let next = move || {
            self.planner.state.update(|state| state.step = (state.step + 1) % STEPS_PER_DAY);
        };
        jobs.borrow_mut().player = Some(Interval::new(PLAY_MS, next));
        self.playing.set(true);
    }

    fn restart_later(self) {
        if let Err(error) = self.planner.state.with_untracked(CellsState::validate) {
            self.planner.refused.set(Some(error));
            return;
        }
        self.planner.refused.set(None);
        let restart = Timeout::new(REST_MS, move || self.restart());
        self.jobs().borrow_mut().restart = Some(restart);
    }

    /// Simulates the question as it stands; the runs of the last one end.
    fn restart(self) {
        let (question, step) =
            self.planner.state.with_untracked(|state| (Question::of(state), state.step));
        let same = self.network.with_untracked(|network| *network.current.question == question);
        if !same {
            self.stop_runs();
            self.network.update(|network| network.turn_to(question, step));
        }
        self.start_missing();
    }

    fn stop_runs(self) {
        let runs = self.network.with_untracked(|network| network.current.under_way());
        let engines = self.planner.engines.get_value();
        runs.into_iter().for_each(|run| engines.cancel(run));
        self.jobs().borrow_mut().steps.clear();
    }

    /// Starts the runs that are wanted and neither done nor under way.
    fn start_missing(self) {
        let state = self.planner.state.get_untracked();
        if state.validate().is_err() {
            return;
        }
        let question = self.network.with_untracked(|network| network.current.question.clone());
        if *question != Question::of(&state) {
            return;
        }
        for scheme in wanted_schemes(&state) {
            let fresh = self.network.with_untracked(|network| {
                let run = network.current.of(scheme);
                !run.done && run.run.is_none() && run.steps.is_empty() && run.error.is_none()
            });
            if fresh {
                self.simulate(&question, scheme, state.method_of(scheme));
            }
        }
    }

    fn simulate(self, question: &Arc<Question>, scheme: Scheme, method: Method) {
        let asked = question.clone();
        let listener = move |event| self.hear_run(&asked, scheme, event);
        let run = self.planner.engines.get_value().simulate(
            method,
            question.scenario.clone(),
            FIRST_STEP - HISTORY,
            STEPS_PER_DAY + HISTORY,
            Rc::new(listener),
        );
        self.network.update(|network| network.current.of_mut(scheme).run = Some(run));
    }

    fn hear_run(self, question: &Arc<Question>, scheme: Scheme, event: CellEvent) {
        let end = |error: Option<String>, done: bool| {
            self.show_steps();
            self.network.update(|network| {
                if Arc::ptr_eq(&network.current.question, question) {
                    let run = network.current.of_mut(scheme);
                    (run.run, run.done, run.error) = (None, done, error);
                }
            });
        };
        match event {
            CellEvent::Step(step) => {
                let jobs = self.jobs();
                let mut jobs = jobs.borrow_mut();
                jobs.steps.push_back((question.clone(), scheme, *step));
                if jobs.show.is_none() {
                    jobs.show = Some(Timeout::new(SHOW_MS, move || self.show_steps()));
                }
            }
            CellEvent::Done { .. } => end(None, true),
            CellEvent::Refused(error) => {
                self.planner.refused.set(Some(error.clone()));
                end(Some(error.to_string()), false);
            }
            CellEvent::Failed(reason) => {
                self.planner.engine_message.set(Some(reason.clone()));
                end(Some(reason), false);
            }
            CellEvent::Places(_)
            | CellEvent::Opened { .. }
            | CellEvent::Plans { .. }
            | CellEvent::Written(_) => {}
        }
    }

    /// Shows all steps that have come since the last time.
    fn show_steps(self) {
        let steps = {
            let jobs = self.jobs();
            let mut jobs = jobs.borrow_mut();
            jobs.show = None;
            std::mem::take(&mut jobs.steps)
        };
        if steps.is_empty() {
            return;
        }
        self.network.update(|network| {
            for (question, scheme, step) in steps {
                if Arc::ptr_eq(&network.current.question, &question) {
                    network.current.of_mut(scheme).push(step);
                }
            }
        });
    }
}

/// The schemes whose runs the view needs: the one shown, equal shares beside it, and all of them side
/// by side.
fn wanted_schemes(state: &CellsState) -> Vec<Scheme> {
    let mut wanted = vec![state.scheme, Scheme::Equal];
    if state.tab == Tab::Schemes {
        wanted.extend(SCHEMES);
    }
    let mut once = Vec::new();
    for scheme in wanted {
        if !once.contains(&scheme) {
            once.push(scheme);
        }
    }
    once
}
