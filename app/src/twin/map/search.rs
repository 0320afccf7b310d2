//! Nodes and links by name.

use slicewise_core::order::order;
use slicewise_core::twin::Scenario;

use super::picked::Picked;
use crate::twin::names;

/// The most that is offered at a time.
const MOST: usize = 8;

/// Nodes, then links, whose name or id holds `text`, whatever the case of its ASCII letters; those that
/// begin with it come first.
pub fn matching(scenario: &Scenario, text: &str) -> Vec<(Picked, String)> {
    let text = text.trim_ascii().as_bytes();
    if text.is_empty() {
        return Vec::new();
    }
    let topology = &scenario.topology;
    let nodes = (0..topology.nodes.len() as u32).filter_map(|index| {
        let node = &topology.nodes[index as usize];
        let place =
            [&node.label, &node.id].into_iter().filter_map(|name| place_of(name, text)).min()?;
        Some((place > 0, Picked::Node(index)))
    });
    let mut found: Vec<(bool, Picked)> = nodes.collect();
    begins_first(&mut found);
    let links = (0..topology.links.len() as u32).filter_map(|index| {
        let link = &topology.links[index as usize];
        let ends = [link.source, link.target].map(|node| names::node(scenario, node));
        let name = [ends[0], " → ", ends[1]].concat();
        let place = place_of(&link.id, text).or_else(|| place_of(&name, text))?;
        Some((place > 0, Picked::Link(index)))
    });
    // One node named alike leaves room for its links.
    found.truncate(MOST - 2);
    let mut links: Vec<(bool, Picked)> = links.collect();
    begins_first(&mut links);
    found.extend(links);
    found.truncate(MOST);
    found.into_iter().map(|(_, picked)| (picked, name(scenario, picked))).collect()
}

/// Those whose name begins with what was typed come before those that hold it further on.
fn begins_first(found: &mut Vec<(bool, Picked)>) {
    let places = order(found.len(), &|a, b| found[a].0.cmp(&found[b].0));
    *found = places.into_iter().map(|place| found[place]).collect();
}

/// What a node or a link is called.
pub fn name(scenario: &Scenario, picked: Picked) -> String {
    match picked {
        Picked::Node(index) => names::node(scenario, index).to_owned(),
        Picked::Link(index) => names::link(scenario, index),
    }
}

/// Where `text` begins in `name`.
fn place_of(name: &str, text: &[u8]) -> Option<usize> {
    name.as_bytes().windows(text.len()).position(|part| part.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::Scenario;

    use super::*;
    use crate::twin::map::examples::drawn;

    fn scenario() -> Scenario {
        let mut topology = drawn(12, 0);
        topology.nodes[3].label = "Köln".to_owned();
        topology.nodes[5].label = "Bad Kösen".to_owned();
        topology.nodes[7].label = "東京".to_owned();
        Scenario::of(topology)
    }

    #[test]
    fn names_in_any_script_are_found_and_those_that_begin_so_come_first() {
        let scenario = scenario();
        let found =
            |text: &str| matching(&scenario, text).into_iter().map(|(p, _)| p).collect::<Vec<_>>();
        assert_eq!(found("kö")[..2], [Picked::Node(3), Picked::Node(5)]);
        assert_eq!(found(" 京 ")[0], Picked::Node(7));
        assert_eq!(found("N11")[0], Picked::Node(11));
        assert_eq!(found("l21"), [Picked::Link(21)]);
        assert!(found("").is_empty() && found("nowhere").is_empty());
        assert!(matching(&scenario, "n").len() == MOST);
    }

    #[test]
    fn the_links_of_a_node_are_offered_with_it() {
        let scenario = scenario();
        let found = matching(&scenario, "köln");
        assert_eq!(found[0].0, Picked::Node(3));
        let touches = |picked: &Picked| {
            let Picked::Link(index) = picked else { return false };
            let link = &scenario.topology.links[*index as usize];
            link.source == 3 || link.target == 3
        };
        assert!(found.len() > 2 && found[1..].iter().all(|(picked, _)| touches(picked)));
    }
}
