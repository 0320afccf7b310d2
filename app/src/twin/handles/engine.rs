//! The planner's engine: what it is asked, who waits for it, and what it is given once.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::twin::{Twin, TwinJob, TwinNews, TwinOutcome};
use slicewise_protocol::{JobId, Reply};

use super::planner::TwinPlanner;
use crate::engine::link::EngineLink;
use crate::twin::ENGINE_SCRIPT;
use crate::twin::question::OpenScenario;

/// Why a job has no outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It cannot be done as asked.
    Refused(InputError),
    /// It was cancelled, or a newer one took its place.
    Stopped,
    /// The engine stopped; the page says so above.
    Crashed,
}

/// What a job comes to, and how long the engine worked on it, in milliseconds.
pub type Outcome = Result<(TwinOutcome, f64), Ended>;

/// Who waits for a job.
struct Waiting {
    id: JobId,
    /// Hears of the share that is done and of what there is to tell before the end.
    news: Box<dyn Fn(f64, Option<TwinNews>)>,
    then: Box<dyn FnOnce(Outcome)>,
}

/// The engine of the page; a copyable handle.
#[derive(Clone, Copy)]
pub struct TwinEngine {
    planner: TwinPlanner,
    link: StoredValue<Option<EngineLink<Twin>>, LocalStorage>,
    waiting: StoredValue<Rc<RefCell<Vec<Waiting>>>, LocalStorage>,
}

impl TwinEngine {
    /// An engine that is not started.
    pub fn new(planner: TwinPlanner) -> Self {
        Self {
            planner,
            link: StoredValue::new_local(None),
            waiting: StoredValue::new_local(Rc::default()),
        }
    }

    /// Starts the engine.
    pub fn start(self) {
        let link = EngineLink::start(ENGINE_SCRIPT, move |reply| self.hear(reply));
        self.link.set_value(Some(link));
    }

    /// Has the engine do `job` about `scenario`, and gives what it comes to to `then`; `None` where there is
    /// no engine.
    pub fn ask(
        self,
        scenario: &OpenScenario,
        job: TwinJob,
        then: impl FnOnce(Outcome) + 'static,
    ) -> Option<JobId> {
        self.ask_with_news(scenario, job, |_, _| {}, then)
    }

    /// The same, and gives `news` the share that is done and what there is to tell before the end.
    pub fn ask_with_news(
        self,
        scenario: &OpenScenario,
        job: TwinJob,
        news: impl Fn(f64, Option<TwinNews>) + 'static,
        then: impl FnOnce(Outcome) + 'static,
    ) -> Option<JobId> {
        let link = self.link.get_value()?;
        link.install_once(scenario.name(), || Some(scenario.installed().clone()));
        let id = link.send(job);
        let waiting = Waiting { id, news: Box::new(news), then: Box::new(then) };
        self.waiting.get_value().borrow_mut().push(waiting);
        Some(id)
    }

    /// Stops job `id`, whose outcome is [`Ended::Stopped`].
    pub fn cancel(self, id: JobId) {
        if let Some(link) = self.link.get_value() {
            link.cancel(id);
        }
        self.end(id, Err(Ended::Stopped));
    }

    fn hear(self, reply: Reply<Twin>) {
        match reply {
            Reply::Done { id, outcome, elapsed_ms } => self.end(id, Ok((outcome, elapsed_ms))),
            Reply::Refused { id, error } => self.end(id, Err(Ended::Refused(error))),
            Reply::Stopped { id } => self.end(id, Err(Ended::Stopped)),
            Reply::Progress { id, fraction } => self.tell(id, fraction, None),
            Reply::News { id, news } => self.tell(id, f64::NAN, Some(news)),
            Reply::Crashed { message, again } => {
                self.planner.engine_message.set(Some(message));
                // A fresh engine was given one job again where there is a number.
                let lost = |waiting: &Waiting| Some(waiting.id) != again;
                let ids: Vec<JobId> = {
                    let waiting = self.waiting.get_value();
                    let waiting = waiting.borrow();
                    waiting.iter().filter(|waiting| lost(waiting)).map(|w| w.id).collect()
                };
                ids.into_iter().for_each(|id| self.end(id, Err(Ended::Crashed)));
            }
            _ => {}
        }
    }

    fn end(self, id: JobId, outcome: Outcome) {
        let waiting = self.waiting.get_value();
        let place = waiting.borrow().iter().position(|waiting| waiting.id == id);
        // Who waits may ask again: nothing is borrowed while he is told.
        let ended = place.map(|place| waiting.borrow_mut().remove(place));
        if let Some(ended) = ended {
            (ended.then)(outcome);
        }
    }

    fn tell(self, id: JobId, fraction: f64, news: Option<TwinNews>) {
        let waiting = self.waiting.get_value();
        if let Some(told) = waiting.borrow().iter().find(|waiting| waiting.id == id) {
            (told.news)(fraction, news);
        }
    }
}
