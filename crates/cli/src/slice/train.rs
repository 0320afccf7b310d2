//! `slicewise train slice`: weights and a model card from measurements.

use std::path::PathBuf;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_nets::training::Settings;
use slicewise_optim::Unmonitored;
use slicewise_slice::feedback::measured_cells;
use slicewise_slice::held_out::FOLDS;
use slicewise_slice::model::{Blueprint, MEASURED_FILE};
use slicewise_slice::training::{train_slice_model, without_transients};

use super::dataset::read_dataset;
use crate::model_folder::{model_name, write_folder};
use crate::progress::EpochBar;

/// Options of `train slice`.
#[derive(clap::Args, Debug)]
pub struct TrainSlice {
    /// Folder with train_dataset.csv and test_dataset.csv.
    #[arg(long)]
    data: PathBuf,
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Which network: testbed-ensemble, testbed-gaussian, testbed-mixture, delay-ensemble or delay
    /// [default: the output folder's name].
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

/// Runs `slicewise train slice`.
pub fn run(options: &TrainSlice) -> anyhow::Result<()> {
    let name = options.model.as_deref().unwrap_or_else(|| model_name(&options.output));
    let blueprint = Blueprint::of(name)?;
    let data = read_dataset(&options.data, blueprint.qos_column, options.seed)?;
    let settings = Settings {
        epochs: options.epochs.unwrap_or(blueprint.epochs),
        batch: blueprint.batch,
        learning_rate: blueprint.learning_rate,
        weight_decay: options.weight_decay.unwrap_or(blueprint.weight_decay),
        seed: options.seed,
    };
    // An ensemble is trained once more without each fold of the measured allocations.
    let trainings = if blueprint.architecture.monotone_members > 0 { 1 + FOLDS } else { 1 };
    let mut bar = EpochBar::new(trainings * settings.epochs)?;
    let device = Device::flex();
    let training = train_slice_model(&blueprint, &data, &settings, &device, &Unmonitored, &mut bar);
    let trained = block_on(training)?;
    bar.finish();
    write_folder(&options.output, &trained.weights, &trained.card)?;
    if blueprint.architecture.monotone_members > 0 {
        let known = without_transients(&trained.card, &data);
        let rows = [known.training.as_slice(), &known.validation].concat();
        let cells = serde_json::to_string(&measured_cells(&rows))?;
        crate::whole_file::write(&options.output.join(MEASURED_FILE), cells + "\n")?;
    }
    for (split, metrics) in &trained.card.metrics {
        println!("{split}: nll {:.4}  mse {:.4}  mae {:.4}", metrics.nll, metrics.mse, metrics.mae);
    }
    Ok(())
}
