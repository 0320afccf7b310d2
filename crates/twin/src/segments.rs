//! Segment lists: where packets are sent to on their way to the target (segment routing, RFC 8402).

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::twin::edit::{Segment, SegmentList};

use crate::problem::Problem;

/// What a packet is sent to on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Via {
    /// A node of this index, by ways of least weight.
    Node(u32),
    /// A link of this index: by ways of least weight to the node where it begins, then over it.
    Link(u32),
}

/// What a packet is sent to, in order; the target comes after them.
pub type Segments = Vec<Via>;

/// Lists with the share of the traffic that each takes, which sum to 1.
pub type Split = Vec<(f64, Segments)>;

/// The most lists that a flow is split over.
const MOST_LISTS: usize = 64;
/// The most segments before the target.
const MOST_SEGMENTS: usize = 64;

/// The lists by index, with shares that sum to exactly 1.
///
/// # Errors
/// Names what is unknown, or shares that do not sum to 1, under `at`.
pub(crate) fn split(
    problem: &Problem,
    at: &str,
    lists: &[SegmentList],
) -> Result<Split, InputError> {
    check_count(&format!("{at}.lists"), lists.len(), 0, MOST_LISTS)?;
    let mut split = Split::new();
    for (index, list) in lists.iter().enumerate() {
        let at = format!("{at}.lists[{index}]");
        check_range(&format!("{at}.share"), list.share, 1e-9, 1.0, "")?;
        check_count(&format!("{at}.via"), list.via.len(), 0, MOST_SEGMENTS)?;
        let via = list.via.iter().map(|segment| match segment {
            Segment::Node(id) => problem.node(&at, id).map(Via::Node),
            Segment::Link(id) => problem.link(&at, id).map(Via::Link),
        });
        split.push((list.share, via.collect::<Result<_, _>>()?));
    }
    let sum: f64 = split.iter().map(|(share, _)| share).sum();
    if !split.is_empty() {
        check_range(&format!("{at}.lists: sum of the shares"), sum, 0.999, 1.001, "")?;
    }
    split.iter_mut().for_each(|(share, _)| *share /= sum);
    Ok(split)
}

/// A list with the ids of its nodes and links.
pub fn named(problem: &Problem, share: f64, list: &[Via]) -> SegmentList {
    let topology = &problem.scenario.topology;
    let name = |via: &Via| match via {
        Via::Node(node) => Segment::Node(topology.nodes[*node as usize].id.clone()),
        Via::Link(link) => Segment::Link(topology.links[*link as usize].id.clone()),
    };
    SegmentList { share, via: list.iter().map(name).collect() }
}
