//! Demand in longer steps.

use std::ops::Range;

use super::series::{DemandSeries, LONGEST_STEP_MINUTES};
use crate::error::InputError;

impl DemandSeries {
    /// The mean demand over steps of `step_minutes`, a multiple of the series' own step. The first step
    /// begins where the clock (UTC) shows a multiple of its length; incomplete steps at both ends are
    /// dropped.
    ///
    /// # Errors
    /// Names `step_minutes` where it is no such multiple, longer than a day or than the series.
    pub fn averaged_to(&self, step_minutes: u32) -> Result<Self, InputError> {
        let own = self.step_minutes.max(1);
        if !step_minutes.is_multiple_of(own)
            || !(own..=LONGEST_STEP_MINUTES).contains(&step_minutes)
        {
            let allowed = format!("a multiple of {own} up to {LONGEST_STEP_MINUTES} minutes");
            return Err(InputError::new("step_minutes", step_minutes, allowed));
        }
        let wide = (step_minutes / own) as usize;
        let late = self.start_minute.rem_euclid(i64::from(step_minutes));
        let wait = (i64::from(step_minutes) - late).rem_euclid(i64::from(step_minutes));
        let skipped = (wait / i64::from(own)) as usize;
        let whole = self.values.get(skipped..).unwrap_or_default().chunks_exact(wide);
        let values: Vec<f64> = whole.map(|part| part.iter().sum::<f64>() / wide as f64).collect();
        if values.is_empty() {
            let allowed = format!("no longer than the series of {} samples", self.values.len());
            return Err(InputError::new("step_minutes", step_minutes, allowed));
        }
        Ok(Self {
            name: self.name.clone(),
            unit: self.unit.clone(),
            step_minutes,
            start_minute: self.start_minute + skipped as i64 * i64::from(own),
            filled: self.filled_parts(skipped, wide, values.len()),
            values,
        })
    }

    /// The steps of `wide` of its own, behind `skipped`, of which any was filled.
    fn filled_parts(&self, skipped: usize, wide: usize, steps: usize) -> Vec<Range<usize>> {
        let is_filled = |step: usize| {
            let first = skipped + step * wide;
            self.filled.iter().any(|range| range.start < first + wide && first < range.end)
        };
        let mut parts: Vec<Range<usize>> = Vec::new();
        for step in (0..steps).filter(|step| is_filled(*step)) {
            match parts.last_mut().filter(|part| part.end == step) {
                Some(part) => part.end += 1,
                None => parts.push(step..step + 1),
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(start_minute: i64, steps: usize) -> DemandSeries {
        DemandSeries {
            name: "cell".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute,
            values: (0..steps).map(|step| step as f64).collect(),
            filled: Vec::new(),
        }
    }

    #[test]
    fn a_step_with_a_filled_part_counts_as_filled() {
        let series = DemandSeries { filled: vec![2..3, 6..8], ..counting(0, 12) };
        assert_eq!(series.averaged_to(15).unwrap().filled, [0..1, 2..3]);
    }

    #[test]
    fn longer_steps_begin_on_the_clock_and_have_the_mean_of_their_samples() {
        let series = counting(10, 9).averaged_to(15).unwrap();
        assert_eq!((series.start_minute, series.step_minutes), (15, 15));
        assert_eq!(series.values, [2.0, 5.0]);
        assert_eq!(counting(0, 4).averaged_to(5).unwrap(), counting(0, 4));
    }

    #[test]
    fn steps_that_the_samples_do_not_make_are_named() {
        for step in [0, 3, 12, 2880] {
            assert_eq!(counting(0, 900).averaged_to(step).unwrap_err().field, "step_minutes");
        }
        assert!(counting(0, 11).averaged_to(60).is_err());
    }
}
