//! What MicroOpt compares itself with and needs no search of its own: Peak-alloc.

use slicewise_core::card::Better;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::{Estimator, Method, SliceProblem};
use slicewise_nets::Network;

/// Degradation threshold of Peak-alloc (MicroOpt, section VI-A2).
pub const PEAK_DEGRADATION: f64 = 0.01;

/// One slice as Peak-alloc sees it: constant peak traffic, the default QoS threshold (5 Mbit/s on
/// the testbed) or the slice's own where that is stricter, and a degradation threshold of 0.01. A
/// static plan is made for the model's whole range of traffic, so the peak is at least the largest
/// traffic in the training data.
pub fn peak_slice(network: &Network, problem: &SliceProblem, slice: usize) -> SliceProblem {
    let card = &network.card;
    let mut terms = problem.slices[slice].clone();
    let peak = terms.traffic.peak().max(card.inputs[0].trained_maximum);
    terms.traffic = Traffic::Constant { users_per_second: peak };
    terms.qos_threshold = match card.output.better {
        Better::Higher => terms.qos_threshold.max(card.output.threshold_default),
        Better::Lower => terms.qos_threshold.min(card.output.threshold_default),
    };
    terms.degradation_threshold = terms.degradation_threshold.min(PEAK_DEGRADATION);
    SliceProblem {
        slices: vec![terms],
        method: Method::Certified,
        estimator: Estimator::ClosedForm,
        ..problem.clone()
    }
}
