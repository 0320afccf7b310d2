//! The tabs below the answer: why the plan is what it is, what if the question were another one, and
//! a whole day.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::charts::panel::ChartPanel;
use crate::live::{follow, live};
use crate::plan_table::PlanTable;
use crate::planner::Planner;
use crate::view_state::Tab;
use crate::{browser, day, what_if};

const TABS: [(Tab, &str, &str); 3] =
    [(Tab::Why, "why", "Why"), (Tab::WhatIf, "what-if", "What if"), (Tab::Day, "day", "A day")];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<Planner>();
    let open = Memo::new(move |_| planner.view.with(|view| view.tab));
    let tabs = TABS.map(|(tab, name, title)| tab_button(planner, open, tab, name, title));
    let panel = |tab: Tab, name: &'static str, content: fn() -> AnyView| {
        // The charts of the plan stay on the page; the others come with their tab.
        let shown = move || open.get() == tab;
        view! {
            <div
                role="tabpanel"
                id=format!("panel-{name}")
                aria-labelledby=format!("tab-{name}")
                data-test=format!("panel-{name}")
                hidden=follow(move || !shown())
            >
                {live(move || (tab == Tab::Why || shown()).then(content))}
            </div>
        }
        .into_any()
    };
    view! {
        <div class="views">
            <div class="view-tabs" role="tablist" aria-label="Views" on:keydown=move |event| step(planner, &event)>
                {tabs.collect_view()}
            </div>
            {panel(Tab::Why, "why", || view! { <ChartPanel/><PlanTable/> }.into_any())}
            {panel(Tab::WhatIf, "what-if", || view! { <what_if::Panel/> }.into_any())}
            {panel(Tab::Day, "day", || view! { <day::Panel/> }.into_any())}
        </div>
    }
    .into_any()
}

fn tab_button(
    planner: Planner,
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
            on:click=move |_| planner.view.update(|view| view.tab = tab)
        >
            {title}
        </button>
    }
    .into_any()
}

/// Arrow keys go round the tabs, as in every list of tabs.
fn step(planner: Planner, event: &leptos::ev::KeyboardEvent) {
    let at = TABS.iter().position(|(tab, ..)| planner.view.with_untracked(|v| v.tab == *tab));
    let at = at.unwrap_or(0);
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
        planner.view.update(|view| view.tab = TABS[next].0);
        browser::focus(&format!("tab-{}", TABS[next].1));
    }
}
