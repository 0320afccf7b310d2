//! From the points that a search found to plans: every promise checked anew.

use slicewise_core::Origin;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_nets::Network;
use slicewise_optim::{Monitor, Stopped};

use super::PROBLEMS_TOGETHER;
use super::strict::Strict;
use crate::plan::{Sensitivity, extrapolated};
use crate::question::Question;

/// A point that misses its limit by no more than this, as a search in other arithmetic may, is moved
/// inside.
pub const ROUNDING: f64 = 1e-3;
/// Share of the limit by which such a point is moved inside.
const INSIDE: f64 = 1e-6;
/// Longest such move, in the unit box.
const LONGEST_MOVE: f64 = 0.02;
/// The most such moves.
const MOST_MOVES: usize = 4;

/// The plans at `points` (questions x resources, in each question's unit box), whatever found them:
/// costs, degradations, multipliers and feasibility are computed here in f64, the degradation
/// plainly. `evaluations` counts the rows that the search evaluated.
///
/// A point that misses its promise by rounding is moved inside first. A question without traffic gets
/// its least allocation.
pub fn judge(
    network: &Network,
    questions: &[Question],
    points: &[f64],
    evaluations: u64,
) -> BatchPlans {
    let resources = questions.first().map_or(0, Question::resources);
    let mut judge = Judge::new(network, resources);
    // The search draws nothing at random.
    let origin = Origin::new(&network.card.weights_fingerprint, 0);
    let mut plans = BatchPlans { resources, evaluations, origin, ..BatchPlans::default() };
    judge.add_all(questions, points, &mut plans);
    plans
}

/// [`judge`] with a checkpoint every few milliseconds.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn judge_watched(
    network: &Network,
    questions: &[Question],
    points: &[f64],
    evaluations: u64,
    monitor: &impl Monitor,
) -> Result<BatchPlans, Stopped> {
    let resources = network.inputs() - 1;
    let mut judge = Judge::new(network, resources);
    // The search draws nothing at random.
    let origin = Origin::new(&network.card.weights_fingerprint, 0);
    let mut plans = BatchPlans { resources, evaluations, origin, ..BatchPlans::default() };
    let parts = questions.chunks(PROBLEMS_TOGETHER);
    for (part, points) in parts.zip(points.chunks(PROBLEMS_TOGETHER * resources)) {
        monitor.checkpoint().await?;
        judge.add_all(part, points, &mut plans);
    }
    Ok(plans)
}

/// Replaces plan `index` of `plans` by the plan at `point`.
pub(super) fn judge_again(
    network: &Network,
    question: &Question,
    point: &[f64],
    index: usize,
    plans: &mut BatchPlans,
) {
    let one = judge(network, std::slice::from_ref(question), point, 0);
    let part = index * plans.resources..(index + 1) * plans.resources;
    plans.allocations[part].copy_from_slice(&one.allocations);
    plans.costs[index] = one.costs[0];
    plans.degradations[index] = one.degradations[0];
    plans.multipliers[index] = one.multipliers[0];
    plans.feasible[index] = one.feasible[0];
    plans.outside[index] = one.outside[0];
}

struct Judge<'a> {
    network: &'a Network,
    strict: Strict<'a>,
    sensitivity: Sensitivity,
    allocation: Vec<f64>,
}

impl<'a> Judge<'a> {
    fn new(network: &'a Network, resources: usize) -> Self {
        Self {
            network,
            strict: Strict::new(network),
            sensitivity: Sensitivity::new(network),
            allocation: vec![0.0; resources],
        }
    }

    fn add_all(&mut self, questions: &[Question], points: &[f64], plans: &mut BatchPlans) {
        let resources = self.allocation.len().max(1);
        for (question, point) in questions.iter().zip(points.chunks_exact(resources)) {
            self.add(question, point, plans);
        }
    }

    fn add(&mut self, question: &Question, point: &[f64], plans: &mut BatchPlans) {
        if question.traffic.is_empty() {
            plans.allocations.extend_from_slice(&question.lowest);
            plans.costs.push(question.base_cost);
            plans.degradations.push(0.0);
            plans.multipliers.push(0.0);
            plans.feasible.push(true);
            plans.outside.push(false);
            return;
        }
        self.place(question, point);
        let mut degradation = self.strict.degradation(question, &self.allocation);
        let near = degradation > question.limit && degradation - question.limit <= ROUNDING;
        // Such a move would leave the grid.
        if near && !question.has_granularity() {
            degradation = self.move_inside(question, point, degradation);
        }
        let slopes = self.sensitivity.slopes(question, &self.allocation);
        plans.multipliers.push(question.multiplier(&self.allocation, slopes, &[]));
        plans.costs.push(question.cost(&self.allocation));
        plans.allocations.extend_from_slice(&self.allocation);
        plans.degradations.push(degradation);
        plans.feasible.push(question.shown && degradation <= question.limit);
        let outside = extrapolated(self.network, question, &self.allocation);
        plans.outside.push(!outside.is_empty());
    }

    /// Sets the allocation at `point`, within the box whatever the point.
    fn place(&mut self, question: &Question, point: &[f64]) {
        for (k, allocation) in self.allocation.iter_mut().enumerate() {
            // What is no number counts as the box's foot.
            let x = if point[k].is_nan() { 0.0 } else { point[k].clamp(0.0, 1.0) };
            *allocation = question.rounded_up(k, question.lowest[k] + x * question.extent[k]);
        }
    }

    /// Raises the resource that lowers the degradation at the least cost until the promise holds,
    /// and returns the degradation then; where it does not come to hold, all stays as it is.
    fn move_inside(&mut self, question: &Question, point: &[f64], degradation: f64) -> f64 {
        let target = question.limit * (1.0 - INSIDE);
        let mut moved = degradation;
        for _ in 0..MOST_MOVES {
            let slopes = self.sensitivity.slopes(question, &self.allocation);
            let price = |k: usize| question.costs[k] / question.extent[k] / -slopes[k];
            let top = |k: usize| question.lowest[k] + question.extent[k];
            let movable = |k: &usize| slopes[*k] < 0.0 && self.allocation[*k] < top(*k);
            let cheapest =
                (0..slopes.len()).filter(movable).min_by(|a, b| price(*a).total_cmp(&price(*b)));
            let Some(k) = cheapest else { break };
            let step = (moved - target) / -slopes[k];
            let longest = LONGEST_MOVE * question.extent[k];
            self.allocation[k] = (self.allocation[k] + step.min(longest)).min(top(k));
            moved = self.strict.degradation(question, &self.allocation);
            if moved <= question.limit {
                return moved;
            }
        }
        self.place(question, point);
        degradation
    }
}
