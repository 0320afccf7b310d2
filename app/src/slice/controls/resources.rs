//! Price and limits of each resource.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::{InputField, ModelCard};
use slicewise_core::slice::problem::ResourceTerms;

use crate::controls::explanation::Explanation;
use crate::controls::number_field::{NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change};
use crate::slice::cost_unit::CostUnit;
use crate::slice::handles::SlicePlanner;
use crate::slice::models;
use crate::slice::view_state::LONGEST_COST_UNIT;

const ABOUT_UNIT: &str = "By default the cost is a share of capacity: all of a resource's default capacity costs 1, times its price. Name a currency, such as EUR/h, to set prices per unit in it.";

/// A price per resource: a multiple of the default, or per unit in the currency that is named.
pub fn prices(planner: SlicePlanner, card: &Arc<ModelCard>) -> AnyView {
    let unit = Memo::new(move |_| planner.cost_unit());
    let card = card.clone();
    let fields = move || {
        let unit = unit.get();
        let fields = card.resources().iter().enumerate();
        fields
            .map(|(index, field)| {
                view! { <NumberControl field=price(planner, index, field, &unit)/> }
            })
            .collect_view()
    };
    let name = move |event| {
        let text = event_target_value(&event).trim().to_owned();
        let named = (!text.is_empty()).then_some(text);
        planner.view.update(|view| view.cost_unit = named);
    };
    view! {
        <fieldset>
            <legend>"Price"</legend>
            {live(fields)}
            <div class="field-head">
                <label for="cost-unit">"Costs in"</label>
                <Explanation topic="unit of costs" text=ABOUT_UNIT/>
                <input id="cost-unit" class="wide" type="text" autocomplete="off" data-test="cost-unit"
                    maxlength=LONGEST_COST_UNIT placeholder="share of capacity"
                    prop:value=follow(move || unit.get().0.unwrap_or_default()) on:change=on_change(name)/>
            </div>
        </fieldset>
    }
    .into_any()
}

/// A capacity per resource, and behind a disclosure the least that each slice gets.
pub fn limits(planner: SlicePlanner, card: &Arc<ModelCard>) -> AnyView {
    let each = |make: fn(SlicePlanner, usize, &InputField) -> NumberField| {
        let fields = card.resources().iter().enumerate();
        fields
            .map(|(index, field)| view! { <NumberControl field=make(planner, index, field)/> })
            .collect_view()
    };
    view! {
        <fieldset>
            <legend>"Capacity"</legend>
            {each(capacity)}
            <label class="check">
                <input type="checkbox" data-test="beyond-measurements"
                    prop:checked=follow(move || beyond(planner))
                    on:change=on_change(move |event| planner.allow_beyond_measurements(event_target_checked(&event)))/>
                "Beyond the measurements"
            </label>
            <details class="more">
                <summary>"Least allocation of each slice"</summary>
                {each(minimum)}
            </details>
            <details class="more">
                <summary data-test="granularity">"Allocate in steps"</summary>
                {each(granularity)}
            </details>
        </fieldset>
    }
    .into_any()
}

fn terms(planner: SlicePlanner, index: usize, read: fn(&ResourceTerms) -> f64) -> Signal<f64> {
    follow(move || {
        planner.problem.with(|problem| problem.resources.get(index).map(read)).unwrap_or_default()
    })
}

fn price(planner: SlicePlanner, index: usize, field: &InputField, unit: &CostUnit) -> NumberField {
    let default = 1.0 / field.default_capacity;
    let eta = terms(planner, index, |terms| terms.price);
    let of_one = singular(&field.unit);
    // In a currency the price itself is set, else how often the default it is.
    let whole = if unit.0.is_some() { 1.0 } else { default };
    let shown_unit = match &unit.0 {
        Some(currency) => [currency.as_str(), " per ", &of_one].concat(),
        None => "× default".to_owned(),
    };
    let one = default / whole;
    let value = follow(move || eta.get() / whole);
    let spoken_unit = [unit.name(), " per ", &of_one].concat();
    NumberField {
        name: format!("price-{}", field.name),
        label: models::title_of(field),
        term: format!("{} price", models::title_of(field)),
        unit: shown_unit,
        about: format!(
            "Weight η of this resource in the cost η·r that is minimised (equation 2). By default {} per {of_one}: all of the default capacity costs 1.",
            number_text::rounded(default)
        ),
        slider: SliderRange { lowest: 0.1 * one, highest: 5.0 * one, step: 0.1 * one },
        allowed: Signal::stored((1e-3 * one, 1e3 * one.max(1.0))),
        value,
        change: Callback::new(move |price: f64| {
            planner.change_resource(index, |terms| terms.price = price / (1.0 / whole));
        }),
        spoken: follow(move || number_text::quantity(eta.get(), &spoken_unit)),
    }
}

fn capacity(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
    let value = terms(planner, index, |terms| terms.capacity);
    let unit = field.unit.clone();
    let default = field.default_capacity;
    let range = SliderRange::round(0.0, 2.0 * default);
    let measured = (field.trained_minimum, field.trained_maximum);
    NumberField {
        name: format!("capacity-{}", field.name),
        label: models::title_of(field),
        term: format!("{} capacity", models::title_of(field)),
        unit: field.unit.clone(),
        about: format!(
            "Capacity R: all slices together get at most this much (equation 2). The training data end at {}; beyond that the network extrapolates.",
            number_text::quantity(field.trained_maximum, &field.unit)
        ),
        slider: SliderRange { lowest: range.step, ..range },
        allowed: follow(move || {
            let slices = planner.problem.with(|problem| problem.slices.len()) as f64;
            let least = planner.problem.with(|p| p.resources.get(index).map_or(0.0, |r| r.minimum));
            let most = if beyond(planner) { 100.0 * default } else { measured.1 * slices };
            ((1e-6 * default).max(least * slices), most)
        }),
        value,
        change: Callback::new(move |capacity: f64| {
            planner.change_resource(index, |terms| terms.capacity = capacity);
        }),
        spoken: follow(move || number_text::quantity(value.get(), &unit)),
    }
}

/// Whether allocations may go beyond what was measured.
fn beyond(planner: SlicePlanner) -> bool {
    planner.problem.with(|problem| problem.beyond_measurements)
}

fn minimum(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
    let least = field.trained_minimum;
    let value = terms(planner, index, |terms| terms.minimum);
    let unit = field.unit.clone();
    NumberField {
        name: format!("minimum-{}", field.name),
        label: models::title_of(field),
        term: format!("{} least allocation", models::title_of(field)),
        unit: field.unit.clone(),
        about: "Every slice gets at least this much, whether or not its promise needs it."
            .to_owned(),
        slider: SliderRange::round(0.0, 0.5 * field.default_capacity),
        allowed: follow(move || {
            let slices = planner.problem.with(|problem| problem.slices.len()).max(1) as f64;
            (
                if beyond(planner) { 0.0 } else { least },
                planner.problem.with(|p| p.resources.get(index).map_or(0.0, |r| r.capacity))
                    / slices,
            )
        }),
        value,
        change: Callback::new(move |minimum: f64| {
            planner.change_resource(index, |terms| terms.minimum = minimum);
        }),
        spoken: follow(move || number_text::quantity(value.get(), &unit)),
    }
}

/// Of what each allocation is a whole multiple; 0 for any amount.
fn granularity(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
    let value = terms(planner, index, |terms| terms.granularity.unwrap_or(0.0));
    let unit = field.unit.clone();
    NumberField {
        name: format!("granularity-{}", field.name),
        label: models::title_of(field),
        term: format!("{} step", models::title_of(field)),
        unit: field.unit.clone(),
        about: "Every allocation is a whole multiple of this, and the plan is the cheapest of those: 100 millicores, 1 Mbit/s, or what one resource block carries. 0 allows any amount."
            .to_owned(),
        slider: SliderRange::round(0.0, 0.1 * field.default_capacity),
        allowed: follow(move || {
            let card = planner.card();
            let most = planner.problem.with(|problem| {
                let share = problem.resources.get(index)?.capacity / problem.slices.len() as f64;
                Some(share.min(problem.most(card.as_deref()?, index)))
            });
            (0.0, most.unwrap_or_default())
        }),
        value,
        change: Callback::new(move |step: f64| {
            let step = Some(step).filter(|step| *step > 0.0);
            planner.change_resource(index, |terms| terms.granularity = step);
        }),
        spoken: follow(move || number_text::quantity(value.get(), &unit)),
    }
}

/// `millicores` becomes `millicore`; units such as `Mbit/s` stay.
pub fn singular(unit: &str) -> String {
    if unit.is_empty() {
        "unit".to_owned()
    } else if unit.contains('/') {
        unit.to_owned()
    } else {
        unit.strip_suffix('s').unwrap_or(unit).to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_unit_is_named_in_the_singular() {
        assert_eq!(super::singular("millicores"), "millicore");
        assert_eq!(super::singular("Mbit/s"), "Mbit/s");
        assert_eq!(super::singular(""), "unit");
    }
}
