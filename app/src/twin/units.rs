//! Rates and delays in the unit that their size asks for.

use crate::controls::number_text;

/// A unit of rates and how many bit/s it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateUnit {
    /// Its name.
    pub name: &'static str,
    /// One of it in bit/s.
    pub bit_per_s: f64,
}

/// The units of rates, the largest first.
pub const RATE_UNITS: [RateUnit; 4] = [
    RateUnit { name: "Gbit/s", bit_per_s: 1e9 },
    RateUnit { name: "Mbit/s", bit_per_s: 1e6 },
    RateUnit { name: "kbit/s", bit_per_s: 1e3 },
    RateUnit { name: "bit/s", bit_per_s: 1.0 },
];

/// The unit in which `bit_per_s` is at least 1.
pub fn rate_unit(bit_per_s: f64) -> RateUnit {
    let fits = |unit: &&RateUnit| bit_per_s.abs() >= unit.bit_per_s;
    *RATE_UNITS.iter().find(fits).unwrap_or(&RATE_UNITS[3])
}

/// A rate with its unit: `2.5 Gbit/s`.
pub fn rate(bit_per_s: f64) -> String {
    let unit = rate_unit(bit_per_s);
    number_text::quantity(bit_per_s / unit.bit_per_s, unit.name)
}

/// A delay with its unit: `24.1 ms`, in µs below a hundredth of a millisecond and in s from one on.
pub fn delay(seconds: f64) -> String {
    match seconds.abs() {
        size if size >= 1.0 => number_text::quantity(seconds, "s"),
        size if size < 1e-5 && size > 0.0 => number_text::quantity(1e6 * seconds, "µs"),
        _ => number_text::quantity(1e3 * seconds, "ms"),
    }
}

/// A difference with its sign: `+3.2 ms`; `±0` where nothing changed.
pub fn signed(value: f64, text: fn(f64) -> String) -> String {
    if value == 0.0 {
        return "±0".to_owned();
    }
    let sign = if value > 0.0 { "+" } else { "−" };
    [sign, &text(value.abs())].concat()
}

/// A difference of shares in percentage points: `3.2 points`.
pub fn points(share: f64) -> String {
    number_text::quantity(100.0 * share, "points")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_the_unit_of_its_size() {
        assert_eq!(rate(1e11), "100 Gbit/s");
        assert_eq!(rate(2.5e9), "2.5 Gbit/s");
        assert_eq!(rate(999_000_000.0), "999 Mbit/s");
        assert_eq!(rate(64_000.0), "64 kbit/s");
        assert_eq!(rate(0.0), "0 bit/s");
    }

    #[test]
    fn a_delay_has_the_unit_of_its_size() {
        assert_eq!(delay(0.0241), "24.1 ms");
        assert_eq!(delay(1.5), "1.5 s");
        assert_eq!(delay(2.4e-6), "2.4 µs");
        assert_eq!(delay(0.0), "0 ms");
    }

    #[test]
    fn a_difference_has_its_sign() {
        assert_eq!(signed(0.0032, delay), "+3.2 ms");
        assert_eq!(signed(-0.0032, delay), "−3.2 ms");
        assert_eq!(signed(0.0, delay), "±0");
        assert_eq!(signed(-0.125, points), "−12.5 points");
    }
}
