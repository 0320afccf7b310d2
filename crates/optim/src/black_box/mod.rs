//! Searches that see a constraint only as numbers: the rivals of the methods that know its network.
//!
//! Each minimises a known cost over the unit box subject to a constraint that is asked point by point
//! and counted. All answer to one trait, [`Optimiser`], under one [`Budget`], and tell their best so far
//! as a [`Trajectory`].

pub mod cma_es;
pub mod direct;
pub mod interior_point_policy;
pub mod network_thompson;
pub mod random;
pub mod sequential_quadratic;
pub mod trust_region_bayes;

use crate::monitor::{Halted, Monitor, Progress, Stopped};
use slicewise_core::InputError;

pub use cma_es::CmaEs;
pub use direct::Direct;
pub use interior_point_policy::InteriorPointPolicy;
pub use network_thompson::NetworkThompson;
pub use random::Random;
pub use sequential_quadratic::SequentialQuadratic;
pub use trust_region_bayes::TrustRegionBayes;

/// A cost that is known, and a constraint that is not.
#[allow(async_fn_in_trait, reason = "searches run on one thread, no Send bound is wanted")]
pub trait BlackBox {
    /// Number of variables, one or more.
    fn dimension(&self) -> usize;

    /// Cost at a point of the unit box: a formula that is free to ask.
    fn cost(&self, point: &[f64]) -> f64;

    /// By how much the constraint is broken at each of `points` (points x [`Self::dimension`]
    /// numbers); 0 or less where it is kept.
    async fn excesses(&mut self, points: &[f64], excesses: &mut [f64]);
}

/// How long a search may go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Points at which the constraint may be asked, 1 or more.
    pub evaluations: usize,
    /// Seconds by the clock that the search is given; a search looks at it before each batch of points.
    pub seconds: f64,
}

impl Budget {
    /// Checks both numbers.
    ///
    /// # Errors
    /// Names the one that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        slicewise_core::error::check_count("evaluations", self.evaluations, 1, 1_000_000_000)?;
        slicewise_core::error::check_range("seconds", self.seconds, 0.0, 1e9, "s")
    }
}

/// The best point that a search has met: the cheapest that keeps the constraint, or until one does, that
/// which breaks it least.
#[derive(Clone, Debug, PartialEq)]
pub struct Incumbent {
    /// Points asked until then, this one included.
    pub evaluations: usize,
    /// Seconds since the search began.
    pub seconds: f64,
    /// Where it is, in the unit box.
    pub point: Vec<f64>,
    /// Its cost.
    pub cost: f64,
    /// By how much it breaks the constraint; 0 or less where it is kept.
    pub excess: f64,
}

impl Incumbent {
    /// Whether the constraint is kept.
    pub fn is_feasible(&self) -> bool {
        self.excess <= 0.0
    }
}

/// What a search did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// Each better point as it was met; the last is the answer.
    pub incumbents: Vec<Incumbent>,
    /// Points asked in all.
    pub evaluations: usize,
    /// Seconds in all.
    pub seconds: f64,
}

impl Trajectory {
    /// The best point of the search; none where nothing was asked.
    pub fn best(&self) -> Option<&Incumbent> {
        self.incumbents.last()
    }
}

/// Why a search ends before it has finished of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The budget is spent: no fault.
    Spent,
    /// Stopped, or asked for what cannot be done.
    Halted(Halted),
}

impl From<Stopped> for Ended {
    fn from(stopped: Stopped) -> Self {
        Self::Halted(stopped.into())
    }
}

impl From<InputError> for Ended {
    fn from(error: InputError) -> Self {
        Self::Halted(error.into())
    }
}

/// A search in progress: the problem with its budget, and the best point so far.
pub struct Search<'a, B, M> {
    problem: &'a mut B,
    budget: Budget,
    monitor: &'a M,
    now: &'a dyn Fn() -> f64,
    progress: &'a mut dyn Progress<Incumbent>,
    begin: f64,
    trajectory: Trajectory,
}

impl<B: BlackBox, M: Monitor> Search<'_, B, M> {
    /// Number of variables.
    pub fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    /// Cost at a point, for nothing.
    pub fn cost(&self, point: &[f64]) -> f64 {
        self.problem.cost(point)
    }

    /// Points that may still be asked.
    pub fn left(&self) -> usize {
        self.budget.evaluations - self.trajectory.evaluations
    }

    /// The best point so far.
    pub fn best(&self) -> Option<&Incumbent> {
        self.trajectory.best()
    }

    /// Lets the monitor have its say in the middle of a long computation, and looks at the clock.
    ///
    /// # Errors
    /// [`Ended`] when the search is over.
    pub async fn checkpoint(&self) -> Result<(), Ended> {
        self.monitor.checkpoint().await?;
        if self.seconds() > self.budget.seconds { Err(Ended::Spent) } else { Ok(()) }
    }

    fn seconds(&self) -> f64 {
        ((self.now)() - self.begin) / 1000.0
    }

    /// By how much each of `points` breaks the constraint.
    ///
    /// # Errors
    /// [`Ended`] when the search is over: [`Ended::Spent`] also where the budget allowed only a part of
    /// the points, which count for the trajectory.
    pub async fn excesses(&mut self, points: &[f64]) -> Result<Vec<f64>, Ended> {
        self.asked(points, true).await
    }

    /// The same for points that are asked to learn from, and are no answers: they count for the budget
    /// alone.
    ///
    /// # Errors
    /// As of [`Self::excesses`].
    pub async fn explore(&mut self, points: &[f64]) -> Result<Vec<f64>, Ended> {
        self.asked(points, false).await
    }

    async fn asked(&mut self, points: &[f64], answers: bool) -> Result<Vec<f64>, Ended> {
        self.checkpoint().await?;
        let dimension = self.dimension();
        let asked = points.len() / dimension;
        let allowed = asked.min(self.left());
        let points = &points[..allowed * dimension];
        let mut excesses = vec![0.0; allowed];
        self.problem.excesses(points, &mut excesses).await;
        for (point, excess) in points.chunks_exact(dimension).zip(&excesses) {
            self.trajectory.evaluations += 1;
            if answers {
                self.account(point, *excess);
            }
        }
        self.progress.share(self.trajectory.evaluations as f64 / self.budget.evaluations as f64);
        if allowed < asked { Err(Ended::Spent) } else { Ok(excesses) }
    }

    fn account(&mut self, point: &[f64], excess: f64) {
        let cost = self.cost(point);
        let better =
            self.best().is_none_or(|best| is_better((cost, excess), (best.cost, best.excess)));
        if !better {
            return;
        }
        let incumbent = Incumbent {
            evaluations: self.trajectory.evaluations,
            seconds: self.seconds(),
            point: point.to_vec(),
            cost,
            excess,
        };
        self.progress.news(incumbent.clone());
        self.trajectory.incumbents.push(incumbent);
    }
}

/// Whether one (cost, excess) is better than another: feasible before infeasible, then the lower cost or
/// the lower excess. What is no number is never better.
pub(crate) fn is_better(one: (f64, f64), other: (f64, f64)) -> bool {
    match (one.1 <= 0.0, other.1 <= 0.0) {
        (true, true) => one.0 < other.0,
        (false, false) => one.1 < other.1 || (other.1.is_nan() && !one.1.is_nan()),
        (feasible, _) => feasible,
    }
}

/// A way to search.
#[allow(async_fn_in_trait, reason = "searches run on one thread, no Send bound is wanted")]
pub trait Optimiser {
    /// Searches until it has converged or `search` says that it is over. The same seed asks the same
    /// points, whatever the clock says.
    ///
    /// # Errors
    /// [`Ended`] as `search` gave it.
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended>;
}

/// What watches a search.
pub struct Watch<'a, M> {
    /// Ends it early.
    pub monitor: &'a M,
    /// Milliseconds since some moment.
    pub now: &'a dyn Fn() -> f64,
    /// Hears each better point.
    pub progress: &'a mut dyn Progress<Incumbent>,
}

/// Searches `problem` by `optimiser`.
///
/// # Errors
/// Names the part of the budget that is out of range, or says that the monitor stopped the search.
pub async fn minimise<B: BlackBox, M: Monitor>(
    optimiser: &impl Optimiser,
    problem: &mut B,
    budget: Budget,
    seed: u64,
    watch: Watch<'_, M>,
) -> Result<Trajectory, Halted> {
    budget.validate()?;
    let begin = (watch.now)();
    let Watch { monitor, now, progress } = watch;
    let trajectory = Trajectory::default();
    let mut search = Search { problem, budget, monitor, now, progress, begin, trajectory };
    match optimiser.search(&mut search, seed).await {
        Ok(()) | Err(Ended::Spent) => {}
        Err(Ended::Halted(halted)) => return Err(halted),
    }
    search.trajectory.seconds = search.seconds();
    Ok(search.trajectory)
}

/// The stream of a seed that each search draws from: none sees what another has drawn.
pub(crate) mod streams {
    pub(crate) const RANDOM: u64 = 0xb1_0001;
    pub(crate) const CMA_ES: u64 = 0xb1_0002;
    pub(crate) const SEQUENTIAL_QUADRATIC: u64 = 0xb1_0003;
    pub(crate) const TRUST_REGION_BAYES: u64 = 0xb1_0004;
    pub(crate) const NETWORK_THOMPSON: u64 = 0xb1_0005;
    pub(crate) const INTERIOR_POINT_POLICY: u64 = 0xb1_0006;
}

/// A penalised cost: what searches without a constraint are given in its place.
pub(crate) fn penalised(cost: f64, excess: f64, weight: f64) -> f64 {
    // A point that has no value must not be the best.
    if excess.is_nan() { f64::INFINITY } else { cost + weight * excess.max(0.0) }
}

#[cfg(test)]
pub(crate) mod test_problems;

#[cfg(test)]
mod tests {
    use super::test_problems::{disc, solved};
    use super::*;
    use futures::executor::block_on;
    use std::cell::Cell;

    struct Stubborn(Cell<usize>);

    impl Monitor for Stubborn {
        async fn checkpoint(&self) -> Result<(), Stopped> {
            self.0.set(self.0.get() + 1);
            if self.0.get() > 3 { Err(Stopped) } else { Ok(()) }
        }
    }

    #[test]
    fn a_budget_of_points_is_kept_and_a_monitor_ends_a_search() {
        let found = solved(&Random { batch: 7 }, &mut disc(), 20, 1);
        assert_eq!(found.evaluations, 20);
        let watch = Watch { monitor: &Stubborn(Cell::new(0)), now: &|| 0.0, progress: &mut () };
        let budget = Budget { evaluations: 1000, seconds: 10.0 };
        let halted = block_on(minimise(&Random { batch: 1 }, &mut disc(), budget, 1, watch));
        assert_eq!(halted, Err(Halted::Stopped));
    }

    #[test]
    fn a_budget_of_seconds_is_kept() {
        let clock = Cell::new(0.0);
        let now = || {
            clock.set(clock.get() + 100.0);
            clock.get()
        };
        let watch = Watch { monitor: &crate::Unmonitored, now: &now, progress: &mut () };
        let budget = Budget { evaluations: 1000, seconds: 2.0 };
        let found =
            block_on(minimise(&Random { batch: 1 }, &mut disc(), budget, 1, watch)).unwrap();
        assert!(found.evaluations > 2 && found.evaluations < 21, "{}", found.evaluations);
        let wrong = Budget { evaluations: 0, seconds: 2.0 };
        let watch = Watch { monitor: &crate::Unmonitored, now: &now, progress: &mut () };
        let error = block_on(minimise(&Random { batch: 1 }, &mut disc(), wrong, 1, watch));
        assert!(matches!(error, Err(Halted::Input(error)) if error.field == "evaluations"));
    }

    #[test]
    fn each_incumbent_is_better_than_the_one_before() {
        let found = solved(&Random { batch: 16 }, &mut disc(), 400, 5);
        for pair in found.incumbents.windows(2) {
            let of = |incumbent: &Incumbent| (incumbent.cost, incumbent.excess);
            assert!(is_better(of(&pair[1]), of(&pair[0])));
            assert!(pair[1].evaluations > pair[0].evaluations);
        }
        assert!(found.best().unwrap().is_feasible());
    }

    #[test]
    fn feasible_points_come_first_and_what_is_no_number_last() {
        assert!(is_better((9.0, 0.0), (1.0, 0.1)));
        assert!(!is_better((1.0, 0.1), (9.0, -0.1)));
        assert!(is_better((1.0, -0.1), (2.0, -0.9)));
        assert!(is_better((2.0, 0.1), (1.0, 0.2)));
        assert!(is_better((2.0, 0.1), (1.0, f64::NAN)));
        assert!(!is_better((1.0, f64::NAN), (2.0, 0.1)));
    }
}
