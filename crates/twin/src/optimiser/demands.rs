//! What is routed: the traffic between two nodes as one demand, and what its ways add to the links.

use std::collections::BTreeMap;

use slicewise_core::twin::FlowState;
use slicewise_optim::least_peak::Entries;

use super::cases::{Case, Cases};
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};
use crate::segments::{Segments, Split, Via};

/// Where a part of a demand goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// As it does at present.
    Present,
    /// Along a segment list; by ways of least weight alone where it is empty.
    List(Segments),
}

/// The traffic between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Node where it begins.
    pub source: u32,
    /// Node where it ends.
    pub target: u32,
    /// Its class; none where the classes of a pair are routed together.
    pub class: Option<u8>,
    /// What is offered, in bit/s.
    pub rate_bit_per_s: f64,
    /// Its flows, as indices in the scenario.
    pub flows: Vec<u32>,
    /// What its present ways add to the utilisation of each row; none where it does not arrive in some case
    /// in which it could.
    pub present: Option<Entries>,
    /// Lists that come to the same as its present ways.
    pub present_lists: Split,
}

impl Demand {
    /// The lists of `ways`, with the present ones where those say so.
    pub fn lists(&self, ways: &[(f64, Way)]) -> Split {
        let mut lists = Split::new();
        for (share, way) in ways {
            match way {
                Way::List(list) => add_list(&mut lists, *share, list),
                Way::Present => {
                    for (part, list) in &self.present_lists {
                        add_list(&mut lists, share * part, list);
                    }
                }
            }
        }
        lists
    }
}

fn add_list(lists: &mut Split, share: f64, list: &Segments) {
    match lists.iter_mut().find(|(_, known)| known == list) {
        Some((sum, _)) => *sum += share,
        None => lists.push((share, list.clone())),
    }
}

type Key = (u32, u32, Option<u8>);

/// The demands that can arrive, in the order of source, target and class; classes are apart where `by_class` says
/// so. Flows that carry nothing, whose end has failed, or to which no way leads are left out.
pub fn demands(cases: &Cases, by_class: bool) -> Vec<Demand> {
    let mut found: BTreeMap<Key, Demand> = BTreeMap::new();
    let mut sums: BTreeMap<Key, BTreeMap<u32, f64>> = BTreeMap::new();
    for (index, case) in cases.all.iter().enumerate() {
        let first = (index * cases.links) as u32;
        add_case(case, first, by_class, &mut found, &mut sums);
    }
    for (key, sum) in sums {
        if let Some(present) = found.get_mut(&key).and_then(|demand| demand.present.as_mut()) {
            present.extend(sum);
        }
    }
    let mut demands: Vec<Demand> = found.into_values().collect();
    for demand in &mut demands {
        let rate = demand.rate_bit_per_s;
        demand.present_lists.iter_mut().for_each(|(share, _)| *share /= rate);
    }
    demands
}

fn add_case(
    case: &Case,
    first: u32,
    by_class: bool,
    found: &mut BTreeMap<Key, Demand>,
    sums: &mut BTreeMap<Key, BTreeMap<u32, f64>>,
) {
    let scenario = &case.problem.scenario;
    let network = RoutedNetwork::new(&case.problem, &mut Routes::default());
    let mut routed = network.flows.iter().peekable();
    let mut reaching = Vec::new();
    for (flow, index) in scenario.flows.iter().zip(0_u32..) {
        let own = routed.next_if(|routed| routed.flow == index);
        let state = network.states[index as usize];
        let may_arrive = matches!(state, FlowState::Arrives | FlowState::CutOff)
            && case.fractions.reaches(flow.source, flow.target);
        if !may_arrive {
            continue;
        }
        let class = by_class.then_some(flow.class);
        let key = (flow.source, flow.target, class);
        if first == 0 {
            let demand = found.entry(key).or_insert_with(|| Demand {
                source: flow.source,
                target: flow.target,
                class,
                rate_bit_per_s: 0.0,
                flows: Vec::new(),
                present: Some(Entries::new()),
                present_lists: Split::new(),
            });
            demand.rate_bit_per_s += flow.rate_bit_per_s;
            demand.flows.push(index);
            let rate = flow.rate_bit_per_s;
            match (&flow.path, case.problem.segments.get(&index)) {
                (_, Some(split)) => {
                    let parts = split.iter();
                    parts.for_each(|(share, list)| {
                        add_list(&mut demand.present_lists, share * rate, list)
                    });
                }
                (Some(path), None) => {
                    let list = path.iter().map(|link| Via::Link(*link)).collect();
                    add_list(&mut demand.present_lists, rate, &list);
                }
                (None, None) => add_list(&mut demand.present_lists, rate, &Segments::new()),
            }
        }
        let Some(own) = own else {
            if let Some(demand) = found.get_mut(&key) {
                demand.present = None;
            }
            continue;
        };
        let sum = sums.entry(key).or_default();
        for (hop, share) in network.shares(own, &mut reaching) {
            let capacity = scenario.topology.links[hop.link as usize].capacity_bit_per_s;
            *sum.entry(first + hop.link).or_default() += share * flow.rate_bit_per_s / capacity;
        }
    }
}

/// What the flows for which `counts` holds bring to the utilisation of each row as they are routed now, in every case
/// by what it leaves of them.
pub fn carried(cases: &Cases, counts: impl Fn(u32) -> bool) -> Vec<f64> {
    let mut rows = vec![0.0; cases.rows()];
    let mut reaching = Vec::new();
    for (case, own) in cases.all.iter().zip(rows.chunks_exact_mut(cases.links)) {
        let network = RoutedNetwork::new(&case.problem, &mut Routes::default());
        let scenario = &case.problem.scenario;
        for flow in network.flows.iter().filter(|flow| counts(flow.flow)) {
            let rate = scenario.flows[flow.flow as usize].rate_bit_per_s;
            for (hop, share) in network.shares(flow, &mut reaching) {
                let capacity = scenario.topology.links[hop.link as usize].capacity_bit_per_s;
                own[hop.link as usize] += share * rate / capacity;
            }
        }
    }
    rows
}

/// What a demand along a list adds to the utilisation of each row, rows in rising order; none where, in a case in
/// which it could arrive, a segment cannot be reached.
pub fn entries(cases: &Cases, demand: &Demand, list: &[Via]) -> Option<Entries> {
    let mut found = Entries::new();
    for (index, case) in cases.all.iter().enumerate() {
        if !case.fractions.reaches(demand.source, demand.target) {
            continue;
        }
        let links = &case.problem.scenario.topology.links;
        let first = (index * cases.links) as u32;
        let rate = demand.rate_bit_per_s;
        for (link, share) in shares(&case.problem, case, demand, list)? {
            found.push((first + link, share * rate / links[link as usize].capacity_bit_per_s));
        }
    }
    Some(found)
}

/// The share of a demand that takes each link along a list, links in rising order; those twice on the way count
/// twice. None where a segment cannot be reached.
fn shares(
    problem: &Problem,
    case: &Case,
    demand: &Demand,
    list: &[Via],
) -> Option<Vec<(u32, f64)>> {
    let links = &problem.scenario.topology.links;
    let fractions = &case.fractions;
    let mut found: Vec<(u32, f64)> = Vec::new();
    let mut at = demand.source;
    for via in list.iter().copied().chain([Via::Node(demand.target)]) {
        let (to, over) = match via {
            Via::Node(node) => (node, None),
            Via::Link(link) => (links[link as usize].source, Some(link)),
        };
        if !fractions.reaches(at, to) {
            return None;
        }
        found.extend(fractions.of(at, to));
        at = to;
        if let Some(link) = over {
            if problem.failed_links[link as usize] {
                return None;
            }
            found.push((link, 1.0));
            at = links[link as usize].target;
        }
    }
    found.sort_unstable_by_key(|(link, _)| *link);
    found.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    Some(found)
}
