//! What may be wrong, as edits of the twin.

use slicewise_core::twin::diagnosis::{CauseKind, Site};
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::{Edit, Policy, Scenario};

/// Shares of its capacity that a link keeps without a member of its bundle: of three, of four, of eight.
const WITHOUT_A_MEMBER: [f64; 3] = [2.0 / 3.0, 0.75, 0.875];
/// Factors on a class's weight, on the traffic of a pair and on a link's weight that are tried first.
const FIRST_CLASS_WEIGHTS: [f64; 2] = [0.25, 4.0];
const FIRST_TRAFFIC: [f64; 1] = [2.5];
const FIRST_LINK_WEIGHTS: [f64; 4] = [0.1, 0.4, 2.5, 10.0];
/// Those that are tried of what looks likely.
const ALL_LINK_WEIGHTS: [f64; 16] =
    [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.3, 1.8, 2.5, 3.5, 5.0, 7.0, 10.0, 20.0];
/// Between what class weights and traffic are searched.
const CLASS_WEIGHTS: (f64, f64) = (0.05, 20.0);
const TRAFFIC: (f64, f64) = (1.02, 30.0);

/// Something that may be wrong, by any factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Suspect {
    pub(super) kind: CauseKind,
    pub(super) site: Site,
    pub(super) class: Option<u8>,
}

/// How the factor of a suspect is found.
pub(super) enum Factors {
    /// Any of these.
    Some(Vec<f64>),
    /// Anything between.
    Between(f64, f64),
}

impl Suspect {
    /// Factors by which it is looked at first.
    pub(super) fn first_factors(&self, scenario: &Scenario) -> Vec<f64> {
        match self.kind {
            CauseKind::HalvedCapacity => vec![0.5],
            CauseKind::FailedMember => members(scenario, self.site),
            CauseKind::SchedulingWeight => FIRST_CLASS_WEIGHTS.to_vec(),
            CauseKind::UnexpectedTraffic => FIRST_TRAFFIC.to_vec(),
            CauseKind::LinkWeight => FIRST_LINK_WEIGHTS.to_vec(),
        }
    }

    /// Factors that it may have.
    pub(super) fn factors(&self, scenario: &Scenario) -> Factors {
        match self.kind {
            CauseKind::SchedulingWeight => Factors::Between(CLASS_WEIGHTS.0, CLASS_WEIGHTS.1),
            CauseKind::UnexpectedTraffic => Factors::Between(TRAFFIC.0, TRAFFIC.1),
            CauseKind::LinkWeight => Factors::Some(ALL_LINK_WEIGHTS.to_vec()),
            _ => Factors::Some(self.first_factors(scenario)),
        }
    }

    /// What makes the twin answer as if it were so.
    pub(super) fn edits(&self, scenario: &Scenario, factor: f64) -> Vec<Edit> {
        let (nodes, links) = (&scenario.topology.nodes, &scenario.topology.links);
        let link = match self.site {
            Site::Link(link) => &links[link as usize],
            Site::Pair { source, target } => {
                let id = |node: u32| Some(nodes[node as usize].id.clone());
                let of = Selection { source: id(source), target: id(target), class: None };
                return vec![Edit::Traffic { of, factor }];
            }
        };
        let id = link.id.clone();
        vec![match self.kind {
            CauseKind::FailedMember if factor == 0.0 => Edit::LinkFails(id),
            CauseKind::LinkWeight => {
                Edit::Weight { weight: (link.weight * factor).clamp(1e-9, 1e9), link: id }
            }
            CauseKind::SchedulingWeight => {
                let mut queueing = scenario.queueings[link.queueing as usize].clone();
                let classes = scenario.classes();
                queueing.weights = (0..classes).map(|class| queueing.weight(class)).collect();
                let class = self.class.unwrap_or(0) as usize;
                if let Some(weight) = queueing.weights.get_mut(class) {
                    *weight = (*weight * factor).clamp(1e-6, 1e6);
                }
                Edit::Queueing { link: Some(id), queueing }
            }
            _ => Edit::Capacity { link: id, bit_per_s: link.capacity_bit_per_s * factor },
        }]
    }
}

/// Shares of the capacity that may be left of a bundle: 0 of a link that others lie beside.
fn members(scenario: &Scenario, site: Site) -> Vec<f64> {
    let links = &scenario.topology.links;
    let Site::Link(link) = site else { return Vec::new() };
    let own = &links[link as usize];
    let is_beside = |(other, index): (&slicewise_core::twin::Link, u32)| {
        index != link && other.source == own.source && other.target == own.target
    };
    let is_one_of_several = links.iter().zip(0..).any(is_beside);
    let failed = is_one_of_several.then_some(0.0);
    failed.into_iter().chain(WITHOUT_A_MEMBER).collect()
}

/// All suspects: every cable, every class at every port that shares by weights, every pair that sends, every link that
/// routing weighs.
pub(super) fn suspects(scenario: &Scenario) -> Vec<Suspect> {
    let topology = &scenario.topology;
    let mut suspects = Vec::new();
    let mut add = |kind, site, class| suspects.push(Suspect { kind, site, class });
    for cable in topology.cables() {
        add(CauseKind::FailedMember, Site::Link(cable), None);
        add(CauseKind::HalvedCapacity, Site::Link(cable), None);
    }
    // Of two weights only the relation counts, and one of them tells it.
    let weights = match scenario.classes() {
        1 => 0,
        2 => 1,
        classes => classes as u8,
    };
    for (link, index) in topology.links.iter().zip(0..) {
        let policy: Policy = scenario.queueings[link.queueing as usize].policy;
        for class in 0..if policy.has_weights() { weights } else { 0 } {
            add(CauseKind::SchedulingWeight, Site::Link(index), Some(class));
        }
    }
    let mut pairs: Vec<(u32, u32)> = scenario
        .flows
        .iter()
        .filter(|flow| flow.rate_bit_per_s > 0.0)
        .map(|flow| (flow.source, flow.target))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    for (source, target) in pairs {
        add(CauseKind::UnexpectedTraffic, Site::Pair { source, target }, None);
    }
    if scenario.flows.iter().any(|flow| flow.path.is_none()) {
        for index in 0..topology.links.len() as u32 {
            add(CauseKind::LinkWeight, Site::Link(index), None);
        }
    }
    suspects
}
