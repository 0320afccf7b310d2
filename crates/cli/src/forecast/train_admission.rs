//! `slicewise train admission`: a planner of admissions and reservations.

use std::path::PathBuf;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::DEMAND_SEED;
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::admission::training::admission_settings;
use slicewise_forecast::training::orders::{AdmissionOrder, learn_admission};
use slicewise_forecast::training::{Moment, Settings};
use slicewise_optim::Unmonitored;

use super::train::{show, write_planner};
use crate::model_folder::model_name;
use crate::progress::EpochBar;

/// Options of `train admission`.
#[derive(clap::Args, Debug)]
pub struct TrainAdmission {
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Passes over the traces.
    #[arg(long, default_value_t = 24)]
    epochs: usize,
    /// Seed of the weights, the order and the exploration.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs `slicewise train admission`.
pub fn run(options: &TrainAdmission) -> anyhow::Result<()> {
    let usual = admission_settings(options.seed);
    let cycles = usual.cycles.min(options.epochs);
    let settings = Settings { epochs: options.epochs, cycles, ..usual };
    let order = AdmissionOrder {
        name: model_name(&options.output).to_owned(),
        setting: AdmissionSetting::usual(DEMAND_SEED)?,
        source: "the project's own generator of demand".to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        settings,
        command: format!(
            "slicewise train admission --epochs {} --seed {}",
            options.epochs, options.seed
        ),
    };
    let bar = EpochBar::new(options.epochs)?;
    let mut observe = |moment: &Moment| show(&bar, moment);
    let learned = block_on(learn_admission(&order, &Device::flex(), &Unmonitored, &mut observe))?;
    bar.finish();
    write_planner(&options.output, &learned)
}
