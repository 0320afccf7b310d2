//! What measurements at a plan say of an ensemble: its members count by how well they foretold them.
//!
//! The paper leaves online corrections to future work (MicroOpt, section VIII). Here each member's
//! share is multiplied by its likelihood of the rows; the plan then follows as with any network.

use slicewise_core::InputError;
use slicewise_core::card::Better;
use slicewise_core::error::check_range;
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::slice::measured::{MeasuredCell, Nearby};
use slicewise_nets::Network;
use slicewise_nets::dense::head::log_density;

use crate::held_out::{Cell, cells};

/// Rows of one allocation that count as independent: seconds in a row are much alike.
const INDEPENDENT_ROWS: f64 = 10.0;

/// What was promised, measured and corrected at one traffic and allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Traffic, then the allocation.
    pub inputs: Vec<f64>,
    /// Rows measured there.
    pub rows: usize,
    /// Share of users degraded, as the network said before.
    pub promised: f64,
    /// Share of the rows that are degraded.
    pub measured: f64,
    /// Share of users degraded, as the network says with the measurements.
    pub corrected: f64,
}

/// `network` with its members weighed by `rows`, and what that changes against `qos_threshold`.
///
/// # Errors
/// Says that the network is no ensemble, or which row does not fit it.
pub fn corrected(
    network: &Network,
    rows: &[Measurement],
    qos_threshold: f64,
) -> Result<(Network, Vec<Correction>), InputError> {
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
    let threshold = network.card.output.scale.forward(qos_threshold);
    let better = network.card.output.better;
    let corrections = cells.iter().map(|cell| Correction {
        inputs: cell.inputs.clone(),
        rows: cell.qos.len(),
        promised: network.degradation(&cell.inputs, threshold),
        measured: cell.degradation(qos_threshold, better),
        corrected: reweighed.degradation(&cell.inputs, threshold),
    });
    let corrections = corrections.collect();
    Ok((reweighed, corrections))
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
