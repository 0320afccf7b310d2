//! How a table is laid out: what separates its fields, and where its header is.

use super::number::{DecimalSign, is_missing};

/// Bytes at the beginning of a table by which its layout is found.
pub const SAMPLE_BYTES: usize = 64 * 1024;
/// Records of the beginning by which the layout is found.
const SAMPLE_RECORDS: usize = 400;
/// What can separate fields; of equals the first counts: commas stand in names and numbers, tabs hardly
/// ever.
const SEPARATORS: [u8; 4] = *b"\t;|,";
/// Separates nothing: for a table of one column.
pub(super) const NOTHING: u8 = 0x1f;

/// The layout of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What separates the fields of a row.
    pub separator: u8,
    /// Byte at which the header begins, or the first row where there is no header.
    pub begins_at: usize,
    /// Lines above that are neither empty nor the line that names the separator.
    pub lines_above: usize,
    /// Whether the first row names the columns.
    pub has_header: bool,
    /// Whether the row below the header names units.
    pub has_units: bool,
}

/// What to say of the lines above a header; nothing where there are none.
pub fn told_above(lines: usize) -> Option<String> {
    match lines {
        0 => None,
        1 => Some("1 line above the header passed over".to_owned()),
        lines => Some(format!("{lines} lines above the header passed over")),
    }
}

impl Dialect {
    /// The layout of the table that begins with `sample`.
    ///
    /// A first line `sep=;` names the separator. Else it is the one with which most rows have as many
    /// fields as most others. The header is the row above the first one that holds values where most rows
    /// do; without such a row the table has none.
    pub fn of(sample: &str) -> Self {
        let (named, skipped) = named_separator(sample);
        let text = &sample[skipped..];
        if let Some(separator) = named {
            return Layout::read(text, separator).dialect(skipped);
        }
        let layouts = SEPARATORS.map(|separator| Layout::read(text, separator));
        let mut best: Option<Layout> = None;
        for layout in layouts {
            let better =
                best.as_ref().is_none_or(|best| layout.agreement() > best.agreement() + 1e-9);
            if layout.width > 1 && better {
                best = Some(layout);
            }
        }
        match best {
            Some(layout) if !layout.splits_numbers_of_one_column() => layout.dialect(skipped),
            _ => Layout::read(text, NOTHING).dialect(skipped),
        }
    }
}

/// The separator of a first line `sep=;`, as spreadsheets write it, and the bytes of this line.
fn named_separator(text: &str) -> (Option<u8>, usize) {
    let line = text.split_inclusive('\n').next().unwrap_or_default();
    let words = line.trim_end().trim_matches('"');
    let is_sep = words.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="));
    let named = match words.as_bytes() {
        [_, _, _, _, separator] | [_, _, _, _, separator, ..] if is_sep => Some(*separator),
        // The tab itself may have been trimmed with the line's end.
        _ if is_sep => Some(b'\t'),
        _ => return (None, 0),
    };
    (named.filter(|separator| SEPARATORS.contains(separator)), line.len())
}

/// The first records of a text with one separator.
struct Layout {
    separator: u8,
    records: Vec<Record>,
    /// Fields of most records, those at the end that are empty left out.
    width: usize,
}

struct Record {
    begins_at: usize,
    fields: Vec<String>,
}

impl Record {
    /// Fields without the empty ones at the end.
    fn width(&self) -> usize {
        self.fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1)
    }

    fn field(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", |field| field)
    }
}

impl Layout {
    fn read(text: &str, separator: u8) -> Self {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        let mut record = csv::StringRecord::new();
        while records.len() < SAMPLE_RECORDS {
            let begins_at = reader.position().byte() as usize;
            if !matches!(reader.read_record(&mut record), Ok(true)) {
                break;
            }
            let found = Record { begins_at, fields: record.iter().map(str::to_owned).collect() };
            if found.width() > 0 {
                records.push(found);
            }
        }
        // The sample may end amid a record.
        if text.len() >= SAMPLE_BYTES && records.len() > 2 && records.len() < SAMPLE_RECORDS {
            records.pop();
        }
        let width = most_common(records.iter().map(Record::width));
        Self { separator, records, width }
    }

    /// Share of the records that are as wide as most.
    fn agreement(&self) -> f64 {
        let alike = self.records.iter().filter(|record| record.width() == self.width).count();
        alike as f64 / self.records.len().max(1) as f64
    }

    /// Whether it is a column of decimal commas under a single name.
    fn splits_numbers_of_one_column(&self) -> bool {
        let is_split = |record: &Record| {
            record.fields.len() == 2
                && record.fields.iter().all(|field| !field.is_empty())
                && record.field(1).bytes().all(|byte| byte.is_ascii_digit())
                && record.field(0).trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit())
        };
        let named_once = self.records.first().is_some_and(|first| first.width() == 1);
        self.separator == b',' && named_once && self.records.iter().skip(1).all(is_split)
    }

    fn dialect(&self, skipped: usize) -> Dialect {
        let Self { separator, records, .. } = self;
        let (mut row, has_header) = self.first_row();
        let has_units = has_header && self.names_units(row);
        row -= usize::from(has_units);
        let begins_at = skipped + records.get(row).map_or(0, |record| record.begins_at);
        Dialect { separator: *separator, begins_at, lines_above: row, has_header, has_units }
    }

    /// The record with the names, or else the first row of values, and whether it has names.
    fn first_row(&self) -> (usize, bool) {
        let value_columns = self.value_columns();
        let values = |record: &Record| {
            let found = value_columns.iter().filter(|column| is_value(record.field(**column)));
            found.count()
        };
        let is_body = |record: &Record| {
            let empty = value_columns.iter().filter(|column| is_missing(record.field(**column)));
            let found = values(record);
            let is_wide = 2 * record.width() > self.width;
            is_wide && found > 0 && 2 * (found + empty.count()) > value_columns.len()
        };
        let Some(body) = self.records.iter().position(is_body) else {
            let widest = self.records.iter().position(|record| record.width() == self.width);
            return (widest.unwrap_or(0), true);
        };
        if self.names_times(body) {
            return (body, true);
        }
        // A row cut short may lie between.
        let width = |row: &usize| self.records[*row].width();
        let whole = (0..body).rev().find(|row| width(row) >= self.width);
        let header = whole.or_else(|| (0..body).rev().find(|row| 2 * width(row) > self.width));
        let Some(mut header) = header else { return (body, false) };
        // A damaged first row of values is no header.
        while header > 0
            && values(&self.records[header]) > 0
            && self.records[header - 1].width() == self.width
        {
            header -= 1;
        }
        (header, true)
    }

    /// Whether `row` names the times of a day, which are values too, behind the name of the date.
    fn names_times(&self, row: usize) -> bool {
        const FEWEST: usize = 12;
        let (record, Some(next)) = (&self.records[row], self.records.get(row + 1)) else {
            return false;
        };
        let first = record.fields.iter().position(|field| is_value(field));
        let Some(first) = first.filter(|first| (1..=3).contains(first)) else { return false };
        let is_name = |column: usize| !record.field(column).is_empty();
        let digits = |field: &String| {
            let digits: String = field.chars().filter(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok().filter(|_| is_value(field))
        };
        let times: Option<Vec<u32>> =
            record.fields.iter().take(self.width).skip(first).map(digits).collect();
        (0..first).all(is_name)
            && (0..first).any(|column| is_value(next.field(column)))
            && times.is_some_and(|times| {
                times.len() >= FEWEST && times.windows(2).all(|pair| pair[0] < pair[1])
            })
    }

    /// Whether `row` names units only, and the one above names the columns.
    fn names_units(&self, row: usize) -> bool {
        let Some(above) = row.checked_sub(1).map(|above| &self.records[above]) else {
            return false;
        };
        let is_names = |record: &Record| {
            record.width() == self.width
                && record.fields[..self.width].iter().all(|f| !f.is_empty())
        };
        let fields = &self.records[row].fields;
        let mut named = fields.iter().filter(|field| !field.is_empty()).peekable();
        is_names(above) && named.peek().is_some() && named.all(|field| is_unit(field))
    }

    /// The columns in which most rows hold a number or a time.
    fn value_columns(&self) -> Vec<usize> {
        let rows = || self.records.iter().filter(|record| record.width() * 2 > self.width);
        let is_value_column = |column: &usize| {
            let fields =
                || rows().map(|record| record.field(*column)).filter(|field| !is_missing(field));
            let found = fields().filter(|field| is_value(field)).count();
            found > 0 && 2 * found >= fields().count()
        };
        (0..self.width).filter(is_value_column).collect()
    }
}

/// Whether `text` is a unit, or stands in brackets as one does.
fn is_unit(text: &str) -> bool {
    const UNITS: [&str; 38] = [
        "bit/s", "kbit/s", "mbit/s", "gbit/s", "bps", "kbps", "mbps", "gbps", "b/s", "kb/s",
        "mb/s", "gb/s", "b", "kb", "mb", "gb", "byte", "bytes", "kbyte", "mbyte", "gbyte", "s",
        "ms", "us", "min", "h", "d", "sec", "%", "-", "users", "utc", "prb", "db", "dbm", "hz",
        "mhz", "count",
    ];
    let in_brackets = |open: char, close: char| text.starts_with(open) && text.ends_with(close);
    in_brackets('[', ']')
        || in_brackets('(', ')')
        || UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(text))
}

fn most_common(widths: impl Iterator<Item = usize>) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for width in widths {
        *counts.entry(width).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

/// Whether `text` is a number, or digits with what stands between those of a time.
pub(super) fn is_value(text: &str) -> bool {
    let is_number =
        || DecimalSign::Point.number(text).or_else(|| DecimalSign::Comma.number(text)).is_some();
    let begins = text.starts_with(|letter: char| letter.is_ascii_digit());
    let of_time = |letter: char| letter.is_ascii_digit() || "-/:.,TZtz+_ apmAPM".contains(letter);
    is_number() || (begins && text.len() > 3 && text.chars().all(of_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, usize, bool, String) {
        let dialect = Dialect::of(text);
        let line = text[dialect.begins_at..].trim_start().lines().next().unwrap_or_default();
        (char::from(dialect.separator), dialect.lines_above, dialect.has_header, line.to_owned())
    }

    fn header(separator: char, above: usize, line: &str) -> (char, usize, bool, String) {
        (separator, above, true, line.to_owned())
    }

    #[test]
    fn the_separator_is_the_one_with_which_rows_are_alike() {
        assert_eq!(found("a,b\n1,2\n3,4\n"), header(',', 0, "a,b"));
        assert_eq!(found("time;users\n00:00;1,5\n00:05;1,6\n"), header(';', 0, "time;users"));
        assert_eq!(
            found("slot\tusers, mean\n0\t1,5\n1\t1,6\n"),
            header('\t', 0, "slot\tusers, mean")
        );
        let grouped = "\"Series\";\"Time\";\"Value\"\n\"a\";\"2018-12-12T12:00:00+11:00\";1,721,992,142.283\n\
                       \"a\";\"2018-12-12T13:00:00+11:00\";2,042,607,538.558\n";
        assert_eq!(found(grouped).0, ';');
        assert_eq!(found("sep=;\n\"x\";\"y\"\n1;2\n"), header(';', 0, "\"x\";\"y\""));
    }

    #[test]
    fn lines_above_the_header_are_found() {
        let export = "Report Name,LTE_Cell_Hourly\nCreator,operator1\nStart Time,2026-11-21 00:00\n\n\
                      Date,Time,Cell Name,Volume (GB)\n2026-11-21,00:00,A,5.0\n2026-11-21,01:00,A,NIL\n\
                      2026-11-21,02:00,A,9.1\nTotal 3 Records\n";
        assert_eq!(found(export), header(',', 3, "Date,Time,Cell Name,Volume (GB)"));
        let two_columns = "Report,Hourly\nStart Time,2026-11-21 00:00\nTime,Traffic\n\
                           2026-11-21 00:00,5\n2026-11-21 01:00,6\n2026-11-21 02:00,6\n";
        assert_eq!(found(two_columns), header(',', 2, "Time,Traffic"));
    }

    #[test]
    fn a_table_without_names_and_one_column_of_decimal_commas_are_recognised() {
        assert_eq!(found("1\n2\n3\n"), ('\u{1f}', 0, false, "1".to_owned()));
        assert!(!found("2026-11-21 00:00,5\n2026-11-21 01:00,6\n").2);
        assert_eq!(found("demand\n1,5\n2,5\n"), header('\u{1f}', 0, "demand"));
    }

    #[test]
    fn times_of_a_day_are_names_and_rows_cut_short_are_none() {
        let hours: String = (0..24).map(|hour| format!(";{hour}")).collect();
        let row = |day: usize| format!("{day}.11.2026{}\n", ";5".repeat(24));
        let table = format!("Date{hours}\n{}{}", row(20), row(21));
        assert_eq!(found(&table), header(';', 0, &format!("Date{hours}")));
        assert!(!found("Date;5;6;7;8\n1;2;3;4;5;6\n2;3;4;5;6;7\n3;4;5;6;7;8\n").2);
    }

    #[test]
    fn a_damaged_first_row_is_no_header() {
        assert_eq!(found("a,b,c\nx,y\n1,2,3\n4,5,6\n"), header(',', 0, "a,b,c"));
        assert_eq!(found("time,demand\nnever,1\n5,2\n10,3\n"), header(',', 0, "time,demand"));
        assert_eq!(found("a,b\nx,y\nz,w\n"), header(',', 0, "a,b"));
        assert!(found("").2);
    }
}
