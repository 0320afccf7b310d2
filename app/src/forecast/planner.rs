//! The state of the Forecast view and the jobs that follow from it. Every control changes
//! [`ForecastPlanner::state`]; everything shown comes from the engine's answers to it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::networks::{LearnedNetworks, NetworkSource};
use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, ReserveQuestion, Rivals,
};
use slicewise_core::forecast::trace::{GivenTrace, TraceSource};
use slicewise_protocol::{ForecastJob, ForecastOutcome, Job, JobId, Outcome, Reply};

use super::explorer::Explorer;
use super::imported::Imported;
use super::networks;
use super::state::{ForecastState, Tab};
use crate::engine::link::{EngineEvent, EngineLink};
use crate::engine::worker::FORECAST_SCRIPT;
use crate::shell::{browser, linked_view};

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

/// Networks of the visitor's own; equal when they are the same ones.
#[derive(Clone, Debug)]
pub struct Own(pub Arc<LearnedNetworks>);

impl Own {
    /// The networks as a question names them.
    pub fn source(&self) -> NetworkSource {
        NetworkSource::Own(Box::new((*self.0).clone()))
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Signals of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct ForecastPlanner {
    /// The question and what is shown of its answer, as the controls stand.
    pub state: RwSignal<ForecastState>,
    /// The visitor's table, whose chosen trace is planned in place of the service.
    pub imported: RwSignal<Option<Imported>>,
    /// Networks of the visitor's own, which decide in place of the shipped ones.
    pub own: RwSignal<Option<Own>>,
    /// The same for the four services under one capacity.
    pub own_admission: RwSignal<Option<Own>>,
    /// What the engine is asked.
    pub question: Memo<Arc<ReserveQuestion>>,
    /// The last answer, possibly to an earlier question.
    pub planned: RwSignal<Option<Planned>>,
    /// Share of the work done while a new trace is decided.
    pub progress: RwSignal<Option<f64>>,
    /// Why the question as it stands cannot be planned.
    pub refused: RwSignal<Option<InputError>>,
    /// What happened to the engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
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

impl ForecastPlanner {
    /// The state that the page's address asks for, without a job yet.
    pub fn new() -> Self {
        let (state, error): (ForecastState, _) = linked_view::asked().unwrap_or_default();
        let state = RwSignal::new(state);
        let imported: RwSignal<Option<Imported>> = RwSignal::new(None);
        let trace = Memo::new(move |_| {
            let own = imported.with(|imported| imported.as_ref()?.series().cloned());
            match own {
                Some(series) => TraceSource::Given(GivenTrace::from(&*series)),
                None => state.with(|state| TraceSource::Generated {
                    service: state.service,
                    seed: state.seed,
                }),
            }
        });
        let own: RwSignal<Option<Own>> = RwSignal::new(None);
        let deciding = Memo::new(move |_| {
            if let Some(adopted) = own.with(|own| own.as_ref().map(Own::source)) {
                return adopted;
            }
            let opened = imported.with(Option::is_some);
            let service = (!opened).then(|| state.with(|state| state.service));
            NetworkSource::Shipped(networks::shipped_for(service).to_owned())
        });
        let terms = Memo::new(move |_| state.with(|state| state.terms));
        let question = Memo::new(move |_| {
            Arc::new(ReserveQuestion {
                trace: trace.get(),
                networks: deciding.get(),
                terms: terms.get(),
                rivals: false,
            })
        });
        Self {
            state,
            imported,
            own,
            own_admission: RwSignal::new(None),
            question,
            planned: RwSignal::new(None),
            progress: RwSignal::new(None),
            refused: RwSignal::new(None),
            engine_message: RwSignal::new(None),
            import_error: RwSignal::new(error),
            engine: StoredValue::new_local(None),
            jobs: StoredValue::new_local(Rc::default()),
        }
    }

    /// Starts the engine and lets jobs and the address follow the controls.
    pub fn connect(self, explorer: Explorer) {
        let engine = EngineLink::start(FORECAST_SCRIPT, move |event| {
            match &event {
                EngineEvent::Reply(reply) => explorer.hear(reply),
                EngineEvent::Stopped { .. } => explorer.forget(),
                EngineEvent::Ready => {}
            }
            self.hear(event);
        });
        self.engine.set_value(Some(engine));
        Effect::new(move |_| self.ask(self.question.get()));
        linked_view::follow(self.state);
    }

    /// Sends a job of the explorer, whose reservations the engine knows.
    pub fn send(self, job: Job) -> Option<JobId> {
        self.engine.with_value(|engine| engine.as_ref().map(|engine| engine.send(job)))
    }

    fn jobs(self) -> Rc<RefCell<Jobs>> {
        self.jobs.get_value()
    }

    /// The address that reproduces the view, written at once.
    pub fn address(self) -> String {
        linked_view::address(self.state)
    }

    /// Follows an address that the visitor has changed by hand.
    pub fn load_address(self) {
        let Some((state, error)) = linked_view::asked() else { return };
        if error.is_none() {
            self.imported.set(None);
        }
        self.import_error.set(error);
        self.state.set(state);
    }

    /// Opens `tab`.
    pub fn show(self, tab: Tab) {
        self.state.update(|state| state.tab = tab);
    }

    /// Lets `networks` decide from now on.
    pub fn adopt(self, networks: Arc<LearnedNetworks>) {
        let (own, tab) = match networks.card.admission_terms {
            Some(_) => (self.own_admission, Tab::Admission),
            None => (self.own, Tab::Reservation),
        };
        own.set(Some(Own(networks)));
        self.show(tab);
    }

    /// The networks that admit.
    pub fn admitting(self) -> NetworkSource {
        let own = self.own_admission.with(|own| own.as_ref().map(Own::source));
        own.unwrap_or_else(|| NetworkSource::Shipped(networks::FOUR_SLICES.to_owned()))
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

    /// The test day in detail, as far as there are days, and their number.
    pub fn day(self) -> (usize, usize) {
        let wanted = self.state.with(|state| state.day);
        let days = self.read(days_of).unwrap_or(1);
        (wanted.min(days - 1), days)
    }

    /// Asks the engine, once it has answered the question before.
    fn ask(self, question: Arc<ReserveQuestion>) {
        if let Err(error) = self.state.with_untracked(ForecastState::validate) {
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
                self.engine_message.set(Some(message));
            }
            EngineEvent::Stopped { message, plan: None } => {
                self.engine_message.set(Some(message));
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

/// Days of the test, begun ones included.
pub fn days_of(plan: &ReservationPlan) -> usize {
    plan.demand.len().div_ceil(steps_per_day(plan)).max(1)
}

/// Steps of a day.
pub fn steps_per_day(plan: &ReservationPlan) -> usize {
    (1440 / plan.step_minutes.max(1)).max(1) as usize
}
