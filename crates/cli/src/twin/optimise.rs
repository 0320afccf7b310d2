//! `slicewise twin optimise`: a routing that an intent asks for, as a list of changes, with a bound on any other.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::ValueEnum;
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::formats::network::segment_lists_csv;
use slicewise_core::twin::edit::{Segment, SegmentList, Selection};
use slicewise_core::twin::intent::{
    Improvement, ImprovementOrder, Intent, Keep, Moves, Objective, Verdict,
};
use slicewise_core::twin::{Edit, Scenario};
use slicewise_optim::Unmonitored;
use slicewise_twin::optimiser::improve;
use slicewise_twin::problem::Problem;

use super::amounts::{percent, rate, time};
use super::network::EditedNetworkOptions;
use crate::input_file::read_text;
use crate::whole_file;

/// Options of `twin optimise`.
///
/// The search starts from the routing that the network has with its edits, so that after a failure the answer is what
/// has to be done about it. Its seed is that of `--seed`.
#[derive(clap::Args, Debug)]
pub struct TwinOptimise {
    #[command(flatten)]
    network: EditedNetworkOptions,
    /// What is wanted: JSON such as {"minimise": "mean-delay", "keep": [{"utilisation": {"at_most": 0.8}}]}.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["minimise", "utilisation", "delay", "free", "after_failures"])]
    intent: Option<PathBuf>,
    /// What is to be low [default: largest-utilisation where nothing is to be kept].
    #[arg(long)]
    minimise: Option<Minimise>,
    /// Keep every link at or below this utilisation, such as 0.8.
    #[arg(long, value_name = "SHARE")]
    utilisation: Option<f64>,
    /// Keep the mean delay of every flow of a class at or below so many milliseconds, such as 0:20; without a class,
    /// of all flows.
    #[arg(long, value_name = "CLASS:MS")]
    delay: Vec<DelayBound>,
    /// Keep a link free, in this direction.
    #[arg(long, value_name = "LINK")]
    free: Vec<String>,
    /// All this after any single failure of a link or a risk group too.
    #[arg(long)]
    after_failures: bool,
    #[command(flatten)]
    moves: MoveOptions,
    /// How long the search may take.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// The most iterations.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    iterations: usize,
    /// Write the segment lists to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Options of what may be moved.
#[derive(clap::Args, Debug)]
pub struct MoveOptions {
    /// Segments that a list has at most before its target.
    #[arg(long, value_name = "N", default_value_t = 2)]
    waypoints: usize,
    /// Segments are nodes alone, never links.
    #[arg(long)]
    node_segments: bool,
    /// Traffic of a pair of nodes is never split.
    #[arg(long)]
    whole: bool,
    /// Links may get other weights as well.
    #[arg(long)]
    weights: bool,
}

impl MoveOptions {
    /// What may be moved.
    pub fn moves(&self) -> Moves {
        Moves {
            waypoints: self.waypoints,
            link_segments: !self.node_segments,
            splits: !self.whole,
            weights: self.weights,
        }
    }
}

/// What is to be low.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Minimise {
    /// The utilisation of the fullest link.
    LargestUtilisation,
    /// The mean delay over all packets.
    MeanDelay,
    /// The longest mean delay of a flow.
    LargestDelay,
}

impl From<Minimise> for Objective {
    fn from(minimise: Minimise) -> Self {
        match minimise {
            Minimise::LargestUtilisation => Self::LargestUtilisation,
            Minimise::MeanDelay => Self::MeanDelay,
            Minimise::LargestDelay => Self::LargestDelay,
        }
    }
}

/// A bound of delays as an option has it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DelayBound {
    class: Option<u8>,
    ms: f64,
}

impl std::str::FromStr for DelayBound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = || "a class and milliseconds such as 0:20, or milliseconds".to_owned();
        let (class, ms) = match text.split_once(':') {
            Some((class, ms)) => (Some(class.trim().parse().map_err(|_| allowed())?), ms),
            None => (None, text),
        };
        Ok(Self { class, ms: ms.trim().parse().map_err(|_| allowed())? })
    }
}

impl TwinOptimise {
    fn wanted(&self) -> anyhow::Result<Intent> {
        if let Some(path) = &self.intent {
            let text = read_text(path)?;
            return serde_json::from_str(&text)
                .with_context(|| format!("{}: an intent", path.display()));
        }
        let mut keep = Vec::new();
        keep.extend(self.utilisation.map(|at_most| Keep::Utilisation { at_most }));
        keep.extend(
            self.delay
                .iter()
                .map(|bound| Keep::Delay { class: bound.class, at_most_s: bound.ms * 1e-3 }),
        );
        keep.extend(self.free.iter().map(|link| Keep::Free { link: link.clone() }));
        let minimise = match self.minimise {
            Some(minimise) => Some(minimise.into()),
            None => keep.is_empty().then_some(Objective::LargestUtilisation),
        };
        Ok(Intent { minimise, keep, after_failures: self.after_failures })
    }
}

/// Runs `slicewise twin optimise`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinOptimise) -> anyhow::Result<()> {
    let problem = options.network.problem()?;
    let order = ImprovementOrder {
        intent: options.wanted()?,
        moves: options.moves.moves(),
        seconds: options.seconds,
        iterations: options.iterations,
        seed: options.network.seed(),
    };
    let found = improved(&problem, &order)?;
    if let Some(path) = &options.csv {
        whole_file::write(path, segment_lists_csv(&found.changes))?;
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&table(&found, &order.intent))?);
    } else {
        print(&problem.scenario, &found, &order.intent);
    }
    Ok(())
}

/// The improvement of a problem by this machine's clock.
///
/// # Errors
/// Names the field of the order that cannot be used.
pub fn improved(problem: &Problem, order: &ImprovementOrder) -> anyhow::Result<Improvement> {
    let began = Instant::now();
    let clock = || began.elapsed().as_secs_f64();
    Ok(block_on(improve(problem, order, &clock, &Unmonitored, &mut ()))?)
}

/// Everything, with the edits as a list that `twin whatif` takes.
fn table(found: &Improvement, intent: &Intent) -> Value {
    let mut table = json!(found);
    table["intent"] = json!(intent);
    table["edits"] = json!(found.changes.iter().map(|change| &change.edit).collect::<Vec<_>>());
    table
}

/// Rows that are shown.
const SHOWN: usize = 25;

fn print(scenario: &Scenario, found: &Improvement, intent: &Intent) {
    println!("{}", sentence(found, intent));
    for broken in &found.broken {
        println!("not kept: {broken}");
    }
    println!(
        "mean delay {} before, {} after; longest {} before, {} after (by formula, nothing fails)",
        time(found.delays_before.mean_delay_s),
        time(found.delays_after.mean_delay_s),
        time(found.delays_before.longest_delay_s),
        time(found.delays_after.longest_delay_s),
    );
    if found.changes.is_empty() {
        return;
    }
    println!("\n{:<40} {:>12} {:>8} {:>8}  how", "changes", "traffic", "highest", "gain");
    for change in found.changes.iter().take(SHOWN) {
        let (what, how) = told(scenario, &change.edit);
        let (moved, gain) = (change.rate_bit_per_s, change.gain);
        let moved = if moved > 0.0 { rate(moved) } else { "-".to_owned() };
        println!(
            "{what:<40} {moved:>12} {:>8} {:>8}  {how}",
            percent(change.max_utilisation),
            percent(gain)
        );
    }
    if found.changes.len() > SHOWN {
        println!("and {} more", found.changes.len() - SHOWN);
    }
}

fn sentence(found: &Improvement, intent: &Intent) -> String {
    let kept = match (found.verdict, intent.keep.is_empty()) {
        (Verdict::Kept, true) => "",
        (Verdict::Kept, false) => "The intent is met. ",
        (Verdict::Broken, _) => "The intent is not met. ",
        (Verdict::Impossible, _) => "No routing meets the intent. ",
    };
    let bounded = match found.lower_bound > 0.0 {
        true => format!(
            "; no routing gets below {}, {:.4} times less",
            percent(found.lower_bound),
            found.ratio_to_bound
        ),
        false => String::new(),
    };
    format!(
        "{kept}The fullest link goes from {} to {} by {} changes{bounded}. Ways of least weight alone come to {}. {} and \
         {} iterations.",
        percent(found.before),
        percent(found.max_utilisation),
        found.changes.len(),
        percent(found.igp),
        time(found.seconds),
        found.iterations,
    )
}

/// What is changed, and how.
fn told(scenario: &Scenario, edit: &Edit) -> (String, String) {
    match edit {
        Edit::Segments { of, lists } => {
            let lists: Vec<String> = lists.iter().map(list_told).collect();
            let how = if lists.is_empty() { "by weights".to_owned() } else { lists.join("; ") };
            (selected(of), how)
        }
        Edit::Weight { link, weight } => {
            let own = scenario.topology.links.iter().find(|own| own.id == *link);
            let old = own.map_or(f64::NAN, |own| own.weight);
            (format!("link {link}"), format!("weight {old} to {weight}"))
        }
        other => (format!("{other:?}"), String::new()),
    }
}

fn selected(of: &Selection) -> String {
    let end = |id: &Option<String>| id.clone().unwrap_or_else(|| "any".to_owned());
    let class = of.class.map(|class| format!(", class {class}")).unwrap_or_default();
    format!("{} to {}{class}", end(&of.source), end(&of.target))
}

fn list_told(list: &SegmentList) -> String {
    let share = if list.share < 1.0 { format!("{} ", percent(list.share)) } else { String::new() };
    if list.via.is_empty() {
        return format!("{share}by weights");
    }
    let via: Vec<String> = list.via.iter().map(segment_told).collect();
    format!("{share}via {}", via.join(", "))
}

fn segment_told(segment: &Segment) -> String {
    match segment {
        Segment::Node(id) => id.clone(),
        Segment::Link(id) => format!("link {id}"),
    }
}
