//! Demands where a network has none: a gravity model (Roughan, "Simplifying the synthesis of internet traffic
//! matrices", 2005), whose nodes have exponentially distributed masses.

use crate::formats::network::Gravity;
use crate::order::order;
use crate::seed::{SmallStream, uniform};

use super::topology::Topology;
use super::traffic::{Arrivals, Flow};

/// The most nodes that send: those of largest mass where a network has more, so that an answer stays quick.
pub const MOST_SENDERS: usize = 200;
/// Share of all capacities that demands without a total fill, if each took a way of mean length.
const FILLED: f64 = 0.25;
/// Nodes from which the length of ways is worked out.
const SAMPLED_NODES: usize = 16;

/// A flow between any two nodes of the same part of a network, at most [`MOST_SENDERS`] nodes of it: its share
/// of the total is that of the product of both masses, or the same for all. Without a total, a quarter of all
/// capacities over the mean number of hops. None where no two nodes are connected.
pub fn flows(topology: &Topology, gravity: &Gravity) -> Vec<Flow> {
    let masses = masses(topology.nodes.len(), gravity);
    let senders = senders(&masses);
    let parts = topology.parts();
    let mut flows = Vec::new();
    let mut sum = 0.0;
    for source in &senders {
        for target in &senders {
            let (from, to) = (*source as usize, *target as usize);
            if from == to || parts[from] != parts[to] {
                continue;
            }
            let rate_bit_per_s = masses[from] * masses[to];
            sum += rate_bit_per_s;
            flows.push(Flow {
                source: *source,
                target: *target,
                rate_bit_per_s,
                class: 0,
                packets: 0,
                arrivals: Arrivals::Poisson,
                path: None,
            });
        }
    }
    if sum > 0.0 {
        let total = gravity.total_bit_per_s.unwrap_or_else(|| usual_total(topology));
        flows.iter_mut().for_each(|flow| flow.rate_bit_per_s *= total / sum);
    }
    flows
}

fn masses(nodes: usize, gravity: &Gravity) -> Vec<f64> {
    if gravity.even {
        return vec![1.0; nodes];
    }
    let mut stream = SmallStream::new(gravity.seed);
    (0..nodes).map(|_| -libm::log(1.0 - uniform(&mut stream))).collect()
}

/// The nodes of largest mass, in their order.
fn senders(masses: &[f64]) -> Vec<u32> {
    let largest_first = order(masses.len(), &|a, b| masses[b].total_cmp(&masses[a]));
    let mut sends = vec![false; masses.len()];
    largest_first.into_iter().take(MOST_SENDERS).for_each(|node| sends[node] = true);
    sends.into_iter().zip(0..).filter(|(sends, _)| *sends).map(|(_, node)| node).collect()
}

/// A quarter of all capacities over the mean number of hops between nodes, in bit/s.
fn usual_total(topology: &Topology) -> f64 {
    let capacities: f64 = topology.links.iter().map(|link| link.capacity_bit_per_s).sum();
    FILLED * capacities / mean_hops(topology)
}

/// Mean number of hops from some nodes, evenly taken, to all that they reach; 1 where they reach none.
fn mean_hops(topology: &Topology) -> f64 {
    let mut leaving = vec![Vec::new(); topology.nodes.len()];
    topology.links.iter().for_each(|link| leaving[link.source as usize].push(link.target));
    let step = topology.nodes.len().div_ceil(SAMPLED_NODES).max(1);
    let (mut hops, mut reached) = (0.0, 0.0);
    for first in (0..topology.nodes.len()).step_by(step) {
        let mut seen = vec![false; topology.nodes.len()];
        seen[first] = true;
        let (mut border, mut depth) = (vec![first as u32], 0.0);
        while !border.is_empty() {
            hops += depth * border.len() as f64;
            reached += if depth > 0.0 { border.len() as f64 } else { 0.0 };
            depth += 1.0;
            let mut next = Vec::new();
            for target in border.iter().flat_map(|node| &leaving[*node as usize]) {
                if !std::mem::replace(&mut seen[*target as usize], true) {
                    next.push(*target);
                }
            }
            border = next;
        }
    }
    if reached > 0.0 { hops / reached } else { 1.0 }
}
