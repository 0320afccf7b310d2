//! The shortest ways from a node by lengths of the links (Dijkstra, 1959).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use slicewise_core::twin::Topology;

/// The links of a network, by where they begin.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Links that leave each node.
    leaving: Vec<Vec<u32>>,
    /// Node where each link begins.
    sources: Vec<u32>,
    /// Node where each link ends.
    targets: Vec<u32>,
}

impl Ways {
    /// The links of `topology` for which `is_open` holds.
    pub fn new(topology: &Topology, is_open: impl Fn(u32) -> bool) -> Self {
        let mut leaving = vec![Vec::new(); topology.nodes.len()];
        for (link, index) in topology.links.iter().zip(0..) {
            if is_open(index) {
                leaving[link.source as usize].push(index);
            }
        }
        Self {
            leaving,
            sources: topology.links.iter().map(|link| link.source).collect(),
            targets: topology.links.iter().map(|link| link.target).collect(),
        }
    }

    /// The links of a way of which `entered_by` tells by which link each node is entered, the last one first.
    pub fn back<'a>(
        &'a self,
        entered_by: &'a [u32],
        target: u32,
    ) -> impl Iterator<Item = u32> + 'a {
        let before = move |node: u32| {
            let link = entered_by[node as usize];
            (link != NO_LINK).then_some(link)
        };
        std::iter::successors(before(target), move |link| before(self.sources[*link as usize]))
    }
}

/// What stands for the link that enters a node where there is none.
pub const NO_LINK: u32 = u32::MAX;

/// The shortest ways from a node, with memory that is kept.
#[derive(Debug, Default)]
pub struct ShortestWays {
    distance: Vec<f64>,
    entered_by: Vec<u32>,
    is_reached: Vec<bool>,
    order: Vec<u32>,
    carried: Vec<f64>,
    open: BinaryHeap<Reverse<(u64, u32)>>,
}

impl ShortestWays {
    /// Works out the ways from `source` over the links for which `is_open` holds. `lengths` are at least 0.
    pub fn grow(
        &mut self,
        source: u32,
        ways: &Ways,
        lengths: &[f64],
        is_open: impl Fn(u32) -> bool,
    ) {
        let nodes = ways.leaving.len();
        fill(&mut self.distance, nodes, f64::INFINITY);
        fill(&mut self.entered_by, nodes, NO_LINK);
        fill(&mut self.is_reached, nodes, false);
        self.order.clear();
        self.distance[source as usize] = 0.0;
        // Lengths are not negative, so that their bits are in their order.
        self.open.push(Reverse((0, source)));
        while let Some(Reverse((_, node))) = self.open.pop() {
            if std::mem::replace(&mut self.is_reached[node as usize], true) {
                continue;
            }
            self.order.push(node);
            for link in ways.leaving[node as usize].iter().filter(|link| is_open(**link)) {
                let target = ways.targets[*link as usize];
                let through = self.distance[node as usize] + lengths[*link as usize];
                if through < self.distance[target as usize] {
                    self.distance[target as usize] = through;
                    self.entered_by[target as usize] = *link;
                    self.open.push(Reverse((through.to_bits(), target)));
                }
            }
        }
    }

    /// Distance of each node; infinite where no way leads.
    pub fn distance(&self) -> &[f64] {
        &self.distance
    }

    /// The link by which the shortest way enters each node; [`NO_LINK`] at its source and where none leads.
    pub fn entered_by(&self) -> &[u32] {
        &self.entered_by
    }

    /// Adds what `targets` are sent along the ways to `loads`, and gives it times the distances. What no way leads to
    /// is left out.
    pub fn send(
        &mut self,
        targets: impl Iterator<Item = (u32, f64)>,
        ways: &Ways,
        loads: &mut [f64],
    ) -> f64 {
        fill(&mut self.carried, self.distance.len(), 0.0);
        let mut sum = 0.0;
        for (target, rate) in targets {
            if self.is_reached[target as usize] {
                self.carried[target as usize] += rate;
                sum += rate * self.distance[target as usize];
            }
        }
        for node in self.order.iter().rev() {
            let (link, carried) = (self.entered_by[*node as usize], self.carried[*node as usize]);
            if link != NO_LINK && carried > 0.0 {
                loads[link as usize] += carried;
                self.carried[ways.sources[link as usize] as usize] += carried;
            }
        }
        sum
    }
}

fn fill<T: Clone>(values: &mut Vec<T>, count: usize, value: T) {
    values.clear();
    values.resize(count, value);
}
