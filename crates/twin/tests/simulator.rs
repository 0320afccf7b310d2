//! The simulator beside closed forms of queueing theory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::path::PathBuf;

use futures::executor::block_on;
use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_core::twin::simulation::{BATCHES, Simulated, SimulationOrder};
use slicewise_core::twin::{
    Arrivals, Buffer, Edit, Flow, Link, Node, PacketSize, PacketSizes, Policy, Queueing, Scenario,
    Topology, TwinNews,
};
use slicewise_optim::monitor::{Halted, Monitor, Progress, Stopped, Unmonitored};
use slicewise_twin::dataset::Run;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

/// Capacity of all links, in bit/s.
const CAPACITY: f64 = 1e6;
/// Mean size of packets, in bits: a port sends 1,000 a second.
const BITS: f64 = 1000.0;

/// Links between nodes by number, with one way of queueing and one kind of packets.
fn network(
    nodes: usize,
    ends: &[(u32, u32)],
    queueing: Queueing,
    packets: PacketSizes,
) -> Scenario {
    let node = |id: usize| Node { id: id.to_string(), label: String::new(), place: None };
    let link = |(source, target): &(u32, u32)| Link {
        id: format!("{source}-{target}"),
        source: *source,
        target: *target,
        capacity_bit_per_s: CAPACITY,
        capacity_assumed: false,
        propagation_s: 0.0,
        weight: 1.0,
        opposite: None,
        queueing: 0,
    };
    let topology = Topology {
        name: "tests".to_owned(),
        nodes: (0..nodes).map(node).collect(),
        links: ends.iter().map(link).collect(),
        risk_groups: Vec::new(),
    };
    Scenario { queueings: vec![queueing], packets: vec![packets], ..Scenario::of(topology) }
}

/// One port with flows of these utilisations, each of a class of its own.
fn port(queueing: Queueing, packets: PacketSizes, loads: &[f64]) -> Scenario {
    let flows = loads.iter().zip(0..).map(|(load, class)| flow(0, 1, *load, class));
    Scenario { flows: flows.collect(), ..network(2, &[(0, 1)], queueing, packets) }
}

/// A Poisson flow that offers `load` times the capacity.
fn flow(source: u32, target: u32, load: f64, class: u8) -> Flow {
    Flow {
        source,
        target,
        rate_bit_per_s: load * CAPACITY,
        class,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    }
}

fn queueing(policy: Policy, weights: &[f64], waiting: u32) -> Queueing {
    Queueing { policy, weights: weights.to_vec(), buffer: Buffer::Packets(waiting) }
}

fn endless() -> Queueing {
    queueing(Policy::Fifo, &[], 1_000_000)
}

fn run(scenario: &Scenario, seed: u64, packets: u64) -> Simulated {
    let problem = Problem::new(scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed, packets };
    block_on(simulate(&network, &order, &Unmonitored, &mut ())).unwrap()
}

/// The interval of 95 % is missed once in 20 times; twice its width, some four standard errors, is not.
fn assert_mean(simulated: &Simulated, flow: usize, exact_s: f64) {
    let (mean, half) = (simulated.mean_delay_s[flow], simulated.mean_half_width_s[flow]);
    assert!(half < 0.05 * exact_s, "half width {half} of {exact_s}");
    assert!((mean - exact_s).abs() < 2.0 * half, "flow {flow}: {mean} +- {half}, exact {exact_s}");
}

fn assert_near(found: f64, exact: f64, share: f64) {
    assert!((found / exact - 1.0).abs() < share, "{found}, exact {exact}");
}

#[test]
fn exponential_sizes_and_endless_room_give_the_delays_of_m_m_1() {
    let simulated = run(&port(endless(), PacketSizes::Exponential(BITS), &[0.7]), 1, 1_000_000);
    // The time in the system is exponential with rate mu - lambda.
    let mean = 1.0 / (1000.0 - 700.0);
    assert_mean(&simulated, 0, mean);
    assert_near(simulated.jitter_s2[0], mean * mean, 0.05);
    let quantile = |share: f64| -mean * (1.0 - share).ln();
    assert_near(simulated.p10_s[0], quantile(0.1), 0.03);
    assert_near(simulated.p50_s[0], quantile(0.5), 0.03);
    assert_near(simulated.p90_s[0], quantile(0.9), 0.03);
    assert_near(simulated.p99_s[0], quantile(0.99), 0.05);
    assert_near(simulated.link_utilisation[0], 0.7, 0.01);
    assert_eq!(simulated.loss[0], 0.0);
    assert_near(simulated.packets[0] / simulated.seconds, 700.0, 0.01);
}

#[test]
fn equal_sizes_wait_half_as_long_as_in_m_m_1() {
    let simulated = run(&port(endless(), PacketSizes::fixed(BITS), &[0.8]), 2, 1_000_000);
    assert_mean(&simulated, 0, 1e-3 + 0.8 / (2.0 * 1000.0 * 0.2));
}

#[test]
fn a_queue_of_nine_beside_the_packet_that_is_sent_loses_what_m_m_1_10_loses() {
    for load in [0.8, 1.0, 1.3] {
        let queueing = queueing(Policy::Fifo, &[], 9);
        let simulated = run(&port(queueing, PacketSizes::Exponential(BITS), &[load]), 3, 1_000_000);
        let states: Vec<f64> = (0..=10).map(|waiting| f64::powi(load, waiting)).collect();
        let sum: f64 = states.iter().sum();
        let loss = states[10] / sum;
        assert_near(simulated.loss[0], loss, 0.04);
        // Little's law over the packets that are taken in.
        let inside: f64 = states.iter().zip(0..).map(|(p, n)| p / sum * f64::from(n)).sum();
        assert_mean(&simulated, 0, inside / (load * 1000.0 * (1.0 - loss)));
        assert_near(simulated.link_utilisation[0], load * (1.0 - loss), 0.01);
    }
}

#[test]
fn a_buffer_in_bits_holds_as_many_equal_packets_as_fit() {
    let of = |buffer| {
        let queueing = Queueing { policy: Policy::Fifo, weights: Vec::new(), buffer };
        run(&port(queueing, PacketSizes::fixed(BITS), &[1.1]), 4, 50_000)
    };
    let (bits, packets) = (of(Buffer::Bits(9.9 * BITS)), of(Buffer::Packets(9)));
    assert!(bits.loss[0] > 0.05);
    assert_eq!((bits.loss, bits.mean_delay_s), (packets.loss, packets.mean_delay_s));
}

#[test]
fn strict_priority_waits_as_cobham_has_it() {
    let queueing = queueing(Policy::StrictPriority, &[], 1_000_000);
    let mut scenario = port(queueing, PacketSizes::fixed(400.0), &[0.3, 0.4]);
    let sizes = [(300.0, 0.5), (1700.0, 0.5)].map(|(bits, share)| PacketSize { bits, share });
    scenario.packets.push(PacketSizes::Sizes(sizes.to_vec()));
    scenario.flows[1].packets = 1;
    let simulated = run(&scenario, 5, 1_500_000);
    let residual = 0.3 * 400.0 / CAPACITY / 2.0
        + 0.4 / BITS * (300.0 * 300.0 + 1700.0 * 1700.0) / 2.0 / CAPACITY / 2.0;
    assert_mean(&simulated, 0, 400.0 / CAPACITY + residual / (1.0 - 0.3));
    assert_mean(&simulated, 1, BITS / CAPACITY + residual / ((1.0 - 0.3) * (1.0 - 0.7)));
}

#[test]
fn whatever_the_policy_the_waits_weighted_by_load_stay_the_same() {
    let loads = [0.2, 0.35, 0.25];
    // Kleinrock's conservation law; equal sizes, so that no order can favour small packets.
    let exact = 0.8 * 0.8 / (2.0 * 1000.0 * 0.2);
    for policy in Policy::ALL {
        let queueing = queueing(policy, &[5.0, 3.0, 2.0], 1_000_000);
        let simulated = run(&port(queueing, PacketSizes::fixed(BITS), &loads), 6, 600_000);
        let waits = simulated.mean_delay_s.iter().map(|delay| delay - BITS / CAPACITY);
        let weighted: f64 = waits.zip(loads).map(|(wait, load)| wait * load).sum();
        assert_near(weighted, exact, 0.04);
    }
}

#[test]
fn overloaded_classes_share_the_capacity_by_weight_whatever_their_sizes() {
    for policy in
        [Policy::WeightedFair, Policy::DeficitRoundRobin, Policy::GnnetWfq, Policy::GnnetDrr]
    {
        let queueing = queueing(policy, &[3.0, 1.0], 32);
        let mut scenario = port(queueing, PacketSizes::fixed(BITS), &[1.5, 1.5]);
        scenario.packets.push(PacketSizes::fixed(2.5 * BITS));
        scenario.flows[1].packets = 1;
        let simulated = run(&scenario, 7, 400_000);
        let bits = simulated.packets[0] * BITS / simulated.seconds;
        assert_near(bits, 0.75 * CAPACITY, 0.005);
        let bits = simulated.packets[1] * 2.5 * BITS / simulated.seconds;
        assert_near(bits, 0.25 * CAPACITY, 0.005);
        assert_near(simulated.link_utilisation[0], 1.0, 1e-9);
    }
}

#[test]
fn a_class_within_its_share_is_not_delayed_beyond_the_bounds_of_fair_sharing() {
    // A constant flow at nine tenths of its share beside a class that overloads the port with large packets.
    let large = 12_000.0;
    let of = |policy| {
        let queueing = queueing(policy, &[1.0, 1.0], 32);
        let mut scenario = port(queueing, PacketSizes::fixed(BITS), &[0.45, 2.0]);
        scenario.flows[0].arrivals = Arrivals::Constant;
        scenario.packets.push(PacketSizes::fixed(large));
        scenario.flows[1].packets = 1;
        let simulated = run(&scenario, 8, 300_000);
        (simulated.p99_s[0], simulated.loss[0])
    };
    let own = BITS / (0.5 * CAPACITY);
    // Parekh and Gallager (1993): fluid sharing, and the largest packet. A quantile errs by up to 1/128.
    let (fair, loss) = of(Policy::WeightedFair);
    assert_eq!(loss, 0.0);
    assert!(fair < (own + large / CAPACITY) * (1.0 + 1.0 / 128.0), "{fair}");
    // Stiliadis and Varma (1998): latency of (3 F - 2 quantum) / capacity, F the sum of the quanta.
    let (turns, loss) = of(Policy::DeficitRoundRobin);
    assert_eq!(loss, 0.0);
    assert!(turns < (3.0 * 24_000.0 - 2.0 * 12_000.0) / CAPACITY + own, "{turns}");
    let (unfair, loss) = of(Policy::Fifo);
    assert!(unfair > 10.0 * fair && loss > 0.3, "{unfair}, {loss}");
}

#[test]
fn constant_arrivals_that_never_meet_take_transmission_and_propagation_alone() {
    let ends = [(0, 1), (1, 2), (2, 3)];
    let mut scenario = network(4, &ends, Queueing::default(), PacketSizes::fixed(BITS));
    scenario.topology.links[1].capacity_bit_per_s = CAPACITY / 4.0;
    scenario.topology.links[1].propagation_s = 0.02;
    scenario.topology.links[2].propagation_s = 0.003;
    let arrivals = Arrivals::Constant;
    scenario.flows = vec![Flow { arrivals, ..flow(0, 3, 0.24, 0) }];
    let simulated = run(&scenario, 9, 20_000);
    assert_near(simulated.mean_delay_s[0], 1e-3 + 4e-3 + 0.02 + 1e-3 + 0.003, 1e-9);
    assert!(simulated.jitter_s2[0] < 1e-18);
    assert!(simulated.mean_half_width_s[0] < 1e-9);
    assert_near(simulated.link_utilisation[1], 0.96, 1e-3);
    assert_near(simulated.packets[0], 20_000.0, 1e-3);
}

#[test]
fn bursts_above_the_capacity_wait_as_a_fluid_that_goes_on_and_off() {
    // Anick, Mitra and Sondhi (1982) for one source: P(Q > x) = load exp(-z x), so that by Little's law a
    // bit waits 1 / (z capacity) on average.
    let (on_s, off_s, load) = (0.1, 0.3, 0.5);
    let mut scenario = port(endless(), PacketSizes::fixed(BITS), &[load]);
    scenario.flows[0].arrivals = Arrivals::OnOff { on_s, off_s };
    let peak = load * CAPACITY * (on_s + off_s) / on_s;
    let z = 1.0 / (on_s * (peak - CAPACITY)) - 1.0 / (off_s * CAPACITY);
    let simulated = run(&scenario, 10, 4_000_000);
    let fluid = 1.0 / (z * CAPACITY);
    let (mean, half) = (simulated.mean_delay_s[0], simulated.mean_half_width_s[0]);
    assert!(half < 0.05 * fluid, "{half} of {fluid}");
    // Packets differ from a fluid by up to the time that one is sent.
    assert!((mean - fluid).abs() < 2.0 * half + BITS / CAPACITY, "{mean} +- {half}, fluid {fluid}");
    assert_near(simulated.packets[0] / simulated.seconds, 500.0, 0.02);
}

#[test]
fn on_off_arrivals_below_the_capacity_never_wait() {
    let mut scenario = port(Queueing::default(), PacketSizes::fixed(BITS), &[0.3]);
    scenario.flows[0].arrivals = Arrivals::OnOff { on_s: 2.0, off_s: 4.0 };
    let simulated = run(&scenario, 11, 50_000);
    assert_near(simulated.mean_delay_s[0], BITS / CAPACITY, 1e-6);
    // Rare packets of short times on come as often as they should, one by one or many periods apart.
    for on_s in [1e-3, 1e-7] {
        scenario.flows[0].arrivals = Arrivals::OnOff { on_s, off_s: 2.0 * on_s };
        scenario.flows[0].rate_bit_per_s = 0.01 * CAPACITY;
        let simulated = run(&scenario, 12, 20_000);
        assert_near(simulated.packets[0], 20_000.0, 0.03);
    }
}

#[test]
fn packets_part_evenly_over_paths_of_equal_weight() {
    let ends = [(0, 1), (1, 3), (0, 2), (2, 3)];
    let mut scenario = network(4, &ends, endless(), PacketSizes::fixed(BITS));
    scenario.flows = vec![flow(0, 3, 0.8, 0)];
    let simulated = run(&scenario, 13, 200_000);
    simulated.link_utilisation.iter().for_each(|found| assert_near(*found, 0.4, 0.01));
    // Two ports that are Poisson at their beginning; equal sizes never wait again behind them.
    assert_mean(&simulated, 0, 2e-3 + 0.4 / (2.0 * 1000.0 * 0.6));
}

#[test]
fn a_flow_is_not_touched_by_what_another_does_elsewhere() {
    let mut scenario =
        network(4, &[(0, 1), (2, 3)], Queueing::default(), PacketSizes::Exponential(BITS));
    scenario.flows = vec![flow(2, 3, 0.5, 0), flow(0, 1, 0.5, 0)];
    let before = run(&scenario, 14, 100_000);
    scenario.flows[0].rate_bit_per_s *= 2.0;
    let after = run(&scenario, 14, 150_000);
    assert_eq!(before.seconds, after.seconds);
    assert_eq!(before.mean_delay_s[1], after.mean_delay_s[1]);
    assert_eq!(before.loss[1], after.loss[1]);
    assert_ne!(before.mean_delay_s[0], after.mean_delay_s[0]);
    assert_ne!(run(&scenario, 15, 150_000).mean_delay_s, after.mean_delay_s);
}

#[test]
fn cut_off_and_idle_flows_have_no_delay_and_failed_links_no_utilisation() {
    let mut scenario = port(Queueing::default(), PacketSizes::fixed(BITS), &[0.5, 0.0]);
    scenario.flows.push(flow(0, 2, 0.5, 0));
    scenario.topology.nodes.push(Node { id: "2".to_owned(), ..Node::default() });
    let simulated = run(&scenario, 16, 2000);
    assert!(simulated.packets[0] > 1000.0);
    assert!(simulated.mean_delay_s[1..].iter().all(|delay| delay.is_nan()));
    assert_eq!(simulated.packets[1..], [0.0, 0.0]);
    let problem = Problem::new(&scenario, &[Edit::LinkFails("0-1".to_owned())]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed: 1, packets: 1000 };
    let simulated = block_on(simulate(&network, &order, &Unmonitored, &mut ())).unwrap();
    assert!(simulated.link_utilisation[0].is_nan() && simulated.mean_delay_s[0].is_nan());
    assert_eq!(simulated.packet_hops, 0);
}

/// Stops after some checkpoints.
struct Patience(Cell<usize>);

impl Monitor for Patience {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        let left = self.0.get().checked_sub(1).ok_or(Stopped)?;
        self.0.set(left);
        Ok(())
    }
}

#[derive(Default)]
struct Heard {
    shares: Vec<f64>,
    packets: Vec<f64>,
}

impl Progress<TwinNews> for Heard {
    fn share(&mut self, fraction: f64) {
        self.shares.push(fraction);
    }

    fn news(&mut self, news: TwinNews) {
        if let TwinNews::Measured(measured) = news {
            self.packets.push(measured.packets[0]);
        }
    }
}

#[test]
fn a_run_tells_what_it_has_measured_after_each_batch_and_stops_when_asked() {
    let scenario = port(Queueing::default(), PacketSizes::fixed(BITS), &[0.5]);
    let problem = Problem::new(&scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed: 1, packets: 200_000 };
    let mut heard = Heard::default();
    let end = block_on(simulate(&network, &order, &Unmonitored, &mut heard)).unwrap();
    assert_eq!(heard.packets.len(), BATCHES - 1);
    heard.packets.push(end.packets[0]);
    assert!(heard.packets.windows(2).all(|pair| pair[1] - pair[0] > 9000.0));
    assert!(
        heard.shares.is_sorted() && heard.shares.iter().all(|share| (0.0..=1.0).contains(share))
    );
    let patience = Patience(Cell::new(5));
    let stopped = block_on(simulate(&network, &order, &patience, &mut ()));
    assert_eq!(stopped.unwrap_err(), Halted::Stopped);
    let short = SimulationOrder { packets: 10, ..order };
    let refused = block_on(simulate(&network, &short, &Unmonitored, &mut ())).unwrap_err();
    assert!(matches!(refused, Halted::Input(error) if error.field == "packets"));
}

/// A packed text of the folder of measurements: `SLICEWISE_DATA`, or `shared/data` beside the checkout.
fn data(name: &str) -> Option<String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SLICEWISE_DATA").map_or(beside, PathBuf::from);
    let bytes = std::fs::read(folder.join(name)).ok()?;
    String::from_utf8(unpacked(&bytes, LARGEST_UNPACKED_BYTES).unwrap().into_owned()).ok()
}

#[test]
fn public_runs_come_out_within_three_percent() {
    // A run under FIFO, then runs of many ports each under strict priority, DRR and WFQ of the public kind.
    let runs = [
        ("twin/gnnet2021_test_setting1.jsonl.gz", 0, 300_000),
        ("twin/gnnet2020_train_nsfnet_geant2.jsonl.gz", 322, 1_000_000),
        ("twin/gnnet2020_train_nsfnet_geant2.jsonl.gz", 8, 1_000_000),
    ];
    for (name, number, packets) in runs {
        let Some(text) = data(name) else {
            eprintln!("skipped: the folder of measurements holds no {name}");
            return;
        };
        let run_read = Run::read(text.lines().nth(number).unwrap()).unwrap();
        let simulated = run(&run_read.scenario, 1, packets);
        let measured = &run_read.measured;
        let (mut weighted, mut weights) = (0.0, 0.0);
        for (index, delay) in measured.mean_delay_s.iter().enumerate() {
            // The public simulator counts no delay above 20.
            if *delay > 0.0 && measured.p90_s[index] < 19.99 {
                let weight = measured.packets_per_s[index] * (1.0 - measured.loss[index]);
                weighted += weight * (simulated.mean_delay_s[index] / delay - 1.0).abs();
                weights += weight;
            }
        }
        assert!(weighted / weights < 0.03, "{name} {number}: {}", weighted / weights);
    }
}

#[test]
fn a_run_that_is_shorter_than_a_way_measures_it_all_the_same() {
    let scenario = slicewise_core::twin::opening::scenario();
    let problem = Problem::new(&scenario, &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let order = SimulationOrder { seed: 1, packets: 200_000 };
    let found = block_on(simulate(&network, &order, &Unmonitored, &mut ())).unwrap();
    let answer = slicewise_twin::formula::answer(&network);
    // Signals travel 25 ms from Madrid to Stockholm, and this many packets are sent in one.
    assert!(found.seconds < 2e-3, "{} s", found.seconds);
    let flow = answer.summary.slowest_flow.unwrap();
    let (by_formula, simulated) = (answer.flows.mean_delay_s[flow], found.mean_delay_s[flow]);
    assert!((by_formula / simulated - 1.0).abs() < 1e-3, "{by_formula} {simulated}");
    let measured = found.mean_delay_s.iter().filter(|delay| delay.is_finite()).count();
    assert!(measured > 1000, "{measured} of {}", scenario.flows.len());
}
