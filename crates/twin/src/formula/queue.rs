//! One queue with a limited number of places: the M/M/1/K queue, stretched to other services and
//! arrivals by their first moments.

/// A queue as its packets see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Queue {
    /// Share of the arrivals that find no room, 0 to 1.
    pub blocking: f64,
    /// Mean number of packets that an accepted one finds before it, in stretched packets.
    pub mean: f64,
    /// Variance of that number.
    pub variance: f64,
}

impl Queue {
    /// M/M/1/K at `load` (any, above 1 too) with `places` for packets, the one in service included, at
    /// least 1, not necessarily a whole number. States are geometric, p(n) ~ load^n for n up to
    /// `places` (Kleinrock, Queueing Systems I, eq. 3.30); an accepted packet finds at most `places` -
    /// 1.
    pub fn new(load: f64, places: f64) -> Self {
        let places = places.max(1.0);
        if load <= 0.0 {
            return Self { blocking: 0.0, mean: 0.0, variance: 0.0 };
        }
        let log = libm::log(load);
        let steps = log * places;
        if steps.abs() < 1e-3 {
            let square = places * places - 1.0;
            let blocking = 1.0 / (places + 1.0) * (1.0 + steps / 2.0);
            return Self {
                blocking,
                mean: (places - 1.0) / 2.0 + square / 12.0 * log,
                variance: square / 12.0,
            };
        }
        if steps > 600.0 {
            let empty = 1.0 / load;
            let below = empty / (1.0 - empty);
            let variance = below / (1.0 - empty);
            return Self { blocking: 1.0 - empty, mean: places - 1.0 - below, variance };
        }
        let full = libm::exp(steps);
        let (free, full_free) = (1.0 - load, 1.0 - full);
        let mean = load / free - places * full / full_free;
        let spread = places / full_free;
        Self {
            blocking: free * full / (1.0 - full * load),
            mean: mean.clamp(0.0, places - 1.0),
            variance: (load / (free * free) - spread * spread * full).max(0.0),
        }
    }
}

/// How services and arrivals stretch a queue of exponential ones: by half the sum of their squared
/// coefficients of variation (Kingman's heavy-traffic approximation; exact for the wait of M/G/1).
pub(super) fn stretch(arrival_scv: f64, service_scv: f64) -> f64 {
    (0.5 * (arrival_scv + service_scv)).max(LEAST_STRETCH)
}

/// Keeps the number of stretched places finite where arrivals and services are both constant.
const LEAST_STRETCH: f64 = 1e-3;

/// Mean and variance of the time that a packet waits for those before it.
///
/// `stretch` scales a packet's mean service `mean_s` so that the mean wait is right; `cube` is the
/// third moment of the service over `mean_s` cubed. The variance agrees with Takács' formula for M/G/1,
/// Var W = W^2 + lambda E[S^3] / (3 (1 - rho)), as the number of places grows.
pub(super) fn wait(queue: Queue, mean_s: f64, stretch: f64, cube: f64) -> (f64, f64) {
    let unit = mean_s * stretch;
    let own = (mean_s * mean_s * cube / 3.0 - unit * unit).max(0.0);
    (queue.mean * unit, queue.variance * unit * unit + queue.mean * own)
}
