//! Slopes of a loss by the weights, written out: as the fused evaluator goes, backwards.

use pulp::{Arch, Simd, WithSimd};
use slicewise_core::InputError;

use super::evaluator::{Pass, Trace, refill};
use super::steps::{add, add_outer, add_product, squash_slope};
use super::weights::{GraphWeights, Part};
use super::{GATES, Graph, READOUT, UNITS};

/// Corrections and slopes of graphs, with its memory kept.
#[derive(Clone, Debug)]
pub struct GraphTrainer {
    arch: Arch,
    trace: Trace,
    corrections: Vec<f64>,
    slopes: Slopes,
    transposed: Transposed,
}

impl Default for GraphTrainer {
    fn default() -> Self {
        Self {
            arch: Arch::new(),
            trace: Trace::default(),
            corrections: Vec::new(),
            slopes: Slopes::default(),
            transposed: Transposed::default(),
        }
    }
}

/// Slopes of what lies between inputs and corrections.
#[derive(Clone, Debug, Default)]
struct Slopes {
    queues: Vec<[f64; UNITS]>,
    next_queues: Vec<[f64; UNITS]>,
    messages: Vec<[f64; UNITS]>,
    links: Vec<[f64; UNITS]>,
    after: Vec<[f64; UNITS]>,
    starts: Vec<[f64; UNITS]>,
    hop_gates: Vec<[f64; GATES]>,
    queue_gates: Vec<[f64; GATES]>,
    crossing_gates: Vec<[f64; GATES]>,
    queue_readout: Vec<[f64; READOUT]>,
}

/// Weights with inputs and outputs swapped.
#[derive(Clone, Debug, Default)]
struct Transposed {
    hop_queue: Vec<f64>,
    hop_state: Vec<f64>,
    message: Vec<f64>,
    link: Vec<f64>,
    queue_state: Vec<f64>,
    readout_path: Vec<f64>,
    readout_queue: Vec<f64>,
    output: Vec<f64>,
}

impl Transposed {
    fn set(&mut self, weights: &GraphWeights) {
        let lists = [
            (&mut self.hop_queue, Part::HopQueue),
            (&mut self.hop_state, Part::HopState),
            (&mut self.message, Part::QueueMessage),
            (&mut self.link, Part::QueueLink),
            (&mut self.queue_state, Part::QueueState),
            (&mut self.readout_path, Part::ReadoutPath),
            (&mut self.readout_queue, Part::ReadoutQueue),
            (&mut self.output, Part::Output),
        ];
        for (list, part) in lists {
            let (inputs, outputs) = part.size(&weights.shape);
            let values = weights.part(part);
            list.clear();
            list.extend(
                (0..inputs * outputs).map(|at| values[(at % inputs) * outputs + at / inputs]),
            );
        }
    }
}

impl GraphTrainer {
    /// The corrections of `graph`, hop by hop, kept for [`Self::slopes`].
    ///
    /// # Errors
    /// Names what of `graph` does not fit the network's shape.
    pub fn corrections(
        &mut self,
        weights: &GraphWeights,
        graph: &Graph,
    ) -> Result<&[f64], InputError> {
        graph.validate(&weights.shape)?;
        let Self { arch, trace, corrections, .. } = self;
        arch.dispatch(Pass { weights, graph, trace, corrections, records: true });
        Ok(corrections)
    }

    /// Adds to `gradient`, as long as the weights' values, the slopes of a loss whose slope by each correction of the
    /// last call of [`Self::corrections`], with the same weights and graph, is in `by_correction`.
    pub fn slopes(
        &mut self,
        weights: &GraphWeights,
        graph: &Graph,
        by_correction: &[f64],
        gradient: &mut [f64],
    ) {
        let Self { arch, trace, corrections, slopes, transposed } = self;
        transposed.set(weights);
        arch.dispatch(Back {
            weights,
            graph,
            trace,
            corrections,
            slopes,
            transposed,
            by_correction,
            gradient,
        });
    }
}

/// One pass back.
struct Back<'a> {
    weights: &'a GraphWeights,
    graph: &'a Graph,
    trace: &'a Trace,
    corrections: &'a [f64],
    slopes: &'a mut Slopes,
    transposed: &'a Transposed,
    by_correction: &'a [f64],
    gradient: &'a mut [f64],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        self.start();
        self.read_out();
        let rounds = self.weights.shape.rounds;
        for round in (0..rounds).rev() {
            if round + 1 < rounds {
                self.update_queues(round);
            } else {
                self.slopes.messages.fill([0.0; UNITS]);
            }
            self.cross(round);
        }
        self.inputs();
    }
}

impl Back<'_> {
    #[inline(always)]
    fn of(&mut self, part: Part) -> &mut [f64] {
        &mut self.gradient[self.weights.range(part)]
    }

    #[inline(always)]
    fn start(&mut self) {
        let Self { graph, slopes, .. } = self;
        refill(&mut slopes.queues, graph.queues(), [0.0; UNITS]);
        refill(&mut slopes.next_queues, graph.queues(), [0.0; UNITS]);
        refill(&mut slopes.messages, graph.queues(), [0.0; UNITS]);
        refill(&mut slopes.links, graph.links, [0.0; UNITS]);
        refill(&mut slopes.after, graph.hops(), [0.0; UNITS]);
        refill(&mut slopes.starts, graph.paths(), [0.0; UNITS]);
        refill(&mut slopes.hop_gates, graph.hops(), [0.0; GATES]);
        refill(&mut slopes.queue_gates, graph.queues(), [0.0; GATES]);
        refill(&mut slopes.crossing_gates, graph.queues(), [0.0; GATES]);
        refill(&mut slopes.queue_readout, graph.queues(), [0.0; READOUT]);
    }

    #[inline(always)]
    fn read_out(&mut self) {
        let shape = &self.weights.shape;
        let outputs = shape.reach.len();
        let (output_at, bias_at) =
            (self.weights.range(Part::Output), self.weights.range(Part::OutputBias));
        let (path_at, input_at) =
            (self.weights.range(Part::ReadoutPath), self.weights.range(Part::ReadoutHopInput));
        for hop in 0..self.graph.hops() {
            let hidden = &self.trace.hidden[hop];
            let mut of_hidden = [0.0; READOUT];
            for output in 0..outputs {
                let reach = shape.reach[output];
                let told = self.corrections[hop * outputs + output] / reach;
                let slope = self.by_correction[hop * outputs + output] * reach * squash_slope(told);
                self.gradient[bias_at.start + output] += slope;
                let row = &self.transposed.output[output * READOUT..(output + 1) * READOUT];
                for unit in 0..READOUT {
                    self.gradient[output_at.start + unit * outputs + output] +=
                        slope * hidden[unit];
                    of_hidden[unit] += slope * row[unit];
                }
            }
            for (slope, hidden) in of_hidden.iter_mut().zip(hidden) {
                *slope *= squash_slope(*hidden);
            }
            add_outer(&mut self.gradient[path_at.clone()], &self.trace.after[hop], &of_hidden);
            let inputs = &self.trace.hop_inputs[hop * shape.hop_inputs..][..shape.hop_inputs];
            add_outer(&mut self.gradient[input_at.clone()], inputs, &of_hidden);
            let after = &mut self.slopes.after[hop];
            add_product(after, &of_hidden, &self.transposed.readout_path);
            add(&mut self.slopes.queue_readout[self.graph.hop_queue[hop] as usize], &of_hidden);
        }
        let own = (shape.rounds - 1) * self.graph.queues();
        let (state_at, input_at, bias_at) = (
            self.weights.range(Part::ReadoutQueue),
            self.weights.range(Part::ReadoutQueueInput),
            self.weights.range(Part::ReadoutBias),
        );
        for queue in 0..self.graph.queues() {
            let slope = &self.slopes.queue_readout[queue];
            let state = &self.trace.queues[own + queue];
            add_outer(&mut self.gradient[state_at.clone()], state, slope);
            let inputs =
                &self.trace.queue_inputs[queue * shape.queue_inputs..][..shape.queue_inputs];
            add_outer(&mut self.gradient[input_at.clone()], inputs, slope);
            add_outer(&mut self.gradient[bias_at.clone()], &[1.0], slope);
            add_product(&mut self.slopes.queues[queue], slope, &self.transposed.readout_queue);
        }
    }

    /// From the queues' states after `round` to those before, to the messages and the links.
    #[inline(always)]
    fn update_queues(&mut self, round: usize) {
        let queues = self.graph.queues();
        let own = round * queues;
        let at_link = round * self.graph.links;
        std::mem::swap(&mut self.slopes.queues, &mut self.slopes.next_queues);
        self.slopes.links.fill([0.0; UNITS]);
        let (state_at, message_at, link_at) = (
            self.weights.range(Part::QueueState),
            self.weights.range(Part::QueueMessage),
            self.weights.range(Part::QueueLink),
        );
        for queue in 0..queues {
            let link = self.graph.queue_link[queue] as usize;
            let mut slope = self.slopes.next_queues[queue];
            let gates = self.trace.queue_steps[own + queue].backward(
                &mut slope,
                &self.transposed.queue_state,
                &mut self.gradient[state_at.clone()],
            );
            self.slopes.queues[queue] = slope;
            add(&mut self.slopes.queue_gates[queue], &gates);
            let message = &self.trace.messages[own + queue];
            add_outer(&mut self.gradient[message_at.clone()], message, &gates);
            let state = &self.trace.links[at_link + link];
            add_outer(&mut self.gradient[link_at.clone()], state, &gates);
            self.slopes.messages[queue] = [0.0; UNITS];
            add_product(&mut self.slopes.messages[queue], &gates, &self.transposed.message);
            add_product(&mut self.slopes.links[link], &gates, &self.transposed.link);
        }
        for queue in 0..queues {
            let share = self.graph.queue_weight[queue];
            let link = &self.slopes.links[self.graph.queue_link[queue] as usize];
            for (slope, more) in self.slopes.queues[queue].iter_mut().zip(link) {
                *slope += share * more;
            }
        }
    }

    /// Takes all paths back through their hops.
    #[inline(always)]
    fn cross(&mut self, round: usize) {
        let is_last = round + 1 == self.weights.shape.rounds;
        let at = round * self.graph.hops();
        self.slopes.crossing_gates.fill([0.0; GATES]);
        let state_at = self.weights.range(Part::HopState);
        for path in 0..self.graph.paths() {
            let hops =
                self.graph.path_starts[path] as usize..self.graph.path_starts[path + 1] as usize;
            let mut slope = [0.0; UNITS];
            for hop in hops.rev() {
                if is_last {
                    add(&mut slope, &self.slopes.after[hop]);
                }
                let gates = self.trace.hop_steps[at + hop].backward(
                    &mut slope,
                    &self.transposed.hop_state,
                    &mut self.gradient[state_at.clone()],
                );
                let queue = self.graph.hop_queue[hop] as usize;
                add(&mut self.slopes.hop_gates[hop], &gates);
                add(&mut self.slopes.crossing_gates[queue], &gates);
                let share = self.graph.hop_weight[hop];
                for (slope, more) in slope.iter_mut().zip(&self.slopes.messages[queue]) {
                    *slope += share * more;
                }
            }
            add(&mut self.slopes.starts[path], &slope);
        }
        let own = round * self.graph.queues();
        let queue_at = self.weights.range(Part::HopQueue);
        for queue in 0..self.graph.queues() {
            let gates = &self.slopes.crossing_gates[queue];
            let state = &self.trace.queues[own + queue];
            add_outer(&mut self.gradient[queue_at.clone()], state, gates);
            add_product(&mut self.slopes.queues[queue], gates, &self.transposed.hop_queue);
        }
    }

    /// What inputs are multiplied by.
    #[inline(always)]
    fn inputs(&mut self) {
        let (trace, shape) = (self.trace, &self.weights.shape);
        let one = [1.0];
        for queue in 0..self.graph.queues() {
            let inputs = &trace.queue_inputs[queue * shape.queue_inputs..][..shape.queue_inputs];
            let gates = self.slopes.queue_gates[queue];
            add_outer(self.of(Part::QueueInput), inputs, &gates);
            add_outer(self.of(Part::QueueBias), &one, &gates);
            let mut start = self.slopes.queues[queue];
            for (slope, state) in start.iter_mut().zip(&trace.queues[queue]) {
                *slope *= squash_slope(*state);
            }
            add_outer(self.of(Part::QueueStart), inputs, &start);
            add_outer(self.of(Part::QueueStartBias), &one, &start);
        }
        for path in 0..self.graph.paths() {
            let inputs = &trace.path_inputs[path * shape.path_inputs..][..shape.path_inputs];
            let mut start = self.slopes.starts[path];
            for (slope, state) in start.iter_mut().zip(&trace.starts[path]) {
                *slope *= squash_slope(*state);
            }
            add_outer(self.of(Part::PathStart), inputs, &start);
            add_outer(self.of(Part::PathStartBias), &one, &start);
        }
        let (input_at, bias_at) =
            (self.weights.range(Part::HopInput), self.weights.range(Part::HopBias));
        for hop in 0..self.graph.hops() {
            let inputs = &trace.hop_inputs[hop * shape.hop_inputs..][..shape.hop_inputs];
            let gates = &self.slopes.hop_gates[hop];
            add_outer(&mut self.gradient[input_at.clone()], inputs, gates);
            add_outer(&mut self.gradient[bias_at.clone()], &one, gates);
        }
    }
}
