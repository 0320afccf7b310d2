//! The page as a whole.

use leptos::prelude::*;
use slicewise_core::slice::benchmark::Benchmark;

use crate::PageOf;
use crate::controls::number_text;
use crate::engine::compute::Compute;
use crate::engine::compute_choice::ComputeChoice;
use crate::engine::pool::{EnginePool, Scripts};
use crate::engine::worker::GPU_SCRIPT;
use crate::shell::browser;
use crate::shell::frame;
use crate::shell::frame::PageParts;
use crate::shell::live::{live, on_click};
use crate::slice::ENGINE_SCRIPT;
use crate::slice::answer::Answer;
use crate::slice::controls::Controls;
use crate::slice::day::DayView;
use crate::slice::exchange;
use crate::slice::exchange::Exchange;
use crate::slice::glossary;
use crate::slice::handles::{PlanBenchmark, PlanSearch, Rivals, SlicePlanner};
use crate::slice::own_networks;
use crate::slice::own_networks::OwnNetworks;
use crate::slice::tour;
use crate::slice::training::{TrainingDialog, TrainingOpener};
use crate::slice::views::Views;
use crate::slice::what_if::SurfaceView;

/// What the choice of a device means, for the title of the control.
const ABOUT_COMPUTE: &str = "Which device plans batches: surfaces and days. Single plans always come from the CPU. Nothing is uploaded.";

/// Bar, messages, controls, answer and views.
#[component]
pub fn SlicePage() -> impl IntoView {
    let flags = frame::prepare();
    let planner = SlicePlanner::new();
    provide_context(planner);
    if let Some(error) = &flags.unknown_planner {
        let text =
            format!("This page does not exist: {error}. The Slice planner is shown instead.");
        planner.import_error.set(Some(text));
    }
    let search = PlanSearch::new(planner);
    provide_context(search);
    search.connect();
    planner.connect();
    let compute = Compute::new(&flags);
    provide_context(compute);
    let pool = EnginePool::new(compute, Scripts { cpu: ENGINE_SCRIPT, gpu: GPU_SCRIPT });
    provide_context(SurfaceView::new(planner, pool.clone()));
    provide_context(DayView::new(planner, pool.clone()));
    provide_context(Rivals::new(planner));
    provide_context(TrainingOpener(RwSignal::new(false)));
    provide_context(glossary::PAPER);
    let pool = StoredValue::new_local(pool);
    provide_context(OwnNetworks::new(planner, search, pool));
    browser::ask_before_leaving(own_networks::any_is_unsaved);
    let debug = flags.debug.then(|| debug_tools(search, PlanBenchmark::new(planner, search)));
    let parts = PageParts {
        page: PageOf::Slice,
        class: "page",
        test: "app",
        claim: "The cheapest 5G slice that keeps its promise",
        tour: &tour::STEPS,
        device: || view! { <ComputeChoice about=ABOUT_COMPUTE/> }.into_any(),
        exchange: || view! { <Exchange/> }.into_any(),
        controls: || view! { <Controls/> }.into_any(),
        main: view! { <Answer/><Views/>{debug} }.into_any(),
        dialogue: Some(view! { <TrainingDialog/> }.into_any()),
        engine_message: search.engine_message,
        import_error: planner.import_error,
        address: Box::new(move || {
            let model = planner.problem.with_untracked(|problem| problem.model.clone());
            if let Some(warning) = own_networks::link_warning(&model) {
                planner.import_error.set(Some(warning));
            }
            planner.address()
        }),
        load_address: Box::new(move || planner.load_address()),
        take_file: Box::new(move |file| exchange::import(planner, file)),
    };
    frame::frame(flags, parts)
}

/// What tests and measurements need.
fn debug_tools(search: PlanSearch, benchmark: PlanBenchmark) -> AnyView {
    let times = move || benchmark.times.with(|times| times.as_ref().map(benchmark_text));
    view! {
        <section class="debug" aria-label="Debug">
            <button type="button" data-test="crash" on:click=on_click(move |_| search.crash())>"Crash the engine"</button>
            <button type="button" data-test="run-benchmark" on:click=on_click(move |_| benchmark.run())>"Benchmark"</button>
            {live(move || times().map(|text| view! { <pre data-test="benchmark">{text}</pre> }))}
        </section>
    }
    .into_any()
}

fn benchmark_text(times: &Benchmark) -> String {
    let optional = |time: Option<f64>| {
        time.map_or_else(
            || "not in this build".to_owned(),
            |t| format!("{} ms", number_text::plain(t)),
        )
    };
    format!(
        "slider step, fused: {} ms\nslider step, burn: {}\nplan with certificate: {} ms ({} boxes)\n\
         one row-gradient ({} samples), fused: {} ms\none row-gradient, burn: {}",
        number_text::plain(times.step_fused_ms),
        optional(times.step_burn_ms),
        number_text::plain(times.certified_ms),
        times.boxes,
        times.samples,
        number_text::plain(times.gradient_fused_ms),
        optional(times.gradient_burn_ms)
    )
}
