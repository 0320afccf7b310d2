//! One time stamp that is written as a date, a time of day, or both.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::calendar::{DAY_MS, day_of};

/// Which of day and month stands first where the year does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DateOrder {
    /// `31/12/2026`.
    DayFirst,
    /// `12/31/2026`.
    MonthFirst,
}

/// What a stamp says before anybody has decided the order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The date; none where there is a time of day alone.
    pub date: Option<WrittenDate>,
    /// Milliseconds of the day; none where there is a date alone.
    pub time_ms: Option<i64>,
    /// Minutes that its zone is ahead of UTC; none where no zone is named.
    pub offset_minutes: Option<i64>,
}

/// A date with its parts in the order in which they mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenDate {
    /// Days since 1970-01-01: the year or the month's name decides.
    Day(i64),
    /// First and second number, and the year behind them.
    Open(i64, i64, i64),
    /// The same with points between, which only the day-first order has.
    Dotted(i64, i64, i64),
}

impl WrittenDate {
    /// Days since 1970-01-01 where `order` decides what is open; none where there is no such day.
    pub fn day(self, order: DateOrder) -> Option<i64> {
        match (self, order) {
            (Self::Day(day), _) => Some(day),
            (Self::Open(month, day, year), DateOrder::MonthFirst)
            | (Self::Open(day, month, year), DateOrder::DayFirst)
            | (Self::Dotted(day, month, year), _) => day_of(year, month, day),
        }
    }
}

impl Written {
    /// Milliseconds since 1970: UTC where a zone is named, else of the clock on the wall.
    pub fn milliseconds(self, order: DateOrder) -> Option<i64> {
        let day = self.date.map_or(Some(0), |date| date.day(order))?;
        let offset_ms = 60_000 * self.offset_minutes.unwrap_or(0);
        Some(day * DAY_MS + self.time_ms.unwrap_or(0) - offset_ms)
    }
}

/// The longest stamp, in bytes.
const LONGEST: usize = 96;

/// Reads a date and a time in the forms of ISO 8601 (`2026-11-21T07:15:00+01:00`, `20261121T071500Z`), with
/// a blank, an underscore, a hyphen or a comma between date and time, with slashes, points or underscores,
/// with day or month first, behind the day of the week, with names of months, with AM and PM, with the names
/// of common zones, or with digits alone (`202611210715`).
pub fn written(text: &str) -> Option<Written> {
    let text = text.trim().trim_matches(['\'', '"']);
    if text.len() < 4 || text.len() > LONGEST {
        return None;
    }
    match plain(text) {
        Cow::Borrowed(text) => read(text),
        Cow::Owned(text) => read(text.trim()),
    }
}

/// The text without what no stamp needs: the day of the week, the name of a zone in brackets, the word for
/// the clock, and blanks of other widths or behind points.
fn plain(text: &str) -> Cow<'_, str> {
    let mut text = match text.split_once(['[', '(']) {
        Some((stamp, zone)) if zone.ends_with([']', ')']) => stamp.trim_end(),
        _ => text,
    };
    text = text.strip_suffix("Uhr").unwrap_or(text).trim_end();
    if let Some((_, rest)) = text.split_once([',', ' ']).filter(|(first, _)| is_weekday(first)) {
        text = rest.trim_start_matches([',', ' ']);
    }
    let is_odd = |letter: char| matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2009}' | '−');
    if !text.contains(is_odd) && !text.contains(". ") && !text.contains(".m") {
        return Cow::Borrowed(text);
    }
    let spelled = text.replace('−', "-").replace(is_odd, " ");
    Cow::Owned(spelled.replace(". ", ".").replace("a.m.", "am").replace("p.m.", "pm"))
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let word = word.to_ascii_lowercase();
    word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(&word))
}

fn read(text: &str) -> Option<Written> {
    if !text.is_ascii() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits_alone(text);
    }
    if let Some(stamp) = month_first(text) {
        return Some(stamp);
    }
    let Some((date, rest)) = compact_date(text).or_else(|| date_and_rest(text)) else {
        // 12.50 alone is a number.
        let (time_ms, offset_minutes) = time(text).filter(|_| text.contains(':'))?;
        return Some(Written { date: None, time_ms: Some(time_ms), offset_minutes });
    };
    let rest = rest.trim_start_matches(['T', 't', '_', ',', ' ', '-', ':', '.']);
    if rest.is_empty() {
        return Some(Written { date: Some(date), time_ms: None, offset_minutes: None });
    }
    let (time_ms, offset_minutes) = time(rest)?;
    Some(Written { date: Some(date), time_ms: Some(time_ms), offset_minutes })
}

/// `20261121`, `202611210715` or `20261121071530`, of the years 1990 to 2100, and `2611210715`, of the
/// years 2020 to 2039: as seconds these lie beyond 2033.
fn digits_alone(text: &str) -> Option<Written> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, rest) = match text.len() {
        8 | 12 | 14 => (part(0, 4).filter(|year| (1990..=2100).contains(year))?, &text[4..]),
        10 => (2000 + part(0, 2).filter(|year| (20..40).contains(year))?, &text[2..]),
        _ => return None,
    };
    let part = |from: usize| rest.get(from..from + 2)?.parse::<i64>().ok();
    let day = day_of(year, part(0)?, part(2)?)?;
    let time_ms = match rest.len() {
        4 => None,
        _ => Some(time_of(part(4)?, part(6)?, part(8).unwrap_or(0), 0)?),
    };
    Some(Written { date: Some(WrittenDate::Day(day)), time_ms, offset_minutes: None })
}

/// A date of eight digits at the beginning, and the time that follows it.
fn compact_date(text: &str) -> Option<(WrittenDate, &str)> {
    let (digits, rest) = leading(text).filter(|(digits, _)| digits.len() == 8)?;
    let date = digits_alone(digits)?.date?;
    rest.starts_with(['T', 't', ' ', '_', '-']).then_some((date, rest))
}

/// `Nov 21, 2026 07:15`, or the year behind the time: `Nov 21 07:15:00 UTC 2026`.
fn month_first(text: &str) -> Option<Written> {
    let (month, rest) = month_name(text)?;
    let (day, rest) = leading(rest.trim_start_matches(['.', ' ', '-']))?;
    let rest = rest.trim_start_matches([',', ' ', '-']);
    let day = day.parse().ok()?;
    let (year, clock) = match leading(rest) {
        Some((year, clock)) if year.len() == 4 => {
            (year, clock.trim_start_matches([',', ' ', 'T', '-']))
        }
        _ => {
            let (clock, year) = rest.rsplit_once(' ')?;
            (year, clock.trim_end())
        }
    };
    let date = WrittenDate::Day(day_of(full_year(year)?, month, day)?);
    if clock.is_empty() {
        return Some(Written { date: Some(date), time_ms: None, offset_minutes: None });
    }
    let (time_ms, offset_minutes) = time(clock)?;
    Some(Written { date: Some(date), time_ms: Some(time_ms), offset_minutes })
}

/// The date at the beginning, and what follows it.
fn date_and_rest(text: &str) -> Option<(WrittenDate, &str)> {
    let (first, rest) = leading(text)?;
    let sign = rest.chars().next().filter(|sign| matches!(sign, '-' | '/' | '.' | ' ' | '_'))?;
    let rest = &rest[1..];
    if let Some((month, rest)) = month_name(rest) {
        let rest = [", ", " "]
            .iter()
            .find_map(|between| rest.strip_prefix(between))
            .or_else(|| rest.strip_prefix(sign))?;
        let (year, rest) = leading(rest)?;
        let day = day_of(full_year(year)?, month, first.parse().ok()?)?;
        return Some((WrittenDate::Day(day), rest));
    }
    if sign == ' ' {
        return None;
    }
    let (second, rest) = leading(rest)?;
    let (third, rest) = leading(rest.strip_prefix(sign)?)?;
    // A time follows behind a letter or a blank; behind a point only where it has colons.
    let is_clock = rest.starts_with('.') && rest.contains(':');
    if rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') && !is_clock {
        return None;
    }
    let number = |text: &str| text.parse::<i64>().ok();
    let short = |text: &str| text.len() <= 2;
    let date = match (first.len(), third.len()) {
        (4, 1..=2) if short(second) => {
            WrittenDate::Day(day_of(number(first)?, number(second)?, number(third)?)?)
        }
        _ if rest.starts_with(':') => return None,
        (1..=2, 2 | 4) if short(second) => {
            let parts = (number(first)?, number(second)?, full_year(third)?);
            let is_date = |order| WrittenDate::Open(parts.0, parts.1, parts.2).day(order).is_some();
            match sign {
                '.' => WrittenDate::Dotted(parts.0, parts.1, parts.2),
                _ if is_date(DateOrder::DayFirst) || is_date(DateOrder::MonthFirst) => {
                    WrittenDate::Open(parts.0, parts.1, parts.2)
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((date, rest))
}

/// The digits at the beginning, at least one, and the rest.
fn leading(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn full_year(text: &str) -> Option<i64> {
    let year: i64 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

fn month_name(text: &str) -> Option<(i64, &str)> {
    // English, and where they differ German, French, Spanish, Italian, Portuguese and Dutch.
    const NAMES: [&[&str]; 12] = [
        &["jan", "ene", "gen"],
        &["feb", "fev"],
        &["mar", "mrz", "maa", "mrt"],
        &["apr", "avr", "abr"],
        &["may", "mai", "mag", "maj", "mei"],
        &["jun", "juin", "giu"],
        &["jul", "juil", "lug"],
        &["aug", "aou", "ago"],
        &["sep", "set"],
        &["oct", "okt", "ott", "out"],
        &["nov"],
        &["dec", "dez", "dic"],
    ];
    let end = text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    let is_month = |names: &[&str]| names.iter().any(|month| name.starts_with(month));
    let month = NAMES.iter().position(|names| is_month(names))?;
    Some((month as i64 + 1, rest))
}

/// Milliseconds of the day, and the minutes that its zone is ahead of UTC where it names one.
fn time(text: &str) -> Option<(i64, Option<i64>)> {
    let (text, offset) = zone(text)?;
    let (text, noon) = half_day(text);
    let spelled = with_colons(text);
    let text = spelled.as_deref().unwrap_or(text);
    let sign = text.chars().find(|letter| !letter.is_ascii_digit())?;
    if !matches!(sign, ':' | '.') {
        return None;
    }
    let mut parts = text.splitn(3, sign);
    let two_digits = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse::<i64>().ok() } else { None }
    };
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let (second, ms) = match parts.next() {
        None => (0, 0),
        Some(rest) => {
            let (second, fraction) = rest.split_once(['.', ',', ':']).unwrap_or((rest, "0"));
            let digits = (1..=9).contains(&fraction.len())
                && fraction.bytes().all(|byte| byte.is_ascii_digit());
            let ms = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok().filter(|_| digits)?;
            (two_digits(second)?, ms)
        }
    };
    let hour = match (noon, hour) {
        (None, _) => hour,
        (Some(afternoon), 1..=12) => hour % 12 + if afternoon { 12 } else { 0 },
        _ => return None,
    };
    Some((time_of(hour, minute, second, ms)?, offset))
}

/// A time of four or six digits, or with hyphens, underscores or an `h` between, as it is usually written.
fn with_colons(text: &str) -> Option<String> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if matches!(text.len(), 4 | 6) && is_digits(text) {
        let seconds = text.get(4..).filter(|seconds| !seconds.is_empty()).unwrap_or("00");
        return Some(format!("{}:{}:{seconds}", &text[..2], &text[2..4]));
    }
    let sign = text.chars().find(|letter| !letter.is_ascii_digit())?;
    let mut parts = text.split(sign);
    let fits = parts.all(|part| part.len() == 2 && is_digits(part));
    (matches!(sign, '-' | '_' | 'h') && fits).then(|| text.replace(sign, ":"))
}

fn time_of(hour: i64, minute: i64, second: i64, ms: i64) -> Option<i64> {
    // Midnight is also written as the end of its day.
    let end_of_day = (hour, minute, second, ms) == (24, 0, 0, 0);
    let in_range =
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    (in_range || end_of_day).then_some(((hour * 60 + minute) * 60 + second.min(59)) * 1000 + ms)
}

/// The text without AM or PM, and whether it is the afternoon.
fn half_day(text: &str) -> (&str, Option<bool>) {
    let text = text.trim_end();
    let Some((time, mark)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at))
    else {
        return (text, None);
    };
    match mark {
        _ if mark.eq_ignore_ascii_case("am") => (time.trim_end(), Some(false)),
        _ if mark.eq_ignore_ascii_case("pm") => (time.trim_end(), Some(true)),
        _ => (text, None),
    }
}

/// Zones by the names that programs write, with the minutes that they are ahead of UTC; names that stand
/// for several are left out.
const ZONES: [(&str, i64); 21] = [
    ("Z", 0),
    ("z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EST", -300),
    ("EDT", -240),
    ("CDT", -300),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("JST", 540),
    ("KST", 540),
];

/// The text without its zone, and the minutes that this is ahead of UTC.
fn zone(text: &str) -> Option<(&str, Option<i64>)> {
    let text = text.trim_end();
    let begins = text.rfind(|letter: char| !letter.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let (time, name) = text.split_at(begins);
    if let Some((_, minutes)) = ZONES.iter().find(|(known, _)| *known == name) {
        let time = time.trim_end();
        // Some name the zone behind its offset; hyphens within a clock are none.
        let offset = offset(time).filter(|_| with_colons(time).is_none());
        return Some(offset.unwrap_or((time, Some(*minutes))));
    }
    match text.rfind(['+', '-']) {
        Some(_) if with_colons(text).is_none() => offset(text),
        _ => Some((text, None)),
    }
}

/// The same for an offset in digits: `+01:00`, `-0430`, `+2`.
fn offset(text: &str) -> Option<(&str, Option<i64>)> {
    let (time, offset) = text.split_at(text.rfind(['+', '-'])?);
    let digits: String = offset[1..].chars().filter(|letter| *letter != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits[..2].parse::<i64>().ok()?, digits[2..].parse::<i64>().ok()?),
        _ => return None,
    };
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let time = ["GMT", "UTC"].iter().find_map(|name| time.strip_suffix(name)).unwrap_or(time);
    (hours <= 18 && minutes < 60).then(|| (time.trim_end(), Some(sign * (hours * 60 + minutes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str, order: DateOrder) -> Option<i64> {
        written(text)?.milliseconds(order)
    }

    #[test]
    fn hyphens_within_a_clock_are_no_offset() {
        let text = "2026-11-21T07-15-05Z";
        assert_eq!(ms(text, DateOrder::DayFirst), ms("2026-11-21T07:15:05Z", DateOrder::DayFirst));
        assert!(ms(text, DateOrder::DayFirst).is_some());
    }

    #[test]
    fn the_same_moment_is_read_from_many_forms() {
        // 2026-11-21 is day 20,778 since 1970: 56 years of 365 days, 14 leap days, 324 days.
        let moment = (20_778 * 86_400 + 7 * 3_600 + 15 * 60) * 1000;
        for text in [
            "2026-11-21T07:15:00Z",
            "2026-11-21 07:15",
            "2026-11-21T07:15:00.000+00:00",
            "2026-11-21T08:15+01:00",
            "2026-11-21t02:45:00-0430",
            "2026-11-21 09:15:00+02",
            "2026/11/21 7:15",
            "2026.11.21_07.15.00",
            "202611210715",
            "20261121071500",
            "21-Nov-2026 07:15",
            "21 November 2026 07:15:00",
            "21.11.2026 07:15",
            "21/11/2026, 7:15 AM",
            "2026-11-21 07:15:00 UTC",
            "20261121T071500Z",
            "20261121-0715",
            "2611210715",
            "2026-11-21-07.15.00.000000",
            "2026_11_21_07_15_00",
            "21. 11. 2026 7:15",
            "2026. 11. 21. 7:15",
            "21. November 2026 07:15 Uhr",
            "Sat Nov 21 07:15:00 2026",
            "Sat Nov 21 08:15:00 CET 2026",
            "Sat, 21 Nov 2026 07:15:00 GMT",
            "Saturday, November 21, 2026 7:15 AM",
            "Sat Nov 21 2026 08:15:00 GMT+0100 (Central European Standard Time)",
            "21/Nov/2026:07:15:00 +0000",
            "2026-11-21T08:15:00+01:00[Europe/Berlin]",
            "21-NOV-26 07.15.00.000000 AM",
            "21/11/2026, 7:15:00\u{202f}a.m.",
            "2026-11-21 08:15:00 +0100 CET",
        ] {
            assert_eq!(ms(text, DateOrder::DayFirst), Some(moment), "{text}");
        }
        assert_eq!(ms("11/21/2026 7:15", DateOrder::MonthFirst), Some(moment));
        assert_eq!(ms("11/21/26 7:15 am", DateOrder::MonthFirst), Some(moment));
        assert_eq!(ms("11/21/2026 7:15 PM", DateOrder::MonthFirst), Some(moment + DAY_MS / 2));
        assert_eq!(ms("11/21/2026 12:15 AM", DateOrder::MonthFirst), Some(moment - 7 * 3_600_000));
        assert_eq!(ms("1970-01-01T00:00:00.5Z", DateOrder::DayFirst), Some(500));
    }

    #[test]
    fn dates_and_times_of_day_stand_alone() {
        let date = written("2026-11-21").unwrap();
        assert_eq!((date.time_ms, date.offset_minutes), (None, None));
        let time = written("07:15").unwrap();
        assert_eq!((time.date, time.time_ms), (None, Some(26_100_000)));
        assert_eq!(written("20261121").unwrap().date, Some(WrittenDate::Day(20_778)));
    }

    #[test]
    fn what_is_no_stamp_is_none() {
        for text in [
            "",
            "yesterday",
            "2018-02-30 00:00",
            "2018-13-01 00:00",
            "2018-01-01 25:00",
            "1.5",
            "12",
            "2018-01-01 00:00+99:00",
            "1-000001",
            "32/13/2018",
            "2018-01-01 7",
            "2018-01-01T07:15:00.Z",
            "2018-01-01 07:15X",
            "12345678",
            "2026-11-2ä",
            "1.2.3.4",
            "10:61",
            "13:00 PM",
        ] {
            assert_eq!(ms(text, DateOrder::DayFirst), None, "{text}");
        }
    }
}
