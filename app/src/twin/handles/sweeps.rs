//! Sweeps of failures: the run under way, split over the workers of a pool, and what it comes to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::failures::{FailureCases, FailureKinds, Part};
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::{Edit, Topology, Twin, TwinJob, TwinOutcome};

use super::answers::Answers;
use super::corrections::MOST_FLOWS;
use super::engine::{Outcome, TwinEngine};
use super::planner::TwinPlanner;
use crate::engine::compute::Compute;
use crate::engine::pool::{EnginePool, Failure, Place, RunId, Scripts, Work};
use crate::engine::ranges::Share;
use crate::engine::worker::GPU_SCRIPT;
use crate::shell::browser;
use crate::twin::ENGINE_SCRIPT;
use crate::twin::question::Question;
use crate::twin::sweep::Gathered;

/// How often a growing result is drawn, in milliseconds.
const REDRAW_MS: f64 = 200.0;
/// Cases that training corrects.
const CORRECTED: usize = 10;

/// Some cases' places in the sweep, each with its longest mean delay and the ends of its interval, in seconds: least,
/// told, most.
pub type CorrectedCases = Arc<Vec<(usize, [f64; 3])>>;

/// A sweep; a copy is cheap.
#[derive(Clone, Default)]
pub struct SweepRun {
    /// What was asked, and which failures are gone through.
    pub asked: Option<(Arc<Question>, FailureKinds)>,
    /// What came in, once it is over.
    pub gathered: Arc<Gathered>,
    /// Cases that came in so far, and all of them.
    pub done: (usize, usize),
    run: Option<RunId>,
    started_ms: f64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

impl SweepRun {
    fn end(&mut self, gathered: Gathered) {
        self.run = None;
        self.done.0 = gathered.done;
        self.elapsed_ms = browser::now_ms() - self.started_ms;
        self.gathered = Arc::new(gathered);
    }

    /// The run in one word.
    pub fn state(&self) -> &'static str {
        match (&self.asked, self.run, &self.failure) {
            (_, Some(_), _) => "running",
            (_, None, Some(_)) => "failed",
            (None, ..) => "idle",
            _ if self.done.0 < self.done.1 => "stopped",
            _ => "done",
        }
    }
}

/// Signals of the sweeps; a copyable handle.
#[derive(Clone, Copy)]
pub struct Sweeps {
    planner: TwinPlanner,
    engine: TwinEngine,
    answers: Answers,
    /// The latest one.
    pub run: RwSignal<SweepRun>,
    /// What training makes of the cases of longest delay.
    pub corrected: RwSignal<CorrectedCases>,
    pool: StoredValue<EnginePool<Twin>, LocalStorage>,
    workers: usize,
    installed: StoredValue<String>,
    /// What came in of the run under way.
    growing: StoredValue<Rc<RefCell<Gathered>>, LocalStorage>,
}

impl Sweeps {
    /// None yet; the workers of `compute` start with the first one.
    pub fn new(
        planner: TwinPlanner,
        engine: TwinEngine,
        answers: Answers,
        compute: Compute,
    ) -> Self {
        let scripts = Scripts { cpu: ENGINE_SCRIPT, gpu: GPU_SCRIPT };
        Self {
            planner,
            engine,
            answers,
            run: RwSignal::new(SweepRun::default()),
            corrected: RwSignal::default(),
            pool: StoredValue::new_local(EnginePool::new(compute, scripts)),
            workers: compute.workers,
            installed: StoredValue::new(String::new()),
            growing: StoredValue::new_local(Rc::default()),
        }
    }

    /// Whether the sweep is of an earlier question.
    pub fn is_stale(self) -> bool {
        let (question, kinds) = (self.answers.question.get(), self.kinds());
        self.run.with(|run| match &run.asked {
            Some((asked, of)) => *asked != question || *of != kinds,
            None => false,
        })
    }

    fn kinds(self) -> FailureKinds {
        self.planner.state.with(|state| state.failures)
    }

    /// Goes through the failures of the question as it stands; an unfinished run ends.
    pub fn start(self) {
        self.cancel();
        self.corrected.set(Arc::default());
        let question = self.answers.question.get_untracked();
        let kinds = untrack(|| self.kinds());
        let asked = Some((question.clone(), kinds));
        let all = match FailureCases::new(&question.scenario.topology, kinds) {
            Ok(cases) => cases.len(),
            Err(error) => {
                let failure = Some(error.to_string());
                return self.run.set(SweepRun { asked, failure, ..SweepRun::default() });
            }
        };
        let pool = self.pool.get_value();
        if self.installed.get_value() != question.scenario.name() {
            self.installed.set_value(question.scenario.name().to_owned());
            pool.install(question.scenario.installed().clone());
        }
        let gathered = Rc::new(RefCell::new(Gathered::new(all)));
        self.growing.set_value(gathered.clone());
        self.run.set(SweepRun {
            asked,
            done: (0, all),
            started_ms: browser::now_ms(),
            ..SweepRun::default()
        });
        let work = SweepWork {
            sweeps: self,
            of: question.edited(),
            question,
            kinds,
            all,
            gathered,
            drawn_ms: Cell::new(0.0),
        };
        let place = Some(Place::Cpu(self.workers));
        let id = pool.start(None, place, Rc::new(RefCell::new(work)));
        self.run.update(|run| run.run = Some(id));
    }

    /// Stops the run and keeps what is there.
    pub fn cancel(self) {
        if let Some(id) = self.run.with_untracked(|run| run.run) {
            self.pool.get_value().cancel(id);
            let gathered = self.growing.get_value().take();
            self.run.update(|run| run.end(gathered));
        }
    }

    /// Makes edits of parts that fail.
    pub fn take_over(self, failed: &[Part]) {
        let question = self.run.with_untracked(|run| run.asked.clone());
        let Some((question, _)) = question else { return };
        edits(&question.scenario.topology, failed).for_each(|edit| self.planner.edit(edit));
    }

    /// Has training correct the cases of longest delay of the sweep of `question`, one after the other.
    fn correct_worst(self, question: Arc<Question>, gathered: &Gathered) {
        if question.scenario.flows.len() > MOST_FLOWS {
            return;
        }
        let left = gathered.slowest(CORRECTED);
        let left = left.into_iter().map(|(index, case)| (index, case.failed.clone())).collect();
        self.correct_next(question, left);
    }

    fn correct_next(self, question: Arc<Question>, mut left: Vec<(usize, Vec<Part>)>) {
        if left.is_empty() {
            return;
        }
        let (index, failed) = left.remove(0);
        let mut of = question.edited();
        of.edits.extend(edits(&question.scenario.topology, &failed));
        let scenario = question.scenario.clone();
        self.engine.ask(&scenario, TwinJob::Correct(of), move |outcome: Outcome| {
            let asked = self.run.with_untracked(|run| run.asked.clone());
            let is_latest = asked.is_some_and(|(asked, _)| Arc::ptr_eq(&asked, &question));
            let Ok((TwinOutcome::Corrected(found), _)) = outcome else { return };
            if !is_latest {
                return;
            }
            let slowest = found.answer.summary.slowest_flow;
            if let Some(delays) = slowest.and_then(|flow| found.delay_s(flow)) {
                self.corrected.update(|known| Arc::make_mut(known).push((index, delays)));
            }
            self.correct_next(question, left);
        });
    }

    /// Changes the run of `question`, if that is still the latest one.
    fn update(self, question: &Arc<Question>, change: impl FnOnce(&mut SweepRun)) {
        let _ = self.run.try_update(|run| {
            if run.asked.as_ref().is_some_and(|(asked, _)| Arc::ptr_eq(asked, question)) {
                change(run);
            }
        });
    }
}

/// What lets parts of a network fail.
fn edits<'a>(topology: &'a Topology, failed: &'a [Part]) -> impl Iterator<Item = Edit> + 'a {
    failed.iter().filter_map(|part| match *part {
        Part::Link(link) => {
            topology.links.get(link as usize).map(|link| Edit::LinkFails(link.id.clone()))
        }
        Part::Node(node) => {
            topology.nodes.get(node as usize).map(|node| Edit::NodeFails(node.id.clone()))
        }
        Part::Group(group) => {
            let group = topology.risk_groups.get(group as usize);
            group.map(|group| Edit::GroupFails(group.id.clone()))
        }
    })
}

/// A sweep as the pool has it.
struct SweepWork {
    sweeps: Sweeps,
    question: Arc<Question>,
    of: Edited,
    kinds: FailureKinds,
    all: usize,
    gathered: Rc<RefCell<Gathered>>,
    drawn_ms: Cell<f64>,
}

impl SweepWork {
    fn end(&self, failure: Option<String>) {
        let gathered = self.gathered.take();
        if failure.is_none() {
            self.sweeps.correct_worst(self.question.clone(), &gathered);
        }
        self.sweeps.update(&self.question, |run| {
            run.end(gathered);
            run.failure = failure;
        });
    }
}

impl Work<Twin> for SweepWork {
    fn lengths(&self) -> Vec<usize> {
        vec![self.all]
    }

    fn job(&self, share: Share) -> TwinJob {
        let Share { first, count, .. } = share;
        TwinJob::Failures { of: self.of.clone(), kinds: self.kinds, first, count }
    }

    fn take(&mut self, share: Share, outcome: TwinOutcome) -> Option<usize> {
        let TwinOutcome::Failures(part) = outcome else { return None };
        let fits =
            (part.first, part.cases.len()) == (share.first, share.count) && part.all == self.all;
        fits.then(|| {
            self.gathered.borrow_mut().add(*part);
            share.count
        })
    }

    fn progress(&mut self, done: usize) {
        let now = browser::now_ms();
        if now - self.drawn_ms.get() < REDRAW_MS {
            return;
        }
        self.drawn_ms.set(now);
        self.sweeps.update(&self.question, |run| run.done.0 = done);
    }

    fn finish(&mut self, _: f64, _: String) {
        self.end(None);
    }

    fn fail(&mut self, failure: Failure) {
        let text = match failure {
            Failure::Refused(error) => self.question.told(error).to_string(),
            Failure::Broken(reason) => reason,
        };
        self.end(Some(text));
    }

    fn model(&self) -> Option<&str> {
        None
    }
}
