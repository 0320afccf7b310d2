//! The paper's evaluation with its rivals: what each plans, what it costs, and how fast it gets there.

use slicewise_core::card::Better;
use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::{SlicePlan, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Halted, Monitor, Unmonitored};

use super::{DEGRADATION, QOS, USERS};
use crate::baselines::rivals::{Allowance, Race, Rival, Spectators, race};
use crate::solver::{Effort, solve};

/// QoS thresholds of the delay case (section VI-F), in ms.
pub const DELAYS: [f64; 3] = [20.0, 50.0, 100.0];
/// Mean and largest deviation of a slice's traffic within an hour, in users/s (section VI-A3): of the ten-minute
/// values of each whole hour of the week from 16 December 2013 of Milan's square 5161 (Telecom Italia Open
/// Big Data, ODbL 1.0), with 5 users/s at its peak. The paper does not print its own.
pub const DEVIATIONS: [f64; 2] = [0.103_780, 0.404_270];
/// A cost within this share of the final one counts as final (section VI-D).
pub const NEARLY_FINAL: f64 = 0.004;
/// Rows after which convergence is told.
pub const ROWS: [usize; 12] = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
/// Seconds after which convergence is told.
pub const SECONDS: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

/// One problem of the evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The slice's traffic.
    pub traffic: Traffic,
    /// QoS threshold, in the network's unit.
    pub qos: f64,
    /// Degradation threshold.
    pub degradation: f64,
}

impl Setting {
    /// The problem in the paper's box.
    pub fn problem(&self, network: &Network) -> SliceProblem {
        let traffic = self.traffic.clone();
        SliceProblem::in_whole_box(&network.card, traffic, self.qos, self.degradation)
    }
}

/// The 45 problems of the sweep (section VI-B), with the thresholds that suit the network: throughputs,
/// or the delays of section VI-F.
pub fn sweep_settings(network: &Network) -> Vec<Setting> {
    let thresholds = match network.card.output.better {
        Better::Higher => QOS,
        Better::Lower => DELAYS,
    };
    let mut settings = Vec::new();
    for qos in thresholds {
        for degradation in DEGRADATION {
            for users_per_second in USERS {
                let traffic = Traffic::Constant { users_per_second };
                settings.push(Setting { traffic, qos, degradation });
            }
        }
    }
    settings
}

/// The ten traffics that vary (Fig. 7 and 8): normal around 1 to 5 users/s, cut at 0, with both
/// [`DEVIATIONS`], at the network's usual threshold and a degradation of 0.1.
pub fn varying_settings(network: &Network) -> Vec<Setting> {
    let qos = network.card.output.threshold_default;
    let of = |deviation: f64| {
        USERS.map(|mean| {
            let traffic = Traffic::Normal { mean, deviation };
            Setting { traffic, qos, degradation: DEGRADATION[0] }
        })
    };
    DEVIATIONS.into_iter().flat_map(of).collect()
}

/// A method of the planner's own on one setting, with the seconds it took; `now` gives milliseconds.
///
/// # Errors
/// Names what the network does not allow.
pub async fn plan_of(
    network: &Network,
    method: Method,
    setting: &Setting,
    now: &impl Fn() -> f64,
) -> Result<(SlicePlan, f64), Halted> {
    let problem = SliceProblem { method, ..setting.problem(network) };
    let begin = now();
    let plan = solve(network, &problem, Effort::default(), &Unmonitored, &mut ()).await?;
    Ok((plan, (now() - begin) / 1000.0))
}

/// A rival on one setting, with the points that it usually may ask.
///
/// # Errors
/// Names what the network does not allow, or says that `monitor` stopped it.
pub async fn race_of(
    network: &Network,
    rival: Rival,
    setting: &Setting,
    seconds: f64,
    seed: u64,
    monitor: &impl Monitor,
    now: &impl Fn() -> f64,
) -> Result<Race, Halted> {
    let problem = setting.problem(network);
    let allowance = Allowance {
        rows: rival.usual_points() * rival.levels(&problem),
        seconds,
        candidates: None,
    };
    let spectators = Spectators { monitor, now, progress: &mut () };
    race(network, &problem, rival, allowance, seed, spectators).await
}

/// Means over many runs of one method.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Runs.
    pub runs: usize,
    /// Runs whose plan keeps the promise.
    pub feasible: usize,
    /// Mean cost of all plans, kept promises or not.
    pub mean_cost: f64,
    /// Mean degradation of all plans.
    pub mean_degradation: f64,
    /// Mean excess of the feasible plans' costs over the certified optimum, as a share of it.
    pub mean_excess: f64,
    /// Largest of these.
    pub largest_excess: f64,
    /// Mean rows of the network.
    pub mean_rows: f64,
    /// Mean seconds.
    pub mean_seconds: f64,
    /// Mean seconds until the best cost was within [`NEARLY_FINAL`] of the final one; of feasible plans
    /// that tell.
    pub mean_seconds_to_nearly_final: Option<f64>,
}

/// One run, as summaries see it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The plan.
    pub plan: &'a SlicePlan,
    /// Cost of the certified optimum.
    pub optimum: f64,
    /// Seconds in all.
    pub seconds: f64,
    /// The race, of a rival.
    pub race: Option<&'a Race>,
}

/// Means over `outcomes`.
pub fn summary(outcomes: &[Outcome<'_>]) -> Summary {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (mut count, mut sum) = (0usize, 0.0);
        values.for_each(|value| (count, sum) = (count + 1, sum + value));
        if count == 0 { None } else { Some(sum / count as f64) }
    };
    let all = |of: fn(&Outcome<'_>) -> f64| mean(&mut outcomes.iter().map(of)).unwrap_or(f64::NAN);
    let kept = || outcomes.iter().filter(|outcome| outcome.plan.keeps_promises());
    let excess = |outcome: &Outcome<'_>| outcome.plan.cost / outcome.optimum - 1.0;
    Summary {
        runs: outcomes.len(),
        feasible: kept().count(),
        mean_cost: all(|outcome| outcome.plan.cost),
        mean_degradation: all(|outcome| outcome.plan.worst_degradation()),
        mean_excess: mean(&mut kept().map(excess)).unwrap_or(f64::NAN),
        largest_excess: kept().map(excess).reduce(f64::max).unwrap_or(f64::NAN),
        mean_rows: all(|outcome| outcome.plan.evaluations as f64),
        mean_seconds: all(|outcome| outcome.seconds),
        mean_seconds_to_nearly_final: mean(
            &mut kept().filter_map(|outcome| nearly_final(outcome.race?)),
        ),
    }
}

/// Seconds until a race's best cost is within [`NEARLY_FINAL`] of its last.
fn nearly_final(race: &Race) -> Option<f64> {
    let last = race.milestones.last()?;
    let near = |cost: f64| cost <= (1.0 + NEARLY_FINAL) * last.cost;
    race.milestones.iter().find(|m| m.feasible && near(m.cost)).map(|m| m.seconds)
}

/// How near the certified optimum a method is at one moment of its runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convergence {
    /// Runs that have a point which keeps the promise by then.
    pub feasible: usize,
    /// Mean over these of the optimum's ratio to the best cost, at most 1.
    pub mean_ratio: f64,
    /// Deviation over these.
    pub deviation: f64,
}

/// Convergence at one moment: `best` gives a run's best cost by then, where it has one that keeps the
/// promise.
pub fn convergence<'a>(
    runs: impl Iterator<Item = (&'a Race, f64)>,
    best: impl Fn(&Race) -> Option<f64>,
) -> Option<Convergence> {
    let ratios: Vec<f64> =
        runs.filter_map(|(race, optimum)| best(race).map(|cost| optimum / cost)).collect();
    if ratios.is_empty() {
        return None;
    }
    let count = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / count;
    let squares: f64 = ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum();
    Some(Convergence {
        feasible: ratios.len(),
        mean_ratio: mean,
        deviation: (squares / count).sqrt(),
    })
}

/// Cost of a race's best point after so many rows, where it keeps the promise.
pub fn cost_after_rows(race: &Race, rows: usize) -> Option<f64> {
    race.best_after(rows).filter(|milestone| milestone.feasible).map(|milestone| milestone.cost)
}

/// Cost of a race's best point after so many seconds, where it keeps the promise.
pub fn cost_after_seconds(race: &Race, seconds: f64) -> Option<f64> {
    let reached = race.milestones.iter().rev().find(|milestone| milestone.seconds <= seconds);
    reached.filter(|milestone| milestone.feasible).map(|milestone| milestone.cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shipped;
    use futures::executor::block_on;

    /// Mean and largest deviation within an hour of a series of ten-minute values, scaled so that its largest
    /// value is `peak`; hours that are not whole do not count, and none where there is no whole one.
    fn hourly_deviations(ten_minutes: &[f64], peak: f64) -> Option<(f64, f64)> {
        const PER_HOUR: usize = 6;
        let largest = ten_minutes.iter().copied().fold(0.0, f64::max);
        let deviations: Vec<f64> = ten_minutes
            .chunks_exact(PER_HOUR)
            .map(|hour| {
                let mean = hour.iter().sum::<f64>() / PER_HOUR as f64;
                let squares: f64 = hour.iter().map(|value| (value - mean).powi(2)).sum();
                (squares / PER_HOUR as f64).sqrt() * peak / largest
            })
            .collect();
        let most = deviations.iter().copied().reduce(f64::max)?;
        Some((deviations.iter().sum::<f64>() / deviations.len() as f64, most))
    }

    #[test]
    fn deviations_within_hours_are_those_of_the_formula() {
        // Two hours and a rest: 0, 2 alternating has a deviation of 1, a constant none; the peak is 4.
        let mut series = vec![0.0, 2.0, 0.0, 2.0, 0.0, 2.0];
        series.extend([4.0; 6]);
        series.extend([1.0; 3]);
        let (mean, most) = hourly_deviations(&series, 5.0).unwrap();
        assert!((most - 1.25).abs() < 1e-12 && (mean - 0.625).abs() < 1e-12);
        assert!(hourly_deviations(&[1.0; 5], 5.0).is_none());
    }

    #[test]
    fn the_settings_are_those_of_the_paper() {
        let network = shipped("testbed-gaussian").unwrap();
        let sweep = sweep_settings(&network);
        assert_eq!(sweep.len(), 45);
        assert_eq!((sweep[0].qos, sweep[0].degradation), (3.0, 0.1));
        let delays = sweep_settings(&shipped("delay").unwrap());
        assert_eq!((delays.len(), delays[44].qos), (45, 100.0));
        let varying = varying_settings(&network);
        assert_eq!((varying.len(), varying[7].qos, varying[7].degradation), (10, 5.0, 0.1));
        assert_eq!(varying[7].traffic, Traffic::Normal { mean: 3.0, deviation: DEVIATIONS[1] });
    }

    #[test]
    fn summaries_and_convergence_agree_with_the_runs() {
        let network = shipped("testbed-gaussian").unwrap();
        let setting = Setting {
            traffic: Traffic::Constant { users_per_second: 2.0 },
            qos: 4.5,
            degradation: 0.15,
        };
        let now = || 0.0;
        let (plan, _) = block_on(plan_of(&network, Method::Certified, &setting, &now)).unwrap();
        let race = |seed| {
            let race = race_of(&network, Rival::CmaEs, &setting, 1.0, seed, &Unmonitored, &now);
            block_on(race).unwrap()
        };
        let races = [race(1), race(2)];
        let outcomes: Vec<Outcome<'_>> = races
            .iter()
            .map(|race| Outcome {
                plan: &race.plan,
                optimum: plan.cost,
                seconds: 2.0,
                race: Some(race),
            })
            .collect();
        let found = summary(&outcomes);
        assert_eq!((found.runs, found.feasible, found.mean_rows), (2, 2, 500.0));
        let cost = (races[0].plan.cost + races[1].plan.cost) / 2.0;
        assert!((found.mean_cost - cost).abs() < 1e-12);
        assert!((found.mean_excess - (cost / plan.cost - 1.0)).abs() < 1e-12);
        let with_optimum = || races.iter().map(|race| (race, plan.cost));
        let mut before = 0.0;
        for rows in [100, 200, 500] {
            let at = convergence(with_optimum(), |race| cost_after_rows(race, rows)).unwrap();
            assert!(at.mean_ratio >= before && at.mean_ratio <= 1.0 + 1e-4);
            before = at.mean_ratio;
        }
        assert!((before - 1.0 / (1.0 + found.mean_excess)).abs() < 1e-3);
        assert!(convergence(with_optimum(), |race| cost_after_rows(race, 0)).is_none());
        assert_eq!(cost_after_seconds(&races[0], 0.0), cost_after_rows(&races[0], 500));
    }
}
