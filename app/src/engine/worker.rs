//! One dedicated worker: the script that it runs, the messages that cross, and its end.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use slicewise_core::compute::GpuFault;
use slicewise_protocol::{Planner, Reply, Request};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};

use crate::shell::build;

/// The script of the engine with burn beside the fused evaluator, as the list of the build names it: it
/// trains, and it compares.
pub const LEARNING_SCRIPT: &str = "slicewise-learning.js";
/// That of the engine on WebGPU.
pub const GPU_SCRIPT: &str = "slicewise-gpu.js";
/// That of the reader of files.
pub const READER_SCRIPT: &str = "slicewise-reader.js";
/// How long an engine on the processor may take to load.
pub const LOAD_LIMIT_MS: u32 = 20_000;

/// How long the GPU engine may take to load and to examine its device.
pub const GPU_START_LIMIT_MS: u32 = 30_000;
/// What is said where an engine belongs to another build of the site than the page.
pub const UPDATED: &str = "Slicewise was updated: reload";

/// What is said where the browser starts no worker.
const NO_WORKERS: &str =
    "this browser allows no workers here; allow them for this site, or open another browser";

/// What is said where an engine stops before it is ready.
const NOT_WHOLE: &str = "its files did not arrive whole, so reload the page";

type Deadline = Rc<RefCell<Option<Timeout>>>;

/// A running worker; it ends when this is dropped.
pub struct EngineWorker<P: Planner> {
    worker: Worker,
    deadline: Deadline,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
    planner: PhantomData<P>,
}

impl<P: Planner> EngineWorker<P> {
    /// Starts `script` for the page's planner; whatever comes from it goes to `listener`, never during
    /// this call. A worker that cannot be loaded, or sends nonsense, has crashed; so has one without
    /// [`Reply::Ready`] in time, or [`Reply::NoGpu`] is what is heard of it.
    ///
    /// # Errors
    /// Says why the browser starts no worker.
    pub fn start(script: &str, listener: impl Fn(Reply<P>) + 'static) -> Result<Self, String> {
        let worker = Worker::new(&build::address(script)?).map_err(|_| NO_WORKERS)?;
        let listener = Rc::new(listener);
        let deadline: Deadline = Rc::default();
        let on_message = message_handler(worker.clone(), listener.clone(), deadline.clone());
        let on_error = error_handler(listener.clone(), deadline.clone());
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let is_gpu = script == GPU_SCRIPT;
        let limit_ms = if is_gpu { GPU_START_LIMIT_MS } else { LOAD_LIMIT_MS };
        *deadline.borrow_mut() = Some(Timeout::new(limit_ms, move || {
            let seconds = limit_ms / 1000;
            listener(match is_gpu {
                true => Reply::NoGpu(GpuFault::NotStarted { seconds: f64::from(seconds) }),
                false => crashed(format!("it did not load within {seconds} s")),
            });
        }));
        let (_on_message, _on_error) = (on_message, on_error);
        Ok(Self { worker, deadline, _on_message, _on_error, planner: PhantomData })
    }

    /// Sends `request`.
    ///
    /// # Errors
    /// Says why it cannot cross.
    pub fn post(&self, request: &Request<P>) -> Result<(), String> {
        post(&self.worker, request)
    }
}

fn post<P: Planner>(worker: &Worker, request: &Request<P>) -> Result<(), String> {
    let post =
        || -> Result<(), JsValue> { worker.post_message(&serde_wasm_bindgen::to_value(request)?) };
    post().map_err(|error| format!("a message could not be sent ({error:?})"))
}

fn crashed<P: Planner>(message: String) -> Reply<P> {
    Reply::Crashed { message, again: None }
}

/// The page's first message to an engine.
fn opening<P: Planner>() -> Request<P> {
    Request::Open { planner: P::NAME.to_owned(), build: build::id() }
}

impl<P: Planner> Drop for EngineWorker<P> {
    fn drop(&mut self) {
        self.deadline.borrow_mut().take();
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn message_handler<P: Planner>(
    worker: Worker,
    listener: Rc<impl Fn(Reply<P>) + 'static>,
    deadline: Deadline,
) -> Closure<dyn Fn(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        let reply = serde_wasm_bindgen::from_value::<Reply<P>>(event.data());
        let reply =
            reply.unwrap_or_else(|error| crashed(format!("it sent an unknown message ({error})")));
        match reply {
            Reply::Ready | Reply::NoGpu(_) => drop(deadline.borrow_mut().take()),
            Reply::OtherBuild { .. } => build::tell_of_update(),
            // A network may be gone with the build that it came with.
            Reply::Refused { ref error, .. } if error.field.starts_with("models/") => {
                build::look_for_update();
            }
            _ => {}
        }
        let opened = match reply {
            Reply::Ready => post(&worker, &opening::<P>()),
            _ => Ok(()),
        };
        listener(opened.map_or_else(crashed, |()| reply));
    })
}

fn error_handler<P: Planner>(
    listener: Rc<impl Fn(Reply<P>) + 'static>,
    deadline: Deadline,
) -> Closure<dyn Fn(Event)> {
    Closure::new(move |event: Event| {
        event.prevent_default();
        build::look_for_update();
        let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
        // Until it is ready, an engine fails because of what came in place of its files.
        let is_ready = deadline.borrow().is_none();
        let message = message.filter(|text| is_ready && !text.is_empty());
        let message = message.unwrap_or_else(|| NOT_WHOLE.to_owned());
        listener(crashed(message));
    })
}
