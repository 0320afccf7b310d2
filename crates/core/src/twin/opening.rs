//! The network that the page and the examples open with: the cities and links of SNDlib's `nobel-eu` (Orlowski
//! et al., "SNDlib 1.0", Networks 55, 2010), with capacities, demands, queues and promises of our own.

use super::promise::Promise;
use super::queueing::{Buffer, Policy, Queueing};
use super::scenario::Scenario;
use super::topology::{FIBRE_M_PER_S, Link, Node, Place, RiskGroup, Topology, route_m};
use super::traffic::{Arrivals, Flow, PacketSizes};

/// Cities with degrees east and north, and a weight by inhabitants and exchanges that demands follow.
const CITIES: [(&str, f64, f64, u8); 28] = [
    ("Amsterdam", 4.90, 52.37, 12),
    ("Athens", 23.73, 37.98, 4),
    ("Barcelona", 2.17, 41.39, 5),
    ("Belgrade", 20.46, 44.81, 2),
    ("Berlin", 13.40, 52.52, 6),
    ("Bordeaux", -0.58, 44.84, 2),
    ("Brussels", 4.35, 50.85, 4),
    ("Budapest", 19.04, 47.50, 3),
    ("Copenhagen", 12.57, 55.68, 4),
    ("Dublin", -6.26, 53.35, 4),
    ("Frankfurt", 8.68, 50.11, 14),
    ("Glasgow", -4.25, 55.86, 2),
    ("Hamburg", 9.99, 53.55, 4),
    ("London", -0.13, 51.51, 14),
    ("Lyon", 4.84, 45.76, 3),
    ("Madrid", -3.70, 40.42, 7),
    ("Milan", 9.19, 45.46, 7),
    ("Munich", 11.58, 48.14, 5),
    ("Oslo", 10.75, 59.91, 3),
    ("Paris", 2.35, 48.86, 12),
    ("Prague", 14.42, 50.08, 3),
    ("Rome", 12.50, 41.90, 5),
    ("Stockholm", 18.07, 59.33, 5),
    ("Strasbourg", 7.75, 48.58, 2),
    ("Vienna", 16.37, 48.21, 5),
    ("Warsaw", 21.01, 52.23, 5),
    ("Zagreb", 15.98, 45.81, 2),
    ("Zurich", 8.54, 47.37, 5),
];

/// Links by the places of their cities; the first eight carry 10 Gbit/s, the others 100 Gbit/s.
const LINKS: [(u8, u8); 41] = [
    (0, 11),
    (1, 3),
    (2, 15),
    (4, 17),
    (7, 25),
    (9, 11),
    (21, 26),
    (22, 25),
    (0, 6),
    (0, 12),
    (0, 13),
    (1, 21),
    (2, 14),
    (3, 7),
    (3, 26),
    (4, 8),
    (4, 12),
    (4, 20),
    (4, 25),
    (5, 15),
    (5, 19),
    (6, 10),
    (6, 19),
    (7, 20),
    (8, 18),
    (9, 13),
    (10, 12),
    (10, 17),
    (10, 23),
    (13, 19),
    (14, 19),
    (14, 27),
    (16, 17),
    (16, 21),
    (16, 27),
    (17, 24),
    (18, 22),
    (19, 23),
    (20, 24),
    (23, 27),
    (24, 26),
];
const NARROW_LINKS: usize = 8;

/// What all cities together send, in bit/s: the busiest link is then nine tenths full.
const TOTAL_BIT_PER_S: f64 = 7e11;
/// Cities of this weight and more have all three classes.
const LEAST_OF_CLASSES: u8 = 5;
/// Shares of real time, business and the rest.
const SHARES: [f64; 3] = [0.1, 0.3, 0.6];
/// Packets of real time: 200 bytes.
const REAL_TIME_BITS: f64 = 1600.0;

/// Pairs of links that run side by side, with the name of where they do.
const SIDE_BY_SIDE: [(&str, [(u8, u8); 2]); 4] = [
    ("Channel", [(0, 13), (13, 19)]),
    ("Upper Rhine", [(10, 23), (23, 27)]),
    ("Alps", [(16, 17), (16, 27)]),
    ("Spree", [(4, 8), (4, 12)]),
];

/// The network with its demands: 28 cities, 41 links, three classes under strict priority with room for 1,000
/// packets each, and what is promised to each class.
pub fn scenario() -> Scenario {
    let nodes = CITIES.iter().map(|(name, longitude_deg, latitude_deg, _)| Node {
        id: (*name).to_owned(),
        label: (*name).to_owned(),
        place: Some(Place::Globe { longitude_deg: *longitude_deg, latitude_deg: *latitude_deg }),
    });
    let mut topology = Topology {
        name: "European backbone".to_owned(),
        nodes: nodes.collect(),
        links: Vec::new(),
        risk_groups: Vec::new(),
    };
    for (index, (one, other)) in LINKS.into_iter().enumerate() {
        let there = link(&topology, index, one, other, 2 * index as u32 + 1);
        let back = link(&topology, index, other, one, 2 * index as u32);
        topology.links.extend([there, back]);
    }
    let groups = SIDE_BY_SIDE.iter().map(|(name, links)| {
        let index =
            |ends| LINKS.iter().zip(0..).find(|(own, _)| *own == ends).map(|(_, at)| 2 * at);
        RiskGroup { id: (*name).to_owned(), links: links.iter().filter_map(index).collect() }
    });
    topology.risk_groups = groups.collect();
    let buffer = Buffer::Packets(1000);
    Scenario {
        topology,
        queueings: vec![Queueing { policy: Policy::StrictPriority, weights: Vec::new(), buffer }],
        packets: vec![PacketSizes::fixed(REAL_TIME_BITS), PacketSizes::internet()],
        flows: flows(),
        promises: vec![
            Promise {
                class: Some(0),
                p99_delay_s: Some(0.04),
                loss: Some(1e-4),
                ..Promise::default()
            },
            Promise {
                class: Some(1),
                mean_delay_s: Some(0.04),
                loss: Some(1e-3),
                ..Promise::default()
            },
            Promise { class: Some(2), loss: Some(1e-2), ..Promise::default() },
        ],
    }
}

fn link(topology: &Topology, index: usize, from: u8, to: u8, opposite: u32) -> Link {
    let node = |index: u8| &topology.nodes[usize::from(index)];
    let places = node(from).place.zip(node(to).place);
    let direct_m = places.and_then(|(from, to)| from.distance_m(to)).unwrap_or(0.0);
    Link {
        id: format!("{}-{}", node(from).id, node(to).id),
        source: u32::from(from),
        target: u32::from(to),
        capacity_bit_per_s: if index < NARROW_LINKS { 1e10 } else { 1e11 },
        capacity_assumed: false,
        propagation_s: route_m(direct_m) / FIBRE_M_PER_S,
        // Kilometres, so that packets take the shortest way.
        weight: (route_m(direct_m) / 1000.0).round(),
        opposite: Some(opposite),
        queueing: 0,
    }
}

/// Flows from each city to each other in proportion to both weights.
fn flows() -> Vec<Flow> {
    let pairs = || {
        let all = CITIES.iter().zip(0..);
        all.clone().flat_map(move |(from, source)| {
            let others = all.clone().filter(move |(_, target)| source != *target);
            others.map(move |(to, target)| (source, target, from.3, to.3))
        })
    };
    let product = |from: u8, to: u8| f64::from(from) * f64::from(to);
    let sum: f64 = pairs().map(|(_, _, from, to)| product(from, to)).sum();
    let mut flows = Vec::new();
    for (source, target, from, to) in pairs() {
        let rate = TOTAL_BIT_PER_S * product(from, to) / sum;
        let has_classes = from.min(to) >= LEAST_OF_CLASSES;
        for (class, share) in (0..).zip(SHARES) {
            if !has_classes && class < 2 {
                continue;
            }
            flows.push(Flow {
                source,
                target,
                rate_bit_per_s: if has_classes { share * rate } else { rate },
                class,
                packets: u32::from(class > 0),
                arrivals: Arrivals::Poisson,
                path: None,
            });
        }
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each link's share of its capacity when every flow takes the one shortest way (Floyd and Warshall).
    fn utilisation(scenario: &Scenario) -> Vec<f64> {
        let links = &scenario.topology.links;
        let count = scenario.topology.nodes.len();
        let mut weight = vec![vec![f64::INFINITY; count]; count];
        (0..count).for_each(|node| weight[node][node] = 0.0);
        for link in links {
            weight[link.source as usize][link.target as usize] = link.weight;
        }
        for over in 0..count {
            for from in 0..count {
                for to in 0..count {
                    let through = weight[from][over] + weight[over][to];
                    weight[from][to] = weight[from][to].min(through);
                }
            }
        }
        let mut load = vec![0.0; links.len()];
        for flow in &scenario.flows {
            let (mut at, target) = (flow.source, flow.target as usize);
            while at as usize != target {
                let left = weight[at as usize][target];
                let next = links.iter().position(|link| {
                    link.source == at && link.weight + weight[link.target as usize][target] == left
                });
                let next = next.unwrap();
                load[next] += flow.rate_bit_per_s / links[next].capacity_bit_per_s;
                at = links[next].target;
            }
        }
        load
    }

    #[test]
    fn the_busiest_link_is_nine_tenths_full() {
        let scenario = scenario();
        scenario.validate().unwrap();
        assert_eq!((scenario.topology.nodes.len(), scenario.topology.links.len()), (28, 82));
        assert_eq!(
            scenario.topology.risk_groups.iter().map(|group| group.links.len()).sum::<usize>(),
            8
        );
        assert_eq!(scenario.classes(), 3);
        let total: f64 = scenario.flows.iter().map(|flow| flow.rate_bit_per_s).sum();
        assert!((total / TOTAL_BIT_PER_S - 1.0).abs() < 1e-12);
        let busiest = utilisation(&scenario).into_iter().fold(0.0, f64::max);
        println!("{} flows, busiest link {busiest}", scenario.flows.len());
        assert!((0.88..0.94).contains(&busiest), "{busiest}");
        let longest =
            scenario.topology.links.iter().map(|link| link.propagation_s).fold(0.0, f64::max);
        // Athens and Rome are 1,050 km apart.
        assert!((longest - 7.5e-3).abs() < 1e-4, "{longest}");
    }
}
