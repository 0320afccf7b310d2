//! The frame of every planner's page: bar, messages, tour, and the controls beside the answer.

use gloo::events::EventListener;
use leptos::ev::{DragEvent, MouseEvent};
use leptos::prelude::*;
use slicewise_core::InputError;
use web_sys::File;

use crate::PageOf;
use crate::charts::frame::Marked;
use crate::shell::live::{Live, live, on_click};
use crate::shell::message::{long_link, message_of, updated};
use crate::shell::top_bar::{TopBar, copy_link};
use crate::shell::tour::{Step, Tour};
use crate::shell::view_flags::ViewFlags;
use crate::shell::{browser, build, escape, files, narrow};

/// What a planner puts into the frame.
pub struct PageParts {
    /// Whose page it is.
    pub page: PageOf,
    /// Classes of the frame.
    pub class: &'static str,
    /// Name of the frame for tests.
    pub test: &'static str,
    /// What the planner is for, in a few words.
    pub claim: &'static str,
    /// Its tour.
    pub tour: &'static [Step],
    /// The choice of a device in the bar; nothing where there is none.
    pub device: fn() -> AnyView,
    /// The menu of files in the bar.
    pub exchange: fn() -> AnyView,
    /// The column of controls.
    pub controls: fn() -> AnyView,
    /// The answer and the views below it.
    pub main: AnyView,
    /// What lies above the page when it is opened.
    pub dialogue: Option<AnyView>,
    /// What happened to the engine.
    pub engine_message: RwSignal<Option<String>>,
    /// Why the address or a file could not be used.
    pub import_error: RwSignal<Option<String>>,
    /// Writes the address that reproduces the view.
    pub address: Box<dyn Fn() -> String>,
    /// Follows an address that the visitor has changed by hand.
    pub load_address: Box<dyn Fn()>,
    /// Takes a file that is dropped anywhere on the page.
    pub take_file: Box<dyn Fn(File)>,
}

/// Reads the page's flags, applies its theme and provides what all charts share.
pub fn prepare() -> ViewFlags {
    let flags = ViewFlags::of_page();
    browser::apply_theme(&flags.theme.clone().unwrap_or_else(browser::stored_theme));
    provide_context(Marked(RwSignal::new(None)));
    provide_context(narrow::follow_width());
    flags
}

/// The whole page as `flags` want it.
pub fn frame(flags: ViewFlags, parts: PageParts) -> AnyView {
    if let Some(window) = web_sys::window() {
        let load_address = parts.load_address;
        EventListener::new(&window, "hashchange", move |_| load_address()).forget();
    }
    escape::listen();
    let tour = RwSignal::new(false);
    let long: RwSignal<Option<String>> = RwSignal::new(None);
    let bar = (!flags.embed).then(|| {
        let tools = view! {
            {(parts.device)()}
            <button type="button" data-test="tour-open" on:click=on_click(move |_| escape::toggle(tour))>"Tour"</button>
            {copy_link(parts.address, long)}
            {(parts.exchange)()}
        };
        let tools = tools.into_any();
        view! { <TopBar page=parts.page claim=parts.claim theme=flags.theme tools=tools/> }
    });
    let controls = (!flags.hide_controls).then(parts.controls);
    let skip = move |event: MouseEvent| {
        event.prevent_default();
        browser::focus("answer");
    };
    let take_file = parts.take_file;
    let drop = move |event: DragEvent| {
        if let Some(file) = files::dropped(&event) {
            take_file(file);
        }
    };
    view! {
        <div
            class=parts.class
            class:bare=flags.hide_controls
            data-test=parts.test
            on:dragover=move |event| event.prevent_default()
            on:drop=drop
        >
            <a class="skip" href="#answer" on:click=on_click(skip)>"Skip to the answer"</a>
            {bar}
            {live(move || match build::was_updated() {
                true => updated(),
                false => message_of(parts.engine_message, "engine-message"),
            })}
            {message_of(parts.import_error, "error")}
            {live(move || long.get().map(|link| long_link(link, move |_| long.set(None))))}
            <Tour open=tour steps=parts.tour/>
            <div class="columns">
                {controls}
                <main>{parts.main}</main>
            </div>
            {parts.dialogue}
        </div>
    }
    .into_any()
}

/// The answer at the head of the page: `sentence`, below it what the line of its `status` says, and why
/// the question cannot be planned where it is `refused`.
pub fn answer(
    stale: Signal<bool>,
    sentence: Live,
    status: AnyView,
    refused: RwSignal<Option<InputError>>,
) -> AnyView {
    view! {
        <section id="answer" tabindex="-1" class="answer" class:stale=stale aria-label="Answer">
            <p class="sentence" data-test="answer" aria-live="polite">{sentence}</p>
            <p class="status-line">{status}</p>
            {live(move || refused.get().map(|error| view! {
                <p class="error" role="alert" data-test="error">{format!("This cannot be planned: {error}.")}</p>
            }))}
        </section>
    }
    .into_any()
}
