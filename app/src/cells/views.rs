//! The tabs below the answer: the network, one cell, all schemes, a city, and cells as a table.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::cell_panel::CellPanel;
use super::city::CityPanel;
use super::network_panel::NetworkPanel;
use super::planner::CellsPlanner;
use super::schemes_panel::SchemesPanel;
use super::scrubber::Scrubber;
use super::state::Tab;
use super::table_panel::TablePanel;
use crate::browser;
use crate::live::{follow, live};

const TABS: [(Tab, &str, &str); 5] = [
    (Tab::Network, "network", "Network"),
    (Tab::Cell, "cell", "Cell"),
    (Tab::Schemes, "schemes", "Schemes"),
    (Tab::City, "city", "City"),
    (Tab::Table, "table", "Table"),
];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let open = Memo::new(move |_| planner.state.with(|state| state.tab));
    let tabs = TABS.map(|(tab, name, title)| tab_button(planner, open, tab, name, title));
    let panel = |tab: Tab, name: &'static str, content: fn() -> AnyView| {
        let shown = move || open.get() == tab;
        view! {
            <div
                role="tabpanel"
                id=format!("panel-{name}")
                aria-labelledby=format!("tab-{name}")
                data-test=format!("panel-{name}")
                hidden=follow(move || !shown())
            >
                {live(move || shown().then(content))}
            </div>
        }
        .into_any()
    };
    let of_the_day = move || matches!(open.get(), Tab::Network | Tab::Cell);
    view! {
        <div class="views">
            <div class="view-head">
                <div class="view-tabs" role="tablist" aria-label="Views" on:keydown=move |event| step(planner, &event)>
                    {tabs.collect_view()}
                </div>
                {live(move || of_the_day().then(|| view! { <Scrubber/> }))}
            </div>
            {panel(Tab::Network, "network", || view! { <NetworkPanel/> }.into_any())}
            {panel(Tab::Cell, "cell", || view! { <CellPanel/> }.into_any())}
            {panel(Tab::Schemes, "schemes", || view! { <SchemesPanel/> }.into_any())}
            {panel(Tab::City, "city", || view! { <CityPanel/> }.into_any())}
            {panel(Tab::Table, "table", || view! { <TablePanel/> }.into_any())}
        </div>
    }
    .into_any()
}

fn tab_button(
    planner: CellsPlanner,
    open: Memo<Tab>,
    tab: Tab,
    name: &'static str,
    title: &'static str,
) -> AnyView {
    let chosen = move || open.get() == tab;
    view! {
        <button
            type="button"
            role="tab"
            id=format!("tab-{name}")
            data-test=format!("tab-{name}")
            aria-selected=follow(move || chosen().to_string())
            aria-controls=format!("panel-{name}")
            tabindex=follow(move || if chosen() { "0" } else { "-1" })
            on:click=move |_| planner.show(tab)
        >
            {title}
        </button>
    }
    .into_any()
}

/// Arrow keys go round the tabs, as in every list of tabs.
fn step(planner: CellsPlanner, event: &leptos::ev::KeyboardEvent) {
    let open = planner.state.with_untracked(|state| state.tab);
    let at = TABS.iter().position(|(tab, ..)| *tab == open).unwrap_or(0);
    let next = match event.key().as_str() {
        "ArrowRight" => (at + 1) % TABS.len(),
        "ArrowLeft" => (at + TABS.len() - 1) % TABS.len(),
        "Home" => 0,
        "End" => TABS.len() - 1,
        _ => return,
    };
    let on_tab = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.get_attribute("role").as_deref() == Some("tab"));
    if on_tab {
        event.prevent_default();
        planner.show(TABS[next].0);
        browser::focus(&format!("tab-{}", TABS[next].1));
    }
}
