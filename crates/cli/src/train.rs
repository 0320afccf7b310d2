//! `slicewise train`: weights and a model card from measurements.

use std::path::{Path, PathBuf};

use anyhow::Context;
use burn::tensor::Device;
use futures::executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use slicewise_core::SlicePlan;
use slicewise_core::training::TrainingMoment;
use slicewise_nets::training::Settings;
use slicewise_optim::Unmonitored;
use slicewise_slice::dataset::{Dataset, TEST_FILE, TRAINING_FILE};
use slicewise_slice::model::Blueprint;
use slicewise_slice::solver::Observer;
use slicewise_slice::training::train_slice_model;

/// What to train.
#[derive(clap::Subcommand)]
pub enum Train {
    /// A network of a slice's QoS over traffic and allocation.
    Slice(TrainSlice),
    /// A planner of reservations and the loss it learns with.
    Forecast(crate::forecast::TrainForecast),
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
    let options = match train {
        Train::Slice(options) => options,
        Train::Forecast(options) => return crate::forecast::train(options),
    };
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
    let bar = ProgressBar::new(settings.epochs as u64);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} epoch {pos}/{len}  loss {msg}  {elapsed} of {duration}",
    )?);
    let mut epochs = Epochs(bar.clone());
    let device = Device::flex();
    let training =
        train_slice_model(&blueprint, &data, &settings, &device, &Unmonitored, &mut epochs);
    let trained = block_on(training)?;
    bar.finish();
    std::fs::create_dir_all(&options.output)?;
    write(&options.output.join("weights.safetensors"), &trained.weights)?;
    let card = serde_json::to_string_pretty(&trained.card)? + "\n";
    write(&options.output.join("card.json"), card.as_bytes())?;
    for (split, metrics) in &trained.card.metrics {
        println!("{split}: nll {:.4}  mse {:.4}  mae {:.4}", metrics.nll, metrics.mse, metrics.mae);
    }
    Ok(())
}

/// Moves a bar with the epochs.
struct Epochs(ProgressBar);

impl Observer for Epochs {
    fn observe(&mut self, _: f64, _: Option<&SlicePlan>) {}

    fn learned(&mut self, moment: TrainingMoment) {
        self.0.set_position(moment.epoch as u64);
        let (training, held_back) = (moment.training_loss, moment.held_back_loss);
        self.0.set_message(format!("{training:.4}, held back {held_back:.4}"));
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads both tables of a data folder.
pub fn read_dataset(folder: &Path, qos_column: &str, seed: u64) -> anyhow::Result<Dataset> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(Dataset::read(&read(TRAINING_FILE)?, &read(TEST_FILE)?, qos_column, seed)?)
}
