//! The reference evaluator: the same network through burn's autodiff, on any device, in f32 or f64.

use burn::tensor::activation::{log_softmax, relu, sigmoid, softplus};
use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::dense::evaluator::{Degradation, DistributionEvaluator, Evaluator};
use crate::dense::head::{Head, Measure};
use crate::dense::limits::Limits;
use crate::dense::network::{InputScales, Network};

/// A network as burn tensors.
#[derive(Clone, Debug)]
pub struct BurnEvaluator {
    device: Device,
    dtype: DType,
    head: Head,
    inputs: usize,
    /// Weight (inputs x outputs) and bias (1 x outputs) of each layer.
    layers: Vec<(Tensor<2>, Tensor<2>)>,
    scales: InputScales,
    limits: Limits,
}

impl BurnEvaluator {
    /// Puts `network` on `device` in `dtype` (F32 or F64).
    pub fn new(network: &Network, device: &Device, dtype: DType) -> Self {
        let device = device.clone().autodiff();
        let tensor = |values: &[f64], shape: [usize; 2]| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values.to_vec(), shape), (&device, dtype))
        };
        let layers = network
            .layers
            .iter()
            .map(|layer| {
                let weight = tensor(&layer.weight, [layer.outputs, layer.inputs]).transpose();
                (weight, tensor(&layer.bias, [1, layer.outputs]))
            })
            .collect();
        Self {
            head: network.head,
            inputs: network.inputs(),
            layers,
            dtype,
            device,
            scales: InputScales::new(&network.card),
            limits: Limits::new(&network.card),
        }
    }

    fn tensor(&self, values: &[f64], width: usize) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [values.len() / width, width]);
        Tensor::from_data(data, (&self.device, self.dtype))
    }

    /// Rows of inputs in the network's scales.
    fn scaled(&self, inputs: Tensor<2>) -> Tensor<2> {
        let mut columns = Vec::with_capacity(self.inputs);
        for place in 0..self.inputs {
            let column = inputs.clone().narrow(1, place, 1);
            let logarithmic = self.scales.logarithmic().contains(&place);
            columns.push(if logarithmic { column.clamp_min(1e-9).log() } else { column });
        }
        Tensor::cat(columns, 1)
    }

    /// Means, deviations and logarithms of the shares, each rows x components.
    fn forward(&self, inputs: Tensor<2>) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
        let last = self.layers.len() - 1;
        let mut values = if self.scales.is_linear() { inputs } else { self.scaled(inputs) };
        for (index, (weight, bias)) in self.layers.iter().enumerate() {
            values = values.matmul(weight.clone()) + bias.clone();
            if index < last {
                values = relu(values);
            }
        }
        let count = self.head.components;
        let part = |start: usize| values.clone().narrow(1, start, count);
        let mean = part(0);
        let deviation = softplus(part(count), 1.0)
            .mul_scalar(self.head.deviation_scale)
            .add_scalar(self.head.deviation_floor);
        let share = if count == 1 { mean.zeros_like() } else { log_softmax(part(2 * count), 1) };
        (mean, deviation, share)
    }

    fn degradation(&self, inputs: Tensor<2>, thresholds: &[f64], measure: &Measure) -> Tensor<2> {
        let (mean, deviation, share) = self.forward(inputs);
        let threshold = self.tensor(thresholds, 1);
        let sign = self.head.sign();
        let normal_cdf = |z: Tensor<2>| {
            z.mul_scalar(std::f64::consts::FRAC_1_SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5)
        };
        match measure {
            Measure::Expected => {
                let z = (threshold - mean).mul_scalar(sign) / deviation;
                (share.exp() * normal_cdf(z)).sum_dim(1)
            }
            Measure::Sampled { noise, sharpness } => {
                let mut total = mean.zeros_like();
                for epsilon in noise {
                    let qos = mean.clone() + deviation.clone().mul_scalar(*epsilon);
                    total = total + sigmoid((threshold.clone() - qos).mul_scalar(sign * sharpness));
                }
                (share.exp() * total.mul_scalar(1.0 / noise.len() as f64)).sum_dim(1)
            }
            Measure::Deterministic { deviations } => {
                let share = share.exp();
                let first = (share.clone() * mean.clone()).sum_dim(1);
                let second = (share * (deviation.powi_scalar(2) + mean.powi_scalar(2))).sum_dim(1);
                let spread = (second - first.clone().powi_scalar(2)).sqrt();
                let z = (threshold - first).mul_scalar(sign) / spread;
                normal_cdf(z.add_scalar(*deviations))
            }
        }
    }
}

/// Copies a tensor to `out`, waiting for the device.
async fn read(tensor: Tensor<2>, out: &mut [f64]) {
    match tensor.into_data_async().await {
        Ok(data) => out.iter_mut().zip(data.iter::<f64>()).for_each(|(out, value)| *out = value),
        Err(_) => out.fill(f64::NAN),
    }
}

impl Evaluator for BurnEvaluator {
    type Question = Degradation;

    fn inputs(&self) -> usize {
        self.inputs
    }

    async fn values(&mut self, inputs: &[f64], question: &Degradation, values: &mut [f64]) {
        let Degradation { thresholds, measure } = question;
        read(self.degradation(self.tensor(inputs, self.inputs), thresholds, measure), values).await;
        let rows = inputs.chunks_exact(self.inputs).zip(thresholds);
        for (value, (row, threshold)) in values.iter_mut().zip(rows) {
            *value = self.limits.apply(row, *threshold, *value);
        }
    }

    async fn gradients(
        &mut self,
        inputs: &[f64],
        question: &Degradation,
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        let Degradation { thresholds, measure } = question;
        let rows_of = inputs;
        let inputs = self.tensor(inputs, self.inputs).require_grad();
        let degradation = self.degradation(inputs.clone(), thresholds, measure);
        let backward = degradation.clone().sum().backward();
        read(degradation, &mut *values).await;
        match inputs.grad(&backward) {
            Some(gradient) => read(gradient, &mut *gradients).await,
            None => gradients.fill(f64::NAN),
        }
        let rows = rows_of.chunks_exact(self.inputs).zip(gradients.chunks_exact_mut(self.inputs));
        for (((row, gradient), threshold), value) in rows.zip(thresholds).zip(values) {
            *value = self.limits.apply_with_gradient(row, *threshold, *value, gradient);
        }
    }
}

impl DistributionEvaluator for BurnEvaluator {
    fn components(&self) -> usize {
        self.head.components
    }

    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        let (mean, deviation, share) = self.forward(self.tensor(inputs, self.inputs));
        read(Tensor::cat(vec![mean, deviation, share.exp()], 1), distributions).await;
    }
}
