//! All methods side by side on the same test.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, Rivals,
};

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_text;
use crate::forecast::charts::costs;
use crate::forecast::handles::Reservation;
use crate::forecast::words::{about_rivals, method_about, method_name};
use crate::shell::live::{follow, live};
use crate::shell::narrow::Narrow;

const COSTS: FrameText = FrameText {
    name: "costs",
    title: "What each method costs",
    about: "Mean cost of an interval over the test, against serving it exactly: capacity that lay idle, times its price, and broken promises, each with its lost revenue and its penalty.",
};

/// The bars and their figures.
#[component]
pub fn MethodsPanel() -> impl IntoView {
    let reservation = expect_context::<Reservation>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let plan = move || {
        reservation.planned.with(|planned| planned.as_ref().map(|planned| planned.plan.clone()))
    };
    let chart = Memo::new(move |_| {
        let width = if narrow.get() { 360.0 } else { 460.0 };
        costs::draw(&plan()?, width).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale = follow(move || reservation.is_stale());
    let has_plan = Memo::new(move |_| reservation.planned.with(Option::is_some));
    let alone = move || {
        let seasonal = |plan: &ReservationPlan| {
            plan.methods.iter().any(|m| m.method == ReservationMethod::HoltWinters)
        };
        reservation.read(|plan| !seasonal(plan)).unwrap_or_default()
    };
    let rivals = move || reservation.read(|plan| plan.rivals).unwrap_or(Rivals::NotAsked);
    let content = move || {
        match has_plan.get() {
        false if reservation.refused.with(Option::is_some) => ().into_any(),
        false => view! { <p class="placeholder">"The methods follow with the networks."</p> }.into_any(),
        true => view! {
            <div class="methods">
                <div class="costs-figure"><ChartFrame text=COSTS chart=chart stale=stale/></div>
                <div class="methods-side">
                    <div class="scroll" class:stale=follow(move || stale.get())>{live(move || reservation.read(table))}</div>
                    {live(move || alone().then(|| view! {
                        <p class="hint" data-test="alone">"Forecasts from earlier days need two of them before the test: this trace is too short for those methods."</p>
                    }))}
                    <p class="hint">
                        "One unit of cost is one unit of idle capacity at price 1. Violated: share of the intervals whose \
                         demand exceeded the reservation. Knows: methods that are told the prices, or even the test itself; \
                         the learned loss only sees what past decisions cost."
                    </p>
                    <details class="more">
                        <summary data-test="methods-about">"What the methods are"</summary>
                        {live(move || reservation.read(about))}
                    </details>
                    <p class="hint" data-test="rivals" data-state=follow(move || format!("{:?}", rivals()))>{live(move || about_rivals(rivals()))}</p>
                    <p class="hint">
                        "Over five seeds, with a paired test and at one size for all, they are compared on the command line: \
                         slicewise reproduce loss-meta-learning."
                    </p>
                </div>
            </div>
        }
        .into_any(),
    }
    };
    view! { <div>{live(content)}</div> }.into_any()
}

fn table(plan: &ReservationPlan) -> AnyView {
    let rows = plan.methods.iter().map(|method| row(plan, method)).collect_view();
    view! {
        <table data-test="methods-table">
            <thead>
                <tr>
                    <th scope="col">"Method"</th>
                    <th scope="col" class="number">"Cost"</th>
                    <th scope="col" class="number">"Idle"</th>
                    <th scope="col" class="number">"Violated"</th>
                    <th scope="col" class="number">"Ours saves"</th>
                    <th scope="col">"Knows"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// What each method is, in one line; k as it is at these terms.
fn about(plan: &ReservationPlan) -> AnyView {
    let entry = |found: &MethodPlan| {
        let method = found.method;
        let factor = (method == ReservationMethod::LastSample)
            .then(|| format!(": k is {}", number_text::rounded(plan.last_sample_factor)));
        view! {
            <div>
                <dt>{method_name(method)}</dt>
                <dd>{method_about(method, plan.rivals)}{factor}</dd>
            </div>
        }
    };
    view! { <dl class="facts">{plan.methods.iter().map(entry).collect_view()}</dl> }.into_any()
}

fn row(plan: &ReservationPlan, found: &MethodPlan) -> AnyView {
    let MethodPlan { method, score, .. } = found;
    let name = method.name();
    let saving = match method {
        ReservationMethod::Learned => None,
        _ => plan.saving_against(found),
    };
    let saving = saving.map_or_else(|| "–".to_owned(), number_text::percent);
    let knows = if method.knows_metric() { "yes" } else { "no" };
    view! {
        <tr>
            <th scope="row">{method_name(*method)}</th>
            <td class="number" data-test=format!("cost-{name}") data-value=score.cost>{number_text::rounded(score.cost)}</td>
            <td class="number">{number_text::rounded(score.overprovisioning)}</td>
            <td class="number" data-test=format!("violations-{name}") data-value=score.violations>{number_text::percent(score.violations)}</td>
            <td class="number">{saving}</td>
            <td>{knows}</td>
        </tr>
    }
    .into_any()
}
