//! `slicewise evaluate`: metrics of a network on measurements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use slicewise_cells::dataset::CellRows;
use slicewise_cells::metrics::Evaluation;
use slicewise_cells::training::EXAMINATION;
use slicewise_nets::estimator::Estimator;
use slicewise_slice::metrics::metrics;
use slicewise_slice::model::{Blueprint, shipped};

use crate::cell_data::read_rows;
use crate::model_folder::estimator;
use crate::train::read_dataset;

/// What to evaluate.
#[derive(clap::Subcommand)]
pub enum Evaluate {
    /// A network of a slice's QoS.
    Slice(EvaluateSlice),
    /// An estimator of a slice's satisfaction, beside its trivial rivals.
    Cell(EvaluateCell),
    /// A planner of reservations on a trace.
    Forecast(crate::forecast::EvaluateForecast),
}

/// Options of `evaluate slice`.
#[derive(clap::Args)]
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

/// Options of `evaluate cell`.
#[derive(clap::Args)]
pub struct EvaluateCell {
    /// Name of a shipped estimator, or the folder of one that was trained here.
    #[arg(long, default_value = "simulated")]
    model: String,
    /// Folder with tables, .csv or .csv.gz, of the kind that the estimator was trained on; without it
    /// the simulated estimators are measured on runs that are simulated for it, on seeds of which
    /// they have seen nothing.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate`.
pub fn run(evaluate: &Evaluate) -> anyhow::Result<()> {
    match evaluate {
        Evaluate::Slice(options) => evaluate_slice(options),
        Evaluate::Cell(options) => evaluate_cell(options),
        Evaluate::Forecast(options) => crate::forecast::evaluate(options),
    }
}

fn evaluate_slice(options: &EvaluateSlice) -> anyhow::Result<()> {
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

fn evaluate_cell(options: &EvaluateCell) -> anyhow::Result<()> {
    let estimator = estimator(&options.model)?;
    let rows = cell_rows(&estimator, options.data.as_deref())?;
    let found = slicewise_cells::metrics::evaluate(&estimator, &rows);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        println!("{}", describe(&found));
    }
    Ok(())
}

fn cell_rows(estimator: &Estimator, data: Option<&Path>) -> anyhow::Result<CellRows> {
    match data {
        Some(folder) => read_rows(folder, estimator),
        None if estimator.card.name == "colosseum" => anyhow::bail!("--data is missing"),
        None => Ok(EXAMINATION.rows()?),
    }
}

/// An evaluation in one line.
pub fn describe(found: &Evaluation) -> String {
    format!(
        "{} rows, {} below 0.99: mae {:.4}, balanced {:.4}; constant {:.4}, {:.4}; last value {:.4}, \
         {:.4}; {} curves fall; mean rise {:.3}",
        found.rows,
        found.rows_below,
        found.errors.mae,
        found.errors.mae_balanced,
        found.constant.mae,
        found.constant.mae_balanced,
        found.last_value.mae,
        found.last_value.mae_balanced,
        found.monotone_violations,
        found.mean_rise,
    )
}
