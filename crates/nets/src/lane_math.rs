//! Arithmetic and transcendental functions on a few vectors of numbers at once, without branches.
//!
//! They use only addition, subtraction, multiplication, division, comparison and bit operations,
//! one rounding each, and so give the same bits on every platform. A lane that is not a number
//! stays so. The tests compare the functions with libm.

use std::ops::{Add, Div, Mul, Neg, Sub};

use pulp::Simd;
use pulp::bytemuck::cast;

/// 1.5 * 2^52: adding it rounds to the nearest integer.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// 1.5 * 2^20: adding it leaves an integer in the low bits of the upper half of a number.
const PLACER: f64 = 1_572_864.0;
/// ln 2 in two parts; the first has trailing zeros, so that its multiples are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// The least argument of [`exp`]: e^-690 and what it is multiplied with here stay normal numbers.
pub(crate) const LEAST_EXPONENT: f64 = -690.0;
/// 1 / sqrt(2 pi).
pub(crate) const INVERSE_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
/// Numbers nearer to zero than this change nothing, but would soon become subnormal, and
/// arithmetic on those is a hundred times slower.
const NEGLIGIBLE: f64 = 1e-200;

/// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2: interpolated with 50 digits at 10 Chebyshev nodes;
/// e^r is then within 2e-17.
const EXPONENTIAL: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_18,
    2.480_152_129_595_437_6e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_6e-7,
    2.510_038_549_551_032e-8,
];

/// 2 artanh(s) / s over s^2 <= 1/9: interpolated with 50 digits at 10 Chebyshev nodes; within
/// 5e-17 of it, relatively.
const TWICE_ARTANH: [f64; 10] = [
    2.0,
    0.666_666_666_666_825_7,
    0.399_999_999_952_876,
    0.285_714_291_116_571_6,
    0.222_221_908_613_462_83,
    0.181_828_598_004_739_1,
    0.153_636_762_488_916_33,
    0.135_913_054_855_798_94,
    0.098_807_890_487_647_86,
    0.177_807_638_261_133_02,
];

/// The upper tail as a ratio of polynomials in z: (1 - Phi(z)) e^(z^2 / 2) for z in [0, 39], with
/// errors levelled to 5.1e-17, relatively (computed with 60 digits). All coefficients are positive,
/// so that nothing cancels.
const TAIL_NUMERATOR: [f64; 10] = [
    143_917.384_774_858_77,
    223_040.178_861_098_7,
    170_993.817_325_162_3,
    83_284.803_596_717_15,
    28_123.458_007_341_41,
    6_800.032_655_939_325,
    1_177.192_389_022_166_7,
    141.180_538_012_390_97,
    10.725_011_788_137_916,
    0.398_942_280_400_250_5,
];
/// The denominator, from its constant on; its leading coefficient is 1.
const TAIL_DENOMINATOR: [f64; 10] = [
    287_834.769_549_717_54,
    675_739.276_408_164_9,
    737_232.185_649_733_4,
    493_479.120_540_389_8,
    225_111.493_619_518_5,
    73_392.068_142_970_05,
    17_397.041_374_550_667,
    2_977.667_341_580_366_6,
    354.887_128_466_770_43,
    26.883_617_793_283_623,
];
/// The end of that range; there the tail is below 1e-300.
const TAIL_END: f64 = 39.0;

/// `V` vectors of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<S: Simd, const V: usize> {
    simd: S,
    vectors: [S::f64s; V],
}

macro_rules! operator {
    ($operator:ident, $method:ident, $vector:ident) => {
        impl<S: Simd, const V: usize> $operator for Lanes<S, V> {
            type Output = Self;

            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                for (own, other) in self.vectors.iter_mut().zip(other.vectors) {
                    *own = self.simd.$vector(*own, other);
                }
                self
            }
        }

        impl<S: Simd, const V: usize> $operator<f64> for Lanes<S, V> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                self.$method(Self::splat(self.simd, other))
            }
        }
    };
}

operator!(Add, add, add_f64s);
operator!(Sub, sub, sub_f64s);
operator!(Mul, mul, mul_f64s);
operator!(Div, div, div_f64s);

impl<S: Simd, const V: usize> Neg for Lanes<S, V> {
    type Output = Self;

    #[inline(always)]
    fn neg(mut self) -> Self {
        for own in &mut self.vectors {
            *own = self.simd.xor_f64s(*own, self.simd.splat_f64s(-0.0));
        }
        self
    }
}

impl<S: Simd, const V: usize> Lanes<S, V> {
    /// Numbers in `V` vectors.
    pub(crate) const COUNT: usize = V * S::F64_LANES;

    #[inline(always)]
    pub(crate) fn splat(simd: S, value: f64) -> Self {
        Self { simd, vectors: [simd.splat_f64s(value); V] }
    }

    #[inline(always)]
    pub(crate) fn simd(self) -> S {
        self.simd
    }

    /// The first `V` vectors of `vectors`.
    #[inline(always)]
    pub(crate) fn load(simd: S, vectors: &[S::f64s]) -> Self {
        let mut lanes = Self::splat(simd, 0.0);
        lanes.vectors.copy_from_slice(&vectors[..V]);
        lanes
    }

    /// The numbers of `values`, [`Self::COUNT`] at most, then zeros.
    #[inline(always)]
    pub(crate) fn load_some(simd: S, values: &[f64]) -> Self {
        let whole = S::as_simd_f64s(values).0;
        if whole.len() >= V {
            return Self::load(simd, whole);
        }
        let mut lanes = Self::splat(simd, 0.0);
        for (vector, values) in lanes.vectors.iter_mut().zip(values.chunks(S::F64_LANES)) {
            *vector = simd.partial_load_f64s(values);
        }
        lanes
    }

    /// Writes to the first `V` vectors of `vectors`.
    #[inline(always)]
    pub(crate) fn store(self, vectors: &mut [S::f64s]) {
        vectors[..V].copy_from_slice(&self.vectors);
    }

    /// Writes as many numbers as `values` holds, [`Self::COUNT`] at most.
    #[inline(always)]
    pub(crate) fn store_some(self, values: &mut [f64]) {
        if values.len() >= Self::COUNT {
            return self.store(S::as_mut_simd_f64s(values).0);
        }
        for (vector, values) in self.vectors.iter().zip(values.chunks_mut(S::F64_LANES)) {
            self.simd.partial_store_f64s(values, *vector);
        }
    }

    /// `yes` where this is less than `limit`, else `no`; `no` where this is not a number.
    #[inline(always)]
    pub(crate) fn if_less(self, limit: f64, yes: Self, mut no: Self) -> Self {
        let limit = self.simd.splat_f64s(limit);
        for (index, own) in self.vectors.iter().enumerate() {
            let mask = self.simd.less_than_f64s(*own, limit);
            no.vectors[index] = self.simd.select_f64s(mask, yes.vectors[index], no.vectors[index]);
        }
        no
    }

    /// The larger of the two, `self` where that is no number.
    #[inline(always)]
    pub(crate) fn larger(mut self, other: Self) -> Self {
        for (own, other) in self.vectors.iter_mut().zip(other.vectors) {
            *own = self.simd.select_f64s(self.simd.less_than_f64s(*own, other), other, *own);
        }
        self
    }

    /// The smaller of the two, `self` where that is no number.
    #[inline(always)]
    pub(crate) fn smaller(mut self, other: Self) -> Self {
        for (own, other) in self.vectors.iter_mut().zip(other.vectors) {
            *own = self.simd.select_f64s(self.simd.less_than_f64s(other, *own), other, *own);
        }
        self
    }

    #[inline(always)]
    pub(crate) fn magnitude(mut self) -> Self {
        let mask = self.simd.splat_f64s(f64::from_bits(u64::MAX >> 1));
        for own in &mut self.vectors {
            *own = self.simd.and_f64s(*own, mask);
        }
        self
    }

    /// 0 where this is negligible.
    #[inline(always)]
    pub(crate) fn without_dust(self) -> Self {
        self.magnitude().if_less(NEGLIGIBLE, Self::splat(self.simd, 0.0), self)
    }

    /// This times 2^`power`, where `power` holds integers and the result is a normal number.
    #[inline(always)]
    fn scaled(mut self, power: Self) -> Self {
        let simd = self.simd;
        for (own, placed) in self.vectors.iter_mut().zip((power + PLACER).vectors) {
            let lifted = lift(simd, simd.transmute_u64s_f64s(placed));
            let sum = simd.add_u64s(simd.transmute_u64s_f64s(*own), lifted);
            *own = simd.transmute_f64s_u64s(sum);
        }
        self
    }
}

/// The low bits of the upper half of each number, moved up to the exponent; the lower half is 0.
///
/// The vectors here know no shift of 64-bit lanes, but wasm, too, multiplies 32-bit lanes.
#[inline(always)]
fn lift<S: Simd>(simd: S, placed: S::u64s) -> S::u64s {
    if size_of::<S::u32s>() != size_of::<S::u64s>() {
        return simd.mul_u64s(placed, simd.splat_u64s(1 << 20));
    }
    let factor: S::u32s = cast(simd.splat_u64s(1 << 52));
    cast(simd.mul_u32s(cast(placed), factor))
}

/// The polynomial with these coefficients, from the constant on: even and odd powers apart, so
/// that two chains of operations run at once.
#[inline(always)]
fn polynomial<S: Simd, const V: usize>(
    coefficients: &[f64; 10],
    x: Lanes<S, V>,
    square: Lanes<S, V>,
) -> Lanes<S, V> {
    let mut even = Lanes::splat(x.simd, coefficients[8]);
    let mut odd = Lanes::splat(x.simd, coefficients[9]);
    for power in [6, 4, 2, 0] {
        even = even * square + coefficients[power];
        odd = odd * square + coefficients[power + 1];
    }
    odd * x + even
}

/// e^x for x in [-690, 700]; below, the value at the beginning of that range.
#[inline(always)]
pub(crate) fn exp<S: Simd, const V: usize>(x: Lanes<S, V>) -> Lanes<S, V> {
    let x = x.if_less(LEAST_EXPONENT, Lanes::splat(x.simd, LEAST_EXPONENT), x);
    let power = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let rest = (x - power * LN_2_HIGH) - power * LN_2_LOW;
    let square = rest * rest;
    let sum = (polynomial(&EXPONENTIAL, rest, square) * square + rest) + 1.0;
    sum.scaled(power)
}

/// ln(1 + e^x) and its slope 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn softplus<S: Simd, const V: usize>(x: Lanes<S, V>) -> (Lanes<S, V>, Lanes<S, V>) {
    let (zero, one) = (Lanes::splat(x.simd, 0.0), Lanes::splat(x.simd, 1.0));
    let decay = exp(-x.magnitude());
    // ln(1 + u) = 2 artanh(s) with s = u / (2 + u) <= 1/3; one division serves s and 1 / (1 + u).
    let (first, second) = (decay + 1.0, decay + 2.0);
    let inverse = one / (first * second);
    let s = decay * first * inverse;
    let square = s * s;
    let sum = polynomial(&TWICE_ARTANH, square, square * square);
    let value = zero.larger(x) + s * sum;
    let slope = x.if_less(0.0, decay, one) * (second * inverse);
    (value, slope)
}

/// Distribution function and density of the standard normal distribution.
#[inline(always)]
pub(crate) fn normal<S: Simd, const V: usize>(z: Lanes<S, V>) -> (Lanes<S, V>, Lanes<S, V>) {
    let bell = exp(z * z * -0.5);
    let away = z.magnitude();
    let away = away.if_less(TAIL_END, away, Lanes::splat(z.simd, TAIL_END));
    let mut numerator = away * TAIL_NUMERATOR[9] + TAIL_NUMERATOR[8];
    let mut denominator = away + TAIL_DENOMINATOR[9];
    for power in (0..8).rev() {
        numerator = numerator * away + TAIL_NUMERATOR[power];
    }
    for power in (0..9).rev() {
        denominator = denominator * away + TAIL_DENOMINATOR[power];
    }
    let tail = bell * (numerator / denominator);
    let below = z.if_less(0.0, tail, Lanes::splat(z.simd, 1.0) - tail);
    (below, bell * INVERSE_SQRT_TAU)
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, Scalar, Scalar256b, WithSimd};
    use slicewise_core::slice::traffic::standard_normal_cdf;

    use super::*;

    type Quad = Lanes<Scalar256b, 1>;

    fn lane(x: f64) -> Quad {
        Quad::splat(Scalar256b, x)
    }

    fn number(lanes: Quad) -> f64 {
        lanes.vectors[0].0
    }

    fn numbers((first, second): (Quad, Quad)) -> (f64, f64) {
        (number(first), number(second))
    }

    fn assert_close(found: f64, expected: f64, tolerance: f64, at: f64) {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs(),
            "{at}: {found} instead of {expected}"
        );
    }

    #[test]
    fn functions_agree_with_libm() {
        for step in -69_000..70_000 {
            let x = f64::from(step) * 0.01 + 0.0013;
            assert_close(number(exp(lane(x))), libm::exp(x), 4e-16, x);
            let (value, slope) = numbers(softplus(lane(x)));
            let u = libm::exp(-x.abs());
            assert_close(value, x.max(0.0) + libm::log1p(u), 1e-15, x);
            assert_close(slope, if x >= 0.0 { 1.0 / (1.0 + u) } else { u / (1.0 + u) }, 1e-15, x);
        }
    }

    #[test]
    fn the_normal_distribution_agrees_with_libm() {
        for step in -371_000..371_000 {
            let z = f64::from(step) * 1e-4 + 3.7e-5;
            let (below, density) = numbers(normal(lane(z)));
            let expected = standard_normal_cdf(z);
            assert!((below - expected).abs() <= 3e-16, "{z}: {below} instead of {expected}");
            // Rounding z^2 moves e^(-z^2 / 2) by 0.6e-16 z^2, and rounding z / sqrt(2) and that
            // factor itself moves the reference by 2.2e-16 z^2, relatively.
            let tolerance = 1e-15 + 3e-16 * z * z;
            assert_close(below, expected, tolerance, z);
            assert_close(density, INVERSE_SQRT_TAU * libm::exp(-0.5 * z * z), tolerance, z);
        }
    }

    #[test]
    fn far_arguments_stay_finite() {
        for x in [1e4, 1e300, f64::INFINITY] {
            let (above, density) = numbers(normal(lane(-x)));
            assert!((0.0..1e-290).contains(&above) && (0.0..1e-290).contains(&density));
            assert!(number(normal(lane(x)).0) == 1.0);
            assert!(number(exp(lane(-x))) < 1e-290);
            assert!(number(softplus(lane(-x)).0) < 1e-290);
        }
        assert!(number(softplus(lane(1e300)).0) == 1e300);
    }

    #[test]
    fn what_is_no_number_stays_so() {
        let none = lane(f64::NAN);
        let found = [exp(none), softplus(none).0, softplus(none).1, normal(none).0, normal(none).1];
        assert!(found.into_iter().all(|found| number(found).is_nan()));
        assert!(number(none.without_dust()).is_nan());
    }

    /// All functions on all of `arguments`.
    struct Everything<'a>(&'a [f64]);

    impl WithSimd for Everything<'_> {
        type Output = Vec<u64>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<u64> {
            let mut found = vec![[0.0; 5]; self.0.len()];
            for (x, found) in
                self.0.chunks(3 * S::F64_LANES).zip(found.chunks_mut(3 * S::F64_LANES))
            {
                let lanes = Lanes::<S, 3>::load_some(simd, x);
                let (value, slope) = softplus(lanes);
                let (below, density) = normal(lanes);
                for (index, lanes) in
                    [exp(lanes), value, slope, below, density].into_iter().enumerate()
                {
                    let mut numbers = vec![0.0; x.len()];
                    lanes.store_some(&mut numbers);
                    for (found, number) in found.iter_mut().zip(numbers) {
                        found[index] = number;
                    }
                }
            }
            found.into_iter().flatten().map(f64::to_bits).collect()
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let arguments: Vec<f64> = (-7003..7000).map(|step| f64::from(step) * 0.0993).collect();
        let expected = Everything(&arguments).with_simd(Scalar);
        assert!(Everything(&arguments).with_simd(Scalar256b) == expected);
        assert!(Arch::new().dispatch(Everything(&arguments)) == expected);
    }

    #[test]
    fn parts_of_vectors_are_read_and_written() {
        let lanes = Lanes::<Scalar, 3>::load_some(Scalar, &[1.0, 2.0]);
        assert_eq!(lanes.vectors, [1.0, 2.0, 0.0]);
        let mut found = [7.0; 4];
        lanes.store_some(&mut found[..2]);
        assert_eq!(found, [1.0, 2.0, 7.0, 7.0]);
    }
}
