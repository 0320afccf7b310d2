//! Node-link JSON of networkx, d3 and TopoHub.
//!
//! - Links stand under `edges` (networkx since 3.6) or `links` (before, and d3); where both stand, the one
//!   that holds some.
//! - Ends are ids of nodes, or positions where they are no ids, as of older d3 and networkx 1.
//! - TopoHub has demands in `graph.demands`, without a unit, and `dist` in kilometres; where its coordinates are no
//!   degrees, distances that were worked out of them are passed over.
//! - Written are `edges`, `directed` and `multigraph`, so that networkx 3.6 reads them as it is, and older
//!   ones with `edges="edges"`; demands as a list in `graph.demands`.

use std::collections::{HashMap, HashSet};

use crate::twin::{Place, Scenario};

use super::assembly::is_on_globe;
use super::found::{FoundDemand, FoundLink, FoundNetwork, FoundNode, GraphUnits};
use super::json::{Json, Line, list, quoted};
use super::rate::{Rate, rate};

/// Whether a document is of this format: it has nodes and links, or demands in `graph`, or is a list of links,
/// or holds elements of Cytoscape.
pub(super) fn is_node_link(document: &Json<'_>) -> bool {
    let has = |name: &str| matches!(document.get(name), Some(Json::List(_)));
    let has_demands = document.get("graph").is_some_and(|graph| graph.get("demands").is_some());
    let is_list_of_links = || {
        let links = document.items();
        !links.is_empty() && links.iter().all(is_link)
    };
    has("nodes")
        || has("links")
        || has("edges")
        || has_demands
        || document.get("elements").is_some()
        || is_list_of_links()
}

/// Whether an object names both ends of a link.
fn is_link(link: &Json<'_>) -> bool {
    let has = |names: [&str; 2]| names.into_iter().any(|name| link.get(name).is_some());
    has(["source", "from"]) && has(["target", "to"])
}

/// The objects of nodes and those of links.
fn elements<'a, 'b>(document: &'a Json<'b>) -> (Vec<&'a Json<'b>>, Vec<&'a Json<'b>>) {
    let data = |element: &'a Json<'b>| element.get("data").unwrap_or(element);
    let list_of = |of: &'a Json<'b>, name: &str| of.get(name).map(Json::items).unwrap_or_default();
    let of = document.get("elements").unwrap_or(document);
    if let Json::List(items) = of {
        let (links, nodes) = items.iter().map(data).partition(|element| is_link(element));
        return (nodes, links);
    }
    let (edges, links) = (list_of(of, "edges"), list_of(of, "links"));
    let links = if edges.is_empty() { links } else { edges };
    (list_of(of, "nodes").iter().map(data).collect(), links.iter().map(data).collect())
}

/// Reads a network.
pub(super) fn read(document: &Json<'_>) -> FoundNetwork {
    let (nodes, links) = elements(document);
    let graph = document.get("graph").unwrap_or(&Json::Null);
    let mut network = FoundNetwork {
        name: name(document, graph),
        directed: matches!(document.get("directed"), Some(Json::Bool(true))),
        ..FoundNetwork::default()
    };
    let mut units = GraphUnits::default();
    for (name, value) in attributes(graph) {
        units.take(name, value);
    }
    network.nodes = nodes.into_iter().enumerate().map(|(at, node)| read_node(node, at)).collect();
    for link in links {
        let link = read_link(&mut network, link, &units);
        network.links.push(link);
    }
    if network.nodes.is_empty() {
        network.take_nodes_of_links();
    }
    if document.get("directed").is_none() && network.has_both_directions() {
        network.directed = true;
        network.told.push("links in both directions: each taken to go one way".to_owned());
    }
    by_position(&mut network);
    without_pixel_lengths(&mut network);
    if let Some(demands) = graph.get("demands").or_else(|| document.get("demands")) {
        read_demands(demands, &mut network);
    }
    if let Some(groups) = graph.get("risk_groups") {
        read_groups(groups, &mut network);
    }
    network
}

fn name(document: &Json<'_>, graph: &Json<'_>) -> String {
    let own = |of: &Json<'_>, name: &str| of.get(name).and_then(Json::text).map(str::to_owned);
    // networkx 1 writes attributes of the graph as a list of pairs.
    let of_pairs =
        || attributes(graph).find(|(name, _)| *name == "name").map(|(_, name)| name.to_owned());
    let found = own(graph, "name").or_else(|| own(graph, "Network")).or_else(of_pairs);
    found.or_else(|| own(document, "name")).unwrap_or_default().trim_ascii().to_owned()
}

/// Attributes of an object, or of a list of pairs.
fn attributes<'a>(graph: &'a Json<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let own = graph.members().iter().filter_map(|(name, value)| Some((&name[..], value.text()?)));
    let pairs = graph.items().iter().filter_map(|pair| match pair.items() {
        [name, value] => Some((name.text()?, value.text()?)),
        _ => None,
    });
    own.chain(pairs)
}

fn read_node(node: &Json<'_>, at: usize) -> FoundNode {
    let mut found = FoundNode::default();
    if let Some(id) = node.text() {
        id.clone_into(&mut found.id);
        id.clone_into(&mut found.label);
        return found;
    }
    let text = |name: &str| node.get(name).and_then(Json::text);
    let id = ["id", "key", "name", "label"].into_iter().find_map(text);
    found.id = id.map_or_else(|| at.to_string(), str::to_owned);
    for (name, value) in node.members() {
        match value {
            Json::List(pair) if &name[..] == "pos" || &name[..] == "coordinates" => {
                if let [x, y, ..] = &pair[..] {
                    let pair = x.number().zip(y.number());
                    found.place.pair = pair.filter(|(x, y)| x.is_finite() && y.is_finite());
                }
            }
            _ => {
                if let Some(value) = value.text() {
                    found.take(name, value);
                }
            }
        }
    }
    found
}

fn read_link(network: &mut FoundNetwork, link: &Json<'_>, units: &GraphUnits) -> FoundLink {
    let mut found = FoundLink::default();
    for (name, value) in link.members() {
        match &name[..] {
            "source" | "from" => found.source = end(value),
            "target" | "to" => found.target = end(value),
            // The number of a link among parallel ones.
            "key" => {}
            name => {
                if let Some(value) = value.text() {
                    network.give(&mut found, (name, value), units);
                }
            }
        }
    }
    found
}

/// What a link's end is called: an id, or that of the node that d3 puts in its place.
fn end(value: &Json<'_>) -> String {
    let own = value.text().or_else(|| value.get("id").and_then(Json::text));
    own.or_else(|| value.get("index").and_then(Json::text)).unwrap_or_default().to_owned()
}

/// Turns positions into ids where ends are positions.
fn by_position(network: &mut FoundNetwork) {
    let ids: HashSet<&str> = network.nodes.iter().map(|node| &node.id[..]).collect();
    let count = network.nodes.len();
    let position = |end: &str| end.parse::<usize>().ok().filter(|at| *at < count);
    let ends = || network.links.iter().flat_map(|link| [&link.source[..], &link.target[..]]);
    let are_ids = ends().all(|end| ids.contains(end));
    if are_ids || !ends().all(|end| position(end).is_some()) {
        return;
    }
    let nodes = &network.nodes;
    for link in &mut network.links {
        for end in [&mut link.source, &mut link.target] {
            if let Some(at) = position(end) {
                nodes[at].id.clone_into(end);
            }
        }
    }
    network.told.push("ends of links taken as positions of nodes".to_owned());
}

/// Passes over lengths where coordinates are no degrees: whoever wrote both worked out the lengths as if.
fn without_pixel_lengths(network: &mut FoundNetwork) {
    let pairs = network.nodes.iter().filter_map(|node| node.place.pair);
    let on_globe = pairs.into_iter().all(|(x, y)| is_on_globe(x, y));
    if on_globe || network.links.iter().all(|link| link.length_m.is_none()) {
        return;
    }
    network.links.iter_mut().for_each(|link| link.length_m = None);
    network.told.push("lengths passed over: coordinates are no degrees".to_owned());
}

fn read_demands(demands: &Json<'_>, network: &mut FoundNetwork) {
    let mut bad = 0;
    if let Json::List(demands) = demands {
        for demand in demands {
            match read_demand(demand) {
                Some(demand) => network.demands.push(demand),
                None => bad += 1,
            }
        }
    } else {
        network.demands_may_be_mutual = true;
        for (source, targets) in demands.members() {
            for (target, value) in targets.members() {
                let Some(number) = value.number() else {
                    bad += 1;
                    continue;
                };
                let (source, target) = (source.to_string(), target.to_string());
                let rate = Rate::bare(number);
                network.demands.push(FoundDemand { source, target, rate, class: 0 });
            }
        }
    }
    if bad > 0 {
        network.told.push(format!("demands without ends or a rate passed over: {bad}"));
    }
}

fn read_groups(groups: &Json<'_>, network: &mut FoundNetwork) {
    let links = network.links.iter().enumerate().map(|(index, link)| (&link.id[..], index));
    let links: HashMap<&str, usize> = links.collect();
    let found = groups.items().iter().filter_map(|group| {
        let ids = group.get("links")?.items().iter();
        let links = ids.filter_map(|id| links.get(id.text()?).copied()).collect();
        Some((group.get("id")?.text()?.to_owned(), links))
    });
    network.risk_groups = found.collect();
}

fn read_demand(demand: &Json<'_>) -> Option<FoundDemand> {
    let given = |names: &[&str]| names.iter().find_map(|name| demand.get(name));
    let source = given(&["source", "src", "from"])?.text()?.to_owned();
    let target = given(&["target", "dst", "to"])?.text()?.to_owned();
    let own = demand.get("rate_bit_per_s").and_then(Json::number).map(Rate::bit_per_s);
    let named = || rate(given(&["rate", "demand", "bandwidth", "value"])?.text()?);
    let class = demand.get("class").and_then(Json::number).unwrap_or(0.0);
    let class = (0.0..256.0).contains(&class).then_some(class as u8)?;
    Some(FoundDemand { source, target, rate: own.or_else(named)?, class })
}

/// The network and its demands.
pub(super) fn write(scenario: &Scenario) -> String {
    let topology = &scenario.topology;
    let id = |node: u32| &topology.nodes[node as usize].id[..];
    let demands = scenario.flows.iter().map(|flow| {
        let line = Line::default().text("source", id(flow.source)).text("target", id(flow.target));
        let line = line.number("rate_bit_per_s", flow.rate_bit_per_s);
        line.number("class", f64::from(flow.class)).end()
    });
    let nodes = topology.nodes.iter().map(|node| {
        let line = Line::default().text("id", &node.id).text("label", &node.label);
        match node.place {
            Some(Place::Globe { longitude_deg, latitude_deg }) => {
                line.number("longitude", longitude_deg).number("latitude", latitude_deg).end()
            }
            Some(Place::Drawing { x, y }) => line.number("x", x).number("y", y).end(),
            None => line.end(),
        }
    });
    let groups = topology.risk_groups.iter().map(|group| {
        let links = group.links.iter().map(|link| quoted(&topology.links[*link as usize].id));
        let links: Vec<String> = links.collect();
        Line::default().text("id", &group.id).raw("links", &format!("[{}]", links.join(", "))).end()
    });
    let edges = topology.links.iter().map(|link| {
        let line = Line::default().text("source", id(link.source)).text("target", id(link.target));
        let line = line.text("key", &link.id).text("id", &link.id);
        let line = line.number("capacity_bit_per_s", link.capacity_bit_per_s);
        let line = if link.capacity_assumed { line.raw("capacity_assumed", "true") } else { line };
        line.number("propagation_s", link.propagation_s).number("weight", link.weight).end()
    });
    format!(
        "{{\n  \"directed\": true,\n  \"multigraph\": true,\n  \"graph\": {{\n    \"name\": {},\n    \
         \"demands\": {},\n    \"risk_groups\": {}\n  }},\n  \"nodes\": {},\n  \"edges\": {}\n}}\n",
        quoted(&topology.name),
        list(demands, "    "),
        list(groups, "    "),
        list(nodes, "  "),
        list(edges, "  ")
    )
}
