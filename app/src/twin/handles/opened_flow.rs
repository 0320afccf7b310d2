//! The flow that is open, hop by hop.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::answer::FlowHops;
use slicewise_core::twin::{TwinJob, TwinOutcome};

use super::answers::Answers;
use super::engine::{Outcome, TwinEngine};
use super::planner::TwinPlanner;
use crate::twin::question::Question;

/// The hops of a flow, with the question that they answer.
#[derive(Clone)]
pub struct Opened {
    /// The question.
    pub question: Arc<Question>,
    /// The hops.
    pub hops: Arc<FlowHops>,
}

impl PartialEq for Opened {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.hops, &other.hops)
    }
}

/// Signals of the flow that is open; a copyable handle.
#[derive(Clone, Copy)]
pub struct OpenedFlow {
    planner: TwinPlanner,
    engine: TwinEngine,
    answers: Answers,
    /// Its hops; none while they are being asked for the first time.
    pub opened: RwSignal<Option<Opened>>,
    /// Index of the flow.
    pub flow: Memo<Option<u32>>,
}

impl OpenedFlow {
    /// Nothing asked yet.
    pub fn new(planner: TwinPlanner, engine: TwinEngine, answers: Answers) -> Self {
        let flow = Memo::new(move |_| {
            let flows = answers.question.with(|question| question.scenario.flows.len());
            planner.state.with(|state| state.flow).filter(|flow| (*flow as usize) < flows)
        });
        Self { planner, engine, answers, opened: RwSignal::new(None), flow }
    }

    /// Lets the engine's jobs follow the flow that is open and the question, and the map the hops.
    pub fn connect(self) {
        Effect::new(move |_| {
            let question = self.answers.question.get();
            match self.flow.get() {
                Some(flow) => self.ask(question, flow),
                None if self.opened.with_untracked(Option::is_some) => {
                    self.opened.set(None);
                    self.planner.highlighted.set(Vec::new());
                }
                None => {}
            }
        });
    }

    /// Opens a flow, or none.
    pub fn open(self, flow: Option<u32>) {
        self.planner.state.update(|state| state.flow = flow);
    }

    fn ask(self, question: Arc<Question>, flow: u32) {
        let job = TwinJob::Hops { of: question.edited(), flow };
        let scenario = question.scenario.clone();
        let take = move |outcome: Outcome| {
            // What cannot be answered is told above the page already.
            let Ok((TwinOutcome::Hops(hops), _)) = outcome else { return };
            if self.flow.get_untracked() == Some(hops.flow) {
                let links = hops.hops.iter().map(|hop| hop.link).collect();
                self.planner.highlighted.set(links);
                self.opened.set(Some(Opened { question, hops: Arc::new(hops) }));
            }
        };
        self.engine.ask(&scenario, job, take);
    }
}
