//! The same times through burn's autodiff.

use burn::tensor::{DType, Device};
use slicewise_nets::dense::reference::BurnEvaluator;

use super::*;

/// burn is slow enough that few repeats give a stable median.
const REPEATS: usize = 3;

pub(super) async fn steps(
    network: &Network,
    question: &[Question; 1],
    seed: u64,
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<Option<f64>, Halted> {
    let evaluator = || BurnEvaluator::new(network, &Device::flex(), DType::F32);
    super::steps(question, evaluator, seed, REPEATS, now, monitor).await.map(Some)
}

pub(super) async fn gradients(
    network: &Network,
    question: &[Question; 1],
    repeats: usize,
    now: &impl Fn() -> f64,
) -> Option<f64> {
    let evaluator = BurnEvaluator::new(network, &Device::flex(), DType::F32);
    Some(super::gradients(question, evaluator, repeats, 5, now).await)
}
