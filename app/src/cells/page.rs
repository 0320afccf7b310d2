//! The page as a whole.

use leptos::prelude::*;

use super::answer::Answer;
use super::controls::Controls;
use super::engine::CellEngines;
use super::exchange::Exchange;
use super::handles::{CellsPlanner, CityPlan, ImportedTable, NetworkPlan, OpenedCell, Simulation};
use super::tour::STEPS;
use super::views::Views;
use crate::PageOf;
use crate::engine::compute::Compute;
use crate::engine::compute_choice::ComputeChoice;
use crate::shell::browser;
use crate::shell::frame;
use crate::shell::frame::PageParts;
use crate::shell::linked_view;

/// What the choice of a device means, for the title of the control.
const ABOUT_COMPUTE: &str = "Which device gives the curves of a city's cells. The splits, their proofs and all else come from the CPU. Nothing is uploaded.";

/// Bar, messages, controls, answer and views of the Cells planner.
#[component]
pub fn CellsPage() -> impl IntoView {
    let flags = frame::prepare();
    browser::set_title("Slicewise: plan the slices of 5G cells");
    let compute = Compute::new(&flags);
    let planner = CellsPlanner::new(CellEngines::new(compute));
    provide_context(compute);
    provide_context(planner);
    let simulation = Simulation::new(planner);
    provide_context(simulation);
    let table = ImportedTable::new(planner);
    provide_context(table);
    let opened = OpenedCell::new(planner, simulation, table);
    provide_context(opened);
    let plan = NetworkPlan::new(planner);
    provide_context(plan);
    provide_context(CityPlan::new(planner));
    simulation.connect();
    opened.connect();
    plan.connect(simulation, table);
    linked_view::follow(planner.state);
    let parts = PageParts {
        page: PageOf::Cells,
        class: "page cells",
        test: "cells-app",
        claim: "The best split of every cell by a trained estimate",
        tour: &STEPS,
        device: || view! { <ComputeChoice about=ABOUT_COMPUTE/> }.into_any(),
        exchange: || view! { <Exchange/> }.into_any(),
        controls: || view! { <Controls/> }.into_any(),
        main: view! { <Answer/><Views/> }.into_any(),
        dialogue: None,
        engine_message: planner.engine_message,
        import_error: planner.import_error,
        address: Box::new(move || planner.address()),
        load_address: Box::new(move || {
            if planner.load_address() {
                table.chosen.set(None);
            }
        }),
        take_file: Box::new(move |file| table.import(file)),
    };
    frame::frame(flags, parts)
}
