//! `slicewise evaluate slice`: metrics of a network on measurements.

use std::collections::BTreeMap;
use std::path::PathBuf;

use slicewise_slice::metrics::metrics;
use slicewise_slice::model::{Blueprint, shipped};

use super::dataset::read_dataset;

/// Options of `evaluate slice`.
#[derive(clap::Args, Debug)]
pub struct EvaluateSlice {
    /// Name of a shipped network.
    #[arg(long, default_value = "testbed-gaussian")]
    model: String,
    /// Folder with train_dataset.csv and test_dataset.csv.
    #[arg(long)]
    data: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate slice`.
pub fn run(options: &EvaluateSlice) -> anyhow::Result<()> {
    let network = shipped(&options.model)?;
    let blueprint = Blueprint::of(&options.model)?;
    let data = read_dataset(&options.data, blueprint.qos_column, network.card.seed)?;
    let table: BTreeMap<_, _> =
        data.splits().map(|(name, rows)| (name, metrics(&network, rows))).into();
    if options.json {
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    for (split, metrics) in table {
        println!("{split}: nll {:.4}  mse {:.4}  mae {:.4}", metrics.nll, metrics.mse, metrics.mae);
    }
    Ok(())
}
