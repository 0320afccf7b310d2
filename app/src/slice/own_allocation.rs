//! An allocation of the visitor's own, chosen on the landscape: what it is worth beside the plan.

use leptos::prelude::*;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::plan::SliceAllocation;

use crate::controls::number_text;
use crate::shell::live::{live, on_click};
use crate::slice::cost_unit::CostUnit;
use crate::slice::handles::{PlanSearch, SlicePlanner};
use crate::slice::models;
use crate::slice::plan_table::{degraded, measured_words};
use crate::slice::shown::Shown;

/// What is known of the allocation, and a way to forget it; nothing while none is chosen.
#[component]
pub fn OwnAllocation() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    let planner = expect_context::<SlicePlanner>();
    let judged = move || {
        let judged = search.judged.get()?;
        let card = models::named(&judged.problem.model)?;
        let shown = search.shown.get().filter(|shown| shown.problem == judged.problem);
        let slice = planner.selected.get();
        let unit = planner.cost_unit();
        let words = sentence(&judged.data, &judged.problem, slice, &card, shown.as_ref(), &unit);
        let forget = move |_| search.pin(None);
        Some(view! {
            <p class="own-allocation">
                <span data-test="own-allocation" role="status" data-value=judged.data.degradation>{words}</span>
                " "
                <button type="button" class="quiet link" data-test="own-forget" on:click=on_click(forget)>"Forget it"</button>
            </p>
        })
    };
    view! { {live(judged)} }.into_any()
}

/// The allocation judged in words.
fn sentence(
    own: &SliceAllocation,
    problem: &SliceProblem,
    slice: usize,
    card: &ModelCard,
    shown: Option<&Shown>,
    unit: &CostUnit,
) -> String {
    let amounts = own.allocation.iter().zip(card.resources());
    let amounts: Vec<String> =
        amounts.map(|(amount, field)| number_text::quantity(*amount, &field.unit)).collect();
    let promised = problem.slices.get(slice).map_or(0.0, |terms| terms.degradation_threshold);
    let verb = if own.held_degradation() <= promised { "keep" } else { "break" };
    let mut text = [
        "Yours: ",
        &amounts.join(" and "),
        " ",
        verb,
        " the promise: ",
        &degraded(own),
        " degraded. They cost ",
        &unit.words(own.cost),
    ]
    .concat();
    if let Some(plan) = shown.map(|shown| &shown.plan).filter(|plan| plan.keeps_promises())
        && let Some(cheapest) = plan.slices.get(slice).filter(|cheapest| cheapest.cost > 0.0)
    {
        let excess = own.cost / cheapest.cost - 1.0;
        let side = if excess < 0.0 { " less than the plan" } else { " more than the plan" };
        text = [&text, ", ", &number_text::percent(excess.abs()), side].concat();
        // Of one slice the bound is its own.
        let bound = plan.lower_bound.filter(|bound| plan.slices.len() == 1 && *bound > 0.0);
        if let Some(bound) = bound.filter(|bound| own.cost >= *bound) {
            let most = number_text::percent(own.cost / bound - 1.0);
            text = [&text, " and at most ", &most, " more than any that keeps it"].concat();
        }
    }
    text.push('.');
    if let Some(words) = measured_words(own) {
        text = [text.as_str(), " Measured nearby: ", &words, "."].concat();
    }
    if !own.extrapolates.is_empty() {
        text = [&text, " Outside the measurements: ", &own.extrapolates.join(", "), "."].concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::slice::precomputed;
    use crate::slice::shown::Source;

    #[test]
    fn an_allocation_of_ones_own_is_told_with_what_it_costs_more_than_plan_and_bound() {
        let problem = Arc::new(precomputed::default_problem());
        let card = models::named(&problem.model).unwrap();
        let plan = precomputed::plan().unwrap();
        let mut own = plan.slices[0].clone();
        own.cost = 1.25 * plan.cost;
        (own.degradation, own.degradation_bound) = (0.02, Some(0.05));
        own.allocation = vec![3000.0, 30.0];
        let (elapsed_ms, source) = (None, Source::Engine);
        let shown =
            Shown { problem: problem.clone(), card: card.clone(), plan, source, elapsed_ms };
        let words = |own: &SliceAllocation| {
            sentence(own, &problem, 0, &card, Some(&shown), &CostUnit::default())
        };
        let text = words(&own);
        assert!(
            text.starts_with(
                "Yours: 3,000 millicores and 30 Mbit/s keep the promise: 2 %, at most 5 % degraded."
            ),
            "{text}"
        );
        assert!(text.contains("25 % more than the plan and at most 25 % more than any"), "{text}");
        own.degradation_bound = Some(0.3);
        assert!(words(&own).contains(" break the promise: "));
    }
}
