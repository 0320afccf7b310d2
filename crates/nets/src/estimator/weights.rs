//! Weight files of estimators.

use slicewise_core::InputError;
use slicewise_core::cells::EstimatorCard;

use super::{Estimator, network_inputs, outputs};
use crate::dense::layer::fold_input;
use crate::files::WeightFile;

pub(super) fn load(card: &EstimatorCard, bytes: &[u8]) -> Result<Estimator, InputError> {
    card.validate()?;
    let file = WeightFile::open(bytes, &card.weights_fingerprint)?;
    let architecture = &card.architecture;
    let inputs = network_inputs(&architecture.form, card.inputs.len());
    let mut layers = Vec::with_capacity(architecture.hidden.len() + 1);
    let mut width = inputs;
    for (index, units) in architecture.hidden.iter().enumerate() {
        layers.push(file.layer(&format!("hidden.{index}"), width, *units)?);
        width = *units;
    }
    layers.push(file.layer("output", width, outputs(&architecture.form))?);
    let mean = file.tensor("input.mean", &[inputs])?;
    let deviation = file.tensor("input.deviation", &[inputs])?;
    fold_input(&mut layers[0], &mean, &deviation)?;
    Ok(Estimator { card: card.clone(), layers })
}
