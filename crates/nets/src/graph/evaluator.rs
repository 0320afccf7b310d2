//! The network in one pass over lists, without an allocation once its memory is as large as the graph needs.

use pulp::{Arch, Simd, WithSimd};
use slicewise_optim::monitor::{Halted, Monitor};

use super::steps::{Step, add, add_product, affine, squash};
use super::weights::{GraphWeights, Part};
use super::{GATES, Graph, GraphEvaluator, GraphShape, READOUT, UNITS};

/// What a pass leaves behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// Inputs of the queues, brought to scale.
    pub queue_inputs: Vec<f64>,
    /// Inputs of the hops, brought to scale.
    pub hop_inputs: Vec<f64>,
    /// Inputs of the paths, brought to scale.
    pub path_inputs: Vec<f64>,
    /// States of the queues: round by round where a training records, else those of the last round.
    pub queues: Vec<[f64; UNITS]>,
    /// State of each path before its first hop.
    pub starts: Vec<[f64; UNITS]>,
    /// What a hop's inputs bring to the gates of its path.
    hop_gates: Vec<[f64; GATES]>,
    /// What a queue's inputs bring to its own gates.
    queue_gates: Vec<[f64; GATES]>,
    /// What a queue's state brings to the gates of a path.
    crossing_gates: Vec<[f64; GATES]>,
    /// What a queue brings to the readout.
    queue_readout: Vec<[f64; READOUT]>,
    /// Mean state of the paths before each queue, round by round where a training records.
    pub messages: Vec<[f64; UNITS]>,
    /// Mean state of the queues of each link, likewise.
    pub links: Vec<[f64; UNITS]>,
    /// Steps of the paths, round by round where a training records, else one.
    pub hop_steps: Vec<Step>,
    /// Steps of the queues, likewise.
    pub queue_steps: Vec<Step>,
    /// State of the path after each hop in the last round.
    pub after: Vec<[f64; UNITS]>,
    /// Hidden units of the readout of each hop where a training records, else one.
    pub hidden: Vec<[f64; READOUT]>,
}

/// One pass over a graph.
pub(super) struct Pass<'a> {
    pub weights: &'a GraphWeights,
    pub graph: &'a Graph,
    pub trace: &'a mut Trace,
    /// Corrections, hop by hop.
    pub corrections: &'a mut Vec<f64>,
    /// Whether everything is kept that a training needs.
    pub records: bool,
}

/// Empties a list and fills it with `count` times `value`.
pub(super) fn refill<T: Clone>(items: &mut Vec<T>, count: usize, value: T) {
    items.clear();
    items.resize(count, value);
}

/// Hops that a stage takes at least, if that many are left.
const HOPS_A_STAGE: usize = 8192;

/// A stage of a pass.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// States before the first round.
    Start,
    /// Some paths, from one on, cross their hops in a round.
    Cross { round: usize, path: usize },
    /// Some hops, from one on, are read out.
    ReadOut { hop: usize },
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        let mut next = Some(Stage::Start);
        while let Some(stage) = next {
            next = self.take(stage);
        }
    }
}

/// One stage of a pass, after which others may have a turn; tells the one to follow.
struct Turn<'p, 'a> {
    pass: &'p mut Pass<'a>,
    stage: Stage,
}

impl WithSimd for Turn<'_, '_> {
    type Output = Option<Stage>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Option<Stage> {
        self.pass.take(self.stage)
    }
}

impl Pass<'_> {
    /// Where the round's part of a list begins that has `count` items a round.
    #[inline(always)]
    fn at(&self, round: usize, count: usize) -> usize {
        if self.records { round * count } else { 0 }
    }

    #[inline(always)]
    fn take(&mut self, stage: Stage) -> Option<Stage> {
        let rounds = self.weights.shape.rounds;
        match stage {
            Stage::Start => {
                self.start();
                Some(Stage::Cross { round: 0, path: 0 })
            }
            Stage::Cross { round, path } => {
                let path = self.cross(round, path);
                if path < self.graph.paths() {
                    return Some(Stage::Cross { round, path });
                }
                if round + 1 == rounds {
                    return Some(Stage::ReadOut { hop: 0 });
                }
                self.update_queues(round);
                Some(Stage::Cross { round: round + 1, path: 0 })
            }
            Stage::ReadOut { hop } => {
                let hop = self.read_out(hop);
                (hop < self.graph.hops()).then_some(Stage::ReadOut { hop })
            }
        }
    }

    #[inline(always)]
    fn start(&mut self) {
        let Self { weights, graph, trace, records, .. } = self;
        let shape = &weights.shape;
        let rounds = if *records { shape.rounds } else { 1 };
        weights.queue_scale.apply(&graph.queue_inputs, &mut trace.queue_inputs);
        weights.hop_scale.apply(&graph.hop_inputs, &mut trace.hop_inputs);
        weights.path_scale.apply(&graph.path_inputs, &mut trace.path_inputs);
        refill(&mut trace.queues, rounds * graph.queues(), [0.0; UNITS]);
        refill(&mut trace.starts, graph.paths(), [0.0; UNITS]);
        refill(&mut trace.hop_gates, graph.hops(), [0.0; GATES]);
        refill(&mut trace.queue_gates, graph.queues(), [0.0; GATES]);
        refill(&mut trace.crossing_gates, graph.queues(), [0.0; GATES]);
        refill(&mut trace.queue_readout, graph.queues(), [0.0; READOUT]);
        refill(&mut trace.messages, rounds * graph.queues(), [0.0; UNITS]);
        refill(&mut trace.links, rounds * graph.links, [0.0; UNITS]);
        let steps = if *records { rounds * graph.hops() } else { 1 };
        refill(&mut trace.hop_steps, steps, Step::default());
        let steps = if *records { rounds * graph.queues() } else { 1 };
        refill(&mut trace.queue_steps, steps, Step::default());
        refill(&mut trace.after, graph.hops(), [0.0; UNITS]);
        let hidden = if *records { graph.hops() } else { 1 };
        refill(&mut trace.hidden, hidden, [0.0; READOUT]);

        let parts = |weight, bias| (weights.part(weight), weights.part(bias));
        let (weight, bias) = parts(Part::QueueStart, Part::QueueStartBias);
        affine(&mut trace.queues[..graph.queues()], &trace.queue_inputs, weight, bias);
        let (weight, bias) = parts(Part::PathStart, Part::PathStartBias);
        affine(&mut trace.starts, &trace.path_inputs, weight, bias);
        let queues = trace.queues[..graph.queues()].iter_mut();
        let states = queues.chain(&mut trace.starts).flatten();
        states.for_each(|value| *value = squash(*value));
        let (weight, bias) = parts(Part::QueueInput, Part::QueueBias);
        affine(&mut trace.queue_gates, &trace.queue_inputs, weight, bias);
        let (weight, bias) = parts(Part::HopInput, Part::HopBias);
        affine(&mut trace.hop_gates, &trace.hop_inputs, weight, bias);
    }

    /// Takes paths from `first` on through their hops; tells the first that is left.
    #[inline(always)]
    fn cross(&mut self, round: usize, first: usize) -> usize {
        let (own, step_at) =
            (self.at(round, self.graph.queues()), self.at(round, self.graph.hops()));
        let Self { weights, graph, trace, records, .. } = self;
        let is_last = round + 1 == weights.shape.rounds;
        let messages = &mut trace.messages[own..own + graph.queues()];
        if first == 0 {
            let weight = weights.part(Part::HopQueue);
            for (gates, state) in trace.crossing_gates.iter_mut().zip(&trace.queues[own..]) {
                *gates = [0.0; GATES];
                add_product(gates, state, weight);
            }
            messages.fill([0.0; UNITS]);
        }
        let weight = weights.part(Part::HopState);
        let mut path = first;
        let mut left = HOPS_A_STAGE;
        while path < graph.paths() && left > 0 {
            let mut state = trace.starts[path];
            for hop in graph.path_starts[path] as usize..graph.path_starts[path + 1] as usize {
                let queue = graph.hop_queue[hop] as usize;
                let share = graph.hop_weight[hop];
                for (sum, value) in messages[queue].iter_mut().zip(&state) {
                    *sum += share * value;
                }
                let mut gates = trace.hop_gates[hop];
                add(&mut gates, &trace.crossing_gates[queue]);
                let step = if *records { step_at + hop } else { 0 };
                state = trace.hop_steps[step].forward(&state, &gates, weight);
                if is_last {
                    trace.after[hop] = state;
                }
            }
            let hops = graph.path_starts[path + 1] - graph.path_starts[path];
            left = left.saturating_sub((hops as usize).max(1));
            path += 1;
        }
        path
    }

    /// Moves all queues by what they heard.
    #[inline(always)]
    fn update_queues(&mut self, round: usize) {
        let queues = self.graph.queues();
        let (own, next) = (self.at(round, queues), self.at(round + 1, queues));
        let at_link = self.at(round, self.graph.links);
        let Self { weights, graph, trace, records, .. } = self;
        let links = &mut trace.links[at_link..at_link + graph.links];
        links.fill([0.0; UNITS]);
        for (queue, (link, share)) in graph.queue_link.iter().zip(&graph.queue_weight).enumerate() {
            for (sum, value) in links[*link as usize].iter_mut().zip(&trace.queues[own + queue]) {
                *sum += share * value;
            }
        }
        let (message, link, state) = (
            weights.part(Part::QueueMessage),
            weights.part(Part::QueueLink),
            weights.part(Part::QueueState),
        );
        for queue in 0..queues {
            let mut gates = trace.queue_gates[queue];
            add_product(&mut gates, &trace.messages[own + queue], message);
            add_product(&mut gates, &links[graph.queue_link[queue] as usize], link);
            let before = trace.queues[own + queue];
            let step = if *records { own + queue } else { 0 };
            trace.queues[next + queue] = trace.queue_steps[step].forward(&before, &gates, state);
        }
    }

    /// Reads hops from `first` on out; tells the first that is left.
    #[inline(always)]
    fn read_out(&mut self, first: usize) -> usize {
        let own = self.at(self.weights.shape.rounds - 1, self.graph.queues());
        let Self { weights, graph, trace, records, corrections } = self;
        let shape = &weights.shape;
        let bias = weights.part(Part::ReadoutBias);
        let (by_state, by_input) =
            (weights.part(Part::ReadoutQueue), weights.part(Part::ReadoutQueueInput));
        if first == 0 {
            let rows = trace.queue_inputs.chunks_exact(shape.queue_inputs);
            let states = &trace.queues[own..];
            for ((sum, inputs), state) in trace.queue_readout.iter_mut().zip(rows).zip(states) {
                sum.copy_from_slice(bias);
                add_product(sum, state, by_state);
                add_product(sum, inputs, by_input);
            }
            corrections.clear();
        }
        let (by_path, by_hop) =
            (weights.part(Part::ReadoutPath), weights.part(Part::ReadoutHopInput));
        let (weight, bias) = (weights.part(Part::Output), weights.part(Part::OutputBias));
        let outputs = shape.reach.len();
        let end = graph.hops().min(first + HOPS_A_STAGE);
        let rows = trace.hop_inputs.chunks_exact(shape.hop_inputs);
        for (hop, inputs) in rows.enumerate().take(end).skip(first) {
            let mut hidden = trace.queue_readout[graph.hop_queue[hop] as usize];
            add_product(&mut hidden, &trace.after[hop], by_path);
            add_product(&mut hidden, inputs, by_hop);
            hidden.iter_mut().for_each(|value| *value = squash(*value));
            trace.hidden[if *records { hop } else { 0 }] = hidden;
            for (output, reach) in shape.reach.iter().enumerate() {
                let mut sum = bias[output];
                for (value, row) in hidden.iter().zip(weight.chunks_exact(outputs)) {
                    sum += value * row[output];
                }
                corrections.push(reach * squash(sum));
            }
        }
        end
    }
}

/// The network on the processor: states of [`UNITS`] numbers are the lanes, path by path.
#[derive(Clone, Debug)]
pub struct FusedGraphEvaluator {
    weights: GraphWeights,
    arch: Arch,
    trace: Trace,
}

impl FusedGraphEvaluator {
    /// Evaluates `weights`.
    pub fn new(weights: GraphWeights) -> Self {
        Self { weights, arch: Arch::new(), trace: Trace::default() }
    }
}

impl GraphEvaluator for FusedGraphEvaluator {
    fn shape(&self) -> &GraphShape {
        &self.weights.shape
    }

    async fn corrections<M: Monitor>(
        &mut self,
        graph: &Graph,
        corrections: &mut Vec<f64>,
        monitor: &M,
    ) -> Result<(), Halted> {
        graph.validate(&self.weights.shape)?;
        let Self { weights, arch, trace } = self;
        let mut pass = Pass { weights, graph, trace, corrections, records: false };
        let mut next = Some(Stage::Start);
        while let Some(stage) = next {
            next = arch.dispatch(Turn { pass: &mut pass, stage });
            monitor.checkpoint().await?;
        }
        Ok(())
    }
}
