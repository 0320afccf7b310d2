//! Local search for delays: demands go by lists that are quicker at the links' delays of now, as the formula tells
//! them, and stay there where the formula finds the whole network the better for it. There is no bound: what is
//! found is the search's own best.

use std::collections::BTreeSet;
use std::sync::Arc;

use slicewise_core::twin::intent::{Intent, Keep, Objective};
use slicewise_core::twin::{Answer, Scenario};
use slicewise_optim::monitor::{Monitor, Stopped};

use super::cases::Cases;
use super::columns::Columns;
use super::demands::Demand;
use super::effort::Effort;
use super::loads::{Course, Loads};
use super::splits::{Lists, Reach};
use crate::formula::Formula;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// How far a network is from an intent, the lower the better: what is broken first, then what is minimised.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Score {
    /// Sum of what is kept too little, each as a share of its bound; 0 where all is kept.
    pub broken: f64,
    /// What is minimised.
    pub value: f64,
}

/// Judges routings by the formula.
#[derive(Debug)]
pub struct Judge<'a> {
    /// The cases.
    pub cases: &'a Cases,
    /// The demands.
    pub demands: &'a [Demand],
    /// What is wanted.
    pub intent: &'a Intent,
    /// The scenario with its queues, which may be others than those of the cases.
    pub scenario: Arc<Scenario>,
    routes: Vec<Routes>,
    formula: Formula,
}

impl<'a> Judge<'a> {
    /// A judge of these demands.
    pub fn new(cases: &'a Cases, demands: &'a [Demand], intent: &'a Intent) -> Self {
        let routes = vec![Routes::default(); cases.all.len()];
        let scenario = cases.all[0].problem.scenario.clone();
        Self { cases, demands, intent, scenario, routes, formula: Formula::default() }
    }

    /// The answer in a case.
    pub fn answer(&mut self, loads: &Loads, case: usize) -> Answer {
        let mut problem = routed(&self.cases.all[case].problem, self.demands, loads);
        problem.scenario = self.scenario.clone();
        let network = RoutedNetwork::new(&problem, &mut self.routes[case]);
        self.formula.brief(&network)
    }

    /// The score over all cases.
    pub fn score(&mut self, loads: &Loads) -> (Score, Answer) {
        let first = self.answer(loads, 0);
        let peak = loads.fullest().1;
        let mut score = Score { broken: self.broken(&first), value: 0.0 };
        score.value = match self.intent.minimise {
            Some(Objective::MeanDelay) => first.summary.mean_delay_s,
            Some(Objective::LargestDelay) => first.summary.longest_delay_s,
            Some(Objective::LargestUtilisation) => peak,
            None => 0.0,
        };
        for keep in &self.intent.keep {
            if let Keep::Utilisation { at_most } = keep {
                score.broken += (peak / at_most - 1.0).max(0.0);
            }
        }
        for case in 1..self.cases.all.len() {
            let answer = self.answer(loads, case);
            let value = match self.intent.minimise {
                Some(Objective::MeanDelay) => answer.summary.mean_delay_s,
                Some(Objective::LargestDelay) => answer.summary.longest_delay_s,
                _ => 0.0,
            };
            score.value = score.value.max(value);
            score.broken += self.broken(&answer);
        }
        (score, first)
    }

    /// The delay that the intent is about, over all cases, in seconds: the mean where that is minimised, otherwise the
    /// longest mean delay of a flow that it is about.
    pub fn delay_s(&mut self, loads: &Loads) -> f64 {
        let mut longest_s: f64 = 0.0;
        for case in 0..self.cases.all.len() {
            let answer = self.answer(loads, case);
            let of_case_s = match self.intent.minimise {
                Some(Objective::MeanDelay) => answer.summary.mean_delay_s,
                _ => {
                    let flows = self.scenario.flows.iter().zip(&answer.flows.mean_delay_s);
                    let own =
                        flows.filter(|(flow, _)| self.intent.is_about_delay_of(Some(flow.class)));
                    own.map(|(_, delay_s)| *delay_s).fold(0.0, f64::max)
                }
            };
            longest_s = longest_s.max(of_case_s);
        }
        longest_s
    }

    fn broken(&self, answer: &Answer) -> f64 {
        let classes = &self.cases.all[0].problem.scenario.flows;
        let mut broken = 0.0;
        for keep in &self.intent.keep {
            let Keep::Delay { class, at_most_s } = keep else { continue };
            for (flow, delay_s) in classes.iter().zip(&answer.flows.mean_delay_s) {
                if class.is_none_or(|class| class == flow.class) && delay_s > at_most_s {
                    broken += delay_s / at_most_s - 1.0;
                }
            }
        }
        broken
    }
}

/// `problem` with the courses of all demands that do not go as they do at present.
pub fn routed(problem: &Problem, demands: &[Demand], loads: &Loads) -> Problem {
    let mut routed = problem.clone();
    for (demand, course) in demands.iter().zip(&loads.courses) {
        if course.is_present() {
            continue;
        }
        let lists = demand.lists(&course.ways);
        for flow in &demand.flows {
            routed.segments.insert(*flow, lists.clone());
        }
    }
    routed
}

/// Prices of the links by which quicker lists are looked for.
fn prices(judge: &Judge<'_>, answer: &Answer) -> Vec<f64> {
    let links = &judge.cases.all[0].problem.scenario.topology.links;
    let of = |index: usize| {
        let (wait_s, delay_s) = (answer.links.mean_wait_s[index], answer.links.mean_delay_s[index]);
        let utilisation = answer.links.utilisation[index];
        let capacity = links[index].capacity_bit_per_s;
        if delay_s.is_nan() {
            return (links[index].propagation_s + 12_000.0 / capacity) * capacity;
        }
        // What one more packet adds to the waits of all others counts where their mean is what is minimised.
        let others = match judge.intent.minimise {
            Some(Objective::MeanDelay) => wait_s / (1.0 - utilisation).max(0.02),
            _ => 0.0,
        };
        // Lists price a bit/s by the price over the capacity.
        (delay_s + others) * capacity
    };
    (0..links.len()).map(of).collect()
}

/// The most demands that change at once.
const BATCH: usize = 64;
/// A quicker list has to be quicker by this share.
const QUICKER: f64 = 1.0 - 1e-3;

/// Improves `loads` by the intent's delays; `told` hears of every improvement.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn search(
    judge: &mut Judge<'_>,
    loads: &mut Loads,
    closed: &[bool],
    reach: Reach,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
    told: &mut dyn FnMut(&Loads),
) -> Result<Score, Stopped> {
    let (cases, demands) = (judge.cases, judge.demands);
    let mut lists = Lists::new(cases, demands, closed, reach);
    let (mut best, mut answer) = judge.score(loads);
    let mut given_up: BTreeSet<usize> = BTreeSet::new();
    let mut batch = BATCH;
    let ends_when_kept = judge.intent.minimise.is_none();
    while !(effort.is_spent() || ends_when_kept && best.broken == 0.0) {
        monitor.checkpoint().await?;
        let priced = prices(judge, &answer);
        let mut all = vec![0.0; cases.rows()];
        all[..priced.len()].copy_from_slice(&priced);
        lists.prepare(&all);
        let wanted = proposals(judge, loads, &lists, &all, &answer, &given_up);
        if wanted.is_empty() {
            break;
        }
        let mut tried = loads.clone();
        let chosen: Vec<usize> = wanted.into_iter().take(batch).collect();
        for demand in &chosen {
            if let Some((entries, way)) = lists.column(*demand) {
                tried.put(*demand, Course::whole(way, entries));
            }
        }
        effort.count();
        let (score, new) = judge.score(&tried);
        if score < best {
            (best, answer) = (score, new);
            *loads = tried;
            given_up.clear();
            batch = (2 * batch).min(BATCH);
            told(loads);
        } else if chosen.len() > 1 {
            batch = chosen.len() / 2;
        } else {
            given_up.extend(chosen);
            batch = 4;
        }
    }
    Ok(best)
}

/// Demands that a quicker list is known for, those first that gain most. For the longest delay and for broken
/// bounds, only those that are concerned.
fn proposals(
    judge: &Judge<'_>,
    loads: &Loads,
    lists: &Lists<'_>,
    prices: &[f64],
    answer: &Answer,
    given_up: &BTreeSet<usize>,
) -> Vec<usize> {
    let links = judge.cases.links;
    let mut gains: Vec<(f64, usize)> = Vec::new();
    for (demand, own) in judge.demands.iter().enumerate() {
        if given_up.contains(&demand) || !concerns(judge, own, answer) {
            continue;
        }
        let entries = loads.courses[demand].entries.iter();
        let here = entries.take_while(|(row, _)| (*row as usize) < links);
        let now: f64 = here.map(|(row, value)| prices[*row as usize] * value).sum();
        let cheapest = lists.cost(demand);
        if cheapest < now * QUICKER {
            let weight = match judge.intent.minimise {
                Some(Objective::MeanDelay) => 1.0,
                _ => 1.0 / own.rate_bit_per_s,
            };
            gains.push(((now - cheapest) * weight, demand));
        }
    }
    gains.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    gains.into_iter().map(|(_, demand)| demand).collect()
}

/// How near the longest delay a flow has to be to be looked at.
const NEAR_THE_LONGEST: f64 = 0.98;

/// Whether a demand has to do with what the intent lacks.
fn concerns(judge: &Judge<'_>, demand: &Demand, answer: &Answer) -> bool {
    let delays = demand.flows.iter().map(|flow| answer.flows.mean_delay_s[*flow as usize]);
    let longest = delays.fold(0.0, f64::max);
    let is_broken = judge.intent.keep.iter().any(|keep| match keep {
        Keep::Delay { class, at_most_s } => {
            (class.is_none() || demand.class.is_none() || *class == demand.class)
                && longest > *at_most_s
        }
        _ => false,
    });
    is_broken
        || match judge.intent.minimise {
            Some(Objective::MeanDelay) => true,
            Some(Objective::LargestDelay) => {
                longest >= NEAR_THE_LONGEST * answer.summary.longest_delay_s
            }
            _ => false,
        }
}
