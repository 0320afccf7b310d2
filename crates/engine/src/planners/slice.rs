//! Jobs for the Slice planner.

use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::race::{Milestone, RaceOrder};
use slicewise_core::slice::{Slice, SliceJob, SliceNews, SliceOutcome, SliceProblem};
use slicewise_nets::Network;
use slicewise_optim::Progress;
use slicewise_slice::baselines::rivals::{Allowance, Rival, Spectators, race};
use slicewise_slice::batch::{calibrate, plan_batch};
use slicewise_slice::benchmark::benchmark;
use slicewise_slice::charts::{curves, landscape};
use slicewise_slice::feedback::{correct, weighed};
use slicewise_slice::plan::judge;
use slicewise_slice::solver::MOST_BOXES;
use slicewise_slice::{Effort, solve};

use super::Processor;
use super::networks::Networks;
use crate::worker::{Adapter, Outcome, Turn, Work, work};

/// The Slice planner in an engine that computes on `device`.
#[derive(Debug, Default)]
pub struct SliceEngine<D> {
    networks: Networks,
    /// Where batches are planned and networks trained.
    pub device: D,
}

impl<D: 'static> Adapter for SliceEngine<D> {
    type Planner = Slice;

    fn install(&self, network: Installed) -> Result<(), InputError> {
        self.networks.install(&network)
    }
}

impl<D: 'static> SliceEngine<D> {
    /// Nothing loaded yet.
    pub fn new(device: D) -> Self {
        Self { networks: Networks::default(), device }
    }

    /// The network of that name, loaded or fetched on first use.
    ///
    /// # Errors
    /// Names the model when there is none of that name, or the file that cannot be had.
    pub async fn network(&self, name: &str, turn: &Turn<Slice>) -> Result<Rc<Network>, InputError> {
        self.networks.get(name, turn).await
    }

    /// The network that `problem` plans with.
    ///
    /// # Errors
    /// Those of [`Self::network`], or says that weights of members do not fit.
    pub async fn network_of(
        &self,
        problem: &SliceProblem,
        turn: &Turn<Slice>,
    ) -> Result<Rc<Network>, InputError> {
        weighed(self.network(&problem.model, turn).await?, problem)
    }
}

impl SliceEngine<Processor> {
    /// The cheapest plan, then its certificate.
    pub const PLAN: Work<Self> = work! {
        "plan", |engine, turn| SliceJob::Plan { problem, tolerance } =>
        engine.plan(problem, *tolerance, turn)
    };

    /// Degradation over two resources.
    pub const LANDSCAPE: Work<Self> = work! {
        "landscape",
        |engine, turn| SliceJob::Landscape { problem, slice, allocation, resolution } =>
        async move {
            let network = engine.network_of(problem, turn).await?;
            let (slice, points, watch) = (*slice, *resolution, &turn.watch);
            let found = landscape(&network, problem, slice, allocation, points, watch);
            Ok(SliceOutcome::Landscape(found.await?))
        }
    };

    /// What an allocation is worth.
    pub const JUDGE: Work<Self> = work! {
        "judge", |engine, turn| SliceJob::Judge { problem, slice, allocation } =>
        async move {
            let network = engine.network_of(problem, turn).await?;
            let found = judge(&network, problem, *slice, allocation)?;
            Ok(SliceOutcome::Judged(Box::new(found)))
        }
    };

    /// What measurements say of an ensemble's members.
    pub const CORRECT: Work<Self> = work! {
        "correct", |engine, turn| SliceJob::Correct { problem, slice, table } =>
        async move {
            let network = engine.network(&problem.model, turn).await?;
            let found = correct(&network, problem, *slice, table)?;
            Ok(SliceOutcome::Corrected(Box::new(found)))
        }
    };

    /// Cheapest allocations over the promise.
    pub const CURVES: Work<Self> = work! {
        "curves", |engine, turn| SliceJob::Curves { problem, slice, points } =>
        async move {
            let network = engine.network_of(problem, turn).await?;
            let found = curves(&network, problem, *slice, *points, &turn.watch);
            Ok(SliceOutcome::Curves(found.await?))
        }
    };

    /// The plans of a part of a sweep.
    pub const BATCH: Work<Self> = work! {
        "batch", |engine, turn| SliceJob::Batch { sweep, first, count } =>
        async move {
            let network = engine.network_of(sweep.base(), turn).await?;
            let (first, count, watch, mut told) = (*first, *count, &turn.watch, Told(turn));
            let found = plan_batch(&network, sweep, first, count, watch, &mut told).await?;
            Ok(SliceOutcome::Batch(found))
        }
    };

    /// How long batches take.
    pub const CALIBRATE: Work<Self> = work! {
        "calibrate", |engine, turn| SliceJob::Calibrate { problem } =>
        async move {
            let network = engine.network_of(problem, turn).await?;
            let found = calibrate(&network, problem, &|| turn.now(), &turn.watch).await?;
            Ok(SliceOutcome::Calibration(found))
        }
    };

    /// One method's part of a race.
    pub const RACE: Work<Self> = work! {
        "race", |engine, turn| SliceJob::Race(order) => engine.race(order, turn)
    };

    async fn race(&self, order: &RaceOrder, turn: &Turn<Slice>) -> Outcome<Slice> {
        let rival = Rival::of_name(&order.method)?;
        check_range("seconds", order.seconds, 0.01, 3600.0, "s")?;
        check_count("candidates", order.candidates, 1, 1_000_000)?;
        let network = self.network_of(&order.problem, turn).await?;
        let allowance = Allowance {
            rows: rival.usual_points() * rival.levels(&order.problem),
            seconds: order.seconds,
            candidates: Some(order.candidates),
        };
        let spectators =
            Spectators { monitor: &turn.watch, now: &|| turn.now(), progress: &mut Told(turn) };
        let found = race(&network, &order.problem, rival, allowance, order.seed, spectators);
        Ok(SliceOutcome::Raced(Box::new(found.await?)))
    }

    async fn plan(
        &self,
        problem: &SliceProblem,
        tolerance: f64,
        turn: &Turn<Slice>,
    ) -> Outcome<Slice> {
        let network = self.network_of(problem, turn).await?;
        check_range("tolerance", tolerance, 1e-6, 0.5, "")?;
        let effort = Effort { tolerance, most_boxes: MOST_BOXES };
        let plan = solve(&network, problem, effort, &turn.watch, &mut Told(turn)).await?;
        Ok(SliceOutcome::Plan(Box::new(plan)))
    }
}

impl<D: 'static> SliceEngine<D> {
    /// The time of a slider step, through burn too where the build has it.
    pub const BENCHMARK: Work<Self> = work! {
        "benchmark", |engine, turn| SliceJob::Benchmark { problem, repeats } =>
        async move {
            let network = engine.network_of(problem, turn).await?;
            let now = || turn.now();
            let found = benchmark(&network, problem, *repeats, &now, &turn.watch).await?;
            Ok(SliceOutcome::Benchmark(found))
        }
    };
}

/// Tells the page how a job goes, not more often than it can show.
pub(super) struct Told<'a>(pub(super) &'a Turn<Slice>);

impl Progress<SliceNews> for Told<'_> {
    fn share(&mut self, fraction: f64) {
        self.0.share(fraction);
    }

    fn news(&mut self, news: SliceNews) {
        let due = match &news {
            SliceNews::Better(_) | SliceNews::Met(_) => true,
            SliceNews::Epoch(moment) => self.0.is_due(moment.epoch == moment.epochs),
        };
        if due {
            self.0.news(news);
        }
    }
}

impl Progress<Milestone> for Told<'_> {
    fn share(&mut self, fraction: f64) {
        self.0.share(fraction);
    }

    fn news(&mut self, milestone: Milestone) {
        self.0.news(SliceNews::Met(milestone));
    }
}
