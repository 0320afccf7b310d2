//! The traffic between two nodes: how much, and by which path.

use leptos::ev::Event;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::{Edit, Flow, Scenario};

use super::traffic;
use crate::controls::explanation::{Explanation, unique_id};
use crate::shell::live::{follow, live, on_change, on_click};
use crate::twin::handles::{OpenNetwork, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::names;

const ABOUT_PATH: &str = "The nodes on the way, in order, with commas between them: the flows take the links between neighbours in this list. Empty: the way by weights.";
/// The most names that a box offers.
const MOST_OFFERED: usize = 1000;

/// What is typed into the boxes of both ends.
#[derive(Clone, Copy)]
struct Ends {
    source: RwSignal<String>,
    target: RwSignal<String>,
}

/// The editor, closed at first.
pub fn editor(planner: TwinPlanner, network: OpenNetwork) -> AnyView {
    let ends = Ends { source: RwSignal::new(String::new()), target: RwSignal::new(String::new()) };
    let names = unique_id("nodes");
    let offered = move || {
        network.scenario.with(|scenario| {
            let count = scenario.topology.nodes.len().min(MOST_OFFERED) as u32;
            let option =
                |index| view! { <option value=names::node(scenario, index).to_owned()></option> };
            (0..count).map(option).collect_view()
        })
    };
    let pair = Memo::new(move |_| {
        network.scenario.with(|scenario| {
            let found = |end: RwSignal<String>| end.with(|text| names::node_meant(scenario, text));
            found(ends.source).zip(found(ends.target)).filter(|(source, target)| source != target)
        })
    });
    let use_picked = move |end: RwSignal<String>| {
        if let Some(Picked::Node(index)) = planner.picked.get_untracked() {
            end.set(network.scenario.with_untracked(|s| names::node(s, index).to_owned()));
        }
    };
    let has_node = follow(move || matches!(planner.picked.get(), Some(Picked::Node(_))));
    let side = |label: &'static str, test: &'static str, end: RwSignal<String>| {
        let (box_id, error_id) = (unique_id("end"), unique_id("error"));
        let described = error_id.clone();
        let wrong = Memo::new(move |_| {
            network.scenario.with(|s| end.with(|text| unknown_node(s, label, text)))
        });
        view! {
            <div class="number-box">
                <label for=box_id.clone()>{label}</label>
                <input id=box_id class="node-name" type="text" autocomplete="off" list=names.clone() data-test=test
                    prop:value=follow(move || end.get())
                    aria-invalid=follow(move || wrong.with(Option::is_some).then_some("true"))
                    aria-describedby=follow(move || wrong.with(Option::is_some).then(|| described.clone()))
                    on:change=on_change(move |event: Event| end.set(event_target_value(&event)))/>
                <button type="button" class="quiet" disabled=follow(move || !has_node.get())
                    aria-label=[label, " the node that is picked"].concat()
                    on:click=on_click(move |_| use_picked(end))>"picked"</button>
                {live(move || wrong.get().map(|text| view! {
                    <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
                }))}
            </div>
        }
        .into_any()
    };
    let content = move || {
        pair.get()
            .map(|pair| network.scenario.with_untracked(|s| of_pair(planner, network, s, pair)))
    };
    view! {
        <details class="more">
            <summary data-test="pair">"Traffic between two nodes"</summary>
            <datalist id=names.clone()>{live(offered)}</datalist>
            {side("From", "pair-from", ends.source)}
            {side("To", "pair-to", ends.target)}
            {live(content)}
        </details>
    }
    .into_any()
}

/// What is wrong with the name of an end, if anything.
fn unknown_node(scenario: &Scenario, label: &str, text: &str) -> Option<String> {
    let known = text.is_empty() || names::node_meant(scenario, text).is_some();
    (!known).then(|| InputError::new(label, text, "the name or id of a node").to_string())
}

/// Factor and path of the flows between both nodes.
fn of_pair(
    planner: TwinPlanner,
    network: OpenNetwork,
    scenario: &Scenario,
    (source, target): (u32, u32),
) -> AnyView {
    let is_between = |flow: &Flow| (flow.source, flow.target) == (source, target);
    if !scenario.flows.iter().any(is_between) {
        return view! { <p class="hint" data-test="no-flow">"Nothing is sent between them."</p> }
            .into_any();
    }
    let id = |index: u32| Some(scenario.topology.nodes[index as usize].id.clone());
    let of = Selection { source: id(source), target: id(target), class: None };
    view! {
        {traffic(planner, "pair-traffic", "Its traffic".to_owned(), of.clone())}
        {path(planner, network, of, (source, target))}
    }
    .into_any()
}

fn path(planner: TwinPlanner, network: OpenNetwork, of: Selection, ends: (u32, u32)) -> AnyView {
    let selected = of.clone();
    let present = follow(move || {
        planner.state.with(|state| {
            let found = state.edits.iter().find_map(|edit| match edit {
                Edit::Path { of, links } if *of == selected => Some(links.clone()),
                _ => None,
            });
            found.map(|links| network.scenario.with(|s| between(s, &links))).unwrap_or_default()
        })
    });
    let error: RwSignal<Option<(String, String)>> = RwSignal::new(None);
    let typed = move |event: Event| {
        let text = event_target_value(&event);
        let links = network.scenario.with_untracked(|s| links_through(s, ends, &text));
        match links {
            Ok(links) => {
                error.set(None);
                let of = of.clone();
                match links.is_empty() {
                    true => planner
                        .take_back(|edit| matches!(edit, Edit::Path { of: o, .. } if *o == of)),
                    false => planner.edit(Edit::Path { of, links }),
                }
            }
            Err(message) => error.set(Some((text, message.to_string()))),
        }
    };
    let shown = move || match error.get() {
        Some((typed, _)) => typed,
        None => present.get(),
    };
    let (box_id, error_id) = (unique_id("path"), unique_id("error"));
    let described = error_id.clone();
    view! {
        <div class="number-box">
            <label for=box_id.clone()>"By way of"</label>
            <Explanation topic="by way of" text=ABOUT_PATH/>
            <input id=box_id class="node-name" type="text" autocomplete="off" placeholder="by weights" data-test="pair-path"
                prop:value=follow(shown)
                aria-invalid=follow(move || error.with(Option::is_some).then_some("true"))
                aria-describedby=follow(move || error.with(Option::is_some).then(|| described.clone()))
                on:change=on_change(typed)/>
            {live(move || error.get().map(|(_, text)| view! {
                <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
            }))}
        </div>
    }
    .into_any()
}

/// The nodes between both ends of a path, as they are typed.
fn between(scenario: &Scenario, links: &[String]) -> String {
    let last = links.len().saturating_sub(1);
    let node = |id: &String| {
        let link = names::link_index(scenario, id)?;
        Some(names::node(scenario, scenario.topology.links[link as usize].target))
    };
    let nodes: Vec<&str> = links[..last].iter().filter_map(node).collect();
    match (links.len(), nodes.is_empty()) {
        // A path of one link has nobody between its ends.
        (1, _) => names::link_of_id(scenario, &links[0]),
        _ => nodes.join(", "),
    }
}

/// The links from the first end by way of the nodes in `text` to the last; none where `text` is empty.
///
/// # Errors
/// Names the node that is not known, or the two that have no link between them.
fn links_through(
    scenario: &Scenario,
    (source, target): (u32, u32),
    text: &str,
) -> Result<Vec<String>, InputError> {
    const FIELD: &str = "by way of";
    let names: Vec<&str> = text
        .split(',')
        .map(|name| name.trim_matches(' '))
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut nodes = vec![source];
    for name in names {
        let found = names::node_meant(scenario, name);
        let known = || InputError::new(FIELD, name, "names of nodes with commas between them");
        let node = found.ok_or_else(known)?;
        // Both ends may be named too.
        if node != source && node != target {
            nodes.push(node);
        }
    }
    nodes.push(target);
    let step = |pair: &[u32]| {
        let links = scenario.topology.links.iter();
        let mut fitting = links.filter(|link| (link.source, link.target) == (pair[0], pair[1]));
        let first = fitting.next();
        let lightest = fitting.fold(first, |best, link| match best {
            Some(best) if best.weight <= link.weight => Some(best),
            _ => Some(link),
        });
        lightest.map(|link| link.id.clone()).ok_or_else(|| {
            let both = [names::node(scenario, pair[0]), " → ", names::node(scenario, pair[1])];
            InputError::new(FIELD, both.concat(), "nodes with a link from each to the next")
        })
    };
    nodes.windows(2).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::triangle;

    #[test]
    fn a_path_is_typed_as_the_nodes_on_the_way() {
        let scenario = triangle();
        let read = |text: &str| links_through(&scenario, (0, 1), text);
        let way = vec!["ac".to_owned(), "cb".to_owned()];
        assert_eq!(read(" C ,").unwrap(), way);
        assert_eq!(read("Aachen, c, Bern").unwrap(), way);
        assert_eq!(read("aachen").unwrap(), ["ab"]);
        assert!(read("").unwrap().is_empty());
        assert_eq!(between(&scenario, &way), "c");
        assert_eq!(between(&scenario, &["ab".to_owned()]), "Aachen → Bern");
    }

    #[test]
    fn a_path_over_a_link_that_is_not_there_is_named() {
        let mut scenario = triangle();
        scenario.topology.links.truncate(4);
        let message = |text: &str| links_through(&scenario, (0, 1), text).unwrap_err().to_string();
        let told = "by way of is Aachen → c; allowed: nodes with a link from each to the next";
        assert_eq!(message("c"), told);
        assert!(message("Basel").starts_with("by way of is Basel; allowed: names of nodes"));
    }

    #[test]
    fn of_parallel_links_a_path_takes_the_lightest() {
        let mut scenario = triangle();
        let mut second = scenario.topology.links[5].clone();
        (second.id, second.weight) = ("ac-2".to_owned(), 0.5);
        scenario.topology.links.push(second);
        assert_eq!(links_through(&scenario, (0, 1), "c").unwrap(), ["ac-2", "cb"]);
    }
}
