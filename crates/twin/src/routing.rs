//! Which links a flow takes: its own path, its segment lists, or all paths of least weight, with equal splits at
//! every node.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use slicewise_core::twin::{Flow, FlowState, Link};

use crate::problem::Problem;
use crate::segments::{Segments, Split, Via};

/// Paths whose weights differ by less than this share count as equal.
const EQUAL_COST: f64 = 1e-9;

/// One hop of a flow. Its stations are the nodes that it crosses, counted so that every hop leads from a
/// lower to a higher one; 0 is the source, the highest the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    /// Index of the link.
    pub link: u32,
    /// Station where it begins.
    pub from: u32,
    /// Station where it ends.
    pub to: u32,
    /// Share of what leaves `from` that takes this hop, above 0, to 1.
    pub share: f64,
}

/// A flow that has a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutedFlow {
    /// Its index in the scenario.
    pub flow: u32,
    /// Its hops in [`RoutedNetwork::hops`], ordered by the station where they begin.
    pub hops: Range<usize>,
    /// Number of its stations.
    pub stations: u32,
}

/// A problem whose flows know their links.
#[derive(Clone, Debug)]
pub struct RoutedNetwork<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// What becomes of each flow of the scenario.
    pub states: Vec<FlowState>,
    /// The flows that arrive, in the scenario's order.
    pub flows: Vec<RoutedFlow>,
    /// The hops of all of them.
    pub hops: Vec<Hop>,
}

impl<'a> RoutedNetwork<'a> {
    /// Routes every flow of `problem`.
    pub fn new(problem: &'a Problem, routes: &mut Routes) -> Self {
        let count = problem.scenario.flows.len();
        let mut network = Self {
            problem,
            states: Vec::with_capacity(count),
            flows: Vec::new(),
            hops: Vec::new(),
        };
        let mut walk = Walk::new(problem.scenario.topology.nodes.len());
        for index in 0..count {
            let state = network.route(index, routes, &mut walk);
            network.states.push(state);
        }
        network
    }

    /// The hops of `flow`.
    pub fn hops_of(&self, flow: &RoutedFlow) -> &[Hop] {
        &self.hops[flow.hops.clone()]
    }

    /// The hops of `flow`, each with the share of all its packets that takes it where none is lost. `reaching` is
    /// memory, whatever it holds.
    pub fn shares<'s>(
        &'s self,
        flow: &RoutedFlow,
        reaching: &'s mut Vec<f64>,
    ) -> impl Iterator<Item = (&'s Hop, f64)> {
        reaching.clear();
        reaching.resize(flow.stations as usize, 0.0);
        reaching[0] = 1.0;
        self.hops_of(flow).iter().map(|hop| {
            let share = reaching[hop.from as usize] * hop.share;
            reaching[hop.to as usize] += share;
            (hop, share)
        })
    }

    fn route(&mut self, index: usize, routes: &mut Routes, walk: &mut Walk) -> FlowState {
        let problem = self.problem;
        let flow = &problem.scenario.flows[index];
        if problem.failed_nodes[flow.source as usize] || problem.failed_nodes[flow.target as usize]
        {
            return FlowState::EndFailed;
        }
        if flow.rate_bit_per_s <= 0.0 {
            return FlowState::Idle;
        }
        let first = self.hops.len();
        let split = problem.segments.get(&(index as u32));
        let along = split.and_then(|split| walk.split(problem, routes, flow, split));
        let stations = match (along, &flow.path) {
            (Some((hops, stations)), _) => {
                self.hops.extend(hops);
                stations
            }
            (None, Some(path)) => {
                if path.iter().any(|link| problem.failed_links[*link as usize]) {
                    return FlowState::CutOff;
                }
                let hops = path.iter().zip(0..);
                self.hops.extend(hops.map(|(link, at)| Hop {
                    link: *link,
                    from: at,
                    to: at + 1,
                    share: 1.0,
                }));
                path.len() as u32 + 1
            }
            (None, None) => {
                let tree = routes.tree(problem, flow.target);
                if tree.weight[flow.source as usize].is_infinite() {
                    return FlowState::CutOff;
                }
                walk.expand(&tree, flow.source, &problem.scenario.topology.links, &mut self.hops)
            }
        };
        let hops = first..self.hops.len();
        self.flows.push(RoutedFlow { flow: index as u32, hops, stations });
        FlowState::Arrives
    }
}

/// All paths of least weight to one node.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Weight of the way from each node; infinite where there is none.
    pub weight: Vec<f64>,
    starts: Vec<u32>,
    links: Vec<u32>,
}

impl Tree {
    /// The links that lead from `node` along paths of least weight.
    pub fn next(&self, node: u32) -> &[u32] {
        &self.links[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }

    /// Whether a path of least weight takes a link for which `is_meant` holds.
    fn takes(&self, is_meant: impl Fn(u32) -> bool) -> bool {
        self.links.iter().any(|link| is_meant(*link))
    }
}

/// Paths of least weight, worked out for the targets that are asked for and kept.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    trees: HashMap<u32, Rc<Tree>>,
    arriving: Option<Rc<Arriving>>,
}

impl Routes {
    /// The routes that stay the same when more links than before have failed: those that take none of them.
    pub fn without(&self, problem: &Problem) -> Self {
        let failed = |link: u32| problem.failed_links[link as usize];
        let kept = self.trees.iter().filter(|(_, tree)| !tree.takes(failed));
        Self {
            trees: kept.map(|(target, tree)| (*target, tree.clone())).collect(),
            arriving: self.arriving.clone(),
        }
    }

    /// Has the paths to `target` worked out anew.
    pub fn forget(&mut self, target: u32) {
        self.trees.remove(&target);
    }

    /// The paths to `target`.
    pub fn tree(&mut self, problem: &Problem, target: u32) -> Rc<Tree> {
        if let Some(tree) = self.trees.get(&target) {
            return tree.clone();
        }
        let arriving = self.arriving.get_or_insert_with(|| Rc::new(Arriving::of(problem)));
        let tree = Rc::new(arriving.tree(problem, target));
        self.trees.insert(target, tree.clone());
        tree
    }
}

/// The links that arrive at each node.
#[derive(Clone, Debug)]
struct Arriving {
    starts: Vec<u32>,
    links: Vec<u32>,
}

impl Arriving {
    fn of(problem: &Problem) -> Self {
        let topology = &problem.scenario.topology;
        let targets = topology.links.iter().map(|link| link.target);
        let (starts, links) = grouped(topology.nodes.len(), targets);
        Self { starts, links }
    }

    /// Dijkstra's search from `target` against the links' directions.
    fn tree(&self, problem: &Problem, target: u32) -> Tree {
        let topology = &problem.scenario.topology;
        let mut weight = vec![f64::INFINITY; topology.nodes.len()];
        let mut open = BinaryHeap::new();
        weight[target as usize] = 0.0;
        open.push(Reached { weight: 0.0, node: target });
        while let Some(Reached { weight: so_far, node }) = open.pop() {
            if so_far > weight[node as usize] {
                continue;
            }
            let (first, end) = (self.starts[node as usize], self.starts[node as usize + 1]);
            for index in &self.links[first as usize..end as usize] {
                if problem.failed_links[*index as usize] {
                    continue;
                }
                let link = &topology.links[*index as usize];
                let through = so_far + link.weight;
                if through < weight[link.source as usize] {
                    weight[link.source as usize] = through;
                    open.push(Reached { weight: through, node: link.source });
                }
            }
        }
        let is_shortest = |link: &Link| {
            let (from, to) = (weight[link.source as usize], weight[link.target as usize]);
            from.is_finite() && to < from && to + link.weight <= from * (1.0 + EQUAL_COST)
        };
        let on_the_way: Vec<u32> = (topology.links.iter().zip(0..))
            .filter(|(link, index)| !problem.failed_links[*index as usize] && is_shortest(link))
            .map(|(_, index)| index)
            .collect();
        let sources = on_the_way.iter().map(|link| topology.links[*link as usize].source);
        let (starts, order) = grouped(topology.nodes.len(), sources);
        let links = order.iter().map(|at| on_the_way[*at as usize]).collect();
        Tree { weight, starts, links }
    }
}

/// Positions 0, 1, 2... by the group that `group_of` tells of each: where each group starts, and all in order.
fn grouped(groups: usize, group_of: impl Iterator<Item = u32> + Clone) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0; groups + 1];
    let mut count = 0;
    for group in group_of.clone() {
        starts[group as usize + 1] += 1;
        count += 1;
    }
    for group in 0..groups {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut order = vec![0; count];
    for (group, position) in group_of.zip(0..) {
        order[next[group as usize] as usize] = position;
        next[group as usize] += 1;
    }
    (starts, order)
}

/// A node on the way of Dijkstra's search; the nearest is the greatest.
#[derive(PartialEq)]
struct Reached {
    weight: f64,
    node: u32,
}

impl Eq for Reached {}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> Ordering {
        other.weight.total_cmp(&self.weight).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Follows a flow through a tree, with its memory kept between flows.
struct Walk {
    station_of: Vec<u32>,
    nodes: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

impl Walk {
    fn new(nodes: usize) -> Self {
        Self { station_of: vec![UNSEEN; nodes], nodes: Vec::new() }
    }

    /// The hops along `split` and the number of stations that they connect; none where no list can be followed.
    fn split(
        &mut self,
        problem: &Problem,
        routes: &mut Routes,
        flow: &Flow,
        split: &Split,
    ) -> Option<(Vec<Hop>, u32)> {
        let legs = split.iter().filter_map(|(share, list)| {
            let (hops, stations) = self.along(problem, routes, flow, list)?;
            Some((*share, hops, stations))
        });
        let legs: Vec<(f64, Vec<Hop>, u32)> = legs.collect();
        let sum: f64 = legs.iter().map(|(share, _, _)| share).sum();
        // Source and target are common to all lists, what lies between is each one's own.
        let target = legs.iter().map(|(_, _, stations)| stations - 2).sum::<u32>() + 1;
        let (mut joined, mut before) = (Vec::new(), 0);
        for (share, hops, stations) in &legs {
            let station = |own: u32| match own {
                0 => 0,
                own if own == stations - 1 => target,
                own => own + before,
            };
            joined.extend(hops.iter().map(|hop| Hop {
                link: hop.link,
                from: station(hop.from),
                to: station(hop.to),
                share: if hop.from == 0 { hop.share * share / sum } else { hop.share },
            }));
            before += stations - 2;
        }
        joined.sort_by_key(|hop| hop.from);
        (!legs.is_empty()).then_some((joined, target + 1))
    }

    /// The hops along one list and the number of stations that they connect, at least two.
    fn along(
        &mut self,
        problem: &Problem,
        routes: &mut Routes,
        flow: &Flow,
        list: &Segments,
    ) -> Option<(Vec<Hop>, u32)> {
        let links = &problem.scenario.topology.links;
        let (mut hops, mut at, mut station) = (Vec::new(), flow.source, 0);
        for via in list.iter().copied().chain([Via::Node(flow.target)]) {
            let (to, over) = match via {
                Via::Node(node) => (node, None),
                Via::Link(link) => (links[link as usize].source, Some(link)),
            };
            if at != to {
                let tree = routes.tree(problem, to);
                if tree.weight[at as usize].is_infinite() {
                    return None;
                }
                let first = hops.len();
                let stations = self.expand(&tree, at, links, &mut hops);
                hops[first..].iter_mut().for_each(|hop| {
                    (hop.from, hop.to) = (hop.from + station, hop.to + station);
                });
                station += stations - 1;
            }
            at = to;
            if let Some(link) = over {
                if problem.failed_links[link as usize] {
                    return None;
                }
                hops.push(Hop { link, from: station, to: station + 1, share: 1.0 });
                station += 1;
                at = links[link as usize].target;
            }
        }
        (station > 0).then_some((hops, station + 1))
    }

    /// Adds the hops from `source` and tells how many stations they connect.
    fn expand(&mut self, tree: &Tree, source: u32, links: &[Link], hops: &mut Vec<Hop>) -> u32 {
        self.nodes.push(source);
        self.station_of[source as usize] = 0;
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            next += 1;
            for link in tree.next(*node) {
                let target = links[*link as usize].target;
                if self.station_of[target as usize] == UNSEEN {
                    self.station_of[target as usize] = 0;
                    self.nodes.push(target);
                }
            }
        }
        // Every hop leads nearer to the target, so that this order has each station after those before it.
        let weight = |node: &u32| tree.weight[*node as usize];
        self.nodes.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
        for (station, node) in self.nodes.iter().enumerate() {
            self.station_of[*node as usize] = station as u32;
        }
        for (node, from) in self.nodes.iter().zip(0..) {
            let next = tree.next(*node);
            hops.extend(next.iter().map(|link| {
                let to = self.station_of[links[*link as usize].target as usize];
                Hop { link: *link, from, to, share: 1.0 / next.len() as f64 }
            }));
        }
        let stations = self.nodes.len() as u32;
        self.nodes.drain(..).for_each(|node| self.station_of[node as usize] = UNSEEN);
        stations
    }
}
