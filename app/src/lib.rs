//! The pages: views, controls, charts. Each planner's page is a program of its own, so that nobody
//! fetches the other one's; what all of them need lies beside them.

mod annex;
mod cells;
mod charts;
mod controls;
mod engine;
mod forecast;
#[cfg(test)]
mod house;
mod shell;
mod slice;
mod twin;

use leptos::prelude::IntoView;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The pages, each with a program of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOf {
    /// The Slice planner's.
    Slice,
    /// The Cells planner's.
    Cells,
    /// The Forecast planner's.
    Forecast,
    /// The Twin planner's.
    Twin,
}

impl PageOf {
    /// All pages; the first one opens where the address names none.
    pub const ALL: [Self; 4] = [Self::Slice, Self::Cells, Self::Forecast, Self::Twin];

    /// The planner's name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Slice => "Slice",
            Self::Cells => "Cells",
            Self::Forecast => "Forecast",
            Self::Twin => "Twin",
        }
    }

    /// The name in the address, as in `?planner=cells`; boot.js knows the same.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slice => "slice",
            Self::Cells => "cells",
            Self::Forecast => "forecast",
            Self::Twin => "twin",
        }
    }
}

/// Puts the Slice planner in place of the loading text.
pub fn open_slice() {
    open(slice::page::SlicePage);
}

/// Puts the Cells planner in place of the loading text.
pub fn open_cells() {
    open(cells::page::CellsPage);
}

/// Puts the Forecast planner in place of the loading text.
pub fn open_forecast() {
    open(forecast::page::ForecastPage);
}

/// Puts the Twin planner in place of the loading text.
pub fn open_twin() {
    open(twin::page::TwinPage);
}

/// Opens the Slice planner's tab Rivals within its page.
pub fn open_slice_rivals() {
    slice::rivals::open();
}

/// Opens the Twin planner's tabs Routing, Growth and Measurements within its page.
pub fn open_twin_improve() {
    twin::improve::open();
}

fn open<V: IntoView>(page: impl FnOnce() -> V + 'static) {
    let document = web_sys::window().and_then(|window| window.document());
    let element = document.and_then(|document| document.get_element_by_id("page"));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.set_inner_html("");
        leptos::mount::mount_to(element, page).forget();
    }
}
