//! The map, and the tabs beside it.

use leptos::prelude::*;

use super::handles::{Answers, Corrections, Improvements, OpenNetwork, TwinPlanner};
use super::map::NetworkMap;
use super::map_colour;
use super::panels::{FailuresPanel, FlowsPanel, WhatIfPanel};
use super::state::{Quantity, Tab};
use crate::controls::explanation::Explanation;
use crate::shell::live::{follow, live, on_change};
use crate::shell::tabs::{TabText, Tabs};

const TABS: [TabText<Tab>; 6] = [
    (Tab::WhatIf, "what-if", "What-if", || view! { <WhatIfPanel/> }.into_any()),
    (Tab::Failures, "failures", "Failures", || view! { <FailuresPanel/> }.into_any()),
    (Tab::Flows, "flows", "Flows", || view! { <FlowsPanel/> }.into_any()),
    (Tab::Routing, "routing", "Routing", || improve("routing")),
    (Tab::Growth, "growth", "Growth", || improve("growth")),
    (Tab::Measurements, "measurements", "Measurements", || improve("measurements")),
];

/// The panel of a tab that a program of its own shows.
fn improve(tab: &'static str) -> AnyView {
    expect_context::<Improvements>().slot.panel(tab)
}

const ABOUT_COLOUR: &str = "Utilisation: what a link is offered over what it can send. Delay: what it adds on average, waiting, transmission and travel. Loss: the share of packets that find no room. Change: utilisation with the edits, less that without them. Where not to trust the formula: by how much training moves the delay that a link adds. Every link is drawn once in each direction.";

/// The tabs and the panel of the one that is open, beside the map.
#[component]
pub fn Views() -> impl IntoView {
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let answers = expect_context::<Answers>();
    let corrections = expect_context::<Corrections>();
    let improvements = expect_context::<Improvements>();
    let open = move || planner.state.with(|state| state.tab);
    let tabs = Tabs::new(&TABS, open, move |tab| planner.show(tab));
    let quantity = Memo::new(move |_| planner.state.with(|state| state.colour));
    let colour =
        Memo::new(move |_| map_colour::of(answers, corrections, improvements, quantity.get()));
    let failed = Memo::new(move |_| answers.question.with(|question| question.failed()));
    let answer = follow(move || answers.answered.with(|a| a.as_ref().map(|a| a.answer.clone())));
    view! {
        <div class="views network">
            <section class="network-map" class:stale=follow(move || answers.is_stale()) aria-label="Map" data-test="map">
                {chooser(planner, answers, improvements, quantity)}
                <NetworkMap scenario=network.scenario colour=colour failed=failed answer=answer
                    selected=planner.picked highlighted=planner.highlighted/>
            </section>
            <div class="network-panels">{tabs.list()}{tabs.panels(None)}</div>
        </div>
    }
    .into_any()
}

/// What a quantity is called in the chooser.
fn title(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Utilisation => "utilisation",
        Quantity::Delay => "delay",
        Quantity::Loss => "loss",
        Quantity::Difference => "change by the edits",
        Quantity::Disagreement => "where not to trust the formula",
        Quantity::Found => "what a tab has found",
    }
}

/// Chooses what the colours tell.
fn chooser(
    planner: TwinPlanner,
    answers: Answers,
    improvements: Improvements,
    quantity: Memo<Quantity>,
) -> AnyView {
    let options = Quantity::ALL.map(|other| {
        let chosen = follow(move || quantity.get() == other);
        view! { <option value=other.name() prop:selected=chosen>{title(other)}</option> }
    });
    let choose = move |event| {
        let name = event_target_value(&event);
        let chosen = Quantity::ALL.into_iter().find(|quantity| quantity.name() == name);
        if let Some(chosen) = chosen {
            planner.state.update(|state| state.colour = chosen);
        }
    };
    let compares_nothing = move || {
        let nothing = answers.question.with(|question| question.edits.is_empty());
        (nothing && quantity.get() == Quantity::Difference)
            .then(|| view! { <p class="hint" data-test="no-change">"There are no edits yet that could change anything."</p> })
    };
    let found = move || {
        (quantity.get() == Quantity::Found).then(|| {
            let found = improvements.colours.get();
            let told =
                found.map_or("No tab has found anything yet.".to_owned(), |f| f.name.clone());
            view! { <p class="hint" data-test="found">{told}</p> }
        })
    };
    view! {
        <div class="field-head colour-choice">
            <label for="colour">"Colour"</label>
            <select id="colour" data-test="colour" on:change=on_change(choose)>{options.collect_view()}</select>
            <Explanation topic="colour" text=ABOUT_COLOUR/>
        </div>
        {live(compares_nothing)}
        {live(found)}
    }
    .into_any()
}
