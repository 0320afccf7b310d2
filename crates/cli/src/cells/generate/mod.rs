//! `slicewise generate city` and `slicewise generate cells`: KPI tables.

pub mod city;
pub mod network;

use slicewise_core::cells::STEP_MINUTES;
use slicewise_core::formats::kpi_table::Period;

/// Start of the first period, in milliseconds since 1970: 2026-01-01T00:00:00Z.
const FIRST_PERIOD_MS: i64 = 1_767_225_600_000;
const PERIOD_MS: i64 = 60_000 * STEP_MINUTES as i64;

/// The period of a step.
fn period(step: usize) -> Period {
    Period::Time(FIRST_PERIOD_MS + PERIOD_MS * step as i64)
}
