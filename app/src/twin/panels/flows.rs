//! The tab Flows.

use leptos::prelude::*;

/// Its panel.
#[component]
pub fn FlowsPanel() -> impl IntoView {
    ().into_any()
}
