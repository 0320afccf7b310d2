//! The page as a whole.

use leptos::prelude::*;

use super::admission::Admissions;
use super::answer::Answer;
use super::controls::Controls;
use super::exchange::Exchange;
use super::explorer::Explorer;
use super::imported;
use super::learn_panel::LearnForm;
use super::planner::ForecastPlanner;
use super::tour::STEPS;
use super::views::Views;
use crate::shell::browser;
use crate::shell::frame;
use crate::shell::frame::PageParts;
use crate::shell::top_bar::PageOf;

/// Bar, messages, controls, answer and views of the Forecast planner.
#[component]
pub fn ForecastPage() -> impl IntoView {
    let flags = frame::prepare();
    browser::set_title("Slicewise: reserve capacity for the next interval");
    let planner = ForecastPlanner::new();
    provide_context(planner);
    provide_context(Admissions::new(planner));
    provide_context(LearnForm::new());
    let explorer = Explorer::new(planner);
    provide_context(explorer);
    planner.connect(explorer);
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
        load_address: Box::new(move || planner.load_address()),
        take_file: Box::new(move |file| imported::import(planner, file)),
    };
    frame::frame(flags, parts)
}
