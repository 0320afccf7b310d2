//! A choice in a line of its own.

use leptos::prelude::*;

use crate::controls::explanation::unique_id;
use crate::shell::live::{follow, on_change};

/// Shows `options`, values with their titles, and gives another one that is chosen to `choose`.
pub fn choice(
    test: impl Into<String>,
    label: &'static str,
    options: Vec<(String, String)>,
    chosen: Signal<String>,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let id = unique_id("choice");
    let option = |(value, title): (String, String)| {
        let own = value.clone();
        let is_chosen = follow(move || chosen.with(|chosen| *chosen == own));
        view! { <option value=value prop:selected=is_chosen>{title}</option> }
    };
    let options = options.into_iter().map(option).collect_view();
    view! {
        <div class="field-head choice">
            <label for=id.clone()>{label}</label>
            <select id=id class="wide" data-test=test.into() on:change=on_change(move |event| choose(event_target_value(&event)))>{options}</select>
        </div>
    }
    .into_any()
}
