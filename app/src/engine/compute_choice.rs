//! The control that says which device plans batches.

use leptos::prelude::*;
use slicewise_core::compute::Device;

use crate::engine::compute::Compute;
use crate::shell::live::{follow, live, on_change};

/// Which device plans batches, what is in use, and why.
#[component]
pub fn ComputeChoice(
    /// What the choice means, for the title of the control.
    about: &'static str,
) -> impl IntoView {
    let compute = expect_context::<Compute>();
    let option = |device: Device, title: &'static str| {
        let chosen = move || compute.choice.get() == device;
        view! { <option value=device.name() prop:selected=follow(chosen)>{title}</option> }
    };
    let choose = move |event| {
        if let Some(device) = Device::named(&event_target_value(&event)) {
            compute.choose(device);
        }
    };
    view! {
        <span class="device">
            <select data-test="compute" aria-label="Compute device" title=about on:change=on_change(choose)>
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
