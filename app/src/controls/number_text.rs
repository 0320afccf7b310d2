//! Numbers as text: few digits that mean something, thousands grouped, the unit always after them.

use slicewise_core::slice::shown_amount::shown_amount;

/// `value` with about four significant digits and grouped thousands: `2,141`, `22.2`, `0.0007`.
pub fn rounded(value: f64) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let size = value.abs();
    let decimals = match size {
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.1 => 3,
        s if s >= 0.001 => 4,
        0.0 => 0,
        _ => 7,
    };
    grouped(&trimmed(format!("{value:.decimals$}")))
}

/// So many things: `1 sample`, `2,016 samples`.
pub fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", rounded(count as f64))
}

/// `value` as a number box shows it: plain digits, no grouping, at most six decimals.
pub fn plain(value: f64) -> String {
    trimmed(format!("{value:.6}"))
}

/// The number that a visitor means by `text`, with a decimal point or with a decimal comma: `4.5`, `4,5`.
/// Groups of thousands are read where they can be nothing else: `1,234,567`.
///
/// # Errors
/// Says what to type instead, above all where a comma may be either sign: `1,000`.
pub fn typed(text: &str) -> Result<f64, String> {
    let commas = text.bytes().filter(|byte| *byte == b',').count();
    if commas > 0 && text.contains('.') {
        return Err("one decimal sign and no other, such as 1234.5".to_owned());
    }
    match (commas, is_grouped(text.trim_start_matches('-'))) {
        (0, _) => parsed(text),
        (1, true) => Err([&text.replace(',', ""), " or ", &text.replace(',', ".")].concat()),
        (_, true) => parsed(&text.replace(',', "")),
        _ => parsed(&text.replace(',', ".")),
    }
}

/// Whether the commas of `digits` may stand between thousands: every fourth from the end, behind no zero.
fn is_grouped(digits: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at % 4 {
        3 => byte == b',',
        _ => byte.is_ascii_digit(),
    };
    !digits.starts_with(['0', ',']) && digits.bytes().rev().enumerate().all(fits)
}

fn parsed(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "a number such as 2.5".to_owned())
}

/// A share as a percentage: `0.0123` is `1.23 %`.
pub fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    let decimals = match hundredths.abs() {
        h if h >= 10.0 => 1,
        h if h >= 1.0 => 2,
        _ => 3,
    };
    format!("{} %", trimmed(format!("{hundredths:.decimals$}")))
}

/// A share to whole per cent where it is large, `40 %`, and with one decimal where it is small.
pub fn coarse_percent(share: f64) -> String {
    let hundredths = share * 100.0;
    let decimals = if hundredths.abs() >= 10.0 { 0 } else { 1 };
    format!("{} %", trimmed(format!("{hundredths:.decimals$}")))
}

/// `value` with its unit, where it has one.
pub fn quantity(value: f64, unit: &str) -> String {
    with_unit(rounded(value), unit)
}

/// An amount of a resource with its unit, rounded up.
pub fn amount(value: f64, unit: &str) -> String {
    with_unit(rounded_up(value), unit)
}

fn with_unit(mut text: String, unit: &str) -> String {
    if !unit.is_empty() {
        text.push(' ');
        text.push_str(unit);
    }
    text
}

/// An amount of a resource, rounded up: what is read keeps what is promised.
pub fn rounded_up(amount: f64) -> String {
    grouped(&trimmed(format!("{:.7}", shown_amount(amount))))
}

/// A name with its unit as headings have it: `CPU, millicores`; the name alone where there is no unit.
pub fn titled(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { [name, ", ", unit].concat() }
}

/// Drops zeros at the end of the decimals, and the sign of a zero.
fn trimmed(mut text: String) -> String {
    if text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    if text == "-0" { "0".to_owned() } else { text }
}

/// Commas between groups of three digits before the point.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !decimals.is_empty() {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_mean_something() {
        assert_eq!(rounded(2141.3), "2,141");
        assert_eq!(rounded(1_234_567.0), "1,234,567");
        assert_eq!(rounded(22.23), "22.2");
        assert_eq!(rounded(5.0), "5");
        assert_eq!(rounded(-0.0), "0");
        assert_eq!(rounded(0.000_222_2), "0.0002222");
        assert_eq!(rounded(100.0), "100");
        assert_eq!(percent(0.0008), "0.08 %");
        assert_eq!(percent(0.9), "90 %");
        assert_eq!(coarse_percent(0.3977), "40 %");
        assert_eq!(plain(0.1), "0.1");
    }

    #[test]
    fn amounts_of_a_resource_are_shown_rounded_up() {
        assert_eq!(rounded_up(24.344_183), "24.4");
        assert_eq!(rounded_up(2_121.040_001), "2,122");
        assert_eq!(rounded_up(1_037.5), "1,037.5", "a whole multiple of 2.5");
        assert_eq!(rounded_up(0.000_123_41), "0.0001235");
        assert_eq!(rounded_up(50.0), "50");
    }

    #[test]
    fn a_decimal_comma_is_read_and_what_may_be_either_sign_is_asked_for() {
        for (text, number) in [
            ("4.5", 4.5),
            ("4,5", 4.5),
            ("-4,25", -4.25),
            (",5", 0.5),
            ("7,", 7.0),
            ("0,125", 0.125),
            ("1234,567", 1234.567),
            ("12,34567", 12.34567),
            ("1,234,567", 1_234_567.0),
            ("1.000", 1.0),
            ("1e3", 1000.0),
        ] {
            assert_eq!(typed(text), Ok(number), "{text}");
        }
        for (text, allowed) in [
            ("1,000", "1000 or 1.000"),
            ("2,141", "2141 or 2.141"),
            ("-12,345", "-12345 or -12.345"),
            ("1.234,5", "one decimal sign and no other, such as 1234.5"),
            ("1,234.5", "one decimal sign and no other, such as 1234.5"),
            ("1,23,456", "a number such as 2.5"),
            ("1 000", "a number such as 2.5"),
            (",", "a number such as 2.5"),
            ("", "a number such as 2.5"),
        ] {
            assert_eq!(typed(text), Err(allowed.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_empty_unit_leaves_nothing_behind() {
        assert_eq!(quantity(2.5, ""), "2.5");
        assert_eq!(titled("score", ""), "score");
        assert_eq!(titled("CPU", "millicores"), "CPU, millicores");
    }
}
