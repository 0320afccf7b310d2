//! Files of the visitor's, as the reader reads them: a program of its own, fetched with the first file, so
//! that no page's thread reads a table and no page carries the code.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::cells::ServiceProfile;
use crate::error::InputError;
use crate::forecast::cost_records::{self, CostRecord, RECORD_COLUMN, RecordColumns};
use crate::forecast::demand_table::{DemandChoices, DemandTable, STEP, TIME_COLUMN};
use crate::forecast::sampling::{Part, Sampling, Together, Treatment};
use crate::forecast::trace::GivenTrace;
use crate::formats::kpi_table::{
    CARRIER_PRB, ChoiceNames, DelayUnit, KpiCells, KpiOptions, KpiReport, PrbAvailable, ReadError,
    Requirement, Requirements, ThroughputUnit, read_csv, shown_columns,
};
use crate::formats::packed::unpacked;
use crate::formats::performance_file::PerformanceFiles;
use crate::formats::stamps::{DATE_ORDER, DateOrder, StampChoices, TIME_UNIT, TimeUnit};
use crate::formats::table::numbers::NumberTable;
use crate::formats::table::{DecimalSign, LARGEST_TABLE_BYTES, ShownColumn, Table, UNCLEAR_SIGN};
use crate::formats::traffic_csv::{self, TRAFFIC_COLUMN, TrafficSlots};

/// The most series that are read of one table at once.
const MOST_SERIES: usize = 500;

/// The visitor's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenFile {
    /// What it holds.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A table of numbers and what is chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableFile {
    /// The file.
    pub file: GivenFile,
    /// The choices.
    pub form: TableForm,
}

/// What the visitor chooses of a table of numbers; nothing where the table decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableForm {
    /// The column that is wanted, where it is one.
    pub column: Option<String>,
    /// Decimal sign.
    pub decimal: Option<DecimalSign>,
}

/// A table as it was read, and what was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableRead<T> {
    /// Its columns; none of a performance file or of events.
    pub columns: Vec<ShownColumn>,
    /// What was found, or which choice is wanted, or what is wrong.
    pub found: Result<T, InputError>,
}

impl<T> TableRead<T> {
    /// The same with something else made of what was found.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> TableRead<U> {
        TableRead { columns: self.columns, found: self.found.map(make) }
    }

    /// The choice that is wanted before anything is found; none where something is, or where no choice
    /// helps.
    pub fn question(&self) -> Option<&InputError> {
        self.found.as_ref().err().filter(|error| asks(error))
    }
}

/// Whether a choice mends `error`.
pub fn asks(error: &InputError) -> bool {
    [TRAFFIC_COLUMN, RECORD_COLUMN, DATE_ORDER, CARRIER_PRB].contains(&&error.field[..])
        || error.allowed == UNCLEAR_SIGN
}

/// A table of recorded outcomes and what is chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordFile {
    /// The file.
    pub file: GivenFile,
    /// The choices.
    pub form: RecordForm,
}

/// What the visitor chooses of recorded outcomes; nothing where the table decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordForm {
    /// Columns of decision, demand and cost.
    pub columns: RecordColumns,
    /// Decimal sign.
    pub decimal: Option<DecimalSign>,
}

/// A KPI table, a performance file or measurement events. Slices of which it does not say what they
/// require take it from the service of their name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiFile {
    /// The file.
    pub file: GivenFile,
    /// The services.
    pub services: Vec<ServiceProfile>,
    /// The choices.
    pub form: KpiForm,
}

/// What the visitor chooses of KPIs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KpiForm {
    /// Unit of measured throughput; where there is none, that of the heading.
    pub throughput_unit: Option<ThroughputUnit>,
    /// Unit of measured delay; where there is none, that of the heading.
    pub delay_unit: Option<DelayUnit>,
    /// What `RRU.PrbAvailDl` counts.
    pub prb_available: PrbAvailable,
    /// PRB of every carrier; none where the table says it.
    pub carrier_prb: Option<f64>,
    /// Order of day and month; none where the table decides.
    pub date_order: Option<DateOrder>,
    /// Decimal sign; none where the table decides.
    pub decimal: Option<DecimalSign>,
}

/// The cells of a table that can be planned, and what cannot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpisRead {
    /// The cells, at least one.
    pub cells: KpiCells,
    /// What was left out, and why.
    pub report: KpiReport,
}

/// A table of demand and what is chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemandFile {
    /// The file.
    pub file: GivenFile,
    /// The choices.
    pub form: DemandForm,
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

impl GivenFile {
    /// Users per second in slots, or what has to be chosen.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn traffic(&self, form: &TableForm) -> Result<TableRead<TrafficSlots>, InputError> {
        let table = traffic_csv::table(&self.unpacked()?, form.decimal)?;
        let column = traffic_csv::column(&table, form.column.as_deref());
        let role = |index: usize| match &column {
            Ok(column) if *column == index => "users/s",
            Ok(_) => "passed over",
            Err(_) => "open",
        };
        let columns = table.shown(role);
        let found = column.and_then(|column| traffic_csv::of_column(&table, column));
        Ok(TableRead { columns, found })
    }

    /// Columns of numbers, or what has to be chosen.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn numbers(
        &self,
        decimal: Option<DecimalSign>,
    ) -> Result<TableRead<NumberTable>, InputError> {
        let table = Table::of_bytes(&self.unpacked()?, decimal)?;
        let columns =
            table.shown(|index| if table.columns()[index].numeric { "numbers" } else { "texts" });
        Ok(TableRead { columns, found: NumberTable::of(&table) })
    }

    /// Recorded outcomes of reservations, or what has to be chosen.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn records(&self, form: &RecordForm) -> Result<TableRead<Vec<CostRecord>>, InputError> {
        let table = Table::of_bytes(&self.unpacked()?, form.decimal)?;
        let columns = cost_records::columns(&table, &form.columns);
        let role = |index: usize| match &columns {
            Ok([decision, ..]) if *decision == index => "decision",
            Ok([_, demand, _]) if *demand == index => "demand",
            Ok([.., cost]) if *cost == index => "cost",
            Ok(_) => "passed over",
            Err(_) => "open",
        };
        let shown = table.shown(role);
        let found = columns.and_then(|columns| cost_records::of_columns(&table, columns));
        Ok(TableRead { columns: shown, found })
    }

    /// Traces of demand, or what has to be chosen.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn demand(&self, form: &DemandForm) -> Result<DemandRead, InputError> {
        Ok(read_demand(&Table::of_bytes(&self.unpacked()?, form.decimal)?, form))
    }

    /// Cells of KPIs, or what has to be chosen, or why no cell can be planned.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn kpis(
        &self,
        services: &[ServiceProfile],
        form: &KpiForm,
    ) -> Result<TableRead<KpisRead>, InputError> {
        let bytes = self.unpacked()?;
        let options = kpi_options(services, form);
        let is_table = !matches!(bytes.trim_ascii_start().first(), Some(b'<' | b'{' | b'['));
        let columns = if is_table { shown_columns(&bytes, &options) } else { Vec::new() };
        Ok(TableRead { columns, found: read_kpis(&bytes, &options) })
    }

    /// What it holds, unpacked where it is gzip or zip.
    ///
    /// # Errors
    /// Says that it is damaged, or too large.
    pub(crate) fn unpacked(&self) -> Result<Cow<'_, [u8]>, InputError> {
        unpacked(&self.bytes, LARGEST_TABLE_BYTES as u64)
    }
}

fn kpi_options(services: &[ServiceProfile], form: &KpiForm) -> KpiOptions {
    let mut defaults = Requirements::default();
    for service in services {
        let requirement = Requirement {
            throughput_mbps: Some(service.required_throughput_mbps),
            delay_ms: Some(service.required_delay_ms),
            ..Requirement::default()
        };
        defaults.add(service.snssai, requirement);
    }
    KpiOptions {
        defaults,
        defaults_of: "the services of the controls",
        throughput_unit: form.throughput_unit,
        delay_unit: form.delay_unit,
        prb_available: form.prb_available,
        carrier_prb: form.carrier_prb,
        date_order: form.date_order,
        decimal: form.decimal,
        choice_names: ChoiceNames::Words,
        ..KpiOptions::default()
    }
}

fn read_kpis(bytes: &[u8], options: &KpiOptions) -> Result<KpisRead, InputError> {
    let mut files = PerformanceFiles::default();
    let table = match bytes.trim_ascii_start().first() {
        Some(b'<') => files.add_xml(bytes).and_then(|()| Ok(files.finish(options)?)),
        Some(b'{' | b'[') => files.add_events(bytes).and_then(|()| Ok(files.finish(options)?)),
        _ => read_csv(bytes, options, &mut |_| ()),
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
    let columns =
        table.shown(|index| demand.as_ref().map_or("open", |demand| demand.roles()[index].words()));
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
        assert_eq!(open.columns[0].role, "open");
        let form = DemandForm { time_unit: Some(TimeUnit::Hours), ..DemandForm::default() };
        let decided = demand(text, form);
        assert_eq!(decided.columns[0].role, "time");
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
        let kpis = |bytes: &[u8]| file(bytes).kpis(&[], &KpiForm::default())?.found;
        let found = kpis(text.as_bytes()).unwrap();
        assert_eq!((found.cells.cells, found.report.bad_rows), (vec!["north".to_owned()], 1));
        for damaged in ["", "period_start,NRCellDU\n", "<measCollecFile>", "{\"event\": 1}"] {
            assert!(kpis(damaged.as_bytes()).is_err(), "{damaged}");
        }
    }

    #[test]
    fn traffic_and_numbers_are_read_of_the_same_file() {
        let text = b"slot;users;qos\n0;1,5;7\n1;2;8\n";
        let read = file(text).traffic(&TableForm::default()).unwrap();
        let roles: Vec<&str> = read.columns.iter().map(|column| &column.role[..]).collect();
        assert_eq!(roles, ["passed over", "users/s", "passed over"]);
        assert_eq!(read.found.unwrap().users_per_second, [1.5, 2.0]);
        let read = file(text).numbers(None).unwrap();
        assert_eq!(read.columns[2].first, ["7", "8"]);
        assert_eq!(read.found.unwrap().numbers_of(&[0, 1], 2).unwrap(), [7.0, 8.0]);
    }

    #[test]
    fn a_column_of_traffic_and_a_decimal_sign_are_asked_for_where_the_table_leaves_them_open() {
        let text = b"slot;load\n0;1,234\n1;2,345\n";
        let form = TableForm::default();
        let read = file(text).traffic(&form).unwrap();
        assert_eq!(read.question().unwrap().field, TRAFFIC_COLUMN);
        assert_eq!((&read.columns[1].role[..], &read.columns[1].first[0][..]), ("open", "1,234"));
        let form = TableForm { column: Some("load".to_owned()), ..form };
        let read = file(text).traffic(&form).unwrap();
        assert_eq!(read.question().unwrap().allowed, UNCLEAR_SIGN);
        let form = TableForm { decimal: Some(DecimalSign::Comma), ..form };
        let read = file(text).traffic(&form).unwrap();
        assert_eq!(read.found.unwrap().users_per_second, [1.234, 2.345]);
        let open = file(text).numbers(None).unwrap();
        assert_eq!(open.question().unwrap().allowed, UNCLEAR_SIGN);
        let numbers = file(text).numbers(Some(DecimalSign::Point)).unwrap().found.unwrap();
        assert_eq!(numbers.numbers_of(&[0], 1).unwrap(), [1234.0]);
        let negative = file(b"users\n-1\n").traffic(&TableForm::default()).unwrap();
        assert!(negative.found.is_err() && negative.question().is_none());
    }

    #[test]
    fn recorded_outcomes_are_shown_with_their_columns_and_asked_about() {
        let text = b"time;booked;demand;cost\n0;12;10;1,5\n1;12;14;3\n";
        let form = RecordForm::default();
        let read = file(text).records(&form).unwrap();
        assert_eq!(read.question().unwrap().field, RECORD_COLUMN);
        assert_eq!((&read.columns[1].name[..], &read.columns[1].role[..]), ("booked", "open"));
        let columns = [Some("booked".to_owned()), None, None];
        let read = file(text).records(&RecordForm { columns, ..form }).unwrap();
        let roles: Vec<&str> = read.columns.iter().map(|column| &column.role[..]).collect();
        assert_eq!(roles, ["passed over", "decision", "demand", "cost"]);
        let found = read.found.unwrap();
        assert_eq!((found.len(), found[0].cost, found[1].decision[0]), (2, 1.5, 12.0));
    }

    /// A table of one cell over two days, with what was measured of its slice.
    fn kpi_table(dates: [&str; 2], throughput: &str) -> String {
        let header = "time,cell,slice,DRB.MeanActiveUeDl,cqi,DRB.UEThpDl,RRU.PrbUsedDl,\
                      RRU.PrbAvailDl,dLThptPerUE,dLLatency";
        let rows = dates.map(|date| format!("{date},A,1,2,9,{throughput},10,40,2000,100\n"));
        format!("{header}\n{}", rows.concat())
    }

    #[test]
    fn kpis_whose_dates_are_open_are_asked_about_and_read_with_the_answer() {
        let text = kpi_table(["01/02/2026 00:00", "01/02/2026 00:15"], "1500");
        let kpis = |form: &KpiForm| file(text.as_bytes()).kpis(&[], form).unwrap();
        let open = kpis(&KpiForm::default());
        assert_eq!(open.question().unwrap().field, DATE_ORDER);
        assert_eq!(open.columns[0].role, "start of the period");
        assert_eq!(open.columns[0].first, ["01/02/2026 00:00", "01/02/2026 00:15"]);
        let form = KpiForm { date_order: Some(DateOrder::MonthFirst), ..KpiForm::default() };
        let read = kpis(&form);
        assert!(read.question().is_none());
        assert_eq!(read.found.unwrap().cells.cells, ["A"]);
    }

    #[test]
    fn choices_of_kpis_are_taken_and_units_that_can_hardly_be_right_are_doubted_in_words() {
        let text = kpi_table(["2026-02-01 00:00", "2026-02-01 00:15"], "1500000");
        let kpis = |form: &KpiForm| file(text.as_bytes()).kpis(&[], form).unwrap();
        let read = kpis(&KpiForm::default()).found.unwrap();
        let doubt = read.report.unit_doubt().unwrap().to_string();
        assert!(doubt.ends_with("allowed: kbit/s; choose bit/s where it is in that"), "{doubt}");
        assert_eq!(read.cells.prb_shares, [0.25]);
        let form = KpiForm {
            throughput_unit: Some(ThroughputUnit::Bit),
            prb_available: PrbAvailable::Free,
            ..KpiForm::default()
        };
        let read = kpis(&form);
        assert_eq!(read.columns[5].role, "throughput, bit/s");
        let found = read.found.unwrap();
        assert_eq!(
            (found.report.unit_doubt(), &found.cells.throughput_mbps[..]),
            (None, &[1.5][..])
        );
        assert_eq!(found.cells.prb_shares, [0.2]);
        let carrier = |prb| KpiForm { carrier_prb: Some(prb), ..KpiForm::default() };
        assert_eq!(kpis(&carrier(100.0)).found.unwrap().cells.prb_shares, [0.1]);
        assert_eq!(kpis(&carrier(0.0)).question().unwrap().field, CARRIER_PRB);
    }

    #[test]
    fn a_performance_file_has_no_columns_to_show_and_takes_the_choices_all_the_same() {
        let event = r#"{"event": {"commonEventHeader": {"domain": "measurement", "sourceName": "A",
            "startEpochMicrosec": 0, "lastEpochMicrosec": 900000000},
            "measurementFields": {"measurementInterval": 900, "additionalMeasurements": [{"name": "a",
            "hashMap": {"DRB.MeanActiveUeDl.1-000001": "2", "CARR.WBCQIMean": "9",
            "DRB.UEThpDl.1-000001": "1.5"}}]}}}"#;
        let [video, ..] = ServiceProfile::of_the_paper();
        let form = KpiForm { throughput_unit: Some(ThroughputUnit::Megabit), ..KpiForm::default() };
        let read = file(event.as_bytes()).kpis(&[video], &form).unwrap();
        assert_eq!((read.columns.len(), read.found.unwrap().cells.throughput_mbps), (0, vec![1.5]));
    }
}
