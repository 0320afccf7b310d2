//! Jobs for the Cells planner.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use slicewise_cells::city;
use slicewise_cells::closed_loop::ClosedLoop;
use slicewise_cells::model;
use slicewise_cells::solver::{open, plan};
use slicewise_core::InputError;
use slicewise_core::cells::job::{City, MOST_CELLS, Method};
use slicewise_core::cells::{
    CellJob, CellNews, CellOutcome, Cells, MOST_SLICES, Scenario, SimulatedStep,
};
use slicewise_core::error::check_range;
use slicewise_core::model_files::ShippedModel;
use slicewise_core::planner::Never;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Monitor;

use super::Processor;
use crate::worker::{Adapter, Outcome, Turn, Work};

/// The most cells of one job: their plans cross to the page in one message.
pub const MOST_CELLS_AT_ONCE: usize = 100_000;
/// The most steps of one simulation: a year.
pub const MOST_STEPS: usize = 40_000;

/// The Cells planner in an engine that plans many cells on `device`.
#[derive(Debug)]
pub struct CellsEngine<D> {
    /// Where many cells are planned.
    pub device: D,
    shipped: &'static [ShippedModel],
    loaded: RefCell<HashMap<String, Rc<Estimator>>>,
}

impl<D: 'static> Adapter for CellsEngine<D> {
    type Planner = Cells;

    fn install(&self, network: Never) -> Result<(), InputError> {
        match network {}
    }
}

impl<D: 'static> CellsEngine<D> {
    /// Plans with the estimators `shipped`, each loaded on first use.
    pub fn new(device: D, shipped: &'static [ShippedModel]) -> Self {
        Self { device, shipped, loaded: RefCell::default() }
    }

    /// The estimator of that name, loaded on first use.
    ///
    /// # Errors
    /// Names the estimator when there is none of that name.
    pub fn estimator(&self, name: &str) -> Result<Rc<Estimator>, InputError> {
        if let Some(estimator) = self.loaded.borrow().get(name) {
            return Ok(estimator.clone());
        }
        let estimator = Rc::new(model::load(self.shipped, name)?);
        self.loaded.borrow_mut().insert(name.to_owned(), estimator.clone());
        Ok(estimator)
    }
}

impl CellsEngine<Processor> {
    /// One cell in full.
    pub const OPEN: Work<Self> = Work {
        name: "open",
        begin: |engine, job, turn| match job {
            CellJob::Open { method, cell } => Some(Box::pin(async move {
                let estimator = engine.estimator(&method.estimator)?;
                if cell.len() != 1 {
                    let found = format!("{} cells", cell.len());
                    return Err(InputError::new("cell", found, "one").into());
                }
                let (plan, curves) = open(&estimator, method, cell, &turn.watch).await?;
                Ok(CellOutcome::Opened { plan, curves })
            })),
            _ => None,
        },
    };

    /// Many cells.
    pub const PLAN: Work<Self> = Work {
        name: "plan",
        begin: |engine, job, turn| match job {
            CellJob::Plan { method, cells } => Some(Box::pin(async move {
                let estimator = engine.estimator(&method.estimator)?;
                check_count("cells", cells.len(), 0, MOST_CELLS_AT_ONCE)?;
                Ok(CellOutcome::Plans(plan(&estimator, method, cells, &turn.watch).await?))
            })),
            _ => None,
        },
    };

    /// Some cells of a city.
    pub const CITY: Work<Self> = Work {
        name: "city",
        begin: |engine, job, turn| match job {
            CellJob::City { method, city, first, count } => Some(Box::pin(async move {
                let estimator = engine.estimator(&method.estimator)?;
                check_city(city, *first, *count)?;
                let cells = city::cells(city, *first, *count);
                Ok(CellOutcome::Plans(plan(&estimator, method, &cells, &turn.watch).await?))
            })),
            _ => None,
        },
    };

    /// The network step by step.
    pub const SIMULATE: Work<Self> = Work {
        name: "simulate",
        begin: |engine, job, turn| match job {
            CellJob::Simulate { method, scenario, first, steps } => {
                let span = Span { first: *first, steps: *steps };
                Some(Box::pin(engine.simulate(method, scenario, span, turn)))
            }
            _ => None,
        },
    };

    /// Goes through the scenario from its begin and sends the steps of `span`.
    async fn simulate(
        &self,
        method: &Method,
        scenario: &Scenario,
        span: Span,
        turn: &Turn<Cells>,
    ) -> Outcome<Cells> {
        let estimator = self.estimator(&method.estimator)?;
        check_count("steps", span.steps, 1, MOST_STEPS)?;
        check_count("first", span.first, 0, MOST_STEPS)?;
        let mut network = ClosedLoop::new(scenario, &estimator, method.clone())?;
        let end = span.first + span.steps;
        let mut last = SimulatedStep::default();
        for number in 0..end {
            turn.watch.checkpoint().await?;
            last = network.step(&|| turn.now(), &turn.watch).await?;
            turn.share((number + 1) as f64 / end as f64);
            if number >= span.first {
                turn.news(CellNews::Step(Box::new(last.clone())));
            }
        }
        Ok(CellOutcome::Simulated { places: network.places(), last: Box::new(last) })
    }
}

/// The steps that a simulation sends.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    steps: usize,
}

/// Checks the part of a city that is to be planned.
///
/// # Errors
/// Names what is wrong with the city or with the part.
pub fn check_city(city: &City, first: usize, count: usize) -> Result<(), InputError> {
    let within = |error: InputError| error.within("city");
    check_count("cells", city.cells, 1, MOST_CELLS).map_err(within)?;
    check_count("services", city.services.len(), 1, MOST_SLICES).map_err(within)?;
    for (index, service) in city.services.iter().enumerate() {
        service.validate().map_err(|error| within(error.within(&format!("services[{index}]"))))?;
    }
    check_count("first", first, 0, city.cells - 1)?;
    check_count("count", count, 1, MOST_CELLS_AT_ONCE.min(city.cells - first))
}

/// Checks a number of cells or steps.
///
/// # Errors
/// Names the field when the count is out of range.
pub fn check_count(field: &str, count: usize, least: usize, most: usize) -> Result<(), InputError> {
    check_range(field, count as f64, least as f64, most as f64, "")
}
