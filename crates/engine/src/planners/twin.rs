//! Jobs for the Twin planner.

use std::cell::RefCell;
use std::collections::HashMap;

use slicewise_core::InputError;
use slicewise_core::formats::network;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_core::twin::card::GraphCard;
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::{Twin, TwinJob, TwinOutcome};
use slicewise_twin::failures::sweep;
use slicewise_twin::formula::corrected::model::{GraphModel, meant_for};
use slicewise_twin::memory::Memory;
use slicewise_twin::routing::{RoutedNetwork, Routes};
use slicewise_twin::simulator::simulate;

use super::fetched;
use crate::worker::{Adapter, Outcome, Turn, Work, work};

/// The Twin planner in an engine.
#[derive(Debug, Default)]
pub struct TwinEngine {
    memory: Memory,
    /// Trained networks that were fetched.
    models: RefCell<HashMap<&'static str, GraphModel>>,
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

    /// All flows and links, corrected by a trained network.
    pub const CORRECT: Work<Self> = work! {
        "correct", |engine, turn| TwinJob::Correct(of) => engine.correct(of, turn)
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

    async fn correct(&self, of: &Edited, turn: &Turn<Twin>) -> Outcome<Twin> {
        let problem = self.memory.problem(of)?;
        let name = meant_for(&problem.scenario);
        // Taken out for as long as it answers: nothing may stay borrowed while a file is awaited.
        let kept = self.models.borrow_mut().remove(name);
        let mut model = match kept {
            Some(model) => model,
            None => fetched_model(name, turn).await?,
        };
        let found = self.memory.corrected(&problem, &mut model, &turn.watch).await;
        self.models.borrow_mut().insert(name, model);
        Ok(TwinOutcome::Corrected(Box::new(found?)))
    }
}

async fn fetched_model(name: &str, turn: &Turn<Twin>) -> Result<GraphModel, InputError> {
    let card = fetched(name, CARD_FILE, turn).await?;
    let card = GraphCard::from_json(&String::from_utf8_lossy(&card))?;
    GraphModel::load(card, &fetched(name, WEIGHTS_FILE, turn).await?)
}
