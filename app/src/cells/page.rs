//! The page as a whole.

use gloo::events::EventListener;
use leptos::ev::DragEvent;
use leptos::prelude::*;

use super::answer::Answer;
use super::controls::Controls;
use super::engine::CellEngines;
use super::exchange::Exchange;
use super::imported;
use super::planner::CellsPlanner;
use super::tour::STEPS;
use super::views::Views;
use crate::batches::compute::Compute;
use crate::charts::frame::Marked;
use crate::compute_choice::ComputeChoice;
use crate::live::live;
use crate::message::message;
use crate::top_bar::{PageOf, TopBar, copy_link};
use crate::tour::Tour;
use crate::view_flags::ViewFlags;
use crate::{browser, narrow};

/// Bar, messages, controls, answer and views of the Cells planner.
#[component]
pub fn CellsPage() -> impl IntoView {
    let flags = ViewFlags::of_page();
    browser::apply_theme(&flags.theme.clone().unwrap_or_else(browser::stored_theme));
    browser::set_title("Slicewise: plan the slices of 5G cells");
    let compute = Compute::new(&flags);
    let planner = CellsPlanner::new(CellEngines::new(compute));
    provide_context(compute);
    provide_context(planner);
    provide_context(Marked(RwSignal::new(None)));
    provide_context(narrow::follow_width());
    planner.connect();
    if let Some(window) = web_sys::window() {
        EventListener::new(&window, "hashchange", move |_| planner.load_address()).forget();
    }
    let tour = RwSignal::new(false);
    let bar = (!flags.embed).then(|| {
        let claim = "The best split of every cell, with a proof";
        view! { <TopBar page=PageOf::Cells claim=claim theme=flags.theme tools=tools(planner, tour)/> }
    });
    let controls = (!flags.hide_controls).then(|| view! { <Controls/> }.into_any());
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        browser::focus("answer");
    };
    view! {
        <div
            class="page cells"
            class:bare=flags.hide_controls
            data-test="cells-app"
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

/// What the choice means, for the title of the control.
const ABOUT_COMPUTE: &str = "Which device gives the curves of a city's cells. The splits, their proofs and all else come from the CPU. Nothing is uploaded.";

fn tools(planner: CellsPlanner, tour: RwSignal<bool>) -> AnyView {
    view! {
        <ComputeChoice about=ABOUT_COMPUTE/>
        <button type="button" data-test="tour-open" on:click=move |_| tour.update(|open| *open = !*open)>"Tour"</button>
        {copy_link(move || planner.address())}
        <Exchange/>
    }
    .into_any()
}

/// What went wrong outside any one control.
fn messages(planner: CellsPlanner) -> AnyView {
    let shown = move |signal: RwSignal<Option<String>>, test: &'static str| {
        live(move || signal.get().map(|text| message(text, test, move |_| signal.set(None))))
    };
    view! {
        {shown(planner.engine_message, "engine-message")}
        {shown(planner.import_error, "error")}
    }
    .into_any()
}

/// Takes a KPI table that is dropped anywhere on the page.
fn take_drop(planner: CellsPlanner, event: &DragEvent) {
    event.prevent_default();
    if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|files| files.get(0))
    {
        imported::import(planner, file);
    }
}
