//! The controls in the order in which a person thinks: what traffic, what promise, what price,
//! what limits.

use leptos::prelude::*;

use crate::shell::live::live;
use crate::slice::handles::SlicePlanner;

mod method;
mod model;
mod promise;
mod resources;
mod slices;
mod traffic;

pub use resources::singular;

/// The column of controls.
#[component]
pub fn Controls() -> impl IntoView {
    let planner = expect_context::<SlicePlanner>();
    let model = Memo::new(move |_| planner.problem.with(|problem| problem.model.clone()));
    view! {
        <form class="controls" aria-label="Question" on:submit=move |event| event.prevent_default()>
            {model::control(planner)}
            {slices::control(planner)}
            {live(move || {
                let card = crate::slice::models::named(&model.get())?;
                Some(view! {
                    {traffic::control(planner, &card)}
                    {promise::control(planner, &card)}
                    {resources::prices(planner, &card)}
                    {resources::limits(planner, &card)}
                }.into_any())
            })}
            {method::control(planner)}
        </form>
    }
    .into_any()
}
