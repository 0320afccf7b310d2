//! KPI tables whose rows say what share each slice had and what came of it, as rows: `slicewise
//! generate cells` writes such tables, and any network whose shares were varied can.

use std::collections::BTreeMap;
use std::io::Read;

use slicewise_core::InputError;
use slicewise_core::cells::scenario::SliceKpis;
use slicewise_core::cells::{SNssai, ServiceProfile};
use slicewise_core::formats::kpi_table::{COLUMNS, Column, Columns, Field, Period};
use slicewise_core::formats::table::DecimalSign;

use super::{CellRows, simulated};
use crate::memory::SliceMemory;
use crate::simulator::TrainingRecord;

/// Columns of a KPI table that are needed here beyond those that a plan needs.
const NEEDED: [Column; 5] = [
    Column::Throughput,
    Column::Delay,
    Column::RequiredThroughput,
    Column::RequiredDelay,
    Column::Share,
];

/// Rows of any number of tables.
#[derive(Clone, Debug)]
pub struct KpiRecords {
    /// The rows, in the inputs of the simulated estimators; a table is a run.
    pub rows: CellRows,
    /// Records left out: without a number that is needed.
    pub left_out: usize,
    tables: u32,
}

impl Default for KpiRecords {
    fn default() -> Self {
        Self { rows: CellRows::new(simulated::INPUTS), left_out: 0, tables: 0 }
    }
}

/// One period of one slice in one cell.
#[derive(Clone, Copy)]
struct Record {
    period: Period,
    required_throughput_mbps: f64,
    required_delay_ms: f64,
    kpis: SliceKpis,
}

impl KpiRecords {
    /// Adds the records of one table of comma-separated values. A slice's first
    /// [`HISTORY`](slicewise_core::cells::HISTORY) periods only make a past.
    ///
    /// r is min(throughput / required, required delay / delay, 1), and 1 where nobody was active.
    ///
    /// # Errors
    /// Names the column that is missing, or the line that cannot be read.
    pub fn read(&mut self, table: impl Read) -> Result<(), InputError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table);
        let unreadable = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            InputError::new(format!("line {line}"), error, "a row of the table")
        };
        let columns = Columns::find(reader.headers().map_err(unreadable)?)?;
        for column in NEEDED {
            if columns.used().iter().all(|(used, _)| *used != column) {
                let field = format!("column {}", column.name());
                return Err(InputError::new(field, "missing", "a column"));
            }
        }
        let mut slices: BTreeMap<(SNssai, String), Vec<Record>> = BTreeMap::new();
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(unreadable)? {
            let at = |position| row.get(position).map_or(Field::Missing, Field::Text);
            columns.rows(DecimalSign::Point, at, |slice, fields| match record(slice, fields) {
                Some((snssai, cell, record)) => {
                    slices.entry((snssai, cell)).or_default().push(record);
                }
                None => self.left_out += 1,
            });
        }
        self.push(slices);
        Ok(())
    }

    fn push(&mut self, slices: BTreeMap<(SNssai, String), Vec<Record>>) {
        let mut services: Vec<SNssai> = slices.keys().map(|(snssai, _)| *snssai).collect();
        services.dedup();
        for ((snssai, _), mut records) in slices {
            records.sort_by_key(|record| record.period);
            let service = services.iter().position(|service| *service == snssai);
            let mut memory = SliceMemory::default();
            for (step, record) in records.iter().enumerate() {
                let (throughput_mbps, delay_ms) =
                    (record.required_throughput_mbps, record.required_delay_ms);
                let required =
                    ServiceProfile::new(String::new(), snssai, throughput_mbps, delay_ms);
                let place = (step, 0, service.unwrap_or_default());
                let found = TrainingRecord::after(&memory, &required, place, &record.kpis);
                simulated::push(found.as_slice(), self.tables, &mut self.rows);
                memory.push(&record.kpis);
            }
        }
        self.tables += 1;
    }
}

fn record(
    slice: Option<SNssai>,
    fields: &[Field<'_>; COLUMNS],
) -> Option<(SNssai, String, Record)> {
    let text = |column: Column| match fields[column as usize] {
        Field::Text(text) => Some(text),
        _ => None,
    };
    let number = |column: Column| {
        fields[column as usize]
            .number(DecimalSign::Point)
            .filter(|value| value.is_finite() && *value >= 0.0)
    };
    let snssai = match slice {
        Some(slice) => slice,
        None => SNssai::read(text(Column::Snssai)?)?,
    };
    let active_users = number(Column::ActiveUsers)?;
    let idle = active_users == 0.0;
    // Nobody is served where nobody is.
    let measured = |column| number(column).or(idle.then_some(0.0));
    let mut kpis = SliceKpis {
        share: number(Column::Share).filter(|share| *share <= 1.0)?,
        active_users,
        cqi: measured(Column::Cqi)?,
        throughput_mbps: measured(Column::Throughput)? / 1000.0,
        delay_ms: measured(Column::Delay)? / 10.0,
        ..SliceKpis::default()
    };
    let required_throughput_mbps = number(Column::RequiredThroughput)? / 1000.0;
    let required_delay_ms = number(Column::RequiredDelay)?;
    let delay = if kpis.delay_ms > 0.0 { required_delay_ms / kpis.delay_ms } else { 1.0 };
    let throughput = kpis.throughput_mbps / required_throughput_mbps;
    kpis.satisfaction = if idle { 1.0 } else { throughput.min(delay).clamp(0.0, 1.0) };
    let period = Period::parse(text(Column::Period)?)?;
    let cell = text(Column::Cell)?.to_owned();
    let record = Record { period, required_throughput_mbps, required_delay_ms, kpis };
    Some((snssai, cell, record))
}

#[cfg(test)]
mod tests {
    use slicewise_core::cells::{HISTORY, Scenario};
    use slicewise_core::formats::kpi_table::{KpiRow, KpiWriter};

    use super::*;
    use crate::simulator::{CELL_PRB, NetworkSimulator};

    #[test]
    fn a_written_run_is_read_as_it_was() {
        let scenario = Scenario::of_the_paper(&[1, 2, 4], 3);
        let mut network = NetworkSimulator::new(&scenario).unwrap();
        let mut writer = KpiWriter::new(Vec::new()).unwrap();
        let mut expected = Vec::new();
        for step in 0..8 {
            let kpis = network.advance(&[0.2; 36]).kpis;
            for (group, kpis) in kpis.iter().enumerate() {
                let service = &scenario.slices[group % 3].service;
                let cell = format!("{}", group / 3);
                let period = Period::Step(step);
                writer.row(&KpiRow::simulated(period, &cell, service, kpis, CELL_PRB)).unwrap();
                if step >= HISTORY as i64 {
                    expected.push(kpis.satisfaction);
                }
            }
        }
        let text = writer.finish().unwrap();
        let mut records = KpiRecords::default();
        records.read(&text[..]).unwrap();
        assert_eq!((records.rows.len(), records.left_out), (3 * 36, 0));
        let mut found = records.rows.satisfaction.clone();
        found.sort_by(f64::total_cmp);
        expected.sort_by(f64::total_cmp);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
        }
        assert!(records.rows.inputs.chunks_exact(simulated::INPUTS).all(|row| row[0] == 0.2));
    }

    #[test]
    fn a_table_without_shares_says_so() {
        let text = "step,cell,slice,DRB.MeanActiveUeDl,cqi,dLThptPerUE,dLLatency,DRB.UEThpDl,\
                    DRB.RlcSduDelayDl\n1,a,1,2,3,4,5,6,7\n";
        let error = KpiRecords::default().read(text.as_bytes()).unwrap_err();
        assert_eq!(error.field, "column share");
    }
}
