//! Training a slice model on measured rows.

use std::collections::BTreeMap;

use slicewise_core::card::{
    DataSource, InputField, Limit, Metrics, OutputField, Scale, fingerprint,
};
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::seed;
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::training::TrainingOrder;
use slicewise_core::{InputError, ModelCard};
use slicewise_nets::Network;
use slicewise_nets::dense::ensemble::{EnsembleLesson, train_ensemble};
use slicewise_nets::dense::limits::Limits;
use slicewise_nets::dense::training::{Lesson, Rows, train};
use slicewise_nets::dense::weights;
use slicewise_nets::files;
use slicewise_nets::training::Settings;
use slicewise_optim::{Halted, Monitor, Progress};

use crate::dataset::Dataset;
use crate::held_out::{Cell, FOLDS, Fold, cells, confidence_levels, folds};
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
    let draft = draft(blueprint, data, settings);
    if draft.architecture.monotone_members == 0 {
        return complete(draft, data, None, settings, device, monitor, progress).await;
    }
    let data = without_transients(&draft, data);
    let rows: Vec<Measurement> = data.training.clone();
    let mut draft = draft;
    draft.confidence =
        confidence_levels(&left_out(&draft, &rows, settings, device, monitor, progress).await?);
    let measured = [data.training.as_slice(), &data.validation].concat();
    draft.rows_per_allocation =
        median(cells(&measured).iter().map(|cell| cell.qos.len()).collect());
    complete(draft, &data, None, settings, device, monitor, progress).await
}

/// The card of `blueprint`, with everything that is known before anything is learned.
pub fn draft(blueprint: &Blueprint, data: &Dataset, settings: &Settings) -> ModelCard {
    let mut card = ModelCard {
        format: 1,
        name: blueprint.name.to_owned(),
        title: blueprint.title.to_owned(),
        task: "slice-qos".to_owned(),
        inputs: blueprint.inputs(&data.ranges()),
        output: blueprint.output.clone(),
        architecture: blueprint.architecture.clone(),
        limits: Vec::new(),
        confidence: Vec::new(),
        rows_per_allocation: 0,
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
    for (resource, bound, tolerance) in &blueprint.limits {
        let resource = (*resource).to_owned();
        let limit = Limit { resource, bound: *bound, tolerance: *tolerance, rows_beyond: 0 };
        let alone = ModelCard { limits: vec![limit.clone()], ..card.clone() };
        let rows_beyond = data
            .splits()
            .into_iter()
            .map(|(_, rows)| rows.iter().filter(|row| is_beyond(&alone, row)).count())
            .sum();
        card.limits.push(Limit { rows_beyond, ..limit });
    }
    card
}

/// Whether a limit of `card` rules out what `row` shows: a transient.
fn is_beyond(card: &ModelCard, row: &Measurement) -> bool {
    let threshold = card.output.scale.forward(row.qos);
    Limits::new(card).apply(&row.inputs, threshold, 0.0) >= 1.0
}

/// `data` without the rows that the limits of `card` rule out.
pub fn without_transients(card: &ModelCard, data: &Dataset) -> Dataset {
    let kept = |rows: &[Measurement]| -> Vec<Measurement> {
        rows.iter().filter(|row| !is_beyond(card, row)).cloned().collect()
    };
    Dataset {
        training: kept(&data.training),
        validation: kept(&data.validation),
        test: kept(&data.test),
        fingerprint: data.fingerprint.clone(),
    }
}

fn median(mut counts: Vec<usize>) -> usize {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or(0)
}

/// Networks of `card`'s kind trained on `rows`, each without a part of the cells, with the cells that
/// it was not shown.
///
/// # Errors
/// As [`train_slice_model`].
pub async fn left_out(
    card: &ModelCard,
    rows: &[Measurement],
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<Vec<Fold>, Halted> {
    let cells = cells(rows);
    let dealt = folds(cells.len(), settings.seed);
    let mut found = Vec::new();
    for fold in 0..FOLDS {
        let (out, shown): (Vec<_>, Vec<_>) =
            cells.iter().zip(&dealt).partition(|(_, dealt)| **dealt == fold);
        let only = |cells: Vec<(&Cell, &usize)>| -> Vec<Cell> {
            cells.into_iter().map(|(cell, _)| cell.clone()).collect()
        };
        let (out, shown) = (only(out), only(shown));
        let data = Dataset {
            training: measurements(&shown),
            validation: measurements(&out),
            ..Dataset::default()
        };
        let trained =
            complete(card.clone(), &data, None, settings, device, monitor, progress).await?;
        let network = weights::load(&trained.card, &trained.weights)?;
        found.push(Fold { network, cells: out });
    }
    Ok(found)
}

fn measurements(cells: &[Cell]) -> Vec<Measurement> {
    let rows = cells.iter().flat_map(|cell| {
        cell.qos.iter().map(|qos| Measurement { inputs: cell.inputs.clone(), qos: *qos })
    });
    rows.collect()
}

/// Share of the cells that a member of an ensemble is not shown.
const UNSEEN: f64 = 0.15;

/// For each row, whether each member sees it: all rows of a cell or none.
fn seen_by_members(rows: &[Measurement], members: usize, seed: u64) -> Vec<f32> {
    let mut generator = seed::stream(seed, 0x5ee4);
    let mut by_cell = BTreeMap::new();
    for cell in cells(rows) {
        let key: Vec<u64> = cell.inputs.iter().map(|value| value.to_bits()).collect();
        let seen = |_| f32::from(u8::from(seed::uniform(&mut generator) >= UNSEEN));
        by_cell.insert(key, (0..members).map(seen).collect::<Vec<f32>>());
    }
    let of = |row: &Measurement| {
        let key: Vec<u64> = row.inputs.iter().map(|value| value.to_bits()).collect();
        by_cell[&key].clone()
    };
    rows.iter().flat_map(of).collect()
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
            scale: Scale::Linear,
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
        limits: Vec::new(),
        confidence: Vec::new(),
        rows_per_allocation: 0,
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
    let mut learned = |moment| progress.news(SliceNews::Epoch(moment));
    let architecture = &card.architecture;
    let members = architecture.monotone_members;
    let tensors = if members > 0 {
        let seen = seen_by_members(&data.training, members, settings.seed);
        let better = card.output.better;
        let lesson = EnsembleLesson {
            architecture,
            better,
            rows: &rows,
            seen: &seen,
            held_back: &held_back,
        };
        train_ensemble(&lesson, settings, device, monitor, &mut learned).await?
    } else {
        let lesson = Lesson { architecture, rows: &rows, held_back: &held_back, start };
        train(&lesson, settings, device, monitor, &mut learned).await?
    };
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
    let scales: Vec<Scale> = card.inputs.iter().map(|input| input.scale).collect();
    let inputs = measurements.iter().flat_map(|m| m.inputs.iter().zip(&scales));
    Rows {
        width: card.inputs.len(),
        inputs: inputs.map(|(value, scale)| scale.forward(*value) as f32).collect(),
        targets: measurements.iter().map(|m| scale.forward(m.qos) as f32).collect(),
    }
}
