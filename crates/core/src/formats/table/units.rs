//! Numbers with a unit behind each of them, as monitors show them: `12.5 Mb/s`, `1.2 GB`.

use super::number::{DecimalSign, Evidence, evidence, is_missing};

/// What numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// bit/s.
    Rate,
    /// Bytes.
    Volume,
}

/// A unit behind a number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    kind: Kind,
    /// bit/s or bytes in one.
    size: f64,
}

/// Units that numbers are brought to.
const NAMED: [(&str, Unit); 8] = [
    ("bit/s", Unit { kind: Kind::Rate, size: 1.0 }),
    ("kbit/s", Unit { kind: Kind::Rate, size: 1e3 }),
    ("Mbit/s", Unit { kind: Kind::Rate, size: 1e6 }),
    ("Gbit/s", Unit { kind: Kind::Rate, size: 1e9 }),
    ("B", Unit { kind: Kind::Volume, size: 1.0 }),
    ("kB", Unit { kind: Kind::Volume, size: 1e3 }),
    ("MB", Unit { kind: Kind::Volume, size: 1e6 }),
    ("GB", Unit { kind: Kind::Volume, size: 1e9 }),
];

impl Unit {
    /// The unit of a text: a bit or byte (`b`, `B`, or the words) with a prefix of either kind, per second
    /// or not.
    fn of(text: &str) -> Option<Self> {
        let (amount, is_rate) = ["/sec", "/s", "ps"]
            .iter()
            .find_map(|ending| text.strip_suffix(ending))
            .map_or((text, false), |amount| (amount, true));
        let lower = amount.to_ascii_lowercase();
        let word =
            |names: &[&str]| names.iter().find(|name| lower.ends_with(**name)).map(|n| n.len());
        let (bits, length) = match (word(&["bits", "bit"]), word(&["bytes", "byte"])) {
            (Some(length), _) => (1.0, length),
            (_, Some(length)) => (8.0, length),
            _ if amount.ends_with('b') => (1.0, 1),
            _ if amount.ends_with('B') => (8.0, 1),
            _ => return None,
        };
        let prefix = match lower[..lower.len() - length].trim_end() {
            "" => 1.0,
            "k" => 1e3,
            "m" => 1e6,
            "g" => 1e9,
            "t" => 1e12,
            "ki" => 1024.0,
            "mi" => 1_048_576.0,
            "gi" => 1_073_741_824.0,
            _ => return None,
        };
        match (is_rate, bits == 8.0) {
            (true, _) => Some(Self { kind: Kind::Rate, size: prefix * bits }),
            (false, true) => Some(Self { kind: Kind::Volume, size: prefix }),
            (false, false) => None,
        }
    }
}

/// The number and the unit of a text; none where it is no number with a unit.
fn measured(text: &str) -> Option<(&str, Unit)> {
    let end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let unit = Unit::of(text[end..].trim())?;
    let number = text[..end].trim_end();
    let is_number = DecimalSign::Point.number(number).or_else(|| DecimalSign::Comma.number(number));
    is_number.map(|_| (number, unit))
}

/// The numbers of `texts` in one unit, the one that most of them have, and its name; what is missing stays.
/// None unless each text that is not missing is a number with a unit of one kind.
pub(super) fn in_one_unit(texts: &[&str]) -> Option<(&'static str, Vec<String>)> {
    let found: Vec<Option<(&str, Unit)>> = texts.iter().map(|text| measured(text)).collect();
    let is_whole =
        texts.iter().zip(&found).all(|(text, found)| found.is_some() || is_missing(text));
    let units = || found.iter().flatten().map(|(_, unit)| *unit);
    let first = units().next().filter(|_| is_whole)?;
    if units().any(|unit| unit.kind != first.kind) {
        return None;
    }
    let sign = match evidence(found.iter().flatten().map(|(number, _)| *number)) {
        Evidence::Certain(sign) => sign,
        Evidence::LikelyPoint | Evidence::None => DecimalSign::Point,
        Evidence::Unclear | Evidence::NoNumbers => return None,
    };
    let count = |size: f64| units().filter(|unit| unit.size == size).count();
    let (name, target) = *NAMED
        .iter()
        .filter(|(_, unit)| unit.kind == first.kind)
        .max_by_key(|(_, unit)| count(unit.size))?;
    let number = |(text, found): (&&str, &Option<(&str, Unit)>)| match found {
        None => (*text).to_owned(),
        Some((number, unit)) if unit.size == target.size => (*number).to_owned(),
        Some((number, unit)) => {
            let value = sign.number(number).unwrap_or(f64::NAN);
            let scaled = match unit.size > target.size {
                true => value * (unit.size / target.size),
                false => value / (target.size / unit.size),
            };
            sign.shown(scaled)
        }
    };
    Some((name, texts.iter().zip(&found).map(number).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_to_the_unit_that_most_of_them_have() {
        let found = in_one_unit(&["12.5 Mb/s", "1.2 Gb/s", "980 kb/s", "-", "3 Mbit/s"]).unwrap();
        assert_eq!(found.0, "Mbit/s");
        assert_eq!(found.1, ["12.5", "1200", "0.98", "-", "3"]);
        let found = in_one_unit(&["1,5 GB", "512 MiB", "2 GByte"]).unwrap();
        assert_eq!((found.0, &found.1[1][..]), ("GB", "0,536870912"));
        let found = in_one_unit(&["1 MB/s", "2 MB/s"]).unwrap();
        assert_eq!(
            (found.0, &found.1[..]),
            ("Gbit/s", &["0.008".to_owned(), "0.016".to_owned()][..])
        );
        assert_eq!(in_one_unit(&["5 kbps", "7 kbps"]).unwrap().0, "kbit/s");
    }

    #[test]
    fn other_texts_are_no_numbers_with_a_unit() {
        for texts in [
            &["12.5 Mb/s", "fast"][..],
            &["1 MB", "1 Mb/s"],
            &["5 m", "6 m"],
            &["12", "13"],
            &["cell 5 b", "cell 6 b"],
            &["1,234 kB", "5,678 kB"],
            &["-", ""],
            &[],
        ] {
            assert_eq!(in_one_unit(texts), None, "{texts:?}");
        }
    }
}
