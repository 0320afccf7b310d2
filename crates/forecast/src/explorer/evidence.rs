//! Whether a learned loss is right where it matters: at the regressor's own decisions.

use serde::Serialize;
use slicewise_core::InputError;

use crate::explorer::curves::rank_correlation;
use crate::model::{Forecaster, LearnedLoss};
use crate::windows::Demands;

/// Margins that are tried, as shares of the peak: from -0.2 to 0.4.
const MARGIN_STEP: f64 = 0.0025;
const LOWEST_MARGIN: i32 = -80;
const HIGHEST_MARGIN: i32 = 160;

/// The learned loss of one service beside its metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossEvidence {
    /// Spearman's rank correlation of learned and true cost over the decisions on the steps.
    pub rank_correlation: f64,
    /// The same over those decisions moved to every margin that was tried.
    pub rank_correlation_moved: f64,
    /// Largest distance of learned and true optimum over the levels, as a share of the peak.
    pub largest_distance: f64,
    /// One entry per level of demand, from low to high.
    pub levels: Vec<LevelEvidence>,
}

/// The learned loss at one level of demand. Margins are shares of the peak.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LevelEvidence {
    /// Mean demand of the level, in its unit.
    pub demand: f64,
    /// Steps of the level.
    pub steps: usize,
    /// Root mean square of decision less demand, as a share of the peak.
    pub error: f64,
    /// Where the learned loss is lowest for a decision at this distance from the demand.
    pub learned_minimum: f64,
    /// What the regressor's decisions would have to be moved by to cost least by the learned loss.
    pub learned_margin: f64,
    /// The same by the metric.
    pub true_margin: f64,
    /// Distance of both.
    pub distance: f64,
    /// True mean cost at the learned margin over that at the true one, less 1.
    pub regret: f64,
}

/// Compares `loss` with `metric` at the decisions of `forecaster` on `steps` of a single service, for
/// `levels` equal parts of the steps in order of their demand.
///
/// # Errors
/// Says that the forecaster plans several slices, or that there are fewer steps than levels.
pub fn loss_evidence(
    forecaster: &Forecaster,
    loss: &LearnedLoss,
    metric: &dyn Fn(&[f64], &[f64]) -> f64,
    demands: &Demands,
    steps: std::ops::Range<usize>,
    levels: usize,
) -> Result<LossEvidence, InputError> {
    if forecaster.scales.len() != 1 || demands.count() != 1 {
        let found = format!("for {} slices", forecaster.scales.len());
        return Err(InputError::new("model", found, "one for a single service"));
    }
    if levels == 0 || steps.len() < levels {
        let allowed = format!("at least one for each of {levels} levels");
        return Err(InputError::new("steps", steps.len(), allowed));
    }
    let peak = forecaster.scales[0].peak;
    let mut visited: Vec<Visited> = steps
        .map(|step| Visited {
            decision: forecaster.decide(&demands.window(step))[0].max(0.0),
            demand: demands.at(step)[0],
        })
        .collect();
    visited.sort_by(|one, other| one.demand.total_cmp(&other.demand));
    let learned = |decision: f64, demand: f64| loss.cost(&[decision], &[demand]);
    let measured = |decision: f64, demand: f64| metric(&[decision], &[demand]);
    let (mut all_learned, mut all_measured) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for level in 0..levels {
        let part = &visited[level * visited.len() / levels..(level + 1) * visited.len() / levels];
        let by_learned = Costs::of(part, peak, &learned);
        let by_measured = Costs::of(part, peak, &measured);
        let at_demand: Vec<Visited> =
            part.iter().map(|v| Visited { decision: v.demand, ..*v }).collect();
        let minimum = Costs::of(&at_demand, peak, &learned).lowest();
        let (chosen, best) = (by_learned.lowest(), by_measured.lowest());
        let count = part.len() as f64;
        let squares = part.iter().map(|v| (v.decision - v.demand).powi(2)).sum::<f64>();
        found.push(LevelEvidence {
            demand: part.iter().map(|v| v.demand).sum::<f64>() / count,
            steps: part.len(),
            error: libm::sqrt(squares / count) / peak,
            learned_minimum: margin(minimum),
            learned_margin: margin(chosen),
            true_margin: margin(best),
            distance: (margin(chosen) - margin(best)).abs(),
            regret: by_measured.means[chosen] / by_measured.means[best] - 1.0,
        });
        all_learned.extend(by_learned.all);
        all_measured.extend(by_measured.all);
    }
    let own = |cost: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        visited.iter().map(|v| cost(v.decision, v.demand)).collect()
    };
    Ok(LossEvidence {
        rank_correlation: rank_correlation(&own(&learned), &own(&measured)),
        rank_correlation_moved: rank_correlation(&all_learned, &all_measured),
        largest_distance: found.iter().map(|level| level.distance).fold(0.0, f64::max),
        levels: found,
    })
}

#[derive(Clone, Copy)]
struct Visited {
    decision: f64,
    demand: f64,
}

/// Costs of the same steps at every margin.
struct Costs {
    all: Vec<f64>,
    means: Vec<f64>,
}

impl Costs {
    fn of(visited: &[Visited], peak: f64, cost: &dyn Fn(f64, f64) -> f64) -> Self {
        let mut all = Vec::new();
        let mut means = Vec::new();
        for index in 0..=(HIGHEST_MARGIN - LOWEST_MARGIN) as usize {
            let moved = visited.iter().map(|v| cost(v.decision + margin(index) * peak, v.demand));
            let from = all.len();
            all.extend(moved);
            means.push(all[from..].iter().sum::<f64>() / visited.len() as f64);
        }
        Self { all, means }
    }

    fn lowest(&self) -> usize {
        let means = self.means.iter().enumerate();
        means.min_by(|one, other| one.1.total_cmp(other.1)).map_or(0, |(index, _)| index)
    }
}

/// The margin that is tried as number `index`.
fn margin(index: usize) -> f64 {
    f64::from(LOWEST_MARGIN + index as i32) * MARGIN_STEP
}
