//! The tab Failures.

use leptos::prelude::*;

/// Its panel.
#[component]
pub fn FailuresPanel() -> impl IntoView {
    ().into_any()
}
