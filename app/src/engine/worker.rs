//! One dedicated worker: the script that it runs, the messages that cross, and its end.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use slicewise_protocol::{Reply, Request};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};

use crate::shell::build;

/// The script of the Slice planner's engine, as the list of the build names it.
pub const ENGINE_SCRIPT: &str = "slicewise-slice-engine.js";
/// That of the engine with burn beside the fused evaluator: it trains, and it compares.
pub const LEARNING_SCRIPT: &str = "slicewise-learning.js";
/// That of the engine on WebGPU.
pub const GPU_SCRIPT: &str = "slicewise-gpu.js";
/// That of the Cells planner's engine.
pub const CELLS_SCRIPT: &str = "slicewise-cells-engine.js";
/// That of the Forecast planner's engine.
pub const FORECAST_SCRIPT: &str = "slicewise-forecast-engine.js";
/// How long an engine on the processor may take to load.
pub const LOAD_LIMIT_MS: u32 = 20_000;

/// What is heard from a worker.
#[allow(clippy::large_enum_variant, reason = "an event is handled at once, none is kept")]
pub enum WorkerEvent {
    /// A message, [`Reply::Crashed`] excepted.
    Reply(Reply),
    /// The worker is of no more use: it could not be loaded, crashed or sent nonsense.
    Failed(String),
    /// The worker is of no more use: it was not ready in time.
    Overdue {
        /// How long was waited.
        seconds: u32,
    },
}

/// What to say of a worker that was not ready in time.
pub fn overdue_words(seconds: u32) -> String {
    format!("it did not load within {seconds} s")
}

type Deadline = Rc<RefCell<Option<Timeout>>>;

/// A running worker; it ends when this is dropped.
pub struct EngineWorker {
    worker: Worker,
    deadline: Deadline,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl EngineWorker {
    /// Starts `script`; whatever comes from it goes to `listener`, never during this call. Without
    /// [`Reply::Ready`] or [`Reply::NoGpu`] within `load_limit_ms` it counts as failed.
    ///
    /// # Errors
    /// Says why the browser starts no worker.
    pub fn start(
        script: &str,
        load_limit_ms: u32,
        listener: impl Fn(WorkerEvent) + 'static,
    ) -> Result<Self, String> {
        let worker = Worker::new(&build::address(script)?)
            .map_err(|error| format!("{error:?}; this browser may not allow workers"))?;
        let listener = Rc::new(listener);
        let deadline: Deadline = Rc::default();
        let on_message = message_handler(listener.clone(), deadline.clone());
        let on_error = error_handler(listener.clone());
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        *deadline.borrow_mut() = Some(Timeout::new(load_limit_ms, move || {
            listener(WorkerEvent::Overdue { seconds: load_limit_ms / 1000 });
        }));
        Ok(Self { worker, deadline, _on_message: on_message, _on_error: on_error })
    }

    /// Sends `request`.
    ///
    /// # Errors
    /// Says why it cannot cross.
    pub fn post(&self, request: &Request) -> Result<(), String> {
        let post = || -> Result<(), JsValue> {
            self.worker.post_message(&serde_wasm_bindgen::to_value(request)?)
        };
        post().map_err(|error| format!("a message could not be sent ({error:?})"))
    }
}

impl Drop for EngineWorker {
    fn drop(&mut self) {
        self.deadline.borrow_mut().take();
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn message_handler(
    listener: Rc<impl Fn(WorkerEvent) + 'static>,
    deadline: Deadline,
) -> Closure<dyn Fn(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        let told = match serde_wasm_bindgen::from_value::<Reply>(event.data()) {
            Ok(Reply::Crashed { message }) => WorkerEvent::Failed(message),
            Ok(reply) => {
                if matches!(reply, Reply::Ready | Reply::NoGpu(_)) {
                    deadline.borrow_mut().take();
                }
                WorkerEvent::Reply(reply)
            }
            Err(error) => WorkerEvent::Failed(format!("it sent an unknown message ({error})")),
        };
        listener(told);
    })
}

fn error_handler(listener: Rc<impl Fn(WorkerEvent) + 'static>) -> Closure<dyn Fn(Event)> {
    Closure::new(move |event: Event| {
        event.prevent_default();
        build::look_for_update();
        let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
        let message = message.filter(|text| !text.is_empty());
        let message = message.unwrap_or_else(|| "its files could not be loaded".to_owned());
        listener(WorkerEvent::Failed(message));
    })
}
