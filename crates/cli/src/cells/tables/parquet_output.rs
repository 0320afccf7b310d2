//! Flat Parquet files, some ten thousand rows at a time.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, bail};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

/// Rows of a row group: what is held before it is written.
const ROWS_PER_GROUP: usize = 65_536;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts, none missing.
    Text,
    /// Whole numbers, none missing.
    Integer,
    /// Milliseconds since 1970, UTC, none missing.
    Time,
    /// Numbers; missing where they are NaN or infinite.
    Number,
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// For a column of texts.
    Text(&'a str),
    /// For a column of whole numbers or of times.
    Integer(i64),
    /// For a column of numbers.
    Number(f64),
}

/// Writes a table row by row.
pub struct ParquetWriter<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Held>,
    rows: usize,
}

/// The values of a column that are not written yet.
enum Held {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    Numbers { present: Vec<i16>, values: Vec<f64> },
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(writer: W, columns: &[(&str, ColumnKind)]) -> anyhow::Result<Self> {
        let fields = columns
            .iter()
            .map(|(name, kind)| column_type(name, *kind))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("table").with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let held = |kind: &ColumnKind| match kind {
            ColumnKind::Text => Held::Texts(Vec::new()),
            ColumnKind::Integer | ColumnKind::Time => Held::Integers(Vec::new()),
            ColumnKind::Number => Held::Numbers { present: Vec::new(), values: Vec::new() },
        };
        Ok(Self {
            writer: SerializedFileWriter::new(writer, Arc::new(schema), Arc::new(properties))?,
            columns: columns.iter().map(|(_, kind)| held(kind)).collect(),
            rows: 0,
        })
    }

    /// Writes a row of one value per column.
    ///
    /// # Errors
    /// Those of the writer; a value of the wrong kind.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> anyhow::Result<()> {
        if cells.len() != self.columns.len() {
            bail!("a row of {} values for {} columns", cells.len(), self.columns.len());
        }
        for (held, cell) in self.columns.iter_mut().zip(cells) {
            match (held, cell) {
                (Held::Texts(texts), Cell::Text(text)) => texts.push(ByteArray::from(*text)),
                (Held::Integers(integers), Cell::Integer(integer)) => integers.push(*integer),
                (Held::Numbers { present, values }, Cell::Number(number)) => {
                    present.push(i16::from(number.is_finite()));
                    values.extend(number.is_finite().then_some(*number));
                }
                (_, cell) => bail!("{cell:?} in a column of another kind"),
            }
        }
        self.rows += 1;
        if self.rows == ROWS_PER_GROUP { self.write_group() } else { Ok(()) }
    }

    /// Ends the file and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> anyhow::Result<W> {
        if self.rows > 0 {
            self.write_group()?;
        }
        Ok(self.writer.into_inner()?)
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for held in &mut self.columns {
            let mut column = group.next_column()?.context("fewer columns than begun with")?;
            match (held, column.untyped()) {
                (Held::Texts(texts), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                    writer.write_batch(texts, None, None)?;
                    texts.clear();
                }
                (Held::Integers(integers), ColumnWriter::Int64ColumnWriter(writer)) => {
                    writer.write_batch(integers, None, None)?;
                    integers.clear();
                }
                (Held::Numbers { present, values }, ColumnWriter::DoubleColumnWriter(writer)) => {
                    writer.write_batch(values, Some(present), None)?;
                    present.clear();
                    values.clear();
                }
                _ => bail!("a column of another kind than begun with"),
            }
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

fn column_type(name: &str, kind: ColumnKind) -> anyhow::Result<TypePtr> {
    let (physical, logical, repetition) = match kind {
        ColumnKind::Text => {
            (PhysicalType::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
        }
        ColumnKind::Integer => (PhysicalType::INT64, None, Repetition::REQUIRED),
        ColumnKind::Time => {
            let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (PhysicalType::INT64, Some(logical), Repetition::REQUIRED)
        }
        ColumnKind::Number => (PhysicalType::DOUBLE, None, Repetition::OPTIONAL),
    };
    let column = Type::primitive_type_builder(name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()?;
    Ok(Arc::new(column))
}
