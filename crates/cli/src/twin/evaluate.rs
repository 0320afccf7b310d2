//! `slicewise evaluate twin`: how right a model is on measured runs, policy by policy.

use futures::executor::block_on;
use slicewise_optim::monitor::{Halted, Unmonitored};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use slicewise_core::error::InputError;
use slicewise_core::twin::GraphCard;
use slicewise_twin::dataset::Run;
use slicewise_twin::evaluation::{Comparison, Evaluation, Scores};
use slicewise_twin::formula::Formula;
use slicewise_twin::formula::corrected::model::GraphModel;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

use crate::input_file::open;
use crate::model_folder::read_folder;

/// Options of `evaluate twin`.
///
/// Runs are read in the layout of the GNNet challenge, one per line; `generate twin` writes such files.
#[derive(clap::Args, Debug)]
pub struct EvaluateTwin {
    /// The model: formula, or the formula corrected by a graph network: fifo or scheduling, or the folder of one.
    #[arg(long, default_value = "formula")]
    model: String,
    /// File with one run per line, .jsonl or .jsonl.gz; several may be given.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Take only so many runs of each file.
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise evaluate twin`.
///
/// # Errors
/// Names the file, the line and the field that cannot be used.
pub fn run(options: &EvaluateTwin) -> anyhow::Result<()> {
    let found = if options.model == "formula" {
        evaluated(&options.data, options.runs)?
    } else {
        evaluated_with(&mut graph_model(&options.model)?, &options.data, options.runs)?
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print(&found);
    }
    Ok(())
}

/// The formula beside the runs of `files`.
///
/// # Errors
/// Names the file, the line and the field that cannot be used.
pub fn evaluated(files: &[PathBuf], most: Option<usize>) -> anyhow::Result<Evaluation> {
    let mut formula = Formula::default();
    compared(files, most, &mut |comparison, run, network| {
        comparison.add(run, &formula.answer(network).flows);
        Ok(())
    })
}

/// What `compare` adds for every run of `files`.
fn compared(
    files: &[PathBuf],
    most: Option<usize>,
    compare: &mut dyn FnMut(&mut Comparison, &Run, &RoutedNetwork<'_>) -> Result<(), Halted>,
) -> anyhow::Result<Evaluation> {
    let mut comparison = Comparison::default();
    for file in files {
        for_each_run(file, most, &mut |run| {
            let problem = Problem::new(&run.scenario, &[])?;
            let network = RoutedNetwork::new(&problem, &mut Routes::default());
            compare(&mut comparison, &run, &network)
        })?;
    }
    Ok(comparison.evaluation())
}

/// The graph network in that folder, or of that name.
fn graph_model(name: &str) -> anyhow::Result<GraphModel> {
    let folder = Path::new(name);
    if !folder.is_dir() {
        return Ok(GraphModel::shipped(name).map_err(|error| InputError {
            allowed: format!("formula, {}, or the folder of one", error.allowed),
            ..error
        })?);
    }
    let (card, weights) = read_folder(folder)?;
    Ok(GraphModel::load(GraphCard::from_json(&card)?, &weights)?)
}

/// `model` beside the runs of `files`. Runs that lie outside its training are told on standard error.
fn evaluated_with(
    model: &mut GraphModel,
    files: &[PathBuf],
    most: Option<usize>,
) -> anyhow::Result<Evaluation> {
    let mut outside: BTreeMap<String, usize> = BTreeMap::new();
    let evaluation = compared(files, most, &mut |comparison, run, network| {
        let found = block_on(model.answer(network, &Unmonitored))?;
        comparison.add_with_intervals(run, &found.answer.flows, &found.log_distance);
        found.outside.into_iter().for_each(|reason| *outside.entry(reason).or_default() += 1);
        Ok(())
    })?;
    for (reason, runs) in outside {
        eprintln!("outside the training data in {runs} runs: {reason}");
    }
    Ok(evaluation)
}

/// Reads the runs of a file one by one, at most `most`.
pub fn for_each_run(
    path: &Path,
    most: Option<usize>,
    take: &mut dyn FnMut(Run) -> Result<(), Halted>,
) -> anyhow::Result<()> {
    let mut count = 0;
    for (line, number) in BufReader::new(open(path)?).lines().zip(1..) {
        let place = || format!("{}, line {number}", path.display());
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        if most.is_some_and(|most| count >= most) {
            break;
        }
        count += 1;
        Run::read(&line).map_err(Halted::from).and_then(&mut *take).with_context(place)?;
    }
    ensure!(count > 0, "{}: no run; allowed: one JSON per line", path.display());
    Ok(())
}

/// A table of the errors over all flows and over each group.
pub fn print(found: &Evaluation) {
    println!("{} runs, {} flows", found.runs, found.all.delay.flows);
    println!(
        "{:<20} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8} {:>8}",
        "errors in %",
        "flows",
        "delay",
        "median",
        "p90",
        "jitter",
        "median",
        "loss, MAE",
        "cover90",
        "width90"
    );
    print_row("all", &found.all);
    for (name, scores) in found.by_policy.iter().chain(&found.by_arrival) {
        print_row(name, scores);
    }
}

fn print_row(name: &str, scores: &Scores) {
    let percent = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    println!(
        "{name:<20} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10.5} {:>8} {:>8}",
        scores.delay.flows,
        percent(scores.delay.mape),
        percent(scores.delay.median_ape),
        percent(scores.p90.mape),
        percent(scores.jitter.mape),
        percent(scores.jitter.median_ape),
        scores.loss.mae,
        percent(scores.coverage90),
        percent(scores.width90),
    );
}
