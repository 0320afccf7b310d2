//! The tab Routing: what is wanted, and the routing that was found for it.

mod answer;
mod intent;
mod words;

use leptos::prelude::*;
use slicewise_core::twin::improver::{ImproverJob, ImproverOutcome, Routed};
use slicewise_core::twin::intent::ImprovementOrder;

use super::job::{Job, Run};
use super::planner::Improve;
use crate::controls::number_text;
use crate::shell::live::live;
use crate::twin::units;

/// A copyable handle.
#[derive(Clone, Copy)]
pub struct Routing {
    improve: Improve,
    job: Job<ImprovementOrder, Routed>,
}

impl Routing {
    /// Nothing asked yet.
    pub fn new(improve: Improve) -> Self {
        let order = move || improve.state.with(|state| state.routing.order());
        let make =
            |of, order: &ImprovementOrder| ImproverJob::Optimise { of, order: order.clone() };
        let take = |outcome| match outcome {
            ImproverOutcome::Routed(routed) => Some(*routed),
            _ => None,
        };
        let routing = Self { improve, job: Job::new(improve, order, make, take) };
        Effect::new(move |_| {
            if let Some(answered) = routing.job.answered.get() {
                answer::show(improve, &answered.found);
            }
        });
        routing
    }

    /// Its panel.
    pub fn panel(self) -> AnyView {
        let bar = self.job.bar("routing", "Find a better routing", status);
        let answer = move || {
            match self.job.answered.get() {
            Some(answered) => answer::answer(self.improve, self.job, answered),
            None => view! {
                <p class="placeholder">
                    "Say what the routing should be good for, and the search tells which traffic to send \
                     another way, what each change gains, and how much better any other routing could be \
                     at most."
                </p>
            }
            .into_any(),
        }
        };
        view! {
            <div class="failures-panel routing-panel">
                {intent::sentence(self.improve)}
                {bar}
                {live(answer)}
            </div>
        }
        .into_any()
    }
}

fn status(run: &Run<ImprovementOrder, Routed>) -> String {
    let best = run.improved.last();
    match (run.state(), best) {
        ("running", Some((_, best))) => {
            ["Best so far: fullest link ", &number_text::percent(*best)].concat()
        }
        ("running", None) => "Searching.".to_owned(),
        ("stopped", _) => "Stopped.".to_owned(),
        ("done", _) => ["In ", &units::delay(run.elapsed_ms / 1e3)].concat(),
        _ => String::new(),
    }
}
