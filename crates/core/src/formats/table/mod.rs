//! Tables of the visitor's own, as spreadsheets, databases and management systems export them.
//!
//! One way to read them for all planners: whatever the encoding ([`text`]), the separator and the lines
//! above and below the rows ([`dialect`]), the decimal sign and the words for a missing value
//! ([`number`]). What was found and passed over is told by [`Table::told`], and dialogues have the first
//! rows from [`Table::shown`].

pub mod dialect;
pub mod number;
pub mod numbers;
pub mod shown;
pub mod text;
mod units;

use std::borrow::Cow;

use crate::error::InputError;

use dialect::{Dialect, NOTHING, SAMPLE_BYTES, is_value, told_above};
use number::{Evidence, evidence};
use text::{Encoding, decoded};
use units::in_one_unit;

pub use number::{DecimalSign, is_missing};
pub use shown::ShownColumn;

/// The largest table that is read, in bytes.
pub const LARGEST_TABLE_BYTES: usize = 256 * 1024 * 1024;
/// The most rows of a table, without its header.
pub const MOST_TABLE_ROWS: usize = 5_000_000;
/// The most columns of a table.
pub const MOST_TABLE_COLUMNS: usize = 2_000;
/// First words of a line below the rows that sums them up, in lower case.
const TOTALS: [&str; 22] = [
    "total",
    "totals",
    "sum",
    "sums",
    "summe",
    "gesamt",
    "average",
    "averages",
    "avg",
    "mean",
    "median",
    "mittelwert",
    "count",
    "records",
    "grand",
    "min",
    "minimum",
    "max",
    "maximum",
    "std",
    "stddev",
    "overall",
];
/// The most such lines.
const MOST_TOTALS: usize = 8;

/// What an error allows that a chosen decimal sign settles.
pub const UNCLEAR_SIGN: &str =
    "a number with a decimal point or comma: say which of both its comma is";

/// A table in which every row has as many fields as the header.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Rows,
    encoding: Encoding,
    lines_above: usize,
    lines_below: Vec<u64>,
    headers_again: usize,
    passed_over: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name, from the header; `column 3` where that gives none.
    pub name: String,
    /// Whether every value that is not missing is a finite number, and there is at least one.
    pub numeric: bool,
    /// Smallest number, where the column is numeric.
    pub minimum: Option<f64>,
    /// Largest number, where the column is numeric.
    pub maximum: Option<f64>,
    /// Rows without a value: empty, or a word that stands for none, as [`is_missing`] knows them.
    pub missing: usize,
    /// Rows with a text that is neither missing nor a number.
    pub texts: usize,
    /// How its numbers are written; none where that cannot be known, as of `1,234` in every row.
    pub decimal: Option<DecimalSign>,
    /// The unit that stood behind each of its numbers, such as `Mbit/s`: they were brought to it.
    pub unit: Option<&'static str>,
}

/// Rows in which every chosen column has a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompleteRows {
    /// Indices of these rows, in the table's order.
    pub rows: Vec<usize>,
    /// How many other rows there are.
    pub left_out: usize,
}

/// The fields of a table in one piece of text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    text: String,
    /// Where each field ends, row by row.
    ends: Vec<usize>,
    /// Line of the file on which each row starts; the first line is 1.
    lines: Vec<u64>,
}

impl Table {
    /// Reads the table that the bytes of a file hold; see [`Self::read_with`].
    ///
    /// # Errors
    /// Those of [`Self::read_with`].
    pub fn of_bytes(bytes: &[u8], decimal: Option<DecimalSign>) -> Result<Self, InputError> {
        let (text, encoding) = decoded(bytes);
        Ok(Self { encoding, ..Self::read_with(&text, decimal)? })
    }

    /// Reads `text`; see [`Self::read_with`].
    ///
    /// # Errors
    /// Those of [`Self::read_with`].
    pub fn read(text: &str) -> Result<Self, InputError> {
        Self::read_with(&decoded(text.as_bytes()).0, None)
    }

    /// Reads `text`, whose layout [`Dialect::of`] finds. Every column decides by all of its numbers
    /// whether they have decimal points or commas, unless `decimal` says it; where it cannot, the other
    /// columns decide, and where these cannot, [`Column::decimal`] is none and its numbers are refused.
    ///
    /// # Errors
    /// Names the line that has another number of fields than the header, or the limit that the table
    /// exceeds.
    pub fn read_with(text: &str, decimal: Option<DecimalSign>) -> Result<Self, InputError> {
        check_limit("table", text.len(), LARGEST_TABLE_BYTES, "bytes")?;
        let dialect = Dialect::of(sample(text));
        if dialect.separator == NOTHING
            && let Some(parted) = parted_by_blanks(text)
        {
            return Self::read_as(&parted, &Dialect::of(sample(&parted)), decimal);
        }
        Self::read_as(text, &dialect, decimal)
    }

    fn read_as(
        text: &str,
        dialect: &Dialect,
        decimal: Option<DecimalSign>,
    ) -> Result<Self, InputError> {
        let body = &text[dialect.begins_at..];
        let first_line = 1 + text[..dialect.begins_at].matches('\n').count() as u64;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(dialect.separator)
            .trim(csv::Trim::All)
            .flexible(true)
            .has_headers(false)
            .from_reader(body.as_bytes());
        let mut header: Option<Vec<String>> = None;
        let mut header_as_written = csv::StringRecord::new();
        let (mut units_are_next, mut headers_again) = (dialect.has_units, 0);
        let mut rows = Rows::default();
        let mut record = csv::StringRecord::new();
        let mut odd: Option<(u64, usize)> = None;
        loop {
            let line = line_of_record(body, reader.position()) + first_line - 1;
            let more = reader
                .read_record(&mut record)
                .map_err(|error| InputError::new(format!("line {line}"), error, "a row"))?;
            if !more {
                break;
            }
            if record.iter().all(str::is_empty) {
                continue;
            }
            let Some(header) = &mut header else {
                header_as_written.clone_from(&record);
                let names = dialect.has_header.then_some(&record);
                header = Some(names_of(names, record.len())?);
                if !dialect.has_header {
                    rows.push(&record, line, record.len());
                }
                continue;
            };
            if std::mem::take(&mut units_are_next) {
                name_units(header, &record);
                continue;
            }
            if dialect.has_header && record == header_as_written {
                headers_again += 1;
                continue;
            }
            if let Some((line, fields)) = odd {
                let error = wrong_length(fields, header.len());
                return Err(InputError { field: format!("line {line}"), ..error });
            }
            if !rows.take(&record, line, header.len()) {
                odd = Some((line, record.len()));
            }
            check_limit("table", rows.lines.len(), MOST_TABLE_ROWS, "rows")?;
        }
        let header = header.unwrap_or_default();
        let mut lines_below: Vec<u64> = odd.map(|(line, _)| line).into_iter().collect();
        while lines_below.len() < MOST_TOTALS
            && let Some(line) = rows.drop_total(header.len())
        {
            lines_below.insert(0, line);
        }
        if rows.lines.is_empty() {
            let allowed = "at least one row below a header";
            return Err(InputError::new("table", "without a row", allowed));
        }
        let mut table = Self {
            columns: Vec::new(),
            rows,
            encoding: Encoding::Utf8,
            lines_above: dialect.lines_above,
            lines_below,
            headers_again,
            passed_over: Vec::new(),
        };
        table.describe(header, decimal);
        Ok(table)
    }

    /// The columns, from left to right.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name, in upper or lower case.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name.trim()))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.lines.len()
    }

    /// Whether there is no row; a table that could be read has one.
    pub fn is_empty(&self) -> bool {
        self.rows.lines.is_empty()
    }

    /// What was found around the rows and passed over, one phrase each; nothing of a plain table.
    pub fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.encoding.told().map(str::to_owned).into_iter().collect();
        told.extend(told_above(self.lines_above));
        match &self.lines_below[..] {
            [] => {}
            [line] => told.push(format!("line {line} below the rows passed over")),
            [first, .., last] => {
                told.push(format!("lines {first} to {last} below the rows passed over"));
            }
        }
        if self.headers_again > 0 {
            told.push(format!("the header comes {} times again", self.headers_again));
        }
        for column in self.columns.iter() {
            if let Some(unit) = column.unit {
                told.push(format!("numbers of '{}' with a unit each read in {unit}", column.name));
            }
        }
        if !self.passed_over.is_empty() {
            told.push(format!(
                "columns without a name passed over: {}",
                self.passed_over.join(", ")
            ));
        }
        told
    }

    /// The text at `row` and `column`, both counted from 0; empty beyond the table.
    pub fn text(&self, row: usize, column: usize) -> &str {
        self.rows.field(row, column, self.columns.len())
    }

    /// Line of the file on which `row` starts; 0 beyond the table.
    pub fn line(&self, row: usize) -> u64 {
        self.rows.lines.get(row).copied().unwrap_or_default()
    }

    /// The number at `row` and `column`; none where it is missing.
    ///
    /// # Errors
    /// Names the line and the column of a value that is no finite number, or of whose comma nobody can
    /// tell whether it is a decimal comma.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, InputError> {
        let text = self.text(row, column);
        if is_missing(text) {
            return Ok(None);
        }
        let found = self.columns.get(column);
        let name = found.map_or("", |column| &column.name);
        let Some(decimal) = found.and_then(|column| column.decimal) else {
            let field = format!("line {}, column {name}", self.line(row));
            return Err(InputError::new(field, text, UNCLEAR_SIGN));
        };
        decimal.number(text).map(Some).ok_or_else(|| {
            let field = format!("line {}, column {name}", self.line(row));
            InputError::new(field, text, "a number, or empty where missing")
        })
    }

    /// The numbers of `column`, one per row.
    ///
    /// # Errors
    /// Names the column that the table does not have, or the line and the column of a value that is
    /// missing or no finite number.
    pub fn numbers(&self, column: usize) -> Result<Vec<f64>, InputError> {
        self.numbers_of(&(0..self.len()).collect::<Vec<_>>(), column)
    }

    /// The numbers of `column` in `rows`, as [`Self::rows_complete`] gives them.
    ///
    /// # Errors
    /// Those of [`Self::numbers`]; a row that the table does not have counts as missing.
    pub fn numbers_of(&self, rows: &[usize], column: usize) -> Result<Vec<f64>, InputError> {
        let Some(Column { name, .. }) = self.columns.get(column) else {
            let allowed = format!("0 to {}", self.columns.len() - 1);
            return Err(InputError::new("column", column, allowed));
        };
        rows.iter()
            .map(|row| {
                self.number(*row, column)?.ok_or_else(|| {
                    let field = format!("line {}, column {name}", self.line(*row));
                    InputError::new(field, self.text(*row, column), "a number")
                })
            })
            .collect()
    }

    /// The rows in which none of `columns` lacks its value. A column that the table does not have
    /// lacks it everywhere.
    pub fn rows_complete(&self, columns: &[usize]) -> CompleteRows {
        let complete =
            |row: &usize| columns.iter().all(|column| !is_missing(self.text(*row, *column)));
        let rows: Vec<usize> = (0..self.len()).filter(complete).collect();
        CompleteRows { left_out: self.len() - rows.len(), rows }
    }

    /// Describes the columns, and takes out those without a name and without a value.
    fn describe(&mut self, header: Vec<String>, decimal: Option<DecimalSign>) {
        let width = header.len();
        let units: Vec<Option<&'static str>> =
            (0..width).map(|column| self.rows.bring_to_one_unit(column, width)).collect();
        let rows = &self.rows;
        let found: Vec<Evidence> = (0..width)
            .map(|column| {
                let texts = (0..rows.lines.len()).map(|row| rows.field(row, column, width));
                evidence(texts.filter(|text| !is_missing(text)))
            })
            .collect();
        let of_others = agreed(&found);
        let mut kept = Vec::new();
        for (index, name) in header.into_iter().enumerate() {
            let unnamed = name.is_empty();
            let position = format!("column {}", index + 1);
            let column = self.column(
                index,
                if unnamed { position.clone() } else { name },
                width,
                decimal.or_else(|| sign(found[index], of_others)),
            );
            let column = Column { unit: units[index], ..column };
            if unnamed {
                self.passed_over.push(position);
            } else {
                kept.push(index);
                self.columns.push(column);
            }
        }
        if kept.len() < width {
            self.rows = self.rows.only(&kept, width);
        }
    }

    fn column(
        &self,
        index: usize,
        name: String,
        width: usize,
        decimal: Option<DecimalSign>,
    ) -> Column {
        let (mut missing, mut texts, mut range) = (0, 0, None);
        // A column that leaves it open is one of numbers all the same.
        let sign = decimal.unwrap_or_default();
        for row in 0..self.len() {
            let text = self.rows.field(row, index, width);
            if is_missing(text) {
                missing += 1;
            } else if let Some(value) = sign.number(text) {
                let (lowest, highest) = range.unwrap_or((value, value));
                range = Some((value.min(lowest), value.max(highest)));
            } else {
                texts += 1;
            }
        }
        let range = range.filter(|_| texts == 0);
        Column {
            name,
            numeric: range.is_some(),
            minimum: range.map(|(lowest, _)| lowest),
            maximum: range.map(|(_, highest)| highest),
            missing,
            texts,
            decimal,
            unit: None,
        }
    }
}

/// The sign on which all columns agree that are certain of theirs.
fn agreed(found: &[Evidence]) -> Option<DecimalSign> {
    let has = |sign| found.contains(&Evidence::Certain(sign));
    match (has(DecimalSign::Point), has(DecimalSign::Comma)) {
        (true, false) => Some(DecimalSign::Point),
        (false, true) => Some(DecimalSign::Comma),
        _ => None,
    }
}

/// The sign of a column, by its own numbers and by what the others agree on.
fn sign(found: Evidence, of_others: Option<DecimalSign>) -> Option<DecimalSign> {
    match found {
        Evidence::Certain(sign) => Some(sign),
        Evidence::Unclear => of_others,
        Evidence::LikelyPoint | Evidence::None | Evidence::NoNumbers => {
            Some(of_others.unwrap_or_default())
        }
    }
}

impl Rows {
    /// Takes a record of `width` fields; says whether it has as many, but for empty ones at its end.
    fn take(&mut self, record: &csv::StringRecord, line: u64, width: usize) -> bool {
        let fits = record.len() >= width && record.iter().skip(width).all(str::is_empty);
        if fits {
            self.push(record, line, width);
        }
        fits
    }

    fn push(&mut self, record: &csv::StringRecord, line: u64, width: usize) {
        for field in record.iter().take(width) {
            self.text.push_str(field);
            self.ends.push(self.text.len());
        }
        self.lines.push(line);
    }

    fn field(&self, row: usize, column: usize, width: usize) -> &str {
        if column >= width {
            return "";
        }
        let index = row * width + column;
        let Some(end) = self.ends.get(index) else { return "" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..*end]
    }

    /// The same rows with some of their fields.
    fn only(&self, columns: &[usize], width: usize) -> Self {
        let mut rows = Self { lines: self.lines.clone(), ..Self::default() };
        for row in 0..self.lines.len() {
            for column in columns {
                rows.text.push_str(self.field(row, *column, width));
                rows.ends.push(rows.text.len());
            }
        }
        rows
    }

    /// Takes the units from behind the numbers of a column; gives the one that they are brought to.
    fn bring_to_one_unit(&mut self, column: usize, width: usize) -> Option<&'static str> {
        const LOOKED_AT: usize = 50;
        let rows = self.lines.len();
        let texts = |count: usize| -> Vec<&str> {
            (0..count).map(|row| self.field(row, column, width)).collect()
        };
        in_one_unit(&texts(rows.min(LOOKED_AT)))?;
        let (unit, numbers) = in_one_unit(&texts(rows))?;
        let mut changed = Self { lines: self.lines.clone(), ..Self::default() };
        for (row, number) in numbers.iter().enumerate() {
            for place in 0..width {
                let field = if place == column { number } else { self.field(row, place, width) };
                changed.text.push_str(field);
                changed.ends.push(changed.text.len());
            }
        }
        *self = changed;
        Some(unit)
    }

    /// Takes out a last row that sums up the others; gives its line.
    fn drop_total(&mut self, width: usize) -> Option<u64> {
        let last = self.lines.len().checked_sub(1)?;
        let first =
            (0..width).map(|column| self.field(last, column, width)).find(|t| !t.is_empty())?;
        let word = first.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
        if last == 0 || !TOTALS.iter().any(|total| word.eq_ignore_ascii_case(total)) {
            return None;
        }
        // A cell may bear such a name: then others lie in its column too.
        let again = (0..last).any(|row| self.field(row, 0, width) == first);
        if again {
            return None;
        }
        self.ends.truncate(last * width);
        self.text.truncate(self.ends.last().copied().unwrap_or_default());
        self.lines.pop()
    }
}

/// The beginning of `text` by which its layout is found.
fn sample(text: &str) -> &str {
    let mut end = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Names the units of a row below the header behind the names.
fn name_units(header: &mut [String], units: &csv::StringRecord) {
    for (name, unit) in header.iter_mut().zip(units) {
        let unit = unit.trim_matches(['[', ']', '(', ')', '-']);
        if !unit.is_empty() {
            *name = format!("{name} ({unit})");
        }
    }
}

/// The same table with tabs, where its fields are parted by blanks: each of its first lines has as many
/// words, and they are not one number.
fn parted_by_blanks(text: &str) -> Option<String> {
    const LOOKED_AT: usize = 50;
    let words = |line: &str| line.split_whitespace().count();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header = lines.next()?;
    let first: Vec<&str> = lines.take(LOOKED_AT).collect();
    let width = words(first.first()?);
    let is_number = |line: &&str| DecimalSign::Point.number(line.trim()).is_some();
    let is_value = |line: &&str| line.split_whitespace().any(is_value);
    let is_table = width > 1
        && words(header) == width
        && first.iter().all(|line| words(line) == width && is_value(line) && !is_number(line));
    let parted = |line: &str| line.split_whitespace().collect::<Vec<_>>().join("\t");
    is_table.then(|| text.lines().map(parted).collect::<Vec<_>>().join("\n"))
}

/// The names of a header, each once; without one, the columns are counted.
fn names_of(header: Option<&csv::StringRecord>, width: usize) -> Result<Vec<String>, InputError> {
    check_limit("header", width, MOST_TABLE_COLUMNS, "columns")?;
    let Some(header) = header else {
        return Ok((1..=width).map(|column| format!("column {column}")).collect());
    };
    let mut names: Vec<String> = Vec::new();
    for name in header {
        let mut given = Cow::Borrowed(name);
        let mut count = 1;
        while !name.is_empty() && names.iter().any(|other| *other == given) {
            count += 1;
            given = format!("{name} ({count})").into();
        }
        names.push(given.into_owned());
    }
    Ok(names)
}

/// The line on which the record at `position` starts, behind the empty lines that are passed over.
fn line_of_record(text: &str, position: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

fn check_limit(field: &str, found: usize, most: usize, unit: &str) -> Result<(), InputError> {
    if found <= most {
        return Ok(());
    }
    let found = format!("of {found} {unit} or more");
    Err(InputError::new(field, found, format!("at most {most} {unit}")))
}

/// A row of `found` fields where the header has `wanted`; the caller says which row.
pub(super) fn wrong_length(found: usize, wanted: usize) -> InputError {
    let fields =
        |count: usize| if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
    InputError::new("", fields(found), format!("{}, as in the header", fields(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Table::read(text).unwrap_err().to_string()
    }

    fn numbers(text: &str, column: usize) -> Vec<f64> {
        Table::read(text).unwrap().numbers(column).unwrap()
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_no_program() {
        for text in ["\"x y\n1 2\n3 4\n", "x y\n\"1 2\n3 4\n", "\"x y\" z\n1 2\n3 4\n"] {
            let columns = Table::read(text).map(|table| table.columns().len());
            assert!(columns.is_err() || columns.is_ok_and(|columns| columns <= 2), "{text}");
        }
    }

    #[test]
    fn columns_are_described_and_their_numbers_read() {
        let table = Table::read("site,users,\"cpu, m\"\nA,1,500\nB,,750.5\nC,3,NA\n").unwrap();
        assert_eq!(table.len(), 3);
        let column = |name: &str, range: Option<(f64, f64)>, missing, texts| Column {
            name: name.to_owned(),
            numeric: range.is_some(),
            minimum: range.map(|range| range.0),
            maximum: range.map(|range| range.1),
            missing,
            texts,
            decimal: Some(DecimalSign::Point),
            unit: None,
        };
        assert_eq!(
            table.columns(),
            [
                column("site", None, 0, 3),
                column("users", Some((1.0, 3.0)), 1, 0),
                column("cpu, m", Some((500.0, 750.5)), 1, 0)
            ]
        );
        let complete = table.rows_complete(&[1, 2]);
        assert_eq!(complete, CompleteRows { rows: vec![0], left_out: 2 });
        assert_eq!(table.numbers_of(&complete.rows, 2).unwrap(), [500.0]);
        assert_eq!(table.text(1, 0), "B");
        assert_eq!((table.text(3, 0), table.text(0, 3)), ("", ""));
        assert_eq!((table.position("USERS"), table.position("qos")), (Some(1), None));
    }

    #[test]
    fn tabs_semicolons_decimal_commas_and_byte_order_marks_are_understood() {
        let table = Table::read("\u{feff}users;qos\r\n1;2,5\r\n\"2\";3,25\r\n").unwrap();
        assert_eq!(table.columns()[0].name, "users");
        assert_eq!(table.numbers(1).unwrap(), [2.5, 3.25]);
        let table = Table::read("users\tname, long\n1\ta,b\n").unwrap();
        assert_eq!(table.columns().len(), 2);
        assert_eq!(table.text(0, 1), "a,b");
        assert_eq!(numbers("users\n4\n5\n", 0), [4.0, 5.0]);
        assert_eq!(numbers("users\n4,5\n5\n", 0), [4.5, 5.0]);
    }

    #[test]
    fn a_column_of_grouped_numbers_is_read_where_another_one_decides_and_refused_where_none_does() {
        assert_eq!(numbers("a;b\n1,234;2,5\n5,678;3\n", 0), [1.234, 5.678]);
        assert_eq!(numbers("a;b\n1,234;2.5\n5,678;3\n", 0), [1234.0, 5678.0]);
        assert_eq!(numbers("a;b\n1.234;2,5\n5.678;3\n", 0), [1234.0, 5678.0]);
        let table = Table::read("a;b\n1,234;2\n5,678;3\n").unwrap();
        assert!(table.columns()[0].numeric && table.columns()[0].decimal.is_none());
        let error = table.numbers(0).unwrap_err().to_string();
        assert!(error.starts_with("line 2, column a is 1,234; allowed: a number with a decimal"));
        let told = Table::read_with("a;b\n1,234;2\n", Some(DecimalSign::Point)).unwrap();
        assert_eq!(told.numbers(0).unwrap(), [1234.0]);
    }

    #[test]
    fn lines_are_counted_as_in_the_file() {
        let table = Table::read("note,qos\n\"two\nlines\",1\n\n  \nx,two\n").unwrap();
        assert_eq!(
            table.numbers(1).unwrap_err().to_string(),
            "line 6, column qos is two; allowed: a number, or empty where missing"
        );
        assert_eq!(table.text(0, 0), "two\nlines");
        assert_eq!(table.numbers(7).unwrap_err().to_string(), "column is 7; allowed: 0 to 1");
    }

    #[test]
    fn missing_and_endless_values_are_no_numbers() {
        let table = Table::read("a,b\n1,\n2,inf\n").unwrap();
        let error = |column| table.numbers(column).unwrap_err().to_string();
        assert_eq!(error(1), "line 2, column b is empty; allowed: a number");
        assert!(!table.columns()[1].numeric);
        let none = Table::read("a,b\n1,\n2,-\n").unwrap().columns()[1].clone();
        assert_eq!((none.numeric, none.missing), (false, 2));
        assert_eq!(table.rows_complete(&[0, 9]), CompleteRows { rows: vec![], left_out: 2 });
    }

    #[test]
    fn what_lies_around_the_rows_is_passed_over_and_told() {
        let export = "Report,Hourly\nCreator,me\n\nDate,Cell,,Volume\n2026-11-21,A,x,5\n\
                      2026-11-22,A,x,NIL\n2026-11-23,A,x,7\nTotal 3 Records\n";
        let table = Table::read(export).unwrap();
        let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
        assert_eq!((table.len(), names), (3, vec!["Date", "Cell", "Volume"]));
        assert_eq!((table.number(1, 2).unwrap(), table.line(0)), (None, 5));
        assert_eq!(
            table.told(),
            [
                "2 lines above the header passed over",
                "line 8 below the rows passed over",
                "columns without a name passed over: column 3"
            ]
        );
        let total = Table::read("cell,traffic\nA,1\nB,2\nTotal,3\n").unwrap();
        assert_eq!((total.len(), total.told().len()), (2, 1));
        let cells = Table::read("cell,traffic\nTotal,1\nB,2\nTotal,3\n").unwrap();
        assert_eq!(cells.len(), 3);
    }

    #[test]
    fn columns_of_one_name_are_told_apart_and_tables_without_names_are_counted() {
        let table = Table::read("a,a,b\n1,2,3\n").unwrap();
        let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
        assert_eq!(names, ["a", "a (2)", "b"]);
        let bare = Table::read("1,2\n3,4\n").unwrap();
        assert_eq!((bare.columns()[1].name.as_str(), bare.len()), ("column 2", 2));
    }

    #[test]
    fn damaged_tables_are_named() {
        assert!(message("").starts_with("table is without a row"));
        assert!(message("a,b\n").starts_with("table is without a row"));
        assert_eq!(
            message("a,b\n1,2\n3\n4,5\n"),
            "line 3 is 1 field; allowed: 2 fields, as in the header"
        );
        assert!(
            message(&"a,".repeat(2_100)).starts_with("header is of"),
            "{}",
            message(&"a,".repeat(2_100))
        );
    }
}
