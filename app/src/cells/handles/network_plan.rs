//! The plan of all cells of the network at the step shown, which the table lists and the exports write.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;

use super::imported_table::ImportedTable;
use super::planner::{CellsPlanner, REST_MS};
use super::simulation::Simulation;
use crate::cells::engine::{CellEvent, RunId};
use crate::cells::plan_set::{Pieces, PlanSet};
use crate::cells::question::SetQuestion;

/// Signals of the network's plan; a copyable handle.
#[derive(Clone, Copy)]
pub struct NetworkPlan {
    planner: CellsPlanner,
    /// All cells at the step shown, with their plans.
    pub set: RwSignal<Option<Arc<PlanSet>>>,
    jobs: StoredValue<Rc<RefCell<Jobs>>, LocalStorage>,
}

/// What is under way outside the signals.
#[derive(Default)]
struct Jobs {
    timer: Option<Timeout>,
    run: Option<RunId>,
}

impl NetworkPlan {
    /// Nothing planned yet.
    pub fn new(planner: CellsPlanner) -> Self {
        Self { planner, set: RwSignal::new(None), jobs: StoredValue::new_local(Rc::default()) }
    }

    /// Plans the cells whenever what they are asked has been at rest, but not while a cell of `table`
    /// is open or the day is played.
    pub fn connect(self, simulation: Simulation, table: ImportedTable) {
        let asked = Memo::new(move |_| {
            let wanted = !table.is_open() && !simulation.playing.get();
            let set = wanted.then(|| {
                self.planner.state.with(|state| {
                    simulation.network.with(|network| SetQuestion::of_network(network, state))
                })
            });
            set.flatten()
        });
        Effect::new(move |_| {
            let Some(question) = asked.get() else { return };
            let plan = Timeout::new(REST_MS, move || self.plan(question));
            self.jobs.get_value().borrow_mut().timer = Some(plan);
        });
    }

    fn plan(self, question: SetQuestion) {
        let engines = self.planner.engines.get_value();
        let jobs = self.jobs.get_value();
        if let Some(run) = jobs.borrow_mut().run.take() {
            engines.cancel(run);
        }
        let (method, batch) = (question.method.clone(), question.set.batch.clone());
        let pieces: RefCell<Pieces> = RefCell::default();
        let listener = move |event| match event {
            CellEvent::Plans { first, plans } => pieces.borrow_mut().push(first, plans),
            CellEvent::Done { .. } => {
                let plans = pieces.borrow_mut().take();
                self.set.set(Some(Arc::new(PlanSet { plans, ..question.set.clone() })));
            }
            CellEvent::Failed(reason) => self.planner.engine_message.set(Some(reason)),
            _ => {}
        };
        let run = engines.plan(method, batch, Rc::new(listener));
        jobs.borrow_mut().run = Some(run);
    }
}
