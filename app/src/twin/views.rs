//! The map, and the tabs beside it.

use leptos::prelude::*;

use super::handles::TwinPlanner;
use super::panels::{FailuresPanel, FlowsPanel, WhatIfPanel};
use super::state::Tab;
use crate::shell::tabs::{TabText, Tabs};

const TABS: [TabText<Tab>; 3] = [
    (Tab::WhatIf, "what-if", "What-if", || view! { <WhatIfPanel/> }.into_any()),
    (Tab::Failures, "failures", "Failures", || view! { <FailuresPanel/> }.into_any()),
    (Tab::Flows, "flows", "Flows", || view! { <FlowsPanel/> }.into_any()),
];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<TwinPlanner>();
    let open = move || planner.state.with(|state| state.tab);
    let tabs = Tabs::new(&TABS, open, move |tab| planner.show(tab));
    view! {
        <div class="views network">
            <div class="network-panels">{tabs.list()}{tabs.panels(None)}</div>
        </div>
    }
    .into_any()
}
