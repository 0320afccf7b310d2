//! What an engine keeps between jobs: scenarios that were checked once, and routes that are still right.

use std::cell::RefCell;
use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::twin::answer::FlowHops;
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::topology::check_index;
use slicewise_core::twin::{Answer, CorrectedAnswer, Scenario};
use slicewise_optim::monitor::{Halted, Monitor};

use crate::formula::Formula;
use crate::formula::corrected::model::GraphModel;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};

/// Scenarios that are kept, the newest first.
const MOST_SCENARIOS: usize = 4;

/// Scenarios, routes and the formula's memory.
#[derive(Debug, Default)]
pub struct Memory {
    scenarios: RefCell<Vec<(String, Arc<Scenario>)>>,
    routed: RefCell<Routed>,
    formula: RefCell<Formula>,
}

/// Routes, and what they were worked out for.
#[derive(Debug, Default)]
struct Routed {
    ends_and_weights: Vec<(u32, u32, f64)>,
    failed_links: Vec<bool>,
    routes: Routes,
}

impl Routed {
    /// Forgets what is no longer right for `problem`.
    fn prepare(&mut self, problem: &Problem) {
        let links = problem.scenario.topology.links.iter();
        let now: Vec<_> = links.map(|link| (link.source, link.target, link.weight)).collect();
        if now != self.ends_and_weights {
            *self = Self { ends_and_weights: now, ..Self::default() };
        } else if self.failed_links != problem.failed_links {
            let mut pairs = self.failed_links.iter().zip(&problem.failed_links);
            let only_more_failed = pairs.all(|(before, after)| *after || !before);
            self.routes =
                if only_more_failed { self.routes.without(problem) } else { Routes::default() };
        }
        self.failed_links.clone_from(&problem.failed_links);
    }
}

impl Memory {
    /// Keeps a scenario under its name, in place of an earlier one.
    ///
    /// # Errors
    /// Names the first field of the scenario that cannot be used.
    pub fn install(&self, installed: InstalledScenario) -> Result<(), InputError> {
        installed.scenario.validate()?;
        let mut scenarios = self.scenarios.borrow_mut();
        scenarios.retain(|(name, _)| *name != installed.name);
        scenarios.insert(0, (installed.name, Arc::new(installed.scenario)));
        scenarios.truncate(MOST_SCENARIOS);
        Ok(())
    }

    /// The scenario of that name.
    ///
    /// # Errors
    /// Names it where it was not installed.
    pub fn scenario(&self, name: &str) -> Result<Arc<Scenario>, InputError> {
        let scenarios = self.scenarios.borrow();
        let found = scenarios.iter().find(|(kept, _)| kept == name);
        found
            .map(|(_, scenario)| scenario.clone())
            .ok_or_else(|| InputError::new("scenario", name, "one that was installed"))
    }

    /// The scenario with its edits.
    ///
    /// # Errors
    /// Names the scenario, or the first edit that cannot be used.
    pub fn problem(&self, of: &Edited) -> Result<Problem, InputError> {
        Problem::edited(self.scenario(&of.scenario)?, &of.edits)
    }

    /// All flows and links, by formula.
    ///
    /// # Errors
    /// As [`Memory::problem`].
    pub fn answer(&self, of: &Edited) -> Result<Answer, InputError> {
        let problem = self.problem(of)?;
        Ok(self.formula.borrow_mut().answer(&self.routed(&problem)))
    }

    /// One flow hop by hop.
    ///
    /// # Errors
    /// As [`Memory::problem`]; names the flow where there is none of that index.
    pub fn hops(&self, of: &Edited, flow: u32) -> Result<FlowHops, InputError> {
        let problem = self.problem(of)?;
        check_index("flow", flow, problem.scenario.flows.len())?;
        Ok(self.formula.borrow_mut().hops(&self.routed(&problem), flow))
    }

    /// All flows and links of `problem`, corrected by `model`.
    ///
    /// # Errors
    /// Says what the trained network does not take, or that it was stopped.
    pub async fn corrected<M: Monitor>(
        &self,
        problem: &Problem,
        model: &mut GraphModel,
        monitor: &M,
    ) -> Result<CorrectedAnswer, Halted> {
        model.answer(&self.routed(problem), monitor).await
    }

    fn routed<'a>(&self, problem: &'a Problem) -> RoutedNetwork<'a> {
        let mut routed = self.routed.borrow_mut();
        routed.prepare(problem);
        RoutedNetwork::new(problem, &mut routed.routes)
    }
}
