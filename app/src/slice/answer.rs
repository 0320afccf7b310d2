//! The answer: one sentence with numbers, its status, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::card::{Better, ModelCard};
use slicewise_core::slice::problem::SliceTerms;
use slicewise_core::slice::{Method, Status};

use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};
use crate::slice::charts::landscape::words;
use crate::slice::handles::PlanSearch;
use crate::slice::shown::{Shown, Source};

/// Gaps below this are rounding, not doubt.
const SMALLEST_GAP: f64 = 1e-9;

/// The answer at the head of the page.
#[component]
pub fn Answer() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    let sentence = move || search.shown.with(|shown| shown.as_ref().map_or_else(waiting, sentence));
    let status = move || {
        search.shown.with(|shown| shown.as_ref().map_or("waiting", |s| s.plan.status.as_str()))
    };
    let source = move || {
        search.shown.with(|shown| shown.as_ref().map_or("precomputed", |s| source_word(s.source)))
    };
    let chip = move || search.shown.with(|shown| shown.as_ref().map_or("waiting", status_words));
    let notes = move || search.shown.with(|shown| shown.as_ref().map(notes));
    let status = view! {
        <span class=follow(move || format!("chip {}", status())) data-test="status" data-status=follow(status) data-source=follow(source)>{live(chip)}</span>
        {live(notes)}
        <span class="spring"></span>
        {live(move || search.busy.get().then(|| view! { <span class="busy" data-test="busy">"planning…"</span> }))}
        <button
            type="button"
            data-test="cancel"
            class:invisible=follow(move || !search.slow.get())
            disabled=follow(move || !search.slow.get())
            on:click=move |_| search.cancel()
        >
            "Cancel"
        </button>
    };
    let stale = follow(move || search.plan_stale.get());
    answer(stale, live(sentence), status.into_any(), search.refused)
}

fn waiting() -> String {
    "The engine is loading; the plan follows.".to_owned()
}

fn source_word(source: Source) -> &'static str {
    match source {
        Source::Precomputed => "precomputed",
        Source::Engine => "engine",
    }
}

/// The status in a few words.
pub fn status_words(shown: &Shown) -> &'static str {
    match shown.plan.status {
        Status::Solved => "solved: proven cheapest",
        Status::FeasibleNotProven
            if shown.source == Source::Engine && shown.elapsed_ms.is_none() =>
        {
            "feasible; proof under way"
        }
        Status::FeasibleNotProven => "feasible, not proven cheapest",
        Status::Infeasible => "infeasible",
        Status::Stopped => "stopped",
    }
}

/// Beside the status: where the plan comes from and what it extrapolates.
fn notes(shown: &Shown) -> AnyView {
    let mut notes = Vec::new();
    if shown.source == Source::Precomputed {
        notes.push(("note", "precomputed, until the engine answers".to_owned()));
    }
    if let Some(elapsed) = shown.elapsed_ms {
        notes.push(("note timing", format!("in {}", number_text::quantity(elapsed, "ms"))));
    }
    let beyond = extrapolated(shown);
    if !beyond.is_empty() {
        let text = format!("extrapolates beyond the measured {}", beyond.join(", "));
        notes.push(("note warning", text));
    }
    notes
        .into_iter()
        .map(|(class, text)| view! { <span class=class>{text}</span> })
        .collect_view()
        .into_any()
}

/// Inputs beyond the trained range in any slice, each once.
fn extrapolated(shown: &Shown) -> Vec<String> {
    let mut names: Vec<String> =
        shown.plan.slices.iter().flat_map(|slice| slice.extrapolates.iter().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// The whole answer as a sentence.
fn sentence(shown: &Shown) -> String {
    let plan = &shown.plan;
    if plan.status == Status::Infeasible && !is_baseline(plan.method) {
        let reason = plan.reason.as_deref().unwrap_or("no reason was given");
        return format!(
            "No allocation within the limits keeps {}: {reason}.",
            promise_of_all(shown)
        );
    }
    if plan.slices.is_empty() {
        let reason = plan.reason.as_deref().unwrap_or("the search was stopped");
        return format!("There is no plan: {reason}.");
    }
    let amounts = words(&plan.total_allocation(), &shown.card);
    let promise = promise_of_all(shown);
    if !kept(shown) {
        let degraded = number_text::percent(plan.worst_degradation());
        return format!("{amounts} do not keep {promise}: {degraded} of users are degraded.");
    }
    if plan.status == Status::Infeasible {
        let reason = plan.reason.as_deref().unwrap_or("no reason was given");
        return format!("{amounts} would keep {promise}, but not within the limits: {reason}.");
    }
    let saving = saving(shown).unwrap_or_default();
    format!("{amounts} keep {promise}{saving}{}", evidence(shown))
}

/// Whether `method` answers another question than the one asked, so that it may break the promise.
fn is_baseline(method: Method) -> bool {
    matches!(method, Method::PeakAllocation | Method::ZeroSigma | Method::TwoSigma)
}

/// Whether every promise holds.
fn kept(shown: &Shown) -> bool {
    let slices = shown.plan.slices.iter().zip(&shown.problem.slices);
    slices
        .into_iter()
        .all(|(got, asked)| got.degradation <= asked.degradation_threshold * (1.0 + 1e-6))
}

fn promise_of_all(shown: &Shown) -> String {
    match &shown.problem.slices[..] {
        [only] => promise(only, &shown.card),
        [_, _] => "the promises of both slices".to_owned(),
        slices => format!("the promises of all {} slices", slices.len()),
    }
}

/// One promise in words: `5 Mbit/s for 90 % of users`.
pub fn promise(terms: &SliceTerms, card: &ModelCard) -> String {
    let threshold = number_text::quantity(terms.qos_threshold, &card.output.unit);
    let side = if card.output.better == Better::Lower { " or less" } else { "" };
    format!(
        "{threshold}{side} for {} of users",
        number_text::percent(1.0 - terms.degradation_threshold)
    )
}

fn saving(shown: &Shown) -> Option<String> {
    let peak = shown.plan.peak_cost.filter(|peak| *peak > 0.0)?;
    let saved = 1.0 - shown.plan.cost / peak;
    let text = if saved.abs() < 0.0005 {
        ": as much as static peak allocation".to_owned()
    } else if saved > 0.0 {
        format!(": {} less than static peak allocation", number_text::coarse_percent(saved))
    } else {
        format!(": {} more than static peak allocation", number_text::coarse_percent(-saved))
    };
    Some(text)
}

fn evidence(shown: &Shown) -> String {
    match (shown.plan.status, shown.plan.gap) {
        (Status::Stopped, _) => "; the search was stopped before the proof was done.".to_owned(),
        (_, Some(gap)) if gap > SMALLEST_GAP => {
            format!("; no allocation cheaper by more than {} can.", number_text::percent(gap))
        }
        (_, Some(_)) => "; no cheaper allocation can.".to_owned(),
        (_, None) => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::{models, precomputed};
    use std::sync::Arc;

    fn shown() -> Shown {
        let problem = Arc::new(precomputed::default_problem());
        let card = models::named(&problem.model).unwrap();
        let mut plan = precomputed::plan().unwrap();
        let changed = Arc::make_mut(&mut plan);
        changed.status = Status::Solved;
        changed.slices[0].allocation = vec![2141.2, 22.23];
        changed.slices[0].degradation = 0.0999;
        (changed.cost, changed.peak_cost, changed.gap) = (0.9, Some(1.5), Some(0.0008));
        Shown { problem, card, plan, source: Source::Engine, elapsed_ms: Some(3.0) }
    }

    #[test]
    fn a_solved_plan_reads_as_a_sentence() {
        assert_eq!(
            sentence(&shown()),
            "2,141 millicores and 22.2 Mbit/s keep 5 Mbit/s for 90 % of users: 40 % less than static \
             peak allocation; no allocation cheaper by more than 0.08 % can."
        );
    }

    #[test]
    fn an_infeasible_problem_says_why() {
        let mut shown = shown();
        let plan = Arc::make_mut(&mut shown.plan);
        plan.status = Status::Infeasible;
        plan.reason = Some("bandwidth is short".to_owned());
        assert_eq!(
            sentence(&shown),
            "No allocation within the limits keeps 5 Mbit/s for 90 % of users: bandwidth is short."
        );
    }
}
