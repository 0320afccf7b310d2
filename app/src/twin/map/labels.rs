//! Which nodes are named: as many as fit without one name covering another.

use super::layout::Point;

/// Height of a name's line, in pixels.
pub const LINE: f64 = 13.0;
/// The most names at a time.
const MOST: usize = 70;
/// The most characters of a name.
const LONGEST: usize = 22;
/// Room to the right of a node, in pixels.
const GAP: f64 = 3.0;
/// Room between two names, in pixels.
const BETWEEN: f64 = 6.0;

/// A name beside its node.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The node.
    pub node: u32,
    /// Where its text begins, on its middle line, in pixels.
    pub at: Point,
    /// The text.
    pub text: String,
}

/// The name as it is written: cut where it is long.
pub fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => [&name[..end], "…"].concat(),
        None => name.to_owned(),
    }
}

/// About how wide a text is, in pixels; ideographs take twice a letter's room.
pub fn width(text: &str) -> f64 {
    text.chars().map(|character| if character >= '\u{1100}' { 11.5 } else { 6.3 }).sum()
}

/// Names for the nodes of `wanted`, given with their pixel, the most important first, in a picture of
/// `size`, beside circles of `radius`.
pub fn choose<'a>(
    wanted: impl Iterator<Item = (u32, Point)>,
    name: impl Fn(u32) -> &'a str,
    radius: f64,
    size: (f64, f64),
) -> Vec<Label> {
    let mut labels: Vec<(Label, [f64; 4])> = Vec::new();
    for (node, pixel) in wanted {
        let at = (pixel.0 + radius + GAP, pixel.1);
        let text = shortened(name(node));
        let right = at.0 + width(&text);
        let area = [at.0 - BETWEEN, at.1 - LINE / 2.0, right, at.1 + LINE / 2.0];
        let seen = area[2] > 0.0 && area[3] > 0.0 && area[0] < size.0 && area[1] < size.1;
        if seen && !text.is_empty() && labels.iter().all(|(_, other)| !overlap(&area, other)) {
            labels.push((Label { node, at, text }, area));
        }
        if labels.len() == MOST {
            break;
        }
    }
    labels.into_iter().map(|(label, _)| label).collect()
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_cover_one_another_and_the_first_has_its_own() {
        let names = ["Aachen", "Bern", "Kraków and its whole long suburban belt", "東京"];
        let pixel = |node: u32| (f64::from(node * 37 % 300), f64::from(node * 53 % 200));
        let wanted = (0..200).map(|node| (node, pixel(node)));
        let labels = choose(wanted, |node| names[node as usize % 4], 4.0, (300.0, 200.0));
        assert_eq!(labels[0].node, 0);
        assert!(labels.len() > 10);
        for (at, label) in labels.iter().enumerate() {
            for other in &labels[at + 1..] {
                let apart = (label.at.1 - other.at.1).abs() >= LINE;
                let beside = label.at.0 + width(&label.text) <= other.at.0
                    || other.at.0 + width(&other.text) <= label.at.0;
                assert!(apart || beside, "{label:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_closer_the_map_the_more_of_its_part_is_named() {
        let named = |scale: f64| {
            let wanted = (0..100)
                .map(|node| (node, (f64::from(node % 10) * scale, f64::from(node / 10) * scale)));
            let labels = choose(wanted, |_| "Lisboa", 4.0, (200.0, 200.0));
            labels.iter().filter(|label| label.node < 100).count() as f64
                / (200.0 / scale + 1.0).min(10.0).powi(2)
        };
        assert!(named(60.0) > 0.5 && named(10.0) < 0.3);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shortened("Zürich"), "Zürich");
        let cut = shortened(&"ü".repeat(40));
        assert!(cut.ends_with('…') && cut.chars().count() == 23);
    }
}
