//! KPI tables that are written: CSV or Parquet by their names.

use std::path::Path;

use slicewise_core::formats::kpi_table::{Column, KpiRow, KpiWriter, Period};

use super::parquet_output::{Cell, ColumnKind, ParquetWriter};
use super::table_format::TableFormat;
use crate::whole_file::WholeFile;

/// A KPI table that is written row by row.
pub enum KpiFile {
    /// As text.
    Csv(KpiWriter<WholeFile>),
    /// In columns.
    Parquet(Box<ParquetWriter<WholeFile>>),
}

impl KpiFile {
    /// Begins the file; `first` tells whether its periods are steps or times.
    ///
    /// # Errors
    /// When its name asks for no format that there is, or nothing can be written there.
    pub fn create(path: &Path, first: Period) -> anyhow::Result<Self> {
        let format = TableFormat::of("output", path)?;
        let file = WholeFile::create(path)?;
        if format == TableFormat::Csv {
            return Ok(Self::Csv(KpiWriter::new(file)?));
        }
        let kind = |column: &Column| match (column, first) {
            (Column::Period, Period::Time(_)) => ColumnKind::Time,
            (Column::Period, Period::Step(_)) => ColumnKind::Integer,
            (Column::Cell | Column::Snssai, _) => ColumnKind::Text,
            _ => ColumnKind::Number,
        };
        let columns: Vec<_> =
            Column::WRITTEN.iter().map(|column| (column.name(), kind(column))).collect();
        Ok(Self::Parquet(Box::new(ParquetWriter::new(file, &columns)?)))
    }

    /// Writes a row, whose period is of the first one's kind.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn row(&mut self, row: &KpiRow<'_>) -> anyhow::Result<()> {
        let writer = match self {
            Self::Csv(writer) => return Ok(writer.row(row)?),
            Self::Parquet(writer) => writer,
        };
        let (Period::Step(period) | Period::Time(period)) = row.period;
        let snssai = row.snssai.to_string();
        let mut cells = vec![Cell::Integer(period), Cell::Text(row.cell), Cell::Text(&snssai)];
        cells.extend(row.numbers().map(|number| Cell::Number(number.unwrap_or(f64::NAN))));
        writer.row(&cells)
    }

    /// Completes the file and moves it to its place.
    ///
    /// # Errors
    /// When it cannot be written to its end.
    pub fn commit(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer) => writer.finish()?.commit(),
            Self::Parquet(writer) => writer.finish()?.commit(),
        }
    }
}
