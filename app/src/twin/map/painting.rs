//! Which link has which paint.

use super::colour::{ColourScale, Paint};
use super::geometry::Geometry;
use super::picked::Picked;

/// The paint of each link: by its value in `values`, or failed where it, or a node at one of its ends, is
/// in `failed`.
pub fn paints(
    geometry: &Geometry,
    scale: &ColourScale,
    values: &[f64],
    failed: &[Picked],
) -> Vec<Paint> {
    let value = |link: usize| values.get(link).copied().unwrap_or(f64::NAN);
    let mut paints: Vec<Paint> =
        (0..geometry.lines.len()).map(|link| scale.paint(value(link))).collect();
    for part in failed {
        match *part {
            Picked::Link(link) => {
                if let Some(paint) = paints.get_mut(link as usize) {
                    *paint = Paint::Failed;
                }
            }
            Picked::Node(node) => {
                for (paint, line) in paints.iter_mut().zip(&geometry.lines) {
                    if line.source == node || line.target == node {
                        *paint = Paint::Failed;
                    }
                }
            }
        }
    }
    paints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::map::colour::MapColour;
    use crate::twin::map::examples::drawn;
    use crate::twin::state::Quantity;

    #[test]
    fn links_of_a_failed_node_have_failed() {
        let topology = drawn(8, 4);
        let geometry = Geometry::of(&topology);
        let values = vec![0.5; topology.links.len()];
        let scale =
            ColourScale::of(&MapColour { quantity: Quantity::Utilisation, values: values.clone() });
        let failed = [Picked::Node(0), Picked::Link(1), Picked::Link(999)];
        let paints = paints(&geometry, &scale, &values, &failed);
        for (index, (paint, link)) in paints.iter().zip(&topology.links).enumerate() {
            let gone = link.source == 0 || link.target == 0 || index == 1;
            assert_eq!(*paint == Paint::Failed, gone, "link {index}");
        }
    }
}
