//! All evaluators of a graph network give the same corrections, and training's slopes are those of burn and of
//! differences.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;

use futures::executor::block_on;
use slicewise_core::seed::{ChaCha8Rng, Rng, normal, stream, uniform};
use slicewise_nets::files::{tensors_of, to_bytes};
use slicewise_nets::graph::{
    FusedGraphEvaluator, Graph, GraphEvaluator, GraphShape, GraphTrainer, GraphWeights, InputScale,
    Part,
};
use slicewise_optim::monitor::{Halted, Monitor, Stopped, Unmonitored};

/// Corrections of evaluators may be apart by this much; burn computes in single precision.
const TOLERANCE: f64 = 1e-4;

fn shape(rounds: usize) -> GraphShape {
    GraphShape {
        queue_inputs: 5,
        hop_inputs: 3,
        path_inputs: 2,
        rounds,
        reach: vec![2.0, 0.5, 6.0],
    }
}

fn index(generator: &mut impl Rng, count: usize) -> u32 {
    (uniform(generator) * count as f64) as u32
}

/// A graph with queues that nobody crosses, and a path without a hop.
fn graph(paths: usize, generator: &mut ChaCha8Rng) -> Graph {
    let shape = shape(1);
    let (links, queues) = (7, 19);
    let mut graph = Graph { links, path_starts: vec![0], ..Graph::default() };
    for queue in 0..queues {
        graph.queue_link.push((queue % links) as u32);
        graph.queue_weight.push(uniform(generator));
    }
    for path in 0..paths {
        for _ in 0..if path == 1 { 0 } else { 1 + index(generator, 5) } {
            graph.hop_queue.push(index(generator, queues - 2));
            graph.hop_weight.push(uniform(generator));
        }
        graph.path_starts.push(graph.hop_queue.len() as u32);
    }
    let mut draw = |count: usize| (0..count).map(|_| 2.0 * normal(generator)).collect::<Vec<f64>>();
    graph.queue_inputs = draw(queues * shape.queue_inputs);
    graph.hop_inputs = draw(graph.hop_queue.len() * shape.hop_inputs);
    graph.path_inputs = draw(paths * shape.path_inputs);
    graph
}

/// A network whose corrections are far from 0 and whose scales cut some inputs.
fn weights(rounds: usize, generator: &mut ChaCha8Rng) -> GraphWeights {
    let shape = shape(rounds);
    let mut weights = GraphWeights::drawn(&shape, generator);
    weights.values.iter_mut().for_each(|value| *value = 1.5 * *value + 0.1 * normal(generator));
    weights.queue_scale = InputScale {
        least: vec![-2.0; 5],
        most: vec![2.5; 5],
        mean: vec![0.1, 0.2, -0.3, 0.0, 1.0],
        deviation: vec![2.0, 1.0, 0.5, 1.5, 1.0],
    };
    weights
}

/// What every evaluator is held to: the numbers of the fused one, on graphs of several sizes one after another.
fn conform(evaluator: &mut impl GraphEvaluator, weights: &GraphWeights) {
    let mut reference = FusedGraphEvaluator::new(weights.clone());
    let generator = &mut stream(5, 2);
    let (mut expected, mut found) = (Vec::new(), vec![7.0; 3]);
    for paths in [40, 2, 5000, 11] {
        let graph = graph(paths, generator);
        block_on(reference.corrections(&graph, &mut expected, &Unmonitored)).unwrap();
        block_on(evaluator.corrections(&graph, &mut found, &Unmonitored)).unwrap();
        assert_eq!(expected.len(), graph.hops() * weights.shape.reach.len());
        assert_eq!(expected.len(), found.len());
        let largest = expected.iter().map(|value| value.abs()).fold(0.0, f64::max);
        assert!(largest > 0.3, "corrections that say nothing prove nothing: {largest}");
        for (at, (expected, found)) in expected.iter().zip(&found).enumerate() {
            assert!((expected - found).abs() < TOLERANCE, "{at}: {expected} {found}");
        }
    }
    let mut damaged = graph(4, generator);
    damaged.hop_queue[0] = 99;
    let refused = block_on(evaluator.corrections(&damaged, &mut found, &Unmonitored));
    assert!(matches!(refused, Err(Halted::Input(error)) if error.field == "hop_queue"));
    damaged.hop_queue.pop();
    assert!(block_on(evaluator.corrections(&damaged, &mut found, &Unmonitored)).is_err());
}

#[test]
fn the_fused_evaluator_gives_the_same_whatever_it_did_before() {
    let weights = weights(3, &mut stream(5, 0));
    conform(&mut FusedGraphEvaluator::new(weights.clone()), &weights);
}

/// Stops at the checkpoint of that number.
struct StopsAt(Cell<usize>);

impl Monitor for StopsAt {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        let left = self.0.get().checked_sub(1).ok_or(Stopped)?;
        self.0.set(left);
        Ok(())
    }
}

#[test]
fn a_large_graph_lets_others_have_a_turn_every_few_thousand_hops() {
    let weights = weights(3, &mut stream(5, 0));
    let graph = graph(5000, &mut stream(5, 2));
    let mut evaluator = FusedGraphEvaluator::new(weights);
    let mut corrections = Vec::new();
    let patient = StopsAt(Cell::new(usize::MAX));
    block_on(evaluator.corrections(&graph, &mut corrections, &patient)).unwrap();
    let turns = usize::MAX - patient.0.get();
    // One to begin with, then three rounds and the readout by 8192 hops.
    assert_eq!(turns, 1 + 4 * graph.hops().div_ceil(8192));
    for turn in [0, 3, turns - 1] {
        let stopped =
            block_on(evaluator.corrections(&graph, &mut corrections, &StopsAt(Cell::new(turn))));
        assert_eq!(stopped, Err(Halted::Stopped));
    }
}

#[cfg(feature = "burn")]
#[test]
fn burn_gives_the_same_corrections() {
    use burn::tensor::Device;
    use slicewise_nets::graph::module::BurnGraphEvaluator;
    for rounds in [1, 3] {
        let weights = weights(rounds, &mut stream(5, 0));
        conform(&mut BurnGraphEvaluator::new(weights.clone(), &Device::flex()), &weights);
    }
}

/// A loss that is linear in the corrections, by these factors.
fn factors(count: usize) -> Vec<f64> {
    let generator = &mut stream(5, 4);
    (0..count).map(|_| normal(generator)).collect()
}

fn slopes(weights: &GraphWeights, graph: &Graph) -> Vec<f64> {
    let mut trainer = GraphTrainer::default();
    let count = trainer.corrections(weights, graph).unwrap().len();
    let mut gradient = vec![0.0; weights.values.len()];
    trainer.slopes(weights, graph, &factors(count), &mut gradient);
    gradient
}

#[cfg(feature = "burn")]
#[test]
fn slopes_are_those_of_burn() {
    use burn::tensor::{Device, Tensor, TensorData};
    use slicewise_nets::graph::module::GraphModule;
    let weights = weights(3, &mut stream(5, 0));
    let graph = graph(25, &mut stream(5, 3));
    let device = Device::flex().autodiff();
    let module = GraphModule::new(&weights, &device);
    let corrections = module.forward(&weights, &graph, &device);
    let outputs = weights.shape.reach.len();
    let by: Vec<f32> =
        factors(graph.hops() * outputs).iter().map(|factor| *factor as f32).collect();
    let by: Tensor<2> = Tensor::from_data(TensorData::new(by, [graph.hops(), outputs]), &device);
    let expected = module.slopes((corrections * by).sum()).unwrap();
    let found = slopes(&weights, &graph);
    let largest = found.iter().map(|slope| slope.abs()).fold(0.0, f64::max);
    for (at, (expected, found)) in expected.iter().zip(&found).enumerate() {
        assert!((expected - found).abs() < 2e-5 * largest, "{at}: {expected} {found} of {largest}");
    }
}

#[test]
fn slopes_are_those_of_differences() {
    let weights = weights(3, &mut stream(5, 0));
    let graph = graph(12, &mut stream(5, 3));
    let found = slopes(&weights, &graph);
    let loss = |weights: &GraphWeights| -> f64 {
        let mut trainer = GraphTrainer::default();
        let told = trainer.corrections(weights, &graph).unwrap();
        told.iter().zip(factors(told.len())).map(|(told, factor)| told * factor).sum()
    };
    for part in Part::ALL {
        let range = weights.range(part);
        for at in [range.start, range.start + range.len() / 2, range.end - 1] {
            let moved = |by: f64| {
                let mut moved = weights.clone();
                moved.values[at] += by;
                loss(&moved)
            };
            // Central differences of this step are off by about 1e-9 of the third derivative.
            let expected = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            let tolerance = 1e-5 * expected.abs().max(0.1);
            assert!(
                (expected - found[at]).abs() < tolerance,
                "{part:?} {at}: {expected} {}",
                found[at]
            );
        }
    }
}

#[test]
fn training_and_evaluation_give_the_same_bits() {
    let weights = weights(4, &mut stream(5, 0));
    let graph = graph(30, &mut stream(5, 3));
    let mut expected = Vec::new();
    block_on(FusedGraphEvaluator::new(weights.clone()).corrections(
        &graph,
        &mut expected,
        &Unmonitored,
    ))
    .unwrap();
    assert_eq!(GraphTrainer::default().corrections(&weights, &graph).unwrap(), expected);
}

#[test]
fn corrections_stay_within_their_reach_and_follow_their_paths() {
    let mut weights = weights(3, &mut stream(5, 0));
    let graph = graph(12, &mut stream(5, 3));
    let mut evaluator = FusedGraphEvaluator::new(weights.clone());
    let (mut plain, mut turned): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    block_on(evaluator.corrections(&graph, &mut plain, &Unmonitored)).unwrap();
    // The same paths, the last one first.
    let mut other = Graph { path_starts: vec![0], ..graph.clone() };
    (other.hop_queue, other.hop_weight) = (Vec::new(), Vec::new());
    (other.hop_inputs, other.path_inputs) = (Vec::new(), Vec::new());
    let mut expected: Vec<f64> = Vec::new();
    for path in (0..graph.paths()).rev() {
        let hops = graph.path_starts[path] as usize..graph.path_starts[path + 1] as usize;
        other.hop_queue.extend(&graph.hop_queue[hops.clone()]);
        other.hop_weight.extend(&graph.hop_weight[hops.clone()]);
        other.hop_inputs.extend(&graph.hop_inputs[3 * hops.start..3 * hops.end]);
        other.path_inputs.extend(&graph.path_inputs[2 * path..2 * path + 2]);
        other.path_starts.push(other.hop_queue.len() as u32);
        expected.extend(&plain[3 * hops.start..3 * hops.end]);
    }
    block_on(evaluator.corrections(&other, &mut turned, &Unmonitored)).unwrap();
    for (expected, found) in expected.iter().zip(&turned) {
        assert!((expected - found).abs() < 1e-12, "sums in another order: {expected} {found}");
    }
    weights.values.iter_mut().for_each(|value| *value *= 1e3);
    block_on(FusedGraphEvaluator::new(weights).corrections(&graph, &mut plain, &Unmonitored))
        .unwrap();
    for told in plain.chunks_exact(3) {
        assert!(told[0].abs() <= 2.0 && told[1].abs() <= 0.5 && told[2].abs() <= 6.0, "{told:?}");
    }
}

#[test]
fn a_network_comes_back_from_its_file_and_damage_is_named() {
    let weights = weights(2, &mut stream(5, 0));
    let mut tensors = tensors_of(&to_bytes(&weights.tensors()).unwrap()).unwrap();
    let back = GraphWeights::of_tensors(&weights.shape, &tensors).unwrap();
    for (value, back) in weights.values.iter().zip(&back.values) {
        assert!((value - back).abs() <= 1e-7 * value.abs(), "single precision: {value} {back}");
    }
    tensors.remove("readout.bias");
    let error = GraphWeights::of_tensors(&weights.shape, &tensors).unwrap_err();
    assert_eq!(error.field, "tensor readout.bias");
    tensors.insert("readout.bias".to_owned(), (vec![3], vec![0.0; 3]));
    assert!(GraphWeights::of_tensors(&weights.shape, &tensors).is_err());
}
