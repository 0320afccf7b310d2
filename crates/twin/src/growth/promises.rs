//! The quarter in which each promise breaks, by the formula.

use std::sync::Arc;

use slicewise_core::twin::failures::{FailureCases, Part};
use slicewise_core::twin::{Answer, FlowState, Scenario};
use slicewise_optim::monitor::{Monitor, Stopped};

use crate::failures::with_failures;
use crate::formula::Formula;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// When a promise breaks first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Broken {
    /// The quarter where nothing fails.
    pub(super) sound: Option<u32>,
    /// The quarter over all failures and none.
    pub(super) any: Option<u32>,
    /// What fails then.
    pub(super) failure: Vec<Part>,
    /// The flow that breaks it then.
    pub(super) flow: Option<u32>,
}

/// When each promise of `problem` breaks first in `quarters`, the scenario as it is in each.
pub(super) async fn broken(
    problem: &Problem,
    quarters: &[Arc<Scenario>],
    cases: &FailureCases,
    monitor: &impl Monitor,
) -> Result<Vec<Broken>, Stopped> {
    let mut broken = vec![Broken::default(); problem.scenario.promises.len()];
    if broken.is_empty() {
        return Ok(broken);
    }
    let mut formula = Formula::default();
    let mut routes = Routes::default();
    let mut sound = problem.clone();
    for (quarter, scenario) in quarters.iter().enumerate() {
        monitor.checkpoint().await?;
        sound.scenario = scenario.clone();
        let answer = formula.brief(&RoutedNetwork::new(&sound, &mut routes));
        for (promise, broken) in broken.iter_mut().enumerate() {
            let found = breaking(scenario, &answer, promise);
            if broken.sound.is_none() && found.is_some() {
                (broken.sound, broken.any) = (Some(quarter as u32), Some(quarter as u32));
                broken.flow = found;
            }
        }
    }
    for case in 0..cases.len() {
        let failed = cases.failed(case);
        let mut failing = with_failures(problem, &failed);
        let mut routes = routes.without(&failing);
        for (quarter, scenario) in quarters.iter().enumerate() {
            let at = quarter as u32;
            // Later quarters can tell nothing new.
            if broken.iter().all(|broken| broken.any.is_some_and(|any| any <= at)) {
                break;
            }
            monitor.checkpoint().await?;
            failing.scenario = scenario.clone();
            let answer = formula.brief(&RoutedNetwork::new(&failing, &mut routes));
            for (promise, broken) in broken.iter_mut().enumerate() {
                if broken.any.is_some_and(|any| any <= at) {
                    continue;
                }
                let found = breaking(scenario, &answer, promise);
                if found.is_some() {
                    (broken.any, broken.failure, broken.flow) = (Some(at), failed.clone(), found);
                }
            }
        }
    }
    Ok(broken)
}

/// The first flow that arrives and breaks the promise of that index.
fn breaking(scenario: &Scenario, answer: &Answer, promise: usize) -> Option<u32> {
    let promise = &scenario.promises[promise];
    let flows = &answer.flows;
    let breaks = |index: usize| {
        flows.state[index] == FlowState::Arrives
            && promise.covers(scenario.flows[index].class)
            && !promise.is_kept(flows.mean_delay_s[index], flows.p99_s[index], flows.loss[index])
    };
    (0..scenario.flows.len()).find(|index| breaks(*index)).map(|index| index as u32)
}
