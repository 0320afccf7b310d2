//! The state of the Slice view and the jobs that follow from it. Every control changes
//! [`Planner::problem`]; everything shown comes from the engine's answers to it.

use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::problem::{ResourceTerms, SliceTerms};
use slicewise_core::slice::{SlicePlan, SliceProblem, Status};
use slicewise_protocol::{Benchmark, Curves, Installed, Job, JobId, Landscape, Outcome, Reply};

use crate::engine::link::{EngineEvent, EngineLink};
use crate::engine::worker::{ENGINE_SCRIPT, LEARNING_SCRIPT};
use crate::shell::browser;
use crate::slice::link;
use crate::slice::link::LinkState;
use crate::slice::view_state;
use crate::slice::view_state::ViewState;
use crate::slice::{models, precomputed};

/// Relative gap at which a certificate is good enough.
const TOLERANCE: f64 = 1e-4;
/// Grid points per axis of the degradation field.
const RESOLUTION: usize = 48;
/// Points per curve.
const POINTS: usize = 17;
/// Repeats of each benchmark measurement.
const REPEATS: usize = 21;
/// How long a job runs before the page offers to cancel it.
const SLOW_MS: u32 = 300;
/// How long the controls rest before the address follows them.
const HASH_DELAY_MS: u32 = 200;

/// Where a shown plan comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Shipped with the page.
    Precomputed,
    /// Planned here.
    Engine,
}

/// A plan and the question that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The question.
    pub problem: Arc<SliceProblem>,
    /// Its model.
    pub card: Arc<ModelCard>,
    /// The answer.
    pub plan: Arc<SlicePlan>,
    /// Who answered.
    pub source: Source,
    /// How long the engine took, once it has finished.
    pub elapsed_ms: Option<f64>,
}

/// A charted result and the question that it belongs to.
#[derive(Clone, Debug)]
pub struct Charted<T> {
    /// The question.
    pub problem: Arc<SliceProblem>,
    /// The result.
    pub data: Arc<T>,
}

impl<T> PartialEq for Charted<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.problem, &other.problem) && Arc::ptr_eq(&self.data, &other.data)
    }
}

/// Signals of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct Planner {
    /// The question as the controls stand.
    pub problem: RwSignal<SliceProblem>,
    /// Index of the slice whose controls and charts are shown.
    pub selected: RwSignal<usize>,
    /// The tab and its settings.
    pub view: RwSignal<ViewState>,
    /// Moves when a network was installed.
    pub models: RwSignal<u32>,
    /// The latest plan, possibly of an earlier question.
    pub shown: RwSignal<Option<Shown>>,
    /// The latest degradation field.
    pub landscape: RwSignal<Option<Charted<Landscape>>>,
    /// The latest curves.
    pub curves: RwSignal<Option<Charted<Curves>>>,
    /// Whether the plan is behind the controls.
    pub plan_stale: RwSignal<bool>,
    /// Whether the field is behind the plan.
    pub landscape_stale: RwSignal<bool>,
    /// Whether the curves are behind the plan.
    pub curves_stale: RwSignal<bool>,
    /// Whether a job is in flight.
    pub busy: RwSignal<bool>,
    /// Whether it has been for longer than [`SLOW_MS`].
    pub slow: RwSignal<bool>,
    /// What happened to the engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
    /// Why the problem as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    /// Times measured in this browser.
    pub benchmark: RwSignal<Option<Benchmark>>,
    jobs: StoredValue<Rc<std::cell::RefCell<Jobs>>, LocalStorage>,
    link: StoredValue<Option<EngineLink>, LocalStorage>,
    /// The engine that holds burn as well, started for the benchmark.
    reference: StoredValue<Option<EngineLink>, LocalStorage>,
}

/// Numbers of the jobs under way.
#[derive(Default)]
struct Jobs {
    plan: Option<(JobId, Arc<SliceProblem>)>,
    landscape: Lane,
    curves: Lane,
    benchmark: Option<JobId>,
    slow_timer: Option<Timeout>,
    hash_timer: Option<Timeout>,
}

/// One kind of job of which at most one is in flight and at most one waits, so that a slider in
/// motion cannot starve the chart that follows it.
#[derive(Default)]
struct Lane {
    in_flight: Option<(JobId, Arc<SliceProblem>)>,
    waiting: Option<(Job, Arc<SliceProblem>)>,
    requested: Option<Job>,
}

impl Planner {
    /// The state that the page's address asks for, without an engine yet.
    pub fn new() -> Self {
        let hash = browser::hash();
        let default = opening_state();
        let (state, error) = match hash.as_str() {
            "" => (default, None),
            hash => match LinkState::from_hash(hash) {
                Ok(state) => (state, None),
                Err(error) => (default, Some(link_error(&error))),
            },
        };
        let opening = state.problem == precomputed::default_problem();
        let planner = Self {
            problem: RwSignal::new(state.problem),
            selected: RwSignal::new(state.slice),
            view: RwSignal::new(state.view),
            models: RwSignal::new(0),
            shown: RwSignal::new(None),
            landscape: RwSignal::new(None),
            curves: RwSignal::new(None),
            plan_stale: RwSignal::new(false),
            landscape_stale: RwSignal::new(false),
            curves_stale: RwSignal::new(false),
            busy: RwSignal::new(false),
            slow: RwSignal::new(false),
            engine_message: RwSignal::new(None),
            import_error: RwSignal::new(error),
            refused: RwSignal::new(None),
            benchmark: RwSignal::new(None),
            jobs: StoredValue::new_local(Rc::default()),
            link: StoredValue::new_local(None),
            reference: StoredValue::new_local(None),
        };
        if opening {
            planner.show_precomputed();
        }
        planner
    }

    /// Starts the engine and lets jobs and the address follow the controls.
    pub fn connect(self) {
        let link = EngineLink::start(ENGINE_SCRIPT, move |event| self.hear(event));
        self.link.set_value(Some(link));
        Effect::new(move |previous: Option<()>| {
            self.problem.track();
            self.replan();
            if previous.is_some() {
                self.follow_in_address();
            }
        });
        Effect::new(move |previous: Option<()>| {
            self.selected.track();
            if previous.is_some() {
                self.request_charts();
                self.follow_in_address();
            }
        });
        Effect::new(move |previous: Option<()>| {
            self.view.track();
            if previous.is_some() {
                self.follow_in_address();
            }
        });
    }

    /// The card of the model as the controls stand.
    pub fn card(self) -> Option<Arc<ModelCard>> {
        self.problem.with(|problem| models::named(&problem.model))
    }

    /// The same without following the controls.
    pub fn card_untracked(self) -> Option<Arc<ModelCard>> {
        self.problem.with_untracked(|problem| models::named(&problem.model))
    }

    /// Reads from the slice whose controls are shown.
    pub fn slice<T>(self, read: impl FnOnce(&SliceTerms) -> T) -> Option<T> {
        let selected = self.selected.get();
        self.problem.with(|problem| problem.slices.get(selected).map(read))
    }

    /// Changes the slice whose controls are shown.
    pub fn change_slice(self, change: impl FnOnce(&mut SliceTerms)) {
        let selected = self.selected.get_untracked();
        self.problem.update(|problem| {
            if let Some(slice) = problem.slices.get_mut(selected) {
                change(slice);
            }
        });
    }

    /// The slice whose controls are shown, as a problem of its own.
    pub fn alone(self) -> SliceProblem {
        let selected = self.selected.get();
        self.problem.with(|problem| view_state::alone(problem, selected))
    }

    /// Takes over the resources and the one slice of `alone` for the slice whose controls are shown.
    pub fn adopt(self, alone: SliceProblem) {
        let selected = self.selected.get_untracked();
        self.problem.update(|problem| {
            let adopted = alone.slices.into_iter().next();
            if let (Some(slice), Some(adopted)) = (problem.slices.get_mut(selected), adopted) {
                *slice = adopted;
                problem.resources = alone.resources;
            }
        });
    }

    /// Gives the engine a network, so that it can be chosen.
    pub fn install(self, network: Installed) {
        models::install(network.clone());
        self.with_link(|link| link.install(network));
        self.models.update(|changes| *changes += 1);
    }

    /// Changes the terms of resource `index`.
    pub fn change_resource(self, index: usize, change: impl FnOnce(&mut ResourceTerms)) {
        self.problem.update(|problem| {
            if let Some(resource) = problem.resources.get_mut(index) {
                change(resource);
            }
        });
    }

    /// Replaces the whole question, as from a link or a file.
    pub fn load(self, state: LinkState) {
        self.import_error.set(None);
        self.selected.set(state.slice.min(state.problem.slices.len().saturating_sub(1)));
        self.view.set(state.view);
        self.problem.set(state.problem);
    }

    /// Follows an address that the visitor has changed by hand.
    pub fn load_address(self) {
        let hash = browser::hash();
        if hash.is_empty() {
            return;
        }
        match LinkState::from_hash(&hash) {
            Ok(state) => self.load(state),
            Err(error) => {
                self.load(opening_state());
                self.import_error.set(Some(link_error(&error)));
            }
        }
    }

    /// The address that reproduces the view, written at once.
    pub fn address(self) -> String {
        browser::replace_hash(&self.link_state().to_hash());
        browser::address()
    }

    /// Stops what is under way and keeps the last plan.
    pub fn cancel(self) {
        let jobs = self.jobs();
        let ids: Vec<JobId> = {
            let mut jobs = jobs.borrow_mut();
            let plan = jobs.plan.take().map(|(id, _)| id);
            let Jobs { landscape, curves, benchmark, .. } = &mut *jobs;
            let lanes = [landscape.stop(), curves.stop(), benchmark.take()];
            plan.into_iter().chain(lanes.into_iter().flatten()).collect()
        };
        self.with_link(|link| ids.iter().for_each(|id| link.cancel(*id)));
        self.mark_stopped();
        self.settle();
    }

    /// Makes the engine crash, to see it come back.
    pub fn crash(self) {
        self.with_link(|link| {
            link.send(Job::Panic);
        });
    }

    /// Measures planning in this browser, beside the same search through burn.
    pub fn run_benchmark(self) {
        self.benchmark.set(None);
        let problem = self.problem.get_untracked();
        let link = EngineLink::start(LEARNING_SCRIPT, move |event| self.hear_reference(event));
        let id = link.send(Job::Benchmark { problem, repeats: REPEATS });
        self.jobs().borrow_mut().benchmark = Some(id);
        self.reference.set_value(Some(link));
        self.settle();
    }

    fn hear_reference(self, event: EngineEvent) {
        match event {
            EngineEvent::Reply(Reply::Done { outcome: Outcome::Benchmark(times), .. }) => {
                self.benchmark.set(Some(times));
            }
            EngineEvent::Reply(Reply::Refused { error, .. }) => self.refused.set(Some(error)),
            EngineEvent::Stopped { message, .. } => self.engine_message.set(Some(message)),
            EngineEvent::Ready | EngineEvent::Reply(_) => return,
        }
        if let Some(link) = self.reference.get_value() {
            link.end();
        }
        self.reference.set_value(None);
        self.jobs().borrow_mut().benchmark = None;
        self.settle();
    }

    fn link_state(self) -> LinkState {
        LinkState {
            problem: self.problem.get_untracked(),
            slice: self.selected.get_untracked(),
            view: self.view.get_untracked(),
        }
    }

    fn jobs(self) -> Rc<std::cell::RefCell<Jobs>> {
        self.jobs.get_value()
    }

    fn with_link(self, act: impl FnOnce(&EngineLink)) {
        if let Some(link) = self.link.get_value() {
            act(&link);
        }
    }

    fn show_precomputed(self) {
        let problem = Arc::new(precomputed::default_problem());
        if let (Some(card), Some(plan)) = (models::named(&problem.model), precomputed::plan()) {
            let source = Source::Precomputed;
            let problem = problem.clone();
            self.shown.set(Some(Shown { problem, card, plan, source, elapsed_ms: None }));
        }
        self.landscape
            .set(precomputed::landscape().map(|data| Charted { problem: problem.clone(), data }));
        self.curves.set(precomputed::curves().map(|data| Charted { problem, data }));
    }

    fn follow_in_address(self) {
        let timer = Timeout::new(HASH_DELAY_MS, move || {
            browser::replace_hash(&self.link_state().to_hash())
        });
        self.jobs().borrow_mut().hash_timer = Some(timer);
    }

    /// Asks for the plan of the question as it stands.
    fn replan(self) {
        let problem = self.problem.get_untracked();
        if let Err(error) = link::checked(&problem) {
            self.refused.set(Some(error));
            return;
        }
        self.refused.set(None);
        let answered = self
            .shown
            .with_untracked(|shown| shown.as_ref().is_some_and(|shown| *shown.problem == problem));
        self.plan_stale.set(!answered);
        let asked = Arc::new(problem.clone());
        self.with_link(|link| {
            let id = link.send(Job::Plan { problem, tolerance: TOLERANCE });
            self.jobs().borrow_mut().plan = Some((id, asked));
        });
        self.settle();
    }

    /// Asks for the field and the curves around the plan shown, if they are not there already.
    fn request_charts(self) {
        let Some(shown) = self.shown.get_untracked() else { return };
        let slice = self.selected.get_untracked();
        let Some(allocated) = shown.plan.slices.get(slice) else { return };
        let problem = (*shown.problem).clone();
        let landscape = Job::Landscape {
            problem: problem.clone(),
            slice,
            allocation: allocated.allocation.clone(),
            resolution: RESOLUTION,
        };
        let curves = Job::Curves { problem, slice, points: POINTS };
        let jobs = self.jobs();
        self.with_link(|link| {
            let mut jobs = jobs.borrow_mut();
            if jobs.landscape.request(link, landscape, &shown.problem) {
                self.landscape_stale.set(true);
            }
            if jobs.curves.request(link, curves, &shown.problem) {
                self.curves_stale.set(true);
            }
        });
        self.settle();
    }

    fn hear(self, event: EngineEvent) {
        match event {
            EngineEvent::Ready => {}
            EngineEvent::Stopped { message, plan } => self.engine_stopped(message, plan),
            EngineEvent::Reply(Reply::Better { id, plan }) if self.is_plan(id) => {
                self.show(*plan, None);
            }
            EngineEvent::Reply(Reply::Done { id, outcome, elapsed_ms }) => {
                self.finish(id, outcome, elapsed_ms);
            }
            EngineEvent::Reply(Reply::Refused { id, error }) => {
                if self.is_plan(id) {
                    self.refused.set(Some(error));
                }
                self.drop_job(id);
            }
            EngineEvent::Reply(Reply::Stopped { id }) => {
                if self.is_plan(id) {
                    self.mark_stopped();
                }
                self.drop_job(id);
            }
            EngineEvent::Reply(_) => {}
        }
        self.settle();
    }

    fn is_plan(self, id: JobId) -> bool {
        self.jobs().borrow().plan.as_ref().is_some_and(|(plan, _)| *plan == id)
    }

    fn show(self, plan: SlicePlan, elapsed_ms: Option<f64>) {
        let Some((_, problem)) = self.jobs().borrow().plan.clone() else { return };
        let Some(card) = models::named(&problem.model) else { return };
        let source = Source::Engine;
        self.shown.set(Some(Shown { problem, card, plan: Arc::new(plan), source, elapsed_ms }));
        self.plan_stale.set(false);
        self.request_charts();
    }

    fn finish(self, id: JobId, outcome: Outcome, elapsed_ms: f64) {
        let jobs = self.jobs();
        match outcome {
            Outcome::Plan(plan) if self.is_plan(id) => {
                self.show(*plan, Some(elapsed_ms));
                jobs.borrow_mut().plan = None;
            }
            Outcome::Landscape(data) => {
                let done = jobs.borrow_mut().landscape.finish(id);
                if let Some(problem) = done {
                    self.landscape.set(Some(Charted { problem, data: Arc::new(data) }));
                }
                self.next_in_lanes();
            }
            Outcome::Curves(data) => {
                let done = jobs.borrow_mut().curves.finish(id);
                if let Some(problem) = done {
                    self.curves.set(Some(Charted { problem, data: Arc::new(data) }));
                }
                self.next_in_lanes();
            }
            _ => {}
        }
    }

    /// Forgets a job that will not be answered.
    fn drop_job(self, id: JobId) {
        {
            let jobs = self.jobs();
            let mut jobs = jobs.borrow_mut();
            if jobs.plan.as_ref().is_some_and(|(plan, _)| *plan == id) {
                jobs.plan = None;
            }
            jobs.landscape.finish(id);
            jobs.curves.finish(id);
        }
        self.next_in_lanes();
    }

    fn next_in_lanes(self) {
        let jobs = self.jobs();
        self.with_link(|link| {
            let mut jobs = jobs.borrow_mut();
            self.landscape_stale.set(jobs.landscape.next(link));
            self.curves_stale.set(jobs.curves.next(link));
        });
    }

    /// Forgets the jobs that went down with the engine; `plan` is the one that is run again.
    fn engine_stopped(self, message: String, plan: Option<JobId>) {
        {
            let jobs = self.jobs();
            let mut jobs = jobs.borrow_mut();
            jobs.landscape = Lane::default();
            jobs.curves = Lane::default();
            let problem = jobs.plan.take().map(|(_, problem)| problem);
            let problem = problem.unwrap_or_else(|| Arc::new(self.problem.get_untracked()));
            jobs.plan = plan.map(|id| (id, problem));
        }
        self.engine_message.set(Some(message));
    }

    /// Marks the plan shown as one whose search was stopped.
    fn mark_stopped(self) {
        self.shown.update(|shown| {
            if let Some(shown) = shown {
                let plan = Arc::make_mut(&mut shown.plan);
                plan.status = Status::Stopped;
                plan.reason = Some("the search was cancelled; this is the last plan".to_owned());
            }
        });
    }

    /// Brings `busy` and `slow` in line with the jobs under way.
    fn settle(self) {
        let busy = {
            let jobs = self.jobs();
            let jobs = jobs.borrow();
            jobs.plan.is_some()
                || jobs.benchmark.is_some()
                || jobs.landscape.in_flight.is_some()
                || jobs.curves.in_flight.is_some()
        };
        if busy == self.busy.get_untracked() {
            return;
        }
        self.busy.set(busy);
        self.slow.set(false);
        let timer = busy.then(|| Timeout::new(SLOW_MS, move || self.slow.set(true)));
        self.jobs().borrow_mut().slow_timer = timer;
    }
}

impl Lane {
    /// Sends `job`, or lets it wait for the one in flight; false if it was asked for already.
    fn request(&mut self, link: &EngineLink, job: Job, problem: &Arc<SliceProblem>) -> bool {
        if self.requested.as_ref() == Some(&job) {
            return false;
        }
        self.requested = Some(job.clone());
        if self.in_flight.is_some() {
            self.waiting = Some((job, problem.clone()));
        } else {
            self.in_flight = Some((link.send(job), problem.clone()));
        }
        true
    }

    /// Takes job `id` out of flight and gives its problem.
    fn finish(&mut self, id: JobId) -> Option<Arc<SliceProblem>> {
        self.in_flight.take_if(|(flying, _)| *flying == id).map(|(_, problem)| problem)
    }

    /// Sends the waiting job if none is in flight; true if one is in flight afterwards.
    fn next(&mut self, link: &EngineLink) -> bool {
        if self.in_flight.is_none()
            && let Some((job, problem)) = self.waiting.take()
        {
            self.in_flight = Some((link.send(job), problem));
        }
        self.in_flight.is_some()
    }

    /// Forgets everything; gives the number of the job in flight.
    fn stop(&mut self) -> Option<JobId> {
        std::mem::take(self).in_flight.map(|(id, _)| id)
    }
}

/// What the page opens with.
fn opening_state() -> LinkState {
    LinkState { problem: precomputed::default_problem(), slice: 0, view: ViewState::default() }
}

fn link_error(error: &InputError) -> String {
    format!("The link cannot be used: {error}. The default problem is shown instead.")
}
