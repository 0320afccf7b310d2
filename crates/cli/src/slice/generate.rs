//! `slicewise generate slice-delay` and `slicewise generate daily-traffic`.

use std::path::{Path, PathBuf};

use slicewise_core::slice::daily_trace::daily_trace;
use slicewise_slice::dataset::{TEST_FILE, TRAINING_FILE};
use slicewise_slice::simulator::{Campaign, write_csv};

use crate::progress::bar;
use crate::whole_file::{WholeFile, write};

/// Options of `generate slice-delay`.
#[derive(clap::Args, Debug)]
pub struct SliceDelay {
    /// Folder to write train_dataset.csv (a grid) and test_dataset.csv (points off that grid) to.
    #[arg(long)]
    output: PathBuf,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `generate daily-traffic`.
#[derive(clap::Args, Debug)]
pub struct DailyTraffic {
    /// File to write.
    #[arg(long)]
    output: PathBuf,
    /// Traffic of the busiest slot, in users/s.
    #[arg(long, default_value_t = 5.0)]
    peak: f64,
    /// Seed of the noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs `slicewise generate daily-traffic`.
pub fn daily_traffic(options: &DailyTraffic) -> anyhow::Result<()> {
    let rows: String = daily_trace(options.seed, options.peak)
        .iter()
        .map(|users| format!("{users:.4}\n"))
        .collect();
    write(&options.output, format!("users_per_second\n{rows}"))
}

/// Runs `slicewise generate slice-delay`.
pub fn slice_delay(options: &SliceDelay) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.output)?;
    let grid = Campaign { seed: options.seed, ..Campaign::default() };
    simulate(&grid, &options.output.join(TRAINING_FILE))?;
    simulate(&off_grid(&grid), &options.output.join(TEST_FILE))
}

/// The mid-points of every other cell of `grid`, simulated with another seed.
fn off_grid(grid: &Campaign) -> Campaign {
    let middles = |values: &[f64]| {
        values.windows(2).step_by(3).map(|pair| 0.5 * (pair[0] + pair[1])).collect()
    };
    Campaign {
        users_per_second: middles(&grid.users_per_second),
        cpu_millicores: middles(&grid.cpu_millicores),
        bandwidth_mbps: middles(&grid.bandwidth_mbps),
        seed: grid.seed.wrapping_add(1),
        ..grid.clone()
    }
}

fn simulate(campaign: &Campaign, path: &Path) -> anyhow::Result<()> {
    let bar = bar(0, "{wide_bar} point {pos}/{len}  {elapsed}")?;
    let rows = campaign.run(&mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish();
    let mut file = WholeFile::create(path)?;
    write_csv(&rows, &mut file)?;
    file.commit()?;
    println!("{}: {} rows", path.display(), rows.len());
    Ok(())
}
