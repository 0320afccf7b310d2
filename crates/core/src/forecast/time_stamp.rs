//! Time stamps of demand: dates with or without a time zone, or numbers.

use crate::error::InputError;

/// Minutes since 1970-01-01 00:00 UTC of `text`: `2013-12-16 00:10:00`, with `T` in place of the
/// space, without seconds, with `Z` or an offset such as `+01:00`; or a number: seconds since 1970
/// from 100,000,000 on, milliseconds from 100,000,000,000 on, minutes below. A stamp without a time
/// zone counts as UTC; parts of a minute are dropped.
///
/// # Errors
/// Names `field` and the stamp that is none of these.
pub fn minute_of(field: &str, text: &str) -> Result<i64, InputError> {
    let text = text.trim();
    let found = match text.parse::<f64>() {
        Ok(number) => number_minutes(number),
        Err(_) => date_minutes(text),
    };
    found.ok_or_else(|| {
        let allowed = "a date such as 2013-12-16 00:10 or 2013-12-16T00:10:00+01:00, or a number";
        InputError::new(field, text, allowed)
    })
}

fn number_minutes(number: f64) -> Option<i64> {
    const SECONDS_FROM: f64 = 1e8;
    const MILLISECONDS_FROM: f64 = 1e11;
    if !number.is_finite() || !(0.0..1e14).contains(&number) {
        return None;
    }
    let minutes = if number >= MILLISECONDS_FROM {
        number / 60_000.0
    } else if number >= SECONDS_FROM {
        number / 60.0
    } else {
        number
    };
    Some(minutes.floor() as i64)
}

fn date_minutes(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let days = days_since_1970(whole(year)?, whole(month)?, whole(day)?)?;
    let (time, offset) = zone(rest.trim())?;
    let mut parts = time.split(':');
    let (hour, minute) = (whole(parts.next()?)?, whole(parts.next()?)?);
    let seconds: f64 = parts.next().map_or(Some(0.0), |seconds| seconds.parse().ok())?;
    let in_range = (0..24).contains(&hour) && (0..60).contains(&minute);
    if !in_range || !(0.0..61.0).contains(&seconds) || parts.next().is_some() {
        return None;
    }
    Some(days * 1440 + hour * 60 + minute - offset)
}

/// The time and the minutes that its zone is ahead of UTC.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time.trim(), 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let sign = if text.as_bytes()[at] == b'-' { -1 } else { 1 };
    let digits: String = text[at + 1..].chars().filter(|letter| *letter != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (whole(&digits)?, 0),
        4 => (whole(&digits[..2])?, whole(&digits[2..])?),
        _ => return None,
    };
    let offset = hours * 60 + minutes;
    (offset <= 15 * 60 && minutes < 60).then_some((text[..at].trim(), sign * offset))
}

fn whole(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// Days from 1970-01-01 in the Gregorian calendar, years 1970 to 9999.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let length = *lengths.get(index)?;
    if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let before = year - 1;
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(before) - leaps(1969);
    Some(years + lengths[..index].iter().sum::<i64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_minutes_since_1970() {
        let minute = |text: &str| minute_of("time", text).unwrap();
        assert_eq!(minute("1970-01-01 00:00"), 0);
        // Unix time 1386979200 is 2013-12-14 00:00:00 UTC; 1709208000 is 2024-02-29 12:00:00 UTC.
        assert_eq!(minute("2013-12-14T00:00:00Z"), 1_386_979_200 / 60);
        assert_eq!(minute("2024-02-29 12:00:59"), 1_709_208_000 / 60);
        assert_eq!(minute("1709208000"), 1_709_208_000 / 60);
        assert_eq!(minute("1709208000000"), 1_709_208_000 / 60);
        assert_eq!(minute("35"), 35);
    }

    #[test]
    fn time_zones_are_brought_to_utc() {
        let minute = |text: &str| minute_of("time", text).unwrap();
        let noon = minute("2018-03-05 12:00:00");
        assert_eq!(minute("2018-03-05T13:00:00+01:00"), noon);
        assert_eq!(minute("2018-03-05 08:30-0330"), noon);
        assert_eq!(minute("2018-03-05 14:00 +02"), noon);
    }

    #[test]
    fn what_is_no_stamp_is_named() {
        for text in [
            "yesterday",
            "2018-02-30 00:00",
            "2018-13-01 00:00",
            "2018-01-01 24:00",
            "",
            "-5",
            "2018-01-01",
            "2018-01-01 00:00+99:00",
            "inf",
        ] {
            let error = minute_of("line 4, time", text).unwrap_err();
            assert_eq!(error.field, "line 4, time");
        }
    }
}
