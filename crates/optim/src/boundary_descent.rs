//! Multi-start descent along the boundary of a constraint: sequential linear programmes in a trust
//! box, all starts of all problems in one batch.
//!
//! Minimises c·x over the unit box subject to g(x) <= limit, with c > 0. Each step solves the
//! linearised problem exactly ([`cheapest_step`]); an exact penalty decides whether it is taken and
//! how far the next may reach. The optimum of a piecewise linear network lies in a corner as often
//! as on a smooth part, where such steps land in one go.

use crate::constraint::{Constraint, Terms};
use crate::linear_step::{Room, cheapest_step, dot};
use crate::monitor::{Monitor, Stopped};

/// How a descent goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Reach of the first step, as a share of the unit box.
    pub first_reach: f64,
    /// Reach of the longest step.
    pub longest_reach: f64,
    /// A start has arrived when its reach falls to this or below.
    pub shortest_reach: f64,
    /// Starts this close to one another in every direction end in the same place.
    pub following: f64,
    /// The most steps of one descent.
    pub most_steps: usize,
    /// The descent aims this share of the limit inside, so that rounding leaves plans feasible.
    pub margin: f64,
    /// Factor of the reach after a step that was not taken.
    pub shrink: f64,
    /// Whether [`Descent::path`] is kept.
    pub keeps_path: bool,
}

impl Default for Settings {
    /// As far as rounding lets one go: the settings for single plans.
    fn default() -> Self {
        Self {
            first_reach: 0.1,
            longest_reach: 0.3,
            shortest_reach: 1e-7,
            following: 1e-3,
            most_steps: 60,
            margin: 1e-6,
            shrink: 0.35,
            keeps_path: true,
        }
    }
}

/// Where one start ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Descent {
    /// Index of the problem.
    pub owner: usize,
    /// Best point: the cheapest feasible one, or the least infeasible one where none was.
    pub point: Vec<f64>,
    /// c·x there.
    pub cost: f64,
    /// g there.
    pub value: f64,
    /// Multiplier of the constraint in the last step: what one more unit of the limit saves.
    pub multiplier: f64,
    /// Points visited, first to last; empty where [`Settings::keeps_path`] is off.
    pub path: Vec<Vec<f64>>,
}

impl Descent {
    /// Whether the point keeps the constraint.
    pub fn feasible(&self, limit: f64) -> bool {
        self.value <= limit
    }
}

struct Start {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    trial: Vec<f64>,
    predicted: f64,
    reach: f64,
    penalty: f64,
    /// Whether the step only seeks feasibility, at any cost.
    restoring: bool,
    best: Descent,
}

/// Descends from every point of `starts` (owners x dimension), each for the problem of `terms` that
/// owns it; the starts of one owner lie together.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn descend(
    constraint: &mut impl Constraint,
    terms: &[Terms<'_>],
    owners: &[usize],
    starts: &[f64],
    settings: &Settings,
    monitor: &impl Monitor,
) -> Result<Vec<Descent>, Stopped> {
    let dimension = constraint.dimension();
    let count = owners.len();
    let (mut values, mut gradients) = (vec![0.0; count], vec![0.0; starts.len()]);
    constraint.gradients(owners, starts, &mut values, &mut gradients).await;
    let mut all: Vec<Start> = (0..count)
        .map(|index| {
            let part = index * dimension..(index + 1) * dimension;
            let owner = owners[index];
            let (at, gradient) = (&starts[part.clone()], &gradients[part]);
            Start::new(owner, at, values[index], gradient, &terms[owner], settings)
        })
        .collect();
    let mut room = Room::new(dimension);
    let (mut trials, mut trial_owners) = (Vec::new(), Vec::new());
    for _ in 0..settings.most_steps {
        monitor.checkpoint().await?;
        trials.clear();
        trial_owners.clear();
        for start in all.iter_mut().filter(|start| start.reach > settings.shortest_reach) {
            let owner = start.best.owner;
            start.propose(&terms[owner], settings, &mut room);
            trial_owners.push(owner);
            trials.extend_from_slice(&start.trial);
        }
        if trials.is_empty() {
            break;
        }
        let values = &mut values[..trial_owners.len()];
        let gradients = &mut gradients[..trials.len()];
        constraint.gradients(&trial_owners, &trials, values, gradients).await;
        let active = all.iter_mut().filter(|start| start.reach > settings.shortest_reach);
        let found = values.iter().zip(gradients.chunks_exact(dimension));
        for (start, (value, gradient)) in active.zip(found) {
            start.judge(&terms[start.best.owner], settings, *value, gradient);
        }
        retire_followers(&mut all, terms, settings);
    }
    Ok(all.into_iter().map(|start| start.best).collect())
}

/// Ends starts that have come so close to a better one that they would end where it does; what they
/// found so far stays as it is.
fn retire_followers(all: &mut [Start], terms: &[Terms<'_>], settings: &Settings) {
    for rivals in all.chunk_by_mut(|a, b| a.best.owner == b.best.owner) {
        let limit = terms[rivals[0].best.owner].limit;
        for i in 0..rivals.len() {
            for j in 0..rivals.len() {
                if i != j && rivals[j].follows(&rivals[i], limit, j > i, settings.following) {
                    rivals[j].reach = 0.0;
                }
            }
        }
    }
}

/// The value of g that steps aim at.
fn aim(terms: &Terms<'_>, settings: &Settings) -> f64 {
    terms.limit * (1.0 - settings.margin)
}

impl Start {
    fn new(
        owner: usize,
        at: &[f64],
        value: f64,
        gradient: &[f64],
        terms: &Terms<'_>,
        settings: &Settings,
    ) -> Self {
        Self {
            at: at.to_vec(),
            value,
            gradient: gradient.to_vec(),
            trial: at.to_vec(),
            predicted: 0.0,
            reach: settings.first_reach,
            penalty: 0.0,
            restoring: false,
            best: Descent {
                owner,
                point: at.to_vec(),
                cost: dot(terms.costs, at),
                value,
                multiplier: 0.0,
                path: if settings.keeps_path { vec![at.to_vec()] } else { Vec::new() },
            },
        }
    }

    /// Whether this start is close behind `leader`, which is still under way, feasible and cheaper
    /// (or as cheap, where `later` breaks the tie).
    fn follows(&self, leader: &Self, limit: f64, later: bool, following: f64) -> bool {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < following;
        let (ahead, behind) = (leader.best.cost, self.best.cost);
        leader.reach > 0.0
            && leader.best.feasible(limit)
            && (ahead < behind || (later && ahead == behind))
            && leader.at.iter().zip(&self.at).all(close)
    }

    fn merit(&self, cost: f64, value: f64, target: f64) -> f64 {
        let excess = (value - target).max(0.0);
        if self.restoring { excess } else { cost + self.penalty * excess }
    }

    /// Sets the trial point and what the linear model expects of it.
    fn propose(&mut self, terms: &Terms<'_>, settings: &Settings, room: &mut Room) {
        let (costs, target) = (terms.costs, aim(terms, settings));
        for (k, x) in self.at.iter().enumerate() {
            room.low[k] = (-self.reach).max(-x);
            room.high[k] = self.reach.min(1.0 - x);
        }
        let excess = self.value - target;
        let cheapest = cheapest_step(costs, excess, &self.gradient, room);
        self.restoring = cheapest.is_none();
        if let Some(multiplier) = cheapest {
            self.penalty = self.penalty.max(2.0 * multiplier);
            self.best.multiplier = multiplier;
        } else {
            for (k, slope) in self.gradient.iter().enumerate() {
                room.step[k] = if *slope < 0.0 { room.high[k] } else { room.low[k] };
            }
        }
        for (trial, (x, d)) in self.trial.iter_mut().zip(self.at.iter().zip(&room.step)) {
            *trial = (x + d).clamp(0.0, 1.0);
        }
        let expected = self.value + dot(&self.gradient, &room.step);
        self.predicted = self.merit(dot(costs, &self.at), self.value, target)
            - self.merit(dot(costs, &self.trial), expected, target);
    }

    /// Takes the trial point if it is as good as expected, and sets the next reach.
    fn judge(&mut self, terms: &Terms<'_>, settings: &Settings, value: f64, gradient: &[f64]) {
        let (costs, target) = (terms.costs, aim(terms, settings));
        let cost = dot(costs, &self.trial);
        self.remember(cost, value, terms.limit);
        let actual =
            self.merit(dot(costs, &self.at), self.value, target) - self.merit(cost, value, target);
        if self.predicted > 0.0 && actual > 0.1 * self.predicted {
            std::mem::swap(&mut self.at, &mut self.trial);
            self.value = value;
            self.gradient.copy_from_slice(gradient);
            if settings.keeps_path {
                self.best.path.push(self.at.clone());
            }
            if actual > 0.5 * self.predicted {
                self.reach = (2.0 * self.reach).min(settings.longest_reach);
            }
        } else {
            self.reach *= settings.shrink;
        }
    }

    fn remember(&mut self, cost: f64, value: f64, limit: f64) {
        let best = &mut self.best;
        let better = match (value <= limit, best.value <= limit) {
            (true, true) => cost < best.cost,
            (feasible, _) if feasible => true,
            (_, true) => false,
            _ => value < best.value,
        };
        if better {
            best.point.copy_from_slice(&self.trial);
            best.cost = cost;
            best.value = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::constraint::Formula;
    use crate::monitor::Unmonitored;

    /// A smooth boundary: g = 1 - x0 * x1.
    const SMOOTH: Formula = Formula { value: |x| 1.0 - x[0] * x[1], gradient: |x| [-x[1], -x[0]] };

    /// A corner: g = max(1 - 2 x0, 1 - x1).
    const CORNER: Formula = Formula {
        value: |x| (1.0 - 2.0 * x[0]).max(1.0 - x[1]),
        gradient: |x| if 1.0 - 2.0 * x[0] > 1.0 - x[1] { [-2.0, 0.0] } else { [0.0, -1.0] },
    };

    #[test]
    fn it_finds_the_tangent_point_of_a_smooth_boundary() {
        // x0 * x1 = 0.25 at least cost x0 + 2 x1: x0 = 1/sqrt 2, x1 = 1/(2 sqrt 2), cost sqrt 2.
        let terms = [Terms { costs: &[1.0, 2.0], limit: 0.75 }];
        for start in [[0.9, 0.9], [0.3, 0.2], [1.0, 0.0]] {
            let mut example = SMOOTH;
            let settings = Settings::default();
            let found =
                block_on(descend(&mut example, &terms, &[0], &start, &settings, &Unmonitored));
            let descent = &found.unwrap()[0];
            assert!(descent.feasible(0.75));
            assert!((descent.cost - 2f64.sqrt()).abs() < 1e-4, "{descent:?}");
            assert!((descent.multiplier - 2.0 * 2f64.sqrt()).abs() < 0.05, "{descent:?}");
        }
    }

    #[test]
    fn it_lands_in_a_corner() {
        let found = block_on(descend(
            &mut { CORNER },
            &[Terms { costs: &[1.0, 1.0], limit: 0.4 }],
            &[0],
            &[0.95, 0.8],
            &Settings::default(),
            &Unmonitored,
        ))
        .unwrap();
        assert!(found[0].feasible(0.4) && (found[0].cost - 0.9).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn problems_in_one_batch_end_where_they_end_alone() {
        let terms =
            [Terms { costs: &[1.0, 2.0], limit: 0.75 }, Terms { costs: &[3.0, 1.0], limit: 0.9 }];
        let run = |owners: &[usize], starts: &[f64]| {
            let mut example = SMOOTH;
            let settings = Settings::default();
            block_on(descend(&mut example, &terms, owners, starts, &settings, &Unmonitored))
                .unwrap()
        };
        let together = run(&[0, 1], &[0.9, 0.9, 0.4, 0.8]);
        assert_eq!(together[0], run(&[0], &[0.9, 0.9])[0]);
        assert_eq!(together[1], run(&[1], &[0.4, 0.8])[0]);
    }
}
