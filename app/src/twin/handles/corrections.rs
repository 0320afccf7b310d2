//! The answer as a trained network corrects it: asked for once the controls rest.

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::twin::{CorrectedAnswer, TwinJob, TwinOutcome};

use super::answers::Answers;
use super::engine::{Ended, Outcome, TwinEngine};
use crate::twin::question::Question;

/// How long the controls rest before a correction is asked for: the engine does one thing at a time, and the
/// formula's answer comes first.
const REST_MS: u32 = 200;
/// Above as many flows a correction takes too long to follow the controls.
pub(super) const MOST_FLOWS: usize = 20_000;

/// What came of a question.
#[derive(Clone)]
struct Found {
    question: Arc<Question>,
    /// The answer, or why there is none.
    answer: Result<Arc<CorrectedAnswer>, String>,
}

/// Signals of the corrections; a copyable handle.
#[derive(Clone, Copy)]
pub struct Corrections {
    engine: TwinEngine,
    answers: Answers,
    found: RwSignal<Option<Found>>,
    resting: StoredValue<Option<Timeout>, LocalStorage>,
    /// Whether the engine is busy with one.
    is_asked: StoredValue<bool>,
}

impl Corrections {
    /// Nothing asked yet.
    pub fn new(engine: TwinEngine, answers: Answers) -> Self {
        Self {
            engine,
            answers,
            found: RwSignal::new(None),
            resting: StoredValue::new_local(None),
            is_asked: StoredValue::new(false),
        }
    }

    /// Lets the engine's jobs follow the answers.
    pub fn connect(self) {
        Effect::new(move |_| {
            self.answers.answered.track();
            self.resting.set_value(Some(Timeout::new(REST_MS, move || self.ask_next())));
        });
    }

    /// The corrected answer to the question as it stands.
    pub fn current(self) -> Option<Arc<CorrectedAnswer>> {
        self.found_of(|asked, standing| asked == standing)?.ok()
    }

    /// Whether the question as it stands is corrected, or will be.
    pub fn is_wanted(self) -> bool {
        let flows = self.answers.question.with(|question| question.scenario.flows.len());
        flows <= MOST_FLOWS && self.failure().is_none()
    }

    /// The last corrected answer about the network as it stands, possibly to an earlier question.
    pub fn last(self) -> Option<Arc<CorrectedAnswer>> {
        self.found_of(|asked, standing| asked.scenario == standing.scenario)?.ok()
    }

    /// Why there is none.
    pub fn failure(self) -> Option<String> {
        self.found_of(|asked, standing| asked == standing)?.err()
    }

    /// What came of the last question, if `is_meant` holds of it and of the one as it stands.
    fn found_of(
        self,
        is_meant: impl Fn(&Question, &Question) -> bool,
    ) -> Option<Result<Arc<CorrectedAnswer>, String>> {
        let standing = self.answers.question.get();
        self.found.with(|found| {
            let found = found.as_ref().filter(|found| is_meant(&found.question, &standing))?;
            Some(found.answer.clone())
        })
    }

    /// Asks for what the question as it stands lacks, once it is answered and the engine is done with the one before.
    fn ask_next(self) {
        let question = self.answers.question.get_untracked();
        let is_known = |found: Option<&Arc<Question>>| found == Some(&question);
        let answered =
            self.answers.answered.with_untracked(|a| is_known(a.as_ref().map(|a| &a.question)));
        let found = self.found.with_untracked(|f| is_known(f.as_ref().map(|f| &f.question)));
        let is_small = question.scenario.flows.len() <= MOST_FLOWS;
        if self.is_asked.get_value() || !answered || found || !is_small {
            return;
        }
        self.is_asked.set_value(true);
        let job = TwinJob::Correct(question.edited());
        let scenario = question.scenario.clone();
        self.engine.ask(&scenario, job, move |outcome| self.take(question, outcome));
    }

    fn take(self, question: Arc<Question>, outcome: Outcome) {
        self.is_asked.set_value(false);
        let answer = match outcome {
            Ok((TwinOutcome::Corrected(answer), _)) => Ok(Arc::new(*answer)),
            Err(Ended::Refused(error)) => Err(error.to_string()),
            // A crash is told above the page.
            Ok(_) | Err(Ended::Stopped | Ended::Crashed) => return,
        };
        self.found.set(Some(Found { question, answer }));
        self.ask_next();
    }
}
