//! Where the nodes of a network lie on its map.

use slicewise_core::order::sorted;
use slicewise_core::twin::topology::{Place, Topology};

use super::layout::{Neighbours, Point, bounds, layout, push_apart};

/// Mercator's map ends here, in degrees.
const FARTHEST_NORTH_DEG: f64 = 85.0;
/// Nodes at one place are moved so far apart, in parts of the map's larger side.
const APART: f64 = 1.0 / 400.0;
/// How often nodes without a place move between their neighbours.
const ROUNDS: usize = 60;

/// The kinds of places of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Globe,
    Drawing,
}

fn kind(place: Place) -> Kind {
    match place {
        Place::Globe { .. } => Kind::Globe,
        Place::Drawing { .. } => Kind::Drawing,
    }
}

/// A place on the map for each node, y downwards. Where at least half of the nodes have a place on the
/// globe, or on a drawing, these hold, and the others lie near their neighbours; otherwise the network
/// is laid out by its links.
pub fn places(topology: &Topology) -> Vec<Point> {
    let nodes = topology.nodes.len();
    let ends: Vec<(u32, u32)> = topology.links.iter().map(|l| (l.source, l.target)).collect();
    let known = given(topology);
    let count = known.iter().flatten().count();
    let (least, most) = bounds(&known.iter().flatten().copied().collect::<Vec<_>>());
    let extent = (most.0 - least.0).max(most.1 - least.1);
    if 2 * count < nodes || count == 0 || extent <= 0.0 {
        return layout(nodes, &ends);
    }
    let mut points = between_neighbours(&known, &Neighbours::new(nodes, &ends), (least, most));
    push_apart(&mut points, APART * extent);
    points
}

/// The places of the commoner kind, on the plane.
fn given(topology: &Topology) -> Vec<Option<Point>> {
    let of = |kind_: Kind| {
        topology.nodes.iter().filter_map(|n| n.place).filter(move |p| kind(*p) == kind_)
    };
    let wanted = match of(Kind::Globe).count() >= of(Kind::Drawing).count() {
        true => Kind::Globe,
        false => Kind::Drawing,
    };
    let cut = widest_gap(&of(Kind::Globe).filter_map(longitude).collect::<Vec<_>>());
    let place = |place: Place| match place {
        Place::Globe { longitude_deg, latitude_deg } => mercator(longitude_deg, latitude_deg, cut),
        Place::Drawing { x, y } => (x, -y),
    };
    let nodes = topology.nodes.iter();
    nodes.map(|node| node.place.filter(|p| kind(*p) == wanted).map(place)).collect()
}

fn longitude(place: Place) -> Option<f64> {
    match place {
        Place::Globe { longitude_deg, .. } => Some(longitude_deg),
        Place::Drawing { .. } => None,
    }
}

/// The longitude at which the map begins, in degrees: behind the widest stretch without a node, so that
/// a network across the Pacific is not torn apart.
fn widest_gap(longitudes: &[f64]) -> f64 {
    let longitudes = sorted(longitudes);
    let (Some(first), Some(last)) = (longitudes.first(), longitudes.last()) else { return -180.0 };
    let mut widest = (first + 360.0 - last, *first);
    for pair in longitudes.windows(2) {
        if pair[1] - pair[0] > widest.0 {
            widest = (pair[1] - pair[0], pair[1]);
        }
    }
    widest.1
}

/// Mercator's map in degrees of longitude, y downwards, beginning at the longitude `cut`.
fn mercator(longitude_deg: f64, latitude_deg: f64, cut: f64) -> Point {
    let east = if longitude_deg < cut { longitude_deg + 360.0 } else { longitude_deg };
    let north = latitude_deg.clamp(-FARTHEST_NORTH_DEG, FARTHEST_NORTH_DEG).to_radians();
    // By the functions that distances use too: the standard ones would come into the page as well.
    let sine = libm::sin(north);
    (east, -(libm::log((1.0 + sine) / (1.0 - sine)) / 2.0).to_degrees())
}

/// Places for all: nodes without one come to the mean of their neighbours; those that no placed node is
/// joined to stand in a row below.
fn between_neighbours(
    known: &[Option<Point>],
    neighbours: &Neighbours,
    (least, most): (Point, Point),
) -> Vec<Point> {
    let mut points = known.to_vec();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for node in 0..points.len() {
            if known[node].is_some() {
                continue;
            }
            let around = neighbours.of(node as u32).iter().filter_map(|o| points[*o as usize]);
            let (x, y, count) =
                around.fold((0.0, 0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1, s.2 + 1.0));
            if count > 0.0 {
                let place = Some((x / count, y / count));
                moved |= points[node] != place;
                points[node] = place;
            }
        }
        if !moved {
            break;
        }
    }
    let left = points.iter().filter(|point| point.is_none()).count() as f64;
    let below = most.1 + 0.1 * (most.1 - least.1).max(most.0 - least.0);
    let mut next = 0.0;
    let mut in_row = || {
        next += 1.0;
        (least.0 + (most.0 - least.0) * next / (left + 1.0), below)
    };
    points.into_iter().map(|point| point.unwrap_or_else(&mut in_row)).collect()
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::topology::{Link, Node};

    use super::*;

    fn network(places: &[Option<Place>], ends: &[(u32, u32)]) -> Topology {
        let node = |(index, place): (usize, &Option<Place>)| Node {
            id: index.to_string(),
            label: String::new(),
            place: *place,
        };
        let link = |(index, (source, target)): (usize, &(u32, u32))| Link {
            id: index.to_string(),
            source: *source,
            target: *target,
            capacity_bit_per_s: 1e9,
            capacity_assumed: false,
            propagation_s: 0.0,
            weight: 1.0,
            opposite: None,
            queueing: 0,
        };
        Topology {
            nodes: places.iter().enumerate().map(node).collect(),
            links: ends.iter().enumerate().map(link).collect(),
            ..Topology::default()
        }
    }

    fn globe(longitude_deg: f64, latitude_deg: f64) -> Option<Place> {
        Some(Place::Globe { longitude_deg, latitude_deg })
    }

    #[test]
    fn places_on_the_globe_lie_as_on_mercators_map() {
        let points = places(&network(&[globe(10.0, 0.0), globe(25.0, 60.0)], &[(0, 1)]));
        let east = points[1].0 - points[0].0;
        assert!((east - 15.0).abs() < 1e-9);
        // Tables of the projection: meridional part of 60 degrees on the sphere, in degrees.
        let north = points[0].1 - points[1].1;
        assert!((north - 75.456_129).abs() < 1e-5, "{north}");
    }

    #[test]
    fn a_network_across_the_pacific_is_not_torn_apart() {
        let points = places(&network(
            &[globe(140.0, 35.0), globe(-122.0, 37.0), globe(-158.0, 21.0)],
            &[(0, 2)],
        ));
        assert!((points[1].0 - points[0].0 - 98.0).abs() < 1e-9, "{points:?}");
        assert!(points[0].0 < points[2].0 && points[2].0 < points[1].0);
    }

    #[test]
    fn drawings_keep_their_shape_with_what_is_up_above() {
        let at = |x, y| Some(Place::Drawing { x, y });
        let points = places(&network(&[at(0.0, 0.0), at(200.0, 100.0)], &[(0, 1)]));
        assert_eq!(points, [(0.0, -0.0), (200.0, -100.0)]);
    }

    #[test]
    fn a_node_without_a_place_lies_between_its_neighbours() {
        let all = [globe(0.0, 0.0), globe(10.0, 0.0), globe(5.0, 20.0), None, None, None];
        let points = places(&network(&all, &[(3, 0), (1, 3), (3, 4), (2, 4)]));
        // The two equations of the means, solved by hand with Mercator's y of 20 degrees.
        let top = points[2].1;
        let expected = [(5.0, top / 5.0), (5.0, 3.0 * top / 5.0)];
        for (point, expected) in points[3..5].iter().zip(expected) {
            assert!((point.0 - expected.0).abs() < 1e-6 && (point.1 - expected.1).abs() < 1e-6);
        }
        assert!(points[5].1 > points[0].1, "a node without links stands below");
    }

    #[test]
    fn nodes_at_one_place_can_be_told_apart() {
        let points =
            places(&network(&[globe(0.0, 0.0), globe(0.0, 0.0), globe(40.0, 0.0)], &[(0, 2)]));
        let apart = (points[0].0 - points[1].0).hypot(points[0].1 - points[1].1);
        assert!(apart > 0.9 * 40.0 * APART, "{points:?}");
    }

    #[test]
    fn a_network_with_few_places_or_all_at_one_is_laid_out_by_its_links() {
        let ends = [(0, 1), (1, 2)];
        let by_links = layout(3, &ends);
        assert_eq!(places(&network(&[globe(1.0, 2.0), None, None], &ends)), by_links);
        assert_eq!(places(&network(&[globe(1.0, 2.0); 3], &ends)), by_links);
    }
}
