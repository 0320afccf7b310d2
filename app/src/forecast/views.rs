//! The tabs below the answer.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::admission_panel::AdmissionPanel;
use super::learn_panel::LearnPanel;
use super::loss_panel::LossPanel;
use super::methods_panel::MethodsPanel;
use super::planner::ForecastPlanner;
use super::reservation_panel::ReservationPanel;
use super::state::Tab;
use crate::browser;
use crate::live::{follow, live};

/// A tab: its name in tests and links, its title and its panel.
type TabText = (Tab, &'static str, &'static str, fn() -> AnyView);

const TABS: [TabText; 5] = [
    (Tab::Reservation, "reservation", "Reservation", || view! { <ReservationPanel/> }.into_any()),
    (Tab::Methods, "methods", "Methods", || view! { <MethodsPanel/> }.into_any()),
    (Tab::Loss, "loss", "Learned loss", || view! { <LossPanel/> }.into_any()),
    (Tab::Admission, "admission", "Admission", || view! { <AdmissionPanel/> }.into_any()),
    (Tab::Learn, "learn", "Learn again", || view! { <LearnPanel/> }.into_any()),
];

/// The tabs and the panel of the one that is open.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let open = Memo::new(move |_| planner.state.with(|state| state.tab));
    let tabs = TABS.map(|(tab, name, title, _)| tab_button(planner, open, tab, name, title));
    let panels = TABS.map(|(tab, name, _, content)| {
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
    });
    view! {
        <div class="views">
            <div class="view-tabs" role="tablist" aria-label="Views" on:keydown=move |event| step(planner, &event)>
                {tabs.collect_view()}
            </div>
            {panels.collect_view()}
        </div>
    }
    .into_any()
}

fn tab_button(
    planner: ForecastPlanner,
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
fn step(planner: ForecastPlanner, event: &leptos::ev::KeyboardEvent) {
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
