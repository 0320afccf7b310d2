//! The page's side of an engine: starts the worker, queues jobs until it is ready, and replaces it
//! when it stops.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use slicewise_protocol::{Job, JobId, Reply, Request};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::browser;

/// The loader that Trunk writes beside the page for the engine.
pub const ENGINE_SCRIPT: &str = "slicewise-engine_loader.js";
/// The loader of the engine with burn beside the fused evaluator, which only the benchmark needs.
pub const LEARNING_SCRIPT: &str = "slicewise-learning_loader.js";
/// How long an engine may take to load.
const LOAD_LIMIT_MS: u32 = 20_000;
/// Engines in a row that may fail to load before the page stops trying by itself.
const FAILED_LOADS: u32 = 2;

/// What the page hears from its engine.
pub enum EngineEvent {
    /// The engine takes jobs.
    Ready,
    /// An answer to a job.
    Reply(Reply),
    /// The engine stopped.
    Stopped {
        /// Why, and what was done about it.
        message: String,
        /// Number of the plan job that a fresh engine is given again, if any.
        plan: Option<JobId>,
    },
}

type Listener = Rc<dyn Fn(EngineEvent)>;

/// A handle to the one engine of the page; clones share it.
#[derive(Clone)]
pub struct EngineLink(Rc<RefCell<Inner>>);

struct Inner {
    script: &'static str,
    worker: Option<Worker>,
    ready: bool,
    queue: Vec<Request>,
    next_id: JobId,
    plan: Option<PlanJob>,
    failed_loads: u32,
    load_limit: Option<Timeout>,
    listener: Listener,
    on_message: Option<Closure<dyn Fn(MessageEvent)>>,
    on_error: Option<Closure<dyn Fn(Event)>>,
}

/// The plan job sent last, kept so that a fresh engine can be given it.
struct PlanJob {
    id: JobId,
    job: Job,
    in_flight: bool,
    crashes: u32,
}

impl EngineLink {
    /// Starts the engine of `script`, whose events go to `listener`.
    pub fn start(script: &'static str, listener: impl Fn(EngineEvent) + 'static) -> Self {
        let link = Self(Rc::new(RefCell::new(Inner {
            script,
            worker: None,
            ready: false,
            queue: Vec::new(),
            next_id: 1,
            plan: None,
            failed_loads: 0,
            load_limit: None,
            listener: Rc::new(listener),
            on_message: None,
            on_error: None,
        })));
        link.listen();
        link.spawn();
        link
    }

    /// Sends `job`, or queues it until the engine is ready, and returns its number.
    pub fn send(&self, job: Job) -> JobId {
        let id = {
            let mut inner = self.0.borrow_mut();
            let id = inner.next_id;
            inner.next_id += 1;
            if let Job::Plan { .. } = &job {
                let crashes = match &inner.plan {
                    Some(last) if last.job == job => last.crashes,
                    _ => 0,
                };
                inner.plan = Some(PlanJob { id, job: job.clone(), in_flight: true, crashes });
            }
            let kind = job.kind();
            inner.queue.retain(
                |queued| !matches!(queued, Request::Start { job, .. } if job.kind() == kind),
            );
            inner.queue.push(Request::Start { id, job });
            id
        };
        if self.0.borrow().worker.is_none() {
            self.spawn();
        }
        self.flush();
        id
    }

    /// Ends the worker for good.
    pub fn end(&self) {
        let mut inner = self.0.borrow_mut();
        inner.load_limit = None;
        if let Some(worker) = inner.worker.take() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
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

    /// Makes the two event handlers, which every worker of this link shares.
    fn listen(&self) {
        let link = self.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            match serde_wasm_bindgen::from_value::<Reply>(event.data()) {
                Ok(reply) => link.receive(reply),
                Err(error) => link.engine_stopped(&format!("it sent an unknown message ({error})")),
            }
        });
        let link = self.clone();
        let on_error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let message = message.filter(|text| !text.is_empty());
            link.engine_stopped(message.as_deref().unwrap_or("its files could not be loaded"));
        });
        let mut inner = self.0.borrow_mut();
        inner.on_message = Some(on_message);
        inner.on_error = Some(on_error);
    }

    /// Starts a worker in place of the last one.
    fn spawn(&self) {
        let script = self.0.borrow().script;
        let worker = match new_worker(script) {
            Ok(worker) => worker,
            Err(error) => {
                let message = format!(
                    "The engine could not be started: {error:?}. This browser may not allow module workers."
                );
                self.tell_later(EngineEvent::Stopped { message, plan: None });
                return;
            }
        };
        let link = self.clone();
        let mut inner = self.0.borrow_mut();
        worker.set_onmessage(inner.on_message.as_ref().map(|c| c.as_ref().unchecked_ref()));
        worker.set_onerror(inner.on_error.as_ref().map(|c| c.as_ref().unchecked_ref()));
        inner.worker = Some(worker);
        inner.ready = false;
        inner.load_limit = Some(Timeout::new(LOAD_LIMIT_MS, move || {
            link.engine_stopped("it did not load within 20 s");
        }));
    }

    fn receive(&self, reply: Reply) {
        match &reply {
            Reply::Ready => {
                {
                    let mut inner = self.0.borrow_mut();
                    inner.ready = true;
                    inner.failed_loads = 0;
                    inner.load_limit = None;
                }
                self.tell(EngineEvent::Ready);
                self.flush();
                return;
            }
            Reply::Crashed { message } => {
                self.engine_stopped(message);
                return;
            }
            Reply::Done { id, .. } | Reply::Refused { id, .. } | Reply::Stopped { id } => {
                let mut inner = self.0.borrow_mut();
                if let Some(plan) = inner.plan.as_mut().filter(|plan| plan.id == *id) {
                    plan.in_flight = false;
                    plan.crashes = 0;
                }
            }
            Reply::Progress { .. } | Reply::Epoch { .. } | Reply::Gpu(_) | Reply::NoGpu(_) => {}
        }
        self.tell(EngineEvent::Reply(reply));
    }

    /// Ends the worker, says so, and starts a fresh one with the last plan job.
    fn engine_stopped(&self, reason: &str) {
        let (message, restart) = self.0.borrow_mut().close(reason);
        if restart {
            self.spawn();
        }
        let plan = self.0.borrow().plan.as_ref().filter(|plan| plan.in_flight).map(|plan| plan.id);
        self.tell_later(EngineEvent::Stopped { message, plan: plan.filter(|_| restart) });
    }

    /// Posts what is queued, if the engine is ready.
    fn flush(&self) {
        let failure = self.0.borrow_mut().post_queue().err();
        if let Some(error) = failure {
            self.engine_stopped(&format!("a message could not be sent ({error:?})"));
        }
    }

    /// Tells the listener after the present call, which may hold what the listener needs.
    fn tell_later(&self, event: EngineEvent) {
        let link = self.clone();
        Timeout::new(0, move || link.tell(event)).forget();
    }

    fn tell(&self, event: EngineEvent) {
        let listener = self.0.borrow().listener.clone();
        listener(event);
    }
}

impl Inner {
    /// Ends the worker; returns what to say, and whether to start another one.
    fn close(&mut self, reason: &str) -> (String, bool) {
        let loaded = self.ready;
        if let Some(worker) = self.worker.take() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        self.ready = false;
        self.load_limit = None;
        self.queue.retain(|queued| !matches!(queued, Request::Cancel { .. }));
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
        let request = Request::Start { id: plan.id, job: plan.job.clone() };
        if !self.queue.contains(&request) {
            self.queue.push(request);
        }
        false
    }

    fn post_queue(&mut self) -> Result<(), JsValue> {
        let Some(worker) = self.worker.as_ref().filter(|_| self.ready) else { return Ok(()) };
        for request in self.queue.drain(..) {
            worker.post_message(&serde_wasm_bindgen::to_value(&request)?)?;
        }
        Ok(())
    }
}

fn new_worker(script: &str) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let url = browser::beside_page(script).unwrap_or_else(|| script.to_owned());
    Worker::new_with_options(&url, &options)
}
