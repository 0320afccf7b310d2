//! The evaluator on a graphics processor: rows up, one kernel, results back.

use burn::tensor::Tensor;
use slicewise_core::compute::GpuFault;

use super::dense::{DIRECTIONS, LANES, NetworkShape, pack};
use super::device::GpuDevice;
use super::rows::{dense_outputs, expected_degradation};
use crate::dense::evaluator::{Degradation, DistributionEvaluator, Evaluator};
use crate::dense::head::{Head, Measure};
use crate::dense::limits::Limits;
use crate::dense::network::Network;

/// A network on a graphics processor.
#[derive(Clone, Debug)]
pub struct GpuNetwork {
    /// The device that holds it.
    pub device: GpuDevice,
    /// Its shape, for which kernels are compiled.
    pub shape: NetworkShape,
    /// Its numbers, as the shape says.
    pub weights: Tensor<1>,
    head: Head,
    limits: Limits,
}

impl GpuNetwork {
    /// Uploads `network` in f32.
    pub fn new(network: &Network, device: &GpuDevice) -> Self {
        let (shape, numbers) = pack(network);
        let count = numbers.len();
        Self {
            device: device.clone(),
            shape,
            weights: device.upload(numbers, [count]),
            head: network.head,
            limits: Limits::new(&network.card),
        }
    }
}

/// [`Evaluator`] by kernels. A device that is lost gives numbers that are not numbers, and
/// [`Self::fault`] says why.
#[derive(Clone, Debug)]
pub struct GpuEvaluator {
    network: GpuNetwork,
    /// What went wrong, if anything did.
    pub fault: Option<GpuFault>,
}

impl GpuEvaluator {
    /// Evaluates `network`.
    pub fn new(network: GpuNetwork) -> Self {
        Self { network, fault: None }
    }

    fn rows(&self, inputs: &[f64]) -> Tensor<2> {
        let width = self.network.shape.inputs();
        let numbers = inputs.iter().map(|v| *v as f32).collect();
        self.network.device.upload(numbers, [inputs.len() / width, width])
    }

    async fn read<const D: usize>(&mut self, tensor: Tensor<D>, count: usize) -> Vec<f32> {
        self.network.device.read(tensor).await.unwrap_or_else(|fault| {
            self.fault = Some(fault);
            vec![f32::NAN; count]
        })
    }

    /// Outputs of the last layer with their derivatives: rows x outputs x [`LANES`].
    async fn outputs(&mut self, inputs: &[f64], first_direction: usize) -> Vec<f32> {
        let (weights, shape) = (self.network.weights.clone(), &self.network.shape);
        let count = inputs.len() / shape.inputs() * shape.outputs() * LANES;
        let outputs = dense_outputs(self.rows(inputs), weights, shape, first_direction);
        self.read(outputs, count).await
    }

    /// Degradation with its derivatives from `first_direction` on: rows x [`LANES`].
    async fn degradation(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        first_direction: usize,
    ) -> Vec<f32> {
        if !matches!(measure, Measure::Expected) {
            return self.by_head(inputs, thresholds, measure, first_direction).await;
        }
        let count = thresholds.len();
        let limits = thresholds.iter().map(|v| *v as f32).collect();
        let limits = self.network.device.upload(limits, [count]);
        let (weights, shape) = (self.network.weights.clone(), &self.network.shape);
        let found =
            expected_degradation(self.rows(inputs), limits, weights, shape, first_direction);
        self.read(found, count * LANES).await
    }

    /// The measures without a kernel: the network on the device, its head here.
    async fn by_head(
        &mut self,
        inputs: &[f64],
        thresholds: &[f64],
        measure: &Measure,
        first_direction: usize,
    ) -> Vec<f32> {
        let outputs = self.outputs(inputs, first_direction).await;
        let width = self.network.shape.outputs();
        let mut partials = vec![0.0; width];
        let mut found = Vec::with_capacity(thresholds.len() * LANES);
        for (row, threshold) in outputs.chunks_exact(width * LANES).zip(thresholds) {
            let values: Vec<f64> = row.iter().step_by(LANES).map(|v| f64::from(*v)).collect();
            let value =
                self.network.head.value_and_partials(&values, *threshold, measure, &mut partials);
            found.push(value as f32);
            found.extend((1..LANES).map(|lane| {
                let slopes = row.iter().skip(lane).step_by(LANES).map(|v| f64::from(*v));
                slopes.zip(&partials).map(|(slope, partial)| slope * partial).sum::<f64>() as f32
            }));
        }
        found
    }
}

impl Evaluator for GpuEvaluator {
    type Question = Degradation;

    fn inputs(&self) -> usize {
        self.network.shape.inputs()
    }

    async fn values(&mut self, inputs: &[f64], question: &Degradation, values: &mut [f64]) {
        let Degradation { thresholds, measure } = question;
        let found = self.degradation(inputs, thresholds, measure, 0).await;
        let rows = inputs.chunks_exact(self.inputs()).zip(thresholds);
        for ((value, found), (row, threshold)) in
            values.iter_mut().zip(found.chunks_exact(LANES)).zip(rows)
        {
            *value = self.network.limits.apply(row, *threshold, f64::from(found[0]));
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
        let width = self.inputs();
        for first in (0..width).step_by(DIRECTIONS) {
            let found = self.degradation(inputs, thresholds, measure, first).await;
            let rows = found.chunks_exact(LANES).zip(gradients.chunks_exact_mut(width));
            for (index, (row, gradient)) in rows.enumerate() {
                values[index] = f64::from(row[0]);
                for (slope, derivative) in gradient[first..].iter_mut().zip(&row[1..]) {
                    *slope = f64::from(*derivative);
                }
            }
        }
        let rows = inputs.chunks_exact(width).zip(gradients.chunks_exact_mut(width));
        for (((row, gradient), threshold), value) in rows.zip(thresholds).zip(values) {
            let limits = &self.network.limits;
            *value = limits.apply_with_gradient(row, *threshold, *value, gradient);
        }
    }
}

impl DistributionEvaluator for GpuEvaluator {
    fn components(&self) -> usize {
        self.network.shape.components
    }

    async fn distributions(&mut self, inputs: &[f64], distributions: &mut [f64]) {
        let outputs = self.outputs(inputs, 0).await;
        let width = self.network.shape.outputs();
        let size = 3 * self.components();
        let rows = outputs.chunks_exact(width * LANES).zip(distributions.chunks_exact_mut(size));
        for (row, distribution) in rows {
            let values: Vec<f64> = row.iter().step_by(LANES).map(|v| f64::from(*v)).collect();
            self.network.head.distribution(&values, distribution);
        }
    }
}
