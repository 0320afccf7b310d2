//! The same networks over burn, to be trained on any device.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::InputError;

use crate::dense::layer::Layer;
use crate::training::layers::linear;

use super::{DenseStack, LstmLayer, Recurrent};

/// One LSTM layer; the weights lie inputs x gates, as burn multiplies.
#[derive(Module, Debug)]
struct LstmModule {
    weight_input: Param<Tensor<2>>,
    weight_hidden: Param<Tensor<2>>,
    bias: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
struct BranchModule {
    layers: Vec<LstmModule>,
}

/// A [`Recurrent`] network over burn.
#[derive(Module, Debug)]
pub struct RecurrentModule {
    branches: Vec<BranchModule>,
    head: Linear,
}

/// A [`DenseStack`] over burn.
#[derive(Module, Debug)]
pub struct DenseModule {
    layers: Vec<Linear>,
}

impl LstmModule {
    fn new(layer: &LstmLayer, device: &Device) -> Self {
        let gates = 4 * layer.units;
        Self {
            weight_input: transposed(&layer.weight_input, gates, layer.inputs, device),
            weight_hidden: transposed(&layer.weight_hidden, gates, layer.units, device),
            bias: Param::from_tensor(tensor(&layer.bias, [1, gates], device)),
        }
    }

    /// Replaces the inputs of each step (rows x inputs) by the outputs (rows x units).
    fn run(&self, sequence: Vec<Tensor<2>>) -> Vec<Tensor<2>> {
        let (weight_input, weight_hidden) = (self.weight_input.val(), self.weight_hidden.val());
        let units = weight_hidden.dims()[0];
        let mut state: Option<(Tensor<2>, Tensor<2>)> = None;
        let mut outputs = Vec::with_capacity(sequence.len());
        for input in sequence {
            let mut gates = input.matmul(weight_input.clone()) + self.bias.val();
            if let Some((hidden, _)) = &state {
                gates = gates + hidden.clone().matmul(weight_hidden.clone());
            }
            // Input and forget lie side by side, so that one operation opens both.
            let opened = sigmoid(gates.clone().narrow(1, 0, 2 * units));
            let entering = opened.clone().narrow(1, 0, units);
            let candidate = gates.clone().narrow(1, 2 * units, units).tanh();
            let mut cell = entering * candidate;
            if let Some((_, past)) = state {
                cell = cell + opened.narrow(1, units, units) * past;
            }
            let hidden = sigmoid(gates.narrow(1, 3 * units, units)) * cell.clone().tanh();
            outputs.push(hidden.clone());
            state = Some((hidden, cell));
        }
        outputs
    }

    async fn layer(&self) -> Result<LstmLayer, InputError> {
        let (weight_input, weight_hidden) = (self.weight_input.val(), self.weight_hidden.val());
        let (inputs, units) = (weight_input.dims()[0], weight_hidden.dims()[0]);
        Ok(LstmLayer {
            inputs,
            units,
            weight_input: numbers(weight_input.transpose()).await?,
            weight_hidden: numbers(weight_hidden.transpose()).await?,
            bias: numbers(self.bias.val()).await?,
        })
    }
}

impl RecurrentModule {
    /// Puts `network` on `device`.
    pub fn new(network: &Recurrent, device: &Device) -> Self {
        let branch = |layers: &Vec<LstmLayer>| BranchModule {
            layers: layers.iter().map(|layer| LstmModule::new(layer, device)).collect(),
        };
        Self {
            branches: network.branches.iter().map(branch).collect(),
            head: linear(&network.head, device),
        }
    }

    /// Outputs (rows x outputs) for `window`, one tensor per branch and step (rows x 1), oldest
    /// step first.
    pub fn forward(&self, window: &[Vec<Tensor<2>>]) -> Tensor<2> {
        let mut last = Vec::with_capacity(self.branches.len());
        for (branch, steps) in self.branches.iter().zip(window) {
            let mut sequence = steps.clone();
            for layer in &branch.layers {
                sequence = layer.run(sequence);
            }
            last.extend(sequence.pop());
        }
        self.head.forward(Tensor::cat(last, 1))
    }

    /// Brings the weights back.
    ///
    /// # Errors
    /// Says that the device did not answer.
    pub async fn network(&self) -> Result<Recurrent, InputError> {
        let mut branches = Vec::new();
        for branch in &self.branches {
            let mut layers = Vec::new();
            for layer in &branch.layers {
                layers.push(layer.layer().await?);
            }
            branches.push(layers);
        }
        Ok(Recurrent { branches, head: layer(&self.head).await? })
    }
}

impl DenseModule {
    /// Puts `stack` on `device`.
    pub fn new(stack: &DenseStack, device: &Device) -> Self {
        Self { layers: stack.layers.iter().map(|layer| linear(layer, device)).collect() }
    }

    /// Outputs (rows x outputs) for `inputs` (rows x inputs).
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        let mut values = inputs;
        for (index, layer) in self.layers.iter().enumerate() {
            values = layer.forward(values);
            if index + 1 < self.layers.len() {
                values = relu(values);
            }
        }
        values
    }

    /// Brings the weights back.
    ///
    /// # Errors
    /// Says that the device did not answer.
    pub async fn stack(&self) -> Result<DenseStack, InputError> {
        let mut layers = Vec::new();
        for linear in &self.layers {
            layers.push(layer(linear).await?);
        }
        Ok(DenseStack { layers })
    }
}

/// A tensor of `values`, row by row.
pub fn tensor<const D: usize>(values: &[f64], shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The numbers of `tensor`, once the device has them.
///
/// # Errors
/// Says that the device did not answer.
pub async fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, InputError> {
    match tensor.into_data_async().await {
        Ok(data) => Ok(data.iter::<f32>().map(f64::from).collect()),
        Err(error) => Err(InputError::new("device", format!("{error:?}"), "one that answers")),
    }
}

/// A matrix of `rows` x `columns` as its transpose.
fn transposed(values: &[f64], rows: usize, columns: usize, device: &Device) -> Param<Tensor<2>> {
    let turned: Vec<f64> =
        (0..values.len()).map(|index| values[index % rows * columns + index / rows]).collect();
    Param::from_tensor(tensor(&turned, [columns, rows], device))
}

async fn layer(linear: &Linear) -> Result<Layer, InputError> {
    let weight = linear.weight.val();
    let [inputs, outputs] = weight.dims();
    let bias = match &linear.bias {
        Some(bias) => numbers(bias.val()).await?,
        None => vec![0.0; outputs],
    };
    Ok(Layer { inputs, outputs, weight: numbers(weight.transpose()).await?, bias })
}
