//! Forecasters and learned losses in files: one safetensors file and its card.

use slicewise_core::InputError;
use slicewise_core::card::{check_fingerprint, fingerprint};
use slicewise_core::forecast::{ForecastSlice, ForecasterCard, RivalLoss};
use slicewise_nets::files::{Tensors, round_to_12_bits, tensors_of, to_bytes};
use slicewise_nets::recurrent::{
    RecurrentShape, read_dense_stack, read_recurrent, write_dense_stack, write_recurrent,
};

use crate::model::{DECISION_OUTPUTS, Forecaster, LOSS_INPUTS, LearnedLoss, NetworkSet, Rival};
use crate::windows::{LOOK_BACK, Scale};

const REGRESSOR: &str = "regressor.";
const LOSS: &str = "loss.";

/// The weight file of all networks; fills in what the card says of them, its fingerprint included.
/// `card.slices` has one entry per slice, of which name and unit are kept.
///
/// # Errors
/// Says that the card names another number of slices.
pub fn write(card: &mut ForecasterCard, networks: &NetworkSet) -> Result<Vec<u8>, InputError> {
    let forecaster = &networks.forecaster;
    if card.slices.len() != forecaster.scales.len() {
        let allowed = format!("{} slices, as the forecaster", forecaster.scales.len());
        return Err(InputError::new("slices", card.slices.len(), allowed));
    }
    let mut tensors = Tensors::new();
    write_recurrent(&mut tensors, REGRESSOR, &forecaster.network);
    card.look_back = LOOK_BACK;
    card.regressor = forecaster.network.shape().units;
    card.loss = Vec::new();
    (card.cost_mean, card.cost_deviation) = (0.0, 1.0);
    card.rivals = networks.rivals.iter().map(|rival| rival.loss).collect();
    for rival in &networks.rivals {
        let mut own = Tensors::new();
        write_recurrent(&mut own, &prefix(rival.loss), &rival.network);
        own.values_mut().for_each(|(_, values)| values.iter_mut().for_each(round_to_12_bits));
        tensors.append(&mut own);
    }
    if let Some(loss) = &networks.loss {
        write_dense_stack(&mut tensors, LOSS, &loss.network);
        card.loss = loss.network.hidden();
        (card.cost_mean, card.cost_deviation) = (loss.mean, loss.deviation);
    }
    for (slice, scale) in card.slices.iter_mut().zip(&forecaster.scales) {
        *slice = ForecastSlice {
            name: slice.name.clone(),
            unit: slice.unit.clone(),
            mean: scale.mean,
            deviation: scale.deviation,
            change: scale.change,
            peak: scale.peak,
        };
    }
    let bytes = to_bytes(&tensors)?;
    card.weights_fingerprint = fingerprint(&bytes);
    Ok(bytes)
}

/// The networks of `card` from their weight file.
///
/// # Errors
/// Names what is wrong with the card or the file: damaged, changed since the card was written, a
/// tensor missing or of another shape.
pub fn read(card: &ForecasterCard, bytes: &[u8]) -> Result<NetworkSet, InputError> {
    card.validate()?;
    if card.look_back != LOOK_BACK {
        return Err(InputError::new("look_back", card.look_back, LOOK_BACK.to_string()));
    }
    let tensors = tensors_of(bytes)?;
    check_fingerprint(bytes, &card.weights_fingerprint)?;
    let scales: Vec<Scale> = card
        .slices
        .iter()
        .map(|slice| Scale {
            mean: slice.mean,
            deviation: slice.deviation,
            change: slice.change,
            peak: slice.peak,
        })
        .collect();
    let shape = RecurrentShape {
        branches: scales.len(),
        units: card.regressor.clone(),
        outputs: DECISION_OUTPUTS * scales.len(),
    };
    let network = read_recurrent(&tensors, REGRESSOR, &shape)?;
    let loss = if card.loss.is_empty() {
        None
    } else {
        let inputs = LOSS_INPUTS * scales.len();
        Some(LearnedLoss {
            network: read_dense_stack(&tensors, LOSS, inputs, &card.loss, 1)?,
            scales: scales.clone(),
            mean: card.cost_mean,
            deviation: card.cost_deviation,
        })
    };
    let mut rivals = Vec::new();
    for rival in &card.rivals {
        let network = read_recurrent(&tensors, &prefix(*rival), &shape)?;
        rivals.push(Rival { loss: *rival, network });
    }
    Ok(NetworkSet { forecaster: Forecaster { network, scales }, loss, rivals })
}

/// How the tensors of a rival are called.
fn prefix(rival: RivalLoss) -> String {
    format!("{}.", rival.as_str())
}
