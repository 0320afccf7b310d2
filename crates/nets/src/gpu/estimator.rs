//! Curves of monotone estimators on a graphics processor: a batch of slices is a few matrix products.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softmax};
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::compute::GpuFault;

use super::GpuDevice;
use crate::estimator::Estimator;

/// Slices that one batch carries, so that no buffer outgrows what small devices bind.
const SLICES_TOGETHER: usize = 65_536;

/// A monotone estimator on a device.
#[derive(Clone, Debug)]
pub struct GpuEstimator {
    device: GpuDevice,
    features: usize,
    knots: Vec<f64>,
    /// Weight (inputs x outputs) and bias (1 x outputs) of each layer.
    layers: Vec<(Tensor<2>, Tensor<2>)>,
    /// Sums the chances up to each knot: (knots + 1) x knots.
    sums: Tensor<2>,
}

impl GpuEstimator {
    /// Uploads `estimator`; none for a plain one, whose curves bend elsewhere in each slice.
    pub fn new(estimator: &Estimator, device: &GpuDevice) -> Option<Self> {
        let EstimatorForm::Monotone { knots } = &estimator.card.architecture.form else {
            return None;
        };
        let layers = estimator.layers.iter().map(|layer| {
            let numbers = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
            let weight = device.upload(numbers(&layer.weight), [layer.outputs, layer.inputs]);
            (weight.transpose(), device.upload(numbers(&layer.bias), [1, layer.outputs]))
        });
        let (rows, columns) = (knots.len() + 1, knots.len());
        let below = |index: usize| if index / columns <= index % columns { 1.0 } else { 0.0 };
        let sums = (0..rows * columns).map(below).collect();
        Some(Self {
            layers: layers.collect(),
            sums: device.upload(sums, [rows, columns]),
            device: device.clone(),
            features: estimator.features(),
            knots: knots.clone(),
        })
    }

    /// The curve of each slice, in the place of what `curves` held: computed in f32, and made to
    /// rise where rounding let it fall. `features` holds slices x features numbers.
    ///
    /// # Errors
    /// When the device or its memory was lost on the way.
    pub async fn curves(&self, features: &[f64], curves: &mut Curves) -> Result<(), GpuFault> {
        curves.clear();
        curves.offsets.push(0);
        for part in features.chunks(SLICES_TOGETHER * self.features) {
            let values = self.device.read(self.satisfaction(part)).await?;
            for values in values.chunks_exact(self.knots.len()) {
                let mut highest = 0.0_f64;
                let rising = values.iter().map(|value| {
                    highest = highest.max(f64::from(*value)).min(1.0);
                    highest
                });
                curves.satisfaction.extend(rising);
                curves.shares.extend_from_slice(&self.knots);
                curves.offsets.push(curves.shares.len() as u32);
            }
        }
        Ok(())
    }

    /// Satisfaction of each slice at each knot.
    fn satisfaction(&self, features: &[f64]) -> Tensor<2> {
        let numbers = features.iter().map(|value| *value as f32).collect();
        let slices = features.len() / self.features;
        let mut values = self.device.upload(numbers, [slices, self.features]);
        let last = self.layers.len() - 1;
        for (index, (weight, bias)) in self.layers.iter().enumerate() {
            values = values.matmul(weight.clone()) + bias.clone();
            if index < last {
                values = relu(values);
            }
        }
        softmax(values, 1).matmul(self.sums.clone())
    }
}
