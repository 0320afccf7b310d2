//! The tables of the paper on our own settings.

pub mod admission;
pub mod comparison;
pub mod reservation;
pub mod transfer;

use serde::Serialize;

use comparison::mean_and_deviation;

/// Mean and deviation over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Sample deviation.
    pub deviation: f64,
}

impl Spread {
    /// The spread of `values`.
    pub fn of(values: &[f64]) -> Self {
        let (mean, deviation) = mean_and_deviation(values);
        Self { mean, deviation }
    }
}

/// Wall time where there is a clock: a wasm build has none, and counts 0.
pub(crate) struct Clock {
    #[cfg(not(target_family = "wasm"))]
    started: std::time::Instant,
}

impl Clock {
    pub(crate) fn now() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            started: std::time::Instant::now(),
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        #[cfg(not(target_family = "wasm"))]
        return self.started.elapsed().as_secs_f64();
        #[cfg(target_family = "wasm")]
        return 0.0;
    }
}
