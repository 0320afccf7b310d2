//! Tables of links and of demands, as CSV in any layout ([`crate::formats::table`]).
//!
//! Links: a column for each end (`source` and `target`, `from` and `to`, `a` and `b`, ...), and any of
//! capacity, delay, length and weight, whose headings may name a unit (`Capacity (Gbit/s)`,
//! `bandwidth_mbps`). Where no pair of nodes has a row in each direction, rows stand for both.
//! Demands: both ends, a rate and perhaps a class. A table of demands without links is a second file.

use std::collections::HashMap;

use crate::error::InputError;
use crate::formats::table::{Table, is_missing};

use super::found::{FoundDemand, FoundLink, FoundNetwork, GraphUnits, plain};
use super::rate::{Rate, rate, unit};

pub(super) const SOURCES: [&str; 16] = [
    "source",
    "src",
    "from",
    "a",
    "nodea",
    "sourcenode",
    "start",
    "origin",
    "aend",
    "node1",
    "sourceid",
    "srcnode",
    "fromnode",
    "u",
    "ingress",
    "s",
];
pub(super) const TARGETS: [&str; 20] = [
    "target",
    "dst",
    "to",
    "b",
    "nodeb",
    "targetnode",
    "end",
    "destination",
    "bend",
    "node2",
    "targetid",
    "dstnode",
    "tonode",
    "v",
    "egress",
    "t",
    "dest",
    "destnode",
    "z",
    "zend",
];
const RATES: [&str; 13] = [
    "demandvalue",
    "demand",
    "rate",
    "traffic",
    "offered",
    "volume",
    "load",
    "value",
    "bandwidth",
    "throughput",
    "bw",
    "bitrate",
    "mean",
];
pub(super) const CLASSES: [&str; 6] = ["class", "trafficclass", "priority", "tos", "qos", "cos"];

/// Reads a table of links, or of demands where it has no column of links but one of rates.
///
/// # Errors
/// Those of the table, or the column that is missing.
pub(super) fn read(bytes: &[u8]) -> Result<FoundNetwork, InputError> {
    let table = Table::of_bytes(bytes, None)?;
    let names: Vec<String> = table.columns().iter().map(|column| plain(&column.name)).collect();
    let is_of_link = |name: &String| {
        let mut link = FoundLink::default();
        let is_name = matches!(&name[..], "id" | "name" | "label" | "link" | "linkid");
        !is_name && link.take(name, "", &GraphUnits::default())
    };
    let of_links = names.iter().any(is_of_link);
    let named_rate = rate_column(&names);
    // "bandwidth" means a link's, unless a class or a demand stands beside it.
    let certain = named_rate.is_some_and(|(column, _)| {
        !names[column].starts_with("bandwidth") && !names[column].starts_with("bw")
    });
    let has_class = names.iter().any(|name| CLASSES.contains(&&name[..]));
    let mut network = FoundNetwork { told: table.told(), ..FoundNetwork::default() };
    if certain || has_class && named_rate.is_some() || !of_links && named_rate.is_some() {
        read_demands(&table, &names, &mut network)?;
    } else {
        read_links(&table, &names, &mut network)?;
    }
    Ok(network)
}

/// Reads a table that is known to hold demands.
///
/// # Errors
/// Those of the table, or the column that is missing.
pub(super) fn read_as_demands(bytes: &[u8]) -> Result<FoundNetwork, InputError> {
    let table = Table::of_bytes(bytes, None)?;
    let names: Vec<String> = table.columns().iter().map(|column| plain(&column.name)).collect();
    let mut network = FoundNetwork { told: table.told(), ..FoundNetwork::default() };
    read_demands(&table, &names, &mut network)?;
    Ok(network)
}

fn column(table: &Table, names: &[String], known: &[&str]) -> Result<usize, InputError> {
    let found = known.iter().find_map(|known| names.iter().position(|name| name == known));
    found.ok_or_else(|| {
        let columns: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
        let allowed = format!("a column {}, or the like", known[0]);
        InputError::new("columns", columns.join(", "), allowed)
    })
}

/// The column of rates and the unit of its heading.
fn rate_column(names: &[String]) -> Option<(usize, Option<f64>)> {
    RATES.iter().find_map(|known| {
        names.iter().enumerate().find_map(|(index, name)| {
            let rest = name.strip_prefix(known)?;
            let rest = rest.strip_prefix("in").filter(|rest| !rest.is_empty()).unwrap_or(rest);
            if rest.is_empty() { Some((index, None)) } else { Some((index, Some(unit(rest)?))) }
        })
    })
}

/// A cell, or nothing where it says so.
fn cell(table: &Table, row: usize, column: usize) -> &str {
    let text = table.text(row, column).trim_ascii();
    if is_missing(text) { "" } else { text }
}

/// A number of a column as a text with a decimal point; the text itself where it is none.
fn as_point(table: &Table, row: usize, column: usize) -> String {
    let number = table.columns()[column].numeric.then(|| table.number(row, column).ok().flatten());
    let number = number.flatten().map(|number| number.to_string());
    number.unwrap_or_else(|| cell(table, row, column).to_owned())
}

fn read_links(
    table: &Table,
    names: &[String],
    network: &mut FoundNetwork,
) -> Result<(), InputError> {
    let source = column(table, names, &SOURCES)?;
    let target = column(table, names, &TARGETS)?;
    let units = GraphUnits::default();
    for row in 0..table.len() {
        let mut link = FoundLink {
            source: cell(table, row, source).to_owned(),
            target: cell(table, row, target).to_owned(),
            ..FoundLink::default()
        };
        for (index, name) in names.iter().enumerate() {
            if index != source && index != target {
                link.take(name, &as_point(table, row, index), &units);
            }
        }
        network.links.push(link);
    }
    network.take_nodes_of_links();
    network.directed = network.has_both_directions();
    if !network.directed {
        network.told.push("a row per link: taken to go both ways".to_owned());
    }
    Ok(())
}

fn read_demands(
    table: &Table,
    names: &[String],
    network: &mut FoundNetwork,
) -> Result<(), InputError> {
    let source = column(table, names, &SOURCES)?;
    let target = column(table, names, &TARGETS)?;
    let class = CLASSES.iter().find_map(|known| names.iter().position(|name| name == known));
    let Some((rates, of_heading)) = rate_column(names) else {
        return Err(column(table, names, &["rate"]).err().unwrap_or_else(|| {
            InputError::new("columns", "without a rate", "a column rate, or the like")
        }));
    };
    let mut bad: HashMap<&str, usize> = HashMap::new();
    for row in 0..table.len() {
        let found = rate(&as_point(table, row, rates));
        let of_class = class.map(|class| table.number(row, class));
        let class = match of_class {
            None | Some(Ok(None)) => Some(0),
            Some(Ok(Some(class))) => {
                (class.fract() == 0.0 && (0.0..256.0).contains(&class)).then_some(class as u8)
            }
            Some(Err(_)) => None,
        };
        let (Some(rate), Some(class)) = (found, class) else {
            *bad.entry(if found.is_none() { "a rate" } else { "a class" }).or_default() += 1;
            continue;
        };
        network.demands.push(FoundDemand {
            source: cell(table, row, source).to_owned(),
            target: cell(table, row, target).to_owned(),
            rate: Rate { unit: rate.unit.or(of_heading), ..rate },
            class,
        });
    }
    for (what, count) in bad {
        network.told.push(format!("rows without {what} passed over: {count}"));
    }
    Ok(())
}
