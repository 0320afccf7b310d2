//! Demands where a network has none: a gravity model (Roughan, "Simplifying the synthesis of internet traffic
//! matrices", 2005), whose nodes have exponentially distributed masses times what they can send.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::formats::network::Gravity;
use crate::order::order;
use crate::seed::{SmallStream, uniform};

use super::topology::Topology;
use super::traffic::{Arrivals, Flow};

/// The most nodes that send: those of largest mass where a network has more, so that an answer stays quick.
pub const MOST_SENDERS: usize = 100;
/// How far demands without a total use the busiest link.
const BUSIEST: f64 = 0.5;

/// A flow between any two nodes of the same part of a network, at most [`MOST_SENDERS`] nodes of it: its share
/// of the total is that of the product of both masses, or the same for all. Without a total, as much as uses
/// half of the busiest link. None where no two nodes are connected.
pub fn flows(topology: &Topology, gravity: &Gravity) -> Vec<Flow> {
    let masses = masses(topology, gravity);
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
        let total = gravity.total_bit_per_s;
        let total = total.unwrap_or_else(|| usual_total(topology, &flows, sum));
        flows.iter_mut().for_each(|flow| flow.rate_bit_per_s *= total / sum);
    }
    flows
}

fn masses(topology: &Topology, gravity: &Gravity) -> Vec<f64> {
    let nodes = topology.nodes.len();
    if gravity.even {
        return vec![1.0; nodes];
    }
    let mut masses = vec![0.0; nodes];
    for link in &topology.links {
        masses[link.source as usize] += link.capacity_bit_per_s;
    }
    let largest = masses.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let mut stream = SmallStream::new(gravity.seed);
    masses.iter_mut().for_each(|mass| *mass *= -libm::log(1.0 - uniform(&mut stream)) / largest);
    masses
}

/// The nodes of largest mass, in their order.
fn senders(masses: &[f64]) -> Vec<u32> {
    let largest_first = order(masses.len(), &|a, b| masses[b].total_cmp(&masses[a]));
    let mut sends = vec![false; masses.len()];
    largest_first.into_iter().take(MOST_SENDERS).for_each(|node| sends[node] = true);
    sends.into_iter().zip(0..).filter(|(sends, _)| *sends).map(|(_, node)| node).collect()
}

/// The total, in bit/s, at which the busiest link is used as far as [`BUSIEST`] where every flow of these
/// shares, whose sum is `sum`, takes one way of least weight.
fn usual_total(topology: &Topology, flows: &[Flow], sum: f64) -> f64 {
    let loads = loads(topology, flows);
    let used = loads.iter().zip(&topology.links).map(|(load, link)| load / link.capacity_bit_per_s);
    let highest = used.fold(0.0, f64::max);
    if highest > 0.0 { BUSIEST * sum / highest } else { 0.0 }
}

/// What each link carries where every flow takes one way of least weight; flows of one source stand together.
fn loads(topology: &Topology, flows: &[Flow]) -> Vec<f64> {
    let mut leaving = vec![Vec::new(); topology.nodes.len()];
    for (link, index) in topology.links.iter().zip(0_u32..) {
        leaving[link.source as usize].push(index);
    }
    let mut loads = vec![0.0; topology.links.len()];
    for of_source in flows.chunk_by(|one, next| one.source == next.source) {
        let (reached, arrived_by) = ways(topology, &leaving, of_source[0].source);
        let mut carried = vec![0.0; topology.nodes.len()];
        of_source.iter().for_each(|flow| carried[flow.target as usize] += flow.rate_bit_per_s);
        for node in reached.into_iter().rev() {
            if let Some(link) = arrived_by[node as usize] {
                loads[link as usize] += carried[node as usize];
                let before = topology.links[link as usize].source as usize;
                carried[before] += carried[node as usize];
            }
        }
    }
    loads
}

/// The nodes that `source` reaches, nearest first, and the link by which a way of least weight enters each
/// (Dijkstra, 1959).
fn ways(topology: &Topology, leaving: &[Vec<u32>], source: u32) -> (Vec<u32>, Vec<Option<u32>>) {
    let mut weights = vec![f64::INFINITY; topology.nodes.len()];
    let mut arrived_by = vec![None; topology.nodes.len()];
    let mut is_reached = vec![false; topology.nodes.len()];
    let mut reached = Vec::new();
    weights[source as usize] = 0.0;
    // Weights are positive, so that their bits are in their order.
    let mut waiting = BinaryHeap::from([Reverse((0_u64, source))]);
    while let Some(Reverse((_, node))) = waiting.pop() {
        if std::mem::replace(&mut is_reached[node as usize], true) {
            continue;
        }
        reached.push(node);
        for index in &leaving[node as usize] {
            let link = &topology.links[*index as usize];
            let (target, weight) = (link.target as usize, weights[node as usize] + link.weight);
            if weight < weights[target] {
                weights[target] = weight;
                arrived_by[target] = Some(*index);
                waiting.push(Reverse((weight.to_bits(), link.target)));
            }
        }
    }
    (reached, arrived_by)
}
