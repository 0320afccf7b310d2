//! Many small networks of one shape, evaluated and trained in one batch.

use burn::module::{Module, Param};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::seed::{self, Rng};

/// Weights and biases of one layer of every network.
#[derive(Clone, Debug)]
pub(super) struct LayerTensors {
    /// Networks x inputs x outputs.
    pub weight: Tensor<3>,
    /// Networks x 1 x outputs.
    pub bias: Tensor<3>,
}

/// `networks` networks whose gradients never mix, so one loss that sums over all trains each as if
/// it were alone. Hidden units are x/(1 + e⁻ˣ) instead of the published rectifier: a rectified critic
/// is made of planes, so its highest point is one of their corners, and the policy ends there
/// instead of at the maximum of the value.
#[derive(Module, Debug)]
pub(super) struct Population {
    weights: Vec<Param<Tensor<3>>>,
    biases: Vec<Param<Tensor<3>>>,
}

impl Population {
    /// Networks with `widths` units per layer, inputs first. Weights are uniform in
    /// ±sqrt(6 / inputs) (He et al. 2015), biases in ±sqrt(1 / inputs) so that the units of the
    /// first layer bend in different places; those of the last layer times `last_gain`.
    pub fn drawn(
        networks: usize,
        widths: &[usize],
        last_gain: f64,
        generator: &mut impl Rng,
        device: &Device,
    ) -> Self {
        let mut weights = Vec::new();
        let mut biases = Vec::new();
        for (layer, pair) in widths.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let gain = if layer + 2 == widths.len() { last_gain } else { 1.0 };
            let mut draw = |rows: usize, square: f64| {
                let limit = gain * libm::sqrt(square / inputs as f64);
                let values: Vec<f32> = (0..networks * rows * outputs)
                    .map(|_| (limit * (2.0 * seed::uniform(generator) - 1.0)) as f32)
                    .collect();
                let data = TensorData::new(values, [networks, rows, outputs]);
                Param::from_tensor(Tensor::from_data(data, device))
            };
            weights.push(draw(inputs, 6.0));
            biases.push(draw(1, 1.0));
        }
        Self { weights, biases }
    }

    #[cfg(test)]
    pub fn of(layers: Vec<LayerTensors>) -> Self {
        let parameter = |tensor: Tensor<3>| Param::from_tensor(Tensor::from_inner(tensor));
        let (weights, biases) = layers
            .into_iter()
            .map(|layer| (parameter(layer.weight), parameter(layer.bias)))
            .unzip();
        Self { weights, biases }
    }

    /// The layers as they are, with what leads back to them.
    pub fn layers(&self) -> Vec<LayerTensors> {
        self.weights
            .iter()
            .zip(&self.biases)
            .map(|(weight, bias)| LayerTensors { weight: weight.val(), bias: bias.val() })
            .collect()
    }

    /// The layers as plain numbers, for evaluation without gradients.
    pub fn plain(&self) -> Vec<LayerTensors> {
        let plain = |layer: LayerTensors| LayerTensors {
            weight: layer.weight.inner(),
            bias: layer.bias.inner(),
        };
        self.layers().into_iter().map(plain).collect()
    }

    /// The first `networks` networks as constants among differentiable tensors.
    pub fn constants(&self, networks: usize) -> Vec<LayerTensors> {
        let lift = |tensor: Tensor<3>| Tensor::from_inner(tensor.narrow(0, 0, networks));
        let constant = |layer: LayerTensors| LayerTensors {
            weight: lift(layer.weight),
            bias: lift(layer.bias),
        };
        self.plain().into_iter().map(constant).collect()
    }
}

/// Outputs of `layers` for `inputs`, networks x rows x width.
pub(super) fn forward(layers: &[LayerTensors], inputs: Tensor<3>) -> Tensor<3> {
    let mut values = inputs;
    for (index, layer) in layers.iter().enumerate() {
        values = values.matmul(layer.weight.clone()) + layer.bias.clone();
        if index + 1 < layers.len() {
            values = silu(values);
        }
    }
    values
}

/// Moves `target` towards `online` by the part `rate` (Polyak averaging).
pub(super) fn follow(target: &mut [LayerTensors], online: &[LayerTensors], rate: f64) {
    let towards = |target: &mut Tensor<3>, online: &Tensor<3>| {
        *target = target.clone() + (online.clone() - target.clone()).mul_scalar(rate);
    };
    for (target, online) in target.iter_mut().zip(online) {
        towards(&mut target.weight, &online.weight);
        towards(&mut target.bias, &online.bias);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(tensor: Tensor<3>) -> Vec<f64> {
        tensor.into_data().iter::<f32>().map(f64::from).collect()
    }

    fn population(networks: usize) -> Population {
        let device = Device::flex().autodiff();
        Population::drawn(networks, &[3, 5, 4, 2], 0.5, &mut seed::stream(3, 1), &device)
    }

    #[test]
    fn each_network_answers_as_a_plain_loop_over_its_weights() {
        let layers = population(2).plain();
        let rows: Vec<f32> = (0..2 * 4 * 3).map(|i| ((i * 7 % 11) as f32 - 5.0) / 4.0).collect();
        let inputs =
            Tensor::<3>::from_data(TensorData::new(rows.clone(), [2, 4, 3]), &Device::flex());
        let found = numbers(forward(&layers, inputs));
        let plain: Vec<_> = layers
            .iter()
            .map(|l| (numbers(l.weight.clone()), numbers(l.bias.clone()), l.weight.dims()))
            .collect();
        let silu = |value: f64| value / (1.0 + (-value).exp());
        for network in 0..2 {
            for row in 0..4 {
                let start = (network * 4 + row) * 3;
                let mut values: Vec<f64> =
                    rows[start..start + 3].iter().map(|v| f64::from(*v)).collect();
                for (depth, (weight, bias, [_, inputs, outputs])) in plain.iter().enumerate() {
                    let at = |i: usize, o: usize| weight[(network * inputs + i) * outputs + o];
                    values = (0..*outputs)
                        .map(|o| {
                            let sum: f64 = (0..*inputs).map(|i| values[i] * at(i, o)).sum();
                            sum + bias[network * outputs + o]
                        })
                        .map(|sum| if depth + 1 < plain.len() { silu(sum) } else { sum })
                        .collect();
                }
                for (output, value) in values.iter().enumerate() {
                    let got = found[(network * 4 + row) * 2 + output];
                    assert!((got - value).abs() < 1e-5, "{got} {value}");
                }
            }
        }
    }

    #[test]
    fn targets_follow_by_the_stated_part() {
        let online = population(1).plain();
        let other = Population::drawn(
            1,
            &[3, 5, 4, 2],
            1.0,
            &mut seed::stream(9, 1),
            &Device::flex().autodiff(),
        );
        let mut target = other.plain();
        let before = numbers(target[1].weight.clone());
        follow(&mut target, &online, 0.25);
        let after = numbers(target[1].weight.clone());
        let goal = numbers(online[1].weight.clone());
        for ((before, after), goal) in before.iter().zip(after).zip(goal) {
            assert!((after - (0.75 * before + 0.25 * goal)).abs() < 1e-6);
        }
        follow(&mut target, &online, 1.0);
        let (reached, goal) =
            (numbers(target[0].weight.clone()), numbers(online[0].weight.clone()));
        assert!(reached.iter().zip(goal).all(|(reached, goal)| (reached - goal).abs() < 1e-6));
    }
}
