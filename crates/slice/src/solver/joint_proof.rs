//! Several slices that share two capacities: the proof of how far a plan can be from the optimum, and that
//! there is none where there is none.

use slicewise_core::slice::plan::BoundsAt;
use slicewise_nets::FusedEvaluator;
use slicewise_optim::joint_branch_and_bound::{
    Corners, Held, JointSearch, PartBounds, Standing, Terms,
};
use slicewise_optim::shared_capacity::{Shared, descend_jointly};
use slicewise_optim::{Monitor, Stopped};

use super::Effort;
use super::certificate::thinned;
use super::competing::Competition;
use crate::question::{Bounds, SliceEnclosure};

/// The proof is good enough at this relative gap for two slices and at this for more, unless less is asked.
const TOLERANCES: [f64; 2] = [1e-3, 5e-3];
/// Rounds after which the proof gives up.
const MOST_ROUNDS: usize = 120;
/// Rounds between two descents from the cheapest choice that is not ruled out.
const ROUNDS_PER_DESCENT: usize = 6;

/// What was proven of all slices together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct JointlyProven {
    /// The cheapest plan known, in the unit box, slice by slice.
    pub(super) points: Option<Vec<f64>>,
    /// No plan costs less; infinite where none exists.
    pub(super) lower_bound: f64,
    /// Boxes examined.
    pub(super) boxes: u64,
    /// Rows evaluated by the bounds.
    pub(super) evaluations: u64,
    /// How the bounds closed in.
    pub(super) history: Vec<BoundsAt>,
}

/// The relative gap at which a proof for `slices` is good enough.
pub(super) fn tolerance(slices: usize, effort: Effort) -> f64 {
    effort.tolerance.max(if slices == 2 { TOLERANCES[0] } else { TOLERANCES[1] })
}

/// The slices' bounds.
struct Enclosures<'a>(Vec<SliceEnclosure<'a>>);

impl PartBounds for Enclosures<'_> {
    fn examine(&mut self, part: usize, boxes: &[Corners], found: &mut Vec<Option<Held>>) {
        self.0[part].examine(boxes, found);
    }
}

impl Competition<'_> {
    /// Bounds the optimum of all slices together, from the plan `start` where there is one; `prices` are
    /// those of the capacities.
    pub(super) async fn prove_jointly(
        &mut self,
        enclosure: &Bounds,
        start: Option<&[f64]>,
        prices: &[f64],
        effort: Effort,
        monitor: &impl Monitor,
        progress: &mut dyn FnMut(f64),
    ) -> Result<JointlyProven, Stopped> {
        let Some(terms) = self.joint_terms(prices, effort) else {
            return Ok(JointlyProven::default());
        };
        let in_steps = self.questions[0].has_granularity();
        let bounds = |question| {
            SliceEnclosure::new(question, enclosure.clone(), FusedEvaluator::new(self.network))
        };
        let mut oracle = Enclosures(self.questions.iter().map(bounds).collect());
        let mut search = JointSearch::new(terms, self.questions.len());
        if let Some(start) = start {
            search.offer(&pairs(start));
        }
        let mut history = Vec::new();
        let mut polished = f64::INFINITY;
        for round in 1..=MOST_ROUNDS {
            let mut standing = search.round(&mut oracle, monitor).await?;
            if !in_steps {
                let open = standing == Standing::Open && round % ROUNDS_PER_DESCENT == 0;
                polished = self.polish(&mut search, polished, open, monitor).await?;
                standing = search.standing(standing);
            }
            let lower = search.lower_bound();
            history.push(BoundsAt {
                iteration: search.boxes(),
                lower: lower.is_finite().then_some(lower),
                upper: search.incumbent().map(|(cost, _)| *cost),
            });
            progress(search.boxes() as f64 / effort.most_boxes as f64);
            if standing != Standing::Open || search.boxes() >= effort.most_boxes {
                break;
            }
        }
        Ok(JointlyProven {
            points: search.incumbent().map(|(_, plan)| plan.concat()),
            lower_bound: search.lower_bound(),
            boxes: search.boxes(),
            evaluations: oracle.0.iter().map(|enclosure| enclosure.evaluations).sum(),
            history: thinned(history),
        })
    }

    fn joint_terms(&self, prices: &[f64], effort: Effort) -> Option<Terms> {
        let pair = |of: &[f64]| <[f64; 2]>::try_from(of).ok();
        let question = &self.questions[0];
        let costs = pair(&question.costs)?;
        let prices = pair(prices)?;
        Some(Terms {
            costs,
            room: pair(&self.room)?,
            base_cost: self.base_cost(),
            grid: pair(&question.steps())?,
            worth: [costs[0] + prices[0], costs[1] + prices[1]],
            tolerance: tolerance(self.questions.len(), effort),
        })
    }

    /// Descends from a plan cheaper than `polished`, and where asked also from the `cheapest` choice that is
    /// not ruled out: the cost of the cheapest plan then.
    async fn polish(
        &mut self,
        search: &mut JointSearch,
        polished: f64,
        cheapest: bool,
        monitor: &impl Monitor,
    ) -> Result<f64, Stopped> {
        let mut starts = Vec::new();
        if let Some((cost, plan)) = search.incumbent()
            && *cost < polished
        {
            starts.push(plan.concat());
        }
        if cheapest && let Some(cheapest) = search.cheapest() {
            starts.push(cheapest.concat());
        }
        let limits: Vec<f64> = self.questions.iter().map(|question| question.limit).collect();
        let costs = self.questions[0].costs.clone();
        let room = self.room.clone();
        let shared = Shared { costs: &costs, limits: &limits, room: &room };
        for start in starts {
            let found = descend_jointly(&mut self.constraint, &shared, &start, monitor).await?;
            if found.feasible {
                search.offer(&pairs(&found.points));
            }
        }
        Ok(search.incumbent().map_or(f64::INFINITY, |(cost, _)| *cost))
    }
}

fn pairs(points: &[f64]) -> Vec<[f64; 2]> {
    points.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}
