//! The answer about the network as the controls stand, and beside it the one before the what-if edits.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::twin::{Answer, TwinJob, TwinOutcome};

use super::engine::{Ended, Outcome, TwinEngine};
use super::network::OpenNetwork;
use super::planner::TwinPlanner;
use crate::twin::question::Question;
use crate::twin::state::TwinState;

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What was asked.
    pub question: Arc<Question>,
    /// The answer.
    pub answer: Arc<Answer>,
    /// How long the engine worked on it, in milliseconds.
    pub elapsed_ms: f64,
}

impl PartialEq for Answered {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.answer, &other.answer)
    }
}

/// An answer, and the one before its edits.
pub type Pair = (Answered, Answered);

/// A question to the engine.
#[derive(Clone)]
struct Asked {
    question: Arc<Question>,
    /// Whether it is the one before the edits of the question as it stood.
    is_before: bool,
}

/// Signals of the answers; a copyable handle.
#[derive(Clone, Copy)]
pub struct Answers {
    planner: TwinPlanner,
    engine: TwinEngine,
    /// What the engine is asked.
    pub question: Memo<Arc<Question>>,
    /// The last answer, possibly to an earlier question.
    pub answered: RwSignal<Option<Answered>>,
    /// The last answer to a question without what-if edits.
    pub before: RwSignal<Option<Answered>>,
    /// The last answer that has the one before its edits beside it.
    pairs: Memo<Option<Pair>>,
    /// Why the question as it stands cannot be answered.
    pub refused: RwSignal<Option<InputError>>,
    /// The question that the engine is busy with.
    asked: StoredValue<Option<Asked>>,
    /// Whether the question as it stands, and the one before its edits, had no answer.
    failed: StoredValue<(bool, bool)>,
}

impl Answers {
    /// Nothing asked yet.
    pub fn new(planner: TwinPlanner, engine: TwinEngine, network: OpenNetwork) -> Self {
        let settings = Memo::new(move |_| planner.state.with(TwinState::settings));
        let edits = Memo::new(move |_| network.edits());
        let question = Memo::new(move |_| {
            Arc::new(Question {
                scenario: network.scenario.get(),
                settings: settings.get(),
                edits: edits.get(),
            })
        });
        let answered = RwSignal::new(None);
        let before = RwSignal::new(None);
        let pairs = Memo::new(move |last: Option<&Option<Pair>>| {
            pair(answered.get()?, before.get(), last.and_then(Option::as_ref))
        });
        Self {
            planner,
            engine,
            question,
            answered,
            before,
            pairs,
            refused: RwSignal::new(None),
            asked: StoredValue::new(None),
            failed: StoredValue::new((false, false)),
        }
    }

    /// Lets the engine's jobs follow the question.
    pub fn connect(self) {
        Effect::new(move |_| {
            self.question.track();
            self.failed.set_value((false, false));
            self.refused.set(None);
            self.ask_next();
        });
    }

    /// Whether what is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        let question = self.question.get();
        self.answered.with(|answered| !answers(answered.as_ref(), &question))
    }

    /// How far the answer is, in one word.
    pub fn state(self) -> &'static str {
        match (self.refused.with(Option::is_some), self.answered.with(Option::is_some)) {
            (true, _) => "refused",
            (_, false) => "waiting",
            _ if self.is_stale() => "answering",
            _ => "done",
        }
    }

    /// Reads from the last answer and its question.
    pub fn read<T>(self, read: impl FnOnce(&Question, &Answer) -> T) -> Option<T> {
        self.answered.with(|a| a.as_ref().map(|a| read(&a.question, &a.answer)))
    }

    /// The last answer that has the one before its edits beside it: itself where there are none.
    pub fn pair(self) -> Option<Pair> {
        self.pairs.get()
    }

    /// Asks what is not answered yet: the question as it stands, then the one before its edits.
    fn ask_next(self) {
        if self.asked.with_value(Option::is_some) {
            return;
        }
        if let Err(error) = self.planner.state.with_untracked(TwinState::validate) {
            self.refused.set(Some(error));
            return;
        }
        let question = self.question.get_untracked();
        let lacks = |of: RwSignal<Option<Answered>>, question: &Question| {
            of.with_untracked(|answered| !answers(answered.as_ref(), question))
        };
        let (failed, before_failed) = self.failed.get_value();
        if !failed && lacks(self.answered, &question) {
            return self.ask(Asked { question, is_before: false });
        }
        let before = question.before();
        if !before_failed && !question.edits.is_empty() && lacks(self.before, &before) {
            self.ask(Asked { question: Arc::new(before), is_before: true });
        }
    }

    fn ask(self, asked: Asked) {
        let job = TwinJob::Answer(asked.question.edited());
        let scenario = asked.question.scenario.clone();
        self.asked.set_value(Some(asked));
        self.engine.ask(&scenario, job, move |outcome| self.take(outcome));
    }

    fn take(self, outcome: Outcome) {
        let Some(asked) = self.asked.try_update_value(Option::take).flatten() else { return };
        match outcome {
            Ok((TwinOutcome::Answered(answer), elapsed_ms)) => {
                let question = asked.question;
                let answered = Answered { question, answer: Arc::new(*answer), elapsed_ms };
                if answered.question.edits.is_empty() {
                    self.before.set(Some(answered.clone()));
                }
                if !asked.is_before {
                    self.answered.set(Some(answered));
                }
            }
            Ok(_) | Err(Ended::Stopped) => {}
            Err(Ended::Refused(error)) => self.give_up(&asked, Some(error)),
            Err(Ended::Crashed) => self.give_up(&asked, None),
        }
        self.ask_next();
    }

    /// Asks `asked` no more as long as the question as it stands does not change.
    fn give_up(self, asked: &Asked, error: Option<InputError>) {
        let standing = self.question.get_untracked();
        if asked.is_before {
            let stands = *asked.question == standing.before();
            return self.failed.update_value(|failed| failed.1 |= stands);
        }
        if asked.question == standing {
            self.failed.update_value(|failed| failed.0 = true);
            if let Some(error) = error {
                self.refuse(asked.question.told(error), &standing);
            }
        }
    }

    /// Says why `question` cannot be answered. What was answered of another network goes, lest it be
    /// taken for the answer.
    fn refuse(self, error: InputError, question: &Question) {
        let foreign = self.answered.with_untracked(|answered| {
            answered.as_ref().is_some_and(|a| a.question.scenario != question.scenario)
        });
        if foreign {
            self.answered.set(None);
        }
        self.refused.set(Some(error));
    }
}

/// The answer `after` with the one before its edits, where that is there; else the `last` pair about the same
/// network, so that nothing flickers while the one before is being asked for.
fn pair(after: Answered, before: Option<Answered>, last: Option<&Pair>) -> Option<Pair> {
    if after.question.edits.is_empty() {
        return Some((after.clone(), after));
    }
    let wanted = after.question.before();
    match before.filter(|before| *before.question == wanted) {
        Some(before) => Some((after, before)),
        None => last.filter(|last| last.0.question.scenario == after.question.scenario).cloned(),
    }
}

fn answers(answered: Option<&Answered>, question: &Question) -> bool {
    answered.is_some_and(|answered| *answered.question == *question)
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::Edit;

    use super::*;
    use crate::twin::examples;
    use crate::twin::question::OpenScenario;

    fn answered(scenario: &OpenScenario, settings: &[&str], edits: &[&str]) -> Answered {
        let fails = |links: &[&str]| {
            links.iter().map(|link| Edit::LinkFails((*link).to_owned())).collect::<Vec<_>>()
        };
        let (settings, edits) = (fails(settings), fails(edits));
        let question = Question { scenario: scenario.clone(), settings, edits };
        let answer = Arc::new(examples::answer());
        Answered { question: Arc::new(question), answer, elapsed_ms: 1.0 }
    }

    #[test]
    fn an_answer_is_compared_with_the_one_of_the_same_settings_alone() {
        let scenario = OpenScenario::new("a".to_owned(), examples::triangle());
        let before = answered(&scenario, &["bc"], &[]);
        let after = answered(&scenario, &["bc"], &["ab"]);
        assert_eq!(pair(before.clone(), None, None), Some((before.clone(), before.clone())));
        let whole = (after.clone(), before.clone());
        assert_eq!(pair(after.clone(), Some(before), None), Some(whole.clone()));
        // Other settings: the pair of before stays until there is another one.
        let moved = answered(&scenario, &[], &["ab"]);
        assert_eq!(pair(moved.clone(), Some(whole.1.clone()), Some(&whole)), Some(whole.clone()));
        assert_eq!(pair(moved, None, None), None);
        let other = OpenScenario::new("b".to_owned(), examples::triangle());
        assert_eq!(pair(answered(&other, &[], &["ab"]), None, Some(&whole)), None);
    }
}
