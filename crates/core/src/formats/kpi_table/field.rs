//! One field of a row, whatever file it comes from, and the row that fields make.

use std::borrow::Cow;

use crate::cells::SNssai;
use crate::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use crate::error::{InputError, check_range};
use crate::formats::table;

use super::column::{COLUMNS, Column};
use super::history::Latest;
use super::period::Period;

/// A field of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Field<'a> {
    /// No value.
    #[default]
    Missing,
    /// A text, trimmed; one that stands for a missing value is one.
    Text(&'a str),
    /// A number; NaN is a missing value.
    Number(f64),
    /// Milliseconds since the start of 1970, UTC.
    Time(i64),
}

/// Longest name of a cell, in bytes.
const LONGEST_CELL: usize = 200;
/// The most active users of a slice in a cell.
const MOST_USERS: f64 = 1e5;
/// The largest CQI (3GPP TS 38.214, clause 5.2.2.1).
const LARGEST_CQI: f64 = 15.0;
/// What no measured or written number exceeds.
const LARGEST: f64 = 1e9;
/// The largest weight, as [`crate::cells::CellBatch`] allows it.
const LARGEST_WEIGHT: f64 = 1e6;

/// What a row is about.
pub(super) struct Key<'a> {
    pub period: Period,
    pub cell: Cow<'a, str>,
    pub snssai: SNssai,
}

/// The numbers of a row in the planner's units; NaN where an optional one is missing, and for a CQI
/// that nobody was there to report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kpis {
    pub active_users: f64,
    pub cqi: f64,
    pub latest: Latest,
}

/// A row of a table whose header was understood.
pub(super) struct Row<'a> {
    /// Number of the row, the header being 1.
    pub number: u64,
    /// Its fields in the order of [`Column::ALL`].
    pub fields: &'a [Field<'a>; COLUMNS],
    /// Separator of the table: behind a semicolon `1,5` is a number.
    pub separator: char,
}

impl<'a> Row<'a> {
    /// What the row is about.
    pub fn key(&self) -> Result<Key<'a>, InputError> {
        let period = self.period()?;
        let cell = self.cell()?;
        let snssai = self.snssai()?;
        Ok(Key { period, cell, snssai })
    }

    /// Its numbers.
    pub fn kpis(&self) -> Result<Kpis, InputError> {
        let active_users = self.needed(Column::ActiveUsers, (0.0, MOST_USERS), "users")?;
        let cqi = match self.optional(Column::Cqi, (0.0, LARGEST_CQI), "")? {
            Some(cqi) => cqi,
            None if active_users == 0.0 => f64::NAN,
            None => return Err(self.wrong(Column::Cqi, "a number from 0 to 15")),
        };
        let prb_used = self.optional(Column::PrbUsed, (0.0, LARGEST), "PRB")?;
        let prb_available = self.optional(Column::PrbAvailable, (0.0, LARGEST), "PRB")?;
        let throughput_kbps = self.optional(Column::Throughput, (0.0, LARGEST), "kbit/s")?;
        let delay = self.optional(Column::Delay, (0.0, LARGEST), "times 0.1 ms")?;
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let range_kbps = (least * 1000.0, most * 1000.0);
        let required_kbps = self.needed(Column::RequiredThroughput, range_kbps, "kbit/s")?;
        let required_delay_ms = self.needed(Column::RequiredDelay, DELAY_RANGE_MS, "ms")?;
        let weight = self.optional(Column::Weight, (0.0, LARGEST_WEIGHT), "")?;
        let minimum_percent = self.optional(Column::MinimumRatio, (0.0, 100.0), "%")?;
        let share = self.optional(Column::Share, (0.0, 1.0), "")?;
        let prb_share = match (prb_used, prb_available) {
            (Some(used), Some(available)) if available > 0.0 => (used / available).min(1.0),
            _ => f64::NAN,
        };
        Ok(Kpis {
            active_users,
            cqi,
            latest: Latest {
                prb_share,
                throughput_mbps: throughput_kbps.map_or(f64::NAN, |kbps| kbps / 1000.0),
                delay_ms: delay.map_or(f64::NAN, |delay| delay / 10.0),
                required_throughput_mbps: required_kbps / 1000.0,
                required_delay_ms,
                weight: weight.unwrap_or(1.0),
                minimum_share: minimum_percent.unwrap_or(0.0) / 100.0,
                share: share.unwrap_or(f64::NAN),
            },
        })
    }

    fn period(&self) -> Result<Period, InputError> {
        let period = match self.field(Column::Period) {
            Field::Text(text) => Period::parse(text),
            Field::Number(number) => Period::from_number(number),
            Field::Time(time) => Some(Period::Time(time)),
            Field::Missing => None,
        };
        period.ok_or_else(|| {
            let allowed = "a step number or a time such as 2026-11-21T07:15:00Z";
            self.wrong(Column::Period, allowed)
        })
    }

    fn cell(&self) -> Result<Cow<'a, str>, InputError> {
        let name: Cow<'a, str> = match self.field(Column::Cell) {
            Field::Text(text) => text.into(),
            Field::Number(number) => number.to_string().into(),
            Field::Time(_) | Field::Missing => "".into(),
        };
        let allowed = name.len() <= LONGEST_CELL && !name.is_empty();
        if allowed && !name.contains(char::is_control) {
            return Ok(name);
        }
        let allowed = format!("a name of 1 to {LONGEST_CELL} bytes, without control characters");
        Err(self.wrong(Column::Cell, &allowed))
    }

    fn snssai(&self) -> Result<SNssai, InputError> {
        let name = self.name(Column::Snssai);
        match self.field(Column::Snssai) {
            Field::Number(number) => SNssai::parse(&name, &number.to_string()),
            Field::Text(text) => SNssai::parse(&name, text),
            Field::Time(_) | Field::Missing => SNssai::parse(&name, ""),
        }
    }

    fn needed(&self, column: Column, range: (f64, f64), unit: &str) -> Result<f64, InputError> {
        self.optional(column, range, unit)?.ok_or_else(|| {
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            self.wrong(column, &format!("{} to {}{unit}", range.0, range.1))
        })
    }

    fn optional(
        &self,
        column: Column,
        (least, most): (f64, f64),
        unit: &str,
    ) -> Result<Option<f64>, InputError> {
        let value = match self.field(column) {
            Field::Missing => return Ok(None),
            Field::Number(number) => number,
            Field::Text(text) => {
                table::number(text, self.separator).ok_or_else(|| self.wrong(column, "a number"))?
            }
            Field::Time(_) => return Err(self.wrong(column, "a number")),
        };
        // The path of the column is built for errors only: millions of rows have none.
        if value >= least && value <= most {
            return Ok(Some(value));
        }
        check_range(&self.name(column), value, least, most, unit).map(|()| Some(value))
    }

    /// The field, with the texts and numbers that stand for none taken out.
    fn field(&self, column: Column) -> Field<'a> {
        match self.fields[column as usize] {
            Field::Text(text) if table::is_missing(text) => Field::Missing,
            Field::Number(number) if number.is_nan() => Field::Missing,
            field => field,
        }
    }

    fn name(&self, column: Column) -> String {
        format!("row {}, column {}", self.number, column.name())
    }

    fn wrong(&self, column: Column, allowed: &str) -> InputError {
        let found = match self.fields[column as usize] {
            Field::Missing => String::new(),
            Field::Text(text) => text.to_owned(),
            Field::Number(number) => number.to_string(),
            Field::Time(time) => Period::Time(time).to_string(),
        };
        InputError::new(self.name(column), found, allowed)
    }
}
