//! The traffic of a slice: a constant, a mean with a deviation, or a measured series.

use std::sync::Arc;

use leptos::ev::{DragEvent, Event};
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceJob;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::daily_trace::daily_trace;
use slicewise_core::slice::traffic::HIGHEST_TRAFFIC;

use crate::controls::explanation::Explanation;
use crate::controls::number_field::{NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::shell::files;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::slice::given_table::{Found, GivenTable};
use crate::slice::handles::SlicePlanner;

const ABOUT: &str = "How many users per second the slice has within the interval (section III). With a deviation or a series the promise holds on average over the traffic.";

const PASTE_EXAMPLE: &str = "users_per_second\n2.5\n3.1";

/// How the traffic is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Constant,
    Normal,
    Series,
}

impl Kind {
    fn of(traffic: &Traffic) -> Self {
        match traffic {
            Traffic::Constant { .. } => Self::Constant,
            Traffic::Normal { .. } => Self::Normal,
            Traffic::Samples { .. } => Self::Series,
        }
    }
}

/// Kind and numbers of the traffic.
pub fn control(planner: SlicePlanner, card: &Arc<ModelCard>) -> AnyView {
    // The series panel is open before there is a series: until then the traffic stays as it was.
    let series_wanted = RwSignal::new(false);
    Effect::new(move |_| {
        planner.selected.track();
        series_wanted.set(false);
    });
    let kind = Memo::new(move |_| {
        let stored = planner.slice(|slice| Kind::of(&slice.traffic)).unwrap_or(Kind::Constant);
        if series_wanted.get() { Kind::Series } else { stored }
    });
    let choose = move |event: Event| {
        let wanted = event_target_value(&event);
        series_wanted.set(wanted == "csv");
        planner.change_slice(|slice| convert(&mut slice.traffic, &wanted));
    };
    let card = card.clone();
    let fields = move || match kind.get() {
        Kind::Constant => view! { <NumberControl field=constant(planner, &card)/> }.into_any(),
        Kind::Normal => view! {
            <NumberControl field=mean(planner, &card)/>
            <NumberControl field=deviation(planner)/>
        }
        .into_any(),
        Kind::Series => series(planner, card.inputs[0].trained_maximum),
    };
    view! {
        <fieldset>
            <legend>"Traffic"</legend>
            <div class="field-head">
                <select class="wide" data-test="traffic-kind" aria-label="Kind of traffic" on:change=on_change(choose)>
                    <option value="constant" prop:selected=follow(move || kind.get() == Kind::Constant)>"Constant"</option>
                    <option value="normal" prop:selected=follow(move || kind.get() == Kind::Normal)>"Mean and deviation"</option>
                    <option value="csv" prop:selected=follow(move || kind.get() == Kind::Series)>"Measured series (CSV)"</option>
                </select>
                <Explanation topic="traffic" text=ABOUT/>
            </div>
            {live(fields)}
        </fieldset>
    }
    .into_any()
}

/// Brings `traffic` into another form with the same mean; a series keeps what is there.
fn convert(traffic: &mut Traffic, wanted: &str) {
    let mean = rounded(traffic.mean());
    match (wanted, &*traffic) {
        ("constant", Traffic::Normal { mean, .. }) => {
            *traffic = Traffic::Constant { users_per_second: *mean };
        }
        ("constant", Traffic::Samples { .. }) => {
            *traffic = Traffic::Constant { users_per_second: mean };
        }
        ("normal", Traffic::Constant { .. } | Traffic::Samples { .. }) => {
            *traffic = Traffic::Normal { mean, deviation: rounded(0.2 * mean) };
        }
        _ => {}
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn slider(card: &ModelCard) -> SliderRange {
    SliderRange { lowest: 0.0, highest: (1.6 * card.inputs[0].trained_maximum).ceil(), step: 0.1 }
}

fn field(
    planner: SlicePlanner,
    name: &str,
    label: &str,
    range: SliderRange,
    part: Part,
) -> NumberField {
    let value = follow(move || {
        planner.slice(|slice| part.read(&slice.traffic)).flatten().unwrap_or_default()
    });
    NumberField {
        name: name.to_owned(),
        label: label.to_owned(),
        term: part.term().to_owned(),
        unit: "users/s".to_owned(),
        about: part.about().to_owned(),
        slider: range,
        allowed: Signal::stored((0.0, HIGHEST_TRAFFIC)),
        value,
        change: Callback::new(move |users: f64| {
            planner.change_slice(|slice| part.write(&mut slice.traffic, users));
        }),
        spoken: follow(move || number_text::quantity(value.get(), "users/s")),
    }
}

/// One number of the traffic.
#[derive(Clone, Copy)]
enum Part {
    Constant,
    Mean,
    Deviation,
}

impl Part {
    fn read(self, traffic: &Traffic) -> Option<f64> {
        match (self, traffic) {
            (Self::Constant, Traffic::Constant { users_per_second }) => Some(*users_per_second),
            (Self::Mean, Traffic::Normal { mean, .. }) => Some(*mean),
            (Self::Deviation, Traffic::Normal { deviation, .. }) => Some(*deviation),
            _ => None,
        }
    }

    fn write(self, traffic: &mut Traffic, users: f64) {
        match (self, traffic) {
            (Self::Constant, Traffic::Constant { users_per_second: number })
            | (Self::Mean, Traffic::Normal { mean: number, .. })
            | (Self::Deviation, Traffic::Normal { deviation: number, .. }) => *number = users,
            _ => {}
        }
    }

    fn term(self) -> &'static str {
        match self {
            Self::Constant => "traffic",
            Self::Mean => "mean traffic",
            Self::Deviation => "deviation of the traffic",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Constant => "Users per second, the same throughout the interval.",
            Self::Mean => {
                "Mean of a normal distribution that is cut off at 0 users/s (section VI-A3)."
            }
            Self::Deviation => "Standard deviation of that distribution, before the cut.",
        }
    }
}

fn constant(planner: SlicePlanner, card: &ModelCard) -> NumberField {
    field(planner, "traffic", "Users", slider(card), Part::Constant)
}

fn mean(planner: SlicePlanner, card: &ModelCard) -> NumberField {
    field(planner, "mean", "Mean", slider(card), Part::Mean)
}

fn deviation(planner: SlicePlanner) -> NumberField {
    let range = SliderRange { lowest: 0.0, highest: 3.0, step: 0.05 };
    field(planner, "deviation", "Deviation", range, Part::Deviation)
}

/// Ways to bring in a series: a file, text, or the example.
fn series(planner: SlicePlanner, peak: f64) -> AnyView {
    let text = RwSignal::new(String::new());
    let error: RwSignal<Option<String>> = RwSignal::new(None);
    let dragging = RwSignal::new(false);
    let take = Callback::new(move |(_, found): (String, Result<Found, InputError>)| match found {
        Ok(Found::Traffic(series)) => apply(planner, Ok(series), error),
        Ok(_) => error.set(None),
        Err(found) => error.set(Some(found.to_string())),
    });
    let table = GivenTable::new(SliceJob::ReadTraffic, take);
    Effect::new(move |_| {
        planner.selected.track();
        table.close();
    });
    let on_drop = move |event: DragEvent| {
        event.stop_propagation();
        dragging.set(false);
        if let Some(file) = files::dropped(&event) {
            table.open(file);
        }
    };
    let example = move |_| {
        let seed = planner.problem.with_untracked(|problem| problem.seed);
        table.close();
        apply(planner, Ok(daily_trace(seed, peak)), error);
    };
    view! {
        <div
            class="drop"
            class:dragging=follow(move || dragging.get())
            on:dragover=move |event| { event.prevent_default(); dragging.set(true); }
            on:dragleave=move |_| dragging.set(false)
            on:drop=on_drop
        >
            <div class="tabs">
                {files::file_button("Choose a CSV file", ".csv,.txt,text/csv", "csv-file", move |file| table.open(file))}
                <button type="button" data-test="csv-example" on:click=on_click(example)>"Example day"</button>
            </div>
            <p class="hint">"or drop it here, or paste users/s, one per line:"</p>
            <textarea
                rows="3"
                data-test="csv-paste"
                aria-label="Series of users per second"
                placeholder=PASTE_EXAMPLE
                prop:value=follow(move || text.get())
                on:input=on_change(move |event| text.set(event_target_value(&event)))
            ></textarea>
            <div class="field-head">
                <button
                    type="button"
                    data-test="csv-apply"
                    on:click=on_click(move |_| table.open_bytes("pasted text".to_owned(), text.get_untracked().into_bytes()))
                >
                    "Use pasted"
                </button>
                <span class="hint" data-test="csv-summary">{live(move || summary(planner))}</span>
            </div>
        </div>
        {table.preview("csv", true)}
        {live(move || error.get().map(|text| view! {
            <p class="error" role="alert" data-test="error">{text}</p>
        }))}
    }
    .into_any()
}

fn apply(
    planner: SlicePlanner,
    series: Result<Vec<f64>, InputError>,
    error: RwSignal<Option<String>>,
) {
    match series.and_then(|series| Traffic::from_series(&series)) {
        Ok(traffic) => {
            error.set(None);
            planner.change_slice(|slice| slice.traffic = traffic);
        }
        Err(found) => error.set(Some(found.to_string())),
    }
}

/// The series in use, in words.
fn summary(planner: SlicePlanner) -> String {
    let described = planner.slice(|slice| match &slice.traffic {
        Traffic::Samples { samples } => {
            let rows: f64 = samples.iter().map(|sample| sample.weight).sum();
            format!(
                "{} rows as {} levels: mean {}, highest {} users/s",
                number_text::rounded(rows),
                samples.len(),
                number_text::rounded(slice.traffic.mean()),
                number_text::rounded(slice.traffic.peak())
            )
        }
        other => format!("no series yet; still {} users/s", number_text::rounded(other.mean())),
    });
    described.unwrap_or_default()
}
