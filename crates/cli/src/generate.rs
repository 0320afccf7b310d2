//! `slicewise generate`: data from the project's own simulators.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use futures::executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use slicewise_core::slice::Traffic;
use slicewise_core::slice::daily_trace::daily_trace;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_optim::Unmonitored;
use slicewise_slice::charts::{curves, landscape};
use slicewise_slice::dataset::{TEST_FILE, TRAINING_FILE};
use slicewise_slice::model::shipped;
use slicewise_slice::simulator::{Campaign, write_csv};
use slicewise_slice::{Effort, solve};

use crate::generate_cells::{self, GenerateCells};
use crate::generate_city::{self, GenerateCity};
use crate::output_file::write;

/// What to generate.
#[derive(clap::Subcommand)]
pub enum Generate {
    /// Packet delays of a gNB limited by CPU followed by a link limited by bandwidth.
    SliceDelay(SliceDelay),
    /// A day of slice traffic in 5-minute slots.
    DailyTraffic(DailyTraffic),
    /// Demand of a named service in 5-minute steps; or its parameters, fitted to a trace.
    Demand(crate::forecast::GenerateDemand),
    /// The answer that the page shows before its engine has arrived.
    FirstView(FirstView),
    /// The KPI table of a synthetic city, to try `plan cells` with.
    City(GenerateCity),
    /// The KPI table of a run of the simulated network of twelve cells.
    Cells(GenerateCells),
}

/// Options of `generate slice-delay`.
#[derive(clap::Args)]
pub struct SliceDelay {
    /// Folder to write train_dataset.csv (a grid) and test_dataset.csv (points off that grid) to.
    #[arg(long)]
    output: PathBuf,
    /// Seed of the simulation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `generate daily-traffic`.
#[derive(clap::Args)]
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

/// Options of `generate first-view`.
#[derive(clap::Args)]
pub struct FirstView {
    /// Folder to write plan.json, landscape.json and curves.json to: app/precomputed.
    #[arg(long)]
    output: PathBuf,
}

/// Runs `slicewise generate`.
pub fn run(generate: &Generate) -> anyhow::Result<()> {
    match generate {
        Generate::SliceDelay(options) => slice_delay(options),
        Generate::Demand(options) => crate::forecast::generate(options),
        Generate::FirstView(options) => first_view(&options.output),
        Generate::City(options) => generate_city::run(options),
        Generate::Cells(options) => generate_cells::run(options),
        Generate::DailyTraffic(options) => {
            let rows: String = daily_trace(options.seed, options.peak)
                .iter()
                .map(|users| format!("{users:.4}\n"))
                .collect();
            write(&options.output, format!("users_per_second\n{rows}"))
        }
    }
}

fn slice_delay(options: &SliceDelay) -> anyhow::Result<()> {
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
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{wide_bar} point {pos}/{len}  {elapsed}")?);
    let rows = campaign.run(&mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish();
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    write_csv(&rows, BufWriter::new(file))?;
    println!("{}: {} rows", path.display(), rows.len());
    Ok(())
}

/// Users per second, QoS and degradation thresholds of the page's first problem.
const FIRST_PROBLEM: (f64, f64, f64) = (3.0, 5.0, 0.1);
/// Grid points per axis of the page's landscape, and points of its curves.
const FIRST_CHARTS: (usize, usize) = (44, 17);

fn first_view(folder: &Path) -> anyhow::Result<()> {
    let network = shipped("testbed-gaussian")?;
    let (users_per_second, qos, degradation) = FIRST_PROBLEM;
    let traffic = Traffic::Constant { users_per_second };
    let problem = SliceProblem::single(&network.card, traffic, qos, degradation);
    let plan = block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ()))?;
    let allocation = plan.slices[0].allocation.clone();
    let (resolution, points) = FIRST_CHARTS;
    let field = block_on(landscape(&network, &problem, 0, &allocation, resolution, &Unmonitored))?;
    let curves = block_on(curves(&network, &problem, 0, points, &Unmonitored))?;
    std::fs::create_dir_all(folder)?;
    write_json(&folder.join("plan.json"), serde_json::to_value(&plan)?)?;
    let mut picture = rounded(serde_json::to_value(&field)?, CHART_DIGITS);
    picture["degradation"] = json!(field.degradation.iter().map(coloured).collect::<Vec<_>>());
    write_json(&folder.join("landscape.json"), picture)?;
    write_json(&folder.join("curves.json"), rounded(serde_json::to_value(&curves)?, CHART_DIGITS))
}

fn write_json(path: &Path, value: Value) -> anyhow::Result<()> {
    write(path, value.to_string() + "\n")
}

/// Digits of the numbers behind charts: they need no more, and the page stays small.
const CHART_DIGITS: usize = 4;

/// A degradation as exactly as a colour shows it: in steps of 0.005.
fn coloured(degradation: &f64) -> f64 {
    (200.0 * degradation).round() / 200.0
}

/// Numbers to `digits` digits.
fn rounded(value: Value, digits: usize) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.fract() != 0.0 => {
                let text = format!("{number:.*e}", digits - 1);
                json!(text.parse::<f64>().unwrap_or(number))
            }
            _ => Value::Number(number),
        },
        Value::Array(values) => {
            Value::Array(values.into_iter().map(|value| rounded(value, digits)).collect())
        }
        Value::Object(fields) => {
            let rounded = |(name, value)| (name, rounded(value, digits));
            Value::Object(fields.into_iter().map(rounded).collect())
        }
        other => other,
    }
}
