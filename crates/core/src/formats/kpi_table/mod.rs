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
//! How irregular tables are treated:
//! - A row with a value that is missing, no number or out of range is a *bad row*: it is left out
//!   and reported with its row and column, and the rest is planned. NaN counts as missing. A CQI
//!   may be missing where no user was active: it is then that of the period before, or the first one
//!   known, or 7 where none is.
//! - The planner uses the last [`crate::cells::HISTORY`] periods of each slice in each cell, in the
//!   order of time whatever the order of the rows. A gap does not shift them; a shorter history
//!   repeats its oldest period. Requirements, weight, minimum and share are those of the last one.
//! - A second row for the same period, cell and slice is a bad row; the first stands.
//! - A slice without a row in its cell's last period has left the cell and is not planned. A bad row
//!   shows that its slice is there: it is planned from its older periods.
//! - A cell with more than [`crate::cells::MOST_SLICES`] slices, with minima of more than 100 % or
//!   with no weight above 0 is reported and left out.
//! - Unknown columns are passed over and reported; a missing column that is needed is an error.
//!
//! Rows are counted as in a spreadsheet: the header is row 1 (also of a Parquet file, which has
//! none: its first row is row 2), empty lines do not count.

mod column;
mod field;
mod gather;
mod history;
mod period;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use column::{COLUMNS, Column, Columns};
pub use field::Field;
pub use gather::{KpiCells, KpiReport, KpiTable, MOST_LISTED};
pub use period::Period;
pub use read::{ReadError, read, read_csv};
pub(super) use write::quoted;
pub use write::{KpiRow, KpiWriter, write_csv};
