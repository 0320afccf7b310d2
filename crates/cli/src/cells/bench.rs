//! `slicewise bench cells`: how fast cells are split exactly, and how the schemes compare.

use std::time::Instant;

use serde_json::{Value, json};
use slicewise_cells::city::{cells, random_cells};
use slicewise_cells::model::shipped;
use slicewise_cells::solver::plan_on_threads;
use slicewise_core::cells::job::{City, MOST_CELLS, Method};
use slicewise_core::cells::plan::WORTHLESS;
use slicewise_core::cells::{CellBatch, CellPlans, Objective, Scheme, ServiceProfile};
use slicewise_core::compute::Device;
use slicewise_core::error::check_range;
use slicewise_nets::estimator::Estimator;

use super::gpu::CellGpu;
use crate::compute::{device_name, worker_count};

/// Cells that are made and planned together: what is in memory does not grow beyond it.
const CELLS_TOGETHER: usize = 100_000;
/// Slices of the cells on which schemes are compared.
const COMPARED_SLICES: std::ops::RangeInclusive<usize> = 2..=8;
/// The gap that every cell must keep.
const LARGEST_GAP: f64 = 1e-3;

/// Options of `bench cells`.
///
/// Cities of growing size, four slices in each cell, are split exactly (sum of logarithms): curves,
/// splits, bounds and the evaluation of the result; making the city is not counted. Where there is a
/// graphics processor, a second time on its curves. Then the
/// schemes are compared on random cells of 2 to 8 slices.
#[derive(clap::Args, Debug)]
pub struct CellTimes {
    /// Cells per city, ascending.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000,1000000")]
    sizes: Vec<usize>,
    /// Random cells to compare the schemes on; 0 leaves it out.
    #[arg(long, default_value_t = 10_000)]
    compared: usize,
    /// The estimator.
    #[arg(long, default_value = "simulated-expected")]
    model: String,
    /// Threads [default: one per core].
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// auto: a graphics processor too, where there is one; cpu: none; gpu: also one that is only a
    /// program.
    #[arg(long, default_value = "auto", value_parser = device_name)]
    device: Device,
    /// Seed of the cells.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One city.
struct Size {
    cells: usize,
    making_seconds: f64,
    seconds: f64,
    gaps: Vec<f64>,
    /// On the graphics processor.
    gpu: Option<OnGpu>,
}

/// One city on the graphics processor.
#[derive(Default)]
struct OnGpu {
    seconds: f64,
    largest_gap: f64,
}

/// One scheme on the random cells.
struct Compared {
    scheme: Scheme,
    seconds: f64,
    /// (exact - this)/exact of each cell, ascending.
    shortfalls: Vec<f64>,
    infeasible: usize,
}

/// All schemes on the random cells.
struct Comparison {
    gaps: Vec<f64>,
    schemes: Vec<Compared>,
}

/// Runs `slicewise bench cells`.
///
/// # Errors
/// Names the option that is out of range.
pub fn run(options: &CellTimes) -> anyhow::Result<()> {
    for size in &options.sizes {
        check_range("sizes", *size as f64, 1.0, MOST_CELLS as f64, "cells")?;
    }
    check_range("compared", options.compared as f64, 0.0, MOST_CELLS as f64, "cells")?;
    let workers = worker_count(options.workers)?;
    let estimator = shipped(&options.model)?;
    let gpu = gpu(options.device, &estimator)?;
    let mut sizes = Vec::new();
    for size in &options.sizes {
        sizes.push(time_city(&estimator, gpu.as_ref(), options, *size, workers)?);
    }
    let comparison =
        (options.compared > 0).then(|| compare(&estimator, options, workers)).transpose()?;
    if options.json {
        let mut report = report(options, workers, &sizes, comparison.as_ref());
        report["gpu"] = Value::from(gpu.map(|gpu| gpu.name()));
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("exact splits with {}, {workers} threads", options.model);
        print!("{}", size_table(&sizes));
        if let Some(gpu) = &gpu {
            print!("\n{}", gpu_table(gpu, &sizes));
        }
        if let Some(comparison) = &comparison {
            print!("\n{}", comparison_table(comparison));
        }
    }
    Ok(())
}

/// The graphics processor to time, if any.
fn gpu(device: Device, estimator: &Estimator) -> anyhow::Result<Option<CellGpu>> {
    match device {
        Device::Cpu => Ok(None),
        Device::Gpu => Ok(Some(CellGpu::start(estimator)?)),
        Device::Auto => Ok(CellGpu::start(estimator).ok().filter(|gpu| !gpu.is_software())),
    }
}

fn method(options: &CellTimes, scheme: Scheme) -> Method {
    Method::new(&options.model, Objective::LogSum, scheme, options.seed)
}

fn time_city(
    estimator: &Estimator,
    gpu: Option<&CellGpu>,
    options: &CellTimes,
    count: usize,
    workers: usize,
) -> anyhow::Result<Size> {
    let services = ServiceProfile::of_the_paper().to_vec();
    let city = City::new(options.seed, count, services);
    let method = method(options, Scheme::Exact);
    let mut size = Size {
        cells: count,
        making_seconds: 0.0,
        seconds: 0.0,
        gaps: Vec::new(),
        gpu: gpu.map(|_| OnGpu::default()),
    };
    for first in (0..count).step_by(CELLS_TOGETHER) {
        let start = Instant::now();
        let batch = cells(&city, first, CELLS_TOGETHER.min(count - first));
        size.making_seconds += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let plans = plan_on_threads(estimator, &method, &batch, workers)?;
        size.seconds += start.elapsed().as_secs_f64();
        size.gaps.extend(gaps(&plans));
        if let (Some(gpu), Some(found)) = (gpu, &mut size.gpu) {
            let start = Instant::now();
            let plans = gpu.plan(&method, &batch, workers)?;
            found.seconds += start.elapsed().as_secs_f64();
            found.largest_gap = gaps(&plans).fold(found.largest_gap, f64::max);
        }
    }
    size.gaps.sort_by(f64::total_cmp);
    Ok(size)
}

fn gaps(plans: &CellPlans) -> impl Iterator<Item = f64> + '_ {
    (0..plans.len()).map(|cell| plans.gap(cell))
}

fn compare(
    estimator: &Estimator,
    options: &CellTimes,
    workers: usize,
) -> anyhow::Result<Comparison> {
    let batch = random_cells(options.seed, 0, options.compared, COMPARED_SLICES);
    let exact = plan_on_threads(estimator, &method(options, Scheme::Exact), &batch, workers)?;
    let mut schemes = Vec::new();
    for scheme in [Scheme::Exact, Scheme::Idla, Scheme::Oracle, Scheme::Traffic, Scheme::Equal] {
        let start = Instant::now();
        let plans = plan_on_threads(estimator, &method(options, scheme), &batch, workers)?;
        let seconds = start.elapsed().as_secs_f64();
        let below = |cell: usize| match exact.utilities[cell] {
            best if best > WORTHLESS => 1.0 - plans.utilities[cell] / best,
            _ => 0.0,
        };
        let mut shortfalls: Vec<f64> = (0..batch.len()).map(below).collect();
        shortfalls.sort_by(f64::total_cmp);
        let infeasible = (0..batch.len()).filter(|cell| !feasible(&batch, &plans, *cell)).count();
        schemes.push(Compared { scheme, seconds, shortfalls, infeasible });
    }
    let mut gaps: Vec<f64> = gaps(&exact).collect();
    gaps.sort_by(f64::total_cmp);
    Ok(Comparison { gaps, schemes })
}

/// Whether a split keeps the minima and the cell.
fn feasible(batch: &CellBatch, plans: &CellPlans, cell: usize) -> bool {
    let shares = &plans.shares[plans.range(cell)];
    let minimum = &batch.minimum_shares[batch.range(cell)];
    shares.iter().sum::<f64>() <= 1.0 && shares.iter().zip(minimum).all(|(share, m)| share >= m)
}

/// The `part` quantile of ascending numbers.
fn quantile(ascending: &[f64], part: f64) -> f64 {
    let index = (part * ascending.len().saturating_sub(1) as f64).round() as usize;
    ascending.get(index).copied().unwrap_or(f64::NAN)
}

fn beyond(gaps: &[f64], gap: f64) -> usize {
    gaps.iter().filter(|found| **found > gap).count()
}

impl Size {
    fn microseconds_per_cell(&self) -> f64 {
        1e6 * self.seconds / self.cells as f64
    }
}

fn report(
    options: &CellTimes,
    workers: usize,
    sizes: &[Size],
    comparison: Option<&Comparison>,
) -> Value {
    let sizes: Vec<Value> = sizes
        .iter()
        .map(|size| {
            json!({
                "cells": size.cells,
                "making_seconds": size.making_seconds,
                "seconds": size.seconds,
                "cells_per_second": size.cells as f64 / size.seconds,
                "microseconds_per_cell": size.microseconds_per_cell(),
                "gap": gap_report(&size.gaps),
                "gpu": size.gpu.as_ref().map(|gpu| json!({
                    "seconds": gpu.seconds,
                    "cells_per_second": size.cells as f64 / gpu.seconds,
                    "largest_gap": gpu.largest_gap,
                })),
            })
        })
        .collect();
    let comparison = comparison.map(|comparison| {
        let schemes: Vec<Value> = comparison
            .schemes
            .iter()
            .map(|scheme| {
                json!({
                    "scheme": scheme.scheme.name(),
                    "seconds": scheme.seconds,
                    "infeasible": scheme.infeasible,
                    "below_exact": {
                        "least": quantile(&scheme.shortfalls, 0.0),
                        "median": quantile(&scheme.shortfalls, 0.5),
                        "p99": quantile(&scheme.shortfalls, 0.99),
                        "largest": quantile(&scheme.shortfalls, 1.0),
                    },
                })
            })
            .collect();
        json!({ "cells": comparison.gaps.len(), "gap": gap_report(&comparison.gaps), "schemes": schemes })
    });
    json!({
        "model": options.model,
        "workers": workers,
        "sizes": sizes,
        "comparison": comparison,
    })
}

fn gap_report(gaps: &[f64]) -> Value {
    json!({
        "median": quantile(gaps, 0.5),
        "p99": quantile(gaps, 0.99),
        "largest": quantile(gaps, 1.0),
        "beyond_1e-6": beyond(gaps, 1e-6),
        "beyond_1e-3": beyond(gaps, LARGEST_GAP),
    })
}

fn size_table(sizes: &[Size]) -> String {
    let mut text = "   cells   seconds   cells/s  us/cell  gap: median     99 %  largest  \
                    >1e-6  >1e-3  making the city\n"
        .to_owned();
    for size in sizes {
        text += &format!(
            "{:>8}  {:>8.3}  {:>8.0}  {:>7.2}  {:>11.1e}  {:>7.1e}  {:>7.1e}  {:>5}  {:>5}  {:>13.3} s\n",
            size.cells,
            size.seconds,
            size.cells as f64 / size.seconds,
            size.microseconds_per_cell(),
            quantile(&size.gaps, 0.5),
            quantile(&size.gaps, 0.99),
            quantile(&size.gaps, 1.0),
            beyond(&size.gaps, 1e-6),
            beyond(&size.gaps, LARGEST_GAP),
            size.making_seconds,
        );
    }
    text
}

fn gpu_table(gpu: &CellGpu, sizes: &[Size]) -> String {
    let mut text = format!("the same with the curves of {}\n", gpu.name());
    text += "   cells   seconds   cells/s  largest gap  times the processor's seconds\n";
    for (size, found) in sizes.iter().filter_map(|size| Some((size, size.gpu.as_ref()?))) {
        text += &format!(
            "{:>8}  {:>8.3}  {:>8.0}  {:>11.1e}  {:>30.2}\n",
            size.cells,
            found.seconds,
            size.cells as f64 / found.seconds,
            found.largest_gap,
            found.seconds / size.seconds,
        );
    }
    text
}

fn comparison_table(comparison: &Comparison) -> String {
    let mut text = format!(
        "{} random cells of {} to {} slices; exact gap: median {:.1e}, largest {:.1e}, beyond 1e-3: {}\n\
         scheme   below exact: least   median     99 %  largest  infeasible  seconds\n",
        comparison.gaps.len(),
        COMPARED_SLICES.start(),
        COMPARED_SLICES.end(),
        quantile(&comparison.gaps, 0.5),
        quantile(&comparison.gaps, 1.0),
        beyond(&comparison.gaps, LARGEST_GAP),
    );
    for scheme in &comparison.schemes {
        text += &format!(
            "{:<7}  {:>18.1e}  {:>7.1e}  {:>7.1e}  {:>7.1e}  {:>10}  {:>7.2}\n",
            scheme.scheme.name(),
            quantile(&scheme.shortfalls, 0.0),
            quantile(&scheme.shortfalls, 0.5),
            quantile(&scheme.shortfalls, 0.99),
            quantile(&scheme.shortfalls, 1.0),
            scheme.infeasible,
            scheme.seconds,
        );
    }
    text
}
