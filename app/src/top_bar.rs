//! The bar above everything: the name, the device, and what can be done with the whole view.

use leptos::prelude::*;
use leptos::task::spawn_local;

use slicewise_core::compute::Device;

use crate::batches::compute::{self, Compute};
use crate::browser;
use crate::exchange::Exchange;
use crate::live::{follow, live};
use crate::planner::Planner;

/// Brand, device, tour, share, export and theme.
#[component]
pub fn TopBar(
    /// Whether the tour is open.
    tour: RwSignal<bool>,
    /// The theme that the address asks for, stronger than the stored one.
    theme: Option<String>,
) -> impl IntoView {
    let planner = expect_context::<Planner>();
    let copied: RwSignal<Option<&'static str>> = RwSignal::new(None);
    let copy = move |_| {
        let address = planner.address();
        spawn_local(async move {
            let done = browser::copy(address).await;
            copied.set(Some(if done { "Link copied" } else { "Copy it from the address bar" }));
            gloo::timers::callback::Timeout::new(2_500, move || copied.set(None)).forget();
        });
    };
    view! {
        <header class="top-bar">
            <h1><a class="brand" href="./" aria-label="Slicewise, start again">
                <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
                    <path class="brand-bars" d="M5 25V8h6v17zM13 25V14h6v11zM21 25v-7h6v7z"></path>
                </svg>
                "Slicewise"
            </a></h1>
            <span class="claim">"The cheapest 5G slice that keeps its promise"</span>
            <span class="spring"></span>
            <ComputeChoice/>
            <button type="button" data-test="tour-open" on:click=move |_| tour.update(|open| *open = !*open)>"Tour"</button>
            <button type="button" data-test="copy-link" on:click=copy>
                <span aria-live="polite">{live(move || copied.get().unwrap_or("Copy link"))}</span>
            </button>
            <Exchange/>
            <ThemeButton forced=theme/>
        </header>
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

/// Goes round automatic, light and dark.
#[component]
pub fn ThemeButton(
    /// The theme that the address asks for, stronger than the stored one.
    forced: Option<String>,
) -> impl IntoView {
    let theme = RwSignal::new(forced.unwrap_or_else(browser::stored_theme));
    let next = move |_| {
        let following = match theme.get_untracked().as_str() {
            "auto" => "light",
            "light" => "dark",
            _ => "auto",
        };
        theme.set(following.to_owned());
        browser::store_theme(following);
        browser::apply_theme(following);
    };
    view! {
        <button
            type="button"
            data-test="theme"
            aria-label=follow(move || format!("Theme: {}", theme.get()))
            on:click=next
        >
            "◐"
            <span class="theme-word">{live(move || theme.get())}</span>
        </button>
    }
    .into_any()
}
