//! REPETITA's `.graph` and `.demands` (Gay, Schaus and Vissicchio, 2017), apart or in one file.
//!
//! - Bandwidths and demands are kbit/s unless somebody says otherwise.
//! - The format does not say what delays count: milliseconds or microseconds, by what is nearer to light in
//!   fibre between the coordinates; without coordinates, microseconds where one is above 300.
//! - Nodes are counted from 0 in arcs; labels of the Topology Zoo's instances begin with that number.

use crate::error::InputError;
use crate::twin::topology::{FIBRE_M_PER_S, Place, route_m};

use super::assembly::is_on_globe;
use super::found::{FoundDemand, FoundLink, FoundNetwork, FoundNode};
use super::rate::Rate;

/// Whether a text is of this format: it begins with a count of nodes or of demands.
pub(super) fn is_repetita(text: &str) -> bool {
    let first = text.lines().map(str::trim_ascii).find(|line| !line.is_empty()).unwrap_or_default();
    section(first).is_some_and(|(section, _)| section != Section::Edges)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Nodes,
    Edges,
    Demands,
}

fn section(line: &str) -> Option<(Section, usize)> {
    let mut words = line.split_ascii_whitespace();
    let section = match words.next()? {
        "NODES" => Section::Nodes,
        "EDGES" => Section::Edges,
        "DEMANDS" => Section::Demands,
        _ => return None,
    };
    let count = words.next()?.parse().ok()?;
    words.next().is_none().then_some((section, count))
}

/// Reads a network, its demands, or both.
///
/// # Errors
/// Names the line that does not have the fields of its section, or the section that lacks lines.
pub(super) fn read(text: &str) -> Result<FoundNetwork, InputError> {
    let mut reader = Reader::default();
    reader.network.directed = true;
    reader.network.unit = Some(1e3);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if let Some(begun) = section(line) {
            reader.end_section()?;
            reader.open = Some(begun);
            reader.names_columns = true;
            continue;
        }
        // The line below a count names the columns.
        if std::mem::take(&mut reader.names_columns) && line.starts_with("label") {
            continue;
        }
        if reader.row(line).is_none() {
            let allowed = match reader.open {
                Some((Section::Nodes, _)) => "label x y",
                Some((Section::Edges, _)) => "label src dest weight bw delay",
                Some((Section::Demands, _)) => "label src dest bw",
                None => "NODES, EDGES or DEMANDS with a count",
            };
            return Err(InputError::new(format!("line {}", index + 1), line, allowed));
        }
    }
    reader.end_section()?;
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    network: FoundNetwork,
    open: Option<(Section, usize)>,
    names_columns: bool,
    rows: usize,
    delays: Vec<f64>,
}

impl Reader {
    fn row(&mut self, line: &str) -> Option<()> {
        self.rows += 1;
        let mut words = line.split_ascii_whitespace();
        let mut next = || words.next();
        match self.open?.0 {
            Section::Nodes => {
                let label = next()?;
                let (x, y) = (next()?.parse().ok()?, next()?.parse().ok()?);
                let id = self.network.nodes.len().to_string();
                let own = label.strip_prefix(&id[..]).and_then(|rest| rest.strip_prefix('_'));
                let label = own.filter(|own| !own.is_empty()).unwrap_or(label).to_owned();
                let mut node = FoundNode { id, label, ..FoundNode::default() };
                // 0, 0 stands for an unknown place.
                node.place.pair = Some((x, y)).filter(|pair| *pair != (0.0, 0.0));
                self.network.nodes.push(node);
            }
            Section::Edges => {
                let id = next()?.to_owned();
                let (source, target) = (next()?.to_owned(), next()?.to_owned());
                let weight = next()?.parse().ok()?;
                let bandwidth: f64 = next()?.parse().ok()?;
                self.delays.push(next()?.parse().ok()?);
                let mut link = FoundLink { id, source, target, ..FoundLink::default() };
                link.weight = Some(weight);
                link.capacity.given = Some(Rate::bare(bandwidth));
                self.network.links.push(link);
            }
            Section::Demands => {
                let _label = next()?;
                let (source, target) = (next()?.to_owned(), next()?.to_owned());
                let rate = Rate::bare(next()?.parse().ok()?);
                self.network.demands.push(FoundDemand { source, target, rate, class: 0 });
            }
        }
        Some(())
    }

    /// Checks that a section has as many rows as it says.
    fn end_section(&mut self) -> Result<(), InputError> {
        let rows = std::mem::take(&mut self.rows);
        let Some((section, count)) = self.open.take() else { return Ok(()) };
        if rows == count {
            return Ok(());
        }
        let name = match section {
            Section::Nodes => "NODES",
            Section::Edges => "EDGES",
            Section::Demands => "DEMANDS",
        };
        let allowed = format!("{count} rows, as it says");
        Err(InputError::new(name, format!("{rows} rows"), allowed))
    }

    fn finish(mut self) -> FoundNetwork {
        let (unit_s, name) = self.delay_unit();
        let links = self.network.links.iter_mut();
        links.zip(&self.delays).for_each(|(link, delay)| link.delay_s = Some(delay * unit_s));
        if self.delays.iter().any(|delay| *delay > 0.0) {
            self.network.told.push(format!("delays taken as {name}"));
        }
        self.network
    }

    fn delay_unit(&self) -> (f64, &'static str) {
        const MILLISECONDS: (f64, &str) = (1e-3, "milliseconds");
        const MICROSECONDS: (f64, &str) = (1e-6, "microseconds");
        let (mut given, mut light_s, mut largest) = (0.0, 0.0, 0.0_f64);
        for (link, delay) in self.network.links.iter().zip(&self.delays) {
            largest = largest.max(*delay);
            let place = |end: &str| {
                let node = self.network.nodes.get(end.parse::<usize>().ok()?)?;
                let (longitude_deg, latitude_deg) = node.place.pair?;
                let on_globe = is_on_globe(longitude_deg, latitude_deg);
                on_globe.then_some(Place::Globe { longitude_deg, latitude_deg })
            };
            let ends = place(&link.source).zip(place(&link.target));
            if let Some(direct_m) = ends.and_then(|(from, to)| from.distance_m(to)) {
                given += delay;
                light_s += route_m(direct_m) / FIBRE_M_PER_S;
            }
        }
        if light_s > 0.0 && given > 0.0 {
            // Nearer by its factor: 1,000 lies between both units.
            let is_milli = given * 1e-3 < light_s * libm::sqrt(1000.0);
            return if is_milli { MILLISECONDS } else { MICROSECONDS };
        }
        if largest > 300.0 { MICROSECONDS } else { MILLISECONDS }
    }
}
