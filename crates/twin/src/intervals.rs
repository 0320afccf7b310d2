//! Intervals of delays: split-conformal, calibrated run by run, by policy and load.
//!
//! Flows of one run share its traffic and its queues, so that their errors go together. Each run therefore counts as
//! one: what is kept is the least distance that covers nine of ten flows of a group in the mean over the held-back
//! runs, with the correction for their number (Vovk et al. 2005; Dunn, Wasserman and Ramdas 2023 for runs that are
//! drawn as a whole). Runs of a network that the model learned from say too little of another one: intervals that are to
//! hold there come from runs of networks that it has not seen, told by models that have not seen them either.

use slicewise_core::twin::card::GraphInterval;

use crate::formula::corrected::example::{Figures, MeasuredFlow, groups};

/// Share of the flows that intervals are to cover.
pub const COVERAGE: f64 = 0.9;
/// Upper bounds of the bands of load; a flow's is the highest of the ports on its path.
pub const BANDS: [f64; 4] = [0.5, 0.8, 1.0, 1e9];
/// A group of fewer flows is not told apart from its policy's others.
const LEAST_FLOWS: usize = 50;
/// A group of fewer runs neither: of fewer than nine not even the farthest covers nine of ten.
const LEAST_RUNS: usize = 9;

/// Intervals from the flows of held-back runs, each with what was told of it: a group per policy and band, then one
/// per policy, then one of all.
pub fn calibrated(runs: &[Vec<(MeasuredFlow, Figures)>]) -> Vec<GraphInterval> {
    let mut intervals = Vec::new();
    for policy in groups() {
        let mut least = 0.0;
        for most in BANDS {
            let band = least..most;
            let is_meant = |flow: &MeasuredFlow| flow.policy == policy && band.contains(&flow.load);
            intervals.extend(interval(runs, Some(policy), (least, most), is_meant));
            least = most;
        }
        intervals
            .extend(interval(runs, Some(policy), (0.0, BANDS[3]), |flow| flow.policy == policy));
    }
    intervals.extend(interval(runs, None, (0.0, BANDS[3]), |_| true));
    intervals
}

/// The interval of a group; none where it is too small, unless it is of all.
fn interval(
    runs: &[Vec<(MeasuredFlow, Figures)>],
    policy: Option<&str>,
    load: (f64, f64),
    is_meant: impl Fn(&MeasuredFlow) -> bool,
) -> Option<GraphInterval> {
    let of_run = |run: &Vec<(MeasuredFlow, Figures)>| -> Vec<f64> {
        let meant = run.iter().filter(|(flow, told)| is_meant(flow) && told.delay_s > 0.0);
        let off = |(flow, told): &(MeasuredFlow, Figures)| {
            libm::log(flow.measured.delay_s / told.delay_s).abs()
        };
        meant.map(off).collect()
    };
    let groups: Vec<Vec<f64>> = runs.iter().map(of_run).filter(|run| !run.is_empty()).collect();
    let flows = groups.iter().map(Vec::len).sum::<usize>();
    if flows == 0 || (policy.is_some() && (flows < LEAST_FLOWS || groups.len() < LEAST_RUNS)) {
        return None;
    }
    // Every run weighs the same.
    let mut weighed: Vec<(f64, f64)> = groups
        .iter()
        .flat_map(|run| run.iter().map(|off| (*off, 1.0 / run.len() as f64)))
        .collect();
    weighed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = groups.len() as f64;
    let wanted = (COVERAGE * (count + 1.0)).min(count);
    let mut covered = 0.0;
    let found = weighed.iter().find(|(_, weight)| {
        covered += weight;
        covered >= wanted - 1e-9
    });
    let log_distance = found.or(weighed.last()).map(|(off, _)| *off)?;
    Some(GraphInterval {
        policy: policy.map(str::to_owned),
        least_load: load.0,
        highest_load: load.1,
        log_distance,
        runs: groups.len(),
        flows,
    })
}

/// The distance of the first of `intervals` that is meant for a flow with that policy and load on its path: its delay
/// lies between the told one over e to that power and times it.
pub fn log_distance(intervals: &[GraphInterval], policy: &str, load: f64) -> Option<f64> {
    let is_meant = |interval: &&GraphInterval| {
        interval.policy.as_deref().is_none_or(|own| own == policy)
            && (interval.least_load..interval.highest_load).contains(&load)
    };
    intervals.iter().find(is_meant).map(|interval| interval.log_distance)
}
