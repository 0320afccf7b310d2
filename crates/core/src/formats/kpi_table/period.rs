//! When a granularity period began.

use std::fmt;

use crate::formats::stamps::calendar::{self, DAY_MS, civil, weekday};
use crate::formats::stamps::{DateOrder, beginnings, written};

/// Start of a period. Periods of one table are all steps or all times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A step number: any whole number that grows with time.
    Step(i64),
    /// Milliseconds since the start of 1970, UTC.
    Time(i64),
}

/// The largest step number: what a number of 64 bits holds exactly.
const LARGEST_STEP: i64 = 1 << 53;
/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;

impl Period {
    /// Reads a whole number, or a time as `2026-11-21T07:15:00Z`: with a blank for the `T`, without
    /// the seconds, with fractions of them, with an offset such as `+01:00`. Without a zone it is
    /// UTC; without a time of day it is midnight.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_local(text).map(|(period, _)| period)
    }

    /// The same, and whether it is a time of day without a zone, which may be local.
    pub(super) fn parse_local(text: &str) -> Option<(Self, bool)> {
        // A date has a hyphen where a step of so many digits has none.
        let is_date = text.as_bytes().get(4) == Some(&b'-');
        if let Some(step) = (!is_date).then(|| text.parse::<i64>().ok()).flatten() {
            return (step.abs() <= LARGEST_STEP).then_some((Self::Step(step), false));
        }
        let has_zone = |time: &str| time.contains(['Z', 'z', '+', '-']);
        let local = text.get(10..).is_some_and(|time| !time.is_empty() && !has_zone(time));
        time_ms(text).map(|time| (Self::Time(time), local))
    }

    /// Reads a date in another form than that of ISO 8601, such as `23.10.2017 07:15`.
    pub(super) fn parse_written(text: &str, order: DateOrder) -> Option<(Self, bool)> {
        let [text] = beginnings(&[text])[..] else { return None };
        let stamp = written(text).filter(|stamp| stamp.date.is_some())?;
        let local = stamp.time_ms.is_some() && stamp.offset_minutes.is_none();
        Some((Self::Time(stamp.milliseconds(order)?), local))
    }

    /// A time from days since 1899-12-30, as spreadsheets count them, of 1970 to 2100; to the second.
    pub(super) fn from_serial(days: f64) -> Option<Self> {
        const DAYS_TO_1970: f64 = 25_569.0;
        const DAYS_TO_2100: f64 = 73_051.0;
        let seconds = ((days - DAYS_TO_1970) * 86_400.0).round();
        let is_day = (DAYS_TO_1970..DAYS_TO_2100).contains(&days);
        is_day.then(|| Self::Time(seconds as i64 * 1000))
    }

    /// A step from a number of a file that stores it as one.
    pub fn from_number(number: f64) -> Option<Self> {
        let whole = number.fract() == 0.0 && number.abs() <= LARGEST_STEP as f64;
        whole.then_some(Self::Step(number as i64))
    }

    /// Its place in time, comparable with that of the same kind only.
    pub(super) fn rank(self) -> i64 {
        match self {
            Self::Step(rank) | Self::Time(rank) => rank,
        }
    }

    /// A period of the same kind as this one.
    pub(super) fn of_rank(self, rank: i64) -> Self {
        match self {
            Self::Step(_) => Self::Step(rank),
            Self::Time(_) => Self::Time(rank),
        }
    }

    /// Whether clocks may go back at it: on a Sunday before four.
    pub(super) fn is_sunday_night(self) -> bool {
        let Self::Time(time) = self else { return false };
        weekday(time.div_euclid(DAY_MS)) == 6 && time.rem_euclid(DAY_MS) < 4 * HOUR_MS
    }

    pub(super) fn same_kind(self, other: Self) -> bool {
        matches!((self, other), (Self::Step(_), Self::Step(_)) | (Self::Time(_), Self::Time(_)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match self {
            Self::Step(step) => return write!(formatter, "{step}"),
            Self::Time(time) => *time,
        };
        let (year, month, day) = civil(time.div_euclid(DAY_MS));
        let ms = time.rem_euclid(DAY_MS);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if ms % 1000 != 0 {
            write!(formatter, ".{:03}", ms % 1000)?;
        }
        formatter.write_str("Z")
    }
}

fn time_ms(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = day_of(date)?;
    if rest.is_empty() {
        return Some(day * DAY_MS);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let offset_ms = 60_000 * offset_minutes(&rest[zone..])?;
    Some(day * DAY_MS + ms_of_day(rest[..zone].trim_end())? - offset_ms)
}

/// Days since the start of 1970 of `2026-11-21`.
fn day_of(date: &str) -> Option<i64> {
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month) = (digits(&date[..4])?, digits(&date[5..7])?);
    let day = digits(&date[8..])?;
    calendar::day_of(year, month, day)
}

/// Milliseconds of `07:15`, `07:15:30` or `07:15:30.25`; further digits are cut.
fn ms_of_day(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two_digits)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if fraction.len() > 9 || (text.contains('.') && fraction.is_empty()) {
        return None;
    }
    if fraction.is_empty() {
        return Some(((hour * 60 + minute) * 60 + second) * 1000);
    }
    let fraction_ms: String = fraction.chars().chain("000".chars()).take(3).collect();
    let all_digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let ms = if all_digits { digits(&fraction_ms)? } else { return None };
    Some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

/// Minutes east of UTC of an empty text, `Z`, `+01:00`, `+0100` or `+01`.
fn offset_minutes(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match text.split_once(':') {
        Some(parts) => parts,
        None if text.len() == 4 => text.split_at_checked(2)?,
        None => (text, "00"),
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (hours <= 18 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

fn two_digits(text: &str) -> Option<i64> {
    if text.len() == 2 { digits(text) } else { None }
}

fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_forms_of_iso_8601() {
        // 2026-11-21 is day 20,778 since 1970: 56 years of 365 days, 14 leap days, 324 days.
        let quarter_past_seven = Period::Time((20_778 * 86_400 + 7 * 3_600 + 15 * 60) * 1000);
        for text in [
            "2026-11-21T07:15:00Z",
            "2026-11-21 07:15",
            "2026-11-21T07:15:00.000+00:00",
            "2026-11-21T08:15+01:00",
            "2026-11-21t02:45:00-0430",
            "2026-11-21 09:15:00+02",
        ] {
            assert_eq!(Period::parse(text), Some(quarter_past_seven), "{text}");
        }
        assert_eq!(quarter_past_seven.to_string(), "2026-11-21T07:15:00Z");
        assert_eq!(Period::parse("2000-02-29"), Some(Period::Time(951_782_400_000)));
        assert_eq!(Period::parse("1970-01-01T00:00:00.5Z"), Some(Period::Time(500)));
    }

    #[test]
    fn times_without_a_zone_may_be_local() {
        let local = |text: &str| Period::parse_local(text).unwrap().1;
        assert!(local("2013-10-27 02:00:00") && local("2013-10-27T02:00"));
        for text in ["2013-10-27T02:00Z", "2013-10-27T02:00-05:00", "2013-10-27", "20131027"] {
            assert!(!local(text), "{text}");
        }
        let night = |text: &str| Period::parse(text).unwrap().is_sunday_night();
        assert!(night("2013-10-27 02:00:00") && night("2025-11-02 01:45"));
        assert!(!night("2013-10-27 04:00") && !night("2013-10-28 02:00") && !night("3"));
    }

    #[test]
    fn steps_are_whole_numbers() {
        assert_eq!(Period::parse("12"), Some(Period::Step(12)));
        assert_eq!(Period::from_number(12.0), Some(Period::Step(12)));
        assert_eq!(Period::from_number(12.5), None);
        assert_eq!(Period::from_number(f64::NAN), None);
        assert_eq!(Period::Step(-3).to_string(), "-3");
    }

    #[test]
    fn impossible_times_are_no_periods() {
        for text in [
            "",
            "now",
            "2026-13-01",
            "2026-02-29",
            "2026-04-31",
            "2026-11-21T24:00",
            "2026-11-21T7:15",
            "2026-11-21T07:15:00.Z",
            "2026-11-21T07:15X",
            "21.11.2026",
            "2026-11-21T07:15+1:00",
            "1e3",
            "9999999999999999999",
            "ä026-11-21",
            "2026-11-2ä",
        ] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_is_read_as_it_is_written() {
        let (first, end) = (day_of("1600-01-01").unwrap(), day_of("2400-01-01").unwrap());
        let mut before = None;
        for day in first..end {
            let date = civil(day);
            assert_eq!(calendar::day_of(date.0, date.1, date.2), Some(day));
            assert!(before < Some(date));
            before = Some(date);
        }
        let text = Period::Time(-1).to_string();
        assert_eq!(text, "1969-12-31T23:59:59.999Z");
        assert_eq!(Period::parse(&text), Some(Period::Time(-1)));
    }
}
