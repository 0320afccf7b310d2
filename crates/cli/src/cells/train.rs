//! `slicewise train cells`: an estimator and its card from measured or simulated tables.

use std::path::PathBuf;

use anyhow::Context;
use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_cells::model::shipped;
use slicewise_cells::training::{
    Blueprint, CrossValidation, Lessons, cross_validate, train_cell_estimator,
};
use slicewise_nets::training::Settings;
use slicewise_optim::Unmonitored;

use super::evaluate::{describe, describe_experiments};
use super::measured::read_colosseum;
use crate::model_folder::write_folder;
use crate::progress::EpochBar;

/// Options of `train cells`.
#[derive(clap::Args, Debug)]
pub struct TrainCells {
    /// Which estimator: simulated, simulated-plain, simulated-expected or colosseum.
    #[arg(long)]
    model: String,
    /// Folder with measured tables, .csv or .csv.gz, for colosseum; the others make their own data.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Passes over the training rows [default: the estimator's own].
    #[arg(long)]
    epochs: Option<usize>,
    /// Also train on all but one part of this many parts of the experiments, part by part, and measure
    /// on what was left out (measured tables only).
    #[arg(long)]
    folds: Option<usize>,
    /// Seed of the split, the initial weights, the order of the rows and the augmentation.
    #[arg(long, default_value_t = 3)]
    seed: u64,
}

/// Runs `slicewise train cells`.
pub fn run(options: &TrainCells) -> anyhow::Result<()> {
    let blueprint = Blueprint::of(&options.model)?;
    let settings = Settings {
        epochs: options.epochs.unwrap_or(blueprint.epochs),
        batch: blueprint.batch,
        learning_rate: blueprint.learning_rate,
        weight_decay: blueprint.weight_decay,
        seed: options.seed,
    };
    let (device, bar) = (Device::flex(), EpochBar::new(settings.epochs)?);
    let mut learned = |moment| bar.learned(moment);
    let mut command = format!(
        "slicewise train cells --model {} --epochs {} --seed {}",
        blueprint.name, settings.epochs, settings.seed
    );
    let mut validation = None;
    let lessons = if blueprint.learns_from_plans() {
        block_on(Lessons::planned(settings.seed, &shipped("simulated")?))?
    } else if blueprint.is_simulated() {
        Lessons::simulated(settings.seed)?
    } else {
        let folder = options.data.as_deref().context("--data is missing")?;
        let rows = read_colosseum(folder)?.rows();
        if let Some(folds) = options.folds {
            command += &format!(" --folds {folds}");
            let training = cross_validate(
                &blueprint,
                &rows,
                folds,
                &settings,
                &device,
                &Unmonitored,
                &mut learned,
            );
            validation = Some(block_on(training)?);
        }
        Lessons::measured(rows)
    };
    let training = train_cell_estimator(
        &blueprint,
        &lessons,
        &settings,
        &command,
        &device,
        &Unmonitored,
        &mut learned,
    );
    let mut trained = block_on(training)?;
    bar.finish();
    if let Some(CrossValidation { together, parts }) = validation {
        for (part, found) in parts.into_iter().enumerate() {
            trained.evaluations.push((format!("part {}", part + 1), found));
        }
        let name = "experiments-left-out".to_owned();
        trained.card.metrics.insert(name.clone(), together.metrics_by_experiment());
        trained.evaluations.push((name, together));
    }
    write_folder(&options.output, &trained.weights, &trained.card)?;
    for (split, found) in &trained.evaluations {
        println!("{split}: {}", describe(found));
        if found.experiments.count > 1 {
            println!("  {}", describe_experiments(&found.experiments));
        }
    }
    Ok(())
}
