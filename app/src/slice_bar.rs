//! What the bar offers for the Slice planner: the device, the tour, sharing and export.

use leptos::prelude::*;
use slicewise_core::compute::Device;

use crate::batches::compute::{self, Compute};
use crate::exchange::Exchange;
use crate::live::{follow, live};
use crate::planner::Planner;
use crate::top_bar::copy_link;

/// Device, tour, share and export. `tour` says whether the tour is open.
pub fn tools(planner: Planner, tour: RwSignal<bool>) -> AnyView {
    view! {
        <ComputeChoice/>
        <button type="button" data-test="tour-open" on:click=move |_| tour.update(|open| *open = !*open)>"Tour"</button>
        {copy_link(move || planner.address())}
        <Exchange/>
    }
    .into_any()
}

/// What the choice means, for the title of the control.
const ABOUT_COMPUTE: &str = "Which device plans batches: surfaces and days. Single plans always come from the CPU. Nothing is uploaded.";

/// Which device plans batches, what is in use, and why.
#[component]
fn ComputeChoice() -> impl IntoView {
    let compute = expect_context::<Compute>();
    let option = |device: Device, title: &'static str| {
        let chosen = move || compute.choice.get() == device;
        view! { <option value=compute::name_of(device) prop:selected=follow(chosen)>{title}</option> }
    };
    let choose = move |event| {
        if let Some(device) = compute::device_named(&event_target_value(&event)) {
            compute.choose(device);
        }
    };
    view! {
        <span class="device">
            <select data-test="compute" aria-label="Compute device" title=ABOUT_COMPUTE on:change=choose>
                {option(Device::Auto, "Auto")}
                {option(Device::Cpu, "CPU")}
                {option(Device::Gpu, "GPU")}
            </select>
            <span class="device-words" role="status" data-test="compute-status"
                title=follow(move || compute.words())>{live(move || compute.words())}</span>
        </span>
    }
    .into_any()
}
