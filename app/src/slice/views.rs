//! The tabs below the answer: why the plan is what it is, what if the question were another one, and
//! a whole day.

use leptos::prelude::*;

use crate::shell::tabs::{TabText, Tabs};
use crate::slice::charts::panel::ChartPanel;
use crate::slice::handles::{Rivals, SlicePlanner};
use crate::slice::plan_table::PlanTable;
use crate::slice::view_state::Tab;
use crate::slice::{day, what_if};

const TABS: [TabText<Tab>; 4] = [
    (Tab::Why, "why", "Why", || view! { <ChartPanel/><PlanTable/> }.into_any()),
    (Tab::WhatIf, "what-if", "What if", || view! { <what_if::Panel/> }.into_any()),
    (Tab::Day, "day", "A day", || view! { <day::Panel/> }.into_any()),
    (Tab::Rivals, "rivals", "Rivals", || expect_context::<Rivals>().slot.panel("rivals")),
];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<SlicePlanner>();
    let open = move || planner.view.with(|view| view.tab);
    let tabs = Tabs::new(&TABS, open, move |tab| planner.view.update(|view| view.tab = tab));
    // The charts of the plan stay on the page; the others come with their tab.
    view! { <div class="views">{tabs.list()}{tabs.panels(Some(Tab::Why))}</div> }.into_any()
}
