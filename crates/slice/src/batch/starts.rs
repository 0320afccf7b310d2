//! From the look at a table to the points from which to descend.

use super::log_odds::log_odds;
use super::table::{Look, Table};
use crate::question::Question;

/// Starts per problem.
pub const STARTS: usize = 6;
/// Starts lie at least this far apart in some direction of the unit box.
pub const APART: f64 = 0.15;

/// A node of the look as a place to start from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    node: usize,
    infeasible: bool,
    /// Cost at the edge of the promise, or the degradation where the promise is broken.
    height: f64,
    /// Axis along which the edge lies nearest in cost, and how far down.
    axis: usize,
    down: f64,
}

impl Candidate {
    fn before(&self, other: &Self) -> bool {
        if self.infeasible != other.infeasible {
            return other.infeasible;
        }
        self.height < other.height
    }
}

/// A node of the look that keeps the promise, with a neighbour below that does not.
#[derive(Clone, Debug)]
pub(super) struct EdgeNode {
    /// Its place in the question's unit box.
    pub point: Vec<f64>,
    /// Cost of the cell below it, at the foot.
    pub least_cost: f64,
}

/// The nodes at the edge of the promise in the question's box, and its top corner.
pub(super) fn edge_nodes(table: &Table, question: &Question, look: &Look) -> Vec<EdgeNode> {
    let resources = question.resources();
    let mut point = vec![0.0; resources];
    let mut found = Vec::new();
    for (node, value) in look.values.iter().enumerate() {
        if *value > question.limit || !locate(table, question, node, &mut point) {
            continue;
        }
        let (mut at_edge, mut least_cost, mut stride) = (false, 0.0, 1);
        for (k, x) in point.iter().enumerate() {
            let inner = node / stride % table.per_axis > 0;
            at_edge |= !inner || look.values[node - stride] > question.limit || *x == 0.0;
            let spacing = table.span.extent[k] / (table.per_axis - 1) as f64;
            let below = if question.extent[k] > 0.0 { spacing / question.extent[k] } else { 0.0 };
            least_cost += question.costs[k] * (x - below).max(0.0);
            stride *= table.per_axis;
        }
        if at_edge {
            found.push(EdgeNode { point: point.clone(), least_cost });
        }
    }
    found.push(EdgeNode { point: vec![1.0; resources], least_cost: 0.0 });
    found
}

/// Appends to `starts` up to `most` points of the question's unit box (x resources).
///
/// A node that keeps the promise stands for the point where the promise begins to break on the way
/// to the neighbour that saves most (log-odds interpolated linearly); the cheapest such points that
/// lie apart are chosen, then the least infeasible nodes. Where fewer nodes lie in the box, its top
/// corner joins them.
///
/// Returns how many were appended, at least one.
pub fn choose_starts(
    table: &Table,
    question: &Question,
    look: &mut Look,
    most: usize,
    starts: &mut Vec<f64>,
) -> usize {
    let resources = question.resources();
    let first = starts.len();
    let mut point = vec![0.0; resources];
    list_candidates(table, question, look, &mut point);
    while starts.len() - first < most * resources {
        let mut best: Option<&Candidate> = None;
        for candidate in &look.candidates {
            if best.is_none_or(|best| candidate.before(best)) {
                locate(table, question, candidate.node, &mut point);
                point[candidate.axis] -= candidate.down;
                if !near(&starts[first..], &point) {
                    best = Some(candidate);
                }
            }
        }
        let Some(best) = best else {
            starts.extend(std::iter::repeat_n(1.0, resources));
            break;
        };
        locate(table, question, best.node, &mut point);
        point[best.axis] -= best.down;
        starts.extend_from_slice(&point);
    }
    (starts.len() - first) / resources
}

/// Lists the nodes in the question's box; `point` is room to work in.
fn list_candidates(table: &Table, question: &Question, look: &mut Look, point: &mut [f64]) {
    look.candidates.clear();
    let limit = log_odds(question.limit);
    for (node, value) in look.values.iter().enumerate() {
        if !locate(table, question, node, point) {
            continue;
        }
        let infeasible = *value > question.limit;
        let mut candidate = Candidate { node, infeasible, height: *value, axis: 0, down: 0.0 };
        if !infeasible {
            let cost: f64 = question.costs.iter().zip(&*point).map(|(c, x)| c * x).sum();
            let mut most = 0.0;
            let mut stride = 1;
            for (k, x) in point.iter().enumerate() {
                let inner = node / stride % table.per_axis > 0 && question.extent[k] > 0.0;
                if inner && look.values[node - stride] > question.limit {
                    let (here, there) = (log_odds(*value), log_odds(look.values[node - stride]));
                    let share = (limit - here) / (there - here);
                    let spacing = table.span.extent[k] / (table.per_axis - 1) as f64;
                    let down = (share * spacing / question.extent[k]).min(*x);
                    if question.costs[k] * down > most {
                        most = question.costs[k] * down;
                        (candidate.axis, candidate.down) = (k, down);
                    }
                }
                stride *= table.per_axis;
            }
            candidate.height = cost - most;
        }
        look.candidates.push(candidate);
    }
}

/// Writes the node's place in the question's unit box, and says whether it lies in the box.
fn locate(table: &Table, question: &Question, node: usize, point: &mut [f64]) -> bool {
    /// Rounding of a node on the box's edge.
    const SLACK: f64 = 1e-9;
    let mut rest = node;
    for (k, x) in point.iter_mut().enumerate() {
        let step = rest % table.per_axis;
        rest /= table.per_axis;
        let at =
            table.span.lowest[k] + table.span.extent[k] * step as f64 / (table.per_axis - 1) as f64;
        let (beyond, extent) = (at - question.lowest[k], question.extent[k]);
        let scaled = if extent > 0.0 { beyond / extent } else { beyond };
        if !(-SLACK..=1.0 + SLACK).contains(&scaled) {
            return false;
        }
        *x = scaled.clamp(0.0, 1.0);
    }
    true
}

fn near(starts: &[f64], point: &[f64]) -> bool {
    starts
        .chunks_exact(point.len())
        .any(|start| start.iter().zip(point).all(|(a, b)| (a - b).abs() < APART))
}
