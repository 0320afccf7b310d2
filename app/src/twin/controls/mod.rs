//! The controls in the order in which a person thinks: which network, what it carries, how it queues,
//! and what it promises.

pub mod bound;
mod network;
mod promises;
pub mod queues;
mod traffic;

use leptos::prelude::*;

/// The column of controls.
#[component]
pub fn Controls() -> impl IntoView {
    view! {
        <form class="controls" aria-label="Question" on:submit=move |event| event.prevent_default()>
            {network::fieldset()}
            {traffic::fieldset()}
            {queues::fieldset()}
            {promises::fieldset()}
        </form>
    }
    .into_any()
}
