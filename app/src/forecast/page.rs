//! The page as a whole.

use gloo::events::EventListener;
use leptos::ev::DragEvent;
use leptos::prelude::*;

use super::admission::Admissions;
use super::answer::Answer;
use super::controls::Controls;
use super::exchange::Exchange;
use super::explorer::Explorer;
use super::imported;
use super::learn_panel::LearnForm;
use super::planner::ForecastPlanner;
use super::tour::STEPS;
use super::views::Views;
use crate::charts::frame::Marked;
use crate::live::live;
use crate::message::message;
use crate::top_bar::{PageOf, TopBar, copy_link};
use crate::tour::Tour;
use crate::view_flags::ViewFlags;
use crate::{browser, narrow};

/// Bar, messages, controls, answer and views of the Forecast planner.
#[component]
pub fn ForecastPage() -> impl IntoView {
    let flags = ViewFlags::of_page();
    browser::apply_theme(&flags.theme.clone().unwrap_or_else(browser::stored_theme));
    browser::set_title("Slicewise: reserve capacity for the next interval");
    let planner = ForecastPlanner::new();
    provide_context(planner);
    provide_context(Admissions::new(planner));
    provide_context(LearnForm::new());
    let explorer = Explorer::new(planner);
    provide_context(explorer);
    provide_context(Marked(RwSignal::new(None)));
    provide_context(narrow::follow_width());
    planner.connect(explorer);
    if let Some(window) = web_sys::window() {
        EventListener::new(&window, "hashchange", move |_| planner.load_address()).forget();
    }
    let tour = RwSignal::new(false);
    let bar = (!flags.embed).then(|| {
        let claim = "Learn what decisions cost, then decide";
        view! { <TopBar page=PageOf::Forecast claim=claim theme=flags.theme tools=tools(planner, tour)/> }
    });
    let controls = (!flags.hide_controls).then(|| view! { <Controls/> }.into_any());
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        browser::focus("answer");
    };
    view! {
        <div
            class="page forecast"
            class:bare=flags.hide_controls
            data-test="forecast-app"
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| take_drop(planner, &event)
        >
            <a class="skip" href="#answer" on:click=skip>"Skip to the answer"</a>
            {bar}
            {messages(planner)}
            <Tour open=tour steps=&STEPS/>
            <div class="columns">
                {controls}
                <main>
                    <Answer/>
                    <Views/>
                </main>
            </div>
        </div>
    }
    .into_any()
}

fn tools(planner: ForecastPlanner, tour: RwSignal<bool>) -> AnyView {
    view! {
        <button type="button" data-test="tour-open" on:click=move |_| tour.update(|open| *open = !*open)>"Tour"</button>
        {copy_link(move || planner.address())}
        <Exchange/>
    }
    .into_any()
}

/// What went wrong outside any one control.
fn messages(planner: ForecastPlanner) -> AnyView {
    let shown = move |signal: RwSignal<Option<String>>, test: &'static str| {
        live(move || signal.get().map(|text| message(text, test, move |_| signal.set(None))))
    };
    view! {
        {shown(planner.engine_message, "engine-message")}
        {shown(planner.import_error, "error")}
    }
    .into_any()
}

/// Takes a trace that is dropped anywhere on the page.
fn take_drop(planner: ForecastPlanner, event: &DragEvent) {
    event.prevent_default();
    if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|files| files.get(0))
    {
        imported::import(planner, file);
    }
}
