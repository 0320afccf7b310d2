//! The cheapest segment list of every demand by prices of the links, out of all lists of so many segments: a
//! shortest way through a graph in which every segment is a step.

use slicewise_optim::least_peak::Entries;

use super::cases::Cases;
use super::columns::Columns;
use super::demands::{Demand, entries};
use crate::segments::{Segments, Via};

/// Which segment lists may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Segments before the target.
    pub waypoints: usize,
    /// Whether links may be segments beside nodes.
    pub by_links: bool,
}

/// Segment lists and what they cost.
#[derive(Debug)]
pub struct Lists<'a> {
    cases: &'a Cases,
    demands: &'a [Demand],
    reach: Reach,
    closed: &'a [bool],
    nodes: usize,
    /// Price per bit/s of each link, of all cases together; infinite where it must not be used.
    lengths: Vec<f64>,
    /// Cost of the ways of least weight, by target and within it by source.
    direct: Vec<f64>,
    /// Cost by lists of one, two... segments, by source and within it by target.
    levels: Vec<Vec<Reached>>,
    sources: Vec<u32>,
    costs: Vec<f64>,
}

/// How a list gets to a node.
#[derive(Clone, Copy, Debug)]
struct Reached {
    cost: f64,
    last: Last,
}

/// The last segment of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Last {
    /// There is none: a shorter list is as good.
    None,
    /// By ways of least weight from this node.
    From(u32),
    /// Over this link.
    Over(u32),
}

/// A longer list has to be cheaper by this share.
const CHEAPER: f64 = 1.0 - 1e-9;

impl<'a> Lists<'a> {
    /// Lists that keep off `closed` links.
    pub fn new(cases: &'a Cases, demands: &'a [Demand], closed: &'a [bool], reach: Reach) -> Self {
        let nodes = cases.all[0].problem.scenario.topology.nodes.len();
        let mut sources: Vec<u32> = demands.iter().map(|demand| demand.source).collect();
        sources.dedup();
        // No list over a link outlives the failure of that link.
        let reach = Reach { by_links: reach.by_links && cases.all.len() == 1, ..reach };
        Self {
            cases,
            demands,
            reach,
            closed,
            nodes,
            lengths: Vec::new(),
            direct: vec![0.0; nodes * nodes],
            levels: Vec::new(),
            sources,
            costs: vec![0.0; demands.len()],
        }
    }

    /// The cheapest list of a demand.
    pub fn list(&self, demand: usize) -> Segments {
        let Demand { source, target, .. } = self.demands[demand];
        let (mut list, mut at) = (Segments::new(), target);
        for level in self.levels.iter().rev() {
            match level[source as usize * self.nodes + at as usize].last {
                Last::None => {}
                Last::From(node) => {
                    list.push(Via::Node(node));
                    at = node;
                }
                Last::Over(link) => {
                    list.push(Via::Link(link));
                    at = self.cases.all[0].problem.scenario.topology.links[link as usize].source;
                }
            }
        }
        list.reverse();
        self.without_doubles(source, list)
    }

    /// Without nodes that the segments beside them lead through anyway.
    fn without_doubles(&self, source: u32, list: Segments) -> Segments {
        let links = &self.cases.all[0].problem.scenario.topology.links;
        let (mut kept, mut at) = (Segments::new(), source);
        for via in list {
            match via {
                Via::Node(node) if node == at => continue,
                Via::Node(node) => at = node,
                Via::Link(link) => {
                    if kept.last() == Some(&Via::Node(links[link as usize].source)) {
                        kept.pop();
                    }
                    at = links[link as usize].target;
                }
            }
            kept.push(via);
        }
        kept
    }

    fn price(&mut self, prices: &[f64]) {
        let links = self.cases.links;
        self.direct.fill(0.0);
        self.lengths.clear();
        self.lengths.resize(links, 0.0);
        let mut costs = vec![0.0; self.nodes];
        for (index, case) in self.cases.all.iter().enumerate() {
            let own = &prices[index * links..(index + 1) * links];
            if index > 0 && own.iter().all(|price| *price == 0.0) {
                continue;
            }
            let topology = &case.problem.scenario.topology;
            let priced = own.iter().zip(&topology.links).zip(self.closed);
            let lengths: Vec<f64> = priced
                .map(|((price, link), closed)| match closed {
                    true => f64::INFINITY,
                    false => price / link.capacity_bit_per_s,
                })
                .collect();
            let targets = (0_u32..).zip(self.direct.chunks_exact_mut(self.nodes));
            for (target, sums) in targets {
                case.fractions.costs_to(target, &lengths, &mut costs);
                for ((sum, cost), source) in sums.iter_mut().zip(&costs).zip(0_u32..) {
                    // What does not arrive in a case of failure costs nothing there.
                    let arrives = index == 0 || case.fractions.reaches(source, target);
                    *sum += if arrives { *cost } else { 0.0 };
                }
            }
            self.lengths.iter_mut().zip(&lengths).for_each(|(sum, length)| *sum += length);
        }
    }

    /// Adds the lists of one more segment.
    fn lengthen(&mut self) {
        let nodes = self.nodes;
        let Some(before) = self.levels.last() else { return };
        let shorter = |reached: &Reached| Reached { cost: reached.cost, last: Last::None };
        let mut next: Vec<Reached> = before.iter().map(shorter).collect();
        for source in &self.sources {
            let row = *source as usize * nodes..(*source as usize + 1) * nodes;
            let (before, next) = (&before[row.clone()], &mut next[row]);
            for (target, to) in next.iter_mut().enumerate() {
                let direct = &self.direct[target * nodes..(target + 1) * nodes];
                let mut least = to.cost * CHEAPER;
                for ((from, reached), onward) in (0_u32..).zip(before).zip(direct) {
                    let cost = reached.cost + onward;
                    if cost < least {
                        (least, *to) = (cost, Reached { cost, last: Last::From(from) });
                    }
                }
            }
            if self.reach.by_links {
                self.add_links(before, next);
            }
        }
        self.levels.push(next);
    }

    fn add_links(&self, before: &[Reached], next: &mut [Reached]) {
        let problem = &self.cases.all[0].problem;
        for (link, own) in (0_u32..).zip(&problem.scenario.topology.links) {
            let cost = before[own.source as usize].cost + self.lengths[link as usize];
            let to = &mut next[own.target as usize];
            if cost < to.cost * CHEAPER && !problem.failed_links[link as usize] {
                *to = Reached { cost, last: Last::Over(link) };
            }
        }
    }
}

impl Columns for Lists<'_> {
    type Label = super::demands::Way;

    fn prepare(&mut self, prices: &[f64]) -> f64 {
        self.price(prices);
        let nodes = self.nodes;
        let direct = |at: usize| self.direct[at % nodes * nodes + at / nodes];
        let first = (0..nodes * nodes).map(|at| Reached { cost: direct(at), last: Last::None });
        self.levels = vec![first.collect()];
        (0..self.reach.waypoints).for_each(|_| self.lengthen());
        let mut bound = 0.0;
        if let Some(level) = self.levels.last() {
            for (demand, cost) in self.demands.iter().zip(&mut self.costs) {
                let reached = &level[demand.source as usize * nodes + demand.target as usize];
                *cost = demand.rate_bit_per_s * reached.cost;
                // What has no list that may be used proves nothing.
                bound += if cost.is_finite() { *cost } else { 0.0 };
            }
        }
        bound
    }

    fn cost(&self, demand: usize) -> f64 {
        self.costs[demand]
    }

    fn column(&self, demand: usize) -> Option<(Entries, Self::Label)> {
        let list = self.list(demand);
        let found = entries(self.cases, &self.demands[demand], &list)?;
        keeps_off(&found, self.closed).then_some(())?;
        Some((found, super::demands::Way::List(list)))
    }
}

/// Whether a way uses no closed link in any case.
pub fn keeps_off(entries: &[(u32, f64)], closed: &[bool]) -> bool {
    entries.iter().all(|(row, _)| !closed[*row as usize % closed.len()])
}
