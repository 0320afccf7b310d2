//! One optimisation, from the intent to the list of changes.

use std::cell::Cell;
use std::sync::Arc;

use slicewise_core::twin::answer::Summary;
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::intent::{
    Change, Delays, Improvement, ImprovementOrder, Intent, Keep, Objective, Verdict,
};
use slicewise_core::twin::{Edit, Scenario, TwinNews};
use slicewise_optim::least_peak::LeastPeak;
use slicewise_optim::monitor::{Halted, Monitor, Progress, Stopped};

use super::actions::{self, take_back};
use super::bound::{Bound, bound};
use super::cases::Cases;
use super::classes;
use super::columns::{Aim, Columns, generate};
use super::delays::{self, Judge};
use super::demands::{Demand, Way, carried, demands, entries};
use super::effort::{Clock, Effort};
use super::loads::{Course, Loads};
use super::splits::{Lists, Reach, keeps_off};
use super::waypoints::Relief;
use super::weights::WeightLoads;
use crate::problem::Problem;
use crate::segments::{Segments, named};

/// Shares of the time: local search before the bound, the bound, and the search over weights.
const FIRST_SHARE: f64 = 0.1;
const BOUND_SHARE: f64 = 0.45;
const WEIGHTS_SHARE: f64 = 0.4;
/// Share of the time that is left for the weights of classes, before routes are changed.
const QUEUES_SHARE: f64 = 0.3;
/// How much fuller, as a share, the fullest link may get for fewer changes.
const FEWER_CHANGES: f64 = 2e-5;
/// What lies this near the bound, as a share, is optimal.
const OPTIMAL: f64 = 1e-6;

/// Improves the routing of `problem`, whose present routing the search starts from. `clock` tells seconds since any
/// moment; `progress` hears the highest utilisation whenever it has come down.
///
/// # Errors
/// Names the field of `order` that cannot be used, or that the network is too large; [`Stopped`] when `monitor` says
/// so.
pub async fn improve(
    problem: &Problem,
    order: &ImprovementOrder,
    clock: Clock<'_>,
    monitor: &impl Monitor,
    progress: &mut impl Progress<TwinNews>,
) -> Result<Improvement, Halted> {
    order.validate(&problem.scenario)?;
    let began_s = clock();
    let done = Cell::new(0);
    let effort = Effort::new(clock, order.seconds, &done, order.iterations);
    let intent = &order.intent;
    let closed = closed(problem, intent);
    if order.moves.class_weights {
        classes::check(problem)?;
    }
    let cases = Cases::new(problem, intent.after_failures)?;
    let all = demands(&cases, intent.is_about_delay());
    let told = Told { progress, least: f64::INFINITY };
    let mut search = Search { order, closed, effort, monitor, told, lists_bound: 0.0 };
    let before = carried(&cases, |_| true).into_iter().fold(0.0, f64::max);
    let igp = by_weights(&cases, &all).fullest().1;
    let (cases, all, weight_changes) = search.weights(problem, cases, all).await?;
    let (loads, bound, queues) = search.routing(&cases, &all).await?;
    let (mut changes, loads) = search.changes(&cases, &all, &loads, weight_changes, before);
    let mut judge = Judge::new(&cases, &all, intent);
    let queues_before = std::mem::replace(&mut judge.scenario, queues);
    let queue_changes = classes::changes(&mut judge, &loads, &queues_before, loads.fullest().1);
    changes.extend(queue_changes);
    let after = judge.answer(&loads, 0);
    let today = crate::formula::Formula::default().brief(&crate::routing::RoutedNetwork::new(
        problem,
        &mut crate::routing::Routes::default(),
    ));
    let max_utilisation = loads.fullest().1;
    let broken = broken(&mut judge, &search.closed, &loads);
    let verdict = match broken.is_empty() {
        true => Verdict::Kept,
        false if is_impossible(problem, intent, &search.closed, &all, bound) => Verdict::Impossible,
        false => Verdict::Broken,
    };
    let lower_bound = bound.utilisation.min(max_utilisation);
    Ok(Improvement {
        max_utilisation,
        lower_bound,
        ratio_to_bound: if lower_bound > 0.0 { max_utilisation / lower_bound } else { 1.0 },
        lower_bound_of_lists: search.lists_bound.min(max_utilisation),
        igp,
        before,
        seconds: clock() - began_s,
        iterations: done.get(),
        delays_before: delays_of(&today.summary),
        delays_after: delays_of(&after.summary),
        verdict,
        broken,
        changes,
    })
}

fn delays_of(summary: &Summary) -> Delays {
    Delays { mean_delay_s: summary.mean_delay_s, longest_delay_s: summary.longest_delay_s }
}

/// Links that are to stay free.
fn closed(problem: &Problem, intent: &Intent) -> Vec<bool> {
    let links = &problem.scenario.topology.links;
    let is_closed =
        |id: &str| intent.keep.iter().any(|keep| matches!(keep, Keep::Free { link } if link == id));
    links.iter().map(|link| is_closed(&link.id)).collect()
}

/// All demands by ways of least weight.
fn by_weights(cases: &Cases, demands: &[Demand]) -> Loads {
    let course = |demand: &Demand| {
        let list = Segments::new();
        let entries = entries(cases, demand, &list).unwrap_or_default();
        Course::whole(Way::List(list), entries)
    };
    Loads::new(demands.iter().map(course).collect(), cases.rows())
}

/// Tells whenever the fullest link has come down.
struct Told<'a, P> {
    progress: &'a mut P,
    least: f64,
}

impl<P: Progress<TwinNews>> Told<'_, P> {
    fn hear(&mut self, peak: f64) {
        if peak < self.least {
            self.least = peak;
            self.progress.news(TwinNews::Improved(peak));
        }
    }
}

/// The parts of an optimisation.
struct Search<'a, M, P> {
    order: &'a ImprovementOrder,
    closed: Vec<bool>,
    effort: Effort<'a>,
    monitor: &'a M,
    told: Told<'a, P>,
    /// A lower bound over all lists of so many segments.
    lists_bound: f64,
}

impl<M: Monitor, P: Progress<TwinNews>> Search<'_, M, P> {
    fn reach(&self) -> Reach {
        let moves = &self.order.moves;
        Reach { waypoints: moves.waypoints, by_links: moves.link_segments }
    }

    /// Utilisation at which nothing more is to be gained: what is to be kept where nothing is minimised.
    fn goal(&self) -> f64 {
        let intent = &self.order.intent;
        let most = intent.most_utilisation();
        match intent.minimise {
            Some(Objective::LargestUtilisation) => 0.0,
            _ => most.unwrap_or(f64::INFINITY),
        }
    }

    /// Other weights, where links may get them: the cases and demands with them, and the changes.
    async fn weights(
        &mut self,
        problem: &Problem,
        cases: Cases,
        all: Vec<Demand>,
    ) -> Result<(Cases, Vec<Demand>, Vec<Change>), Halted> {
        if !self.order.moves.weights || all.is_empty() {
            return Ok((cases, all, Vec::new()));
        }
        let pinned = pinned(&cases, problem);
        let mut search = WeightLoads::new(&cases, &pinned);
        let effort = self.effort.part(WEIGHTS_SHARE);
        search.search(self.order.seed, self.goal(), &effort, self.monitor).await?;
        let edits = weight_changes(problem, &cases, &pinned, search, self.goal());
        if edits.is_empty() {
            return Ok((cases, all, Vec::new()));
        }
        let weights: Vec<Edit> = edits.iter().map(|change| change.edit.clone()).collect();
        let changed = problem.clone().with(&weights)?;
        let cases = Cases::new(&changed, self.order.intent.after_failures)?;
        let all = demands(&cases, self.order.intent.is_about_delay());
        Ok((cases, all, edits))
    }

    /// The courses of all demands, the bound, and the scenario with its queues.
    async fn routing(
        &mut self,
        cases: &Cases,
        all: &[Demand],
    ) -> Result<(Loads, Bound, Arc<Scenario>), Stopped> {
        let mut loads = self.start(cases, all);
        let queues = cases.all[0].problem.scenario.clone();
        if all.is_empty() {
            return Ok((loads, Bound { utilisation: 0.0, reached: 0.0 }, queues));
        }
        let goal = self.goal();
        let may_move = self.order.moves.waypoints > 0;
        let splits = self.order.moves.splits;
        if may_move {
            let relief = Relief { cases, demands: all, closed: &self.closed, goal, kicks: false };
            let effort = self.effort.part(FIRST_SHARE);
            let told = &mut self.told;
            let mut told = |loads: &Loads| told.hear(loads.fullest().1);
            relief.search(&mut loads, self.order.seed, &effort, self.monitor, &mut told).await?;
        }
        self.told.progress.share(FIRST_SHARE);
        let bound = self.bound(cases, all).await?;
        self.told.progress.share(BOUND_SHARE);
        let goal = goal.max(bound.utilisation * (1.0 + OPTIMAL));
        if may_move && splits && loads.fullest().1 > goal {
            self.split(cases, all, &mut loads, goal).await?;
        } else if may_move && loads.fullest().1 > goal {
            let relief = Relief { cases, demands: all, closed: &self.closed, goal, kicks: true };
            let (effort, seed) = (self.effort, self.order.seed);
            let told = &mut self.told;
            let mut told = |loads: &Loads| told.hear(loads.fullest().1);
            relief.search(&mut loads, seed, &effort, self.monitor, &mut told).await?;
        }
        if !self.order.intent.is_about_delay() {
            return Ok((loads, bound, queues));
        }
        let mut judge = Judge::new(cases, all, &self.order.intent);
        let by_classes = self.order.moves.class_weights;
        if by_classes {
            let effort = self.effort.part(if may_move { QUEUES_SHARE } else { 1.0 });
            classes::search(&mut judge, &loads, &effort, self.monitor).await?;
        }
        if may_move {
            let share = if by_classes { 1.0 - QUEUES_SHARE } else { 1.0 };
            let (effort, reach) = (self.effort.part(share), self.reach());
            let told = &mut self.told;
            let mut told = |loads: &Loads| told.hear(loads.fullest().1);
            let closed = &self.closed;
            delays::search(&mut judge, &mut loads, closed, reach, &effort, self.monitor, &mut told)
                .await?;
        }
        if may_move && by_classes {
            classes::search(&mut judge, &loads, &self.effort, self.monitor).await?;
        }
        Ok((loads, bound, judge.scenario))
    }

    /// The present courses, but for demands that do not arrive, or that use a link that is to be free: those take
    /// the cheapest way that may be used, where there is one.
    fn start(&self, cases: &Cases, all: &[Demand]) -> Loads {
        let mut loads = Loads::present(all, cases.rows());
        let rows = cases.rows();
        let mut lists = Lists::new(cases, all, &self.closed, self.reach());
        lists.prepare(&vec![1.0 / rows as f64; rows]);
        for (demand, own) in all.iter().enumerate() {
            let present = own.present.as_ref();
            if present.is_some_and(|present| keeps_off(present, &self.closed)) {
                continue;
            }
            let direct = Segments::new();
            let plain = entries(cases, own, &direct).filter(|found| keeps_off(found, &self.closed));
            let plain = plain.map(|found| (found, Way::List(direct)));
            let cheapest =
                || if lists.cost(demand).is_finite() { lists.column(demand) } else { None };
            let found = plain.or_else(cheapest);
            if let Some((entries, way)) = found {
                loads.put(demand, Course::whole(way, entries));
            }
        }
        loads
    }

    /// The bound over all cases: in each, any routing may be another one.
    async fn bound(&mut self, cases: &Cases, all: &[Demand]) -> Result<Bound, Stopped> {
        let effort = self.effort.part(BOUND_SHARE);
        let mut worst = Bound { utilisation: 0.0, reached: 0.0 };
        for (index, case) in cases.all.iter().enumerate() {
            let own =
                effort.part(if index == 0 { 0.5 } else { 1.0 / (cases.all.len() - index) as f64 });
            let own = if cases.all.len() == 1 { effort } else { own };
            let arrives = |demand: &&Demand| case.fractions.reaches(demand.source, demand.target);
            let arriving: Vec<Demand> = all.iter().filter(arrives).cloned().collect();
            if arriving.is_empty() {
                continue;
            }
            let found = bound(&case.problem, &arriving, &self.closed, &own, self.monitor).await?;
            worst.utilisation = worst.utilisation.max(found.utilisation);
            worst.reached = worst.reached.max(found.reached);
        }
        Ok(worst)
    }

    /// Splits demands over lists until no list lowers the fullest row.
    async fn split(
        &mut self,
        cases: &Cases,
        all: &[Demand],
        loads: &mut Loads,
        goal: f64,
    ) -> Result<(), Stopped> {
        // Demands without a way that may be used keep what they have, and cannot be priced.
        let mut lists = Lists::new(cases, all, &self.closed, self.reach());
        let start = loads.courses.iter().map(|course| {
            let way = course.ways.first().map_or(Way::Present, |(_, way)| way.clone());
            (course.entries.clone(), way)
        });
        let mut division = LeastPeak::new(vec![0.0; cases.rows()], start.collect());
        let (effort, told) = (self.effort, &mut self.told);
        let mut told = |peak: f64, _: f64| told.hear(peak);
        let aim = Aim { demands: all.len(), goal, centre: None };
        self.lists_bound =
            generate(&mut division, &mut lists, aim, &effort, self.monitor, &mut told).await?;
        let divided = divided(cases, all, &division);
        if divided.fullest().1 < loads.fullest().1 {
            *loads = divided;
        }
        Ok(())
    }

    /// The changes that lead to `loads`, as few as keep what is gained, and what they come to.
    fn changes(
        &self,
        cases: &Cases,
        all: &[Demand],
        loads: &Loads,
        mut changes: Vec<Change>,
        before: f64,
    ) -> (Vec<Change>, Loads) {
        let intent = &self.order.intent;
        let mut wanted = loads.clone();
        let delay = intent.is_about_delay();
        let (peak, kept) = (wanted.fullest().1, intent.most_utilisation().unwrap_or(f64::INFINITY));
        let most = match intent.minimise {
            // Not so few that what was kept is not kept any more.
            Some(_) => (peak * (1.0 + FEWER_CHANGES)).min(kept).max(peak),
            None => kept.max(peak),
        };
        if !delay {
            take_back(&mut wanted, all, &self.closed, most);
        }
        let is_enough = |loads: &Loads| match intent.minimise {
            None if !delay => loads.fullest().1 <= most,
            _ => false,
        };
        let (mut actions, mut loads) = actions::actions(all, &wanted, &self.closed, &is_enough);
        if intent.minimise.is_none() && !delay {
            // Of what was enough in that order, what later changes have made needless.
            take_back(&mut loads, all, &self.closed, most);
            (actions, loads) = actions::actions(all, &loads, &self.closed, &is_enough);
        }
        let mut last = changes.last().map_or(before, |change| change.max_utilisation);
        for action in actions {
            let demand = &all[action.demand];
            changes.push(Change {
                edit: segments_edit(&cases.all[0].problem, demand, &action.course),
                rate_bit_per_s: demand.rate_bit_per_s,
                max_utilisation: action.utilisation,
                gain: last - action.utilisation,
                delay_gain_s: None,
            });
            last = action.utilisation;
        }
        (changes, loads)
    }
}

/// The shares of a division as courses.
fn divided(cases: &Cases, all: &[Demand], division: &LeastPeak<Way>) -> Loads {
    let course = |(demand, own): (usize, &Demand)| {
        let shares = division.shares(demand);
        let ways: Vec<(f64, Way)> =
            shares.into_iter().map(|(share, way)| (share, way.clone())).collect();
        let mut sums = std::collections::BTreeMap::new();
        for (share, way) in &ways {
            let found = match way {
                Way::Present => own.present.clone(),
                Way::List(list) => entries(cases, own, list),
            };
            for (row, value) in found.into_iter().flatten() {
                *sums.entry(row).or_insert(0.0) += share * value;
            }
        }
        Course { ways, entries: sums.into_iter().collect() }
    };
    Loads::new(all.iter().enumerate().map(course).collect(), cases.rows())
}

/// What is done to a demand, as an edit.
fn segments_edit(problem: &Problem, demand: &Demand, course: &Course) -> Edit {
    let nodes = &problem.scenario.topology.nodes;
    let lists = demand.lists(&course.ways);
    let is_plain = lists.iter().all(|(_, list)| list.is_empty());
    let lists = lists.iter().map(|(share, list)| named(problem, *share, list));
    Edit::Segments {
        of: Selection {
            source: Some(nodes[demand.source as usize].id.clone()),
            target: Some(nodes[demand.target as usize].id.clone()),
            class: demand.class,
        },
        lists: if is_plain { Vec::new() } else { lists.collect() },
    }
}

/// What flows with a path or lists of their own bring to each link in each case, in bit/s.
fn pinned(cases: &Cases, problem: &Problem) -> Vec<Vec<f64>> {
    let scenario = &problem.scenario;
    let is_pinned = |flow: u32| {
        scenario.flows[flow as usize].path.is_some() || problem.segments.contains_key(&flow)
    };
    let links = &scenario.topology.links;
    let bits = |own: &[f64]| {
        own.iter().zip(links).map(|(used, link)| used * link.capacity_bit_per_s).collect()
    };
    carried(cases, is_pinned).chunks(cases.links).map(bits).collect()
}

/// The weights that differ from those of `problem`, without those that gain nothing, in the order in which each gains
/// most.
fn weight_changes(
    problem: &Problem,
    cases: &Cases,
    pinned: &[Vec<f64>],
    mut found: WeightLoads,
    goal: f64,
) -> Vec<Change> {
    let before = &problem.scenario.topology.links;
    let peak = |loads: &WeightLoads| loads.utilisation().into_iter().fold(0.0, f64::max);
    let most = (peak(&found) * (1.0 + FEWER_CHANGES)).max(goal);
    let mut left: Vec<(u32, f64)> = Vec::new();
    for (link, own) in (0_u32..).zip(before) {
        let new = found.scenario().topology.links[link as usize].weight;
        if new == own.weight {
            continue;
        }
        found.set(link, own.weight);
        if peak(&found) > most {
            found.set(link, new);
            left.push((link, new));
        }
    }
    let mut loads = WeightLoads::new(cases, pinned);
    let (mut changes, mut last) = (Vec::new(), peak(&loads));
    while !left.is_empty() {
        let mut best = (0, f64::INFINITY);
        for (at, (link, new)) in left.iter().enumerate() {
            let old = loads.scenario().topology.links[*link as usize].weight;
            loads.set(*link, *new);
            let now = peak(&loads);
            loads.set(*link, old);
            if now < best.1 {
                best = (at, now);
            }
        }
        let (link, weight) = left.remove(best.0);
        loads.set(link, weight);
        let id = before[link as usize].id.clone();
        changes.push(Change {
            edit: Edit::Weight { link: id, weight },
            rate_bit_per_s: 0.0,
            max_utilisation: best.1,
            gain: last - best.1,
            delay_gain_s: None,
        });
        last = best.1;
    }
    changes
}

/// What is not kept, in words.
fn broken(judge: &mut Judge<'_>, closed: &[bool], loads: &Loads) -> Vec<String> {
    let (cases, intent) = (judge.cases, judge.intent);
    let topology = &cases.all[0].problem.scenario.topology;
    let mut broken = Vec::new();
    for (demand, course) in judge.demands.iter().zip(&loads.courses) {
        if course.entries.is_empty() {
            let id = |node: u32| &topology.nodes[node as usize].id;
            broken.push(format!("{} to {} does not arrive", id(demand.source), id(demand.target)));
        }
    }
    for keep in &intent.keep {
        match keep {
            Keep::Utilisation { at_most } => {
                let (row, peak) = loads.fullest();
                if peak > at_most * (1.0 + 1e-9) {
                    let link = &topology.links[cases.link(row)].id;
                    let (used, at_most) = (100.0 * peak, 100.0 * at_most);
                    broken
                        .push(format!("link {link} is used {used:.2} %, more than {at_most:.2} %"));
                }
            }
            Keep::Free { link } => {
                let rows = loads.utilisation().iter().enumerate();
                let used = rows.filter(|(row, used)| {
                    let own = cases.link(*row);
                    closed[own] && topology.links[own].id == *link && **used > 1e-12
                });
                if used.count() > 0 {
                    broken.push(format!("link {link} is not free"));
                }
            }
            Keep::Delay { class, at_most_s } => {
                broken.extend(late(judge, loads, *class, *at_most_s));
            }
        }
    }
    broken
}

/// The slowest flow of `class` over all cases, where it takes longer than it may, in words.
fn late(judge: &mut Judge<'_>, loads: &Loads, class: Option<u8>, at_most_s: f64) -> Option<String> {
    let scenario = &judge.cases.all[0].problem.scenario;
    let mut slowest: Option<(usize, f64)> = None;
    for case in 0..judge.cases.all.len() {
        let delays_s = judge.answer(loads, case).flows.mean_delay_s;
        for (flow, delay_s) in delays_s.into_iter().enumerate() {
            let is_meant = class.is_none_or(|class| class == scenario.flows[flow].class);
            let longest_s = slowest.map_or(at_most_s, |(_, longest_s)| longest_s);
            if is_meant && delay_s > longest_s {
                slowest = Some((flow, delay_s));
            }
        }
    }
    let (flow, delay_s) = slowest?;
    let flow = &scenario.flows[flow];
    let id = |node: u32| &scenario.topology.nodes[node as usize].id;
    let (source, target) = (id(flow.source), id(flow.target));
    let (delay_ms, most_ms) = (1e3 * delay_s, 1e3 * at_most_s);
    Some(format!(
        "{source} to {target}, class {}, takes {delay_ms:.4} ms, more than {most_ms:.4} ms",
        flow.class
    ))
}

/// Whether no routing at all can keep what `intent` asks.
fn is_impossible(
    problem: &Problem,
    intent: &Intent,
    closed: &[bool],
    all: &[Demand],
    bound: Bound,
) -> bool {
    let most = intent.most_utilisation();
    if most.is_some_and(|most| bound.utilisation > most * (1.0 + 1e-9)) {
        return true;
    }
    if !closed.contains(&true) {
        return false;
    }
    let mut open = problem.clone();
    for (failed, closed) in open.failed_links.iter_mut().zip(closed) {
        *failed |= closed;
    }
    let mut routes = crate::routing::Routes::default();
    let is_cut = |demand: &Demand| {
        routes.tree(&open, demand.target).weight[demand.source as usize].is_infinite()
    };
    all.iter().any(is_cut)
}
