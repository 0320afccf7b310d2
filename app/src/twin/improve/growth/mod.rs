//! The tab Growth: what growing traffic breaks in which quarter, and what to buy.

mod answer;
mod form;
mod words;

use leptos::prelude::*;
use slicewise_core::twin::growth::{FreeRouting, GrowthOrder, GrowthPlan};
use slicewise_core::twin::improver::{ImproverJob, ImproverOutcome};

use super::job::{Job, Run};
use super::planner::Improve;
use crate::shell::live::live;
use crate::twin::units;

/// Iterations of the bound on the price under any routing.
const BOUND_ITERATIONS: usize = 300;

/// What growth comes to, and the bound on the price.
pub type Grown = (GrowthPlan, Option<FreeRouting>);

/// A copyable handle.
#[derive(Clone, Copy)]
pub struct Growth {
    improve: Improve,
    job: Job<GrowthOrder, Grown>,
}

impl Growth {
    /// Nothing asked yet.
    pub fn new(improve: Improve) -> Self {
        let make = |of, order: &GrowthOrder| ImproverJob::Grow {
            of,
            order: order.clone(),
            bound_iterations: BOUND_ITERATIONS,
        };
        let take = |outcome| match outcome {
            ImproverOutcome::Grown(plan, free) => Some((*plan, free)),
            _ => None,
        };
        let growth = Self { improve, job: Job::new(improve, make, take) };
        Effect::new(move |_| {
            if let Some(found) = growth.job.run.with(|run| run.found.clone()) {
                answer::show(improve, &found.0);
            }
        });
        growth
    }

    /// Its panel.
    pub fn panel(self) -> AnyView {
        let order = move || self.improve.state.with_untracked(|state| state.growth.clone());
        let bar = self.job.bar("growth", "See what grows out of bounds", order, status);
        let answer = move || {
            match self.job.run.with(|run| run.asked.clone().zip(run.found.clone())) {
            Some((asked, found)) => answer::answer(self.improve, self.job, asked, found),
            None => view! {
                <p class="placeholder">
                    "Traffic grows quarter by quarter. Which link runs full first, when does a promise \
                     break, and what are the cheapest modules that survive every failure you choose?"
                </p>
            }
            .into_any(),
        }
        };
        view! {
            <div class="failures-panel">
                {form::form(self.improve)}
                {bar}
                {live(answer)}
            </div>
        }
        .into_any()
    }
}

fn status(run: &Run<GrowthOrder, Grown>) -> String {
    match run.state() {
        "running" => "Working through the quarters.".to_owned(),
        "stopped" => "Stopped.".to_owned(),
        "done" => ["In ", &units::delay(run.elapsed_ms / 1e3)].concat(),
        _ => String::new(),
    }
}
