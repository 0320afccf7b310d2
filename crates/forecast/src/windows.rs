//! What a network sees: windows of past demand, and the scales in which it sees them.

use slicewise_core::InputError;

/// Past samples that a decision is made from: an hour of 5-minute demand (Loss meta-learning,
/// section IV-A).
pub const LOOK_BACK: usize = 12;

/// Scales of one series, taken from its training part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Mean demand.
    pub mean: f64,
    /// Deviation of the demand, more than 0.
    pub deviation: f64,
    /// Root mean square of the change from one step to the next, more than 0.
    pub change: f64,
    /// Largest demand, more than 0.
    pub peak: f64,
}

impl Scale {
    /// The change to expect at `level`: demand varies in proportion to its level, down to an eleventh
    /// of the change at the mean.
    pub fn local_change(&self, level: f64) -> f64 {
        if self.mean <= 0.0 {
            return self.change;
        }
        let floor = 0.1 * self.mean;
        self.change * (level.max(0.0) + floor) / (self.mean + floor)
    }

    /// The scales of `demand`. A constant series has no deviation and no change of its own: each
    /// counts as a thousandth of its peak, so that it stays plannable.
    pub fn of(demand: &[f64]) -> Self {
        let count = demand.len().max(1) as f64;
        let mean = demand.iter().sum::<f64>() / count;
        let peak = demand.iter().copied().fold(0.0, f64::max);
        let peak = if peak > 0.0 { peak } else { 1.0 };
        let smallest = 1e-3 * peak;
        let variance = demand.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        let squares: f64 = demand.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        let pairs = demand.len().saturating_sub(1).max(1) as f64;
        Self {
            mean,
            deviation: libm::sqrt(variance / count).max(smallest),
            change: libm::sqrt(squares / pairs).max(smallest),
            peak,
        }
    }
}

/// Series of equal length and step, of which a planner sees the past and decides on the next step.
#[derive(Clone, Debug, PartialEq)]
pub struct Demands<'a> {
    series: Vec<&'a [f64]>,
}

impl<'a> Demands<'a> {
    /// Checks and takes `series`.
    ///
    /// # Errors
    /// Names the series that is shorter than the look-back and one step, of another length than the
    /// first, or with a value that is not finite or below 0.
    pub fn new(series: Vec<&'a [f64]>) -> Result<Self, InputError> {
        let Some(first) = series.first() else {
            return Err(InputError::new("series", "none", "at least one"));
        };
        for (index, values) in series.iter().enumerate() {
            let field = || format!("series[{index}]");
            if values.len() <= LOOK_BACK {
                let allowed = format!("more than {LOOK_BACK} samples, the look-back");
                return Err(InputError::new(field(), format!("{} long", values.len()), allowed));
            }
            if values.len() != first.len() {
                let allowed = format!("{} samples, as the first series", first.len());
                return Err(InputError::new(field(), format!("{} long", values.len()), allowed));
            }
            let bad = |value: &f64| !(value.is_finite() && *value >= 0.0);
            if let Some(at) = values.iter().position(bad) {
                let field = format!("series[{index}][{at}]");
                return Err(InputError::new(field, values[at], "a finite demand of 0 or more"));
            }
        }
        Ok(Self { series })
    }

    /// Number of series.
    pub fn count(&self) -> usize {
        self.series.len()
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.series[0].len()
    }

    /// Demand of each series in `step`.
    pub fn at(&self, step: usize) -> Vec<f64> {
        self.series.iter().map(|values| values[step]).collect()
    }

    /// The [`LOOK_BACK`] samples before `step`, series after series; `step` is at least the look-back.
    pub fn window(&self, step: usize) -> Vec<f64> {
        self.series.iter().flat_map(|values| &values[step - LOOK_BACK..step]).copied().collect()
    }

    /// The scales of each series over `steps`.
    pub fn scales(&self, steps: std::ops::Range<usize>) -> Vec<Scale> {
        self.series.iter().map(|values| Scale::of(&values[steps.clone()])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_series_are_named() {
        let long = [1.0; 20];
        let error = Demands::new(vec![&long, &long[..12]]).unwrap_err();
        assert_eq!(error.field, "series[1]");
        assert!(Demands::new(vec![&long, &long[..15]]).is_err());
        let mut hurt = long;
        hurt[13] = -1.0;
        assert_eq!(Demands::new(vec![&hurt]).unwrap_err().field, "series[0][13]");
        assert!(Demands::new(vec![]).is_err());
    }

    #[test]
    fn a_constant_series_has_scales_that_can_be_divided_by() {
        let scale = Scale::of(&[4.0; 30]);
        assert_eq!((scale.mean, scale.peak), (4.0, 4.0));
        assert!(scale.deviation > 0.0 && scale.change > 0.0);
        assert!(Scale::of(&[0.0; 30]).peak > 0.0);
    }

    #[test]
    fn a_window_ends_before_its_step() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let demands = Demands::new(vec![&values]).unwrap();
        let window = demands.window(13);
        assert_eq!((window[0], window[LOOK_BACK - 1], demands.at(13)[0]), (1.0, 12.0, 13.0));
    }
}
