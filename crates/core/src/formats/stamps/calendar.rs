//! Days of the Gregorian calendar.

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01 of a date; none where there is no such day.
pub fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let known = (0..=9999).contains(&year) && (1..=length).contains(&day);
    known.then(|| days_from_civil(year, month, day))
}

/// Days since 1970-01-01, with years that begin in March so that the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    // 719,468 days lie between the first of March of year 0 and the start of 1970.
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    let from_march = days + 719_468;
    let era = from_march.div_euclid(146_097);
    let of_era = from_march.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + 400 * era + i64::from(month <= 2), month, day)
}

/// Day of the week of a number of days since 1970-01-01: 0 is Monday.
pub fn weekday(days: i64) -> u32 {
    // 1970-01-01 was a Thursday.
    (days + 3).rem_euclid(7) as u32
}

/// `2026-11-21 07:15`, UTC, of milliseconds since 1970.
pub fn shown(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let minute = ms.rem_euclid(DAY_MS) / 60_000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_is_read_as_it_is_written() {
        let mut before = None;
        let first = day_of(1600, 1, 1).unwrap();
        for day in first..day_of(2400, 1, 1).unwrap() {
            let date = civil(day);
            assert_eq!(day_of(date.0, date.1, date.2), Some(day));
            assert!(before < Some(date));
            assert_eq!(weekday(day + 1), (weekday(day) + 1) % 7);
            before = Some(date);
        }
        // 2026-11-30 was a Monday; Unix time 1386979200 is 2013-12-14 00:00:00 UTC.
        assert_eq!(weekday(day_of(2026, 11, 30).unwrap()), 0);
        assert_eq!(day_of(2013, 12, 14), Some(1_386_979_200 / 86_400));
        assert_eq!(shown(1_386_979_200_000 + 75 * 60_000), "2013-12-14 01:15");
    }

    #[test]
    fn there_is_no_thirtieth_of_february() {
        for (year, month, day) in
            [(2018, 2, 30), (1900, 2, 29), (2018, 13, 1), (2018, 0, 1), (2018, 4, 31)]
        {
            assert_eq!(day_of(year, month, day), None);
        }
        assert!(day_of(2000, 2, 29).is_some());
    }
}
