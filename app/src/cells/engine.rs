//! The workers of the Cells planner.

use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::scenario::CellPlace;
use slicewise_core::cells::{CellBatch, CellPlans, Curves, Scenario, SimulatedStep};

/// Number of a run.
pub type RunId = u32;

/// What is heard of a run.
pub enum CellEvent {
    /// One cell in full.
    Opened { plan: CellPlans, curves: Curves },
    /// Plans of the cells from `first` on.
    Plans { first: usize, plans: CellPlans },
    /// A step of a simulation.
    Step(Box<SimulatedStep>),
    /// Where the cells are.
    Places(Vec<CellPlace>),
    /// It is over.
    Done { elapsed_ms: f64 },
    /// It cannot be done as asked.
    Refused(InputError),
    /// It cannot be done.
    Failed(String),
}

/// Clones share the workers.
#[derive(Clone)]
pub struct CellEngines;

/// Hears of a run.
pub type Listener = Rc<dyn Fn(CellEvent)>;

impl CellEngines {
    /// Workers.
    pub fn new(_workers: usize) -> Self {
        Self
    }
    /// Opens a cell.
    pub fn open(&self, _method: Method, _cell: CellBatch, _listener: Listener) -> RunId {
        0
    }
    /// Plans cells.
    pub fn plan(&self, _method: Method, _cells: CellBatch, _listener: Listener) -> RunId {
        0
    }
    /// Plans a city.
    pub fn city(&self, _method: Method, _city: City, _listener: Listener) -> RunId {
        0
    }
    /// Simulates.
    pub fn simulate(
        &self,
        _method: Method,
        _scenario: Scenario,
        _first: usize,
        _steps: usize,
        _listener: Listener,
    ) -> RunId {
        0
    }
    /// Stops a run.
    pub fn cancel(&self, _run: RunId) {}
}
