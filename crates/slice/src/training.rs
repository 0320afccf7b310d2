//! Training a slice model on measured rows.

use std::collections::BTreeMap;

use slicewise_core::card::{DataSource, InputField, Metrics, OutputField, fingerprint};
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::training::TrainingOrder;
use slicewise_core::{InputError, ModelCard};
use slicewise_nets::Network;
use slicewise_nets::dense::training::{Lesson, Rows, train};
use slicewise_nets::dense::weights;
use slicewise_nets::files;
use slicewise_nets::training::Settings;
use slicewise_optim::{Halted, Monitor, Progress};

use crate::dataset::Dataset;
use crate::metrics::Tally;
use crate::model::{Blueprint, check_name_is_free};

pub use burn::tensor::Device;

/// Rows that are measured between two checkpoints.
const MEASURED_ROWS: usize = 4096;

/// A trained network, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// What it is, metrics included.
    pub card: ModelCard,
    /// The safetensors file.
    pub weights: Vec<u8>,
}

/// Trains the network of `blueprint` on `data` with `settings` and measures it on every split.
///
/// # Errors
/// Says that the loss left the finite numbers, or that `monitor` stopped the training.
pub async fn train_slice_model(
    blueprint: &Blueprint,
    data: &Dataset,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Trained, Halted> {
    let draft = ModelCard {
        format: 1,
        name: blueprint.name.to_owned(),
        title: blueprint.title.to_owned(),
        task: "slice-qos".to_owned(),
        inputs: blueprint.inputs(&data.ranges()),
        output: blueprint.output.clone(),
        architecture: blueprint.architecture.clone(),
        data: DataSource {
            source: blueprint.source.to_owned(),
            licence: blueprint.licence.to_owned(),
            rows: BTreeMap::new(),
            fingerprint: data.fingerprint.clone(),
        },
        metrics: BTreeMap::new(),
        seed: settings.seed,
        command: format!(
            "slicewise train slice --model {} --epochs {} --seed {}",
            blueprint.name, settings.epochs, settings.seed
        ),
        weights_fingerprint: String::new(),
    };
    complete(draft, data, None, settings, device, monitor, progress).await
}

/// Trains the network of `order` on four fifths of its rows, and measures it on both parts. `start`
/// is the network that the order starts from, where it names one.
///
/// `progress` hears of each epoch; `monitor` is asked between steps of the optimiser.
///
/// # Errors
/// Names the field of the order that cannot be used: out of range, the name of a shipped network,
/// rows too much alike to hold a part of them back, another shape or scale than `start`; or says that
/// the loss left the finite numbers, or that `monitor` stopped the training.
pub async fn train_from_order(
    order: &TrainingOrder,
    start: Option<&Network>,
    device: &Device,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Trained, Halted> {
    order.validate()?;
    check_name_is_free(&order.name)?;
    if let Some(network) = start.filter(|network| network.card.output.scale != order.output.scale) {
        let allowed = format!("{:?}, as in {}", network.card.output.scale, network.card.name);
        let found = format!("{:?}", order.output.scale);
        return Err(InputError::new("output.scale", found, allowed).into());
    }
    monitor.checkpoint().await?;
    let data = Dataset::of_order(order, monitor).await?;
    monitor.checkpoint().await?;
    let settings = Settings {
        epochs: order.epochs,
        batch: order.batch,
        learning_rate: order.learning_rate,
        weight_decay: order.weight_decay as f32,
        seed: order.seed,
    };
    complete(draft_of(order, &data, start), &data, start, &settings, device, monitor, progress)
        .await
}

/// The card of an order's network, with everything that is known before it is trained.
fn draft_of(order: &TrainingOrder, data: &Dataset, start: Option<&Network>) -> ModelCard {
    let fields = order.inputs.iter().zip(data.ranges());
    let inputs = fields
        .map(|(input, (trained_minimum, trained_maximum))| InputField {
            name: input.name.clone(),
            unit: input.unit.clone(),
            trained_minimum,
            trained_maximum,
            default_capacity: input.default_capacity,
        })
        .collect();
    let origin = start.map_or(String::new(), |network| {
        format!(", from {} {}", network.card.name, network.card.weights_fingerprint)
    });
    ModelCard {
        format: 1,
        name: order.name.clone(),
        title: order.title.clone(),
        task: "slice-qos".to_owned(),
        inputs,
        output: order.output.clone(),
        architecture: order.architecture.clone(),
        data: DataSource {
            source: order.source.clone(),
            licence: order.licence.clone(),
            rows: BTreeMap::new(),
            fingerprint: data.fingerprint.clone(),
        },
        metrics: BTreeMap::new(),
        seed: order.seed,
        command: format!(
            "trained in the browser: seed {}, {} epochs, {} rows per step, learning rate {}, weight \
             decay {}{origin}",
            order.seed, order.epochs, order.batch, order.learning_rate, order.weight_decay
        ),
        weights_fingerprint: String::new(),
    }
}

/// Trains the network of `card`, fills in what only training and measuring tell, and writes the
/// weights.
async fn complete(
    mut card: ModelCard,
    data: &Dataset,
    start: Option<&Network>,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Trained, Halted> {
    let rows = rows(&card, &data.training);
    monitor.checkpoint().await?;
    let held_back = self::rows(&card, &data.validation);
    let lesson =
        Lesson { architecture: &card.architecture, rows: &rows, held_back: &held_back, start };
    let mut learned = |moment| progress.news(SliceNews::Epoch(moment));
    let tensors = train(&lesson, settings, device, monitor, &mut learned).await?;
    let weights = files::to_bytes(&tensors)?;
    let qos = || data.training.iter().map(|row| row.qos);
    card.output = OutputField {
        measured_minimum: qos().fold(f64::INFINITY, f64::min),
        measured_maximum: qos().fold(f64::NEG_INFINITY, f64::max),
        ..card.output
    };
    let splits = || data.splits().into_iter().filter(|(_, rows)| !rows.is_empty());
    card.data.rows = splits().map(|(name, rows)| (name.to_owned(), rows.len())).collect();
    card.weights_fingerprint = fingerprint(&weights);
    let network = weights::load(&card, &weights)?;
    for (name, rows) in splits() {
        card.metrics.insert(name.to_owned(), measured(&network, rows, monitor).await?);
    }
    Ok(Trained { card, weights })
}

async fn measured(
    network: &Network,
    rows: &[Measurement],
    monitor: &impl Monitor,
) -> Result<Metrics, Halted> {
    let mut tally = Tally::new(network);
    for part in rows.chunks(MEASURED_ROWS) {
        tally.add(part);
        monitor.checkpoint().await?;
    }
    Ok(tally.mean())
}

fn rows(card: &ModelCard, measurements: &[Measurement]) -> Rows {
    let scale = card.output.scale;
    Rows {
        width: card.inputs.len(),
        inputs: measurements.iter().flat_map(|m| m.inputs.iter().map(|v| *v as f32)).collect(),
        targets: measurements.iter().map(|m| scale.forward(m.qos) as f32).collect(),
    }
}
