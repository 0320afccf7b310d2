//! How many users a slice has over the day, and what each of them asks for.

use slicewise_core::cells::{SNssai, STEPS_PER_DAY, ServiceProfile};
use slicewise_core::seed::{Rng, normal, uniform};

/// Length of a scheduling interval in s: a radio frame.
pub const INTERVAL_S: f64 = 0.01;
/// Scheduling intervals of one part of a step.
pub const PART_INTERVALS: usize = 64;
/// Parts of a step, the first of which only fills the queues.
pub const PARTS: usize = 5;
/// Scheduling intervals of a step, measured or not.
pub const INTERVALS: usize = PARTS * PART_INTERVALS;
/// Time that a step is measured for, in s.
pub const MEASURED_S: f64 = (PARTS - 1) as f64 * PART_INTERVALS as f64 * INTERVAL_S;

/// Traffic of a slice in one cell with all its users active, in Mbit/s, at load 1.
///
/// The paper tells no numbers of users. Ours let three slices nearly always fit and four often not,
/// as in IDLA, Fig. 5: the slice that comes later (its number 3) brings the largest group.
fn cell_traffic_mbps(name: SNssai) -> f64 {
    match (name.sst, name.sd) {
        (1, Some(3)) => 18.5,
        _ => 7.2,
    }
}
/// The most users of a slice per cell: services of very low rates offer less traffic.
pub const MOST_USERS: f64 = 48.0;
/// A user's buffer holds what he asks for in this many delay budgets.
pub const BUFFER_DELAYS: f64 = 3.0;
/// Shortest and longest mean time between bursts in s.
const BURST_RANGE_S: (f64, f64) = (0.02, 0.4);
/// Users ask for their service's rate times 1 - this to 1 + this.
const APPETITE: f64 = 0.25;
/// Bursts and the gaps between them vary by this much to either side of their means.
const BURST_VARIATION: f64 = 0.5;

/// Users of a slice in the whole network of `cells` cells at `load`.
pub fn population(service: &ServiceProfile, load: f64, cells: usize) -> usize {
    let users = load * cell_traffic_mbps(service.snssai) / service.required_throughput_mbps;
    libm::round(users.min(MOST_USERS) * cells as f64) as usize
}

/// Buffer of a user in Mbit: what does not fit is dropped as it arrives.
pub fn buffer_mbit(service: &ServiceProfile) -> f64 {
    let delays = service.required_throughput_mbps * service.required_delay_ms / 1000.0;
    BUFFER_DELAYS * delays.max(service.required_throughput_mbps * burst_s(service))
}

/// Mean time between a user's bursts in s: a delay budget, so that a burst is to be gone before the
/// next one arrives.
fn burst_s(service: &ServiceProfile) -> f64 {
    (service.required_delay_ms / 1000.0).clamp(BURST_RANGE_S.0, BURST_RANGE_S.1)
}

/// What a user asks for in relation to the service's mean.
pub fn appetite(generator: &mut impl Rng) -> f64 {
    1.0 + APPETITE * (2.0 * uniform(generator) - 1.0)
}

/// Data that arrives for a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// Interval at whose beginning it arrives.
    pub interval: usize,
    /// Its size in Mbit.
    pub mbit: f64,
}

/// Appends the bursts of one active user in one step.
pub fn push_bursts(
    service: &ServiceProfile,
    appetite: f64,
    generator: &mut impl Rng,
    bursts: &mut Vec<Burst>,
) {
    let gap_s = burst_s(service);
    let mean_mbit = appetite * service.required_throughput_mbps * gap_s;
    let mut vary = || 1.0 + BURST_VARIATION * (2.0 * uniform(generator) - 1.0);
    let mut time_s = gap_s * (vary() - 1.0 + BURST_VARIATION) / (2.0 * BURST_VARIATION);
    while time_s < INTERVALS as f64 * INTERVAL_S {
        let interval = (time_s / INTERVAL_S) as usize;
        bursts.push(Burst { interval: interval.min(INTERVALS - 1), mbit: mean_mbit * vary() });
        time_s += gap_s * vary();
    }
}

/// Lowest part of the users that is active, at night.
const FLOOR: f64 = 0.3;
/// Correlation of the mask's noise from one step to the next.
const NOISE_CORRELATION: f64 = 0.9;
/// Standard deviation of the logarithm of the mask's noise.
const NOISE_DEVIATION: f64 = 0.08;

/// The daily mask of one slice: which part of its users is active, τ in IDLA, section V-A.
///
/// Two bumps over a floor, repeated every 24 h, times log-normal noise that is correlated over time.
/// The main peak's hour depends on the slice's name, so that slices peak at different hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask {
    peak_hour: f64,
    noise: f64,
}

impl Mask {
    /// The mask of slice `name`.
    pub fn new(name: SNssai) -> Self {
        // Multiples of the golden ratio spread any set of small numbers evenly over the day.
        let turns = 0.618_034 * f64::from(name.sd.unwrap_or(u32::from(name.sst))) + 0.236;
        Self { peak_hour: 24.0 * (turns - libm::floor(turns)), noise: 0.0 }
    }

    /// The part of the users, 0 to 1, that is active in `step`; call it once a step.
    pub fn next(&mut self, step: usize, generator: &mut impl Rng) -> f64 {
        let fresh = libm::sqrt(1.0 - NOISE_CORRELATION * NOISE_CORRELATION);
        self.noise = NOISE_CORRELATION * self.noise + fresh * normal(generator);
        (self.mean(step) * libm::exp(NOISE_DEVIATION * self.noise)).clamp(0.0, 1.0)
    }

    /// The mask without its noise.
    pub fn mean(&self, step: usize) -> f64 {
        let hour = 24.0 * (step % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64;
        let shape = bump(hour, self.peak_hour, 3.5) + 0.5 * bump(hour, self.peak_hour - 8.0, 2.5);
        FLOOR + (1.0 - FLOOR) * shape.min(1.0)
    }
}

/// A bell over the day with its top of 1 at `centre` and deviation `width`, all in hours.
fn bump(hour: f64, centre: f64, width: f64) -> f64 {
    let turns = (hour - centre) / 24.0;
    let distance = 24.0 * (turns - libm::round(turns)) / width;
    libm::exp(-0.5 * distance * distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::seed::stream;

    #[test]
    fn masks_repeat_daily_and_peak_at_different_hours() {
        let services = ServiceProfile::of_the_paper();
        let peak = |service: &ServiceProfile| {
            let mask = Mask::new(service.snssai);
            assert_eq!(mask.mean(17), mask.mean(17 + STEPS_PER_DAY));
            (0..STEPS_PER_DAY).max_by(|a, b| mask.mean(*a).total_cmp(&mask.mean(*b))).unwrap()
        };
        let mut peaks: Vec<usize> = services.iter().map(peak).collect();
        peaks.sort_unstable();
        assert!(peaks.windows(2).all(|pair| pair[1] - pair[0] >= 8), "{peaks:?}");
    }

    #[test]
    fn a_user_asks_for_his_services_rate_on_average() {
        for service in ServiceProfile::of_the_paper() {
            let mut generator = stream(1, 2);
            let mut bursts = Vec::new();
            for _ in 0..400 {
                push_bursts(&service, 1.0, &mut generator, &mut bursts);
            }
            let total: f64 = bursts.iter().map(|burst| burst.mbit).sum();
            let rate = total / (400.0 * INTERVALS as f64 * INTERVAL_S);
            let required = service.required_throughput_mbps;
            assert!((rate / required - 1.0).abs() < 0.03, "{rate} instead of {required}");
        }
    }
}
