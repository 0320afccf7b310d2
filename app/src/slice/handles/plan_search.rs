//! The plan of the question and what is charted around it: the jobs that follow from the controls, and
//! the engine that answers them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::formats::table::numbers::NumberTable;
use slicewise_core::slice::charts::{Curves, Landscape};
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::measured::Corrected;
use slicewise_core::slice::plan::SliceAllocation;
use slicewise_core::slice::{
    Slice, SliceJob, SliceNews, SliceOutcome, SlicePlan, SliceProblem, Status,
};
use slicewise_protocol::{JobId, Reply};

use super::planner::SlicePlanner;
use crate::engine::lane::{Answer, Lane};
use crate::engine::link::EngineLink;
use crate::slice::ENGINE_SCRIPT;
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
    /// The allocation of the visitor's own that was pinned on the landscape.
    pub pinned: RwSignal<Option<Vec<f64>>>,
    /// What it is worth, as far as that is known.
    pub judged: RwSignal<Option<Charted<SliceAllocation>>>,
    /// What the measurements change that count, where they were read here.
    pub corrected: RwSignal<Option<Arc<Corrected>>>,
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
    link: StoredValue<Option<EngineLink<Slice>>, LocalStorage>,
}

/// Numbers of the jobs under way.
#[derive(Default)]
struct Jobs {
    plan: Option<(JobId, Arc<SliceProblem>)>,
    landscape: Charting<(Arc<SliceProblem>, usize, Vec<f64>)>,
    curves: Charting<(Arc<SliceProblem>, usize)>,
    judging: Charting<(Arc<SliceProblem>, usize, Vec<f64>)>,
    /// Measurements that are being read out, and the model that they are of.
    correcting: Option<(JobId, String)>,
    /// Whether a benchmark keeps another engine busy.
    measuring: bool,
    slow_timer: Option<Timeout>,
}

/// A chart's questions: the problem, the slice and what else they hang on.
struct Charting<Q> {
    lane: Lane<Q>,
    /// The last one that was asked.
    asked: Option<Q>,
}

impl<Q> Default for Charting<Q> {
    fn default() -> Self {
        Self { lane: Lane::default(), asked: None }
    }
}

impl<Q: Clone + PartialEq> Charting<Q> {
    /// Asks `question` by `send`; false if it was asked already.
    fn ask(&mut self, question: Q, send: impl FnOnce(&mut Q) -> JobId) -> bool {
        if self.asked.as_ref() == Some(&question) {
            return false;
        }
        self.asked = Some(question.clone());
        self.lane.ask(question, send);
        true
    }

    /// Sends the question that waits, if none is in flight; true if one is in flight afterwards.
    fn next(&mut self, send: impl FnOnce(&mut Q) -> JobId) -> bool {
        self.lane.next(send);
        self.lane.in_flight().is_some()
    }

    /// Forgets everything; gives the number of the job in flight.
    fn stop(&mut self) -> Option<JobId> {
        self.asked = None;
        self.lane.stop()
    }
}

fn send_landscape(
    link: &EngineLink<Slice>,
    (problem, slice, allocation): &(Arc<SliceProblem>, usize, Vec<f64>),
) -> JobId {
    let (problem, allocation) = ((**problem).clone(), allocation.clone());
    link.send(SliceJob::Landscape { problem, slice: *slice, allocation, resolution: RESOLUTION })
}

fn send_curves(link: &EngineLink<Slice>, (problem, slice): &(Arc<SliceProblem>, usize)) -> JobId {
    link.send(SliceJob::Curves { problem: (**problem).clone(), slice: *slice, points: POINTS })
}

fn send_own(
    link: &EngineLink<Slice>,
    (problem, slice, allocation): &(Arc<SliceProblem>, usize, Vec<f64>),
) -> JobId {
    let (problem, allocation) = ((**problem).clone(), allocation.clone());
    link.send(SliceJob::Judge { problem, slice: *slice, allocation })
}

impl PlanSearch {
    /// The precomputed plan, where the page opens with its question; without an engine yet.
    pub fn new(planner: SlicePlanner) -> Self {
        let search = Self {
            planner,
            shown: RwSignal::new(None),
            landscape: RwSignal::new(None),
            curves: RwSignal::new(None),
            pinned: RwSignal::new(None),
            judged: RwSignal::new(None),
            corrected: RwSignal::new(None),
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
        let link = EngineLink::start(ENGINE_SCRIPT, move |reply| self.hear(reply));
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
            let Jobs { landscape, curves, judging, measuring, .. } = &mut *jobs;
            *measuring = false;
            let lanes = [landscape.stop(), curves.stop(), judging.stop()];
            plan.into_iter().chain(lanes.into_iter().flatten()).collect()
        };
        self.with_link(|link| ids.iter().for_each(|id| link.cancel(*id)));
        self.mark_stopped();
        self.settle();
    }

    /// Makes the engine crash, to see it come back.
    pub fn crash(self) {
        self.with_link(EngineLink::crash);
    }

    /// Pins an allocation of the visitor's own to the landscape, or takes it away.
    pub fn pin(self, allocation: Option<Vec<f64>>) {
        self.judged.set(None);
        self.jobs().borrow_mut().judging.asked = None;
        self.pinned.set(allocation);
        self.request_charts();
    }

    /// Lets the members of the network count by how well they foretold the measurements of `table`.
    pub fn correct(self, table: Box<NumberTable>) {
        let mut problem = self.planner.problem.get_untracked();
        problem.member_weights = None;
        let (model, slice) = (problem.model.clone(), self.planner.selected.get_untracked());
        self.with_link(|link| {
            let id = link.send(SliceJob::Correct { problem, slice, table });
            self.jobs().borrow_mut().correcting = Some((id, model));
        });
    }

    /// Says why measurements cannot be used.
    pub fn cannot_correct(self, error: &InputError) {
        let text = ["The measurements cannot be used: ", &error.to_string(), "."].concat();
        self.planner.import_error.set(Some(text));
    }

    fn take_corrected(self, found: Corrected) {
        let Some((_, model)) = self.jobs().borrow_mut().correcting.take() else { return };
        // Weights of another network's members say nothing of the one chosen since.
        if self.planner.problem.with_untracked(|problem| problem.model != model) {
            return;
        }
        let weights = found.member_weights.clone();
        self.corrected.set(Some(Arc::new(found)));
        self.planner.problem.update(|problem| problem.member_weights = Some(weights));
    }

    /// Counts a benchmark as a job, or not any more.
    pub fn measure(self, measuring: bool) {
        self.jobs().borrow_mut().measuring = measuring;
        self.settle();
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    fn with_link(self, act: impl FnOnce(&EngineLink<Slice>)) {
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
        let problem = Arc::new(self.planner.problem.get_untracked());
        if let Err(error) = link::checked(&problem) {
            self.refused.set(Some(error));
            return;
        }
        self.refused.set(None);
        let answered = self
            .shown
            .with_untracked(|shown| shown.as_ref().is_some_and(|shown| shown.problem == problem));
        self.plan_stale.set(!answered);
        self.with_link(|link| {
            let job = SliceJob::Plan { problem: (*problem).clone(), tolerance: TOLERANCE };
            self.jobs().borrow_mut().plan = Some((link.send(job), problem));
        });
        self.settle();
    }

    /// Asks for the field and the curves around the plan shown, if they are not there already.
    fn request_charts(self) {
        let Some(shown) = self.shown.get_untracked() else { return };
        let slice = self.planner.selected.get_untracked();
        let Some(allocated) = shown.plan.slices.get(slice) else { return };
        let (problem, allocation) = (&shown.problem, allocated.allocation.clone());
        let jobs = self.jobs();
        self.with_link(|link| {
            let mut jobs = jobs.borrow_mut();
            let question = (problem.clone(), slice, allocation);
            if jobs.landscape.ask(question, |question| send_landscape(link, question)) {
                self.landscape_stale.set(true);
            }
            // Of another model it is no allocation any more.
            let pinned = self.pinned.get_untracked();
            if let Some(own) = pinned.filter(|own| own.len() == shown.problem.resources.len()) {
                jobs.judging
                    .ask((problem.clone(), slice, own), |question| send_own(link, question));
            }
            let question = (problem.clone(), slice);
            if jobs.curves.ask(question, |question| send_curves(link, question)) {
                self.curves_stale.set(true);
            }
        });
        self.settle();
    }

    fn hear(self, reply: Reply<Slice>) {
        if let Some(reply) = self.take_chart(reply) {
            self.hear_of_plan(reply);
        }
        self.settle();
    }

    /// Takes in what answers a chart's question; gives back any other reply.
    fn take_chart(self, reply: Reply<Slice>) -> Option<Reply<Slice>> {
        let jobs = self.jobs();
        let taken = jobs.borrow_mut().landscape.lane.take(reply);
        let reply = match taken {
            Ok(((problem, ..), answer)) => {
                if let Answer::Done { outcome: SliceOutcome::Landscape(data), .. } = answer {
                    self.landscape.set(Some(Charted { problem, data: Arc::new(data) }));
                }
                self.next_in_lanes();
                return None;
            }
            Err(reply) => reply,
        };
        let taken = jobs.borrow_mut().judging.lane.take(reply);
        let reply = match taken {
            Ok(((problem, _, allocation), answer)) => {
                let still = self.pinned.get_untracked().as_ref() == Some(&allocation);
                if let Answer::Done { outcome: SliceOutcome::Judged(data), .. } = answer
                    && still
                {
                    self.judged.set(Some(Charted { problem, data: data.into() }));
                }
                self.next_in_lanes();
                return None;
            }
            Err(reply) => reply,
        };
        let taken = jobs.borrow_mut().curves.lane.take(reply);
        match taken {
            Ok(((problem, _), answer)) => {
                if let Answer::Done { outcome: SliceOutcome::Curves(data), .. } = answer {
                    self.curves.set(Some(Charted { problem, data: Arc::new(data) }));
                }
                self.next_in_lanes();
                None
            }
            Err(reply) => Some(reply),
        }
    }

    fn hear_of_plan(self, reply: Reply<Slice>) {
        match reply {
            Reply::Crashed { message, again } => self.engine_stopped(message, again),
            Reply::News { id, news: SliceNews::Better(plan) } if self.is_plan(id) => {
                self.show(*plan, None);
            }
            Reply::Done { id, outcome: SliceOutcome::Plan(plan), elapsed_ms }
                if self.is_plan(id) =>
            {
                self.show(*plan, Some(elapsed_ms));
                self.jobs().borrow_mut().plan = None;
            }
            Reply::Done { id, outcome: SliceOutcome::Corrected(found), .. }
                if self.is_correcting(id) =>
            {
                self.take_corrected(*found);
            }
            Reply::Refused { id, error } if self.is_correcting(id) => {
                self.jobs().borrow_mut().correcting = None;
                self.cannot_correct(&error);
            }
            // Jobs are counted from 1: this is about a network that was to be installed.
            Reply::Refused { id: 0, error } => {
                let text = format!("The network cannot be used: {error}.");
                self.planner.import_error.set(Some(text));
            }
            Reply::Refused { id, error } if self.is_plan(id) => {
                self.refused.set(Some(error));
                self.jobs().borrow_mut().plan = None;
            }
            Reply::Stopped { id } if self.is_plan(id) => {
                self.mark_stopped();
                self.jobs().borrow_mut().plan = None;
            }
            _ => {}
        }
    }

    fn is_correcting(self, id: JobId) -> bool {
        self.jobs().borrow().correcting.as_ref().is_some_and(|(asked, _)| *asked == id)
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

    fn next_in_lanes(self) {
        let jobs = self.jobs();
        self.with_link(|link| {
            let mut jobs = jobs.borrow_mut();
            let waits = jobs.landscape.next(|question| send_landscape(link, question));
            self.landscape_stale.set(waits);
            let waits = jobs.curves.next(|question| send_curves(link, question));
            self.curves_stale.set(waits);
            jobs.judging.next(|question| send_own(link, question));
        });
    }

    /// Forgets the jobs that went down with the engine; `plan` is the one that is run again.
    fn engine_stopped(self, message: String, plan: Option<JobId>) {
        {
            let jobs = self.jobs();
            let mut jobs = jobs.borrow_mut();
            jobs.landscape = Charting::default();
            jobs.curves = Charting::default();
            jobs.judging = Charting::default();
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
                || jobs.landscape.lane.in_flight().is_some()
                || jobs.curves.lane.in_flight().is_some()
                || jobs.judging.lane.in_flight().is_some()
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
