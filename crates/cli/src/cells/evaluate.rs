//! `slicewise evaluate cells`: errors of an estimator on tables, beside its trivial rivals.

use std::path::{Path, PathBuf};

use slicewise_cells::dataset::CellRows;
use slicewise_cells::metrics::{Evaluation, evaluate};
use slicewise_cells::model::names;
use slicewise_cells::training::EXAMINATION;
use slicewise_core::cells::card::ExperimentErrors;
use slicewise_nets::estimator::Estimator;

use super::estimators::estimator;
use super::measured::read_rows;
use super::opening_day::OpeningDay;

/// Options of `evaluate cells`.
#[derive(clap::Args, Debug)]
pub struct EvaluateCells {
    /// Name of a shipped estimator, or the folder of one that was trained here [default: simulated;
    /// with --day simulated-expected, as the page].
    #[arg(long)]
    model: Option<String>,
    /// Folder with tables, .csv or .csv.gz, of the kind that the estimator was trained on; without it
    /// the simulated estimators are measured on runs that are simulated for it, on seeds of which
    /// they have seen nothing.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    day: OpeningDay,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate cells`.
pub fn run(options: &EvaluateCells) -> anyhow::Result<()> {
    let usual = if options.day.is_wanted() { names()[0] } else { "simulated" };
    let estimator = estimator(options.model.as_deref().unwrap_or(usual))?;
    if options.day.is_wanted() {
        return options.day.run(&estimator, options.json);
    }
    let rows = cell_rows(&estimator, options.data.as_deref())?;
    let found = evaluate(&estimator, &rows);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        println!("{}", describe(&found));
        println!("each experiment: {}", describe_experiments(&found.experiments));
        for (name, metrics) in &estimator.card.metrics {
            if let Some(experiments) = &metrics.experiments {
                let (balanced, told) = (metrics.mae_balanced, describe_experiments(experiments));
                let last = experiments.last_value;
                println!("card, {name}: balanced {balanced:.4}, last value {last:.4}; {told}");
            }
        }
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

/// Balanced errors of each experiment or run in one line.
pub fn describe_experiments(found: &ExperimentErrors) -> String {
    format!(
        "{} experiments or runs, balanced error {:.4} on average, deviation {:.4}, from {:.4} to \
         {:.4}; last value {:.4} on average; better than it in {}",
        found.count,
        found.mean,
        found.deviation,
        found.least,
        found.largest,
        found.last_value_mean,
        found.better_than_last_value,
    )
}
