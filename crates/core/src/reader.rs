//! Files of the visitor's, as the reader reads them: a program of its own, fetched with the first file, so
//! that no page's thread reads a table and no page carries the code.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cells::ServiceProfile;
use crate::error::InputError;
use crate::forecast::cost_records::{self, CostRecord};
use crate::forecast::demand_table::{DemandChoices, DemandTable, Role, STEP, TIME_COLUMN};
use crate::forecast::sampling::{Part, Sampling, Together, Treatment};
use crate::forecast::trace::GivenTrace;
use crate::formats::kpi_table::{
    KpiCells, KpiOptions, KpiReport, ReadError, Requirement, Requirements, read_csv,
};
use crate::formats::packed::unpacked;
use crate::formats::performance_file::PerformanceFiles;
use crate::formats::stamps::{DATE_ORDER, DateOrder, StampChoices, TIME_UNIT, TimeUnit};
use crate::formats::table::numbers::NumberTable;
use crate::formats::table::{DecimalSign, LARGEST_TABLE_BYTES, Table, UNCLEAR_SIGN};
use crate::formats::traffic_csv::{self, TrafficSlots};

/// Rows that are shown of a table.
const SHOWN_ROWS: usize = 5;
/// The most series that are read of one table at once.
const MOST_SERIES: usize = 500;

/// The visitor's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenFile {
    /// What it holds.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A KPI table, a performance file or measurement events. Slices of which it does not say what they
/// require take it from the service of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiFile {
    /// The file.
    pub file: GivenFile,
    /// The services.
    pub services: Vec<ServiceProfile>,
}

/// A table of demand and what is chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemandFile {
    /// The file.
    pub file: GivenFile,
    /// The choices.
    pub form: DemandForm,
}

/// The cells of a table that can be planned, and what cannot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpisRead {
    /// The cells, at least one.
    pub cells: KpiCells,
    /// What was left out, and why.
    pub report: KpiReport,
}

/// What the visitor chooses of a table of demand; nothing where the table decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DemandForm {
    /// Column of the demand.
    pub column: Option<String>,
    /// Column of the time.
    pub time_column: Option<String>,
    /// What stamps count.
    pub time_unit: Option<TimeUnit>,
    /// Order of day and month.
    pub date_order: Option<DateOrder>,
    /// Decimal sign.
    pub decimal: Option<DecimalSign>,
    /// Unit of the demand.
    pub unit: Option<String>,
    /// Minutes of a step.
    pub step_minutes: Option<u32>,
    /// What samples within a step come to.
    pub together: Option<Together>,
    /// Which part is taken of a trace with long gaps.
    pub part: Part,
}

impl DemandForm {
    /// The choices as the table's reader takes them; stamps are of no named zone.
    pub fn choices(&self) -> DemandChoices<'_> {
        DemandChoices {
            column: self.column.as_deref(),
            time_column: self.time_column.as_deref(),
            stamps: StampChoices { date_order: self.date_order, unit: self.time_unit },
            unit: self.unit.as_deref(),
            sampling: Sampling {
                step_minutes: self.step_minutes,
                together: Together::Mean,
                part: self.part,
            },
            together: self.together,
            clock: None,
        }
    }
}

/// What was read of a table of demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemandRead {
    /// Its columns.
    pub columns: Vec<ShownColumn>,
    /// Its rows.
    pub rows: usize,
    /// Its traces, or which choice is wanted, or what is wrong.
    pub traces: Result<Vec<ReadTrace>, InputError>,
    /// What was decided about the table, one phrase each.
    pub told: Vec<String>,
}

impl DemandRead {
    /// The choice that is wanted before there are traces; none where there are, or where no choice helps.
    pub fn question(&self) -> Option<&InputError> {
        let error = self.traces.as_ref().err()?;
        let asks = [STEP, TIME_COLUMN, DATE_ORDER, TIME_UNIT].contains(&&error.field[..]);
        (asks || error.allowed == UNCLEAR_SIGN).then_some(error)
    }
}

/// A trace of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadTrace {
    /// Its demand.
    pub trace: GivenTrace,
    /// What was done to its samples.
    pub treatment: Treatment,
    /// The same in one sentence.
    pub told: String,
}

/// A column as a dialogue shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownColumn {
    /// Its name.
    pub name: String,
    /// What it was taken for; none where that was not decided.
    pub role: Option<Role>,
    /// Its first fields.
    pub first: Vec<String>,
}

impl GivenFile {
    /// Users per second in slots.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn traffic(&self) -> Result<TrafficSlots, InputError> {
        traffic_csv::read(&self.unpacked()?)
    }

    /// Columns of numbers.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn numbers(&self) -> Result<NumberTable, InputError> {
        NumberTable::of(&Table::of_bytes(&self.unpacked()?, None)?)
    }

    /// Recorded outcomes of reservations.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn records(&self) -> Result<Vec<CostRecord>, InputError> {
        cost_records::of_table(&Table::of_bytes(&self.unpacked()?, None)?)
    }

    /// Traces of demand, or what has to be chosen.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn demand(&self, form: &DemandForm) -> Result<DemandRead, InputError> {
        Ok(read_demand(&Table::of_bytes(&self.unpacked()?, form.decimal)?, form))
    }

    /// Cells of KPIs.
    ///
    /// # Errors
    /// Says what is wrong with the file, or that no cell of it can be planned.
    pub fn kpis(&self, services: &[ServiceProfile]) -> Result<KpisRead, InputError> {
        read_kpis(&self.unpacked()?, services)
    }

    fn unpacked(&self) -> Result<Cow<'_, [u8]>, InputError> {
        unpacked(&self.bytes, LARGEST_TABLE_BYTES as u64)
    }
}

fn read_kpis(bytes: &[u8], services: &[ServiceProfile]) -> Result<KpisRead, InputError> {
    let mut defaults = Requirements::default();
    for service in services {
        let requirement = Requirement {
            throughput_mbps: Some(service.required_throughput_mbps),
            delay_ms: Some(service.required_delay_ms),
            ..Requirement::default()
        };
        defaults.add(service.snssai, requirement);
    }
    let defaults_of = "the services of the controls";
    let options = KpiOptions { defaults, defaults_of, ..KpiOptions::default() };
    let mut files = PerformanceFiles::default();
    let table = match bytes.trim_ascii_start().first() {
        Some(b'<') => files.add_xml(bytes).and_then(|()| Ok(files.finish(&options)?)),
        Some(b'{' | b'[') => files.add_events(bytes).and_then(|()| Ok(files.finish(&options)?)),
        _ => read_csv(bytes, &options, &mut |_| ()),
    };
    let table = table.map_err(|error| match error {
        ReadError::Input(error) => error,
        ReadError::Io(error) => InputError::new("file", error, "a KPI table"),
    })?;
    if table.is_empty() {
        let none = || InputError::new("table", "without a cell", "at least one cell");
        return Err(table.report().problems.first().cloned().unwrap_or_else(none));
    }
    Ok(KpisRead { cells: table.cells(0..table.len()), report: table.report().clone() })
}

fn read_demand(table: &Table, form: &DemandForm) -> DemandRead {
    let demand = DemandTable::of(table, form.choices());
    let role = |index: usize| Some(demand.as_ref().ok()?.roles()[index]);
    let shown = |(index, name): (usize, &str)| ShownColumn {
        name: name.to_owned(),
        role: role(index),
        first: (0..table.len().min(SHOWN_ROWS))
            .map(|row| table.text(row, index).to_owned())
            .collect(),
    };
    let names = table.columns().iter().map(|column| &column.name[..]);
    let columns = names.enumerate().map(shown).collect();
    let told = demand.as_ref().map_or_else(|_| table.told(), DemandTable::told);
    let traces = demand.and_then(|demand| traces(&demand, form));
    DemandRead { columns, rows: table.len(), traces, told }
}

/// The traces of the table that can be used; an error where none can.
fn traces(demand: &DemandTable<'_>, form: &DemandForm) -> Result<Vec<ReadTrace>, InputError> {
    let mut found = Vec::new();
    let mut first_error = None;
    for index in 0..demand.names().len().min(MOST_SERIES) {
        match demand.series(index, form.choices()) {
            Ok(read) => found.push(ReadTrace {
                trace: GivenTrace::from(&read.series),
                told: read.told(),
                treatment: read.treatment,
            }),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    match first_error {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> GivenFile {
        GivenFile { bytes: bytes.to_vec() }
    }

    fn demand(text: &str, form: DemandForm) -> DemandRead {
        file(text.as_bytes()).demand(&form).unwrap()
    }

    #[test]
    fn a_table_that_leaves_something_open_is_shown_with_the_question() {
        let text = "t,demand\n0,1\n1,2\n2,3\n";
        let open = demand(text, DemandForm::default());
        assert_eq!(open.question().unwrap().field, TIME_UNIT);
        assert_eq!((open.rows, open.columns[1].first.len()), (3, 3));
        assert_eq!(open.columns[0].role, None);
        let form = DemandForm { time_unit: Some(TimeUnit::Hours), ..DemandForm::default() };
        let decided = demand(text, form);
        assert_eq!(decided.columns[0].role, Some(Role::Time));
        let traces = decided.traces.unwrap();
        assert_eq!(
            (traces[0].trace.step_minutes, &traces[0].trace.values[..]),
            (60, &[1.0, 2.0, 3.0][..])
        );
    }

    #[test]
    fn a_column_that_cannot_be_used_does_not_hide_the_others() {
        let text = "minute,good,bad\n0,1,-1\n5,2,-2\n10,3,-3\n";
        let traces = demand(text, DemandForm::default()).traces.unwrap();
        assert_eq!((traces.len(), &traces[0].trace.name[..]), (1, "good"));
        let alone = "minute,bad\n0,-1\n5,-2\n";
        let refused = demand(alone, DemandForm::default());
        assert!(refused.traces.is_err() && refused.question().is_none());
        let grouped = demand("minute;demand\n0;1,234\n5;5,678\n", DemandForm::default());
        assert!(grouped.question().is_some(), "{grouped:?}");
    }

    #[test]
    fn kpis_are_read_of_tables_and_measurement_files_and_an_empty_one_is_refused() {
        let text = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                    dLThptPerUE,dLLatency\n0,north,1-000001,3,9,2000,100\n0,south,1-000001,two,9,2000,100\n";
        let kpis = |bytes: &[u8]| file(bytes).kpis(&[]);
        let found = kpis(text.as_bytes()).unwrap();
        assert_eq!((found.cells.cells, found.report.bad_rows), (vec!["north".to_owned()], 1));
        for damaged in ["", "period_start,NRCellDU\n", "<measCollecFile>", "{\"event\": 1}"] {
            assert!(kpis(damaged.as_bytes()).is_err(), "{damaged}");
        }
    }

    #[test]
    fn traffic_and_numbers_are_read_of_the_same_file() {
        let text = b"slot;users;qos\n0;1,5;7\n1;2;8\n";
        let slots = file(text).traffic().unwrap();
        assert_eq!(slots.users_per_second, [1.5, 2.0]);
        let numbers = file(text).numbers().unwrap();
        assert_eq!(numbers.numbers_of(&[0, 1], 2).unwrap(), [7.0, 8.0]);
    }
}
