//! `slicewise twin convert`: a network of any format, written as another, or its answer as a table.

use std::path::PathBuf;

use slicewise_core::formats::network::{self, WriteNetwork};
use slicewise_twin::problem::Problem;

use super::answer::answer;
use super::network::NetworkOptions;
use crate::whole_file;

/// Options of `twin convert`.
#[derive(clap::Args, Debug)]
pub struct TwinConvert {
    #[command(flatten)]
    network: NetworkOptions,
    /// What to write.
    #[arg(long, value_enum)]
    format: Format,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// What a network is written as.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// Our own scenario JSON: queues, flows and promises with the network.
    Scenario,
    /// Node-link JSON with `edges`, as networkx reads it.
    NodeLink,
    /// `ietf-network-topology` JSON (RFC 8345).
    #[value(name = "rfc-8345")]
    Rfc8345,
    /// A table of links with what they carry.
    Links,
    /// A table of flows with what they see.
    Flows,
}

/// Runs `slicewise twin convert`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinConvert) -> anyhow::Result<()> {
    let problem = Problem::new(&options.network.read()?, &[])?;
    let scenario = &problem.scenario;
    let text = match options.format {
        Format::Scenario => network::write(scenario, WriteNetwork::Scenario).text,
        Format::NodeLink => network::write(scenario, WriteNetwork::NodeLink).text,
        Format::Rfc8345 => network::write(scenario, WriteNetwork::Ietf).text,
        Format::Links => network::links_csv(scenario, &answer(&problem)),
        Format::Flows => network::flows_csv(scenario, &answer(&problem)),
    };
    whole_file::write(&options.output, text)
}
