//! Rows become cells: memory grows with the cells and their slices, not with the rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cells::{CellBatch, FEATURES, MOST_SLICES, SNssai};
use crate::error::InputError;

use super::column::{COLUMNS, Columns};
use super::field::{Field, Kpis, Row};
use super::history::{Latest, NONE, SliceHistory};
use super::period::Period;

/// The most problems that are listed one by one; further ones are counted.
pub const MOST_LISTED: usize = 200;
/// The most slices of a cell that are kept, those that have left it included.
const MOST_KEPT: usize = 4 * MOST_SLICES;
/// Slices per piece of memory: growing copies nothing.
const PIECE: usize = 4096;

/// A KPI table as it is read: the last periods of each slice of each cell.
///
/// A slice takes 216 bytes and a cell about 120 with a name of 20: a million cells of four slices
/// about 1 GB, however many periods the table has.
#[derive(Debug, Default)]
pub struct KpiTable {
    /// Separator of the file that the rows come from: behind a semicolon `1,5` is a number.
    pub separator: char,
    cells: Vec<Cell>,
    index: HashMap<Arc<str>, u32>,
    slices: Vec<Vec<SliceHistory>>,
    /// The cell of the row before: rows of one cell mostly lie together.
    current: u32,
    kind: Option<Period>,
    /// Cells that can be planned, in the order in which they were first named.
    planned: Vec<u32>,
    report: KpiReport,
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
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
}

/// Cells ready to be planned, with their names.
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub prb_shares: Vec<f64>,
    /// Throughput per user of each slice in its last period, in Mbit/s; NaN where unknown.
    pub throughput_mbps: Vec<f64>,
    /// Delay of each slice in its last period, in ms; NaN where unknown.
    pub delay_ms: Vec<f64>,
}

#[derive(Debug)]
struct Cell {
    name: Arc<str>,
    first: u32,
    slices: u32,
    last_seen: i64,
}

impl KpiReport {
    /// Adds a problem to the list or to the count.
    fn add(&mut self, problem: InputError) {
        if self.problems.len() < MOST_LISTED {
            self.problems.push(problem);
        } else {
            self.problems_not_listed += 1;
        }
    }
}

impl KpiTable {
    /// An empty table with the header that `columns` found.
    pub fn new(columns: &Columns, separator: char) -> Self {
        let unknown_columns = columns.unknown.clone();
        let report = KpiReport { unknown_columns, ..KpiReport::default() };
        Self { separator, report, ..Self::default() }
    }

    /// Takes a row, `number` being its place in the file with the header at 1. A bad row goes to the
    /// report.
    pub fn push(&mut self, number: u64, fields: &[Field<'_>; COLUMNS]) {
        self.report.rows += 1;
        let row = Row { number, fields, separator: self.separator };
        if let Err(problem) = self.take(&row) {
            self.report.bad_rows += 1;
            self.report.add(problem);
        }
    }

    /// Counts a row that has no fields in the order of the columns, such as one cut short.
    pub fn push_bad(&mut self, problem: InputError) {
        self.report.rows += 1;
        self.report.bad_rows += 1;
        self.report.add(problem);
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), InputError> {
        let key = row.key()?;
        let kind = *self.kind.get_or_insert(key.period);
        if !key.period.same_kind(kind) {
            let field = format!("row {}, column period_start", row.number);
            let allowed = match kind {
                Period::Step(_) => "a step number, as in the rows before",
                Period::Time(_) => "a time, as in the rows before",
            };
            return Err(InputError::new(field, key.period, allowed));
        }
        let period = key.period.rank();
        let cell = self.cell(&key.cell, period)?;
        let slice = self.slice(cell, key.snssai, period, row.number)?;
        let kpis: Kpis = row.kpis()?;
        if self.slice_mut(slice).push(period, &kpis) {
            return Ok(());
        }
        let found = format!("a second one for {}, {}, {}", key.period, key.cell, key.snssai);
        Err(InputError::new(
            format!("row {}", row.number),
            found,
            "one row per period, cell and slice",
        ))
    }

    /// The cell's index; a new one is added.
    fn cell(&mut self, name: &str, period: i64) -> Result<u32, InputError> {
        let is_current =
            self.cells.get(self.current as usize).is_some_and(|cell| &*cell.name == name);
        if !is_current {
            self.current = match self.index.get(name) {
                Some(index) => *index,
                None => self.add_cell(name, period)?,
            };
        }
        let cell = &mut self.cells[self.current as usize];
        cell.last_seen = cell.last_seen.max(period);
        Ok(self.current)
    }

    fn add_cell(&mut self, name: &str, period: i64) -> Result<u32, InputError> {
        let index = self.cells.len() as u32;
        if index == NONE {
            return Err(InputError::new("cells", index, format!("at most {NONE} cells")));
        }
        let name: Arc<str> = name.into();
        self.index.insert(Arc::clone(&name), index);
        self.cells.push(Cell { name, first: NONE, slices: 0, last_seen: period });
        self.report.cells += 1;
        Ok(index)
    }

    /// The index of a slice of a cell; a new one is added at the end of the cell's chain.
    fn slice(
        &mut self,
        cell: u32,
        snssai: SNssai,
        period: i64,
        row: u64,
    ) -> Result<u32, InputError> {
        let mut last = NONE;
        let mut next = self.cells[cell as usize].first;
        while next != NONE {
            let slice = self.slice_mut(next);
            if slice.snssai == snssai {
                slice.last_seen = slice.last_seen.max(period);
                return Ok(next);
            }
            last = next;
            next = slice.next;
        }
        if self.cells[cell as usize].slices as usize == MOST_KEPT {
            let found = format!("one of more than {MOST_KEPT} in its cell");
            let allowed = format!("at most {MOST_SLICES} slices in a cell");
            return Err(InputError::new(format!("row {row}, column SNSSAI"), found, allowed));
        }
        let added = self.add_slice(SliceHistory::new(snssai, period));
        match last {
            NONE => self.cells[cell as usize].first = added,
            last => self.slice_mut(last).next = added,
        }
        self.cells[cell as usize].slices += 1;
        Ok(added)
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

    fn slice_mut(&mut self, index: u32) -> &mut SliceHistory {
        &mut self.slices[index as usize / PIECE][index as usize % PIECE]
    }

    fn slice_at(&self, index: u32) -> &SliceHistory {
        &self.slices[index as usize / PIECE][index as usize % PIECE]
    }

    /// Ends the reading: decides which cells can be planned, and reports the others.
    ///
    /// # Errors
    /// When the table has no row.
    pub fn finish(&mut self) -> Result<(), InputError> {
        if self.report.rows == 0 {
            let allowed = "at least one row below the header";
            return Err(InputError::new("table", "without a row", allowed));
        }
        self.index = HashMap::new();
        self.planned.clear();
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
        while next != NONE {
            let slice = self.slice_at(next);
            let (snssai, is_gone, is_empty) =
                (slice.snssai, slice.last_seen < last_seen, slice.is_empty());
            let Latest { minimum_share, weight: of_slice, .. } = *slice.latest();
            next = slice.next;
            if is_gone {
                self.report.slices_gone += 1;
            } else if is_empty {
                let field = format!("cell {name}, slice {snssai}");
                self.report.add(InputError::new(field, "without a good row", "at least one"));
            } else {
                slices += 1;
                minimum += minimum_share;
                weight += of_slice;
            }
        }
        let field = |what: &str| format!("cell {name}, {what}");
        if slices == 0 || slices > MOST_SLICES {
            let allowed = format!("1 to {MOST_SLICES} slices in its last period");
            return Err(InputError::new(field("slices"), slices, allowed));
        }
        // Percentages such as 33.3 and 66.7 add up to a little more than 1.
        if minimum > 1.0 + 1e-9 {
            let allowed = "at most 100 % over its slices";
            let found = format!("{} %", 100.0 * minimum);
            return Err(InputError::new(field("rRMPolicyMinRatio"), found, allowed));
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
        let mut slices: Vec<&SliceHistory> = Vec::with_capacity(MOST_SLICES);
        let mut next = cell.first;
        while next != NONE {
            let slice = self.slice_at(next);
            if slice.last_seen == cell.last_seen && !slice.is_empty() {
                slices.push(slice);
            }
            next = slice.next;
        }
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
