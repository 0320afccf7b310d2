//! Charts as tests keep them.

use crate::charts::drawing::{Chart, standalone};

/// What a saved file of `chart` holds, one mark a line.
pub fn saved(chart: &Chart) -> String {
    standalone("chart", chart).replace("><", ">\n<")
}
