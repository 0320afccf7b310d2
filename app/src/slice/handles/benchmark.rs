//! Times of a plan measured in this browser, beside the same search through burn.

use leptos::prelude::*;
use slicewise_core::slice::benchmark::Benchmark;
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome};
use slicewise_protocol::Reply;

use super::plan_search::PlanSearch;
use super::planner::SlicePlanner;
use crate::engine::link::EngineLink;
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
    engine: StoredValue<Option<EngineLink<Slice>>, LocalStorage>,
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
        let engine = EngineLink::start(LEARNING_SCRIPT, move |reply| self.hear(reply));
        engine.send(SliceJob::Benchmark { problem, repeats: REPEATS });
        self.engine.set_value(Some(engine));
        self.search.measure(true);
    }

    fn hear(self, reply: Reply<Slice>) {
        match reply {
            Reply::Done { outcome: SliceOutcome::Benchmark(times), .. } => {
                self.times.set(Some(times));
            }
            Reply::Refused { error, .. } => self.search.refused.set(Some(error)),
            Reply::Crashed { message, .. } => self.search.engine_message.set(Some(message)),
            _ => return,
        }
        if let Some(engine) = self.engine.get_value() {
            engine.end();
        }
        self.engine.set_value(None);
        self.search.measure(false);
    }
}
