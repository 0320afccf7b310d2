//! The order in which every estimator of the planner reads a slice.

use super::HISTORY;

/// Features per slice: H active users, H CQI, both oldest first, required throughput, required delay
/// (IDLA, equation (8) with H = 5).
pub const FEATURES: usize = 2 * HISTORY + 2;

/// The features in the order of the estimators' cards: active users, CQI (0 to 15), required
/// throughput in Mbit/s, required delay in ms.
pub fn features(
    active_users: &[f64; HISTORY],
    cqi: &[f64; HISTORY],
    required_throughput_mbps: f64,
    required_delay_ms: f64,
) -> [f64; FEATURES] {
    let mut features = [0.0; FEATURES];
    features[..HISTORY].copy_from_slice(active_users);
    features[HISTORY..2 * HISTORY].copy_from_slice(cqi);
    features[2 * HISTORY] = required_throughput_mbps;
    features[2 * HISTORY + 1] = required_delay_ms;
    features
}
