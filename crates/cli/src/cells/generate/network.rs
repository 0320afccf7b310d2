//! `slicewise generate cells`: the KPI table of a run of the simulated network.

use std::path::PathBuf;

use slicewise_cells::simulator::{CELL_PRB, NetworkSimulator, random_shares};
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{Scenario, ServiceProfile};
use slicewise_core::error::check_range;
use slicewise_core::formats::kpi_table::KpiRow;
use slicewise_core::formats::nr_cell::NrCellIdentity;
use slicewise_core::{InputError, seed};

use super::period;
use crate::cells::tables::KpiFile;
use crate::progress::bar;

/// Options of `generate cells`.
///
/// One row per period of 15 minutes, cell and slice. Cells are named by NR cell identities, three to
/// a gNB.
#[derive(clap::Args, Debug)]
pub struct GenerateCells {
    /// File to write: .csv or .parquet.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Number of steps.
    #[arg(long, value_name = "N", default_value_t = 96)]
    steps: usize,
    /// Numbers of the paper's slices, 1 to 4.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2,4")]
    slices: Vec<usize>,
    /// How the cells are split: equal, traffic (in proportion to it) or random (to train on).
    #[arg(long, default_value = "random", value_parser = ["equal", "traffic", "random"])]
    shares: String,
    /// Seed of the network and of random shares.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The most steps of a run: a year.
const MOST_STEPS: f64 = 365.0 * 96.0;
/// Stream of random shares.
const SHARES_STREAM: u64 = 1;

/// Runs `slicewise generate cells`.
///
/// # Errors
/// Names the option that is out of range, or says that the file cannot be written.
pub fn run(options: &GenerateCells) -> anyhow::Result<()> {
    check_range("steps", options.steps as f64, 1.0, MOST_STEPS, "steps")?;
    let scenario = scenario(options)?;
    let mut network = NetworkSimulator::new(&scenario)?;
    let mut generator = seed::stream(options.seed, SHARES_STREAM);
    let mut file = KpiFile::create(&options.output, period(0))?;
    let cells: Vec<String> =
        (0..CELLS).map(|cell| NrCellIdentity::generated(cell).to_string()).collect();
    let bar = bar(options.steps, "{wide_bar} step {pos}/{len}  {elapsed}")?;
    let mut rows = 0;
    for step in 0..options.steps {
        let shares = match options.shares.as_str() {
            // Shares that sum to more than 1 in a cell shrink in proportion.
            "equal" => vec![1.0; CELLS * network.present().len()],
            "traffic" => by_traffic(&network.coming_traffic_mbps(), network.present().len()),
            _ => random_shares(&network, &mut generator),
        };
        let done = network.advance(&shares);
        for (group, kpis) in done.kpis.iter().enumerate() {
            let cell = &cells[group / done.present.len()];
            let service = &scenario.slices[done.present[group % done.present.len()]].service;
            file.row(&KpiRow::simulated(period(step), cell, service, kpis, CELL_PRB))?;
        }
        rows += done.kpis.len();
        bar.inc(1);
    }
    file.commit()?;
    bar.finish_and_clear();
    println!("{}: {rows} rows of {CELLS} cells", options.output.display());
    Ok(())
}

fn scenario(options: &GenerateCells) -> Result<Scenario, InputError> {
    let known = ServiceProfile::of_the_paper().len();
    for number in &options.slices {
        check_range("slices", *number as f64, 1.0, known as f64, "")?;
    }
    let scenario = Scenario::of_the_paper(&options.slices, options.seed);
    scenario.validate()?;
    Ok(scenario)
}

/// Traffic as shares of each cell; equal ones where there is none.
fn by_traffic(traffic_mbps: &[f64], slices: usize) -> Vec<f64> {
    let cell = |cell: &[f64]| {
        let sum: f64 = cell.iter().sum();
        let share = |traffic: &f64| if sum > 0.0 { traffic / sum } else { 1.0 / slices as f64 };
        cell.iter().map(share).collect::<Vec<f64>>()
    };
    traffic_mbps.chunks(slices.max(1)).flat_map(cell).collect()
}
