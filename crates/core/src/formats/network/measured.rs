//! Tables of what was measured of a network, as CSV in any layout ([`crate::formats::table`]).
//!
//! Flows: both ends (`source` and `target`, or the like; or `flow` as `A -> B` or `A to B`), a mean delay whose heading
//! or fields name a unit (`delay_ms`, `mean_delay_s`, `12 ms`), and perhaps a class, jitter (`jitter_s2` is a variance,
//! with a unit of time it is a standard deviation), loss and the number of packets. Links: an id (`link`) or both ends,
//! and a utilisation, as a share or in percent. Nodes go by id or by label. Rows without a delay or a utilisation are
//! passed over.

use std::collections::HashMap;

use crate::error::{InputError, check_range};
use crate::formats::table::{Table, is_missing};
use crate::twin::Topology;
use crate::twin::diagnosis::{MOST_MEASURED_UTILISATION, MeasuredFlow, MeasuredLink, Measurements};

use super::found::{named_with_unit, plain, quantity, time_unit};
use super::tables::{CLASSES, SOURCES, TARGETS};

const DELAYS: [&str; 10] = [
    "meandelay",
    "averagedelay",
    "avgdelay",
    "delaymean",
    "delayavg",
    "onewaydelay",
    "delay",
    "meanlatency",
    "avglatency",
    "latency",
];
const JITTERS: [&str; 3] = ["jitter", "delayvariation", "ipdv"];
const LOSSES: [&str; 3] = ["packetloss", "lossratio", "loss"];
const PACKETS: [&str; 4] = ["packets", "packetcount", "samples", "count"];
const FLOWS: [&str; 2] = ["flow", "path"];
const LINKS: [&str; 6] = ["link", "linkid", "id", "interface", "port", "name"];
const UTILISATIONS: [&str; 6] =
    ["utilisation", "utilization", "meanutilisation", "meanutilization", "util", "load"];

/// Rows of a table, and what was passed over, one phrase each.
pub type Told<T> = (Vec<T>, Vec<String>);

/// The flows of a table.
///
/// # Errors
/// Names the column that is missing, or the line of a value that cannot be used.
pub fn measured_flows(
    table: &Table,
    topology: &Topology,
) -> Result<Told<MeasuredFlow>, InputError> {
    let columns = Columns::of(table, topology);
    let ends = columns.ends_of_flows()?;
    let delay =
        columns.quantity(&DELAYS, "delay_ms")?.ok_or_else(|| columns.lacking("delay_ms"))?;
    let variance = columns.names.iter().position(|name| name == "jitters2");
    let jitter = if variance.is_some() { None } else { columns.quantity(&JITTERS, "jitter_ms")? };
    let (loss, class) = (columns.named(&LOSSES), columns.named(&CLASSES));
    let packets = columns.named(&PACKETS);
    let mut seen = HashMap::new();
    let mut flows: Vec<MeasuredFlow> = Vec::new();
    let mut empty = 0;
    for row in 0..table.len() {
        let Some(mean_delay_s) = columns.seconds(row, delay)? else {
            empty += 1;
            continue;
        };
        let (source, target) = columns.pair(row, ends)?;
        let deviation_s = match jitter {
            Some(jitter) => columns.seconds(row, jitter)?,
            None => None,
        };
        let flow = MeasuredFlow {
            source,
            target,
            class: columns.number(row, class, 255.0)?.map(|class| class as u8),
            mean_delay_s,
            jitter_s2: match variance {
                Some(_) => columns.number(row, variance, 1e12)?,
                None => deviation_s.map(|deviation_s| deviation_s * deviation_s),
            },
            loss: columns.share(row, loss, 1.0)?,
            packets: columns.number(row, packets, 1e18)?,
        };
        let line = table.line(row);
        if let Some(first) = seen.insert((source, target, flow.class), line) {
            let found = format!("the flow of line {first} again");
            return Err(InputError::new(format!("line {line}"), found, "each flow once"));
        }
        flows.push(flow);
    }
    Ok((flows, columns.told(empty, "without a delay")))
}

/// The links of a table.
///
/// # Errors
/// As those of [`measured_flows`].
pub fn measured_links(
    table: &Table,
    topology: &Topology,
) -> Result<Told<MeasuredLink>, InputError> {
    let columns = Columns::of(table, topology);
    let name = columns.named(&LINKS);
    let ends = columns.named(&SOURCES).zip(columns.named(&TARGETS));
    if name.is_none() && ends.is_none() {
        return Err(columns.lacking("link"));
    }
    let utilisation = columns.named(&UTILISATIONS);
    if utilisation.is_none() {
        return Err(columns.lacking("utilisation"));
    }
    let ids = topology.link_indices();
    let mut seen = HashMap::new();
    let mut links = Vec::new();
    let (mut empty, mut above) = (0, 0);
    for row in 0..table.len() {
        let Some(utilisation) = columns.share(row, utilisation, MOST_MEASURED_UTILISATION)? else {
            empty += 1;
            continue;
        };
        let by_name = name.and_then(|column| ids.get(table.text(row, column)).copied());
        let link = match (by_name, ends) {
            (Some(link), _) => link,
            (None, Some(ends)) => columns.link_between(row, ends)?,
            (None, None) => {
                let column = name.unwrap_or_default();
                return Err(columns.bad(row, column, "the id of a link"));
            }
        };
        let line = table.line(row);
        if let Some(first) = seen.insert(link, line) {
            let found = format!("the link of line {first} again");
            return Err(InputError::new(format!("line {line}"), found, "each link once"));
        }
        above += usize::from(utilisation > 1.0);
        links.push(MeasuredLink { link, utilisation: utilisation.min(1.0) });
    }
    let mut told = columns.told(empty, "without a utilisation");
    if above > 0 {
        told.push(format!(
            "utilisations above 100 %, by what counters are off, taken as 100 %: {above}"
        ));
    }
    Ok((links, told))
}

/// What a table tells: links where it has their ids or no delays, and a utilisation, else flows; with what was decided
/// and passed over.
///
/// # Errors
/// As those of [`measured_flows`]; says that there is neither a delay nor a utilisation.
pub fn measured(
    table: &Table,
    topology: &Topology,
) -> Result<(Measurements, Vec<String>), InputError> {
    let columns = Columns::of(table, topology);
    if columns.are_of_links() {
        let (links, told) = measured_links(table, topology)?;
        return Ok((Measurements { links, ..Measurements::default() }, told));
    }
    if !columns.has_delays() {
        return Err(columns.lacking("delay_ms of flows, or one utilisation of links"));
    }
    let (flows, told) = measured_flows(table, topology)?;
    Ok((Measurements { flows, ..Measurements::default() }, told))
}

/// What each column of a table is taken for.
pub fn roles(table: &Table, topology: &Topology) -> Vec<&'static str> {
    let columns = Columns::of(table, topology);
    let times = |known: &[&str]| columns.quantity(known, "").ok().flatten().map(|t| t.column);
    let mut named = vec![(columns.named(&SOURCES), "source"), (columns.named(&TARGETS), "target")];
    named.extend(match columns.are_of_links() {
        true => {
            vec![(columns.named(&LINKS), "link"), (columns.named(&UTILISATIONS), "utilisation")]
        }
        false => vec![
            (columns.named(&FLOWS), "flow"),
            (columns.named(&CLASSES), "class"),
            (columns.named(&LOSSES), "loss"),
            (columns.named(&PACKETS), "packets"),
            (columns.names.iter().position(|name| name == "jitters2"), "jitter"),
            (times(&JITTERS), "jitter"),
            (times(&DELAYS), "mean delay"),
        ],
    });
    let mut roles = vec!["passed over"; columns.names.len()];
    for (column, role) in named {
        if let Some(own) = column.and_then(|column| roles.get_mut(column)) {
            *own = role;
        }
    }
    roles
}

/// Where the ends of a flow stand.
#[derive(Clone, Copy)]
enum Ends {
    Columns(usize, usize),
    Flow(usize),
}

/// A column of times, with what one of a number without a unit is, in seconds.
#[derive(Clone, Copy)]
struct Times {
    column: usize,
    unit_s: Option<f64>,
}

/// A table whose columns are looked for by name.
struct Columns<'a> {
    table: &'a Table,
    topology: &'a Topology,
    names: Vec<String>,
    /// Nodes by label, then by id, which goes first.
    nodes: HashMap<&'a str, u32>,
}

impl<'a> Columns<'a> {
    fn of(table: &'a Table, topology: &'a Topology) -> Self {
        let names = table.columns().iter().map(|column| plain(&column.name)).collect();
        let mut nodes: HashMap<&str, u32> = HashMap::new();
        for (node, index) in topology.nodes.iter().zip(0..) {
            nodes.entry(&node.label).or_insert(index);
        }
        nodes.extend(topology.node_indices());
        Self { table, topology, names, nodes }
    }

    fn named(&self, known: &[&str]) -> Option<usize> {
        known.iter().find_map(|known| {
            let is_meant = |name: &String| {
                let rest = name.strip_prefix(known);
                rest.is_some_and(|rest| matches!(rest, "" | "percent" | "pct" | "share" | "ratio"))
            };
            self.names.iter().position(is_meant)
        })
    }

    /// The column of times of one of these names.
    fn quantity(&self, known: &[&str], example: &str) -> Result<Option<Times>, InputError> {
        let found = self.names.iter().enumerate().find_map(|(column, name)| {
            named_with_unit(name, known, time_unit).map(|unit_s| Times { column, unit_s })
        });
        let Some(times) = found else { return Ok(None) };
        if times.unit_s.is_none() && self.table.columns()[times.column].numeric {
            let name = &self.table.columns()[times.column].name;
            let allowed =
                format!("a column whose heading or fields name a unit, such as {example}");
            return Err(InputError::new(format!("column {name}"), "without a unit", allowed));
        }
        Ok(Some(times))
    }

    /// Whether there is a column of delays, with a unit or without.
    fn has_delays(&self) -> bool {
        self.quantity(&DELAYS, "").map_or(true, |delays| delays.is_some())
    }

    fn are_of_links(&self) -> bool {
        self.named(&UTILISATIONS).is_some() && (self.named(&LINKS).is_some() || !self.has_delays())
    }

    fn ends_of_flows(&self) -> Result<Ends, InputError> {
        match (self.named(&SOURCES), self.named(&TARGETS), self.named(&FLOWS)) {
            (Some(source), Some(target), _) => Ok(Ends::Columns(source, target)),
            (_, _, Some(flow)) => Ok(Ends::Flow(flow)),
            _ => Err(self.lacking("source, and one target")),
        }
    }

    fn lacking(&self, what: &str) -> InputError {
        let columns: Vec<&str> =
            self.table.columns().iter().map(|column| &column.name[..]).collect();
        InputError::new("columns", columns.join(", "), format!("one {what}, or the like"))
    }

    fn field(&self, row: usize, column: usize) -> String {
        let name = &self.table.columns()[column].name;
        format!("line {}, column {name}", self.table.line(row))
    }

    fn bad(&self, row: usize, column: usize, allowed: &str) -> InputError {
        InputError::new(self.field(row, column), self.table.text(row, column), allowed)
    }

    fn seconds(&self, row: usize, times: Times) -> Result<Option<f64>, InputError> {
        let text = self.table.text(row, times.column);
        if is_missing(text) {
            return Ok(None);
        }
        let found = if self.table.columns()[times.column].numeric {
            self.table.number(row, times.column)?.zip(times.unit_s).map(|(n, unit_s)| n * unit_s)
        } else {
            quantity(text, time_unit, times.unit_s.unwrap_or(f64::NAN))
        };
        let is_time = |seconds: &f64| seconds.is_finite() && (0.0..=1e6).contains(seconds);
        let allowed = "a time of 0 to 1e6 s, with its unit";
        found.filter(is_time).map(Some).ok_or_else(|| self.bad(row, times.column, allowed))
    }

    fn number(
        &self,
        row: usize,
        column: Option<usize>,
        most: f64,
    ) -> Result<Option<f64>, InputError> {
        let Some(column) = column else { return Ok(None) };
        let found = self.table.number(row, column)?;
        found
            .map_or(Ok(()), |found| check_range(&self.field(row, column), found, 0.0, most, ""))?;
        Ok(found)
    }

    /// A share up to `most`, in percent where heading or field say so.
    fn share(
        &self,
        row: usize,
        column: Option<usize>,
        most: f64,
    ) -> Result<Option<f64>, InputError> {
        let Some(column) = column else { return Ok(None) };
        let text = self.table.text(row, column);
        if is_missing(text) {
            return Ok(None);
        }
        let heading = &self.table.columns()[column].name;
        let is_percent = heading.contains('%')
            || ["percent", "pct"].iter().any(|word| self.names[column].ends_with(word));
        let of_field = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let (value, scale) = match of_field {
            Some(value) => (value, 100.0),
            None => {
                let value = self.table.number(row, column)?.unwrap_or(f64::NAN);
                (value, if is_percent { 100.0 } else { 1.0 })
            }
        };
        let unit =
            if scale > 1.0 { "%" } else { "as a share; in percent where the heading says %" };
        check_range(&self.field(row, column), value, 0.0, scale * most, unit)?;
        Ok(Some(value / scale))
    }

    fn node(&self, row: usize, column: usize, name: &str) -> Result<u32, InputError> {
        let found = self.nodes.get(name.trim()).copied();
        found.ok_or_else(|| {
            InputError::new(self.field(row, column), name.trim(), "the id or label of a node")
        })
    }

    fn pair(&self, row: usize, ends: Ends) -> Result<(u32, u32), InputError> {
        let (column, source, target) = match ends {
            Ends::Columns(source, target) => {
                let to = self.node(row, target, self.table.text(row, target))?;
                return Ok((self.node(row, source, self.table.text(row, source))?, to));
            }
            Ends::Flow(column) => {
                let text = self.table.text(row, column);
                let parted = ["->", "→", " to "].iter().find_map(|sign| text.split_once(sign));
                let Some((source, target)) = parted else {
                    return Err(self.bad(row, column, "both ends, such as A -> B"));
                };
                (column, source, target)
            }
        };
        Ok((self.node(row, column, source)?, self.node(row, column, target)?))
    }

    /// The one link between the nodes of a row.
    fn link_between(&self, row: usize, (from, to): (usize, usize)) -> Result<u32, InputError> {
        let (source, target) = self.pair(row, Ends::Columns(from, to))?;
        let links = self.topology.links.iter().zip(0..);
        let mut found = links.filter(|(link, _)| link.source == source && link.target == target);
        match (found.next(), found.next()) {
            (Some((_, link)), None) => Ok(link),
            (None, _) => Err(self.bad(row, to, "a node that a link leads to from the other one")),
            _ => Err(self.bad(row, to, "a pair with one link, or a column link with its id")),
        }
    }

    fn told(&self, empty: usize, what: &str) -> Vec<String> {
        let mut told = self.table.told();
        if empty > 0 {
            told.push(format!("rows {what} passed over: {empty}"));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::opening;

    fn flows(text: &str) -> Result<Told<MeasuredFlow>, InputError> {
        measured_flows(&Table::read(text)?, &opening::scenario().topology)
    }

    fn links(text: &str) -> Result<Told<MeasuredLink>, InputError> {
        measured_links(&Table::read(text)?, &opening::scenario().topology)
    }

    #[test]
    fn a_table_is_of_flows_or_of_links_by_its_columns() {
        let scenario = opening::scenario();
        let (topology, nodes) = (&scenario.topology, &scenario.topology.nodes);
        let link = &topology.links[0];
        let (source, target) = (&nodes[link.source as usize].id, &nodes[link.target as usize].id);
        let read = |text: &str| {
            let table = Table::read(text).unwrap();
            let found =
                measured(&table, topology).map(|(found, _)| (found.flows.len(), found.links.len()));
            (found, roles(&table, topology))
        };
        let (found, of) = read(&format!("source,target,note,delay_ms\n{source},{target},x,4\n"));
        assert_eq!(
            (found, &of[..]),
            (Ok((1, 0)), &["source", "target", "passed over", "mean delay"][..])
        );
        let (found, of) = read(&format!("source,target,utilisation\n{source},{target},0.4\n"));
        assert_eq!((found, of[2]), (Ok((0, 1)), "utilisation"));
        // As an answer's links are saved, delays and all.
        let (found, of) = read(&format!(
            "link,source,target,utilisation,mean_delay_s\n{},{source},{target},0.4,0.01\n",
            link.id
        ));
        assert_eq!((found, of[0], of[4]), (Ok((0, 1)), "link", "passed over"));
        let error = read(&format!("source,target\n{source},{target}\n")).0.unwrap_err().to_string();
        assert!(
            error.starts_with("columns is source, target; allowed: one delay_ms of flows"),
            "{error}"
        );
    }

    #[test]
    fn flows_are_read_in_the_units_of_their_headings_or_fields() {
        let (one, told) = flows(
            "source;destination;class;delay_ms;jitter_ms;loss_percent\n\
             Paris;Rome;1;12,5;0,2;0,1\nRome;Paris;0;;;\n",
        )
        .unwrap();
        assert_eq!(one.len(), 1);
        let flow = one[0];
        assert_eq!((flow.source, flow.target, flow.class), (19, 21, Some(1)));
        assert!((flow.mean_delay_s - 0.0125).abs() < 1e-15);
        assert!((flow.jitter_s2.unwrap() - 4e-8).abs() < 1e-18);
        assert!((flow.loss.unwrap() - 1e-3).abs() < 1e-15);
        assert!(told.iter().any(|told| told == "rows without a delay passed over: 1"), "{told:?}");
        let (two, _) =
            flows("flow,latency\nParis -> Rome,12.5 ms\nRome to Paris,900 us\n").unwrap();
        assert_eq!((two[0].source, two[1].source, two[1].class), (19, 21, None));
        assert!((two[1].mean_delay_s - 9e-4).abs() < 1e-15);
        let (own, _) =
            flows("source,target,mean_delay_s,jitter_s2\nParis,Rome,0.01,2e-6\n").unwrap();
        assert_eq!((own[0].mean_delay_s, own[0].jitter_s2), (0.01, Some(2e-6)));
    }

    #[test]
    fn flows_that_cannot_be_used_are_named() {
        let error = |text: &str| flows(text).unwrap_err().to_string();
        assert!(
            error("source,target,delay\nParis,Rome,3\n")
                .starts_with("column delay is without a unit")
        );
        assert!(error("source,delay_ms\nParis,3\n").contains("target"));
        assert!(error("source,target\nParis,Rome\n").contains("delay_ms"));
        let unknown = error("source,target,delay_ms\nParis,Roma,3\n");
        assert_eq!(unknown, "line 2, column target is Roma; allowed: the id or label of a node");
        assert!(
            error("source,target,delay_ms\nParis,Rome,3\nParis,Rome,4\n").contains("line 2 again")
        );
        assert!(
            error("source,target,delay_ms\nParis,Rome,-3\n")
                .starts_with("line 2, column delay_ms is -3")
        );
    }

    #[test]
    fn links_go_by_id_or_ends_and_shares_or_percent() {
        let (one, _) = links("link,utilisation\nParis-London,0.5\n")
            .or_else(|_| links("link,utilisation\nLondon-Paris,0.5\n"))
            .unwrap();
        assert_eq!(one[0].utilisation, 0.5);
        let (two, _) =
            links("from,to,utilization (%)\nAmsterdam,Glasgow,40\nGlasgow,Amsterdam,41\n").unwrap();
        assert_eq!((two[0].link, two[1].link, two[0].utilisation), (0, 1, 0.4));
        let (three, _) = links("interface,util\nAmsterdam-Glasgow,12.5 %\n").unwrap();
        assert_eq!(three[0].utilisation, 0.125);
        let error = |text: &str| links(text).unwrap_err().to_string();
        assert!(error("link,utilisation\nAmsterdam-Glasgow,40\n").contains("0 to 1.05"));
        assert!(error("link,utilisation\nAmsterdam-Glasgow,105.1 %\n").contains("0 to 105 %"));
        assert!(error("link,utilisation\nAmsterdam-Nowhere,0.4\n").contains("the id of a link"));
        assert!(error("source,target,utilisation\nAmsterdam,Rome,0.4\n").contains("a link leads"));
    }

    #[test]
    fn a_full_link_whose_counter_runs_a_little_over_is_full() {
        for text in ["1.0000000000000002", "1.05", "104.9 %"] {
            let table = format!("link,utilisation\nAmsterdam-Glasgow,{text}\n");
            let (found, told) = links(&table).unwrap();
            assert_eq!(found[0].utilisation, 1.0, "{text}");
            assert!(told.iter().any(|told| told.ends_with("taken as 100 %: 1")), "{told:?}");
        }
    }
}
