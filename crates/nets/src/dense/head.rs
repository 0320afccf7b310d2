//! From a network's last layer to a QoS distribution and its expected degradation.
//!
//! The last layer gives, for each component j, a mean m_j, a raw deviation s_j and (for more than
//! one component) a logit l_j, in the order m_0.., s_0.., l_0... The QoS is the mixture
//! sum_j softmax(l)_j N(m_j, scale * softplus(s_j) + floor).

use pulp::Simd;
use slicewise_core::card::Better;
use slicewise_core::seed;
use slicewise_core::slice::traffic::standard_normal_cdf;

use crate::lane_math::{self, INVERSE_SQRT_TAU, Lanes};

pub use slicewise_core::slice::card::MOST_COMPONENTS;

/// How the degradation of a row is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// P(q <= threshold) in closed form (for QoS that is better low: P(q >= threshold)).
    Expected,
    /// MicroOpt, equation (5) and section IV-B: samples m + sigma * noise through
    /// sigmoid(sharpness * (threshold - q)), averaged, for each component by its share.
    Sampled {
        /// Standard normal numbers, the same for every row.
        noise: Vec<f64>,
        /// Sharpness rho, per unit of the network's scale.
        sharpness: f64,
    },
    /// The QoS is taken to be its mean less `deviations` times its deviation (MicroOpt, section
    /// VI-C): Phi of the distance between threshold and that QoS, so that a value of 0.5 or less
    /// says that the QoS is kept.
    Deterministic {
        /// 0 or 2 in the paper.
        deviations: f64,
    },
}

impl Measure {
    /// The paper's sampler with `samples` numbers drawn from `seed`.
    pub fn sampled(samples: usize, sharpness: f64, seed: u64) -> Self {
        let mut generator = seed::stream(seed, 0x5a3d);
        Self::Sampled {
            noise: (0..samples).map(|_| seed::normal(&mut generator)).collect(),
            sharpness,
        }
    }
}

/// The last step of a network: everything that is not a dense layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// Components J, 1 to [`MOST_COMPONENTS`].
    pub components: usize,
    /// Factor of the softplus of the raw deviation.
    pub deviation_scale: f64,
    /// Smallest deviation.
    pub deviation_floor: f64,
    /// Which side of the threshold degrades.
    pub better: Better,
    /// Deviations and shares, where they are the same for every row.
    pub fixed: Option<Fixed>,
}

/// Deviations and shares of the components of an ensemble, whatever the row: with them the
/// distribution function rises in the traffic and falls in every resource at every QoS as soon as
/// all means do the reverse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fixed {
    /// Deviation of each component.
    pub deviations: [f64; MOST_COMPONENTS],
    /// Share of each component.
    pub shares: [f64; MOST_COMPONENTS],
}

/// ln(1 + e^x) without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

/// 1 / (1 + e^-x) without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// Density of the standard normal distribution.
pub(crate) fn normal_density(z: f64) -> f64 {
    INVERSE_SQRT_TAU * libm::exp(-0.5 * z * z)
}

impl Head {
    /// Numbers that the last layer gives per row.
    pub fn outputs(&self) -> usize {
        if self.components == 1 { 2 } else { 3 * self.components }
    }

    /// +1 where low QoS degrades, -1 where high QoS does.
    pub fn sign(&self) -> f64 {
        match self.better {
            Better::Higher => 1.0,
            Better::Lower => -1.0,
        }
    }

    /// The deviation that a raw deviation stands for.
    pub fn deviation(&self, raw: f64) -> f64 {
        self.deviation_scale * softplus(raw) + self.deviation_floor
    }

    /// Shares of the components, written to `shares` (length [`Self::components`]).
    pub fn shares(&self, outputs: &[f64], shares: &mut [f64]) {
        let count = self.components;
        if count == 1 {
            shares[0] = 1.0;
            return;
        }
        let logits = &outputs[2 * count..3 * count];
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for (share, logit) in shares.iter_mut().zip(logits) {
            *share = libm::exp(logit - highest);
            total += *share;
        }
        for share in shares.iter_mut() {
            *share /= total;
        }
    }

    /// Means, deviations and shares of one row, in that order (3 x components numbers).
    pub fn distribution(&self, outputs: &[f64], distribution: &mut [f64]) {
        let count = self.components;
        distribution[..count].copy_from_slice(&outputs[..count]);
        for j in 0..count {
            distribution[count + j] = self.deviation(outputs[count + j]);
        }
        self.shares(outputs, &mut distribution[2 * count..]);
    }

    /// Expected degradation of one row against `threshold`, in the network's scale.
    pub fn value(&self, outputs: &[f64], threshold: f64, measure: &Measure) -> f64 {
        match measure {
            Measure::Expected => {
                let count = self.components;
                let mut shares = [0.0; MOST_COMPONENTS];
                self.shares(outputs, &mut shares[..count]);
                (0..count)
                    .map(|j| shares[j] * standard_normal_cdf(self.distance(outputs, threshold, j)))
                    .sum()
            }
            _ => {
                let mut partials = [0.0; 3 * MOST_COMPONENTS];
                self.value_and_partials(outputs, threshold, measure, &mut partials)
            }
        }
    }

    /// Expected degradation of one row and its partial derivatives with respect to the outputs.
    pub fn value_and_partials(
        &self,
        outputs: &[f64],
        threshold: f64,
        measure: &Measure,
        partials: &mut [f64],
    ) -> f64 {
        match measure {
            Measure::Expected => self.mixture_partials(outputs, partials, |head, j| {
                let deviation = head.deviation(outputs[head.components + j]);
                let z = head.sign() * (threshold - outputs[j]) / deviation;
                let density = normal_density(z) / deviation;
                (standard_normal_cdf(z), -head.sign() * density, -z * density)
            }),
            Measure::Sampled { noise, sharpness } => {
                self.mixture_partials(outputs, partials, |head, j| {
                    head.sampled_component(outputs, threshold, noise, *sharpness, j)
                })
            }
            Measure::Deterministic { deviations } => {
                self.deterministic(outputs, threshold, *deviations, partials)
            }
        }
    }

    /// [`Self::value_and_partials`] for [`Measure::Expected`] on as many rows as the lanes hold.
    ///
    /// Unit u of `outputs` and of `partials` is the u-th group of `V` vectors. `scratch` holds two
    /// such groups per component. Partials are written only `WITH_PARTIALS`.
    #[inline(always)]
    pub(crate) fn expected_lanes<S: Simd, const V: usize, const WITH_PARTIALS: bool>(
        &self,
        simd: S,
        outputs: &[S::f64s],
        thresholds: Lanes<S, V>,
        partials: &mut [S::f64s],
        scratch: &mut [S::f64s],
    ) -> Lanes<S, V> {
        let count = self.components;
        let unit = |index: usize| Lanes::<S, V>::load(simd, &outputs[index * V..]);
        let sign = self.sign();
        if let Some(fixed) = &self.fixed {
            let mut total = Lanes::splat(simd, 0.0);
            for j in 0..count {
                let (share, inverse) = (fixed.shares[j], 1.0 / fixed.deviations[j]);
                let z = (thresholds - unit(j)) * (sign * inverse);
                let (below, density) = lane_math::normal(z);
                total = total + below * share;
                if WITH_PARTIALS {
                    let by_mean = (density * (share * inverse)).without_dust();
                    (by_mean * -sign).store(&mut partials[j * V..]);
                }
            }
            if WITH_PARTIALS {
                partials[count * V..self.outputs() * V].fill(simd.splat_f64s(0.0));
            }
            return total;
        }
        let (shares, values) = scratch.split_at_mut(count * V);
        self.share_lanes::<S, V>(simd, outputs, shares);
        let mut total = Lanes::splat(simd, 0.0);
        for j in 0..count {
            let share = Lanes::<S, V>::load(simd, &shares[j * V..]);
            let (soft, slope) = lane_math::softplus(unit(count + j));
            let inverse =
                Lanes::splat(simd, 1.0) / (soft * self.deviation_scale + self.deviation_floor);
            let z = (thresholds - unit(j)) * sign * inverse;
            let (below, density) = lane_math::normal(z);
            total = total + share * below;
            if WITH_PARTIALS {
                below.store(&mut values[j * V..]);
                let by_mean = (share * density * inverse).without_dust();
                let by_raw = by_mean * -z * (slope * self.deviation_scale);
                (by_mean * -sign).store(&mut partials[j * V..]);
                by_raw.without_dust().store(&mut partials[(count + j) * V..]);
            }
        }
        if WITH_PARTIALS && count > 1 {
            for j in 0..count {
                let share = Lanes::<S, V>::load(simd, &shares[j * V..]);
                let below = Lanes::<S, V>::load(simd, &values[j * V..]);
                let by_logit = (share * (below - total)).without_dust();
                by_logit.store(&mut partials[(2 * count + j) * V..]);
            }
        }
        total
    }

    /// [`Self::distribution`] on as many rows as the lanes hold; units lie as in
    /// [`Self::expected_lanes`].
    #[inline(always)]
    pub(crate) fn distribution_lanes<S: Simd, const V: usize>(
        &self,
        simd: S,
        outputs: &[S::f64s],
        distribution: &mut [S::f64s],
    ) {
        let count = self.components;
        distribution[..count * V].copy_from_slice(&outputs[..count * V]);
        for j in count..2 * count {
            let (soft, _) = lane_math::softplus(Lanes::<S, V>::load(simd, &outputs[j * V..]));
            let deviation = soft * self.deviation_scale + self.deviation_floor;
            deviation.store(&mut distribution[j * V..]);
        }
        self.share_lanes::<S, V>(simd, outputs, &mut distribution[2 * count * V..]);
    }

    /// [`Self::shares`] on as many rows as the lanes hold.
    #[inline(always)]
    fn share_lanes<S: Simd, const V: usize>(
        &self,
        simd: S,
        outputs: &[S::f64s],
        shares: &mut [S::f64s],
    ) {
        let count = self.components;
        let one = Lanes::<S, V>::splat(simd, 1.0);
        if count == 1 {
            return one.store(shares);
        }
        let logit = |j: usize| Lanes::<S, V>::load(simd, &outputs[(2 * count + j) * V..]);
        let mut highest = logit(0);
        for j in 1..count {
            highest = highest.larger(logit(j));
        }
        let mut sum = Lanes::splat(simd, 0.0);
        for j in 0..count {
            let share = lane_math::exp(logit(j) - highest);
            share.store(&mut shares[j * V..]);
            sum = sum + share;
        }
        let inverse = one / sum;
        for j in 0..count {
            let share = Lanes::<S, V>::load(simd, &shares[j * V..]);
            (share * inverse).store(&mut shares[j * V..]);
        }
    }

    /// Expected degradation of rows whose distributions lie in `columns`: number n of row i at
    /// n * rows + i, the numbers in the order of [`Self::distribution`].
    #[inline(always)]
    pub(crate) fn expected_columns<S: Simd, const V: usize>(
        &self,
        simd: S,
        columns: &[f64],
        thresholds: &[f64],
        values: &mut [f64],
    ) {
        let (count, rows) = (self.components, values.len());
        let sign = self.sign();
        for first in (0..rows).step_by(Lanes::<S, V>::COUNT) {
            let last = rows.min(first + Lanes::<S, V>::COUNT);
            let column = |index: usize| {
                Lanes::<S, V>::load_some(simd, &columns[index * rows + first..index * rows + last])
            };
            let thresholds = Lanes::load_some(simd, &thresholds[first..last]);
            let mut total = Lanes::splat(simd, 0.0);
            for j in 0..count {
                let z = (thresholds - column(j)) * sign / column(count + j);
                total = total + column(2 * count + j) * lane_math::normal(z).0;
            }
            total.store_some(&mut values[first..last]);
        }
    }

    /// (threshold - m_j) / sigma_j with the sign by which more is worse.
    fn distance(&self, outputs: &[f64], threshold: f64, j: usize) -> f64 {
        self.sign() * (threshold - outputs[j]) / self.deviation(outputs[self.components + j])
    }

    /// Combines components: `component` gives value, d/d mean and d/d deviation of component j.
    fn mixture_partials(
        &self,
        outputs: &[f64],
        partials: &mut [f64],
        component: impl Fn(&Self, usize) -> (f64, f64, f64),
    ) -> f64 {
        let count = self.components;
        let mut shares = [0.0; MOST_COMPONENTS];
        let mut values = [0.0; MOST_COMPONENTS];
        self.shares(outputs, &mut shares[..count]);
        let mut total = 0.0;
        for j in 0..count {
            let (value, by_mean, by_deviation) = component(self, j);
            values[j] = value;
            total += shares[j] * value;
            partials[j] = shares[j] * by_mean;
            partials[count + j] =
                shares[j] * by_deviation * self.deviation_scale * sigmoid(outputs[count + j]);
        }
        if count > 1 {
            for j in 0..count {
                partials[2 * count + j] = shares[j] * (values[j] - total);
            }
        }
        total
    }

    fn sampled_component(
        &self,
        outputs: &[f64],
        threshold: f64,
        noise: &[f64],
        sharpness: f64,
        j: usize,
    ) -> (f64, f64, f64) {
        let deviation = self.deviation(outputs[self.components + j]);
        let (mut value, mut by_mean, mut by_deviation) = (0.0, 0.0, 0.0);
        for epsilon in noise {
            let qos = outputs[j] + deviation * epsilon;
            let step = sigmoid(sharpness * self.sign() * (threshold - qos));
            let slope = -sharpness * self.sign() * step * (1.0 - step);
            value += step;
            by_mean += slope;
            by_deviation += slope * epsilon;
        }
        let weight = 1.0 / noise.len() as f64;
        (value * weight, by_mean * weight, by_deviation * weight)
    }

    /// Phi(z) with z the distance of the mixture's mean, moved by `deviations`.
    fn deterministic(
        &self,
        outputs: &[f64],
        threshold: f64,
        deviations: f64,
        partials: &mut [f64],
    ) -> f64 {
        let count = self.components;
        let mut shares = [0.0; MOST_COMPONENTS];
        self.shares(outputs, &mut shares[..count]);
        let moment = |f: &dyn Fn(usize) -> f64| (0..count).map(|j| shares[j] * f(j)).sum::<f64>();
        let sigma = |j: usize| self.deviation(outputs[count + j]);
        let mean = moment(&|j| outputs[j]);
        let second = moment(&|j| sigma(j) * sigma(j) + outputs[j] * outputs[j]);
        let spread = (second - mean * mean).max(self.deviation_floor * self.deviation_floor).sqrt();
        let z = self.sign() * (threshold - mean) / spread + deviations;
        let slope = normal_density(z);
        let by_mean = -self.sign() / spread * slope;
        let by_variance =
            -self.sign() * (threshold - mean) / (2.0 * spread * spread * spread) * slope;
        for j in 0..count {
            let centred = outputs[j] - mean;
            partials[j] = shares[j] * (by_mean + by_variance * 2.0 * centred);
            partials[count + j] = shares[j]
                * by_variance
                * 2.0
                * sigma(j)
                * self.deviation_scale
                * sigmoid(outputs[count + j]);
            if count > 1 {
                let excess = sigma(j) * sigma(j) + centred * centred - spread * spread;
                partials[2 * count + j] = shares[j] * (by_mean * centred + by_variance * excess);
            }
        }
        standard_normal_cdf(z)
    }
}

/// Natural logarithm of the density of `qos` (network's scale) under `distribution` (means,
/// deviations, shares).
pub fn log_density(distribution: &[f64], qos: f64) -> f64 {
    let count = distribution.len() / 3;
    let term = |j: usize| {
        let (mean, deviation, share) =
            (distribution[j], distribution[count + j], distribution[2 * count + j]);
        let z = (qos - mean) / deviation;
        libm::log(share.max(f64::MIN_POSITIVE)) - 0.5 * z * z - libm::log(deviation)
            + libm::log(INVERSE_SQRT_TAU)
    };
    let highest = (0..count).map(term).fold(f64::NEG_INFINITY, f64::max);
    highest + libm::log((0..count).map(|j| libm::exp(term(j) - highest)).sum::<f64>())
}

/// Mean of `distribution` in the network's scale.
pub fn mean(distribution: &[f64]) -> f64 {
    let count = distribution.len() / 3;
    (0..count).map(|j| distribution[j] * distribution[2 * count + j]).sum()
}

/// Mean of min(exp(q), highest) under `distribution`: a mixture of log-normals, cut off.
pub fn mean_of_exponential(distribution: &[f64], highest: f64) -> f64 {
    let count = distribution.len() / 3;
    let limit = libm::log(highest);
    (0..count)
        .map(|j| {
            let (mean, deviation) = (distribution[j], distribution[count + j]);
            let variance = deviation * deviation;
            let below = standard_normal_cdf((limit - mean - variance) / deviation);
            let above = standard_normal_cdf((mean - limit) / deviation);
            let part = if below > 0.0 { libm::exp(mean + 0.5 * variance) * below } else { 0.0 };
            distribution[2 * count + j] * (part + highest * above)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(components: usize, better: Better) -> Head {
        Head { components, deviation_scale: 1.7, deviation_floor: 0.02, better, fixed: None }
    }

    const OUTPUTS: [f64; 9] = [4.0, 5.5, 7.0, 0.3, -1.0, 0.8, 0.2, -0.4, 1.1];

    #[test]
    fn partials_match_finite_differences_for_every_measure() {
        let sampled = Measure::sampled(32, 3.0, 5);
        for measure in [Measure::Expected, sampled, Measure::Deterministic { deviations: 2.0 }] {
            for better in [Better::Higher, Better::Lower] {
                for (components, outputs) in [(1, &OUTPUTS[2..4]), (3, &OUTPUTS[..])] {
                    let head = head(components, better);
                    let threshold =
                        if matches!(measure, Measure::Deterministic { .. }) { 2.2 } else { 5.0 };
                    let mut partials = [0.0; 9];
                    head.value_and_partials(outputs, threshold, &measure, &mut partials);
                    for i in 0..outputs.len() {
                        let at = |step: f64| {
                            let mut moved = outputs.to_vec();
                            moved[i] += step;
                            head.value(&moved, threshold, &measure)
                        };
                        let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                        assert!(
                            (partials[i] - difference).abs() < 1e-6,
                            "{measure:?} {better:?} {i}: {} {difference}",
                            partials[i]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn expected_degradation_matches_numerical_integration() {
        let head = head(3, Better::Higher);
        let mut distribution = [0.0; 9];
        head.distribution(&OUTPUTS, &mut distribution);
        let step = 1e-3;
        let integral: f64 = (0..25_000)
            .map(|i| log_density(&distribution, 5.0 - step * (f64::from(i) + 0.5)).exp() * step)
            .sum();
        let value = head.value(&OUTPUTS, 5.0, &Measure::Expected);
        assert!((value - integral).abs() < 1e-6, "{value} {integral}");
    }

    #[test]
    fn the_sampler_approaches_the_closed_form() {
        let head = head(1, Better::Higher);
        let outputs = [5.4, 0.1];
        let exact = head.value(&outputs, 5.0, &Measure::Expected);
        let sampled = head.value(&outputs, 5.0, &Measure::sampled(20_000, 200.0, 9));
        assert!((exact - sampled).abs() < 0.01, "{exact} {sampled}");
    }
}
