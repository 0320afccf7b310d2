//! Reading KPI tables from CSV, piece by piece.

use std::io::{self, BufRead, Read};

use csv::ByteRecord;

use crate::error::InputError;
use crate::formats::table;

use super::column::{COLUMNS, Columns};
use super::field::Field;
use super::gather::KpiTable;

/// The longest header, in bytes.
const LONGEST_HEADER: u64 = 64 * 1024;
/// Rows between two calls of the observer.
const ROWS_PER_REPORT: u64 = 8192;

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What it holds is no KPI table.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It could not be read to its end.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a whole table from `text`.
///
/// # Errors
/// Names a column that is missing or there twice, or says that there is no row. Bad rows are no
/// errors: they are in the table's report.
pub fn read(text: &str) -> Result<KpiTable, InputError> {
    read_csv(text.as_bytes(), &mut |_| ()).map_err(|error| match error {
        ReadError::Input(error) => error,
        ReadError::Io(error) => InputError::new("table", error, "a table"),
    })
}

/// Reads a table from `input`, which may be of any length: memory grows with the cells, not with
/// the rows. `observe` is told now and then how many bytes were read.
///
/// # Errors
/// Those of [`read`], and those of `input`.
pub fn read_csv(
    mut input: impl BufRead,
    observe: &mut dyn FnMut(u64),
) -> Result<KpiTable, ReadError> {
    let header = header_line(&mut input)?;
    let text = String::from_utf8_lossy(&header);
    let text = text.trim_start_matches('\u{feff}');
    let separator = table::separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator as u8)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes().chain(input));
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(io_error)?;
    let names: Vec<String> =
        record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let columns = Columns::find(names.iter().map(String::as_str))?;
    let mut kpis = KpiTable::new(&columns, separator);
    let mut number = 1;
    while reader.read_byte_record(&mut record).map_err(io_error)? {
        let blank = record.len() == 1 && record[0].is_empty();
        if blank {
            continue;
        }
        number += 1;
        push(&mut kpis, number, &columns, &record);
        if number.is_multiple_of(ROWS_PER_REPORT) {
            observe(reader.position().byte());
        }
    }
    observe(reader.position().byte());
    kpis.finish()?;
    Ok(kpis)
}

/// The first line that is not empty, by which the separator is found.
fn header_line(input: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut line = Vec::new();
    let mut limited = input.take(LONGEST_HEADER);
    while line.trim_ascii().is_empty() {
        line.clear();
        if limited.read_until(b'\n', &mut line)? == 0 {
            let allowed = "the columns' names in the first line";
            return Err(InputError::new("header", "", allowed).into());
        }
    }
    if limited.limit() == 0 {
        let found = format!("of {LONGEST_HEADER} bytes or more");
        return Err(InputError::new("header", found, "a shorter first line").into());
    }
    Ok(line)
}

fn push(kpis: &mut KpiTable, number: u64, columns: &Columns, record: &ByteRecord) {
    if record.len() != columns.width {
        let found = format!("{} fields", record.len());
        let allowed = format!("{} fields, as in the header", columns.width);
        return kpis.push_bad(InputError::new(format!("row {number}"), found, allowed));
    }
    let mut fields = [Field::Missing; COLUMNS];
    for (field, position) in fields.iter_mut().zip(columns.positions) {
        let Some(bytes) = position.and_then(|position| record.get(position)) else { continue };
        // What is no UTF-8 is no number either, and as a name it would be another one when written.
        *field = Field::Text(std::str::from_utf8(bytes).unwrap_or("\u{fffd}"));
    }
    kpis.push(number, &fields);
}

/// With flexible records of bytes only the input itself can fail.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}
