//! KPI tables from Parquet files, some thousand rows at a time.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use slicewise_core::formats::kpi_table::{Column, Columns, Field, KpiOptions, KpiTable};

/// Rows that are decoded at a time.
const ROWS_AT_A_TIME: usize = 8192;
/// The first row, in a count in which the header is row 1.
const FIRST_ROW: u64 = 2;
const DAY_MS: i64 = 86_400_000;

/// Reads the table in `file`; `observe` is told how many of how many rows were read.
///
/// # Errors
/// Names the column that is missing or has a type that cannot be read, or says where the file is
/// damaged.
pub fn read(
    file: File,
    path: &Path,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<KpiTable> {
    // The reader asserts what damaged files do not keep to; nothing of it is used afterwards.
    let read = std::panic::AssertUnwindSafe(|| read_file(file, path, options, observe));
    std::panic::catch_unwind(read).unwrap_or_else(|_| bail!("{} is damaged", path.display()))
}

fn read_file(
    file: File,
    path: &Path,
    options: &KpiOptions,
    observe: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<KpiTable> {
    let bytes = file.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
    let reader = SerializedFileReader::new(file)
        .with_context(|| format!("{} is no Parquet file, or cut off", path.display()))?;
    let metadata = reader.metadata();
    let rows = metadata.file_metadata().num_rows().max(0) as u64;
    let schema = metadata.file_metadata().schema_descr();
    let named = |error| anyhow!("{}: {error}", path.display());
    let names: Vec<String> = schema.columns().iter().map(top_name).collect();
    let columns = Columns::find(names.iter().map(String::as_str)).map_err(named)?;
    let sources = sources(schema, &columns).with_context(|| path.display().to_string())?;
    options.validate().map_err(named)?;
    let mut table = KpiTable::new(columns, options);
    let mut done = 0;
    for index in 0..reader.num_row_groups() {
        let place = || format!("{} is damaged in row group {index}", path.display());
        check_places(metadata.row_group(index), bytes).with_context(place)?;
        let group = reader.get_row_group(index).with_context(place)?;
        done = read_group(group.as_ref(), &sources, &mut table, done, &mut |done| {
            observe(done, rows);
        })
        .with_context(place)?;
    }
    table.finish().map_err(named)?;
    Ok(table)
}

/// Checks that all columns of a row group lie within the file.
fn check_places(group: &RowGroupMetaData, bytes: u64) -> anyhow::Result<()> {
    for column in group.columns() {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let (start, length) = (u64::try_from(start), u64::try_from(column.compressed_size()));
        let end = start.ok().zip(length.ok()).and_then(|(start, length)| start.checked_add(length));
        if end.is_none_or(|end| end > bytes) {
            bail!("column {} lies outside the file", column.column_path().string());
        }
    }
    Ok(())
}

/// The name of the column in the table; parts of a nested one are joined by dots.
fn top_name(column: &ColumnDescPtr) -> String {
    column.path().parts().join(".")
}

/// How the values of a column become fields.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    /// A number is the stored one times this.
    Number(f64),
    Unsigned,
    /// Milliseconds since 1970 are the stored number times the first, divided by the second.
    Time(i64, i64),
}

/// A column of the file that is read.
#[derive(Clone, Copy, Debug)]
struct Source {
    /// What it is read for.
    column: Column,
    /// Its place in the file.
    position: usize,
    kind: Kind,
}

/// The columns that are read.
fn sources(schema: &SchemaDescriptor, columns: &Columns) -> anyhow::Result<Vec<Source>> {
    let source = |(column, position): (Column, usize)| {
        let described = schema.column(position);
        let kind = kind(&described).filter(|kind| match kind {
            Kind::Time(..) => column == Column::Period,
            _ => true,
        });
        let Some(kind) = kind else {
            let name = top_name(&described);
            let allowed = match column {
                Column::Period => "texts, numbers or timestamps, not nested",
                _ => "texts or numbers, not nested",
            };
            bail!("column {name} is {}; allowed: {allowed}", type_name(&described));
        };
        Ok(Source { column, position, kind })
    };
    columns.used().into_iter().map(source).collect()
}

fn kind(column: &ColumnDescPtr) -> Option<Kind> {
    let is_flat = column.path().parts().len() == 1 && column.max_rep_level() == 0;
    if !is_flat || column.max_def_level() > 1 {
        return None;
    }
    let logical = column.logical_type_ref();
    let converted = column.converted_type();
    if converted == ConvertedType::DECIMAL || matches!(logical, Some(LogicalType::Decimal(_))) {
        let is_integer =
            matches!(column.physical_type(), PhysicalType::INT32 | PhysicalType::INT64);
        let digits = column.type_scale();
        return (is_integer && (0..=18).contains(&digits))
            .then(|| Kind::Number(10_f64.powi(-digits)));
    }
    match column.physical_type() {
        PhysicalType::FLOAT | PhysicalType::DOUBLE => Some(Kind::Number(1.0)),
        PhysicalType::BYTE_ARRAY => Some(Kind::Text),
        PhysicalType::INT96 => Some(Kind::Time(1, 1)),
        PhysicalType::INT32 | PhysicalType::INT64 => integer_kind(logical, converted),
        PhysicalType::BOOLEAN | PhysicalType::FIXED_LEN_BYTE_ARRAY => None,
    }
}

fn integer_kind(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<Kind> {
    match (logical, converted) {
        (Some(LogicalType::Timestamp(timestamp)), _) => Some(match timestamp.unit {
            TimeUnit::MILLIS => Kind::Time(1, 1),
            TimeUnit::MICROS => Kind::Time(1, 1000),
            TimeUnit::NANOS => Kind::Time(1, 1_000_000),
        }),
        (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => Some(Kind::Time(DAY_MS, 1)),
        (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Some(Kind::Unsigned),
        (Some(LogicalType::Integer(_)), _) => Some(Kind::Number(1.0)),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Some(Kind::Time(1, 1)),
        (None, ConvertedType::TIMESTAMP_MICROS) => Some(Kind::Time(1, 1000)),
        (None, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => None,
        (None, ConvertedType::UINT_32 | ConvertedType::UINT_64) => Some(Kind::Unsigned),
        (None, _) => Some(Kind::Number(1.0)),
        (Some(_), _) => None,
    }
}

fn type_name(column: &ColumnDescPtr) -> String {
    let nested = column.path().parts().len() > 1 || column.max_rep_level() > 0;
    let nested = if nested { "nested " } else { "" };
    match column.logical_type_ref() {
        Some(logical) => format!("{nested}{} as {logical:?}", column.physical_type()),
        None => format!("{nested}{}", column.physical_type()),
    }
}

/// Reads the rows of a group; gives the number of rows read so far.
fn read_group(
    group: &dyn RowGroupReader,
    sources: &[Source],
    table: &mut KpiTable,
    mut done: u64,
    observe: &mut dyn FnMut(u64),
) -> anyhow::Result<u64> {
    let rows = group.metadata().num_rows().max(0) as usize;
    let mut readers = Vec::with_capacity(sources.len());
    // Where the reader of each position of the file is.
    let mut places = vec![None; group.metadata().num_columns()];
    for source in sources {
        let reader = group.get_column_reader(source.position).with_context(|| of(*source))?;
        let described = group.metadata().column(source.position).column_descr();
        let is_optional = described.max_def_level() > 0;
        places[source.position] = Some(readers.len());
        readers.push(Reader { source: *source, is_optional, reader, values: Values::Empty });
    }
    let mut first = 0;
    while first < rows {
        let count = ROWS_AT_A_TIME.min(rows - first);
        for reader in &mut readers {
            reader.fill(count).with_context(|| of(reader.source))?;
        }
        for row in 0..count {
            let at = |position: usize| {
                let reader = places.get(position).copied().flatten();
                reader.map_or(Field::Missing, |reader: usize| readers[reader].values.field(row))
            };
            table.push(FIRST_ROW + done, at);
            done += 1;
        }
        observe(done);
        first += count;
    }
    Ok(done)
}

fn of(source: Source) -> String {
    format!("column {}", source.column.name())
}

/// A column of a row group as it is read.
struct Reader {
    source: Source,
    is_optional: bool,
    reader: ColumnReader,
    values: Values,
}

/// Some rows of a column; none where a value is missing.
enum Values {
    Empty,
    Numbers(Vec<Option<f64>>),
    Times(Vec<Option<i64>>),
    Texts(Vec<Option<ByteArray>>),
}

impl Values {
    fn field(&self, row: usize) -> Field<'_> {
        let field = match self {
            Self::Empty => None,
            Self::Numbers(numbers) => numbers[row].map(Field::Number),
            Self::Times(times) => times[row].map(Field::Time),
            Self::Texts(texts) => texts[row].as_ref().map(|text| {
                // What is no UTF-8 is no number either, and as a name it would be another one.
                Field::Text(std::str::from_utf8(text.data()).unwrap_or("\u{fffd}").trim())
            }),
        };
        field.unwrap_or_default()
    }
}

impl Reader {
    /// Decodes the next `count` rows.
    fn fill(&mut self, count: usize) -> anyhow::Result<()> {
        let optional = self.is_optional;
        let kind = self.source.kind;
        self.values = match &mut self.reader {
            ColumnReader::Int32ColumnReader(reader) => {
                let values = values(reader, count, optional)?;
                integers(values.into_iter().map(|value| value.map(i64::from)), kind, 32)
            }
            ColumnReader::Int64ColumnReader(reader) => {
                integers(values(reader, count, optional)?.into_iter(), kind, 64)
            }
            ColumnReader::Int96ColumnReader(reader) => {
                let values = values(reader, count, optional)?;
                Values::Times(
                    values.iter().map(|value| value.as_ref().map(|v| v.to_millis())).collect(),
                )
            }
            ColumnReader::FloatColumnReader(reader) => {
                let values = values(reader, count, optional)?;
                Values::Numbers(values.into_iter().map(|value| value.map(f64::from)).collect())
            }
            ColumnReader::DoubleColumnReader(reader) => {
                Values::Numbers(values(reader, count, optional)?)
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                Values::Texts(values(reader, count, optional)?)
            }
            ColumnReader::BoolColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                bail!("a type that is not read")
            }
        };
        Ok(())
    }
}

fn integers(values: impl Iterator<Item = Option<i64>>, kind: Kind, bits: u32) -> Values {
    match kind {
        Kind::Time(times, by) => Values::Times(
            values.map(|value| value.map(|v| v.saturating_mul(times).div_euclid(by))).collect(),
        ),
        Kind::Unsigned if bits == 32 => Values::Numbers(
            values.map(|value| value.map(|value| f64::from(value as u32))).collect(),
        ),
        Kind::Unsigned => {
            Values::Numbers(values.map(|value| value.map(|value| value as u64 as f64)).collect())
        }
        Kind::Number(factor) => {
            Values::Numbers(values.map(|value| value.map(|value| value as f64 * factor)).collect())
        }
        Kind::Text => Values::Empty,
    }
}

/// The next `count` values of a column, none where one is missing.
fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    optional: bool,
) -> anyhow::Result<Vec<Option<T::T>>> {
    let mut levels = Vec::with_capacity(count);
    let mut found = Vec::with_capacity(count);
    let mut records = 0;
    while records < count {
        let wanted = optional.then_some(&mut levels);
        let (read, ..) = reader.read_records(count - records, wanted, None, &mut found)?;
        if read == 0 {
            bail!("it ends {} rows too early", count - records);
        }
        records += read;
    }
    let mut found = found.into_iter();
    if !optional {
        return Ok(found.map(Some).collect());
    }
    Ok(levels.iter().map(|level| if *level > 0 { found.next() } else { None }).collect())
}
