//! The answer: one sentence with numbers, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::forecast::reservation::{ReservationMethod, ReservationPlan};

use super::handles::{ForecastPlanner, Reservation};
use super::words;
use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};

/// The answer at the head of the page.
#[component]
pub fn Answer() -> impl IntoView {
    let reservation = expect_context::<Reservation>();
    let planner = expect_context::<ForecastPlanner>();
    let has_stopped = move || planner.engine_message.with(Option::is_some);
    let state = move || reservation.state();
    let sentence = move || {
        let without = match state() {
            "refused" => "There is no reservation for this demand.",
            _ if has_stopped() => "There is no reservation: the engine stopped.",
            _ => "The networks are loading.",
        };
        reservation.read(words::answer).unwrap_or_else(|| without.to_owned())
    };
    let chip = move || match state() {
        "refused" => "cannot be planned",
        "waiting" if has_stopped() => "stopped",
        "waiting" => "waiting for the engine",
        "planning" => "deciding",
        _ => "decided from past demand alone",
    };
    let colour = move || match state() {
        "refused" => "chip infeasible",
        "done" => "chip solved",
        _ => "chip",
    };
    let cost =
        move || reservation.read_method(ReservationMethod::Learned, |method| method.score.cost);
    let status = view! {
        <span class=follow(colour)
            data-test="status"
            data-state=follow(state)
            data-cost=follow(cost)
            data-next=follow(move || reservation.read(|plan| plan.next))
            data-decision-ms=follow(move || reservation.read(|plan| plan.decision_ms))
            data-elapsed-ms=follow(move || reservation.planned.with(|p| p.as_ref().map(|p| p.elapsed_ms)))
        >{live(chip)}</span>
        {live(move || reservation.read(notes))}
        <span class="spring"></span>
        {live(move || reservation.progress.get().map(|share| view! {
            <span class="busy" data-test="busy">{format!("deciding, {}", number_text::coarse_percent(share))}</span>
        }))}
    };
    let stale = follow(move || reservation.is_stale());
    answer(stale, live(sentence), status.into_any(), reservation.refused)
}

fn notes(plan: &ReservationPlan) -> AnyView {
    let time = number_text::quantity(plan.decision_ms, "ms per decision");
    let unit = format!("cost 1 is {} idle for one interval, at price 1", one(&plan.unit));
    let transferred = plan.transferred.then(|| {
        view! { <span class="note" data-test="transferred">"networks of another trace, with the scales of this one"</span> }
    });
    let steps = words::steps(plan).map(|words| {
        view! { <span class="note" data-test="network-steps">{words}</span> }
    });
    let moved = (plan.moved != 0.0).then(|| {
        view! { <span class="note" data-test="moved" data-value=plan.moved>{words::moved(plan)}</span> }
    });
    view! {
        <span class="note timing">{time}</span>
        <span class="note timing" data-test="cost-unit">{unit}</span>
        {transferred}
        {steps}
        {moved}
    }
    .into_any()
}

/// One of a trace's unit, which may have none.
fn one(unit: &str) -> String {
    if unit.is_empty() { "one unit".to_owned() } else { format!("1 {unit}") }
}
