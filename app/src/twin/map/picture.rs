//! What of a map is seen at a moment, in pixels: what lies outside is left out.

use slicewise_core::order::order;

use super::camera::Camera;
use super::colour::Paint;
use super::geometry::Geometry;
use super::labels::{self, Label};
use super::layout::Point;
use super::links::WIDTHS;

/// Links of at least this length, in pixels, show their direction.
const ARROWED: f64 = 44.0;
/// Pixels around the picture within which nodes are still drawn.
const MARGIN: f64 = 12.0;
/// How much wider links are that are offered more than they can send, in pixels.
const WIDER: f64 = 1.5;

/// Links of one paint and one width.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Their paint.
    pub paint: Paint,
    /// Their width, in pixels.
    pub width: f64,
    /// Both ends of each, and its index.
    pub segments: Vec<([Point; 2], u32)>,
}

/// What is seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Links, those below first.
    pub strokes: Vec<Stroke>,
    /// Nodes.
    pub nodes: Vec<(u32, Point)>,
    /// Radius of the nodes, in pixels.
    pub radius: f64,
    /// Names.
    pub labels: Vec<Label>,
}

/// The links of a network in the order in which they are painted, which changes with their colours only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaintOrder(Vec<(Paint, u8, u32)>);

impl PaintOrder {
    /// The order of links with these paints.
    pub fn new(geometry: &Geometry, paints: &[Paint]) -> Self {
        let links = geometry.lines.iter().zip(paints).zip(0..);
        let found: Vec<(Paint, u8, u32)> =
            links.map(|((line, paint), index)| (*paint, line.width, index)).collect();
        let places = order(found.len(), &|a, b| found[a].cmp(&found[b]));
        Self(places.into_iter().map(|place| found[place]).collect())
    }
}

/// The map as `camera` sees it in a picture of `size`.
pub fn picture<'a>(
    geometry: &Geometry,
    order: &PaintOrder,
    camera: &Camera,
    size: (f64, f64),
    name: impl Fn(u32) -> &'a str,
) -> Picture {
    let link_size = geometry.link_size(camera);
    let mut strokes = Vec::new();
    for group in order.0.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (paint, class, _) = group[0];
        let wider = if paint == Paint::Overloaded { WIDER } else { 0.0 };
        let width = WIDTHS[class as usize] * link_size + wider;
        let links = group
            .iter()
            .map(|(_, _, link)| (geometry.segment(*link as usize, camera, link_size), *link));
        let segments: Vec<([Point; 2], u32)> =
            links.filter(|(ends, _)| is_seen(*ends, width / 2.0, size)).collect();
        if !segments.is_empty() {
            strokes.push(Stroke { paint, width, segments });
        }
    }
    let radius = geometry.node_radius(camera);
    let seen = |pixel: Point| {
        let within = |value: f64, size: f64| (-MARGIN..size + MARGIN).contains(&value);
        within(pixel.0, size.0) && within(pixel.1, size.1)
    };
    let pixel = |node: u32| (node, camera.pixel(geometry.places[node as usize]));
    let ranked = geometry.ranked.iter().map(|node| pixel(*node));
    let labels = labels::choose(ranked, name, radius, size);
    let nodes = (0..geometry.places.len() as u32).map(pixel).filter(|(_, at)| seen(*at)).collect();
    Picture { strokes, nodes, radius, labels }
}

/// Whether a line of this half width may touch the picture: never false where it does.
fn is_seen([a, b]: [Point; 2], half: f64, size: (f64, f64)) -> bool {
    let beside = |a: f64, b: f64, size: f64| a.max(b) < -half || a.min(b) > size + half;
    if beside(a.0, b.0, size.0) || beside(a.1, b.1, size.1) {
        return false;
    }
    // All four corners on one side of the line.
    let along = (b.0 - a.0, b.1 - a.1);
    let length = (along.0 * along.0 + along.1 * along.1).sqrt();
    let side = |x: f64, y: f64| along.0 * (y - a.1) - along.1 * (x - a.0);
    let corners = [side(0.0, 0.0), side(size.0, 0.0), side(0.0, size.1), side(size.0, size.1)];
    let reach = half * length;
    !(corners.iter().all(|corner| *corner > reach) || corners.iter().all(|corner| *corner < -reach))
}

/// The corners of the arrow head in the middle of a link's line, where that is long enough.
pub fn arrow([a, b]: [Point; 2], width: f64) -> Option<[Point; 3]> {
    let along = (b.0 - a.0, b.1 - a.1);
    let length = (along.0 * along.0 + along.1 * along.1).sqrt();
    if length < ARROWED {
        return None;
    }
    let along = (along.0 / length, along.1 / length);
    let size = 3.5 + 1.2 * width;
    let tip = ((a.0 + b.0) / 2.0 + along.0 * size / 2.0, (a.1 + b.1) / 2.0 + along.1 * size / 2.0);
    let back = (tip.0 - along.0 * size, tip.1 - along.1 * size);
    let half = 0.35 * size;
    let side = |sign: f64| (back.0 - sign * along.1 * half, back.1 + sign * along.0 * half);
    Some([tip, side(1.0), side(-1.0)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::map::examples::drawn;

    /// Whether a point of a fine walk along the line lies in the picture.
    fn touches([a, b]: [Point; 2], size: (f64, f64)) -> bool {
        (0..=4000).map(|k| f64::from(k) / 4000.0).any(|t| {
            let (x, y) = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
            (0.0..=size.0).contains(&x) && (0.0..=size.1).contains(&y)
        })
    }

    #[test]
    fn nothing_that_is_seen_is_left_out_and_little_else_is_drawn() {
        let topology = drawn(300, 200);
        let geometry = Geometry::of(&topology);
        let size = (360.0, 290.0);
        let stage = geometry.stage(size);
        let paints: Vec<Paint> =
            (0..topology.links.len()).map(|link| Paint::Step((link % 5) as u8)).collect();
        let order = PaintOrder::new(&geometry, &paints);
        let mut some_left_out = false;
        for (factor, at) in [(1.0, (0.0, 0.0)), (4.0, (90.0, 200.0)), (30.0, (180.0, 150.0))] {
            let camera = Camera::whole(&stage).zoomed(factor, at, &stage);
            let seen = picture(&geometry, &order, &camera, size, |_| "Name");
            let drawn: Vec<u32> =
                seen.strokes.iter().flat_map(|s| s.segments.iter().map(|(_, l)| *l)).collect();
            let link_size = geometry.link_size(&camera);
            let touching = |link: usize| touches(geometry.segment(link, &camera, link_size), size);
            let wanted = (0..topology.links.len()).filter(|link| touching(*link)).count();
            for link in (0..topology.links.len()).filter(|link| touching(*link)) {
                assert!(drawn.contains(&(link as u32)), "link {link} is missing at {factor}");
            }
            assert!(drawn.len() <= wanted + 12, "{} drawn, {wanted} seen", drawn.len());
            some_left_out |= drawn.len() < topology.links.len() / 2;
            let inside = |p: &Point| {
                let p = camera.pixel(*p);
                (0.0..=size.0).contains(&p.0) && (0.0..=size.1).contains(&p.1)
            };
            let nodes = geometry.places.iter().filter(|place| inside(place)).count();
            assert!(seen.nodes.len() >= nodes && seen.nodes.len() <= nodes + 40);
        }
        assert!(some_left_out);
    }

    #[test]
    fn busier_links_are_painted_over_others() {
        let geometry = Geometry::of(&drawn(4, 0));
        let paints = [
            Paint::Overloaded,
            Paint::Step(3),
            Paint::Failed,
            Paint::Step(20),
            Paint::Unknown,
            Paint::Step(3),
        ];
        let camera = Camera::whole(&geometry.stage((300.0, 300.0)));
        let order = PaintOrder::new(&geometry, &paints);
        let seen = picture(&geometry, &order, &camera, (300.0, 300.0), |_| "");
        let mut painted: Vec<Paint> = seen.strokes.iter().map(|stroke| stroke.paint).collect();
        painted.dedup();
        let expected =
            [Paint::Unknown, Paint::Failed, Paint::Step(3), Paint::Step(20), Paint::Overloaded];
        assert_eq!(painted, expected);
        assert!(seen.labels.is_empty());
    }

    #[test]
    fn arrows_point_to_the_target() {
        let [tip, left, right] = arrow([(0.0, 0.0), (100.0, 0.0)], 2.0).unwrap();
        assert!(tip.0 > left.0 && left.0 == right.0 && tip.1 == 0.0 && left.1 == -right.1);
        assert_eq!(arrow([(0.0, 0.0), (20.0, 0.0)], 2.0), None);
    }
}
