//! How long planning takes.

use serde::{Deserialize, Serialize};

/// Medians of repeated measurements, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// Planning one slider step with the fused evaluator, without the certificate.
    pub step_fused_ms: f64,
    /// The same descent with burn's autodiff; absent in a build without burn.
    pub step_burn_ms: Option<f64>,
    /// Planning with the certificate.
    pub certified_ms: f64,
    /// Value and gradient of one allocation (all traffic samples), fused.
    pub gradient_fused_ms: f64,
    /// The same through burn's autodiff; absent in a build without burn.
    pub gradient_burn_ms: Option<f64>,
    /// Traffic samples per allocation.
    pub samples: usize,
    /// Boxes that the certificate took.
    pub boxes: u64,
}
