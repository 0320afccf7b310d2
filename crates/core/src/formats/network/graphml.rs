//! GraphML (Brandes et al., 2002), as the Topology Zoo (yFiles) and networkx write it.
//!
//! yFiles writes `directed` on edges that have no arrow: they go both ways, unless an edge has one or some
//! pair of nodes has edges in both directions. A node's label and place are those of its drawing where it has
//! no others.

use std::collections::HashMap;

use crate::error::InputError;

use super::found::{FoundLink, FoundNetwork, FoundNode, GraphUnits};
use super::xml::{Step, attribute, read as read_xml};

/// Reads a network.
///
/// # Errors
/// Says at which byte the file is no XML, or that it was cut off.
pub(super) fn read(text: &str) -> Result<FoundNetwork, InputError> {
    let mut reader = Reader::default();
    read_xml(text, &mut |step| match step {
        Step::Open(name, start) => reader.open(name, &|attributed| attribute(start, attributed)),
        Step::Close(name, inside) => reader.close(name, inside),
    })?;
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    network: FoundNetwork,
    /// Names of attributes by the ids of their keys.
    keys: HashMap<String, String>,
    /// What links have that do not say otherwise: the names of attributes and their values.
    usual: Vec<(String, String)>,
    /// The key that is open, if it is one of links.
    key_of_links: Option<String>,
    key: String,
    node: Option<FoundNode>,
    link: Option<FoundLink>,
    units: GraphUnits,
    /// Links that say themselves that they go both ways.
    both_ways: usize,
    drawn_by_yfiles: bool,
    has_arrows: bool,
}

impl Reader {
    fn open(&mut self, name: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        let of = |name: &str| attribute(name).unwrap_or_default();
        match name {
            "key" => {
                self.drawn_by_yfiles |= attribute("yfiles.type").is_some();
                self.keys.insert(of("id"), of("attr.name"));
                let is_of_links = attribute("for").is_none_or(|of| of == "edge" || of == "all");
                self.key_of_links = is_of_links.then(|| of("attr.name"));
            }
            "graph" => self.network.directed = of("edgedefault") == "directed",
            "node" => self.node = Some(FoundNode { id: of("id"), ..FoundNode::default() }),
            "edge" => {
                let (source, target) = (of("source"), of("target"));
                self.both_ways += usize::from(of("directed") == "false");
                let mut link = FoundLink { source, target, ..FoundLink::default() };
                for (name, value) in &self.usual {
                    link.take(name, value, &self.units);
                }
                self.link = Some(link);
            }
            "data" => self.key = of("key"),
            "Geometry" => {
                if let Some(node) = &mut self.node {
                    let number = |name| attribute(name)?.parse::<f64>().ok();
                    // A drawing's y grows downwards.
                    node.place.drawing = (number("x"), number("y").map(|y| -y));
                }
            }
            "Arrows" => {
                let is_arrow = |end| attribute(end).is_some_and(|arrow| arrow != "none");
                self.has_arrows |= is_arrow("source") || is_arrow("target");
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, inside: &str) {
        match name {
            "node" => self.network.nodes.extend(self.node.take()),
            "edge" => self.network.links.extend(self.link.take()),
            "NodeLabel" => {
                if let Some(node) = self.node.as_mut().filter(|node| node.label.is_empty()) {
                    inside.clone_into(&mut node.label);
                }
            }
            "default" if !inside.is_empty() => {
                let value = inside.to_owned();
                self.usual.extend(self.key_of_links.take().map(|name| (name, value)));
            }
            "data" if !inside.is_empty() => self.data(inside),
            _ => {}
        }
    }

    fn data(&mut self, value: &str) {
        let Some(key) = self.keys.get(&self.key) else { return };
        if let Some(node) = &mut self.node {
            node.take(key, value);
        } else if let Some(link) = &mut self.link {
            // What people call a link here is its kind more often than a name of its own.
            if !matches!(&key[..], "name" | "link" | "key") {
                self.network.give(link, (key, value), &self.units);
            }
        } else if matches!(&key[..], "Network" | "name" | "label") && self.network.name.is_empty() {
            value.clone_into(&mut self.network.name);
        } else {
            self.units.take(key, value);
        }
    }

    fn finish(mut self) -> FoundNetwork {
        let network = &mut self.network;
        let all_say_so = self.both_ways > 0 && self.both_ways == network.links.len();
        let drawn_without = self.drawn_by_yfiles && !self.has_arrows;
        let seems = || drawn_without && !network.has_both_directions();
        if network.directed && (all_say_so || seems()) {
            network.directed = false;
            network.told.push("directed, without an arrow: links taken to go both ways".to_owned());
        }
        self.network
    }
}
