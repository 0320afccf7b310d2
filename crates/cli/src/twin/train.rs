//! `slicewise train twin`: networks that correct what theory says of scheduled ports.

use std::path::PathBuf;

use futures::executor::block_on;
use indicatif::ProgressBar;
use slicewise_optim::{Progress, Unmonitored};
use slicewise_twin::training::{PortsMoment, PortsOrder, train};

use crate::model_folder::write_folder;
use crate::progress::bar;

/// Options of `train twin`.
///
/// Ports with several classes are drawn at random and simulated one by one; small networks learn what the
/// closed forms miss of each class's wait, its variance and its loss.
#[derive(clap::Args, Debug)]
pub struct TrainTwin {
    /// What to train: ports.
    #[arg(long, default_value = "ports", value_parser = ["ports"])]
    model: String,
    /// Folder for weights.safetensors and card.json.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// Drawn ports of each policy; one in ten is kept to measure by.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().ports)]
    ports: usize,
    /// Packets that come to each port.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().packets)]
    packets: usize,
    /// Passes over what was measured.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().lesson.epochs)]
    epochs: usize,
    /// Seed of ports, packets and weights.
    #[arg(long, value_name = "N", default_value_t = PortsOrder::default().seed)]
    seed: u64,
}

/// Runs `slicewise train twin`.
///
/// # Errors
/// Names the option that is out of range, or says that the folder cannot be written.
pub fn run(options: &TrainTwin) -> anyhow::Result<()> {
    let mut order = PortsOrder {
        ports: options.ports,
        packets: options.packets,
        seed: options.seed,
        ..PortsOrder::default()
    };
    order.lesson.epochs = options.epochs;
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
