//! Jobs for the Cells planner.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use slicewise_cells::city::{self, MOST_CELLS_AT_ONCE};
use slicewise_cells::closed_loop::ClosedLoop;
use slicewise_cells::model;
use slicewise_cells::solver::{open, plan};
use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellJob, CellNews, CellOutcome, Cells, Scenario, SimulatedStep};
use slicewise_core::error::check_count;
use slicewise_core::formats::plan_documents;
use slicewise_core::model_files::ShippedModel;
use slicewise_core::planner::Never;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Monitor;

use super::Processor;
use crate::worker::{Adapter, Outcome, Turn, Work, work};

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
    pub const OPEN: Work<Self> = work! {
        "open", |engine, turn| CellJob::Open { method, cell } =>
        async move {
            let estimator = engine.estimator(&method.estimator)?;
            if cell.len() != 1 {
                let found = format!("{} cells", cell.len());
                return Err(InputError::new("cell", found, "one").into());
            }
            let (plan, curves) = open(&estimator, method, cell, &turn.watch).await?;
            Ok(CellOutcome::Opened { plan, curves })
        }
    };

    /// Many cells.
    pub const PLAN: Work<Self> = work! {
        "plan", |engine, turn| CellJob::Plan { method, cells } =>
        async move {
            let estimator = engine.estimator(&method.estimator)?;
            check_count("cells", cells.len(), 0, MOST_CELLS_AT_ONCE)?;
            Ok(CellOutcome::Plans(plan(&estimator, method, cells, &turn.watch).await?))
        }
    };

    /// Some cells of a city.
    pub const CITY: Work<Self> = work! {
        "city", |engine, turn| CellJob::City { method, city, first, count } =>
        async move {
            let estimator = engine.estimator(&method.estimator)?;
            city::check(city, *first, *count)?;
            let cells = city::cells(city, *first, *count);
            Ok(CellOutcome::Plans(plan(&estimator, method, &cells, &turn.watch).await?))
        }
    };

    /// The network step by step.
    pub const SIMULATE: Work<Self> = work! {
        "simulate", |engine, turn| CellJob::Simulate { method, scenario, first, steps } =>
        {
            let span = Span { first: *first, steps: *steps };
            engine.simulate(method, scenario, span, turn)
        }
    };

    /// Documents of planned cells.
    pub const WRITE: Work<Self> = work! {
        "write", |_engine, _turn| CellJob::Write(request) =>
        async move { Ok(CellOutcome::Written(plan_documents::answer(request)?)) }
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
