//! A Bayesian network by mean-field variational inference (Blundell et al., Weight Uncertainty in Neural
//! Networks, ICML 2015): every weight is normal with a mean and a deviation of its own.
//!
//! One draw of all weights serves a batch. The divergence from the prior N(0, 1) is averaged over each
//! layer's weights and over its biases, then added up: summed over tens of thousands of weights it would
//! drown the error of a few hundred points.

use slicewise_core::seed::{Rng, uniform};

use super::dense::{Shape, Trace};
use super::steps::Adadelta;

/// What is learned of each weight: the mean, and rho, of which the deviation is ln(1 + e^rho).
#[derive(Clone, Debug)]
pub struct Bayesian {
    shape: Shape,
    means: Vec<f32>,
    rhos: Vec<f32>,
    noise: Vec<f32>,
    drawn: Vec<f32>,
    gradient: Vec<f32>,
    rho_gradient: Vec<f32>,
    mean_steps: Adadelta,
    rho_steps: Adadelta,
    trace: Trace,
}

impl Bayesian {
    /// A network before it has seen anything: means drawn as [`Shape::drawn`] does, every rho `rho`.
    pub fn new(shape: Shape, rho: f64, generator: &mut impl Rng) -> Self {
        let count = shape.parameters();
        Self {
            means: shape.drawn(1.0, generator),
            rhos: vec![rho as f32; count],
            noise: vec![0.0; count],
            drawn: vec![0.0; count],
            gradient: vec![0.0; count],
            rho_gradient: vec![0.0; count],
            mean_steps: Adadelta::new(count),
            rho_steps: Adadelta::new(count),
            trace: Trace::default(),
            shape,
        }
    }

    /// The divergence of the weights from N(0, 1): for each layer the mean over its weights and the mean
    /// over its biases, added up.
    pub fn divergence(&self) -> f64 {
        let mean = |from: usize, to: usize| {
            let pairs = self.means[from..to].iter().zip(&self.rhos[from..to]);
            pairs
                .map(|(mean, rho)| divergence(f64::from(*mean), f64::from(deviation(*rho))))
                .sum::<f64>()
                / (to - from) as f64
        };
        let layers = self.shape.layers();
        layers
            .iter()
            .map(|layer| mean(layer.weights, layer.biases) + mean(layer.biases, layer.end))
            .sum()
    }

    /// Draws a network from the weights' distributions.
    pub fn draw(&mut self, generator: &mut impl Rng) {
        fill_normal(&mut self.noise, generator);
        for (index, drawn) in self.drawn.iter_mut().enumerate() {
            *drawn = self.means[index] + deviation(self.rhos[index]) * self.noise[index];
        }
    }

    /// Outputs of the network drawn last for `inputs`, rows x inputs.
    pub fn outputs(&mut self, inputs: &[f32]) -> &[f32] {
        self.shape.forward(&self.drawn, inputs, &mut self.trace);
        self.trace.outputs()
    }

    /// One step of Adadelta, at `rate`, on the mean squared error of `targets` (one for each row of
    /// `inputs`) plus the divergence times `weight`.
    pub fn learn(
        &mut self,
        inputs: &[f32],
        targets: &[f32],
        weight: f64,
        rate: f64,
        generator: &mut impl Rng,
    ) {
        self.draw(generator);
        self.shape.forward(&self.drawn, inputs, &mut self.trace);
        let count = targets.len() as f32;
        let outputs = self.trace.outputs().iter().zip(targets);
        let slopes: Vec<f32> = outputs.map(|(o, target)| 2.0 * (o - target) / count).collect();
        self.gradient.fill(0.0);
        self.shape.backward(&self.drawn, &mut self.trace, &slopes, &mut self.gradient);
        self.add_divergence(weight);
        self.mean_steps.step(&mut self.means, &self.gradient, rate);
        self.rho_steps.step(&mut self.rhos, &self.rho_gradient, rate);
    }

    /// From the gradient by the drawn weights to those by means and rhos, with the divergence's.
    fn add_divergence(&mut self, weight: f64) {
        for layer in self.shape.layers() {
            for (from, to) in [(layer.weights, layer.biases), (layer.biases, layer.end)] {
                let weight = (weight / (to - from) as f64) as f32;
                for index in from..to {
                    let rho = self.rhos[index];
                    let deviation = deviation(rho);
                    let slope = 1.0 / (1.0 + libm::expf(-rho));
                    let of_deviation = self.gradient[index] * self.noise[index]
                        + weight * (deviation - 1.0 / deviation);
                    self.rho_gradient[index] = of_deviation * slope;
                    self.gradient[index] += weight * self.means[index];
                }
            }
        }
    }
}

/// Divergence of N(mean, deviation²) from N(0, 1).
pub fn divergence(mean: f64, deviation: f64) -> f64 {
    -libm::log(deviation) + 0.5 * (deviation * deviation + mean * mean) - 0.5
}

fn deviation(rho: f32) -> f32 {
    // What is too small for f32 would have no logarithm.
    libm::log1pf(libm::expf(rho)).max(1e-12)
}

/// Standard normal numbers, two at a time (Box and Muller).
fn fill_normal(numbers: &mut [f32], generator: &mut impl Rng) {
    for pair in numbers.chunks_mut(2) {
        let radius = libm::sqrtf(-2.0 * libm::logf((1.0 - uniform(generator)) as f32));
        let (sine, cosine) = libm::sincosf((std::f64::consts::TAU * uniform(generator)) as f32);
        pair[0] = radius * cosine;
        if let Some(second) = pair.get_mut(1) {
            *second = radius * sine;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense::Activation;
    use super::*;
    use slicewise_core::seed::stream;

    fn small() -> Bayesian {
        let shape = Shape { widths: vec![1, 6, 1], activation: Activation::Rectifier };
        Bayesian::new(shape, -3.0, &mut stream(2, 0))
    }

    #[test]
    fn the_divergence_is_the_integral_that_defines_it() {
        // ∫ q ln(q / p) by the trapezoidal rule, which is exact to rounding for such integrands.
        for (mean, deviation) in [(0.0, 1.0), (0.7, 0.3), (-1.5, 2.0)] {
            let normal = |x: f64, m: f64, s: f64| {
                (-0.5 * ((x - m) / s).powi(2)).exp() / (s * std::f64::consts::TAU.sqrt())
            };
            let step = 0.001 * deviation;
            let integral: f64 = (-12_000..=12_000)
                .map(|i| {
                    let x = mean + f64::from(i) * step;
                    let q = normal(x, mean, deviation);
                    if q > 0.0 {
                        let log_p = -0.5 * x * x - 0.5 * std::f64::consts::TAU.ln();
                        step * q * (q.ln() - log_p)
                    } else {
                        0.0
                    }
                })
                .sum();
            let found = divergence(mean, deviation);
            assert!((found - integral).abs() < 1e-9, "{found} {integral}");
        }
    }

    #[test]
    fn layers_average_the_divergence_of_their_weights() {
        let network = small();
        let rho = f64::ln(1.0 + f64::exp(-3.0));
        let of = |from: usize, to: usize| {
            network.means[from..to].iter().map(|m| divergence(f64::from(*m), rho)).sum::<f64>()
                / (to - from) as f64
        };
        let expected = of(0, 6) + of(6, 12) + of(12, 18) + of(18, 19);
        assert!((network.divergence() - expected).abs() < 1e-5);
    }

    #[test]
    fn gradients_of_the_divergence_are_those_of_finite_differences() {
        let mut network = small();
        network.noise.fill(0.0);
        network.gradient.fill(0.0);
        network.add_divergence(0.5);
        for index in [0, 7, 13, 18] {
            let at = |mean: f32, rho: f32| {
                let mut moved = network.clone();
                moved.means[index] += mean;
                moved.rhos[index] += rho;
                0.5 * moved.divergence()
            };
            let by_mean = (at(1e-2, 0.0) - at(-1e-2, 0.0)) / 2e-2;
            let by_rho = (at(0.0, 1e-2) - at(0.0, -1e-2)) / 2e-2;
            let (mean, rho) =
                (f64::from(network.gradient[index]), f64::from(network.rho_gradient[index]));
            assert!((by_mean - mean).abs() < 1e-3 * (1.0 + mean.abs()), "{by_mean} {mean}");
            assert!((by_rho - rho).abs() < 1e-3 * (1.0 + rho.abs()), "{by_rho} {rho}");
        }
    }

    #[test]
    fn it_learns_a_step_and_draws_disagree_more_where_it_has_seen_nothing() {
        let shape = Shape { widths: vec![1, 32, 32, 1], activation: Activation::Rectifier };
        let mut generator = stream(3, 0);
        let mut network = Bayesian::new(shape, -3.0, &mut generator);
        let inputs: Vec<f32> = (0..64).map(|i| i as f32 / 128.0).collect();
        let targets: Vec<f32> = inputs.iter().map(|x| if *x < 0.25 { 1.0 } else { 0.0 }).collect();
        for _ in 0..1500 {
            network.learn(&inputs, &targets, 1.0 / 128.0, 1.0, &mut generator);
        }
        let asked = [0.1, 0.4, 3.0];
        let draws: Vec<Vec<f32>> = (0..100)
            .map(|_| {
                network.draw(&mut generator);
                network.outputs(&asked).to_vec()
            })
            .collect();
        let mean = |k: usize| draws.iter().map(|d| d[k]).sum::<f32>() / 100.0;
        let spread =
            |k: usize| (draws.iter().map(|d| (d[k] - mean(k)).powi(2)).sum::<f32>() / 100.0).sqrt();
        assert!((mean(0) - 1.0).abs() < 0.25 && mean(1).abs() < 0.25, "{} {}", mean(0), mean(1));
        assert!(spread(2) > 2.0 * spread(0), "{} {}", spread(2), spread(0));
    }

    #[test]
    fn pairs_of_normal_numbers_have_mean_zero_and_variance_one() {
        let mut numbers = vec![0.0; 40_001];
        fill_normal(&mut numbers, &mut stream(1, 0));
        let mean = numbers.iter().sum::<f32>() / 40_001.0;
        let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f32>() / 40_001.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
