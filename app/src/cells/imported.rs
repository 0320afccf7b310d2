//! Cells of a KPI table that the visitor brings, and what one of them is asked once it is opened.

use std::sync::Arc;

use slicewise_core::cells::figures::CityFigures;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans, HISTORY, PAPER_FEATURES};
use slicewise_core::formats::kpi_table::{KpiCells, KpiReport};
use slicewise_core::formats::table::ShownColumn;
use slicewise_core::reader::{KpiForm, KpisRead, TableRead};

use super::engine::RunId;
use super::plan_set::PlanSet;
use super::question::CellQuestion;
use super::state::Adjustment;

/// A file that was read, with what was chosen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedTable {
    /// Name of the file.
    pub name: String,
    /// What the visitor chose.
    pub form: KpiForm,
    /// Its columns; none of a performance file.
    pub columns: Vec<ShownColumn>,
    /// The choice that is wanted, or whether it is right.
    pub question: Option<String>,
    /// What the file holds, to be read again with other choices.
    pub bytes: Arc<Vec<u8>>,
}

impl OpenedTable {
    /// What was read of the file `name`, which `bytes` hold, by `form`; none where no choice mends what is
    /// wrong with it.
    pub fn of(
        name: &str,
        bytes: Arc<Vec<u8>>,
        form: KpiForm,
        read: &TableRead<KpisRead>,
    ) -> Option<Self> {
        let open = match &read.found {
            Ok(found) => found.report.unit_doubt(),
            // A choice that made it so can be taken back.
            Err(error) if form != KpiForm::default() => Some(error),
            Err(_) => Some(read.question()?),
        };
        let question = open.map(|error| format!("{name}: {error}."));
        Some(Self { name: name.to_owned(), form, columns: read.columns.clone(), question, bytes })
    }
}

/// What is changed of one slice of an imported cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellChange {
    /// Its requirement and traffic.
    pub adjustment: Adjustment,
    /// Its weight.
    pub weight: f64,
    /// Its least share, 0 to 1.
    pub minimum_share: f64,
}

impl Default for CellChange {
    fn default() -> Self {
        Self { adjustment: Adjustment::default(), weight: 1.0, minimum_share: 0.0 }
    }
}

/// An imported table with the plans of its cells.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Name of the file.
    pub name: String,
    /// Its cells.
    pub cells: Arc<KpiCells>,
    /// What was left out, and why.
    pub report: Arc<KpiReport>,
    /// Their plans, once all are there.
    pub planned: Option<Arc<PlanSet>>,
    /// What the plans come to, by the estimator.
    pub figures: CityFigures,
    /// How the plans were asked for.
    pub method: Method,
    /// Cells planned so far.
    pub done: usize,
    /// The run under way.
    pub run: Option<RunId>,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

impl Imported {
    /// Cell `index` with what is changed of it.
    pub fn question(
        &self,
        index: usize,
        changes: &[CellChange],
        method: Method,
    ) -> Option<CellQuestion> {
        let (cell, from) = (self.cells.cells.get(index)?, &self.cells.batch);
        let range = from.range(index);
        let mut batch = CellBatch::new(from.width);
        for (at, slice) in range.clone().enumerate() {
            let change = changes.get(at).copied().unwrap_or_else(|| self.unchanged(slice));
            let mut features = from.features_of(slice).to_vec();
            let Adjustment { requirement, traffic } = change.adjustment;
            features[..HISTORY].iter_mut().for_each(|users| *users *= traffic);
            features[2 * HISTORY] *= requirement;
            if traffic != 1.0 {
                // What was measured of the last step says nothing of another traffic.
                features[PAPER_FEATURES..].fill(0.0);
            }
            let traffic = traffic * from.traffic_mbps[slice];
            batch.push_slice_with(&features, traffic, change.weight, change.minimum_share);
        }
        if !from.previous_shares.is_empty() {
            batch.previous_shares = from.previous_shares[range.clone()].to_vec();
        }
        batch.end_cell();
        let slices = self.cells.slices[range].to_vec();
        Some(CellQuestion {
            title: cell.clone(),
            cell: cell.clone(),
            names: slices.iter().map(ToString::to_string).collect(),
            slices,
            batch,
            method,
            simulated: Vec::new(),
        })
    }

    /// The slices of cell `index` as the table has them.
    pub fn base(&self, index: usize) -> Vec<CellChange> {
        match index < self.cells.batch.len() {
            true => self.cells.batch.range(index).map(|slice| self.unchanged(slice)).collect(),
            false => Vec::new(),
        }
    }

    fn unchanged(&self, slice: usize) -> CellChange {
        CellChange {
            adjustment: Adjustment::default(),
            weight: self.cells.batch.weights[slice],
            minimum_share: self.cells.batch.minimum_shares[slice],
        }
    }

    /// The cells with their `plans`, which were asked for by `method`.
    pub fn set(&self, method: &Method, plans: CellPlans) -> PlanSet {
        let KpiCells { cells, slices, batch, .. } = &*self.cells;
        PlanSet {
            cells: cells.clone(),
            slices: slices.clone(),
            names: slices.iter().map(ToString::to_string).collect(),
            batch: batch.clone(),
            objective: method.objective,
            simulated: Vec::new(),
            plans,
        }
    }

    /// The plans in one word, for tests.
    pub fn state(&self) -> &'static str {
        match (self.run, &self.failure, &self.planned) {
            (Some(_), ..) => "running",
            (None, Some(_), _) => "failed",
            (None, None, Some(_)) => "done",
            (None, None, None) => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::InputError;
    use slicewise_core::cells::ServiceProfile;
    use slicewise_core::formats::kpi_table::ThroughputUnit;
    use slicewise_core::reader::GivenFile;

    use super::*;
    use crate::cells::state::CellsState;

    const TABLE: &str = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,dLThptPerUE,dLLatency,weight\n\
        0,north,1-000001,3,9,2000,100,2\n0,north,1-000002,1,9,1000,150,1\n0,south,1-000001,two,9,2000,100,1\n";

    fn kpis(text: &str, services: Vec<ServiceProfile>) -> Result<KpisRead, InputError> {
        GivenFile { bytes: text.as_bytes().to_vec() }.kpis(&services, &KpiForm::default())?.found
    }

    /// What is shown of the table `text` read by `form`, and whether cells were found.
    fn opened(text: &str, form: &KpiForm) -> (Option<OpenedTable>, bool) {
        let read = GivenFile { bytes: text.as_bytes().to_vec() }.kpis(&[], form).unwrap();
        let opened = OpenedTable::of("kpis.csv", Arc::default(), form.clone(), &read);
        (opened, read.found.is_ok())
    }

    #[test]
    fn a_table_is_shown_with_its_question_where_a_choice_mends_it() {
        let form = KpiForm::default();
        let (plain, found) = opened(TABLE, &form);
        assert!(found && plain.unwrap().question.is_none());
        let open = TABLE.replace("\n0,", "\n01/02/2026 00:00,");
        let (asked, found) = opened(&open, &form);
        let question = asked.unwrap().question.unwrap();
        assert!(!found && question.starts_with("kpis.csv: order of day and month"), "{question}");
        let (refused, found) = opened(&TABLE.replace("NRCellDU", "place"), &form);
        assert!(!found && refused.is_none());
        let wrong = KpiForm { carrier_prb: Some(f64::NAN), ..form };
        let (asked, found) = opened(TABLE, &wrong);
        assert!(!found && asked.unwrap().question.unwrap().contains("allowed: 1 to 10000 PRB"));
    }

    #[test]
    fn measurements_in_a_unit_that_can_hardly_be_right_are_planned_and_asked_about() {
        let text = TABLE
            .replace("weight\n", "weight,DRB.UEThpDl\n")
            .replace(",2\n", ",2,1500000\n")
            .replace("150,1\n", "150,1,900000\n")
            .replace("100,1\n", "100,1,900000\n");
        let (asked, found) = opened(&text, &KpiForm::default());
        let question = asked.unwrap().question.unwrap();
        assert!(
            found && question.ends_with("kbit/s; choose bit/s where it is in that."),
            "{question}"
        );
        let form = KpiForm { throughput_unit: Some(ThroughputUnit::Bit), ..KpiForm::default() };
        let (settled, found) = opened(&text, &form);
        assert!(found && settled.unwrap().question.is_none());
    }

    fn imported() -> Imported {
        let KpisRead { cells, report } = kpis(TABLE, Vec::new()).unwrap();
        Imported {
            name: "kpis.csv".to_owned(),
            cells: Arc::new(cells),
            report: Arc::new(report),
            planned: None,
            figures: CityFigures::default(),
            method: CellsState::default().method(),
            done: 0,
            run: None,
            failure: None,
        }
    }

    #[test]
    fn bad_rows_are_reported_while_the_rest_is_read() {
        let imported = imported();
        assert_eq!(imported.cells.cells, ["north"]);
        assert_eq!(imported.report.bad_rows, 1);
        assert!(imported.report.problems[0].to_string().contains("row 4"));
    }

    #[test]
    fn slices_take_what_they_require_from_the_services_where_the_table_does_not_say_it() {
        let table = "step,cell,slice,DRB.MeanActiveUeDl,cqi\n1,A,1-000001,2,9\n1,A,1-000002,2,9\n";
        let [video, browsing, ..] = ServiceProfile::of_the_paper();
        let KpisRead { cells, report } = kpis(table, vec![video.clone(), browsing]).unwrap();
        let required =
            |slice: usize| cells.batch.features_of(slice)[2 * HISTORY..PAPER_FEATURES].to_vec();
        assert_eq!([required(0), required(1)], [[2.0, 100.0], [1.0, 150.0]]);
        assert!(
            report.notes[0].contains("1-000001, 1-000002: those of the services"),
            "{report:?}"
        );
        let error = kpis(table, vec![video]).unwrap_err().to_string();
        assert!(error.starts_with("requirement of slice 1-000002 is missing"), "{error}");
        assert!(error.contains("among the services of the controls"), "{error}");
    }

    #[test]
    fn an_imported_cell_is_asked_with_what_is_changed_of_it() {
        let imported = imported();
        let method = CellsState::default().method();
        let plain = imported.question(0, &[], method.clone()).unwrap();
        assert_eq!(plain.batch, imported.cells.batch);
        assert_eq!(plain.names, ["1-000001", "1-000002"]);
        let mut changes = imported.base(0);
        assert_eq!([changes[0].weight, changes[1].weight], [2.0, 1.0]);
        changes[0].adjustment = Adjustment { requirement: 0.5, traffic: 2.0 };
        let changed = imported.question(0, &changes, method.clone()).unwrap();
        assert_eq!(changed.batch.weights, [2.0, 1.0]);
        assert_eq!(changed.batch.features_of(0)[4], 6.0);
        assert_eq!(changed.batch.features_of(0)[10], 1.0);
        assert_eq!(changed.batch.features_of(1), plain.batch.features_of(1));
        assert!(imported.question(1, &[], method).is_none());
    }
}
