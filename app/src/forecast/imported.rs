//! The visitor's own trace.

use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::forecast::DemandSeries;
use slicewise_core::formats::table::ShownColumn;
use slicewise_core::reader::{DemandForm, DemandRead, ReadTrace};

/// A table that was read, with what was chosen of it and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedTable {
    /// Name of the file.
    pub name: String,
    /// What the visitor chose.
    pub form: DemandForm,
    /// What was read: the columns, and which choice is wanted where one is.
    pub columns: Vec<ShownColumn>,
    /// The choice that is wanted, or what is wrong.
    pub open: Option<InputError>,
    /// What the file holds, to be read again with other choices.
    pub bytes: Arc<Vec<u8>>,
}

/// An imported table: its traces.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Name of the file.
    pub name: String,
    /// What was decided about the table, one phrase each.
    pub told: Vec<String>,
    /// Its traces, each with what was done to it.
    pub traces: Vec<(Arc<DemandSeries>, String)>,
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
        let (_, done) = self.traces.get(self.chosen)?;
        let told: Vec<&str> =
            std::iter::once(&done[..]).chain(self.told.iter().map(|t| &t[..])).collect();
        Some(format!("{}: {}.", self.name, told.join("; ")))
    }
}

/// What was read of the table `name`, which `bytes` hold, by `form`: what is shown of it, and its traces
/// where it has any.
pub fn opened(
    name: String,
    bytes: Arc<Vec<u8>>,
    form: DemandForm,
    read: DemandRead,
) -> (OpenedTable, Option<Imported>) {
    let traces = |found: Vec<ReadTrace>| {
        let traces = found.iter().map(|read| (Arc::new((&read.trace).into()), read.told.clone()));
        Imported { name: name.clone(), told: read.told, traces: traces.collect(), chosen: 0 }
    };
    let (imported, open) = match read.traces {
        Ok(found) => (Some(traces(found)), None),
        Err(error) => (None, Some(error)),
    };
    (OpenedTable { name, form, columns: read.columns, open, bytes }, imported)
}

#[cfg(test)]
mod tests {
    use slicewise_core::reader::GivenFile;

    use super::*;

    fn read_text(text: &str) -> (OpenedTable, Option<Imported>) {
        let form = DemandForm::default();
        let file = GivenFile { bytes: text.as_bytes().to_vec() };
        let read = file.demand(&form).unwrap();
        opened("a.csv".to_owned(), Arc::default(), form, read)
    }

    #[test]
    fn what_was_done_to_a_trace_is_told() {
        let (_, imported) = read_text("minute,demand\n0,1\n10,3\n5,\n15,4\n15,6\n");
        let imported = imported.unwrap();
        assert_eq!(imported.series().unwrap().values, [1.0, 2.0, 3.0, 5.0]);
        let told = "a.csv: 4 steps of 5 minutes counted from the start; 1 missing step filled along a \
                    line; 1 repeated stamp averaged; 1 sample out of order sorted; Mbit/s assumed, \
                    as its heading names no known unit; minute counts minutes from the start.";
        assert_eq!(imported.summary().unwrap(), told);
        assert_eq!(Imported { chosen: 3, ..imported }.summary(), None);
    }

    #[test]
    fn a_table_with_a_question_is_opened_without_traces() {
        let (opened, imported) = read_text("t,demand\n0,1\n1,3\n2,4\n");
        assert!(imported.is_none());
        assert!(opened.open.unwrap().to_string().starts_with("unit of time is open"));
        assert_eq!(opened.columns.len(), 2);
    }
}
