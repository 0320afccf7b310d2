//! `slicewise reproduce digital-twin-network`: the paper's Fig. 4, delays of networks that were never seen.

use std::path::PathBuf;

use serde_json::{Map, json};

use super::evaluate::{evaluated, print};

/// Options of `reproduce digital-twin-network`.
///
/// The paper's Fig. 4 compares models on topologies that they were not trained on; it prints no numbers.
/// The formula has no training, so that every run is one that it never saw. Published beside it (mean
/// relative error of the delay): winner of the 2021 challenge 1.45 %, as an ensemble 1.27 %, on FIFO
/// networks; RouteNet-Fermi 2.85 % on its own scheduling set; RouteNet-Erlang 2.3 to 4.6 %.
#[derive(clap::Args, Debug)]
pub struct DigitalTwinNetwork {
    /// Files with one run per line, .jsonl or .jsonl.gz, each a row of the table.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Take only so many runs of each file.
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise reproduce digital-twin-network`.
///
/// # Errors
/// Names the file, the line and the field that cannot be used.
pub fn run(options: &DigitalTwinNetwork) -> anyhow::Result<()> {
    let mut rows = Map::new();
    for file in &options.data {
        let found = evaluated(std::slice::from_ref(file), options.runs)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if options.json {
            rows.insert(name, json!({ "formula": found }));
        } else {
            println!("{name}, formula:");
            print(&found);
        }
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&json!({ "fig4": rows }))?);
    }
    Ok(())
}
