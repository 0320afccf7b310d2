//! The page as a whole.

use leptos::prelude::*;

use crate::browser;
use crate::top_bar::{PageOf, TopBar};
use crate::view_flags::ViewFlags;

/// Bar, controls and views of the Cells planner.
#[component]
pub fn CellsPage() -> impl IntoView {
    let flags = ViewFlags::of_page();
    browser::apply_theme(&flags.theme.clone().unwrap_or_else(browser::stored_theme));
    browser::set_title("Slicewise: plan the slices of 5G cells");
    let claim = "The best split of every cell, with a proof";
    let bar = (!flags.embed).then(|| {
        view! { <TopBar page=PageOf::Cells claim=claim theme=flags.theme tools=().into_any()/> }
    });
    view! {
        <div class="page" data-test="cells-app">
            {bar}
            <main></main>
        </div>
    }
    .into_any()
}
