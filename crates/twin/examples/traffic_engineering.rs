//! Routes the instances of REPETITA in a folder (NAME.graph and NAME.0000.demands), one after another on one core.
//! `cargo run --release --example traffic_engineering FOLDER [SECONDS] [WAYPOINTS] [nodes|links] [NAME]`

use std::path::Path;
use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::InputError;
use slicewise_core::formats::network::{self, NetworkForm};
use slicewise_core::reader::GivenFile;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::intent::{ImprovementOrder, Intent, Moves, Objective};
use slicewise_optim::Unmonitored;
use slicewise_twin::optimiser::improve;
use slicewise_twin::problem::Problem;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |at: usize, otherwise: &str| arguments.get(at).map_or(otherwise.to_owned(), Clone::clone);
    let folder = argument(0, ".");
    let order = ImprovementOrder {
        intent: Intent { minimise: Some(Objective::LargestUtilisation), ..Intent::default() },
        moves: Moves {
            waypoints: argument(2, "2").parse()?,
            link_segments: argument(3, "links") == "links",
            splits: true,
            weights: false,
        },
        seconds: argument(1, "1").parse()?,
        iterations: usize::MAX,
        seed: 1,
    };
    let began = Instant::now();
    let clock = || began.elapsed().as_secs_f64();
    let mut names: Vec<String> = std::fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter_map(|name| Some(name.strip_suffix(".graph")?.to_owned()))
        .filter(|name| name.contains(&argument(4, "")))
        .collect();
    names.sort();
    let mut ratios = Vec::new();
    for name in names {
        let scenario = read(Path::new(&folder), &name)?;
        let problem = Problem::new(&scenario, &[])?;
        let found = block_on(improve(&problem, &order, &clock, &Unmonitored, &mut ()))?;
        println!(
            "{name:24} {:3} nodes  igp {:.4}  {:.6} of at least {:.6}, ratio {:.6} (lists {:.6})  {:.3} s  {} changes",
            scenario.topology.nodes.len(),
            found.igp,
            found.max_utilisation,
            found.lower_bound,
            found.ratio_to_bound,
            found.max_utilisation / found.lower_bound_of_lists,
            found.seconds,
            found.changes.len(),
        );
        ratios.push(found.ratio_to_bound);
    }
    ratios.sort_by(f64::total_cmp);
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    println!("{} instances, median {:.6}, mean {mean:.6}", ratios.len(), ratios[ratios.len() / 2]);
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<Scenario, Box<dyn std::error::Error>> {
    let graph = std::fs::read(folder.join(format!("{name}.graph")))?;
    let bytes = std::fs::read(folder.join(format!("{name}.0000.demands")))?;
    let form = NetworkForm { demands: Some(GivenFile { bytes }), ..NetworkForm::default() };
    Ok(network::read(&graph, &form).scenario.map_err(Box::<InputError>::new)?)
}
