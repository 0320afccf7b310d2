//! The page's side of an engine: starts the worker, queues jobs until it is ready, and replaces it
//! when it stops.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use slicewise_protocol::{Job, JobId, Network, Planner, Reply, Request};

use crate::engine::worker::{EngineWorker, UPDATED};

/// Engines in a row that may fail to load before the page stops trying by itself.
const FAILED_LOADS: u32 = 2;
/// The most networks that an engine is given as jobs need them: fewer than an engine keeps, so that it
/// has each of them.
const MOST_KEPT: usize = 4;

type Listener<P> = Rc<dyn Fn(Reply<P>)>;

/// A handle to one engine of the page; clones share it.
#[derive(Clone)]
pub struct EngineLink<P: Planner>(Rc<RefCell<Inner<P>>>);

struct Inner<P: Planner> {
    script: &'static str,
    worker: Option<EngineWorker<P>>,
    ready: bool,
    /// What a fresh engine is given before anything else, by its name, that used last at the end.
    installed: Vec<(String, P::Network)>,
    queue: Vec<Request<P>>,
    next_id: JobId,
    plan: Option<PlanJob<P>>,
    failed_loads: u32,
    listener: Listener<P>,
}

/// The job sent last of those that go first, kept so that a fresh engine can be given it.
struct PlanJob<P: Planner> {
    id: JobId,
    job: P::Job,
    in_flight: bool,
    crashes: u32,
}

impl<P: Planner> EngineLink<P> {
    /// Starts the engine of `script`; what it says goes to `listener`. Where it stops, the listener
    /// hears [`Reply::Crashed`] with what was done about it.
    pub fn start(script: &'static str, listener: impl Fn(Reply<P>) + 'static) -> Self {
        let link = Self(Rc::new(RefCell::new(Inner {
            script,
            worker: None,
            ready: false,
            installed: Vec::new(),
            queue: Vec::new(),
            next_id: 1,
            plan: None,
            failed_loads: 0,
            listener: Rc::new(listener),
        })));
        link.spawn();
        link
    }

    /// Sends `job`, or queues it until the engine is ready, and returns its number.
    pub fn send(&self, job: P::Job) -> JobId {
        let id = {
            let mut inner = self.0.borrow_mut();
            let id = inner.next_id;
            inner.next_id += 1;
            if job.goes_first() {
                let crashes = match &inner.plan {
                    Some(last) if last.job == job => last.crashes,
                    _ => 0,
                };
                inner.plan = Some(PlanJob { id, job: job.clone(), in_flight: true, crashes });
            }
            if job.replaceable() {
                let kind = job.kind();
                inner.queue.retain(
                    |queued| !matches!(queued, Request::Start { job, .. } if job.kind() == kind),
                );
            }
            inner.queue.push(Request::Start { id, job });
            id
        };
        if self.0.borrow().worker.is_none() {
            self.spawn();
        }
        self.flush();
        id
    }

    /// Makes the engine crash, to see it come back.
    pub fn crash(&self) {
        self.0.borrow_mut().queue.push(Request::Crash);
        self.flush();
    }

    /// Ends the worker for good.
    pub fn end(&self) {
        self.0.borrow_mut().worker = None;
    }

    /// Gives the engine, and every one that replaces it, a network; one of the same name goes.
    pub fn install(&self, network: P::Network) {
        {
            let mut inner = self.0.borrow_mut();
            let name = network.name();
            inner.installed.retain(|(known, _)| *known != name);
            if inner.ready {
                inner.queue.push(Request::Install(Box::new(network.clone())));
            }
            inner.installed.push((name, network));
        }
        self.flush();
    }

    /// Gives the engine the network `name` for a job that is sent next, unless it has it; of those
    /// that were given so, [`MOST_KEPT`] are kept.
    pub fn install_once(&self, name: &str, network: impl FnOnce() -> Option<P::Network>) {
        {
            let installed = &mut self.0.borrow_mut().installed;
            if let Some(index) = installed.iter().position(|(known, _)| known == name) {
                let used = installed.remove(index);
                installed.push(used);
                return;
            }
            let surplus = (installed.len() + 1).saturating_sub(MOST_KEPT);
            installed.drain(..surplus);
        }
        if let Some(network) = network() {
            self.install(network);
        }
    }

    /// Asks the engine to stop job `id`.
    pub fn cancel(&self, id: JobId) {
        {
            let mut inner = self.0.borrow_mut();
            inner
                .queue
                .retain(|queued| !matches!(queued, Request::Start { id: i, .. } if *i == id));
            if inner.ready {
                inner.queue.push(Request::Cancel { id });
            }
            if let Some(plan) = inner.plan.as_mut().filter(|plan| plan.id == id) {
                plan.in_flight = false;
            }
        }
        self.flush();
    }

    /// Starts a worker in place of the last one.
    fn spawn(&self) {
        let script = self.0.borrow().script;
        let link = self.clone();
        let started = EngineWorker::start(script, move |reply| link.receive(reply));
        match started {
            Ok(worker) => {
                let mut inner = self.0.borrow_mut();
                inner.worker = Some(worker);
                inner.ready = false;
            }
            Err(error) => {
                let message = format!("The engine could not be started: {error}.");
                self.tell_later(Reply::Crashed { message, again: None });
            }
        }
    }

    fn receive(&self, reply: Reply<P>) {
        match &reply {
            Reply::Crashed { message, .. } => return self.engine_stopped(message),
            Reply::OtherBuild { .. } => {
                self.end();
                let message = UPDATED.to_owned();
                return self.tell_later(Reply::Crashed { message, again: None });
            }
            Reply::Ready => {
                {
                    let mut inner = self.0.borrow_mut();
                    inner.ready = true;
                    inner.failed_loads = 0;
                    inner.queue_installed();
                }
                self.tell(reply);
                self.flush();
                return;
            }
            Reply::Done { id, .. } | Reply::Refused { id, .. } | Reply::Stopped { id } => {
                let mut inner = self.0.borrow_mut();
                if let Some(plan) = inner.plan.as_mut().filter(|plan| plan.id == *id) {
                    plan.in_flight = false;
                    plan.crashes = 0;
                }
            }
            _ => {}
        }
        self.tell(reply);
    }

    /// Ends the worker, says so, and starts a fresh one with the last plan job.
    fn engine_stopped(&self, reason: &str) {
        let (message, restart) = self.0.borrow_mut().close(reason);
        if restart {
            self.spawn();
        }
        let again = self.0.borrow().plan.as_ref().filter(|plan| plan.in_flight).map(|plan| plan.id);
        self.tell_later(Reply::Crashed { message, again: again.filter(|_| restart) });
    }

    /// Posts what is queued, if the engine is ready.
    fn flush(&self) {
        let failure = self.0.borrow_mut().post_queue().err();
        if let Some(error) = failure {
            self.engine_stopped(&error);
        }
    }

    /// Tells the listener after the present call, which may hold what the listener needs.
    fn tell_later(&self, reply: Reply<P>) {
        let link = self.clone();
        Timeout::new(0, move || link.tell(reply)).forget();
    }

    fn tell(&self, reply: Reply<P>) {
        let listener = self.0.borrow().listener.clone();
        listener(reply);
    }
}

impl<P: Planner> Inner<P> {
    /// Ends the worker; returns what to say, and whether to start another one.
    fn close(&mut self, reason: &str) -> (String, bool) {
        let loaded = self.ready;
        self.worker = None;
        self.ready = false;
        self.queue.retain(|queued| matches!(queued, Request::Start { .. }));
        if !loaded {
            self.failed_loads += 1;
            if self.failed_loads >= FAILED_LOADS {
                self.failed_loads = 0;
                return (
                    format!("The engine stopped: {reason}; moving a control starts it again."),
                    false,
                );
            }
            return (format!("The engine stopped: {reason}; restarted."), true);
        }
        let left_out = self.requeue_plan();
        let outcome = if left_out {
            "restarted without the last plan, which has stopped it twice; change a control to plan again"
        } else {
            "restarted"
        };
        (format!("The engine stopped: {reason}; {outcome}."), true)
    }

    /// Queues the last plan job again, unless it has just crashed the engine for the second time.
    fn requeue_plan(&mut self) -> bool {
        let Some(plan) = self.plan.as_mut() else { return false };
        if plan.in_flight {
            plan.crashes += 1;
        }
        if plan.crashes >= 2 {
            plan.in_flight = false;
            return true;
        }
        plan.in_flight = true;
        let id = plan.id;
        if !self
            .queue
            .iter()
            .any(|queued| matches!(queued, Request::Start { id: i, .. } if *i == id))
        {
            self.queue.push(Request::Start { id, job: plan.job.clone() });
        }
        false
    }

    /// Puts the networks before everything that waits.
    fn queue_installed(&mut self) {
        let installs = self.installed.iter().map(|(_, n)| Request::Install(Box::new(n.clone())));
        self.queue.splice(0..0, installs);
    }

    fn post_queue(&mut self) -> Result<(), String> {
        let Some(worker) = self.worker.as_ref().filter(|_| self.ready) else { return Ok(()) };
        self.queue.drain(..).try_for_each(|request| worker.post(&request))
    }
}
