//! The reservations for one trace: the question, and the engine that answers it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::Forecast;
use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, ReserveQuestion, Rivals,
};
use slicewise_core::forecast::trace::GivenTrace;
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_protocol::{JobId, Reply};

use super::imported_trace::ImportedTrace;
use super::own_networks::OwnNetworks;
use super::planner::ForecastPlanner;
use super::sender::Sender;
use crate::engine::lane::{Answer, Lane};
use crate::engine::link::EngineLink;
use crate::forecast::ENGINE_SCRIPT;
use crate::forecast::networks::Demand;
use crate::forecast::state::ForecastState;
use crate::shell::browser;

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What was asked.
    pub question: Arc<ReserveQuestion>,
    /// The answer.
    pub plan: Arc<ReservationPlan>,
    /// From the question to the answer, in milliseconds.
    pub elapsed_ms: f64,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
    }
}

/// Signals of the reservations; a copyable handle.
#[derive(Clone, Copy)]
pub struct Reservation {
    planner: ForecastPlanner,
    trace: ImportedTrace,
    sender: Sender,
    /// What the engine is asked.
    pub question: Memo<Arc<ReserveQuestion>>,
    /// The last answer, possibly to an earlier question.
    pub planned: RwSignal<Option<Planned>>,
    /// Share of the work done while a new trace is decided.
    pub progress: RwSignal<Option<f64>>,
    /// Why the question as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    engine: StoredValue<Option<EngineLink<Forecast>>, LocalStorage>,
    lane: StoredValue<Rc<RefCell<Lane<Asked>>>, LocalStorage>,
}

/// A question to the engine.
struct Asked {
    question: Arc<ReserveQuestion>,
    /// When it was sent, in milliseconds.
    at_ms: f64,
    /// Whether the rivals are asked to decide too, once the answer proper is there.
    compares: bool,
}

impl Asked {
    fn send(&mut self, sender: Sender, engine: &EngineLink<Forecast>) -> JobId {
        self.at_ms = browser::now_ms();
        let question = ReserveQuestion { rivals: self.compares, ..(*self.question).clone() };
        sender.send(engine, ForecastJob::Reserve(Box::new(question)))
    }
}

impl Reservation {
    /// Nothing asked yet.
    pub fn new(planner: ForecastPlanner, trace: ImportedTrace, own: OwnNetworks) -> Self {
        let source = Memo::new(move |_| trace.source());
        let deciding = Memo::new(move |_| {
            let service = || Demand::Service(planner.state.with(|state| state.service));
            own.reserving(|| trace.step_minutes().map_or_else(service, Demand::Trace))
        });
        let terms = Memo::new(move |_| planner.state.with(|state| state.terms));
        let question = Memo::new(move |_| {
            Arc::new(ReserveQuestion {
                trace: source.get(),
                networks: deciding.get(),
                terms: terms.get(),
                rivals: false,
            })
        });
        Self {
            planner,
            trace,
            sender: Sender::new(trace, own),
            question,
            planned: RwSignal::new(None),
            progress: RwSignal::new(None),
            refused: RwSignal::new(None),
            engine: StoredValue::new_local(None),
            lane: StoredValue::new_local(Rc::default()),
        }
    }

    /// Starts the engine and lets its jobs follow the question; `first` hears everything first and
    /// gives back what is not its own.
    pub fn connect(self, first: impl Fn(Reply<Forecast>) -> Option<Reply<Forecast>> + 'static) {
        let engine = EngineLink::start(ENGINE_SCRIPT, move |reply| {
            if let Some(reply) = first(reply) {
                self.hear(reply);
            }
        });
        self.engine.set_value(Some(engine));
        Effect::new(move |_| self.ask(self.question.get()));
    }

    /// The trace in full, where it is the visitor's.
    pub fn given_trace(self) -> Option<GivenTrace> {
        untrack(|| self.trace.given())
    }

    /// Sends a job of the explorer, whose reservations the engine knows.
    pub fn send(self, engine: &EngineLink<Forecast>, job: ForecastJob) -> JobId {
        self.sender.send(engine, job)
    }

    /// The engine.
    pub fn with_engine(self, act: impl FnOnce(&EngineLink<Forecast>)) {
        if let Some(engine) = self.engine.get_value() {
            act(&engine);
        }
    }

    fn lane(self) -> Rc<RefCell<Lane<Asked>>> {
        self.lane.get_value()
    }

    /// Reads from the last plan.
    pub fn read<T>(self, read: impl FnOnce(&ReservationPlan) -> T) -> Option<T> {
        self.planned.with(|planned| planned.as_ref().map(|planned| read(&planned.plan)))
    }

    /// Reads from one method of the last plan.
    pub fn read_method<T>(
        self,
        method: ReservationMethod,
        read: impl FnOnce(&MethodPlan) -> T,
    ) -> Option<T> {
        self.read(|plan| plan.methods.iter().find(|plan| plan.method == method).map(read)).flatten()
    }

    /// Whether what is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        let question = self.question.get();
        self.planned.with(|planned| planned.as_ref().is_some_and(|p| p.question != question))
    }

    /// How far the answer is, in one word.
    pub fn state(self) -> &'static str {
        let refused = self.refused.with(Option::is_some);
        state_of(refused, self.planned.with(Option::is_some), self.is_stale())
    }

    /// The test day in detail, as far as there are days, and their number.
    pub fn day(self) -> (usize, usize) {
        let wanted = self.planner.state.with(|state| state.day);
        let days = self.read(ReservationPlan::test_days).unwrap_or(1);
        (wanted.min(days - 1), days)
    }

    /// Asks the engine, once it has answered the question before.
    fn ask(self, question: Arc<ReserveQuestion>) {
        let lane = self.lane();
        if let Err(error) = self.planner.state.with_untracked(ForecastState::validate) {
            lane.borrow_mut().forget_waiting();
            return self.refuse(error, &question);
        }
        self.refused.set(None);
        self.with_engine(|engine| {
            let mut lane = lane.borrow_mut();
            if let Some((id, Asked { compares: true, .. })) = lane.in_flight() {
                engine.cancel(id);
            }
            let asked = Asked { question, at_ms: 0.0, compares: false };
            lane.ask(asked, |asked| asked.send(self.sender, engine));
        });
    }

    fn hear(self, reply: Reply<Forecast>) {
        let taken = self.lane().borrow_mut().take(reply);
        match taken {
            Ok((asked, Answer::Done { outcome: ForecastOutcome::Reserved(plan), .. })) => {
                self.show(asked, *plan);
            }
            Ok((asked, answer)) => {
                if let Answer::Refused(error) = answer {
                    self.refuse(error, &asked.question);
                }
                self.ask_next();
            }
            Err(Reply::Progress { fraction, .. }) => {
                let compares = self.lane().borrow().in_flight().is_some_and(|(_, a)| a.compares);
                self.progress.set((fraction < 1.0 && !compares).then_some(fraction));
            }
            Err(Reply::Crashed { message, again }) => {
                self.planner.engine_message.set(Some(message));
                // A fresh engine was given the job again where there is a number.
                if again.is_none() {
                    self.progress.set(None);
                    self.lane().borrow_mut().stop();
                }
            }
            Err(_) => {}
        }
    }

    /// Says why `question` cannot be planned, if it still stands. What was planned for another trace
    /// goes, lest it be taken for the answer.
    fn refuse(self, error: InputError, question: &ReserveQuestion) {
        if *self.question.get_untracked() != *question {
            return;
        }
        let foreign = self.planned.with_untracked(|planned| {
            planned.as_ref().is_some_and(|planned| planned.question.trace != question.trace)
        });
        if foreign {
            self.planned.set(None);
        }
        self.refused.set(Some(error));
    }

    fn show(self, asked: Asked, plan: ReservationPlan) {
        let Asked { question, at_ms, compares } = asked;
        let compare = plan.rivals == Rivals::NotAsked;
        let before = self.planned.with_untracked(|planned| planned.as_ref().map(|p| p.elapsed_ms));
        let elapsed_ms = match before {
            Some(before) if compares => before,
            _ => browser::now_ms() - at_ms,
        };
        let plan = Arc::new(plan);
        self.planned.set(Some(Planned { question: question.clone(), plan, elapsed_ms }));
        let lane = self.lane();
        if compare && !lane.borrow().has_waiting() {
            self.progress.set(None);
            let asked = Asked { question, at_ms: 0.0, compares: true };
            self.with_engine(|engine| {
                lane.borrow_mut().ask(asked, |asked| asked.send(self.sender, engine))
            });
            return;
        }
        self.ask_next();
    }

    fn ask_next(self) {
        self.progress.set(None);
        self.with_engine(|engine| {
            self.lane().borrow_mut().next(|asked| asked.send(self.sender, engine))
        });
    }
}

/// The state of an answer whose question was `refused` or not, where there `is_planned` one, which is
/// `stale` where it answers an earlier question.
fn state_of(refused: bool, is_planned: bool, stale: bool) -> &'static str {
    match (refused, is_planned, stale) {
        (true, _, _) => "refused",
        (_, false, _) => "waiting",
        (_, _, true) => "planning",
        _ => "done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_was_refused_is_not_being_decided() {
        assert_eq!(state_of(true, true, true), "refused");
        assert_eq!(state_of(true, false, false), "refused");
        assert_eq!(state_of(false, true, true), "planning");
        assert_eq!(state_of(false, true, false), "done");
        assert_eq!(state_of(false, false, false), "waiting");
    }
}
