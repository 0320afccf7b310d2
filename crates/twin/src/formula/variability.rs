//! How much more, or less, arrivals vary than random ones, over the times that matter to a queue.
//!
//! The number of packets that come within a time t has a variance over its mean, I(t), that is 1 for
//! Poisson arrivals. Constant arrivals of gap g have I(t) = 1 - t / g up to a gap and little beyond it:
//! over short times many of them look random. Constant arrivals with exponential times on and off add A
//! (1 - (1 - exp(-t / c)) / (t / c)), c being the correlation time of the phases and A the variance
//! over all times (Heffes and Lucantoni 1986 for the phases; indices of dispersion as in Sriram and
//! Whitt 1986). Variances of independent flows add up, so that superposition is exact. A queue looks
//! over times about twice its wait over 1 - load (the time at which the deviation that makes the wait
//! is largest; Whitt and You 2018); I is taken over exponentially distributed times of that mean.
//!
//! How far it goes: beside simulations of one port of 32 places with 3 to 100 constant or 5 to 60
//! on-off flows, load 0.5 to 1.1, the time that a packet spends at the port is off by 8 % (constant)
//! and 5 % (on-off) in the median and by 9 and 11 % in the mean; loss by 0.0004 and 0.014. A handful of
//! flows whose bursts alone exceed the port are beyond it: there waits come out at half or less. Flows
//! keep their pattern from hop to hop.

use slicewise_core::twin::Arrivals;

use super::port::{ClassInput, merged, service_scv};
use super::queue::{Queue, stretch};

/// Sums over flows of what makes them other than random, each weighted by its packets per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Variability {
    /// Packets that come at constant gaps.
    periodic: f64,
    /// The same over their gaps.
    periodic_per_s: f64,
    /// Variance that phases add over long times.
    bursts: f64,
    /// The same over the correlation time of the phases.
    bursts_per_s: f64,
}

/// Times that a queue looks over, in units of its wait over 1 - load.
const OUTLOOK: f64 = 2.0;
/// The least 1 - load, and load - 1, that this counts with.
const LEAST_SLACK: f64 = 0.1;

impl Variability {
    /// Of a flow of `packets_per_s`.
    pub(super) fn of(arrivals: Arrivals, packets_per_s: f64) -> Self {
        let (periodic, rate) = (packets_per_s, packets_per_s);
        match arrivals {
            Arrivals::Poisson => Self::default(),
            Arrivals::Constant => {
                Self { periodic, periodic_per_s: periodic * rate, ..Self::default() }
            }
            Arrivals::OnOff { on_s, off_s } => {
                let cycle_s = on_s + off_s;
                let while_on = rate * cycle_s / on_s;
                let correlation_s = on_s * off_s / cycle_s;
                let bursts = rate * 2.0 * while_on * (off_s / cycle_s) * correlation_s;
                let bursts_per_s = if bursts > 0.0 { bursts / correlation_s } else { 0.0 };
                Self { periodic, periodic_per_s: periodic * while_on, bursts, bursts_per_s }
            }
        }
    }

    /// Whether it is other than random.
    pub(super) fn is_some(&self) -> bool {
        self.periodic > 0.0
    }

    /// Adds a flow of which the share `kept` comes, chosen at random: what is left of its pattern is
    /// `kept` squared.
    pub(super) fn add(&mut self, flow: &Self, kept: f64) {
        let kept = kept * kept;
        self.periodic += kept * flow.periodic;
        self.periodic_per_s += kept * flow.periodic_per_s;
        self.bursts += kept * flow.bursts;
        self.bursts_per_s += kept * flow.bursts_per_s;
    }

    /// I of `packets_per_s`, flows of this variability among them, over times of mean `over_s`.
    fn dispersion(&self, packets_per_s: f64, over_s: f64) -> f64 {
        if packets_per_s <= 0.0 || over_s <= 0.0 {
            return 1.0;
        }
        let mut dispersion = 1.0;
        if self.periodic > 0.0 {
            let gaps = over_s * self.periodic_per_s / self.periodic;
            let regular = gaps * (1.0 - libm::exp(-1.0 / gaps));
            dispersion -= self.periodic / packets_per_s * regular.min(1.0);
        }
        if self.bursts > 0.0 {
            let phases = over_s * self.bursts_per_s / self.bursts;
            let smooth = libm::log1p(phases) / phases;
            dispersion += self.bursts / packets_per_s * (1.0 - smooth).max(0.0);
        }
        dispersion.max(0.0)
    }
}

/// Fills in how much the arrivals of each class vary over the time that the port's queue of `places`
/// looks over.
pub(super) fn superpose(
    inputs: &mut [ClassInput],
    each: &[Variability],
    capacity: f64,
    places: f64,
) {
    let all = merged(inputs);
    let mut together = Variability::default();
    each.iter().for_each(|class| together.add(class, 1.0));
    let mean_s = all.mean_bits / capacity;
    let (load, scv) = (all.packets_per_s * mean_s, service_scv(&all));
    let outlook_s = outlook_s(&together, all.packets_per_s, load, |dispersion| {
        let stretch = stretch(dispersion, scv);
        Queue::new(load, places / stretch).mean * mean_s * stretch
    });
    for (input, own) in inputs.iter_mut().zip(each) {
        input.arrival_scv = own.dispersion(input.packets_per_s, outlook_s);
    }
}

/// Mean time that a queue looks over, in seconds, from its load and the wait of random arrivals;
/// `wait_s` tells the wait under other arrivals by their I.
fn outlook_s(all: &Variability, packets_per_s: f64, load: f64, wait_s: impl Fn(f64) -> f64) -> f64 {
    const ROUNDS: usize = 6;
    let slack = (1.0 - load).abs().max(LEAST_SLACK);
    let mut dispersion = 1.0;
    let mut outlook = 0.0;
    for _ in 0..ROUNDS {
        outlook = OUTLOOK * wait_s(dispersion) / slack;
        dispersion = 0.5 * (dispersion + all.dispersion(packets_per_s, outlook));
    }
    outlook
}
