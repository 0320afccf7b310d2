//! A job under way: when it breathes, rests and stops, and what it tells the page.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use slicewise_optim::{Monitor, Progress, Stopped};
use slicewise_protocol::{JobId, Planner, Reply};

/// A job works this long before waiting messages are let in.
const SLICE_MS: f64 = 6.0;
/// Progress goes out at most this often.
const PROGRESS_MS: f64 = 1000.0 / 30.0;

/// Something that takes its time.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The place where jobs run.
pub trait Host {
    /// Time in milliseconds.
    fn now(&self) -> f64;

    /// Lets waiting messages in.
    fn breathe(&self) -> Doing<'_, ()>;

    /// The same after a while, so that what is paused takes no time of the processor.
    fn rest(&self) -> Doing<'_, ()>;

    /// The bytes of a file of the site, by its name there: `models/forecast/gaming/card.json`.
    fn fetch<'a>(&'a self, file: &'a str) -> Doing<'a, Option<Vec<u8>>>;
}

/// What the page asks of a job under way.
#[derive(Debug, Default)]
pub(super) struct Flags {
    pub(super) stop: Cell<bool>,
    pub(super) paused: Cell<bool>,
}

/// Lets the event loop run every few milliseconds and hears of cancellation.
pub struct Watch {
    host: Rc<dyn Host>,
    flags: Rc<Flags>,
    last: Cell<f64>,
    /// Jobs under way that go first, if this one waits for them.
    ahead: Option<Rc<Cell<u32>>>,
}

impl Watch {
    pub(super) fn new(host: Rc<dyn Host>, flags: Rc<Flags>, ahead: Option<Rc<Cell<u32>>>) -> Self {
        let last = Cell::new(host.now());
        Self { host, flags, last, ahead }
    }
}

impl Monitor for Watch {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        let stopped = || self.flags.stop.get();
        if self.host.now() - self.last.get() >= SLICE_MS {
            self.host.breathe().await;
            self.last.set(self.host.now());
        }
        while self.ahead.as_ref().is_some_and(|ahead| ahead.get() > 0) && !stopped() {
            self.host.breathe().await;
        }
        while self.flags.paused.get() && !stopped() {
            self.host.rest().await;
        }
        if stopped() { Err(Stopped) } else { Ok(()) }
    }
}

/// Takes what is told of a job.
pub(super) type Post<P> = Rc<dyn Fn(&Reply<P>)>;

/// A job's turn: what it may ask and tell while it is done.
pub struct Turn<P: Planner> {
    id: JobId,
    /// Breathes for the job.
    pub watch: Watch,
    /// When the page was told last, in milliseconds.
    told: Cell<f64>,
    post: Post<P>,
}

impl<P: Planner> Turn<P> {
    /// A job alone in its place; what it tells goes to `post`.
    pub fn alone(host: Rc<dyn Host>, post: impl Fn(&Reply<P>) + 'static) -> Self {
        Self::new(0, Watch::new(host, Rc::default(), None), Rc::new(post))
    }

    pub(super) fn new(id: JobId, watch: Watch, post: Post<P>) -> Self {
        Self { id, watch, told: Cell::new(f64::NEG_INFINITY), post }
    }

    /// The place where the job runs.
    pub fn host(&self) -> &dyn Host {
        &*self.watch.host
    }

    /// Time in milliseconds.
    pub fn now(&self) -> f64 {
        self.watch.host.now()
    }

    /// Whether it is time to tell the page something, or that is `important`.
    pub fn is_due(&self, important: bool) -> bool {
        let now = self.now();
        let due = important || now - self.told.get() >= PROGRESS_MS;
        if due {
            self.told.set(now);
        }
        due
    }

    /// Tells the share of the work done, 0 to 1, at most 30 times a second.
    pub fn share(&self, fraction: f64) {
        if self.is_due(false) {
            (self.post)(&Reply::Progress { id: self.id, fraction });
        }
    }

    /// Tells news at once.
    pub fn news(&self, news: P::News) {
        (self.post)(&Reply::News { id: self.id, news });
    }
}

/// Tells the share of the work done as often as the page can show it, and every piece of news.
impl<P: Planner> Progress<P::News> for &Turn<P> {
    fn share(&mut self, fraction: f64) {
        Turn::share(self, fraction);
    }

    fn news(&mut self, news: P::News) {
        Turn::news(self, news);
    }
}
