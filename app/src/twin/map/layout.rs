//! Places for a network that has none: distances on the map follow the number of hops, by stochastic
//! gradient descent on the stress (Zheng, Pawar and Goodman, "Graph drawing by stochastic gradient
//! descent", IEEE TVCG 2019). The same network gives the same map: only sums, products and roots are
//! taken, in one order, from one seed.

use slicewise_core::order::order;
use slicewise_core::seed::{SmallStream, shuffle, uniform};

/// A point of a map, x to the right and y downwards.
pub type Point = (f64, f64);

/// Up to so many nodes every pair has its term; above, every node has one with each of some pivots.
const ALL_PAIRS: usize = 400;
/// The most terms with pivots.
const PIVOT_TERMS: usize = 80_000;
/// Rounds of the descent: as many steps between the first and the last as four roots give.
const ROUNDS: usize = 17;
/// The last step, in parts of the step that would satisfy a term with weight 1.
const LAST_STEP: f64 = 0.1;
/// Nodes of a layout stay so far apart, in hops.
pub const APART: f64 = 0.3;
/// Room between two components, in hops.
const BETWEEN: f64 = 1.5;
/// Width of a map over its height that components are packed to.
const ASPECT: f64 = 1.3;

/// A place for each of `nodes` nodes joined by `ends`, in hops; components lie side by side, the largest
/// first.
pub fn layout(nodes: usize, ends: &[(u32, u32)]) -> Vec<Point> {
    let neighbours = Neighbours::new(nodes, ends);
    let mut points = vec![(0.0, 0.0); nodes];
    let mut boxes = Vec::new();
    for component in components(&neighbours) {
        let mut own = stress(&neighbours, &component);
        lay_flat(&mut own);
        make_room(&mut own);
        push_apart(&mut own, APART);
        let (least, most) = bounds(&own);
        for (node, point) in component.iter().zip(&own) {
            points[*node as usize] = (point.0 - least.0, point.1 - least.1);
        }
        boxes.push((component, (most.0 - least.0 + BETWEEN, most.1 - least.1 + BETWEEN)));
    }
    pack(&mut points, boxes);
    points
}

/// Who is joined to whom, node by node.
pub struct Neighbours {
    first: Vec<u32>,
    others: Vec<u32>,
}

impl Neighbours {
    /// Those of `nodes` nodes joined by `ends`, each in both directions.
    pub fn new(nodes: usize, ends: &[(u32, u32)]) -> Self {
        let mut first = vec![0; nodes + 1];
        for (a, b) in ends {
            first[*a as usize + 1] += 1;
            first[*b as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut others = vec![0; 2 * ends.len()];
        for (a, b) in ends {
            for (from, to) in [(*a, *b), (*b, *a)] {
                others[next[from as usize] as usize] = to;
                next[from as usize] += 1;
            }
        }
        Self { first, others }
    }

    /// Those of one node; one that is joined several times comes several times.
    pub fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.others[self.first[node] as usize..self.first[node + 1] as usize]
    }

    fn len(&self) -> usize {
        self.first.len() - 1
    }
}

/// The components' nodes, largest first.
fn components(neighbours: &Neighbours) -> Vec<Vec<u32>> {
    let mut seen = vec![false; neighbours.len()];
    let mut components: Vec<Vec<u32>> = Vec::new();
    for start in 0..neighbours.len() as u32 {
        if std::mem::replace(&mut seen[start as usize], true) {
            continue;
        }
        let mut component = vec![start];
        let mut at = 0;
        while at < component.len() {
            for next in neighbours.of(component[at]) {
                if !std::mem::replace(&mut seen[*next as usize], true) {
                    component.push(*next);
                }
            }
            at += 1;
        }
        let places = order(component.len(), &|a, b| component[a].cmp(&component[b]));
        components.push(places.into_iter().map(|place| component[place]).collect());
    }
    let places = order(components.len(), &|a, b| components[b].len().cmp(&components[a].len()));
    places.into_iter().map(|place| std::mem::take(&mut components[place])).collect()
}

/// Two nodes of a component that should lie `hops` apart.
#[derive(Clone, Copy)]
struct Term {
    a: u32,
    b: u32,
    hops: u32,
    weight: f32,
}

/// A place for each node of a component.
fn stress(neighbours: &Neighbours, component: &[u32]) -> Vec<Point> {
    let count = component.len();
    let mut stream = SmallStream::new(count as u64);
    let side = (count as f64).sqrt();
    let mut draw = || side * uniform(&mut stream);
    let mut points: Vec<Point> = (0..count).map(|_| (draw(), draw())).collect();
    let mut terms = terms(neighbours, component);
    shuffle(&mut terms, &mut stream);
    let weights = terms.iter().map(|term| f64::from(term.weight));
    let (least, most) =
        weights.fold((f64::INFINITY, 0.0_f64), |(least, most), w| (least.min(w), most.max(w)));
    if terms.is_empty() {
        return points;
    }
    let (first_step, last_step) = (1.0 / least, LAST_STEP / most);
    let shrink = (0..4).fold(last_step / first_step, |ratio: f64, _| ratio.sqrt());
    let mut step = first_step;
    for _ in 0..ROUNDS {
        for term in &terms {
            relax(&mut points, *term, step);
        }
        step *= shrink;
    }
    points
}

/// Moves the two nodes of a term towards their distance, at most all the way.
fn relax(points: &mut [Point], term: Term, step: f64) {
    let (a, b) = (points[term.a as usize], points[term.b as usize]);
    let (x, y) = (a.0 - b.0, a.1 - b.1);
    // Comparisons, since small code for the browser calls a function for `min` and `max`.
    let distance = match (x * x + y * y).sqrt() {
        distance if distance > 1e-9 => distance,
        _ => 1e-9,
    };
    let part = match step * f64::from(term.weight) {
        part if part < 1.0 => part,
        _ => 1.0,
    };
    let by = part * (distance - f64::from(term.hops)) / (2.0 * distance);
    points[term.a as usize] = (a.0 - by * x, a.1 - by * y);
    points[term.b as usize] = (b.0 + by * x, b.1 + by * y);
}

/// The terms of a component: every pair, or in large ones every link, and every node with some pivots.
fn terms(neighbours: &Neighbours, component: &[u32]) -> Vec<Term> {
    let count = component.len();
    let mut local = vec![u32::MAX; neighbours.len()];
    for (index, node) in component.iter().enumerate() {
        local[*node as usize] = index as u32;
    }
    let mut search = Search { neighbours, component, local: &local, hops: vec![0; count] };
    let weight = |hops: u32, nodes: f64| (nodes / f64::from(hops * hops)) as f32;
    let mut terms = Vec::with_capacity(PIVOT_TERMS);
    if count <= ALL_PAIRS {
        for a in 0..count as u32 {
            search.from(a);
            let pairs = (a + 1..count as u32).map(|b| {
                let hops = search.hops[b as usize];
                Term { a, b, hops, weight: weight(hops, 1.0) }
            });
            terms.extend(pairs);
        }
        return terms;
    }
    for (a, node) in component.iter().enumerate() {
        let others = neighbours.of(*node).iter().map(|other| local[*other as usize]);
        let links = others.filter(|b| *b > a as u32);
        terms.extend(links.map(|b| Term { a: a as u32, b, hops: 1, weight: 1.0 }));
        // Leaves of one node are as far from every pivot: without these they would lie on one another.
        let ring = neighbours.of(*node);
        let turned = ring.iter().cycle().skip(1);
        let pairs = ring.iter().zip(turned).map(|(a, b)| (local[*a as usize], local[*b as usize]));
        let siblings = pairs.filter(|(a, b)| a != b);
        terms.extend(siblings.map(|(a, b)| Term { a, b, hops: 2, weight: 0.25 }));
    }
    // Each pivot lies as far as can be from those before it, and stands for its share of the nodes.
    let pivots = (PIVOT_TERMS / count).clamp(6, 200);
    let mut nearest = vec![u32::MAX; count];
    let mut pivot = 0;
    for _ in 0..pivots {
        search.from(pivot);
        for (b, hops) in search.hops.iter().enumerate() {
            nearest[b] = nearest[b].min(*hops);
            if *hops > 1 {
                let weight = weight(*hops, count as f64 / pivots as f64);
                terms.push(Term { a: pivot, b: b as u32, hops: *hops, weight });
            }
        }
        let farthest = (0..count).max_by_key(|b| (nearest[*b], std::cmp::Reverse(*b)));
        pivot = farthest.unwrap_or(0) as u32;
    }
    terms
}

/// Hops from one node of a component to all others.
struct Search<'a> {
    neighbours: &'a Neighbours,
    component: &'a [u32],
    local: &'a [u32],
    hops: Vec<u32>,
}

impl Search<'_> {
    fn from(&mut self, start: u32) {
        self.hops.fill(u32::MAX);
        self.hops[start as usize] = 0;
        let mut queue = vec![start];
        let mut at = 0;
        while at < queue.len() {
            let hops = self.hops[queue[at] as usize] + 1;
            for other in self.neighbours.of(self.component[queue[at] as usize]) {
                let other = self.local[*other as usize];
                if self.hops[other as usize] == u32::MAX {
                    self.hops[other as usize] = hops;
                    queue.push(other);
                }
            }
            at += 1;
        }
    }
}

/// Turns `points` about their middle so that they spread most from left to right.
fn lay_flat(points: &mut [Point]) {
    let count = points.len() as f64;
    let sum = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    let middle = (sum.0 / count, sum.1 / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for point in points.iter_mut() {
        *point = (point.0 - middle.0, point.1 - middle.1);
        xx += point.0 * point.0;
        xy += point.0 * point.1;
        yy += point.1 * point.1;
    }
    // The axis of the larger eigenvalue of the spread.
    let half = (xx - yy) / 2.0;
    let axis = (half + (half * half + xy * xy).sqrt(), xy);
    let length = (axis.0 * axis.0 + axis.1 * axis.1).sqrt();
    let axis = match length > 1e-9 {
        true => (axis.0 / length, axis.1 / length),
        false if yy > xx => (0.0, 1.0),
        false => (1.0, 0.0),
    };
    for point in points {
        *point = (point.0 * axis.0 + point.1 * axis.1, point.1 * axis.0 - point.0 * axis.1);
    }
}

/// Enlarges a crowded layout until nodes spread evenly would have room to spare.
fn make_room(points: &mut [Point]) {
    let (least, most) = bounds(points);
    let area = (most.0 - least.0).max(APART) * (most.1 - least.1).max(APART);
    let wanted = points.len() as f64 * (3.0 * APART) * (3.0 * APART);
    let factor = (wanted / area).sqrt();
    if factor > 1.0 {
        points.iter_mut().for_each(|point| *point = (point.0 * factor, point.1 * factor));
    }
}

/// Moves points until hardly any two lie nearer than `apart`; what lies at one place goes different ways.
pub fn push_apart(points: &mut [Point], apart: f64) {
    const MOST_ROUNDS: usize = 120;
    const MOVES: usize = 120_000;
    const WAYS: [Point; 8] = [
        (1.0, 0.0),
        (-0.6, 0.8),
        (0.6, -0.8),
        (-1.0, 0.0),
        (0.8, 0.6),
        (0.0, -1.0),
        (-0.8, -0.6),
        (0.0, 1.0),
    ];
    if apart <= 0.0 {
        return;
    }
    for _ in 0..(MOVES / points.len().max(1)).clamp(4, MOST_ROUNDS) {
        let mut moved = false;
        for (a, b) in nearby(points, apart) {
            let (a, b) = (a as usize, b as usize);
            let (x, y) = (points[a].0 - points[b].0, points[a].1 - points[b].1);
            let distance = (x * x + y * y).sqrt();
            if distance >= 0.999 * apart {
                continue;
            }
            moved = true;
            let way = match distance > 1e-6 * apart {
                true => (x / distance, y / distance),
                false => WAYS[(a + 3 * b) % WAYS.len()],
            };
            let by = (apart - distance) / 2.0;
            points[a] = (points[a].0 + by * way.0, points[a].1 + by * way.1);
            points[b] = (points[b].0 - by * way.0, points[b].1 - by * way.1);
        }
        if !moved {
            return;
        }
    }
}

/// Pairs of points that may lie nearer than `apart`, by a grid of such cells.
fn nearby(points: &[Point], apart: f64) -> Vec<(u32, u32)> {
    let cell = |value: f64| (value / apart).floor() as i64;
    let found: Vec<(i64, i64, u32)> = points
        .iter()
        .zip(0..)
        .map(|(point, index)| (cell(point.1), cell(point.0), index))
        .collect();
    let places = order(found.len(), &|a, b| found[a].cmp(&found[b]));
    let cells: Vec<(i64, i64, u32)> = places.into_iter().map(|place| found[place]).collect();
    let mut pairs = Vec::new();
    for (at, (row, column, index)) in cells.iter().enumerate() {
        let later = cells[at + 1..].iter();
        let same_row = later.take_while(|other| (other.0, other.1) <= (*row, *column + 1));
        pairs.extend(same_row.map(|other| (*index, other.2)));
        let below = cells.partition_point(|other| (other.0, other.1) < (*row + 1, *column - 1));
        let below = cells[below..].iter();
        let next_row = below.take_while(|other| (other.0, other.1) <= (*row + 1, *column + 1));
        pairs.extend(next_row.map(|other| (*index, other.2)));
    }
    pairs
}

/// The least and the greatest of each coordinate; zeros where there is no point.
pub fn bounds(points: &[Point]) -> (Point, Point) {
    let Some(first) = points.first() else { return ((0.0, 0.0), (0.0, 0.0)) };
    points.iter().fold((*first, *first), |(least, most), point| {
        ((least.0.min(point.0), least.1.min(point.1)), (most.0.max(point.0), most.1.max(point.1)))
    })
}

/// Moves components side by side, in rows.
fn pack(points: &mut [Point], boxes: Vec<(Vec<u32>, Point)>) {
    let area: f64 = boxes.iter().map(|(_, size)| size.0 * size.1).sum();
    let widest = boxes.iter().map(|(_, size)| size.0).fold(0.0, f64::max);
    let width = widest.max((area * ASPECT).sqrt());
    let (mut at, mut height) = ((0.0, 0.0), 0.0_f64);
    for (component, size) in boxes {
        if at.0 + size.0 > width * 1.001 {
            at = (0.0, at.1 + height);
            height = 0.0;
        }
        for node in component {
            let point = &mut points[node as usize];
            *point = (point.0 + at.0, point.1 + at.1);
        }
        at.0 += size.0;
        height = height.max(size.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: u32, rows: u32) -> (usize, Vec<(u32, u32)>) {
        let at = |column, row| row * columns + column;
        let mut ends = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                if column + 1 < columns {
                    ends.push((at(column, row), at(column + 1, row)));
                }
                if row + 1 < rows {
                    ends.push((at(column, row), at(column, row + 1)));
                }
            }
        }
        ((columns * rows) as usize, ends)
    }

    /// A tree in which each node hangs on one that was drawn, and some more links.
    fn drawn(nodes: u32, more: u32) -> Vec<(u32, u32)> {
        let mut stream = SmallStream::new(7);
        let mut draw = |below: u32| (uniform(&mut stream) * f64::from(below)) as u32;
        let mut ends: Vec<(u32, u32)> = (1..nodes).map(|node| (draw(node), node)).collect();
        while ends.len() < (nodes - 1 + more) as usize {
            let (a, b) = (draw(nodes), draw(nodes));
            if a != b {
                ends.push((a, b));
            }
        }
        ends
    }

    fn distance(a: Point, b: Point) -> f64 {
        (a.0 - b.0).hypot(a.1 - b.1)
    }

    fn nearest_pair(points: &[Point]) -> f64 {
        let pairs = points.iter().enumerate();
        let pairs = pairs.flat_map(|(at, a)| points[at + 1..].iter().map(move |b| (*a, *b)));
        pairs.map(|(a, b)| distance(a, b)).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_same_network_lies_the_same_way() {
        let ends = drawn(300, 200);
        assert_eq!(layout(300, &ends), layout(300, &ends));
    }

    #[test]
    fn a_path_lies_stretched_out_from_left_to_right() {
        let ends: Vec<(u32, u32)> = (0..9).map(|node| (node, node + 1)).collect();
        let points = layout(10, &ends);
        // Stress of a path is zero on a straight line with steps of one.
        for (a, b) in ends {
            assert!((distance(points[a as usize], points[b as usize]) - 1.0).abs() < 0.05);
        }
        assert!(distance(points[0], points[9]) > 8.55, "{points:?}");
        assert!((points[0].0 - points[9].0).abs() > 8.5);
    }

    #[test]
    fn a_grid_keeps_its_corners_far_and_its_neighbours_near() {
        let (nodes, ends) = grid(12, 8);
        let points = layout(nodes, &ends);
        let lengths: Vec<f64> =
            ends.iter().map(|(a, b)| distance(points[*a as usize], points[*b as usize])).collect();
        // Straight lines cross a grid in less than its hops: links come out a little shorter than 1.
        assert!(lengths.iter().all(|length| (0.4..1.5).contains(length)), "{lengths:?}");
        let across = distance(points[0], points[nodes - 1]);
        assert!(across > 10.0, "{across}");
    }

    #[test]
    fn no_two_nodes_lie_on_one_another() {
        // Leaves of one node have the same hops to all others.
        let star: Vec<(u32, u32)> = (1..40).map(|node| (0, node)).collect();
        for (nodes, ends) in [(40, star), (1000, drawn(1000, 1000)), (5, Vec::new())] {
            let least = nearest_pair(&layout(nodes, &ends));
            assert!(least > 0.5 * APART, "{nodes} nodes: {least}");
        }
    }

    #[test]
    fn components_lie_side_by_side() {
        let (nodes, mut ends) = grid(5, 5);
        ends.extend((0..6).map(|node| (25 + node, 26 + node)));
        let all = nodes + 7 + 3;
        let points = layout(all, &ends);
        let boxes = [&points[..25], &points[25..32], &points[32..33], &points[33..34]].map(bounds);
        for (index, (least, most)) in boxes.iter().enumerate() {
            for (other_least, other_most) in &boxes[index + 1..] {
                let beside = most.0 < other_least.0 || other_most.0 < least.0;
                let above = most.1 < other_least.1 || other_most.1 < least.1;
                assert!(beside || above, "{boxes:?}");
            }
        }
    }

    #[test]
    fn large_networks_follow_their_hops_too() {
        let (nodes, ends) = grid(50, 40);
        let points = layout(nodes, &ends);
        let mean = ends.iter().map(|(a, b)| distance(points[*a as usize], points[*b as usize]));
        let mean = mean.sum::<f64>() / ends.len() as f64;
        assert!((0.5..1.3).contains(&mean), "{mean}");
        assert!(distance(points[0], points[nodes - 1]) > 40.0);
    }

    #[test]
    fn points_pushed_apart_are_apart_as_all_pairs_say() {
        let mut points: Vec<Point> =
            (0..60).map(|i| (f64::from(i % 7) * 0.4, f64::from(i % 5) * 0.3)).collect();
        push_apart(&mut points, 0.5);
        assert!(nearest_pair(&points) > 0.45, "{}", nearest_pair(&points));
    }
}
