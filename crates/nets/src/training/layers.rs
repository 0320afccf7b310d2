//! Layers on their way into a training and out of it.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::seed;
use slicewise_optim::Halted;

use super::epochs::read;
use crate::dense::layer::Layer;
use crate::files::Tensors;

/// Mean and deviation of each column.
#[derive(Clone)]
pub(crate) struct Normalisation {
    pub(crate) mean: Vec<f32>,
    pub(crate) deviation: Vec<f32>,
}

impl Normalisation {
    pub(crate) fn of(values: &[f32], width: usize) -> Self {
        let rows = (values.len() / width) as f64;
        let column = |k: usize| values.iter().skip(k).step_by(width).map(|v| f64::from(*v));
        let mean: Vec<f64> = (0..width).map(|k| column(k).sum::<f64>() / rows).collect();
        let deviation = (0..width)
            .map(|k| column(k).map(|v| (v - mean[k]).powi(2)).sum::<f64>() / rows)
            .map(|variance| if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 })
            .collect();
        Self { mean: mean.iter().map(|m| *m as f32).collect(), deviation }
    }

    pub(crate) fn apply(&self, values: &[f32]) -> Vec<f32> {
        let width = self.mean.len();
        values
            .iter()
            .enumerate()
            .map(|(i, v)| (v - self.mean[i % width]) / self.deviation[i % width])
            .collect()
    }

    /// Adds itself as the normalisation of a network's inputs.
    pub(crate) fn insert_into(&self, tensors: &mut Tensors) {
        let width = self.mean.len();
        tensors.insert("input.mean".to_owned(), (vec![width], self.mean.clone()));
        tensors.insert("input.deviation".to_owned(), (vec![width], self.deviation.clone()));
    }
}

/// A layer with weights uniform in +-`gain` sqrt(6 / inputs), drawn input by input, and biases 0.
pub(crate) fn drawn_layer(
    inputs: usize,
    outputs: usize,
    gain: f64,
    generator: &mut impl seed::Rng,
) -> Layer {
    let limit = gain * (6.0 / inputs as f64).sqrt();
    let mut weight = vec![0.0; inputs * outputs];
    for index in 0..weight.len() {
        let (input, output) = (index / outputs, index % outputs);
        weight[output * inputs + input] = limit * (2.0 * seed::uniform(generator) - 1.0);
    }
    Layer { inputs, outputs, weight, bias: vec![0.0; outputs] }
}

/// `layer` as a burn module.
pub(crate) fn linear(layer: &Layer, device: &Device) -> Linear {
    let numbers = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let weight = (0..layer.inputs * layer.outputs)
        .map(|index| {
            let (input, output) = (index / layer.outputs, index % layer.outputs);
            layer.weight[output * layer.inputs + input] as f32
        })
        .collect::<Vec<f32>>();
    let weight = TensorData::new(weight, [layer.inputs, layer.outputs]);
    let bias = TensorData::new(numbers(&layer.bias), [layer.outputs]);
    Linear {
        weight: Param::from_tensor(Tensor::from_data(weight, device)),
        bias: Some(Param::from_tensor(Tensor::from_data(bias, device))),
    }
}

/// Adds the weights and the bias of `layer` under `name`, once the device has them.
pub(crate) async fn insert(
    tensors: &mut Tensors,
    name: &str,
    layer: &Linear,
) -> Result<(), Halted> {
    let weight = layer.weight.val().transpose();
    let shape = weight.dims().to_vec();
    tensors.insert(format!("{name}.weight"), (shape, read(weight).await?));
    if let Some(bias) = &layer.bias {
        let bias = bias.val();
        let shape = bias.dims().to_vec();
        tensors.insert(format!("{name}.bias"), (shape, read(bias).await?));
    }
    Ok(())
}
