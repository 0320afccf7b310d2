//! A random network with its traffic.

use std::sync::Arc;

use slicewise_core::seed::{Rng, shuffle, uniform};
use slicewise_core::twin::{
    Arrivals, Buffer, Flow, Link, Node, PacketSize, PacketSizes, Policy, Queueing, Scenario,
    Topology,
};

use super::graph::{geometric, one_of, preferential, whole};
use super::{ArrivalKind, GenerateOrder, six_digits};
use crate::dataset::{Measured, Run};
use crate::optimiser::weights::WeightLoads;
use crate::problem::Problem;
use crate::routing::{Routes, Tree};

/// Capacities of the public runs, in bit/s, each with the share of the links that carry more.
const CAPACITIES: [(f64, f64); 4] =
    [(100_000.0, 0.0), (40_000.0, 0.1), (25_000.0, 0.35), (10_000.0, 0.65)];

/// Run `number` of `order`, without what is measured.
pub(super) fn run(order: &GenerateOrder, number: usize, generator: &mut impl Rng) -> Run {
    let nodes = whole(generator, order.nodes.0, order.nodes.1);
    let is_geometric = uniform(generator) < 0.5;
    let cables = if is_geometric {
        let links = nodes as f64 * (1.2 + 0.8 * uniform(generator));
        geometric(nodes, links as usize, generator)
    } else {
        let degree = whole(generator, 1, 3);
        preferential(nodes, degree, generator)
    };
    let kind = if is_geometric { "geometric" } else { "preferential" };
    let graph = format!("{kind}-{nodes}-{}-{number}", cables.len());
    let mut scenario =
        Scenario { packets: Vec::new(), ..Scenario::of(topology(&graph, nodes, &cables)) };
    let policies = ports(order, &mut scenario, generator);
    draw_flows(order, &mut scenario, generator);
    take_paths(&mut scenario, generator);
    set_capacities(&mut scenario, generator);
    let load = order.load.0 + (order.load.1 - order.load.0) * uniform(generator);
    scale_to(&mut scenario, load);
    draw_arrivals(order, &mut scenario, generator);
    Run {
        set: format!("generated, seed {}", order.seed),
        routing: format!("{graph}-least-weight"),
        graph,
        policies,
        measured: Measured::default(),
        scenario,
    }
}

/// A network of so many nodes, fewest and most, whose flows have no path of their own: all pairs, routed by weights of
/// 1 to 10 that are drawn after the capacities, the busiest link just full. That link has a way around it, or else no
/// routing could do anything about it.
pub(super) fn by_weights(nodes: (usize, usize), generator: &mut impl Rng) -> Scenario {
    let order = GenerateOrder {
        nodes,
        most_flows: nodes.1 * nodes.1,
        policies: vec![Policy::Fifo],
        classes: 1,
        ..GenerateOrder::default()
    };
    loop {
        let mut scenario = run(&order, 0, generator).scenario;
        scenario.flows.iter_mut().for_each(|flow| flow.path = None);
        let most = if uniform(generator) < 0.5 { 1 } else { 10 };
        let links = scenario.topology.links.len();
        for link in (0..links).step_by(2) {
            let weight = whole(generator, 1, most) as f64;
            scenario.topology.links[link..link + 2].iter_mut().for_each(|own| own.weight = weight);
        }
        let problem = Problem::sound(Arc::new(scenario.clone()));
        let used = WeightLoads::alone(&problem).utilisation();
        let (busiest, most) = (used.iter().zip(0..))
            .fold((0, 0.0), |most, (used, link)| if *used > most.1 { (link, *used) } else { most });
        if has_way_around(&scenario.topology, busiest) {
            scenario.flows.iter_mut().for_each(|flow| flow.rate_bit_per_s /= most);
            return scenario;
        }
    }
}

fn has_way_around(topology: &Topology, link: usize) -> bool {
    let cable: Vec<u32> = topology.cable(link as u32).collect();
    let parts = topology.parts_over(|own| !cable.contains(&(own as u32)));
    let own = &topology.links[link];
    parts[own.source as usize] == parts[own.target as usize]
}

/// Both directions of every cable, with names as the reader of runs gives them.
fn topology(name: &str, nodes: usize, cables: &[(u32, u32)]) -> Topology {
    let node = |id: usize| Node { id: id.to_string(), label: id.to_string(), place: None };
    let links = cables.iter().zip(0..).flat_map(|((a, b), cable)| {
        [(*a, *b, 2 * cable + 1), (*b, *a, 2 * cable)].map(|(source, target, opposite)| Link {
            id: format!("{source}-{target}"),
            source,
            target,
            capacity_bit_per_s: 1.0,
            capacity_assumed: false,
            propagation_s: 0.0,
            weight: 1.0,
            opposite: Some(opposite),
            queueing: 0,
        })
    });
    let links = links.collect();
    Topology {
        name: name.to_owned(),
        nodes: (0..nodes).map(node).collect(),
        links,
        risk_groups: Vec::new(),
    }
}

/// Draws how the ports of each node queue and tells the policies.
fn ports(order: &GenerateOrder, scenario: &mut Scenario, generator: &mut impl Rng) -> Vec<Policy> {
    let of_all = *one_of(generator, &order.policies);
    let mut draw = || {
        let own = *one_of(generator, &order.policies);
        let policy = if order.mixed { own } else { of_all };
        let buffer = Buffer::Packets(*one_of(generator, &order.buffers));
        // Lower classes weigh more, most of the time.
        let mut weight = |class: usize| whole(generator, 1, 1 + 4 * (order.classes - class)) as f64;
        let weights: Vec<f64> = (0..order.classes).map(&mut weight).collect();
        Queueing {
            policy,
            weights: if policy.has_weights() { weights } else { Vec::new() },
            buffer,
        }
    };
    let own: Vec<Queueing> = scenario.topology.nodes.iter().map(|_| draw()).collect();
    scenario.queueings.clear();
    for link in &mut scenario.topology.links {
        let queueing = &own[link.source as usize];
        let known = scenario.queueings.iter().position(|known| known == queueing);
        link.queueing = known.unwrap_or_else(|| {
            scenario.queueings.push(queueing.clone());
            scenario.queueings.len() - 1
        }) as u32;
    }
    own.into_iter().map(|queueing| queueing.policy).collect()
}

/// Draws the pairs of nodes, how much they send to one another in relation, classes and packet sizes.
fn draw_flows(order: &GenerateOrder, scenario: &mut Scenario, generator: &mut impl Rng) {
    let nodes = scenario.topology.nodes.len() as u32;
    let mut pairs: Vec<(u32, u32)> = (0..nodes)
        .flat_map(|source| (0..nodes).map(move |target| (source, target)))
        .filter(|(source, target)| source != target)
        .collect();
    if pairs.len() > order.most_flows {
        shuffle(&mut pairs, generator);
        pairs.truncate(order.most_flows);
        pairs.sort_unstable();
    }
    // Gravity: what two nodes send is the product of their masses.
    let is_gravity = uniform(generator) < 0.5;
    let masses: Vec<f64> = (0..nodes).map(|_| 0.1 + 0.9 * uniform(generator)).collect();
    let sizes_of_all = (uniform(generator) < 0.5).then(|| sizes(0));
    for (source, target) in pairs {
        let even = 0.1 + 0.9 * uniform(generator);
        let gravity = masses[source as usize] * masses[target as usize];
        let class = class(order.classes, generator);
        let own = sizes(whole(generator, 0, 2));
        let packets = sizes_of_all.clone().unwrap_or(own);
        let known = scenario.packets.iter().position(|known| *known == packets);
        let packets = known.unwrap_or_else(|| {
            scenario.packets.push(packets);
            scenario.packets.len() - 1
        }) as u32;
        scenario.flows.push(Flow {
            source,
            target,
            rate_bit_per_s: if is_gravity { gravity } else { even },
            class,
            packets,
            arrivals: Arrivals::Poisson,
            path: None,
        });
    }
}

/// A class: each has twice the chance of the one before it.
fn class(classes: usize, generator: &mut impl Rng) -> u8 {
    let mut left = uniform(generator) * ((1u32 << classes) - 1) as f64;
    for class in 0..classes {
        left -= f64::from(1u32 << class);
        if left < 0.0 {
            return class as u8;
        }
    }
    classes as u8 - 1
}

/// Three kinds of packets of 1,000 bits on average: two sizes as in the public runs, one size, and many small
/// ones with few large ones.
fn sizes(kind: usize) -> PacketSizes {
    let size = |(bits, share): (f64, f64)| PacketSize { bits, share };
    match kind {
        0 => PacketSizes::Sizes([(300.0, 0.5), (1700.0, 0.5)].map(size).to_vec()),
        1 => PacketSizes::fixed(1000.0),
        _ => PacketSizes::Sizes([(250.0, 0.6), (1000.0, 0.25), (4000.0, 0.15)].map(size).to_vec()),
    }
}

/// Lets each flow take a path of least weight for random weights of the links.
fn take_paths(scenario: &mut Scenario, generator: &mut impl Rng) {
    let mut weighted = Scenario { flows: Vec::new(), ..scenario.clone() };
    for link in &mut weighted.topology.links {
        link.weight = 1.0 + uniform(generator);
    }
    let problem = Problem::sound(Arc::new(weighted));
    let mut routes = Routes::default();
    let links = &scenario.topology.links;
    for flow in &mut scenario.flows {
        let tree = routes.tree(&problem, flow.target);
        flow.path = Some(path(&tree, flow.source, flow.target, links));
    }
}

fn path(tree: &Tree, source: u32, target: u32, links: &[Link]) -> Vec<u32> {
    let (mut at, mut path) = (source, Vec::new());
    while at != target
        && let Some(link) = tree.next(at).first()
    {
        path.push(*link);
        at = links[*link as usize].target;
    }
    path
}

/// What the flows offer each link, in bit/s.
fn offered(scenario: &Scenario) -> Vec<f64> {
    let mut offered = vec![0.0; scenario.topology.links.len()];
    for flow in &scenario.flows {
        for link in flow.path.iter().flatten() {
            offered[*link as usize] += flow.rate_bit_per_s;
        }
    }
    offered
}

/// Gives cables that carry more the larger capacities, on the whole.
fn set_capacities(scenario: &mut Scenario, generator: &mut impl Rng) {
    let offered = offered(scenario);
    let links = &mut scenario.topology.links;
    // Directions of a cable lie side by side; a factor of 1/2 to 2 keeps the order from being strict.
    let mut cables: Vec<(f64, usize)> = (offered.chunks(2).enumerate())
        .map(|(cable, both)| {
            let most = both.iter().copied().fold(0.0, f64::max);
            (most * (0.5 + 1.5 * uniform(generator)), cable)
        })
        .collect();
    cables.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = cables.len() as f64;
    for (rank, (_, cable)) in cables.into_iter().enumerate() {
        let above = rank as f64 / count;
        let capacity = CAPACITIES.iter().rev().find(|(_, share)| above >= *share);
        for link in &mut links[2 * cable..2 * cable + 2] {
            link.capacity_bit_per_s = capacity.map_or(CAPACITIES[0].0, |(capacity, _)| *capacity);
        }
    }
}

/// Scales all rates so that the busiest link is offered `load` times its capacity.
fn scale_to(scenario: &mut Scenario, load: f64) {
    let offered = offered(scenario);
    let loads = offered.iter().zip(&scenario.topology.links);
    let busiest = loads.map(|(rate, link)| rate / link.capacity_bit_per_s).fold(0.0, f64::max);
    for flow in &mut scenario.flows {
        flow.rate_bit_per_s = six_digits(flow.rate_bit_per_s * load / busiest);
    }
}

fn draw_arrivals(order: &GenerateOrder, scenario: &mut Scenario, generator: &mut impl Rng) {
    for flow in &mut scenario.flows {
        let gap_s = scenario.packets[flow.packets as usize].mean_bits() / flow.rate_bit_per_s;
        let (packets, share_on) = (5.0 + 45.0 * uniform(generator), 0.2 + 0.6 * uniform(generator));
        flow.arrivals = match one_of(generator, &order.arrivals) {
            ArrivalKind::Poisson => Arrivals::Poisson,
            ArrivalKind::Constant => Arrivals::Constant,
            ArrivalKind::OnOff => {
                // All of a period's packets come while it is on.
                let period_s = gap_s * packets;
                let on_s = six_digits(period_s * share_on);
                Arrivals::OnOff { on_s, off_s: six_digits(period_s * (1.0 - share_on)) }
            }
        };
    }
}
