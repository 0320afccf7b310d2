//! The engine in a dedicated worker: messages in, replies out, one event loop shared by all jobs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use serde::Serialize;
use slicewise_core::InputError;
#[cfg(feature = "forecast")]
use slicewise_forecast::memory::Memory;
use slicewise_optim::{Monitor, Stopped};
use slicewise_protocol::{GpuFault, Job, JobId, Outcome, Reply, Request};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, Performance};

#[cfg(any(feature = "slice", feature = "cells"))]
use crate::compute::Compute;
#[cfg(feature = "cells")]
use crate::jobs::cells::Estimators;
#[cfg(feature = "slice")]
use crate::jobs::slice::Networks;
use crate::jobs::{JobError, lacking};

#[cfg(feature = "cells")]
mod cells;
#[cfg(feature = "forecast")]
mod forecast;
#[cfg(feature = "slice")]
mod slice;

/// A job works this long before waiting messages are let in.
const SLICE_MS: f64 = 6.0;
/// A paused job looks this often whether it may go on.
#[cfg(feature = "forecast")]
const REST_MS: i32 = 50;
/// Progress goes out at most this often.
const PROGRESS_MS: f64 = 1000.0 / 30.0;

/// A job under way.
struct Running {
    id: JobId,
    kind: &'static str,
    stop: Rc<Cell<bool>>,
    #[cfg(feature = "forecast")]
    paused: Rc<Cell<bool>>,
}

struct Engine {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    running: RefCell<Vec<Running>>,
    /// Jobs under way that go first: the others wait for them.
    ahead: Rc<Cell<u32>>,
    #[cfg(feature = "slice")]
    networks: RefCell<Networks>,
    #[cfg(any(feature = "slice", feature = "cells"))]
    compute: RefCell<Rc<Compute>>,
    #[cfg(feature = "cells")]
    estimators: RefCell<Estimators>,
    #[cfg(feature = "forecast")]
    forecasters: Memory,
}

/// Takes over the worker's messages and says that it is ready.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let Some(clock) = scope.performance() else { return };
    let engine = Rc::new(Engine {
        scope: scope.clone(),
        clock,
        running: RefCell::default(),
        ahead: Rc::default(),
        #[cfg(feature = "slice")]
        networks: RefCell::default(),
        #[cfg(any(feature = "slice", feature = "cells"))]
        compute: RefCell::default(),
        #[cfg(feature = "cells")]
        estimators: RefCell::default(),
        #[cfg(feature = "forecast")]
        forecasters: Memory::default(),
    });
    report_panics(&scope);
    let receiver = engine.clone();
    let receive = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        receiver.clone().receive(event.data());
    });
    scope.set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
    engine.open();
}

/// Sends the last words of a panic to the page before the worker is lost.
fn report_panics(scope: &DedicatedWorkerGlobalScope) {
    let scope = scope.clone();
    std::panic::set_hook(Box::new(move |info| post(&scope, &last_words(info))));
}

/// What a panic says: wgpu reports a device that refuses or breaks by one.
fn last_words(info: &std::panic::PanicHookInfo) -> Reply {
    let words = info.payload_as_str().unwrap_or("it gave no reason");
    if let Some(error) = words.strip_prefix("wgpu error: ") {
        return Reply::NoGpu(GpuFault::of_message(error));
    }
    let place = info.location().map_or(String::new(), |location| {
        let file = location.file().rsplit(['/', '\\']).next().unwrap_or_default();
        format!(" ({file}, line {})", location.line())
    });
    Reply::Crashed { message: format!("{words}{place}") }
}

fn post(scope: &DedicatedWorkerGlobalScope, reply: &Reply) {
    let serialiser =
        serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    if let Ok(message) = reply.serialize(&serialiser) {
        // A page that is gone has no use for the reply.
        let _ = scope.post_message(&message);
    }
}

/// The job's number in a message that is otherwise unknown, such as a job of another planner; 0
/// where there is none.
fn number_of(message: &JsValue) -> JobId {
    let get = |from: &JsValue, name: &str| js_sys::Reflect::get(from, &name.into()).ok();
    let id = get(message, "Start").and_then(|start| get(&start, "id"));
    id.and_then(|id| id.as_f64()).map_or(0, |id| id as JobId)
}

impl Engine {
    /// Says that jobs can come.
    #[cfg(not(feature = "gpu"))]
    fn open(self: Rc<Self>) {
        self.post(&Reply::Ready);
    }

    fn post(&self, reply: &Reply) {
        post(&self.scope, reply);
    }

    fn receive(self: Rc<Self>, message: JsValue) {
        match serde_wasm_bindgen::from_value::<Request>(message.clone()) {
            Ok(Request::Start { id, job }) => self.begin(id, job),
            #[cfg(feature = "slice")]
            Ok(Request::Install(installed)) => {
                if let Err(error) = self.networks.borrow_mut().install(&installed) {
                    self.post(&Reply::Refused { id: 0, error });
                }
            }
            #[cfg(feature = "forecast")]
            Ok(Request::Pause { id, paused }) => {
                let running = self.running.borrow();
                running.iter().filter(|r| r.id == id).for_each(|r| r.paused.set(paused));
            }
            Ok(Request::Cancel { id }) => self.stop(|running| running.id == id),
            Err(error) => {
                let allowed = "a request that this engine's planner knows";
                let error = InputError::new("message", error, allowed);
                self.post(&Reply::Refused { id: number_of(&message), error });
            }
        }
    }

    fn stop(&self, chosen: impl Fn(&Running) -> bool) {
        self.running.borrow().iter().filter(|r| chosen(r)).for_each(|r| r.stop.set(true));
    }

    fn begin(self: Rc<Self>, id: JobId, job: Job) {
        let kind = job.kind();
        if job.replaceable() {
            self.stop(|running| running.kind == kind);
        }
        let stop = Rc::new(Cell::new(false));
        #[cfg(feature = "forecast")]
        let paused: Rc<Cell<bool>> = Rc::default();
        self.running.borrow_mut().push(Running {
            id,
            kind,
            stop: stop.clone(),
            #[cfg(feature = "forecast")]
            paused: paused.clone(),
        });
        let flags = Flags {
            stop,
            #[cfg(feature = "forecast")]
            paused,
        };
        spawn_local(async move {
            let first = u32::from(job.goes_first());
            self.ahead.set(self.ahead.get() + first);
            let reply = self.work(id, &job, flags).await;
            self.ahead.set(self.ahead.get() - first);
            self.running.borrow_mut().retain(|running| running.id != id);
            self.post(&reply);
        });
    }

    async fn work(&self, id: JobId, job: &Job, flags: Flags) -> Reply {
        let start = self.clock.now();
        let Ok(channel) = MessageChannel::new() else {
            return Reply::Crashed { message: "the browser refused a message channel".to_owned() };
        };
        let monitor = Breather {
            clock: self.clock.clone(),
            channel,
            last: Cell::new(start),
            flags,
            #[cfg(feature = "forecast")]
            scope: self.scope.clone(),
            ahead: (!job.goes_first()).then(|| self.ahead.clone()),
        };
        let outcome = self.outcome(id, job, &monitor).await;
        monitor.channel.port1().close();
        match outcome {
            Ok(outcome) => Reply::Done { id, outcome, elapsed_ms: self.clock.now() - start },
            Err(JobError::Input(error)) => Reply::Refused { id, error },
            Err(JobError::Stopped) => Reply::Stopped { id },
            Err(JobError::Gpu(fault)) => Reply::NoGpu(fault),
        }
    }

    /// Gives the job to its planner.
    #[allow(unreachable_patterns, reason = "builds differ in the jobs that they know")]
    async fn outcome(&self, id: JobId, job: &Job, monitor: &Breather) -> Result<Outcome, JobError> {
        match job {
            #[allow(clippy::panic, reason = "the job exists to test recovery from a panic")]
            Job::Panic => panic!("a crash was asked for"),
            #[cfg(feature = "cells")]
            Job::Cells(job) => self.plan_cells(id, job, monitor).await,
            #[cfg(feature = "forecast")]
            Job::Forecast(job) => self.plan_forecast(id, job, monitor).await,
            #[cfg(feature = "slice")]
            job => self.plan_slices(id, job, monitor).await,
            job => Err(lacking(job)),
        }
    }
}

/// Whether progress that was last told at `sent` is to be told now.
struct Pace {
    clock: Performance,
    /// When the page was told last, in milliseconds.
    sent: f64,
}

impl Pace {
    fn new(clock: &Performance) -> Self {
        Self { clock: clock.clone(), sent: f64::NEG_INFINITY }
    }

    /// Whether it is time to tell the page, or `important`.
    fn is_due(&mut self, important: bool) -> bool {
        let now = self.clock.now();
        let due = important || now - self.sent >= PROGRESS_MS;
        if due {
            self.sent = now;
        }
        due
    }
}

/// What the page asks of a job under way.
struct Flags {
    stop: Rc<Cell<bool>>,
    #[cfg(feature = "forecast")]
    paused: Rc<Cell<bool>>,
}

/// Lets the event loop run every few milliseconds and hears of cancellation.
struct Breather {
    clock: Performance,
    channel: MessageChannel,
    last: Cell<f64>,
    flags: Flags,
    #[cfg(feature = "forecast")]
    scope: DedicatedWorkerGlobalScope,
    /// Jobs that go first.
    ahead: Option<Rc<Cell<u32>>>,
}

impl Monitor for Breather {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        if self.clock.now() - self.last.get() >= SLICE_MS {
            self.breathe().await;
            self.last.set(self.clock.now());
        }
        while self.ahead.as_ref().is_some_and(|ahead| ahead.get() > 0) && !self.flags.stop.get() {
            self.breathe().await;
        }
        #[cfg(feature = "forecast")]
        while self.flags.paused.get() && !self.flags.stop.get() {
            self.rest().await;
        }
        if self.flags.stop.get() { Err(Stopped) } else { Ok(()) }
    }
}

impl Breather {
    /// Waits a while: what is paused takes no time of the processor.
    #[cfg(feature = "forecast")]
    async fn rest(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            let scope = &self.scope;
            if scope
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, REST_MS)
                .is_err()
            {
                // Without the timer nothing would wake the job again.
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        let _ = JsFuture::from(promise).await;
    }

    /// Waits for a message to oneself: the shortest wait that lets other messages in first.
    async fn breathe(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            self.channel.port1().set_onmessage(Some(&resolve));
            if self.channel.port2().post_message(&JsValue::NULL).is_err() {
                // Without the message nothing would wake the job again.
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        let _ = JsFuture::from(promise).await;
    }
}
