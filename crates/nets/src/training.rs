//! Training a dense network with a Gaussian or mixture head, with burn on any device.

use std::f32::consts::TAU;
use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::{log_softmax, relu, softplus};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::card::Architecture;
use slicewise_core::seed;

use crate::weights::{DEVIATION_FLOOR, Tensors};

/// Rows to learn from, in the network's scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Inputs per row.
    pub width: usize,
    /// Inputs, row by row.
    pub inputs: Vec<f32>,
    /// QoS of each row.
    pub targets: Vec<f32>,
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    fn push(&mut self, source: &Self, row: usize) {
        self.inputs.extend(&source.inputs[row * self.width..(row + 1) * self.width]);
        self.targets.push(source.targets[row]);
    }
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step of the optimiser.
    pub batch: usize,
    /// Learning rate of AdamW at the start; it falls to a hundredth along a half cosine.
    pub learning_rate: f64,
    /// Decay of the weights per step and unit of learning rate: keeps the surface smooth between
    /// the few allocations that were measured.
    pub weight_decay: f32,
    /// Seed of the initial weights and of the order of the rows.
    pub seed: u64,
}

/// Where training stands after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Mean loss over the epoch: negative log-likelihood of standardised targets.
    pub loss: f64,
}

/// The network as a burn module, on standardised inputs and targets.
#[derive(Module, Debug)]
struct DenseModule {
    shared: Vec<Linear>,
    /// Hidden layer of each head, empty where the heads read the last shared layer.
    hidden: Vec<Linear>,
    /// Output layer of each head.
    output: Vec<Linear>,
}

/// Mean and deviation of each column.
struct Normalisation {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Normalisation {
    fn of(values: &[f32], width: usize) -> Self {
        let rows = (values.len() / width) as f64;
        let column = |k: usize| values.iter().skip(k).step_by(width).map(|v| f64::from(*v));
        let mean: Vec<f64> = (0..width).map(|k| column(k).sum::<f64>() / rows).collect();
        let deviation = (0..width)
            .map(|k| column(k).map(|v| (v - mean[k]).powi(2)).sum::<f64>() / rows)
            .map(|variance| if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 })
            .collect();
        Self { mean: mean.iter().map(|m| *m as f32).collect(), deviation }
    }

    fn apply(&self, values: &[f32]) -> Vec<f32> {
        let width = self.mean.len();
        values
            .iter()
            .enumerate()
            .map(|(i, v)| (v - self.mean[i % width]) / self.deviation[i % width])
            .collect()
    }
}

/// Trains a network on `rows` and returns its tensors under the names of [`crate::weights`].
///
/// `progress` is called after each epoch; breaking ends the training with the weights so far.
pub fn train(
    architecture: &Architecture,
    rows: &Rows,
    settings: &Settings,
    device: &Device,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Tensors {
    let device = &device.clone().autodiff();
    let inputs = Normalisation::of(&rows.inputs, rows.width);
    let target = Normalisation::of(&rows.targets, 1);
    let standard = Rows {
        width: rows.width,
        inputs: inputs.apply(&rows.inputs),
        targets: target.apply(&rows.targets),
    };
    let mut module = initial(architecture, rows.width, settings.seed, device);
    let mut optimiser: ModuleOptimizer =
        AdamWConfig::new().with_weight_decay(settings.weight_decay).init();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut generator = seed::stream(settings.seed, 2);
    for epoch in 0..settings.epochs {
        shuffle(&mut order, &mut generator);
        let rate = learning_rate(settings, epoch);
        let mut losses = Vec::new();
        for batch in order.chunks(settings.batch) {
            let mut part = Rows { width: rows.width, ..Rows::default() };
            batch.iter().for_each(|row| part.push(&standard, *row));
            let loss = loss(&module, architecture, &part, device);
            let gradients = GradientsParams::from_grads(loss.backward(), &module);
            losses.push((loss, batch.len()));
            module = optimiser.step(rate, module, gradients);
        }
        let total: f64 = losses
            .into_iter()
            .map(|(loss, count)| count as f64 * f64::from(first(loss.into_data())))
            .sum();
        let report =
            Progress { epoch: epoch + 1, epochs: settings.epochs, loss: total / rows.len() as f64 };
        if progress(report).is_break() {
            break;
        }
    }
    tensors(&module, architecture, &inputs, &target)
}

fn first(data: TensorData) -> f32 {
    data.iter::<f32>().next().unwrap_or(f32::NAN)
}

fn learning_rate(settings: &Settings, epoch: usize) -> f64 {
    let share = epoch as f64 / settings.epochs as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
    settings.learning_rate * (0.01 + 0.99 * cosine)
}

fn shuffle(order: &mut [usize], generator: &mut impl slicewise_core::seed::Rng) {
    for last in (1..order.len()).rev() {
        let other = (seed::uniform(generator) * (last + 1) as f64) as usize;
        order.swap(last, other.min(last));
    }
}

/// Weights uniform in +-sqrt(6 / inputs) (He), biases 0, from one stream of `seed`.
fn initial(architecture: &Architecture, inputs: usize, seed: u64, device: &Device) -> DenseModule {
    let mut generator = seed::stream(seed, 1);
    let mut linear = |inputs: usize, outputs: usize, gain: f64| {
        let limit = gain * (6.0 / inputs as f64).sqrt();
        let weight: Vec<f32> = (0..inputs * outputs)
            .map(|_| (limit * (2.0 * seed::uniform(&mut generator) - 1.0)) as f32)
            .collect();
        let bias = vec![0.0f32; outputs];
        Linear {
            weight: Param::from_tensor(Tensor::from_data(
                TensorData::new(weight, [inputs, outputs]),
                device,
            )),
            bias: Some(Param::from_tensor(Tensor::from_data(
                TensorData::new(bias, [outputs]),
                device,
            ))),
        }
    };
    let mut width = inputs;
    let mut shared = Vec::new();
    for units in &architecture.shared {
        shared.push(linear(width, *units, 1.0));
        width = *units;
    }
    let heads = architecture.heads();
    let mut hidden = Vec::new();
    if architecture.head_hidden > 0 {
        hidden = heads.iter().map(|_| linear(width, architecture.head_hidden, 1.0)).collect();
        width = architecture.head_hidden;
    }
    let output = heads.iter().map(|_| linear(width, architecture.components, 0.5)).collect();
    DenseModule { shared, hidden, output }
}

/// Mean negative log-likelihood of standardised targets (MicroOpt, equation 4).
fn loss(
    module: &DenseModule,
    architecture: &Architecture,
    rows: &Rows,
    device: &Device,
) -> Tensor<1> {
    let count = rows.len();
    let mut shared: Tensor<2> =
        Tensor::from_data(TensorData::new(rows.inputs.clone(), [count, rows.width]), device);
    let target: Tensor<2> =
        Tensor::from_data(TensorData::new(rows.targets.clone(), [count, 1]), device);
    for layer in &module.shared {
        shared = relu(layer.forward(shared));
    }
    let head = |index: usize| {
        let last = match module.hidden.get(index) {
            Some(hidden) => relu(hidden.forward(shared.clone())),
            None => shared.clone(),
        };
        module.output[index].forward(last)
    };
    let mean = head(0);
    let deviation = softplus(head(1), 1.0).add_scalar(DEVIATION_FLOOR);
    let z = (target - mean) / deviation.clone();
    let log_normal = z.powi_scalar(2).mul_scalar(-0.5) - deviation.log() - 0.5 * TAU.ln();
    if architecture.components == 1 {
        return log_normal.mean().neg();
    }
    let terms = log_softmax(head(2), 1) + log_normal;
    let highest = terms.clone().detach().max_dim(1);
    let sum = (terms - highest.clone()).exp().sum_dim(1);
    (sum.log() + highest).mean().neg()
}

fn tensors(
    module: &DenseModule,
    architecture: &Architecture,
    inputs: &Normalisation,
    target: &Normalisation,
) -> Tensors {
    let mut tensors = Tensors::new();
    for (index, layer) in module.shared.iter().enumerate() {
        insert(&mut tensors, &format!("shared.{index}"), layer);
    }
    for (index, head) in architecture.heads().iter().enumerate() {
        if let Some(hidden) = module.hidden.get(index) {
            insert(&mut tensors, &format!("{head}.hidden"), hidden);
        }
        insert(&mut tensors, &format!("{head}.output"), &module.output[index]);
    }
    let width = inputs.mean.len();
    tensors.insert("input.mean".to_owned(), (vec![width], inputs.mean.clone()));
    tensors.insert("input.deviation".to_owned(), (vec![width], inputs.deviation.clone()));
    tensors.insert("output.offset".to_owned(), (vec![1], target.mean.clone()));
    tensors.insert("output.scale".to_owned(), (vec![1], target.deviation.clone()));
    tensors
}

fn insert(tensors: &mut Tensors, name: &str, layer: &Linear) {
    let weight = layer.weight.val().transpose();
    let shape = weight.dims().to_vec();
    let values = weight.into_data().iter::<f32>().collect();
    tensors.insert(format!("{name}.weight"), (shape, values));
    if let Some(bias) = &layer.bias {
        let bias = bias.val();
        let shape = bias.dims().to_vec();
        tensors.insert(format!("{name}.bias"), (shape, bias.into_data().iter::<f32>().collect()));
    }
}
