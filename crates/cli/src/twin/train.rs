//! `slicewise train twin`: networks that correct what theory says of scheduled ports, and of whole networks.

use std::path::PathBuf;

use anyhow::ensure;
use futures::executor::block_on;
use indicatif::ProgressBar;
use slicewise_optim::{Progress, Unmonitored};
use slicewise_twin::training::graph::{GraphMoment, GraphOrder, GraphRuns, train_graph};
use slicewise_twin::training::{PortsMoment, PortsOrder, train};

use super::evaluate::for_each_run;
use crate::model_folder::write_folder;
use crate::progress::bar;

/// Options of `train twin`.
///
/// `ports`: ports with several classes are drawn at random and simulated one by one; small networks learn what the
/// closed forms miss of each class's wait, its variance and its loss. `fifo` and `scheduling`: a graph network learns
/// from measured runs what the formula misses of every hop; whole traffic matrices are held back to choose by.
#[derive(clap::Args, Debug)]
pub struct TrainTwin {
    /// What to train: ports, fifo or scheduling.
    #[arg(long, default_value = "ports", value_parser = ["ports", "fifo", "scheduling"])]
    model: String,
    /// Folder for weights.safetensors and card.json.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// fifo, scheduling: files with one run per line, .jsonl or .jsonl.gz.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    data: Vec<PathBuf>,
    /// fifo, scheduling: files with runs to choose by; else some traffic matrices of each network are held back.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    validation: Vec<PathBuf>,
    /// fifo, scheduling: leave out networks of so many nodes, and test on their runs.
    #[arg(long, value_name = "N")]
    without_nodes: Option<usize>,
    /// fifo, scheduling: take only so many runs of each file.
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// ports: drawn ports of each policy; one in ten is kept to measure by.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().ports)]
    ports: usize,
    /// ports: packets that come to each port.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().packets)]
    packets: usize,
    /// Passes over what was measured; 150 for ports, 40 for others.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Seed of ports, packets, splits and weights.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().seed)]
    seed: u64,
}

/// Runs `slicewise train twin`.
///
/// # Errors
/// Names the option that is out of range, the line of a file that cannot be used, or says that the folder cannot be
/// written.
pub fn run(options: &TrainTwin) -> anyhow::Result<()> {
    if options.model == "ports" { train_ports(options) } else { train_hops(options) }
}

fn train_ports(options: &TrainTwin) -> anyhow::Result<()> {
    let mut order = PortsOrder {
        ports: options.ports,
        packets: options.packets,
        seed: options.seed,
        ..PortsOrder::default()
    };
    order.lesson.epochs = options.epochs.unwrap_or(order.lesson.epochs);
    let mut bar = PortsBar(bar(1000, "{wide_bar} {percent} %  {msg}  {elapsed} of {duration}")?);
    let trained = block_on(train(&order, &Unmonitored, &mut bar))?;
    bar.0.finish_and_clear();
    write_folder(&options.output, &trained.weights, &trained.card)?;
    for (policy, found) in &trained.card.metrics {
        println!(
            "{policy}: mean wait and sending off by {:.2} % on the mean, {:.2} % median; loss by {:.5}",
            100.0 * found.delay_mape,
            100.0 * found.delay_median_ape,
            found.loss_mae,
        );
    }
    Ok(())
}

fn train_hops(options: &TrainTwin) -> anyhow::Result<()> {
    ensure!(!options.data.is_empty(), "--data: missing; allowed: files with runs");
    let mut order = GraphOrder::of(&options.model);
    order.epochs = options.epochs.unwrap_or(order.epochs);
    order.seed = options.seed;
    order.without_nodes = options.without_nodes;
    // The runs of a batch are what threads share.
    order.threads = std::thread::available_parallelism().map_or(1, usize::from).min(order.batch);
    order.validate()?;
    let mut runs = GraphRuns::default();
    for file in &options.data {
        for_each_run(file, options.runs, &mut |run| Ok(runs.add(&run, false)?))?;
    }
    for file in &options.validation {
        for_each_run(file, options.runs, &mut |run| Ok(runs.add(&run, true)?))?;
    }
    let mut bar = HopsBar(bar(1000, "{wide_bar} {percent} %  {msg}  {elapsed} of {duration}")?);
    let trained = block_on(train_graph(&order, runs, &files(options), &Unmonitored, &mut bar))?;
    bar.0.finish_and_clear();
    write_folder(&options.output, &trained.weights, &trained.card)?;
    for (part, found) in &trained.card.metrics {
        println!(
            "{part}: {} flows, delay off by {:.2} % on the mean, {:.2} % median; p90 by {:.2} %, jitter by {:.2} %, \
             loss by {:.5}",
            found.flows,
            100.0 * found.delay_mape,
            100.0 * found.delay_median_ape,
            100.0 * found.p90_mape,
            100.0 * found.jitter_mape,
            found.loss_mae,
        );
    }
    Ok(())
}

/// The options that name files, without their folders.
fn files(options: &TrainTwin) -> String {
    let names = |files: &[PathBuf]| -> String {
        let names = files.iter().filter_map(|file| file.file_name()?.to_str());
        names.map(|name| format!(" {name}")).collect()
    };
    let mut text = format!("--data{}", names(&options.data));
    if !options.validation.is_empty() {
        text += &format!(" --validation{}", names(&options.validation));
    }
    if let Some(runs) = options.runs {
        text += &format!(" --runs {runs}");
    }
    text
}

/// A bar that moves with ports and passes.
struct PortsBar(ProgressBar);

impl Progress<PortsMoment> for PortsBar {
    fn share(&mut self, fraction: f64) {
        self.0.set_position((1000.0 * fraction) as u64);
    }

    fn news(&mut self, moment: PortsMoment) {
        let PortsMoment { policy, epoch, error } = moment;
        self.0.set_message(format!("{}, pass {epoch}: {error:.4}", policy.name()));
    }
}

/// A bar that moves with passes.
struct HopsBar(ProgressBar);

impl Progress<GraphMoment> for HopsBar {
    fn share(&mut self, fraction: f64) {
        self.0.set_position((1000.0 * fraction) as u64);
    }

    fn news(&mut self, moment: GraphMoment) {
        let GraphMoment { epoch, error, held_back, delay_mape } = moment;
        let errors = format!("{error:.4}, held back {held_back:.4}, delay {delay_mape:.2} %");
        self.0.set_message(format!("pass {epoch}: {errors}"));
    }
}
