//! How long it takes after each single failure of generated networks until an intent is met again, or shown to be
//! impossible: `cargo run --release --example after_failure -- [NETWORKS] [NODES] [SECONDS]`.
//!
//! Each network is routed best first, its traffic scaled so that its fullest link is used 60 %; wanted is that no link
//! is used more than 80 %, with as few changes as do.

use std::cell::Cell;
use std::time::Instant;

use futures::executor::block_on;
use slicewise_core::seed::stream;
use slicewise_core::twin::intent::{ImprovementOrder, Intent, Keep, Moves, Objective, Verdict};
use slicewise_core::twin::{Edit, TwinNews};
use slicewise_optim::Unmonitored;
use slicewise_optim::monitor::{Halted, Progress};
use slicewise_twin::generator::network_by_weights;
use slicewise_twin::optimiser::improve;
use slicewise_twin::problem::Problem;

const WANTED: f64 = 0.8;
const USED: f64 = 0.6;

fn main() -> Result<(), Halted> {
    let arguments: Vec<f64> =
        std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let of = |at: usize, usual: f64| arguments.get(at).copied().unwrap_or(usual);
    let (networks, nodes, seconds) = (of(0, 4.0) as u64, of(1, 50.0) as usize, of(2, 1.0));
    let began = Instant::now();
    let clock = || began.elapsed().as_secs_f64();
    let order = |intent, seconds| ImprovementOrder {
        intent,
        moves: Moves::default(),
        seconds,
        iterations: usize::MAX,
        seed: 1,
    };
    let mut rows = Vec::new();
    for network in 0..networks {
        let mut scenario = network_by_weights((nodes, nodes), &mut stream(2024, network));
        let lowest = Intent { minimise: Some(Objective::LargestUtilisation), ..Intent::default() };
        let problem = Problem::new(&scenario, &[])?;
        let best = block_on(improve(&problem, &order(lowest, 2.0), &clock, &Unmonitored, &mut ()))?;
        let edits: Vec<Edit> = best.changes.into_iter().map(|change| change.edit).collect();
        let factor = USED / best.max_utilisation;
        scenario.flows.iter_mut().for_each(|flow| flow.rate_bit_per_s *= factor);
        for cable in scenario.topology.cables() {
            let mut after = edits.clone();
            after.push(Edit::LinkFails(scenario.topology.links[cable as usize].id.clone()));
            let problem = Problem::new(&scenario, &after)?;
            let keep = vec![Keep::Utilisation { at_most: WANTED }];
            let wanted = order(Intent { keep, ..Intent::default() }, seconds);
            let met = Cell::new(None);
            let mut told = Met { met: &met, clock: &clock, began_s: clock() };
            let found = block_on(improve(&problem, &wanted, &clock, &Unmonitored, &mut told))?;
            rows.push(Row {
                verdict: found.verdict,
                before: found.before,
                met_s: met.get().unwrap_or(found.seconds),
                seconds: found.seconds,
                changes: found.changes.len(),
            });
        }
    }
    println!("{networks} networks of {nodes} nodes, {} failures", rows.len());
    let is_met = |row: &Row| row.verdict == Verdict::Kept;
    tell("met without a change", &rows, |row| is_met(row) && row.changes == 0);
    tell("met again by changes", &rows, |row| is_met(row) && row.changes > 0);
    tell("shown impossible", &rows, |row| row.verdict == Verdict::Impossible);
    tell("neither", &rows, |row| row.verdict == Verdict::Broken);
    Ok(())
}

struct Row {
    verdict: Verdict,
    before: f64,
    met_s: f64,
    seconds: f64,
    changes: usize,
}

fn tell(what: &str, rows: &[Row], is_meant: impl Fn(&Row) -> bool) {
    let own: Vec<&Row> = rows.iter().filter(|row| is_meant(row)).collect();
    let told = |value: &dyn Fn(&Row) -> f64| {
        let mut values: Vec<f64> = own.iter().map(|row| value(row)).collect();
        values.sort_by(f64::total_cmp);
        let (Some(middle), Some(last)) = (values.get(values.len() / 2), values.last()) else {
            return "-".to_owned();
        };
        format!("{middle:.3} in the median, {last:.3} at most")
    };
    println!(
        "{what}: {}; fullest link right after the failure {}; met after s: {}; whole answer with its bound after s: {}; \
         changes: {}",
        own.len(),
        told(&|row| row.before),
        told(&|row| row.met_s),
        told(&|row| row.seconds),
        told(&|row| row.changes as f64),
    );
}

/// Notes when the fullest link has come down to what is wanted.
struct Met<'a> {
    met: &'a Cell<Option<f64>>,
    clock: &'a dyn Fn() -> f64,
    began_s: f64,
}

impl Progress<TwinNews> for Met<'_> {
    fn share(&mut self, _: f64) {}

    fn news(&mut self, news: TwinNews) {
        if let (TwinNews::Improved(peak), None) = (news, self.met.get())
            && peak <= WANTED
        {
            self.met.set(Some((self.clock)() - self.began_s));
        }
    }
}
