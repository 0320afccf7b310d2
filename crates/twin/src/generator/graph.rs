//! Random connected graphs.

use slicewise_core::seed::{Rng, uniform};

/// A whole number from `least` to `most`.
pub(crate) fn whole(generator: &mut impl Rng, least: usize, most: usize) -> usize {
    least + ((uniform(generator) * (most - least + 1) as f64) as usize).min(most - least)
}

/// One of `choices`, which are not empty.
pub(crate) fn one_of<'a, T>(generator: &mut impl Rng, choices: &'a [T]) -> &'a T {
    &choices[whole(generator, 0, choices.len() - 1)]
}

/// Nodes at random places, joined by the shortest tree and then by the shortest links that are left, until
/// there are `links`.
pub(crate) fn geometric(nodes: usize, links: usize, generator: &mut impl Rng) -> Vec<(u32, u32)> {
    let places: Vec<(f64, f64)> =
        (0..nodes).map(|_| (uniform(generator), uniform(generator))).collect();
    let mut pairs: Vec<(f64, u32, u32)> = Vec::new();
    for (other, to) in places.iter().enumerate() {
        for (node, from) in places[..other].iter().enumerate() {
            let (x, y) = (from.0 - to.0, from.1 - to.1);
            pairs.push((x * x + y * y, node as u32, other as u32));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Kruskal's tree: a link that joins two parts, by the lowest node of each.
    let mut part: Vec<usize> = (0..nodes).collect();
    let (mut tree, mut rest) = (Vec::new(), Vec::new());
    for (_, a, b) in pairs {
        let (of_a, of_b) = (part[a as usize], part[b as usize]);
        if of_a == of_b {
            rest.push((a, b));
            continue;
        }
        part.iter_mut().filter(|of| **of == of_b).for_each(|of| *of = of_a);
        tree.push((a, b));
    }
    let extra = links.saturating_sub(tree.len());
    tree.extend(rest.into_iter().take(extra));
    tree
}

/// Nodes that join one by one, each with up to `degree` links to nodes that have many (Barabasi and Albert,
/// 1999).
pub(super) fn preferential(
    nodes: usize,
    degree: usize,
    generator: &mut impl Rng,
) -> Vec<(u32, u32)> {
    let mut links: Vec<(u32, u32)> = vec![(0, 1)];
    for node in 2..nodes as u32 {
        let before = links.len();
        for _ in 0..degree {
            // An end of a link that is drawn evenly is a node that is drawn by its degree.
            let (a, b) = *one_of(generator, &links[..before]);
            let end = if uniform(generator) < 0.5 { a } else { b };
            if !links[before..].contains(&(end, node)) {
                links.push((end, node));
            }
        }
    }
    links
}
