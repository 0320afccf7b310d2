//! Corrected delays in the panels' tables: the delay, and how far off it may be.

use crate::charts::drawing::Cell;

/// How far off a corrected delay may be, beside the delay itself: headings of the columns after it.
pub const INTERVAL_COLUMNS: [&str; 2] = ["90 %: − ms", "+ ms"];

/// Of a corrected delay in seconds (least, told, most), the told one (column 0) or how far off it may be.
pub fn corrected_cell(delays_s: Option<[f64; 3]>, column: usize) -> Cell {
    let of = |[least, told, most]: [f64; 3]| [told, told - least, most - told][column];
    Cell::from(delays_s.map(|delays_s| 1e3 * of(delays_s)))
}
