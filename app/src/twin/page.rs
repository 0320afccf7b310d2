//! The page as a whole.

use leptos::prelude::*;

use super::answer::Answer;
use super::controls::Controls;
use super::exchange::Exchange;
use super::handles::{
    Answers, Corrections, Improvements, OpenNetwork, OpenedFlow, Simulation, Sweeps, TwinEngine,
    TwinPlanner,
};
use super::tour::STEPS;
use super::views::Views;
use crate::PageOf;
use crate::engine::compute::Compute;
use crate::shell::browser;
use crate::shell::frame;
use crate::shell::frame::PageParts;
use crate::shell::linked_view;

/// Bar, messages, controls, answer and views of the Twin planner.
#[component]
pub fn TwinPage() -> impl IntoView {
    let flags = frame::prepare();
    browser::set_title("Slicewise: see a network answer before you touch it");
    let planner = TwinPlanner::new();
    provide_context(planner);
    let engine = TwinEngine::new(planner);
    provide_context(engine);
    let network = OpenNetwork::new(planner);
    provide_context(network);
    let answers = Answers::new(planner, engine, network);
    provide_context(answers);
    let corrections = Corrections::new(engine, answers);
    provide_context(corrections);
    let sweeps = Sweeps::new(planner, engine, answers, Compute::new(&flags));
    provide_context(sweeps);
    let simulation = Simulation::new(planner, engine, answers);
    provide_context(simulation);
    let opened = OpenedFlow::new(planner, engine, answers);
    provide_context(opened);
    provide_context(Improvements::new(planner, answers));
    engine.start();
    answers.connect();
    corrections.connect();
    opened.connect();
    linked_view::follow(planner.state);
    let parts = PageParts {
        page: PageOf::Twin,
        class: "page twin",
        test: "twin-app",
        claim: "See a network answer before you touch it",
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
                network.follow_address();
            }
        }),
        take_file: Box::new(move |file| network.take_dropped(file)),
    };
    frame::frame(flags, parts)
}
