//! Every failure of a sweep, answered: what is cut off, which links run full, which promises break.

use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_core::twin::failures::{
    CAUSES, FailureCase, FailureCases, FailureKinds, FailureSweep, LinkCauses, NAMED_NODES, Part,
};
use slicewise_core::twin::{Answer, TwinNews};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use crate::formula::Formula;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// Cases `first` to `first + count` of the sweep `kinds` over `problem`, which may have failures of its own;
/// all of them where `count` is 0.
///
/// # Errors
/// When there is no such case, or the sweep is asked to stop.
pub async fn sweep(
    problem: &Problem,
    kinds: FailureKinds,
    first: usize,
    count: usize,
    monitor: &impl Monitor,
    progress: &mut impl Progress<TwinNews>,
) -> Result<FailureSweep, Halted> {
    let cases = FailureCases::new(&problem.scenario.topology, kinds)?;
    let range = chosen(&cases, first, count)?;
    let mut formula = Formula::default();
    let mut routes = Routes::default();
    let sound = formula.brief(&RoutedNetwork::new(problem, &mut routes));
    let mut sweep = FailureSweep {
        first,
        cases: Vec::with_capacity(range.len()),
        all: cases.len(),
        links: vec![LinkCauses::default(); sound.links.utilisation.len()],
        utilisation: sound.links.utilisation,
    };
    let done = range.len() as f64;
    for index in range {
        monitor.checkpoint().await?;
        let failed = cases.failed(index);
        let broken = with_failures(problem, &failed);
        let answer = formula.brief(&RoutedNetwork::new(&broken, &mut routes.without(&broken)));
        note_causes(&mut sweep, index, &answer);
        sweep.cases.push(case(&broken, failed, &answer));
        progress.share((index + 1 - first) as f64 / done);
    }
    Ok(sweep)
}

/// The cases that were asked for.
fn chosen(
    cases: &FailureCases,
    first: usize,
    count: usize,
) -> Result<std::ops::Range<usize>, InputError> {
    check_count("first", first, 0, cases.len() - 1)?;
    let left = cases.len() - first;
    check_count("count", count, 0, left)?;
    Ok(first..first + if count == 0 { left } else { count })
}

/// The problem with more failures.
pub(crate) fn with_failures(problem: &Problem, failed: &[Part]) -> Problem {
    let mut broken = problem.clone();
    for part in failed {
        match part {
            Part::Link(link) => broken.fail_link(*link),
            Part::Node(node) => broken.fail_node(*node),
            Part::Group(group) => broken.fail_group(*group as usize),
        }
    }
    broken
}

/// Adds the case to the worst ones of each link that it makes fuller.
fn note_causes(sweep: &mut FailureSweep, index: usize, answer: &Answer) {
    let links = sweep.links.iter_mut().zip(&sweep.utilisation).zip(&answer.links.utilisation);
    for ((link, sound), utilisation) in links {
        // A link of a failed one has no utilisation, and no failure makes it worse.
        if utilisation.is_nan() || *utilisation <= sound * (1.0 + 1e-9) {
            continue;
        }
        let place = link.causes.partition_point(|(_, worse)| *worse >= *utilisation);
        if place < CAUSES {
            link.causes.insert(place, (index as u32, *utilisation));
            link.causes.truncate(CAUSES);
        }
    }
}

fn case(problem: &Problem, failed: Vec<Part>, answer: &Answer) -> FailureCase {
    let summary = &answer.summary;
    let parts = Parts::of(problem);
    let index = |found: Option<usize>| found.map(|index| index as u32);
    FailureCase {
        failed,
        cut_off: summary.cut_off as u32,
        end_failed: summary.end_failed as u32,
        components: parts.components,
        separated: parts.separated,
        outside: parts.outside,
        breaking: summary.breaking as u32,
        highest_utilisation: summary.highest_utilisation,
        busiest_link: index(summary.busiest_link),
        longest_delay_s: summary.longest_delay_s,
        slowest_flow: index(summary.slowest_flow),
        delivered: summary.delivered,
    }
}

/// What a network has fallen into.
struct Parts {
    components: u32,
    separated: u32,
    outside: Vec<u32>,
}

impl Parts {
    /// Counts over the nodes that have not failed.
    fn of(problem: &Problem) -> Self {
        let topology = &problem.scenario.topology;
        let parts = topology.parts_over(|link| !problem.failed_links[link]);
        let alive: Vec<u32> = (problem.failed_nodes.iter().zip(0..))
            .filter(|(failed, _)| !**failed)
            .map(|(_, node)| node)
            .collect();
        let mut sizes = vec![0u32; topology.nodes.len()];
        alive.iter().for_each(|node| sizes[parts[*node as usize] as usize] += 1);
        let largest = (0..sizes.len()).rev().max_by_key(|part| sizes[*part]).unwrap_or(0);
        let is_outside = |node: &u32| parts[*node as usize] as usize != largest;
        let outside: Vec<u32> = alive.into_iter().filter(is_outside).collect();
        Self {
            components: sizes.iter().filter(|size| **size > 0).count() as u32,
            separated: outside.len() as u32,
            outside: outside.into_iter().take(NAMED_NODES).collect(),
        }
    }
}
