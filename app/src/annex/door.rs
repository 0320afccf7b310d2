//! The annex's side: what the page has left for it, and what goes back through the port.

use std::cell::RefCell;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, MessagePort};

use super::{Said, Told};
use crate::charts::frame::Marked;
use crate::controls::explanation;
use crate::shell::{build, escape, narrow};

/// Identifiers of an annex's elements count from here: far above those of any page.
const FIRST_ID: u32 = 1_000_000;
/// How long the controls rest before the page hears of the state.
const STATE_DELAY_MS: u32 = 150;

/// The annex's end of the port; a copyable handle.
#[derive(Clone, Copy)]
pub struct Door {
    port: StoredValue<MessagePort, LocalStorage>,
}

/// Opens the annex `program`: fills the element that the page has left for it with `content`, which is given the
/// way out. Does nothing where no page has opened it.
pub fn open<V: IntoView>(program: &str, content: impl FnOnce(Door) -> V + 'static) {
    let Some((element, port)) = build::annex_place(program) else { return };
    explanation::count_from(FIRST_ID);
    element.set_inner_html("");
    let fill = move || {
        provide_context(Marked(RwSignal::new(None)));
        provide_context(narrow::follow_width());
        escape::listen();
        let door = Door { port: StoredValue::new_local(port) };
        Effect::new(move |_| {
            if build::was_updated() {
                door.send(&Said::<()>::Updated);
            }
        });
        content(door)
    };
    leptos::mount::mount_to(element, fill).forget();
}

impl Door {
    /// Gives what the page has told and tells to `hear`.
    pub fn listen<T: DeserializeOwned>(self, hear: impl Fn(Told<T>) + 'static) {
        let listen = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Both come from one build.
            if let Ok(told) = serde_wasm_bindgen::from_value(event.data()) {
                hear(told);
            }
        });
        // The port gives what has waited from now on.
        self.port.with_value(|port| port.set_onmessage(Some(listen.as_ref().unchecked_ref())));
        listen.forget();
    }

    /// Says something of the planner's.
    pub fn say(self, said: &impl Serialize) {
        self.send(&Said::Planner(said));
    }

    /// Lets the page keep `state` in its link, once it rests.
    pub fn keep(self, state: impl Fn() -> Option<String> + 'static) {
        let timer: RefCell<Option<Timeout>> = RefCell::default();
        Effect::new(move |previous: Option<()>| {
            let state = state();
            if previous.is_some() {
                let write = move || self.send(&Said::<()>::Own(state));
                *timer.borrow_mut() = Some(Timeout::new(STATE_DELAY_MS, write));
            }
        });
    }

    fn send(self, said: &impl Serialize) {
        if let Ok(said) = serde_wasm_bindgen::to_value(said) {
            // What cannot cross is nothing that an annex says.
            self.port.with_value(|port| drop(port.post_message(&said)));
        }
    }
}
