//! The engine in a dedicated worker: messages in, replies out, one event loop shared by all jobs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use serde::Serialize;
use slicewise_core::training::TrainingMoment;
use slicewise_core::{InputError, SlicePlan};
use slicewise_optim::{Monitor, Stopped};
use slicewise_protocol::{GpuFault, Job, JobId, Reply, Request};
use slicewise_slice::SolveError;
use slicewise_slice::solver::Observer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, Performance};

use crate::compute::{Compute, JobError};
use crate::jobs::{Networks, model_of, run};

/// A job works this long before waiting messages are let in.
const SLICE_MS: f64 = 6.0;
/// Progress goes out at most this often.
const PROGRESS_MS: f64 = 1000.0 / 30.0;

/// A job under way.
struct Running {
    id: JobId,
    kind: &'static str,
    stop: Rc<Cell<bool>>,
}

struct Engine {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    networks: RefCell<Networks>,
    running: RefCell<Vec<Running>>,
    /// Plans under way: what surrounds a plan waits for them.
    plans: Rc<Cell<u32>>,
    compute: RefCell<Rc<Compute>>,
}

/// Takes over the worker's messages and says that it is ready.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let Some(clock) = scope.performance() else { return };
    let engine = Rc::new(Engine {
        scope: scope.clone(),
        clock,
        networks: RefCell::default(),
        running: RefCell::default(),
        plans: Rc::default(),
        compute: RefCell::default(),
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

/// Whether the browser offers WebGPU to workers.
#[cfg(feature = "gpu")]
fn has_webgpu(scope: &DedicatedWorkerGlobalScope) -> bool {
    let navigator = js_sys::Reflect::get(scope, &"navigator".into()).unwrap_or_default();
    js_sys::Reflect::get(&navigator, &"gpu".into()).is_ok_and(|gpu| gpu.is_truthy())
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

impl Engine {
    /// Says that jobs can come.
    #[cfg(not(feature = "gpu"))]
    fn open(self: Rc<Self>) {
        self.post(&Reply::Ready);
    }

    /// Obtains and examines the graphics processor, then says that jobs can come, or why not.
    #[cfg(feature = "gpu")]
    fn open(self: Rc<Self>) {
        if !has_webgpu(&self.scope) {
            return self.post(&Reply::NoGpu(GpuFault::NoWebGpu));
        }
        spawn_local(async move {
            let now = || self.clock.now();
            match crate::gpu::Gpu::start(&now).await {
                Ok((gpu, report)) => {
                    *self.compute.borrow_mut() = Rc::new(gpu.into());
                    self.post(&Reply::Gpu(report));
                    self.post(&Reply::Ready);
                }
                Err(fault) => self.post(&Reply::NoGpu(fault)),
            }
        });
    }

    fn post(&self, reply: &Reply) {
        post(&self.scope, reply);
    }

    fn receive(self: Rc<Self>, message: JsValue) {
        match serde_wasm_bindgen::from_value::<Request>(message) {
            Ok(Request::Start { id, job }) => self.begin(id, job),
            Ok(Request::Install(installed)) => {
                if let Err(error) = self.networks.borrow_mut().install(&installed) {
                    self.post(&Reply::Refused { id: 0, error });
                }
            }
            Ok(Request::Cancel { id }) => self.stop(|running| running.id == id),
            Err(error) => {
                let error = InputError::new("message", error, "a Slicewise request");
                self.post(&Reply::Refused { id: 0, error });
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
        self.running.borrow_mut().push(Running { id, kind, stop: stop.clone() });
        spawn_local(async move {
            let planning = u32::from(matches!(job, Job::Plan { .. }));
            self.plans.set(self.plans.get() + planning);
            let reply = self.work(id, &job, stop).await;
            self.plans.set(self.plans.get() - planning);
            self.running.borrow_mut().retain(|running| running.id != id);
            self.post(&reply);
        });
    }

    async fn work(&self, id: JobId, job: &Job, stop: Rc<Cell<bool>>) -> Reply {
        let start = self.clock.now();
        let network =
            match self.networks.borrow_mut().get(model_of(job).unwrap_or("testbed-gaussian")) {
                Ok(network) => network,
                Err(mut error) => {
                    if matches!(job, Job::Train(_)) {
                        error.field = "start_from".to_owned();
                    }
                    return Reply::Refused { id, error };
                }
            };
        let Ok(channel) = MessageChannel::new() else {
            return Reply::Crashed { message: "the browser refused a message channel".to_owned() };
        };
        let monitor = Breather {
            clock: self.clock.clone(),
            channel,
            last: Cell::new(start),
            stop,
            ahead: (!matches!(job, Job::Plan { .. })).then(|| self.plans.clone()),
        };
        let mut reporter = Reporter { engine: self, id, sent: f64::NEG_INFINITY };
        let now = || self.clock.now();
        let compute = self.compute.borrow().clone();
        let outcome = run(job, &network, &compute, &monitor, &mut reporter, &now).await;
        monitor.channel.port1().close();
        match outcome {
            Ok(outcome) => Reply::Done { id, outcome, elapsed_ms: self.clock.now() - start },
            Err(JobError::Solve(SolveError::Input(error))) => Reply::Refused { id, error },
            Err(JobError::Solve(SolveError::Stopped)) => Reply::Stopped { id },
            Err(JobError::Gpu(fault)) => Reply::NoGpu(fault),
        }
    }
}

/// Tells the page how job `id` goes, not more often than it can show.
struct Reporter<'a> {
    engine: &'a Engine,
    id: JobId,
    /// When it was told last, in milliseconds.
    sent: f64,
}

impl Reporter<'_> {
    /// Whether it is time to tell the page, or `important`.
    fn is_due(&mut self, important: bool) -> bool {
        let now = self.engine.clock.now();
        let due = important || now - self.sent >= PROGRESS_MS;
        if due {
            self.sent = now;
        }
        due
    }
}

impl Observer for Reporter<'_> {
    fn observe(&mut self, fraction: f64, plan: Option<&SlicePlan>) {
        if self.is_due(plan.is_some()) {
            let plan = plan.map(|plan| Box::new(plan.clone()));
            self.engine.post(&Reply::Progress { id: self.id, fraction, plan });
        }
    }

    fn learned(&mut self, moment: TrainingMoment) {
        if self.is_due(moment.epoch == moment.epochs) {
            self.engine.post(&Reply::Epoch { id: self.id, moment });
        }
    }
}

/// Lets the event loop run every few milliseconds and hears of cancellation.
struct Breather {
    clock: Performance,
    channel: MessageChannel,
    last: Cell<f64>,
    stop: Rc<Cell<bool>>,
    /// Jobs that go first.
    ahead: Option<Rc<Cell<u32>>>,
}

impl Monitor for Breather {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        if self.clock.now() - self.last.get() >= SLICE_MS {
            self.breathe().await;
            self.last.set(self.clock.now());
        }
        while self.ahead.as_ref().is_some_and(|ahead| ahead.get() > 0) && !self.stop.get() {
            self.breathe().await;
        }
        if self.stop.get() { Err(Stopped) } else { Ok(()) }
    }
}

impl Breather {
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
