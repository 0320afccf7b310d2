//! `slicewise twin calibrate`: intervals that hold on networks that a model has not seen.

use futures::executor::block_on;
use slicewise_optim::monitor::Unmonitored;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use slicewise_core::twin::GraphCard;
use slicewise_twin::formula::corrected::example::{Examples, Figures, MeasuredFlow};
use slicewise_twin::formula::corrected::model::GraphModel;
use slicewise_twin::intervals::calibrated;

use super::evaluate::for_each_run;
use crate::model_folder::{read_folder, write_folder};

/// Options of `twin calibrate`.
///
/// A model knows the networks that it learned from better than others. Its intervals therefore come from runs of
/// networks that a model has not seen: models that were trained alike, each without one network (`train twin
/// --without-nodes`), or the model itself on runs of other sizes.
#[derive(clap::Args, Debug)]
pub struct TwinCalibrate {
    /// Folder of the model whose card gets the intervals.
    #[arg(long, value_name = "FOLDER")]
    model: PathBuf,
    /// Folders of the models that tell the runs; each tells those whose number of nodes it was not trained on.
    #[arg(long, value_name = "FOLDER", required = true, num_args = 1..)]
    by: Vec<PathBuf>,
    /// Files with one run per line, .jsonl or .jsonl.gz.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Folder for the model with its new card.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
}

/// Runs `slicewise twin calibrate`.
///
/// # Errors
/// Names the file, the line and the field that cannot be used.
pub fn run(options: &TwinCalibrate) -> anyhow::Result<()> {
    let (card, weights) = read_folder(&options.model)?;
    let mut card = GraphCard::from_json(&card)?;
    let mut runs = Vec::new();
    for folder in &options.by {
        let own = unseen(folder, &options.data)?;
        println!("{}: {} runs of networks that it has not seen", folder.display(), own.len());
        runs.extend(own);
    }
    ensure!(!runs.is_empty(), "--data: no run of another network than those of the training");
    card.intervals = calibrated(&runs);
    card.intervals_of = Some(format!("{} runs of networks that were not trained on", runs.len()));
    card.validate()?;
    write_folder(&options.output, &weights, &card)?;
    for interval in &card.intervals {
        println!(
            "{:<20} load {:.1} to {:.1}: within {:.1} % in nine of ten cases ({} runs, {} flows)",
            interval.policy.as_deref().unwrap_or("all"),
            interval.least_load,
            interval.highest_load.min(9.9),
            100.0 * interval.log_distance.exp_m1(),
            interval.runs,
            interval.flows,
        );
    }
    Ok(())
}

/// What the model of `folder` tells of the runs of networks of a size that it was not trained on.
fn unseen(folder: &Path, data: &[PathBuf]) -> anyhow::Result<Vec<Vec<(MeasuredFlow, Figures)>>> {
    let (card, weights) = read_folder(folder)?;
    let card = GraphCard::from_json(&card)?;
    let seen = card.trained.least_nodes..=card.trained.most_nodes;
    let mut model =
        GraphModel::load(card, &weights).with_context(|| folder.display().to_string())?;
    let mut examples = Examples::default();
    let mut runs = Vec::new();
    for file in data {
        for_each_run(file, None, &mut |run| {
            if !seen.contains(&run.scenario.topology.nodes.len()) {
                runs.push(block_on(model.told(&examples.example(&run)?, &Unmonitored))?);
            }
            Ok(())
        })?;
    }
    Ok(runs)
}
