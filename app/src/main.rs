//! The single-page app: views, controls, charts.

mod answer;
mod app;
mod batches;
mod browser;
mod cells;
mod charts;
mod controls;
mod day;
mod engine_link;
mod exchange;
mod explanation;
mod json;
mod link_state;
mod live;
mod models;
mod number_text;
mod plan_table;
mod planner;
mod precomputed;
mod top_bar;
mod tour;
mod training;
mod view_flags;
mod view_state;
mod views;
mod what_if;
mod worker;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Puts the app in place of the loading text.
fn main() {
    let document = web_sys::window().and_then(|window| window.document());
    let page = document.and_then(|document| document.get_element_by_id("page"));
    if let Some(page) = page.and_then(|page| page.dyn_into::<HtmlElement>().ok()) {
        page.set_inner_html("");
        leptos::mount::mount_to(page, app::App).forget();
    }
}
