//! What is changed of a scenario before it is answered.

use serde::{Deserialize, Serialize};

use super::queueing::Queueing;

/// One change. Nodes, links and groups are named by their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// A link fails, in both directions.
    LinkFails(String),
    /// A node fails, with all its links and the flows that begin or end there.
    NodeFails(String),
    /// A group of links fails.
    GroupFails(String),
    /// A link's capacity, in both directions.
    Capacity {
        /// The link.
        link: String,
        /// The new capacity, in bit/s.
        bit_per_s: f64,
    },
    /// A link's weight for routing, in this direction only.
    Weight {
        /// The link.
        link: String,
        /// The new weight.
        weight: f64,
    },
    /// How the port of a link queues; all ports where no link is named.
    Queueing {
        /// The link, in this direction only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// The new queueing.
        queueing: Queueing,
    },
    /// Traffic times a factor.
    Traffic {
        /// Which flows.
        #[serde(default, skip_serializing_if = "Selection::is_all")]
        of: Selection,
        /// The factor, 0 to 1e6.
        factor: f64,
    },
    /// The rate of the flows between two nodes: all flows that are selected share it as they share the
    /// present one.
    Rate {
        /// Which flows.
        of: Selection,
        /// Their sum, in bit/s.
        bit_per_s: f64,
    },
    /// The flows between two nodes take this path.
    Path {
        /// Which flows.
        of: Selection,
        /// The links, in order; routed by weights where there is none.
        links: Vec<String>,
    },
    /// The flows between two nodes go along segment lists (RFC 8402), in place of any path. A list of which a
    /// segment cannot be reached is left out, and the others take its share; without any list, ways of least
    /// weight take all.
    Segments {
        /// Which flows.
        of: Selection,
        /// The lists; routed by weights where there is none.
        lists: Vec<SegmentList>,
    },
}

/// A segment list with the share of the traffic that takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentList {
    /// The share, above 0, to 1; those of all lists of a flow sum to 1.
    pub share: f64,
    /// What packets are sent to on their way, in order, before the target; ways of least weight where there is
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<Segment>,
}

/// What packets are sent to on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// A node, by ways of least weight.
    Node(String),
    /// A link, in this direction: by ways of least weight to where it begins, then over it.
    Link(String),
}

/// Some flows: those for which everything that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Node where they begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Node where they end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Their class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u8>,
}

impl Selection {
    /// Whether nothing is asked of the flows.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}
