//! The formula, corrected by graph networks: what it answers, what it learns from, and how sure it says it is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::seed::{normal, stream};
use slicewise_core::twin::{
    Arrivals, Flow, GraphCard, Link, Node, PacketSizes, Policy, Queueing, Scenario, Topology,
};
use slicewise_nets::files::{Tensors, tensors_of, to_bytes};
use slicewise_nets::graph::{FusedGraphEvaluator, GraphShape, GraphTrainer, GraphWeights, Part};
use slicewise_optim::Unmonitored;
use slicewise_twin::dataset::Run;
use slicewise_twin::evaluation::Comparison;
use slicewise_twin::formula::corrected::description::{HOP_INPUTS, PATH_INPUTS, QUEUE_INPUTS};
use slicewise_twin::formula::corrected::example::{Example, Examples};
use slicewise_twin::formula::corrected::model::{GraphModel, SHIPPED};
use slicewise_twin::formula::corrected::{CorrectedFormula, OUTPUTS, REACH};
use slicewise_twin::formula::{Formula, answer};
use slicewise_twin::generator::{ArrivalKind, GenerateOrder, Generator};
use slicewise_twin::intervals::{calibrated, log_distance};
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::training::graph::{GraphOrder, GraphRuns, TrainedGraph, train_graph};

/// Small runs of our own simulator.
fn runs(count: usize, arrivals: ArrivalKind) -> Vec<Run> {
    let order = GenerateOrder {
        runs: count,
        nodes: (6, 8),
        most_flows: 40,
        policies: vec![Policy::StrictPriority, Policy::GnnetWfq, Policy::GnnetDrr],
        mixed: true,
        arrivals: vec![arrivals],
        classes: 3,
        buffers: vec![32],
        load: (0.6, 1.1),
        packets: 40_000,
        seed: 3,
    };
    let mut generator = Generator::new(order).unwrap();
    let mut runs = Vec::new();
    while let Some(line) = block_on(generator.next_line(&Unmonitored, &mut ())).unwrap() {
        runs.push(Run::read(&line).unwrap());
    }
    runs
}

fn shape() -> GraphShape {
    GraphShape {
        queue_inputs: QUEUE_INPUTS.len(),
        hop_inputs: HOP_INPUTS.len(),
        path_inputs: PATH_INPUTS.len(),
        rounds: 3,
        reach: REACH.to_vec(),
    }
}

/// A network that corrects at random.
fn drawn(seed: u64) -> GraphWeights {
    let generator = &mut stream(seed, 0);
    let mut weights = GraphWeights::drawn(&shape(), generator);
    weights.values.iter_mut().for_each(|value| *value += 0.05 * normal(generator));
    weights
}

/// A network that corrects every hop by the same.
fn constant(corrections: [f64; OUTPUTS.len()]) -> GraphWeights {
    let mut weights = GraphWeights::drawn(&shape(), &mut stream(1, 0));
    weights.values.fill(0.0);
    let bias = weights.range(Part::OutputBias);
    for ((value, correction), reach) in weights.values[bias].iter_mut().zip(corrections).zip(REACH)
    {
        // The squashed value times the reach is the correction.
        let squashed = correction / reach;
        *value = squashed / (1.0 - squashed * squashed).sqrt();
    }
    weights
}

fn corrected(weights: GraphWeights) -> CorrectedFormula<FusedGraphEvaluator> {
    CorrectedFormula::new(FusedGraphEvaluator::new(weights)).unwrap()
}

fn near(expected: f64, found: f64, share: f64) {
    let is_near = (expected - found).abs() <= share * expected.abs().max(1e-12);
    assert!(is_near || expected.is_nan() && found.is_nan(), "{expected} {found}");
}

#[test]
fn a_network_that_corrects_nothing_leaves_the_formula_as_it_is() {
    for run in runs(2, ArrivalKind::OnOff) {
        let problem = Problem::new(&run.scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let expected = answer(&network);
        let found = block_on(corrected(constant([0.0; 4])).answer(&network, &Unmonitored)).unwrap();
        assert_eq!(expected.links, found.links);
        for flow in 0..run.scenario.flows.len() {
            near(expected.flows.mean_delay_s[flow], found.flows.mean_delay_s[flow], 1e-9);
            near(expected.flows.jitter_s2[flow], found.flows.jitter_s2[flow], 1e-9);
            near(expected.flows.p90_s[flow], found.flows.p90_s[flow], 1e-9);
            // Odds of losses are cut at e^-20.
            assert!((expected.flows.loss[flow] - found.flows.loss[flow]).abs() < 1e-7);
        }
    }
}

/// Four nodes in a diamond, whose flow is split over both sides, and a flow that joins it.
fn diamond() -> Scenario {
    let node = |id: usize| Node { id: id.to_string(), label: id.to_string(), place: None };
    let link = |(source, target): (u32, u32)| Link {
        id: format!("{source}-{target}"),
        source,
        target,
        capacity_bit_per_s: 1e6,
        capacity_assumed: false,
        propagation_s: 0.0,
        weight: 1.0,
        opposite: None,
        queueing: 0,
    };
    let flow = |source, target, rate_bit_per_s| Flow {
        source,
        target,
        rate_bit_per_s,
        class: 0,
        packets: 0,
        arrivals: Arrivals::Poisson,
        path: None,
    };
    Scenario {
        topology: Topology {
            name: "diamond".to_owned(),
            nodes: (0..5).map(node).collect(),
            links: [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)].map(link).to_vec(),
            risk_groups: Vec::new(),
        },
        queueings: vec![Queueing::default()],
        packets: vec![PacketSizes::fixed(1e4)],
        flows: vec![flow(0, 4, 4e5), flow(1, 3, 1e5)],
        promises: Vec::new(),
    }
}

#[test]
fn corrections_reach_every_hop_of_a_flow_that_is_split() {
    let problem = Problem::new(&diamond(), &[]).unwrap();
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let plain = answer(&network).flows;
    let with = |by: f64| {
        block_on(corrected(constant([by, 0.0, 0.0, 0.0])).answer(&network, &Unmonitored))
            .unwrap()
            .flows
    };
    let (more, less) = (with(0.5), with(-0.5));
    for flow in 0..2 {
        let (up, down) = (
            more.mean_delay_s[flow] - plain.mean_delay_s[flow],
            less.mean_delay_s[flow] - plain.mean_delay_s[flow],
        );
        // Every wait times e^0.5, or over it, so that these are in the ratio of both factors less 1.
        near((0.5_f64.exp() - 1.0) / ((-0.5_f64).exp() - 1.0), up / down, 1e-6);
        assert!(up > 0.0 && more.p90_s[flow] > plain.p90_s[flow]);
    }
}

#[test]
fn percentiles_rise_and_lie_above_what_the_smallest_packet_takes() {
    for run in runs(2, ArrivalKind::Poisson) {
        let problem = Problem::new(&run.scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let found = block_on(corrected(drawn(8)).answer(&network, &Unmonitored)).unwrap().flows;
        for flow in 0..run.scenario.flows.len() {
            let told = [found.p10_s[flow], found.p50_s[flow], found.p90_s[flow], found.p99_s[flow]];
            assert!(told.is_sorted() && told[0] > 0.0, "{told:?}");
            assert!((0.0..=1.0).contains(&found.loss[flow]));
            assert!(found.jitter_s2[flow] >= 0.0);
        }
    }
}

fn example(run: &Run) -> Example {
    Examples::default().example(run).unwrap()
}

#[test]
fn what_is_learned_from_is_what_is_answered() {
    for run in runs(2, ArrivalKind::Poisson) {
        let (weights, example) = (drawn(9), example(&run));
        let mut trainer = GraphTrainer::default();
        let told = trainer.corrections(&weights, &example.graph).unwrap().to_vec();
        let problem = Problem::new(&run.scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let found = block_on(corrected(weights).answer(&network, &Unmonitored)).unwrap().flows;
        assert!(example.flows.len() > 20);
        for flow in &example.flows {
            let figures = example.figures(flow, &told);
            near(found.mean_delay_s[flow.flow], figures.delay_s, 1e-9);
            near(found.jitter_s2[flow.flow], figures.jitter_s2, 1e-6);
            near(found.p90_s[flow.flow], figures.p90_s, 1e-6);
            assert!((found.loss[flow.flow] - figures.loss).abs() < 1e-9);
        }
    }
}

#[test]
fn slopes_of_the_error_are_those_of_differences() {
    let run = &runs(1, ArrivalKind::Poisson)[0];
    let example = example(run);
    let mut trainer = GraphTrainer::default();
    let mut told = trainer.corrections(&drawn(9), &example.graph).unwrap().to_vec();
    let (mut slopes, mut unused) = (Vec::new(), Vec::new());
    example.error(&told, |_| 1.0, &mut slopes);
    let largest = slopes.iter().map(|slope| slope.abs()).fold(0.0, f64::max);
    for at in (0..told.len()).step_by(told.len() / 60) {
        let mut moved = |by: f64| {
            told[at] += by;
            let error = example.error(&told, |_| 1.0, &mut unused);
            told[at] -= by;
            error
        };
        let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!((expected - slopes[at]).abs() < 1e-4 * largest, "{at}: {expected} {}", slopes[at]);
    }
}

fn trained(threads: usize, runs: &[Run]) -> TrainedGraph {
    let order = GraphOrder { epochs: 40, threads, held_back: 0.25, ..GraphOrder::of("scheduling") };
    let mut all = GraphRuns::default();
    runs.iter().for_each(|run| all.add(run, false).unwrap());
    block_on(train_graph(&order, all, "--data x", &Unmonitored, &mut ())).unwrap()
}

#[test]
fn training_brings_the_formula_nearer_and_threads_change_nothing() {
    let runs = runs(12, ArrivalKind::OnOff);
    let found = trained(1, &runs);
    assert_eq!(found.weights, trained(3, &runs).weights);
    let mut model = GraphModel::load(found.card.clone(), &found.weights).unwrap();
    let (mut plain, mut corrected) = (Comparison::default(), Comparison::default());
    let mut formula = Formula::default();
    for run in &runs {
        let problem = Problem::new(&run.scenario, &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        plain.add(run, &formula.answer(&network).flows);
        let told = block_on(model.answer(&network, &Unmonitored)).unwrap();
        assert!(told.outside.is_empty() || told.outside[0].contains("nodes"), "{:?}", told.outside);
        corrected.add_with_intervals(run, &told.answer.flows, &told.log_distance);
    }
    let (plain, corrected) = (plain.evaluation().all, corrected.evaluation().all);
    assert!(corrected.delay.mape.unwrap() < plain.delay.mape.unwrap(), "{corrected:?} {plain:?}");
    assert!(plain.coverage90.is_none() && corrected.coverage90.unwrap() > 60.0, "{corrected:?}");
    assert!(corrected.width90.unwrap() > 0.0);
    let text = serde_json::to_string(&found.card).unwrap();
    let back = GraphCard::from_json(&text).unwrap();
    assert_eq!(back.trained.arrivals, ["on-off"]);
    assert_eq!(back.intervals.len(), found.card.intervals.len());
}

#[test]
fn no_traffic_matrix_is_both_learned_from_and_held_back() {
    let runs = runs(4, ArrivalKind::Poisson);
    let matrices: Vec<u64> = runs.iter().map(|run| example(run).matrix).collect();
    // The same matrix under other queues.
    let mut other = runs[0].clone();
    other.scenario.queueings.iter_mut().for_each(|queueing| *queueing = Queueing::default());
    assert_eq!(example(&other).matrix, matrices[0]);
    assert_ne!(matrices[0], matrices[1]);
    let mut twice = GraphRuns::default();
    twice.add(&runs[0], false).unwrap();
    twice.add(&other, false).unwrap();
    let order = GraphOrder { epochs: 1, ..GraphOrder::of("scheduling") };
    let found = block_on(train_graph(&order, twice, "", &Unmonitored, &mut ()));
    let text = found.unwrap_err().to_string();
    assert!(text.contains("0 to learn from, 2 held back"), "{text}");
}

#[test]
fn intervals_cover_nine_of_ten_in_the_mean_over_runs() {
    let run = &runs(1, ArrivalKind::Poisson)[0];
    let example = example(run);
    let none = vec![0.0; example.graph.hops() * OUTPUTS.len()];
    // Runs whose errors are all alike within a run: only the runs count, not their flows.
    let of_run = |number: usize| {
        let off = (0.01 * (number + 1) as f64).exp();
        let flows = example.flows.iter().take(if number == 0 { 30 } else { 3 });
        flows
            .map(|flow| {
                let mut flow = *flow;
                let told = example.figures(&flow, &none);
                flow.measured.delay_s = told.delay_s * off;
                (flow, told)
            })
            .collect::<Vec<_>>()
    };
    let runs: Vec<_> = (0..19).map(of_run).collect();
    let intervals = calibrated(&runs);
    // Nine tenths of 19 + 1 runs are 18.
    let all = intervals.last().unwrap();
    assert_eq!((all.policy.as_deref(), all.runs), (None, 19));
    assert!((all.log_distance - 0.18).abs() < 1e-9, "{}", all.log_distance);
    assert_eq!(log_distance(&intervals, "no such policy", 0.7), Some(all.log_distance));
}

#[test]
fn networks_that_ship_load_and_tell_what_lies_outside_their_training() {
    for shipped in SHIPPED {
        let mut model = GraphModel::shipped(shipped.name).unwrap();
        assert_eq!(model.card.name, shipped.name);
        let problem = Problem::new(&diamond(), &[]).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let found = block_on(model.answer(&network, &Unmonitored)).unwrap();
        assert!(
            found.outside.iter().any(|reason| reason.contains("5 nodes")),
            "{:?}",
            found.outside
        );
        let is_known = model.card.trained.policies.iter().any(|policy| policy == "fifo");
        let is_told = found.outside.iter().any(|reason| reason.contains("queues of fifo"));
        assert_eq!(is_known, !is_told, "{:?}", found.outside);
        let bytes: usize = SHIPPED.iter().map(|model| model.weights.len()).sum();
        assert!(bytes < 300_000, "{bytes} bytes before brotli");
    }
}

#[test]
fn a_network_with_other_inputs_or_damaged_weights_is_refused() {
    let card = GraphCard::from_json(SHIPPED[0].card).unwrap();
    let mut other = card.clone();
    other.hop_inputs.pop();
    assert_eq!(GraphModel::load(other, SHIPPED[0].weights).unwrap_err().field, "hop_inputs");
    let tensors: Tensors = tensors_of(SHIPPED[0].weights).unwrap();
    let mut bytes = to_bytes(&tensors).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(GraphModel::load(card, &bytes).is_err());
    let small = GraphShape { hop_inputs: 2, ..shape() };
    let weights = GraphWeights::drawn(&small, &mut stream(1, 0));
    assert!(CorrectedFormula::new(FusedGraphEvaluator::new(weights)).is_err());
}
