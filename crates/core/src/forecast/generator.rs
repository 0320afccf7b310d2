//! Synthetic demand for named services: a daily and a weekly shape, correlated noise, bursts, events.
//!
//! log demand = level + daily harmonics + weekend + slow noise + fast noise + bursts + events. The
//! parameters of the named services were fitted to published traces by
//! `slicewise generate demand --fit`; nothing is read to generate.

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::seed::{Rng, normal, stream, uniform};

use super::series::DemandSeries;

/// Days of a generated service that networks learn from.
pub const TRAINING_DAYS: usize = 14;
/// Days of it that are held back.
pub const TEST_DAYS: usize = 7;
/// Seed of the generated demand that the shipped networks learned from.
pub const DEMAND_SEED: u64 = 2024;

/// Length of a generated step, in minutes.
pub const STEP_MINUTES: u32 = 5;
/// Steps of a generated day.
pub const STEPS_PER_DAY: usize = 288;
/// Harmonics of the daily shape.
pub const HARMONICS: usize = 4;
/// The most days that are generated at once: five years.
pub const MOST_DAYS: usize = 1826;
/// A Monday: 1970-01-05 00:00 UTC, in minutes.
const MONDAY: i64 = 4 * 1440;

/// The services that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceName {
    /// Video streaming: a broad day, quieter weekends, smooth from one sample to the next.
    VideoStreaming,
    /// Web browsing in a city centre: steep mornings, very quiet nights, long swings.
    WebBrowsing,
    /// Social media in one cell: few users, so noisy and bursty.
    SocialMedia,
    /// Cloud gaming: steps from one sample to the next are large, bursts frequent.
    CloudGaming,
}

impl ServiceName {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::VideoStreaming, Self::WebBrowsing, Self::SocialMedia, Self::CloudGaming];

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VideoStreaming => "video-streaming",
            Self::WebBrowsing => "web-browsing",
            Self::SocialMedia => "social-media",
            Self::CloudGaming => "cloud-gaming",
        }
    }
}

/// Parameters of a service's demand; noise and heights are in the logarithm of the demand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Mean of the logarithm of the demand in Mbit/s on a weekday.
    pub level: f64,
    /// Cosine and sine of each harmonic of the day (UTC).
    pub daily: [[f64; 2]; HARMONICS],
    /// Added on Saturdays and Sundays.
    pub weekend: f64,
    /// Deviation of the slow noise.
    pub slow_deviation: f64,
    /// Correlation of the slow noise from one 5-minute step to the next.
    pub slow_correlation: f64,
    /// Deviation of the fast noise, fresh in every step.
    pub fast_deviation: f64,
    /// Bursts per day.
    pub bursts_per_day: f64,
    /// Mean height of a burst, which halves in every step.
    pub burst_height: f64,
    /// Events per week.
    pub events_per_week: f64,
    /// Height of an event, which rises and falls over [`EVENT_STEPS`].
    pub event_height: f64,
}

/// Length of an event in steps: two hours.
pub const EVENT_STEPS: usize = 24;

impl Service {
    /// The fitted parameters of a named service.
    pub fn of(name: ServiceName) -> Self {
        match name {
            ServiceName::VideoStreaming => VIDEO_STREAMING,
            ServiceName::WebBrowsing => WEB_BROWSING,
            ServiceName::SocialMedia => SOCIAL_MEDIA,
            ServiceName::CloudGaming => CLOUD_GAMING,
        }
    }

    /// `days` days of demand from a Monday on, in Mbit/s, the same for the same seed.
    ///
    /// # Errors
    /// Names `days` where it is 0 or more than [`MOST_DAYS`].
    pub fn generate(&self, name: &str, days: usize, seed: u64) -> Result<DemandSeries, InputError> {
        check_range("days", days as f64, 1.0, MOST_DAYS as f64, "days")?;
        let steps = days * STEPS_PER_DAY;
        let mut noise = stream(seed, 21);
        let fresh = libm::sqrt(1.0 - self.slow_correlation * self.slow_correlation);
        let mut slow = normal(&mut noise);
        let events = self.events(steps, &mut stream(seed, 22));
        let bursts = self.bursts(steps, &mut stream(seed, 23));
        let values = (0..steps)
            .map(|step| {
                slow = self.slow_correlation * slow + fresh * normal(&mut noise);
                let fast = self.fast_deviation * normal(&mut noise);
                let shape = self.shape(step % STEPS_PER_DAY, step / STEPS_PER_DAY % 7 >= 5);
                let logarithm = shape + self.slow_deviation * slow + fast;
                libm::exp(logarithm + bursts[step] + events[step])
            })
            .collect();
        Ok(DemandSeries {
            name: name.to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: STEP_MINUTES,
            start_minute: MONDAY,
            values,
            filled: Vec::new(),
        })
    }

    /// Mean logarithm of the demand in the step `of_day` of a day.
    pub fn shape(&self, of_day: usize, weekend: bool) -> f64 {
        let angle = std::f64::consts::TAU * of_day as f64 / STEPS_PER_DAY as f64;
        let harmonics = self.daily.iter().zip(1..);
        let daily: f64 = harmonics
            .map(|([cosine, sine], number)| {
                let angle = f64::from(number) * angle;
                cosine * libm::cos(angle) + sine * libm::sin(angle)
            })
            .sum();
        self.level + daily + if weekend { self.weekend } else { 0.0 }
    }

    fn bursts(&self, steps: usize, generator: &mut impl Rng) -> Vec<f64> {
        let chance = self.bursts_per_day / STEPS_PER_DAY as f64;
        let mut height = 0.0;
        (0..steps)
            .map(|_| {
                height *= 0.5;
                if uniform(generator) < chance {
                    // Bursts do not pile up: in the logarithm that would multiply them.
                    height = f64::max(height, self.burst_height * (0.5 + uniform(generator)));
                }
                height
            })
            .collect()
    }

    fn events(&self, steps: usize, generator: &mut impl Rng) -> Vec<f64> {
        let chance = self.events_per_week / (7 * STEPS_PER_DAY) as f64;
        let mut heights = vec![0.0; steps];
        for start in 0..steps {
            if uniform(generator) >= chance {
                continue;
            }
            for (within, height) in heights[start..].iter_mut().take(EVENT_STEPS).enumerate() {
                let angle = std::f64::consts::PI * (within as f64 + 0.5) / EVENT_STEPS as f64;
                *height = f64::max(*height, self.event_height * libm::sin(angle));
            }
        }
        heights
    }
}

/// Fitted to kaNSaaS slice `emBB_1` (synthetic, GitHub SergiAlcala/kaNSaaS-Slicing, MIT),
/// 12096 samples, scaled to a mean of 110 Mbit/s.
const VIDEO_STREAMING: Service = Service {
    level: 4.5364,
    daily: [[-0.5849, -0.5898], [0.086, -0.5637], [0.1487, -0.0893], [0.1594, 0.0427]],
    weekend: -0.322,
    slow_deviation: 0.344,
    slow_correlation: 0.9723,
    fast_deviation: 0.0875,
    bursts_per_day: 2.5238,
    burst_height: 0.4945,
    events_per_week: 1.3333,
    event_height: 0.6337,
};

/// Fitted to square 5161 of Milan (Telecom Italia Open Big Data, ODbL 1.0),
/// 2442 samples, scaled to a mean of 60 Mbit/s.
const WEB_BROWSING: Service = Service {
    level: 3.316,
    daily: [[-1.1865, -1.0766], [0.1062, -0.0095], [0.0045, 0.097], [-0.0024, -0.0978]],
    weekend: 0.1962,
    slow_deviation: 0.5826,
    slow_correlation: 0.9948,
    fast_deviation: 0.0768,
    bursts_per_day: 2.4767,
    burst_height: 0.411,
    events_per_week: 1.6511,
    event_height: 0.6814,
};

/// Fitted to the Barcelona LTE cell PobleSec (GitHub vperifan/Federated-Time-Series-Forecasting),
/// 3982 samples, scaled to a mean of 30 Mbit/s.
const SOCIAL_MEDIA: Service = Service {
    level: 3.1326,
    daily: [[-0.0346, -0.7646], [0.2358, -0.2242], [0.0941, 0.0044], [-0.0019, -0.0134]],
    weekend: -0.0145,
    slow_deviation: 0.428,
    slow_correlation: 0.9205,
    fast_deviation: 0.1929,
    bursts_per_day: 2.5314,
    burst_height: 1.0996,
    events_per_week: 2.0251,
    event_height: 1.0214,
};

/// Fitted to kaNSaaS slice `uRLLC_0`,
/// 12096 samples, scaled to a mean of 40 Mbit/s.
const CLOUD_GAMING: Service = Service {
    level: 3.3813,
    daily: [[-0.5352, -0.5781], [0.1378, -0.5881], [0.1322, -0.0631], [0.1451, 0.0509]],
    weekend: 0.1223,
    slow_deviation: 0.4755,
    slow_correlation: 0.9821,
    fast_deviation: 0.1293,
    bursts_per_day: 4.3095,
    burst_height: 0.6716,
    events_per_week: 2.3333,
    event_height: 0.7152,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_week_repeats_for_its_seed_and_is_positive() {
        for name in ServiceName::ALL {
            let service = Service::of(name);
            let week = service.generate(name.as_str(), 7, 3).unwrap();
            assert_eq!(week, service.generate(name.as_str(), 7, 3).unwrap());
            assert_ne!(week.values, service.generate(name.as_str(), 7, 4).unwrap().values);
            week.validate().unwrap();
            assert_eq!((week.values.len(), week.weekday(0)), (7 * STEPS_PER_DAY, 0));
        }
        let service = Service::of(ServiceName::VideoStreaming);
        assert_eq!(service.generate("none", 0, 1).unwrap_err().field, "days");
    }

    #[test]
    fn without_noise_the_demand_is_its_shape() {
        let service = Service {
            slow_deviation: 0.0,
            fast_deviation: 0.0,
            bursts_per_day: 0.0,
            events_per_week: 0.0,
            ..Service::of(ServiceName::WebBrowsing)
        };
        let week = service.generate("quiet", 7, 1).unwrap();
        let monday = week.values[100];
        let saturday = week.values[5 * STEPS_PER_DAY + 100];
        assert!((monday.ln() - service.shape(100, false)).abs() < 1e-12);
        assert!((saturday.ln() - monday.ln() - service.weekend).abs() < 1e-12);
    }
}
