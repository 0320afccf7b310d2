//! The fit of a network to what runs of ports measured.

use slicewise_core::seed::{ChaCha8Rng, normal, shuffle};

use crate::formula::scheduled::REACH;
use crate::formula::scheduled::description::{Description, FEATURES};
use crate::formula::scheduled::network::{Layer, Network, OUTPUTS, squash};

/// A class at a port, and what a run measured of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The class.
    pub description: Description,
    /// Time to send a packet of mean size, in seconds.
    pub send_s: f64,
    /// Measured mean wait, in seconds.
    pub wait_s: f64,
    /// Measured variance of the wait, in seconds squared.
    pub variance_s2: f64,
    /// Measured share of lost packets.
    pub loss: f64,
    /// Packets whose wait was measured.
    pub sent: f64,
}

/// How a network learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Passes over the rows.
    pub epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// Learning rate at the start; it falls to nothing by half a cosine.
    pub learning_rate: f64,
}

/// A wait or a variance is compared beside this share of the time to send a packet (of its square), since
/// nobody sees an error of a wait that is far below it.
const BESIDE: [f64; 2] = [0.3, 0.1];
/// What errors weigh: of the wait, of the variance, of the loss.
const WEIGHTS: [f64; OUTPUTS] = [1.0, 0.15, 10.0];
/// Rows with this many measured packets weigh half.
const HALF_WEIGHT_PACKETS: f64 = 2000.0;

/// A fit in progress.
pub struct Fit<'a> {
    rows: &'a [Row],
    lesson: Lesson,
    /// Mean and one over the standard deviation of each feature.
    scale: Vec<(f64, f64)>,
    network: Network,
    steps: Vec<Moments>,
    order: Vec<usize>,
    pass: Pass,
    step: usize,
    generator: ChaCha8Rng,
}

/// Adam's running moments of one layer (Kingma and Ba, 2015, algorithm 1), and its gradient.
struct Moments {
    gradient: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl<'a> Fit<'a> {
    /// Begins with weights drawn from `generator`. There is at least one row.
    pub fn new(rows: &'a [Row], lesson: Lesson, mut generator: ChaCha8Rng) -> Self {
        let scale = (0..FEATURES.len()).map(|feature| scale_of(rows, feature)).collect();
        let mut units = vec![FEATURES.len()];
        units.extend(&lesson.hidden);
        units.push(OUTPUTS);
        let layers: Vec<Layer> =
            units.windows(2).map(|pair| drawn_layer(pair[0], pair[1], &mut generator)).collect();
        let moments = |layer: &Layer| {
            let zeros = vec![0.0; layer.weight.len() + layer.bias.len()];
            Moments { gradient: zeros.clone(), first: zeros.clone(), second: zeros }
        };
        Self {
            rows,
            lesson,
            scale,
            steps: layers.iter().map(moments).collect(),
            pass: Pass::new(&layers),
            network: Network { layers },
            order: (0..rows.len()).collect(),
            step: 0,
            generator,
        }
    }

    /// Brings the rows into a new order; gives the number of steps of a pass over them.
    pub fn start_pass(&mut self) -> usize {
        shuffle(&mut self.order, &mut self.generator);
        self.order.len().div_ceil(self.lesson.batch)
    }

    /// Takes step `index` of this pass; gives the error of its rows before it, added up.
    pub fn learn(&mut self, index: usize) -> f64 {
        let order = std::mem::take(&mut self.order);
        let first = index * self.lesson.batch;
        let batch = &order[first..order.len().min(first + self.lesson.batch)];
        let error = batch.iter().map(|row| self.add_gradient(*row)).sum();
        let steps = order.len().div_ceil(self.lesson.batch) * self.lesson.epochs.max(1);
        let done = self.step as f64 / steps as f64;
        let rate = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * done.min(1.0)));
        self.descend(self.lesson.learning_rate * rate, 1.0 / batch.len() as f64);
        self.order = order;
        error
    }

    /// The network as it is, for features as they are.
    pub fn network(&self) -> Network {
        let mut network = self.network.clone();
        if let Some(first) = network.layers.first_mut() {
            for (row, (mean, over_deviation)) in
                first.weight.chunks_exact_mut(first.outputs).zip(&self.scale)
            {
                for (weight, bias) in row.iter_mut().zip(&mut first.bias) {
                    *weight *= over_deviation;
                    *bias -= *weight * mean;
                }
            }
        }
        network
    }

    fn add_gradient(&mut self, row: usize) -> f64 {
        let (row, pass) = (&self.rows[row], &mut self.pass);
        for (to, (feature, (mean, over_deviation))) in
            pass.values[0].iter_mut().zip(row.description.features.iter().zip(&self.scale))
        {
            *to = (feature - mean) * over_deviation;
        }
        pass.forward(&self.network);
        let (error, slopes) = cost(row, &pass.values[self.network.layers.len()]);
        pass.backward(&self.network, &slopes, &mut self.steps);
        error
    }

    fn descend(&mut self, rate: f64, of_gradient: f64) {
        const FIRST: f64 = 0.9;
        const SECOND: f64 = 0.999;
        self.step += 1;
        let corrected_first = 1.0 - libm::pow(FIRST, self.step as f64);
        let corrected_second = 1.0 - libm::pow(SECOND, self.step as f64);
        for (layer, moments) in self.network.layers.iter_mut().zip(&mut self.steps) {
            let values = layer.weight.iter_mut().chain(&mut layer.bias);
            let Moments { gradient, first, second } = moments;
            for (((value, slope), first), second) in values.zip(gradient).zip(first).zip(second) {
                let gradient = std::mem::take(slope) * of_gradient;
                *first = FIRST * *first + (1.0 - FIRST) * gradient;
                *second = SECOND * *second + (1.0 - SECOND) * gradient * gradient;
                let size = (*second / corrected_second).sqrt() + 1e-9;
                *value -= rate * (*first / corrected_first) / size;
            }
        }
    }
}

fn scale_of(rows: &[Row], feature: usize) -> (f64, f64) {
    let count = rows.len() as f64;
    let values = || rows.iter().map(|row| row.description.features[feature]);
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    // A feature that is always the same has nothing to tell.
    (mean, if variance > 1e-8 { 1.0 / variance.sqrt() } else { 0.0 })
}

fn drawn_layer(inputs: usize, outputs: usize, generator: &mut ChaCha8Rng) -> Layer {
    let size = (1.0 / inputs as f64).sqrt();
    let weight = (0..inputs * outputs).map(|_| size * normal(generator)).collect();
    Layer { inputs, outputs, weight, bias: vec![0.0; outputs] }
}

/// The error of a row and its slopes by the network's outputs.
fn cost(row: &Row, outputs: &[f64]) -> (f64, [f64; OUTPUTS]) {
    let certain = row.sent / (row.sent + HALF_WEIGHT_PACKETS);
    let description = &row.description;
    let (mut error, mut slopes) = (0.0, [0.0; OUTPUTS]);
    let pairs = [
        (description.wait_s, row.wait_s, row.send_s),
        (description.variance_s2, row.variance_s2, row.send_s * row.send_s),
    ];
    for (index, (base, measured, unit)) in pairs.into_iter().enumerate() {
        let told = base * libm::exp(REACH[index] * outputs[index]);
        let beside = BESIDE[index] * unit;
        let off = libm::log((told + beside) / (measured + beside));
        let weight = WEIGHTS[index] * certain;
        // Errors above this grow by their size, not by its square.
        const FAR: f64 = 0.3;
        let (size, slope) = if off.abs() < FAR {
            (off * off, 2.0 * off)
        } else {
            (FAR * (2.0 * off.abs() - FAR), 2.0 * FAR * off.signum())
        };
        error += weight * size;
        slopes[index] = weight * slope * told / (told + beside) * REACH[index];
    }
    let odds = libm::exp(description.loss_log_odds + REACH[2] * outputs[2]);
    let loss = odds / (1.0 + odds);
    let information = |share: f64, told: f64| {
        if share > 0.0 { share * libm::log(share / told.max(1e-300)) } else { 0.0 }
    };
    error += WEIGHTS[2]
        * (information(row.loss, loss) + information(1.0 - row.loss, 1.0 / (1.0 + odds)));
    slopes[2] = WEIGHTS[2] * (loss - row.loss) * REACH[2];
    (error, slopes)
}

/// Memory of a pass through a network: the values of each layer, and slopes by them.
struct Pass {
    values: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl Pass {
    fn new(layers: &[Layer]) -> Self {
        let mut values = vec![vec![0.0; FEATURES.len()]];
        values.extend(layers.iter().map(|layer| vec![0.0; layer.outputs]));
        Self { slopes: values.clone(), values }
    }

    fn forward(&mut self, network: &Network) {
        for (index, layer) in network.layers.iter().enumerate() {
            let (before, after) = self.values.split_at_mut(index + 1);
            layer.apply(&before[index], &mut after[0]);
            after[0].iter_mut().for_each(|value| *value = squash(*value));
        }
    }

    fn backward(&mut self, network: &Network, slopes: &[f64; OUTPUTS], steps: &mut [Moments]) {
        self.slopes[network.layers.len()].copy_from_slice(slopes);
        for (index, layer) in network.layers.iter().enumerate().rev() {
            let (before, after) = self.slopes.split_at_mut(index + 1);
            let slopes = &mut after[0];
            for (slope, value) in slopes.iter_mut().zip(&self.values[index + 1]) {
                // The slope of x / sqrt(1 + x^2) is (1 - its square) to the power 3/2.
                let rest = 1.0 - value * value;
                *slope *= rest * rest.sqrt();
            }
            let (weights, biases) = steps[index].gradient.split_at_mut(layer.weight.len());
            biases.iter_mut().zip(&*slopes).for_each(|(bias, slope)| *bias += slope);
            let rows = weights.chunks_exact_mut(layer.outputs);
            let own = layer.weight.chunks_exact(layer.outputs);
            for (((gradient, weight), input), before) in
                rows.zip(own).zip(&self.values[index]).zip(&mut before[index])
            {
                let mut sum = 0.0;
                for ((gradient, weight), slope) in gradient.iter_mut().zip(weight).zip(&*slopes) {
                    *gradient += input * slope;
                    sum += weight * slope;
                }
                *before = sum;
            }
        }
    }
}
