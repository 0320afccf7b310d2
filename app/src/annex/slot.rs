//! The page's side: the place that an annex takes over, and what is told through its port.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, MessageChannel, MessageEvent, MessagePort};

use super::{Said, Told};
use crate::shell::build;
use crate::shell::live::{live, on_click};

/// How far an annex has come.
#[derive(Clone, PartialEq)]
enum Progress {
    /// No tab of its was opened.
    Closed,
    Opening,
    Open,
    /// Why it did not arrive.
    Failed(String),
}

/// Where the page keeps the state of an annex.
#[derive(Clone, Copy)]
pub struct OwnState {
    /// The state, as a link has it.
    pub read: Signal<Option<String>>,
    /// Takes what the annex has made of it.
    pub write: Callback<Option<String>>,
}

/// A place for an annex; a copyable handle.
#[derive(Clone, Copy)]
pub struct Slot {
    program: &'static str,
    own: OwnState,
    progress: RwSignal<Progress>,
    parts: StoredValue<Option<Parts>, LocalStorage>,
    /// The state that the annex has, as far as the page knows.
    known: StoredValue<Option<String>>,
}

/// What an annex is given: an element to fill, and the page's end of the port.
#[derive(Clone)]
struct Parts {
    element: HtmlElement,
    port: MessagePort,
}

impl Slot {
    /// A place for the annex `program`, which is fetched when it is first shown; what the planner hears of it goes
    /// to `hear`.
    pub fn new<T: DeserializeOwned>(
        program: &'static str,
        own: OwnState,
        hear: impl Fn(T) + 'static,
    ) -> Self {
        let slot = Self {
            program,
            own,
            progress: RwSignal::new(Progress::Closed),
            parts: StoredValue::new_local(None),
            known: StoredValue::new(None),
        };
        let listen = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            match serde_wasm_bindgen::from_value::<Said<T>>(event.data()) {
                Ok(Said::Own(state)) => {
                    slot.known.set_value(state.clone());
                    slot.own.write.run(state);
                }
                Ok(Said::Updated) => build::tell_of_update(),
                Ok(Said::Planner(said)) => hear(said),
                // Both come from one build.
                Err(_) => {}
            }
        });
        slot.parts.set_value(Parts::new(program, &listen));
        listen.forget();
        Effect::new(move |_| {
            let state = own.read.get();
            if slot.is_wanted() && slot.known.get_value() != state {
                slot.known.set_value(state.clone());
                slot.send(&Told::<()>::Own(state));
            }
        });
        slot
    }

    /// Whether the annex was asked for: from then on it wants to hear what it is about.
    pub fn is_wanted(self) -> bool {
        self.progress.with(|progress| *progress != Progress::Closed)
    }

    /// Tells the annex something of the planner's.
    pub fn tell(self, told: &impl Serialize) {
        self.send(&Told::Planner(told));
    }

    /// The panel of the annex's tab `tab`, while that is open.
    pub fn panel(self, tab: &'static str) -> AnyView {
        let place: NodeRef<Div> = NodeRef::new();
        Effect::new(move |_| {
            if let (Some(place), Some(parts)) = (place.get(), self.parts.get_value()) {
                // A place of the document takes it over from whichever had it.
                let _ = place.append_child(&parts.element);
            }
        });
        if self.progress.with_untracked(|progress| *progress == Progress::Closed) {
            self.open();
        }
        self.send(&Told::<()>::Tab(tab.to_owned()));
        let state = move || {
            match self.progress.get() {
            Progress::Failed(why) => view! {
                <p class="error" role="alert" data-test="annex-error">{why}</p>
                <button type="button" data-test="annex-again" on:click=on_click(move |_| self.open())>"Try again"</button>
            }
            .into_any(),
            Progress::Opening => view! { <p class="placeholder" role="status">"This tab is loading."</p> }.into_any(),
            _ => ().into_any(),
        }
        };
        view! { <div node_ref=place></div>{live(state)} }.into_any()
    }

    fn open(self) {
        let Some(Parts { element, .. }) = self.parts.get_value() else { return };
        self.progress.set(Progress::Opening);
        spawn_local(async move {
            let opened = build::open_annex(self.program, &element).await;
            if opened.is_err() {
                build::look_for_update();
            }
            self.progress.set(opened.map_or_else(Progress::Failed, |()| Progress::Open));
        });
    }

    fn send(self, told: &impl Serialize) {
        if let (Some(Parts { port, .. }), Ok(told)) =
            (self.parts.get_value(), serde_wasm_bindgen::to_value(told))
        {
            // What cannot cross is nothing that a page tells.
            let _ = port.post_message(&told);
        }
    }
}

impl Parts {
    fn new(program: &str, listen: &Closure<dyn Fn(MessageEvent)>) -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let element = document.create_element("div").ok()?.unchecked_into::<HtmlElement>();
        element.set_class_name("annex");
        let channel = MessageChannel::new().ok()?;
        build::keep_port(program, &channel.port2());
        let port = channel.port1();
        port.set_onmessage(Some(listen.as_ref().unchecked_ref()));
        Some(Self { element, port })
    }
}
