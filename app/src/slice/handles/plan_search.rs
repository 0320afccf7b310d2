//! The plan of the question and what is charted around it: the jobs that follow from the controls, and
//! the engine that answers them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::slice::{SlicePlan, SliceProblem, Status};
use slicewise_protocol::{Curves, Installed, Job, JobId, Landscape, Outcome, Reply};

use super::planner::SlicePlanner;
use crate::engine::link::{EngineEvent, EngineLink};
use crate::engine::worker::ENGINE_SCRIPT;
use crate::slice::link;
use crate::slice::shown::{Charted, Shown, Source};
use crate::slice::{models, precomputed};

/// Relative gap at which a certificate is good enough.
const TOLERANCE: f64 = 1e-4;
/// Grid points per axis of the degradation field.
const RESOLUTION: usize = 48;
/// Points per curve.
const POINTS: usize = 17;
/// How long a job runs before the page offers to cancel it.
const SLOW_MS: u32 = 300;

/// Signals of the search; a copyable handle.
#[derive(Clone, Copy)]
pub struct PlanSearch {
    planner: SlicePlanner,
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
    /// What happened to an engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the problem as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    jobs: StoredValue<Rc<RefCell<Jobs>>, LocalStorage>,
    link: StoredValue<Option<EngineLink>, LocalStorage>,
}

/// Numbers of the jobs under way.
#[derive(Default)]
struct Jobs {
    plan: Option<(JobId, Arc<SliceProblem>)>,
    landscape: Lane,
    curves: Lane,
    /// Whether a benchmark keeps another engine busy.
    measuring: bool,
    slow_timer: Option<Timeout>,
}

/// One kind of job of which at most one is in flight and at most one waits, so that a slider in
/// motion cannot starve the chart that follows it.
#[derive(Default)]
struct Lane {
    in_flight: Option<(JobId, Arc<SliceProblem>)>,
    waiting: Option<(Job, Arc<SliceProblem>)>,
    requested: Option<Job>,
}

impl PlanSearch {
    /// The precomputed plan, where the page opens with its question; without an engine yet.
    pub fn new(planner: SlicePlanner) -> Self {
        let search = Self {
            planner,
            shown: RwSignal::new(None),
            landscape: RwSignal::new(None),
            curves: RwSignal::new(None),
            plan_stale: RwSignal::new(false),
            landscape_stale: RwSignal::new(false),
            curves_stale: RwSignal::new(false),
            busy: RwSignal::new(false),
            slow: RwSignal::new(false),
            engine_message: RwSignal::new(None),
            refused: RwSignal::new(None),
            jobs: StoredValue::new_local(Rc::default()),
            link: StoredValue::new_local(None),
        };
        let default = precomputed::default_problem();
        if planner.problem.with_untracked(|problem| *problem == default) {
            search.show_precomputed(default);
        }
        search
    }

    /// Starts the engine and lets its jobs follow the controls.
    pub fn connect(self) {
        let link = EngineLink::start(ENGINE_SCRIPT, move |event| self.hear(event));
        self.link.set_value(Some(link));
        Effect::new(move |_| {
            self.planner.problem.track();
            self.replan();
        });
        Effect::new(move |previous: Option<()>| {
            self.planner.selected.track();
            if previous.is_some() {
                self.request_charts();
            }
        });
    }

    /// Gives the engine a network, so that it can be chosen.
    pub fn install(self, network: Installed) {
        models::install(network.clone());
        self.with_link(|link| link.install(network));
        self.planner.models.update(|changes| *changes += 1);
    }

    /// Stops what is under way and keeps the last plan.
    pub fn cancel(self) {
        let jobs = self.jobs();
        let ids: Vec<JobId> = {
            let mut jobs = jobs.borrow_mut();
            let plan = jobs.plan.take().map(|(id, _)| id);
            let Jobs { landscape, curves, measuring, .. } = &mut *jobs;
            *measuring = false;
            let lanes = [landscape.stop(), curves.stop()];
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

    /// Counts a benchmark as a job, or not any more.
    pub fn measure(self, measuring: bool) {
        self.jobs().borrow_mut().measuring = measuring;
        self.settle();
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    fn with_link(self, act: impl FnOnce(&EngineLink)) {
        if let Some(link) = self.link.get_value() {
            act(&link);
        }
    }

    fn show_precomputed(self, problem: SliceProblem) {
        let problem = Arc::new(problem);
        if let (Some(card), Some(plan)) = (models::named(&problem.model), precomputed::plan()) {
            let source = Source::Precomputed;
            let problem = problem.clone();
            self.shown.set(Some(Shown { problem, card, plan, source, elapsed_ms: None }));
        }
        self.landscape
            .set(precomputed::landscape().map(|data| Charted { problem: problem.clone(), data }));
        self.curves.set(precomputed::curves().map(|data| Charted { problem, data }));
    }

    /// Asks for the plan of the question as it stands.
    fn replan(self) {
        let problem = self.planner.problem.get_untracked();
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
        let slice = self.planner.selected.get_untracked();
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
            let problem = problem.unwrap_or_else(|| Arc::new(self.planner.problem.get_untracked()));
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
                || jobs.measuring
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
