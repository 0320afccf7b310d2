//! How the plan is searched: seldom changed, behind a disclosure.

use leptos::prelude::*;
use slicewise_core::slice::Method;
use slicewise_core::slice::problem::Estimator;

use crate::controls::explanation::Explanation;
use crate::controls::number_field::{NumberControl, NumberField, seed_field};
use crate::shell::live::{follow, on_change};
use crate::slice::handles::SlicePlanner;

const METHODS: [(Method, &str, &str); 5] = [
    (Method::Certified, "certified", "Certified: descent, then proof"),
    (Method::PrimalDual, "primal-dual", "Primal-dual (Algorithm 1)"),
    (Method::ZeroSigma, "zero-sigma", "Mean QoS only (0σ)"),
    (Method::TwoSigma, "two-sigma", "Mean less two deviations (2σ)"),
    (Method::PeakAllocation, "peak-allocation", "Peak-alloc (the paper's)"),
];
const ABOUT_METHOD: &str = "Certified finds the plan by descents, searches from random starts along the boundary of the promise, and proves it by branch and bound. Primal-dual is the paper's Algorithm 1 on the Lagrangian (6). The last three are the paper's baselines (sections VI-A2 and VI-C). Peak-alloc is a static plan for the network's highest traffic, its usual threshold and 1 % degraded users (on the testbed 5 users/s and 5 Mbit/s), or for your own terms where they are stricter.";
const ABOUT_ESTIMATOR: &str = "How the search estimates the expected degradation: exactly, or by the paper's samples through a sigmoid (equation 5, section IV-B). Every plan is checked exactly in the end.";
const ABOUT_SEED: &str = "Start of the random numbers behind the first points and the example trace. The same seed gives the same plan.";
const SAMPLED: Estimator = Estimator::Sampled { samples: 64, sharpness: 10.0 };

/// Method, estimator and seed.
pub fn control(planner: SlicePlanner) -> AnyView {
    let options = METHODS
        .into_iter()
        .map(|(method, value, label)| {
            let chosen = move || planner.problem.with(|problem| problem.method == method);
            view! { <option value=value prop:selected=follow(chosen)>{label}</option> }
        })
        .collect_view();
    let choose = move |event| {
        let value = event_target_value(&event);
        if let Some((method, ..)) = METHODS.into_iter().find(|(_, name, _)| *name == value) {
            planner.problem.update(|problem| problem.method = method);
        }
    };
    view! {
        <details class="advanced" data-test="advanced">
            <summary>"Advanced"</summary>
            <div class="field-head">
                <label for="method">"Method"</label>
                <Explanation topic="method" text=ABOUT_METHOD/>
                <select id="method" class="wide" data-test="method" on:change=on_change(choose)>{options}</select>
            </div>
            {estimator(planner)}
            <NumberControl field=seed(planner)/>
        </details>
    }
    .into_any()
}

fn estimator(planner: SlicePlanner) -> AnyView {
    let is_sampled =
        move || planner.problem.with(|problem| problem.estimator != Estimator::ClosedForm);
    let hidden = move || planner.problem.with(|problem| problem.method != Method::PrimalDual);
    let choose = move |event| {
        let sampled = event_target_value(&event) == "sampled";
        let estimator = if sampled { SAMPLED } else { Estimator::ClosedForm };
        planner.problem.update(|problem| problem.estimator = estimator);
    };
    view! {
        <div class="field-head" hidden=follow(hidden)>
            <label for="estimator">"Estimator"</label>
            <Explanation topic="estimator" text=ABOUT_ESTIMATOR/>
            <select id="estimator" class="wide" data-test="estimator" on:change=on_change(choose)>
                <option value="closed-form" prop:selected=follow(move || !is_sampled())>"Closed form"</option>
                <option value="sampled" prop:selected=follow(is_sampled)>"Sampled"</option>
            </select>
        </div>
    }
    .into_any()
}

fn seed(planner: SlicePlanner) -> NumberField {
    let read = move || planner.problem.with(|problem| problem.seed);
    seed_field(ABOUT_SEED, (0.0, 100.0), read, move |seed| {
        planner.problem.update(|problem| problem.seed = seed);
    })
}
