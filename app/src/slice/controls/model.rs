//! Which network describes the slices.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::ModelCard;

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
                    on:change=move |event| planner.choose_model(&event_target_value(&event))
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
