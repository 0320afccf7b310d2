//! The whole map as SVG, for files and for print.

use slicewise_core::twin::Scenario;

use super::camera::Camera;
use super::colour::{ColourScale, MapColour, OVERLOADED, Paint, STEPS};
use super::geometry::Geometry;
use super::layout::Point;
use super::painting::paints;
use super::picked::Picked;
use super::picture::{PaintOrder, Stroke, arrow, picture};
use crate::charts::drawing::{
    Anchor, Area, Chart, DataTable, Drawing, Ink, LABEL, TAG, ink, standalone,
};
use crate::twin::names;

/// Width and height of the map.
const SIZE: (f64, f64) = (1000.0, 720.0);
/// Height of the key below it.
const KEY: f64 = 56.0;
const NODE: Ink = ink("m-node", r##"fill="#fff" stroke="#1b1b1a" stroke-width="1.2""##);
const GONE: Ink = ink("m-gone", r##"fill="#1b1b1a" stroke="#1b1b1a""##);
const FAILED: &str = r##"stroke="#6b6b66" stroke-dasharray="5 4""##;
const UNKNOWN: &str = r##"stroke="#8a8a86""##;
const CASING: &str = r##"stroke="#1b1b1a" stroke-opacity=".55""##;

/// The map of `scenario`, with its links in `colour` and what has `failed` dashed, as a file.
pub fn map_svg(scenario: &Scenario, colour: &MapColour, failed: &[Picked]) -> String {
    let geometry = Geometry::of(&scenario.topology);
    let scale = ColourScale::of(colour);
    let paints = paints(&geometry, &scale, &colour.values, failed);
    let order = PaintOrder::new(&geometry, &paints);
    let camera = Camera::whole(&geometry.stage(SIZE));
    let seen = picture(&geometry, &order, &camera, SIZE, |node| names::node(scenario, node));
    let mut markup = String::from(r#"<g fill="none">"#);
    for stroke in seen.strokes.iter().filter(|stroke| stroke.paint != Paint::Failed) {
        push_stroke(&mut markup, CASING, stroke.width + 1.2, stroke);
    }
    for stroke in &seen.strokes {
        push_stroke(&mut markup, &look(&scale, stroke.paint), stroke.width, stroke);
    }
    markup.push_str("</g>");
    let mut drawing = Drawing::default();
    for stroke in &seen.strokes {
        for (ends, _) in &stroke.segments {
            if let Some(corners) = arrow(*ends, stroke.width) {
                drawing.coloured_path("#1b1b1a", &outline(&corners));
            }
        }
    }
    for (node, at) in &seen.nodes {
        let gone = failed.contains(&Picked::Node(*node));
        drawing.circle(if gone { GONE } else { NODE }, *at, seen.radius);
    }
    for label in &seen.labels {
        drawing.text(TAG, (label.at.0, label.at.1 + 4.0), Anchor::Start, &label.text);
    }
    key(&mut drawing, &scale);
    markup.push_str(&drawing.into_markup());
    let name = if scenario.topology.name.is_empty() { "Network" } else { &scenario.topology.name };
    let (nodes, links) = (scenario.topology.nodes.len(), scenario.topology.links.len());
    let chart = Chart {
        size: (SIZE.0, SIZE.1 + KEY),
        heat: None,
        markup,
        description: format!(
            "{nodes} nodes and {links} links, each direction on its right-hand side, coloured by: {}.",
            scale.title()
        ),
        key: Vec::new(),
        table: std::sync::Arc::new(DataTable::default),
        probe: None,
        locate: None,
    };
    standalone(name, &chart)
}

/// How a paint looks in a file.
fn look(scale: &ColourScale, paint: Paint) -> String {
    let stroke = |colour: &str| ["stroke=\"", colour, "\""].concat();
    match paint {
        Paint::Unknown => UNKNOWN.to_owned(),
        Paint::Failed => FAILED.to_owned(),
        Paint::Step(step) => stroke(&scale.colour(step)),
        Paint::Overloaded => stroke(OVERLOADED),
    }
}

fn push_stroke(markup: &mut String, look: &str, width: f64, stroke: &Stroke) {
    *markup += &format!(r#"<path {look} stroke-width="{width:.1}" d=""#);
    for ([from, to], _) in &stroke.segments {
        *markup += &format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1);
    }
    markup.push_str("\"/>");
}

fn outline(corners: &[Point]) -> String {
    let mut commands = String::new();
    crate::charts::drawing::push_points(&mut commands, corners.iter().copied());
    commands.push('Z');
    commands
}

fn key(drawing: &mut Drawing, scale: &ColourScale) {
    let (left, width, top) = (24.0, 312.0, SIZE.1 + 10.0);
    let step = width / f64::from(STEPS);
    for index in 0..STEPS {
        let from = left + f64::from(index) * step;
        let area = Area { left: from, right: from + step, top, bottom: top + 12.0 };
        drawing.coloured_rectangle(&scale.colour(index), area);
    }
    for (tick, share) in scale.ticks().into_iter().zip([0.0, 0.5, 1.0]) {
        let at = (left + share * width, top + 25.0);
        drawing.text(LABEL, at, Anchor::Middle, &scale.text(tick));
    }
    drawing.text(LABEL, (left + width + 24.0, top + 10.0), Anchor::Start, scale.title());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::map::examples::drawn;
    use crate::twin::state::Quantity;

    #[test]
    fn a_file_holds_every_node_every_link_and_the_key() {
        let mut topology = drawn(30, 10);
        topology.nodes[2].label = "A <b> & C".to_owned();
        let links = topology.links.len();
        let mut values: Vec<f64> = (0..links).map(|link| link as f64 / links as f64).collect();
        values[5] = 1.4;
        let colour = MapColour { quantity: Quantity::Utilisation, values };
        let failed = [Picked::Link(0), Picked::Node(7)];
        let file = map_svg(&Scenario::of(topology), &colour, &failed);
        assert_eq!(file.matches("<circle").count(), 30);
        let lines = |part: &str| part.matches('M').count();
        let painted = file
            .split("<path ")
            .filter(|part| part.starts_with("stroke=") && !part.contains("opacity"));
        assert_eq!(
            painted.map(|part| lines(part.split("/>").next().unwrap())).sum::<usize>(),
            links
        );
        assert!(file.contains(OVERLOADED) && file.contains("stroke-dasharray=\"5 4\""));
        assert!(file.contains("A &lt;b&gt; &amp; C") && file.contains(">50 %<"));
        assert!(!file.contains("NaN"));
    }

    #[test]
    fn a_network_of_which_nothing_is_known_is_drawn_all_the_same() {
        let colour = MapColour { quantity: Quantity::Delay, values: Vec::new() };
        let file = map_svg(&Scenario::of(drawn(2, 0)), &colour, &[]);
        assert_eq!(file.matches("<circle").count(), 2);
        assert!(file.contains(UNKNOWN) && !file.contains("NaN"));
    }
}
