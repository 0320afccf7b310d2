//! Several slices that share capacities in whole steps: every plan is compared with every other.

use slicewise_core::slice::SlicePlan;
use slicewise_optim::boundary_descent::Descent;
use slicewise_optim::front_split::{Front, best_split};
use slicewise_optim::{Constraint, Monitor, Stopped};

use super::Effort;
use super::competing::Competition;
use crate::plan::Evidence;
use crate::question::Question;

/// The most points of the shared capacities' grid that all plans are compared on.
const MOST_POINTS: usize = 20_000;

/// Two resources in whole steps.
pub(super) struct Grid {
    /// Steps across the unit box of one slice.
    steps: [usize; 2],
    /// Steps that the slices share above their least allocations.
    shared: [usize; 2],
}

impl Competition<'_> {
    /// The grid, where both of two resources come in steps, and not in too many.
    pub(super) fn small_grid(&self) -> Option<Grid> {
        let [first, second] = self.questions[0].steps()[..] else { return None };
        if first == 0.0 || second == 0.0 {
            return None;
        }
        let shared = [first * self.room[0], second * self.room[1]].map(f64::round);
        let points = (shared[0] + 1.0) * (shared[1] + 1.0);
        let whole = |steps: [f64; 2]| steps.map(|steps| steps as usize);
        let grid = Grid { steps: whole([first, second]), shared: whole(shared) };
        (points <= MOST_POINTS as f64).then_some(grid)
    }

    /// The cheapest split of all on `grid`; of what cannot be kept, the slices' own `best` plans.
    pub(super) async fn split_exactly(
        &mut self,
        costs: &[f64],
        best: &[Descent],
        grid: &Grid,
        effort: Effort,
        mut evidence: Evidence,
        monitor: &impl Monitor,
    ) -> Result<SlicePlan, Stopped> {
        let mut fronts = Vec::with_capacity(self.questions.len());
        for (owner, question) in self.questions.iter().enumerate() {
            fronts.push(self.front(owner, question, grid, monitor).await?);
        }
        let [first, second] = grid.steps.map(|steps| steps as f64);
        let step_costs = [costs[0] / first, costs[1] / second];
        evidence.evaluations = self.constraint.evaluations;
        evidence.boxes = (self.questions.len() * (grid.steps[0] + 1) * (grid.steps[1] + 1)) as u64;
        let Some(split) = best_split(&fronts, step_costs, grid.shared) else {
            evidence.lower_bound = Some(f64::INFINITY);
            let points: Vec<f64> = best.iter().flat_map(|d| d.point.clone()).collect();
            return Ok(self.assemble(&points, effort.tolerance, evidence));
        };
        let above: f64 = split.iter().map(|[i, j]| i * step_costs[0] + j * step_costs[1]).sum();
        evidence.lower_bound = Some(self.base_cost() + above);
        let points: Vec<f64> = split.iter().flat_map(|[i, j]| [i / first, j / second]).collect();
        Ok(self.assemble(&points, effort.tolerance, evidence))
    }

    /// The least steps of the second resource that slice `owner` needs beside each of the first.
    async fn front(
        &mut self,
        owner: usize,
        question: &Question,
        grid: &Grid,
        monitor: &impl Monitor,
    ) -> Result<Front, Stopped> {
        let [columns, rows] = grid.steps;
        let mut front = vec![f64::INFINITY; columns + 1];
        // From the least of the second resource upwards: who has enough is not asked again.
        for j in 0..=rows {
            monitor.checkpoint().await?;
            let open: Vec<usize> = (0..=columns).filter(|i| front[*i].is_infinite()).collect();
            let share = j as f64 / rows as f64;
            let points: Vec<f64> =
                open.iter().flat_map(|i| [*i as f64 / columns as f64, share]).collect();
            let mut values = vec![0.0; open.len()];
            self.constraint.values(&vec![owner; open.len()], &points, &mut values).await;
            for (i, value) in open.iter().zip(values) {
                if value <= question.limit {
                    front[*i] = j as f64;
                }
            }
        }
        Ok(front)
    }
}
