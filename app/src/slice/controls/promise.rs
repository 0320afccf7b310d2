//! What a slice promises: a QoS threshold, and how many users may miss it.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::{Better, ModelCard};

use crate::controls::number_field::{NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::slice::handles::SlicePlanner;
use crate::slice::measured_plans;

/// Delay budgets that are asked for most, in ms.
const DELAY_BUDGETS: [f64; 3] = [20.0, 50.0, 100.0];

/// Both thresholds.
pub fn control(planner: SlicePlanner, card: &Arc<ModelCard>) -> AnyView {
    view! {
        <fieldset>
            <legend>{format!("Promise on {}", card.output.name)}</legend>
            <NumberControl field=qos(planner, card)/>
            {quick_picks(planner, card)}
            <NumberControl field=degradation(planner)/>
            {confidence(planner, card)}
            {measured_plans::control(planner, card)}
        </fieldset>
    }
    .into_any()
}

fn qos(planner: SlicePlanner, card: &ModelCard) -> NumberField {
    let output = &card.output;
    let (lowest, highest) = (output.threshold_minimum, output.threshold_maximum);
    let side = match output.better {
        Better::Higher => "at least",
        Better::Lower => "at most",
    };
    let value = follow(move || planner.slice(|slice| slice.qos_threshold).unwrap_or_default());
    let unit = output.unit.clone();
    NumberField {
        name: "qos".to_owned(),
        label: format!("QoS {side}"),
        term: "QoS threshold".to_owned(),
        unit: output.unit.clone(),
        about: format!(
            "QoS threshold q: a user is degraded whose {} is not {side} this (equation 1).",
            output.name
        ),
        slider: SliderRange::round(lowest, highest),
        allowed: Signal::stored((lowest, highest)),
        value,
        change: Callback::new(move |q| planner.change_slice(|slice| slice.qos_threshold = q)),
        spoken: follow(move || format!("{side} {}", number_text::quantity(value.get(), &unit))),
    }
}

fn degradation(planner: SlicePlanner) -> NumberField {
    let value =
        follow(move || planner.slice(|slice| slice.degradation_threshold).unwrap_or_default());
    NumberField {
        name: "degradation".to_owned(),
        label: "Degraded at most".to_owned(),
        term: "degradation threshold".to_owned(),
        unit: "of users".to_owned(),
        about: "Degradation threshold β: the largest expected share of users that may miss the QoS threshold (equations 1 and 2). A share from 0 to 1: 0.1 means that nine of ten users must get it.".to_owned(),
        slider: SliderRange { lowest: 0.001, highest: 0.5, step: 0.001 },
        allowed: Signal::stored((0.001, 0.999)),
        value,
        change: Callback::new(move |beta| {
            planner.change_slice(|slice| slice.degradation_threshold = beta);
        }),
        spoken: follow(move || format!("{} of users", number_text::percent(value.get()))),
    }
}

/// With which confidence the promises are to hold, where the model can tell it.
fn confidence(planner: SlicePlanner, card: &ModelCard) -> Option<AnyView> {
    let range = card.confidence_range()?;
    let asked = Memo::new(move |_| planner.problem.with(|problem| problem.confidence.is_some()));
    let value =
        follow(move || planner.problem.with(|problem| problem.confidence).unwrap_or_default());
    let field = move || {
        NumberField {
        name: "confidence".to_owned(),
        label: "Confidence".to_owned(),
        term: "confidence".to_owned(),
        unit: "that it holds".to_owned(),
        about: "Of allocations that the network was never shown, this share kept what it promised for them. The promise is held to the upper bound of degradation at this confidence; what that costs stands in the table.".to_owned(),
        slider: SliderRange { lowest: range.0, highest: range.1, step: 0.01 },
        allowed: Signal::stored(range),
        value,
        change: Callback::new(move |confidence| {
            planner.problem.update(|problem| problem.confidence = Some(confidence));
        }),
        spoken: follow(move || number_text::percent(value.get())),
    }
    };
    let shown = move || asked.get().then(|| view! { <NumberControl field=field()/> });
    Some(
        view! {
            <label class="check">
                <input type="checkbox" data-test="with-confidence" prop:checked=follow(move || asked.get())
                    on:change=on_change(move |event| planner.ask_for_confidence(event_target_checked(&event)))/>
                "With confidence, given what was measured"
            </label>
            {live(shown)}
        }
        .into_any(),
    )
}

fn quick_picks(planner: SlicePlanner, card: &ModelCard) -> Option<AnyView> {
    let output = &card.output;
    if output.better != Better::Lower || output.unit != "ms" {
        return None;
    }
    let inside =
        |budget: &f64| (output.threshold_minimum..=output.threshold_maximum).contains(budget);
    let pick = |budget: f64| {
        let choose = move |_| planner.change_slice(|slice| slice.qos_threshold = budget);
        let chosen = move || {
            planner.slice(|slice| slice.qos_threshold == budget).unwrap_or_default().to_string()
        };
        view! {
            <button type="button" data-test=format!("pick-{budget}") aria-pressed=follow(chosen) on:click=on_click(choose)>
                {format!("{budget} ms")}
            </button>
        }
    };
    let picks = DELAY_BUDGETS.into_iter().filter(inside).map(pick).collect_view();
    Some(
        view! { <div class="tabs" role="group" aria-label="Usual delay budgets">{picks}</div> }
            .into_any(),
    )
}
