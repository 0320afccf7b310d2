//! What happens when parts of a network fail: many scenarios at once.

use serde::{Deserialize, Serialize};

use super::topology::Topology;
use crate::error::{InputError, check_count};
use crate::order::order;
use crate::packed_numbers;

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A cable: a link of this index in both its directions.
    Link(u32),
    /// A node of this index.
    Node(u32),
    /// A risk group of this index.
    Group(u32),
}

/// Which failures are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureKinds {
    /// Every link alone.
    pub links: bool,
    /// Every node alone.
    pub nodes: bool,
    /// Every risk group alone.
    pub groups: bool,
    /// Every pair of those as well.
    pub pairs: bool,
}

impl Default for FailureKinds {
    fn default() -> Self {
        Self { links: true, nodes: false, groups: true, pairs: false }
    }
}

/// The most failures that one sweep goes through.
pub const MOST_FAILURES: usize = 1_000_000;
/// Causes that are told of a link's worst case.
pub const CAUSES: usize = 10;

/// Nodes that are named of those that a failure separates.
pub const NAMED_NODES: usize = 50;

/// The cases of a sweep: every part alone, then every pair of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureCases {
    parts: Vec<Part>,
    pairs: bool,
}

impl FailureCases {
    /// The cases of `kinds` in `topology`.
    ///
    /// # Errors
    /// When there are none, or more than [`MOST_FAILURES`].
    pub fn new(topology: &Topology, kinds: FailureKinds) -> Result<Self, InputError> {
        let mut parts = Vec::new();
        if kinds.links {
            parts.extend(topology.cables().map(Part::Link));
        }
        if kinds.nodes {
            parts.extend((0..topology.nodes.len() as u32).map(Part::Node));
        }
        if kinds.groups {
            parts.extend((0..topology.risk_groups.len() as u32).map(Part::Group));
        }
        let cases = Self { parts, pairs: kinds.pairs };
        check_count("failures", cases.len(), 1, MOST_FAILURES)?;
        Ok(cases)
    }

    /// Their number.
    pub fn len(&self) -> usize {
        let alone = self.parts.len();
        alone + if self.pairs { alone * alone.saturating_sub(1) / 2 } else { 0 }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What fails in case `index`; nothing beyond the last one.
    pub fn failed(&self, index: usize) -> Vec<Part> {
        if let Some(part) = self.parts.get(index) {
            return vec![*part];
        }
        let mut left = index - self.parts.len();
        for (first, part) in self.parts.iter().enumerate() {
            let seconds = self.parts.len() - first - 1;
            if left < seconds {
                return vec![*part, self.parts[first + 1 + left]];
            }
            left -= seconds;
        }
        Vec::new()
    }
}

/// What one failure, or pair of failures, comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureCase {
    /// What fails.
    pub failed: Vec<Part>,
    /// Flows without a path.
    pub cut_off: u32,
    /// Flows whose own end fails.
    pub end_failed: u32,
    /// Parts that the rest of the network falls into.
    pub components: u32,
    /// Number of nodes outside the largest of these parts.
    pub separated: u32,
    /// The first of these nodes, at most [`NAMED_NODES`].
    pub outside: Vec<u32>,
    /// Flows that break a promise, those cut off among them where there are promises.
    pub breaking: u32,
    /// Highest utilisation.
    pub highest_utilisation: f64,
    /// The link that has it.
    pub busiest_link: Option<u32>,
    /// Longest mean delay of a flow, in seconds.
    pub longest_delay_s: f64,
    /// The flow that has it.
    pub slowest_flow: Option<u32>,
    /// Share of the offered bits that arrive, 0 to 1.
    pub delivered: f64,
}

/// The worst that happens to a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkCauses {
    /// Cases, worst first, at most [`CAUSES`]: index of the case and the utilisation in it.
    pub causes: Vec<(u32, f64)>,
}

/// Some cases of a sweep, worst link by link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FailureSweep {
    /// Index of the first case in the whole sweep.
    pub first: usize,
    /// The cases, in order.
    pub cases: Vec<FailureCase>,
    /// Number of cases of the whole sweep.
    pub all: usize,
    /// Utilisation of each link when nothing fails.
    #[serde(with = "packed_numbers")]
    pub utilisation: Vec<f64>,
    /// The worst cases of each link; indices count in the whole sweep.
    pub links: Vec<LinkCauses>,
}

impl LinkCauses {
    /// Takes in the worst cases of another part of the sweep.
    pub fn add(&mut self, other: Self) {
        let causes = [std::mem::take(&mut self.causes), other.causes].concat();
        let worst_first = order(causes.len(), &|a, b| {
            let (a, b) = (causes[a], causes[b]);
            b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
        });
        self.causes = worst_first.into_iter().take(CAUSES).map(|place| causes[place]).collect();
    }
}

impl FailureSweep {
    /// Takes in the part of the same sweep that comes next, or that comes before.
    pub fn add(&mut self, other: Self) {
        if self.cases.is_empty() {
            *self = other;
            return;
        }
        if other.first < self.first {
            self.first = other.first;
            self.cases.splice(0..0, other.cases);
        } else {
            self.cases.extend(other.cases);
        }
        for (own, new) in self.links.iter_mut().zip(other.links) {
            own.add(new);
        }
    }
}
