//! Our own scenario as JSON, to be read and written by hand: nodes, links and risk groups are named by their
//! ids, units stand in the names, and what is not known is refused by name.
//!
//! ```json
//! {
//!   "format": "slicewise-scenario",
//!   "version": 1,
//!   "name": "two cities",
//!   "nodes": [
//!     {"id": "A", "label": "Aachen", "longitude_deg": 6.04, "latitude_deg": 50.76},
//!     {"id": "B", "x": 3, "y": 4}
//!   ],
//!   "links": [
//!     {"id": "A-B", "source": "A", "target": "B", "capacity_bit_per_s": 1e10, "propagation_s": 0.001,
//!      "weight": 1, "opposite": "B-A", "queueing": 0},
//!     {"id": "B-A", "source": "B", "target": "A", "capacity_bit_per_s": 1e10, "opposite": "A-B"}
//!   ],
//!   "risk_groups": [{"id": "duct", "links": ["A-B"]}],
//!   "queueings": [{"policy": "weighted-fair", "weights": [3, 1], "buffer_packets": 32}],
//!   "packets": [{"sizes": [{"bits": 12000, "share": 1}]}, {"exponential_mean_bits": 8000}],
//!   "flows": [
//!     {"source": "A", "target": "B", "rate_bit_per_s": 1e9, "class": 0, "packets": 0,
//!      "arrivals": {"on-off": {"on_s": 0.1, "off_s": 0.2}}, "path": ["A-B"]}
//!   ],
//!   "promises": [{"class": 0, "mean_delay_s": 0.01, "p99_delay_s": 0.02, "loss": 0.001}]
//! }
//! ```
//!
//! `queueing` and `packets` count the lists from 0. What may be left out: labels (the id), places, weights (1),
//! propagation (0), `opposite` (where no
//! link has it, both directions are paired in their order), `queueings` (first in,
//! first out, 32 packets), `packets` (the mix of the internet), class (0), arrivals (Poisson), path (by
//! weights), groups, flows and promises.

use std::collections::HashMap;

use crate::error::InputError;
use crate::twin::{
    Arrivals, Buffer, Flow, Link, Node, PacketSize, PacketSizes, Place, Policy, Promise, Queueing,
    RiskGroup, Scenario, Topology,
};

use super::assembly::pair;
use super::json::{Json, Line, list, quoted};

/// What `format` says.
pub(super) const FORMAT: &str = "slicewise-scenario";
/// What `version` says.
const VERSION: f64 = 1.0;

/// Whether a document is of this format.
pub(super) fn is_scenario(document: &Json<'_>) -> bool {
    document.get("format").and_then(Json::text) == Some(FORMAT)
}

/// Reads a scenario; what it refers to is there, the rest is for [`Scenario::validate`].
///
/// # Errors
/// Names the first field that is unknown, missing or of another kind.
pub(super) fn read(document: &Json<'_>) -> Result<Scenario, InputError> {
    let root = Fields::of(
        document,
        "",
        "format version name nodes links risk_groups queueings packets flows promises",
    )?;
    let version = root.number_or("version", VERSION)?;
    if version != VERSION {
        return Err(InputError::new("version", version, "1"));
    }
    let nodes = root.each("nodes", "id label longitude_deg latitude_deg x y", read_node)?;
    let node_ids: HashMap<String, u32> =
        nodes.iter().map(|node| node.id.clone()).zip(0..).collect();
    let mut opposites = Vec::new();
    let mut links =
        root.each("links", LINK, |fields| read_link(fields, &node_ids, &mut opposites))?;
    let link_ids: HashMap<String, u32> =
        links.iter().map(|link| link.id.clone()).zip(0..).collect();
    let links_found = document.get("links").map(Json::items).unwrap_or_default();
    let has_opposites = links_found.iter().any(|link| link.get("opposite").is_some());
    for (index, opposite) in opposites.iter().enumerate() {
        if let Some(id) = opposite {
            let field = format!("links[{index}].opposite");
            links[index].opposite = Some(known(&link_ids, id, field, "the id of a link")?);
        }
    }
    if !has_opposites {
        pair(&mut links);
    }
    let link_list = |fields: &Fields<'_, '_>, name: &str| -> Result<Vec<u32>, InputError> {
        let ids = fields.value(name).map(Json::items).unwrap_or_default().iter().enumerate();
        let index = |(at, id): (usize, &Json<'_>)| {
            let field = format!("{}[{at}]", fields.at(name));
            let id = id.text().unwrap_or_default();
            known(&link_ids, id, field, "the id of a link")
        };
        ids.map(index).collect()
    };
    let risk_groups = root.each("risk_groups", "id links", |fields| {
        Ok(RiskGroup { id: fields.text("id")?, links: link_list(fields, "links")? })
    })?;
    let mut queueings = root.each("queueings", QUEUEING, read_queueing)?;
    if queueings.is_empty() {
        queueings.push(Queueing::default());
    }
    let mut packets = root.each("packets", "sizes exponential_mean_bits", read_packets)?;
    if packets.is_empty() {
        packets.push(PacketSizes::internet());
    }
    let flows = root.each("flows", FLOW, |fields| {
        let path = fields.value("path").is_some().then(|| link_list(fields, "path")).transpose()?;
        Ok(Flow {
            source: fields.known("source", &node_ids)?,
            target: fields.known("target", &node_ids)?,
            rate_bit_per_s: fields.number("rate_bit_per_s")?,
            class: fields.count_or("class", 255)? as u8,
            packets: fields.count_or("packets", u32::MAX)?,
            arrivals: read_arrivals(fields)?,
            path,
        })
    })?;
    let promises = root.each("promises", "class mean_delay_s p99_delay_s loss", |fields| {
        let class = fields.value("class").is_some().then(|| fields.count_or("class", 255));
        Ok(Promise {
            class: class.transpose()?.map(|class| class as u8),
            mean_delay_s: fields.maybe("mean_delay_s")?,
            p99_delay_s: fields.maybe("p99_delay_s")?,
            loss: fields.maybe("loss")?,
        })
    })?;
    let name = root.text_or("name", "")?;
    let topology = Topology { name, nodes, links, risk_groups };
    Ok(Scenario { topology, queueings, packets, flows, promises })
}

const LINK: &str =
    "id source target capacity_bit_per_s capacity_assumed propagation_s weight opposite queueing";
const QUEUEING: &str = "policy weights buffer_packets buffer_bits";
const FLOW: &str = "source target rate_bit_per_s class packets arrivals path";

fn known(
    ids: &HashMap<String, u32>,
    id: &str,
    field: String,
    allowed: &str,
) -> Result<u32, InputError> {
    ids.get(id).copied().ok_or_else(|| InputError::new(field, id, allowed))
}

fn read_node(fields: &Fields<'_, '_>) -> Result<Node, InputError> {
    let id = fields.text("id")?;
    let label = fields.text_or("label", &id)?;
    let globe = fields.maybe("longitude_deg")?.zip(fields.maybe("latitude_deg")?);
    let drawing = fields.maybe("x")?.zip(fields.maybe("y")?);
    let place = match (globe, drawing) {
        (Some((longitude_deg, latitude_deg)), _) => {
            Some(Place::Globe { longitude_deg, latitude_deg })
        }
        (None, Some((x, y))) => Some(Place::Drawing { x, y }),
        (None, None) => None,
    };
    Ok(Node { id, label, place })
}

fn read_link(
    fields: &Fields<'_, '_>,
    nodes: &HashMap<String, u32>,
    opposites: &mut Vec<Option<String>>,
) -> Result<Link, InputError> {
    let opposite = fields.value("opposite").is_some().then(|| fields.text("opposite"));
    opposites.push(opposite.transpose()?);
    Ok(Link {
        id: fields.text("id")?,
        source: fields.known("source", nodes)?,
        target: fields.known("target", nodes)?,
        capacity_bit_per_s: fields.number("capacity_bit_per_s")?,
        capacity_assumed: matches!(fields.value("capacity_assumed"), Some(Json::Bool(true))),
        propagation_s: fields.number_or("propagation_s", 0.0)?,
        weight: fields.number_or("weight", 1.0)?,
        opposite: None,
        queueing: fields.count_or("queueing", u32::MAX)?,
    })
}

fn read_queueing(fields: &Fields<'_, '_>) -> Result<Queueing, InputError> {
    let name = fields.text_or("policy", Policy::Fifo.name())?;
    let policy = Policy::ALL.into_iter().find(|policy| policy.name() == name);
    let policy = policy.ok_or_else(|| {
        let names = Policy::ALL.map(Policy::name).join(", ");
        InputError::new(fields.at("policy"), &name, names)
    })?;
    let weights = fields.value("weights").map(Json::items).unwrap_or_default().iter().enumerate();
    let weight = |(at, weight): (usize, &Json<'_>)| {
        let field = format!("{}[{at}]", fields.at("weights"));
        weight.number().ok_or_else(|| InputError::new(field, shown(weight), "a number"))
    };
    let weights = weights.map(weight).collect::<Result<_, _>>()?;
    let buffer = match fields.maybe("buffer_bits")? {
        Some(bits) => Buffer::Bits(bits),
        None if fields.value("buffer_packets").is_some() => {
            Buffer::Packets(fields.count_or("buffer_packets", u32::MAX)?)
        }
        None => Queueing::default().buffer,
    };
    Ok(Queueing { policy, weights, buffer })
}

fn read_packets(fields: &Fields<'_, '_>) -> Result<PacketSizes, InputError> {
    if let Some(mean) = fields.maybe("exponential_mean_bits")? {
        return Ok(PacketSizes::Exponential(mean));
    }
    let sizes = fields.each("sizes", "bits share", |fields| {
        Ok(PacketSize { bits: fields.number("bits")?, share: fields.number("share")? })
    })?;
    Ok(PacketSizes::Sizes(sizes))
}

fn read_arrivals(fields: &Fields<'_, '_>) -> Result<Arrivals, InputError> {
    let Some(value) = fields.value("arrivals") else { return Ok(Arrivals::Poisson) };
    let wrong = || {
        let allowed = "\"poisson\", \"constant\" or {\"on-off\": {\"on_s\": ..., \"off_s\": ...}}";
        InputError::new(fields.at("arrivals"), shown(value), allowed)
    };
    match value.text() {
        Some("poisson") => return Ok(Arrivals::Poisson),
        Some("constant") => return Ok(Arrivals::Constant),
        Some(_) => return Err(wrong()),
        None => {}
    }
    let on_off = value.get("on-off").ok_or_else(wrong)?;
    let times = Fields::of(on_off, &format!("{}.on-off", fields.at("arrivals")), "on_s off_s")?;
    Ok(Arrivals::OnOff { on_s: times.number("on_s")?, off_s: times.number("off_s")? })
}

/// A value in a few words.
fn shown(value: &Json<'_>) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::List(items) => format!("a list of {}", items.len()),
        Json::Object(_) => "an object".to_owned(),
        value => value.text().unwrap_or_default().to_owned(),
    }
}

/// The members of an object whose names are known.
struct Fields<'a, 'b> {
    object: &'a Json<'b>,
    path: String,
}

impl<'a, 'b> Fields<'a, 'b> {
    /// Checks that `object` is one and that all of its names are in `names`.
    fn of(object: &'a Json<'b>, path: &str, names: &str) -> Result<Self, InputError> {
        let fields = Self { object, path: path.to_owned() };
        if !matches!(object, Json::Object(_)) {
            let field = if path.is_empty() { "document" } else { path };
            return Err(InputError::new(field, shown(object), "an object"));
        }
        let is_unknown = |name: &str| !names.split(' ').any(|known| known == name);
        match object.members().iter().find(|(name, _)| is_unknown(name)) {
            None => Ok(fields),
            Some((name, _)) => {
                let allowed = names.split(' ').collect::<Vec<_>>().join(", ");
                Err(InputError::new(fields.at(name), "unknown", allowed))
            }
        }
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A member that is there and not null.
    fn value(&self, name: &str) -> Option<&'a Json<'b>> {
        self.object.get(name).filter(|value| !matches!(value, Json::Null))
    }

    fn wrong(&self, name: &str, allowed: &str) -> InputError {
        let found = self.value(name).map_or_else(|| "missing".to_owned(), shown);
        InputError::new(self.at(name), found, allowed)
    }

    fn text(&self, name: &str) -> Result<String, InputError> {
        let text = self.value(name).and_then(Json::text);
        text.map(str::to_owned).ok_or_else(|| self.wrong(name, "a text"))
    }

    fn text_or(&self, name: &str, usual: &str) -> Result<String, InputError> {
        if self.value(name).is_some() { self.text(name) } else { Ok(usual.to_owned()) }
    }

    fn number(&self, name: &str) -> Result<f64, InputError> {
        let number = match self.value(name) {
            Some(value @ Json::Number(_)) => value.number(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(name, "a number"))
    }

    fn number_or(&self, name: &str, usual: f64) -> Result<f64, InputError> {
        Ok(self.maybe(name)?.unwrap_or(usual))
    }

    fn maybe(&self, name: &str) -> Result<Option<f64>, InputError> {
        self.value(name).map(|_| self.number(name)).transpose()
    }

    /// A whole number up to `most`; 0 where there is none.
    fn count_or(&self, name: &str, most: u32) -> Result<u32, InputError> {
        let number = self.number_or(name, 0.0)?;
        if number.fract() == 0.0 && (0.0..=f64::from(most)).contains(&number) {
            return Ok(number as u32);
        }
        Err(self.wrong(name, &format!("a whole number, 0 to {most}")))
    }

    fn known(&self, name: &str, ids: &HashMap<String, u32>) -> Result<u32, InputError> {
        known(ids, &self.text(name)?, self.at(name), "the id of a node")
    }

    /// What `read` makes of each object of the list `name`; nothing where there is none.
    fn each<T>(
        &self,
        name: &str,
        names: &str,
        mut read: impl FnMut(&Fields<'_, '_>) -> Result<T, InputError>,
    ) -> Result<Vec<T>, InputError> {
        let items = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Json::List(items)) => items,
            Some(_) => return Err(self.wrong(name, "a list")),
        };
        let path = self.at(name);
        let read_one = |(index, item): (usize, &Json<'_>)| {
            read(&Fields::of(item, &format!("{path}[{index}]"), names)?)
        };
        items.iter().enumerate().map(read_one).collect()
    }
}

/// The scenario.
pub(super) fn write(scenario: &Scenario) -> String {
    let topology = &scenario.topology;
    let link_ids = |links: &[u32]| {
        let ids: Vec<String> =
            links.iter().map(|link| quoted(&topology.links[*link as usize].id)).collect();
        format!("[{}]", ids.join(", "))
    };
    let groups = topology.risk_groups.iter().map(|group| {
        Line::default().text("id", &group.id).raw("links", &link_ids(&group.links)).end()
    });
    let flows = scenario.flows.iter().map(|flow| write_flow(topology, flow, &link_ids));
    let promises = scenario.promises.iter().map(|promise| {
        Line::default()
            .maybe("class", promise.class.map(f64::from))
            .maybe("mean_delay_s", promise.mean_delay_s)
            .maybe("p99_delay_s", promise.p99_delay_s)
            .maybe("loss", promise.loss)
            .end()
    });
    let lists = [
        ("nodes", list(topology.nodes.iter().map(write_node), "  ")),
        ("links", list(topology.links.iter().map(|link| write_link(topology, link)), "  ")),
        ("risk_groups", list(groups, "  ")),
        ("queueings", list(scenario.queueings.iter().map(write_queueing), "  ")),
        ("packets", list(scenario.packets.iter().map(write_packets), "  ")),
        ("flows", list(flows, "  ")),
        ("promises", list(promises, "  ")),
    ];
    let mut text = format!(
        "{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n  \"name\": {}",
        quoted(&topology.name)
    );
    for (name, list) in lists {
        text.push_str(&format!(",\n  \"{name}\": {list}"));
    }
    text.push_str("\n}\n");
    text
}

fn write_node(node: &Node) -> String {
    let line = Line::default().text("id", &node.id).text("label", &node.label);
    match node.place {
        Some(Place::Globe { longitude_deg, latitude_deg }) => {
            line.number("longitude_deg", longitude_deg).number("latitude_deg", latitude_deg).end()
        }
        Some(Place::Drawing { x, y }) => line.number("x", x).number("y", y).end(),
        None => line.end(),
    }
}

fn write_link(topology: &Topology, link: &Link) -> String {
    let node = |index: u32| &topology.nodes[index as usize].id[..];
    let line = Line::default().text("id", &link.id);
    let line = line.text("source", node(link.source)).text("target", node(link.target));
    let line = line.number("capacity_bit_per_s", link.capacity_bit_per_s);
    let line = if link.capacity_assumed { line.raw("capacity_assumed", "true") } else { line };
    let line = line.number("propagation_s", link.propagation_s).number("weight", link.weight);
    let line = match link.opposite {
        Some(opposite) => line.text("opposite", &topology.links[opposite as usize].id),
        None => line.raw("opposite", "null"),
    };
    line.number("queueing", f64::from(link.queueing)).end()
}

fn write_queueing(queueing: &Queueing) -> String {
    let line = Line::default().text("policy", queueing.policy.name());
    let line = if queueing.weights.is_empty() {
        line
    } else {
        let weights: Vec<String> = queueing.weights.iter().map(f64::to_string).collect();
        line.raw("weights", &format!("[{}]", weights.join(", ")))
    };
    match queueing.buffer {
        Buffer::Packets(packets) => line.number("buffer_packets", f64::from(packets)).end(),
        Buffer::Bits(bits) => line.number("buffer_bits", bits).end(),
    }
}

fn write_packets(packets: &PacketSizes) -> String {
    let sizes = match packets {
        PacketSizes::Exponential(mean) => {
            return Line::default().number("exponential_mean_bits", *mean).end();
        }
        PacketSizes::Sizes(sizes) => sizes,
    };
    let size = |size: &PacketSize| {
        Line::default().number("bits", size.bits).number("share", size.share).end()
    };
    let sizes: Vec<String> = sizes.iter().map(size).collect();
    Line::default().raw("sizes", &format!("[{}]", sizes.join(", "))).end()
}

fn write_flow(topology: &Topology, flow: &Flow, link_ids: &dyn Fn(&[u32]) -> String) -> String {
    let node = |index: u32| &topology.nodes[index as usize].id[..];
    let line = Line::default().text("source", node(flow.source)).text("target", node(flow.target));
    let line = line.number("rate_bit_per_s", flow.rate_bit_per_s);
    let line = line.number("class", f64::from(flow.class));
    let line = line.number("packets", f64::from(flow.packets));
    let line = match flow.arrivals {
        Arrivals::OnOff { on_s, off_s } => {
            let times = Line::default().number("on_s", on_s).number("off_s", off_s).end();
            line.raw("arrivals", &Line::default().raw("on-off", &times).end())
        }
        arrivals => line.text("arrivals", arrivals.name()),
    };
    match &flow.path {
        Some(path) => line.raw("path", &link_ids(path)).end(),
        None => line.end(),
    }
}
