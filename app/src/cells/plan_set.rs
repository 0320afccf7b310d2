//! Cells with their plans, whoever named them: those of the simulated network or of a file. What the
//! table shows and the exports write.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::cells::{CellBatch, CellPlans, HISTORY, Objective, SNssai, ServiceProfile};
use slicewise_core::formats::rrm_policy::{self, CellSplit, Firmness, Plmn};
use slicewise_core::formats::{a1, cell_plan_csv, e2sm_ccc, srsran};

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

/// What a plan can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `RRMPolicyRatio` (3GPP TS 28.541).
    RrmPolicy,
    /// `O-RRMPolicyRatio` (O-RAN E2SM-CCC).
    E2smCcc,
    /// Slice targets (O-RAN A1).
    A1,
    /// `cell_cfg.slicing` of srsRAN.
    SrsRan,
    /// One row per slice.
    Csv,
}

impl Format {
    /// All of them, with their names for tests, for files and for people.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 5] = [
        (Self::RrmPolicy, "rrm", "rrm-policy-ratio.json", "3GPP RRMPolicyRatio (JSON)"),
        (Self::E2smCcc, "e2sm", "e2sm-ccc.json", "O-RAN E2SM-CCC (JSON)"),
        (Self::A1, "a1", "a1-slice-sla.json", "O-RAN A1 slice targets (JSON)"),
        (Self::SrsRan, "srsran", "srsran.yml", "srsRAN cell_cfg (YAML)"),
        (Self::Csv, "csv", "cells.csv", "Table (CSV)"),
    ];

    /// The type of the file.
    pub fn kind(self) -> &'static str {
        match self {
            Self::RrmPolicy | Self::E2smCcc | Self::A1 => "application/json",
            Self::SrsRan => "application/yaml",
            Self::Csv => "text/csv",
        }
    }
}

impl PlanSet {
    /// The plan in `format`.
    ///
    /// # Errors
    /// Names what the format cannot hold, such as a cell's name that is no NR cell identity.
    pub fn write(&self, format: Format) -> Result<String, InputError> {
        let plmn = Plmn::of_tests();
        let splits = || cell_plan_csv::splits(&self.cells, &self.slices, &self.plans);
        match format {
            Format::RrmPolicy => Ok(rrm_policy::document(splits()?, &plmn, Firmness::Exact)),
            Format::E2smCcc => {
                let splits: Vec<CellSplit<'_>> = splits()?.collect();
                let message = e2sm_ccc::control_message(&splits, &plmn, Firmness::Exact, None)?;
                Ok(format!("{message:#}\n"))
            }
            Format::A1 => self.targets(&plmn),
            Format::SrsRan => {
                let cells = splits()?.map(|split| srsran::cell_config(&split, Firmness::Exact));
                Ok(cells.collect::<Vec<String>>().join("---\n"))
            }
            Format::Csv => cell_plan_csv::table(&self.cells, &self.slices, &self.plans),
        }
    }

    /// One policy per slice over all cells that have it.
    fn targets(&self, plmn: &Plmn) -> Result<String, InputError> {
        let mut targets: Vec<(a1::SliceTarget, Vec<&str>)> = Vec::new();
        for (cell, name) in self.cells.iter().enumerate() {
            for slice in self.plans.range(cell) {
                let features = self.batch.features_of(slice);
                let (required, delay) = (features[2 * HISTORY], features[2 * HISTORY + 1]);
                let snssai = self.slices[slice];
                let known = targets.iter().position(|(target, _)| target.snssai == snssai);
                let index = known.unwrap_or_else(|| {
                    let name = self.names[slice].clone();
                    let service = ServiceProfile::new(name, snssai, required, delay);
                    targets.push((a1::SliceTarget::new(&service), Vec::new()));
                    targets.len() - 1
                });
                let users = features[HISTORY - 1];
                targets[index].0.add_cell(users, required, self.plans.satisfaction[slice]);
                targets[index].1.push(name);
            }
        }
        let policies: Result<Vec<String>, InputError> = targets
            .iter()
            .map(|(target, cells)| a1::policy(target, plmn, cells).map(|policy| policy.to_string()))
            .collect();
        Ok(format!("[\n{}\n]\n", policies?.join(",\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::cells::{FEATURES, Observation};
    use slicewise_core::formats::e2sm_ccc::NrCellIdentity;

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
        let set = set();
        for (format, ..) in Format::ALL {
            let text = set.write(format).unwrap();
            let needle = match format {
                Format::A1 => "guaDlThptPerSlice",
                Format::SrsRan => "slicing",
                _ => "000000001",
            };
            assert!(text.contains(needle), "{text}");
        }
        let policies = rrm_policy::read(&set.write(Format::RrmPolicy).unwrap()).unwrap();
        assert_eq!(policies.len(), 2);
    }

    #[test]
    fn a_name_that_a_format_cannot_hold_is_named() {
        let mut named = set();
        named.cells[1] = "Main Street".to_owned();
        let error = named.write(Format::E2smCcc).unwrap_err();
        assert!(error.to_string().contains("Main Street"), "{error}");
        assert!(named.write(Format::RrmPolicy).is_ok());
    }
}
