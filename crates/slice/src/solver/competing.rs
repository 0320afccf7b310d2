//! Several slices that share capacities: each alone, then prices, then a joint descent, then the proof.

use slicewise_core::slice::plan::BoundsAt;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{SliceNews, SlicePlan};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::boundary_descent::{Descent, Settings, descend};
use slicewise_optim::front_split::{LEVELS, best_split, front};
use slicewise_optim::shared_capacity::{Cut, JointDescent, Shared, best_prices, descend_jointly};
use slicewise_optim::{Constraint, Halted, Monitor, Progress, Stopped, Terms};

use super::certificate::{Proven, certify};
use super::joint_proof::tolerance;
use super::{Effort, busy, constraint, multi_start, paths, terms};
use crate::plan::{Evidence, assemble};
use crate::question::{Bounds, Question, SliceConstraint};

/// Rounds of price changes.
const ROUNDS: usize = 25;
/// Prices are good enough where others could lift the bound by no more than this share.
const PRICED: f64 = 1e-4;
/// Prices go up to this many times the dearest resource's cost.
const HIGHEST_PRICE: f64 = 20.0;

/// Amounts in the unit box that differ by less are the same multiple of a granularity.
const ROUNDING: f64 = 1e-9;

/// Slices with users, and their constraints.
pub(super) struct Competition<'a> {
    pub(super) network: &'a Network,
    pub(super) problem: &'a SliceProblem,
    /// Index of each busy slice in the problem.
    pub(super) slices: Vec<usize>,
    pub(super) questions: &'a [Question],
    pub(super) constraint: SliceConstraint<'a, FusedEvaluator>,
    pub(super) room: Vec<f64>,
}

/// The dual's best prices with each slice's answer to them.
struct Priced {
    prices: Vec<f64>,
    descents: Vec<Descent>,
    /// The answers, at whatever prices, that overdraw the capacities least.
    thriftiest: Vec<Descent>,
    cuts: Vec<Cut>,
}

/// Solves a problem of several slices.
///
/// # Errors
/// [`Halted::Stopped`] when `monitor` says so.
pub async fn solve(
    network: &Network,
    problem: &SliceProblem,
    effort: Effort,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<SlicePlan, Halted> {
    let all = Question::of_all(problem, network);
    let slices = busy(&all);
    let questions: Vec<Question> = slices.iter().map(|s| all[*s].clone()).collect();
    let mut competition = Competition {
        network,
        problem,
        constraint: constraint(network, &questions, Measure::Expected),
        room: room(problem, &questions[0]),
        slices,
        questions: &questions,
    };
    competition.solve(effort, monitor, progress).await
}

/// What the slices share of each resource above their least allocations, in the unit box of one slice:
/// 1, or more where no slice may get all.
fn room(problem: &SliceProblem, question: &Question) -> Vec<f64> {
    let slices = problem.slices.len() as f64;
    let extents = problem.resources.iter().zip(&question.extent);
    extents
        .map(|(r, extent)| {
            let shared = r.rounded_down(r.capacity - slices * r.least());
            if *extent > 0.0 && shared > *extent { shared / extent } else { 1.0 }
        })
        .collect()
}

impl Competition<'_> {
    async fn solve(
        &mut self,
        effort: Effort,
        monitor: &impl Monitor,
        progress: &mut impl Progress<SliceNews>,
    ) -> Result<SlicePlan, Halted> {
        let costs = self.questions[0].costs.clone();
        let seed = self.problem.seed;
        let alone =
            multi_start(&mut self.constraint, &terms(self.questions), seed, monitor).await?;
        let mut evidence = Evidence::default();
        for (index, found) in alone.iter().enumerate() {
            evidence.paths.extend(paths(&self.questions[index], self.slices[index], found));
        }
        let mut best: Vec<Descent> =
            alone.into_iter().map(|mut found| found.swap_remove(0)).collect();
        if let Some(grid) = self.small_grid() {
            let split = self.split_exactly(&costs, &best, &grid, effort, evidence, monitor);
            return Ok(split.await?);
        }
        let enclosure = Bounds::of(self.network).filter(|_| effort.most_boxes > 0);
        if let Some(hopeless) = self.without_hope(&mut best, &enclosure, effort, monitor).await? {
            evidence.lower_bound = hopeless.lower_bound;
            evidence.boxes = hopeless.boxes;
            evidence.evaluations = hopeless.evaluations + self.constraint.evaluations;
            let points: Vec<f64> = best.iter().flat_map(|d| d.point.clone()).collect();
            return Ok(self.assemble(&points, effort.tolerance, evidence));
        }
        let fits = self.fit(best.iter().map(|d| &d.point[..]));
        let (points, priced) = if fits {
            let cuts = Vec::new();
            let prices = vec![0.0; costs.len()];
            (
                best.iter().flat_map(|d| d.point.clone()).collect(),
                Priced { prices, thriftiest: best.clone(), descents: best, cuts },
            )
        } else {
            let priced = self.price(&costs, best, monitor).await?;
            // A proof finds better starts than guesses are.
            let proves = enclosure.is_some() && costs.len() == 2;
            let joint = self.share(&costs, &priced, proves, monitor).await?;
            evidence.history = history(&priced.cuts, self.base_cost(), &joint);
            (joint.points, priced)
        };
        evidence.capacity_prices = self.per_unit(&priced.prices);
        evidence.evaluations = self.constraint.evaluations;
        let first = self.assemble(&points, effort.tolerance, evidence.clone());
        progress.news(SliceNews::Better(Box::new(first.clone())));
        progress.share(0.2);
        let Some(enclosure) = enclosure else { return Ok(first) };
        if !fits && costs.len() == 2 {
            let start = first.keeps_promises().then(|| self.rounded_up(&points));
            let mut done = |fraction: f64| progress.share(0.2 + 0.8 * fraction);
            let proven = self
                .prove_jointly(
                    &enclosure,
                    start.as_deref(),
                    &priced.prices,
                    effort,
                    monitor,
                    &mut done,
                )
                .await?;
            evidence.boxes = proven.boxes;
            evidence.evaluations = proven.evaluations + self.constraint.evaluations;
            evidence.lower_bound = Some(proven.lower_bound);
            evidence.history.extend(proven.history);
            let points = proven.points.unwrap_or(points);
            return Ok(self.assemble(&points, tolerance(self.questions.len(), effort), evidence));
        }
        let proven = self.prove(&enclosure, &costs, &priced, effort, monitor, progress).await?;
        evidence.boxes = proven.iter().map(|p| p.boxes).sum();
        evidence.evaluations += proven.iter().map(|p| p.evaluations).sum::<u64>();
        let priced_room: f64 = priced.prices.iter().zip(&self.room).map(|(p, r)| p * r).sum();
        let idle = self.idle_cost();
        let lower = proven.iter().map(|p| p.lower_bound).sum::<f64>() - priced_room + idle;
        evidence.lower_bound = Some(lower);
        evidence.history.push(BoundsAt {
            iteration: evidence.boxes,
            lower: Some(lower),
            upper: (first.status != slicewise_core::slice::Status::Infeasible)
                .then_some(first.cost),
        });
        let points = if fits && self.fit(proven.iter().map(|p| &p.point[..])) {
            proven.iter().flat_map(|p| p.point.clone()).collect()
        } else {
            points
        };
        Ok(self.assemble(&points, effort.tolerance, evidence))
    }

    /// Looks by branch and bound for what the `best` descents of slices missed that keep no promise. Tells
    /// what is known where a slice keeps none even alone; nothing where all do.
    async fn without_hope(
        &self,
        best: &mut [Descent],
        enclosure: &Option<Bounds>,
        effort: Effort,
        monitor: &impl Monitor,
    ) -> Result<Option<Evidence>, Stopped> {
        let mut hopeless = None;
        for (question, descent) in self.questions.iter().zip(best) {
            if descent.feasible(question.limit) {
                continue;
            }
            let Some(enclosure) = enclosure else { return Ok(Some(Evidence::default())) };
            let (bounds, costs, told) = (enclosure.clone(), &question.costs, &mut |_| ());
            let proven =
                certify(self.network, bounds, question, costs, descent, effort, monitor, told)
                    .await?;
            let degradation =
                question.strict_degradation(self.network, &question.allocation(&proven.point));
            if degradation <= question.limit {
                descent.cost = costs.iter().zip(&proven.point).map(|(c, x)| c * x).sum();
                descent.value = degradation;
                descent.point = proven.point;
                continue;
            }
            let known = hopeless.get_or_insert_with(Evidence::default);
            known.boxes += proven.boxes;
            known.evaluations += proven.evaluations;
            if proven.lower_bound == f64::INFINITY {
                known.lower_bound = Some(f64::INFINITY);
            }
        }
        Ok(hopeless)
    }

    /// The slices' points, each rounded up to what can be allocated.
    fn rounded_up(&self, points: &[f64]) -> Vec<f64> {
        let parts = points.chunks_exact(self.room.len()).zip(self.questions);
        parts.flat_map(|(point, question)| question.point_rounded_up(point)).collect()
    }

    /// How much each capacity is overdrawn, in the unit box.
    fn overdrawn(&self, descents: &[Descent]) -> Vec<f64> {
        (0..self.room.len())
            .map(|k| descents.iter().map(|d| d.point[k]).sum::<f64>() - self.room[k])
            .collect()
    }

    /// Whether the slices' `points`, rounded up to what can be allocated, fit into the capacities.
    fn fit<'p>(&self, points: impl Iterator<Item = &'p [f64]>) -> bool {
        let rounded = points.zip(self.questions).map(|(point, q)| q.point_rounded_up(point));
        let rounded: Vec<Vec<f64>> = rounded.collect();
        let lenience = if self.problem.has_granularity() { ROUNDING } else { 0.0 };
        let excess = |k: usize| rounded.iter().map(|point| point[k]).sum::<f64>() - self.room[k];
        (0..self.room.len()).all(|k| excess(k) <= lenience)
    }

    /// What the slices share if each may get up to a step more in the end.
    fn room_for_rounding(&self) -> Vec<f64> {
        let others = self.questions.len() as f64 - 1.0;
        let steps = self.questions[0].steps();
        let rooms = self.room.iter().zip(steps);
        rooms.map(|(room, n)| if n > 0.0 { (room - others / n).max(0.0) } else { *room }).collect()
    }

    /// Finds the prices at which the slices' own choices come closest to the capacities.
    async fn price(
        &mut self,
        costs: &[f64],
        alone: Vec<Descent>,
        monitor: &impl Monitor,
    ) -> Result<Priced, Stopped> {
        let highest = HIGHEST_PRICE * costs.iter().copied().fold(0.0, f64::max);
        let cut = |descents: &[Descent], prices: &[f64], room: &[f64], slope: Vec<f64>| Cut {
            at: prices.to_vec(),
            value: descents.iter().map(|d| d.cost).sum::<f64>()
                - prices.iter().zip(room).map(|(p, r)| p * r).sum::<f64>(),
            slope,
        };
        let mut prices = vec![0.0; costs.len()];
        let mut descents = alone;
        let mut cuts = vec![cut(&descents, &prices, &self.room, self.overdrawn(&descents))];
        let mut best = (cuts[0].value, prices.clone(), descents.clone());
        let overdraft = |slope: &[f64]| slope.iter().map(|excess| excess.max(0.0)).sum::<f64>();
        let mut thriftiest = (overdraft(&cuts[0].slope), descents.clone());
        for _ in 0..ROUNDS {
            let Some((next, height)) = best_prices(&cuts, highest) else { break };
            if height - best.0 <= PRICED * height.abs() {
                break;
            }
            prices = next;
            let priced: Vec<f64> = costs.iter().zip(&prices).map(|(c, p)| c + p).collect();
            descents = self.follow(&priced, &descents, monitor).await?;
            let plane = cut(&descents, &prices, &self.room, self.overdrawn(&descents));
            if plane.value > best.0 {
                best = (plane.value, prices.clone(), descents.clone());
            }
            if overdraft(&plane.slope) < thriftiest.0 {
                thriftiest = (overdraft(&plane.slope), descents.clone());
            }
            cuts.push(plane);
        }
        Ok(Priced { prices: best.1, descents: best.2, thriftiest: thriftiest.1, cuts })
    }

    /// Each slice's choice at new costs, descending from its last one and from the full box.
    async fn follow(
        &mut self,
        costs: &[f64],
        last: &[Descent],
        monitor: &impl Monitor,
    ) -> Result<Vec<Descent>, Stopped> {
        let count = self.questions.len();
        let terms: Vec<Terms> =
            self.questions.iter().map(|q| Terms { costs, limit: q.limit }).collect();
        let owners: Vec<usize> = (0..count).flat_map(|owner| [owner; 2]).collect();
        let starts: Vec<f64> = last
            .iter()
            .flat_map(|last| [&last.point[..], &vec![0.9; costs.len()]].concat())
            .collect();
        let mut all = last.to_vec();
        let mut cheapest = vec![f64::INFINITY; count];
        let settings = Settings::default();
        let found =
            descend(&mut self.constraint, &terms, &owners, &starts, &settings, monitor).await?;
        for found in found {
            let owner = found.owner;
            if found.feasible(terms[owner].limit) && found.cost < cheapest[owner] {
                cheapest[owner] = found.cost;
                all[owner] = found;
            }
        }
        Ok(all)
    }

    /// Shares the capacities out from the priced choices and, unless these have to do for a `first` plan,
    /// from the thriftiest ones, from an even split and, for two resources, from the best split on a grid.
    async fn share(
        &mut self,
        costs: &[f64],
        priced: &Priced,
        first: bool,
        monitor: &impl Monitor,
    ) -> Result<JointDescent, Stopped> {
        let limits: Vec<f64> = self.questions.iter().map(|q| q.limit).collect();
        let room = self.room_for_rounding();
        let shared = Shared { costs, limits: &limits, room: &room };
        let flat = |descents: &[Descent]| -> Vec<f64> {
            descents.iter().flat_map(|d| d.point.clone()).collect()
        };
        let chosen = flat(&priced.descents);
        let share = room.iter().map(|room| (room / limits.len() as f64).min(1.0));
        let even: Vec<f64> = share.cycle().take(chosen.len()).collect();
        let mut best = descend_jointly(&mut self.constraint, &shared, &chosen, monitor).await?;
        if first {
            return Ok(best);
        }
        let mut starts = vec![flat(&priced.thriftiest), even];
        starts.extend(self.grid_split(costs, monitor).await?);
        for start in starts {
            let other = descend_jointly(&mut self.constraint, &shared, &start, monitor).await?;
            if other.feasible && (!best.feasible || other.cost < best.cost) {
                best = other;
            }
        }
        Ok(best)
    }

    /// The best split on a grid, for two resources.
    async fn grid_split(
        &mut self,
        costs: &[f64],
        monitor: &impl Monitor,
    ) -> Result<Option<Vec<f64>>, Stopped> {
        let [first, second] = costs else { return Ok(None) };
        // The grid spans what one slice may get: only where that is all there is, it can be split.
        if self.room != [1.0, 1.0] {
            return Ok(None);
        }
        let share = |level: usize| level as f64 / LEVELS as f64;
        let mut fronts = Vec::new();
        for (owner, question) in self.questions.iter().enumerate() {
            let mut rows = Vec::with_capacity(LEVELS + 1);
            for j in 0..=LEVELS {
                monitor.checkpoint().await?;
                let points: Vec<f64> = (0..=LEVELS).flat_map(|i| [share(i), share(j)]).collect();
                let mut values = vec![0.0; LEVELS + 1];
                self.constraint.values(&[owner; LEVELS + 1], &points, &mut values).await;
                rows.push(values);
            }
            fronts.push(front(&rows, question.limit));
        }
        let split = best_split(&fronts, [*first, *second], [LEVELS; 2]);
        Ok(split.map(|split| split.iter().flatten().map(|level| level / LEVELS as f64).collect()))
    }

    /// Certified bounds of each slice at the priced costs: together they bound the whole (weak
    /// duality).
    async fn prove(
        &self,
        enclosure: &Bounds,
        costs: &[f64],
        priced: &Priced,
        effort: Effort,
        monitor: &impl Monitor,
        progress: &mut impl Progress<SliceNews>,
    ) -> Result<Vec<Proven>, Stopped> {
        let dear: Vec<f64> = costs.iter().zip(&priced.prices).map(|(c, p)| c + p).collect();
        let share = 0.8 / self.questions.len() as f64;
        let mut all = Vec::new();
        for (index, (question, descent)) in self.questions.iter().zip(&priced.descents).enumerate()
        {
            let mut best = descent.clone();
            best.cost = dear.iter().zip(&best.point).map(|(c, x)| c * x).sum();
            let done = 0.2 + share * index as f64;
            let mut certified = |fraction: f64| progress.share(done + share * fraction);
            let proven = certify(
                self.network,
                enclosure.clone(),
                question,
                &dear,
                &best,
                effort,
                monitor,
                &mut certified,
            )
            .await?;
            all.push(proven);
        }
        Ok(all)
    }

    /// Prices in cost per unit of the resource.
    fn per_unit(&self, prices: &[f64]) -> Vec<f64> {
        prices.iter().zip(&self.questions[0].extent).map(|(p, e)| p / e.max(1e-300)).collect()
    }

    /// Cost of the least allocations of slices without users.
    fn idle_cost(&self) -> f64 {
        (self.problem.slices.len() - self.slices.len()) as f64 * self.questions[0].base_cost
    }

    pub(super) fn base_cost(&self) -> f64 {
        self.problem.slices.len() as f64 * self.questions[0].base_cost
    }

    pub(super) fn assemble(&self, points: &[f64], tolerance: f64, evidence: Evidence) -> SlicePlan {
        let resources = self.room.len();
        let mut allocations = vec![self.questions[0].lowest.clone(); self.problem.slices.len()];
        for (index, point) in points.chunks_exact(resources).enumerate() {
            allocations[self.slices[index]] = self.questions[index].allocation(point);
        }
        assemble(self.network, self.problem, allocations, tolerance, evidence)
    }
}

/// The dual's rise and the joint plan's cost.
fn history(cuts: &[Cut], base_cost: f64, joint: &JointDescent) -> Vec<BoundsAt> {
    let mut lower = f64::NEG_INFINITY;
    cuts.iter()
        .enumerate()
        .map(|(index, cut)| {
            lower = lower.max(cut.value);
            BoundsAt {
                iteration: index as u64 + 1,
                lower: Some(base_cost + lower),
                upper: joint.feasible.then_some(base_cost + joint.cost),
            }
        })
        .collect()
}
