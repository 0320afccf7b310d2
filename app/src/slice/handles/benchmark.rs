//! Times of a plan measured in this browser, beside the same search through burn.

use leptos::prelude::*;
use slicewise_protocol::{Benchmark, Job, Outcome, Reply};

use super::plan_search::PlanSearch;
use super::planner::SlicePlanner;
use crate::engine::link::{EngineEvent, EngineLink};
use crate::engine::worker::LEARNING_SCRIPT;

/// Repeats of each measurement.
const REPEATS: usize = 21;

/// Signals of the measurement; a copyable handle.
#[derive(Clone, Copy)]
pub struct PlanBenchmark {
    planner: SlicePlanner,
    search: PlanSearch,
    /// The times, once they are measured.
    pub times: RwSignal<Option<Benchmark>>,
    /// The engine that holds burn as well.
    engine: StoredValue<Option<EngineLink>, LocalStorage>,
}

impl PlanBenchmark {
    /// Nothing measured yet.
    pub fn new(planner: SlicePlanner, search: PlanSearch) -> Self {
        let (times, engine) = (RwSignal::new(None), StoredValue::new_local(None));
        Self { planner, search, times, engine }
    }

    /// Measures with the question as the controls stand.
    pub fn run(self) {
        self.times.set(None);
        let problem = self.planner.problem.get_untracked();
        let engine = EngineLink::start(LEARNING_SCRIPT, move |event| self.hear(event));
        engine.send(Job::Benchmark { problem, repeats: REPEATS });
        self.engine.set_value(Some(engine));
        self.search.measure(true);
    }

    fn hear(self, event: EngineEvent) {
        match event {
            EngineEvent::Reply(Reply::Done { outcome: Outcome::Benchmark(times), .. }) => {
                self.times.set(Some(times));
            }
            EngineEvent::Reply(Reply::Refused { error, .. }) => {
                self.search.refused.set(Some(error));
            }
            EngineEvent::Stopped { message, .. } => self.search.engine_message.set(Some(message)),
            EngineEvent::Ready | EngineEvent::Reply(_) => return,
        }
        if let Some(engine) = self.engine.get_value() {
            engine.end();
        }
        self.engine.set_value(None);
        self.search.measure(false);
    }
}
