//! Checks by simulation: the run under way, and what it has measured.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::simulation::{Simulated, SimulationOrder};
use slicewise_core::twin::{TwinJob, TwinNews, TwinOutcome};
use slicewise_protocol::JobId;

use super::answers::Answers;
use super::engine::{Ended, Outcome, TwinEngine};
use super::planner::TwinPlanner;
use crate::twin::question::Question;

/// A check; a copy is cheap.
#[derive(Clone, Default)]
pub struct SimulationRun {
    /// What was asked.
    pub asked: Option<(Arc<Question>, SimulationOrder)>,
    /// What was measured so far.
    pub measured: Option<Arc<Simulated>>,
    /// Share that is done, 0 to 1.
    pub fraction: f64,
    job: Option<JobId>,
    /// How long the engine took, in milliseconds.
    pub elapsed_ms: f64,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

impl SimulationRun {
    /// The run in one word.
    pub fn state(&self) -> &'static str {
        match (&self.asked, self.job, &self.failure) {
            (_, Some(_), _) => "running",
            (_, None, Some(_)) => "failed",
            (None, ..) => "idle",
            _ if self.fraction < 1.0 => "stopped",
            _ => "done",
        }
    }
}

/// Signals of the checks; a copyable handle.
#[derive(Clone, Copy)]
pub struct Simulation {
    planner: TwinPlanner,
    engine: TwinEngine,
    answers: Answers,
    /// The latest one.
    pub run: RwSignal<SimulationRun>,
}

impl Simulation {
    /// None yet.
    pub fn new(planner: TwinPlanner, engine: TwinEngine, answers: Answers) -> Self {
        Self { planner, engine, answers, run: RwSignal::new(SimulationRun::default()) }
    }

    /// What was measured of the question as it stands.
    pub fn measured(self) -> Option<Arc<Simulated>> {
        if self.is_stale() {
            return None;
        }
        self.run.with(|run| run.measured.clone())
    }

    /// Whether the check is of an earlier question.
    pub fn is_stale(self) -> bool {
        let question = self.answers.question.get();
        self.run.with(|run| run.asked.as_ref().is_some_and(|(asked, _)| *asked != question))
    }

    /// Simulates the question as it stands; an unfinished check ends.
    pub fn start(self) {
        self.cancel();
        let question = self.answers.question.get_untracked();
        let order = self
            .planner
            .state
            .with_untracked(|state| SimulationOrder { seed: state.seed, packets: state.packets });
        let asked = Some((question.clone(), order));
        self.run.set(SimulationRun { asked, ..SimulationRun::default() });
        let job = TwinJob::Simulate { of: question.edited(), order };
        let (heard, ended) = (question.clone(), question.clone());
        let news = move |fraction: f64, news: Option<TwinNews>| {
            self.update(&heard, |run| {
                if fraction.is_finite() {
                    // It is done with its outcome, not before.
                    run.fraction = fraction.min(0.999);
                }
                if let Some(TwinNews::Measured(measured)) = news {
                    run.measured = Some(Arc::new(*measured));
                }
            });
        };
        let then = move |outcome: Outcome| self.update(&ended, |run| run.take(&ended, outcome));
        let job = self.engine.ask_with_news(&question.scenario, job, news, then);
        self.run.update(|run| run.job = job);
    }

    /// Stops the check and keeps what was measured.
    pub fn cancel(self) {
        if let Some(job) = self.run.with_untracked(|run| run.job) {
            self.engine.cancel(job);
        }
    }

    /// Changes the check of `question`, if that is still the latest one.
    fn update(self, question: &Arc<Question>, change: impl FnOnce(&mut SimulationRun)) {
        let _ = self.run.try_update(|run| {
            if run.asked.as_ref().is_some_and(|(asked, _)| Arc::ptr_eq(asked, question)) {
                change(run);
            }
        });
    }
}

impl SimulationRun {
    fn take(&mut self, question: &Question, outcome: Outcome) {
        self.job = None;
        match outcome {
            Ok((TwinOutcome::Simulated(measured), elapsed_ms)) => {
                (self.fraction, self.elapsed_ms) = (1.0, elapsed_ms);
                self.measured = Some(Arc::new(*measured));
            }
            Err(Ended::Refused(error)) => self.failure = Some(question.told(error).to_string()),
            Err(Ended::Crashed) => self.failure = Some("the engine stopped".to_owned()),
            Ok(_) | Err(Ended::Stopped) => {}
        }
    }
}
