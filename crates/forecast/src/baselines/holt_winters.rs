//! Additive Holt-Winters: level, trend and a season, each smoothed exponentially.

/// Weights of the newest sample, 0 to 1 each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// On the level.
    pub level: f64,
    /// On the trend.
    pub trend: f64,
    /// On the season.
    pub season: f64,
}

/// State of the forecaster after some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct HoltWinters {
    smoothing: Smoothing,
    level: f64,
    trend: f64,
    season: Vec<f64>,
    /// Place in the season of the next sample.
    next: usize,
}

impl HoltWinters {
    /// The state before the first sample: the season is that of the first `period` samples around
    /// their mean. Fewer samples than a period leave the season flat.
    pub fn new(demand: &[f64], period: usize, smoothing: Smoothing) -> Self {
        let period = period.max(1);
        let first = &demand[..demand.len().min(period)];
        let level = first.iter().sum::<f64>() / first.len().max(1) as f64;
        let mut season = vec![0.0; period];
        if first.len() == period {
            season.iter_mut().zip(first).for_each(|(season, value)| *season = value - level);
        }
        Self { smoothing, level, trend: 0.0, season, next: 0 }
    }

    /// The forecast for the next step.
    pub fn forecast(&self) -> f64 {
        self.level + self.trend + self.season[self.next]
    }

    /// Takes the sample of the next step.
    pub fn observe(&mut self, value: f64) {
        let Smoothing { level, trend, season } = self.smoothing;
        let seasonal = self.season[self.next];
        let before = self.level;
        self.level = level * (value - seasonal) + (1.0 - level) * (before + self.trend);
        self.trend = trend * (self.level - before) + (1.0 - trend) * self.trend;
        self.season[self.next] = season * (value - self.level) + (1.0 - season) * seasonal;
        self.next = (self.next + 1) % self.season.len();
    }

    /// One-step forecasts of all of `demand`, each from the samples before it.
    pub fn forecasts(demand: &[f64], period: usize, smoothing: Smoothing) -> Vec<f64> {
        Self::forecasts_and_next(demand, period, smoothing).0
    }

    /// The same, and the forecast for the step after the end.
    pub fn forecasts_and_next(
        demand: &[f64],
        period: usize,
        smoothing: Smoothing,
    ) -> (Vec<f64>, f64) {
        let mut state = Self::new(demand, period, smoothing);
        let step = |value: &f64| {
            let forecast = state.forecast();
            state.observe(*value);
            forecast
        };
        let forecasts = demand.iter().map(step).collect();
        (forecasts, state.forecast())
    }

    /// The smoothing with the least squared one-step error on `demand` behind its first period, by
    /// coordinate search on a grid that is refined three times.
    pub fn fit(demand: &[f64], period: usize) -> Smoothing {
        let mut best = Smoothing { level: 0.5, trend: 0.01, season: 0.1 };
        let mut least = squared_error(demand, period, best);
        for radius in [0.5, 0.2, 0.07, 0.025] {
            for _ in 0..2 {
                for coordinate in 0..3 {
                    for step in [-1.0, -0.5, 0.5, 1.0] {
                        let mut tried = best;
                        let weight = match coordinate {
                            0 => &mut tried.level,
                            1 => &mut tried.trend,
                            _ => &mut tried.season,
                        };
                        *weight = (*weight + step * radius).clamp(0.0, 1.0);
                        let error = squared_error(demand, period, tried);
                        if error < least {
                            (best, least) = (tried, error);
                        }
                    }
                }
            }
        }
        best
    }
}

fn squared_error(demand: &[f64], period: usize, smoothing: Smoothing) -> f64 {
    let skipped = if demand.len() > period { period } else { 0 };
    let forecasts = HoltWinters::forecasts(demand, period, smoothing);
    let errors = forecasts.iter().zip(demand).skip(skipped);
    errors.map(|(forecast, value)| (forecast - value) * (forecast - value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_season_on_a_line_is_forecast_exactly_in_the_end() {
        let demand: Vec<f64> = (0..400)
            .map(|t| 50.0 + 0.1 * f64::from(t) + [0.0, 3.0, -1.0, -2.0][t as usize % 4])
            .collect();
        let smoothing = Smoothing { level: 0.4, trend: 0.2, season: 0.3 };
        let forecasts = HoltWinters::forecasts(&demand, 4, smoothing);
        assert!((forecasts[399] - demand[399]).abs() < 1e-3, "{}", forecasts[399]);
    }

    #[test]
    fn the_first_steps_follow_the_recursion_by_hand() {
        let smoothing = Smoothing { level: 0.5, trend: 0.1, season: 0.2 };
        let mut state = HoltWinters::new(&[2.0, 4.0, 5.0], 2, smoothing);
        assert_eq!(state.forecast(), 2.0);
        state.observe(3.0);
        // level = .5 (3 + 1) + .5 * 3 = 3.5, trend = .1 * .5, season[0] = .2 (3 - 3.5) - .8.
        assert!((state.forecast() - (3.5 + 0.05 + 1.0)).abs() < 1e-12);
        assert!((state.season[0] + 0.9).abs() < 1e-12);
    }

    #[test]
    fn the_fit_beats_every_corner_and_the_middle_of_the_weights() {
        let mut slow = 0.0;
        let demand: Vec<f64> = (0..600)
            .map(|t| {
                slow = 0.9 * slow + f64::from((t * 7919) % 101) / 101.0 - 0.5;
                20.0 + 5.0 * (f64::from(t) * std::f64::consts::TAU / 24.0).sin() + slow
            })
            .collect();
        let fitted = squared_error(&demand, 24, HoltWinters::fit(&demand, 24));
        for level in [0.0, 0.5, 1.0] {
            for season in [0.0, 0.5, 1.0] {
                let other = Smoothing { level, trend: 0.0, season };
                assert!(fitted <= squared_error(&demand, 24, other) * (1.0 + 1e-12));
            }
        }
    }
}
