//! The reservations for one trace: the question, and the engine that answers it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::job::{Method, MethodPlan, ReservationPlan, ReserveQuestion, Rivals};
use slicewise_protocol::{ForecastJob, ForecastOutcome, Job, JobId, Outcome, Reply};

use super::imported_trace::ImportedTrace;
use super::own_networks::OwnNetworks;
use super::planner::ForecastPlanner;
use crate::engine::link::{EngineEvent, EngineLink};
use crate::engine::worker::FORECAST_SCRIPT;
use crate::forecast::charts::demand::days_of;
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
    /// What the engine is asked.
    pub question: Memo<Arc<ReserveQuestion>>,
    /// The last answer, possibly to an earlier question.
    pub planned: RwSignal<Option<Planned>>,
    /// Share of the work done while a new trace is decided.
    pub progress: RwSignal<Option<f64>>,
    /// Why the question as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    engine: StoredValue<Option<EngineLink>, LocalStorage>,
    jobs: StoredValue<Rc<RefCell<Jobs>>, LocalStorage>,
}

/// What is under way outside the signals.
#[derive(Default)]
struct Jobs {
    /// The question that the engine works on, and the one that waits.
    asked: Option<Asked>,
    waiting: Option<Arc<ReserveQuestion>>,
}

struct Asked {
    id: JobId,
    question: Arc<ReserveQuestion>,
    /// When, in milliseconds.
    at_ms: f64,
    /// Whether the rivals were asked to decide too, once the answer proper was there.
    compares: bool,
}

impl Reservation {
    /// Nothing asked yet.
    pub fn new(planner: ForecastPlanner, trace: ImportedTrace, own: OwnNetworks) -> Self {
        let source = Memo::new(move |_| trace.source());
        let deciding = Memo::new(move |_| {
            let service = || planner.state.with(|state| state.service);
            own.reserving(|| (!trace.is_open()).then(service))
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
            question,
            planned: RwSignal::new(None),
            progress: RwSignal::new(None),
            refused: RwSignal::new(None),
            engine: StoredValue::new_local(None),
            jobs: StoredValue::new_local(Rc::default()),
        }
    }

    /// Starts the engine and lets its jobs follow the question; `hear` is told of everything first.
    pub fn connect(self, hear: impl Fn(&EngineEvent) + 'static) {
        let engine = EngineLink::start(FORECAST_SCRIPT, move |event| {
            hear(&event);
            self.hear(event);
        });
        self.engine.set_value(Some(engine));
        Effect::new(move |_| self.ask(self.question.get()));
    }

    /// Sends a job of the explorer, whose reservations the engine knows.
    pub fn send(self, job: Job) -> Option<JobId> {
        self.engine.with_value(|engine| engine.as_ref().map(|engine| engine.send(job)))
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    /// Reads from the last plan.
    pub fn read<T>(self, read: impl FnOnce(&ReservationPlan) -> T) -> Option<T> {
        self.planned.with(|planned| planned.as_ref().map(|planned| read(&planned.plan)))
    }

    /// Reads from one method of the last plan.
    pub fn read_method<T>(self, method: Method, read: impl FnOnce(&MethodPlan) -> T) -> Option<T> {
        self.read(|plan| plan.methods.iter().find(|plan| plan.method == method).map(read)).flatten()
    }

    /// Whether what is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        let question = self.question.get();
        self.planned.with(|planned| planned.as_ref().is_some_and(|p| p.question != question))
    }

    /// The test day in detail, as far as there are days, and their number.
    pub fn day(self) -> (usize, usize) {
        let wanted = self.planner.state.with(|state| state.day);
        let days = self.read(days_of).unwrap_or(1);
        (wanted.min(days - 1), days)
    }

    /// Asks the engine, once it has answered the question before.
    fn ask(self, question: Arc<ReserveQuestion>) {
        if let Err(error) = self.planner.state.with_untracked(ForecastState::validate) {
            self.refused.set(Some(error));
            return;
        }
        self.refused.set(None);
        let jobs = self.jobs();
        let under_way = jobs.borrow().asked.as_ref().map(|asked| (asked.id, asked.compares));
        if let Some((id, compares)) = under_way {
            jobs.borrow_mut().waiting = Some(question);
            if compares {
                self.engine.with_value(|engine| engine.iter().for_each(|engine| engine.cancel(id)));
            }
            return;
        }
        self.send_question(question, false);
    }

    fn send_question(self, question: Arc<ReserveQuestion>, compares: bool) {
        let asked = ReserveQuestion { rivals: compares, ..(*question).clone() };
        let job = Job::Forecast(ForecastJob::Reserve(Box::new(asked)));
        let Some(id) = self.send(job) else { return };
        let asked = Asked { id, question, at_ms: browser::now_ms(), compares };
        self.jobs().borrow_mut().asked = Some(asked);
    }

    /// The question of job `id`, which is over.
    fn ended(self, id: JobId) -> Option<Asked> {
        self.jobs().borrow_mut().asked.take_if(|asked| asked.id == id)
    }

    fn take(self, asked: Asked, plan: ReservationPlan) {
        let Asked { question, at_ms, compares, .. } = asked;
        let compare = plan.rivals == Rivals::NotAsked;
        let before = self.planned.with_untracked(|planned| planned.as_ref().map(|p| p.elapsed_ms));
        let elapsed_ms = match before {
            Some(before) if compares => before,
            _ => browser::now_ms() - at_ms,
        };
        let plan = Arc::new(plan);
        self.planned.set(Some(Planned { question: question.clone(), plan, elapsed_ms }));
        if compare && self.jobs().borrow().waiting.is_none() {
            self.progress.set(None);
            return self.send_question(question, true);
        }
        self.ask_next();
    }

    fn hear(self, event: EngineEvent) {
        match event {
            EngineEvent::Reply(Reply::Progress { fraction, .. }) => {
                let compares = self.jobs().borrow().asked.as_ref().is_some_and(|a| a.compares);
                self.progress.set((fraction < 1.0 && !compares).then_some(fraction));
            }
            EngineEvent::Reply(Reply::Done { id, outcome, .. }) => {
                let Some(asked) = self.ended(id) else { return };
                match outcome {
                    Outcome::Forecast(ForecastOutcome::Reserved(plan)) => self.take(asked, *plan),
                    _ => self.ask_next(),
                }
            }
            EngineEvent::Reply(Reply::Refused { id, error }) => {
                if self.ended(id).is_some() {
                    self.refused.set(Some(error));
                    self.ask_next();
                }
            }
            EngineEvent::Reply(Reply::Stopped { id }) => {
                if self.ended(id).is_some() {
                    self.ask_next();
                }
            }
            // A fresh engine was given the job again.
            EngineEvent::Stopped { message, plan: Some(_) } => {
                self.planner.engine_message.set(Some(message));
            }
            EngineEvent::Stopped { message, plan: None } => {
                self.planner.engine_message.set(Some(message));
                self.progress.set(None);
                self.jobs().borrow_mut().asked = None;
                self.jobs().borrow_mut().waiting = None;
            }
            EngineEvent::Ready | EngineEvent::Reply(_) => {}
        }
    }

    fn ask_next(self) {
        self.progress.set(None);
        let waiting = self.jobs().borrow_mut().waiting.take();
        if let Some(question) = waiting {
            self.ask(question);
        }
    }
}
