//! The tab What-if: edits, and what they change.

use leptos::prelude::*;

/// Its panel.
#[component]
pub fn WhatIfPanel() -> impl IntoView {
    ().into_any()
}
