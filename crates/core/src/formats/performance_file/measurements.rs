//! Measurements, one by one, joined to rows: memory grows with the cells, slices and periods.

use std::collections::{BTreeMap, HashMap};

use crate::cells::SNssai;
use crate::error::InputError;
use crate::formats::kpi_table::{COLUMNS, Column, Field, KpiOptions, KpiTable, Meaning, Period};
use crate::formats::stamps::{DateOrder, written};
use crate::formats::table::{self, DecimalSign};

/// Names that are listed as passed over.
const MOST_LISTED: usize = 200;
/// Bins of the CQI's distribution.
const CQI_BINS: usize = 16;

/// What was measured, by period and cell.
#[derive(Debug, Default)]
pub(super) struct Measurements {
    cells: BTreeMap<(i64, String), OfCell>,
    meanings: HashMap<String, Option<Meaning>>,
    passed_over: Vec<String>,
    /// Measurements that their source does not vouch for.
    pub suspect: u64,
    /// Measurements of objects that are no cells.
    pub elsewhere: u64,
    /// What could not be read, and where.
    pub problems: Vec<InputError>,
}

/// What was measured in a cell over a period.
#[derive(Debug, Default)]
struct OfCell {
    whole: [Number; COLUMNS],
    slices: BTreeMap<SNssai, [Number; COLUMNS]>,
    cqi_reports: Option<[f64; CQI_BINS]>,
}

/// A number as it was written.
#[derive(Clone, Debug, Default)]
enum Number {
    #[default]
    Missing,
    Read(f64),
    /// It is none.
    Text(String),
}

impl Number {
    fn of(text: &str) -> Self {
        let text = text.trim();
        match DecimalSign::Point.number(text) {
            Some(number) => Self::Read(number),
            None if table::is_missing(text) || text.eq_ignore_ascii_case("nil") => Self::Missing,
            None => Self::Text(text.to_owned()),
        }
    }

    fn field(&self) -> Field<'_> {
        match self {
            Self::Missing => Field::Missing,
            Self::Read(number) => Field::Number(*number),
            Self::Text(text) => Field::Text(text),
        }
    }
}

/// What a measurement is of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub cell: String,
    pub slice: Option<SNssai>,
}

impl Object {
    /// The cell, and the slice where it is named, of a distinguished name such as
    /// `GNBDUFunction=1,NRCellDU=7` below that of the managed element; none where it names no cell. A
    /// name that is not distinguished is a cell's.
    pub fn of(element: &str, name: &str) -> Option<Self> {
        let (element, name) = (element.trim(), name.trim());
        let is_under =
            |key: &str| name.split(',').any(|part| key_of(part).eq_ignore_ascii_case(key));
        let is_whole = element.is_empty() || is_under("ManagedElement") || is_under("SubNetwork");
        let full = if is_whole { name.to_owned() } else { format!("{element},{name}") };
        if !name.contains('=') {
            return (!name.is_empty()).then_some(Self { cell: full, slice: None });
        }
        let mut end = 0;
        let mut place = 0;
        let mut slice = None;
        let (mut sst, mut sd) = (None, None);
        for part in full.split(',') {
            place += part.len();
            let key = key_of(part).to_ascii_lowercase();
            let value = part.split_once('=').map_or("", |(_, value)| value.trim());
            match key.as_str() {
                "snssai" | "s-nssai" | "slice" | "sliceid" => slice = SNssai::read(value).or(slice),
                "sst" => sst = Some(value),
                "sd" => sd = Some(value),
                key if end == 0 && (key.starts_with("nrcell") || key.starts_with("cell")) => {
                    end = place;
                }
                _ => {}
            }
            place += 1;
        }
        let both = sst.and_then(|sst| SNssai::read(&format!("{sst}-{}", sd.unwrap_or("-"))));
        let cell = full.get(..end).filter(|cell| !cell.is_empty())?.to_owned();
        Some(Self { cell, slice: slice.or(both) })
    }
}

fn key_of(part: &str) -> &str {
    part.split_once('=').map_or(part, |(key, _)| key).trim()
}

impl Measurements {
    /// Adds what was measured of `object` over the period that began at `time`, in ms since 1970. The
    /// first of two numbers of the same counts.
    pub fn add(&mut self, time: i64, object: &Object, name: &str, value: &str) {
        let meaning = match self.meanings.get(name) {
            Some(meaning) => *meaning,
            None => *self.meanings.entry(name.to_owned()).or_insert_with(|| Meaning::of(name)),
        };
        self.add_as(meaning, time, object, name, value);
    }

    /// The same, with what the name means.
    pub fn add_as(
        &mut self,
        meaning: Option<Meaning>,
        time: i64,
        object: &Object,
        name: &str,
        value: &str,
    ) {
        let (column, slice) = match meaning {
            Some(Meaning::OfSlice(column, slice)) => (column, Some(slice)),
            Some(Meaning::Column(column, _)) if !column.is_name() => (column, object.slice),
            Some(Meaning::CqiBin(cqi)) => return self.add_cqi_reports(time, object, cqi, value),
            _ => return self.pass_over(name),
        };
        if slice.is_none() && column.is_sum() {
            return self.pass_over(name);
        }
        let cell = self.cells.entry((time, object.cell.clone())).or_default();
        let numbers = match slice {
            Some(slice) => cell.slices.entry(slice).or_default(),
            None => &mut cell.whole,
        };
        let place = &mut numbers[column as usize];
        if matches!(place, Number::Missing) {
            *place = Number::of(value);
        }
    }

    fn add_cqi_reports(&mut self, time: i64, object: &Object, cqi: u8, value: &str) {
        let cell = self.cells.entry((time, object.cell.clone())).or_default();
        let reports = cell.cqi_reports.get_or_insert_default();
        match Number::of(value) {
            Number::Read(count) if count >= 0.0 => reports[usize::from(cqi)] += count,
            Number::Missing => {}
            // The whole distribution is in doubt.
            _ => *reports = [f64::NAN; CQI_BINS],
        }
    }

    fn pass_over(&mut self, name: &str) {
        if self.passed_over.len() < MOST_LISTED && !self.passed_over.iter().any(|n| n == name) {
            self.passed_over.push(name.to_owned());
        }
    }

    /// The table of all measurements.
    pub fn table(self, options: &KpiOptions) -> Result<KpiTable, InputError> {
        let mut kpis = KpiTable::of_measurements(options, self.passed_over);
        let (mut rows, mut whole_cells, mut cqi_of_cell) = (0_u64, 0_u64, false);
        for ((time, name), cell) in &self.cells {
            whole_cells += u64::from(cell.slices.is_empty());
            for (slice, numbers) in &cell.slices {
                let mut fields: [Field<'_>; COLUMNS] =
                    std::array::from_fn(|column| match numbers[column].field() {
                        Field::Missing => cell.whole[column].field(),
                        field => field,
                    });
                let has_cqi = !matches!(numbers[Column::Cqi as usize], Number::Missing);
                cqi_of_cell |= !has_cqi;
                if fields[Column::Cqi as usize] == Field::Missing {
                    fields[Column::Cqi as usize] = mean_cqi(cell.cqi_reports.as_ref());
                }
                fields[Column::Period as usize] = Field::Time(*time);
                fields[Column::Cell as usize] = Field::Text(name);
                kpis.push_measured(*slice, &fields);
                rows += 1;
            }
        }
        if rows == 0 {
            let allowed = "DRB.MeanActiveUeDl and others of slices, named by the S-NSSAI in the \
                           measurement (DRB.MeanActiveUeDl.1-000001) or in its object";
            return Err(InputError::new("measurements", "without one of a slice", allowed));
        }
        let notes = [
            (u64::from(cqi_of_cell), "the CQI is the cell's for each of its slices".to_owned()),
            (self.suspect, format!("{} suspect measurements are left out", self.suspect)),
            (self.elsewhere, format!("{} measurements are of no cell", self.elsewhere)),
            (whole_cells, format!("{whole_cells} periods of cells have no measurement of a slice")),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).for_each(|(_, note)| kpis.note(note));
        self.problems.into_iter().for_each(|problem| kpis.report_problem(problem));
        kpis.finish()?;
        Ok(kpis)
    }
}

fn mean_cqi(reports: Option<&[f64; CQI_BINS]>) -> Field<'static> {
    let Some(reports) = reports else { return Field::Missing };
    let sum: f64 = reports.iter().sum();
    let mean = reports.iter().enumerate().map(|(cqi, count)| cqi as f64 * count).sum::<f64>() / sum;
    if sum > 0.0 { Field::Number(mean) } else { Field::Missing }
}

/// When a period began that ended at `end` after `duration`, in ms since 1970.
pub(super) fn begin(end: &str, duration: Option<&str>) -> Option<i64> {
    let end = end.trim();
    let end = match Period::parse(end) {
        Some(Period::Time(end)) => end,
        // 20261121071500Z.
        _ => written(end.trim_end_matches('Z'))?.milliseconds(DateOrder::DayFirst)?,
    };
    Some(end - duration.and_then(duration_ms).unwrap_or(0))
}

/// Milliseconds of a duration of ISO 8601 of days and less: `PT900S`, `PT15M`, `P1DT1H`.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let parts = |text: &str, units: &[(char, f64)]| -> Option<f64> {
        let mut rest = text;
        let mut ms = 0.0;
        while let Some(end) = rest.find(|letter: char| letter.is_ascii_alphabetic()) {
            let unit = rest[end..].chars().next()?;
            let factor = units.iter().find(|(known, _)| *known == unit)?.1;
            ms += factor * rest[..end].parse::<f64>().ok()?;
            rest = &rest[end + 1..];
        }
        rest.is_empty().then_some(ms)
    };
    let ms = parts(days, &[('D', 86_400_000.0)])?
        + parts(time, &[('H', 3_600_000.0), ('M', 60_000.0), ('S', 1000.0)])?;
    (ms.abs() < 1e15).then_some(ms as i64)
}
