//! `slicewise train`: weights and a model card from measurements.

use std::path::{Path, PathBuf};

use anyhow::Context;
use burn::tensor::Device;
use futures::executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use slicewise_cells::model::shipped;
use slicewise_cells::training::{
    Blueprint as CellBlueprint, CrossValidation, Lessons, cross_validate, train_cell_estimator,
};
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_nets::training::Settings;
use slicewise_optim::{Progress, Unmonitored};
use slicewise_slice::dataset::{Dataset, TEST_FILE, TRAINING_FILE};
use slicewise_slice::model::Blueprint;
use slicewise_slice::training::train_slice_model;

use crate::cell_data::read_colosseum;
use crate::evaluate::describe;
use crate::model_folder::write_folder;

/// What to train.
#[derive(clap::Subcommand)]
pub enum Train {
    /// A network of a slice's QoS over traffic and allocation.
    Slice(TrainSlice),
    /// An estimator of a slice's satisfaction over its share of a cell.
    Cell(TrainCell),
    /// A planner of reservations and the loss it learns with.
    Forecast(crate::forecast::TrainForecast),
    /// A planner of admissions and reservations for the four generated services.
    Admission(crate::forecast::TrainAdmission),
}

/// Options of `train slice`.
#[derive(clap::Args)]
pub struct TrainSlice {
    /// Folder with train_dataset.csv and test_dataset.csv.
    #[arg(long)]
    data: PathBuf,
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Which network: testbed-gaussian, testbed-mixture or delay [default: the output folder's name].
    #[arg(long)]
    model: Option<String>,
    /// Passes over the training rows [default: the network's own].
    #[arg(long)]
    epochs: Option<usize>,
    /// Decay of the weights [default: the network's own].
    #[arg(long)]
    weight_decay: Option<f32>,
    /// Seed of the split, the initial weights and the order of the rows.
    #[arg(long, default_value_t = 3)]
    seed: u64,
}

/// Runs `slicewise train`.
pub fn run(train: &Train) -> anyhow::Result<()> {
    match train {
        Train::Slice(options) => train_slice(options),
        Train::Cell(options) => train_cell(options),
        Train::Forecast(options) => crate::forecast::train(options),
        Train::Admission(options) => crate::forecast::train_admission(options),
    }
}

fn train_slice(options: &TrainSlice) -> anyhow::Result<()> {
    let folder = options.output.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let blueprint = Blueprint::of(options.model.as_deref().unwrap_or(folder))?;
    let data = read_dataset(&options.data, blueprint.qos_column, options.seed)?;
    let settings = Settings {
        epochs: options.epochs.unwrap_or(blueprint.epochs),
        batch: blueprint.batch,
        learning_rate: blueprint.learning_rate,
        weight_decay: options.weight_decay.unwrap_or(blueprint.weight_decay),
        seed: options.seed,
    };
    let bar = epoch_bar(settings.epochs)?;
    let mut epochs = Epochs(bar.clone());
    let device = Device::flex();
    let training =
        train_slice_model(&blueprint, &data, &settings, &device, &Unmonitored, &mut epochs);
    let trained = block_on(training)?;
    bar.finish();
    write_folder(&options.output, &trained.weights, &trained.card)?;
    for (split, metrics) in &trained.card.metrics {
        println!("{split}: nll {:.4}  mse {:.4}  mae {:.4}", metrics.nll, metrics.mse, metrics.mae);
    }
    Ok(())
}

/// Options of `train cell`.
#[derive(clap::Args)]
pub struct TrainCell {
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
    /// Also train on all but one part of this many parts of the runs, part by part, and measure on
    /// what was left out (measured tables only).
    #[arg(long)]
    folds: Option<usize>,
    /// Seed of the split, the initial weights, the order of the rows and the augmentation.
    #[arg(long, default_value_t = 3)]
    seed: u64,
}

fn train_cell(options: &TrainCell) -> anyhow::Result<()> {
    let blueprint = CellBlueprint::of(&options.model)?;
    let settings = Settings {
        epochs: options.epochs.unwrap_or(blueprint.epochs),
        batch: blueprint.batch,
        learning_rate: blueprint.learning_rate,
        weight_decay: blueprint.weight_decay,
        seed: options.seed,
    };
    let (device, bar) = (Device::flex(), epoch_bar(settings.epochs)?);
    let bar_of_epochs = Epochs(bar.clone());
    let mut learned = |moment| bar_of_epochs.learned(moment);
    let mut command = format!(
        "slicewise train cell --model {} --epochs {} --seed {}",
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
        trained.card.metrics.insert("cross-validation".to_owned(), together.metrics());
        trained.evaluations.push(("cross-validation".to_owned(), together));
    }
    write_folder(&options.output, &trained.weights, &trained.card)?;
    for (split, found) in &trained.evaluations {
        println!("{split}: {}", describe(found));
    }
    Ok(())
}

fn epoch_bar(epochs: usize) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(epochs as u64);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} epoch {pos}/{len}  loss {msg}  {elapsed} of {duration}",
    )?);
    Ok(bar)
}

/// Moves a bar with the epochs.
struct Epochs(ProgressBar);

impl Progress<SliceNews> for Epochs {
    fn news(&mut self, news: SliceNews) {
        if let SliceNews::Epoch(moment) = news {
            self.learned(moment);
        }
    }
}

impl Epochs {
    fn learned(&self, moment: TrainingMoment) {
        self.0.set_position(moment.epoch as u64);
        let (training, held_back) = (moment.training_loss, moment.held_back_loss);
        self.0.set_message(format!("{training:.4}, held back {held_back:.4}"));
    }
}

/// Reads both tables of a data folder.
pub fn read_dataset(folder: &Path, qos_column: &str, seed: u64) -> anyhow::Result<Dataset> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(Dataset::read(&read(TRAINING_FILE)?, &read(TEST_FILE)?, qos_column, seed)?)
}
