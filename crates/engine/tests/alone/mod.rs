//! A planner's desk without a tab: what it answers to each request.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_engine::planners::networks::Networks;
use slicewise_engine::worker::{Adapter, Desk, Doing, Host, Turn, Work};
use slicewise_nets::Network;
use slicewise_protocol::{Planner, Reply, Request};
use slicewise_slice::model::SHIPPED;

/// Hears of a breath, with the number of those before it.
type AtBreath = Box<dyn Fn(usize)>;

/// A place whose clock moves on each time that it is looked at, so that every job breathes and tells
/// at every occasion.
#[derive(Default)]
pub struct Ticking {
    looks: Cell<u32>,
    breaths: Cell<usize>,
    at_breath: RefCell<Option<AtBreath>>,
}

impl Ticking {
    /// Lets `act` hear of every breath, as a page whose messages are let in.
    pub fn at_breath(&self, act: impl Fn(usize) + 'static) {
        *self.at_breath.borrow_mut() = Some(Box::new(act));
    }

    fn breathed(&self) {
        if let Some(act) = &*self.at_breath.borrow() {
            act(self.breaths.get());
        }
        self.breaths.set(self.breaths.get() + 1);
    }
}

impl Host for Ticking {
    fn now(&self) -> f64 {
        self.looks.set(self.looks.get() + 1);
        f64::from(self.looks.get()) * 40.0
    }

    fn breathe(&self) -> Doing<'_, ()> {
        Box::pin(async { self.breathed() })
    }

    fn rest(&self) -> Doing<'_, ()> {
        self.breathe()
    }

    fn fetch<'a>(&'a self, file: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(async { site_file(file) })
    }
}

/// A file of the Slice networks, as the site has it.
pub fn site_file(file: &str) -> Option<Vec<u8>> {
    let (name, file) = file.strip_prefix("models/slice/")?.split_once('/')?;
    let model = SHIPPED.iter().find(|model| model.name == name)?;
    match file {
        CARD_FILE => Some(model.card.as_bytes().to_vec()),
        WEIGHTS_FILE => Some(model.weights.to_vec()),
        _ => None,
    }
}

/// The network of that name in a place of its own.
pub async fn network(networks: &Networks, name: &str) -> Result<Rc<Network>, InputError> {
    networks.get(name, &Turn::alone(Rc::new(Ticking::default()), |_| ())).await
}

type Heard<P> = Rc<RefCell<Vec<Reply<P>>>>;

/// A desk and what was heard of it.
pub struct Alone<A: Adapter> {
    pub desk: Rc<Desk<A>>,
    pub heard: Heard<A::Planner>,
}

impl<A: Adapter> Alone<A> {
    /// A desk that does `works` in a place of its own.
    pub fn new(adapter: A, works: &'static [Work<A>]) -> Self {
        Self::within(Rc::new(Ticking::default()), adapter, works)
    }

    /// The same in `host`.
    pub fn within(host: Rc<dyn Host>, adapter: A, works: &'static [Work<A>]) -> Self {
        let heard: Heard<A::Planner> = Rc::default();
        let hears = heard.clone();
        let post = move |reply: &Reply<A::Planner>| hears.borrow_mut().push(reply.clone());
        Self { desk: Desk::new(adapter, works, host, post), heard }
    }

    /// Says `request` and gives all replies to it.
    pub async fn say(&self, request: Request<A::Planner>) -> Vec<Reply<A::Planner>> {
        if let Some(doing) = self.desk.receive(request) {
            doing.await;
        }
        self.heard.take()
    }

    /// The answer to `job`, and all that was said before it.
    pub async fn ask(
        &self,
        job: <A::Planner as Planner>::Job,
    ) -> (Reply<A::Planner>, Vec<Reply<A::Planner>>) {
        let mut replies = self.say(Request::Start { id: 1, job }).await;
        (replies.pop().unwrap(), replies)
    }
}

/// The result, if that is what the reply holds.
pub fn outcome<P: Planner>(reply: Reply<P>) -> P::Outcome {
    match reply {
        Reply::Done { outcome, .. } => outcome,
        other => panic!("{other:?}"),
    }
}

/// The refusal, if that is what the reply holds.
pub fn refusal<P: Planner>(reply: Reply<P>) -> InputError {
    match reply {
        Reply::Refused { error, .. } => error,
        other => panic!("{other:?}"),
    }
}

/// The shares of the work done that were told.
pub fn shares<P: Planner>(replies: &[Reply<P>]) -> Vec<f64> {
    let share = |reply: &Reply<P>| match reply {
        Reply::Progress { fraction, .. } => Some(*fraction),
        _ => None,
    };
    replies.iter().filter_map(share).collect()
}
