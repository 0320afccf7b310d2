//! The tabs below the answer.

use leptos::prelude::*;

use super::handles::ForecastPlanner;
use super::panels::{AdmissionPanel, LearnPanel, LossPanel, MethodsPanel, ReservationPanel};
use super::state::Tab;
use crate::shell::tabs::{TabText, Tabs};

const TABS: [TabText<Tab>; 5] = [
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
    let open = move || planner.state.with(|state| state.tab);
    let tabs = Tabs::new(&TABS, open, move |tab| planner.show(tab));
    view! { <div class="views">{tabs.list()}{tabs.panels(None)}</div> }.into_any()
}
