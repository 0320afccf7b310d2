//! Rates as people write them.

use std::str::FromStr;

/// A rate in bit/s, written as `10G`, `2.5 Gbit/s`, `155M` or a plain number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = || "a rate such as 10G, 155M or 2.5e9".to_owned();
        let text = text.trim();
        let text = ["bit/s", "bps"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text);
        let text = text.trim_end();
        let factors = [('k', 1e3), ('K', 1e3), ('M', 1e6), ('G', 1e9), ('T', 1e12)];
        let (number, factor) = factors
            .iter()
            .find_map(|(letter, factor)| Some((text.strip_suffix(*letter)?, *factor)))
            .unwrap_or((text, 1.0));
        let rate = number.trim_end().parse::<f64>().map_err(|_| allowed())? * factor;
        if rate.is_finite() && rate > 0.0 { Ok(Self(rate)) } else { Err(allowed()) }
    }
}

/// A rate with the unit that suits it.
pub fn rate(bit_per_s: f64) -> String {
    let units = [(1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")];
    let found = units.iter().find(|(size, _)| bit_per_s >= *size);
    let (size, unit) = found.copied().unwrap_or((1.0, "bit/s"));
    format!("{} {unit}", short(bit_per_s / size))
}

/// A time with the unit that suits it.
pub fn time(seconds: f64) -> String {
    if seconds.is_nan() {
        return "-".to_owned();
    }
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    let found = units.iter().find(|(size, _)| seconds >= *size);
    let (size, unit) = found.copied().unwrap_or((1e-6, "µs"));
    format!("{} {unit}", short(seconds / size))
}

/// A share as percent.
pub fn percent(share: f64) -> String {
    if share.is_nan() { "-".to_owned() } else { format!("{} %", short(100.0 * share)) }
}

/// Three digits.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}
