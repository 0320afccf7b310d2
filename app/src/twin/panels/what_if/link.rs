//! One link: what it does, and what can be changed of it.

use leptos::prelude::*;
use slicewise_core::twin::{Edit, LinkAnswers, Queueing};

use super::failure;
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_click};
use crate::twin::controls::queues::{self, QueueField};
use crate::twin::handles::{Answers, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::question::OpenScenario;
use crate::twin::{names, units, words};

/// The editor of link `index`.
pub fn editor(planner: TwinPlanner, scenario: OpenScenario, index: u32) -> AnyView {
    let answers = expect_context::<Answers>();
    let name = names::link(&scenario, index);
    let other = scenario.topology.links[index as usize].opposite.filter(|other| *other != index);
    let turn = other.map(|other| {
        let label = names::link(&scenario, other);
        let turn = move |_| planner.pick(Some(Picked::Link(other)));
        view! {
            <button type="button" class="quiet" data-test="other-direction" on:click=on_click(turn)>
                {["Other direction: ", &label].concat()}
            </button>
        }
    });
    let facts = move || {
        answers.answered.with(|answered| {
            let answered = answered.as_ref().filter(|a| same_size(&a.answer.links, index))?;
            Some(facts(&answered.answer.links, index as usize))
        })
    };
    view! {
        <h2>{name}</h2>
        <p class="facts-line" aria-live="polite" data-test="link-facts">{live(move || facts().unwrap_or_default())}</p>
        <div class="buttons">{fails(planner, &scenario, index)}{turn}</div>
        {capacity(planner, &scenario, index)}
        {weight(planner, &scenario, index)}
        {queue(planner, scenario, index)}
    }
    .into_any()
}

fn same_size(links: &LinkAnswers, index: u32) -> bool {
    (index as usize) < links.utilisation.len()
}

/// What the link does, in one sentence.
fn facts(links: &LinkAnswers, index: usize) -> String {
    let figure = |values: &[f64]| values.get(index).copied().unwrap_or(f64::NAN);
    let used = figure(&links.utilisation);
    if !used.is_finite() {
        return "It has failed.".to_owned();
    }
    let mut text = [
        "Offered ",
        &units::rate(figure(&links.load_bit_per_s)),
        ", ",
        &number_text::coarse_percent(used),
        " of what it can send, by ",
        &words::counted(links.flows.get(index).copied().unwrap_or(0) as usize, "flow"),
    ]
    .concat();
    let (delay, wait) = (figure(&links.mean_delay_s), figure(&links.mean_wait_s));
    if delay.is_finite() {
        text += &["; adds ", &units::delay(delay), ", of which ", &units::delay(wait)].concat();
        text += " are spent waiting";
    }
    let loss = figure(&links.loss);
    if loss > 0.0 {
        text += &["; drops ", &number_text::percent(loss), " of the packets"].concat();
    }
    text + "."
}

/// The ids of both directions, the first one first.
fn cable_ids(scenario: &OpenScenario, index: u32) -> (String, Vec<String>) {
    let id = |link: u32| scenario.topology.links[link as usize].id.clone();
    let first = names::first_direction(scenario, index);
    (id(first), scenario.topology.cable(index).map(id).collect())
}

fn fails(planner: TwinPlanner, scenario: &OpenScenario, index: u32) -> AnyView {
    let (first, ids) = cable_ids(scenario, index);
    let ids = StoredValue::new(ids);
    let is_meant = move |edit: &Edit| match edit {
        Edit::LinkFails(id) => ids.with_value(|ids| ids.contains(id)),
        _ => false,
    };
    let has_failed = follow(move || planner.state.with(|state| state.edits.iter().any(is_meant)));
    let words = ["Let it fail, both ways".to_owned(), "Restore".to_owned()];
    failure(planner, "link-fails", words, Edit::LinkFails(first), has_failed, is_meant)
}

fn capacity(planner: TwinPlanner, scenario: &OpenScenario, index: u32) -> AnyView {
    let (first, ids) = cable_ids(scenario, index);
    let ids = StoredValue::new(ids);
    let original = scenario.topology.links[index as usize].capacity_bit_per_s;
    let unit = units::rate_unit(original);
    let is_meant = move |edit: &Edit| match edit {
        Edit::Capacity { link, .. } => ids.with_value(|ids| ids.contains(link)),
        _ => false,
    };
    let present = move || {
        planner.state.with(|state| {
            let edit = state.edits.iter().rev().find(|edit| is_meant(edit));
            match edit {
                Some(Edit::Capacity { bit_per_s, .. }) => *bit_per_s,
                _ => original,
            }
        })
    };
    let field = BoxField {
        test: "link-capacity".to_owned(),
        label: "Capacity, both ways".to_owned(),
        unit: Signal::stored(unit.name.to_owned()),
        allowed: Signal::stored((1e-3 / unit.bit_per_s, 1e15 / unit.bit_per_s)),
        value: follow(move || present() / unit.bit_per_s),
        change: Callback::new(move |number: f64| {
            let bit_per_s = number * unit.bit_per_s;
            match bit_per_s == original {
                true => planner.take_back(is_meant),
                false => planner.edit(Edit::Capacity { link: first.clone(), bit_per_s }),
            }
        }),
    };
    view! { <NumberBox field=field/> }.into_any()
}

fn weight(planner: TwinPlanner, scenario: &OpenScenario, index: u32) -> AnyView {
    let link = &scenario.topology.links[index as usize];
    let (id, original) = (StoredValue::new(link.id.clone()), link.weight);
    let is_meant = move |edit: &Edit| match edit {
        Edit::Weight { link, .. } => id.with_value(|id| id == link),
        _ => false,
    };
    let present = move || {
        planner.state.with(|state| match state.edits.iter().find(|edit| is_meant(edit)) {
            Some(Edit::Weight { weight, .. }) => *weight,
            _ => original,
        })
    };
    let field = BoxField {
        test: "link-weight".to_owned(),
        label: "Weight for routing, this way".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((1e-9, 1e9)),
        value: follow(present),
        change: Callback::new(move |weight: f64| match weight == original {
            true => planner.take_back(is_meant),
            false => planner.edit(Edit::Weight { link: id.get_value(), weight }),
        }),
    };
    view! { <NumberBox field=field/> }.into_any()
}

fn queue(planner: TwinPlanner, scenario: OpenScenario, index: u32) -> AnyView {
    let id = StoredValue::new(scenario.topology.links[index as usize].id.clone());
    let own = scenario.topology.links[index as usize].queueing as usize;
    let own = scenario.queueings.get(own).cloned().unwrap_or_default();
    let is_meant = move |edit: &Edit| match edit {
        Edit::Queueing { link: Some(link), .. } => id.with_value(|id| id == link),
        _ => false,
    };
    let chosen = move || -> Option<Queueing> {
        planner.state.with(|state| match state.edits.iter().find(|edit| is_meant(edit)) {
            Some(Edit::Queueing { queueing, .. }) => Some(queueing.clone()),
            _ => None,
        })
    };
    let classes = scenario.classes();
    let field = QueueField {
        test: "link",
        otherwise: "as all ports, or as the network has it",
        chosen: follow(chosen),
        present: follow(move || {
            planner.state.with(|state| state.queueing.clone()).unwrap_or_else(|| own.clone())
        }),
        classes: Signal::stored(classes),
        change: Callback::new(move |queueing| match queueing {
            Some(queueing) => {
                planner.edit(Edit::Queueing { link: Some(id.get_value()), queueing });
            }
            None => planner.take_back(is_meant),
        }),
    };
    view! {
        <details class="more">
            <summary data-test="link-queue">"Its queue, this way"</summary>
            {queues::editor(field)}
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::answer;

    #[test]
    fn a_link_is_told_with_what_it_carries_adds_and_drops() {
        let mut links = answer().links;
        links.loss[0] = 0.01;
        let told = "Offered 400 Mbit/s, 40 % of what it can send, by 1 flow; adds 1.2 ms, of which 0.2 ms \
                    are spent waiting; drops 1 % of the packets.";
        assert_eq!(facts(&links, 0), told);
        links.utilisation[0] = f64::NAN;
        assert_eq!(facts(&links, 0), "It has failed.");
    }
}
