//! The page as a whole.

use gloo::events::EventListener;
use leptos::prelude::*;
use slicewise_protocol::Benchmark;

use crate::answer::Answer;
use crate::batches::benchmark::{BatchBenchmark, BatchBenchmarkPanel};
use crate::batches::compute::Compute;
use crate::batches::pool::{EnginePool, Scripts};
use crate::charts::frame::Marked;
use crate::controls::Controls;
use crate::day::DayView;
use crate::exchange;
use crate::live::live;
use crate::message::message;
use crate::narrow;
use crate::planner::Planner;
use crate::slice_bar::tools;
use crate::top_bar::{PageOf, TopBar};
use crate::tour::{self, Tour};
use crate::training::{TrainingDialog, TrainingOpener};
use crate::view_flags::ViewFlags;
use crate::views::Views;
use crate::what_if::SurfaceView;
use crate::worker::{ENGINE_SCRIPT, GPU_SCRIPT};
use crate::{browser, number_text};

/// Bar, messages, controls, answer and views.
#[component]
pub fn App() -> impl IntoView {
    let flags = ViewFlags::of_page();
    browser::apply_theme(&flags.theme.clone().unwrap_or_else(browser::stored_theme));
    let planner = Planner::new();
    provide_context(planner);
    if let Some(error) = &flags.unknown_planner {
        let text =
            format!("This page does not exist: {error}. The Slice planner is shown instead.");
        planner.import_error.set(Some(text));
    }
    planner.connect();
    follow_address(planner);
    provide_context(narrow::follow_width());
    let compute = Compute::new(&flags);
    provide_context(compute);
    let pool = EnginePool::new(compute, Scripts { cpu: ENGINE_SCRIPT, gpu: GPU_SCRIPT });
    provide_context(SurfaceView::new(planner, pool.clone()));
    provide_context(DayView::new(planner, pool.clone()));
    provide_context(Marked(RwSignal::new(None)));
    provide_context(TrainingOpener(RwSignal::new(false)));
    let pool = StoredValue::new_local(pool);
    let tour = RwSignal::new(false);
    let claim = "The cheapest 5G slice that keeps its promise";
    let bar = (!flags.embed).then(|| {
        let tools = tools(planner, tour);
        view! { <TopBar page=PageOf::Slice claim=claim theme=flags.theme tools=tools/> }
    });
    let controls = (!flags.hide_controls).then(|| view! { <Controls/> }.into_any());
    let benchmark = BatchBenchmark::new(planner, compute, pool);
    let debug = flags.debug.then(|| debug_tools(planner, benchmark));
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        browser::focus("answer");
    };
    view! {
        <div
            class="page"
            class:bare=flags.hide_controls
            data-test="app"
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event| exchange::take_drop(planner, &event)
        >
            <a class="skip" href="#answer" on:click=skip>"Skip to the answer"</a>
            {bar}
            {messages(planner)}
            <Tour open=tour steps=&tour::SLICE_STEPS/>
            <div class="columns">
                {controls}
                <main>
                    <Answer/>
                    <Views/>
                    {debug}
                </main>
            </div>
            <TrainingDialog pool=pool/>
        </div>
    }
    .into_any()
}

/// What went wrong outside any one control.
fn messages(planner: Planner) -> AnyView {
    let engine = move || {
        planner.engine_message.get().map(|text| {
            let close = move |_| planner.engine_message.set(None);
            message(text, "engine-message", close)
        })
    };
    let import = move || {
        planner
            .import_error
            .get()
            .map(|text| message(text, "error", move |_| planner.import_error.set(None)))
    };
    view! { {live(engine)}{live(import)} }.into_any()
}

/// A link pasted into the address bar of the open page is followed.
fn follow_address(planner: Planner) {
    if let Some(window) = web_sys::window() {
        EventListener::new(&window, "hashchange", move |_| planner.load_address()).forget();
    }
}

/// What tests and measurements need.
fn debug_tools(planner: Planner, batches: BatchBenchmark) -> AnyView {
    // Batches are measured once the single plan is, so that neither slows the other.
    Effect::new(move |_| {
        if planner.benchmark.with(Option::is_some) {
            batches.run();
        }
    });
    let times = move || planner.benchmark.with(|times| times.as_ref().map(benchmark_text));
    view! {
        <section class="debug" aria-label="Debug">
            <button type="button" data-test="crash" on:click=move |_| planner.crash()>"Crash the engine"</button>
            <button type="button" data-test="run-benchmark" on:click=move |_| planner.run_benchmark()>"Benchmark"</button>
            {live(move || times().map(|text| view! { <pre data-test="benchmark">{text}</pre> }))}
            <BatchBenchmarkPanel benchmark=batches/>
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
