//! The answer: one sentence with numbers, and what to be careful about.

use leptos::prelude::*;
use slicewise_core::twin::Answer as TwinAnswer;

use super::handles::{Answers, Corrections, OpenNetwork, TwinPlanner};
use super::question::Question;
use super::{units, words};
use crate::shell::frame::answer;
use crate::shell::live::{follow, live};

/// The answer at the head of the page.
#[component]
pub fn Answer() -> impl IntoView {
    let answers = expect_context::<Answers>();
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let corrections = expect_context::<Corrections>();
    let has_stopped = move || planner.engine_message.with(Option::is_some);
    let state = move || answers.state();
    let sentence = move || {
        let without = match state() {
            "refused" => "There is no answer about this network.",
            _ if has_stopped() => "There is no answer: the engine stopped.",
            _ => "The network is being worked out.",
        };
        let told = answers.read(|question, answer| words::answer(&question.scenario, answer));
        told.unwrap_or_else(|| without.to_owned())
    };
    let verdict = Memo::new(move |_| {
        answers.read(|question, answer| words::verdict(&question.scenario, answer))
    });
    let chip = move || match (state(), verdict.get()) {
        ("refused", _) => "cannot be answered".to_owned(),
        ("waiting", _) if has_stopped() => "stopped".to_owned(),
        ("done", Some((words, _))) => words,
        ("waiting", _) => "waiting for the engine".to_owned(),
        _ => "working it out".to_owned(),
    };
    let colour = move || match (state(), verdict.get()) {
        ("refused", _) | ("done", Some((_, false))) => "chip infeasible",
        ("done", Some((_, true))) => "chip solved",
        _ => "chip",
    };
    let summary =
        move |read: fn(&TwinAnswer) -> f64| follow(move || answers.read(|_, answer| read(answer)));
    let without_edits = move || {
        let (after, before) = answers.pair()?;
        (!after.question.edits.is_empty()).then(|| {
            view! {
                <span class="note" data-test="before">{words::compared(&before.answer)}</span>
            }
        })
    };
    let busy = move || {
        network.reading.get().map(|name| {
            view! {
                <span class="busy" data-test="busy">{["reading ", &name].concat()}</span>
            }
        })
    };
    let status = view! {
        <span class=follow(colour)
            data-test="status"
            data-state=follow(state)
            data-flows=summary(|answer| answer.summary.flows as f64)
            data-arriving=summary(|answer| answer.summary.arriving as f64)
            data-longest-delay-s=summary(|answer| answer.summary.longest_delay_s)
            data-utilisation=summary(|answer| answer.summary.highest_utilisation)
            data-elapsed-ms=follow(move || answers.answered.with(|a| a.as_ref().map(|a| a.elapsed_ms)))
        >{live(chip)}</span>
        {live(without_edits)}
        {live(move || answers.read(notes))}
        {live(move || corrected(corrections))}
        <span class="spring"></span>
        {live(busy)}
    };
    let stale = follow(move || answers.is_stale());
    answer(stale, live(sentence), status.into_any(), answers.refused)
}

/// What the sentence's delays are, and how long the engine took.
fn notes(question: &Question, answer: &TwinAnswer) -> AnyView {
    let longest = answer.flows.p99_s.iter().copied().fold(0.0, f64::max);
    let p99 = (longest > 0.0).then(|| {
        ["delays are means; 99 of 100 packets of every flow within ", &units::delay(longest)]
            .concat()
    });
    let offered = units::rate(answer.summary.offered_bit_per_s);
    let assumed =
        question.scenario.topology.links.iter().filter(|link| link.capacity_assumed).count();
    let assumed = (assumed > 0).then(|| {
        let text = [&words::counted(assumed, "link"), " with an assumed capacity"].concat();
        view! { <span class="note warning" data-test="assumed">{text}</span> }
    });
    view! {
        {p99.map(|text| view! { <span class="note timing">{text}</span> })}
        <span class="note timing">{[&offered, " offered, by formula"].concat()}</span>
        {assumed}
    }
    .into_any()
}

/// What the trained network makes of the sentence's delay, and where it should not be believed.
fn corrected(corrections: Corrections) -> AnyView {
    if let Some(failure) = corrections.failure() {
        let text = ["no intervals: ", &failure].concat();
        return view! { <span class="note warning" data-test="no-intervals">{text}</span> }
            .into_any();
    }
    if !corrections.is_wanted() {
        return ().into_any();
    }
    // The place is kept while it is worked out, lest all below jumps when it comes.
    let is_current = corrections.current().is_some();
    let Some(found) = corrections.last() else {
        let text = "corrected by training: being worked out";
        return view! { <span class="note">{text}</span> }.into_any();
    };
    let text = words::corrected(&found);
    let outside = (!found.outside.is_empty()).then(|| {
        let text = ["beyond its training: ", &found.outside.join("; ")].concat();
        view! { <span class="note warning" data-test="outside-training">{text}</span> }
    });
    view! {
        {text.map(|text| view! {
            <span class="note" class:stale=!is_current data-test="corrected" data-model=found.model.clone()
                data-state=if is_current { "done" } else { "answering" }>{text}</span>
        })}
        {outside}
    }
    .into_any()
}
