//! What measurements at a plan say of an ensemble: its members count by how well they foretold them.
//!
//! The paper leaves online corrections to future work (MicroOpt, section VIII). Here each member's
//! share is multiplied by its likelihood of the rows; the plan then follows as with any network.

use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::card::Better;
use slicewise_core::error::check_range;
use slicewise_core::formats::measurements::{Measurement, of_numbers};
use slicewise_core::formats::table::numbers::NumberTable;
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::measured::{
    Corrected, Correction, INDEPENDENT_ROWS, MeasuredCell, Nearby,
};
use slicewise_nets::Network;
use slicewise_nets::dense::head::log_density;

use crate::held_out::{Cell, cells};
use crate::model::INPUT_COLUMNS;

/// How much each member of `network` counts by `rows`, and what that changes against `qos_threshold`.
///
/// # Errors
/// Says that the network is no ensemble, or which row does not fit it.
pub fn corrected(
    network: &Network,
    rows: &[Measurement],
    qos_threshold: f64,
) -> Result<Corrected, InputError> {
    let members = network.card.architecture.monotone_members;
    if members < 2 {
        let allowed = "a network of several members, such as testbed-ensemble";
        return Err(InputError::new("model", &network.card.name, allowed));
    }
    for (index, row) in rows.iter().enumerate() {
        let field = |name: &str| format!("row {}, {name}", index + 1);
        if row.inputs.len() != network.inputs() {
            let allowed = format!("{} inputs", network.inputs());
            return Err(InputError::new(field("inputs"), row.inputs.len(), allowed));
        }
        check_range(&field("traffic"), row.inputs[0], 1e-9, 1e12, "")?;
        check_range(&field("qos"), row.qos, 1e-9, 1e12, &network.card.output.unit)?;
    }
    let cells = cells(rows);
    let mut evidence = vec![0.0; members];
    for cell in &cells {
        let weight = (INDEPENDENT_ROWS / cell.qos.len() as f64).min(1.0);
        for (member, sum) in likelihoods(network, cell).into_iter().zip(&mut evidence) {
            *sum += weight * member;
        }
    }
    let highest = evidence.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = evidence.iter().map(|sum| libm::exp(sum - highest)).collect();
    let reweighed = network.with_member_weights(&weights);
    let corrections = corrections(network, &reweighed, &cells, qos_threshold);
    Ok(Corrected { member_weights: weights, qos_threshold, corrections })
}

/// What `rows` of a table say of the members of `network`, against the promise of slice `slice` of
/// `problem`.
///
/// # Errors
/// Names what is wrong with the problem or the slice, a column that the table lacks, or a row that does
/// not fit; or says that the network is no ensemble.
pub fn correct(
    network: &Network,
    problem: &SliceProblem,
    slice: usize,
    table: &NumberTable,
) -> Result<Corrected, InputError> {
    problem.validate(&network.card)?;
    let Some(terms) = problem.slices.get(slice) else {
        let allowed = format!("0 to {}", problem.slices.len() - 1);
        return Err(InputError::new("slice", slice, allowed));
    };
    let inputs = INPUT_COLUMNS.iter().zip(&network.card.inputs);
    let mut names: Vec<Vec<&str>> = inputs.map(|(name, field)| vec![*name, &field.name]).collect();
    names.push(vec!["qos", &network.card.output.name]);
    let rows = of_numbers(table, &names)?;
    corrected(network, &rows, terms.qos_threshold)
}

/// The network that `problem` plans with: `network`, with its members weighed where the problem says so.
///
/// # Errors
/// Says that the weights are not those of its members.
pub fn weighed(network: Rc<Network>, problem: &SliceProblem) -> Result<Rc<Network>, InputError> {
    let Some(weights) = &problem.member_weights else { return Ok(network) };
    problem.validate(&network.card)?;
    Ok(Rc::new(network.with_member_weights(weights)))
}

fn corrections(
    network: &Network,
    reweighed: &Network,
    cells: &[Cell],
    qos_threshold: f64,
) -> Vec<Correction> {
    let threshold = network.card.output.scale.forward(qos_threshold);
    let better = network.card.output.better;
    let of = |cell: &Cell| Correction {
        inputs: cell.inputs.clone(),
        rows: cell.qos.len(),
        promised: network.degradation(&cell.inputs, threshold),
        measured: cell.degradation(qos_threshold, better),
        corrected: reweighed.degradation(&cell.inputs, threshold),
    };
    cells.iter().map(of).collect()
}

/// Log-likelihood of a cell's rows by each member.
fn likelihoods(network: &Network, cell: &Cell) -> Vec<f64> {
    let architecture = &network.card.architecture;
    let (members, components) = (architecture.monotone_members, architecture.components);
    let count = network.head.components;
    let mut all = vec![0.0; 3 * count];
    network.head.distribution(&network.outputs(&cell.inputs), &mut all);
    let scale = network.card.output.scale;
    let of = |member: usize| {
        let part = |start: usize| &all[start + member * components..][..components];
        let mut own = [part(0), part(count), part(2 * count)].concat();
        let total: f64 = own[2 * components..].iter().sum();
        own[2 * components..].iter_mut().for_each(|share| *share /= total.max(f64::MIN_POSITIVE));
        cell.qos.iter().map(|qos| log_density(&own, scale.forward(*qos))).sum()
    };
    (0..members).map(of).collect()
}

/// Least width of the kernel in the logarithm of each input: half the step of the grid, where
/// degradation goes from all to nothing within a few steps.
const LEAST_WIDTH: f64 = 0.1;
/// Cells farther away in the logarithms of the inputs say nothing.
const FARTHEST: f64 = 0.6;

/// The degradation against `qos` that was measured near `inputs` (traffic, then the allocation), by a
/// kernel over the logarithms of the inputs, as wide as the nearest cell is far; nothing where no cell
/// is near.
pub fn nearby(cells: &[MeasuredCell], inputs: &[f64], qos: f64, better: Better) -> Option<Nearby> {
    let distance = |cell: &MeasuredCell| {
        let pairs = cell.inputs.iter().zip(inputs);
        pairs.map(|(a, b)| libm::log(a / b.max(1e-9)).powi(2)).sum::<f64>().sqrt()
    };
    let distances: Vec<f64> = cells.iter().map(distance).collect();
    let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
    if nearest > FARTHEST {
        return None;
    }
    let width = nearest.max(LEAST_WIDTH);
    let weights: Vec<f64> =
        distances.iter().map(|distance| libm::exp(-0.5 * (distance / width).powi(2))).collect();
    let nearest = weights.iter().copied().fold(0.0, f64::max);
    let (mut total, mut square, mut degraded, mut rows) = (0.0, 0.0, 0.0, 0);
    for (cell, weight) in cells.iter().zip(&weights) {
        let counted = weight * (cell.rows as f64).min(INDEPENDENT_ROWS);
        total += counted;
        square += weight * counted;
        degraded += counted * cell.degradation(qos, better);
        rows += if *weight > 0.1 * nearest { cell.rows } else { 0 };
    }
    let degradation = degraded / total;
    // Even without a degraded row the share is not known to be nothing.
    let effective = total * total / square;
    let spread = (degradation * (1.0 - degradation)).max(1.0 / (effective + 2.0) / effective);
    Some(Nearby { degradation, standard_error: (spread / effective).sqrt(), rows })
}

/// The cells of `rows` with their quantiles.
pub fn measured_cells(rows: &[Measurement]) -> Vec<MeasuredCell> {
    cells(rows).iter().map(|cell| MeasuredCell::of(&cell.inputs, &cell.qos)).collect()
}
