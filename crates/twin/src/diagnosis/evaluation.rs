//! How often the diagnosis is right: seeded faults in random networks, measured packet by packet.
//!
//! The truth is the simulator's, run with the fault; the twin that diagnoses knows the network without it and nothing
//! of the run's seed. To each mean delay and each utilisation normal noise of 0.5 % of itself is added, as of clocks and
//! counters. A fault is drawn again until it matters to the network: by formula it moves a utilisation by 2 points or
//! the mean delay of a flow by 10 %.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::seed::{Rng, normal, stream, uniform};
use slicewise_core::twin::diagnosis::{
    Cause, CauseKind, Diagnosis, DiagnosisOrder, MeasuredFlow, MeasuredLink, Measurements, Site,
};
use slicewise_core::twin::simulation::{Simulated, SimulationOrder};
use slicewise_core::twin::{
    Arrivals, Buffer, Flow, Link, Node, Policy, Queueing, Scenario, Topology,
};
use slicewise_optim::monitor::{Halted, Monitor};

use super::causes::Suspect;
use super::diagnose;
use crate::formula::Formula;
use crate::generator::graph::{geometric, one_of, whole};
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};
use crate::simulator::simulate;

/// Noise of measurements, as a share of them.
const NOISE: f64 = 5e-3;
/// What a fault has to move to count as one.
const MATTERS_TO_LINKS: f64 = 0.02;
const MATTERS_TO_FLOWS: f64 = 0.1;
/// Flows with fewer packets are not measured.
const LEAST_PACKETS: f64 = 30.0;
/// Faults that are drawn of a network before another network is.
const MOST_DRAWS: usize = 200;

/// What is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationOrder {
    /// Seed of all networks, faults and runs.
    pub seed: u64,
    /// Packets of each run, after the warm-up.
    pub packets: u64,
    /// Whether the utilisations of links are measured too.
    pub utilisations: bool,
    /// How sure the alarm is.
    pub diagnosis: DiagnosisOrder,
}

/// A fault that was put into a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What.
    pub kind: CauseKind,
    /// Where.
    pub site: Site,
    /// How much.
    pub factor: f64,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedRun {
    /// Number of the run.
    pub run: usize,
    /// How the ports of its network queue.
    pub policy: Policy,
    /// What was wrong; nothing in a healthy run.
    pub fault: Option<Fault>,
    /// Whether the alarm went off.
    pub alarm: bool,
    /// The largest statistic over its threshold.
    pub statistic_over_threshold: f64,
    /// Place of the right cause among those told, 1 for the first; none where it is not among them.
    pub place: Option<usize>,
    /// The cause told first.
    pub first: Option<(CauseKind, Site)>,
    /// Shares of the flows and links outside their intervals.
    pub outside: (f64, f64),
    /// Estimated excess of the noise, of delays and utilisations.
    pub noise: (f64, f64),
}

/// Counts over runs of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Runs.
    pub runs: usize,
    /// In which the right cause was told first.
    pub right_first: usize,
    /// In which it was among the first three.
    pub right_in_three: usize,
    /// In which the alarm went off.
    pub alarms: usize,
}

/// How often the diagnosis was right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Runs with a fault, together.
    pub faults: Counts,
    /// The same by kind of the fault.
    pub by_kind: BTreeMap<String, Counts>,
    /// The same by how the ports queue.
    pub by_policy: BTreeMap<String, Counts>,
    /// Share of the faults of which the right cause was told first.
    pub right_first_share: f64,
    /// Share of the faults that set off the alarm.
    pub detected_share: f64,
    /// Healthy runs.
    pub healthy: usize,
    /// Those without an alarm.
    pub healthy_without_alarm: usize,
    /// Their share.
    pub no_alarm_share: f64,
    /// Shares of flows and links of healthy runs outside their intervals.
    pub outside_share: (f64, f64),
    /// The runs.
    pub runs: Vec<EvaluatedRun>,
}

impl Evaluation {
    /// Counts over `runs`.
    pub fn of(runs: Vec<EvaluatedRun>) -> Self {
        let mut found = Self::default();
        let mut outside = (0.0, 0.0);
        for run in &runs {
            let Some(fault) = &run.fault else {
                found.healthy += 1;
                found.healthy_without_alarm += usize::from(!run.alarm);
                outside = (outside.0 + run.outside.0, outside.1 + run.outside.1);
                continue;
            };
            found.faults.add(run);
            found.by_kind.entry(fault.kind.name().to_owned()).or_default().add(run);
            found.by_policy.entry(run.policy.name().to_owned()).or_default().add(run);
        }
        let share = |part: usize, of: usize| if of > 0 { part as f64 / of as f64 } else { 0.0 };
        found.right_first_share = share(found.faults.right_first, found.faults.runs);
        found.detected_share = share(found.faults.alarms, found.faults.runs);
        found.no_alarm_share = share(found.healthy_without_alarm, found.healthy);
        let healthy = found.healthy.max(1) as f64;
        found.outside_share = (outside.0 / healthy, outside.1 / healthy);
        found.runs = runs;
        found
    }
}

impl Counts {
    fn add(&mut self, run: &EvaluatedRun) {
        self.runs += 1;
        self.right_first += usize::from(run.place == Some(1));
        self.right_in_three += usize::from(run.place.is_some_and(|place| place <= 3));
        self.alarms += usize::from(run.alarm);
    }
}

/// Run `run`: with a fault of the kinds in turn, or a healthy one.
///
/// # Errors
/// As those of [`simulate`] and [`diagnose`].
pub async fn evaluated_run(
    order: &EvaluationOrder,
    run: usize,
    faulty: bool,
    monitor: &impl Monitor,
) -> Result<EvaluatedRun, Halted> {
    let mut generator = stream(order.seed, 2 * run as u64 + u64::from(faulty));
    let kind = CauseKind::ALL[run % CauseKind::ALL.len()];
    let (scenario, fault) = drawn(faulty.then_some(kind), &mut generator)?;
    let edits = fault.as_ref().map(|(fault, suspect)| suspect.edits(&scenario, fault.factor));
    let truth = Problem::new(&scenario, &edits.unwrap_or_default())?;
    let network = RoutedNetwork::new(&truth, &mut Routes::default());
    let simulation = SimulationOrder { seed: generator.next_u64(), packets: order.packets };
    let simulated = simulate(&network, &simulation, monitor, &mut ()).await?;
    let mut measured = measurements(&scenario, &simulated, &mut generator);
    if !order.utilisations {
        measured.links.clear();
    }
    let twin = Problem::new(&scenario, &[])?;
    let found = diagnose(&twin, &measured, &order.diagnosis, monitor, &mut ()).await?;
    let fault = fault.map(|(fault, _)| fault);
    Ok(outcome(run, &scenario, fault, &found))
}

fn outcome(
    run: usize,
    scenario: &Scenario,
    fault: Option<Fault>,
    found: &Diagnosis,
) -> EvaluatedRun {
    let place = fault.as_ref().and_then(|fault| {
        found.causes.iter().position(|cause| is_same(scenario, cause, fault)).map(|at| at + 1)
    });
    let share = |outside: usize, all: usize| outside as f64 / all.max(1) as f64;
    let flows = found.flows.iter().filter(|flow| flow.outside).count();
    let links = found.links.iter().filter(|link| link.outside).count();
    EvaluatedRun {
        run,
        policy: scenario.queueings[0].policy,
        fault,
        alarm: found.alarm,
        statistic_over_threshold: found.statistic / found.threshold,
        place,
        first: found.causes.first().map(|cause| (cause.kind, cause.site)),
        outside: (share(flows, found.flows.len()), share(links, found.links.len())),
        noise: (found.delay_noise, found.utilisation_noise),
    }
}

/// Whether a cause is the fault: of its kind, at its link or pair. The directions of a cable are one where capacity is
/// missing; members of a bundle of equal links are not told apart.
fn is_same(scenario: &Scenario, cause: &Cause, fault: &Fault) -> bool {
    if cause.kind != fault.kind {
        return false;
    }
    cause.site == fault.site || {
        let (Site::Link(one), Site::Link(other)) = (cause.site, fault.site) else { return false };
        let is_cable = matches!(cause.kind, CauseKind::FailedMember | CauseKind::HalvedCapacity);
        is_cable && scenario.topology.cable(one).any(|link| link == other)
    }
}

/// A random network, and a fault that matters to it.
fn drawn(
    kind: Option<CauseKind>,
    generator: &mut impl Rng,
) -> Result<(Scenario, Option<(Fault, Suspect)>), InputError> {
    loop {
        let scenario = network(kind, generator);
        let Some(kind) = kind else { return Ok((scenario, None)) };
        for _ in 0..MOST_DRAWS {
            let (fault, suspect) = fault(kind, &scenario, generator);
            if matters(&scenario, &suspect, fault.factor)? {
                return Ok((scenario, Some((fault, suspect))));
            }
        }
    }
}

/// Ten to fourteen nodes, some links of them double, a flow of one of three classes between any two.
fn network(kind: Option<CauseKind>, generator: &mut impl Rng) -> Scenario {
    let nodes = whole(generator, 10, 14);
    let cables = geometric(nodes, nodes + nodes * 6 / 10, generator);
    let by_weight = [Policy::WeightedFair, Policy::DeficitRoundRobin];
    let any = [Policy::Fifo, Policy::StrictPriority, by_weight[0], by_weight[1]];
    let weighed = kind == Some(CauseKind::SchedulingWeight);
    let policy = *one_of(generator, if weighed { &by_weight[..] } else { &any[..] });
    let weights = if policy.has_weights() { vec![60.0, 30.0, 10.0] } else { Vec::new() };
    let mut scenario = Scenario {
        queueings: vec![Queueing { policy, weights, buffer: Buffer::Packets(100) }],
        ..Scenario::of(topology(nodes, &cables, generator))
    };
    let masses: Vec<f64> = (0..nodes).map(|_| 0.3 + 0.7 * uniform(generator)).collect();
    for source in 0..nodes {
        for target in (0..nodes).filter(|target| *target != source) {
            scenario.flows.push(Flow {
                source: source as u32,
                target: target as u32,
                rate_bit_per_s: 1e6 * masses[source] * masses[target],
                class: whole(generator, 0, 2) as u8,
                packets: 0,
                arrivals: Arrivals::Poisson,
                path: None,
            });
        }
    }
    size_links(&mut scenario, generator);
    scenario
}

/// Both directions of every cable; of one in six there are two side by side.
fn topology(nodes: usize, cables: &[(u32, u32)], generator: &mut impl Rng) -> Topology {
    let mut links: Vec<Link> = Vec::new();
    for (a, b) in cables {
        let weight = whole(generator, 10, 30) as f64;
        let propagation_s = 1e-3 * (0.2 + 1.8 * uniform(generator));
        for copy in 0..if uniform(generator) < 1.0 / 6.0 { 2 } else { 1 } {
            let first = links.len() as u32;
            for (source, target, opposite) in [(*a, *b, first + 1), (*b, *a, first)] {
                links.push(Link {
                    id: format!("{source}-{target}{}", ["", " second"][copy]),
                    source,
                    target,
                    capacity_bit_per_s: 1e6,
                    capacity_assumed: false,
                    propagation_s,
                    weight,
                    opposite: Some(opposite),
                    queueing: 0,
                });
            }
        }
    }
    let node = |id: usize| Node { id: id.to_string(), label: id.to_string(), place: None };
    Topology {
        name: "evaluated".to_owned(),
        nodes: (0..nodes).map(node).collect(),
        links,
        risk_groups: Vec::new(),
    }
}

/// Gives every cable as much capacity as its busier direction uses to between 15 and 80 %; links side by side the same.
fn size_links(scenario: &mut Scenario, generator: &mut impl Rng) {
    let loads = offered(scenario);
    let links = &mut scenario.topology.links;
    let mut before: Option<(u32, u32, f64)> = None;
    for first in (0..links.len()).step_by(2) {
        let ends = (links[first].source, links[first].target);
        let load = loads[first].max(loads[first + 1]).max(1e3);
        let drawn = load / (0.15 + 0.65 * uniform(generator));
        let beside = before.filter(|(source, target, _)| (*source, *target) == ends);
        let capacity = beside.map_or(drawn, |(_, _, capacity)| capacity);
        links[first].capacity_bit_per_s = capacity;
        links[first + 1].capacity_bit_per_s = capacity;
        before = Some((ends.0, ends.1, capacity));
    }
}

/// What links are offered, in bit/s.
fn offered(scenario: &Scenario) -> Vec<f64> {
    let problem = Problem::sound(std::sync::Arc::new(scenario.clone()));
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let mut loads = vec![0.0; scenario.topology.links.len()];
    let mut reaching = Vec::new();
    for routed in &network.flows {
        let rate = scenario.flows[routed.flow as usize].rate_bit_per_s;
        for (hop, share) in network.shares(routed, &mut reaching) {
            loads[hop.link as usize] += share * rate;
        }
    }
    loads
}

/// A fault of that kind, with the suspect that makes it.
fn fault(kind: CauseKind, scenario: &Scenario, generator: &mut impl Rng) -> (Fault, Suspect) {
    let links = &scenario.topology.links;
    let cables: Vec<u32> = scenario.topology.cables().collect();
    let mut between = |least: f64, most: f64| least * libm::pow(most / least, uniform(generator));
    let mut either = |least: f64, most: f64| {
        let factor = between(least, most);
        if between(1.0, 4.0) < 2.0 { factor } else { 1.0 / factor }
    };
    let mut class = None;
    let (site, factor) = match kind {
        CauseKind::HalvedCapacity => (Site::Link(*one_of(generator, &cables)), 0.5),
        CauseKind::FailedMember => {
            let is_double = |cable: &u32| {
                let own = &links[*cable as usize];
                let ends = |link: &&Link| (link.source, link.target) == (own.source, own.target);
                links.iter().filter(ends).count() > 1
            };
            let double: Vec<u32> = cables.iter().copied().filter(is_double).collect();
            if double.is_empty() || uniform(generator) < 0.5 {
                let left = *one_of(generator, &[2.0 / 3.0, 0.75, 0.875]);
                (Site::Link(*one_of(generator, &cables)), left)
            } else {
                (Site::Link(*one_of(generator, &double)), 0.0)
            }
        }
        CauseKind::SchedulingWeight => {
            let factor = either(3.0, 10.0);
            class = Some(whole(generator, 0, 2) as u8);
            (Site::Link(whole(generator, 0, links.len() - 1) as u32), factor)
        }
        CauseKind::UnexpectedTraffic => {
            let factor = between(2.0, 8.0);
            let flow = one_of(generator, &scenario.flows);
            (Site::Pair { source: flow.source, target: flow.target }, factor)
        }
        CauseKind::LinkWeight => {
            let factor = either(2.0, 10.0);
            (Site::Link(whole(generator, 0, links.len() - 1) as u32), factor)
        }
    };
    (Fault { kind, site, factor }, Suspect { kind, site, class })
}

/// Whether a fault moves a utilisation or a delay enough, by formula.
fn matters(scenario: &Scenario, suspect: &Suspect, factor: f64) -> Result<bool, InputError> {
    let mut formula = Formula::default();
    let mut answer = |edits: &[slicewise_core::twin::Edit]| {
        let problem = Problem::new(scenario, edits)?;
        Ok::<_, InputError>(formula.brief(&RoutedNetwork::new(&problem, &mut Routes::default())))
    };
    let (before, after) = (answer(&[])?, answer(&suspect.edits(scenario, factor))?);
    let known = |value: f64| if value.is_nan() { 0.0 } else { value };
    let links = before.links.utilisation.iter().zip(&after.links.utilisation);
    let moved = |(before, after): (&f64, &f64)| (known(*before) - known(*after)).abs();
    let flows = before.flows.mean_delay_s.iter().zip(&after.flows.mean_delay_s);
    let slowed = |(before, after): (&f64, &f64)| (after / before - 1.0).abs();
    Ok(links.map(moved).fold(0.0, f64::max) >= MATTERS_TO_LINKS
        || flows.map(slowed).fold(0.0, f64::max) >= MATTERS_TO_FLOWS)
}

/// What a run measured, with noise.
fn measurements(
    scenario: &Scenario,
    simulated: &Simulated,
    generator: &mut impl Rng,
) -> Measurements {
    let mut measured = Measurements { seconds: Some(simulated.seconds), ..Measurements::default() };
    for (index, flow) in scenario.flows.iter().enumerate() {
        let off = 1.0 + NOISE * normal(generator);
        if simulated.packets[index] < LEAST_PACKETS {
            continue;
        }
        measured.flows.push(MeasuredFlow {
            source: flow.source,
            target: flow.target,
            class: Some(flow.class),
            mean_delay_s: simulated.mean_delay_s[index] * off,
            jitter_s2: None,
            loss: Some(simulated.loss[index]),
            packets: Some(simulated.packets[index]),
        });
    }
    for (link, utilisation) in (0..).zip(&simulated.link_utilisation) {
        let off = 1.0 + NOISE * normal(generator);
        let utilisation = if utilisation.is_nan() { 0.0 } else { (utilisation * off).min(1.0) };
        measured.links.push(MeasuredLink { link, utilisation });
    }
    measured
}
