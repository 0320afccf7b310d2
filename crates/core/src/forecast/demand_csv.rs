//! A visitor's own trace: one column of time stamps, one or more of demand.

use crate::error::InputError;
use crate::formats::table::Table;

use super::series::{DemandSeries, Sample, Treatment};
use super::time_stamp::minute_of;

/// Header names of the column of time stamps, in order of preference.
pub const TIME_NAMES: [&str; 8] =
    ["time_utc", "time", "timestamp", "datetime", "date", "stamp", "minute", "t"];

/// Reads every column of demand of `text`. Without a column of time stamps the samples are
/// `step_minutes` apart (5 where that is not given) and start on a Monday, 1970-01-05.
///
/// # Errors
/// Names the line and the column of what is no stamp, no number or negative; see also
/// [`DemandSeries::from_samples`] and [`Table::read`].
pub fn read(
    text: &str,
    unit: &str,
    step_minutes: Option<u32>,
) -> Result<Vec<(DemandSeries, Treatment)>, InputError> {
    let table = Table::read(text)?;
    let time = TIME_NAMES.iter().find_map(|name| {
        table.columns().iter().position(|column| column.name.eq_ignore_ascii_case(name))
    });
    let stamps = stamps(&table, time, step_minutes)?;
    let step = if time.is_some() { step_minutes } else { Some(step_minutes.unwrap_or(5)) };
    let mut series = Vec::new();
    for (column, about) in table.columns().iter().enumerate() {
        if Some(column) == time {
            continue;
        }
        let samples = samples(&table, column, &stamps)?;
        series.push(DemandSeries::from_samples(&about.name, unit, &samples, step)?);
    }
    if series.is_empty() {
        return Err(InputError::new("header", "without a column of demand", "at least one"));
    }
    Ok(series)
}

/// Reads one column of demand, with the rows that `keep` accepts.
pub(crate) fn read_column(
    text: &str,
    name: &str,
    unit: &str,
    time: &str,
    keep: impl Fn(&Table, usize) -> bool,
) -> Result<(DemandSeries, Treatment), InputError> {
    let table = Table::read(text)?;
    let position = |name: &str| {
        let found = table.columns().iter().position(|column| column.name == name);
        found.ok_or_else(|| InputError::new("header", "without it", format!("a column {name}")))
    };
    let (time, column) = (position(time)?, position(name)?);
    let stamps = stamps(&table, Some(time), None)?;
    let samples = samples(&table, column, &stamps)?;
    let kept: Vec<Sample> =
        (0..samples.len()).filter(|row| keep(&table, *row)).map(|row| samples[row]).collect();
    DemandSeries::from_samples(name, unit, &kept, None)
}

fn stamps(
    table: &Table,
    time: Option<usize>,
    step_minutes: Option<u32>,
) -> Result<Vec<i64>, InputError> {
    const MONDAY: i64 = 4 * 1440;
    let step = i64::from(step_minutes.unwrap_or(5));
    (0..table.len())
        .map(|row| match time {
            Some(column) => {
                minute_of(&format!("line {}, time", table.line(row)), table.text(row, column))
            }
            None => Ok(MONDAY + row as i64 * step),
        })
        .collect()
}

fn samples(table: &Table, column: usize, stamps: &[i64]) -> Result<Vec<Sample>, InputError> {
    stamps
        .iter()
        .enumerate()
        .map(|(row, minute)| {
            let value = table.number(row, column)?;
            Ok(Sample { minute: *minute, value, line: table.line(row) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_and_columns_are_found_by_their_headers() {
        let text = "Time;cell a;cell b\n2020-01-06T00:00Z;1,5;2\n2020-01-06T01:05+01:00;2;NaN\n\
                    2020-01-06T00:10Z;2,5;4\n";
        let series = read(text, "Mbit/s", None).unwrap();
        assert_eq!(series[0].0.values, [1.5, 2.0, 2.5]);
        assert_eq!((series[1].0.values.as_slice(), series[1].1.filled), (&[2.0, 3.0, 4.0][..], 1));
        assert_eq!((series[0].0.step_minutes, series[0].0.weekday(0)), (5, 0));
    }

    #[test]
    fn a_bare_column_is_five_minutes_apart_unless_told() {
        let series = read("demand\n1\n2\n3\n", "Mbit/s", None).unwrap();
        assert_eq!(series[0].0.step_minutes, 5);
        let series = read("demand\n1\n2\n3\n", "Mbit/s", Some(10)).unwrap();
        assert_eq!(series[0].0.step_minutes, 10);
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let message = |text: &str| read(text, "Mbit/s", None).unwrap_err().to_string();
        assert!(message("time,demand\n0,1\n5,many\n").starts_with("line 3, column demand is many"));
        assert!(message("time,demand\n0,1\nnever,2\n").starts_with("line 3, time is never"));
        assert!(message("time,demand\n0,1\n5,-2\n").starts_with("line 3, demand is -2"));
        assert!(message("time\n0\n5\n").contains("without a column of demand"));
    }
}
