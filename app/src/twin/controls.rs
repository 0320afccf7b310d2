//! The controls in the order in which a person thinks: which network, what it carries, how it queues,
//! and what it promises.

use leptos::prelude::*;

/// The column of controls.
#[component]
pub fn Controls() -> impl IntoView {
    view! { <form class="controls" aria-label="Question" on:submit=move |event| event.prevent_default()></form> }
        .into_any()
}
