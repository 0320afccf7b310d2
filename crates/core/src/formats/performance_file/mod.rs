//! Performance files and measurement events: what gNBs and their managers report by themselves, as the
//! rows of a KPI table.
//!
//! - Files of 3GPP TS 32.435 and TS 28.532 (XML): `measCollecFile` or `measDataFile` with `measInfo`,
//!   whose `measType` and `r` belong together by `p` or whose `measTypes` and `measResults` do by their
//!   order. A period begins at the end of `granPeriod` less its duration.
//! - VES events (JSON, one, a list or one per line): `perf3gppFields`, the same under the domain
//!   `stndDefined`, `measurementFields` with `additionalMeasurements` or `networkSliceArray`, and the
//!   measurement streaming of the O-RAN Software Community.
//!
//! A cell is named by its distinguished name up to `NRCellDU`, or by the event's source where nothing
//! else names it. A slice is named by the measurement (`DRB.UEThpDl.1-000001`,
//! `DRB.UEThpDl.SNSSAI.1-000001`) or by the object (`NRCellDU=7,SNSSAI=1-000001`). Numbers of a whole
//! cell beside those of its slices are passed over, but for CQI and PRB that the cell has. What such
//! files do not tell, as requirements, is for [`KpiOptions`] to say.

mod events;
mod measurements;
#[cfg(test)]
mod tests;
mod xml;

use std::io::{BufRead, Read};

use crate::error::InputError;

use super::kpi_table::{KpiOptions, KpiTable, ReadError};
use measurements::Measurements;

/// Performance files and events that are read into one table.
#[derive(Debug, Default)]
pub struct PerformanceFiles {
    measurements: Measurements,
}

impl PerformanceFiles {
    /// Adds a performance file as XML, as it streams by.
    ///
    /// # Errors
    /// Says at which byte it is no XML, or that it holds no measurements.
    pub fn add_xml(&mut self, input: impl BufRead) -> Result<(), ReadError> {
        xml::read(input, &mut self.measurements)
    }

    /// Adds measurement events as JSON, one after the other.
    ///
    /// # Errors
    /// Says where it is no JSON, or that no event holds measurements.
    pub fn add_events(&mut self, input: impl Read) -> Result<(), ReadError> {
        events::read(input, &mut self.measurements)
    }

    /// The table of all that was added.
    ///
    /// # Errors
    /// Says that no measurement is of a slice, or what [`KpiTable::finish`] says.
    pub fn finish(self, options: &KpiOptions) -> Result<KpiTable, InputError> {
        options.validate()?;
        self.measurements.table(options)
    }
}
