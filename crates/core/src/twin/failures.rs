//! What happens when parts of a network fail: many scenarios at once.

use serde::{Deserialize, Serialize};

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

/// The parts that fail together in one case; none in the case without a failure.
pub type FailedParts = Vec<Part>;

/// What one failure, or pair of failures, comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureCase {
    /// What fails.
    pub failed: FailedParts,
    /// Flows without a path.
    pub cut_off: u32,
    /// Flows whose own end fails.
    pub end_failed: u32,
    /// Parts that the rest of the network falls into.
    pub components: u32,
    /// Nodes outside the largest of these parts.
    pub separated: u32,
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

impl FailureSweep {
    /// Takes in another part of the same sweep.
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
            own.causes.extend(new.causes);
            own.causes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            own.causes.truncate(CAUSES);
        }
    }
}
