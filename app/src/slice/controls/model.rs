//! Which network describes the slices.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::card::ModelCard;

use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::files::files_button;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::slice::answer::learned_from;
use crate::slice::handles::SlicePlanner;
use crate::slice::models;
use crate::slice::own_networks::OwnNetworks;
use crate::slice::training::TrainingOpener;

const ABOUT: &str = "The trained network that predicts the distribution of the QoS from traffic and allocation (Fig. 2). What is planned and proven holds of the network.";

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
    let about = follow(move || {
        let Some(card) = planner.card() else { return ABOUT.to_owned() };
        let (_, kind) = learned_from(&card);
        [ABOUT, " This one learned from ", kind, ": ", &card.data.source, "."].concat()
    });
    let own = expect_context::<OwnNetworks>();
    let open = move |files| own.open(files);
    view! {
        <fieldset>
            <legend>"Model"</legend>
            <div class="field-head">
                <select
                    class="wide"
                    data-test="model"
                    aria-label="Model"
                    on:change=on_change(move |event| planner.choose_model(&event_target_value(&event)))
                >
                    {live(options)}
                </select>
                <Explanation topic="model" text=about/>
            </div>
            <p class="hint">{live(move || planner.card().map(|card| facts(&card)))}</p>
            <button type="button" class="quiet link" data-test="training-open" on:click=on_click(move |_| training.set(true))>
                "Train your own…"
            </button>
            {files_button("Open a saved network", ".json,.safetensors", "open-network", open)}
        </fieldset>
    }
    .into_any()
}

/// What the model was made from, in a line, with its error on rows that it did not learn from.
fn facts(card: &ModelCard) -> String {
    let (rows, kind) = learned_from(card);
    let held_back = card.metrics.get("val").or(card.metrics.get("test"));
    let error = held_back.map(|metrics| number_text::quantity(metrics.mae, &card.output.unit));
    let rows = rows + " " + kind;
    match error {
        Some(error) => rows + "; mean error on those held back " + &error,
        None => rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_error_is_that_of_the_rows_held_back() {
        let card = models::named("testbed-gaussian").unwrap();
        assert_eq!(facts(&card), "16,539 measurements; mean error on those held back 0.669 Mbit/s");
    }
}
