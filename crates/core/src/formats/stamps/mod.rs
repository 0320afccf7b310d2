//! Columns of time stamps: how they are written is decided by the column as a whole.

pub mod calendar;
pub mod date;
pub mod local_clock;

use serde::{Deserialize, Serialize};

use crate::error::InputError;

use super::table::number::{DecimalSign, is_missing};
use calendar::DAY_MS;
pub use date::{DateOrder, Written, written};

/// The field of the error that says that day and month cannot be told apart.
pub const DATE_ORDER: &str = "order of day and month";
/// The field of the error that says that the unit of stamps cannot be known.
pub const TIME_UNIT: &str = "unit of time";

/// What a number of a stamp counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeUnit {
    /// Nanoseconds.
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
}

impl TimeUnit {
    /// All units, the shortest first.
    pub const ALL: [Self; 7] = [
        Self::Nanoseconds,
        Self::Microseconds,
        Self::Milliseconds,
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::Days,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "nanoseconds",
            Self::Microseconds => "microseconds",
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    /// Milliseconds of one.
    pub fn milliseconds(self) -> f64 {
        match self {
            Self::Nanoseconds => 1e-6,
            Self::Microseconds => 1e-3,
            Self::Milliseconds => 1.0,
            Self::Seconds => 1e3,
            Self::Minutes => 6e4,
            Self::Hours => 3.6e6,
            Self::Days => 8.64e7,
        }
    }

    /// The unit that `word` names: `s`, `sec`, `seconds`, `min`, `h` and their like.
    pub fn of_word(word: &str) -> Option<Self> {
        let names: [(Self, &[&str]); 7] = [
            (Self::Nanoseconds, &["ns", "nanos", "nanosecond", "nanoseconds"]),
            (Self::Microseconds, &["us", "µs", "micros", "microsecond", "microseconds", "usec"]),
            (Self::Milliseconds, &["ms", "millis", "millisecond", "milliseconds", "msec"]),
            (Self::Seconds, &["s", "sec", "secs", "second", "seconds"]),
            (Self::Minutes, &["min", "mins", "minute", "minutes"]),
            (Self::Hours, &["h", "hr", "hrs", "hour", "hours"]),
            (Self::Days, &["d", "day", "days"]),
        ];
        let is_name = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
        names.iter().find(|(_, names)| is_name(names)).map(|(unit, _)| *unit)
    }

    /// The unit that a heading names in brackets or as its last word: `Total time (sec)`, `time_ms`.
    pub fn of_heading(heading: &str) -> Option<Self> {
        let mut words =
            heading.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty());
        words.next_back().and_then(Self::of_word)
    }

    /// The unit of a heading such as `minutes_since_1970`.
    fn since_1970(heading: &str) -> Option<Self> {
        let words =
            heading.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty());
        let words: Vec<&str> = words.collect();
        match words[..] {
            [unit, since, "1970"] if since.eq_ignore_ascii_case("since") => Self::of_word(unit),
            _ => None,
        }
    }
}

/// What the reader of a column is told where the column does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampChoices {
    /// Order of day and month.
    pub date_order: Option<DateOrder>,
    /// What the numbers count.
    pub unit: Option<TimeUnit>,
}

/// How the stamps of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampForm {
    /// Dates, with a time of day or without.
    Date,
    /// Times of day alone; a day is over where they begin again.
    TimeOfDay,
    /// Numbers of this unit since the start of 1970.
    Since1970(TimeUnit),
    /// Days since 1899-12-30, as spreadsheets count them.
    SpreadsheetSerial,
    /// Numbers of this unit since some start.
    FromStart(TimeUnit),
}

/// The stamps of a table's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamps {
    /// Milliseconds since 1970 per row; none where the row has no stamp. Stamps from some start count
    /// from a Monday, 1970-01-05.
    pub milliseconds: Vec<Option<i64>>,
    /// How they are written.
    pub form: StampForm,
    /// Whether they name their zone, or count from a moment that has one. Else they are of the clock on
    /// some wall, which knows daylight saving.
    pub zoned: bool,
    /// What had to be decided, in words.
    pub told: Option<String>,
}

/// A Monday: 1970-01-05, in milliseconds.
const MONDAY_MS: i64 = 4 * DAY_MS;
/// Days from 1899-12-30 to 1970-01-01, and to 2100-01-01.
const SERIALS: (f64, f64) = (25_569.0, 73_051.0);

/// Reads a column of stamps headed `heading`; `line` gives the line of a row for errors.
///
/// # Errors
/// Names the line of what is no stamp, or, with the field [`DATE_ORDER`] or [`TIME_UNIT`], what has to be
/// chosen because the column leaves it open.
pub fn read(
    heading: &str,
    texts: &[&str],
    line: &dyn Fn(usize) -> u64,
    choices: StampChoices,
) -> Result<Stamps, InputError> {
    let texts = &beginnings(texts)[..];
    let given = || texts.iter().filter(|text| !is_missing(text));
    let written_rows = given().filter(|text| written(text).is_some()).count();
    let all = given().count();
    if all == 0 {
        return Err(InputError::new(format!("column {heading}"), "without a stamp", "time stamps"));
    }
    let wants_numbers = choices.unit.is_some();
    if 2 * written_rows >= all && !wants_numbers {
        return read_dates(heading, texts, line, choices.date_order);
    }
    let numbers = numbers(heading, texts, line)?;
    of_numbers(heading, &numbers, choices.unit)
}

/// Joins the stamps of a column of dates and a column of times of day.
///
/// # Errors
/// Those of [`read`].
pub fn read_joined(
    (date_heading, dates): (&str, &[&str]),
    times: &[&str],
    line: &dyn Fn(usize) -> u64,
    choices: StampChoices,
) -> Result<Stamps, InputError> {
    let joined: Vec<String> = dates
        .iter()
        .zip(beginnings(times))
        .map(|(date, time)| if is_missing(date) { String::new() } else { format!("{date} {time}") })
        .collect();
    let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
    read_dates(date_heading, &joined, line, choices.date_order)
}

/// The stamps at which periods begin, of texts that may name the end of each too: `07:00 - 07:15`.
pub fn beginnings<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    const SEVERAL: usize = 3;
    // Behind a hyphen without blanks stands an offset, unless it is another one in each row.
    let mut ends: Vec<&str> =
        texts.iter().filter_map(|text| hyphenated(text)).map(|(_, end)| end).collect();
    ends.sort_unstable();
    ends.dedup();
    let by_hyphen = ends.len() >= SEVERAL;
    let beginning = |text: &&'t str| {
        let text = *text;
        let parted =
            [" - ", " – ", " — ", " to ", " bis "].iter().find_map(|sign| text.split_once(sign));
        let parted = parted.or_else(|| {
            text.split_once('/')
                .filter(|(begin, end)| begin.contains(':') && begins_with_digit(end))
        });
        let parted = parted.or_else(|| hyphenated(text).filter(|_| by_hyphen));
        parted.map_or(text, |(begin, _)| begin.trim_end())
    };
    texts.iter().map(beginning).collect()
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// What stands before and behind the last hyphen, where both are times of day.
fn hyphenated(text: &str) -> Option<(&str, &str)> {
    let (begin, end) = text.rsplit_once(['-', '–'])?;
    let is_clock = |text: &str| {
        text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    };
    (begin.contains(':') && is_clock(end.trim())).then_some((begin, end))
}

fn read_dates(
    heading: &str,
    texts: &[&str],
    line: &dyn Fn(usize) -> u64,
    order: Option<DateOrder>,
) -> Result<Stamps, InputError> {
    let mut found: Vec<Option<Written>> = Vec::with_capacity(texts.len());
    for (row, text) in texts.iter().enumerate() {
        let stamp = if is_missing(text) { None } else { Some(written(text)) };
        if stamp == Some(None) {
            let allowed =
                "a date such as 2013-12-16 00:10 or 2013-12-16T00:10:00+01:00, or a number";
            return Err(InputError::new(format!("line {}, {heading}", line(row)), text, allowed));
        }
        found.push(stamp.flatten());
    }
    let stamps = || found.iter().flatten();
    if stamps().all(|stamp| stamp.date.is_none()) {
        return Ok(times_of_day(&found));
    }
    let (order, told) = match order {
        Some(order) => (order, None),
        None => order_of(heading, &found)?,
    };
    let milliseconds: Vec<Option<i64>> =
        found.iter().map(|stamp| stamp.and_then(|stamp| stamp.milliseconds(order))).collect();
    if let Some(row) =
        (0..texts.len()).find(|row| found[*row].is_some() && milliseconds[*row].is_none())
    {
        let allowed = match order {
            DateOrder::DayFirst => "a date whose day stands first",
            DateOrder::MonthFirst => "a date whose month stands first",
        };
        return Err(InputError::new(format!("line {}, {heading}", line(row)), texts[row], allowed));
    }
    let zoned = stamps().all(|stamp| stamp.offset_minutes.is_some());
    Ok(Stamps { milliseconds, form: StampForm::Date, zoned, told })
}

/// The order of day and month that the dates decide: by a number above 12, or because with the other
/// order they would lie scattered over more than twice the time.
fn order_of(
    heading: &str,
    found: &[Option<Written>],
) -> Result<(DateOrder, Option<String>), InputError> {
    use date::WrittenDate::Open;
    let dates = || found.iter().flatten().filter_map(|stamp| stamp.date);
    let open: Vec<(i64, i64)> = dates()
        .filter_map(|date| if let Open(a, b, _) = date { Some((a, b)) } else { None })
        .collect();
    let told = |order, why: &str| {
        let which = if order == DateOrder::DayFirst { "day" } else { "month" };
        Ok((order, Some(format!("dates with the {which} first{why}"))))
    };
    if open.iter().all(|(first, second)| first == second) {
        return Ok((DateOrder::DayFirst, None));
    }
    if open.iter().any(|(first, _)| *first > 12) {
        return told(DateOrder::DayFirst, "");
    }
    if open.iter().any(|(_, second)| *second > 12) {
        return told(DateOrder::MonthFirst, "");
    }
    let span = |order| {
        let days = || dates().filter_map(|date| date.day(order));
        days().max().unwrap_or(0) - days().min().unwrap_or(0)
    };
    let (day_first, month_first) = (span(DateOrder::DayFirst), span(DateOrder::MonthFirst));
    if 2 * day_first < month_first {
        return told(DateOrder::DayFirst, ", since they then follow one another");
    }
    if 2 * month_first < day_first {
        return told(DateOrder::MonthFirst, ", since they then follow one another");
    }
    let found = format!("open: {heading} holds dates such as {}/{}", open[0].0, open[0].1);
    Err(InputError::new(DATE_ORDER, found, "a choice of which stands first"))
}

/// The order of day and month in a column of dates.
///
/// # Errors
/// Has the field [`DATE_ORDER`] where the column leaves it open.
pub fn order_of_dates(heading: &str, texts: &[&str]) -> Result<DateOrder, InputError> {
    let found: Vec<Option<Written>> = texts.iter().map(|text| written(text)).collect();
    order_of(heading, &found).map(|(order, _)| order)
}

/// Times of day from a Monday on; a day is over where they begin again.
fn times_of_day(found: &[Option<Written>]) -> Stamps {
    let (mut day, mut before) = (0, i64::MIN);
    let milliseconds = found
        .iter()
        .map(|stamp| {
            let time = (*stamp)?.time_ms?;
            day += i64::from(time < before);
            before = time;
            Some(MONDAY_MS + day * DAY_MS + time)
        })
        .collect();
    Stamps { milliseconds, form: StampForm::TimeOfDay, zoned: true, told: None }
}

fn numbers(
    heading: &str,
    texts: &[&str],
    line: &dyn Fn(usize) -> u64,
) -> Result<Vec<Option<f64>>, InputError> {
    let has_commas = texts.iter().any(|text| text.contains(','));
    let sign = if has_commas { DecimalSign::Comma } else { DecimalSign::Point };
    let number = |(row, text): (usize, &&str)| {
        if is_missing(text) {
            return Ok(None);
        }
        sign.number(text).filter(|number| number.abs() < 1e20).map(Some).ok_or_else(|| {
            let allowed =
                "a date such as 2013-12-16 00:10 or 2013-12-16T00:10:00+01:00, or a number";
            InputError::new(format!("line {}, {heading}", line(row)), text, allowed)
        })
    };
    texts.iter().enumerate().map(number).collect()
}

fn of_numbers(
    heading: &str,
    numbers: &[Option<f64>],
    unit: Option<TimeUnit>,
) -> Result<Stamps, InputError> {
    let (lowest, highest) = range(numbers);
    let unit = unit.or_else(|| TimeUnit::since_1970(heading));
    let (form, told) = match (form_by_size(lowest, highest), unit) {
        (Some(StampForm::SpreadsheetSerial), None) => (
            StampForm::SpreadsheetSerial,
            Some(format!("{heading} counts days as spreadsheets do")),
        ),
        (Some(form @ StampForm::Since1970(by_size)), None) => {
            (form, Some(format!("{heading} counts {} since 1970", by_size.name())))
        }
        (Some(StampForm::Since1970(_)), Some(unit)) => (StampForm::Since1970(unit), None),
        (_, Some(unit)) if TimeUnit::since_1970(heading).is_some() => {
            (StampForm::Since1970(unit), None)
        }
        (_, Some(unit)) => (StampForm::FromStart(unit), None),
        _ => {
            let (unit, told) = unit_from_start(heading, numbers)?;
            (StampForm::FromStart(unit), told)
        }
    };
    let milliseconds = |number: f64| match form {
        StampForm::SpreadsheetSerial => ((number - SERIALS.0) * DAY_MS as f64).round() as i64,
        StampForm::Since1970(unit) => (number * unit.milliseconds()).round() as i64,
        StampForm::FromStart(unit) => MONDAY_MS + (number * unit.milliseconds()).round() as i64,
        StampForm::Date | StampForm::TimeOfDay => 0,
    };
    let zoned = form != StampForm::SpreadsheetSerial;
    let milliseconds = numbers.iter().map(|number| number.map(milliseconds)).collect();
    Ok(Stamps { milliseconds, form, zoned, told })
}

fn range(numbers: &[Option<f64>]) -> (f64, f64) {
    let fold =
        |start, choose: fn(f64, f64) -> f64| numbers.iter().flatten().copied().fold(start, choose);
    (fold(f64::INFINITY, f64::min), fold(f64::NEG_INFINITY, f64::max))
}

/// The form that no other numbers have: moments of 1973 to 2286 in four units, days of 1970 to 2100 as
/// spreadsheets count them.
fn form_by_size(lowest: f64, highest: f64) -> Option<StampForm> {
    let units = [
        (TimeUnit::Seconds, 1e8),
        (TimeUnit::Milliseconds, 1e11),
        (TimeUnit::Microseconds, 1e14),
        (TimeUnit::Nanoseconds, 1e17),
    ];
    let since_1970 = units.iter().find(|(_, from)| lowest >= *from && highest < 100.0 * from);
    if let Some((unit, _)) = since_1970 {
        return Some(StampForm::Since1970(*unit));
    }
    let is_serial = lowest >= SERIALS.0 && highest < SERIALS.1;
    is_serial.then_some(StampForm::SpreadsheetSerial)
}

/// The unit of numbers that count from some start: the heading's, or the only one with which the
/// shortest distance is a step that people use.
fn unit_from_start(
    heading: &str,
    numbers: &[Option<f64>],
) -> Result<(TimeUnit, Option<String>), InputError> {
    const USUAL_SECONDS: [f64; 17] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1200.0,
        1800.0, 3600.0, 86_400.0,
    ];
    if let Some(unit) = TimeUnit::of_heading(heading) {
        return Ok((unit, Some(format!("{heading} counts {} from the start", unit.name()))));
    }
    let mut sorted: Vec<f64> = numbers.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let distances =
        sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|distance| *distance > 0.0);
    let step = distances.fold(f64::INFINITY, f64::min);
    let is_usual = |unit: &TimeUnit| {
        let seconds = step * unit.milliseconds() / 1000.0;
        USUAL_SECONDS.iter().any(|usual| (seconds - usual).abs() <= 1e-3 * usual)
    };
    let tried = [TimeUnit::Milliseconds, TimeUnit::Seconds, TimeUnit::Minutes, TimeUnit::Hours];
    let usual: Vec<TimeUnit> = tried.into_iter().filter(is_usual).collect();
    if let [unit] = usual[..] {
        let told =
            format!("{heading} counts {} from the start, by its steps of {step}", unit.name());
        return Ok((unit, Some(told)));
    }
    let found = format!("open: {heading} has steps of {step}");
    Err(InputError::new(TIME_UNIT, found, "a choice of seconds, minutes, hours or another unit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(heading: &str, texts: &[&str]) -> Result<Stamps, InputError> {
        read(heading, texts, &|row| row as u64 + 2, StampChoices::default())
    }

    fn first(heading: &str, texts: &[&str]) -> (StampForm, i64) {
        let stamps = of(heading, texts).unwrap();
        (stamps.form, stamps.milliseconds[0].unwrap())
    }

    #[test]
    fn numbers_say_by_their_size_what_they_count() {
        // 1772409600 is 2026-03-02 00:00:00 UTC, day 46,083 since 1899-12-30.
        let ms = 1_772_409_600_000;
        for (texts, unit) in [
            (["1772409600", "1772409900"], TimeUnit::Seconds),
            (["1772409600000", "1772409900000"], TimeUnit::Milliseconds),
            (["1772409600000000", "1772409900000000"], TimeUnit::Microseconds),
            (["1772409600000000000", "1772409900000000000"], TimeUnit::Nanoseconds),
        ] {
            assert_eq!(first("time", &texts), (StampForm::Since1970(unit), ms));
        }
        assert_eq!(
            first("time", &["46083.000000", "46083.041667"]),
            (StampForm::SpreadsheetSerial, ms)
        );
        assert_eq!(
            first("time", &["46083,000", "46083,041667"]),
            (StampForm::SpreadsheetSerial, ms)
        );
        assert_eq!(first("date", &["20260302", "20260303"]), (StampForm::Date, ms));
        assert_eq!(first("date", &["202603020000", "202603020015"]), (StampForm::Date, ms));
    }

    #[test]
    fn a_heading_may_say_from_when_it_counts() {
        let form = (StampForm::Since1970(TimeUnit::Minutes), 5760 * 60_000);
        assert_eq!(first("minutes_since_1970", &["5760", "5765"]), form);
        assert_eq!(first("minute", &["0", "5"]).1, 5760 * 60_000);
    }

    #[test]
    fn numbers_from_a_start_have_the_unit_of_their_heading_or_of_a_usual_step_or_are_asked_about() {
        let unit = |heading, texts: &[&str]| match of(heading, texts).unwrap().form {
            StampForm::FromStart(unit) => unit,
            other => panic!("{other:?}"),
        };
        assert_eq!(unit("Total time (sec)", &["0", "60"]), TimeUnit::Seconds);
        assert_eq!(unit("minute", &["0", "5"]), TimeUnit::Minutes);
        assert_eq!(unit("time_ms", &["0", "5000"]), TimeUnit::Milliseconds);
        assert_eq!(unit("time", &["0", "300", "600"]), TimeUnit::Seconds);
        for texts in [["0", "1"], ["0", "5"], ["0", "7"]] {
            let error = of("t", &texts).unwrap_err();
            assert_eq!(error.field, TIME_UNIT);
        }
        let choices = StampChoices { unit: Some(TimeUnit::Hours), ..StampChoices::default() };
        let stamps = read("t", &["0", "1"], &|_| 1, choices).unwrap();
        assert_eq!(stamps.milliseconds[1].unwrap() - stamps.milliseconds[0].unwrap(), 3_600_000);
    }

    #[test]
    fn day_and_month_are_told_apart_by_the_whole_column_or_asked_about() {
        let day =
            |texts: &[&str]| calendar::shown(of("time", texts).unwrap().milliseconds[0].unwrap());
        assert_eq!(day(&["10/11/2017 0:00", "10/23/2017 0:00"]), "2017-10-11 00:00");
        assert_eq!(day(&["10/11/2017 0:00", "23/11/2017 0:00"]), "2017-11-10 00:00");
        assert_eq!(
            day(&["01/02/2017 0:00", "02/02/2017 0:00", "03/02/2017 0:00"]),
            "2017-02-01 00:00"
        );
        assert_eq!(
            day(&["01/02/2017 0:00", "01/03/2017 0:00", "01/04/2017 0:00"]),
            "2017-01-02 00:00"
        );
        assert_eq!(day(&["01.02.2017 0:00", "01.02.2017 1:00"]), "2017-02-01 00:00");
        let error = of("time", &["01/02/2017 0:00", "01/02/2017 1:00"]).unwrap_err();
        assert_eq!(error.field, DATE_ORDER);
        let error = of("time", &["13/02/2017 0:00", "01/14/2017 1:00"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 3, time is 01/14/2017 1:00; allowed: a date whose day stands first"
        );
    }

    #[test]
    fn times_of_day_go_on_the_next_day_where_they_begin_again() {
        let stamps = of("time", &["23:30", "23:45", "", "00:00"]).unwrap();
        let ms: Vec<i64> = stamps.milliseconds.iter().flatten().map(|ms| ms / 60_000).collect();
        assert_eq!(ms, [4 * 1440 + 1410, 4 * 1440 + 1425, 5 * 1440]);
        assert_eq!(stamps.milliseconds[2], None);
    }

    #[test]
    fn a_date_beside_a_time_is_one_stamp_and_zones_are_known() {
        let joined = read_joined(
            ("Date", &["2026-11-21", "2026-11-21"]),
            &["00:00", "01:00"],
            &|_| 1,
            StampChoices::default(),
        );
        let joined = joined.unwrap();
        assert_eq!(calendar::shown(joined.milliseconds[1].unwrap()), "2026-11-21 01:00");
        assert!(!joined.zoned);
        assert!(of("time", &["2026-11-21T00:00Z", "2026-11-21T01:00Z"]).unwrap().zoned);
        let error = of("time", &["2026-11-21T00:00Z", "never"]).unwrap_err();
        assert!(error.to_string().starts_with("line 3, time is never"), "{error}");
    }
}
