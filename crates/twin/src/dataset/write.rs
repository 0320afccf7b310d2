//! Runs as lines in the layout that [`super::runs`] reads.

use serde_json::{Value, json};
use slicewise_core::InputError;
use slicewise_core::twin::{Arrivals, Buffer, Flow, PacketSize, PacketSizes, Policy, Queueing};

use super::{Measured, Run};

/// Mean of the exponential distribution after which the public simulator cuts it off.
const CUT: f64 = 10.0;

/// One line for `run`, without the line's end. Capacities, rates and times are taken as per second.
///
/// # Errors
/// Names what the layout has no place for: a flow without a path, exponential packet sizes, propagation,
/// ports of one node that queue in different ways.
pub fn line(run: &Run) -> Result<String, InputError> {
    let topology = &run.scenario.topology;
    let classes = run.scenario.classes();
    let nodes: Vec<Value> = (0..topology.nodes.len())
        .map(|node| Ok(ports(queueing_of(run, node as u32)?, classes)))
        .collect::<Result<_, InputError>>()?;
    let mut ports_of = vec![0u32; topology.nodes.len()];
    let links: Vec<Value> = (topology.links.iter())
        .map(|link| {
            if link.propagation_s != 0.0 {
                let field = format!("links.{}.propagation_s", link.id);
                return Err(InputError::new(field, link.propagation_s, "0 in this layout"));
            }
            let port = ports_of[link.source as usize];
            ports_of[link.source as usize] += 1;
            Ok(json!([link.source, link.target, port, link.capacity_bit_per_s]))
        })
        .collect::<Result<_, InputError>>()?;
    let flows: Vec<Value> =
        (0..run.scenario.flows.len()).map(|index| row(run, index)).collect::<Result<_, _>>()?;
    let (set, graph, routing) = (&run.set, &run.graph, &run.routing);
    let n = nodes.len();
    let line = json!({ "set": set, "graph": graph, "routing": routing, "n": n, "nodes": nodes,
        "links": links, "flows": flows });
    Ok(line.to_string())
}

/// How all ports of `node` queue.
fn queueing_of(run: &Run, node: u32) -> Result<Option<&Queueing>, InputError> {
    let links = &run.scenario.topology.links;
    let mut own = links.iter().filter(|link| link.source == node);
    let first = own.next();
    if let Some(other) = own.find(|link| first.is_some_and(|f| f.queueing != link.queueing)) {
        let field = format!("links.{}.queueing", other.id);
        let allowed = "the same for all links of its node in this layout";
        return Err(InputError::new(field, other.queueing, allowed));
    }
    Ok(first.and_then(|link| run.scenario.queueings.get(link.queueing as usize)))
}

fn ports(queueing: Option<&Queueing>, classes: usize) -> Value {
    let Some(queueing) = queueing else { return json!({}) };
    let policy = match queueing.policy {
        Policy::Fifo => "FIFO",
        Policy::StrictPriority => "SP",
        Policy::GnnetWfq => "WFQ",
        Policy::GnnetDrr => "DRR",
        other => other.name(),
    };
    let queues = if queueing.policy == Policy::Fifo { 1 } else { classes };
    let mut node = json!({ "schedulingPolicy": policy, "levelsQoS": queues.to_string() });
    if queueing.policy.has_weights() {
        node["schedulingWeights"] = joined(queueing.weights.iter().copied()).into();
    }
    let (name, size) = match queueing.buffer {
        Buffer::Packets(packets) => ("queueSizes", f64::from(packets)),
        Buffer::Bits(bits) => ("bufferSizes", bits),
    };
    node[name] = joined(std::iter::repeat_n(size, queues)).into();
    node
}

fn joined(numbers: impl Iterator<Item = f64>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

fn row(run: &Run, index: usize) -> Result<Value, InputError> {
    let flow = &run.scenario.flows[index];
    let sizes = &run.scenario.packets[flow.packets as usize];
    let mean_bits = sizes.mean_bits();
    let (time_model, time) = time_model(flow.arrivals, flow.rate_bit_per_s / mean_bits);
    let (size_model, size) = size_model(sizes, index)?;
    let Measured { packets_per_s, loss, mean_delay_s, p10_s, p50_s, p90_s, jitter_s2 } =
        &run.measured;
    let (sent, lost) = (packets_per_s[index], packets_per_s[index] * loss[index]);
    Ok(json!([
        flow.source,
        flow.target,
        path(run, flow, index)?,
        flow.rate_bit_per_s,
        mean_bits,
        flow.class,
        time_model,
        time,
        size_model,
        size,
        sent,
        lost,
        mean_delay_s[index],
        p10_s[index],
        p50_s[index],
        p90_s[index],
        jitter_s2[index]
    ]))
}

/// The nodes on the path.
fn path(run: &Run, flow: &Flow, index: usize) -> Result<Vec<u32>, InputError> {
    let Some(path) = &flow.path else {
        let field = format!("flows[{index}].path");
        return Err(InputError::new(field, "none", "a path in this layout"));
    };
    let links = &run.scenario.topology.links;
    let nodes = path.iter().map(|link| links[*link as usize].target);
    Ok(std::iter::once(flow.source).chain(nodes).collect())
}

fn time_model(arrivals: Arrivals, packets_per_s: f64) -> (u32, Vec<f64>) {
    match arrivals {
        Arrivals::Poisson => (0, vec![packets_per_s, CUT]),
        Arrivals::Constant => (1, vec![packets_per_s]),
        Arrivals::OnOff { on_s, off_s } => {
            (4, vec![packets_per_s * (on_s + off_s) / on_s, off_s, on_s, CUT])
        }
    }
}

fn size_model(sizes: &PacketSizes, index: usize) -> Result<(u32, Vec<f64>), InputError> {
    match sizes {
        PacketSizes::Exponential(_) => {
            let field = format!("flows[{index}].packets");
            Err(InputError::new(field, "exponential", "a list of sizes in this layout"))
        }
        PacketSizes::Sizes(sizes) => Ok(match &sizes[..] {
            [_] => (0, Vec::new()),
            [PacketSize { bits: small, share: 0.5 }, PacketSize { bits: large, share: 0.5 }] => {
                (2, vec![*small, *large])
            }
            other => {
                let pairs = other.iter().flat_map(|size| [size.bits, size.share]);
                (3, std::iter::once(other.len() as f64).chain(pairs).collect())
            }
        }),
    }
}
