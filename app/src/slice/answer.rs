//! The answer: one sentence with numbers, its status, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::card::{Better, ModelCard};
use slicewise_core::slice::problem::SliceTerms;
use slicewise_core::slice::{Method, Status, Traffic};

use crate::controls::number_text;
use crate::shell::frame::answer;
use crate::shell::live::{follow, live, on_click};
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
    let chip_class = move || {
        let class = search.shown.with(|shown| shown.as_ref().map_or("waiting", chip_class));
        ["chip ", class].concat()
    };
    let source = move || {
        search.shown.with(|shown| shown.as_ref().map_or("precomputed", |s| source_word(s.source)))
    };
    let chip = move || search.shown.with(|shown| shown.as_ref().map_or("waiting", status_words));
    let notes = move || search.shown.with(|shown| shown.as_ref().map(notes));
    let status = view! {
        <span class=follow(chip_class) data-test="status" data-status=follow(status) data-source=follow(source)>{live(chip)}</span>
        {live(notes)}
        <span class="spring"></span>
        {live(move || search.busy.get().then(|| view! { <span class="busy" data-test="busy">"planning…"</span> }))}
        <button
            type="button"
            data-test="cancel"
            class:invisible=follow(move || !search.slow.get())
            disabled=follow(move || !search.slow.get())
            on:click=on_click(move |_| search.cancel())
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

/// The colour of the status: what lies outside the measurements is never green.
fn chip_class(shown: &Shown) -> &'static str {
    match shown.plan.status {
        Status::Solved if is_outside(shown) => Status::OutsideMeasurements.as_str(),
        status => status.as_str(),
    }
}

/// Whether the plan lies outside of what was measured.
fn is_outside(shown: &Shown) -> bool {
    shown.plan.slices.iter().any(|slice| !slice.extrapolates.is_empty())
}

/// The status in a few words.
pub fn status_words(shown: &Shown) -> &'static str {
    match shown.plan.status {
        Status::Solved | Status::FeasibleNotProven if is_outside(shown) => {
            "outside the measurements"
        }
        Status::OutsideMeasurements => "outside the measurements",
        Status::Solved => "proven by the network",
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
    let inputs = shown.card.inputs.iter().map(|input| &input.name);
    let slices = &shown.plan.slices;
    inputs.filter(|name| slices.iter().any(|s| s.extrapolates.contains(name))).cloned().collect()
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
        let degraded = number_text::percent(plan.worst_held_degradation());
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
pub fn is_baseline(method: Method) -> bool {
    matches!(method, Method::PeakAllocation | Method::ZeroSigma | Method::TwoSigma)
}

/// Whether every promise holds.
fn kept(shown: &Shown) -> bool {
    let slices = shown.plan.slices.iter().zip(&shown.problem.slices);
    slices
        .into_iter()
        .all(|(got, asked)| got.held_degradation() <= asked.degradation_threshold * (1.0 + 1e-6))
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

/// What is saved against a static allocation for the peak of the same traffic, if that varies.
fn saving(shown: &Shown) -> Option<String> {
    let peak = shown.plan.peak_cost.filter(|peak| *peak > 0.0 && varies(shown))?;
    let saved = 1.0 - shown.plan.cost / peak;
    let (share, side) = if saved >= 0.0 { (saved, "less") } else { (-saved, "more") };
    let share = number_text::coarse_percent(share);
    Some(format!(": {share} {side} than a static allocation for {}", peak_words(shown)))
}

/// Whether any traffic varies: what is constant is its own peak.
pub fn varies(shown: &Shown) -> bool {
    let steady = |traffic: &Traffic| traffic.peak() - traffic.mean() <= 1e-9 * traffic.peak();
    shown.problem.slices.iter().any(|slice| !steady(&slice.traffic))
}

/// What a static allocation is made for: `its peak of 4.86 users/s`.
pub fn peak_words(shown: &Shown) -> String {
    let [only] = &shown.problem.slices[..] else { return "the peaks of all slices".to_owned() };
    let unit = shown.card.inputs.first().map_or("", |traffic| &traffic.unit);
    ["the peak of ", &number_text::quantity(only.traffic.peak(), unit)].concat()
}

/// What is proven, and of what.
fn evidence(shown: &Shown) -> String {
    let cheaper = match (shown.plan.status, shown.plan.gap) {
        (Status::Stopped, _) => {
            return "; the search was stopped before the proof was done.".to_owned();
        }
        (_, None) => return ".".to_owned(),
        (_, Some(gap)) if gap > SMALLEST_GAP => {
            ["no allocation cheaper by more than ", &number_text::percent(gap)].concat()
        }
        (_, Some(_)) => "no cheaper allocation".to_owned(),
    };
    let steps = if shown.problem.has_granularity() { " in these steps" } else { "" };
    let (rows, kind) = learned_from(&shown.card);
    format!("; {cheaper}{steps} keeps the promise by this network, trained on {rows} {kind}.")
}

/// How many rows a network was made from, those held back included, and what they are.
pub fn learned_from(card: &ModelCard) -> (String, &'static str) {
    let rows = card.data.rows.iter().filter(|(split, _)| *split != "test");
    let rows: usize = rows.map(|(_, rows)| rows).sum();
    let kind = match card.data.source.contains("simulat") {
        true => "simulated measurements",
        false => "measurements",
    };
    (number_text::rounded(rows as f64), kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::{models, precomputed};
    use slicewise_core::slice::traffic::TrafficSample;
    use std::sync::Arc;

    fn shown() -> Shown {
        let problem = Arc::new(precomputed::default_problem());
        let card = models::named(&problem.model).unwrap();
        let mut plan = precomputed::plan().unwrap();
        let changed = Arc::make_mut(&mut plan);
        changed.status = Status::Solved;
        changed.slices[0].allocation = vec![2_141.234_56, 22.234_567];
        changed.slices[0].degradation = 0.0999;
        (changed.cost, changed.peak_cost, changed.gap) = (0.9, Some(1.5), Some(0.0008));
        Shown { problem, card, plan, source: Source::Engine, elapsed_ms: Some(3.0) }
    }

    #[test]
    fn a_solved_plan_reads_as_a_sentence_about_the_network() {
        assert_eq!(
            sentence(&shown()),
            "2,142 millicores and 22.3 Mbit/s keep 5 Mbit/s for 90 % of users; no allocation cheaper \
             by more than 0.08 % keeps the promise by this network, trained on 16,175 measurements."
        );
        assert_eq!(status_words(&shown()), "proven by the network");
    }

    #[test]
    fn a_plan_in_steps_is_shown_as_it_is_and_proven_among_such_plans() {
        let mut shown = shown();
        Arc::make_mut(&mut shown.problem).resources[1].granularity = Some(0.5);
        let plan = Arc::make_mut(&mut shown.plan);
        plan.slices[0].allocation = vec![2200.0, 45.0 * 0.5];
        plan.gap = Some(0.0);
        let text = sentence(&shown);
        assert!(text.starts_with("2,200 millicores and 22.5 Mbit/s keep 5 Mbit/s"), "{text}");
        assert!(text.contains("; no cheaper allocation in these steps keeps"), "{text}");
    }

    #[test]
    fn a_saving_is_told_where_the_traffic_varies_and_names_the_peak() {
        let mut shown = shown();
        assert_eq!(saving(&shown), None, "constant traffic is its own peak");
        let problem = Arc::make_mut(&mut shown.problem);
        let level = |users_per_second| TrafficSample { users_per_second, weight: 1.0 };
        problem.slices[0].traffic = Traffic::Samples { samples: vec![level(1.0), level(4.5)] };
        assert_eq!(
            saving(&shown).unwrap(),
            ": 40 % less than a static allocation for the peak of 4.5 users/s"
        );
    }

    #[test]
    fn what_lies_outside_the_measurements_is_not_green() {
        let mut shown = shown();
        assert_eq!(chip_class(&shown), "solved");
        Arc::make_mut(&mut shown.plan).slices[0].extrapolates = vec!["cpu".to_owned()];
        assert_eq!(status_words(&shown), "outside the measurements");
        assert_ne!(chip_class(&shown), "solved");
    }

    #[test]
    fn a_simulated_network_is_not_said_to_be_measured() {
        let card = models::named("delay").unwrap();
        assert_eq!(learned_from(&card).1, "simulated measurements");
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
