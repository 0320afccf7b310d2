//! One view's batch: what is wanted, what was planned, and the run between the two.

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::{Slice, Sweep};

use super::gathered::Gathered;
use super::sweeps::{Listeners, Order};
use crate::controls::number_text;
use crate::engine::pool::{EnginePool, RunId};
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};

/// Batches that took less than this follow the controls by themselves.
const FOLLOWS_MS: f64 = 2_000.0;
/// How long the controls rest before a batch follows them.
const REST_MS: u32 = 150;
/// How often a growing result is drawn.
const REDRAW_MS: f64 = 100.0;
/// An earlier result stays for so long before the growing one replaces it.
const KEEPS_MS: f64 = 600.0;

/// The sweeps of a view that are planned in one go.
pub type Sweeps = Arc<Vec<Sweep>>;

/// Plans, possibly not all of them yet.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The question.
    pub sweeps: Sweeps,
    /// The plans of each sweep.
    pub plans: Arc<Vec<Gathered>>,
    /// Time that all of them took, and where; absent while some are missing.
    pub took: Option<Took>,
}

/// How long a run took and where it was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Took {
    /// Time in milliseconds.
    pub elapsed_ms: f64,
    /// The device and why, in words.
    pub device: String,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plans, &other.plans)
    }
}

/// A run under way.
#[derive(Clone, Debug)]
struct Running {
    run: RunId,
    sweeps: Sweeps,
    done: usize,
    total: usize,
    started_ms: f64,
    drawn_ms: f64,
}

/// A copyable handle.
#[derive(Clone, Copy)]
pub struct BatchView {
    /// Name of the view, for tests and for the pool: `surface`.
    pub name: &'static str,
    /// What the controls ask for.
    pub wanted: Memo<Result<Sweeps, InputError>>,
    /// The latest plans, possibly of an earlier question.
    pub planned: RwSignal<Option<Planned>>,
    running: RwSignal<Option<Running>>,
    failure: RwSignal<Option<String>>,
    pool: StoredValue<EnginePool<Slice>, LocalStorage>,
    timer: StoredValue<Option<Timeout>, LocalStorage>,
}

impl BatchView {
    /// A view that plans with `pool` what is `wanted`; while it is `open`, what took little time
    /// follows the controls.
    pub fn new(
        name: &'static str,
        pool: EnginePool<Slice>,
        wanted: Memo<Result<Sweeps, InputError>>,
        open: Signal<bool>,
    ) -> Self {
        let view = Self {
            name,
            wanted,
            planned: RwSignal::new(None),
            running: RwSignal::new(None),
            failure: RwSignal::new(None),
            pool: StoredValue::new_local(pool),
            timer: StoredValue::new_local(None),
        };
        Effect::new(move |_| {
            let wanted = wanted.get();
            if !open.get() || !view.follows() || !view.is_stale() {
                return;
            }
            let Ok(sweeps) = wanted else { return };
            let under_way = view.running.with_untracked(|r| r.as_ref().map(|r| r.sweeps.clone()));
            if under_way != Some(sweeps) {
                view.timer.set_value(Some(Timeout::new(REST_MS, move || view.start())));
            }
        });
        view
    }

    /// Whether the plans shown are of another question than the controls'.
    pub fn is_stale(self) -> bool {
        let wanted = self.wanted.get();
        self.planned.with(|planned| {
            planned.as_ref().is_some_and(|planned| wanted.as_ref() != Ok(&planned.sweeps))
        })
    }

    /// Whether plans are being made.
    pub fn is_running(self) -> bool {
        self.running.with(Option::is_some)
    }

    fn follows(self) -> bool {
        self.planned.with_untracked(|planned| {
            let took = planned.as_ref().and_then(|planned| planned.took.as_ref());
            took.is_some_and(|took| took.elapsed_ms < FOLLOWS_MS)
        })
    }

    /// Plans what is wanted; an unfinished run ends.
    pub fn start(self) {
        self.timer.set_value(None);
        self.failure.set(None);
        let Ok(sweeps) = self.wanted.get_untracked() else { return };
        let total = sweeps.iter().map(Sweep::len).sum();
        let (started_ms, drawn_ms) = (browser::now_ms(), browser::now_ms());
        let order = Order { view: self.name, sweeps: (*sweeps).clone() };
        let run = self.pool.get_value().run(order, self.listeners(sweeps.clone()));
        self.running.set(Some(Running { run, sweeps, done: 0, total, started_ms, drawn_ms }));
    }

    /// Stops the run and keeps what is there.
    pub fn cancel(self) {
        let running = self.running.get_untracked();
        self.running.set(None);
        if let Some(running) = running {
            self.pool.get_value().cancel(running.run);
        }
    }

    fn listeners(self, sweeps: Sweeps) -> Listeners {
        let growing = sweeps.clone();
        Listeners {
            on_progress: Box::new(move |progress| {
                self.progress(&growing, progress.done, progress.sweeps);
            }),
            on_done: Box::new(move |finished| {
                self.running.set(None);
                let whole = |plans: BatchPlans| Gathered {
                    known: vec![true; plans.len()],
                    done: plans.len(),
                    plans,
                };
                let plans = Arc::new(finished.sweeps.into_iter().map(whole).collect());
                let took = Took { elapsed_ms: finished.elapsed_ms, device: finished.device };
                let sweeps = sweeps.clone();
                self.planned.set(Some(Planned { sweeps, plans, took: Some(took) }));
            }),
            on_failure: Box::new(move |reason| {
                self.running.set(None);
                self.failure.set(Some(reason));
            }),
        }
    }

    fn progress(self, sweeps: &Sweeps, done: usize, plans: &[Gathered]) {
        let now = browser::now_ms();
        let Some(mut running) = self.running.get_untracked() else { return };
        running.done = done;
        let earlier = self.planned.with_untracked(|planned| {
            planned.as_ref().is_some_and(|planned| !Arc::ptr_eq(&planned.sweeps, sweeps))
        });
        let patience = if earlier { KEEPS_MS } else { 0.0 };
        let due = now - running.drawn_ms >= REDRAW_MS && now - running.started_ms >= patience;
        if due {
            running.drawn_ms = now;
            let plans = Arc::new(plans.to_vec());
            self.planned.set(Some(Planned { sweeps: sweeps.clone(), plans, took: None }));
        }
        self.running.set(Some(running));
    }

    /// The state in one word, for tests.
    fn state(self) -> &'static str {
        let planned = self.planned.with(|p| p.as_ref().map(|p| p.took.is_some()));
        match planned {
            _ if self.is_running() => "running",
            _ if self.failure.with(Option::is_some) => "failed",
            _ if self.wanted.with(Result::is_err) => "refused",
            None => "idle",
            Some(_) if self.is_stale() => "stale",
            Some(true) => "done",
            Some(false) => "stopped",
        }
    }

    /// What the state means.
    fn words(self) -> String {
        if let Some(running) = self.running.get() {
            let count = |number: usize| number_text::rounded(number as f64);
            return format!("{} of {} plans", count(running.done), count(running.total));
        }
        if let Some(failure) = self.failure.get() {
            return format!("This could not be planned: {failure}.");
        }
        if let Err(error) = self.wanted.get() {
            return format!("This cannot be planned: {error}.");
        }
        let Some(planned) = self.planned.get() else { return String::new() };
        let stale = if self.is_stale() { "This is of an earlier question. " } else { "" };
        let plans: usize = planned.plans.iter().map(|plans| plans.done).sum();
        let plans = number_text::rounded(plans as f64);
        match planned.took {
            Some(Took { elapsed_ms, device }) => {
                let seconds = number_text::quantity(elapsed_ms / 1000.0, "s");
                format!("{stale}{plans} plans in {seconds}. {device}.")
            }
            None => format!("{stale}Stopped after {plans} plans."),
        }
    }
}

/// The button that starts and stops a view's batch, its progress, and how it went.
#[component]
pub fn BatchBar(
    view: BatchView,
    /// What the button says while there is nothing yet: `Compute surface`.
    label: &'static str,
) -> impl IntoView {
    let progress = move || {
        view.running.get().map(|running| {
            view! {
                <progress max=running.total value=running.done aria-label="Plans made"></progress>
            }
        })
    };
    let press = move |_| if view.is_running() { view.cancel() } else { view.start() };
    let caption = move || match view.is_running() {
        true => "Cancel",
        false if view.planned.with(Option::is_none) => label,
        false => "Compute again",
    };
    let needless = move || !view.is_running() && view.state() == "refused";
    view! {
        <div class="batch-bar">
            <button
                type="button"
                class="primary"
                data-test=format!("{}-run", view.name)
                disabled=follow(needless)
                on:click=on_click(press)
            >
                {live(caption)}
            </button>
            {live(progress)}
            <span
                class="hint"
                class:warning=follow(move || matches!(view.state(), "stale" | "failed" | "refused"))
                role="status"
                data-test=format!("{}-status", view.name)
                data-state=follow(move || view.state())
            >
                {live(move || view.words())}
            </span>
        </div>
    }
    .into_any()
}
