//! What a network promises its flows.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};

/// Bounds that every flow of a class keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The class; all classes where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u8>,
    /// Longest mean delay, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_delay_s: Option<f64>,
    /// Longest delay of 99 of 100 packets, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_delay_s: Option<f64>,
    /// Largest share of lost packets, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

impl Promise {
    /// Whether it is about flows of `class`.
    pub fn covers(&self, class: u8) -> bool {
        self.class.is_none_or(|own| own == class)
    }

    /// Whether a flow with these figures keeps it.
    pub fn is_kept(&self, mean_delay_s: f64, p99_delay_s: f64, loss: f64) -> bool {
        let within = |bound: Option<f64>, value: f64| bound.is_none_or(|bound| value <= bound);
        within(self.mean_delay_s, mean_delay_s)
            && within(self.p99_delay_s, p99_delay_s)
            && within(self.loss, loss)
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// Names the field under `field`.
    pub fn validate(&self, field: &str) -> Result<(), InputError> {
        let check = |name: &str, bound: Option<f64>, most, unit| {
            bound.map_or(Ok(()), |b| check_range(&format!("{field}.{name}"), b, 0.0, most, unit))
        };
        check("mean_delay_s", self.mean_delay_s, 1e6, "s")?;
        check("p99_delay_s", self.p99_delay_s, 1e6, "s")?;
        check("loss", self.loss, 1.0, "")
    }
}
