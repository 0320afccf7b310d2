//! Slice traffic within one reconfiguration interval, as a distribution over users per second.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::order::order;

/// The largest traffic that any field accepts, in users/s.
pub const HIGHEST_TRAFFIC: f64 = 1e6;
/// How many weighted samples stand for a continuous or a measured distribution.
pub const SAMPLES: usize = 16;

/// One level of traffic and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficSample {
    /// Traffic x in users/s, 0 or more.
    pub users_per_second: f64,
    /// Relative frequency of this level, more than 0; the weights need not sum to 1.
    pub weight: f64,
}

/// Traffic as the visitor gives it (MicroOpt, section III: the vector x of an interval).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", try_from = "TrafficFields")]
pub enum Traffic {
    /// The same traffic throughout the interval.
    Constant {
        /// Traffic in users/s.
        users_per_second: f64,
    },
    /// A normal distribution cut off at 0 users/s (MicroOpt, section VI-A3).
    Normal {
        /// Mean before the cut, in users/s.
        mean: f64,
        /// Standard deviation before the cut, in users/s.
        deviation: f64,
    },
    /// Weighted levels, for example the histogram of a measured series.
    Samples {
        /// The levels, at least one.
        samples: Vec<TrafficSample>,
    },
}

/// The fields of every kind of [`Traffic`] side by side: read so, a page needs no buffer for fields
/// before their kind, whose code weighs 10 KB.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrafficFields {
    kind: TrafficKind,
    users_per_second: Option<f64>,
    mean: Option<f64>,
    deviation: Option<f64>,
    samples: Option<Vec<TrafficSample>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TrafficKind {
    Constant,
    Normal,
    Samples,
}

impl TryFrom<TrafficFields> for Traffic {
    type Error = InputError;

    fn try_from(fields: TrafficFields) -> Result<Self, InputError> {
        let TrafficFields { kind, users_per_second, mean, deviation, samples } = fields;
        match (kind, users_per_second, mean, deviation, samples) {
            (TrafficKind::Constant, Some(users_per_second), None, None, None) => {
                Ok(Self::Constant { users_per_second })
            }
            (TrafficKind::Normal, None, Some(mean), Some(deviation), None) => {
                Ok(Self::Normal { mean, deviation })
            }
            (TrafficKind::Samples, None, None, None, Some(samples)) => {
                Ok(Self::Samples { samples })
            }
            (kind, ..) => {
                let (kind, allowed) = match kind {
                    TrafficKind::Constant => ("constant", "users_per_second"),
                    TrafficKind::Normal => ("normal", "mean and deviation"),
                    TrafficKind::Samples => ("samples", "samples"),
                };
                let found = format!("{kind} with other fields");
                Err(InputError::new("traffic", found, format!("{kind} with {allowed} alone")))
            }
        }
    }
}

impl Traffic {
    /// Checks every number.
    ///
    /// # Errors
    /// Names the first field that is not finite or out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        const UNIT: &str = "users/s";
        match self {
            Self::Constant { users_per_second } => {
                check_range("users_per_second", *users_per_second, 0.0, HIGHEST_TRAFFIC, UNIT)
            }
            Self::Normal { mean, deviation } => {
                check_range("mean", *mean, 0.0, HIGHEST_TRAFFIC, UNIT)?;
                check_range("deviation", *deviation, 0.0, HIGHEST_TRAFFIC, UNIT)
            }
            Self::Samples { samples } => {
                if samples.is_empty() || samples.len() > 4096 {
                    return Err(InputError::new(
                        "samples",
                        format!("{} samples", samples.len()),
                        "1 to 4096 samples",
                    ));
                }
                for (index, sample) in samples.iter().enumerate() {
                    let field = |name: &str| format!("samples[{index}].{name}");
                    check_range(
                        &field("users_per_second"),
                        sample.users_per_second,
                        0.0,
                        HIGHEST_TRAFFIC,
                        UNIT,
                    )?;
                    check_range(&field("weight"), sample.weight, f64::MIN_POSITIVE, 1e12, "")?;
                }
                Ok(())
            }
        }
    }

    /// The distribution as weighted samples: one for a constant, [`SAMPLES`] quantile mid-points
    /// for a normal distribution, the levels themselves otherwise.
    pub fn samples(&self) -> Vec<TrafficSample> {
        match self {
            Self::Constant { users_per_second } => {
                vec![TrafficSample { users_per_second: *users_per_second, weight: 1.0 }]
            }
            Self::Normal { mean, deviation } if *deviation == 0.0 => {
                vec![TrafficSample { users_per_second: *mean, weight: 1.0 }]
            }
            Self::Normal { mean, deviation } => normal_quantiles(*mean, *deviation),
            Self::Samples { samples } => samples.clone(),
        }
    }

    /// A measured series as at most [`SAMPLES`] levels of equal frequency: the mean of each
    /// sixteenth of the sorted series, so that the mean of the series is kept.
    ///
    /// # Errors
    /// Names the row (from 1) of the first value that is not finite, negative or too large.
    pub fn from_series(users_per_second: &[f64]) -> Result<Self, InputError> {
        if users_per_second.is_empty() {
            return Err(InputError::new("series", "without a row", "at least one row"));
        }
        for (index, value) in users_per_second.iter().enumerate() {
            check_range(&format!("row {}", index + 1), *value, 0.0, HIGHEST_TRAFFIC, "users/s")?;
        }
        let mut sorted = users_per_second.to_vec();
        sorted.sort_by(f64::total_cmp);
        let groups = SAMPLES.min(sorted.len());
        let samples = (0..groups)
            .map(|group| {
                let part =
                    &sorted[group * sorted.len() / groups..(group + 1) * sorted.len() / groups];
                TrafficSample {
                    users_per_second: part.iter().sum::<f64>() / part.len() as f64,
                    weight: part.len() as f64,
                }
            })
            .collect();
        Ok(Self::Samples { samples })
    }

    /// At most [`SAMPLES`] levels in place of many: the weighted mean of each sixteenth, so that the
    /// mean is kept.
    #[must_use]
    pub fn condensed(samples: Vec<TrafficSample>) -> Self {
        if samples.len() <= SAMPLES {
            return Self::Samples { samples };
        }
        let users = |at: usize| samples[at].users_per_second;
        let order = order(samples.len(), &|a, b| users(a).total_cmp(&users(b)));
        let total: f64 = samples.iter().map(|sample| sample.weight).sum();
        let mut groups = [(0.0, 0.0); SAMPLES];
        let mut passed = 0.0;
        for sample in order.into_iter().map(|at| samples[at]) {
            let middle = (passed + 0.5 * sample.weight) / total;
            passed += sample.weight;
            let group = &mut groups[((middle * SAMPLES as f64) as usize).min(SAMPLES - 1)];
            group.0 += sample.weight;
            group.1 += sample.weight * sample.users_per_second;
        }
        let level =
            |(weight, sum): (f64, f64)| TrafficSample { users_per_second: sum / weight, weight };
        Self::Samples {
            samples: groups.into_iter().filter(|group| group.0 > 0.0).map(level).collect(),
        }
    }

    /// The same shape around another mean: every level scaled by the same factor. Where the mean
    /// is 0, so is every level, and the traffic becomes constant.
    #[must_use]
    pub fn with_mean(&self, mean: f64) -> Self {
        let old = self.mean();
        if old <= 0.0 {
            return Self::Constant { users_per_second: mean };
        }
        let factor = mean / old;
        match self {
            Self::Constant { .. } => Self::Constant { users_per_second: mean },
            Self::Normal { mean, deviation } => {
                Self::Normal { mean: mean * factor, deviation: deviation * factor }
            }
            Self::Samples { samples } => Self::Samples {
                samples: samples
                    .iter()
                    .map(|s| TrafficSample { users_per_second: s.users_per_second * factor, ..*s })
                    .collect(),
            },
        }
    }

    /// The largest level, in users/s.
    pub fn peak(&self) -> f64 {
        self.samples().iter().map(|s| s.users_per_second).fold(0.0, f64::max)
    }

    /// What a static allocation is made for: the largest level throughout.
    #[must_use]
    pub fn at_peak(&self) -> Self {
        Self::Constant { users_per_second: self.peak() }
    }

    /// The mean level, in users/s.
    pub fn mean(&self) -> f64 {
        let samples = self.samples();
        let weight: f64 = samples.iter().map(|s| s.weight).sum();
        samples.iter().map(|s| s.weight * s.users_per_second).sum::<f64>() / weight
    }
}

/// Mid-points of [`SAMPLES`] slices of equal probability of the normal distribution cut at 0.
fn normal_quantiles(mean: f64, deviation: f64) -> Vec<TrafficSample> {
    let below_zero = standard_normal_cdf(-mean / deviation);
    (0..SAMPLES)
        .map(|index| {
            let share = (index as f64 + 0.5) / SAMPLES as f64;
            let z = standard_normal_quantile(below_zero + share * (1.0 - below_zero));
            TrafficSample { users_per_second: (mean + deviation * z).max(0.0), weight: 1.0 }
        })
        .collect()
}

/// Φ(z), by the complementary error function.
pub fn standard_normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Φ⁻¹(p) for p in (0, 1), by bisection on [`standard_normal_cdf`]: exact to rounding, and used
/// too rarely to need a faster formula.
pub fn standard_normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if standard_normal_cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_the_published_table() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959_963_985), (0.01, -2.326_347_874)] {
            assert!((standard_normal_quantile(p) - z).abs() < 1e-8);
        }
    }

    #[test]
    fn a_normal_distribution_keeps_its_mean_and_nearly_its_deviation() {
        let samples = Traffic::Normal { mean: 10.0, deviation: 1.0 }.samples();
        let mean = samples.iter().map(|s| s.users_per_second).sum::<f64>() / 16.0;
        let variance =
            samples.iter().map(|s| (s.users_per_second - mean).powi(2)).sum::<f64>() / 16.0;
        assert!((mean - 10.0).abs() < 1e-9);
        assert!((variance.sqrt() - 0.96).abs() < 0.02, "{}", variance.sqrt());
    }

    #[test]
    fn the_peak_of_a_traffic_is_its_largest_level_throughout() {
        let level = |users_per_second| TrafficSample { users_per_second, weight: 1.0 };
        let traffic = Traffic::Samples { samples: vec![level(2.0), level(4.5), level(1.0)] };
        assert_eq!(traffic.at_peak(), Traffic::Constant { users_per_second: 4.5 });
        assert_eq!(traffic.at_peak().at_peak(), traffic.at_peak());
    }

    #[test]
    fn a_series_keeps_its_mean() {
        let series: Vec<f64> = (0..101).map(|i| f64::from(i) * 0.1).collect();
        let traffic = Traffic::from_series(&series).unwrap();
        assert_eq!(traffic.samples().len(), SAMPLES);
        assert!((traffic.mean() - 5.0).abs() < 1e-12);
    }

    #[test]
    fn bad_traffic_is_named() {
        let error = Traffic::from_series(&[1.0, f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "row 2 is NaN; allowed: 0 to 1000000 users/s");
        let error = Traffic::Normal { mean: -1.0, deviation: 0.0 }.validate().unwrap_err();
        assert_eq!(error.field, "mean");
        let error = Traffic::Samples { samples: vec![] }.validate().unwrap_err();
        assert_eq!(error.field, "samples");
    }
}
