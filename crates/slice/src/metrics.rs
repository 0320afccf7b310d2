//! How well a network describes measured rows.

use slicewise_core::card::{Better, Metrics, Scale};
use slicewise_core::formats::measurements::Measurement;
use slicewise_nets::dense::head::{Head, Measure, log_density, mean, mean_of_exponential};
use slicewise_nets::{FusedEvaluator, Network};

/// Negative log-likelihood, squared and absolute error of the predicted mean, all in QoS units.
///
/// In a logarithmic scale the mean is taken of the QoS cut at the largest value measured: the tail
/// of a log-normal distribution has no counterpart in a network of finite queues.
pub fn metrics(network: &Network, rows: &[Measurement]) -> Metrics {
    let mut tally = Tally::new(network);
    tally.add(rows);
    tally.mean()
}

/// Share of `rows` that lie below the network's own 10 % quantile: 0.1 where it knows how sure it is.
pub fn below_tenth(network: &Network, rows: &[Measurement]) -> f64 {
    let scale = network.card.output.scale;
    let below = |row: &&Measurement| {
        let outputs = network.outputs(&row.inputs);
        let (higher, qos) = (Better::Higher, scale.forward(row.qos));
        let head = Head { better: higher, ..network.head };
        head.value(&outputs, qos, &Measure::Expected) < 0.1
    };
    rows.iter().filter(below).count() as f64 / rows.len().max(1) as f64
}

/// The sums behind [`metrics`], for rows that come part by part.
pub struct Tally<'a> {
    network: &'a Network,
    evaluator: FusedEvaluator,
    count: usize,
    sum: Metrics,
}

impl<'a> Tally<'a> {
    /// No row yet.
    pub fn new(network: &'a Network) -> Self {
        let sum = Metrics { nll: 0.0, mse: 0.0, mae: 0.0 };
        Self { network, evaluator: FusedEvaluator::new(network), count: 0, sum }
    }

    /// Adds `rows`.
    pub fn add(&mut self, rows: &[Measurement]) {
        let output = &self.network.card.output;
        let inputs: Vec<f64> = rows.iter().flat_map(|row| row.inputs.iter().copied()).collect();
        let size = 3 * self.network.head.components;
        let mut distributions = vec![0.0; rows.len() * size];
        self.evaluator.distributions_now(&inputs, &mut distributions);
        for (row, distribution) in rows.iter().zip(distributions.chunks_exact(size)) {
            let density = log_density(distribution, output.scale.forward(row.qos));
            let (predicted, jacobian) = match output.scale {
                Scale::Linear => (mean(distribution), 0.0),
                Scale::Logarithmic => {
                    (mean_of_exponential(distribution, output.measured_maximum), libm::log(row.qos))
                }
            };
            let error = predicted - row.qos;
            self.sum.nll += jacobian - density;
            self.sum.mse += error * error;
            self.sum.mae += error.abs();
        }
        self.count += rows.len();
    }

    /// The means over all rows added; 0 where there is none.
    pub fn mean(&self) -> Metrics {
        let count = self.count.max(1) as f64;
        Metrics { nll: self.sum.nll / count, mse: self.sum.mse / count, mae: self.sum.mae / count }
    }
}
