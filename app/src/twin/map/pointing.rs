//! What of a map is meant by a pointer or by an arrow key.

use super::camera::Camera;
use super::geometry::{Geometry, distance};
use super::layout::Point;
use super::links::WIDTHS;
use super::picked::Picked;

/// The node or the link at `pixel` or within `reach` pixels of it; a node goes before a link.
pub fn picked_at(geometry: &Geometry, camera: &Camera, pixel: Point, reach: f64) -> Option<Picked> {
    let nodes = geometry.places.iter().map(|place| distance(camera.pixel(*place), pixel));
    if let Some(node) = nearest(nodes, geometry.node_radius(camera) + reach / 2.0) {
        return Some(Picked::Node(node));
    }
    let size = geometry.link_size(camera);
    let links = geometry.lines.iter().enumerate().map(|(index, line)| {
        let half = WIDTHS[line.width as usize] * size / 2.0;
        (distance_to(geometry.segment(index, camera, size), pixel) - half).max(0.0)
    });
    nearest(links, reach).map(Picked::Link)
}

/// Index of the least of `distances`, where it is at most `most`.
fn nearest(distances: impl Iterator<Item = f64>, most: f64) -> Option<u32> {
    let mut found = None;
    let mut least = most;
    for (distance, index) in distances.zip(0..) {
        if distance < least || found.is_none() && distance <= most {
            (found, least) = (Some(index), distance);
        }
    }
    found
}

/// How far `point` lies from a stretch.
fn distance_to([a, b]: [Point; 2], point: Point) -> f64 {
    let along = (b.0 - a.0, b.1 - a.1);
    let square = along.0 * along.0 + along.1 * along.1;
    let share = ((point.0 - a.0) * along.0 + (point.1 - a.1) * along.1) / square.max(1e-12);
    let share = share.clamp(0.0, 1.0);
    distance((a.0 + share * along.0, a.1 + share * along.1), point)
}

/// The node that an arrow key pointing to `way`, a unit vector, leads to from `node`: the neighbour that
/// lies most that way, or the nearest other node where no neighbour does.
pub fn towards(geometry: &Geometry, node: u32, way: Point) -> Option<u32> {
    let from = geometry.places.get(node as usize)?;
    // The more a node lies aside, the farther it counts as.
    let cost = |other: u32| {
        let to = geometry.places[other as usize];
        let length = distance(*from, to);
        let ahead = (to.0 - from.0) * way.0 + (to.1 - from.1) * way.1;
        (ahead > 0.5 * length && length > 0.0).then(|| length * (length / ahead) * (length / ahead))
    };
    let least = |nodes: &mut dyn Iterator<Item = u32>| {
        let mut found: Option<(f64, u32)> = None;
        for other in nodes {
            if let Some(cost) = cost(other)
                && found.is_none_or(|(least, _)| cost < least)
            {
                found = Some((cost, other));
            }
        }
        found.map(|(_, other)| other)
    };
    let around = least(&mut geometry.neighbours.of(node).iter().copied());
    around.or_else(|| least(&mut (0..geometry.places.len() as u32)))
}

/// The link of `node` that comes after `link`, all of them in the order of the network, then the first.
pub fn next_link(geometry: &Geometry, node: u32, link: Option<u32>) -> Option<u32> {
    let mut own =
        geometry.lines.iter().zip(0..).filter(|(l, _)| l.source == node || l.target == node);
    let mut later = own.clone().filter(|(_, index)| link.is_some_and(|link| *index > link));
    later.next().or_else(|| own.next()).map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::map::examples::drawn;

    #[test]
    fn what_is_found_under_the_pointer_is_what_a_fine_search_finds() {
        let topology = drawn(40, 30);
        let geometry = Geometry::of(&topology);
        let stage = geometry.stage((400.0, 300.0));
        let camera = Camera::whole(&stage);
        let (size, radius) = (geometry.link_size(&camera), geometry.node_radius(&camera));
        let reach = 5.0;
        let mut found = [0; 3];
        for step in 0..900 {
            let pixel = (f64::from(step % 30) * 13.7, f64::from(step / 30) * 10.3);
            // Independent: nodes by their circles, links by 2,000 points along each.
            let node = |index: &usize| distance(camera.pixel(geometry.places[*index]), pixel);
            let closest = (0..geometry.places.len()).min_by(|a, b| node(a).total_cmp(&node(b)));
            let by_points = |index: usize| {
                let [a, b] = geometry.segment(index, &camera, size);
                let half = WIDTHS[geometry.lines[index].width as usize] * size / 2.0;
                let points = (0..=2000).map(|k| f64::from(k) / 2000.0);
                let apart =
                    points.map(|t| distance((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)), pixel));
                (apart.fold(f64::INFINITY, f64::min) - half).max(0.0)
            };
            match picked_at(&geometry, &camera, pixel, reach) {
                Some(Picked::Node(index)) => {
                    assert_eq!(Some(index as usize), closest);
                    assert!(node(&(index as usize)) <= radius + reach / 2.0);
                    found[0] += 1;
                }
                Some(Picked::Link(index)) => {
                    let least =
                        (0..geometry.lines.len()).map(by_points).fold(f64::INFINITY, f64::min);
                    assert!(by_points(index as usize) <= least + 0.1 && least <= reach + 0.1);
                    found[1] += 1;
                }
                None => {
                    let least =
                        (0..geometry.lines.len()).map(by_points).fold(f64::INFINITY, f64::min);
                    assert!(least > reach - 1e-9 && node(&closest.unwrap()) > radius);
                    found[2] += 1;
                }
            }
        }
        assert!(found.iter().all(|count| *count > 20), "{found:?}");
    }

    #[test]
    fn the_two_directions_are_told_apart_by_the_pointer() {
        let topology = drawn(2, 0);
        let geometry = Geometry::of(&topology);
        let camera = Camera::whole(&geometry.stage((400.0, 300.0)));
        let size = geometry.link_size(&camera);
        for link in 0..2 {
            let [a, b] = geometry.segment(link, &camera, size);
            let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
            assert_eq!(picked_at(&geometry, &camera, middle, 4.0), Some(Picked::Link(link as u32)));
        }
    }

    #[test]
    fn arrow_keys_reach_most_nodes_and_go_the_way_they_point() {
        let topology = drawn(60, 30);
        let geometry = Geometry::of(&topology);
        let ways = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)];
        let (mut seen, mut left) = (vec![false; 60], vec![0]);
        seen[0] = true;
        while let Some(node) = left.pop() {
            for way in ways {
                let Some(next) = towards(&geometry, node, way) else { continue };
                let (a, b) = (geometry.places[node as usize], geometry.places[next as usize]);
                assert!((b.0 - a.0) * way.0 + (b.1 - a.1) * way.1 > 0.0);
                if !std::mem::replace(&mut seen[next as usize], true) {
                    left.push(next);
                }
            }
        }
        let reached = seen.iter().filter(|seen| **seen).count();
        assert!(reached >= 54, "{reached} of 60 nodes");
    }

    #[test]
    fn the_links_of_a_node_come_one_after_another() {
        let topology = drawn(6, 3);
        let geometry = Geometry::of(&topology);
        let own: Vec<u32> = (0..topology.links.len() as u32)
            .filter(|l| {
                let link = &topology.links[*l as usize];
                link.source == 0 || link.target == 0
            })
            .collect();
        let mut walked = Vec::new();
        let mut at = None;
        for _ in 0..own.len() + 1 {
            at = next_link(&geometry, 0, at);
            walked.extend(at);
        }
        assert_eq!(walked[..own.len()], own);
        assert_eq!(walked.last(), own.first());
    }
}
