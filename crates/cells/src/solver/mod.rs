//! From cells to splits: the exact solver, the paper's search and the baselines, in batches.
//!
//! Whatever finds a split, its satisfaction and its utility are evaluated anew by the network at
//! the shares that the plan states. The shares of a cell are not below its minima, and added up in
//! the order of its slices in f64 they are not above 1. (Minima that sum to more than 1, which the
//! batch allows by a billionth, are lowered to sum to 1.) Slices with users have at least the method's
//! least share, whatever is maximised and whatever splits.
//!
//! Where the split of the step before is known and a change costs something, a search's split has to be
//! worth more than it by that cost; otherwise the cell keeps it. That is exact: the split with the
//! largest utility, less the cost where it is a change, is one of the two.

#[cfg(feature = "gpu")]
pub mod device;
pub mod exact;
mod given;
pub mod idla;
pub(crate) mod room;
#[cfg(not(target_family = "wasm"))]
pub mod threads;
mod utility;

use std::borrow::Cow;
use std::ops::Range;

use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans, Curves, EstimatorCard, Objective, Scheme};
use slicewise_core::{InputError, Origin};
use slicewise_nets::dense::evaluator::Evaluator;
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_optim::{Halted, Monitor, Stopped};

use crate::baselines::{self, Oracle};
use exact::ExactSolver;
use idla::Idla;
use room::{can_be_kept, least_shares};

pub use given::{OnGivenCurves, plan_on_curves};
pub use utility::utility;

#[cfg(not(target_family = "wasm"))]
pub use threads::{plan_on_curves_and_threads, plan_on_threads};

/// Cells between two checkpoints.
const CELLS_TOGETHER: usize = 64;
/// The same for searches that evaluate the network hundreds of times per slice; they have
/// checkpoints of their own.
const CELLS_SEARCHED_TOGETHER: usize = 16;

/// Plans all cells. The plan of a cell depends on nothing but the cell and the method, whatever
/// batch it comes in.
///
/// # Errors
/// Names the first number of the batch that is out of range, or [`Halted::Stopped`].
pub async fn plan(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    monitor: &impl Monitor,
) -> Result<CellPlans, Halted> {
    let cells = &*fitted(estimator, method, cells)?;
    Ok(plan_fitted(estimator, method, cells, monitor).await?)
}

async fn plan_fitted(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    monitor: &impl Monitor,
) -> Result<CellPlans, Stopped> {
    let mut planner = Planner::new(estimator, method);
    planner.plan(cells, 0..cells.len(), None, monitor).await
}

/// Plans the cells and gives the curve of every slice.
///
/// # Errors
/// As [`plan`].
pub async fn open(
    estimator: &Estimator,
    method: &Method,
    cells: &CellBatch,
    monitor: &impl Monitor,
) -> Result<(CellPlans, Curves), Halted> {
    let cells = &*fitted(estimator, method, cells)?;
    let plans = plan_fitted(estimator, method, cells, monitor).await?;
    let mut curves = Curves::default();
    EstimatorEvaluator::new(estimator).curves(&cells.features, &mut curves);
    Ok((plans, curves))
}

/// Checks a batch and a method against an estimator; the batch with the features that it reads and the
/// least shares of the method.
///
/// # Errors
/// Names the first number that is out of range.
pub fn fitted<'a>(
    estimator: &Estimator,
    method: &Method,
    cells: &'a CellBatch,
) -> Result<Cow<'a, CellBatch>, InputError> {
    let cells = cells.narrowed(estimator.features())?;
    cells.validate(estimator.features())?;
    method.validate()?;
    if method.scheme == Scheme::Td3 {
        let allowed = "exact, idla, oracle, traffic or equal: an agent decides in closed loop only";
        return Err(InputError::new("scheme", method.scheme.name(), allowed));
    }
    let cells = without_misread_steps(&estimator.card, cells);
    if method.least_share == 0.0 {
        return Ok(cells);
    }
    let mut cells = cells.into_owned();
    cells.lift_minimum_shares(method.least_share, &estimator.card.user_features());
    Ok(Cow::Owned(cells))
}

/// Takes what came of the last step from the slices that are promised what the estimator was not
/// trained on: it misreads that, so that splits by it swing to and fro.
fn without_misread_steps<'a>(
    card: &EstimatorCard,
    cells: Cow<'a, CellBatch>,
) -> Cow<'a, CellBatch> {
    let (last, required) = (card.last_step_features(), card.requirement_features());
    let is_misread =
        |features: &[f64]| required.iter().any(|at| card.features()[*at].is_outside(features[*at]));
    let none = !(0..cells.slices()).any(|slice| is_misread(cells.features_of(slice)));
    if last.is_empty() || none {
        return cells;
    }
    let mut cells = cells.into_owned();
    cells.forget_last_step(&last, is_misread);
    Cow::Owned(cells)
}

/// A planner with its memory, for one thread.
pub(crate) struct Planner {
    evaluator: EstimatorEvaluator,
    objective: Objective,
    scheme: Scheme,
    cost_of_change: f64,
    card: EstimatorCard,
    curves: Curves,
    exact: ExactSolver,
    idla: Idla,
    oracle: Oracle,
    rows: Vec<f64>,
    /// Least shares of a cell, and satisfactions with the split of the step before.
    least: Vec<f64>,
    before: Vec<f64>,
    /// The largest error of the given curves so far.
    curve_error: f64,
    origin: Origin,
}

impl Planner {
    pub(crate) fn new(estimator: &Estimator, method: &Method) -> Self {
        Self {
            evaluator: EstimatorEvaluator::new(estimator),
            objective: method.objective,
            scheme: method.scheme,
            cost_of_change: method.cost_of_change,
            card: estimator.card.clone(),
            curves: Curves::default(),
            exact: ExactSolver::default(),
            idla: Idla::new(method.objective, method.seed),
            oracle: Oracle::default(),
            rows: Vec::new(),
            least: Vec::new(),
            before: Vec::new(),
            curve_error: 0.0,
            origin: Origin::new(&estimator.card.weights_fingerprint, method.seed),
        }
    }

    /// Plans the cells of `range`, which were checked; exact splits are found on `given` curves of all
    /// slices of `cells`, where there are any.
    pub(crate) async fn plan(
        &mut self,
        cells: &CellBatch,
        range: Range<usize>,
        given: Option<&Curves>,
        monitor: &impl Monitor,
    ) -> Result<CellPlans, Stopped> {
        let slices = cells.offsets[range.start]..cells.offsets[range.end];
        let mut plans = CellPlans {
            offsets: Vec::with_capacity(range.len() + 1),
            shares: Vec::with_capacity(slices.len()),
            satisfaction: Vec::with_capacity(slices.len()),
            utilities: Vec::with_capacity(range.len()),
            bounds: Vec::with_capacity(range.len()),
            prices: Vec::with_capacity(range.len()),
            outside: Vec::with_capacity(range.len()),
            evaluations: 0,
            origin: self.origin.clone(),
        };
        plans.offsets.push(0);
        let together = match self.scheme {
            Scheme::Idla => CELLS_SEARCHED_TOGETHER,
            _ => CELLS_TOGETHER,
        };
        let mut first = range.start;
        while first < range.end {
            let end = range.end.min(first + together);
            match given {
                Some(given) => self.split_on_given(cells, first..end, given, &mut plans),
                None => self.plan_together(cells, first..end, &mut plans, monitor).await?,
            }
            monitor.checkpoint().await?;
            first = end;
        }
        Ok(plans)
    }

    async fn plan_together(
        &mut self,
        cells: &CellBatch,
        range: Range<usize>,
        plans: &mut CellPlans,
        monitor: &impl Monitor,
    ) -> Result<(), Stopped> {
        let slices = cells.offsets[range.start] as usize..cells.offsets[range.end] as usize;
        match self.scheme {
            Scheme::Exact => self.split_exactly(cells, range.clone(), plans),
            Scheme::Idla => {
                self.idla.search(&mut self.evaluator, cells, range.clone(), plans, monitor).await?;
            }
            Scheme::Oracle => {
                let (evaluator, objective) = (&mut self.evaluator, self.objective);
                self.oracle.split(evaluator, objective, cells, range.clone(), plans).await;
            }
            Scheme::Traffic => {
                let traffic = |cell| &cells.traffic_mbps[cells.range(cell)];
                baselines::split_in_proportion(cells, range.clone(), traffic, plans);
            }
            Scheme::Equal | Scheme::Td3 => {
                baselines::split_in_proportion(cells, range.clone(), |_| &[], plans);
            }
        }
        self.judge(cells, range, slices, plans).await;
        Ok(())
    }

    /// Evaluates the curves of all slices of `range`; the first of these slices.
    fn gather_curves(
        &mut self,
        cells: &CellBatch,
        range: &Range<usize>,
        plans: &mut CellPlans,
    ) -> usize {
        let slices = cells.offsets[range.start] as usize..cells.offsets[range.end] as usize;
        let features = slices.start * cells.width..slices.end * cells.width;
        self.evaluator.curves(&cells.features[features], &mut self.curves);
        plans.evaluations += self.curves.len() as u64;
        slices.start
    }

    fn split_exactly(&mut self, cells: &CellBatch, range: Range<usize>, plans: &mut CellPlans) {
        let first = self.gather_curves(cells, &range, plans);
        for cell in range {
            let slices = cells.range(cell);
            let proof = self.exact.split(
                self.objective,
                &self.curves,
                slices.start - first,
                &cells.weights[slices.clone()],
                &cells.minimum_shares[slices],
            );
            plans.shares.extend_from_slice(self.exact.shares());
            plans.bounds.push(proof.bound);
            plans.prices.push(proof.price);
        }
    }

    /// Evaluates the newest shares of `plans` and closes its cells; those whose best split is not worth
    /// a change get the one of the step before.
    async fn judge(
        &mut self,
        cells: &CellBatch,
        range: Range<usize>,
        slices: Range<usize>,
        plans: &mut CellPlans,
    ) {
        let start = plans.satisfaction.len();
        self.satisfactions(cells, slices.clone(), &plans.shares[start..], &mut plans.satisfaction)
            .await;
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        if self.may_keep(cells) {
            let shares = &cells.previous_shares[slices.clone()];
            self.satisfactions(cells, slices.clone(), shares, &mut before).await;
        }
        for cell in range {
            let own = cells.range(cell);
            let at = own.start - slices.start..own.end - slices.start;
            self.close(cells, cell, start + at.start, before.get(at).unwrap_or_default(), plans);
        }
        self.before = before;
    }

    /// Appends the satisfactions that the network gives `slices` with `shares`.
    async fn satisfactions(
        &mut self,
        cells: &CellBatch,
        slices: Range<usize>,
        shares: &[f64],
        into: &mut Vec<f64>,
    ) {
        self.rows.clear();
        for (slice, share) in slices.clone().zip(shares) {
            self.rows.push(*share);
            self.rows.extend_from_slice(cells.features_of(slice));
        }
        let start = into.len();
        into.resize(start + slices.len(), 0.0);
        self.evaluator.values(&self.rows, &(), &mut into[start..]).await;
        into[start..].iter_mut().for_each(|r| *r = r.clamp(0.0, 1.0));
    }

    /// Whether cells may keep the split of the step before although another is worth more.
    fn may_keep(&self, cells: &CellBatch) -> bool {
        let searches = matches!(self.scheme, Scheme::Exact | Scheme::Idla | Scheme::Oracle);
        searches && self.cost_of_change > 0.0 && !cells.previous_shares.is_empty()
    }

    /// Closes cell `cell`, whose shares and satisfactions are those of `plans` from slice `start` on.
    /// `before` holds its satisfactions with the split of the step before; empty where that does not
    /// count.
    fn close(
        &mut self,
        cells: &CellBatch,
        cell: usize,
        start: usize,
        before: &[f64],
        plans: &mut CellPlans,
    ) {
        let slices = cells.range(cell);
        let own = start..start + slices.len();
        let weights = &cells.weights[slices.clone()];
        let mut worth = utility(self.objective, &plans.satisfaction[own.clone()], weights);
        if before.len() == own.len() {
            let kept = utility(self.objective, before, weights);
            let shares = &cells.previous_shares[slices.clone()];
            least_shares(&cells.minimum_shares[slices.clone()], &mut self.least);
            let is_split = can_be_kept(shares, &self.least, &plans.shares[own.clone()]);
            if is_split && worth - kept <= self.cost_of_change {
                plans.shares[own.clone()].copy_from_slice(shares);
                plans.satisfaction[own.clone()].copy_from_slice(before);
                let bound = &mut plans.bounds[plans.utilities.len()];
                // A comparison and not `max`, which would turn NaN into a number.
                *bound = if *bound - self.cost_of_change < kept {
                    kept
                } else {
                    *bound - self.cost_of_change
                };
                worth = kept;
            }
        }
        plans.utilities.push(worth);
        let outside = slices.filter(|slice| self.card.is_outside(cells.features_of(*slice)));
        plans.outside.push(outside.count() as u32);
        plans.offsets.push(own.end as u32);
    }
}
