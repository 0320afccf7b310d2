//! The network that a command is about: a scenario with its demands and its edits.

use std::path::{Path, PathBuf};

use anyhow::Context;
use slicewise_core::formats::network::{self, Gravity, NetworkForm};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::{Edit, Scenario};
use slicewise_twin::problem::Problem;

use super::amounts::Rate;
use crate::input_file::{read_bytes, read_text};

/// Options that name a network.
#[derive(clap::Args, Debug)]
pub struct NetworkOptions {
    /// The network: scenario JSON, node-link JSON, GML, GraphML, SNDlib native or XML, REPETITA .graph, RFC
    /// 8345 JSON, or a table of links; packed or not.
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// Its demands: REPETITA .demands or a table.
    #[arg(long, value_name = "FILE")]
    demands: Option<PathBuf>,
    /// Capacity of links that have none, such as 10G [default: 10G].
    #[arg(long, value_name = "RATE")]
    capacity: Option<Rate>,
    /// What 1 is in capacities and demands without a unit, such as 1M for Mbit/s [default: what is usual
    /// for the format].
    #[arg(long, value_name = "RATE")]
    unit: Option<Rate>,
    /// Sum of the demands that are made where the file has none, such as 100G.
    #[arg(long, value_name = "RATE")]
    total_demand: Option<Rate>,
    /// Give every pair of nodes the same demand where the file has none.
    #[arg(long)]
    even: bool,
    /// Seed of the demands that are made where the file has none.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl NetworkOptions {
    /// The scenario; what was counted, passed over and assumed goes to standard error.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(&self) -> anyhow::Result<Scenario> {
        let bytes = read_bytes(&self.scenario)?;
        let demands = self.demands.as_deref().map(read_bytes).transpose()?;
        let form = NetworkForm {
            capacity_bit_per_s: self.capacity.map(|rate| rate.0),
            unit_bit_per_s: self.unit.map(|rate| rate.0),
            demands: demands.map(|bytes| GivenFile { bytes }),
            gravity: Some(Gravity {
                total_bit_per_s: self.total_demand.map(|rate| rate.0),
                even: self.even,
                seed: self.seed,
            }),
        };
        let place = || self.scenario.display().to_string();
        let read = network::read(&bytes, &form);
        if !read.told.is_empty() {
            eprintln!("{}: {}: {}", place(), read.format, read.told.join("; "));
        }
        read.scenario.with_context(place)
    }
}

/// Options that name a network and what is changed of it.
#[derive(clap::Args, Debug)]
pub struct EditedNetworkOptions {
    #[command(flatten)]
    network: NetworkOptions,
    /// Changes of the network: a JSON list such as [{"link-fails": "A-B"}].
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
}

impl EditedNetworkOptions {
    /// The seed of whatever is drawn.
    pub fn seed(&self) -> u64 {
        self.network.seed
    }

    /// The network with its changes, checked.
    ///
    /// # Errors
    /// Names the file, or the field of it, that cannot be used.
    pub fn problem(&self) -> anyhow::Result<Problem> {
        let scenario = self.network.read()?;
        let edits = self.edits.as_deref().map(edits).transpose()?.unwrap_or_default();
        Ok(Problem::new(&scenario, &edits)?)
    }
}

/// Edits of a file: a JSON list.
///
/// # Errors
/// Names the file and the place in it.
pub fn edits(path: &Path) -> anyhow::Result<Vec<Edit>> {
    let text = read_text(path)?;
    serde_json::from_str(&text).with_context(|| {
        format!("{}: a list of edits such as [{{\"link-fails\": \"A-B\"}}]", path.display())
    })
}
