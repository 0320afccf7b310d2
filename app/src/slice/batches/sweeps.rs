//! The Slice planner's runs: sweeps whose plans come in range by range.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::WithUntracked;
use slicewise_core::compute::Device;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::work::work_per_problem;
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome, Sweep};

use super::gathered::Gathered;
use crate::engine::pool::{Calibration, EnginePool, Failure, Place, RunId, Work};
use crate::engine::ranges::Share;
use crate::slice::models;

/// What to plan: sweeps of one model that belong together, for one view.
pub struct Order {
    /// A newer run of the same view cancels the older one.
    pub view: &'static str,
    /// The families of problems, each valid for the model's card.
    pub sweeps: Vec<Sweep>,
}

/// What has come in.
pub struct Progress<'a> {
    /// Plans known.
    pub done: usize,
    /// The plans of each sweep.
    pub sweeps: &'a [Gathered],
}

/// A finished run.
pub struct Finished {
    /// The plans of each sweep.
    pub sweeps: Vec<BatchPlans>,
    /// Time from the order to the last plan, in milliseconds.
    pub elapsed_ms: f64,
    /// The device and why, in words.
    pub device: String,
}

/// Who hears of a run. A cancelled run is not heard of again.
pub struct Listeners {
    /// Some plans are known.
    pub on_progress: Box<dyn Fn(Progress)>,
    /// All plans are known.
    pub on_done: Box<dyn Fn(Finished)>,
    /// The run cannot be done, and why.
    pub on_failure: Box<dyn Fn(String)>,
}

impl EnginePool<Slice> {
    /// Starts to plan `order`.
    pub fn run(&self, order: Order, listeners: Listeners) -> RunId {
        let Order { view, sweeps } = order;
        let compute = self.compute();
        let card = sweeps.first().and_then(|sweep| models::named(&sweep.base().model));
        // The kernels know no limits of a network, and no steps of allocations.
        let in_steps = sweeps.iter().any(|sweep| sweep.base().has_granularity());
        let on_processor = (in_steps || card.is_some_and(|card| !card.limits.is_empty()))
            && compute.choice.with_untracked(|choice| *choice != Device::Cpu);
        let place = on_processor.then_some(Place::Cpu(compute.workers));
        let gathered = sweeps
            .iter()
            .map(|sweep| Gathered::new(sweep.len(), sweep.base().resources.len()))
            .collect();
        let work = SweepWork { sweeps, gathered, listeners, on_processor };
        self.start(Some(view), place, Rc::new(RefCell::new(work)))
    }
}

struct SweepWork {
    sweeps: Vec<Sweep>,
    gathered: Vec<Gathered>,
    listeners: Listeners,
    /// Whether it was bound to the processor.
    on_processor: bool,
}

impl Work<Slice> for SweepWork {
    fn lengths(&self) -> Vec<usize> {
        self.sweeps.iter().map(Sweep::len).collect()
    }

    fn job(&self, share: Share) -> SliceJob {
        let sweep = self.sweeps[share.row].clone();
        SliceJob::Batch { sweep, first: share.first, count: share.count }
    }

    fn take(&mut self, share: Share, outcome: SliceOutcome) -> Option<usize> {
        match outcome {
            SliceOutcome::Batch(plans) if plans.len() == share.count => {
                self.gathered[share.row].place(share.first, &plans)
            }
            _ => None,
        }
    }

    fn progress(&mut self, done: usize) {
        (self.listeners.on_progress)(Progress { done, sweeps: &self.gathered });
    }

    fn finish(&mut self, elapsed_ms: f64, mut device: String) {
        if self.on_processor {
            device += "; GPU not used: it cannot plan this";
        }
        let gathered = std::mem::take(&mut self.gathered).into_iter();
        let sweeps = gathered.map(|gathered| gathered.plans).collect();
        (self.listeners.on_done)(Finished { sweeps, elapsed_ms, device });
    }

    fn fail(&mut self, failure: Failure) {
        (self.listeners.on_failure)(failure.to_string());
    }

    fn model(&self) -> Option<&str> {
        self.sweeps.first().map(|sweep| sweep.base().model.as_str())
    }

    fn work_per_problem(&self) -> f64 {
        let card = self.model().and_then(models::named);
        card.map_or(0.0, |card| work_per_problem(&self.sweeps, &card))
    }

    fn calibration(&self) -> Option<Calibration<Slice>> {
        let sweep = self.sweeps.first().filter(|sweep| !sweep.is_empty())?;
        let job = SliceJob::Calibrate { problem: sweep.problem(sweep.len() / 2) };
        let read = |outcome| match outcome {
            SliceOutcome::Calibration(cost) => Some(cost),
            _ => None,
        };
        Some(Calibration { job, read })
    }
}
