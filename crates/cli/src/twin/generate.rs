//! `slicewise generate twin`: runs of networks, packet by packet.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::executor::block_on;
use indicatif::ProgressBar;
use slicewise_core::twin::Policy;
use slicewise_optim::{Progress, Unmonitored};
use slicewise_twin::generator::{ArrivalKind, GenerateOrder, Generator};

use crate::progress::bar;
use crate::whole_file::WholeFile;

/// Options of `generate twin`.
///
/// Each line is a run in the layout of the GNNet challenge: a random connected network, its queues and
/// flows, and what a simulation measured. A run depends on the options and its number alone.
#[derive(clap::Args, Debug)]
pub struct GenerateTwin {
    /// File to write: .jsonl or .jsonl.gz.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Number of runs.
    #[arg(long, value_name = "N", default_value_t = 100)]
    runs: usize,
    /// Fewest and most nodes.
    #[arg(long, num_args = 2, value_names = ["FEWEST", "MOST"], default_values_t = [20, 50])]
    nodes: Vec<usize>,
    /// The most flows of a run; of more pairs of nodes some are drawn.
    #[arg(long, value_name = "N", default_value_t = 2500)]
    most_flows: usize,
    /// Policies to draw from.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "strict-priority,gnnet-wfq,gnnet-drr",
        value_parser = policy
    )]
    policies: Vec<Policy>,
    /// Give all nodes of a run the same policy.
    #[arg(long)]
    one_policy: bool,
    /// Arrivals to draw from: poisson, constant, on-off.
    #[arg(long, value_delimiter = ',', default_value = "poisson", value_parser = arrivals)]
    arrivals: Vec<ArrivalKind>,
    /// Number of classes, 1 to 8.
    #[arg(long, value_name = "N", default_value_t = 3)]
    classes: usize,
    /// Packets that may wait in each queue, to draw from.
    #[arg(long, value_delimiter = ',', default_value = "32")]
    buffers: Vec<u32>,
    /// Least and highest load of a run's busiest link.
    #[arg(long, num_args = 2, value_names = ["LEAST", "HIGHEST"], default_values_t = [0.2, 1.2])]
    load: Vec<f64>,
    /// Packets of each run, after the warm-up.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    packets: u64,
    /// Seed of everything.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn policy(name: &str) -> Result<Policy, String> {
    let names = Policy::ALL.map(Policy::name).join(", ");
    Policy::ALL.into_iter().find(|policy| policy.name() == name).ok_or(format!("one of {names}"))
}

fn arrivals(name: &str) -> Result<ArrivalKind, String> {
    match name {
        "poisson" => Ok(ArrivalKind::Poisson),
        "constant" => Ok(ArrivalKind::Constant),
        "on-off" => Ok(ArrivalKind::OnOff),
        _ => Err("poisson, constant or on-off".to_owned()),
    }
}

impl GenerateTwin {
    fn order(&self) -> GenerateOrder {
        GenerateOrder {
            runs: self.runs,
            nodes: (self.nodes[0], self.nodes[1]),
            most_flows: self.most_flows,
            policies: self.policies.clone(),
            mixed: !self.one_policy,
            arrivals: self.arrivals.clone(),
            classes: self.classes,
            buffers: self.buffers.clone(),
            load: (self.load[0], self.load[1]),
            packets: self.packets,
            seed: self.seed,
        }
    }
}

/// Runs `slicewise generate twin`.
///
/// # Errors
/// Names the option that is out of range, or says that the file cannot be written.
pub fn run(options: &GenerateTwin) -> anyhow::Result<()> {
    let mut generator = Generator::new(options.order())?;
    let mut file = WholeFile::create(&options.output)?;
    let mut bar = RunsBar(bar(1000, "{wide_bar} {percent} %  {elapsed} of {duration}")?);
    let is_packed = options.output.extension().is_some_and(|extension| extension == "gz");
    if is_packed {
        let mut packed = GzEncoder::new(&mut file, Compression::default());
        write_lines(&mut generator, &mut packed, &mut bar)?;
        packed.finish().context("the file cannot be completed")?;
    } else {
        write_lines(&mut generator, &mut file, &mut bar)?;
    }
    bar.0.finish_and_clear();
    file.commit()
}

fn write_lines(
    generator: &mut Generator,
    file: &mut dyn Write,
    bar: &mut RunsBar,
) -> anyhow::Result<()> {
    while let Some(line) = block_on(generator.next_line(&Unmonitored, bar))? {
        writeln!(file, "{line}").context("a run cannot be written")?;
    }
    Ok(())
}

/// A bar that moves with the share of the runs.
struct RunsBar(ProgressBar);

impl Progress<()> for RunsBar {
    fn share(&mut self, fraction: f64) {
        self.0.set_position((1000.0 * fraction) as u64);
    }
}
