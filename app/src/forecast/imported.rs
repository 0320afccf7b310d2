//! The visitor's own trace.

use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::forecast::{DemandSeries, Treatment, demand_csv};

use super::words;

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

    /// The file and the trace that is planned, in words.
    pub fn summary(&self) -> Option<String> {
        let series = self.series()?;
        let samples = words::counted(series.values.len(), "sample");
        let step = words::duration(series.step_minutes);
        let treatment = self.treatment().map(|text| format!(" {text}")).unwrap_or_default();
        Some(format!("{}: {samples}, {step} apart.{treatment}", self.name))
    }

    /// What was done to it, in words; nothing where nothing was.
    pub fn treatment(&self) -> Option<String> {
        let (_, treatment) = self.traces.get(self.chosen)?;
        let parts: Vec<String> = [
            (treatment.filled, "missing step", "filled along a line"),
            (treatment.duplicates, "repeated stamp", "averaged"),
            (treatment.unsorted, "sample", "out of order sorted"),
        ]
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, thing, done)| format!("{} {done}", words::counted(*count, thing)))
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
        let expected = "1 missing step filled along a line; 1 repeated stamp averaged; 1 sample out \
                        of order sorted.";
        assert_eq!(told, expected);
        assert_eq!(Imported { chosen: 3, ..imported }.treatment(), None);
    }

    #[test]
    fn a_minute_an_hour_and_a_day_are_told_in_words() {
        for (step, told) in [
            (1, "a.csv: 3 samples, 1 minute apart."),
            (60, "a.csv: 3 samples, 1 hour apart."),
            (1440, "a.csv: 3 samples, 1 day apart."),
        ] {
            let text = format!("minute,cell\n0,1\n{step},2\n{},3\n", 2 * step);
            let traces = traces(&text).unwrap();
            let imported = Imported { name: "a.csv".to_owned(), traces, chosen: 0 };
            assert_eq!(imported.summary().unwrap(), told);
        }
    }
}
