//! A flow followed through its hops: moments of its delay over all ways that its packets take.

use slicewise_core::twin::{PacketSizes, Scenario};

use super::corrected::HopCorrection;
use super::distribution::{Bounded, GammaTable, percentiles};
use super::loads::Loads;
use super::tandem::Came;
use crate::routing::{RoutedFlow, RoutedNetwork};

/// Percentiles that are told.
const TOLD: [f64; 4] = [0.1, 0.5, 0.9, 0.99];
/// An exponential distribution of sizes is cut where half of it is left, a quarter, an eighth and so
/// on, so often that the 99th percentile is within a part.
const HALVES: usize = 8;
/// Parts of each of these.
const PARTS: usize = 4;

/// What packets have behind them when they reach a station: sums over the ways that lead there, each
/// weighted by the share of the packets that come by it. A packet's delay is `base` + (its size - the
/// mean size) * `slope`.
#[derive(Clone, Copy, Debug, Default)]
struct Station {
    share: f64,
    /// Delay of packets of mean size, in seconds.
    base: f64,
    base_square: f64,
    /// Seconds per bit of all transmissions, and of what waits depend on the size.
    slope: f64,
    slope_square: f64,
    base_slope: f64,
    /// Share that found every queue idle on the ways of least delay.
    idle: f64,
    /// Propagation of these ways.
    least_wait: f64,
    /// Seconds per bit of their transmissions.
    least_tau: f64,
    came: Came,
}

/// The delay of a flow, with the size of the packets apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passage {
    target: Station,
    bits: f64,
    variance_bits: f64,
}

impl Passage {
    /// Share of the packets that arrive.
    pub(super) fn arriving(&self) -> f64 {
        self.target.share.min(1.0)
    }

    /// Mean delay of these, in seconds.
    pub(super) fn mean_s(&self) -> f64 {
        self.target.base / self.target.share
    }

    /// Variance of their delay, in seconds squared: of the waits, of the size that all transmissions
    /// have in common, and between the ways.
    pub(super) fn variance_s2(&self) -> f64 {
        let target = &self.target;
        let square = target.base_square + self.variance_bits * target.slope_square;
        let mean = self.mean_s();
        (square / target.share - mean * mean).max(0.0)
    }

    /// What packets of `bits` take where they never wait, on the ways of least delay, in seconds.
    pub(super) fn least_s(&self, bits: f64) -> f64 {
        self.target.least(bits)
    }

    /// The delay of packets of `bits`.
    fn of_size(&self, bits: f64) -> Bounded {
        let target = &self.target;
        let more = bits - self.bits;
        let mean = (target.base + more * target.slope) / target.share;
        let square =
            target.base_square + 2.0 * more * target.base_slope + more * more * target.slope_square;
        let least = target.least_wait + bits * target.least_tau;
        let variance = (square / target.share - mean * mean).max(0.0);
        Bounded::new(least, target.idle / target.share, mean - least, variance)
    }
}

/// Follows flows, with its memory kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    stations: Vec<Station>,
    /// Mean and mean square of each of the scenario's packet sizes.
    sizes: Vec<(f64, f64)>,
    parts: Vec<(f64, Bounded)>,
}

impl Follower {
    /// Gets ready for the flows of `scenario`.
    pub(super) fn prepare(&mut self, scenario: &Scenario) {
        self.sizes.clear();
        let moments = scenario.packets.iter().map(|p| (p.mean_bits(), p.mean_square_bits()));
        self.sizes.extend(moments);
    }

    /// Follows `routed` under `loads`, with `corrections` of all hops of the network, or none.
    pub(super) fn follow(
        &mut self,
        loads: &Loads,
        network: &RoutedNetwork<'_>,
        routed: &RoutedFlow,
        corrections: &[HopCorrection],
    ) -> Passage {
        let scenario = &network.problem.scenario;
        let flow = &scenario.flows[routed.flow as usize];
        let (bits, square_bits) = self.sizes[flow.packets as usize];
        self.stations.clear();
        self.stations.resize(routed.stations as usize, Station::default());
        self.stations[0] = Station { share: 1.0, idle: 1.0, ..Station::default() };
        for (hop, at) in network.hops_of(routed).iter().zip(routed.hops.start..) {
            let link = &scenario.topology.links[hop.link as usize];
            let from = self.stations[hop.from as usize];
            let mut seen = loads.seen(from.came, hop.link, flow.class);
            if let Some(correction) = corrections.get(at) {
                correction.apply(&mut seen);
            }
            let tau = 1.0 / link.capacity_bit_per_s;
            let step = Step {
                link: hop.link,
                passing: hop.share * (1.0 - seen.loss),
                base: seen.wait_s + link.propagation_s + bits * tau,
                variance: seen.variance_s2,
                slope: tau + seen.slope_s_per_bit,
                tau,
                idle: loads.idle[hop.link as usize],
                propagation: link.propagation_s,
            };
            self.stations[hop.to as usize].join(&from.after(&step), bits);
        }
        let target = self.stations.last().copied().unwrap_or_default();
        Passage { target, bits, variance_bits: (square_bits - bits * bits).max(0.0) }
    }

    /// Delays that a tenth, half, 90 and 99 of 100 packets stay below, in seconds.
    pub(super) fn percentiles(
        &mut self,
        table: &GammaTable,
        passage: &Passage,
        routed: &RoutedFlow,
        scenario: &Scenario,
    ) -> [f64; TOLD.len()] {
        let flow = &scenario.flows[routed.flow as usize];
        self.parts.clear();
        match &scenario.packets[flow.packets as usize] {
            PacketSizes::Sizes(sizes) => {
                let parts = sizes.iter().map(|size| (size.share, passage.of_size(size.bits)));
                self.parts.extend(parts);
            }
            PacketSizes::Exponential(mean) => {
                let parts = exponential_parts();
                let parts = parts.map(|(share, size)| (share, passage.of_size(mean * size)));
                self.parts.extend(parts);
            }
        }
        percentiles(table, &self.parts, TOLD)
    }
}

/// Parts of the exponential distribution of mean 1, each with its share and its own mean.
fn exponential_parts() -> impl Iterator<Item = (f64, f64)> {
    let left = |part: usize| libm::exp2(-(part as f64) / PARTS as f64);
    // Of the distribution with the share u left above: its mean times u.
    let above = |u: f64| if u > 0.0 { u * (1.0 - libm::log(u)) } else { 0.0 };
    let last = HALVES * PARTS;
    (0..=last).map(move |part| {
        let (from, to) = (left(part), if part == last { 0.0 } else { left(part + 1) });
        (from - to, (above(from) - above(to)) / (from - to))
    })
}

/// One hop.
struct Step {
    link: u32,
    passing: f64,
    base: f64,
    variance: f64,
    slope: f64,
    tau: f64,
    idle: f64,
    propagation: f64,
}

impl Station {
    fn after(&self, step: &Step) -> Self {
        let (base, slope) = (step.base, step.slope);
        let base_square =
            self.base_square + 2.0 * base * self.base + (step.variance + base * base) * self.share;
        let slope_square =
            self.slope_square + 2.0 * slope * self.slope + slope * slope * self.share;
        let base_slope =
            self.base_slope + slope * self.base + base * self.slope + base * slope * self.share;
        Self {
            share: step.passing * self.share,
            base: step.passing * (self.base + base * self.share),
            base_square: step.passing * base_square,
            slope: step.passing * (self.slope + slope * self.share),
            slope_square: step.passing * slope_square,
            base_slope: step.passing * base_slope,
            idle: step.passing * step.idle * self.idle,
            least_wait: self.least_wait + step.propagation,
            least_tau: self.least_tau + step.tau,
            came: Came::Over(step.link),
        }
    }

    /// Takes in what comes by another way.
    fn join(&mut self, other: &Self, bits: f64) {
        if self.share == 0.0 {
            *self = *other;
            return;
        }
        self.share += other.share;
        self.base += other.base;
        self.base_square += other.base_square;
        self.slope += other.slope;
        self.slope_square += other.slope_square;
        self.base_slope += other.base_slope;
        self.came = Came::BySeveral;
        let (own, new) = (self.least(bits), other.least(bits));
        if (own - new).abs() <= 1e-9 * own {
            self.idle += other.idle;
        } else if new < own {
            (self.least_wait, self.least_tau) = (other.least_wait, other.least_tau);
            self.idle = other.idle;
        }
    }

    fn least(&self, bits: f64) -> f64 {
        self.least_wait + bits * self.least_tau
    }
}
