//! `slicewise reproduce digital-twin-network`: the paper's Fig. 4, delays of networks that were never seen, and its
//! traffic engineering on published instances.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use futures::executor::block_on;
use serde::Serialize;
use serde_json::{Map, json};
use slicewise_core::formats::network::{self, NetworkForm};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::intent::{ImprovementOrder, Intent, Objective};
use slicewise_optim::Unmonitored;
use slicewise_twin::agent::RoutingAgent;
use slicewise_twin::optimiser::effort::Effort;
use slicewise_twin::optimiser::weights::lowest_by_weights;
use slicewise_twin::problem::Problem;

use super::evaluate::{evaluated, print};
use super::optimise::{MoveOptions, improved};
use crate::input_file::read_bytes;

/// Options of `reproduce digital-twin-network`.
///
/// The paper's Fig. 4 compares models on topologies that they were not trained on; it prints no numbers.
/// The formula has no training, so that every run is one that it never saw. Published beside it (mean
/// relative error of the delay): winner of the 2021 challenge 1.45 %, as an ensemble 1.27 %, on FIFO
/// networks; RouteNet-Fermi 2.85 % on its own scheduling set; RouteNet-Erlang 2.3 to 4.6 %.
#[derive(clap::Args, Debug)]
pub struct DigitalTwinNetwork {
    /// Files with one run per line, .jsonl or .jsonl.gz, each a row of the table.
    #[arg(long, value_name = "FILE", required_unless_present = "repetita", num_args = 1..)]
    data: Vec<PathBuf>,
    /// Take only so many runs of each file.
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// A folder of REPETITA instances, NAME.graph with NAME.0000.demands: the highest utilisation by segment routing
    /// over the bound on any routing, one after another on one core. Published beside it: local search 1.0018 in the
    /// median and 1.035 in the mean in 121 ms, 1.0004 and 1.029 in 1.4 s; ways of least weight 1.349 in the median.
    #[arg(long, value_name = "FOLDER")]
    repetita: Option<PathBuf>,
    /// Beside it the paper's way: the agent that ships, which changes links' weights by a policy that it learned on
    /// generated networks, and local search over weights for as long and for --seconds; none of them was tuned on these
    /// instances.
    #[arg(long, requires = "repetita")]
    agent: bool,
    /// How long each instance may take.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    #[command(flatten)]
    moves: MoveOptions,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise reproduce digital-twin-network`.
///
/// # Errors
/// Names the file, the line and the field that cannot be used.
pub fn run(options: &DigitalTwinNetwork) -> anyhow::Result<()> {
    let mut found = Map::new();
    if !options.data.is_empty() {
        found.insert("fig4".to_owned(), json!(fig4(options)?));
    }
    if let Some(folder) = &options.repetita {
        let found_all = repetita(folder, options)?;
        if options.agent {
            found.insert("agent".to_owned(), json!(agents(folder, options, &found_all)?));
        }
        found.insert("repetita".to_owned(), json!(found_all));
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    }
    Ok(())
}

fn fig4(options: &DigitalTwinNetwork) -> anyhow::Result<Map<String, serde_json::Value>> {
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
    Ok(rows)
}

/// An instance, routed.
#[derive(Serialize)]
struct Instance {
    name: String,
    nodes: usize,
    igp: f64,
    max_utilisation: f64,
    lower_bound: f64,
    ratio_to_bound: f64,
    /// The same over what lists of so many segments reach at best: where this is 1, the rest is theirs.
    ratio_to_bound_of_lists: f64,
    seconds: f64,
    iterations: usize,
    changes: usize,
}

/// All instances, and their ratios together.
#[derive(Serialize)]
struct Instances {
    median_ratio: f64,
    mean_ratio: f64,
    median_igp_ratio: f64,
    mean_igp_ratio: f64,
    longest_seconds: f64,
    instances: Vec<Instance>,
}

fn repetita(folder: &Path, options: &DigitalTwinNetwork) -> anyhow::Result<Instances> {
    let mut instances = Vec::new();
    for path in demand_files(folder)? {
        let found = instance(folder, &path, options)?;
        if !options.json {
            print_instance(&found);
        }
        instances.push(found);
    }
    ensure!(!instances.is_empty(), "{}: no file .demands; allowed: at least one", folder.display());
    let ratios: Vec<f64> = instances.iter().map(|found| found.ratio_to_bound).collect();
    let igp: Vec<f64> = instances.iter().map(|found| found.igp / found.lower_bound).collect();
    let longest = instances.iter().map(|found| found.seconds).fold(0.0, f64::max);
    let all = Instances {
        median_ratio: median(&ratios),
        mean_ratio: mean(&ratios),
        median_igp_ratio: median(&igp),
        mean_igp_ratio: mean(&igp),
        longest_seconds: longest,
        instances,
    };
    if !options.json {
        println!(
            "{} instances: ratio to the bound {:.6} in the median, {:.6} in the mean; ways of least weight {:.4} and \
             {:.4}; {:.2} s at most",
            all.instances.len(),
            all.median_ratio,
            all.mean_ratio,
            all.median_igp_ratio,
            all.mean_igp_ratio,
            all.longest_seconds,
        );
    }
    Ok(all)
}

fn demand_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let place = || folder.display().to_string();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(place)? {
        let path = entry.with_context(place)?.path();
        if path.extension().is_some_and(|extension| extension == "demands") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// An instance by weights, as several come to them.
#[derive(Serialize)]
struct ByWeights {
    name: String,
    nodes: usize,
    lower_bound: f64,
    igp: f64,
    agent: f64,
    agent_seconds: f64,
    local_search_as_long: f64,
    local_search: f64,
    local_search_seconds: f64,
    segments: f64,
    segments_seconds: f64,
}

/// All of them, with ratios to the bound.
#[derive(Serialize)]
struct AllByWeights {
    ratios: BTreeMap<&'static str, Ratios>,
    median_agent_seconds: f64,
    instances: Vec<ByWeights>,
}

/// A value of an instance.
type Of = fn(&ByWeights) -> f64;

#[derive(Serialize)]
struct Ratios {
    median: f64,
    mean: f64,
}

fn agents(
    folder: &Path,
    options: &DigitalTwinNetwork,
    segments: &Instances,
) -> anyhow::Result<AllByWeights> {
    let agent = RoutingAgent::shipped("routing-agent")?;
    let mut instances = Vec::new();
    for (path, segments) in demand_files(folder)?.iter().zip(&segments.instances) {
        let problem = problem(folder, path)?;
        let began = Instant::now();
        let found = agent.route(&problem);
        let agent_seconds = began.elapsed().as_secs_f64();
        instances.push(ByWeights {
            name: segments.name.clone(),
            nodes: segments.nodes,
            lower_bound: segments.lower_bound,
            igp: found.before,
            agent: found.max_utilisation,
            agent_seconds,
            local_search_as_long: by_local_search(&problem, agent_seconds)?,
            local_search: by_local_search(&problem, options.seconds)?,
            local_search_seconds: options.seconds,
            segments: segments.max_utilisation,
            segments_seconds: segments.seconds,
        });
    }
    let columns: [(&str, Of); 5] = [
        ("igp", |row| row.igp),
        ("agent", |row| row.agent),
        ("local_search_as_long", |row| row.local_search_as_long),
        ("local_search", |row| row.local_search),
        ("segments", |row| row.segments),
    ];
    let ratios = columns.map(|(name, of)| {
        let ratios: Vec<f64> = instances.iter().map(|row| of(row) / row.lower_bound).collect();
        (name, Ratios { median: median(&ratios), mean: mean(&ratios) })
    });
    let seconds: Vec<f64> = instances.iter().map(|row| row.agent_seconds).collect();
    let all = AllByWeights {
        ratios: ratios.into_iter().collect(),
        median_agent_seconds: median(&seconds),
        instances,
    };
    if !options.json {
        println!("over the bound: median, mean; the agent took {:.4} s", all.median_agent_seconds);
        for (name, _) in columns {
            let Ratios { median, mean } = &all.ratios[name];
            println!("{name:<22} {median:.4} {mean:.4}");
        }
    }
    Ok(all)
}

fn by_local_search(problem: &Problem, seconds: f64) -> anyhow::Result<f64> {
    let began = Instant::now();
    let clock = || began.elapsed().as_secs_f64();
    let done = Cell::new(0);
    let effort = Effort::new(&clock, seconds, &done, usize::MAX);
    Ok(block_on(lowest_by_weights(problem, 1, &effort, &Unmonitored))?)
}

/// The problem of an instance.
fn problem(folder: &Path, demands: &Path) -> anyhow::Result<Problem> {
    let name = demands.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let graph = folder.join(format!("{}.graph", name.split('.').next().unwrap_or_default()));
    let demands = Some(GivenFile { bytes: read_bytes(demands)? });
    let form = NetworkForm { demands, ..NetworkForm::default() };
    let read = network::read(&read_bytes(&graph)?, &form);
    let scenario = read.scenario.with_context(|| graph.display().to_string())?;
    Ok(Problem::new(&scenario, &[])?)
}

/// Routes one instance.
fn instance(
    folder: &Path,
    demands: &Path,
    options: &DigitalTwinNetwork,
) -> anyhow::Result<Instance> {
    let name = demands.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let problem = problem(folder, demands)?;
    let order = ImprovementOrder {
        intent: Intent { minimise: Some(Objective::LargestUtilisation), ..Intent::default() },
        moves: options.moves.moves(),
        seconds: options.seconds,
        iterations: usize::MAX,
        seed: 1,
    };
    let found = improved(&problem, &order)?;
    let best = found.lower_bound_of_lists;
    Ok(Instance {
        name,
        nodes: problem.scenario.topology.nodes.len(),
        igp: found.igp,
        max_utilisation: found.max_utilisation,
        lower_bound: found.lower_bound,
        ratio_to_bound: found.ratio_to_bound,
        ratio_to_bound_of_lists: if best > 0.0 { found.max_utilisation / best } else { 1.0 },
        seconds: found.seconds,
        iterations: found.iterations,
        changes: found.changes.len(),
    })
}

fn print_instance(found: &Instance) {
    println!(
        "{:<26} {:>3} nodes  {:.4} by weights  {:.6} by segments, at least {:.6}: ratio {:.6}, {:.6} of what lists reach  \
         {:.3} s  {} changes",
        found.name,
        found.nodes,
        found.igp,
        found.max_utilisation,
        found.lower_bound,
        found.ratio_to_bound,
        found.ratio_to_bound_of_lists,
        found.seconds,
        found.changes,
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(values: &[f64]) -> f64 {
    let sorted = slicewise_core::order::sorted(values);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
}
