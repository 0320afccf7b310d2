//! The training dialogue: a table, what its columns mean, how to train, and what came of it.

use std::sync::Arc;

use leptos::ev::DragEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::card::{Better, Metrics, Scale};
use slicewise_core::compute::Device;
use slicewise_core::formats::table::numbers::{NumberColumn, NumberTable};
use slicewise_core::slice::SliceJob;
use web_sys::File;

use super::form::{
    self, Form, MOST_RESOURCES, ResourceForm, Shape, can_start_from, constant_errors,
};
use super::loss_chart;
use super::session::{Session, Stage};
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::engine::compute::Compute;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::shell::{browser, files};
use crate::slice::given_table::{Found, GivenTable};
use crate::slice::models;
use crate::slice::own_networks::{self, OwnNetworks, Part};

const LOSS: FrameText = FrameText {
    name: "training-loss",
    title: "Loss",
    about: "Mean negative log-likelihood of the rows, in standardised units. A fifth of the rows is held back: when their loss rises while that of the training rows falls, the network learns the rows by heart.",
};

/// Whether the dialogue is open; a copyable handle.
#[derive(Clone, Copy)]
pub struct TrainingOpener(pub RwSignal<bool>);

/// What the dialogue holds; a copyable handle.
#[derive(Clone, Copy)]
struct State {
    table: RwSignal<Option<Arc<NumberTable>>>,
    form: RwSignal<Option<Form>>,
    /// The field that is wrong, as an order names it, and what to say.
    error: RwSignal<Option<(String, String)>>,
    on_gpu: RwSignal<Option<bool>>,
    constant: RwSignal<Option<(f64, f64)>>,
    /// Of each resource how it follows from other columns, in words, where it does.
    derived: Memo<Vec<Option<String>>>,
    session: Session,
}

impl State {
    fn read<T: Default>(self, read: impl FnOnce(&Form) -> T) -> T {
        self.form.with(|form| form.as_ref().map(read).unwrap_or_default())
    }

    fn change(self, change: impl FnOnce(&mut Form, &NumberTable)) {
        let Some(table) = self.table.get_untracked() else { return };
        self.error.set(None);
        self.form.update(|form| {
            if let Some(form) = form {
                change(form, &table);
            }
        });
    }
}

/// The dialogue, in front of the page while it is open.
#[component]
pub fn TrainingDialog() -> impl IntoView {
    let opener = expect_context::<TrainingOpener>().0;
    let (table, form) = (RwSignal::new(None), RwSignal::new(None));
    let state = State {
        table,
        form,
        derived: derived(table, form),
        error: RwSignal::new(None),
        on_gpu: RwSignal::new(None),
        constant: RwSignal::new(None),
        session: Session::new(),
    };
    let take = Callback::new(move |(name, found): (String, Result<Found, InputError>)| {
        take_file(state, &name, found);
    });
    let given = GivenTable::new(SliceJob::ReadNumbers, take);
    let node = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if opener.get() && !dialog.open() {
            // A dialogue that is on the page and closed can be opened.
            let _ = dialog.show_modal();
        } else if !opener.get() && dialog.open() {
            dialog.close();
        }
    });
    let content = move || opener.get().then(|| content(state, given, opener));
    view! {
        <dialog
            node_ref=node
            class="training"
            data-test="training"
            aria-labelledby="training-title"
            on:close=move |_| opener.set(false)
            on:dragover=move |event| event.prevent_default()
            on:drop=move |event: DragEvent| {
                event.stop_propagation();
                if let Some(file) = files::dropped(&event) {
                    read_file(state, given, file);
                }
            }
        >
            {live(content)}
        </dialog>
    }
    .into_any()
}

/// How each resource follows from other columns, anew where the columns change.
fn derived(
    table: RwSignal<Option<Arc<NumberTable>>>,
    form: RwSignal<Option<Form>>,
) -> Memo<Vec<Option<String>>> {
    let columns = Memo::new(move |_| form.with(|form| form.as_ref().map(Form::columns)));
    Memo::new(move |_| {
        let (Some(table), Some(columns)) = (table.get(), columns.get()) else { return Vec::new() };
        let words = |place| {
            let (name, found) = form::derivation(&table, &columns, place)?;
            Some([name.as_str(), " is ", &found].concat())
        };
        (1..columns.len() - 1).map(words).collect()
    })
}

fn content(state: State, given: GivenTable, opener: RwSignal<bool>) -> AnyView {
    let has_form = Memo::new(move |_| state.form.with(Option::is_some));
    let stage = Memo::new(move |_| {
        state.session.stage.with(|stage| match stage {
            Stage::Idle => "idle",
            Stage::Starting => "starting",
            Stage::Running => "running",
            Stage::Done(_) => "done",
            Stage::Cancelled => "cancelled",
            Stage::Failed(..) => "failed",
        })
    });
    let show_form =
        move || has_form.get() && matches!(stage.get(), "idle" | "cancelled" | "failed");
    let has_run = Memo::new(move |_| !matches!(stage.get(), "idle" | "failed"));
    let close = move |_| opener.set(false);
    view! {
        <header class="training-head">
            <h2 id="training-title">"Train a network on your own measurements"</h2>
            <span class="spring"></span>
            <button type="button" data-test="training-close" on:click=on_click(close)>"Close"</button>
        </header>
        <form on:submit=move |event| event.prevent_default()>
            {live(move || (!matches!(stage.get(), "starting" | "running" | "done")).then(|| file_field(state, given)))}
            {field_error(state, &["table", "file"])}
            {live(move || show_form().then(|| fields(state)))}
            <div class="training-run" data-test="training-stage" data-state=follow(move || stage.get())>
                {live(move || has_run.get().then(|| progress(state, stage)))}
                {live(move || (stage.get() == "done").then(|| results(state, opener)))}
            </div>
        </form>
    }
    .into_any()
}

fn file_field(state: State, given: GivenTable) -> AnyView {
    let summary = move || {
        state.table.get().map(|table| {
            format!(
                "{}: {} rows, {} columns",
                state.read(|form| form.source.clone()),
                number_text::rounded(table.len() as f64),
                table.columns().len()
            )
        })
    };
    view! {
        <div class="drop training-drop">
            <div class="tabs">
                {files::file_button("Choose a CSV file", ".csv,.txt,.tsv,text/csv", "training-file", move |file| read_file(state, given, file))}
                <span class="hint" data-test="training-summary">
                    {live(move || summary().unwrap_or_else(|| "or drop it here: one row per measurement, with traffic, resources and the QoS that users got. It stays on this device.".to_owned()))}
                </span>
            </div>
        </div>
        {given.preview("training", false)}
    }
    .into_any()
}

fn read_file(state: State, given: GivenTable, file: File) {
    if !state.session.is_running() {
        given.open(file);
    }
}

fn take_file(state: State, name: &str, found: Result<Found, InputError>) {
    let guessed = found.and_then(|found| {
        let Found::Numbers(table) = found else { return Ok(None) };
        let form = Form::guess(&table, name)?;
        Ok(Some((table, form)))
    });
    match guessed {
        Ok(Some((table, form))) => {
            state.session.stage.set(Stage::Idle);
            state.error.set(None);
            state.table.set(Some(Arc::new(*table)));
            state.form.set(Some(form));
        }
        Ok(None) => {
            state.form.set(None);
            state.table.set(None);
            state.error.set(None);
        }
        Err(error) => {
            state.form.set(None);
            state.table.set(None);
            let text = format!("{name} cannot be used: {error}.");
            state.error.set(Some(("file".to_owned(), text)));
        }
    }
}

/// The error of one of `fields`, beside them. A field is given as an order names it, or by the
/// beginning of that.
fn field_error(state: State, fields: &'static [&'static str]) -> AnyView {
    let text = move || {
        let refused = state.session.stage.with(|stage| match stage {
            Stage::Failed(field, text) => Some((field.clone().unwrap_or_default(), text.clone())),
            _ => None,
        });
        let (field, text) = state.error.get().or(refused)?;
        let here = match fields {
            // Whatever has no place of its own.
            [] => !PLACED.iter().any(|placed| field.starts_with(placed)),
            fields => fields.iter().any(|name| field.starts_with(name)),
        };
        here.then_some(text)
    };
    let view = move || {
        text().map(
            |text| view! { <p class="error" role="alert" data-test="training-error">{text}</p> },
        )
    };
    view.into_any()
}

/// Fields whose errors stand beside them.
const PLACED: [&str; 8] =
    ["table", "file", "name", "columns", "inputs", "output", "epochs", "learning_rate"];

fn fields(state: State) -> AnyView {
    let resources = Memo::new(move |_| state.read(|form| form.resources.len()));
    let full = move || {
        let used = state.read(|form| form.columns().len());
        let numeric = state.table.with(|table| {
            table.as_ref().map_or(0, |t| t.columns().iter().filter(|c| c.numeric).count())
        });
        resources.get() >= MOST_RESOURCES || used >= numeric
    };
    view! {
        <div class="training-fields">
            <fieldset>
                <legend>"Columns"</legend>
                <div class="training-row">
                    <span class="training-label">"Traffic"</span>
                    {column_select(state, "traffic".to_owned(), |form| form.traffic, |form, _, column| form.traffic = column)}
                    <span class="unit">"users/s"</span>
                </div>
                {live(move || (0..resources.get()).map(|index| resource_row(state, index)).collect_view())}
                <div class="tabs">
                    <button type="button" data-test="training-add" disabled=follow(full)
                        on:click=on_click(move |_| state.change(|form, table| form.add_resource(table)))>"+ resource"</button>
                    <button type="button" data-test="training-remove" disabled=follow(move || resources.get() < 2)
                        on:click=on_click(move |_| state.change(|form, _| { form.resources.pop(); }))>"remove the last"</button>
                </div>
                <div class="training-row">
                    <span class="training-label">"QoS"</span>
                    {column_select(state, "qos".to_owned(), |form| form.qos, |form, table, column| form.take_qos(table, column))}
                    {text_box(state, "qos-name".to_owned(), "Name of the QoS".to_owned(), "name", |form| form.qos_name.clone(), |form, text| form.qos_name = text)}
                    {text_box(state, "qos-unit".to_owned(), "Unit of the QoS".to_owned(), "unit", |form| form.qos_unit.clone(), |form, text| form.qos_unit = text)}
                </div>
                <div class="training-row">
                    <span class="training-label"></span>
                    <select data-test="training-better" aria-label="Which QoS is better"
                        on:change=on_change(move |event| {
                            let lower = event_target_value(&event) == "lower";
                            state.change(|form, _| form.better = if lower { Better::Lower } else { Better::Higher });
                        })
                    >
                        <option value="higher" prop:selected=follow(move || state.read(|f| f.better == Better::Higher))>"higher is better"</option>
                        <option value="lower" prop:selected=follow(move || state.read(|f| f.better == Better::Lower))>"lower is better"</option>
                    </select>
                    <select data-test="training-scale" aria-label="Scale of the QoS"
                        on:change=on_change(move |event| {
                            let logarithmic = event_target_value(&event) == "logarithmic";
                            state.change(|form, _| {
                                form.scale = if logarithmic { Scale::Logarithmic } else { Scale::Linear };
                                form.start_from = None;
                            });
                        })
                    >
                        <option value="linear" prop:selected=follow(move || state.read(|f| f.scale == Scale::Linear))>"linear scale"</option>
                        <option value="logarithmic" prop:selected=follow(move || state.read(|f| f.scale == Scale::Logarithmic))>"logarithmic scale"</option>
                    </select>
                </div>
                <div class="training-row">
                    <span class="training-label">"Thresholds"</span>
                    {threshold_box(state, 0, "from")}
                    {threshold_box(state, 1, "first shown")}
                    {threshold_box(state, 2, "to")}
                </div>
                {field_error(state, &["columns", "inputs", "output"])}
            </fieldset>
            {training_fields(state)}
        </div>
    }
    .into_any()
}

fn training_fields(state: State) -> AnyView {
    let compute = expect_context::<Compute>();
    let on_gpu = move || state.on_gpu.get().unwrap_or_else(|| compute.choice.get() == Device::Gpu);
    let starts = move || {
        let form = state.form.get()?;
        let option = |card: Arc<slicewise_core::ModelCard>| {
            let name = card.name.clone();
            let chosen = move || state.read(|f| f.start_from.as_ref() == Some(&name));
            view! { <option value=card.name.clone() prop:selected=follow(chosen)>{format!("fine-tune {}", card.title)}</option> }
        };
        let fitting = models::all().into_iter().filter(|card| can_start_from(card, &form));
        Some(fitting.map(option).collect_view())
    };
    let choose_start = move |event| {
        let value = event_target_value(&event);
        state.change(|form, _| match value.as_str() {
            "gaussian" => (form.start_from, form.shape) = (None, Shape::Gaussian),
            "mixture" => (form.start_from, form.shape) = (None, Shape::Mixture),
            name => form.start_from = Some(name.to_owned()),
        });
    };
    let from = move |shape: Shape| {
        move || {
            state
                .form
                .with(|f| f.as_ref().is_some_and(|f| f.start_from.is_none() && f.shape == shape))
        }
    };
    view! {
        <fieldset>
            <legend>"Training"</legend>
            <div class="training-row">
                <span class="training-label">"Name"</span>
                {text_box(state, "name".to_owned(), "Name of the network".to_owned(), "a-z, 0-9 and -", |form| form.name.clone(), |form, text| form.name = text)}
            </div>
            {field_error(state, &["name"])}
            <div class="training-row">
                <span class="training-label">"Start"</span>
                <select data-test="training-start" aria-label="What to start from" on:change=on_change(choose_start)>
                    <option value="gaussian" prop:selected=from(Shape::Gaussian)>"from scratch, one Gaussian"</option>
                    <option value="mixture" prop:selected=from(Shape::Mixture)>"from scratch, a mixture of three"</option>
                    {live(starts)}
                </select>
            </div>
            <div class="training-row">
                <span class="training-label"></span>
                {count_box(state, "epochs", (1.0, 2000.0), |form| form.epochs as f64, |form, n| form.epochs = n as usize)}
                {count_box(state, "batch", (8.0, 4096.0), |form| form.batch as f64, |form, n| form.batch = n as usize)}
                {count_box(state, "learning rate", (1e-6, 1.0), |form| form.learning_rate, |form, n| form.learning_rate = n)}
                {count_box(state, "seed", (0.0, 9e15), |form| form.seed as f64, |form, n| form.seed = n as u64)}
            </div>
            {field_error(state, &["epochs", "learning_rate"])}
            <div class="training-row">
                <span class="training-label">"Train on"</span>
                <select data-test="training-device" aria-label="Train on"
                    on:change=on_change(move |event| state.on_gpu.set(Some(event_target_value(&event) == "gpu")))>
                    <option value="cpu" prop:selected=follow(move || !on_gpu())>"CPU"</option>
                    <option value="gpu" prop:selected=follow(on_gpu)>"GPU"</option>
                </select>
                <span class="spring"></span>
                <button type="button" class="primary" data-test="training-go" on:click=on_click(move |_| go(state, untrack(on_gpu)))>"Train"</button>
            </div>
            {field_error(state, &[])}
        </fieldset>
    }
    .into_any()
}

fn go(state: State, on_gpu: bool) {
    let (Some(table), Some(form)) = (state.table.get_untracked(), state.form.get_untracked())
    else {
        return;
    };
    // A box that cannot be read has left the form as it was.
    if let Some(text) = browser::first_invalid("dialog.training") {
        state.error.set(Some(("boxes".to_owned(), text)));
        return;
    }
    let start = form.start_from.as_deref().and_then(models::named);
    match form.order(&table, start.as_deref()) {
        Ok(order) => {
            state.error.set(None);
            state.constant.set(constant_errors(&order));
            state.session.start(order, if on_gpu { Device::Gpu } else { Device::Cpu });
        }
        Err(error) => state.error.set(Some((error.field.clone(), error.to_string()))),
    }
}

/// A choice among the columns of numbers.
fn column_select(
    state: State,
    name: String,
    read: impl Fn(&Form) -> usize + Copy + Send + Sync + 'static,
    write: impl Fn(&mut Form, &NumberTable, usize) + Copy + 'static,
) -> AnyView {
    let options = move || {
        let table = state.table.get()?;
        let numeric = table.columns().iter().enumerate().filter(|(_, column)| column.numeric);
        let option = |(index, column): (usize, &NumberColumn)| {
            let missing = match column.missing {
                0 => String::new(),
                missing => format!(" ({missing} missing)"),
            };
            let chosen = move || state.form.with(|f| f.as_ref().is_some_and(|f| read(f) == index));
            view! { <option value=index.to_string() prop:selected=follow(chosen)>{format!("{}{missing}", column.name)}</option> }
        };
        Some(numeric.map(option).collect_view())
    };
    let choose = move |event| {
        if let Ok(column) = event_target_value(&event).parse() {
            state.change(|form, table| write(form, table, column));
        }
    };
    view! {
        <select data-test=format!("training-{name}") aria-label=format!("Column of the {name}") on:change=on_change(choose)>
            {live(options)}
        </select>
    }
    .into_any()
}

fn text_box(
    state: State,
    name: String,
    label: String,
    placeholder: &'static str,
    read: impl Fn(&Form) -> String + Copy + Send + Sync + 'static,
    write: impl Fn(&mut Form, String) + Copy + 'static,
) -> AnyView {
    view! {
        <input
            type="text"
            autocomplete="off"
            maxlength="40"
            data-test=format!("training-{name}")
            aria-label=label
            placeholder=placeholder
            prop:value=follow(move || state.read(read))
            on:change=on_change(move |event| {
                let text = event_target_value(&event).trim().to_owned();
                state.change(|form, _| write(form, text));
            })
        />
    }
    .into_any()
}

fn resource_row(state: State, index: usize) -> AnyView {
    let of = move |form: &Form| form.resources.get(index).cloned();
    let change = move |form: &mut Form, change: &dyn Fn(&mut ResourceForm)| {
        if let Some(resource) = form.resources.get_mut(index) {
            change(resource);
        }
    };
    let capacity = BoxField {
        test: format!("training-capacity-{index}"),
        label: "capacity".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((1e-9, 1e12)),
        value: follow(move || state.read(|form| of(form).map_or(1.0, |r| r.capacity))),
        change: Callback::new(move |value: f64| {
            state.change(|form, _| change(form, &|resource| resource.capacity = value));
        }),
    };
    view! {
        <div class="training-row">
            <span class="training-label">{format!("Resource {}", index + 1)}</span>
            {column_select(
                state,
                format!("resource-{index}"),
                move |form| of(form).map_or(usize::MAX, |resource| resource.column),
                move |form, table, column| form.take_resource(table, index, column),
            )}
            {text_box(
                state,
                format!("resource-{index}-name"),
                format!("Name of resource {}", index + 1),
                "name",
                move |form| of(form).map(|resource| resource.name).unwrap_or_default(),
                move |form, text| change(form, &|resource| resource.name.clone_from(&text)),
            )}
            {text_box(
                state,
                format!("resource-{index}-unit"),
                format!("Unit of resource {}", index + 1),
                "unit",
                move |form| of(form).map(|resource| resource.unit).unwrap_or_default(),
                move |form, text| change(form, &|resource| resource.unit.clone_from(&text)),
            )}
            <NumberBox field=capacity/>
        </div>
        {live(move || question(state, index))}
    }
    .into_any()
}

/// Asks about a resource that follows from other columns.
fn question(state: State, index: usize) -> Option<AnyView> {
    let found = state.derived.with(|derived| derived.get(index).cloned().flatten())?;
    let confirm = move |_| state.change(|form, _| form.confirm(index));
    let confirmed = move || state.read(|form| form.is_confirmed(index));
    Some(
        view! {
            <div class="training-question" role="status" data-test=format!("training-question-{index}")>
                {found}". What follows from the other columns is measured, not set. "
                <label>
                    <input type="checkbox" data-test=format!("training-confirm-{index}")
                        prop:checked=follow(confirmed) on:change=on_change(confirm)/>
                    " It can be set"
                </label>
            </div>
        }
        .into_any(),
    )
}

fn threshold_box(state: State, index: usize, label: &'static str) -> AnyView {
    let field = BoxField {
        test: format!("training-threshold-{index}"),
        label: label.to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((-1e12, 1e12)),
        value: follow(move || state.read(|form| form.thresholds[index])),
        change: Callback::new(move |value: f64| {
            state.change(|form, _| form.thresholds[index] = value);
        }),
    };
    view! { <NumberBox field=field/> }.into_any()
}

fn count_box(
    state: State,
    label: &'static str,
    allowed: (f64, f64),
    read: fn(&Form) -> f64,
    write: fn(&mut Form, f64),
) -> AnyView {
    let field = BoxField {
        test: format!("training-{}", label.replace(' ', "-")),
        label: label.to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored(allowed),
        value: follow(move || state.read(read)),
        change: Callback::new(move |value: f64| {
            let whole = allowed.1 > 1.0;
            state.change(|form, _| write(form, if whole { value.round() } else { value }));
        }),
    };
    view! { <NumberBox field=field/> }.into_any()
}

/// Bar, time left, curves and the way to stop.
fn progress(state: State, stage: Memo<&'static str>) -> AnyView {
    let chart = Memo::new(move |_| {
        let chart = state.session.moments.with(|moments| loss_chart::draw(moments))?;
        Some(Drawn(Arc::new(chart)))
    });
    let has_moments = Memo::new(move |_| state.session.moments.with(|moments| !moments.is_empty()));
    let bar = move || {
        let (done, all) = state
            .session
            .moments
            .with(|moments| moments.last().map_or((0, 1), |moment| (moment.epoch, moment.epochs)));
        view! { <progress max=all value=done aria-label="Epochs done"></progress> }
    };
    let words = move || {
        let device = state.session.device.get();
        match (stage.get(), state.session.time_left_ms()) {
            ("starting", _) => format!("The engine is loading. {device}."),
            ("cancelled", _) => "Cancelled.".to_owned(),
            ("running", Some(left)) => {
                let seconds = (left / 1000.0).ceil();
                format!("About {} left. {device}.", number_text::quantity(seconds, "s"))
            }
            ("running", None) => format!("The first epoch is under way. {device}."),
            _ => format!("Trained on {device}."),
        }
    };
    // A button that is drawn anew between press and release hears no click.
    let running = Memo::new(move |_| matches!(stage.get(), "starting" | "running"));
    let cancel = move || {
        running.get().then(|| {
            view! {
                {live(bar)}
                <button type="button" data-test="training-cancel" on:click=on_click(move |_| state.session.cancel())>"Cancel"</button>
            }
        })
    };
    view! {
        <div class="batch-bar">
            {live(cancel)}
            <span class="hint" role="status" data-test="training-status">{live(words)}</span>
        </div>
        {live(move || has_moments.get().then(|| view! {
            <ChartFrame text=LOSS chart=chart stale=Signal::stored(false)/>
        }))}
    }
    .into_any()
}

/// How good the network is and what can be done with it.
fn results(state: State, opener: RwSignal<bool>) -> Option<AnyView> {
    let own = expect_context::<OwnNetworks>();
    let network = state.session.stage.with(|stage| match stage {
        Stage::Done(network) => Some(Arc::new((**network).clone())),
        _ => None,
    })?;
    let unit = network.card.output.unit.clone();
    let row = |name: String, metrics: Metrics| {
        view! {
            <tr>
                <th scope="row">{name.clone()}</th>
                <td class="number" data-test=format!("training-mse-{name}") data-value=metrics.mse>{number_text::rounded(metrics.mse)}</td>
                <td class="number">{number_text::rounded(metrics.mae)}</td>
                <td class="number">{number_text::rounded(metrics.nll)}</td>
            </tr>
        }
    };
    let rows = network
        .card
        .metrics
        .iter()
        .map(|(split, metrics)| row(split_words(split), *metrics))
        .collect_view();
    let constant = state.constant.get_untracked().map(|(squared, absolute)| {
        view! {
            <tr>
                <th scope="row">"predicting the mean, all rows"</th>
                <td class="number">{number_text::rounded(squared)}</td>
                <td class="number">{number_text::rounded(absolute)}</td>
                <td class="number">"–"</td>
            </tr>
        }
    });
    let (used, weights, card) = (network.clone(), network.clone(), network.clone());
    let adopt = move |_| {
        own.adopt(&used);
        opener.set(false);
    };
    Some(
        view! {
            <div class="training-results">
            <div class="scroll" tabindex="0" role="region" aria-label="How good the network is">
                <table data-test="training-metrics">
                    <thead>
                        <tr>
                            <th scope="col">"Rows"</th>
                            <th scope="col" class="number">{squared_heading(&unit)}</th>
                            <th scope="col" class="number">{number_text::titled("MAE", &unit)}</th>
                            <th scope="col" class="number">"NLL"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}{constant}</tbody>
                </table>
            </div>
            <div class="tabs">
                <button type="button" class="primary" data-test="training-use" on:click=on_click(adopt)>"Use in the planner"</button>
                <button type="button" data-test="training-weights"
                    on:click=on_click(move |_| own_networks::save(&weights, Part::Weights))>"Download weights"</button>
                <button type="button" data-test="training-card"
                    on:click=on_click(move |_| own_networks::save(&card, Part::Card))>"Download card"</button>
                <button type="button" data-test="training-again"
                    on:click=on_click(move |_| state.session.stage.set(Stage::Idle))>"Train again"</button>
            </div>
            </div>
        }
        .into_any(),
    )
}

/// The heading of squared errors of a QoS in `unit`.
fn squared_heading(unit: &str) -> String {
    if unit.is_empty() { "MSE".to_owned() } else { ["MSE, (", unit, ")²"].concat() }
}

fn split_words(split: &str) -> String {
    match split {
        "train" => "training".to_owned(),
        "val" | "test" => "held-back".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_empty_unit_gives_no_empty_brackets() {
        assert_eq!(super::squared_heading(""), "MSE");
        assert_eq!(super::squared_heading("ms"), "MSE, (ms)²");
    }
}
