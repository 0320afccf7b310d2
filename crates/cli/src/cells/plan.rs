//! `slicewise plan cells`: the splits of all cells of a KPI table.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::builder::{PossibleValue, PossibleValuesParser};
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_cells::solver;
use slicewise_cells::solver::device::DeviceSolver;
use slicewise_core::cells::job::{DEFAULT_LEAST_SHARE, Method};
use slicewise_core::cells::{CellBatch, CellPlans, Objective, Scheme};
use slicewise_core::compute::Device;
use slicewise_core::formats::kpi_table::{
    DelayUnit, KpiOptions, KpiReport, KpiTable, PrbAvailable, Requirements, ThroughputUnit,
};
use slicewise_core::formats::nr_cell::{GNB_ID_BITS, IdentityForm};
use slicewise_core::formats::plan_documents::read_current;
use slicewise_core::formats::rrm_policy::{CellPolicies, Firmness, Plmn};
use slicewise_core::formats::stamps::DateOrder;
use slicewise_core::formats::table::DecimalSign;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Unmonitored;

use super::estimators::estimator;
use super::findings::Findings;
use super::gpu::CellGpu;
use super::pieces::{CELLS_AT_A_TIME, plan_pieces};
use super::tables::{self, DocumentOptions, PlanFile, PlanFormat, format_names};
use crate::compute::worker_count;
use crate::progress::bar;
use crate::table_file::{self, DecimalOption, date_order};

/// Problems that are printed one by one where JSON is not asked for.
const MOST_PRINTED: usize = 20;
/// Cells that the graphics processor takes at a time.
const CELLS_ON_DEVICE: usize = 16_384;

/// Options of `plan cells`.
///
/// The input has one row per granularity period, cell and S-NSSAI, in any order, with the columns
/// period_start, NRCellDU, SNSSAI, DRB.MeanActiveUeDl.SNSSAI and CARR.WBCQIMean.SNSSAI (or the bins of
/// CARR.WBCQIDist), and if there are any dLThptPerUE (kbit/s), dLLatency (ms), DRB.UEThpDl.SNSSAI
/// (kbit/s), DRB.RlcSduDelayDl.SNSSAI (0.1 ms), RRU.PrbUsedDl.SNSSAI, RRU.PrbAvailDl, RRU.PrbTotDl,
/// weight, leastRatio (what a plan must leave to the slice, %), rRMPolicyMinRatio (the policy in
/// force, %) and share (that the slice had, 0 to 1). Names of one slice, such as
/// DRB.UEThpDl.1-000001, make a row of each. What slices require may be told by --requirement. Bad
/// rows are reported and the rest is planned. Memory grows with the cells and their slices, about
/// 1.3 KB per cell of four slices, not with the rows.
///
/// --json prints: cells, slices, rows, bad_rows, cells_left_out, slices_gone, slices_extrapolated
/// (outside the estimator's training data), problems, problems_not_listed, unknown_columns, seconds (everything), reading_seconds, planning_seconds
/// (with writing), cells_per_second (planning), gap_max, gap_median, satisfaction_mean,
/// utility_mean, evaluations, model, objective, scheme, least_share, cost_of_change, cells_kept (that
/// keep the split that the table names), workers, device, format, notes (how the
/// table was read, and what whoever uses the output has to know). Satisfactions are estimates.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct PlanCells {
    /// KPI table, as text (CSV) or Parquet. Or performance files of 3GPP TS 32.435 (XML) and VES
    /// measurement events (JSON), any number. All but Parquet may be packed by gzip or zip.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    input: Vec<PathBuf>,
    /// Plan: a .csv or .parquet table with one row per cell and slice, or documents for a network: a
    /// file, or a folder or .zip where there are several.
    #[arg(long, value_name = "FILE|FOLDER")]
    output: PathBuf,
    /// What is written [default: by the output's ending: .csv, .parquet, .json (rrm), .yml (srsran) or
    /// .xml (netconf)].
    #[arg(long, value_parser = format_parser())]
    format: Option<String>,
    /// What a slice requires, before what the table says: 1-000001=2000kbps,100ms. Once per slice.
    #[arg(long = "requirement", value_name = "SNSSAI=RATE,DELAY")]
    requirement: Vec<String>,
    /// The same for many slices: a .csv table with the columns SNSSAI, dLThptPerUE (kbit/s), dLLatency
    /// (ms), weight and leastRatio (%), of which the first is needed.
    #[arg(long, value_name = "FILE")]
    requirements: Option<PathBuf>,
    /// PRB of every carrier [default: as RRU.PrbAvailDl or RRU.PrbTotDl say].
    #[arg(long, value_name = "PRB")]
    carrier_prb: Option<f64>,
    /// What RRU.PrbAvailDl counts: free or total [default: free where, over the periods, it comes to the
    /// same with the used ones].
    #[arg(long, value_name = "free|total")]
    prb_available: Option<PrbAvailable>,
    /// Unit of DRB.UEThpDl: bit/s, kbit/s or Mbit/s [default: as the heading says, else kbit/s].
    #[arg(long, value_name = "UNIT")]
    throughput_unit: Option<ThroughputUnit>,
    /// Unit of DRB.RlcSduDelayDl: us, 0.1ms, ms or s [default: as the heading says, else 0.1ms].
    #[arg(long, value_name = "UNIT")]
    delay_unit: Option<DelayUnit>,
    /// Which stands first in dates such as 01/02/2026: day or month [default: what the table shows].
    #[arg(long, value_name = "FIRST", value_parser = date_order)]
    date_order: Option<DateOrder>,
    /// Decimal sign of the table's numbers: point or comma [default: what the columns show].
    #[arg(long, value_name = "SIGN")]
    decimal: Option<DecimalOption>,
    /// Print what the columns of the table were taken for.
    #[arg(long)]
    explain: bool,
    /// Name of a shipped estimator, or a folder with card.json and weights.safetensors.
    #[arg(long, default_value = "simulated-expected", value_name = "NAME|FOLDER")]
    model: String,
    /// log-sum, max-min or weighted-sum.
    #[arg(long, default_value = "log-sum", value_parser = named::<Objective>)]
    objective: Objective,
    /// exact, idla, oracle, traffic or equal.
    #[arg(long, default_value = "exact", value_parser = named::<Scheme>)]
    scheme: Scheme,
    /// Least share of every slice that has users, 0 to 0.25, whatever is maximised; 0 lets a slice go
    /// without PRB.
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_LEAST_SHARE)]
    least_share: f64,
    /// What a change of a cell's split costs, in the objective's utility, 0 to 1: cells whose shares
    /// the table names keep them unless the best split is worth more by this [default: 0.02 for
    /// log-sum, 0.05 for max-min, 0.005 for weighted-sum].
    #[arg(long, value_name = "UTILITY")]
    cost_of_change: Option<f64>,
    /// Seed of the search's starts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads [default: one per core].
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// cpu, or gpu: curves from the graphics processor, which the exact scheme with an estimator that
    /// rises by construction can use. Their proofs rest on the processor's curves all the same.
    #[arg(long, default_value = "cpu", value_parser = cell_device)]
    device: Device,
    /// Network of the slices, for documents [default: 001-01, that of tests].
    #[arg(long, value_name = "MCC-MNC")]
    plmn: Option<String>,
    /// How firmly slices hold their shares, for documents: exact (minimum and maximum), minimum (idle
    /// blocks of others come on top), dedicated (kept free, and not more) or both (kept free, and idle
    /// blocks of others on top).
    #[arg(long, default_value = "exact", value_parser = named::<Firmness>)]
    firmness: Firmness,
    /// How NR cell identities of nine digits are read, where the table's other names do not tell: decimal
    /// or hexadecimal.
    #[arg(long, value_name = "FORM", value_parser = named::<IdentityForm>)]
    cell_identities: Option<IdentityForm>,
    /// Bits of a gNB's identity within that of its cells, 22 to 32.
    #[arg(long, value_name = "BITS", default_value_t = GNB_ID_BITS, value_parser = clap::value_parser!(u32).range(22..=32))]
    gnb_id_bits: u32,
    /// Policies that the cells have now, for the old values of E2SM-CCC: a document of RRMPolicyRatio or
    /// an E2SM-CCC message.
    #[arg(long, value_name = "FILE")]
    current_policy: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The device of that name; nothing is gained by a choice that is automatic.
fn cell_device(name: &str) -> Result<Device, String> {
    match name {
        "cpu" => Ok(Device::Cpu),
        "gpu" => Ok(Device::Gpu),
        _ => Err("cpu or gpu".to_owned()),
    }
}

fn format_parser() -> PossibleValuesParser {
    let values = format_names().into_iter().map(|(name, note)| PossibleValue::new(name).help(note));
    PossibleValuesParser::new(values)
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(name)).map_err(|error| error.to_string())
}

/// Runs `slicewise plan cells`.
///
/// # Errors
/// Names the option, the file or the column that cannot be used.
pub fn run(options: &PlanCells) -> anyhow::Result<()> {
    let start = Instant::now();
    let format = PlanFormat::of(options.format.as_deref(), &options.output)?;
    let (for_documents, mut notes) = document_options(options, format)?;
    let workers = worker_count(options.workers)?;
    let estimator = estimator(&options.model)?;
    let mut method =
        Method::new(&options.model, options.objective, options.scheme, options.seed).steady();
    method.least_share = options.least_share;
    method.cost_of_change = options.cost_of_change.unwrap_or(method.cost_of_change);
    method.validate()?;
    let device = Planning::start(options.device, &estimator, &method)?;
    let table = read(options)?;
    let reading_seconds = start.elapsed().as_secs_f64();
    notes.extend(format.check_names(&names(&table), options.cell_identities)?);
    let mut file = PlanFile::create(&options.output, format, for_documents)?;
    let mut found = Findings::default();
    let bar = bar(table.len(), &template("planning"))?;
    let (threads, together) = device.threads_and_cells(workers);
    plan_pieces(
        &table,
        threads,
        together,
        &|batch| device.plan(&estimator, &method, batch, workers),
        &mut |cells, plans| {
            found.add(plans);
            found.add_kept(&cells.batch, plans);
            bar.inc(plans.len() as u64);
            file.write(cells, plans)
        },
    )?;
    notes.extend(file.commit()?);
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let times = Times { seconds, reading_seconds };
    let mut summary = summary(table.report(), &found, &times, &method, workers);
    summary["device"] = Value::from(device.name());
    summary["notes"] = json!([&table.report().notes[..], &notes[..]].concat());
    if options.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    } else {
        print_problems(table.report());
        notes.iter().for_each(|note| eprintln!("{note}"));
        print!("{}", sentences(&summary));
    }
    Ok(())
}

/// What documents are written for, and what is told of it.
fn document_options(
    options: &PlanCells,
    format: PlanFormat,
) -> anyhow::Result<(DocumentOptions, Vec<String>)> {
    let mut notes = Vec::new();
    let plmn = match &options.plmn {
        Some(plmn) => Plmn::parse("plmn", plmn)?,
        None => {
            if matches!(format, PlanFormat::Documents(_)) {
                notes.push("The network is 001-01, that of tests: --plmn names yours.".to_owned());
            }
            Plmn::of_tests()
        }
    };
    let current = match &options.current_policy {
        Some(path) => current_policies(path, &mut notes)?,
        None => Vec::new(),
    };
    let options = DocumentOptions {
        plmn,
        firmness: options.firmness,
        identities: options.cell_identities,
        gnb_bits: options.gnb_id_bits,
        current,
    };
    Ok((options, notes))
}

fn current_policies(path: &Path, notes: &mut Vec<String>) -> anyhow::Result<Vec<CellPolicies>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let current = read_current(&text).with_context(|| path.display().to_string())?;
    for cell in &current {
        let name = cell.cell.as_deref().unwrap_or("the cell");
        notes
            .extend(cell.passed_over.iter().map(|place| format!("passed over of {name}: {place}")));
    }
    Ok(current)
}

/// The names of all cells of a table.
fn names(table: &KpiTable) -> Vec<String> {
    let pieces = (0..table.len()).step_by(CELLS_AT_A_TIME);
    pieces.flat_map(|first| table.cells(first..first + CELLS_AT_A_TIME).cells).collect()
}

/// Where cells are planned.
enum Planning {
    Cpu,
    Gpu(Box<CellGpu>),
}

impl Planning {
    fn start(device: Device, estimator: &Estimator, method: &Method) -> anyhow::Result<Self> {
        if device != Device::Gpu {
            return Ok(Self::Cpu);
        }
        if !DeviceSolver::plans(method.scheme) {
            bail!("device is gpu, scheme {}; allowed: the exact scheme", method.scheme.name());
        }
        Ok(Self::Gpu(Box::new(CellGpu::start(estimator)?)))
    }

    /// Threads that ask for plans at the same time, and for how many cells.
    fn threads_and_cells(&self, workers: usize) -> (usize, usize) {
        match self {
            Self::Cpu => (workers, CELLS_AT_A_TIME),
            Self::Gpu(_) => (1, CELLS_ON_DEVICE),
        }
    }

    fn plan(
        &self,
        estimator: &Estimator,
        method: &Method,
        cells: &CellBatch,
        workers: usize,
    ) -> anyhow::Result<CellPlans> {
        match self {
            Self::Cpu => Ok(block_on(solver::plan(estimator, method, cells, &Unmonitored))?),
            Self::Gpu(gpu) => gpu.plan(method, cells, workers),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Cpu => "cpu".to_owned(),
            Self::Gpu(gpu) => gpu.name(),
        }
    }
}

fn read(options: &PlanCells) -> anyhow::Result<KpiTable> {
    let how = reading(options)?;
    if options.explain {
        table_file::explain(&tables::shown(&options.input, &how)?);
    }
    let bar = bar(0, &template("reading"))?;
    let table = tables::read(&options.input, &how, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if table.is_empty() {
        let first = table.report().problems.first();
        let first = first.map(|problem| format!(": {problem}")).unwrap_or_default();
        let input = options.input.first().map(|path| path.display().to_string());
        bail!("{}: no cell can be planned{first}", input.unwrap_or_default());
    }
    Ok(table)
}

/// How the table is read.
fn reading(options: &PlanCells) -> anyhow::Result<KpiOptions> {
    let mut requirements = Requirements::default();
    if let Some(file) = &options.requirements {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        requirements.add_table(&text).with_context(|| file.display().to_string())?;
    }
    for requirement in &options.requirement {
        requirements.add_option(requirement)?;
    }
    let how = KpiOptions {
        requirements,
        carrier_prb: options.carrier_prb,
        prb_available: options.prb_available.unwrap_or_default(),
        throughput_unit: options.throughput_unit,
        delay_unit: options.delay_unit,
        date_order: options.date_order,
        decimal: options.decimal.map(DecimalSign::from),
        ..KpiOptions::default()
    };
    how.validate()?;
    Ok(how)
}

/// What the progress bar of `doing` shows.
fn template(doing: &str) -> String {
    format!("{doing} {{wide_bar}} {{percent}} %  {{elapsed}}, {{eta}} left")
}

struct Times {
    seconds: f64,
    reading_seconds: f64,
}

fn summary(
    report: &KpiReport,
    found: &Findings,
    times: &Times,
    method: &Method,
    workers: usize,
) -> Value {
    let planning_seconds = times.seconds - times.reading_seconds;
    let gaps = found.gaps();
    let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    json!({
        "cells": found.cells,
        "slices": found.slices,
        "rows": report.rows,
        "bad_rows": report.bad_rows,
        "cells_left_out": report.cells_left_out,
        "slices_gone": report.slices_gone,
        "slices_extrapolated": found.extrapolated,
        "problems": problems,
        "problems_not_listed": report.problems_not_listed,
        "unknown_columns": report.unknown_columns,
        "notes": report.notes,
        "seconds": times.seconds,
        "reading_seconds": times.reading_seconds,
        "planning_seconds": planning_seconds,
        "cells_per_second": found.cells as f64 / planning_seconds,
        "gap_max": gaps.map(|gaps| gaps.0),
        "gap_median": gaps.map(|gaps| gaps.1),
        "satisfaction_mean": found.satisfaction / found.slices as f64,
        "utility_mean": found.utility / found.cells as f64,
        "evaluations": found.evaluations,
        "model": method.estimator,
        "objective": method.objective,
        "scheme": method.scheme,
        "least_share": method.least_share,
        "cost_of_change": method.cost_of_change,
        "cells_kept": found.kept,
        "workers": workers,
    })
}

fn print_problems(report: &KpiReport) {
    for problem in report.problems.iter().take(MOST_PRINTED) {
        eprintln!("{problem}");
    }
    let all = report.problems.len() as u64 + report.problems_not_listed;
    let further = all.saturating_sub(MOST_PRINTED as u64);
    if further > 0 {
        eprintln!("and {further} more");
    }
    if !report.unknown_columns.is_empty() {
        eprintln!("columns passed over: {}", report.unknown_columns.join(", "));
    }
    for note in &report.notes {
        eprintln!("note: {note}");
    }
}

fn sentences(summary: &Value) -> String {
    let number = |key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    let mut text = format!(
        "{} cells with {} slices planned in {:.2} s ({:.0} cells per second after {:.2} s of reading)\n",
        summary["cells"],
        summary["slices"],
        number("seconds"),
        number("cells_per_second"),
        number("reading_seconds"),
    );
    text += &format!("mean satisfaction {:.4}, by the estimator\n", number("satisfaction_mean"));
    if summary["cells_kept"] != 0 {
        text += &format!("{} cells keep the split that they have\n", summary["cells_kept"]);
    }
    if !summary["gap_max"].is_null() {
        let (largest, median) = (100.0 * number("gap_max"), 100.0 * number("gap_median"));
        text +=
            &format!("gaps proven of the estimate: median {median:.4} %, largest {largest:.4} %\n");
    }
    if summary["slices_extrapolated"] != 0 {
        text += &format!(
            "{} slices lie outside the data that the estimator was trained on\n",
            summary["slices_extrapolated"]
        );
    }
    text += &format!(
        "{} rows, {} bad; {} cells left out, {} slices gone\n",
        summary["rows"], summary["bad_rows"], summary["cells_left_out"], summary["slices_gone"]
    );
    text
}
