//! The page as a whole.

use leptos::prelude::*;

use super::answer::Answer;
use super::controls::Controls;
use super::exchange::Exchange;
use super::handles::{
    Admissions, Explorer, ForecastPlanner, ImportedTrace, LearnForm, OwnNetworks, Reservation,
};
use super::tour::STEPS;
use super::views::Views;
use crate::PageOf;
use crate::shell::browser;
use crate::shell::frame;
use crate::shell::frame::PageParts;
use crate::shell::linked_view;

/// Bar, messages, controls, answer and views of the Forecast planner.
#[component]
pub fn ForecastPage() -> impl IntoView {
    let flags = frame::prepare();
    browser::set_title("Slicewise: reserve capacity for the next interval");
    let planner = ForecastPlanner::new();
    provide_context(planner);
    let trace = ImportedTrace::new(planner);
    provide_context(trace);
    let own = OwnNetworks::new(planner);
    provide_context(own);
    let reservation = Reservation::new(planner, trace, own);
    provide_context(reservation);
    provide_context(Admissions::new(planner, trace, own));
    provide_context(LearnForm::new(planner, reservation));
    let explorer = Explorer::new(planner, reservation, own);
    provide_context(explorer);
    reservation.connect(move |reply| explorer.hear(reply));
    linked_view::follow(planner.state);
    let parts = PageParts {
        page: PageOf::Forecast,
        class: "page forecast",
        test: "forecast-app",
        claim: "Learn what decisions cost, then decide",
        tour: &STEPS,
        device: || ().into_any(),
        exchange: || view! { <Exchange/> }.into_any(),
        controls: || view! { <Controls/> }.into_any(),
        main: view! { <Answer/><Views/> }.into_any(),
        dialogue: None,
        engine_message: planner.engine_message,
        import_error: planner.import_error,
        address: Box::new(move || planner.address()),
        load_address: Box::new(move || {
            if planner.load_address() {
                trace.close();
            }
        }),
        take_file: Box::new(move |file| trace.import(file)),
    };
    frame::frame(flags, parts)
}
