//! How many plans per second batches of different sizes give, on one worker, on all of them and on
//! the GPU engine.

use std::collections::VecDeque;

use leptos::prelude::*;
use slicewise_core::slice::sweep::{Axis, Day, Quantity, Surface};
use slicewise_core::slice::{Slice, SliceProblem, Sweep, Traffic};

use super::sweeps::{Listeners, Order};
use crate::controls::number_text;
use crate::engine::compute::{Compute, GpuState, gpu_words};
use crate::engine::pool::{EnginePool, Place};
use crate::shell::browser;
use crate::shell::live::{follow, live};
use crate::slice::handles::SlicePlanner;

/// Plans of each batch that is measured at once, as columns and rows of a surface.
const SIZES: [(usize, usize); 4] = [(1, 1), (4, 4), (16, 16), (64, 64)];
/// Those that take long on a processor.
const LARGE_SIZES: [(usize, usize); 2] = [(160, 180), (250, 400)];
/// Batches below this are measured several times, of which the middle time counts.
const SMALL: usize = 1_000;
const REPEATS: usize = 5;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measurement {
    place: Place,
    size: (usize, usize),
    /// For a run that only starts the workers.
    warms_up: bool,
}

/// The middle time of a batch, or why there is none.
#[derive(Clone, Debug, PartialEq)]
struct Measured {
    place: Place,
    plans: usize,
    time_ms: Result<f64, String>,
}

/// The benchmark's state; a copyable handle.
#[derive(Clone, Copy)]
pub struct BatchBenchmark {
    planner: SlicePlanner,
    compute: Compute,
    pool: StoredValue<EnginePool<Slice>, LocalStorage>,
    waiting: StoredValue<VecDeque<Measurement>>,
    times: StoredValue<Vec<f64>>,
    results: RwSignal<Vec<Measured>>,
    running: RwSignal<bool>,
}

impl BatchBenchmark {
    /// Nothing measured yet.
    pub fn new(
        planner: SlicePlanner,
        compute: Compute,
        pool: StoredValue<EnginePool<Slice>, LocalStorage>,
    ) -> Self {
        Self {
            planner,
            compute,
            pool,
            waiting: StoredValue::new(VecDeque::new()),
            times: StoredValue::new(Vec::new()),
            results: RwSignal::new(Vec::new()),
            running: RwSignal::new(false),
        }
    }

    /// Measures the usual sizes.
    pub fn run(self) {
        self.results.set(Vec::new());
        self.measure(&SIZES);
    }

    /// Measures the large sizes as well.
    pub fn run_large(self) {
        self.measure(&LARGE_SIZES);
    }

    fn places(self) -> Vec<Place> {
        let mut places = vec![Place::Cpu(1)];
        if self.compute.workers > 1 {
            places.push(Place::Cpu(self.compute.workers));
        }
        if !self.compute.gpu.with_untracked(|gpu| matches!(gpu, GpuState::Unavailable(_))) {
            places.push(Place::Gpu);
        }
        places
    }

    fn measure(self, sizes: &[(usize, usize)]) {
        if self.running.get_untracked() {
            return;
        }
        let mut waiting = VecDeque::new();
        for place in self.places() {
            waiting.push_back(Measurement { place, size: (16, 16), warms_up: true });
            for size in sizes {
                waiting.push_back(Measurement { place, size: *size, warms_up: false });
            }
        }
        self.waiting.set_value(waiting);
        self.running.set(true);
        self.next();
    }

    fn next(self) {
        self.times.set_value(Vec::new());
        match self.waiting.try_update_value(VecDeque::pop_front).flatten() {
            Some(measurement) => self.start(measurement),
            None => self.running.set(false),
        }
    }

    fn start(self, measurement: Measurement) {
        let problem = untrack(move || self.planner.alone());
        let Some(card) = self.planner.card_untracked() else { return };
        let sweep = sweep(problem, measurement.size, &card);
        let order =
            Order { view: "benchmark", sweeps: vec![sweep], place: Some(measurement.place) };
        let listeners = Listeners {
            on_progress: Box::new(|_| {}),
            on_done: Box::new(move |finished| self.record(measurement, finished.elapsed_ms)),
            on_failure: Box::new(move |reason| {
                // The head of the table says why there is no GPU.
                if !measurement.warms_up {
                    self.push(measurement, Err(reason));
                }
                // A device that failed is not asked again.
                self.waiting.update_value(|waiting| {
                    waiting.retain(|other| other.place != measurement.place);
                });
                self.next();
            }),
        };
        self.pool.get_value().run(order, listeners);
    }

    fn record(self, measurement: Measurement, elapsed_ms: f64) {
        if measurement.warms_up {
            self.next();
            return;
        }
        self.times.update_value(|times| times.push(elapsed_ms));
        let mut times = self.times.get_value();
        let plans = measurement.size.0 * measurement.size.1;
        if plans < SMALL && times.len() < REPEATS {
            self.start(measurement);
            return;
        }
        times.sort_by(f64::total_cmp);
        self.push(measurement, Ok(times[times.len() / 2]));
        self.next();
    }

    fn push(self, measurement: Measurement, time_ms: Result<f64, String>) {
        let plans = measurement.size.0 * measurement.size.1;
        let measured = Measured { place: measurement.place, plans, time_ms };
        self.results.update(|results| results.push(measured));
    }

    /// The table as text.
    fn text(self) -> String {
        let gpu = match self.compute.gpu.get() {
            GpuState::Ready(report) => gpu_words(&report),
            GpuState::Unavailable(why) => format!("no GPU: {why}"),
            GpuState::NotStarted | GpuState::Starting => "GPU".to_owned(),
        };
        let cores = browser::cores();
        let mut text =
            format!("batches of 16 traffic samples, plans per second ({cores} cores; {gpu})\n");
        for Measured { place, plans, time_ms } in self.results.get() {
            let place = match place {
                Place::Cpu(1) => "CPU, 1 worker".to_owned(),
                Place::Cpu(workers) => format!("CPU, {workers} workers"),
                Place::Gpu => gpu.clone(),
            };
            let plans_text = number_text::rounded(plans as f64);
            text.push_str(&match time_ms {
                Ok(ms) => format!(
                    "{plans_text:>8} plans, {place}: {} plans/s ({} ms)\n",
                    number_text::rounded(plans as f64 / ms * 1000.0),
                    number_text::rounded(ms)
                ),
                Err(reason) => format!("{plans_text:>8} plans, {place}: {reason}\n"),
            });
        }
        text
    }
}

/// Deviation of the traffic as a share of its mean: 16 samples stand for it.
const VARIATION: f64 = 0.2;

/// A surface of so many columns and rows over traffic and the degradation threshold, of 16 traffic
/// samples each.
fn sweep(
    mut problem: SliceProblem,
    (columns, rows): (usize, usize),
    card: &slicewise_core::ModelCard,
) -> Sweep {
    let traffic = &card.inputs[0];
    let mean = 0.5 * (traffic.trained_minimum + traffic.trained_maximum);
    problem.slices[0].traffic = Traffic::Normal { mean, deviation: VARIATION * mean };
    if columns * rows == 1 {
        let trace = vec![mean];
        return Sweep::Day(Day { problem, trace, variation: VARIATION, slots_per_interval: 1 });
    }
    Sweep::Surface(Surface {
        problem,
        x: Axis {
            quantity: Quantity::Traffic,
            from: traffic.trained_minimum,
            to: traffic.trained_maximum,
            points: columns,
        },
        y: Axis { quantity: Quantity::DegradationThreshold, from: 0.02, to: 0.3, points: rows },
    })
}

/// The button for the large sizes and what was measured.
#[component]
pub fn BatchBenchmarkPanel(benchmark: BatchBenchmark) -> impl IntoView {
    let state = move || if benchmark.running.get() { "running" } else { "done" };
    let table = move || {
        let measured = benchmark.results.with(|results| !results.is_empty());
        (measured || benchmark.running.get()).then(|| {
            view! { <pre data-test="batch-benchmark" data-state=follow(state)>{live(move || benchmark.text())}</pre> }
        })
    };
    view! {
        <button
            type="button"
            data-test="run-large-benchmark"
            disabled=follow(move || benchmark.running.get())
            on:click=move |_| benchmark.run_large()
        >
            "Benchmark 28,800 and 100,000 plans"
        </button>
        {live(table)}
    }
    .into_any()
}
