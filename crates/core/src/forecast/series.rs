//! Demand over time, in equal steps.

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_quantity};
use crate::error::{InputError, check_range};

/// The longest step, in minutes: a day.
pub const LONGEST_STEP_MINUTES: u32 = 24 * 60;
/// The most samples of a series: five years of 5-minute demand.
pub const MOST_SAMPLES: usize = 526_000;
/// The most steps in a row that are filled where samples are missing: the planner's look-back.
pub const LONGEST_GAP: usize = 12;

/// Demand for one service: one value per step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandSeries {
    /// Name of the service or of the place.
    pub name: String,
    /// Unit of the demand: `Mbit/s`, or what the source counts in.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the first step, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Demand of each step, 0 or more.
    pub values: Vec<f64>,
}

/// What was done to samples so that they became a series of equal steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treatment {
    /// Steps without a sample, filled along a line between their neighbours.
    pub filled: usize,
    /// Samples whose stamp had come before: each step takes the mean of its samples.
    pub duplicates: usize,
    /// Samples that came later in the file than a younger one: they were sorted.
    pub unsorted: usize,
}

impl DemandSeries {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that is out of range, or the sample that is not finite or negative.
    pub fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        let step = f64::from(self.step_minutes);
        check_range("step_minutes", step, 1.0, f64::from(LONGEST_STEP_MINUTES), "minutes")?;
        check_range("values", self.values.len() as f64, 1.0, MOST_SAMPLES as f64, "samples")?;
        for (index, value) in self.values.iter().enumerate() {
            check_range(&format!("values[{index}]"), *value, 0.0, LARGEST, &self.unit)?;
        }
        Ok(())
    }

    /// Steps of a day, at least 1.
    pub fn steps_per_day(&self) -> usize {
        (LONGEST_STEP_MINUTES / self.step_minutes.max(1)).max(1) as usize
    }

    /// Minute of the day (UTC) in which `step` starts.
    pub fn minute_of_day(&self, step: usize) -> u32 {
        let minute = self.start_minute + step as i64 * i64::from(self.step_minutes);
        minute.rem_euclid(i64::from(LONGEST_STEP_MINUTES)) as u32
    }

    /// Day of the week (UTC) in which `step` starts: 0 is Monday.
    pub fn weekday(&self, step: usize) -> u32 {
        let minute = self.start_minute + step as i64 * i64::from(self.step_minutes);
        // 1970-01-01 was a Thursday.
        (minute.div_euclid(i64::from(LONGEST_STEP_MINUTES)) + 3).rem_euclid(7) as u32
    }

    /// Builds a series from samples (minute since 1970, demand; none where the value is missing).
    ///
    /// The step is the shortest distance between two stamps, unless `step_minutes` gives it. Stamps are
    /// sorted, samples with the same stamp averaged, and up to [`LONGEST_GAP`] missing steps in a row
    /// filled along a line; missing samples at either end are dropped. [`Treatment`] counts all this.
    ///
    /// # Errors
    /// Names the sample (by `lines`, its line in the file) that is negative or not finite, or that lies
    /// off the steps; a gap that is too long; or that fewer than two samples are left.
    pub fn from_samples(
        name: &str,
        unit: &str,
        samples: &[Sample],
        step_minutes: Option<u32>,
    ) -> Result<(Self, Treatment), InputError> {
        let mut treatment = Treatment::default();
        for sample in samples {
            if let Some(value) = sample.value {
                check_range(&format!("line {}, demand", sample.line), value, 0.0, LARGEST, unit)?;
            }
        }
        let mut latest = i64::MIN;
        for sample in samples {
            treatment.unsorted += usize::from(sample.minute < latest);
            latest = latest.max(sample.minute);
        }
        let mut sorted: Vec<Sample> = samples.to_vec();
        sorted.sort_by_key(|sample| sample.minute);
        let grouped = averaged(&sorted, &mut treatment);
        let step = step_of(&grouped, step_minutes)?;
        let first = grouped.iter().position(|sample| sample.value.is_some());
        let last = grouped.iter().rposition(|sample| sample.value.is_some());
        let (Some(first), Some(last)) = (first, last) else {
            return Err(InputError::new("demand", "without a number", "at least two numbers"));
        };
        let mut values: Vec<f64> = Vec::new();
        let mut before: Option<(i64, f64)> = None;
        for sample in &grouped[first..=last] {
            let Some(value) = sample.value else { continue };
            if let Some((minute, previous)) = before {
                let distance = sample.minute - minute;
                if distance % i64::from(step) != 0 {
                    let allowed = format!("a multiple of {step} minutes after the sample before");
                    let found = format!("{distance} minutes after it");
                    return Err(InputError::new(
                        format!("line {}, time", sample.line),
                        found,
                        allowed,
                    ));
                }
                let missing = (distance / i64::from(step)) as usize - 1;
                if missing > LONGEST_GAP {
                    let allowed = format!("at most {LONGEST_GAP} missing steps in a row");
                    let found = format!("behind a gap of {missing} steps");
                    return Err(InputError::new(
                        format!("line {}, time", sample.line),
                        found,
                        allowed,
                    ));
                }
                for index in 1..=missing {
                    let share = index as f64 / (missing + 1) as f64;
                    values.push(previous + share * (value - previous));
                }
                treatment.filled += missing;
            }
            values.push(value);
            before = Some((sample.minute, value));
            check_range("demand", values.len() as f64, 1.0, MOST_SAMPLES as f64, "samples")?;
        }
        let series = Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            step_minutes: step,
            start_minute: grouped[first].minute,
            values,
        };
        series.validate()?;
        Ok((series, treatment))
    }
}

/// One sample as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Stamp, in minutes since 1970-01-01 00:00 UTC.
    pub minute: i64,
    /// Demand; none where it is missing.
    pub value: Option<f64>,
    /// Line of the file.
    pub line: u64,
}

/// One sample per stamp: the mean of those that have a value.
fn averaged(sorted: &[Sample], treatment: &mut Treatment) -> Vec<Sample> {
    sorted
        .chunk_by(|one, other| one.minute == other.minute)
        .map(|same| {
            treatment.duplicates += same.len() - 1;
            let values: Vec<f64> = same.iter().filter_map(|sample| sample.value).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            Sample { value: (!values.is_empty()).then_some(mean), ..same[0] }
        })
        .collect()
}

fn step_of(samples: &[Sample], step_minutes: Option<u32>) -> Result<u32, InputError> {
    let longest = i64::from(LONGEST_STEP_MINUTES);
    let found = match step_minutes {
        Some(step) => i64::from(step),
        None => match samples.windows(2).map(|pair| pair[1].minute - pair[0].minute).min() {
            Some(distance) => distance,
            None => {
                return Err(InputError::new("samples", samples.len(), "at least two stamps"));
            }
        },
    };
    if (1..=longest).contains(&found) {
        return Ok(found as u32);
    }
    let allowed = format!("1 to {LONGEST_STEP_MINUTES} minutes");
    Err(InputError::new("step", format!("{found} minutes"), allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(stamps: &[(i64, f64)]) -> Vec<Sample> {
        let sample = |(index, (minute, value)): (usize, &(i64, f64))| Sample {
            minute: *minute,
            value: (!value.is_nan()).then_some(*value),
            line: index as u64 + 2,
        };
        stamps.iter().enumerate().map(sample).collect()
    }

    fn built(stamps: &[(i64, f64)]) -> Result<(DemandSeries, Treatment), InputError> {
        DemandSeries::from_samples("trace", "Mbit/s", &samples(stamps), None)
    }

    #[test]
    fn gaps_and_missing_values_are_filled_along_a_line_and_counted() {
        let (series, treatment) =
            built(&[(0, 1.0), (5, 2.0), (10, f64::NAN), (20, 5.0), (25, f64::NAN)]).unwrap();
        assert_eq!(series.values, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(treatment, Treatment { filled: 2, duplicates: 0, unsorted: 0 });
    }

    #[test]
    fn stamps_are_sorted_and_duplicates_averaged_and_both_counted() {
        let (series, treatment) = built(&[(10, 3.0), (0, 1.0), (5, 2.0), (5, 4.0)]).unwrap();
        assert_eq!((series.values.as_slice(), series.start_minute), (&[1.0, 3.0, 3.0][..], 0));
        assert_eq!(treatment, Treatment { filled: 0, duplicates: 1, unsorted: 3 });
    }

    #[test]
    fn what_cannot_be_mended_is_named() {
        let message = |stamps: &[(i64, f64)]| built(stamps).unwrap_err().to_string();
        assert!(message(&[(0, 1.0), (5, -2.0)]).starts_with("line 3, demand is -2"));
        let gap = message(&[(0, 1.0), (5, 1.0), (100, 1.0)]);
        assert_eq!(
            gap,
            "line 4, time is behind a gap of 18 steps; allowed: at most 12 missing steps in a row"
        );
        assert!(message(&[(0, 1.0), (5, 1.0), (12, 1.0)]).contains("multiple of 5 minutes"));
        assert!(message(&[(0, 1.0)]).contains("at least two stamps"));
        assert!(message(&[(0, f64::NAN), (5, f64::NAN)]).contains("at least two numbers"));
        assert!(message(&[(0, f64::INFINITY), (5, 1.0)]).starts_with("line 2, demand is inf"));
    }

    #[test]
    fn a_constant_trace_is_a_series_like_any_other() {
        let stamps: Vec<(i64, f64)> = (0..30).map(|i| (5 * i, 4.0)).collect();
        assert_eq!(built(&stamps).unwrap().0.values, vec![4.0; 30]);
    }

    #[test]
    fn the_clock_knows_days_and_weekdays() {
        let (series, _) = built(&[(3 * 1440, 1.0), (3 * 1440 + 60, 1.0)]).unwrap();
        assert_eq!(
            (series.weekday(0), series.minute_of_day(1), series.steps_per_day()),
            (6, 60, 24)
        );
    }
}
