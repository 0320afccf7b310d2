//! Training a slice model on measured rows.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use burn::tensor::Device;
use slicewise_core::card::{DataSource, OutputField, fingerprint};
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::{InputError, ModelCard};
use slicewise_nets::training::{Progress, Rows, Settings, train};
use slicewise_nets::weights;

use crate::dataset::Dataset;
use crate::metrics::metrics;
use crate::model::Blueprint;

/// A trained network, ready to be written.
#[derive(Clone, Debug)]
pub struct Trained {
    /// What it is, metrics included.
    pub card: ModelCard,
    /// The safetensors file.
    pub weights: Vec<u8>,
}

/// Trains the network of `blueprint` on `data` with `settings` and measures it on every split.
///
/// # Errors
/// Only if the weights could not be written and read back.
pub fn train_slice_model(
    blueprint: &Blueprint,
    data: &Dataset,
    settings: &Settings,
    device: &Device,
    progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Trained, InputError> {
    let rows = rows(blueprint, &data.training);
    let tensors = train(&blueprint.architecture, &rows, settings, device, progress);
    let bytes = weights::to_bytes(&tensors)?;
    let counts =
        data.splits().iter().map(|(name, rows)| ((*name).to_owned(), rows.len())).collect();
    let qos = || data.training.iter().map(|row| row.qos);
    let output = OutputField {
        measured_minimum: qos().fold(f64::INFINITY, f64::min),
        measured_maximum: qos().fold(f64::NEG_INFINITY, f64::max),
        ..blueprint.output.clone()
    };
    let mut card = ModelCard {
        format: 1,
        name: blueprint.name.to_owned(),
        title: blueprint.title.to_owned(),
        task: "slice-qos".to_owned(),
        inputs: blueprint.inputs(&data.ranges()),
        output,
        architecture: blueprint.architecture.clone(),
        data: DataSource {
            source: blueprint.source.to_owned(),
            licence: blueprint.licence.to_owned(),
            rows: counts,
            fingerprint: data.fingerprint.clone(),
        },
        metrics: BTreeMap::new(),
        seed: settings.seed,
        command: format!(
            "slicewise train slice --model {} --epochs {} --seed {}",
            blueprint.name, settings.epochs, settings.seed
        ),
        weights_fingerprint: fingerprint(&bytes),
    };
    let network = weights::load(&card, &bytes)?;
    for (name, rows) in data.splits() {
        card.metrics.insert(name.to_owned(), metrics(&network, rows));
    }
    Ok(Trained { card, weights: bytes })
}

fn rows(blueprint: &Blueprint, measurements: &[Measurement]) -> Rows {
    Rows {
        width: crate::model::INPUT_COLUMNS.len(),
        inputs: measurements.iter().flat_map(|m| m.inputs.iter().map(|v| *v as f32)).collect(),
        targets: measurements
            .iter()
            .map(|m| blueprint.output.scale.forward(m.qos) as f32)
            .collect(),
    }
}
