//! How links are drawn: each direction on its right-hand side, those between the same two nodes side by
//! side, and the wider the more they carry.

use slicewise_core::order::order;
use slicewise_core::twin::topology::Topology;

use super::layout::Point;

/// Widths of links, in pixels before the map's own scale, from the least capacity to the greatest.
pub const WIDTHS: [f64; 5] = [1.2, 1.8, 2.5, 3.3, 4.2];
/// Room between two links side by side, in pixels.
const BETWEEN: f64 = 1.0;

/// How one link is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkLine {
    /// The node that sends.
    pub source: u32,
    /// The node that receives.
    pub target: u32,
    /// Unit vector to the right of its direction, on a map whose y grows downwards.
    pub right: Point,
    /// How far its middle lies to the right of the straight line between its nodes, in pixels.
    pub offset: f64,
    /// Index into [`WIDTHS`].
    pub width: u8,
}

/// The lines of all links, for nodes at `places`.
pub fn lines(topology: &Topology, places: &[Point]) -> Vec<LinkLine> {
    let classes = CapacityClasses::of(topology);
    let line = |link: &slicewise_core::twin::topology::Link| {
        let (a, b) = (places[link.source as usize], places[link.target as usize]);
        let (x, y) = (b.0 - a.0, b.1 - a.1);
        let length = x.hypot(y).max(1e-12);
        LinkLine {
            source: link.source,
            target: link.target,
            right: (-y / length, x / length),
            offset: 0.0,
            width: classes.class(link.capacity_bit_per_s),
        }
    };
    let mut lines: Vec<LinkLine> = topology.links.iter().map(line).collect();
    let ends = |lines: &[LinkLine], index: usize| {
        let line = lines[index];
        (line.source, line.target)
    };
    let by_ends = order(lines.len(), &|a, b| ends(&lines, a).cmp(&ends(&lines, b)));
    let mut before = (u32::MAX, u32::MAX);
    let mut edge = 0.0;
    for index in by_ends {
        if ends(&lines, index) != before {
            before = ends(&lines, index);
            edge = BETWEEN / 2.0;
        }
        let line = &mut lines[index];
        let width = WIDTHS[line.width as usize];
        line.offset = edge + width / 2.0;
        edge += width + BETWEEN;
    }
    lines
}

/// Capacities as classes of width, on a logarithmic scale from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CapacityClasses {
    /// The least capacity, in bit/s.
    pub least: f64,
    /// The greatest, in bit/s.
    pub most: f64,
}

impl CapacityClasses {
    /// Those of a network.
    pub fn of(topology: &Topology) -> Self {
        let capacities = topology.links.iter().map(|link| link.capacity_bit_per_s);
        let (least, most) = capacities
            .fold((f64::INFINITY, 0.0_f64), |(least, most), c| (least.min(c), most.max(c)));
        Self { least, most }
    }

    /// The class of a capacity, an index into [`WIDTHS`]; the middle one where all are alike.
    pub fn class(&self, capacity_bit_per_s: f64) -> u8 {
        let last = WIDTHS.len() as f64 - 1.0;
        let (least, most) = (libm::log(self.least), libm::log(self.most));
        if most - least < 1e-9 {
            return (last / 2.0) as u8;
        }
        let share = (libm::log(capacity_bit_per_s) - least) / (most - least);
        (share.clamp(0.0, 1.0) * last).round() as u8
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::topology::{Link, Topology};

    use super::*;

    fn network(links: &[(u32, u32, f64)]) -> Topology {
        let link = |(source, target, capacity_bit_per_s): &(u32, u32, f64)| Link {
            id: String::new(),
            source: *source,
            target: *target,
            capacity_bit_per_s: *capacity_bit_per_s,
            capacity_assumed: false,
            propagation_s: 0.0,
            weight: 1.0,
            opposite: None,
            queueing: 0,
        };
        Topology { links: links.iter().map(link).collect(), ..Topology::default() }
    }

    #[test]
    fn each_direction_lies_on_its_right_hand_side() {
        let topology = network(&[(0, 1, 1e9), (1, 0, 1e9)]);
        let lines = lines(&topology, &[(0.0, 0.0), (10.0, 0.0)]);
        // To the east, right is south: downwards.
        assert_eq!((lines[0].right, lines[1].right), ((-0.0, 1.0), (0.0, -1.0)));
        assert!(lines[0].offset > 0.0 && lines[0].offset == lines[1].offset);
    }

    #[test]
    fn links_between_the_same_nodes_do_not_cover_one_another() {
        let topology =
            network(&[(0, 1, 1e9), (1, 0, 1e10), (0, 1, 1e11), (0, 1, 1e9), (1, 0, 1e9)]);
        let lines = lines(&topology, &[(0.0, 0.0), (3.0, 4.0)]);
        let stretch = |line: &LinkLine| {
            let sign = if line.source == 0 { 1.0 } else { -1.0 };
            let half = WIDTHS[line.width as usize] / 2.0;
            (sign * line.offset - half, sign * line.offset + half)
        };
        for (at, line) in lines.iter().enumerate() {
            for other in &lines[at + 1..] {
                let (a, b) = (stretch(line), stretch(other));
                assert!(a.1 < b.0 || b.1 < a.0, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn widths_follow_the_order_of_magnitude() {
        let topology = network(&[(0, 1, 1e9), (0, 1, 1e10), (0, 1, 1e11), (0, 1, 1e13)]);
        let classes = CapacityClasses::of(&topology);
        assert_eq!([1e9, 1e10, 1e11, 1e12, 1e13].map(|c| classes.class(c)), [0, 1, 2, 3, 4]);
        let alike = CapacityClasses::of(&network(&[(0, 1, 4e4), (1, 0, 4e4)]));
        assert_eq!(alike.class(4e4), 2);
    }
}
