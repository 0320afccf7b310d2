//! The state of the Cells view and the jobs that follow from it. Every control changes
//! [`CellsPlanner::state`]; everything shown comes from the engines' answers to it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{
    CellBatch, FEATURES, HISTORY, Objective, SNssai, STEPS_PER_DAY, Scenario, Scheme,
    ServiceProfile, SimulatedStep,
};
use slicewise_core::formats::e2sm_ccc::NrCellIdentity;

use super::charts::cell::OpenedCell;
use super::charts::day::DayPicture;
use super::city::CityRun;
use super::engine::{CellEngines, CellEvent, RunId};
use super::imported::{CellChange, Imported};
use super::network::{CellTerms, FIRST_STEP, Network, Question, Run, Runs};
use super::plan_set::{Pieces, PlanSet};
use super::state::{Adjustment, CellsState, SCHEMES, Tab};
use super::words;
use crate::shell::linked_view;

/// How long the controls rest before the network is simulated again.
const REST_MS: u32 = 200;
/// How often the steps that have come are shown.
const SHOW_MS: u32 = 90;
/// Time between two steps while the day is played.
const PLAY_MS: u32 = 160;

/// Where the opened cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The simulated network.
    Network,
    /// Cell of this index of the imported table.
    Imported(usize),
}

/// The question of the opened cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellQuestion {
    /// What the cell is called.
    pub title: String,
    /// Name of the cell in the network.
    pub cell: String,
    /// Names of its slices.
    pub names: Vec<String>,
    /// Names of its slices in the network.
    pub slices: Vec<SNssai>,
    /// The cell.
    pub batch: CellBatch,
    /// How to plan.
    pub method: Method,
}

/// The answer for the opened cell.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The question.
    pub question: Arc<CellQuestion>,
    /// The answer.
    pub cell: Arc<OpenedCell>,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }
}

impl Opened {
    /// The cell with its plan, for the exports.
    pub fn set(&self) -> PlanSet {
        PlanSet {
            cells: vec![self.question.cell.clone()],
            slices: self.question.slices.clone(),
            names: self.question.names.clone(),
            batch: self.question.batch.clone(),
            objective: self.question.method.objective,
            plans: self.cell.plan.clone(),
        }
    }
}

/// All cells of the network at the step shown, with how to plan them.
#[derive(Clone, Debug, PartialEq)]
pub struct SetQuestion {
    set: PlanSet,
    method: Method,
}

/// Signals of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct CellsPlanner {
    /// The question and what is shown of its answer, as the controls stand.
    pub state: RwSignal<CellsState>,
    /// The runs of the network.
    pub network: RwSignal<Network>,
    /// The opened cell, possibly of an earlier question.
    pub opened: RwSignal<Option<Opened>>,
    /// What the opened cell is asked.
    pub asked: Memo<Option<Arc<CellQuestion>>>,
    /// All cells of the network at the step shown, with their plans.
    pub set: RwSignal<Option<Arc<PlanSet>>>,
    /// The city.
    pub city: RwSignal<CityRun>,
    /// The imported table.
    pub imported: RwSignal<Option<Imported>>,
    /// Where the opened cell comes from.
    pub source: RwSignal<Source>,
    /// What is changed in the opened cell of the imported table.
    pub imported_changes: RwSignal<Vec<CellChange>>,
    /// Whether the day is being played.
    pub playing: RwSignal<bool>,
    /// Why the question as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    /// What happened to an engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
    /// Workers for everything.
    pub engines: StoredValue<CellEngines, LocalStorage>,
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
    /// The opened cell that is being planned, and the one that waits.
    opening: Option<Arc<CellQuestion>>,
    waiting: Option<Arc<CellQuestion>>,
    set_timer: Option<Timeout>,
    set_run: Option<RunId>,
}

impl CellsPlanner {
    /// The state that the page's address asks for, without a job yet.
    pub fn new(engines: CellEngines) -> Self {
        let (state, error): (CellsState, _) = linked_view::asked().unwrap_or_default();
        let network = RwSignal::new(Network {
            current: Runs::new(Question::of(&state)),
            former: None,
            places: Arc::default(),
        });
        let state = RwSignal::new(state);
        let source = RwSignal::new(Source::Network);
        let imported: RwSignal<Option<Imported>> = RwSignal::new(None);
        let imported_changes: RwSignal<Vec<CellChange>> = RwSignal::new(Vec::new());
        let asked = Memo::new(move |_| {
            let question = match source.get() {
                Source::Network => {
                    state.with(|state| network.with(|network| network_cell(network, state)))
                }
                Source::Imported(index) => imported.with(|imported| {
                    let changes = imported_changes.get();
                    let method = state.with(CellsState::method);
                    imported.as_ref()?.question(index, &changes, method)
                }),
            };
            question.map(Arc::new)
        });
        Self {
            state,
            network,
            opened: RwSignal::new(None),
            asked,
            set: RwSignal::new(None),
            city: RwSignal::new(CityRun::default()),
            imported,
            source,
            imported_changes,
            playing: RwSignal::new(false),
            refused: RwSignal::new(None),
            engine_message: RwSignal::new(None),
            import_error: RwSignal::new(error),
            engines: StoredValue::new_local(engines),
            jobs: StoredValue::new_local(Rc::default()),
        }
    }

    /// Lets jobs and the address follow the controls.
    pub fn connect(self) {
        self.ask_for_places();
        let question = Memo::new(move |_| self.state.with(Question::of));
        Effect::new(move |previous: Option<()>| {
            // Reading, not only tracking: a memo that nobody reads never learns what it follows.
            question.with(|_| ());
            if previous.is_some() {
                self.restart_later();
            }
        });
        let wanted = Memo::new(move |_| self.state.with(wanted_schemes));
        Effect::new(move |_| {
            wanted.with(|_| ());
            self.start_missing();
        });
        Effect::new(move |_| self.open(self.asked.get()));
        self.follow_set();
        linked_view::follow(self.state);
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    /// The address that reproduces the view, written at once.
    pub fn address(self) -> String {
        linked_view::address(self.state)
    }

    /// Follows an address that the visitor has changed by hand.
    pub fn load_address(self) {
        let Some((state, error)) = linked_view::asked() else { return };
        if error.is_none() {
            self.source.set(Source::Network);
        }
        self.import_error.set(error);
        self.state.set(state);
    }

    /// Opens `tab`.
    pub fn show(self, tab: Tab) {
        self.state.update(|state| state.tab = tab);
    }

    /// Opens a cell of the network.
    pub fn choose_cell(self, cell: usize) {
        self.source.set(Source::Network);
        self.state.update(|state| state.cell = cell.min(CELLS - 1));
    }

    /// Opens a cell of the imported table.
    pub fn choose_imported(self, index: usize) {
        self.imported_changes.set(self.base_of_imported(index));
        self.source.set(Source::Imported(index));
        self.show(Tab::Cell);
    }

    fn base_of_imported(self, index: usize) -> Vec<CellChange> {
        self.imported.with_untracked(|imported| {
            imported.as_ref().map(|imported| imported.base(index)).unwrap_or_default()
        })
    }

    /// What is changed of slice `index` in the opened cell.
    pub fn adjustment(self, index: usize) -> Adjustment {
        match self.source.get() {
            Source::Network => self.state.with(|state| state.adjustment(index)),
            Source::Imported(_) => self.imported_change(index).adjustment,
        }
    }

    /// Weight and least share of slice `index` of the opened cell: the network's or the table's.
    pub fn weight_and_minimum(self, index: usize) -> (f64, f64) {
        match self.source.get() {
            Source::Network => self.state.with(|state| {
                let service = state.slices.get(index).map(|slice| &slice.service);
                service.map_or((1.0, 0.0), |service| (service.weight, service.minimum_share))
            }),
            Source::Imported(_) => {
                let change = self.imported_change(index);
                (change.weight, change.minimum_share)
            }
        }
    }

    /// Changes slice `index` in the opened cell.
    pub fn adjust(self, index: usize, change: impl FnOnce(&mut Adjustment)) {
        match self.source.get_untracked() {
            Source::Network => self.state.update(|state| {
                let slices = state.slices.len();
                state.adjust(index, slices, change);
            }),
            Source::Imported(_) => {
                self.change_imported(index, |slice| change(&mut slice.adjustment));
            }
        }
    }

    /// Gives slice `index` another weight: in all cells of the network, or in the imported cell.
    pub fn set_weight(self, index: usize, weight: f64) {
        match self.source.get_untracked() {
            Source::Network => {
                self.change_service(index, |service| service.weight = weight);
            }
            Source::Imported(_) => self.change_imported(index, |slice| slice.weight = weight),
        }
    }

    /// Gives slice `index` another least share, as [`Self::set_weight`].
    pub fn set_minimum_share(self, index: usize, minimum_share: f64) {
        match self.source.get_untracked() {
            Source::Network => {
                self.change_service(index, |service| service.minimum_share = minimum_share);
            }
            Source::Imported(_) => {
                self.change_imported(index, |slice| slice.minimum_share = minimum_share);
            }
        }
    }

    fn change_service(self, index: usize, change: impl FnOnce(&mut ServiceProfile)) {
        self.state.update(|state| {
            if let Some(slice) = state.slices.get_mut(index) {
                change(&mut slice.service);
            }
        });
    }

    fn imported_change(self, index: usize) -> CellChange {
        self.imported_changes.with(|changes| changes.get(index).copied().unwrap_or_default())
    }

    fn change_imported(self, index: usize, change: impl FnOnce(&mut CellChange)) {
        self.imported_changes.update(|changes| {
            if let Some(slice) = changes.get_mut(index) {
                change(slice);
            }
        });
    }

    /// Takes back what was changed in the opened cell.
    pub fn reset_cell(self) {
        match self.source.get_untracked() {
            Source::Network => self.state.update(|state| state.adjustments.clear()),
            Source::Imported(index) => self.imported_changes.set(self.base_of_imported(index)),
        }
    }

    /// Whether something is changed in the opened cell.
    pub fn is_adjusted(self) -> bool {
        match self.source.get() {
            Source::Network => self.state.with(|state| !state.adjustments.is_empty()),
            Source::Imported(index) => {
                self.imported_changes.with(|changes| *changes != self.base_of_imported(index))
            }
        }
    }

    /// The run that is shown under `scheme`, and whether it is of an earlier question.
    pub fn run<T>(self, scheme: Scheme, read: impl FnOnce(&Run, bool) -> T) -> T {
        let step = self.state.with(|state| state.step);
        self.network.with(|network| {
            let (run, stale) = network.shown(scheme, step);
            read(run, stale)
        })
    }

    /// The scheme that the controls name.
    pub fn scheme(self) -> Scheme {
        self.state.with(|state| state.scheme)
    }

    /// Names of the slices of the run that is shown.
    pub fn names(self) -> Arc<Vec<String>> {
        let (scheme, step) = self.state.with(|state| (state.scheme, state.step));
        self.network.with(|network| {
            let slices = &network.question(scheme, step).scenario.slices;
            Arc::new(slices.iter().map(|slice| slice.service.name.clone()).collect())
        })
    }

    /// What the charts of the day share.
    pub fn day(self, size: (f64, f64)) -> DayPicture {
        let (cell, step) = self.state.with(|state| (state.cell, state.step));
        let steps = self.run(self.scheme(), |run, _| run.steps.clone());
        DayPicture { steps, names: self.names(), cell, step, size }
    }

    /// Whether the network that is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        self.run(self.scheme(), |_, stale| stale)
    }

    /// Asks where the cells are before any day is over: a single step tells.
    fn ask_for_places(self) {
        let method = self.state.with_untracked(|state| state.method_of(Scheme::Equal));
        let listener = move |event| match event {
            CellEvent::Places(places) => {
                self.network.update(|network| network.places = Arc::new(places));
            }
            CellEvent::Failed(reason) => self.engine_message.set(Some(reason)),
            _ => {}
        };
        let scenario = Scenario::of_the_paper(&[1], 0);
        self.engines.get_value().simulate(method, scenario, 0, 1, Rc::new(listener));
    }

    /// Whether the network is being simulated.
    pub fn is_simulating(self) -> bool {
        self.network.with(|network| !network.current.under_way().is_empty())
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
            self.state.update(|state| state.step = (state.step + 1) % STEPS_PER_DAY);
        };
        jobs.borrow_mut().player = Some(Interval::new(PLAY_MS, next));
        self.playing.set(true);
    }

    fn restart_later(self) {
        if let Err(error) = self.state.with_untracked(CellsState::validate) {
            self.refused.set(Some(error));
            return;
        }
        self.refused.set(None);
        let restart = Timeout::new(REST_MS, move || self.restart());
        self.jobs().borrow_mut().restart = Some(restart);
    }

    /// Simulates the question as it stands; the runs of the last one end.
    fn restart(self) {
        let (question, step) = self.state.with_untracked(|state| (Question::of(state), state.step));
        let same = self.network.with_untracked(|network| *network.current.question == question);
        if !same {
            self.stop_runs();
            self.network.update(|network| network.turn_to(question, step));
        }
        self.start_missing();
    }

    fn stop_runs(self) {
        let runs = self.network.with_untracked(|network| network.current.under_way());
        let engines = self.engines.get_value();
        runs.into_iter().for_each(|run| engines.cancel(run));
        self.jobs().borrow_mut().steps.clear();
    }

    /// Starts the runs that are wanted and neither done nor under way.
    fn start_missing(self) {
        let state = self.state.get_untracked();
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
        let run = self.engines.get_value().simulate(
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
                self.refused.set(Some(error.clone()));
                end(Some(error.to_string()), false);
            }
            CellEvent::Failed(reason) => {
                self.engine_message.set(Some(reason.clone()));
                end(Some(reason), false);
            }
            CellEvent::Places(_) | CellEvent::Opened { .. } | CellEvent::Plans { .. } => {}
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

    /// Plans the opened cell; while one is being planned, the latest question waits.
    fn open(self, question: Option<Arc<CellQuestion>>) {
        let Some(question) = question else { return };
        let jobs = self.jobs();
        {
            let mut jobs = jobs.borrow_mut();
            if jobs.opening.is_some() {
                jobs.waiting = Some(question);
                return;
            }
            jobs.opening = Some(question.clone());
        }
        let asked = question.clone();
        let listener = move |event| self.hear_opened(&asked, event);
        let (method, batch) = (question.method.clone(), question.batch.clone());
        self.engines.get_value().open(method, batch, Rc::new(listener));
    }

    fn hear_opened(self, question: &Arc<CellQuestion>, event: CellEvent) {
        match event {
            CellEvent::Opened { plan, curves } => {
                let cell = Arc::new(OpenedCell {
                    names: question.names.clone(),
                    batch: question.batch.clone(),
                    objective: question.method.objective,
                    plan,
                    curves,
                });
                self.opened.set(Some(Opened { question: question.clone(), cell }));
                return;
            }
            CellEvent::Refused(error) => self.refused.set(Some(error)),
            CellEvent::Failed(reason) => self.engine_message.set(Some(reason)),
            CellEvent::Done { .. } => {}
            _ => return,
        }
        let next = {
            let jobs = self.jobs();
            let mut jobs = jobs.borrow_mut();
            jobs.opening = None;
            jobs.waiting.take()
        };
        self.open(next);
    }

    /// Whether the opened cell shown is behind the controls.
    pub fn is_cell_stale(self) -> bool {
        let asked = self.asked.get();
        self.opened.with(|opened| {
            opened.as_ref().is_some_and(|opened| Some(&opened.question) != asked.as_ref())
        })
    }

    /// Plans all cells of the network whenever what they are asked has been at rest.
    fn follow_set(self) {
        let asked = Memo::new(move |_| {
            let wanted = self.source.get() == Source::Network && !self.playing.get();
            let set = wanted.then(|| {
                self.state.with(|state| self.network.with(|network| all_cells(network, state)))
            });
            set.flatten()
        });
        Effect::new(move |_| {
            let Some(question) = asked.get() else { return };
            let plan = Timeout::new(REST_MS, move || self.plan_set(question));
            self.jobs().borrow_mut().set_timer = Some(plan);
        });
    }

    fn plan_set(self, question: SetQuestion) {
        let engines = self.engines.get_value();
        if let Some(run) = self.jobs().borrow_mut().set_run.take() {
            engines.cancel(run);
        }
        let (method, batch) = (question.method.clone(), question.set.batch.clone());
        let pieces: RefCell<Pieces> = RefCell::default();
        let listener = move |event| match event {
            CellEvent::Plans { first, plans } => pieces.borrow_mut().push(first, plans),
            CellEvent::Done { .. } => {
                let plans = pieces.borrow_mut().take();
                self.set.set(Some(Arc::new(PlanSet { plans, ..question.set.clone() })));
            }
            CellEvent::Failed(reason) => self.engine_message.set(Some(reason)),
            _ => {}
        };
        let run = engines.plan(method, batch, Rc::new(listener));
        self.jobs().borrow_mut().set_run = Some(run);
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

/// Names of the slices present, for people and in the network.
fn slice_names(question: &Question, present: &[usize]) -> (Vec<String>, Vec<SNssai>) {
    let slices = present.iter().filter_map(|slice| question.scenario.slices.get(*slice));
    slices.map(|slice| (slice.service.name.clone(), slice.service.snssai)).unzip()
}

/// The opened cell of the network, as the step shown has it.
fn network_cell(network: &Network, state: &CellsState) -> Option<CellQuestion> {
    let (run, _) = network.shown(state.scheme, state.step);
    let question = network.question(state.scheme, state.step);
    let step = run.shown(state.step)?;
    let terms = question.terms(state);
    let mut batch = CellBatch::new(FEATURES);
    if !run.push_question(&mut batch, &terms, state.cell, step.step) {
        return None;
    }
    let (names, slices) = slice_names(question, &step.present);
    Some(CellQuestion {
        title: format!("Cell {} at {}", state.cell + 1, words::clock(step.step)),
        cell: NrCellIdentity::generated(state.cell).to_string(),
        names,
        slices,
        batch,
        method: state.method(),
    })
}

/// All cells of the network at the step shown, without what is changed in the opened one.
fn all_cells(network: &Network, state: &CellsState) -> Option<SetQuestion> {
    let (run, stale) = network.shown(state.scheme, state.step);
    let question = network.question(state.scheme, state.step);
    let step = run.steps.get(state.step).filter(|_| !stale)?;
    let terms: Vec<CellTerms> = question
        .terms(state)
        .into_iter()
        .map(|terms| CellTerms { change: Adjustment::default(), ..terms })
        .collect();
    let mut batch = CellBatch::new(FEATURES);
    let count = step.kpis.len() / step.present.len().max(1);
    let all = (0..count).all(|cell| run.push_question(&mut batch, &terms, cell, step.step));
    if !all {
        return None;
    }
    let (names, slices) = slice_names(question, &step.present);
    let set = PlanSet {
        cells: (0..count).map(|cell| NrCellIdentity::generated(cell).to_string()).collect(),
        slices: slices.repeat(count),
        names: vec![names; count].concat(),
        batch,
        objective: state.objective,
        plans: Default::default(),
    };
    Some(SetQuestion { set, method: state.method() })
}

/// What the objective uses of the slices of the opened cell.
pub fn uses_weights(objective: Objective) -> bool {
    objective == Objective::WeightedSum
}
