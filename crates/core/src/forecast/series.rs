//! Demand over time, in equal steps.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_quantity};
use crate::error::{InputError, check_range};
use crate::formats::stamps::calendar;

/// The longest step, in minutes: a day.
pub const LONGEST_STEP_MINUTES: u32 = 24 * 60;
/// The most samples of a series: five years of 5-minute demand.
pub const MOST_SAMPLES: usize = 526_000;

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
    /// Steps whose demand was not measured but filled, ascending: they are never scored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<Range<usize>>,
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
        let steps = self.values.len();
        let mut end = 0;
        for (index, range) in self.filled.iter().enumerate() {
            if range.start < end || range.end <= range.start || range.end > steps {
                let allowed = format!("steps of 0 to {steps}, ascending");
                let found = format!("{} to {}", range.start, range.end);
                return Err(InputError::new(format!("filled[{index}]"), found, allowed));
            }
            end = range.end;
        }
        Ok(())
    }

    /// Whether the demand of `step` was filled.
    pub fn is_filled(&self, step: usize) -> bool {
        let next = self.filled.partition_point(|range| range.end <= step);
        self.filled.get(next).is_some_and(|range| range.contains(&step))
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
        calendar::weekday(minute.div_euclid(i64::from(LONGEST_STEP_MINUTES)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(filled: Vec<Range<usize>>) -> DemandSeries {
        DemandSeries {
            name: "trace".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 60,
            start_minute: 3 * 1440,
            values: vec![1.0; 24],
            filled,
        }
    }

    #[test]
    fn the_clock_knows_days_and_weekdays() {
        let series = series(Vec::new());
        let clock = (series.weekday(0), series.minute_of_day(1), series.steps_per_day());
        assert_eq!(clock, (6, 60, 24));
    }

    #[test]
    fn filled_steps_lie_in_the_series_and_ascend() {
        let good = series(vec![2..4, 7..8]);
        assert_eq!(good.validate(), Ok(()));
        assert!(good.is_filled(3) && !good.is_filled(4));
        for filled in [vec![2..4, 20..25], vec![4..6, 5..7], vec![1..2, 3..3]] {
            assert!(series(filled).validate().unwrap_err().field.starts_with("filled["));
        }
    }
}
