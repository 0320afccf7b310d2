//! Initial points: a coarse look at the whole box, and a few random points.

use slicewise_core::seed::{stream, uniform};
use slicewise_optim::{Constraint, Terms};

/// Points of the coarse look, about.
const LOOK: usize = 144;
/// Starts chosen from the look.
const CHOSEN: usize = 5;
/// Random starts beside them.
const RANDOM: usize = 2;
/// Starts lie at least this far apart in some direction.
const APART: f64 = 0.15;

/// Points (x dimension) from which to descend for `owner`: the cheapest feasible points of a coarse grid that
/// lie apart from one another, or the least infeasible ones where none is feasible; then random
/// ones (MicroOpt, section IV-B, proposes random points alone).
pub async fn start_points<C: Constraint>(
    constraint: &mut C,
    owner: usize,
    terms: &Terms<'_>,
    seed: u64,
) -> Vec<f64> {
    let dimension = constraint.dimension();
    let grid = grid(dimension);
    let mut values = vec![0.0; grid.len() / dimension];
    constraint.values(&vec![owner; values.len()], &grid, &mut values).await;
    let mut order: Vec<(bool, f64, &[f64])> = grid
        .chunks_exact(dimension)
        .zip(&values)
        .map(|(point, value)| {
            let cost: f64 = terms.costs.iter().zip(point).map(|(c, x)| c * x).sum();
            let infeasible = *value > terms.limit;
            (infeasible, if infeasible { *value } else { cost }, point)
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut starts: Vec<f64> = Vec::new();
    for (_, _, point) in order {
        let near = |start: &[f64]| start.iter().zip(point).all(|(a, b)| (a - b).abs() < APART);
        if !starts.chunks_exact(dimension).any(near) {
            starts.extend_from_slice(point);
        }
        if starts.len() == CHOSEN * dimension {
            break;
        }
    }
    let mut generator = stream(seed, 1);
    starts.extend((0..RANDOM * dimension).map(|_| uniform(&mut generator)));
    starts
}

/// A regular grid of about [`LOOK`] points that includes the corners, or as many pseudo-random
/// points where a grid would be too coarse.
fn grid(dimension: usize) -> Vec<f64> {
    let per_axis =
        (1..).take_while(|n: &usize| n.pow(dimension as u32) <= LOOK).last().unwrap_or(1);
    if per_axis < 4 {
        let mut generator = stream(0x6c00, dimension as u64);
        let mut points = vec![1.0; dimension];
        points.extend((0..2 * LOOK * dimension).map(|_| uniform(&mut generator)));
        return points;
    }
    (0..per_axis.pow(dimension as u32))
        .flat_map(|index| {
            (0..dimension).map(move |k| {
                (index / per_axis.pow(k as u32) % per_axis) as f64 / (per_axis - 1) as f64
            })
        })
        .collect()
}
