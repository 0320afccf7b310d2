//! From the look at a table to the points from which to descend.

use super::log_odds::log_odds;
use super::table::{Look, Table};
use crate::question::Question;

/// Starts per problem.
pub const STARTS: usize = 3;
/// Starts lie at least this far apart in some direction of the unit box.
pub const APART: f64 = 0.15;

/// Appends to `starts` up to `most` points of the question's unit box (x resources): the cheapest
/// nodes of the look that keep the promise and lie apart from one another, then the least
/// infeasible ones; the box's top corner where fewer nodes lie in the box.
///
/// Returns how many were appended, at least one.
pub fn choose_starts(
    table: &Table,
    question: &Question,
    look: &Look,
    most: usize,
    starts: &mut Vec<f64>,
) -> usize {
    let resources = question.resources();
    let first = starts.len();
    let mut point = vec![0.0; resources];
    for _ in 0..most {
        let mut best: Option<(bool, f64, usize)> = None;
        for (node, value) in look.values.iter().enumerate() {
            if !locate(table, question, node, &mut point) {
                continue;
            }
            let infeasible = *value > question.limit;
            let cost = || edge_cost(table, question, look, node, &point);
            let rank = (infeasible, if infeasible { *value } else { cost() });
            let better = best.is_none_or(|(other, height, _)| {
                (!rank.0 && other) || (rank.0 == other && rank.1 < height)
            });
            if better && !near(&starts[first..], &point) {
                best = Some((rank.0, rank.1, node));
            }
        }
        let Some((_, _, node)) = best else { break };
        locate(table, question, node, &mut point);
        starts.extend_from_slice(&point);
    }
    if (starts.len() - first) / resources < most {
        starts.extend(std::iter::repeat_n(1.0, resources));
    }
    (starts.len() - first) / resources
}

/// Cost at which the promise is met between a node that keeps it and the best of its cheaper
/// neighbours that breaks it.
fn edge_cost(table: &Table, question: &Question, look: &Look, node: usize, point: &[f64]) -> f64 {
    let cost: f64 = question.costs.iter().zip(point).map(|(c, x)| c * x).sum();
    let mut most = 0.0f64;
    let mut stride = 1;
    for k in 0..point.len() {
        let step = node / stride % table.per_axis;
        if step > 0 && look.values[node - stride] > question.limit && question.extent[k] > 0.0 {
            let (here, there) = (log_odds(look.values[node]), log_odds(look.values[node - stride]));
            let share = (log_odds(question.limit) - here) / (there - here);
            let spacing = table.span.extent[k] / (table.per_axis - 1) as f64;
            let room = (share * spacing / question.extent[k]).min(point[k]);
            most = most.max(question.costs[k] * room);
        }
        stride *= table.per_axis;
    }
    cost - most
}

/// Writes the node's place in the question's unit box, and says whether it lies in the box.
fn locate(table: &Table, question: &Question, node: usize, point: &mut [f64]) -> bool {
    /// Rounding of a node on the box's edge.
    const SLACK: f64 = 1e-9;
    for (k, x) in point.iter_mut().enumerate() {
        let beyond = table.coordinate(node, k) - question.lowest[k];
        let extent = question.extent[k];
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
