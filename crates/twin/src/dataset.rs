//! Packet-level simulations as the GNNet challenges published them, one JSON object per line.
//!
//! A line holds `set`, `graph`, `routing`, `n`, `nodes` (scheduling of all ports of each node), `links`
//! (`[from, to, port, capacity]`) and `flows` (`[source, target, path, offered, mean packet, class,
//! time model, its parameters, size model, its parameters, packets, dropped, mean delay, p10, p50, p90,
//! jitter]`). Bits are counted per unit of time, which is taken as a second. The models and the order
//! of their parameters are those of the challenges' DatanetAPI (BNN-UPC, BSD-3-Clause).

pub mod write;

use std::collections::HashMap;

use serde_json::Value;
use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_core::twin::topology::MOST_NODES;
use slicewise_core::twin::{
    Arrivals, Buffer, Flow, Link, Node, PacketSize, PacketSizes, Policy, Queueing, Scenario,
    Topology,
};

/// One simulation: what went in, and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The collection that it belongs to.
    pub set: String,
    /// Name of its graph.
    pub graph: String,
    /// Name of its routing.
    pub routing: String,
    /// What went in. Nodes are called by their numbers, links by those of their ends: `0-24`.
    pub scenario: Scenario,
    /// How the ports of each node schedule.
    pub policies: Vec<Policy>,
    /// What was measured.
    pub measured: Measured,
}

/// What a simulation measured, in the order of the scenario's flows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Packets that were sent, per second.
    pub packets_per_s: Vec<f64>,
    /// Share of them that was dropped, 0 to 1.
    pub loss: Vec<f64>,
    /// Mean delay of those that arrived, in seconds; 0 or less where none did.
    pub mean_delay_s: Vec<f64>,
    /// Delay that a tenth stays below, in seconds.
    pub p10_s: Vec<f64>,
    /// Delay that half stays below, in seconds.
    pub p50_s: Vec<f64>,
    /// Delay that 90 of 100 stay below, in seconds.
    pub p90_s: Vec<f64>,
    /// Variance of the delay, in seconds squared.
    pub jitter_s2: Vec<f64>,
}

/// The runs of a text, line by line; empty lines are passed over.
///
/// # Errors
/// Names the line and the field that cannot be read.
pub fn runs(text: &str) -> impl Iterator<Item = Result<Run, InputError>> + '_ {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| {
        Run::read(line).map_err(|error| error.within(&format!("line {}", at + 1)))
    })
}

/// Variance over squared mean delay below which it is only what rounding leaves where all packets of a flow took the
/// same time.
const LEAST_JITTER: f64 = 1e-9;

impl Measured {
    /// How far the delay of flow `index` varied, in s^2; 0 where what was measured is only what rounding leaves.
    pub fn varied_s2(&self, index: usize) -> f64 {
        let (jitter_s2, mean_delay_s) = (self.jitter_s2[index], self.mean_delay_s[index]);
        if jitter_s2 < LEAST_JITTER * mean_delay_s * mean_delay_s { 0.0 } else { jitter_s2 }
    }
}

/// The longest delay that the simulator of the GNNet challenges records, in seconds: what took longer counts as
/// this. Flows whose packets all wait in a starved queue have it as mean and as every percentile, with a
/// variance of 0.
const LONGEST_RECORDED_S: f64 = 20.0;

impl Run {
    /// The longest delay that its simulator could record, in seconds: 20 where a flow has
    /// exactly that as its mean or a percentile, else infinite.
    pub fn longest_recorded_s(&self) -> f64 {
        let Measured { mean_delay_s, p10_s, p50_s, p90_s, .. } = &self.measured;
        let mut recorded = [mean_delay_s, p10_s, p50_s, p90_s].into_iter().flatten();
        let is_cut = recorded.any(|delay_s| *delay_s == LONGEST_RECORDED_S);
        if is_cut { LONGEST_RECORDED_S } else { f64::INFINITY }
    }

    /// Reads one line.
    ///
    /// # Errors
    /// Names the field that cannot be read.
    pub fn read(line: &str) -> Result<Self, InputError> {
        let json: Value = serde_json::from_str(line).map_err(|error| {
            InputError::new(format!("column {}", error.column()), error, "one JSON object")
        })?;
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let nodes = items(&json["nodes"], "nodes")?;
        check_count("nodes", nodes.len(), 2, MOST_NODES)?;
        let ports: Vec<Ports> = (nodes.iter().enumerate())
            .map(|(index, node)| {
                Ports::read(node).map_err(|e| e.within(&format!("nodes[{index}]")))
            })
            .collect::<Result<_, _>>()?;
        let classes = class_of_service(&ports)?;
        let mut queueings = Vec::new();
        let links = read_links(&json["links"], &ports, &mut queueings)?;
        let node = |id: usize| Node { id: id.to_string(), label: id.to_string(), place: None };
        let topology = Topology {
            name: text("graph"),
            nodes: (0..nodes.len()).map(node).collect(),
            links,
            risk_groups: Vec::new(),
        };
        let mut flows = Flows::new(&topology, classes);
        for (index, row) in items(&json["flows"], "flows")?.iter().enumerate() {
            flows.read(row).map_err(|error| error.within(&format!("flows[{index}]")))?;
        }
        let scenario = Scenario {
            queueings,
            packets: flows.packets,
            flows: flows.flows,
            topology,
            promises: Vec::new(),
        };
        scenario.validate()?;
        Ok(Self {
            set: text("set"),
            graph: text("graph"),
            routing: text("routing"),
            scenario,
            policies: ports.iter().map(|ports| ports.queueing.policy).collect(),
            measured: flows.measured,
        })
    }
}

fn items<'a>(value: &'a Value, field: &str) -> Result<&'a Vec<Value>, InputError> {
    value.as_array().ok_or_else(|| InputError::new(field, value, "a list"))
}

fn number(value: &Value, field: &str) -> Result<f64, InputError> {
    value.as_f64().ok_or_else(|| InputError::new(field, value, "a number"))
}

fn index(value: &Value, field: &str) -> Result<u32, InputError> {
    let index = value.as_u64().and_then(|index| u32::try_from(index).ok());
    index.ok_or_else(|| InputError::new(field, value, "a whole number, 0 or more"))
}

/// How all ports of a node queue.
struct Ports {
    queueing: Queueing,
    /// Class of each type of service, where the node tells.
    class_of_service: Option<HashMap<u32, u8>>,
}

impl Ports {
    fn read(node: &Value) -> Result<Self, InputError> {
        let policy = match node["schedulingPolicy"].as_str().unwrap_or("FIFO") {
            "FIFO" => Policy::Fifo,
            "SP" => Policy::StrictPriority,
            "WFQ" => Policy::GnnetWfq,
            "DRR" => Policy::GnnetDrr,
            other => {
                // Policies that the challenges do not have go by our own names.
                let named = Policy::ALL.into_iter().find(|policy| policy.name() == other);
                named.ok_or_else(|| {
                    InputError::new("schedulingPolicy", other, "FIFO, SP, WFQ or DRR")
                })?
            }
        };
        let weights = if policy.has_weights() {
            numbers(&node["schedulingWeights"], "schedulingWeights")?
        } else {
            Vec::new()
        };
        let buffer = match (&node["queueSizes"], &node["bufferSizes"]) {
            (Value::Null, Value::Null) => Queueing::default().buffer,
            (Value::Null, bits) => Buffer::Bits(one_for_all(bits, "bufferSizes")?),
            (packets, _) => Buffer::Packets(one_for_all(packets, "queueSizes")? as u32),
        };
        let queueing = Queueing { policy, weights, buffer };
        queueing.validate("queueing")?;
        let class_of_service = services(&node["tosToQoSqueue"])?;
        Ok(Self { queueing, class_of_service })
    }
}

/// Numbers in a list, or in a text with commas.
fn numbers(value: &Value, field: &str) -> Result<Vec<f64>, InputError> {
    let refused = |found: &dyn std::fmt::Display| InputError::new(field, found, "numbers");
    match value {
        Value::Number(_) => Ok(vec![number(value, field)?]),
        Value::Array(items) => items.iter().map(|item| number(item, field)).collect(),
        Value::String(text) => {
            text.split(',').map(|n| n.trim().parse().map_err(|_| refused(text))).collect()
        }
        other => Err(refused(other)),
    }
}

/// The size that the queues of all classes have.
fn one_for_all(value: &Value, field: &str) -> Result<f64, InputError> {
    let sizes = numbers(value, field)?;
    match sizes.first() {
        Some(first) if sizes.iter().all(|size| size == first) && *first >= 0.0 => Ok(*first),
        _ => Err(InputError::new(
            field,
            value,
            "the same size, 0 or more, for the queues of all classes",
        )),
    }
}

/// Classes of types of service: `0;1,2` puts type 0 into class 0, types 1 and 2 into class 1.
fn services(value: &Value) -> Result<Option<HashMap<u32, u8>>, InputError> {
    let Some(text) = value.as_str() else { return Ok(None) };
    let mut classes = HashMap::new();
    for (class, services) in (0..).zip(text.split(';')) {
        for service in services.split(',').map(str::trim).filter(|service| !service.is_empty()) {
            let service = service.parse().map_err(|_| {
                InputError::new("tosToQoSqueue", text, "numbers, with ; between the queues")
            })?;
            classes.insert(service, class);
        }
    }
    Ok((!classes.is_empty()).then_some(classes))
}

/// What all nodes with several queues tell about classes; nothing where they tell nothing.
fn class_of_service(ports: &[Ports]) -> Result<HashMap<u32, u8>, InputError> {
    let mut told = None;
    for (index, node) in ports.iter().enumerate() {
        let Some(classes) = &node.class_of_service else { continue };
        if node.queueing.policy == Policy::Fifo {
            continue;
        }
        if told.is_some_and(|told| told != classes) {
            let field = format!("nodes[{index}].tosToQoSqueue");
            return Err(InputError::new(field, "another than before", "the same for all nodes"));
        }
        told = Some(classes);
    }
    Ok(told.cloned().unwrap_or_default())
}

fn read_links(
    value: &Value,
    ports: &[Ports],
    queueings: &mut Vec<Queueing>,
) -> Result<Vec<Link>, InputError> {
    let mut queueing_of = HashMap::new();
    let mut between: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
    let mut links: Vec<Link> = Vec::new();
    for (at, row) in (0..).zip(items(value, "links")?) {
        let field = |name: &str| format!("links[{at}].{name}");
        let source = index(&row[0], &field("from"))?;
        let target = index(&row[1], &field("to"))?;
        let capacity_bit_per_s = number(&row[3], &field("capacity"))?;
        check_count(&field("from"), source as usize, 0, ports.len() - 1)?;
        let queueing = *queueing_of.entry(source).or_insert_with(|| {
            let own = &ports[source as usize].queueing;
            let same = queueings.iter().position(|known| known == own);
            same.unwrap_or_else(|| {
                queueings.push(own.clone());
                queueings.len() - 1
            }) as u32
        });
        let same = between.entry((source, target)).or_default();
        let mut id = format!("{source}-{target}");
        if !same.is_empty() {
            id.push_str(&format!("#{}", same.len() + 1));
        }
        same.push(at);
        links.push(Link {
            id,
            source,
            target,
            capacity_bit_per_s,
            capacity_assumed: false,
            propagation_s: 0.0,
            weight: 1.0,
            opposite: None,
            queueing,
        });
    }
    for ((source, target), there) in &between {
        let back = between.get(&(*target, *source)).into_iter().flatten();
        for (link, opposite) in there.iter().zip(back) {
            links[*link as usize].opposite = Some(*opposite);
        }
    }
    Ok(links)
}

/// The flows as they are read.
struct Flows {
    class_of_service: HashMap<u32, u8>,
    link_between: HashMap<(u32, u32), u32>,
    packets: Vec<PacketSizes>,
    flows: Vec<Flow>,
    measured: Measured,
}

impl Flows {
    fn new(topology: &Topology, class_of_service: HashMap<u32, u8>) -> Self {
        // Of parallel links, the first one: paths name nodes only.
        let mut link_between = HashMap::new();
        for (link, at) in topology.links.iter().zip(0..) {
            link_between.entry((link.source, link.target)).or_insert(at);
        }
        Self {
            class_of_service,
            link_between,
            packets: Vec::new(),
            flows: Vec::new(),
            measured: Measured::default(),
        }
    }

    fn read(&mut self, row: &Value) -> Result<(), InputError> {
        check_count("row", items(row, "row")?.len(), 17, 17)?;
        let (source, target) = (index(&row[0], "source")?, index(&row[1], "target")?);
        let path = self.path(items(&row[2], "path")?)?;
        let service = index(&row[5], "class")?;
        let class = match self.class_of_service.get(&service) {
            Some(class) => *class,
            None => u8::try_from(service).unwrap_or(u8::MAX),
        };
        let mean_bits = number(&row[4], "mean packet")?;
        let sizes =
            packet_sizes(mean_bits, &row[8], &parameters(&row[9], "size model's parameters")?)?;
        let packets = self.packets(sizes);
        self.flows.push(Flow {
            source,
            target,
            rate_bit_per_s: number(&row[3], "offered")?,
            class,
            packets,
            arrivals: arrivals(&row[6], &parameters(&row[7], "time model's parameters")?)?,
            path: Some(path),
        });
        self.measure(row)
    }

    fn path(&self, nodes: &[Value]) -> Result<Vec<u32>, InputError> {
        let nodes: Vec<u32> = nodes.iter().map(|n| index(n, "path")).collect::<Result<_, _>>()?;
        let hops = nodes.windows(2).map(|pair| {
            let link = self.link_between.get(&(pair[0], pair[1])).copied();
            let hop = format!("{} to {}", pair[0], pair[1]);
            link.ok_or_else(|| InputError::new("path", hop, "nodes with a link between them"))
        });
        hops.collect()
    }

    fn packets(&mut self, sizes: PacketSizes) -> u32 {
        let known = self.packets.iter().position(|known| *known == sizes);
        known.unwrap_or_else(|| {
            self.packets.push(sizes);
            self.packets.len() - 1
        }) as u32
    }

    fn measure(&mut self, row: &Value) -> Result<(), InputError> {
        let sent = number(&row[10], "packets")?;
        let dropped = number(&row[11], "dropped")?;
        let measured = &mut self.measured;
        measured.packets_per_s.push(sent);
        measured.loss.push(if sent > 0.0 { (dropped / sent).clamp(0.0, 1.0) } else { 0.0 });
        measured.mean_delay_s.push(number(&row[12], "mean delay")?);
        measured.p10_s.push(number(&row[13], "p10")?);
        measured.p50_s.push(number(&row[14], "p50")?);
        measured.p90_s.push(number(&row[15], "p90")?);
        measured.jitter_s2.push(number(&row[16], "jitter")?);
        Ok(())
    }
}

fn parameters(value: &Value, field: &str) -> Result<Vec<f64>, InputError> {
    items(value, field)?.iter().map(|item| number(item, field)).collect()
}

/// Models of time: 0 exponential, 1 deterministic, 4 on and off, with `[packets/s while on, mean time
/// off, mean time on, cut of the exponential]`, before which the equivalent rate may stand.
fn arrivals(model: &Value, parameters: &[f64]) -> Result<Arrivals, InputError> {
    match (model.as_u64(), parameters) {
        (Some(0), _) => Ok(Arrivals::Poisson),
        (Some(1), _) => Ok(Arrivals::Constant),
        (Some(4), [_, off_s, on_s, _] | [_, _, off_s, on_s, _]) => {
            Ok(Arrivals::OnOff { on_s: *on_s, off_s: *off_s })
        }
        (Some(4), other) => {
            let field = "time model's parameters";
            Err(InputError::new(field, format!("{other:?}"), "4 or 5 numbers for on and off"))
        }
        _ => {
            Err(InputError::new("time model", model, "0 (Poisson), 1 (constant) or 4 (on and off)"))
        }
    }
}

/// Parts that a continuous distribution of sizes is cut into.
const PARTS: usize = 16;

/// Models of size: 0 deterministic, 1 uniform `[least, most]`, 2 two sizes of equal chance, 3 generic
/// `[number, size, chance, size, chance...]`. The mean may stand before the parameters.
fn packet_sizes(mean: f64, model: &Value, parameters: &[f64]) -> Result<PacketSizes, InputError> {
    let refused = |allowed: &str| {
        InputError::new("size model's parameters", format!("{parameters:?}"), allowed)
    };
    match (model.as_u64(), parameters) {
        (Some(0), _) => Ok(PacketSizes::fixed(mean)),
        (Some(1), [least, most] | [_, least, most]) => {
            let part = |at: usize| least + (most - least) * (at as f64 + 0.5) / PARTS as f64;
            let size = |at| PacketSize { bits: part(at), share: 1.0 / PARTS as f64 };
            Ok(PacketSizes::Sizes((0..PARTS).map(size).collect()))
        }
        (Some(1), _) => Err(refused("2 or 3 numbers for a uniform size")),
        (Some(2), [small, large] | [_, small, large]) => {
            let size = |bits: f64| PacketSize { bits, share: 0.5 };
            Ok(PacketSizes::Sizes(vec![size(*small), size(*large)]))
        }
        (Some(2), _) => Err(refused("2 or 3 numbers for two sizes")),
        (Some(3), given) => {
            let is_whole = |count: f64, rest: usize| count * 2.0 == rest as f64 && count > 0.0;
            let pairs = match given {
                [count, rest @ ..] if is_whole(*count, rest.len()) => rest,
                [_, count, rest @ ..] if is_whole(*count, rest.len()) => rest,
                _ => return Err(refused("a number of sizes, then size and chance of each")),
            };
            let size = |pair: &[f64]| PacketSize { bits: pair[0], share: pair[1] };
            Ok(PacketSizes::Sizes(pairs.chunks_exact(2).map(size).collect()))
        }
        _ => Err(InputError::new(
            "size model",
            model,
            "0 (deterministic), 1 (uniform), 2 (two sizes) or 3 (generic)",
        )),
    }
}
