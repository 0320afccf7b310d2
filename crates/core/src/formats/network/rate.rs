//! Rates as files spell them: "10G", "2.5 Gbps", "2x10Gb/s", "OC-48", "STM-16", or a bare number.

/// A number with its unit, where that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) number: f64,
    /// What one of it is, in bit/s.
    pub(super) unit: Option<f64>,
}

impl Rate {
    /// A rate in bit/s.
    pub(super) fn bit_per_s(number: f64) -> Self {
        Self { number, unit: Some(1.0) }
    }

    /// A rate without a unit.
    pub(super) fn bare(number: f64) -> Self {
        Self { number, unit: None }
    }
}

/// Rates with a name of their own, in bit/s: the digital hierarchies (ITU-T G.702, G.707; ANSI T1.105) and
/// Ethernet.
const NAMED: [(&str, f64); 10] = [
    ("ds0", 64e3),
    ("ds1", 1.544e6),
    ("t1", 1.544e6),
    ("e1", 2.048e6),
    ("e3", 34.368e6),
    ("ds3", 44.736e6),
    ("t3", 44.736e6),
    ("fe", 1e8),
    ("gbe", 1e9),
    ("ge", 1e9),
];
/// STS-1, the rate that OC and STM count, in bit/s.
const STS_1: f64 = 51.84e6;

/// The rate that a whole text is: a number, with a unit or without, or the name of a rate.
pub(super) fn rate(text: &str) -> Option<Rate> {
    let text = text.trim_ascii();
    let (number, rest) = leading_number(text)?;
    if rest.is_empty() {
        return Some(Rate::bare(number));
    }
    unit(rest).map(|unit| Rate { number, unit: Some(unit) })
}

/// The rate that a label names somewhere; none where it names several that differ or only a bound.
pub(super) fn rate_of_label(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let is_bound = ["<", ">", "less than", "below", "up to", "more than"];
    if is_bound.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let words = words(&lower);
    let (mut counted, mut named) = (Vec::new(), Vec::new());
    for (index, word) in words.iter().enumerate() {
        let Some((found, is_named)) = rate_of_word(word, words.get(index + 1).copied()) else {
            // A number with a dash between two is a range.
            let is_range = word.contains('-') && word.starts_with(|l: char| l.is_ascii_digit());
            if is_range || word.starts_with("n*") {
                return None;
            }
            continue;
        };
        let before = index.checked_sub(1).map(|before| words[before]);
        let is_factor = before == Some("x") || before == Some("*");
        let factor = index.checked_sub(2).and_then(|first| words[first].parse::<f64>().ok());
        let found = if is_factor { found * factor? } else { found };
        if is_named { named.push(found) } else { counted.push(found) }
    }
    let all = if counted.is_empty() { named } else { counted };
    let first = *all.first()?;
    all.iter().all(|rate| (rate / first - 1.0).abs() < 1e-6).then_some(first)
}

/// Splits at blanks and at what lists things.
fn words(text: &str) -> Vec<&str> {
    let is_end = |letter: char| letter.is_ascii_whitespace() || ",;()[]+".contains(letter);
    let mut words = Vec::new();
    for word in text.split(is_end).filter(|word| !word.is_empty()) {
        // A slash belongs to "b/s", and separates "oc192/stm64".
        match word.split_once('/') {
            Some((first, rest)) if !rest.starts_with('s') || rest.len() > 3 => {
                words.extend([first, rest]);
            }
            _ => words.push(word),
        }
    }
    words
}

/// The rate of a word, or of a number with the word after it, and whether it is a name.
fn rate_of_word(word: &str, next: Option<&str>) -> Option<(f64, bool)> {
    if let Some(times) = word.find(['x', '*']) {
        let (first, second) = (&word[..times], &word[times + 1..]);
        let of = |count: &str, of: &str| {
            let count = count.parse::<f64>().ok()?;
            let (rate, is_named) = rate_of_word(of, next)?;
            Some((count * rate, is_named))
        };
        return of(first, second).or_else(|| of(second, first));
    }
    if let Some(rate) = named(word) {
        return Some((rate, true));
    }
    let (number, rest) = leading_number(word)?;
    let unit = if rest.is_empty() { unit(next?)? } else { unit(rest)? };
    Some((number * unit, false))
}

fn named(word: &str) -> Option<f64> {
    let compact: String = word.chars().filter(|letter| *letter != '-').collect();
    if let Some((_, rate)) = NAMED.iter().find(|(name, _)| *name == compact) {
        return Some(*rate);
    }
    for (prefix, unit) in [("oc", STS_1), ("stm", 3.0 * STS_1)] {
        if let Some(count) = compact.strip_prefix(prefix) {
            let count: f64 = count.trim_end_matches('c').parse().ok()?;
            return Some(count * unit);
        }
    }
    None
}

/// The number that a text begins with, and what follows it without blanks.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    // The longest beginning that is a number, so that the e of "1e9" counts and that of "10ether" does not.
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let most = text.bytes().take(40).take_while(|byte| is_of_number(byte)).count();
    let end = (1..=most).rev().find(|end| text[..*end].parse::<f64>().is_ok())?;
    Some((text[..end].parse().ok()?, text[end..].trim_ascii()))
}

/// What one of a unit is, in bit/s: `G`, `Gb`, `Gb/s`, `Gbit/s`, `Gbps`, `Gigabit per second`; a capital B
/// means bits too, as network maps write it, but for bytes by name.
pub(super) fn unit(text: &str) -> Option<f64> {
    let mut rest = text.trim_ascii().to_ascii_lowercase();
    rest.retain(|letter| !letter.is_ascii_whitespace() && letter != '_' && letter != '.');
    let words = [("kilo", 'k'), ("mega", 'm'), ("giga", 'g'), ("tera", 't')];
    let long = words.iter().find(|(word, _)| rest.starts_with(word));
    let (prefix, rest) = match long {
        Some((word, prefix)) => (Some(*prefix), &rest[word.len()..]),
        None => match rest.chars().next() {
            Some(prefix @ ('k' | 'm' | 'g' | 't')) => (Some(prefix), &rest[1..]),
            _ => (None, &rest[..]),
        },
    };
    let (size, rest) = match rest.strip_prefix("byte") {
        Some(rest) => (8.0, rest),
        None => (1.0, ["bit", "b"].iter().find_map(|name| rest.strip_prefix(name)).unwrap_or(rest)),
    };
    let is_per_second =
        ["", "s", "/s", "ps", "pers", "persec", "persecond", "/sec", "spersecond", "sps", "s/s"];
    let is_unit = is_per_second.contains(&rest) && (prefix.is_some() || !rest.is_empty());
    let factor = match prefix {
        None => 1.0,
        Some('k') => 1e3,
        Some('m') => 1e6,
        Some('g') => 1e9,
        Some(_) => 1e12,
    };
    is_unit.then_some(factor * size)
}

/// A rate with the largest prefix that leaves at least 1: "10 Gbit/s".
pub(super) fn shown(bit_per_s: f64) -> String {
    let prefixes = [(1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")];
    let prefix = prefixes.into_iter().find(|(size, _)| bit_per_s >= *size);
    let (size, name) = prefix.unwrap_or((1.0, "bit/s"));
    format!("{} {name}", (bit_per_s / size * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_in_any_spelling() {
        for (text, bit_per_s) in [
            ("10G", 1e10),
            ("10 Gbps", 1e10),
            ("2.5 Gbit/s", 2.5e9),
            ("155Mb/s", 1.55e8),
            ("1 GB/s", 1e9),
            ("9600 bit/s", 9600.0),
            ("100 Gigabits per second", 1e11),
            ("1e3 kbps", 1e6),
            ("64 kilobit/s", 64e3),
            ("1 megabyte/s", 8e6),
        ] {
            let rate = rate(text).unwrap();
            assert_eq!(rate.unit.map(|unit| unit * rate.number), Some(bit_per_s), "{text}");
        }
        assert_eq!(rate(" 1e10 "), Some(Rate::bare(1e10)));
        for text in ["", "fast", "10 hosts", "1.2.3", "G", "10 ms"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn labels_of_the_topology_zoo_name_their_rates() {
        for (label, bit_per_s) in [
            ("45 Mbps DS-3", 45e6),
            ("OC192/STM64", 9.95328e9),
            ("OC-192c", 9.95328e9),
            ("STM-16", 2.48832e9),
            ("155 Mbps OC-3", 155e6),
            ("2x10Gb/s", 2e10),
            ("4*10Gb/s", 4e10),
            ("3 x 622Mbps", 1.866e9),
            ("STM-64x2", 1.990656e10),
            ("8*GbE", 8e9),
            ("10 GB/s - redundantno", 1e10),
            ("Peering, 1 Gbps", 1e9),
            ("Lit Fibre (10 Gbps)", 1e10),
            ("T1", 1.544e6),
            ("1Gb/s Ethernet", 1e9),
            ("DTP-Ring 2.5 Gbit/s", 2.5e9),
        ] {
            let found = rate_of_label(label).unwrap_or_else(|| panic!("{label}"));
            assert!((found / bit_per_s - 1.0).abs() < 1e-9, "{label}: {found}");
        }
    }

    #[test]
    fn labels_that_name_a_range_or_a_bound_or_two_rates_name_none() {
        for label in [
            "1-20Gbps",
            "10-34 Mb/s",
            "300M-1Gb/s",
            "< 2.5 Gbps",
            "<= 10 Mbps backup",
            "less than 100 Mbps",
            "OC3 and below/STM1",
            "155Mbs/1Gbps",
            "Managed Fiber (10Gbps, 100Mbps)",
            "CANARIE N*10Gbit/s",
            "Red",
            "SeaMeWe-3",
            "Completion 2007-2008",
            "72 Lambda ROADM Network",
            "1Q 2003",
            "Ethernet",
            "",
        ] {
            assert_eq!(rate_of_label(label), None, "{label}");
        }
    }

    #[test]
    fn rates_are_shown_with_a_prefix() {
        assert_eq!(shown(1e10), "10 Gbit/s");
        assert_eq!(shown(1.5e5), "150 kbit/s");
        assert_eq!(shown(2.0), "2 bit/s");
    }
}
