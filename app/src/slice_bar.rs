//! What the bar offers for the Slice planner: the device, the tour, sharing and export.

use leptos::prelude::*;

use crate::compute_choice::ComputeChoice;
use crate::exchange::Exchange;
use crate::planner::Planner;
use crate::top_bar::copy_link;

/// Device, tour, share and export. `tour` says whether the tour is open.
pub fn tools(planner: Planner, tour: RwSignal<bool>) -> AnyView {
    view! {
        <ComputeChoice about=ABOUT_COMPUTE/>
        <button type="button" data-test="tour-open" on:click=move |_| tour.update(|open| *open = !*open)>"Tour"</button>
        {copy_link(move || planner.address())}
        <Exchange/>
    }
    .into_any()
}

/// What the choice means, for the title of the control.
const ABOUT_COMPUTE: &str = "Which device plans batches: surfaces and days. Single plans always come from the CPU. Nothing is uploaded.";
