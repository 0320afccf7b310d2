//! Writing KPI tables.

use std::io::{self, Write};

use crate::cells::scenario::SliceKpis;
use crate::cells::{SNssai, ServiceProfile};

use super::column::{Column, WRITTEN_COLUMNS};
use super::period::Period;

/// One row: a period of a slice in a cell, in the planner's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiRow<'a> {
    /// Start of the period.
    pub period: Period,
    /// The cell.
    pub cell: &'a str,
    /// The slice.
    pub snssai: SNssai,
    /// Mean number of active users.
    pub active_users: f64,
    /// Mean CQI, 0 to 15.
    pub cqi: f64,
    /// Mean number of PRB used.
    pub prb_used: Option<f64>,
    /// Number of PRB of the cell.
    pub prb_available: Option<f64>,
    /// Mean throughput per user in Mbit/s.
    pub throughput_mbps: Option<f64>,
    /// Mean delay in ms.
    pub delay_ms: Option<f64>,
    /// Required throughput per user in Mbit/s.
    pub required_throughput_mbps: f64,
    /// Required delay in ms.
    pub required_delay_ms: f64,
    /// Weight in a weighted sum.
    pub weight: Option<f64>,
    /// What a plan must leave to it, 0 to 1.
    pub minimum_share: Option<f64>,
    /// Share that it had, 0 to 1.
    pub share: Option<f64>,
}

impl<'a> KpiRow<'a> {
    /// The row of a simulated period: the slice of `service` in a cell of `prb_available` blocks.
    pub fn simulated(
        period: Period,
        cell: &'a str,
        service: &ServiceProfile,
        kpis: &SliceKpis,
        prb_available: f64,
    ) -> Self {
        Self {
            period,
            cell,
            snssai: service.snssai,
            active_users: kpis.active_users,
            cqi: kpis.cqi,
            prb_used: Some(kpis.prb_used * prb_available),
            prb_available: Some(prb_available),
            throughput_mbps: Some(kpis.throughput_mbps),
            delay_ms: Some(kpis.delay_ms),
            required_throughput_mbps: service.required_throughput_mbps,
            required_delay_ms: service.required_delay_ms,
            weight: None,
            minimum_share: None,
            share: Some(kpis.share),
        }
    }

    /// The numbers of the row in the units of the columns, from [`Column::ActiveUsers`] on; none
    /// where a value is missing or not finite.
    pub fn numbers(&self) -> [Option<f64>; WRITTEN_COLUMNS - 3] {
        let times = |value: Option<f64>, factor: f64| value.map(|value| value * factor);
        let numbers = [
            Some(self.active_users),
            Some(self.cqi),
            self.prb_used,
            self.prb_available,
            times(self.throughput_mbps, 1000.0),
            times(self.delay_ms, 10.0),
            Some(self.required_throughput_mbps * 1000.0),
            Some(self.required_delay_ms),
            self.weight,
            times(self.minimum_share, 100.0),
            self.share,
        ];
        numbers.map(|number| number.filter(|number| number.is_finite()))
    }
}

/// Writes a KPI table as CSV, row by row.
pub struct KpiWriter<W: Write> {
    writer: W,
}

impl<W: Write> KpiWriter<W> {
    /// Writes the header with all columns.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(mut writer: W) -> io::Result<Self> {
        writeln!(writer, "{}", Column::WRITTEN.map(Column::name).join(","))?;
        Ok(Self { writer })
    }

    /// Writes a row; a missing value is an empty field. Numbers are written so that they are read
    /// back exactly.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row(&mut self, row: &KpiRow<'_>) -> io::Result<()> {
        let KpiRow { period, cell, snssai, .. } = row;
        write!(self.writer, "{period},{},{snssai}", quoted(cell))?;
        for number in row.numbers() {
            match number {
                Some(number) => write!(self.writer, ",{number}")?,
                None => self.writer.write_all(b",")?,
            }
        }
        self.writer.write_all(b"\n")
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        Ok(self.writer)
    }
}

/// Writes `rows` as a CSV table.
///
/// # Errors
/// Those of the writer.
pub fn write_csv<'a>(
    rows: impl IntoIterator<Item = KpiRow<'a>>,
    writer: impl Write,
) -> io::Result<()> {
    let mut table = KpiWriter::new(writer)?;
    for row in rows {
        table.row(&row)?;
    }
    table.finish().map(drop)
}

/// A text of somebody's as a field of a CSV table. A spreadsheet computes what begins with one of these signs; an
/// apostrophe makes it a text.
pub(in crate::formats) fn text_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { quoted(&format!("'{text}")).into_owned() } else { quoted(text).into_owned() }
}

/// A text as a field of a CSV table.
pub(in crate::formats) fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r', ';', '\t']) {
        return format!("\"{}\"", text.replace('"', "\"\"")).into();
    }
    text.into()
}
