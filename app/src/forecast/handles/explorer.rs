//! What the loss networks have learned: the questions of the explorer, asked while its view is open.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::forecast::Forecast;
use slicewise_core::forecast::explorer::{
    ExploreQuestion, Level, LossPicture, LossSurface, SurfaceQuestion,
};
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_protocol::Reply;

use super::own_networks::OwnNetworks;
use super::planner::{ForecastPlanner, MOST_RESTARTS};
use super::reservation::Reservation;
use crate::engine::lane::{Answer, Lane};

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
    lanes: StoredValue<Rc<[RefCell<Lane<ForecastJob>>; 2]>, LocalStorage>,
}

/// The lanes of the two questions.
#[derive(Clone, Copy)]
enum Asks {
    Picture,
    Surface,
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
            lanes: StoredValue::new_local(Rc::default()),
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
            self.ask(Asks::Picture, ForecastJob::Explore(Box::new(question)));
        });
        let shown = Memo::new(move |_| planner.state.with(|s| (s.seed, s.slice, s.others)));
        Effect::new(move |_| {
            self.again.track();
            let (seed, slice, others): (u64, usize, Level) = shown.get();
            let networks = own.admitting();
            let resolution = RESOLUTION;
            let question = SurfaceQuestion { networks, seed, slice, others, resolution };
            self.ask(Asks::Surface, ForecastJob::Surface(Box::new(question)));
        });
    }

    /// Asks `job`; what is in flight before it ends, as nobody waits for it any more.
    fn ask(self, asks: Asks, job: ForecastJob) {
        self.reservation.with_engine(|engine| {
            let lanes = self.lanes.get_value();
            let mut lane = lanes[asks as usize].borrow_mut();
            if let Some((id, _)) = lane.in_flight() {
                engine.cancel(id);
            }
            lane.ask(job, |job| self.reservation.send(engine, job.clone()));
            self.stale.set(true);
        });
    }

    /// Hears what the engine says of the explorer's questions; gives back what is of others.
    pub fn hear(self, reply: Reply<Forecast>) -> Option<Reply<Forecast>> {
        if matches!(reply, Reply::Crashed { .. }) {
            self.forget();
            return Some(reply);
        }
        let lanes = self.lanes.get_value();
        let mut reply = reply;
        for lane in lanes.iter() {
            let taken = lane.borrow_mut().take(reply);
            match taken {
                Ok((job, answer)) => {
                    self.take(&job, answer);
                    self.ask_next();
                    return None;
                }
                Err(other) => reply = other,
            }
        }
        Some(reply)
    }

    fn take(self, job: &ForecastJob, answer: Answer<Forecast>) {
        match answer {
            Answer::Done { outcome: ForecastOutcome::Explored(picture), .. } => {
                self.refused.set(None);
                self.picture.set(Some(Arc::from(picture)));
            }
            Answer::Done { outcome: ForecastOutcome::Surface(surface), .. } => {
                self.surface.set(Some(Arc::from(surface)));
            }
            Answer::Refused(error) => {
                // The picture is that of another trace or of other networks.
                if matches!(job, ForecastJob::Explore(_)) {
                    self.picture.set(None);
                }
                self.refused.set(Some(error));
            }
            Answer::Done { .. } | Answer::Stopped => {}
        }
    }

    fn ask_next(self) {
        let lanes = self.lanes.get_value();
        self.reservation.with_engine(|engine| {
            let send = |job: &mut ForecastJob| self.reservation.send(engine, job.clone());
            lanes.iter().for_each(|lane| lane.borrow_mut().next(send));
        });
        let done = lanes.iter().all(|lane| lane.borrow().in_flight().is_none());
        if done && self.stale.get_untracked() {
            self.stale.set(false);
        }
    }

    /// The engine is gone with all jobs: a fresh one is asked anew.
    fn forget(self) {
        self.lanes.get_value().iter().for_each(|lane| {
            lane.borrow_mut().stop();
        });
        self.stale.set(false);
        if self.again.get_untracked() < MOST_RESTARTS {
            self.again.update(|times| *times += 1);
        }
    }
}
