//! Transcendental functions on a few numbers at once, without branches, so that the compiler keeps
//! them in vector registers. They use only addition, multiplication, division and bit operations,
//! and so give the same bits on every platform. The tests compare them with libm.

/// 1.5 * 2^52: adding it rounds to the nearest integer and leaves that integer in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has trailing zeros, so that its multiples are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 1 / sqrt(2 pi).
pub(crate) const INVERSE_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Chebyshev coefficients of erfc(x) exp(x^2) / t over s = 2 t - 1 with t = 2 / (2 + x), x >= 0,
/// computed with 40 digits at 24 Chebyshev nodes; relative error 6e-16.
const SCALED_ERFC: [f64; 24] = [
    0.577_033_738_616_469_7,
    0.355_436_921_270_498_5,
    0.065_095_158_828_786_52,
    0.003_671_142_395_836_639,
    -0.001_112_844_743_352_632_5,
    -0.000_160_758_299_153_780_8,
    3.278_031_574_173_137e-5,
    5.442_441_645_505_016e-6,
    -1.515_466_555_317_148_2e-6,
    -1.429_760_818_116_986_4e-7,
    8.234_608_827_419_492e-8,
    -1.296_284_685_230_650_5e-9,
    -4.154_721_631_015_037e-9,
    6.347_058_278_356_329e-10,
    1.432_082_271_232_162_7e-10,
    -6.160_390_104_747_66e-11,
    2.061_213_831_883_062_6e-12,
    3.571_493_183_311_628_7e-12,
    -8.586_421_440_151_058e-13,
    -6.145_689_247_243_52e-14,
    7.418_878_994_007_75e-14,
    -1.288_999_294_588_247_8e-14,
    -2.394_643_149_242_472_7e-15,
    1.636_058_242_676_155_4e-15,
];

/// e^x for x in [-708, 709]; beyond, the value at the end of that range.
#[inline(always)]
pub(crate) fn exp<const N: usize>(x: [f64; N]) -> [f64; N] {
    const TERMS: [f64; 13] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
    ];
    let mut scale = [0u64; N];
    let mut rest = [0.0; N];
    for i in 0..N {
        let x = x[i].clamp(-708.0, 709.0);
        let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
        let power = rounded - ROUNDER;
        scale[i] = rounded.to_bits() << 52;
        rest[i] = (x - power * LN_2_HIGH) - power * LN_2_LOW;
    }
    let mut sum = [TERMS[12]; N];
    for term in TERMS[..12].iter().rev() {
        for i in 0..N {
            sum[i] = sum[i] * rest[i] + term;
        }
    }
    let mut result = [0.0; N];
    for i in 0..N {
        result[i] = f64::from_bits(sum[i].to_bits().wrapping_add(scale[i]));
    }
    result
}

/// ln(1 + e^x) and its slope 1 / (1 + e^-x).
#[inline(always)]
pub(crate) fn softplus<const N: usize>(x: [f64; N]) -> ([f64; N], [f64; N]) {
    let decay = exp::<N>(std::array::from_fn(|i| -x[i].abs()));
    // ln(1 + u) = 2 artanh(s) with s = u / (2 + u) <= 1/3.
    let mut s = [0.0; N];
    let mut square = [0.0; N];
    for i in 0..N {
        s[i] = decay[i] / (2.0 + decay[i]);
        square[i] = s[i] * s[i];
    }
    let mut sum = [1.0 / 33.0; N];
    for term in (0..16).rev() {
        let term = 1.0 / (2 * term + 1) as f64;
        for i in 0..N {
            sum[i] = sum[i] * square[i] + term;
        }
    }
    let mut value = [0.0; N];
    let mut slope = [0.0; N];
    for i in 0..N {
        value[i] = x[i].max(0.0) + 2.0 * s[i] * sum[i];
        let upper = if x[i] >= 0.0 { 1.0 } else { decay[i] };
        slope[i] = upper / (1.0 + decay[i]);
    }
    (value, slope)
}

/// Distribution function and density of the standard normal distribution.
#[inline(always)]
pub(crate) fn normal<const N: usize>(z: [f64; N]) -> ([f64; N], [f64; N]) {
    let bell = exp::<N>(std::array::from_fn(|i| -0.5 * z[i] * z[i]));
    let mut t = [0.0; N];
    let mut twice_s = [0.0; N];
    for i in 0..N {
        t[i] = 2.0 / (2.0 + z[i].abs() * std::f64::consts::FRAC_1_SQRT_2);
        twice_s[i] = 4.0 * t[i] - 2.0;
    }
    let (mut last, mut before) = ([0.0; N], [0.0; N]);
    for coefficient in SCALED_ERFC[1..].iter().rev() {
        for i in 0..N {
            let next = twice_s[i] * last[i] - before[i] + coefficient;
            before[i] = last[i];
            last[i] = next;
        }
    }
    let mut below = [0.0; N];
    let mut density = [0.0; N];
    for i in 0..N {
        let scaled = 0.5 * twice_s[i] * last[i] - before[i] + SCALED_ERFC[0];
        let tail = 0.5 * t[i] * bell[i] * scaled;
        below[i] = if z[i] < 0.0 { tail } else { 1.0 - tail };
        density[i] = INVERSE_SQRT_TAU * bell[i];
    }
    (below, density)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of the exponent alone moves e^(-x^2 / 2) by x^2 / 2 units in the last place.
    fn assert_close(found: f64, expected: f64, at: f64) {
        let tolerance = 2e-14_f64.max(4e-16 * at * at);
        assert!(
            (found - expected).abs() <= tolerance * expected.abs() + 1e-300,
            "{at}: {found} {expected}"
        );
    }

    #[test]
    fn functions_agree_with_libm() {
        for step in -7000..7000 {
            let x = f64::from(step) * 0.1 + 0.013;
            assert_close(exp([x])[0], libm::exp(x), 0.0);
            let (value, slope) = softplus([x]);
            let u = libm::exp(-x.abs());
            assert_close(value[0], x.max(0.0) + libm::log1p(u), 0.0);
            assert_close(slope[0], if x >= 0.0 { 1.0 / (1.0 + u) } else { u / (1.0 + u) }, 0.0);
        }
        for step in -3000..3000 {
            let z = f64::from(step) * 0.01 + 0.003;
            let (below, density) = normal([z]);
            assert_close(below[0], 0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2), z);
            assert_close(density[0], INVERSE_SQRT_TAU * libm::exp(-0.5 * z * z), z);
        }
    }

    #[test]
    fn far_arguments_stay_finite() {
        for x in [-1e300, -1e4, 1e4, 1e300] {
            let (below, density) = normal([x]);
            assert!(below[0] == if x < 0.0 { below[0] } else { 1.0 } && density[0] < 1e-300);
            assert!(softplus([x]).0[0].is_finite() && exp([x])[0] > 0.0);
        }
    }
}
