//! The tab What-if: edits, and what they change.

mod changes;
mod edit_list;
mod link;
mod node;
mod pair;

use leptos::prelude::*;
use slicewise_core::twin::Edit;
use slicewise_core::twin::edit::Selection;

use crate::controls::number_field::{BoxField, NumberBox};
use crate::shell::live::{follow, live, on_click};
use crate::twin::controls::queues::{self, QueueField};
use crate::twin::handles::{OpenNetwork, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::state::MOST_TRAFFIC;

/// Its panel.
#[component]
pub fn WhatIfPanel() -> impl IntoView {
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let picked = Memo::new(move |_| (planner.picked.get(), network.scenario.get()));
    let editor = move || {
        match picked.get() {
        (Some(Picked::Link(index)), scenario)
            if (index as usize) < scenario.topology.links.len() =>
        {
            link::editor(planner, scenario, index)
        }
        (Some(Picked::Node(index)), scenario)
            if (index as usize) < scenario.topology.nodes.len() =>
        {
            node::editor(planner, scenario, index)
        }
        _ => view! {
            <p class="hint" data-test="pick-hint">"Pick a link or a node on the map, or a row of a table, to let it fail or to change it."</p>
        }
        .into_any(),
    }
    };
    let classes = Memo::new(move |_| network.scenario.with(|scenario| scenario.classes()));
    view! {
        <div class="what-if-panel">
            <section id="editor" tabindex="-1" class="editor" aria-label="Editor" data-test="editor">{live(editor)}</section>
            <section aria-label="Edits of all traffic">
                {traffic(planner, "edit-traffic", "All traffic".to_owned(), Selection::default())}
                {live(move || of_classes(planner, classes.get()))}
                {pair::editor(planner, network)}
                {queue(planner, network)}
                {groups(planner, network)}
            </section>
            {edit_list::list(planner, network)}
            {changes::tables()}
        </div>
    }
    .into_any()
}

/// A box for the factor of the flows that are selected.
fn traffic(planner: TwinPlanner, test: &'static str, label: String, of: Selection) -> AnyView {
    let selected = of.clone();
    let value = follow(move || {
        planner.state.with(|state| {
            let factor = |edit: &Edit| match edit {
                Edit::Traffic { of, factor } if *of == selected => Some(*factor),
                _ => None,
            };
            state.edits.iter().find_map(factor).unwrap_or(1.0)
        })
    });
    let field = BoxField {
        test: test.to_owned(),
        label,
        unit: Signal::stored("×".to_owned()),
        allowed: Signal::stored((0.0, MOST_TRAFFIC)),
        value,
        change: Callback::new(move |factor| {
            planner.edit(Edit::Traffic { of: of.clone(), factor });
        }),
    };
    view! { <NumberBox field=field/> }.into_any()
}

/// Boxes for the factor of each class, where there are several.
fn of_classes(planner: TwinPlanner, classes: usize) -> AnyView {
    if classes < 2 {
        return ().into_any();
    }
    let of_class = |class: usize| {
        let label = ["Traffic of class ", &class.to_string()].concat();
        let of = Selection { class: Some(class as u8), ..Selection::default() };
        traffic(planner, "edit-class-traffic", label, of)
    };
    (0..classes).map(of_class).collect_view().into_any()
}

/// How all ports queue.
fn queue(planner: TwinPlanner, network: OpenNetwork) -> AnyView {
    let is_meant = |edit: &Edit| matches!(edit, Edit::Queueing { link: None, .. });
    let chosen = move || {
        planner.state.with(|state| match state.edits.iter().find(|edit| is_meant(edit)) {
            Some(Edit::Queueing { queueing, .. }) => Some(queueing.clone()),
            _ => None,
        })
    };
    let field = QueueField {
        test: "edit-all",
        otherwise: "as they are",
        chosen: follow(chosen),
        present: queues::of_all_ports(planner, network),
        classes: follow(move || network.scenario.with(|scenario| scenario.classes())),
        change: Callback::new(move |queueing| match queueing {
            Some(queueing) => planner.edit(Edit::Queueing { link: None, queueing }),
            None => planner.take_back(is_meant),
        }),
    };
    view! {
        <details class="more">
            <summary data-test="edit-queues">"Queues of all ports"</summary>
            {queues::editor(field)}
        </details>
    }
    .into_any()
}

/// A button that lets something fail by `edit`, or takes that back where it `has_failed`.
fn failure(
    planner: TwinPlanner,
    test: &'static str,
    words: [String; 2],
    edit: Edit,
    has_failed: Signal<bool>,
    is_meant: impl Fn(&Edit) -> bool + Copy + 'static,
) -> AnyView {
    let act = move |_| match has_failed.get_untracked() {
        true => planner.take_back(is_meant),
        false => planner.edit(edit.clone()),
    };
    let [fail, restore] = words;
    let label = move || if has_failed.get() { restore.clone() } else { fail.clone() };
    view! {
        <button type="button" data-test=test aria-pressed=follow(move || has_failed.get().to_string())
            on:click=on_click(act)>{live(label)}</button>
    }
    .into_any()
}

/// Buttons for the risk groups, where the network has some.
fn groups(planner: TwinPlanner, network: OpenNetwork) -> AnyView {
    const MOST_SHOWN: usize = 100;
    let ids = Memo::new(move |_| {
        network.scenario.with(|scenario| {
            let groups = scenario.topology.risk_groups.iter().take(MOST_SHOWN);
            groups.map(|group| group.id.clone()).collect::<Vec<_>>()
        })
    });
    let button = move |id: String| {
        let fails = Edit::GroupFails(id.clone());
        let known = fails.clone();
        let has_failed = follow(move || planner.state.with(|s| s.edits.contains(&known)));
        let meant = StoredValue::new(fails.clone());
        let words = [["Let ", &id, " fail"].concat(), ["Restore ", &id].concat()];
        let is_meant = move |edit: &Edit| meant.with_value(|meant| meant == edit);
        failure(planner, "group-fails", words, fails, has_failed, is_meant)
    };
    let content = move || {
        let ids = ids.get();
        (!ids.is_empty()).then(|| {
            view! {
                <details class="more">
                    <summary data-test="groups">"Links that fail together"</summary>
                    <div class="buttons">{ids.into_iter().map(button).collect_view()}</div>
                </details>
            }
        })
    };
    live(content).into_any()
}
