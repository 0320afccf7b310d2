//! KPI tables: what a network management system counted for each slice of each cell, period by
//! period, as the Cells planner reads it.
//!
//! One row per granularity period, cell and S-NSSAI. A table is CSV (comma, semicolon or tab, with
//! or without quotes and byte-order mark) or Parquet (in the command line), with the columns of
//! [`Column`] under the names of 3GPP TS 28.552 (measurements) and TS 28.541 (requirements); the
//! order of the columns and of the rows does not matter. A name that is not the standard's is ours:
//! the standards name the period's start only in the file that carries the measurements, and count
//! CQI as a distribution (TS 28.552, `CARR.WBCQIDist`), of which the planner needs the mean.
//!
//! What tables say in other ways:
//! - Names may have underscores, colons, slashes or blanks for the dots, in any case. Of several names
//!   of a column the best counts; the others are passed over, as numbers of the whole cell beside those
//!   of its slices are.
//! - A table without a column for the slice has columns of each: `DRB.UEThpDl.1-000001` or
//!   `DRB.UEThpDl.SNSSAI.1-000001`. Each of its rows is a row of every slice that has a value in it.
//! - `CARR.WBCQIDist.Bin0` to `Bin15`, with ranks and tables below them or without, stand for the mean
//!   CQI.
//! - Requirements may be told beside the table, per S-NSSAI: [`KpiOptions`].
//! - `RRU.PrbAvailDl` counts free PRB where, over the periods of most cells, it comes to the same with
//!   those used, as srsRAN and OCUDU report it. `RRU.PrbTotDl` is the carrier's number of PRB where it
//!   goes with the other numbers, or else the percentage of TS 28.552.
//! - `rRMPolicyMinRatio` is the policy in force: what the slice had, where `share` does not say it. What
//!   a plan must leave to a slice is `leastRatio`, so that a plan that was applied does not freeze the
//!   next one.
//!
//! How irregular tables are treated:
//! - A row with a time, a cell, a slice, users or a CQI that is missing, no number or out of range is a
//!   *bad row*, and so is one with a wrong requirement, weight or ratio: it is left out and reported
//!   with its row and column, and the rest is planned. NaN counts as missing. A CQI may be missing where
//!   no user was active: it is then that of the period before, or the first one known, or 7 where none
//!   is. PRB, throughput or delay that cannot be are reported and count as missing.
//! - The planner uses the last [`crate::cells::HISTORY`] periods of each slice in each cell, in the
//!   order of time whatever the order of the rows. A gap does not shift them; a shorter history
//!   repeats its oldest period. Requirements, weight, ratios and share are those of the last one.
//! - A second row for the same period, cell and slice is a bad row; the first stands. But where stamps
//!   without a zone go back by an hour, in a Sunday night and in a slice whose rows are in the order of
//!   time, clocks went back: these rows and those behind them count as an hour later.
//! - A slice without a row in its cell's last period has left the cell and is not planned. A bad row
//!   shows that its slice is there: it is planned from its older periods.
//! - A cell with more than [`crate::cells::MOST_SLICES`] slices, with least ratios of more than 100 % or
//!   with no weight above 0 is reported and left out, as one is whose slice alone lacks a requirement.
//! - Unknown columns are passed over and reported; a missing column that is needed is an error, and so
//!   is a slice of which it is nowhere said what it requires.
//! - Throughput and delay that can hardly be in the units of the columns are asked about.
//!
//! Rows are counted as in a spreadsheet: the header is row 1 (also of a Parquet file, which has
//! none: its first row is row 2), empty lines do not count. Natively several threads read a table; what
//! comes out does not depend on them.

mod column;
mod field;
mod gather;
mod history;
mod options;
#[cfg(not(target_family = "wasm"))]
mod parallel;
mod period;
mod read;
mod records;
mod requirements;
mod settle;
mod shown;
#[cfg(test)]
mod tests;
mod write;

pub(super) use column::Meaning;
pub use column::{COLUMNS, Column, Columns, SliceColumns, WRITTEN_COLUMNS};
pub use field::Field;
pub use gather::{KpiCells, KpiReport, KpiTable, MOST_LISTED};
pub use options::{CARRIER_PRB, ChoiceNames, DelayUnit, KpiOptions, PrbAvailable, ThroughputUnit};
pub use period::Period;
pub use read::{ReadError, read, read_csv, read_with};
pub use requirements::{Requirement, Requirements};
pub use shown::shown_columns;
pub use write::{KpiRow, KpiWriter, write_csv};
pub(super) use write::{quoted, text_cell};
