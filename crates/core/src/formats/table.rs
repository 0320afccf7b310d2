//! A table of the visitor's own: comma, semicolon or tab between the fields, a header row, quoted
//! fields, with or without a byte-order mark.

use std::collections::HashSet;

use crate::error::InputError;

/// The largest table that is read, in bytes.
pub const LARGEST_TABLE_BYTES: usize = 25 * 1024 * 1024;
/// The most rows of a table, without its header.
pub const MOST_TABLE_ROWS: usize = 500_000;
/// The most columns of a table.
pub const MOST_TABLE_COLUMNS: usize = 200;
/// Fields that stand for a missing value, in lower case; so does an empty field.
const MISSING: [&str; 6] = ["-", "na", "n/a", "nan", "null", "none"];

/// A table in which every row has as many fields as the header.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Rows,
    separator: char,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name, from the header.
    pub name: String,
    /// Whether every value that is not missing is a finite number, and there is at least one.
    pub numeric: bool,
    /// Smallest number, where the column is numeric.
    pub minimum: Option<f64>,
    /// Largest number, where the column is numeric.
    pub maximum: Option<f64>,
    /// Rows without a value: empty, or one of `-`, `NA`, `N/A`, `NaN`, `null`, `none`.
    pub missing: usize,
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
    /// Line of the file on which each row starts; the header is on line 1.
    lines: Vec<u64>,
}

impl Table {
    /// Reads `text`. The separator is the one of comma, semicolon and tab that the first line holds
    /// most often outside quotes; behind a semicolon, `1,5` is a number.
    ///
    /// # Errors
    /// Names the line that has another number of fields than the header, the column without a name
    /// or with another's, or the limit that the table exceeds.
    pub fn read(text: &str) -> Result<Self, InputError> {
        check_limit("table", text.len(), LARGEST_TABLE_BYTES, "bytes")?;
        let text = text.trim_start_matches('\u{feff}');
        let separator = separator(text);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator as u8)
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| InputError::new("header", error, "a header row"))?
            .clone();
        check_header(&header)?;
        let mut rows = Rows::default();
        let mut record = csv::StringRecord::new();
        loop {
            let line = line_of_record(text, reader.position());
            let more = reader
                .read_record(&mut record)
                .map_err(|error| InputError::new(format!("line {line}"), error, "a row"))?;
            if !more {
                break;
            }
            if record.len() == 1 && record[0].is_empty() && header.len() > 1 {
                continue;
            }
            if record.len() != header.len() {
                let found = format!("{} fields", record.len());
                let allowed = format!("{} fields, as in the header", header.len());
                return Err(InputError::new(format!("line {line}"), found, allowed));
            }
            rows.push(&record, line);
            check_limit("table", rows.lines.len(), MOST_TABLE_ROWS, "rows")?;
        }
        if rows.lines.is_empty() {
            return Err(InputError::new(
                "table",
                "without a row",
                "at least one row below a header",
            ));
        }
        let mut table = Self { columns: Vec::new(), rows, separator };
        table.columns =
            header.iter().enumerate().map(|(index, name)| table.column(index, name)).collect();
        Ok(table)
    }

    /// The columns, from left to right.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.lines.len()
    }

    /// Whether there is no row; a table that could be read has one.
    pub fn is_empty(&self) -> bool {
        self.rows.lines.is_empty()
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
    /// Names the line and the column of a value that is no finite number.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, InputError> {
        let text = self.text(row, column);
        if is_missing(text) {
            return Ok(None);
        }
        number(text, self.separator).map(Some).ok_or_else(|| {
            let name = self.columns.get(column).map_or("", |column| &column.name);
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
                let text = self.text(*row, column);
                number(text, self.separator).ok_or_else(|| {
                    let line = self.rows.lines.get(*row).copied().unwrap_or_default();
                    InputError::new(format!("line {line}, column {name}"), text, "a number")
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

    fn column(&self, index: usize, name: &str) -> Column {
        let (mut missing, mut numeric, mut range) = (0, true, None);
        let width = self.rows.ends.len() / self.len();
        for row in 0..self.len() {
            let text = self.rows.field(row, index, width);
            if is_missing(text) {
                missing += 1;
            } else if let Some(value) = number(text, self.separator) {
                let (lowest, highest) = range.unwrap_or((value, value));
                range = Some((value.min(lowest), value.max(highest)));
            } else {
                numeric = false;
            }
        }
        let range = range.filter(|_| numeric);
        Column {
            name: name.to_owned(),
            numeric: range.is_some(),
            minimum: range.map(|(lowest, _)| lowest),
            maximum: range.map(|(_, highest)| highest),
            missing,
        }
    }
}

impl Rows {
    fn push(&mut self, record: &csv::StringRecord, line: u64) {
        for field in record {
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
}

/// The line on which the record at `position` starts, behind the empty lines that are passed over.
fn line_of_record(text: &str, position: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// The separator of the first line; a comma where there is none.
pub(super) fn separator(text: &str) -> char {
    let mut quoted = false;
    // Of equals the first counts: commas stand in names and numbers, tabs hardly ever.
    let mut counts = [('\t', 0), (';', 0), (',', 0)];
    for found in text.lines().next().unwrap_or_default().chars() {
        quoted ^= found == '"';
        if let Some((_, count)) = counts.iter_mut().find(|(one, _)| !quoted && *one == found) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let found = counts.iter().find(|(_, count)| *count == most && most > 0);
    found.map_or(',', |(separator, _)| *separator)
}

fn check_limit(field: &str, found: usize, most: usize, unit: &str) -> Result<(), InputError> {
    if found <= most {
        return Ok(());
    }
    let found = format!("of {found} {unit} or more");
    Err(InputError::new(field, found, format!("at most {most} {unit}")))
}

fn check_header(header: &csv::StringRecord) -> Result<(), InputError> {
    check_limit("header", header.len(), MOST_TABLE_COLUMNS, "columns")?;
    if header.iter().all(str::is_empty) {
        return Err(InputError::new("header", "empty", "the columns' names in the first line"));
    }
    let mut seen = HashSet::new();
    for (index, name) in header.iter().enumerate() {
        if name.is_empty() || !seen.insert(name) {
            let field = format!("header, column {}", index + 1);
            return Err(InputError::new(field, name, "a name that no other column has"));
        }
    }
    if header.iter().all(|name| number(name, ',').is_some()) {
        let found = header.iter().collect::<Vec<_>>().join(", ");
        return Err(InputError::new("header", found, "the columns' names in the first line"));
    }
    Ok(())
}

pub(super) fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The number that `text` stands for; with a decimal comma where the separator is a semicolon.
pub(super) fn number(text: &str, separator: char) -> Option<f64> {
    let parsed: Option<f64> = match text.parse() {
        Ok(value) => Some(value),
        // More than one comma would be a list or groups of thousands.
        Err(_) if separator == ';' && text.matches(',').count() == 1 && !text.contains('.') => {
            text.replace(',', ".").parse().ok()
        }
        Err(_) => None,
    };
    parsed.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Table::read(text).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_described_and_their_numbers_read() {
        let table = Table::read("site,users,\"cpu, m\"\nA,1,500\nB,,750.5\nC,3,NA\n").unwrap();
        assert_eq!(table.len(), 3);
        let column = |name: &str, range: Option<(f64, f64)>, missing| Column {
            name: name.to_owned(),
            numeric: range.is_some(),
            minimum: range.map(|range| range.0),
            maximum: range.map(|range| range.1),
            missing,
        };
        assert_eq!(
            table.columns(),
            [
                column("site", None, 0),
                column("users", Some((1.0, 3.0)), 1),
                column("cpu, m", Some((500.0, 750.5)), 1)
            ]
        );
        let complete = table.rows_complete(&[1, 2]);
        assert_eq!(complete, CompleteRows { rows: vec![0], left_out: 2 });
        assert_eq!(table.numbers_of(&complete.rows, 2).unwrap(), [500.0]);
        assert_eq!(table.text(1, 0), "B");
        assert_eq!((table.text(3, 0), table.text(0, 3)), ("", ""));
    }

    #[test]
    fn tabs_semicolons_decimal_commas_and_byte_order_marks_are_understood() {
        let table = Table::read("\u{feff}users;qos\r\n1;2,5\r\n\"2\";3.5\r\n").unwrap();
        assert_eq!(table.columns()[0].name, "users");
        assert_eq!(table.numbers(1).unwrap(), [2.5, 3.5]);
        let table = Table::read("users\tname, long\n1\ta,b\n").unwrap();
        assert_eq!(table.columns().len(), 2);
        assert_eq!(table.text(0, 1), "a,b");
        assert_eq!(Table::read("users\n4\n5\n").unwrap().numbers(0).unwrap(), [4.0, 5.0]);
    }

    #[test]
    fn a_comma_is_no_decimal_point_beside_commas_nor_twice_in_one_number() {
        let table = Table::read("a,b\n\"1,5\",2\n").unwrap();
        assert_eq!(
            table.numbers(0).unwrap_err().to_string(),
            "line 2, column a is 1,5; allowed: a number"
        );
        assert!(!Table::read("a;b\n1,000,000;2\n").unwrap().columns()[0].numeric);
        assert!(!Table::read("a;b\n1,000.5;2\n").unwrap().columns()[0].numeric);
    }

    #[test]
    fn lines_are_counted_as_in_the_file() {
        let table = Table::read("note,qos\n\"two\nlines\",1\n\n  \nx,two\n").unwrap();
        assert_eq!(
            table.numbers(1).unwrap_err().to_string(),
            "line 6, column qos is two; allowed: a number"
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
    fn damaged_tables_are_named() {
        assert_eq!(
            message("a,b\n1,2\n1,2,3\n"),
            "line 3 is 3 fields; allowed: 2 fields, as in the header"
        );
        assert_eq!(message("a,b\n1\n"), "line 2 is 1 fields; allowed: 2 fields, as in the header");
        assert!(message("").starts_with("header is empty"));
        assert!(message("\n\n").starts_with("header is empty"));
        assert!(message(",,\n1,2,3\n").starts_with("header is empty"));
        assert!(message("a,,c\n1,2,3\n").starts_with("header, column 2 is empty"));
        assert!(message("a,b,a\n1,2,3\n").starts_with("header, column 3 is a;"));
        assert!(message("1,2\n3,4\n").starts_with("header is 1, 2;"));
        assert!(message("a,b\n").starts_with("table is without a row"));
        // A quote that is never closed swallows the rest: one field too few.
        assert!(message("a,b\n\"1,2\n3,4\n").starts_with("line 2 is 1 fields"));
    }

    #[test]
    fn tables_beyond_the_limits_are_refused() {
        let rows = "1\n".repeat(MOST_TABLE_ROWS + 1);
        assert!(message(&format!("a\n{rows}")).ends_with("at most 500000 rows"));
        let names: Vec<String> = (0..=MOST_TABLE_COLUMNS).map(|i| format!("c{i}")).collect();
        assert!(message(&names.join(",")).ends_with("at most 200 columns"));
        let long = " ".repeat(LARGEST_TABLE_BYTES + 1);
        assert!(message(&long).ends_with("at most 26214400 bytes"));
    }
}
