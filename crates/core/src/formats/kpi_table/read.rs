//! Reading KPI tables from CSV, piece by piece.

use std::io::{self, BufRead, Read};

use crate::error::InputError;
use crate::formats::stamps::{self, DateOrder, written};
use crate::formats::table::dialect::{Dialect, SAMPLE_BYTES, told_above};
use crate::formats::table::number::{Evidence, evidence};
use crate::formats::table::text::{Encoding, decoded};
use crate::formats::table::{DecimalSign, UNCLEAR_SIGN, is_missing};

use super::column::{Column, Columns};
use super::field::{Field, RowReader, Stamp};
use super::gather::{KpiTable, Place};
use super::options::KpiOptions;
use super::period::Period;
use super::records::{Blocks, Records, first_record, last_end};

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
    let mut head = Vec::with_capacity(SAMPLE_BYTES);
    input.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut head)?;
    if is_plain(&head) {
        return read_decoded(threads, head, input, options, observe, Encoding::Utf8);
    }
    // Text in another encoding is brought to UTF-8 as a whole.
    input.read_to_end(&mut head)?;
    let (text, encoding) = decoded(&head);
    let mut text = text.into_owned().into_bytes();
    let rest = text.split_off(text.len().min(SAMPLE_BYTES));
    read_decoded(threads, text, &rest[..], options, observe, encoding)
}

/// Whether a text that begins so is UTF-8, as far as can be seen.
fn is_plain(head: &[u8]) -> bool {
    let is_marked = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    !is_marked && decoded(head).1 == Encoding::Utf8
}

fn read_decoded(
    threads: usize,
    head: Vec<u8>,
    input: impl Read,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64),
    encoding: Encoding,
) -> Result<KpiTable, ReadError> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let sample = String::from_utf8_lossy(head);
    let dialect = Dialect::of(&sample);
    if sample.trim().is_empty() || !dialect.has_header {
        let found = sample.lines().next().unwrap_or_default();
        return Err(InputError::new("header", found, "the columns' names above the rows").into());
    }
    // What is no UTF-8 is longer in the sample: then nothing lies above the header that is passed over.
    let begins_at = if sample.len() == head.len() { dialect.begins_at } else { 0 };
    let separator = char::from(dialect.separator);
    let mut blocks = Blocks::new(head[begins_at..].chain(input), dialect.separator);
    let mut first = blocks.next()?.unwrap_or_default();
    let blank = first.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    first.drain(..blank);
    let (columns, header_length) = columns(&first, separator)?;
    let mut kpis = KpiTable::new(columns.clone(), options);
    for told in [encoding.told().map(str::to_owned), told_above(dialect.lines_above)] {
        told.into_iter().for_each(|told| kpis.note(told));
    }
    let first = first.split_off(header_length);
    let options = columns.with_units(options);
    let sample = Sample::of(&first, &columns, dialect.separator);
    let reader = RowReader {
        date_order: sample.date_order(&options)?,
        decimal: sample.decimal(&options)?,
        serials: sample.holds_serials(),
        ..RowReader::new(&columns, &options)
    };
    read_blocks(threads, first, dialect.separator, &mut blocks, &reader, &mut kpis, observe)?;
    observe(blocks.read());
    kpis.finish()?;
    Ok(kpis)
}

/// The first rows of a table, by which it is decided how stamps and numbers are written.
struct Sample {
    /// Texts of the period's column, or of the date's beside it.
    stamps: Vec<String>,
    /// What the columns of numbers say of their decimal sign.
    evidence: Vec<(String, Evidence)>,
}

impl Sample {
    fn of(block: &[u8], columns: &Columns, separator: u8) -> Self {
        const LOOKED_AT: usize = 2000;
        // A record that is cut within a number would tell of another number.
        let sample = match block.get(..SAMPLE_BYTES) {
            Some(start) => &start[..last_end(start, separator)],
            None => block,
        };
        let records = Records::of(sample.to_vec(), separator);
        let texts = |position: usize| -> Vec<String> {
            let text = |record: super::records::Record<'_>| match record.field(position) {
                Field::Text(text) if !is_missing(text) => Some(text.to_owned()),
                _ => None,
            };
            records.iter().take(LOOKED_AT).filter_map(text).collect()
        };
        let period = columns.date.or(columns.positions[Column::Period as usize]);
        let numbers = columns.used().into_iter().filter(|(column, _)| !column.is_name());
        let evidence = numbers.map(|(column, position)| {
            let texts = texts(position);
            (column.name().to_owned(), evidence(texts.iter().map(String::as_str)))
        });
        Self { evidence: evidence.collect(), stamps: period.map(texts).unwrap_or_default() }
    }

    fn date_order(&self, options: &KpiOptions) -> Result<DateOrder, InputError> {
        if let Some(order) = options.date_order {
            return Ok(order);
        }
        let is_date = |text: &&str| written(text).is_some();
        let texts: Vec<&str> = self.stamps.iter().map(String::as_str).filter(is_date).collect();
        stamps::order_of_dates(Column::Period.name(), &texts)
    }

    /// The sign on which the columns agree that are certain of theirs, a point where none is.
    fn decimal(&self, options: &KpiOptions) -> Result<DecimalSign, InputError> {
        if let Some(decimal) = options.decimal {
            return Ok(decimal);
        }
        let has = |wanted| self.evidence.iter().any(|(_, found)| *found == wanted);
        let certain = (
            has(Evidence::Certain(DecimalSign::Point)),
            has(Evidence::Certain(DecimalSign::Comma)),
        );
        match certain {
            (_, false) if certain.0 => Ok(DecimalSign::Point),
            (false, true) => Ok(DecimalSign::Comma),
            // Each column has its own: none does, unless a table was put together of two.
            (true, true) => Ok(DecimalSign::Point),
            _ => match self.evidence.iter().find(|(_, found)| *found == Evidence::Unclear) {
                Some((column, _)) => {
                    let found = "written with commas of which nobody can tell what they are";
                    Err(InputError::new(format!("column {column}"), found, UNCLEAR_SIGN))
                }
                None => Ok(DecimalSign::Point),
            },
        }
    }

    /// Whether the stamps are days as spreadsheets count them: numbers of these years, some with a part of
    /// a day.
    fn holds_serials(&self) -> bool {
        let number = |text: &String| {
            DecimalSign::Point.number(text).or_else(|| DecimalSign::Comma.number(text))
        };
        let numbers: Option<Vec<f64>> = self.stamps.iter().map(number).collect();
        numbers.is_some_and(|numbers| {
            numbers.iter().all(|number| Period::from_serial(*number).is_some())
                && numbers.iter().any(|number| number.fract() != 0.0)
        })
    }
}

/// Reads all blocks, `first` being the one before; natively on several threads where they are given.
fn read_blocks<R: Read>(
    threads: usize,
    first: Vec<u8>,
    separator: u8,
    blocks: &mut Blocks<R>,
    reader: &RowReader<'_>,
    kpis: &mut KpiTable,
    observe: &mut dyn FnMut(u64),
) -> Result<(), ReadError> {
    #[cfg(not(target_family = "wasm"))]
    if threads > 1 {
        return super::parallel::read_blocks(
            threads, first, separator, blocks, reader, kpis, observe,
        );
    }
    #[cfg(target_family = "wasm")]
    let _ = threads;
    let (mut number, mut stamp) = (1, Stamp::default());
    let mut next = Some(first);
    while let Some(block) = next {
        for record in Records::of(block, separator).iter() {
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

/// The columns that the first record names, and its length in bytes.
fn columns(block: &[u8], separator: char) -> Result<(Columns, usize), InputError> {
    let (names, end) = first_record(block, separator as u8);
    Ok((Columns::find(names.iter().map(String::as_str))?, end))
}
