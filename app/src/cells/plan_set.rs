//! Cells with their plans, whoever named them: those of the simulated network or of a file. What the
//! table shows and the exports write.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::cells::{CellBatch, CellPlans, Objective, SNssai};
use slicewise_core::formats::cell_plan_csv;

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
    /// The plan as a table.
    ///
    /// # Errors
    /// When the names do not fit the plan.
    pub fn table(&self) -> Result<String, InputError> {
        cell_plan_csv::table(&self.cells, &self.slices, &self.plans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::cells::{FEATURES, Observation};
    use slicewise_core::formats::nr_cell::NrCellIdentity;

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
    fn a_plan_is_written_as_a_table() {
        assert!(set().table().unwrap().contains("000000001"));
    }
}
