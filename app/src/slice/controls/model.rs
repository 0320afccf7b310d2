//! Which network describes the slices.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::problem::ResourceTerms;

use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::live::{follow, live};
use crate::slice::handles::SlicePlanner;
use crate::slice::models;
use crate::slice::training::TrainingOpener;

const ABOUT: &str = "The trained network that predicts the distribution of the QoS from traffic and allocation (Fig. 2).";

/// The choice of the model.
pub fn control(planner: SlicePlanner) -> AnyView {
    let options = move || {
        planner.models.track();
        let option = |card: Arc<ModelCard>| {
            let name = card.name.clone();
            let chosen = name.clone();
            let is_chosen = move || planner.problem.with(|problem| problem.model == chosen);
            view! { <option value=name prop:selected=follow(is_chosen)>{card.title.clone()}</option> }
        };
        models::all().into_iter().map(option).collect_view()
    };
    let training = expect_context::<TrainingOpener>().0;
    let about = Signal::derive(move || {
        let source = planner.card().map(|card| card.data.source.clone()).unwrap_or_default();
        format!("{ABOUT} This one: {source}.")
    });
    view! {
        <fieldset>
            <legend>"Model"</legend>
            <div class="field-head">
                <select
                    class="wide"
                    data-test="model"
                    aria-label="Model"
                    on:change=move |event| choose(planner, &event_target_value(&event))
                >
                    {live(options)}
                </select>
                <Explanation topic="model" text=about/>
            </div>
            <p class="hint">{live(move || planner.card().map(|card| facts(&card)))}</p>
            <button type="button" class="quiet link" data-test="training-open" on:click=move |_| training.set(true)>
                "Train your own…"
            </button>
        </fieldset>
    }
    .into_any()
}

/// What the model was made from, in a line.
fn facts(card: &ModelCard) -> String {
    let error =
        card.metrics.get("test").or(card.metrics.get("val")).map_or_else(String::new, |metrics| {
            format!("; mean error {}", number_text::quantity(metrics.mae, &card.output.unit))
        });
    let rows: usize = card.data.rows.values().sum();
    format!("{} rows of data{error}", number_text::rounded(rows as f64))
}

/// Changes the model; limits and prices keep their relation to the defaults.
pub fn choose(planner: SlicePlanner, name: &str) {
    let (Some(old), Some(new)) = (planner.card(), models::named(name)) else { return };
    planner.problem.update(|problem| {
        let before = std::mem::take(&mut problem.resources);
        problem.model = new.name.clone();
        problem.resources = new
            .resources()
            .iter()
            .map(|field| {
                let known =
                    before.iter().zip(old.resources()).find(|(terms, _)| terms.name == field.name);
                match known {
                    Some((terms, was)) if was.default_capacity == field.default_capacity => {
                        terms.clone()
                    }
                    Some((terms, was)) => {
                        rescaled(terms, field.default_capacity / was.default_capacity)
                    }
                    None => ResourceTerms {
                        name: field.name.clone(),
                        price: 1.0 / field.default_capacity,
                        minimum: 0.0,
                        capacity: field.default_capacity,
                    },
                }
            })
            .collect();
        if old.output.name != new.output.name {
            for slice in &mut problem.slices {
                slice.qos_threshold = new.output.threshold_default;
            }
        }
        for slice in &mut problem.slices {
            let (lowest, highest) = (new.output.threshold_minimum, new.output.threshold_maximum);
            slice.qos_threshold = slice.qos_threshold.clamp(lowest, highest);
        }
    });
}

fn rescaled(terms: &ResourceTerms, factor: f64) -> ResourceTerms {
    ResourceTerms {
        name: terms.name.clone(),
        price: terms.price / factor,
        minimum: terms.minimum * factor,
        capacity: terms.capacity * factor,
    }
}
