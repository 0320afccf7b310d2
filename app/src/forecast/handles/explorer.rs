//! What the loss networks have learned: the questions of the explorer, asked while its view is open.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::job::{
    ExploreQuestion, Level, LossPicture, LossSurface, SurfaceQuestion,
};
use slicewise_protocol::{ForecastJob, ForecastOutcome, Job, JobId, Outcome, Reply};

use super::own_networks::OwnNetworks;
use super::planner::{ForecastPlanner, MOST_RESTARTS};
use super::reservation::Reservation;
use crate::engine::link::EngineEvent;

/// Points of each axis of the surface.
const RESOLUTION: usize = 60;

/// Signals of the explorer; a copyable handle.
#[derive(Clone, Copy)]
pub struct Explorer {
    planner: ForecastPlanner,
    reservation: Reservation,
    own: OwnNetworks,
    /// The learned loss of the service.
    pub picture: RwSignal<Option<Arc<LossPicture>>>,
    /// The learned loss of one of the four slices.
    pub surface: RwSignal<Option<Arc<LossSurface>>>,
    /// Whether either answers an earlier question.
    pub stale: RwSignal<bool>,
    /// Why there is no picture.
    pub refused: RwSignal<Option<InputError>>,
    /// How often the questions are asked anew because an engine stopped.
    again: RwSignal<u32>,
    under_way: StoredValue<Rc<RefCell<Vec<JobId>>>, LocalStorage>,
}

impl Explorer {
    /// Nothing asked yet.
    pub fn new(planner: ForecastPlanner, reservation: Reservation, own: OwnNetworks) -> Self {
        Self {
            planner,
            reservation,
            own,
            picture: RwSignal::new(None),
            surface: RwSignal::new(None),
            stale: RwSignal::new(false),
            refused: RwSignal::new(None),
            again: RwSignal::new(0),
            under_way: StoredValue::new_local(Rc::default()),
        }
    }

    /// Asks as the controls stand, now and whenever they change; for a view that is open.
    pub fn follow(self) {
        let Self { planner, reservation, own, .. } = self;
        let explored = Memo::new(move |_| {
            let question = reservation.question.get();
            (question.trace.clone(), question.networks.clone())
        });
        Effect::new(move |_| {
            self.again.track();
            let (trace, networks) = explored.get();
            let question = ExploreQuestion { trace, networks };
            self.ask(ForecastJob::Explore(Box::new(question)));
        });
        let shown = Memo::new(move |_| planner.state.with(|s| (s.seed, s.slice, s.others)));
        Effect::new(move |_| {
            self.again.track();
            let (seed, slice, others): (u64, usize, Level) = shown.get();
            let networks = own.admitting();
            let resolution = RESOLUTION;
            let question = SurfaceQuestion { networks, seed, slice, others, resolution };
            self.ask(ForecastJob::Surface(Box::new(question)));
        });
    }

    fn ask(self, job: ForecastJob) {
        let Some(id) = self.reservation.send(Job::Forecast(job)) else { return };
        self.under_way.get_value().borrow_mut().push(id);
        self.stale.set(true);
    }

    /// Hears what the engine says of the explorer's jobs.
    pub fn hear(self, event: &EngineEvent) {
        match event {
            EngineEvent::Reply(reply) => self.hear_reply(reply),
            EngineEvent::Stopped { .. } => self.forget(),
            EngineEvent::Ready => {}
        }
    }

    fn hear_reply(self, reply: &Reply) {
        let under_way = self.under_way.get_value();
        let ended = match reply {
            Reply::Done { id, outcome, .. } => {
                let mine = under_way.borrow().contains(id);
                if let (true, Outcome::Forecast(outcome)) = (mine, outcome) {
                    self.take(outcome);
                }
                *id
            }
            Reply::Refused { id, error } => {
                if under_way.borrow().contains(id) {
                    self.refused.set(Some(error.clone()));
                }
                *id
            }
            Reply::Stopped { id } => *id,
            _ => return,
        };
        under_way.borrow_mut().retain(|id| *id != ended);
        if under_way.borrow().is_empty() && self.stale.get_untracked() {
            self.stale.set(false);
        }
    }

    fn take(self, outcome: &ForecastOutcome) {
        match outcome {
            ForecastOutcome::Explored(picture) => {
                self.refused.set(None);
                self.picture.set(Some(Arc::new((**picture).clone())));
            }
            ForecastOutcome::Surface(surface) => {
                self.surface.set(Some(Arc::new((**surface).clone())));
            }
            _ => {}
        }
    }

    /// The engine is gone with all jobs: a fresh one is asked anew.
    fn forget(self) {
        self.under_way.get_value().borrow_mut().clear();
        self.stale.set(false);
        if self.again.get_untracked() < MOST_RESTARTS {
            self.again.update(|times| *times += 1);
        }
    }
}
