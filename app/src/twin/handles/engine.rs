//! The planner's engine: what it is asked, and what it is given once.

use slicewise_core::twin::{Twin, TwinJob, TwinNews};
use slicewise_protocol::JobId;

use super::planner::TwinPlanner;
use crate::engine::desk::{self, Desk};
use crate::twin::ENGINE_SCRIPT;
use crate::twin::question::OpenScenario;

pub use crate::engine::desk::Ended;

/// What a job comes to, and how long the engine worked on it, in milliseconds.
pub type Outcome = desk::Outcome<Twin>;

/// The engine of the page; a copyable handle.
#[derive(Clone, Copy)]
pub struct TwinEngine(Desk<Twin>);

impl TwinEngine {
    /// An engine that is not started.
    pub fn new(planner: TwinPlanner) -> Self {
        Self(Desk::new(ENGINE_SCRIPT, planner.engine_message))
    }

    /// Starts the engine.
    pub fn start(self) {
        self.0.start();
    }

    /// Has the engine do `job` about `scenario`, and gives what it comes to to `then`; `None` where there is
    /// no engine.
    pub fn ask(
        self,
        scenario: &OpenScenario,
        job: TwinJob,
        then: impl FnOnce(Outcome) + 'static,
    ) -> Option<JobId> {
        self.ask_with_news(scenario, job, |_, _| {}, then)
    }

    /// The same, and gives `news` the share that is done and what there is to tell before the end.
    pub fn ask_with_news(
        self,
        scenario: &OpenScenario,
        job: TwinJob,
        news: impl Fn(f64, Option<TwinNews>) + 'static,
        then: impl FnOnce(Outcome) + 'static,
    ) -> Option<JobId> {
        self.0.ask((scenario.name(), || Some(scenario.installed().clone())), job, news, then)
    }

    /// Stops job `id`, whose outcome is [`Ended::Stopped`].
    pub fn cancel(self, id: JobId) {
        self.0.cancel(id);
    }
}
