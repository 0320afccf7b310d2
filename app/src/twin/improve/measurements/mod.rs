//! The tab Measurements: what was measured beside what the twin expects, and what is wrong.

mod answer;
mod given;
mod words;

use std::cell::RefCell;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::diagnosis::{Diagnosis, DiagnosisOrder, Measurements};
use slicewise_core::twin::improver::{ImproverJob, ImproverOutcome, MeasurementReading};

use self::given::Given;
use super::job::{Job, Run};
use super::planner::Improve;
use crate::controls::explanation::Explanation;
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::table_preview;
use crate::engine::reader::FileReader;
use crate::shell::files::{TABLES, file_button};
use crate::shell::live::{follow, live, on_click};
use crate::shell::message::message;
use crate::twin::units;

const ABOUT_FILES: &str = "Flows: a table with source, target and a delay such as delay_ms, perhaps with class, jitter, loss and packets. Links: a table with link, or source and target, and utilisation. One of each may be given. The file stays on this machine.";
const ABOUT_ALARM: &str = "The alarm goes off where the largest of all deviations exceeds what chance alone would exceed in so many of the periods in which nothing is wrong.";

thread_local! {
    /// The reader, fetched with the first file.
    static READER: RefCell<FileReader<MeasurementReading>> = RefCell::default();
}

/// What a diagnosis is asked: the measurements and how sure it is to be.
#[derive(Clone, PartialEq)]
pub struct Asked {
    /// What was measured.
    pub measured: Arc<Measurements>,
    /// How sure.
    pub order: DiagnosisOrder,
}

/// A copyable handle.
#[derive(Clone, Copy)]
pub struct Measuring {
    improve: Improve,
    given: Given,
    job: Job<Asked, Diagnosis>,
}

impl Measuring {
    /// Nothing measured yet.
    pub fn new(improve: Improve) -> Self {
        let make = |of, asked: &Asked| ImproverJob::Diagnose {
            of,
            measured: Measurements::clone(&asked.measured),
            order: asked.order,
        };
        let take = |outcome| match outcome {
            ImproverOutcome::Diagnosed(found) => Some(*found),
            _ => None,
        };
        let given = Given::new(improve);
        let asked = move || {
            let (order, seconds) = improve.state.with(|state| (state.diagnosis, state.measured_s));
            Asked { measured: Arc::new(given.measurements(seconds)), order }
        };
        let measuring = Self { improve, given, job: Job::new(improve, asked, make, take) };
        Effect::new(move |last: Option<u32>| {
            let count = given.taken.get();
            if last.is_some_and(|last| last != count) {
                measuring.job.start();
            }
            count
        });
        Effect::new(move |_| {
            if let Some(answered) = measuring.job.answered.get() {
                answer::show(improve, answered);
            }
        });
        measuring
    }

    /// Its panel.
    pub fn panel(self) -> AnyView {
        let given = self.given;
        let bar = move || {
            given.is_there().then(|| self.job.bar("diagnosis", "Find what is wrong", status))
        };
        let answer = move || {
            match self.job.answered.get() {
            Some(answered) => answer::answer(self.improve, self.job, answered),
            None => view! {
                <p class="placeholder">
                    "Measured delays or utilisations are held against what the twin expects of the \
                     network with your edits. Where they do not fit, the causes that explain them best \
                     are ranked: a failed member of a bundle, half a capacity, a wrong weight, traffic \
                     that nobody planned."
                </p>
            }
            .into_any(),
        }
        };
        let told = move || {
            let told = given.told();
            (!told.is_empty())
                .then(|| view! { <p class="hint" data-test="measured-told">{told}</p> })
        };
        let error = move || {
            given
                .error
                .get()
                .map(|told| message(told, "measured-error", move |_| given.error.set(None)))
        };
        let forget = move || {
            given.is_there().then(|| view! {
                <button type="button" class="quiet" data-test="measured-forget" on:click=on_click(move |_| given.forget())>"Forget the files"</button>
            })
        };
        view! {
            <div class="failures-panel">
                <fieldset data-test="measured-form">
                    <legend>"What was measured"</legend>
                    <div class="batch-bar">
                        {file_button("Open measurements", TABLES, "measured-file", move |file| given.import(file))}
                        <Explanation topic="measurements" text=ABOUT_FILES/>
                        {live(forget)}
                    </div>
                    {live(error)}
                    {live(told)}
                    {table_preview::preview(given.reading, Box::new(move || given.preview()))}
                    {self.number("measured-seconds", ("Measured over", "s"), (1e-6, 1e9), |s| s.measured_s, |s, v| s.measured_s = v)}
                    <div class="field-head"><span class="mini-text">"False alarms"</span><Explanation topic="false alarms" text=ABOUT_ALARM/></div>
                    {self.number("measured-alarms", ("in at most", "% of the periods"), (1e-4, 50.0), |s| 100.0 * s.diagnosis.false_alarms, |s, v| s.diagnosis.false_alarms = v / 100.0)}
                    {self.number("measured-coverage", ("Intervals hold", "% of the flows"), (50.0, 99.99), |s| 100.0 * s.diagnosis.coverage, |s, v| s.diagnosis.coverage = v / 100.0)}
                </fieldset>
                {live(bar)}
                {live(answer)}
            </div>
        }
        .into_any()
    }

    fn number(
        self,
        test: &str,
        (label, unit): (&str, &str),
        allowed: (f64, f64),
        read: fn(&super::state::ImproveState) -> f64,
        write: fn(&mut super::state::ImproveState, f64),
    ) -> AnyView {
        let state = self.improve.state;
        let field = BoxField {
            test: test.to_owned(),
            label: label.to_owned(),
            unit: Signal::stored(unit.to_owned()),
            allowed: Signal::stored(allowed),
            value: follow(move || state.with(read)),
            change: Callback::new(move |value| state.update(|state| write(state, value))),
        };
        view! { <NumberBox field=field/> }.into_any()
    }
}

fn status(run: &Run<Asked, Diagnosis>) -> String {
    match run.state() {
        "running" => "Trying causes.".to_owned(),
        "stopped" => "Stopped.".to_owned(),
        "done" => ["In ", &units::delay(run.elapsed_ms / 1e3)].concat(),
        _ => String::new(),
    }
}
