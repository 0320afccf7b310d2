//! Search over the weights of the classes' queues, where ports share by weights: those of all ports together, and
//! those of the ports where the flows in question wait longest. A coordinate search whose steps become finer; the
//! formula judges. There is no bound.

use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::twin::edit::Edit;
use slicewise_core::twin::intent::Change;
use slicewise_core::twin::{Answer, Queueing, Scenario};
use slicewise_optim::monitor::{Monitor, Stopped};

use super::delays::{Judge, Score};
use super::effort::Effort;
use super::loads::Loads;
use crate::problem::Problem;

/// Factors on a class's weight, from coarse to fine.
const STEPS: [f64; 4] = [4.0, 2.0, 1.4, 1.15];
/// Least and highest weight that is set.
const WEIGHTS: (f64, f64) = (1e-3, 1e3);
/// Ports whose own weights are tried.
const MOST_PORTS: usize = 24;
/// A change of one port has to bring this share.
const LEAST_GAIN: f64 = 1e-3;

/// Checks that some port of `problem` shares by weights, and that there are classes to share between.
///
/// # Errors
/// Says what there has to be.
pub fn check(problem: &Problem) -> Result<(), InputError> {
    let scenario = &problem.scenario;
    let mut links = scenario.topology.links.iter();
    let shares = links.any(|link| queueing(scenario, link.queueing).policy.has_weights());
    if shares && classes(scenario) > 1 {
        return Ok(());
    }
    let allowed = "false, unless a port shares by weights and there are flows of two classes";
    Err(InputError::new("moves.class_weights", true, allowed))
}

/// Improves what `judge` finds of `loads` by other weights of the classes, which it has from then on.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn search(
    judge: &mut Judge<'_>,
    loads: &Loads,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<(), Stopped> {
    let before = judge.scenario.clone();
    let (mut best, answer) = judge.score(loads);
    // Where all ports are the same, one change is enough for all.
    let scopes = match all_same(&before) {
        true => [vec![None], ports(judge, loads, &answer)],
        false => [ports(judge, loads, &answer), vec![None]],
    };
    for scope in scopes {
        for step in STEPS {
            descend(judge, loads, &scope, step, &mut best, effort, monitor).await?;
        }
    }
    take_back(judge, loads, &before, best);
    Ok(())
}

/// Goes through all classes of the ports in `scope`, up and down, until none helps.
async fn descend(
    judge: &mut Judge<'_>,
    loads: &Loads,
    scope: &[Option<u32>],
    step: f64,
    best: &mut Score,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<(), Stopped> {
    let ends_when_kept = judge.intent.minimise.is_none();
    let classes = classes(&judge.scenario);
    let mut since = 0;
    let moves = scope.iter().flat_map(|port| {
        (0..classes).flat_map(move |class| [(*port, class, step), (*port, class, 1.0 / step)])
    });
    let moves: Vec<(Option<u32>, usize, f64)> = moves.collect();
    for (port, class, factor) in moves.iter().cycle() {
        if since >= moves.len() || effort.is_spent() || ends_when_kept && best.broken == 0.0 {
            break;
        }
        monitor.checkpoint().await?;
        effort.count();
        since += 1;
        let Some(scenario) = with_weight(&judge.scenario, *port, *class, *factor) else { continue };
        let old = std::mem::replace(&mut judge.scenario, Arc::new(scenario));
        let (score, _) = judge.score(loads);
        let least = if port.is_some() { 1.0 - LEAST_GAIN } else { 1.0 - 1e-9 };
        let is_better = score.broken < best.broken * least
            || score.broken <= best.broken && score.value < best.value * least;
        if is_better {
            (*best, since) = (score, 0);
        } else {
            judge.scenario = old;
        }
    }
    Ok(())
}

/// Gives ports back the weights that they had where nothing is lost by it.
fn take_back(judge: &mut Judge<'_>, loads: &Loads, before: &Arc<Scenario>, best: Score) {
    if all_same(&judge.scenario) {
        return;
    }
    for link in changed(before, &judge.scenario) {
        let mut scenario = (*judge.scenario).clone();
        let was = queueing(before, before.topology.links[link as usize].queueing).clone();
        set(&mut scenario, link, was);
        let old = std::mem::replace(&mut judge.scenario, Arc::new(scenario));
        let (score, _) = judge.score(loads);
        if score.broken > best.broken || score.value > best.value * (1.0 + LEAST_GAIN) {
            judge.scenario = old;
        }
    }
}

/// The changes that lead from the queues of `before` to those that `judge` has, each with how much shorter it makes
/// the delay that the intent is about. Where all ports are alike in the end, one change sets them all.
pub fn changes(
    judge: &mut Judge<'_>,
    loads: &Loads,
    before: &Arc<Scenario>,
    max_utilisation: f64,
) -> Vec<Change> {
    let after = judge.scenario.clone();
    let changed = changed(before, &after);
    let links = &after.topology.links;
    let own = |link: u32| queueing(&after, links[link as usize].queueing).clone();
    let edits: Vec<(Option<u32>, Queueing)> = match changed.first() {
        None => Vec::new(),
        Some(first) if all_same(&after) => vec![(None, own(*first))],
        Some(_) => changed.iter().map(|link| (Some(*link), own(*link))).collect(),
    };
    let mut scenario = (**before).clone();
    judge.scenario = before.clone();
    let mut last = judge.delay_s(loads);
    let change = |(link, queueing): (Option<u32>, Queueing)| {
        match link {
            Some(link) => set(&mut scenario, link, queueing.clone()),
            None => scenario = (*after).clone(),
        }
        judge.scenario = Arc::new(scenario.clone());
        let now = judge.delay_s(loads);
        let delay_gain_s = last - now;
        last = now;
        Change {
            edit: Edit::Queueing {
                link: link.map(|link| links[link as usize].id.clone()),
                queueing,
            },
            rate_bit_per_s: 0.0,
            max_utilisation,
            gain: 0.0,
            delay_gain_s: Some(delay_gain_s),
        }
    };
    let changes = edits.into_iter().map(change).collect();
    judge.scenario = after;
    changes
}

fn queueing(scenario: &Scenario, index: u32) -> &Queueing {
    &scenario.queueings[index as usize]
}

/// Number of classes that flows have.
fn classes(scenario: &Scenario) -> usize {
    scenario.flows.iter().map(|flow| usize::from(flow.class) + 1).max().unwrap_or(0)
}

/// Whether all ports queue alike.
fn all_same(scenario: &Scenario) -> bool {
    let mut links = scenario.topology.links.iter().map(|link| queueing(scenario, link.queueing));
    let first = links.next();
    links.all(|own| Some(own) == first)
}

/// Links whose queueing differs.
fn changed(before: &Scenario, after: &Scenario) -> Vec<u32> {
    let links = before.topology.links.iter().zip(&after.topology.links).zip(0..);
    let differs = links
        .filter(|((old, new), _)| queueing(before, old.queueing) != queueing(after, new.queueing));
    differs.map(|(_, link)| link).collect()
}

fn set(scenario: &mut Scenario, link: u32, new: Queueing) {
    let known = scenario.queueings.iter().position(|own| *own == new);
    let index = known.unwrap_or(scenario.queueings.len());
    if known.is_none() {
        scenario.queueings.push(new);
    }
    scenario.topology.links[link as usize].queueing = index as u32;
}

/// `scenario` with the weight of a class times `factor` at one port, or at all; none where no port has weights, or
/// the weight would leave its range.
fn with_weight(
    scenario: &Scenario,
    port: Option<u32>,
    class: usize,
    factor: f64,
) -> Option<Scenario> {
    let classes = classes(scenario);
    let scaled = |own: &Queueing| {
        own.policy.has_weights().then_some(())?;
        let mut weights: Vec<f64> = (0..classes).map(|class| own.weight(class)).collect();
        weights[class] = three_digits(weights[class] * factor);
        let is_apt = (WEIGHTS.0..=WEIGHTS.1).contains(&weights[class]);
        is_apt.then(|| Queueing { weights, ..own.clone() })
    };
    let mut changed = scenario.clone();
    match port {
        Some(link) => {
            let own = scaled(queueing(scenario, scenario.topology.links[link as usize].queueing))?;
            set(&mut changed, link, own);
        }
        None => {
            let mut any = false;
            for own in &mut changed.queueings {
                if own.policy.has_weights() {
                    *own = scaled(own)?;
                    any = true;
                }
            }
            any.then_some(())?;
        }
    }
    Some(changed)
}

/// Weights that people can read.
fn three_digits(weight: f64) -> f64 {
    format!("{weight:.2e}").parse().unwrap_or(weight)
}

/// The ports that share by weights where the flows in question wait longest.
fn ports(judge: &Judge<'_>, loads: &Loads, answer: &Answer) -> Vec<Option<u32>> {
    let scenario = &judge.scenario;
    let links = judge.cases.links;
    let mut is_crossed = vec![false; links];
    for (demand, course) in judge.demands.iter().zip(&loads.courses) {
        if judge.intent.is_about_delay_of(demand.class) {
            let rows = course.entries.iter().map(|(row, _)| *row as usize);
            rows.take_while(|row| *row < links).for_each(|row| is_crossed[row] = true);
        }
    }
    let wait_s = |link: &u32| answer.links.mean_wait_s[*link as usize];
    let mut found: Vec<u32> = (scenario.topology.links.iter().zip(0_u32..))
        .filter(|(link, index)| {
            is_crossed[*index as usize] && queueing(scenario, link.queueing).policy.has_weights()
        })
        .map(|(_, index)| index)
        .filter(|link| wait_s(link) > 0.0)
        .collect();
    found.sort_by(|a, b| wait_s(b).total_cmp(&wait_s(a)).then(a.cmp(b)));
    found.into_iter().take(MOST_PORTS).map(Some).collect()
}
