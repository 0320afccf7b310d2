//! The opened cell: of the network or of the imported table, what is changed in it alone, and its plan.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::ServiceProfile;
use slicewise_core::cells::scenario::CELLS;

use super::imported_table::ImportedTable;
use super::planner::CellsPlanner;
use super::simulation::Simulation;
use crate::cells::charts::cell;
use crate::cells::engine::CellEvent;
use crate::cells::plan_set::PlanSet;
use crate::cells::question::CellQuestion;
use crate::cells::state::Adjustment;

/// The answer for the opened cell.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The question.
    pub question: Arc<CellQuestion>,
    /// The answer.
    pub cell: Arc<cell::OpenedCell>,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }
}

impl Opened {
    /// The cell with its plan, for the exports.
    pub fn set(&self) -> PlanSet {
        PlanSet {
            cells: vec![self.question.cell.clone()],
            slices: self.question.slices.clone(),
            names: self.question.names.clone(),
            batch: self.question.batch.clone(),
            objective: self.question.method.objective,
            simulated: self.question.simulated.clone(),
            plans: self.cell.plan.clone(),
        }
    }
}

/// Signals of the opened cell; a copyable handle.
#[derive(Clone, Copy)]
pub struct OpenedCell {
    planner: CellsPlanner,
    table: ImportedTable,
    /// What the cell is asked.
    pub asked: Memo<Option<Arc<CellQuestion>>>,
    /// The cell with its plan, possibly of an earlier question.
    pub answer: RwSignal<Option<Opened>>,
}

impl OpenedCell {
    /// Nothing planned yet.
    pub fn new(planner: CellsPlanner, simulation: Simulation, table: ImportedTable) -> Self {
        let asked = Memo::new(move |_| {
            let question = match table.chosen.get() {
                Some(index) => table.question(index),
                None => planner.state.with(|state| {
                    simulation.network.with(|network| CellQuestion::of_network(network, state))
                }),
            };
            question.map(Arc::new)
        });
        Self { planner, table, asked, answer: RwSignal::new(None) }
    }

    /// Lets the plan follow the question.
    pub fn connect(self) {
        Effect::new(move |_| self.ask(self.asked.get()));
    }

    /// Opens a cell of the network.
    pub fn choose(self, cell: usize) {
        self.table.chosen.set(None);
        self.planner.state.update(|state| state.cell = cell.min(CELLS - 1));
    }

    /// What is changed of slice `index`.
    pub fn adjustment(self, index: usize) -> Adjustment {
        match self.table.is_open() {
            true => self.table.change(index).adjustment,
            false => self.planner.state.with(|state| state.adjustment(index)),
        }
    }

    /// Weight and least share of slice `index`: the network's or the table's.
    pub fn weight_and_minimum(self, index: usize) -> (f64, f64) {
        if self.table.is_open() {
            let change = self.table.change(index);
            return (change.weight, change.minimum_share);
        }
        self.planner.state.with(|state| {
            let service = state.slices.get(index).map(|slice| &slice.service);
            service.map_or((1.0, 0.0), |service| (service.weight, service.minimum_share))
        })
    }

    /// Changes slice `index` in this cell alone.
    pub fn adjust(self, index: usize, change: impl FnOnce(&mut Adjustment)) {
        match untrack(|| self.table.is_open()) {
            true => self.table.update_change(index, |slice| change(&mut slice.adjustment)),
            false => self.planner.state.update(|state| {
                let slices = state.slices.len();
                state.adjust(index, slices, change);
            }),
        }
    }

    /// Gives slice `index` another weight: in all cells of the network, or in the imported cell.
    pub fn set_weight(self, index: usize, weight: f64) {
        match untrack(|| self.table.is_open()) {
            true => self.table.update_change(index, |slice| slice.weight = weight),
            false => self.change_service(index, |service| service.weight = weight),
        }
    }

    /// Gives slice `index` another least share, as [`Self::set_weight`].
    pub fn set_minimum_share(self, index: usize, minimum_share: f64) {
        match untrack(|| self.table.is_open()) {
            true => self.table.update_change(index, |slice| slice.minimum_share = minimum_share),
            false => self.change_service(index, |service| service.minimum_share = minimum_share),
        }
    }

    fn change_service(self, index: usize, change: impl FnOnce(&mut ServiceProfile)) {
        self.planner.state.update(|state| {
            if let Some(slice) = state.slices.get_mut(index) {
                change(&mut slice.service);
            }
        });
    }

    /// Takes back what was changed.
    pub fn reset(self) {
        match self.table.chosen.get_untracked() {
            Some(index) => self.table.open(index),
            None => self.planner.state.update(|state| state.adjustments.clear()),
        }
    }

    /// Whether something is changed.
    pub fn is_adjusted(self) -> bool {
        match self.table.is_open() {
            true => self.table.is_changed(),
            false => self.planner.state.with(|state| !state.adjustments.is_empty()),
        }
    }

    /// Whether the plan shown is behind the controls.
    pub fn is_stale(self) -> bool {
        let asked = self.asked.get();
        self.answer.with(|opened| {
            opened.as_ref().is_some_and(|opened| Some(&opened.question) != asked.as_ref())
        })
    }

    /// Plans the cell; while one is being planned, the latest question waits.
    fn ask(self, question: Option<Arc<CellQuestion>>) {
        let Some(question) = question else { return };
        let asked = question.clone();
        let listener = move |event| self.hear(&asked, event);
        let (method, batch) = (question.method.clone(), question.batch.clone());
        self.planner.engines.get_value().open(method, batch, Rc::new(listener));
    }

    fn hear(self, question: &Arc<CellQuestion>, event: CellEvent) {
        match event {
            CellEvent::Opened { plan, curves } => {
                let cell = Arc::new(cell::OpenedCell {
                    names: question.names.clone(),
                    batch: question.batch.clone(),
                    objective: question.method.objective,
                    simulated: question.simulated.clone(),
                    plan,
                    curves,
                });
                self.answer.set(Some(Opened { question: question.clone(), cell }));
            }
            CellEvent::Refused(error) => self.planner.refused.set(Some(error)),
            CellEvent::Failed(reason) => self.planner.engine_message.set(Some(reason)),
            _ => {}
        }
    }
}
