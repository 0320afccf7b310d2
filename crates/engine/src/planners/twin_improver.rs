//! Jobs that improve a network of the Twin planner, or find what is wrong with it.

use slicewise_core::InputError;
use slicewise_core::twin::growth::GrowthOrder;
use slicewise_core::twin::improver::{Improver, ImproverJob, ImproverOutcome, Routed};
use slicewise_core::twin::intent::ImprovementOrder;
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_optim::Progress;
use slicewise_twin::diagnosis::diagnose;
use slicewise_twin::growth::free_routing::free_routing;
use slicewise_twin::growth::plan;
use slicewise_twin::memory::Memory;
use slicewise_twin::optimiser::improve;

use crate::worker::{Adapter, Outcome, Turn, Work, work};

/// The Twin planner's improver in an engine.
#[derive(Debug, Default)]
pub struct TwinImprover {
    memory: Memory,
}

impl Adapter for TwinImprover {
    type Planner = Improver;

    fn install(&self, scenario: InstalledScenario) -> Result<(), InputError> {
        self.memory.install(scenario)
    }
}

/// A part of a job's work, which has shares to tell and no news.
struct Part<'a> {
    turn: &'a Turn<Improver>,
    /// Share of the whole work before it, and behind it.
    ends: (f64, f64),
}

impl Progress<()> for Part<'_> {
    fn share(&mut self, fraction: f64) {
        let (from, to) = self.ends;
        self.turn.share(from + fraction * (to - from));
    }
}

/// Share of the work that a plan is of, where a bound on its price follows.
const PLAN_SHARE: f64 = 0.3;

impl TwinImprover {
    /// A better routing.
    pub const OPTIMISE: Work<Self> = work! {
        "optimise", |engine, turn| ImproverJob::Optimise { of, order } => engine.optimise(of, order, turn)
    };

    /// What growth breaks, and what to buy.
    pub const GROW: Work<Self> = work! {
        "grow", |engine, turn| ImproverJob::Grow { of, order, bound_iterations } =>
        engine.grow(of, order, *bound_iterations, turn)
    };

    /// What is wrong.
    pub const DIAGNOSE: Work<Self> = work! {
        "diagnose", |engine, turn| ImproverJob::Diagnose { of, measured, order } =>
        async move {
            let problem = engine.memory.problem(of)?;
            let mut whole = Part { turn, ends: (0.0, 1.0) };
            let found = diagnose(&problem, measured, order, &turn.watch, &mut whole).await?;
            Ok(ImproverOutcome::Diagnosed(Box::new(found)))
        }
    };

    async fn optimise(
        &self,
        of: &Edited,
        order: &ImprovementOrder,
        turn: &Turn<Improver>,
    ) -> Outcome<Improver> {
        let problem = self.memory.problem(of)?;
        let clock = || turn.now() * 1e-3;
        let mut told = turn;
        let improvement = improve(&problem, order, &clock, &turn.watch, &mut told).await?;
        let mut changed = of.clone();
        let before = self.memory.answer(&changed)?.links.utilisation;
        changed.edits.extend(improvement.changes.iter().map(|change| change.edit.clone()));
        let after = self.memory.answer(&changed)?.links.utilisation;
        Ok(ImproverOutcome::Routed(Box::new(Routed { improvement, before, after })))
    }

    async fn grow(
        &self,
        of: &Edited,
        order: &GrowthOrder,
        bound_iterations: usize,
        turn: &Turn<Improver>,
    ) -> Outcome<Improver> {
        let problem = self.memory.problem(of)?;
        let mut first = Part { turn, ends: (0.0, PLAN_SHARE) };
        let plan = plan(&problem, order, &turn.watch, &mut first).await?;
        let mut second = Part { turn, ends: (PLAN_SHARE, 1.0) };
        let free = match (&plan.upgrade, bound_iterations) {
            (None, _) | (_, 0) => None,
            (Some(_), iterations) => {
                Some(free_routing(&problem, order, iterations, &turn.watch, &mut second).await?)
            }
        };
        Ok(ImproverOutcome::Grown(Box::new(plan), free))
    }
}
