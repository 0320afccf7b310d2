//! "Learn again": both networks from the demand and the costs at hand, in a worker.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::networks::LearnedNetworks;

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::forecast::charts::learning::{self, Quantity};
use crate::forecast::handles::{
    ForecastPlanner, ImportedTrace, LearnForm, OwnNetworks, Reservation, Session, Stage, Task,
};
use crate::forecast::networks::SHIPPED;
use crate::forecast::opened_networks::open_button;
use crate::forecast::record_table;
use crate::forecast::words::service_name;
use crate::shell::files::{TABLES, file_button};
use crate::shell::live::{follow, live, on_change, on_click};
use crate::shell::{browser, json};

const COST: FrameText = FrameText {
    name: "learning-cost",
    title: "Cost of the decisions",
    about: "Mean cost of the regressor’s decisions on the training days, epoch by epoch, as they were taken. Every batch takes one step of the regressor through the loss network, then one step of the loss network on what the decisions cost (Loss meta-learning, section III).",
};
const ERROR: FrameText = FrameText {
    name: "learning-error",
    title: "Error of the learned loss",
    about: "Root mean square error of the loss network against the costs that were measured, in deviations of the cost: how the second network comes to know what decisions cost.",
};
const SEEN: FrameText = FrameText {
    name: "learning-loss",
    title: "The loss as learned so far",
    about: "What the loss network says after the last epoch that decisions cost at the median demand. The true metric beside it is drawn for you: the networks only see what single decisions cost.",
};
const COST_QUANTITY: Quantity =
    Quantity { name: "cost", axis: "cost of an interval", read: |moment| moment.training_cost };
const ERROR_QUANTITY: Quantity =
    Quantity { name: "error", axis: "deviations of the cost", read: |moment| moment.loss_error };

/// The form, the training and what came of it.
#[component]
pub fn LearnPanel() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let trace = expect_context::<ImportedTrace>();
    let form = expect_context::<LearnForm>();
    let session = form.session;
    let stage = Memo::new(move |_| session.stage.with(Stage::name));
    let running = move || matches!(stage.get(), "starting" | "running" | "paused");
    view! {
        <div class="learn" data-test="learn" data-state=follow(move || stage.get())>
            <p class="day-sentence">{live(move || sentence(planner, trace, form))}</p>
            {live(move || (!running()).then(|| fields(form)))}
            {live(move || form.error.get().map(|text| view! {
                <p class="error" role="alert" data-test="error">{text}</p>
            }))}
            {live(move || session.stage.with(|stage| match stage {
                Stage::Failed(text) => Some(view! {
                    <p class="error" role="alert" data-test="error">{format!("Nothing was learned: {text}.")}</p>
                }),
                _ => None,
            }))}
            {progress(form, stage)}
            {live(move || session.stage.with(|stage| match stage {
                Stage::Done(networks) => Some(results(networks)),
                _ => None,
            }))}
            <p class="hint">
                "Reduced size: LSTM layers of 32, 32 and 16 units and a loss network of 64, 64 and 32, in place of the \
                 paper’s 128, 128, 64 and 256, 256, 128. Everything happens in a worker on this device; nothing is uploaded."
            </p>
        </div>
    }
    .into_any()
}

fn sentence(planner: ForecastPlanner, trace: ImportedTrace, form: LearnForm) -> String {
    if form.task.get() == Task::Admission {
        let share = planner.state.with(|state| state.shared.capacity_share);
        return format!(
            "Both networks learn to admit the four services under {} of their peaks, from what decisions cost \
             under the terms of the view Admission.",
            number_text::percent(share)
        );
    }
    let demand = trace.imported.with(|imported| {
        let series = imported.as_ref().and_then(|imported| imported.series());
        series.map(|series| series.name.clone())
    });
    let demand = demand.unwrap_or_else(|| {
        let service = planner.state.with(|state| state.service);
        service_name(service).to_ascii_lowercase()
    });
    let costs = form.records.with(|records| match records {
        Some((name, records)) => format!("from the {} outcomes of {name}", records.len()),
        None => "from what decisions cost under the terms on the left".to_owned(),
    });
    format!("Both networks learn the first two thirds of {demand}, and the loss {costs}.")
}

fn fields(form: LearnForm) -> AnyView {
    let number = |test: &str,
                  label: &str,
                  allowed: (f64, f64),
                  value: Signal<f64>,
                  change: Callback<f64>| {
        let field = BoxField {
            test: test.to_owned(),
            label: label.to_owned(),
            unit: Signal::stored(String::new()),
            allowed: Signal::stored(allowed),
            value,
            change,
        };
        view! { <NumberBox field=field/> }
    };
    let epochs = number(
        "learn-epochs",
        "epochs",
        (1.0, 500.0),
        follow(move || form.epochs.get() as f64),
        Callback::new(move |epochs: f64| form.epochs.set(epochs.round() as usize)),
    );
    let seed = number(
        "learn-seed",
        "seed",
        (0.0, 9e15),
        follow(move || form.seed.get() as f64),
        Callback::new(move |seed: f64| form.seed.set(seed.round() as u64)),
    );
    let begin = move |_| form.begin();
    let choose_task = move |event| {
        let task = match &*event_target_value(&event) {
            "admission" => Task::Admission,
            _ => Task::Reservation,
        };
        form.task.set(task);
        form.epochs.set(task.epochs());
    };
    let reservation = move || form.task.get() == Task::Reservation;
    view! {
        <form class="learn-fields" on:submit=move |event| event.prevent_default()>
            <div class="learn-row">
                <label for="learn-task">"Learn"</label>
                <select id="learn-task" data-test="learn-task" on:change=on_change(choose_task)>
                    <option value="reservation" prop:selected=follow(reservation)>"reservations for this demand"</option>
                    <option value="admission" prop:selected=follow(move || !reservation())>"admissions of four slices"</option>
                </select>
                <label for="learn-name">"Name"</label>
                <input id="learn-name" type="text" maxlength="40" autocomplete="off" data-test="learn-name"
                    prop:value=follow(move || form.name.get())
                    on:change=on_change(move |event| form.name.set(event_target_value(&event).trim().to_owned()))/>
                {epochs}
                {seed}
            </div>
            <div class="learn-row">
                <label for="learn-device">"Train on"</label>
                <select id="learn-device" data-test="learn-device"
                    on:change=on_change(move |event| form.on_gpu.set(event_target_value(&event) == "gpu"))>
                    <option value="cpu" prop:selected=follow(move || !form.on_gpu.get())>"CPU"</option>
                    <option value="gpu" prop:selected=follow(move || form.on_gpu.get())>"GPU (WebGPU)"</option>
                </select>
            </div>
            {live(move || reservation().then(|| reservation_fields(form)))}
            <div class="learn-row">
                {open_button("open-networks")}
                <span class="spring"></span>
                <button type="button" class="primary" data-test="learn-go" on:click=on_click(begin)>"Learn"</button>
            </div>
        </form>
    }
    .into_any()
}

/// What there is to choose for one service only.
fn reservation_fields(form: LearnForm) -> AnyView {
    let starts = SHIPPED.map(|name| {
        view! { <option value=name prop:selected=follow(move || form.start.get() == Some(name))>{format!("the loss of {name} (transfer)")}</option> }
    });
    let choose = move |event| {
        let value = event_target_value(&event);
        form.start.set(SHIPPED.into_iter().find(|name| *name == value));
    };
    let drop_records = move || {
        form.table.with(Option::is_some).then(|| {
            view! { <button type="button" data-test="drop-records" on:click=on_click(move |_| form.drop_records())>"Forget them"</button> }
        })
    };
    let recorded = move || form.records.with(Option::is_some);
    view! {
        <div class="learn-row">
            <label for="learn-start">"Loss network from"</label>
            <select id="learn-start" data-test="learn-start" on:change=on_change(choose)>
                <option value="" prop:selected=follow(move || form.start.get().is_none())>"nothing"</option>
                {starts.into_iter().collect_view()}
            </select>
            <label class="check">
                <input type="checkbox" data-test="learn-paper-size" prop:checked=follow(move || form.paper_size.get())
                    on:change=on_change(move |event| form.paper_size.set(event_target_checked(&event)))/>
                "the paper’s size, many times slower"
            </label>
            <label class="check">
                <input type="checkbox" data-test="learn-rivals" disabled=follow(recorded)
                    prop:checked=follow(move || form.rivals.get() && !recorded())
                    on:change=on_change(move |event| form.rivals.set(event_target_checked(&event)))/>
                "alpha-OMC, absolute error and pinball too, to compare"
            </label>
        </div>
        <div class="learn-row">
            {file_button("Costs from records (CSV)", TABLES, "learn-records", move |file| form.take_records(file))}
            {live(drop_records)}
            <span class="hint">"columns decision, demand, cost"</span>
        </div>
        {record_table::preview(form)}
    }
    .into_any()
}

/// Bar, time left, curves and the ways to pause and to stop.
fn progress(form: LearnForm, stage: Memo<&'static str>) -> AnyView {
    let session = form.session;
    let size = (360.0, 240.0);
    let chart = |quantity: &'static Quantity| {
        Memo::new(move |_| {
            let former = session.former.get();
            let start = session.start.get();
            let chart = session
                .moments
                .with(|moments| learning::draw(moments, &start, former.as_ref(), quantity, size))?;
            Some(Drawn(Arc::new(chart)))
        })
    };
    let (cost, error) = (chart(&COST_QUANTITY), chart(&ERROR_QUANTITY));
    let reservation = expect_context::<Reservation>();
    let seen = Memo::new(move |_| {
        let unit = reservation.read(|plan| plan.unit.clone()).unwrap_or_default();
        learning::seen(&session.seen.get()?, &unit, size).map(|chart| Drawn(Arc::new(chart)))
    });
    let has_moments = Memo::new(move |_| session.moments.with(|moments| !moments.is_empty()));
    let words = move || {
        let device = session.device.get();
        match (stage.get(), session.time_left_ms()) {
            ("starting", _) => format!("The engine is loading. {device}."),
            ("running", left) => {
                let left = left.map_or(String::new(), |left| {
                    let seconds = (left / 1000.0).ceil();
                    format!(" About {} left.", number_text::quantity(seconds, "s"))
                });
                format!("{}{left} {device}.", doing(session))
            }
            ("paused", _) => "Paused.".to_owned(),
            ("cancelled", _) => "Cancelled.".to_owned(),
            ("done", _) => format!("Learned on {device}."),
            _ => String::new(),
        }
    };
    let bar = move || {
        view! { <progress max="1" value=session.share() aria-label="Share of the steps that are taken"></progress> }
    };
    // A button that is drawn anew between press and release hears no click.
    let is_under_way = Memo::new(move |_| matches!(stage.get(), "running" | "paused" | "starting"));
    let pause = move || if stage.get() == "paused" { "Go on" } else { "Pause" };
    let is_starting = move || stage.get() == "starting";
    let under_way = move || {
        is_under_way.get().then(|| {
            view! {
                {live(bar)}
                <button type="button" data-test="learn-pause" disabled=follow(is_starting) on:click=on_click(move |_| session.pause())>{live(pause)}</button>
                <button type="button" data-test="learn-cancel" on:click=on_click(move |_| session.cancel())>"Cancel"</button>
            }
        })
    };
    view! {
        <div class="batch-bar">
            {live(under_way)}
            <span class="hint" role="status" data-test="learn-status"
                data-epochs=follow(move || session.moments.with(Vec::len))>{live(words)}</span>
        </div>
        {live(move || has_moments.get().then(|| view! {
            <div class="charts three">
                <ChartFrame text=SEEN chart=seen stale=Signal::stored(false)/>
                <ChartFrame text=COST chart=cost stale=Signal::stored(false)/>
                <ChartFrame text=ERROR chart=error stale=Signal::stored(false)/>
            </div>
            <p class="hint" data-test="transfer">{live(move || transfer(session))}</p>
        }))}
    }
    .into_any()
}

/// What is being learned at the moment.
fn doing(session: Session) -> &'static str {
    let (done, all) =
        session.moments.with(|moments| moments.last().map_or((0, 1), |m| (m.epoch, m.epochs)));
    match done {
        0 => "The loss network is getting to know the costs.",
        done if done < all => "Both networks learn.",
        _ => {
            "The loss network learns what the final decisions cost, then come the regressors to compare with."
        }
    }
}

/// How many epochs the later of two trainings saved.
fn transfer(session: Session) -> Option<String> {
    let former = session.former.get()?;
    let target = former.moments.last()?.training_cost;
    let reached = session.moments.with(|moments| {
        moments.iter().find(|moment| moment.training_cost <= target).map(|moment| moment.epoch)
    });
    let (from, before) = (session.start.get(), former.start);
    let all = former.moments.len();
    Some(match reached {
        Some(epoch) => format!(
            "From {from}, the cost that {all} epochs from {before} ended with was reached after {epoch}."
        ),
        None => format!(
            "From {from}, the cost that {all} epochs from {before} ended with is not reached yet."
        ),
    })
}

/// How good the networks are and what can be done with them.
fn results(networks: &Arc<LearnedNetworks>) -> AnyView {
    let own = expect_context::<OwnNetworks>();
    let metrics = networks.card.metrics.iter().map(|(name, value)| {
        view! {
            <div>
                <dt>{name.clone()}</dt>
                <dd data-test=format!("learned-{}", name.replace(' ', "-")) data-value=*value>{number_text::rounded(*value)}</dd>
            </div>
        }
    });
    let (used, weights, card) = (networks.clone(), networks.clone(), networks.clone());
    let name = networks.card.name.clone();
    let save_card = move |_| {
        if let Some(text) = json::write(&card.card, 2) {
            browser::download(&format!("{name}.json"), "application/json", &text);
        }
    };
    let plan = move |_| {
        OwnNetworks::keep_learnt(&used, true);
        own.adopt(used.clone());
    };
    let save_weights = move |_| {
        let name = format!("{}.safetensors", weights.card.name);
        browser::download_bytes(&name, "application/octet-stream", &weights.weights);
    };
    view! {
        <div class="learn-results" data-test="learn-results">
            <dl class="facts">{metrics.collect_view()}</dl>
            <div class="tabs">
                <button type="button" class="primary" data-test="learn-use" on:click=on_click(plan)>"Plan with them"</button>
                <button type="button" data-test="learn-weights" on:click=on_click(save_weights)>"Download weights"</button>
                <button type="button" data-test="learn-card" on:click=on_click(save_card)>"Download card"</button>
            </div>
        </div>
    }
    .into_any()
}
