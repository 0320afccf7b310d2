//! Price and limits of each resource.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::{InputField, ModelCard};
use slicewise_core::slice::problem::ResourceTerms;

use crate::controls::number_field::{NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::slice::handles::SlicePlanner;
use crate::slice::models;

/// A price per resource, as a multiple of the default.
pub fn prices(planner: SlicePlanner, card: &Arc<ModelCard>) -> AnyView {
    let fields = card.resources().iter().enumerate();
    let fields =
        fields.map(|(index, field)| view! { <NumberControl field=price(planner, index, field)/> });
    view! { <fieldset><legend>"Price"</legend>{fields.collect_view()}</fieldset> }.into_any()
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
            <details class="more">
                <summary>"Least allocation of each slice"</summary>
                {each(minimum)}
            </details>
        </fieldset>
    }
    .into_any()
}

fn terms(planner: SlicePlanner, index: usize, read: fn(&ResourceTerms) -> f64) -> Signal<f64> {
    Signal::derive(move || {
        planner.problem.with(|problem| problem.resources.get(index).map(read)).unwrap_or_default()
    })
}

fn price(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
    let default = 1.0 / field.default_capacity;
    let eta = terms(planner, index, |terms| terms.price);
    let value = Signal::derive(move || eta.get() / default);
    let unit = singular(&field.unit);
    NumberField {
        name: format!("price-{}", field.name),
        label: models::title_of(field),
        term: format!("{} price", models::title_of(field)),
        unit: "× default".to_owned(),
        about: format!(
            "Weight η of this resource in the cost η·r that is minimised (equation 2). 1 means {} per {unit}: all of the default capacity costs 1.",
            number_text::rounded(default)
        ),
        slider: SliderRange { lowest: 0.1, highest: 5.0, step: 0.1 },
        allowed: Signal::stored((0.001, 1000.0)),
        value,
        change: Callback::new(move |multiple: f64| {
            planner.change_resource(index, |terms| terms.price = multiple / (1.0 / default));
        }),
        spoken: Signal::derive(move || {
            format!(
                "{} times the default, {} per {unit}",
                number_text::rounded(value.get()),
                number_text::rounded(eta.get())
            )
        }),
    }
}

fn capacity(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
    let value = terms(planner, index, |terms| terms.capacity);
    let unit = field.unit.clone();
    let default = field.default_capacity;
    let range = SliderRange::round(0.0, 2.0 * default);
    NumberField {
        name: format!("capacity-{}", field.name),
        label: models::title_of(field),
        term: format!("{} capacity", models::title_of(field)),
        unit: field.unit.clone(),
        about: format!(
            "Capacity R: all slices together get at most this much (equation 2). The network was trained up to {}; beyond that it extrapolates.",
            number_text::quantity(field.trained_maximum, &field.unit)
        ),
        slider: SliderRange { lowest: range.step, ..range },
        allowed: Signal::derive(move || {
            let slices = planner.problem.with(|problem| problem.slices.len()) as f64;
            let least = planner.problem.with(|p| p.resources.get(index).map_or(0.0, |r| r.minimum));
            ((1e-6 * default).max(least * slices), 100.0 * default)
        }),
        value,
        change: Callback::new(move |capacity: f64| {
            planner.change_resource(index, |terms| terms.capacity = capacity);
        }),
        spoken: Signal::derive(move || number_text::quantity(value.get(), &unit)),
    }
}

fn minimum(planner: SlicePlanner, index: usize, field: &InputField) -> NumberField {
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
        allowed: Signal::derive(move || {
            let slices = planner.problem.with(|problem| problem.slices.len()).max(1) as f64;
            (
                0.0,
                planner.problem.with(|p| p.resources.get(index).map_or(0.0, |r| r.capacity))
                    / slices,
            )
        }),
        value,
        change: Callback::new(move |minimum: f64| {
            planner.change_resource(index, |terms| terms.minimum = minimum);
        }),
        spoken: Signal::derive(move || number_text::quantity(value.get(), &unit)),
    }
}

/// `millicores` becomes `millicore`; units such as `Mbit/s` stay.
pub fn singular(unit: &str) -> String {
    if unit.contains('/') {
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
    }
}
