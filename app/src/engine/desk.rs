//! An engine and who waits for its jobs.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_protocol::{JobId, Planner, Reply};

use super::link::EngineLink;

/// Why a job has no outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It cannot be done as asked.
    Refused(InputError),
    /// It was cancelled, or a newer one took its place.
    Stopped,
    /// The engine stopped; its message says so.
    Crashed,
}

/// What a job comes to, and how long the engine worked on it, in milliseconds.
pub type Outcome<P> = Result<(<P as Planner>::Outcome, f64), Ended>;

/// Who waits for a job.
struct Waiting<P: Planner> {
    id: JobId,
    /// Hears of the share that is done and of what there is to tell before the end.
    news: Box<dyn Fn(f64, Option<P::News>)>,
    then: Box<dyn FnOnce(Outcome<P>)>,
}

/// An engine of the page; a copyable handle.
#[derive(Clone, Copy)]
pub struct Desk<P: Planner> {
    script: &'static str,
    message: RwSignal<Option<String>>,
    link: StoredValue<Option<EngineLink<P>>, LocalStorage>,
    waiting: StoredValue<Rc<RefCell<Vec<Waiting<P>>>>, LocalStorage>,
}

impl<P: Planner> Desk<P> {
    /// The engine of `script`, which is not started; `message` is given what happens to it.
    pub fn new(script: &'static str, message: RwSignal<Option<String>>) -> Self {
        let (link, waiting) = (StoredValue::new_local(None), StoredValue::new_local(Rc::default()));
        Self { script, message, link, waiting }
    }

    /// Starts the engine.
    pub fn start(self) {
        let link = EngineLink::start(self.script, move |reply| self.hear(reply));
        self.link.set_value(Some(link));
    }

    /// Has the engine do `job`, which asks for the network of the name in `network`, none where the engine has it; gives what it comes to to
    /// `then`, and to `news` the share that is done and what there is to tell before the end. `None` where there is
    /// no engine.
    pub fn ask(
        self,
        (name, network): (&str, impl FnOnce() -> Option<P::Network>),
        job: P::Job,
        news: impl Fn(f64, Option<P::News>) + 'static,
        then: impl FnOnce(Outcome<P>) + 'static,
    ) -> Option<JobId> {
        let link = self.link.get_value()?;
        link.install_once(name, network);
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

    fn hear(self, reply: Reply<P>) {
        match reply {
            Reply::Done { id, outcome, elapsed_ms } => self.end(id, Ok((outcome, elapsed_ms))),
            Reply::Refused { id, error } => self.end(id, Err(Ended::Refused(error))),
            Reply::Stopped { id } => self.end(id, Err(Ended::Stopped)),
            Reply::Progress { id, fraction } => self.tell(id, fraction, None),
            Reply::News { id, news } => self.tell(id, f64::NAN, Some(news)),
            Reply::Crashed { message, again } => {
                self.message.set(Some(message));
                // A fresh engine was given one job again where there is a number.
                let lost = |waiting: &Waiting<P>| Some(waiting.id) != again;
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

    fn end(self, id: JobId, outcome: Outcome<P>) {
        let waiting = self.waiting.get_value();
        let place = waiting.borrow().iter().position(|waiting| waiting.id == id);
        // Who waits may ask again: nothing is borrowed while he is told.
        let ended = place.map(|place| waiting.borrow_mut().remove(place));
        if let Some(ended) = ended {
            (ended.then)(outcome);
        }
    }

    fn tell(self, id: JobId, fraction: f64, news: Option<P::News>) {
        let waiting = self.waiting.get_value();
        if let Some(told) = waiting.borrow().iter().find(|waiting| waiting.id == id) {
            (told.news)(fraction, news);
        }
    }
}
