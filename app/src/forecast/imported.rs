//! The visitor's own trace.

use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::forecast::{DemandSeries, Treatment, demand_csv};

/// Unit of a demand that names none.
const UNIT: &str = "Mbit/s";

/// An imported table: one trace per column of demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Name of the file.
    pub name: String,
    /// Its traces, each with what was done to it.
    pub traces: Vec<(Arc<DemandSeries>, Treatment)>,
    /// The trace that is planned.
    pub chosen: usize,
}

impl Imported {
    /// The trace that is planned.
    pub fn series(&self) -> Option<&Arc<DemandSeries>> {
        self.traces.get(self.chosen).map(|(series, _)| series)
    }

    /// What was done to it, in words; nothing where nothing was.
    pub fn treatment(&self) -> Option<String> {
        let (_, treatment) = self.traces.get(self.chosen)?;
        let parts: Vec<String> = [
            (treatment.filled, "missing steps filled along a line"),
            (treatment.duplicates, "samples with a stamp that had come before averaged"),
            (treatment.unsorted, "samples sorted by their stamps"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
        (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
    }
}

/// The traces of a table.
///
/// # Errors
/// Says what cannot be read.
pub fn traces(text: &str) -> Result<Vec<(Arc<DemandSeries>, Treatment)>, InputError> {
    let read = demand_csv::read(text, UNIT, None)?;
    Ok(read.into_iter().map(|(series, treatment)| (Arc::new(series), treatment)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_to_a_trace_is_told() {
        let text = "time,cell\n0,1\n10,3\n5,\n15,4\n15,6\n";
        let imported =
            Imported { name: "a.csv".to_owned(), traces: traces(text).unwrap(), chosen: 0 };
        assert_eq!(imported.series().unwrap().values, [1.0, 2.0, 3.0, 5.0]);
        let told = imported.treatment().unwrap();
        for part in ["1 missing", "1 samples with a stamp", "1 samples sorted"] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(Imported { chosen: 3, ..imported }.treatment(), None);
    }
}
