//! The pages: views, controls, charts. Each planner's page is a program of its own, so that nobody
//! fetches the other one's; what all of them need lies beside them.

mod cells;
mod charts;
mod controls;
mod engine;
mod forecast;
#[cfg(test)]
mod house;
mod shell;
mod slice;

use leptos::prelude::IntoView;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

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

fn open<V: IntoView>(page: impl FnOnce() -> V + 'static) {
    let document = web_sys::window().and_then(|window| window.document());
    let element = document.and_then(|document| document.get_element_by_id("page"));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.set_inner_html("");
        leptos::mount::mount_to(element, page).forget();
    }
}
