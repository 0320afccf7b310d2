//! How right answers are beside measured runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use slicewise_core::twin::{FlowAnswers, Scenario};

use crate::dataset::Run;

/// Errors of one figure over some flows. Percent errors are left out where the measured value is 0 or
/// less, those of loss where it is below [`LEAST_LOSS`]: a handful of lost packets says nothing about a
/// share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean absolute error in percent of the measured value; none where no flow has one.
    pub mape: Option<f64>,
    /// Median of it.
    pub median_ape: Option<f64>,
    /// Mean absolute error, in the figure's own unit: s, s^2 or a share.
    pub mae: f64,
    /// Share of the measured variance that is explained; none where nothing varies.
    pub r2: Option<f64>,
    /// Number of flows.
    pub flows: usize,
}

/// Loss below which no percent error is counted.
pub const LEAST_LOSS: f64 = 1e-3;

/// Errors of all figures over some flows. Flows of which no packet arrived are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Of the mean delay.
    pub delay: Score,
    /// Of the delay that 90 of 100 packets stay below.
    pub p90: Score,
    /// Of the variance of the delay.
    pub jitter: Score,
    /// Of the share of lost packets.
    pub loss: Score,
    /// Share of the measured mean delays within the intervals of nine in ten, in percent; none without intervals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage90: Option<f64>,
    /// Mean width of these intervals, in percent of the told delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width90: Option<f64>,
}

/// Errors over all flows and over groups of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of runs.
    pub runs: usize,
    /// All flows.
    #[serde(flatten)]
    pub all: Scores,
    /// By the scheduling of the ports on their path, as [`slicewise_core::twin::Policy::name`] has it;
    /// `mixed` where they differ.
    pub by_policy: BTreeMap<String, Scores>,
    /// By their arrivals, as [`slicewise_core::twin::Arrivals::name`] has it.
    pub by_arrival: BTreeMap<String, Scores>,
}

/// Answers beside what was measured, gathered run by run.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    runs: usize,
    rows: Vec<Row>,
}

/// Answered and measured figures of one flow.
#[derive(Clone, Copy, Debug)]
struct Row {
    policy: &'static str,
    arrival: &'static str,
    delay: [f64; 2],
    p90: [f64; 2],
    jitter: [f64; 2],
    loss: [f64; 2],
    /// How far the logarithm of the delay may be off; NaN without an interval.
    log_distance: f64,
}

impl Comparison {
    /// Takes in one run and what a model answered to its scenario. What a model has no answer for
    /// counts as 0, with loss 1. Delays count up to the longest that the run could record.
    pub fn add(&mut self, run: &Run, answers: &FlowAnswers) {
        self.add_with_intervals(run, answers, &[]);
    }

    /// The same with how far the logarithm of each flow's delay is off in nine of ten cases.
    pub fn add_with_intervals(&mut self, run: &Run, answers: &FlowAnswers, log_distance: &[f64]) {
        self.runs += 1;
        let measured = &run.measured;
        let known = |value: f64, otherwise| if value.is_finite() { value } else { otherwise };
        let most_s = run.longest_recorded_s();
        let recorded = |delay_s: f64| known(delay_s, 0.0).min(most_s);
        let varying = |index: usize| {
            let is_cut = answers.mean_delay_s[index] >= most_s;
            if is_cut { 0.0 } else { known(answers.jitter_s2[index], 0.0) }
        };
        for (index, flow) in run.scenario.flows.iter().enumerate() {
            if measured.mean_delay_s[index] <= 0.0 {
                continue;
            }
            self.rows.push(Row {
                policy: policy_of_path(&run.scenario, flow.path.as_deref().unwrap_or_default()),
                arrival: flow.arrivals.name(),
                delay: [recorded(answers.mean_delay_s[index]), measured.mean_delay_s[index]],
                p90: [recorded(answers.p90_s[index]), measured.p90_s[index]],
                jitter: [varying(index), measured.varied_s2(index)],
                loss: [known(answers.loss[index], 1.0), measured.loss[index]],
                log_distance: log_distance.get(index).copied().unwrap_or(f64::NAN),
            });
        }
    }

    /// The errors of all that was taken in.
    pub fn evaluation(&self) -> Evaluation {
        let grouped = |name: fn(&Row) -> &'static str| {
            let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            for row in &self.rows {
                groups.entry(name(row).to_owned()).or_default().push(*row);
            }
            groups.into_iter().map(|(name, rows)| (name, scores(&rows))).collect()
        };
        Evaluation {
            runs: self.runs,
            all: scores(&self.rows),
            by_policy: grouped(|row| row.policy),
            by_arrival: grouped(|row| row.arrival),
        }
    }
}

/// Name of the policy of all ports on `path`; `mixed` where they differ.
pub(crate) fn policy_of_path(scenario: &Scenario, path: &[u32]) -> &'static str {
    let policy = |link: &u32| {
        let queueing = scenario.topology.links[*link as usize].queueing;
        scenario.queueings[queueing as usize].policy
    };
    let mut policies = path.iter().map(policy);
    match policies.next() {
        Some(first) if policies.all(|policy| policy == first) => first.name(),
        _ => "mixed",
    }
}

fn scores(rows: &[Row]) -> Scores {
    let of = |figure: fn(&Row) -> [f64; 2], least: f64| {
        let pairs: Vec<[f64; 2]> = rows.iter().map(figure).collect();
        score(&pairs, least)
    };
    let (coverage90, width90) = covered(rows);
    Scores {
        coverage90,
        width90,
        delay: of(|row| row.delay, 0.0),
        p90: of(|row| row.p90, 0.0),
        jitter: of(|row| row.jitter, 0.0),
        loss: of(|row| row.loss, LEAST_LOSS),
    }
}

/// Share of the delays that lie within their intervals, and the mean width of these, both in percent.
fn covered(rows: &[Row]) -> (Option<f64>, Option<f64>) {
    let told = || rows.iter().filter(|row| row.log_distance.is_finite());
    let count = told().count() as f64;
    if count == 0.0 {
        return (None, None);
    }
    let is_within = |row: &&Row| {
        let [answered, measured] = row.delay;
        answered > 0.0 && libm::log(measured / answered).abs() <= row.log_distance
    };
    let widths = told().map(|row| libm::exp(row.log_distance) - libm::exp(-row.log_distance));
    let share = 100.0 * told().filter(is_within).count() as f64 / count;
    (Some(share), Some(100.0 * widths.sum::<f64>() / count))
}

/// Errors over pairs of an answered and a measured value; percent errors where the latter is above
/// `least`.
fn score(pairs: &[[f64; 2]], least: f64) -> Score {
    let count = pairs.len() as f64;
    let error = |[answered, measured]: &[f64; 2]| (answered - measured).abs();
    let counted = pairs.iter().filter(|[_, measured]| *measured > least);
    let mut percent: Vec<f64> = counted.map(|pair| 100.0 * error(pair) / pair[1]).collect();
    percent.sort_by(f64::total_cmp);
    let mean = pairs.iter().map(|[_, measured]| measured).sum::<f64>() / count;
    let spread: f64 = pairs.iter().map(|[_, measured]| (measured - mean) * (measured - mean)).sum();
    let missed: f64 = pairs.iter().map(|pair| error(pair) * error(pair)).sum();
    let some = |value: f64| (!percent.is_empty()).then_some(value);
    Score {
        mape: some(percent.iter().sum::<f64>() / percent.len() as f64),
        median_ape: median(&percent),
        mae: if pairs.is_empty() { 0.0 } else { pairs.iter().map(error).sum::<f64>() / count },
        r2: (spread > 0.0).then(|| 1.0 - missed / spread),
        flows: pairs.len(),
    }
}

/// Median of sorted values.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(0.5 * (lower + upper))
}
