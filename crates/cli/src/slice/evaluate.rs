//! `slicewise evaluate slice`: metrics of a network on measurements, on allocations that it was not
//! shown, and against what nature forbids.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use burn::tensor::Device;
use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::formats::measurements::Measurement;
use slicewise_nets::Network;
use slicewise_nets::training::Settings;
use slicewise_optim::Unmonitored;
use slicewise_slice::dataset::Dataset;
use slicewise_slice::held_out::{FOLDS, coverage, promises};
use slicewise_slice::metrics::{below_tenth, metrics};
use slicewise_slice::model::{Blueprint, DEFAULT_MODEL, shipped};
use slicewise_slice::nature::{broken_order, forbidden_plans};
use slicewise_slice::training::{draft, left_out, without_transients};

use super::dataset::read_dataset;
use crate::progress::EpochBar;

/// Degradation threshold of the promises for cells left out.
const PROMISED: f64 = 0.1;
/// Confidence of these promises.
const CONFIDENCE: f64 = 0.95;

/// Options of `evaluate slice`.
#[derive(clap::Args, Debug)]
pub struct EvaluateSlice {
    /// Name of a shipped network.
    #[arg(long, default_value = DEFAULT_MODEL)]
    model: String,
    /// Folder with train_dataset.csv and test_dataset.csv.
    #[arg(long, required_unless_present_any = ["random_problems", "monotone_pairs"])]
    data: Option<PathBuf>,
    /// Train networks of the same kind without whole allocations and let them promise for these.
    #[arg(long, requires = "data")]
    held_out_cells: bool,
    /// Plan that many random problems and count the plans that nature forbids.
    #[arg(long, value_name = "COUNT")]
    random_problems: Option<usize>,
    /// Compare that many pairs of rows of which one is better off, and count those that it serves
    /// worse.
    #[arg(long, value_name = "COUNT")]
    monotone_pairs: Option<usize>,
    /// Seed of random problems and pairs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate slice`.
pub fn run(options: &EvaluateSlice) -> anyhow::Result<()> {
    let network = shipped(&options.model)?;
    let mut report = Map::new();
    if options.data.is_some() {
        let data = dataset(options, &network)?;
        report.extend(by_split(&network, &data));
        if options.held_out_cells {
            report.insert("held_out_cells".to_owned(), held_out_cells(options, &network, &data)?);
        }
    }
    if let Some(count) = options.random_problems {
        let found = block_on(forbidden_plans(&network, count, options.seed, &Unmonitored))?;
        let counts = json!({
            "problems": found.problems,
            "kept": found.kept,
            "allocate_nothing": found.nothing,
            "too_little_bandwidth": found.too_little_bandwidth,
        });
        report.insert("random_problems".to_owned(), counts);
    }
    if let Some(pairs) = options.monotone_pairs {
        let broken = broken_order(&network, pairs, options.seed);
        let counts = json!({ "pairs": pairs, "broken": broken });
        report.insert("monotone_pairs".to_owned(), counts);
    }
    print(options, &Value::Object(report))
}

fn dataset(options: &EvaluateSlice, network: &Network) -> anyhow::Result<Dataset> {
    let folder = options.data.as_ref().context("--data is missing")?;
    let blueprint = Blueprint::of(&options.model)?;
    let data = read_dataset(folder, blueprint.qos_column, network.card.seed)?;
    Ok(without_transients(&network.card, &data))
}

fn by_split(network: &Network, data: &Dataset) -> BTreeMap<String, Value> {
    let of = |rows: &[Measurement]| {
        let found = metrics(network, rows);
        json!({
            "nll": found.nll,
            "mse": found.mse,
            "mae": found.mae,
            "rows": rows.len(),
            "below_tenth": below_tenth(network, rows),
        })
    };
    data.splits().into_iter().map(|(name, rows)| (name.to_owned(), of(rows))).collect()
}

/// Promises for allocations that networks of the same kind were not shown.
fn held_out_cells(
    options: &EvaluateSlice,
    network: &Network,
    data: &Dataset,
) -> anyhow::Result<Value> {
    let blueprint = Blueprint::of(&options.model)?;
    let settings = Settings {
        epochs: blueprint.epochs,
        batch: blueprint.batch,
        learning_rate: blueprint.learning_rate,
        weight_decay: blueprint.weight_decay,
        seed: network.card.seed,
    };
    let card = draft(&blueprint, data, &settings);
    let mut bar = EpochBar::new(FOLDS * settings.epochs)?;
    let rows: Vec<Measurement> = data.training.iter().chain(&data.validation).cloned().collect();
    let device = Device::flex();
    let training = left_out(&card, &rows, &settings, &device, &Unmonitored, &mut bar);
    let folds = block_on(training)?;
    bar.finish();
    let nll: f64 =
        folds.iter().filter_map(|fold| fold.network.card.metrics.get("val")).map(|m| m.nll).sum();
    let promised = |confidence: Option<f64>| {
        let found = promises(&folds, PROMISED, confidence);
        json!({
            "degradation_threshold": PROMISED,
            "confidence": confidence,
            "cells": found.cells,
            "broken": found.broken,
            "measured_degradation": found.measured_degradation,
            "promised_share": found.promised_share,
        })
    };
    Ok(json!({
        "nll": nll / folds.len() as f64,
        "coverage_90": coverage(&folds),
        "taken_at_its_word": promised(None),
        "with_confidence": promised(Some(CONFIDENCE)),
    }))
}

fn print(options: &EvaluateSlice, report: &Value) -> anyhow::Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    for (name, part) in report.as_object().into_iter().flatten() {
        let numbers = part.as_object().into_iter().flatten();
        let words: Vec<String> = numbers.map(|(key, value)| told(key, value)).collect();
        println!("{name}: {}", words.join("  "));
    }
    Ok(())
}

fn told(key: &str, value: &Value) -> String {
    let key = key.replace('_', " ");
    match value {
        Value::Number(number) if number.is_f64() => {
            format!("{key} {:.4}", number.as_f64().unwrap_or(f64::NAN))
        }
        Value::Object(parts) => {
            let parts: Vec<String> = parts.iter().map(|(key, value)| told(key, value)).collect();
            format!("{key} ({})", parts.join(", "))
        }
        other => format!("{key} {other}"),
    }
}
