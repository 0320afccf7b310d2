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
}

impl Corrections {
    /// Nothing asked yet.
    pub fn new(engine: TwinEngine, answers: Answers) -> Self {
        let (found, resting) = (RwSignal::new(None), StoredValue::new_local(None));
        Self { engine, answers, found, resting }
    }

    /// Lets the engine's jobs follow the answers.
    pub fn connect(self) {
        Effect::new(move |_| {
            let answered = self.answers.answered.with(|a| a.as_ref().map(|a| a.question.clone()));
            let question = answered.filter(|question| {
                question.scenario.flows.len() <= MOST_FLOWS && !self.is_found(question)
            });
            let timer = question.map(|question| Timeout::new(REST_MS, move || self.ask(question)));
            self.resting.set_value(timer);
        });
    }

    /// The corrected answer to the question as it stands.
    pub fn current(self) -> Option<Arc<CorrectedAnswer>> {
        let question = self.answers.question.get();
        self.found.with(|found| {
            let found = found.as_ref().filter(|found| found.question == question)?;
            found.answer.as_ref().ok().cloned()
        })
    }

    /// Whether the question as it stands is corrected, or will be.
    pub fn is_wanted(self) -> bool {
        let flows = self.answers.question.with(|question| question.scenario.flows.len());
        flows <= MOST_FLOWS && self.failure().is_none()
    }

    /// The last corrected answer about the network as it stands, possibly to an earlier question.
    pub fn last(self) -> Option<Arc<CorrectedAnswer>> {
        let question = self.answers.question.get();
        self.found.with(|found| {
            let found = found.as_ref().filter(|f| f.question.scenario == question.scenario)?;
            found.answer.as_ref().ok().cloned()
        })
    }

    /// Why there is none.
    pub fn failure(self) -> Option<String> {
        let question = self.answers.question.get();
        self.found.with(|found| {
            let found = found.as_ref().filter(|found| found.question == question)?;
            found.answer.as_ref().err().cloned()
        })
    }

    fn is_found(self, question: &Arc<Question>) -> bool {
        self.found.with_untracked(|found| found.as_ref().is_some_and(|f| f.question == *question))
    }

    fn ask(self, question: Arc<Question>) {
        if self.answers.question.with_untracked(|standing| *standing != question) {
            return;
        }
        let job = TwinJob::Correct(question.edited());
        let scenario = question.scenario.clone();
        self.engine.ask(&scenario, job, move |outcome| self.take(question, outcome));
    }

    fn take(self, question: Arc<Question>, outcome: Outcome) {
        let answer = match outcome {
            Ok((TwinOutcome::Corrected(answer), _)) => Ok(Arc::new(*answer)),
            Err(Ended::Refused(error)) => Err(error.to_string()),
            // A crash is told above the page.
            Ok(_) | Err(Ended::Stopped | Ended::Crashed) => return,
        };
        self.found.set(Some(Found { question, answer }));
    }
}
