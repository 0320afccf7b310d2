//! Numbers as people and programs write them, and what stands for none.

use serde::{Deserialize, Serialize};

/// Texts that stand for a missing value, beside an empty one, in lower case: of spreadsheets, of
/// databases, and of performance exports (`NIL`, and `/0` for a quotient by zero).
const MISSING: [&str; 42] = [
    "-",
    "--",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "(null)",
    "none",
    "nil",
    "/0",
    "#div/0!",
    "#div/0",
    "#value!",
    "\\n",
    "?",
    "undefined",
    "n.a.",
    "undef",
    "missing",
    "no data",
    "nodata",
    "n/d",
    "nat",
    "-nan",
    "<na>",
    "<null>",
    "#null!",
    "#ref!",
    "#num!",
    "#name?",
    "1.#qnan",
    "-1.#ind",
    "1.#ind",
    "..",
    "...",
    "*",
    "–",
    "—",
    "k.a.",
    "n.v.",
    "void",
];
/// The longest of them, in bytes.
const LONGEST_MISSING: usize = 9;

/// Whether `text` stands for a missing value.
pub fn is_missing(text: &str) -> bool {
    let may_be_word = text.len() <= LONGEST_MISSING;
    text.is_empty() || (may_be_word && MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

/// What stands between the whole part of a number and its fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DecimalSign {
    /// `1.5`; thousands may be grouped: `1,234.5`, `1 234.5`, `1'234.5`.
    #[default]
    Point,
    /// `1,5`; thousands may be grouped: `1.234,5`, `1 234,5`, `1'234,5`.
    Comma,
}

impl DecimalSign {
    fn letter(self) -> char {
        if self == Self::Point { '.' } else { ',' }
    }

    fn other(self) -> char {
        if self == Self::Point { ',' } else { '.' }
    }

    /// `number` as it is written with this sign.
    pub fn shown(self, number: f64) -> String {
        let text = number.to_string();
        if self == Self::Point { text } else { text.replace('.', ",") }
    }

    /// The finite number that `text` stands for; none where it is no number.
    pub fn number(self, text: &str) -> Option<f64> {
        if let Some(positive) = text.strip_prefix('−') {
            return self.number(positive).map(|number| -number);
        }
        // Nearly all numbers are written as programs write them.
        if !text.contains(',') && (self == Self::Point || !text.contains('.')) {
            let plain = text.parse::<f64>().ok().filter(|value| value.is_finite());
            if plain.is_some() {
                return plain;
            }
        }
        let (whole, fraction) = match text.split_once(self.letter()) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let mut plain = ungrouped(whole, self.other())?;
        if let Some(fraction) = fraction {
            if !fraction.starts_with(|letter: char| letter.is_ascii_digit()) {
                return None;
            }
            plain.push('.');
            plain.push_str(fraction);
        }
        plain.parse::<f64>().ok().filter(|value| value.is_finite())
    }
}

/// `whole` without the sign between its groups of three digits: `separator`, a blank or an apostrophe.
fn ungrouped(whole: &str, separator: char) -> Option<String> {
    let is_group_sign = |letter: char| {
        letter == separator || matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
    };
    let Some(sign) = whole.chars().find(|letter| is_group_sign(*letter)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(sign);
    let first = groups.next()?;
    let digits = first.trim_start_matches(['-', '+']);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // 0,500 is no group of thousands.
    if !(1..=3).contains(&digits.len()) || !is_number(digits) || digits.starts_with('0') {
        return None;
    }
    let groups: Vec<&str> = groups.collect();
    let (last, middle) = groups.split_last()?;
    // Lakhs and crores have groups of two digits before the last one.
    let is_middle = |length: usize| middle.iter().all(|group| group.len() == length);
    let is_indian = sign == ',' && !middle.is_empty() && digits.len() <= 2 && is_middle(2);
    let is_grouped = last.len() == 3 && (is_middle(3) || is_indian);
    (is_grouped && groups.iter().all(|group| is_number(group)))
        .then(|| first.to_owned() + &groups.concat())
}

/// What the numbers of a column say of its decimal sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing: whole numbers without groups.
    None,
    /// It is this one.
    Certain(DecimalSign),
    /// It is a point, unless other columns have commas: `1.234` everywhere.
    LikelyPoint,
    /// It cannot be known: `1,234` everywhere.
    Unclear,
    /// Most of it are no numbers.
    NoNumbers,
}

/// What `texts`, none of them missing, say together.
pub fn evidence<'a>(texts: impl IntoIterator<Item = &'a str>) -> Evidence {
    let (mut all, mut as_point, mut as_comma, mut points, mut commas) = (0, 0, 0, false, false);
    for text in texts {
        all += 1;
        as_point += usize::from(DecimalSign::Point.number(text).is_some());
        as_comma += usize::from(DecimalSign::Comma.number(text).is_some());
        points |= text.contains('.');
        commas |= text.contains(',');
    }
    let most = as_point.max(as_comma);
    if 2 * most <= all {
        return Evidence::NoNumbers;
    }
    match (as_point == most, as_comma == most) {
        (true, false) => Evidence::Certain(DecimalSign::Point),
        (false, true) => Evidence::Certain(DecimalSign::Comma),
        _ if commas => Evidence::Unclear,
        _ if points => Evidence::LikelyPoint,
        _ => Evidence::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_either_sign_and_with_groups() {
        for (text, value) in [
            ("1.5", 1.5),
            ("-2e3", -2000.0),
            ("1,234.5", 1234.5),
            ("1,721,992,142.283", 1_721_992_142.283),
            ("12 345.5", 12_345.5),
            ("1'234", 1234.0),
            ("1,000", 1000.0),
            ("12,34,567.5", 1_234_567.5),
            ("−5", -5.0),
        ] {
            assert_eq!(DecimalSign::Point.number(text), Some(value), "{text}");
        }
        for (text, value) in [
            ("1,5", 1.5),
            ("1.234,5", 1234.5),
            ("1.234.567", 1_234_567.0),
            ("0,25", 0.25),
            ("7", 7.0),
        ] {
            assert_eq!(DecimalSign::Comma.number(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_with_a_sign_is_none() {
        for text in [
            "1,5",
            "1,2,456.0",
            "1,23,45.0",
            "0,500",
            "1.5.2",
            "inf",
            "NaN",
            "",
            ",",
            "1 2",
            "12:00",
            "1,",
        ] {
            assert_eq!(DecimalSign::Point.number(text), None, "{text}");
        }
        for text in ["1.5", "1,5,2", "0.500", "1,", "1.23"] {
            assert_eq!(DecimalSign::Comma.number(text), None, "{text}");
        }
    }

    #[test]
    fn a_column_decides_its_sign_as_a_whole_or_says_that_it_cannot() {
        let certain = Evidence::Certain;
        assert_eq!(evidence(["1,234", "1,5"]), certain(DecimalSign::Comma));
        assert_eq!(evidence(["1,234", "1,234.5"]), certain(DecimalSign::Point));
        assert_eq!(evidence(["1,234", "5,678,901"]), certain(DecimalSign::Point));
        assert_eq!(evidence(["1.5", "1.234"]), certain(DecimalSign::Point));
        assert_eq!(evidence(["1,234", "5,678"]), Evidence::Unclear);
        assert_eq!(evidence(["1.234", "5.678"]), Evidence::LikelyPoint);
        assert_eq!(evidence(["1", "5"]), Evidence::None);
        assert_eq!(evidence(["a", "5"]), Evidence::NoNumbers);
    }

    #[test]
    fn exports_write_nothing_in_many_ways() {
        for text in ["", "-", "NIL", "/0", "#DIV/0!", "\\N", "?", "null", "N/A", "NaN", "None"] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "nill", "-1", "A"] {
            assert!(!is_missing(text), "{text}");
        }
    }
}
