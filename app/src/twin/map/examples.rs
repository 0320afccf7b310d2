//! Networks for tests.

use slicewise_core::seed::{SmallStream, uniform};
use slicewise_core::twin::topology::{Link, Node, Topology};

/// A tree in which each node hangs on one that was drawn, with `more` links, all in both directions, one
/// after the other.
pub fn drawn(nodes: u32, more: u32) -> Topology {
    let mut stream = SmallStream::new(7);
    let mut draw = |below: u32| (uniform(&mut stream) * f64::from(below)) as u32;
    let mut ends: Vec<(u32, u32)> = (1..nodes).map(|node| (draw(node), node)).collect();
    while ends.len() < (nodes - 1 + more) as usize {
        let (a, b) = (draw(nodes), draw(nodes));
        if a != b {
            ends.push((a, b));
        }
    }
    let both = ends.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
    let link = |(index, (source, target)): (u32, (u32, u32))| Link {
        id: format!("l{index}"),
        source,
        target,
        capacity_bit_per_s: [1e9, 1e10, 1e11][index as usize / 2 % 3],
        capacity_assumed: false,
        propagation_s: 0.001,
        weight: 1.0,
        opposite: Some(index ^ 1),
        queueing: 0,
    };
    let node = |index: u32| Node { id: format!("n{index}"), ..Node::default() };
    Topology {
        nodes: (0..nodes).map(node).collect(),
        links: (0..).zip(both).map(link).collect(),
        ..Topology::default()
    }
}
