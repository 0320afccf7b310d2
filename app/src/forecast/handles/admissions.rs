//! Admissions for the four services: the questions, and the worker that answers them. It starts when the
//! view is first opened.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::Forecast;
use slicewise_core::forecast::admission_plan::{AdmissionPlan, AdmitQuestion, SharedTerms};
use slicewise_core::forecast::networks::NetworkSource;
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_protocol::{JobId, Reply};

use super::imported_trace::ImportedTrace;
use super::own_networks::OwnNetworks;
use super::planner::{ForecastPlanner, MOST_RESTARTS};
use super::sender::Sender;
use crate::engine::lane::{Answer, Lane};
use crate::engine::link::EngineLink;
use crate::forecast::ENGINE_SCRIPT;
use crate::forecast::charts::timeline::Admitter;

/// What is asked of both.
#[derive(Clone, Debug)]
pub struct Asked {
    seed: u64,
    terms: SharedTerms,
    networks: Arc<NetworkSource>,
}

impl Asked {
    fn send(&self, admitter: Admitter, sender: Sender, engine: &EngineLink<Forecast>) -> JobId {
        let networks = (admitter == Admitter::Learned).then(|| (*self.networks).clone());
        let question = AdmitQuestion { networks, seed: self.seed, terms: self.terms };
        sender.send(engine, ForecastJob::Admit(Box::new(question)))
    }

    /// Whether our decisions are the same: they follow seed, capacity and networks alone.
    fn decides_as(&self, other: &Self) -> bool {
        self.seed == other.seed
            && self.terms.capacity_share == other.terms.capacity_share
            && Arc::ptr_eq(&self.networks, &other.networks)
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.decides_as(other) && self.terms == other.terms
    }
}

/// A plan with the question that it answers.
#[derive(Clone, Debug)]
pub struct Answered {
    asked: Asked,
    /// The plan.
    pub plan: Arc<AdmissionPlan>,
}

impl PartialEq for Answered {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
    }
}

/// Signals of the admissions; a copyable handle.
#[derive(Clone, Copy)]
pub struct Admissions {
    sender: Sender,
    asked: Memo<Asked>,
    plans: [RwSignal<Option<Answered>>; 2],
    /// Share of our decisions that are made.
    pub progress: RwSignal<Option<f64>>,
    /// Why the question as it stands cannot be answered.
    pub refused: RwSignal<Option<InputError>>,
    message: RwSignal<Option<String>>,
    /// How often the question is asked anew because an engine stopped.
    again: RwSignal<u32>,
    engine: StoredValue<Option<EngineLink<Forecast>>, LocalStorage>,
    lanes: StoredValue<Rc<RefCell<[Lane<Asked>; 2]>>, LocalStorage>,
}

impl Admissions {
    /// Nothing asked yet.
    pub fn new(planner: ForecastPlanner, trace: ImportedTrace, own: OwnNetworks) -> Self {
        let networks = Memo::new(move |_| Arc::new(own.admitting()));
        Self {
            sender: Sender::new(trace, own),
            asked: Memo::new(move |_| {
                let (seed, terms) = planner.state.with(|state| (state.seed, state.shared));
                Asked { seed, terms, networks: networks.get() }
            }),
            plans: [RwSignal::new(None), RwSignal::new(None)],
            progress: RwSignal::new(None),
            refused: RwSignal::new(None),
            message: planner.engine_message,
            again: RwSignal::new(0),
            engine: StoredValue::new_local(None),
            lanes: StoredValue::new_local(Rc::default()),
        }
    }

    /// Answers the question as the controls stand, now and whenever they change; for a view that is open.
    pub fn follow(self) {
        if self.engine.with_value(Option::is_none) {
            let engine = EngineLink::start(ENGINE_SCRIPT, move |reply| self.hear(reply));
            self.engine.set_value(Some(engine));
        }
        Effect::new(move |_| {
            self.again.track();
            let asked = self.asked.get();
            self.refused.set(None);
            Admitter::ALL.iter().for_each(|admitter| self.ask(*admitter, asked.clone()));
        });
    }

    /// The last plan of `admitter`.
    pub fn plan(self, admitter: Admitter) -> Option<Arc<AdmissionPlan>> {
        self.plans[admitter as usize].with(|answered| answered.as_ref().map(|a| a.plan.clone()))
    }

    /// Whether a plan that is shown answers an earlier question.
    pub fn is_stale(self) -> bool {
        let asked = self.asked.get();
        let old = |answered: &Option<Answered>| answered.as_ref().is_some_and(|a| a.asked != asked);
        self.plans.iter().any(|plan| plan.with(old))
    }

    /// Whether both plans answer the question as it stands.
    pub fn is_done(self) -> bool {
        let asked = self.asked.get();
        let new = |answered: &Option<Answered>| answered.as_ref().is_some_and(|a| a.asked == asked);
        self.plans.iter().all(|plan| plan.with(new))
    }

    fn ask(self, admitter: Admitter, asked: Asked) {
        let plan = self.plans[admitter as usize];
        if plan.with_untracked(|plan| plan.as_ref().is_some_and(|plan| plan.asked == asked)) {
            return;
        }
        let Some(engine) = self.engine.get_value() else { return };
        let lanes = self.lanes.get_value();
        let lane = &mut lanes.borrow_mut()[admitter as usize];
        if let Some((id, before)) = lane.in_flight() {
            if *before == asked {
                return;
            }
            if !before.decides_as(&asked) {
                engine.cancel(id);
            }
        }
        lane.ask(asked, |asked| asked.send(admitter, self.sender, &engine));
    }

    fn hear(self, reply: Reply<Forecast>) {
        let mut reply = reply;
        for admitter in Admitter::ALL {
            let taken = self.lanes.get_value().borrow_mut()[admitter as usize].take(reply);
            match taken {
                Ok((asked, answer)) => return self.take(admitter, asked, answer),
                Err(other) => reply = other,
            }
        }
        match reply {
            Reply::Progress { fraction, .. } => {
                self.progress.set((fraction < 1.0).then_some(fraction));
            }
            Reply::Refused { error, .. } => self.refused.set(Some(error)),
            Reply::Crashed { message, .. } => {
                self.message.set(Some(message));
                self.progress.set(None);
                *self.lanes.get_value().borrow_mut() = Default::default();
                if self.again.get_untracked() < MOST_RESTARTS {
                    self.again.update(|times| *times += 1);
                }
            }
            _ => {}
        }
    }

    fn take(self, admitter: Admitter, asked: Asked, answer: Answer<Forecast>) {
        match answer {
            Answer::Done { outcome: ForecastOutcome::Admitted(plan), .. } => {
                let answered = Answered { asked, plan: Arc::from(plan) };
                self.plans[admitter as usize].set(Some(answered));
                self.refused.set(None);
            }
            Answer::Refused(error) => self.refused.set(Some(error)),
            Answer::Done { .. } | Answer::Stopped => {}
        }
        if admitter == Admitter::Learned {
            self.progress.set(None);
        }
        let Some(engine) = self.engine.get_value() else { return };
        let lanes = self.lanes.get_value();
        let lane = &mut lanes.borrow_mut()[admitter as usize];
        lane.next(|asked| asked.send(admitter, self.sender, &engine));
    }
}
