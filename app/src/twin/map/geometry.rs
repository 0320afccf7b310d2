//! A network as it lies on its map, whatever part of the map is seen.

use slicewise_core::order::{order, sorted};
use slicewise_core::twin::topology::Topology;

use super::camera::{Camera, Stage};
use super::layout::{Neighbours, Point, bounds};
use super::links::{LinkLine, lines};
use super::places::places;

/// At this distance between neighbours, in pixels, links and nodes have their own size.
const ROOMY: f64 = 48.0;
/// The least and the greatest size of links, in parts of their own.
const LINK_SIZES: (f64, f64) = (0.6, 1.6);
/// Radius of a node, in pixels.
const RADIUS: f64 = 5.0;
/// The least and the greatest size of nodes, in parts of their own.
const NODE_SIZES: (f64, f64) = (0.42, 1.5);

/// Nodes and links on the map.
pub struct Geometry {
    /// Where each node lies.
    pub places: Vec<Point>,
    /// How each link is drawn.
    pub lines: Vec<LinkLine>,
    /// Who is joined to whom.
    pub neighbours: Neighbours,
    /// The nodes, those of most capacity first.
    pub ranked: Vec<u32>,
    corners: (Point, Point),
    /// Usual length of a link, in units of the map.
    spacing: f64,
}

impl Geometry {
    /// The map of a network.
    pub fn of(topology: &Topology) -> Self {
        let places = places(topology);
        let lines = lines(topology, &places);
        let ends: Vec<(u32, u32)> = lines.iter().map(|line| (line.source, line.target)).collect();
        let lengths: Vec<f64> =
            ends.iter().map(|(a, b)| distance(places[*a as usize], places[*b as usize])).collect();
        let lengths = sorted(&lengths);
        let corners = bounds(&places);
        let extent = distance(corners.0, corners.1).max(1e-9);
        let spread = extent / (places.len() as f64).sqrt();
        let spacing = lengths.get(lengths.len() / 2).map_or(spread, |middle| middle.min(spread));
        let mut capacity = vec![0.0; places.len()];
        for link in &topology.links {
            capacity[link.source as usize] += link.capacity_bit_per_s;
            capacity[link.target as usize] += link.capacity_bit_per_s;
        }
        let largest_first = order(places.len(), &|a, b| capacity[b].total_cmp(&capacity[a]));
        let ranked = largest_first.into_iter().map(|node| node as u32).collect();
        let neighbours = Neighbours::new(places.len(), &ends);
        Self { places, lines, neighbours, ranked, corners, spacing }
    }

    /// The whole map with a picture of `size`.
    pub fn stage(&self, size: (f64, f64)) -> Stage {
        Stage { least: self.corners.0, most: self.corners.1, size }
    }

    /// The scale at which links have their own size.
    pub fn roomy_scale(&self) -> f64 {
        ROOMY / self.spacing.max(1e-12)
    }

    /// Size of links as `camera` sees them, in parts of their own.
    pub fn link_size(&self, camera: &Camera) -> f64 {
        (camera.scale / self.roomy_scale()).clamp(LINK_SIZES.0, LINK_SIZES.1)
    }

    /// Radius of nodes as `camera` sees them, in pixels.
    pub fn node_radius(&self, camera: &Camera) -> f64 {
        RADIUS * (camera.scale / self.roomy_scale()).clamp(NODE_SIZES.0, NODE_SIZES.1)
    }

    /// Both ends of a link's line as `camera` sees it, in pixels.
    pub fn segment(&self, link: usize, camera: &Camera, size: f64) -> [Point; 2] {
        let line = &self.lines[link];
        let by = (line.right.0 * line.offset * size, line.right.1 * line.offset * size);
        [line.source, line.target].map(|node| {
            let pixel = camera.pixel(self.places[node as usize]);
            (pixel.0 + by.0, pixel.1 + by.1)
        })
    }
}

/// Length of the straight line from `a` to `b`.
pub fn distance(a: Point, b: Point) -> f64 {
    let (x, y) = (a.0 - b.0, a.1 - b.1);
    (x * x + y * y).sqrt()
}
