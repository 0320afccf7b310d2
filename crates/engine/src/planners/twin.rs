//! Jobs for the Twin planner.

use slicewise_core::InputError;
use slicewise_core::formats::network;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::{Twin, TwinJob, TwinOutcome};
use slicewise_twin::failures::sweep;
use slicewise_twin::memory::Memory;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

use crate::worker::{Adapter, Work, work};

/// The Twin planner in an engine.
#[derive(Debug, Default)]
pub struct TwinEngine {
    memory: Memory,
}

impl Adapter for TwinEngine {
    type Planner = Twin;

    fn install(&self, scenario: InstalledScenario) -> Result<(), InputError> {
        self.memory.install(scenario)
    }
}

impl TwinEngine {
    /// All flows and links, by formula.
    pub const ANSWER: Work<Self> = work! {
        "answer", |engine, _turn| TwinJob::Answer(of) =>
        async { Ok(TwinOutcome::Answered(Box::new(engine.memory.answer(of)?))) }
    };

    /// One flow hop by hop.
    pub const HOPS: Work<Self> = work! {
        "hops", |engine, _turn| TwinJob::Hops { of, flow } =>
        async { Ok(TwinOutcome::Hops(engine.memory.hops(of, *flow)?)) }
    };

    /// Some cases of a sweep of failures.
    pub const FAILURES: Work<Self> = work! {
        "failures", |engine, turn| TwinJob::Failures { of, kinds, first, count } =>
        async move {
            let problem = engine.memory.problem(of)?;
            let (watch, mut told) = (&turn.watch, turn);
            let swept = sweep(&problem, *kinds, *first, *count, watch, &mut told).await?;
            Ok(TwinOutcome::Failures(Box::new(swept)))
        }
    };

    /// A check by simulation.
    pub const SIMULATE: Work<Self> = work! {
        "simulate", |engine, turn| TwinJob::Simulate { of, order } =>
        async move {
            let problem = engine.memory.problem(of)?;
            let network = RoutedNetwork::new(&problem, &mut Routes::default());
            let (watch, mut told) = (&turn.watch, turn);
            let simulated = simulate(&network, order, watch, &mut told).await?;
            Ok(TwinOutcome::Simulated(Box::new(simulated)))
        }
    };

    /// A scenario as a document.
    pub const WRITE: Work<Self> = work! {
        "write", |engine, _turn| TwinJob::Write { of, request } =>
        async {
            let problem = engine.memory.problem(of)?;
            Ok(TwinOutcome::Written(network::write(&problem.scenario, *request)))
        }
    };
}
