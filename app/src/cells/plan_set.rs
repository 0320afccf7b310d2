//! Cells with their plans, whoever named them: those of the simulated network or of a file. What the
//! table shows and the exports write.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::cells::{CellBatch, CellPlans, Objective, SNssai};
use slicewise_core::formats::cell_plan_csv;
use slicewise_core::formats::plan_documents::{
    Document, Documents, Format, PlannedCells, Settings,
};

/// Cells, their slices and their splits.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSet {
    /// Name of each cell.
    pub cells: Vec<String>,
    /// Name of each slice in the network, cell after cell.
    pub slices: Vec<SNssai>,
    /// The same for people.
    pub names: Vec<String>,
    /// The question.
    pub batch: CellBatch,
    /// What is maximised.
    pub objective: Objective,
    /// Satisfaction of each slice as it was simulated; empty where nothing was.
    pub simulated: Vec<f64>,
    /// The answer.
    pub plans: CellPlans,
}

/// Plans that come in parts, in any order.
#[derive(Debug, Default)]
pub struct Pieces(BTreeMap<usize, CellPlans>);

impl Pieces {
    /// Takes the plans of the cells from `first` on.
    pub fn push(&mut self, first: usize, plans: CellPlans) {
        self.0.insert(first, plans);
    }

    /// All of them in the cells' order; nothing stays.
    pub fn take(&mut self) -> CellPlans {
        let mut whole = CellPlans::default();
        std::mem::take(&mut self.0).into_values().for_each(|plans| whole.append(plans));
        whole
    }
}

impl PlanSet {
    /// The plan in `format`, or as a table without one.
    ///
    /// # Errors
    /// Names what the format cannot hold, such as a cell's name that is no NR cell identity.
    pub fn write(
        &self,
        format: Option<Format>,
        settings: &Settings<'_>,
    ) -> Result<Documents, InputError> {
        let Some(format) = format else {
            let text = cell_plan_csv::table(&self.cells, &self.slices, &self.plans)?;
            let documents = vec![Document { path: "cells.csv".to_owned(), text }];
            return Ok(Documents { documents, notes: Vec::new() });
        };
        let mut planned = PlannedCells::default();
        planned.add(&self.cells, &self.slices, &self.batch, &self.plans)?;
        planned.write(format, settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::cells::{FEATURES, Observation};
    use slicewise_core::formats::nr_cell::NrCellIdentity;
    use slicewise_core::formats::plan_documents::FORMATS;
    use slicewise_core::formats::rrm_policy::{self, Plmn};

    fn set() -> PlanSet {
        let mut batch = CellBatch::new(FEATURES);
        let mut observation = Observation::default();
        observation.push(2.0, 9.0);
        let row = observation.features(1.5, 60.0);
        for _ in 0..2 {
            batch.push_slice(&row, 1.0);
            batch.push_slice(&row, 2.0);
            batch.end_cell();
        }
        let name = |sd| SNssai { sst: 1, sd: Some(sd) };
        PlanSet {
            cells: (0..2).map(|cell| NrCellIdentity::generated(cell).to_string()).collect(),
            slices: [1, 2, 1, 2].map(name).to_vec(),
            names: ["Video", "Gaming", "Video", "Gaming"].map(str::to_owned).to_vec(),
            batch,
            objective: Objective::LogSum,
            simulated: Vec::new(),
            plans: CellPlans {
                offsets: vec![0, 2, 4],
                shares: vec![0.4, 0.6, 0.25, 0.75],
                satisfaction: vec![1.0, 0.9, 0.5, 1.0],
                utilities: vec![1.2, 1.1],
                bounds: vec![1.2, 1.1],
                prices: vec![0.1, 0.2],
                evaluations: 4,
                ..CellPlans::default()
            },
        }
    }

    #[test]
    fn pieces_are_put_together_in_the_cells_order() {
        let plans = |utility| CellPlans {
            offsets: vec![0, 1],
            shares: vec![utility],
            satisfaction: vec![1.0],
            utilities: vec![utility],
            bounds: vec![1.0],
            prices: vec![0.0],
            evaluations: 1,
            ..CellPlans::default()
        };
        let mut pieces = Pieces::default();
        [8, 0, 4].into_iter().for_each(|first| pieces.push(first, plans(first as f64)));
        let whole = pieces.take();
        assert_eq!((whole.utilities, whole.offsets), (vec![0.0, 4.0, 8.0], vec![0, 1, 2, 3]));
        assert!(pieces.take().is_empty());
    }

    #[test]
    fn every_format_is_written() {
        let (set, plmn) = (set(), Plmn::of_tests());
        let settings = Settings::new(&plmn);
        for described in FORMATS {
            // Its two cells have splits of their own, which no command can hold.
            let written = set.write(Some(described.format), &settings);
            assert_eq!(written.is_err(), described.format == Format::SrsRanCommand);
        }
        let policies = set.write(Some(Format::RrmPolicy), &settings).unwrap();
        assert_eq!(rrm_policy::read(&policies.documents[0].text).unwrap().len(), 2);
        let table = set.write(None, &settings).unwrap();
        assert!(table.documents[0].text.contains("000000001"));
    }

    #[test]
    fn a_name_that_a_format_cannot_hold_is_named() {
        let (mut named, plmn) = (set(), Plmn::of_tests());
        named.cells[1] = "Main Street".to_owned();
        let settings = Settings::new(&plmn);
        let error = named.write(Some(Format::E2smCcc), &settings).unwrap_err();
        assert!(error.to_string().contains("Main Street"), "{error}");
        assert!(named.write(Some(Format::RrmPolicy), &settings).is_ok());
    }
}
