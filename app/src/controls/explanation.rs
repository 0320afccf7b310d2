//! A short explanation that opens beside the term that it explains.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use crate::shell::live::{follow, live};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An identifier that no other element of the page has.
pub fn unique_id(prefix: &str) -> String {
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A question mark that shows and hides `text` about `topic`.
#[component]
pub fn Explanation(
    /// What is explained, for those who hear the button's name.
    #[prop(into)]
    topic: String,
    /// The explanation.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let id = unique_id("explanation");
    view! {
        <button
            type="button"
            class="explain"
            aria-label=format!("What is “{topic}”?")
            aria-expanded=follow(move || open.get().to_string())
            aria-controls=id.clone()
            on:click=move |_| open.update(|open| *open = !*open)
        >
            "?"
        </button>
        <p class="explanation" id=id hidden=follow(move || !open.get())>{live(move || text.get())}</p>
    }
    .into_any()
}
