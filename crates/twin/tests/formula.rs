//! The formula beside closed forms, enumeration and the public runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::twin::{
    Answer, Arrivals, Buffer, Edit, Flow, FlowState, Link, Node, PacketSize, PacketSizes, Policy,
    Promise, Queueing, Scenario, Topology,
};
use slicewise_twin::formula::{Formula, answer, hops};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

const CAPACITY: f64 = 1e6;

/// Nodes with links in one direction: source, target, bit/s, seconds.
fn network(nodes: usize, links: &[(u32, u32, f64, f64)], packets: PacketSizes) -> Scenario {
    let link = |(source, target, capacity_bit_per_s, propagation_s): &(u32, u32, f64, f64)| Link {
        id: format!("{source}-{target}"),
        source: *source,
        target: *target,
        capacity_bit_per_s: *capacity_bit_per_s,
        capacity_assumed: false,
        propagation_s: *propagation_s,
        weight: 1.0,
        opposite: None,
        queueing: 0,
    };
    let topology = Topology {
        name: String::new(),
        nodes: (0..nodes).map(|n| Node { id: n.to_string(), ..Node::default() }).collect(),
        links: links.iter().map(link).collect(),
        risk_groups: Vec::new(),
    };
    Scenario { packets: vec![packets], ..Scenario::of(topology) }
}

fn flow(source: u32, target: u32, rate_bit_per_s: f64, class: u8) -> Flow {
    let arrivals = Arrivals::Poisson;
    Flow { source, target, rate_bit_per_s, class, packets: 0, arrivals, path: None }
}

/// One port with a flow of `rates[class]` in each class.
fn port(queueing: Queueing, packets: PacketSizes, rates: &[f64]) -> Scenario {
    let mut scenario = network(2, &[(0, 1, CAPACITY, 0.0)], packets);
    scenario.queueings = vec![queueing];
    scenario.flows = rates.iter().zip(0..).map(|(rate, class)| flow(0, 1, *rate, class)).collect();
    scenario
}

fn queueing(policy: Policy, packets: u32) -> Queueing {
    let weights = if policy.has_weights() { vec![4.0, 2.0, 1.0] } else { Vec::new() };
    Queueing { policy, weights, buffer: Buffer::Packets(packets) }
}

fn answered(scenario: &Scenario) -> Answer {
    edited(scenario, &[])
}

fn edited(scenario: &Scenario, edits: &[Edit]) -> Answer {
    let problem = Problem::new(scenario, edits).unwrap();
    answer(&RoutedNetwork::new(&problem, &mut Routes::default()))
}

#[track_caller]
fn close(found: f64, expected: f64, relative: f64) {
    let off = (found - expected).abs();
    assert!(off <= relative * expected.abs(), "{found} in place of {expected}");
}

const PLENTY: u32 = 100_000;

#[test]
fn a_large_queue_of_exponential_packets_is_that_of_m_m_1() {
    for load in [0.05, 0.5, 0.9] {
        let queueing = queueing(Policy::Fifo, PLENTY);
        let sizes = PacketSizes::Exponential(1000.0);
        let flows = answered(&port(queueing, sizes, &[load * CAPACITY])).flows;
        let mean = 1e-3 / (1.0 - load);
        close(flows.mean_delay_s[0], mean, 1e-9);
        close(flows.jitter_s2[0], mean * mean, 1e-9);
        // The whole delay is exponential; sizes stand in parts and waits in a fitted distribution.
        close(flows.p50_s[0], mean * std::f64::consts::LN_2, 0.12);
        close(flows.p90_s[0], mean * 10.0_f64.ln(), 0.04);
        close(flows.p99_s[0], mean * 100.0_f64.ln(), 0.04);
        assert!(flows.loss[0] < 1e-12);
    }
}

#[test]
fn a_large_queue_of_equal_packets_waits_as_pollaczek_and_khinchine_say() {
    for load in [0.1, 0.6, 0.95] {
        let queueing = queueing(Policy::Fifo, PLENTY);
        let flows = answered(&port(queueing, PacketSizes::fixed(1000.0), &[load * CAPACITY])).flows;
        let wait = 1e-3 * load / (2.0 * (1.0 - load));
        close(flows.mean_delay_s[0], 1e-3 + wait, 1e-9);
        close(flows.jitter_s2[0], wait * wait + load * 1e-6 / (3.0 * (1.0 - load)), 1e-9);
    }
}

#[test]
fn a_small_queue_of_exponential_packets_is_that_of_m_m_1_k() {
    for (buffer, load) in [(0, 0.3), (3, 0.7), (9, 1.0), (9, 1.0 + 1e-6), (20, 1.6), (20, 40.0)] {
        let sizes = PacketSizes::Exponential(1000.0);
        let flows =
            answered(&port(queueing(Policy::Fifo, buffer), sizes, &[load * CAPACITY])).flows;
        let states: Vec<f64> =
            (0..=i32::try_from(buffer).unwrap() + 1).map(|n| load.powi(n)).collect();
        let all: f64 = states.iter().sum();
        let (full, room) = states.split_last().unwrap();
        let before: f64 = room.iter().zip(0..).map(|(state, n)| state * f64::from(n)).sum();
        close(flows.loss[0], full / all, 1e-6);
        close(flows.mean_delay_s[0], 1e-3 * (1.0 + before / room.iter().sum::<f64>()), 1e-6);
    }
}

#[test]
fn two_priorities_wait_as_cobham_says() {
    let sizes = [(400.0, 0.25), (1200.0, 0.75)];
    let size = |(bits, share)| PacketSize { bits, share };
    let packets = PacketSizes::Sizes(sizes.map(size).to_vec());
    let loads = [0.35, 0.45];
    let rates = loads.map(|load| load * CAPACITY);
    let found = answered(&port(queueing(Policy::StrictPriority, PLENTY), packets.clone(), &rates));
    let arrivals = 0.8 * CAPACITY / packets.mean_bits();
    let residual = 0.5 * arrivals * packets.mean_square_bits() / (CAPACITY * CAPACITY);
    let sending = packets.mean_bits() / CAPACITY;
    close(found.flows.mean_delay_s[0], sending + residual / 0.65, 1e-6);
    close(found.flows.mean_delay_s[1], sending + residual / (0.65 * 0.2), 1e-6);
    // Kesten and Runnenburg's second moment for the first class, written out.
    let wait = residual / 0.65;
    let cube = arrivals * packets.mean_cube_bits() / CAPACITY.powi(3);
    let square = cube / (3.0 * 0.65) + 2.0 * residual * (residual * 0.35 / 0.8) / (0.65 * 0.65);
    let sizes = packets.mean_square_bits() / CAPACITY.powi(2) - sending * sending;
    close(found.flows.jitter_s2[0], square - wait * wait + sizes, 1e-6);
}

#[test]
fn what_one_class_gains_others_lose() {
    let sizes = PacketSizes::internet();
    let rates = [0.2, 0.3, 0.3].map(|load| load * CAPACITY);
    let waits = |policy| {
        let found = answered(&port(queueing(policy, PLENTY), sizes.clone(), &rates)).flows;
        let wait = |class: usize| found.mean_delay_s[class] - sizes.mean_bits() / CAPACITY;
        [wait(0), wait(1), wait(2)]
    };
    let weighted = |waits: [f64; 3]| waits.iter().zip(&rates).map(|(w, r)| w * r).sum::<f64>();
    let fifo = waits(Policy::Fifo);
    for policy in Policy::ALL {
        // Kleinrock's conservation law holds for all that never rest while a packet waits.
        let found = waits(policy);
        close(weighted(found), weighted(fifo), 1e-3);
        // A turn of GnnetDrr is as long as the link is fast: here all classes wait alike.
        if !matches!(policy, Policy::Fifo | Policy::GnnetDrr) {
            assert!(found[0] < found[2], "{policy:?}: {found:?}");
        }
    }
}

#[test]
fn an_overloaded_port_sends_what_it_can() {
    for policy in Policy::ALL {
        for load in [1.0, 1.2, 3.0, 100.0] {
            let rates = [0.2, 0.3, 0.5].map(|share| share * load * CAPACITY);
            let packets = PacketSizes::internet();
            let found = answered(&port(queueing(policy, 32), packets, &rates));
            assert!(found.settled, "{policy:?} at {load}");
            close(found.links.utilisation[0], load, 1e-9);
            for class in 0..3 {
                let (delay, loss) = (found.flows.mean_delay_s[class], found.flows.loss[class]);
                assert!(delay.is_finite() && delay > 0.0, "{policy:?} at {load}: {delay}");
                assert!((0.0..=1.0).contains(&loss), "{policy:?} at {load}: {loss}");
            }
            let carried = (1.0 - found.links.loss[0]) * load;
            assert!(carried < 1.02, "{policy:?} at {load}: carries {carried}");
            assert!(carried > 0.9, "{policy:?} at {load}: carries {carried}");
        }
    }
}

#[test]
fn more_traffic_never_makes_a_port_faster_or_safer() {
    for policy in Policy::ALL {
        let mut before = [(0.0, 0.0); 3];
        for step in 1..60 {
            let load = f64::from(step) * 0.025;
            let rates = [0.2, 0.3, 0.5].map(|share| share * load * CAPACITY);
            let found = answered(&port(queueing(policy, 32), PacketSizes::internet(), &rates));
            let (mean, loss) = (found.links.mean_wait_s[0], found.links.loss[0]);
            let (mean_before, loss_before) = before[0];
            // Fitted waits and losses follow simulations, which know no smaller ones.
            let (slower, safer) = if policy == Policy::Fifo { (1e-9, 1e-9) } else { (1e-3, 1e-4) };
            // Where a class is lost nearly whole, the mean over what is sent may fall.
            assert!(load > 0.9 || mean >= mean_before * (1.0 - slower), "{policy:?} at {load}");
            assert!(loss >= loss_before - safer, "{policy:?} at {load}: {loss} < {loss_before}");
            before[0] = (mean, loss);
        }
    }
}

#[test]
fn buffers_of_bits_and_of_packets_agree_for_equal_packets() {
    let with = |buffer| {
        let queueing = Queueing { buffer, ..queueing(Policy::Fifo, 0) };
        answered(&port(queueing, PacketSizes::fixed(1000.0), &[0.9 * CAPACITY])).flows.loss[0]
    };
    close(with(Buffer::Bits(8_000.0)), with(Buffer::Packets(8)), 1e-12);
    assert!(with(Buffer::Bits(4_000.0)) > with(Buffer::Bits(8_000.0)));
}

#[test]
fn what_a_hop_drops_does_not_load_the_next_one() {
    let links = [(0, 1, CAPACITY, 0.0), (1, 2, CAPACITY, 0.0)];
    let mut scenario = network(3, &links, PacketSizes::internet());
    scenario.flows = vec![flow(0, 2, 1.5 * CAPACITY, 0), flow(1, 2, 0.1 * CAPACITY, 0)];
    let found = answered(&scenario);
    let passing = 1.5 * CAPACITY * (1.0 - found.links.loss[0]);
    close(found.links.load_bit_per_s[1], passing + 0.1 * CAPACITY, 1e-6);
    let arriving = (1.0 - found.links.loss[0]) * (1.0 - found.links.loss[1]);
    close(1.0 - found.flows.loss[0], arriving, 1e-6);
    close(1.0 - found.flows.loss[1], 1.0 - found.links.loss[1], 1e-6);
}

#[test]
fn a_packet_keeps_its_size_from_hop_to_hop() {
    let size = |bits| PacketSize { bits, share: 0.5 };
    let packets = PacketSizes::Sizes(vec![size(300.0), size(1700.0)]);
    let links = [(0, 1, 1e4, 0.0), (1, 2, 2.5e4, 0.01), (2, 3, 4e4, 0.0)];
    let mut scenario = network(4, &links, packets);
    scenario.flows = vec![flow(0, 3, 1e-3, 0)];
    let found = answered(&scenario).flows;
    let per_bit = 1.0 / 1e4 + 1.0 / 2.5e4 + 1.0 / 4e4;
    close(found.jitter_s2[0], 700.0 * 700.0 * per_bit * per_bit, 1e-4);
    close(found.p10_s[0], 0.01 + 300.0 * per_bit, 1e-6);
    close(found.p90_s[0], 0.01 + 1700.0 * per_bit, 1e-6);
}

#[test]
fn packets_of_one_link_do_not_wait_for_one_another_at_the_next() {
    let links = [(0, 1, CAPACITY, 0.0), (1, 2, CAPACITY, 0.0)];
    let mut scenario = network(3, &links, PacketSizes::fixed(1000.0));
    scenario.flows = vec![flow(0, 2, 0.02 * CAPACITY, 0)];
    let waits = answered(&scenario).links.mean_wait_s;
    assert!(waits[1] < 0.1 * waits[0], "{waits:?}");
    // Of two sizes, small ones catch up with large ones and wait again.
    let size = |bits| PacketSize { bits, share: 0.5 };
    scenario.packets = vec![PacketSizes::Sizes(vec![size(300.0), size(1700.0)])];
    let waits = answered(&scenario).links.mean_wait_s;
    assert!(waits[1] > waits[0], "{waits:?}");
}

/// Four nodes from left to right with two ways of two hops each, and links of their own.
fn diamond() -> Scenario {
    let links = [
        (0, 1, 1e6, 1e-3),
        (0, 2, 2e6, 4e-3),
        (1, 3, 5e5, 0.0),
        (2, 3, 4e6, 2e-3),
        (3, 4, 1e6, 1e-3),
    ];
    let mut scenario = network(5, &links, PacketSizes::internet());
    scenario.queueings[0].buffer = Buffer::Packets(4);
    scenario.flows = vec![flow(0, 4, 4e5, 0), flow(1, 4, 3e5, 0), flow(2, 3, 2e6, 0)];
    scenario
}

#[test]
fn a_flow_that_splits_is_the_mean_of_its_ways() {
    let scenario = diamond();
    let problem = Problem::new(&scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let found = answer(&network).flows;
    let told = hops(&network, 0).hops;
    assert_eq!(told.len(), 5);
    let hop = |link: u32| told.iter().find(|hop| hop.link == link).unwrap();
    let (mut arriving, mut delay) = (0.0, 0.0);
    for way in [[0, 2, 4], [1, 3, 4]] {
        let mut share = 0.5;
        for link in way {
            share *= 1.0 - hop(link).loss / hop(link).share;
        }
        let spent = way.map(|l| hop(l).wait_s + hop(l).transmission_s + hop(l).propagation_s);
        arriving += share;
        delay += share * spent.iter().sum::<f64>();
    }
    close(found.loss[0], 1.0 - arriving, 1e-9);
    close(found.mean_delay_s[0], delay / arriving, 1e-9);
}

#[test]
fn variance_counts_the_difference_between_ways() {
    let mut scenario = diamond();
    scenario.flows = vec![flow(0, 4, 1e-3, 0)];
    let found = answered(&scenario).flows;
    let packets = PacketSizes::internet();
    let ways =
        [(2e-3, 1.0 / 1e6 + 1.0 / 5e5 + 1.0 / 1e6), (7e-3, 1.0 / 2e6 + 1.0 / 4e6 + 1.0 / 1e6)];
    let of = |moment: fn(f64) -> f64| -> f64 {
        let PacketSizes::Sizes(sizes) = &packets else { panic!("sizes") };
        let both = ways.iter().flat_map(|way| sizes.iter().map(move |size| (way, size)));
        both.map(|((fixed, per_bit), s)| 0.5 * s.share * moment(fixed + s.bits * per_bit)).sum()
    };
    let mean = of(|delay| delay);
    close(found.mean_delay_s[0], mean, 1e-5);
    close(found.jitter_s2[0], of(|delay| delay * delay) - mean * mean, 1e-4);
}

#[test]
fn hops_tell_who_else_is_in_the_queue() {
    let scenario = diamond();
    let problem = Problem::new(&scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let told = hops(&network, 1).hops;
    let links: Vec<u32> = told.iter().map(|hop| hop.link).collect();
    assert_eq!(links, [2, 4]);
    let beside: Vec<u32> = told[0].beside.iter().map(|(flow, _)| *flow).collect();
    assert_eq!((&beside[..], told[0].beside_count), (&[0][..], 1));
    close(told[0].beside[0].1, 2e5 * (1.0 - answered(&scenario).links.loss[0]), 1e-6);
}

#[test]
fn failures_cut_flows_off_and_break_their_promises() {
    let mut scenario = diamond();
    scenario.promises =
        vec![Promise { class: None, mean_delay_s: Some(1.0), p99_delay_s: None, loss: None }];
    let whole = answered(&scenario);
    assert_eq!((whole.summary.arriving, whole.summary.breaking), (3, 0));
    let found = edited(&scenario, &[Edit::LinkFails("3-4".to_owned())]);
    assert_eq!(found.flows.state[..2], [FlowState::CutOff, FlowState::CutOff]);
    assert!(found.flows.mean_delay_s[0].is_nan() && found.links.utilisation[4].is_nan());
    assert_eq!((found.flows.loss[0], found.summary.breaking), (1.0, 2));
    close(found.summary.delivered, 2e6 * (1.0 - found.flows.loss[2]) / 2.7e6, 1e-9);
    let found = edited(&scenario, &[Edit::NodeFails("4".to_owned())]);
    assert_eq!((found.summary.end_failed, found.summary.breaking), (2, 0));
}

#[test]
fn a_formula_that_is_used_again_remembers_nothing() {
    let (diamond, port) =
        (diamond(), port(queueing(Policy::Fifo, 3), PacketSizes::internet(), &[9e5]));
    let mut formula = Formula::default();
    for scenario in [&diamond, &port, &diamond] {
        let problem = Problem::new(scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        assert_eq!(formula.answer(&network), answer(&network));
    }
}

#[test]
fn constant_arrivals_wait_less_and_bursts_wait_more_than_poisson_ones() {
    let wait = |arrivals| {
        let queueing = queueing(Policy::Fifo, 1000);
        let mut scenario = port(queueing, PacketSizes::internet(), &[0.8 * CAPACITY]);
        scenario.flows[0].arrivals = arrivals;
        answered(&scenario).links.mean_wait_s[0]
    };
    let poisson = wait(Arrivals::Poisson);
    assert!(wait(Arrivals::Constant) < poisson);
    assert!(wait(Arrivals::OnOff { on_s: 0.05, off_s: 0.05 }) > poisson);
}

/// Uniform numbers in (0, 1), by a linear congruential generator.
struct Draw(u64);

impl Draw {
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }
}

/// When the packets of a flow come, until `end`.
fn arrivals_of(arrivals: Arrivals, packets_per_s: f64, end: f64, draw: &mut Draw) -> Vec<f64> {
    let (mut at, mut found) = (0.0, Vec::new());
    match arrivals {
        Arrivals::Poisson => panic!("not asked for"),
        Arrivals::Constant => {
            at = draw.uniform() / packets_per_s;
            while at < end {
                found.push(at);
                at += 1.0 / packets_per_s;
            }
        }
        Arrivals::OnOff { on_s, off_s } => {
            let gap = on_s / (on_s + off_s) / packets_per_s;
            let mut to_go = draw.uniform() * gap;
            let mut on = draw.uniform() < on_s / (on_s + off_s);
            while at < end {
                if !on {
                    at += draw.exponential(off_s);
                    on = true;
                    continue;
                }
                let until = at + draw.exponential(on_s);
                while at + to_go < until {
                    at += to_go;
                    found.push(at);
                    to_go = gap;
                }
                to_go -= until - at;
                (at, on) = (until, false);
            }
        }
    }
    found
}

/// Mean time at a port of `flows` equal flows with equal packets and a large buffer, by Lindley's recursion.
fn simulated_s(arrivals: Arrivals, flows: usize, load: f64, seed: u64) -> f64 {
    let mut draw = Draw(seed);
    let each = load * CAPACITY / 1000.0 / flows as f64;
    let mut times: Vec<f64> =
        (0..flows).flat_map(|_| arrivals_of(arrivals, each, 60.0, &mut draw)).collect();
    times.sort_by(f64::total_cmp);
    let (mut free, mut spent) = (0.0_f64, 0.0);
    for at in &times {
        free = free.max(*at) + 1e-3;
        spent += free - at;
    }
    spent / times.len() as f64
}

#[test]
fn constant_and_on_off_flows_come_near_a_simulation() {
    let on_off = |on_s, off_s| Arrivals::OnOff { on_s, off_s };
    let cases = [
        (Arrivals::Constant, 10, 0.8),
        (Arrivals::Constant, 40, 0.95),
        (on_off(0.05, 0.05), 20, 0.8),
        (on_off(0.1, 0.1), 20, 0.8),
        (on_off(0.1, 0.3), 40, 0.7),
    ];
    for (arrivals, flows, load) in cases {
        let mut scenario = port(queueing(Policy::Fifo, PLENTY), PacketSizes::fixed(1000.0), &[]);
        scenario.flows = vec![flow(0, 1, load * CAPACITY / flows as f64, 0); flows];
        scenario.flows.iter_mut().for_each(|flow| flow.arrivals = arrivals);
        let seeds = 1..=10;
        let simulated: f64 =
            seeds.map(|seed| simulated_s(arrivals, flows, load, seed)).sum::<f64>() / 10.0;
        let found = answered(&scenario).flows.mean_delay_s[0];
        println!("{arrivals:?}, {flows} flows at {load}: {found:.6} beside {simulated:.6}");
        close(found, simulated, 0.25);
    }
}
