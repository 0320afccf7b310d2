//! `ietf-network-topology` (RFC 8345) as JSON (RFC 7951), with what its augmentations say of nodes and links.
//!
//! Read: of several networks the one with most links; names with or without their module; metrics of RFC 8346
//! (`metric1`) and RFC 8795 (`te-default-metric`, `te-igp-metric`), bandwidth of RFC 8795
//! (`max-link-bandwidth`, bytes per second as a hexadecimal floating-point number) and RFC 8944 (`rate`,
//! Mbit/s), delays of both (microseconds), shared-risk groups (`te-srlgs`), places (`geolocation`). Links are
//! directed, as the standard has them.
//!
//! Written: the same of RFC 8346 and RFC 8795. These count metrics in whole numbers, delays in whole
//! microseconds and bandwidth in single precision, and know neither traffic nor queues.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::error::InputError;
use crate::twin::topology::RiskGroup;
use crate::twin::{Link, Node, Place, Scenario, Topology};

use super::found::{FoundLink, FoundNetwork, FoundNode, GraphUnits};
use super::json::{Json, Line, list, quoted};
use super::rate::Rate;

/// Whether a document is of this format.
pub(super) fn is_ietf(document: &Json<'_>) -> bool {
    document.of_module("networks").is_some() || document.get("ietf-network:network").is_some()
}

/// Reads a network.
///
/// # Errors
/// Says that there is no network.
pub(super) fn read(document: &Json<'_>) -> Result<FoundNetwork, InputError> {
    let networks = document.of_module("networks").unwrap_or(document).of_module("network");
    let networks = networks.map(Json::items).unwrap_or_default();
    let links_of =
        |network: &Json<'_>| network.of_module("link").map_or(0, |links| links.items().len());
    let most = networks.iter().map(links_of).max().unwrap_or(0);
    let Some(chosen) = networks.iter().find(|network| links_of(network) == most) else {
        return Err(InputError::new("networks", "without a network", "at least one network"));
    };
    let text = |of: &Json<'_>, name: &str| {
        of.of_module(name).and_then(Json::text).unwrap_or_default().to_owned()
    };
    let list_of = |name: &str| chosen.of_module(name).map(Json::items).unwrap_or_default();
    let mut network = FoundNetwork { directed: true, ..FoundNetwork::default() };
    network.name = text(chosen, "network-id");
    if networks.len() > 1 {
        let name = &network.name;
        network.told.push(format!("{} networks: {name} with most links taken", networks.len()));
    }
    network.nodes = list_of("node").iter().map(read_node).collect();
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut of_group: HashMap<String, usize> = HashMap::new();
    for (index, link) in list_of("link").iter().enumerate() {
        network.links.push(read_link(link));
        for group in
            find(link, "te-srlgs").and_then(|of| of.of_module("value")).map_or(&[][..], Json::items)
        {
            let Some(id) = group.text() else { continue };
            let at = *of_group.entry(id.to_owned()).or_insert_with(|| {
                groups.push((id.to_owned(), Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(index);
        }
    }
    network.risk_groups = groups;
    Ok(network)
}

fn read_node(node: &Json<'_>) -> FoundNode {
    let id = node.of_module("node-id").and_then(Json::text).unwrap_or_default();
    let mut found = FoundNode { id: id.to_owned(), ..FoundNode::default() };
    let attributes = find(node, "te-node-attributes").or_else(|| find(node, "l3-node-attributes"));
    let name = attributes.and_then(|of| of.of_module("name")).and_then(Json::text);
    found.label = name.unwrap_or(id).to_owned();
    if let Some(place) = find(node, "geolocation") {
        found.place.longitude = place.of_module("longitude").and_then(Json::number);
        found.place.latitude = place.of_module("latitude").and_then(Json::number);
    }
    found
}

fn read_link(link: &Json<'_>) -> FoundLink {
    let end = |of: &str, name: &str| {
        let node = link.of_module(of).and_then(|of| of.of_module(name)).and_then(Json::text);
        node.unwrap_or_default().to_owned()
    };
    let id = link.of_module("link-id").and_then(Json::text).unwrap_or_default().to_owned();
    let (source, target) = (end("source", "source-node"), end("destination", "dest-node"));
    let mut found = FoundLink { id, source, target, ..FoundLink::default() };
    let number = |name: &str| find(link, name).and_then(Json::number);
    let metrics = ["metric1", "te-default-metric", "te-igp-metric"];
    found.weight = metrics.into_iter().find_map(number);
    found.delay_s = number("te-delay-metric").or_else(|| number("delay")).map(|delay| delay * 1e-6);
    let bandwidth = find(link, "max-link-bandwidth").and_then(|of| find(of, "generic"));
    if let Some(bytes_per_s) = bandwidth.and_then(Json::text).and_then(hexadecimal) {
        found.capacity.given = Some(Rate::bit_per_s(8.0 * bytes_per_s));
    } else if let Some(mbit_per_s) = number("rate") {
        found.capacity.given = Some(Rate::bit_per_s(1e6 * mbit_per_s));
    } else if let Some(plain) = find(link, "bandwidth").or_else(|| find(link, "capacity")) {
        found.take("capacity", plain.text().unwrap_or_default(), &GraphUnits::default());
    }
    found
}

/// The first member of this name within augmentations, not within the link's own ends.
fn find<'a, 'b>(of: &'a Json<'b>, name: &str) -> Option<&'a Json<'b>> {
    if let Some(found) = of.of_module(name) {
        return Some(found);
    }
    let inner = of.members().iter().filter(|(key, _)| {
        let own = key.rsplit_once(':').map_or(&key[..], |(_, own)| own);
        !matches!(own, "source" | "destination" | "supporting-link" | "supporting-node")
    });
    inner
        .filter(|(_, value)| matches!(value, Json::Object(_)))
        .find_map(|(_, value)| find(value, name))
}

/// The number of `0x1.2p30` or `0xff`, or a decimal one.
fn hexadecimal(text: &str) -> Option<f64> {
    let text = text.trim_ascii();
    let Some(rest) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
        return text.parse().ok();
    };
    let (digits, exponent) = rest.split_once(['p', 'P']).unwrap_or((rest, ""));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digit = |letter: char| letter.to_digit(16).map(f64::from);
    let mut value = 0.0;
    for letter in whole.chars() {
        value = 16.0 * value + digit(letter)?;
    }
    let mut place = 1.0 / 16.0;
    for letter in fraction.chars() {
        value += digit(letter)? * place;
        place /= 16.0;
    }
    let exponent = if exponent.is_empty() { 0 } else { exponent.parse().ok()? };
    Some(libm::scalbn(value, exponent))
}

/// A number of single precision as `0x1.2a05f2p30`, the canonical form of RFC 8776's `te-bandwidth`.
fn as_hexadecimal(value: f64) -> String {
    let bits = (value as f32).to_bits();
    // The fraction has 23 bits; its last digit is an even one.
    let fraction = format!("{:06x}", (bits & 0x7f_ffff) << 1);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let exponent = (bits >> 23).saturating_sub(127);
    if value < 1.0 { "0x0p0".to_owned() } else { format!("0x1{point}{fraction}p{exponent}") }
}

/// The topology.
pub(super) fn write(scenario: &Scenario) -> String {
    let topology = &scenario.topology;
    let groups = groups_of_links(topology);
    let nodes = topology.nodes.iter().map(write_node);
    let links = topology.links.iter().zip(&groups);
    let links = links.map(|(link, groups)| write_link(topology, link, groups));
    let name = if topology.name.is_empty() { "network" } else { &topology.name };
    format!(
        "{{\n  \"ietf-network:networks\": {{\n    \"network\": [\n      {{\n        \"network-id\": {},\n        \
         \"network-types\": {{\n          \"ietf-l3-unicast-topology:l3-unicast-topology\": {{}},\n          \
         \"ietf-te-topology:te-topology\": {{}}\n        }},\n        \"node\": {},\n        \
         \"ietf-network-topology:link\": {}\n      }}\n    ]\n  }}\n}}\n",
        quoted(name),
        list(nodes, "        "),
        list(links, "        ")
    )
}

fn write_node(node: &Node) -> String {
    let attributes = Line::default().text("name", &node.label).end();
    let mut te = Line::default().raw("te-node-attributes", &attributes);
    if let Some(Place::Globe { longitude_deg, latitude_deg }) = node.place {
        // Decimals stand in quotes (RFC 7951, section 6.1), with eight digits at most.
        let place = Line::default().text("latitude", &degrees(latitude_deg));
        te = te.raw("geolocation", &place.text("longitude", &degrees(longitude_deg)).end());
    }
    Line::default().text("node-id", &node.id).raw("ietf-te-topology:te", &te.end()).end()
}

fn degrees(value: f64) -> String {
    let text = format!("{value:.8}");
    let text = text.trim_end_matches('0');
    if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
}

fn write_link(topology: &Topology, link: &Link, groups: &[usize]) -> String {
    let node = |index: u32| &topology.nodes[index as usize].id[..];
    let source = Line::default().text("source-node", node(link.source)).end();
    let destination = Line::default().text("dest-node", node(link.target)).end();
    let whole = |value: f64| value.round().clamp(0.0, f64::from(u32::MAX));
    let metric = whole(link.weight).max(1.0);
    let generic = as_hexadecimal(link.capacity_bit_per_s / 8.0);
    let bandwidth = Line::default().text("generic", &generic).end();
    let bandwidth = Line::default().raw("te-bandwidth", &bandwidth).end();
    let attributes = Line::default()
        .raw("max-link-bandwidth", &bandwidth)
        .number("te-default-metric", metric)
        .number("te-delay-metric", whole(link.propagation_s * 1e6));
    let attributes = if groups.is_empty() {
        attributes
    } else {
        let mut numbers = String::new();
        for (index, group) in groups.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let _ = write!(numbers, "{comma}{group}");
        }
        attributes.raw("te-srlgs", &format!("{{\"value\": [{numbers}]}}"))
    };
    let te = Line::default().raw("te-link-attributes", &attributes.end()).end();
    // Numbers of 64 bits stand in quotes (RFC 7951, section 6.1).
    let l3 = Line::default().text("metric1", &metric.to_string()).end();
    Line::default()
        .text("link-id", &link.id)
        .raw("source", &source)
        .raw("destination", &destination)
        .raw("ietf-l3-unicast-topology:l3-link-attributes", &l3)
        .raw("ietf-te-topology:te", &te)
        .end()
}

/// The numbers of the risk groups that each link is in, counted from 1 where a group's id is no number.
fn groups_of_links(topology: &Topology) -> Vec<Vec<usize>> {
    let mut groups = vec![Vec::new(); topology.links.len()];
    let number = |(index, group): (usize, &RiskGroup)| group.id.parse().unwrap_or(index + 1);
    for (index, group) in topology.risk_groups.iter().enumerate() {
        for link in &group.links {
            groups[*link as usize].push(number((index, group)));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_are_numbers_of_single_precision() {
        // 10 Gbit/s: 1.25e9 bytes, 0x4a817c80.
        assert_eq!(as_hexadecimal(1.25e9), "0x1.2a05f2p30");
        assert_eq!(hexadecimal("0x1.2a05f2p30"), Some(1.25e9));
        assert_eq!(hexadecimal("0X4A817C80"), Some(1.25e9));
        assert_eq!(hexadecimal("1000"), Some(1000.0));
        assert_eq!(hexadecimal("0x1.8p-1"), Some(0.75));
        assert_eq!(hexadecimal("fast"), None);
        for exponent in 0..50 {
            let bytes = f64::from(1.1_f32) * f64::from(1 << (exponent % 30)) * 3.0;
            let back = hexadecimal(&as_hexadecimal(bytes)).unwrap();
            assert_eq!(back, f64::from(bytes as f32), "{bytes}");
        }
    }

    #[test]
    fn degrees_have_eight_decimals_at_most() {
        assert_eq!(degrees(4.9), "4.9");
        assert_eq!(degrees(-0.123456789), "-0.12345679");
        assert_eq!(degrees(52.0), "52.0");
    }
}
