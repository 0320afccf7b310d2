//! The same network over burn: the reference that the fused evaluator and its written-out slopes are held to.

use burn::module::{Module, Param};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use slicewise_core::InputError;
use slicewise_optim::monitor::{Halted, Monitor};

use super::weights::{GraphWeights, InputScale, Part};
use super::{Graph, GraphEvaluator, GraphShape, UNITS};

/// The parts of a network in the order of [`Part::ALL`], each inputs x outputs.
#[derive(Module, Debug)]
pub struct GraphModule {
    parts: Vec<Param<Tensor<2>>>,
}

impl GraphModule {
    /// The network of `weights` on `device`.
    pub fn new(weights: &GraphWeights, device: &Device) -> Self {
        let part = |part: Part| {
            let (inputs, outputs) = part.size(&weights.shape);
            Param::from_tensor(tensor(weights.part(part), [inputs, outputs], device))
        };
        Self { parts: Part::ALL.into_iter().map(part).collect() }
    }

    fn part(&self, part: Part) -> Tensor<2> {
        self.parts[part as usize].val()
    }

    /// Slopes of `loss`, which came from [`Self::forward`], in the order of [`GraphWeights::values`]; 0 for parts that
    /// it does not depend on.
    ///
    /// # Errors
    /// Says that the device did not answer.
    pub fn slopes(&self, loss: Tensor<1>) -> Result<Vec<f64>, InputError> {
        let gradients = loss.backward();
        let mut slopes = Vec::new();
        for part in &self.parts {
            let part = part.val();
            match part.grad(&gradients) {
                Some(gradient) => slopes.extend(numbers(gradient)?),
                None => slopes.resize(slopes.len() + part.dims().iter().product::<usize>(), 0.0),
            }
        }
        Ok(slopes)
    }

    /// Corrections of `graph`, hops x outputs, by a network of the shape and the scales of `weights`.
    pub fn forward(&self, weights: &GraphWeights, graph: &Graph, device: &Device) -> Tensor<2> {
        let shape = &weights.shape;
        let scaled = |scale: &InputScale, inputs: &[f64], rows: usize, width: usize| {
            let mut scaled = Vec::new();
            scale.apply(inputs, &mut scaled);
            tensor(&scaled, [rows, width], device)
        };
        let (queues, paths, hops) = (graph.queues(), graph.paths(), graph.hops());
        let queue_inputs =
            scaled(&weights.queue_scale, &graph.queue_inputs, queues, shape.queue_inputs);
        let path_inputs = scaled(&weights.path_scale, &graph.path_inputs, paths, shape.path_inputs);
        let hop_inputs = scaled(&weights.hop_scale, &graph.hop_inputs, hops, shape.hop_inputs);
        let start =
            squash(path_inputs.matmul(self.part(Part::PathStart)) + self.part(Part::PathStartBias));
        let mut queue_state = squash(
            queue_inputs.clone().matmul(self.part(Part::QueueStart))
                + self.part(Part::QueueStartBias),
        );
        let hop_gates =
            hop_inputs.clone().matmul(self.part(Part::HopInput)) + self.part(Part::HopBias);
        let queue_gates =
            queue_inputs.clone().matmul(self.part(Part::QueueInput)) + self.part(Part::QueueBias);
        let steps = steps(graph, device);
        let links = indices(&graph.queue_link, device);
        let queue_weight = tensor(&graph.queue_weight, [queues, 1], device);
        let mut after = Tensor::zeros([hops, UNITS], device);
        for round in 0..shape.rounds {
            let crossing = queue_state.clone().matmul(self.part(Part::HopQueue));
            let mut messages = Tensor::zeros([queues, UNITS], device);
            after = Tensor::zeros([hops, UNITS], device);
            let mut state = start.clone();
            for step in &steps {
                let before = state.clone().select(0, step.paths.clone());
                messages = messages.select_assign(
                    0,
                    step.queues.clone(),
                    before.clone() * step.weights.clone(),
                    IndexingUpdateOp::Add,
                );
                let gates = hop_gates.clone().select(0, step.hops.clone())
                    + crossing.clone().select(0, step.queues.clone());
                let next = unit(before.clone(), gates, self.part(Part::HopState));
                after =
                    after.select_assign(0, step.hops.clone(), next.clone(), IndexingUpdateOp::Add);
                state = state.select_assign(
                    0,
                    step.paths.clone(),
                    next - before,
                    IndexingUpdateOp::Add,
                );
            }
            if round + 1 < shape.rounds {
                let of_links = Tensor::zeros([graph.links, UNITS], device).select_assign(
                    0,
                    links.clone(),
                    queue_state.clone() * queue_weight.clone(),
                    IndexingUpdateOp::Add,
                );
                let gates = queue_gates.clone()
                    + messages.matmul(self.part(Part::QueueMessage))
                    + of_links.select(0, links.clone()).matmul(self.part(Part::QueueLink));
                queue_state = unit(queue_state, gates, self.part(Part::QueueState));
            }
        }
        let of_queues = queue_state.matmul(self.part(Part::ReadoutQueue))
            + queue_inputs.matmul(self.part(Part::ReadoutQueueInput))
            + self.part(Part::ReadoutBias);
        let hidden = squash(
            of_queues.select(0, indices(&graph.hop_queue, device))
                + after.matmul(self.part(Part::ReadoutPath))
                + hop_inputs.matmul(self.part(Part::ReadoutHopInput)),
        );
        let reach = tensor(&shape.reach, [1, shape.reach.len()], device);
        squash(hidden.matmul(self.part(Part::Output)) + self.part(Part::OutputBias)) * reach
    }
}

/// The hops that paths cross at the same time: the first of each, the second, and so on.
struct Crossing {
    paths: Tensor<1, Int>,
    hops: Tensor<1, Int>,
    queues: Tensor<1, Int>,
    weights: Tensor<2>,
}

fn steps(graph: &Graph, device: &Device) -> Vec<Crossing> {
    let mut steps = Vec::new();
    loop {
        let (mut paths, mut hops) = (Vec::new(), Vec::new());
        for (path, ends) in graph.path_starts.windows(2).enumerate() {
            let hop = ends[0] as usize + steps.len();
            if hop < ends[1] as usize {
                paths.push(path as u32);
                hops.push(hop as u32);
            }
        }
        if hops.is_empty() {
            return steps;
        }
        let queues: Vec<u32> = hops.iter().map(|hop| graph.hop_queue[*hop as usize]).collect();
        let weights: Vec<f64> = hops.iter().map(|hop| graph.hop_weight[*hop as usize]).collect();
        steps.push(Crossing {
            paths: indices(&paths, device),
            hops: indices(&hops, device),
            queues: indices(&queues, device),
            weights: tensor(&weights, [hops.len(), 1], device),
        });
    }
}

/// One step of a gated recurrent unit for all rows.
fn unit(before: Tensor<2>, gates: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    let rows = before.dims()[0];
    let own = before.clone().matmul(weight);
    let part = |of: &Tensor<2>, index: usize| {
        of.clone().slice([0..rows, index * UNITS..(index + 1) * UNITS])
    };
    let gate = |index: usize| squash(part(&gates, index) + part(&own, index)) * 0.5 + 0.5;
    let (reset, update) = (gate(0), gate(1));
    let new = squash(part(&gates, 2) + reset * part(&own, 2));
    new.clone() + update * (before - new)
}

fn squash(value: Tensor<2>) -> Tensor<2> {
    value.clone() / (value.clone() * value + 1.0).sqrt()
}

fn tensor(values: &[f64], shape: [usize; 2], device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn indices(values: &[u32], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|value| *value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

fn numbers(tensor: Tensor<2>) -> Result<Vec<f64>, InputError> {
    let data = tensor
        .try_into_data()
        .map_err(|error| InputError::new("device", format!("{error:?}"), "one that answers"))?;
    Ok(data.iter::<f32>().map(f64::from).collect())
}

/// A network over burn.
#[derive(Debug)]
pub struct BurnGraphEvaluator {
    weights: GraphWeights,
    module: GraphModule,
    device: Device,
}

impl BurnGraphEvaluator {
    /// Evaluates `weights` on `device`.
    pub fn new(weights: GraphWeights, device: &Device) -> Self {
        Self { module: GraphModule::new(&weights, device), weights, device: device.clone() }
    }
}

impl GraphEvaluator for BurnGraphEvaluator {
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
        *corrections = numbers(self.module.forward(&self.weights, graph, &self.device))?;
        Ok(monitor.checkpoint().await?)
    }
}
