//! One field of a row, whatever file it comes from, and what the fields of a row say.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::cells::SNssai;
use crate::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use crate::error::{InputError, check_range};
use crate::formats::stamps::DateOrder;
use crate::formats::table::{self, DecimalSign};

use super::column::{COLUMNS, Column, Columns};
use super::history::Latest;
use super::options::KpiOptions;
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

impl Field<'_> {
    /// Whether it holds no value, or one that stands for none.
    pub(super) fn is_missing(self) -> bool {
        match self {
            Self::Missing => true,
            Self::Text(text) => table::is_missing(text),
            Self::Number(number) => number.is_nan(),
            Self::Time(_) => false,
        }
    }

    /// Its number; none where it is missing or no number.
    pub fn number(self, decimal: DecimalSign) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number).filter(|number| !number.is_nan()),
            Self::Text(text) => number_of(text, decimal),
            Self::Missing | Self::Time(_) => None,
        }
    }
}

/// The number that `text` stands for. Plain decimals are read here, as most numbers are such; what
/// else is one is for [`DecimalSign::number`] to say.
fn number_of(text: &str, decimal: DecimalSign) -> Option<f64> {
    let plain = if decimal == DecimalSign::Point { plain_decimal(text.as_bytes()) } else { None };
    plain.or_else(|| decimal.number(text))
}

/// A number of at most 15 digits with at most one point: digits and power of ten are exact in 64 bits,
/// and so their quotient is the nearest number.
fn plain_decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    let (mut digits, mut count, mut point) = (0_u64, 0, None);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                digits = 10 * digits + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() && count > 0 => point = Some(count),
            _ => return None,
        }
    }
    let decimals = count - point.unwrap_or(count);
    let is_whole_or_has_decimals = point.is_none() || decimals > 0;
    (count <= 15 && is_whole_or_has_decimals).then(|| digits as f64 / POWERS[decimals])
}

/// Longest name of a cell, in bytes.
const LONGEST_CELL: usize = 200;
/// The most active users of a slice in a cell.
const MOST_USERS: f64 = 1e5;
/// The largest CQI (3GPP TS 38.214, clause 5.2.2.1).
const LARGEST_CQI: f64 = 15.0;
/// What no measured or written number exceeds.
const LARGEST: f64 = 1e12;
/// The largest weight, as [`crate::cells::CellBatch`] allows it.
const LARGEST_WEIGHT: f64 = 1e6;

/// What a row is about; the name of its cell may be a part of a text.
#[derive(Debug)]
pub(super) struct Key<C> {
    pub period: Period,
    /// Whether the period is a time without a zone.
    pub local: bool,
    pub cell: C,
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

/// A row that was understood as far as it goes. Errors name the column, not yet the row.
#[derive(Debug)]
pub(super) struct Parsed<C> {
    pub key: Result<Key<C>, InputError>,
    pub kpis: Result<Kpis, InputError>,
    /// Optional numbers that are none: they count as missing.
    pub doubts: Vec<InputError>,
}

#[cfg(not(target_family = "wasm"))]
impl<C> Parsed<C> {
    /// The same with the name of the cell told otherwise.
    pub fn with_cell<D>(self, change: impl FnOnce(C) -> D) -> Parsed<D> {
        let Self { key, kpis, doubts } = self;
        let key = key.map(|Key { period, local, cell, snssai }| Key {
            period,
            local,
            cell: change(cell),
            snssai,
        });
        Parsed { key, kpis, doubts }
    }
}

/// How the rows of a table are understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowReader<'c> {
    pub columns: &'c Columns,
    /// How the numbers of the table are written.
    pub decimal: DecimalSign,
    /// Whether its stamps are days as spreadsheets count them.
    pub serials: bool,
    /// kbit/s in one of the table's throughputs.
    pub throughput_kbps: f64,
    /// Units of 0.1 ms in one of the table's delays.
    pub delay_tenths: f64,
    /// Which of day and month stands first in dates that leave it open.
    pub date_order: DateOrder,
}

impl<'c> RowReader<'c> {
    pub fn new(columns: &'c Columns, options: &KpiOptions) -> Self {
        Self {
            columns,
            decimal: options.decimal.unwrap_or_default(),
            serials: false,
            throughput_kbps: options.throughput_unit.unwrap_or_default().kbps(),
            delay_tenths: options.delay_unit.unwrap_or_default().tenths(),
            date_order: options.date_order.unwrap_or(DateOrder::DayFirst),
        }
    }

    /// Hands the rows of the slices, of which `at` gives the fields by position, to `take`.
    pub fn rows<'a>(
        &self,
        stamp: &mut Stamp,
        at: impl Fn(usize) -> Field<'a>,
        mut take: impl FnMut(Parsed<Cow<'a, str>>),
    ) {
        let beside = Beside {
            date: self.columns.date.map(&at),
            differentiator: self.columns.differentiator.map(&at),
        };
        self.columns.rows(self.decimal, at, |slice, fields| {
            take(self.row_of(stamp, slice, fields, beside));
        });
    }

    /// Understands the fields of one slice, which the header may name.
    pub fn row<'a>(
        &self,
        stamp: &mut Stamp,
        slice: Option<SNssai>,
        fields: &[Field<'a>; COLUMNS],
    ) -> Parsed<Cow<'a, str>> {
        self.row_of(stamp, slice, fields, Beside::default())
    }

    fn row_of<'a>(
        &self,
        stamp: &mut Stamp,
        slice: Option<SNssai>,
        fields: &[Field<'a>; COLUMNS],
        beside: Beside<'a>,
    ) -> Parsed<Cow<'a, str>> {
        let row = Row { fields, slice, beside, reader: self };
        let mut doubts = Vec::new();
        Parsed { key: row.key(stamp), kpis: row.kpis(&mut doubts), doubts }
    }
}

/// Fields that complete others.
#[derive(Clone, Copy, Debug, Default)]
struct Beside<'a> {
    /// The date, where the period's column holds the time of day alone.
    date: Option<Field<'a>>,
    /// The slice differentiator, where the slice's column holds the type alone.
    differentiator: Option<Field<'a>>,
}

/// The stamp of the row before: rows of one period mostly lie together.
#[derive(Debug, Default)]
pub(super) struct Stamp {
    text: String,
    period: Option<(Period, bool)>,
}

impl Stamp {
    fn parse(&mut self, text: &str, reader: &RowReader<'_>) -> Option<(Period, bool)> {
        if self.text != text {
            text.clone_into(&mut self.text);
            let number =
                || DecimalSign::Point.number(text).or_else(|| DecimalSign::Comma.number(text));
            let serial = || number().and_then(Period::from_serial);
            self.period = match reader.serials.then(serial).flatten() {
                Some(period) => Some((period, true)),
                None => Period::parse_local(text)
                    .or_else(|| Period::parse_written(text, reader.date_order))
                    .or_else(|| Some((Period::from_number(number()?)?, false))),
            };
        }
        self.period
    }
}

struct Row<'a, 'f> {
    /// Its fields in the order of [`Column::ALL`].
    fields: &'f [Field<'a>; COLUMNS],
    slice: Option<SNssai>,
    beside: Beside<'a>,
    reader: &'f RowReader<'f>,
}

impl<'a> Row<'a, '_> {
    fn key(&self, stamp: &mut Stamp) -> Result<Key<Cow<'a, str>>, InputError> {
        let (period, local) = self.period(stamp)?;
        let cell = self.cell()?;
        let snssai = match self.slice {
            Some(slice) => slice,
            None => self.snssai()?,
        };
        Ok(Key { period, local, cell, snssai })
    }

    fn kpis(&self, doubts: &mut Vec<InputError>) -> Result<Kpis, InputError> {
        let active_users = self.number(Column::ActiveUsers, (0.0, MOST_USERS), "users")?;
        let active_users = active_users
            .ok_or_else(|| self.wrong(Column::ActiveUsers, &format!("0 to {MOST_USERS} users")))?;
        let cqi = match self.number(Column::Cqi, (0.0, LARGEST_CQI), "") {
            Ok(Some(cqi)) => cqi,
            Ok(None) if active_users == 0.0 => f64::NAN,
            Ok(None) => return Err(self.wrong(Column::Cqi, "a number from 0 to 15")),
            Err(error) if active_users == 0.0 => {
                doubts.push(error);
                f64::NAN
            }
            Err(error) => return Err(error),
        };
        let mut measured = |column, unit| match self.number(column, (0.0, LARGEST), unit) {
            Ok(number) => number.unwrap_or(f64::NAN),
            Err(error) => {
                doubts.push(error);
                f64::NAN
            }
        };
        let prb_used = measured(Column::PrbUsed, "PRB");
        let prb_available = measured(Column::PrbAvailable, "PRB");
        let prb_total = measured(Column::PrbTotal, "PRB");
        let throughput = measured(Column::Throughput, "kbit/s");
        let delay = measured(Column::Delay, "times 0.1 ms");
        let (least, most) = THROUGHPUT_RANGE_MBPS;
        let range_kbps = (least * 1000.0, most * 1000.0);
        let required_kbps = self.number(Column::RequiredThroughput, range_kbps, "kbit/s")?;
        let required_delay_ms = self.number(Column::RequiredDelay, DELAY_RANGE_MS, "ms")?;
        let weight = self.number(Column::Weight, (0.0, LARGEST_WEIGHT), "")?;
        let least_percent = self.number(Column::LeastRatio, (0.0, 100.0), "%")?;
        let policy_percent = self.number(Column::MinimumRatio, (0.0, 100.0), "%")?;
        let share = self.number(Column::Share, (0.0, 1.0), "")?;
        let share = share.or_else(|| policy_percent.map(|percent| percent / 100.0));
        Ok(Kpis {
            active_users,
            cqi,
            latest: Latest {
                prb_used,
                prb_available,
                prb_total,
                prb_share: f64::NAN,
                throughput_mbps: throughput * self.reader.throughput_kbps / 1000.0,
                delay_ms: delay * self.reader.delay_tenths / 10.0,
                required_throughput_mbps: required_kbps.map_or(f64::NAN, |kbps| kbps / 1000.0),
                required_delay_ms: required_delay_ms.unwrap_or(f64::NAN),
                weight: weight.unwrap_or(1.0),
                minimum_share: least_percent.unwrap_or(0.0) / 100.0,
                share: share.unwrap_or(f64::NAN),
                row: 0,
            },
        })
    }

    fn period(&self, stamp: &mut Stamp) -> Result<(Period, bool), InputError> {
        let reader = self.reader;
        let is_hour =
            |time: &str| time.len() <= 2 && time.bytes().all(|byte| byte.is_ascii_digit());
        let period = match self.field(Column::Period) {
            Field::Text(time) => match self.beside.date {
                Some(Field::Text(date)) if is_hour(time) => {
                    stamp.parse(&format!("{date} {time}:00"), reader)
                }
                Some(Field::Text(date)) if !time.contains(['-', '/']) => {
                    stamp.parse(&format!("{date} {time}"), reader)
                }
                _ => stamp.parse(time, reader),
            },
            Field::Number(number) => match Period::from_serial(number) {
                Some(period) if reader.serials || number.fract() != 0.0 => Some((period, true)),
                _ => Period::from_number(number).map(|step| (step, false)),
            },
            Field::Time(time) => Some((Period::Time(time), false)),
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
        // Letters beyond ASCII are rare and slow to look at.
        let has_control = match name.is_ascii() {
            true => name.bytes().any(|byte| byte.is_ascii_control()),
            false => name.contains(char::is_control),
        };
        if allowed && !has_control {
            return Ok(name);
        }
        let allowed = format!("a name of 1 to {LONGEST_CELL} bytes, without control characters");
        Err(self.wrong(Column::Cell, &allowed))
    }

    fn snssai(&self) -> Result<SNssai, InputError> {
        let differentiator = self.beside.differentiator.filter(|field| !field.is_missing());
        if let Some(differentiator) = differentiator {
            let (sst, sd) = (self.text(Column::Snssai), text_of(differentiator));
            return SNssai::parse(&self.name(Column::Snssai), &format!("{sst}-{sd}"));
        }
        let found = match self.field(Column::Snssai) {
            Field::Number(number) => SNssai::read(&number.to_string()),
            Field::Text(text) => SNssai::read(text),
            Field::Time(_) | Field::Missing => None,
        };
        match found {
            Some(snssai) => Ok(snssai),
            None => SNssai::parse(&self.name(Column::Snssai), &self.text(Column::Snssai)),
        }
    }

    /// The number of a column; none where it is missing.
    fn number(
        &self,
        column: Column,
        (least, most): (f64, f64),
        unit: &str,
    ) -> Result<Option<f64>, InputError> {
        let field = self.fields[column as usize];
        let Some(value) = field.number(self.reader.decimal) else {
            return match field.is_missing() {
                true => Ok(None),
                false => Err(self.wrong(column, "a number")),
            };
        };
        // The path of the column is built for errors only: millions of rows have none.
        if value >= least && value <= most {
            return Ok(Some(value));
        }
        check_range(&self.name(column), value, least, most, unit).map(|()| Some(value))
    }

    /// The field, with the texts and numbers that stand for none taken out.
    fn field(&self, column: Column) -> Field<'a> {
        let field = self.fields[column as usize];
        if field.is_missing() { Field::Missing } else { field }
    }

    fn name(&self, column: Column) -> String {
        let mut name = format!("column {}", column.name());
        if let Some(slice) = self.slice {
            let _ = write!(name, " of slice {slice}");
        }
        name
    }

    fn text(&self, column: Column) -> String {
        text_of(self.fields[column as usize])
    }

    fn wrong(&self, column: Column, allowed: &str) -> InputError {
        InputError::new(self.name(column), self.text(column), allowed)
    }
}

fn text_of(field: Field<'_>) -> String {
    match field {
        Field::Missing => String::new(),
        Field::Text(text) => text.to_owned(),
        Field::Number(number) => number.to_string(),
        Field::Time(time) => Period::Time(time).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_decimals_are_the_nearest_numbers() {
        for text in ["0", "7", "0.1", "2000", "123456.789", "0.000001", "99999999999999.9", "007"] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(plain_decimal(text.as_bytes()), Some(expected), "{text}");
        }
        let mut state = 7_u64;
        for _ in 0..10_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let digits = (state >> 20) % 1_000_000_000_000_000;
            for places in 0..=14 {
                let mut text = format!("{digits:015}");
                text.insert(15 - places, '.');
                let text = text.trim_end_matches('.');
                let expected: f64 = text.parse().unwrap();
                assert_eq!(plain_decimal(text.as_bytes()), Some(expected), "{text}");
            }
        }
        for text in ["", ".", ".5", "5.", "1e3", "-1", "+1", "1.2.3", "1,5", "0123456789012345"] {
            assert_eq!(plain_decimal(text.as_bytes()), None, "{text}");
        }
        assert_eq!(number_of("1.5e-7", DecimalSign::Point), Some(1.5e-7));
        assert_eq!(number_of("1,5", DecimalSign::Comma), Some(1.5));
    }
}
