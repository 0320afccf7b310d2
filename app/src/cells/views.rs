//! The tabs below the answer: the network, one cell, all schemes, a city, and cells as a table.

use leptos::prelude::*;

use super::handles::CellsPlanner;
use super::panels::{CellPanel, CityPanel, NetworkPanel, SchemesPanel, TablePanel};
use super::scrubber::Scrubber;
use super::state::Tab;
use crate::shell::live::live;
use crate::shell::tabs::{TabText, Tabs};

const TABS: [TabText<Tab>; 5] = [
    (Tab::Network, "network", "Network", || view! { <NetworkPanel/> }.into_any()),
    (Tab::Cell, "cell", "Cell", || view! { <CellPanel/> }.into_any()),
    (Tab::Schemes, "schemes", "Schemes", || view! { <SchemesPanel/> }.into_any()),
    (Tab::City, "city", "City", || view! { <CityPanel/> }.into_any()),
    (Tab::Table, "table", "Table", || view! { <TablePanel/> }.into_any()),
];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let open = move || planner.state.with(|state| state.tab);
    let tabs = Tabs::new(&TABS, open, move |tab| planner.show(tab));
    let of_the_day = Memo::new(move |_| matches!(open(), Tab::Network | Tab::Cell));
    view! {
        <div class="views">
            <div class="view-head">
                {tabs.list()}
                {live(move || of_the_day.get().then(|| view! { <Scrubber/> }))}
            </div>
            {tabs.panels(None)}
        </div>
    }
    .into_any()
}
