//! One node: what begins and ends there, and what can be changed of it.

use leptos::prelude::*;
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::{Edit, Scenario};

use super::{failure, traffic};
use crate::shell::live::{follow, on_click};
use crate::twin::handles::TwinPlanner;
use crate::twin::map::Picked;
use crate::twin::question::OpenScenario;
use crate::twin::{names, words};

/// The most links that are listed as buttons.
const MOST_LISTED: usize = 40;

/// The editor of node `index`.
pub fn editor(planner: TwinPlanner, scenario: OpenScenario, index: u32) -> AnyView {
    let id = scenario.topology.nodes[index as usize].id.clone();
    let fails = Edit::NodeFails(id.clone());
    let meant = StoredValue::new(fails.clone());
    let is_meant = move |edit: &Edit| meant.with_value(|meant| meant == edit);
    let has_failed = follow(move || planner.state.with(|state| state.edits.iter().any(is_meant)));
    let words = ["Let it fail".to_owned(), "Restore".to_owned()];
    let from = Selection { source: Some(id.clone()), ..Selection::default() };
    let to = Selection { target: Some(id), ..Selection::default() };
    view! {
        <h2>{names::node(&scenario, index).to_owned()}</h2>
        <p class="facts-line" aria-live="polite" data-test="node-facts">{facts(&scenario, index)}</p>
        <div class="buttons">{failure(planner, "node-fails", words, fails, has_failed, is_meant)}</div>
        {traffic(planner, "traffic-from", "Traffic from here".to_owned(), from)}
        {traffic(planner, "traffic-to", "Traffic to here".to_owned(), to)}
        {links(planner, &scenario, index)}
    }
    .into_any()
}

/// How many links and flows it has.
fn facts(scenario: &Scenario, index: u32) -> String {
    let links = scenario.topology.links.iter().filter(|link| link.source == index).count();
    let from = scenario.flows.iter().filter(|flow| flow.source == index).count();
    let to = scenario.flows.iter().filter(|flow| flow.target == index).count();
    let (links, begin) = (words::counted(links, "link"), words::counted(from, "flow"));
    [&links, " lead away; ", &begin, " begin here and ", &words::number(to), " end here."].concat()
}

/// Buttons that pick the links that lead away.
fn links(planner: TwinPlanner, scenario: &Scenario, index: u32) -> AnyView {
    let own = scenario.topology.links.iter().zip(0_u32..);
    let own = own.filter(|(link, _)| link.source == index).take(MOST_LISTED);
    let button = |(_, link): (_, u32)| {
        let pick = move |_| planner.pick(Some(Picked::Link(link)));
        view! {
            <button type="button" class="quiet" data-test="pick-link" on:click=on_click(pick)>{names::link(scenario, link)}</button>
        }
    };
    let buttons = own.map(button).collect_view();
    view! { <div class="buttons" role="group" aria-label="Links that lead away">{buttons}</div> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::triangle;

    #[test]
    fn a_node_is_told_with_its_links_and_flows() {
        let told = "2 links lead away; 2 flows begin here and 0 end here.";
        assert_eq!(facts(&triangle(), 0), told);
    }
}
