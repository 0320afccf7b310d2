//! Rows become cells: memory grows with the cells and their slices, not with the rows.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cells::{CellBatch, FEATURES, MOST_SLICES, SNssai};
use crate::error::InputError;
use crate::packed_numbers;

use super::column::{COLUMNS, Columns};
use super::field::{Field, Key, Kpis, Parsed, RowReader, Stamp};
use super::history::{NONE, SliceHistory};
use super::options::KpiOptions;
use super::period::{HOUR_MS, Period};

/// The most problems that are listed one by one; further ones are counted.
pub const MOST_LISTED: usize = 200;
/// The most slices of a cell that are kept, those that have left it included.
const MOST_KEPT: usize = 4 * MOST_SLICES;
/// Slices per piece of memory: growing copies nothing.
const PIECE: usize = 4096;

/// A KPI table as it is read: the last periods of each slice of each cell.
///
/// A slice takes 288 bytes and a cell about 120 with a name of 20: a million cells of four slices
/// about 1.3 GB, however many periods the table has.
#[derive(Debug, Default)]
pub struct KpiTable {
    pub(super) columns: Columns,
    pub(super) options: KpiOptions,
    pub(super) cells: Vec<Cell>,
    index: HashMap<Arc<str>, u32>,
    slices: Vec<Vec<SliceHistory>>,
    /// The cell of the row before: rows of one cell mostly lie together.
    current: u32,
    kind: Option<Period>,
    stamp: Stamp,
    /// What is wrong with the length of the row before.
    odd: Option<InputError>,
    /// The first time that came twice, and how many slices have such.
    repeated_hour: Option<(Period, u64)>,
    /// Rows that come twice at times without a zone, in nights when clocks may go back.
    doubled_at_night: u64,
    /// Cells that can be planned, in the order in which they were first named.
    planned: Vec<u32>,
    pub(super) report: KpiReport,
}

/// What was found while a table was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KpiReport {
    /// Rows of the table, without the header.
    pub rows: u64,
    /// Rows that were left out.
    pub bad_rows: u64,
    /// Cells that were named.
    pub cells: u64,
    /// Cells that cannot be planned.
    pub cells_left_out: u64,
    /// Slices that have left their cell: without a row in its last period.
    pub slices_gone: u64,
    /// What is wrong with rows, slices and cells, in the table's order, at most [`MOST_LISTED`].
    pub problems: Vec<InputError>,
    /// Problems that were found and not listed.
    pub problems_not_listed: u64,
    /// Columns that are passed over: they mean nothing here, or a better one stands beside them.
    pub unknown_columns: Vec<String>,
    /// What was taken for what, in sentences: no problems, but not plain either.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Cells ready to be planned, with their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KpiCells {
    /// Name of each cell.
    pub cells: Vec<String>,
    /// Name of each slice, cell after cell, ascending in each cell.
    pub slices: Vec<SNssai>,
    /// Their features, traffic, weights, minima and shares. Where a cell lacks a share or
    /// they sum to more than 1, its slices start from equal ones; where no cell has them,
    /// `previous_shares` is empty.
    pub batch: CellBatch,
    /// Part of the cell's PRB that each slice used in its last period, 0 to 1; NaN where unknown.
    #[serde(with = "packed_numbers")]
    pub prb_shares: Vec<f64>,
    /// Throughput per user of each slice in its last period, in Mbit/s; NaN where unknown.
    #[serde(with = "packed_numbers")]
    pub throughput_mbps: Vec<f64>,
    /// Delay of each slice in its last period, in ms; NaN where unknown.
    #[serde(with = "packed_numbers")]
    pub delay_ms: Vec<f64>,
}

#[derive(Debug)]
pub(super) struct Cell {
    pub name: Arc<str>,
    pub first: u32,
    slices: u32,
    pub last_seen: i64,
    /// Whether an hour came twice in it.
    shifted: bool,
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// Its number in the table, the header being 1.
    Row(u64),
    /// What it says of itself, where rows have no number.
    Measured(&'a str, Period),
}

impl Place<'_> {
    fn row(self) -> u64 {
        match self {
            Self::Row(row) => row,
            Self::Measured(..) => 0,
        }
    }

    /// `problem`, which names at most a column, with the place before it.
    pub fn of(self, mut problem: InputError) -> InputError {
        let place = self.to_string();
        let rest = std::mem::take(&mut problem.field);
        problem.field = if rest.is_empty() { place } else { format!("{place}, {rest}") };
        problem
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(formatter, "row {row}"),
            Self::Measured(cell, period) => write!(formatter, "cell {cell}, {period}"),
        }
    }
}

impl KpiReport {
    /// Adds a problem to the list or to the count.
    pub(super) fn add(&mut self, problem: InputError) {
        if self.problems.len() < MOST_LISTED {
            self.problems.push(problem);
        } else {
            self.problems_not_listed += 1;
        }
    }
}

impl KpiTable {
    /// An empty table with the header that `columns` found, read as `options` have it.
    pub fn new(columns: Columns, options: &KpiOptions) -> Self {
        let report = KpiReport {
            unknown_columns: columns.unknown.clone(),
            notes: columns.notes.clone(),
            ..KpiReport::default()
        };
        let options = columns.with_units(options);
        Self { columns, options, report, ..Self::default() }
    }

    /// Takes a row, `number` being its place in the file with the header at 1; `at` gives its fields by
    /// their positions in the header. A bad row goes to the report.
    pub fn push<'a>(&mut self, number: u64, at: impl Fn(usize) -> Field<'a>) {
        // The columns are lent out while the table takes their rows.
        let columns = std::mem::take(&mut self.columns);
        let reader = RowReader::new(&columns, &self.options);
        let mut stamp = std::mem::take(&mut self.stamp);
        reader.rows(&mut stamp, at, |row| self.take(Place::Row(number), row));
        self.stamp = stamp;
        self.columns = columns;
    }

    /// An empty table for what was measured, row by row; `passed_over` means nothing here.
    pub(in crate::formats) fn of_measurements(
        options: &KpiOptions,
        passed_over: Vec<String>,
    ) -> Self {
        Self::new(Columns { unknown: passed_over, ..Columns::default() }, options)
    }

    /// Takes what was measured of a slice, in the order of the columns.
    pub(in crate::formats) fn push_measured(
        &mut self,
        slice: SNssai,
        fields: &[Field<'_>; COLUMNS],
    ) {
        let columns = Columns::default();
        let reader = RowReader::new(&columns, &self.options);
        let row = reader.row(&mut self.stamp, Some(slice), fields);
        let (cell, period) = match &row.key {
            Ok(key) => (key.cell.to_string(), key.period),
            Err(_) => (String::new(), Period::Step(0)),
        };
        self.take(Place::Measured(&cell, period), row);
    }

    /// Adds what was taken for what.
    pub(in crate::formats) fn note(&mut self, note: String) {
        self.report.notes.push(note);
    }

    /// Adds a problem that is no row's.
    pub(in crate::formats) fn report_problem(&mut self, problem: InputError) {
        self.report.add(problem);
    }

    /// Counts a row that has no fields in the order of the columns, such as one cut short. The last row
    /// of a table is none where it is such a one: it sums the others up, or the file was cut.
    pub fn push_bad(&mut self, problem: InputError) {
        self.count_odd();
        self.odd = Some(problem);
    }

    /// Counts the row of an odd length that was not the last.
    fn count_odd(&mut self) {
        let Some(problem) = self.odd.take() else { return };
        self.report.rows += 1;
        self.report.bad_rows += 1;
        self.report.add(problem);
    }

    /// Takes a row that was understood; one that was not goes to the report.
    pub(super) fn take<C: AsRef<str>>(&mut self, place: Place<'_>, row: Parsed<C>) {
        let Parsed { key, kpis, doubts } = row;
        self.count_odd();
        self.report.rows += 1;
        doubts.into_iter().for_each(|doubt| self.report.add(place.of(doubt)));
        if let Err(problem) = key.and_then(|key| self.take_row(place, &key, kpis)) {
            self.report.bad_rows += 1;
            self.report.add(place.of(problem));
        }
    }

    fn take_row<C: AsRef<str>>(
        &mut self,
        place: Place<'_>,
        key: &Key<C>,
        kpis: Result<Kpis, InputError>,
    ) -> Result<(), InputError> {
        let kind = *self.kind.get_or_insert(key.period);
        if !key.period.same_kind(kind) {
            let allowed = match kind {
                Period::Step(_) => "a step number, as in the rows before",
                Period::Time(_) => "a time, as in the rows before",
            };
            return Err(InputError::new("column period_start", key.period, allowed));
        }
        let name = key.cell.as_ref();
        let cell = self.cell(name)?;
        let slice = self.slice(cell, key.snssai).inspect_err(|_| {
            // The cell was there, whoever was in it.
            let cell = &mut self.cells[cell as usize];
            cell.last_seen = cell.last_seen.max(key.period.rank());
        });
        let slice = slice?;
        let time = self.time(cell, slice, key.period, key.local);
        let mut kpis = kpis?;
        kpis.latest.row = place.row();
        if self.slice_mut(slice).push(time, &kpis) {
            return Ok(());
        }
        self.doubled_at_night += u64::from(key.local && key.period.is_sunday_night());
        let found = format!("a second one for {}, {name}, {}", key.period, key.snssai);
        Err(InputError::new("", found, "one row per period, cell and slice"))
    }

    /// The cell's index; a new one is added.
    fn cell(&mut self, name: &str) -> Result<u32, InputError> {
        let is_current =
            self.cells.get(self.current as usize).is_some_and(|cell| &*cell.name == name);
        if !is_current {
            self.current = match self.index.get(name) {
                Some(index) => *index,
                None => self.add_cell(name)?,
            };
        }
        Ok(self.current)
    }

    fn add_cell(&mut self, name: &str) -> Result<u32, InputError> {
        let index = self.cells.len() as u32;
        if index == NONE {
            return Err(InputError::new("cells", index, format!("at most {NONE} cells")));
        }
        let name: Arc<str> = name.into();
        self.index.insert(Arc::clone(&name), index);
        let cell = Cell { name, first: NONE, slices: 0, last_seen: i64::MIN, shifted: false };
        self.cells.push(cell);
        self.report.cells += 1;
        Ok(index)
    }

    /// The index of a slice of a cell; a new one is added at the end of the cell's chain.
    fn slice(&mut self, cell: u32, snssai: SNssai) -> Result<u32, InputError> {
        let mut last = NONE;
        let mut next = self.cells[cell as usize].first;
        while next != NONE {
            let slice = self.slice_at(next);
            if slice.snssai == snssai {
                return Ok(next);
            }
            last = next;
            next = slice.next;
        }
        if self.cells[cell as usize].slices as usize == MOST_KEPT {
            let found = format!("one of more than {MOST_KEPT} in its cell");
            let allowed = format!("at most {MOST_SLICES} slices in a cell");
            return Err(InputError::new("column SNSSAI", found, allowed));
        }
        let added = self.add_slice(SliceHistory::new(snssai));
        match last {
            NONE => self.cells[cell as usize].first = added,
            last => self.slice_mut(last).next = added,
        }
        self.cells[cell as usize].slices += 1;
        Ok(added)
    }

    /// The place of a row in time, by which its slice and its cell were there: as it is written, or an
    /// hour later where a local hour came twice.
    fn time(&mut self, cell: u32, slice: u32, period: Period, local: bool) -> i64 {
        let mut time = period.rank();
        if local {
            let Cell { shifted, last_seen, .. } = self.cells[cell as usize];
            let history = self.slice_mut(slice);
            let repeats = history.repeats_an_hour(period);
            let is_new = history.last_seen == i64::MIN;
            history.shifted |= repeats || (is_new && shifted && time + HOUR_MS >= last_seen);
            if history.shifted {
                time += HOUR_MS;
            }
            if repeats {
                self.cells[cell as usize].shifted = true;
                self.repeated_hour.get_or_insert((period, 0)).1 += 1;
            }
        }
        let history = self.slice_mut(slice);
        history.last_seen = history.last_seen.max(time);
        let cell = &mut self.cells[cell as usize];
        cell.last_seen = cell.last_seen.max(time);
        time
    }

    fn add_slice(&mut self, slice: SliceHistory) -> u32 {
        if self.slices.last().is_none_or(|piece| piece.len() == PIECE) {
            self.slices.push(Vec::with_capacity(PIECE));
        }
        let pieces = self.slices.len();
        let piece = &mut self.slices[pieces - 1];
        piece.push(slice);
        ((pieces - 1) * PIECE + piece.len() - 1) as u32
    }

    pub(super) fn slice_mut(&mut self, index: u32) -> &mut SliceHistory {
        &mut self.slices[index as usize / PIECE][index as usize % PIECE]
    }

    pub(super) fn slice_at(&self, index: u32) -> &SliceHistory {
        &self.slices[index as usize / PIECE][index as usize % PIECE]
    }

    /// The slices of a cell that are there in its last period, with a good row.
    pub(super) fn present(&self, cell: &Cell) -> impl Iterator<Item = u32> {
        let last_seen = cell.last_seen;
        let some = |index: u32| Some(index).filter(|index| *index != NONE);
        let next = move |index: &u32| some(self.slice_at(*index).next);
        std::iter::successors(some(cell.first), next).filter(move |index| {
            let slice = self.slice_at(*index);
            slice.last_seen == last_seen && !slice.is_empty()
        })
    }

    /// Ends the reading: decides what requirements and PRB mean and which cells can be planned, and
    /// reports the others.
    ///
    /// # Errors
    /// When the table has no row, or it is nowhere said what a slice requires.
    pub fn finish(&mut self) -> Result<(), InputError> {
        if let Some(InputError { field, value, .. }) = self.odd.take_if(|_| self.report.rows > 0) {
            let note = format!("the last line is passed over: {field} has {value}");
            self.report.notes.push(note);
        }
        self.count_odd();
        if self.report.rows == 0 {
            let allowed = "at least one row below the header";
            return Err(InputError::new("table", "without a row", allowed));
        }
        self.index = HashMap::new();
        self.planned.clear();
        if let Some((period, slices)) = self.repeated_hour {
            self.report.notes.push(format!(
                "the stamps of {slices} slices go back by an hour at {}: local time, in which clocks \
                 went back; the rows from there on count as an hour later",
                period.to_string().trim_end_matches('Z')
            ));
        }
        if self.doubled_at_night > 0 {
            self.report.notes.push(format!(
                "{} rows that come twice have stamps of a night in which clocks may go back: if they are \
                 local time, an offset such as +01:00 tells them apart",
                self.doubled_at_night
            ));
        }
        self.settle()?;
        for index in 0..self.cells.len() {
            let checked = self.checked(index);
            match checked {
                Ok(()) => self.planned.push(index as u32),
                Err(problem) => {
                    self.report.cells_left_out += 1;
                    self.report.add(problem);
                }
            }
        }
        Ok(())
    }

    /// Whether a cell can be planned; its slices that cannot are reported.
    fn checked(&mut self, index: usize) -> Result<(), InputError> {
        let Cell { name, first, last_seen, .. } = &self.cells[index];
        let (name, mut next, last_seen) = (Arc::clone(name), *first, *last_seen);
        let (mut slices, mut minimum, mut weight) = (0, 0.0, 0.0);
        let mut unrequired = None;
        while next != NONE {
            let slice = self.slice_at(next);
            let (snssai, is_gone, is_empty) =
                (slice.snssai, slice.last_seen < last_seen, slice.is_empty());
            let latest = *slice.latest();
            next = slice.next;
            if is_gone {
                self.report.slices_gone += 1;
            } else if is_empty {
                let field = format!("cell {name}, slice {snssai}");
                self.report.add(InputError::new(field, "without a good row", "at least one"));
            } else {
                slices += 1;
                minimum += latest.minimum_share;
                weight += latest.weight;
                if !latest.has_requirements() {
                    unrequired = Some(snssai);
                }
            }
        }
        let field = |what: &str| format!("cell {name}, {what}");
        if slices == 0 || slices > MOST_SLICES {
            let allowed = format!("1 to {MOST_SLICES} slices in its last period");
            return Err(InputError::new(field("slices"), slices, allowed));
        }
        if let Some(snssai) = unrequired {
            let field = field(&format!("requirement of slice {snssai}"));
            return Err(InputError::new(field, "missing", "dLThptPerUE and dLLatency in a row"));
        }
        // Percentages such as 33.3 and 66.7 add up to a little more than 1.
        if minimum > 1.0 + 1e-9 {
            let allowed = "at most 100 % over its slices";
            let found = format!("{} %", 100.0 * minimum);
            return Err(InputError::new(field("leastRatio"), found, allowed));
        }
        if weight <= 0.0 {
            let allowed = "more than 0 over its slices";
            return Err(InputError::new(field("weight"), weight, allowed));
        }
        Ok(())
    }

    /// Number of cells that can be planned, once [`Self::finish`] was called.
    pub fn len(&self) -> usize {
        self.planned.len()
    }

    /// Whether no cell can be planned.
    pub fn is_empty(&self) -> bool {
        self.planned.is_empty()
    }

    /// What was found so far.
    pub fn report(&self) -> &KpiReport {
        &self.report
    }

    /// The latest period of any cell; none where no row names one.
    pub fn last_period(&self) -> Option<Period> {
        let kind = self.kind?;
        self.cells.iter().map(|cell| cell.last_seen).max().map(|rank| kind.of_rank(rank))
    }

    /// Some of the cells that can be planned; a range beyond them is cut.
    pub fn cells(&self, range: Range<usize>) -> KpiCells {
        let end = range.end.min(self.planned.len());
        let mut found = KpiCells { batch: CellBatch::new(FEATURES), ..KpiCells::default() };
        let mut any_share = false;
        for index in &self.planned[range.start.min(end)..end] {
            let cell = &self.cells[*index as usize];
            found.cells.push(cell.name.to_string());
            any_share |= self.push_slices(cell, &mut found);
            found.batch.end_cell();
        }
        if !any_share {
            found.batch.previous_shares.clear();
        }
        found
    }

    /// Appends the slices of a cell; says whether all their shares were known.
    fn push_slices(&self, cell: &Cell, found: &mut KpiCells) -> bool {
        let mut slices: Vec<&SliceHistory> =
            self.present(cell).map(|index| self.slice_at(index)).collect();
        // The plan then does not depend on the order of the rows.
        slices.sort_unstable_by_key(|slice| slice.snssai);
        let shares: f64 = slices.iter().map(|slice| slice.latest().share).sum();
        let known = shares <= 1.0 + 1e-9;
        for slice in &slices {
            let latest = slice.latest();
            found.slices.push(slice.snssai);
            found.batch.push_slice_with(
                &slice.features(),
                slice.traffic_mbps(),
                latest.weight,
                latest.minimum_share,
            );
            found.prb_shares.push(latest.prb_share);
            found.throughput_mbps.push(latest.throughput_mbps);
            found.delay_ms.push(latest.delay_ms);
            let share = if known { latest.share } else { 1.0 / slices.len() as f64 };
            found.batch.previous_shares.push(share);
        }
        known
    }
}
