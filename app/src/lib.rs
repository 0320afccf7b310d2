//! The pages: views, controls, charts. Each planner's page is a program of its own, so that nobody
//! fetches the other one's; what all of them need lies beside them.

// A page built alone leaves some of what they share unused.
#![cfg_attr(not(all(feature = "slice", feature = "cells", feature = "forecast")), allow(dead_code))]

#[cfg(feature = "slice")]
mod answer;
#[cfg(feature = "slice")]
mod app;
mod batches;
mod browser;
#[cfg(feature = "cells")]
mod cells;
mod charts;
mod compute_choice;
#[cfg(feature = "slice")]
mod controls;
#[cfg(feature = "slice")]
mod day;
mod engine_link;
#[cfg(feature = "slice")]
mod exchange;
mod explanation;
mod files;
#[cfg(feature = "forecast")]
mod forecast;
mod json;
mod learner;
#[cfg(feature = "slice")]
mod link_state;
mod link_text;
mod linked_view;
mod live;
mod menu;
mod message;
#[cfg(feature = "slice")]
mod models;
mod narrow;
mod number_field;
mod number_text;
mod page_frame;
#[cfg(feature = "slice")]
mod plan_table;
#[cfg(feature = "slice")]
mod planner;
#[cfg(feature = "slice")]
mod precomputed;
mod tabs;
mod top_bar;
mod tour;
#[cfg(feature = "slice")]
mod training;
mod view_flags;
#[cfg(feature = "slice")]
mod view_state;
#[cfg(feature = "slice")]
mod views;
#[cfg(feature = "slice")]
mod what_if;
mod worker;

use leptos::prelude::IntoView;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Puts the Slice planner in place of the loading text.
#[cfg(feature = "slice")]
pub fn open_slice() {
    open(app::App);
}

/// Puts the Cells planner in place of the loading text.
#[cfg(feature = "cells")]
pub fn open_cells() {
    open(cells::page::CellsPage);
}

/// Puts the Forecast planner in place of the loading text.
#[cfg(feature = "forecast")]
pub fn open_forecast() {
    open(forecast::page::ForecastPage);
}

fn open<V: IntoView>(page: impl FnOnce() -> V + 'static) {
    let document = web_sys::window().and_then(|window| window.document());
    let element = document.and_then(|document| document.get_element_by_id("page"));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.set_inner_html("");
        leptos::mount::mount_to(element, page).forget();
    }
}
