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
        let make =
            |of, order: &ImprovementOrder| ImproverJob::Optimise { of, order: order.clone() };
        let take = |outcome| match outcome {
            ImproverOutcome::Routed(routed) => Some(*routed),
            _ => None,
        };
        let routing = Self { improve, job: Job::new(improve, make, take) };
        Effect::new(move |_| {
            let found = routing.job.run.with(|run| run.found.clone());
            if let Some(found) = found {
                let both = found.after.iter().zip(&found.before);
                let values = both.map(|(after, before)| after - before).collect();
                improve.colour("change by the routing found", values);
            }
        });
        routing
    }

    /// Its panel.
    pub fn panel(self) -> AnyView {
        let order = move || self.improve.state.with_untracked(|state| state.routing.order());
        let bar = self.job.bar("routing", "Find a better routing", order, status);
        let answer = move || {
            match self.job.run.with(|run| run.asked.clone().zip(run.found.clone())) {
            Some((asked, found)) => answer::answer(self.improve, self.job, asked, found),
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
