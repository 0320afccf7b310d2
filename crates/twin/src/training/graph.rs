//! How a graph network learns to correct the formula: from measured runs, with whole traffic matrices held back.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::error::{check_count, check_range};
use slicewise_core::seed::{shuffle, stream};
use slicewise_core::twin::GraphCard;
use slicewise_core::twin::card::{GraphMetrics, GraphTrained, TrainedInput};
use slicewise_nets::files::to_bytes;
use slicewise_nets::graph::{GraphShape, GraphTrainer, GraphWeights, InputScale};
use slicewise_optim::{Halted, Monitor, Progress};

use super::shorten;
use crate::dataset::Run;
use crate::formula::corrected::description::{HOP_INPUTS, PATH_INPUTS, QUEUE_INPUTS};
use crate::formula::corrected::example::{Example, Examples, Figures, MeasuredFlow};
use crate::formula::corrected::{OUTPUTS, REACH};
use crate::intervals::calibrated;

/// Where runs come from, and under which licences.
pub const SOURCE: &str =
    "runs of the GNNet challenges of 2020 and 2021 (BNN-UPC), or of `slicewise generate twin`";
/// Their licences.
pub const LICENCE: &str = "Apache-2.0 and BSD-3-Clause (GNNet), MIT OR Apache-2.0 (own)";

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOrder {
    /// Name of the model.
    pub name: String,
    /// Rounds of messages.
    pub rounds: usize,
    /// Passes over the runs.
    pub epochs: usize,
    /// Runs per step.
    pub batch: usize,
    /// Learning rate at the start; it falls to a hundredth by half a cosine.
    pub learning_rate: f64,
    /// Share of the traffic matrices of every network that is held back, where no validation runs are given, 0 to 1.
    pub held_back: f64,
    /// Nodes of networks whose runs are left out of training and validation, and tested on.
    pub without_nodes: Option<usize>,
    /// Threads to learn with; they do not change the weights.
    pub threads: usize,
    /// Seed of split, weights and order.
    pub seed: u64,
}

impl GraphOrder {
    /// As the model of that name that ships was made.
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rounds: 4,
            epochs: 40,
            batch: 4,
            learning_rate: 4e-3,
            held_back: 0.15,
            without_nodes: None,
            threads: 2,
            seed: 1,
        }
    }

    /// Checks counts and rates.
    ///
    /// # Errors
    /// Names the first that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("rounds", self.rounds, 1, 8)?;
        check_count("epochs", self.epochs, 1, 10_000)?;
        check_count("batch", self.batch, 1, 1_000)?;
        check_range("learning_rate", self.learning_rate, 1e-6, 1.0, "")?;
        check_range("held_back", self.held_back, 0.01, 0.9, "")?;
        check_count("threads", self.threads, 1, 256)
    }

    fn command(&self, files: &str) -> String {
        let without = self.without_nodes.map(|nodes| format!(" --without-nodes {nodes}"));
        format!(
            "slicewise train twin --model {} {files} --epochs {} --seed {}{}",
            self.name,
            self.epochs,
            self.seed,
            without.unwrap_or_default()
        )
    }
}

/// What is told on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphMoment {
    /// Passes so far.
    pub epoch: usize,
    /// Mean error of the last pass, weighted.
    pub error: f64,
    /// The same over what is held back.
    pub held_back: f64,
    /// Mean over the policies of the mean error of the delay there, in percent.
    pub delay_mape: f64,
}

/// A model as its two files.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedGraph {
    /// Its card.
    pub card: GraphCard,
    /// Its weight file.
    pub weights: Vec<u8>,
}

/// Runs to learn from.
#[derive(Clone, Debug, Default)]
pub struct GraphRuns {
    examples: Examples,
    training: Vec<Example>,
    validation: Vec<Example>,
    seen: Vec<u8>,
}

impl GraphRuns {
    /// Takes in a run to learn from, or to hold back.
    ///
    /// # Errors
    /// Names what cannot be used of its scenario.
    pub fn add(&mut self, run: &Run, is_held_back: bool) -> Result<(), InputError> {
        let example = self.examples.example(run)?;
        let delays = run.measured.mean_delay_s.iter().flat_map(|delay| delay.to_le_bytes());
        self.seen.extend(delays);
        if is_held_back { &mut self.validation } else { &mut self.training }.push(example);
        Ok(())
    }

    /// Splits: by what was held back when it was added, or else by traffic matrix, a share of each network's.
    fn split(self, order: &GraphOrder) -> Result<Split, InputError> {
        let is_out = |example: &Example| order.without_nodes == Some(example.nodes);
        let (test, mut training): (Vec<_>, Vec<_>) = self.training.into_iter().partition(is_out);
        let mut validation: Vec<Example> =
            self.validation.into_iter().filter(|example| !is_out(example)).collect();
        if validation.is_empty() {
            let mut matrices: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
            for example in &training {
                let own = matrices.entry(example.nodes).or_default();
                if !own.contains(&example.matrix) {
                    own.push(example.matrix);
                }
            }
            let mut kept = Vec::new();
            for (nodes, mut own) in matrices {
                shuffle(&mut own, &mut stream(order.seed, (2 << 60) + nodes as u64));
                kept.extend_from_slice(
                    &own[..(own.len() as f64 * order.held_back).ceil() as usize],
                );
            }
            (validation, training) =
                training.into_iter().partition(|example| kept.contains(&example.matrix));
        }
        // Runs whose flows all split tell nothing of a way.
        training.retain(|example| !example.flows.is_empty());
        validation.retain(|example| !example.flows.is_empty());
        if training.is_empty() || validation.is_empty() {
            let found = format!("{} to learn from, {} held back", training.len(), validation.len());
            return Err(InputError::new("runs", found, "at least one of both"));
        }
        Ok(Split { training, validation, test, fingerprint: fingerprint(&self.seen) })
    }
}

struct Split {
    training: Vec<Example>,
    validation: Vec<Example>,
    test: Vec<Example>,
    fingerprint: String,
}

/// Makes a model from `runs`; `files` are the options that told the command of them.
///
/// # Errors
/// Names what cannot be used of the order or the runs, or says that `monitor` ended the work.
pub async fn train_graph(
    order: &GraphOrder,
    runs: GraphRuns,
    files: &str,
    monitor: &impl Monitor,
    progress: &mut impl Progress<GraphMoment>,
) -> Result<TrainedGraph, Halted> {
    order.validate()?;
    let split = runs.split(order)?;
    let mut fit = Fit::new(order, &split)?;
    let mut best = (f64::INFINITY, 0, fit.average.clone());
    for epoch in 0..order.epochs {
        let error = fit.pass(epoch, monitor).await?;
        let held_back = fit.held_back()?;
        if !(error.is_finite() && held_back.0.is_finite()) {
            let allowed = format!("less: the error is no number any more in pass {}", epoch + 1);
            return Err(
                InputError::new("learning_rate", order.learning_rate.to_string(), allowed).into()
            );
        }
        if held_back.0 < best.0 {
            best = (held_back.0, epoch + 1, fit.average.clone());
        }
        progress.share((epoch + 1) as f64 / order.epochs as f64);
        let (held_back, delay_mape) = held_back;
        progress.news(GraphMoment { epoch: epoch + 1, error, held_back, delay_mape });
        monitor.checkpoint().await?;
    }
    Ok(finished(order, &split, best.2, files)?)
}

/// A fit in progress.
struct Fit<'a> {
    order: &'a GraphOrder,
    split: &'a Split,
    /// What a flow counts, by policy.
    weights: BTreeMap<&'static str, f64>,
    network: GraphWeights,
    /// Running mean of the weights, which is what is kept.
    average: GraphWeights,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
    trainers: Vec<Worker>,
    sequence: Vec<usize>,
}

/// What a thread works with.
#[derive(Default)]
struct Worker {
    trainer: GraphTrainer,
    slopes: Vec<f64>,
    corrections: Vec<f64>,
}

/// Adam's decay of the first and second moment, what keeps its steps finite, and the decay of weights (Loshchilov and
/// Hutter, 2019).
const ADAM: (f64, f64, f64) = (0.9, 0.99, 1e-10);
const DECAY: f64 = 1e-3;
/// Steps that the running mean of weights looks back over.
const LOOK_BACK: f64 = 100.0;
/// Slopes of a step longer than this are shortened to it.
const LONGEST_SLOPE: f64 = 1.0;

impl<'a> Fit<'a> {
    fn new(order: &'a GraphOrder, split: &'a Split) -> Result<Self, InputError> {
        let shape = GraphShape {
            queue_inputs: QUEUE_INPUTS.len(),
            hop_inputs: HOP_INPUTS.len(),
            path_inputs: PATH_INPUTS.len(),
            rounds: order.rounds,
            reach: REACH.to_vec(),
        };
        shape.validate()?;
        let mut network = GraphWeights::drawn(&shape, &mut stream(order.seed, 1 << 60));
        let graphs = || split.training.iter().map(|example| &example.graph);
        network.queue_scale = InputScale::of(
            shape.queue_inputs,
            graphs().flat_map(|graph| {
                let used = graph.queue_weight.iter().map(|weight| *weight > 0.0);
                let rows = graph.queue_inputs.chunks_exact(QUEUE_INPUTS.len()).zip(used);
                rows.filter(|(_, used)| *used).map(|(row, _)| row)
            }),
        );
        network.hop_scale = InputScale::of(
            shape.hop_inputs,
            graphs().flat_map(|graph| graph.hop_inputs.chunks_exact(HOP_INPUTS.len())),
        );
        network.path_scale = InputScale::of(
            shape.path_inputs,
            graphs().flat_map(|graph| graph.path_inputs.chunks_exact(PATH_INPUTS.len())),
        );
        let count = network.values.len();
        Ok(Self {
            order,
            split,
            weights: policy_weights(&split.training),
            average: network.clone(),
            network,
            first: vec![0.0; count],
            second: vec![0.0; count],
            steps: 0,
            trainers: (0..order.threads).map(|_| Worker::default()).collect(),
            sequence: (0..split.training.len()).collect(),
        })
    }

    /// One pass over the runs; gives the mean error.
    async fn pass(&mut self, epoch: usize, monitor: &impl Monitor) -> Result<f64, Halted> {
        let generator = &mut stream(self.order.seed, (3 << 60) + epoch as u64);
        shuffle(&mut self.sequence, generator);
        let sequence = std::mem::take(&mut self.sequence);
        let steps_per_pass = sequence.len().div_ceil(self.order.batch);
        let all_steps = (steps_per_pass * self.order.epochs) as f64;
        let (mut error, mut weight) = (0.0, 0.0);
        for batch in sequence.chunks(self.order.batch) {
            let found = self.slopes(batch)?;
            let done = f64::from(self.steps) / all_steps;
            let cosine = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * done));
            self.step(
                &found.gradient,
                found.weight,
                self.order.learning_rate * (0.01 + 0.99 * cosine),
            );
            error += found.error;
            weight += found.weight;
            monitor.checkpoint().await?;
        }
        self.sequence = sequence;
        Ok(error / weight)
    }

    /// The slopes of a batch, summed in its order whatever the threads.
    fn slopes(&mut self, batch: &[usize]) -> Result<Found, InputError> {
        let Self { split, weights, network, trainers, .. } = self;
        let (network, weights, training) = (&*network, &*weights, &split.training);
        let of =
            |worker: &mut Worker, index: usize| worker.slopes(network, &training[index], weights);
        let mut found: Vec<Option<Result<Found, InputError>>> =
            batch.iter().map(|_| None).collect();
        let share = batch.len().div_ceil(trainers.len());
        if trainers.len() == 1 {
            for (found, index) in found.iter_mut().zip(batch) {
                *found = Some(of(&mut trainers[0], *index));
            }
        } else {
            std::thread::scope(|scope| {
                let parts = found.chunks_mut(share).zip(batch.chunks(share));
                for ((found, batch), worker) in parts.zip(trainers.iter_mut()) {
                    scope.spawn(move || {
                        for (found, index) in found.iter_mut().zip(batch) {
                            *found = Some(of(worker, *index));
                        }
                    });
                }
            });
        }
        let mut sum = Found { gradient: vec![0.0; network.values.len()], error: 0.0, weight: 0.0 };
        for found in found.into_iter().flatten() {
            let found = found?;
            sum.error += found.error;
            sum.weight += found.weight;
            sum.gradient.iter_mut().zip(&found.gradient).for_each(|(sum, slope)| *sum += slope);
        }
        Ok(sum)
    }

    /// One step of AdamW down the mean slope.
    fn step(&mut self, gradient: &[f64], weight: f64, rate: f64) {
        self.steps += 1;
        let each = 1.0 / weight.max(f64::MIN_POSITIVE);
        let length = each * gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let each = each * (LONGEST_SLOPE / length.max(f64::MIN_POSITIVE)).min(1.0);
        let (keep_first, keep_second, least) = ADAM;
        let of_first = 1.0 / (1.0 - keep_first.powi(self.steps));
        let of_second = 1.0 / (1.0 - keep_second.powi(self.steps));
        let follow = 1.0 / LOOK_BACK.min(f64::from(self.steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        let values = self.network.values.iter_mut().zip(&mut self.average.values);
        for (((value, average), (first, second)), slope) in values.zip(moments).zip(gradient) {
            let slope = slope * each;
            *first += (1.0 - keep_first) * (slope - *first);
            *second += (1.0 - keep_second) * (slope * slope - *second);
            let size = (*second * of_second).sqrt() + least;
            *value -= rate * (*first * of_first / size + DECAY * *value);
            *average += follow * (*value - *average);
        }
    }

    /// Mean error of what is held back, and the mean over the policies of the delay's.
    fn held_back(&mut self) -> Result<(f64, f64), InputError> {
        let worker = &mut self.trainers[0];
        let (mut error, mut weight) = (0.0, 0.0);
        let mut errors: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for example in &self.split.validation {
            let told = worker.trainer.corrections(&self.average, &example.graph)?.to_vec();
            let of = |flow: &MeasuredFlow| counted(flow, &self.weights);
            error += example.error(&told, of, &mut worker.slopes);
            for flow in &example.flows {
                weight += of(flow);
                let delay_s = example.figures(flow, &told).delay_s;
                let (sum, count) = errors.entry(flow.policy).or_default();
                *sum += (delay_s / flow.measured.delay_s - 1.0).abs();
                *count += 1.0;
            }
        }
        let policies = errors.len().max(1) as f64;
        let delay = errors.values().map(|(sum, count)| sum / count).sum::<f64>() / policies;
        Ok((error / weight, 100.0 * delay))
    }
}

/// What a run says of the weights.
struct Found {
    gradient: Vec<f64>,
    error: f64,
    weight: f64,
}

impl Worker {
    fn slopes(
        &mut self,
        network: &GraphWeights,
        example: &Example,
        weights: &BTreeMap<&'static str, f64>,
    ) -> Result<Found, InputError> {
        let Self { trainer, slopes, corrections } = self;
        corrections.clear();
        corrections.extend_from_slice(trainer.corrections(network, &example.graph)?);
        let of = |flow: &MeasuredFlow| counted(flow, weights);
        let error = example.error(corrections, of, slopes);
        let mut gradient = vec![0.0; network.values.len()];
        trainer.slopes(network, &example.graph, slopes, &mut gradient);
        Ok(Found { gradient, error, weight: example.flows.iter().map(of).sum() })
    }
}

fn counted(flow: &MeasuredFlow, weights: &BTreeMap<&'static str, f64>) -> f64 {
    flow.weight() * weights.get(flow.policy).copied().unwrap_or(1.0)
}

/// Flows of a policy weigh by one over the square root of their number, so that rare policies count too; the mean over
/// all flows is 1.
fn policy_weights(examples: &[Example]) -> BTreeMap<&'static str, f64> {
    let mut counts: BTreeMap<&'static str, f64> = BTreeMap::new();
    for flow in examples.iter().flat_map(|example| &example.flows) {
        *counts.entry(flow.policy).or_default() += 1.0;
    }
    let all: f64 = counts.values().sum();
    let roots: f64 = counts.values().map(|count| count.sqrt()).sum();
    counts.into_iter().map(|(policy, count)| (policy, all / roots / count.sqrt())).collect()
}

fn finished(
    order: &GraphOrder,
    split: &Split,
    mut network: GraphWeights,
    files: &str,
) -> Result<TrainedGraph, InputError> {
    network.values.iter_mut().for_each(shorten);
    let mut metrics = BTreeMap::new();
    let mut trainer = GraphTrainer::default();
    let mut rows = BTreeMap::new();
    let mut held_back = Vec::new();
    let parts = [("train", &split.training), ("val", &split.validation), ("test", &split.test)];
    for (name, examples) in parts {
        let mut told = Vec::new();
        for example in examples {
            let corrections = trainer.corrections(&network, &example.graph)?.to_vec();
            let of = |flow: &MeasuredFlow| (*flow, example.figures(flow, &corrections));
            told.push(example.flows.iter().map(of).collect::<Vec<_>>());
        }
        let flows = || told.iter().flatten();
        rows.insert(name.to_owned(), flows().count());
        if flows().count() == 0 {
            continue;
        }
        metrics.insert(name.to_owned(), measure(flows()));
        let mut policies: Vec<&str> = flows().map(|(flow, _)| flow.policy).collect();
        policies.sort_unstable();
        policies.dedup();
        for policy in policies {
            let of = flows().filter(|(flow, _)| flow.policy == policy);
            metrics.insert(format!("{name}/{policy}"), measure(of));
        }
        if name == "val" {
            held_back = told;
        }
    }
    let weights = to_bytes(&network.tensors())?;
    let inputs = |names: &[&str], scale: &InputScale| {
        let ranges = names.iter().zip(&scale.least).zip(&scale.most);
        let of = |((name, least), most): ((&&str, &f64), &f64)| TrainedInput {
            name: (*name).to_owned(),
            trained_minimum: *least,
            trained_maximum: *most,
        };
        ranges.map(of).collect::<Vec<_>>()
    };
    let card = GraphCard {
        format: 1,
        name: order.name.clone(),
        title: "Corrections of the formula's waits and losses, hop by hop".to_owned(),
        task: "hop-corrections".to_owned(),
        queue_inputs: inputs(&QUEUE_INPUTS, &network.queue_scale),
        hop_inputs: inputs(&HOP_INPUTS, &network.hop_scale),
        path_inputs: inputs(&PATH_INPUTS, &network.path_scale),
        outputs: OUTPUTS.map(str::to_owned).to_vec(),
        reach: REACH.to_vec(),
        rounds: order.rounds,
        trained: trained(&split.training),
        intervals: calibrated(&held_back),
        intervals_of: None,
        data: DataSource {
            source: SOURCE.to_owned(),
            licence: LICENCE.to_owned(),
            rows,
            fingerprint: split.fingerprint.clone(),
        },
        metrics,
        seed: order.seed,
        command: order.command(files),
        weights_fingerprint: fingerprint(&weights),
    };
    card.validate()?;
    Ok(TrainedGraph { card, weights })
}

/// What the training runs cover.
fn trained(examples: &[Example]) -> GraphTrained {
    let nodes = || examples.iter().map(|example| example.nodes);
    let flows = || examples.iter().flat_map(|example| &example.flows);
    let names = |of: fn(&MeasuredFlow) -> &'static str| {
        let mut names: Vec<String> = flows().map(|flow| of(flow).to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    GraphTrained {
        least_nodes: nodes().min().unwrap_or(0),
        most_nodes: nodes().max().unwrap_or(0),
        least_load: examples.iter().map(|example| example.loads.0).fold(f64::INFINITY, f64::min),
        highest_load: examples.iter().map(|example| example.loads.1).fold(0.0, f64::max),
        policies: names(|flow| flow.policy),
        arrivals: names(|flow| flow.arrivals),
    }
}

/// How near figures come to what was measured.
fn measure<'a>(flows: impl Iterator<Item = &'a (MeasuredFlow, Figures)> + Clone) -> GraphMetrics {
    let errors = |of: fn(&Figures) -> f64| {
        let pairs = flows.clone().map(move |(flow, told)| (of(told), of(&flow.measured)));
        let counted = pairs.filter(|(_, measured)| *measured > 0.0);
        let mut errors: Vec<f64> =
            counted.map(|(told, measured)| (told / measured - 1.0).abs()).collect();
        errors.sort_by(f64::total_cmp);
        errors
    };
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    let delays = errors(|figures| figures.delay_s);
    let losses = flows.clone().map(|(flow, told)| (told.loss - flow.measured.loss).abs());
    GraphMetrics {
        delay_mape: mean(&delays),
        delay_median_ape: delays.get(delays.len() / 2).copied().unwrap_or(0.0),
        p90_mape: mean(&errors(|figures| figures.p90_s)),
        jitter_mape: mean(&errors(|figures| figures.jitter_s2)),
        loss_mae: losses.sum::<f64>() / delays.len().max(1) as f64,
        flows: delays.len(),
    }
}
