//! The panels beside the map, one per tab.

mod corrected_cell;
mod failures;
mod flows;
mod what_if;

pub use failures::FailuresPanel;
pub use flows::FlowsPanel;
pub use what_if::WhatIfPanel;
