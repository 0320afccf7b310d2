//! How well a network describes measured rows.

use slicewise_core::card::{Metrics, Scale};
use slicewise_core::formats::measurements::Measurement;
use slicewise_nets::head::{log_density, mean, mean_of_exponential};
use slicewise_nets::{FusedEvaluator, Network};

/// Negative log-likelihood, squared and absolute error of the predicted mean, all in QoS units.
///
/// In a logarithmic scale the mean is taken of the QoS cut at the largest value measured: the tail
/// of a log-normal distribution has no counterpart in a network of finite queues.
pub fn metrics(network: &Network, rows: &[Measurement]) -> Metrics {
    let mut evaluator = FusedEvaluator::new(network);
    let inputs: Vec<f64> = rows.iter().flat_map(|row| row.inputs.iter().copied()).collect();
    let size = 3 * network.head.components;
    let mut distributions = vec![0.0; rows.len() * size];
    evaluator.distributions_now(&inputs, &mut distributions);
    let scale = network.card.output.scale;
    let mut sum = Metrics { nll: 0.0, mse: 0.0, mae: 0.0 };
    for (row, distribution) in rows.iter().zip(distributions.chunks_exact(size)) {
        let density = log_density(distribution, scale.forward(row.qos));
        let (predicted, jacobian) = match scale {
            Scale::Linear => (mean(distribution), 0.0),
            Scale::Logarithmic => (
                mean_of_exponential(distribution, network.card.output.measured_maximum),
                libm::log(row.qos),
            ),
        };
        let error = predicted - row.qos;
        sum.nll += jacobian - density;
        sum.mse += error * error;
        sum.mae += error.abs();
    }
    let count = rows.len().max(1) as f64;
    Metrics { nll: sum.nll / count, mse: sum.mse / count, mae: sum.mae / count }
}
