//! The panels beside the map, one per tab.

mod failures;
mod flows;
mod what_if;

use crate::charts::drawing::Cell;

pub use failures::FailuresPanel;
pub use flows::FlowsPanel;
pub use what_if::WhatIfPanel;

/// How far off a corrected delay may be, beside the delay itself: headings of the columns after it.
const INTERVAL_COLUMNS: [&str; 2] = ["90 %: − ms", "+ ms"];

/// Of a corrected delay in seconds (least, told, most), the told one (column 0) or how far off it may be.
fn corrected_cell(delays_s: Option<[f64; 3]>, column: usize) -> Cell {
    let of = |[least, told, most]: [f64; 3]| [told, told - least, most - told][column];
    Cell::from(delays_s.map(|delays_s| 1e3 * of(delays_s)))
}
