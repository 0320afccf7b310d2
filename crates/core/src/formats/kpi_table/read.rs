//! Reading KPI tables from CSV, piece by piece.

use std::io::{self, BufRead, Read};

use crate::error::InputError;
use crate::formats::table;

use super::column::Columns;
use super::field::{RowReader, Stamp};
use super::gather::{KpiTable, Place};
use super::options::KpiOptions;
use super::records::{Blocks, Records, first_record};

/// The longest header, in bytes.
const LONGEST_HEADER: u64 = 64 * 1024;

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
/// Names a column that is missing, or says that there is no row or that it is nowhere said what slices
/// require. Bad rows are no errors: they are in the table's report.
pub fn read(text: &str) -> Result<KpiTable, InputError> {
    read_with(text, &KpiOptions::default())
}

/// The same as `options` have it.
///
/// # Errors
/// Those of [`read`], and those of the options.
pub fn read_with(text: &str, options: &KpiOptions) -> Result<KpiTable, InputError> {
    read_on(1, text.as_bytes(), options, &mut |_| ()).map_err(|error| match error {
        ReadError::Input(error) => error,
        ReadError::Io(error) => InputError::new("table", error, "a table"),
    })
}

/// Reads a table from `input`, which may be of any length: memory grows with the cells, not with
/// the rows. `observe` is told now and then how many bytes were read. Natively all cores understand
/// rows; what comes out does not depend on their number.
///
/// # Errors
/// Those of [`read_with`], and those of `input`.
pub fn read_csv(
    input: impl BufRead,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64),
) -> Result<KpiTable, ReadError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    read_on(threads, input, options, observe)
}

/// The same with so many threads.
pub(super) fn read_on(
    threads: usize,
    mut input: impl BufRead,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64),
) -> Result<KpiTable, ReadError> {
    options.validate()?;
    let header = header_line(&mut input)?;
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&header);
    let separator = table::separator(&String::from_utf8_lossy(header));
    let mut blocks = Blocks::new(header.chain(input), separator as u8);
    let mut first = blocks.next()?.unwrap_or_default();
    let (columns, header_length) = columns(&first, separator)?;
    let mut kpis = KpiTable::new(columns.clone(), separator, options);
    let reader = RowReader::new(&columns, separator, options);
    let first = first.split_off(header_length);
    read_blocks(threads, first, &mut blocks, &reader, &mut kpis, observe)?;
    observe(blocks.read());
    kpis.finish()?;
    Ok(kpis)
}

#[cfg(not(target_family = "wasm"))]
fn read_blocks<R: Read>(
    threads: usize,
    first: Vec<u8>,
    blocks: &mut Blocks<R>,
    reader: &RowReader<'_>,
    kpis: &mut KpiTable,
    observe: &mut dyn FnMut(u64),
) -> Result<(), ReadError> {
    if threads > 1 {
        return super::parallel::read_blocks(threads, first, blocks, reader, kpis, observe);
    }
    read_in_turn(first, blocks, reader, kpis, observe)
}

#[cfg(target_family = "wasm")]
fn read_blocks<R: Read>(
    _: usize,
    first: Vec<u8>,
    blocks: &mut Blocks<R>,
    reader: &RowReader<'_>,
    kpis: &mut KpiTable,
    observe: &mut dyn FnMut(u64),
) -> Result<(), ReadError> {
    read_in_turn(first, blocks, reader, kpis, observe)
}

fn read_in_turn<R: Read>(
    first: Vec<u8>,
    blocks: &mut Blocks<R>,
    reader: &RowReader<'_>,
    kpis: &mut KpiTable,
    observe: &mut dyn FnMut(u64),
) -> Result<(), ReadError> {
    let (mut number, mut stamp) = (1, Stamp::default());
    let mut next = Some(first);
    while let Some(block) = next {
        for record in Records::of(block, reader.separator as u8).iter() {
            number += 1;
            let place = Place::Row(number);
            match record.wrong_length(reader.columns.width) {
                Some(problem) => kpis.push_bad(place.of(problem)),
                None => {
                    reader.rows(&mut stamp, |at| record.field(at), |row| kpis.take(place, row));
                }
            }
        }
        observe(blocks.read());
        next = blocks.next()?;
    }
    Ok(())
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

/// The columns that the first record names, and its length in bytes.
fn columns(block: &[u8], separator: char) -> Result<(Columns, usize), InputError> {
    let (names, end) = first_record(block, separator as u8);
    Ok((Columns::find(names.iter().map(String::as_str))?, end))
}
