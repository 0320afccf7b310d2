//! What nodes and links are called.

use slicewise_core::twin::{Link, Scenario};

/// Name of the node of this index: its label, or its id where it has none.
pub fn node(scenario: &Scenario, index: u32) -> &str {
    scenario.topology.nodes.get(index as usize).map_or("?", |node| match node.label.is_empty() {
        true => &node.id,
        false => &node.label,
    })
}

/// Both ends of a flow, and its class where the network has several: `Milan → Vienna, class 1`.
pub fn flow(scenario: &Scenario, index: usize) -> String {
    let has_classes = scenario.flows.iter().any(|other| other.class > 0);
    flow_of(scenario, index, has_classes)
}

/// Both ends of a flow, and its class if that is wanted.
pub fn flow_of(scenario: &Scenario, index: usize, with_class: bool) -> String {
    let Some(flow) = scenario.flows.get(index) else { return "?".to_owned() };
    let ends = between(scenario, flow.source, " → ", flow.target);
    match with_class {
        true => [&ends, ", class ", &flow.class.to_string()].concat(),
        false => ends,
    }
}

/// Links that are looked through for one that leads to the same node: in larger networks every name has its
/// id, so that long tables of names stay quick.
const MOST_COMPARED: usize = 2000;

/// Name of one direction of a link: `Milan → Vienna`, with its id where several links lead there.
pub fn link(scenario: &Scenario, index: u32) -> String {
    named(scenario, index, " → ")
}

/// Name of a link with both its directions: `Milan–Vienna`.
pub fn cable(scenario: &Scenario, index: u32) -> String {
    named(scenario, index, "–")
}

fn named(scenario: &Scenario, index: u32, sign: &str) -> String {
    let links = &scenario.topology.links;
    let Some(link) = links.get(index as usize) else { return "?".to_owned() };
    let name = between(scenario, link.source, sign, link.target);
    let is_beside = |other: &&Link| (other.source, other.target) == (link.source, link.target);
    let needs_id = links.len() > MOST_COMPARED || links.iter().filter(is_beside).nth(1).is_some();
    match needs_id {
        true => [&name, " (", &link.id, ")"].concat(),
        false => name,
    }
}

fn between(scenario: &Scenario, source: u32, sign: &str, target: u32) -> String {
    [node(scenario, source), sign, node(scenario, target)].concat()
}

/// Index of the node of this id.
pub fn node_index(scenario: &Scenario, id: &str) -> Option<u32> {
    let place = scenario.topology.nodes.iter().position(|node| node.id == id)?;
    Some(place as u32)
}

/// Index of the link of this id.
pub fn link_index(scenario: &Scenario, id: &str) -> Option<u32> {
    let place = scenario.topology.links.iter().position(|link| link.id == id)?;
    Some(place as u32)
}

/// Index of the node that a visitor means by `text`: its id, or its label in whatever case.
pub fn node_meant(scenario: &Scenario, text: &str) -> Option<u32> {
    let nodes = &scenario.topology.nodes;
    let place = nodes.iter().position(|node| node.id == text || node.label == text);
    let place = place.or_else(|| {
        nodes.iter().position(|node| {
            node.id.eq_ignore_ascii_case(text) || node.label.eq_ignore_ascii_case(text)
        })
    });
    place.map(|place| place as u32)
}

/// Name of the node of this id; the id itself where there is none.
pub fn node_of_id(scenario: &Scenario, id: &str) -> String {
    node_index(scenario, id).map_or(id, |index| node(scenario, index)).to_owned()
}

/// Name of the direction of the link of this id; the id itself where there is none.
pub fn link_of_id(scenario: &Scenario, id: &str) -> String {
    link_index(scenario, id).map_or_else(|| id.to_owned(), |index| link(scenario, index))
}

/// Name of the link of this id with both its directions; the id itself where there is none.
pub fn cable_of_id(scenario: &Scenario, id: &str) -> String {
    link_index(scenario, id).map_or_else(|| id.to_owned(), |index| cable(scenario, index))
}

/// The nodes along the links of these ids: `Milan → Zagreb → Vienna`.
pub fn path_of_ids(scenario: &Scenario, ids: &[String]) -> String {
    let mut text = String::new();
    for id in ids {
        let ends = link_index(scenario, id).map(|index| &scenario.topology.links[index as usize]);
        let Some(link) = ends else {
            text += &[" → ", id].concat();
            continue;
        };
        if text.is_empty() {
            text += node(scenario, link.source);
        }
        text += &[" → ", node(scenario, link.target)].concat();
    }
    text
}

/// The first direction of the cable of link `index`, which edits of both directions name.
pub fn first_direction(scenario: &Scenario, index: u32) -> u32 {
    scenario.topology.cable(index).min().unwrap_or(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::triangle;

    #[test]
    fn parallel_links_are_told_apart_by_their_ids() {
        let mut scenario = triangle();
        assert_eq!(link(&scenario, 0), "Aachen → Bern");
        assert_eq!(cable(&scenario, 1), "Bern–Aachen");
        let mut second = scenario.topology.links[0].clone();
        second.id = "ab-2".to_owned();
        scenario.topology.links.push(second);
        assert_eq!(link(&scenario, 0), "Aachen → Bern (ab)");
        assert_eq!(link(&scenario, 6), "Aachen → Bern (ab-2)");
        assert_eq!(first_direction(&scenario, 1), 0);
    }

    #[test]
    fn a_flow_is_told_with_its_class_where_there_are_several() {
        let mut scenario = triangle();
        assert_eq!(flow(&scenario, 1), "Aachen → c");
        scenario.flows[1].class = 2;
        assert_eq!(flow(&scenario, 0), "Aachen → Bern, class 0");
        assert_eq!(flow(&scenario, 1), "Aachen → c, class 2");
    }

    #[test]
    fn a_node_is_found_by_its_id_and_by_its_label() {
        let scenario = triangle();
        assert_eq!(node_meant(&scenario, "bern"), Some(1));
        assert_eq!(node_meant(&scenario, "c"), Some(2));
        assert_eq!(node_meant(&scenario, "Basel"), None);
        assert_eq!(node(&scenario, 2), "c");
    }
}
