//! `slicewise generate city`: the KPI table of a synthetic city.

use std::path::PathBuf;

use slicewise_cells::city;
use slicewise_core::cells::job::{City, MOST_CELLS};
use slicewise_core::cells::{CellBatch, HISTORY, ServiceProfile};
use slicewise_core::error::check_range;
use slicewise_core::formats::kpi_table::KpiRow;
use slicewise_core::formats::nr_cell::NrCellIdentity;

use super::period;
use crate::cells::tables::KpiFile;
use crate::progress::bar;

/// Options of `generate city`.
///
/// Each cell has the paper's four slices over the last five periods of 15 minutes. Cells are named
/// by NR cell identities, three to a gNB.
#[derive(clap::Args, Debug)]
pub struct GenerateCity {
    /// Number of cells.
    #[arg(long, value_name = "N")]
    cells: usize,
    /// File to write: .csv or .parquet.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Seed of the cells.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Order of the rows: cell (all periods of a cell together) or time.
    #[arg(long, default_value = "cell", value_parser = ["cell", "time"])]
    order: String,
}

/// Cells that are made at a time.
const CELLS_AT_A_TIME: usize = 4096;

/// Runs `slicewise generate city`.
///
/// # Errors
/// Names the option that is out of range, or says that the file cannot be written.
pub fn run(options: &GenerateCity) -> anyhow::Result<()> {
    check_range("cells", options.cells as f64, 1.0, MOST_CELLS as f64, "cells")?;
    let services = ServiceProfile::of_the_paper().to_vec();
    let city = City::new(options.seed, options.cells, services);
    let mut file = KpiFile::create(&options.output, period(0))?;
    let by_time = options.order == "time";
    let rounds: Vec<Vec<usize>> = if by_time {
        (0..HISTORY).map(|step| vec![step]).collect()
    } else {
        vec![(0..HISTORY).collect()]
    };
    let bar = bar(rounds.len() * options.cells, "writing {wide_bar} {percent} %  {elapsed}")?;
    for steps in &rounds {
        for first in (0..options.cells).step_by(CELLS_AT_A_TIME) {
            let count = CELLS_AT_A_TIME.min(options.cells - first);
            write(&city, first, &city::cells(&city, first, count), steps, &mut file)?;
            bar.inc(count as u64);
        }
    }
    file.commit()?;
    bar.finish_and_clear();
    let rows = options.cells * city.services.len() * HISTORY;
    println!("{}: {rows} rows of {} cells", options.output.display(), options.cells);
    Ok(())
}

/// Writes the rows of `batch`, whose first cell is number `first` of the city, in these steps.
fn write(
    city: &City,
    first: usize,
    batch: &CellBatch,
    steps: &[usize],
    file: &mut KpiFile,
) -> anyhow::Result<()> {
    for cell in 0..batch.len() {
        let name = NrCellIdentity::generated(first + cell).to_string();
        for step in steps {
            for (slice, service) in batch.range(cell).zip(&city.services) {
                file.row(&row(batch, slice, *step, &name, service))?;
            }
        }
    }
    Ok(())
}

fn row<'a>(
    batch: &CellBatch,
    slice: usize,
    step: usize,
    cell: &'a str,
    service: &ServiceProfile,
) -> KpiRow<'a> {
    let features = batch.features_of(slice);
    let active_users = features[step];
    // The city knows the traffic of the last period only.
    let is_last = step == HISTORY - 1 && active_users > 0.0;
    KpiRow {
        period: period(step),
        cell,
        snssai: service.snssai,
        active_users,
        cqi: features[HISTORY + step],
        prb_used: None,
        prb_available: None,
        throughput_mbps: is_last.then(|| batch.traffic_mbps[slice] / active_users),
        delay_ms: None,
        required_throughput_mbps: service.required_throughput_mbps,
        required_delay_ms: service.required_delay_ms,
        weight: None,
        minimum_share: None,
        share: None,
    }
}
