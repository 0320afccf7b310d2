//! The loop in a dedicated worker of a tab: its messages, its clock and its last words.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise, Uint8Array};
use serde::Serialize;
use slicewise_core::InputError;
use slicewise_core::compute::GpuFault;
use slicewise_protocol::{JobId, Nobody, Planner, Reply, Request};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, Performance, Response};

use super::turn::{Doing, Host};
use super::{Adapter, Desk, Door, Work, build, check_opening};

/// A paused job looks this often whether it may go on.
const REST_MS: i32 = 50;

/// Takes a page's messages in.
type Receiver = Box<dyn Fn(&JsValue)>;
/// Opens a planner's desk to a page.
type Open = Box<dyn FnOnce(&Rc<Tab>) -> Receiver>;

/// A planner that a build serves.
pub struct Served {
    name: &'static str,
    open: Open,
}

/// Serves the planner of `adapter` by `works`.
pub fn serve<A: Adapter>(adapter: A, works: &'static [Work<A>]) -> Served {
    let open = move |tab: &Rc<Tab>| -> Receiver {
        let poster = tab.clone();
        let desk = Desk::new(adapter, works, tab.clone(), move |reply| poster.post(reply));
        Box::new(move |message| match read::<A::Planner>(message) {
            Ok(request) => {
                if let Some(doing) = desk.receive(request) {
                    spawn_local(doing);
                }
            }
            Err(error) => desk.refuse(number_of(message), error),
        })
    };
    Served { name: A::Planner::NAME, open: Box::new(open) }
}

/// Takes over the worker's messages, for one of the planners `served`, and says that it is ready.
pub fn start(served: Vec<Served>) {
    if let Some(tab) = Tab::take_over() {
        tab.open(served);
    }
}

fn read<P: Planner>(message: &JsValue) -> Result<Request<P>, InputError> {
    serde_wasm_bindgen::from_value(message.clone()).map_err(|error| {
        InputError::new("message", error, "a request that this engine's planner knows")
    })
}

/// The job's number in a message that is otherwise unknown, such as a job of another planner; 0
/// where there is none.
fn number_of(message: &JsValue) -> JobId {
    let get = |from: &JsValue, name: &str| js_sys::Reflect::get(from, &name.into()).ok();
    let id = get(message, "Start").and_then(|start| get(&start, "id"));
    id.and_then(|id| id.as_f64()).map_or(0, |id| id as JobId)
}

/// The worker that the engine runs in.
pub struct Tab {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    /// A message through it arrives as soon as those that wait are let in.
    echo: MessageChannel,
    /// Those who wait for such a message.
    breathing: Rc<RefCell<VecDeque<Function>>>,
}

impl Tab {
    /// The worker, if this is one, which from now on tells the page of panics.
    pub fn take_over() -> Option<Rc<Self>> {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into().ok()?;
        let (clock, channel) = (scope.performance()?, MessageChannel::new().ok()?);
        let breathing: Rc<RefCell<VecDeque<Function>>> = Rc::default();
        let waiting = breathing.clone();
        let wake = Closure::<dyn Fn()>::new(move || {
            let next = waiting.borrow_mut().pop_front();
            if let Some(resolve) = next {
                // Resolving a promise does not fail.
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        channel.port1().set_onmessage(Some(wake.as_ref().unchecked_ref()));
        wake.forget();
        let tab = Rc::new(Self { scope, clock, echo: channel, breathing });
        let scope = tab.scope.clone();
        std::panic::set_hook(Box::new(move |info| post(&scope, &last_words(info))));
        Some(tab)
    }

    /// Lets pages in and says so.
    pub fn open(self: &Rc<Self>, served: Vec<Served>) {
        let tab = self.clone();
        let (served, receiver) = (RefCell::new(served), RefCell::new(None::<Receiver>));
        let receive = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let message = event.data();
            let mut receiver = receiver.borrow_mut();
            match &*receiver {
                Some(receive) => receive(&message),
                None => *receiver = tab.admit(&message, &mut served.borrow_mut()),
            }
        });
        self.scope.set_onmessage(Some(receive.as_ref().unchecked_ref()));
        receive.forget();
        self.post::<Nobody>(&Reply::Ready);
    }

    /// The desk of the planner that a page's first message names.
    fn admit(self: &Rc<Self>, message: &JsValue, served: &mut Vec<Served>) -> Option<Receiver> {
        let planners: Vec<&'static str> = served.iter().map(|served| served.name).collect();
        let build = build::id(&self.scope);
        let door = Door { planners: &planners, build: &build };
        let refuse = |error| Reply::Refused { id: number_of(message), error };
        let admitted = read::<Nobody>(message).map_err(refuse);
        match admitted.and_then(|first| check_opening(door, &first)) {
            Ok(index) => Some((served.swap_remove(index).open)(self)),
            Err(reply) => {
                self.post(&reply);
                None
            }
        }
    }

    /// Sends `reply` to the page.
    pub fn post<P: Planner>(&self, reply: &Reply<P>) {
        post(&self.scope, reply);
    }

    /// The scope of the worker.
    pub fn scope(&self) -> &DedicatedWorkerGlobalScope {
        &self.scope
    }

    async fn bytes(&self, file: &str) -> Option<Vec<u8>> {
        let address = build::address(&self.scope, file)?;
        let response: Response =
            settled(self.scope.fetch_with_str(&address)).await?.dyn_into().ok()?;
        if !response.ok() {
            return None;
        }
        let bytes = settled(response.array_buffer().ok()?).await?;
        Some(Uint8Array::new(&bytes).to_vec())
    }
}

impl Host for Tab {
    fn now(&self) -> f64 {
        self.clock.now()
    }

    /// Waits for a message to oneself: the shortest wait that lets other messages in first.
    fn breathe(&self) -> Doing<'_, ()> {
        let promise = Promise::new(&mut |resolve, _| {
            self.breathing.borrow_mut().push_back(resolve);
            if self.echo.port2().post_message(&JsValue::NULL).is_err()
                && let Some(resolve) = self.breathing.borrow_mut().pop_back()
            {
                // Without the message nothing would wake the job again.
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        wait(promise)
    }

    fn rest(&self) -> Doing<'_, ()> {
        let promise = Promise::new(&mut |resolve, _| {
            let timer =
                self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, REST_MS);
            if timer.is_err() {
                // Without the timer nothing would wake the job again.
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        wait(promise)
    }

    fn fetch<'a>(&'a self, file: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(self.bytes(file))
    }
}

fn wait(promise: Promise) -> Doing<'static, ()> {
    Box::pin(async move {
        settled(promise).await;
    })
}

async fn settled(promise: Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}

/// What a panic says: wgpu reports a device that refuses or breaks by one.
fn last_words(info: &std::panic::PanicHookInfo) -> Reply<Nobody> {
    let words = info.payload_as_str().unwrap_or("it gave no reason");
    if let Some(error) = words.strip_prefix("wgpu error: ") {
        return Reply::NoGpu(GpuFault::of_message(error));
    }
    let place = info.location().map_or(String::new(), |location| {
        let file = location.file().rsplit(['/', '\\']).next().unwrap_or_default();
        format!(" ({file}, line {})", location.line())
    });
    Reply::Crashed { message: format!("{words}{place}"), again: None }
}

fn post<P: Planner>(scope: &DedicatedWorkerGlobalScope, reply: &Reply<P>) {
    let serialiser =
        serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    if let Ok(message) = reply.serialize(&serialiser) {
        // A page that is gone has no use for the reply.
        let _ = scope.post_message(&message);
    }
}
