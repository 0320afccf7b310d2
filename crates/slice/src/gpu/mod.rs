//! Batches of questions solved on a graphics processor: the search of [`crate::batch`] as kernels,
//! its results judged on the processor.

pub mod examination;
pub mod kernels;

use burn::tensor::Tensor;
use slicewise_core::compute::GpuFault;
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_nets::Network;
use slicewise_nets::gpu::GpuNetwork;
use slicewise_nets::gpu::launch::MOST_ITEMS;
use slicewise_optim::boundary_descent::Settings;
use slicewise_optim::{Monitor, Progress, Stopped};

use crate::batch::log_odds::log_odds;
use crate::batch::{
    APART, ASIDE, HOPELESS, POLISH, SETTINGS, STARTS, Table, judge_watched, search_again,
    solve_with,
};
use crate::question::Question;
use kernels::{BatchShape, Reaches};

/// The most problems of one upload: their buffers fit into a phone.
pub const MOST_PROBLEMS: usize = 16_384;
/// The most traffic levels of one upload, all problems together.
const MOST_LEVELS: usize = 2_000_000;
/// How long one launch should keep the device busy, in milliseconds: browsers end what takes seconds,
/// and the screen waits as well.
const LAUNCH_MS: f64 = 200.0;
/// Descents of the first launch, by which the later ones are measured, and the fewest of any.
const FIRST_DESCENTS: usize = 512;
/// The most steps of one launch: descents that have ended in it wait for the others.
const MOST_STEPS: usize = 4;
/// f32 resolves no shorter reach.
const SHORTEST_REACH: f32 = 1e-5;
/// Share of a search that goes into the first descents, about.
const COARSE_SHARE: f64 = 0.7;
/// Plans of each batch that are searched for on the processor too.
const SPOT_CHECKS: usize = 8;
/// Plans that are dearer than the processor's by more than this are wrong: f32 and another end of a
/// descent explain single ones, not most of them.
const TOO_DEAR: f64 = 0.01;

/// Why a batch was not solved on a graphics processor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GpuError {
    /// The device cannot be trusted or is gone.
    #[error(transparent)]
    Fault(#[from] GpuFault),
    /// The search was asked to stop.
    #[error("the search was stopped")]
    Stopped,
}

impl From<Stopped> for GpuError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// The plans of `questions` on the device that holds `uploaded`, which is `network`, with the
/// batch's `table`. `now` gives milliseconds.
///
/// Every plan is judged on the processor in f64. What the device finds infeasible is searched for
/// again on the processor, and so are a few others: a device whose plans are dearer is not believed.
///
/// # Errors
/// When the device is lost or computes wrongly, or `monitor` stops the search.
pub async fn solve(
    network: &Network,
    uploaded: &GpuNetwork,
    table: &Table,
    questions: &[Question],
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<BatchPlans, GpuError> {
    // The kernels know no grid.
    if questions.iter().any(Question::has_granularity) {
        return Ok(solve_with(network, Some(table), questions, monitor, progress).await?);
    }
    let (points, evaluations) =
        search(network, uploaded, table, questions, now, monitor, progress).await?;
    let mut plans = judge_watched(network, questions, &points, evaluations, monitor).await?;
    check_spots(network, table, questions, &plans, monitor).await?;
    search_again(network, questions, &mut plans, HOPELESS, monitor).await?;
    Ok(plans)
}

/// The best point of each question, in its unit box (questions x resources), and the rows that were
/// evaluated, at most: a kernel does not count.
pub(crate) async fn search(
    network: &Network,
    uploaded: &GpuNetwork,
    table: &Table,
    questions: &[Question],
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<(Vec<f64>, u64), GpuError> {
    let levels = questions.iter().map(|question| question.traffic.len()).max().unwrap_or(1).max(1);
    let together = problems_together(levels, table.nodes);
    let mut points = Vec::new();
    let mut evaluations = 0;
    let resources = network.inputs() - 1;
    for part in questions.chunks(together) {
        let batch = Uploaded::new(uploaded, table, part, levels);
        let done = points.len() / resources;
        let mut report = |share: f64| {
            let share = (done as f64 + share * part.len() as f64) / questions.len() as f64;
            progress.share(share);
        };
        evaluations += batch.search(now, monitor, &mut report, &mut points).await?;
    }
    Ok((points, evaluations))
}

/// Problems of one upload, of so many traffic levels each: the looks of all at all `nodes` fit into
/// one launch.
fn problems_together(levels: usize, nodes: usize) -> usize {
    MOST_PROBLEMS.min(MOST_LEVELS / levels).min(MOST_ITEMS / nodes).max(1)
}

/// A part of a batch on the device.
struct Uploaded<'a> {
    network: &'a GpuNetwork,
    shape: BatchShape,
    table: Tensor<1>,
    nodes: Tensor<2>,
    shares: Tensor<2>,
    problems: Tensor<2>,
    levels: Tensor<3>,
    /// Problems, and traffic levels of each.
    size: (usize, usize),
}

/// One round of descents: from where, how far.
struct Round {
    state: Tensor<3>,
    shape: BatchShape,
    reaches: Reaches,
    most_steps: usize,
}

fn reaches(settings: &Settings) -> Reaches {
    Reaches {
        longest: settings.longest_reach as f32,
        shortest: (settings.shortest_reach as f32).max(SHORTEST_REACH),
        shrink: settings.shrink as f32,
        following: settings.following as f32,
    }
}

impl<'a> Uploaded<'a> {
    fn new(network: &'a GpuNetwork, table: &Table, part: &[Question], levels: usize) -> Self {
        let device = &network.device;
        let resources = network.shape.inputs() - 1;
        let shape = BatchShape {
            resources,
            starts: STARTS,
            per_axis: table.per_axis,
            network: network.shape.clone(),
        };
        let count = part.len();
        let tabulated = [&table.means, &table.steepnesses, &table.shares];
        let numbers: Vec<f32> = tabulated.into_iter().flatten().map(|v| *v as f32).collect();
        let nodes: Vec<f32> = (0..table.nodes)
            .flat_map(|node| (0..resources).map(move |k| table.coordinate(node, k) as f32))
            .collect();
        let (mut shares, mut weights) = (Vec::new(), Vec::new());
        for question in part {
            table.level_weights(question, &mut weights);
            shares.extend(weights.iter().map(|v| *v as f32));
        }
        let table_size = numbers.len();
        Self {
            table: device.upload(numbers, [table_size]),
            nodes: device.upload(nodes, [table.nodes, resources]),
            shares: device.upload(shares, [count, table.span.levels.len()]),
            problems: device.upload(problem_numbers(part), [count, shape.problem_size()]),
            levels: device.upload(level_numbers(part, levels), [count, levels, 2]),
            size: (count, levels),
            network,
            shape,
        }
    }

    /// Appends the best points to `points` and returns how many rows that took at most.
    async fn search(
        &self,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        report: &mut impl FnMut(f64),
        points: &mut Vec<f64>,
    ) -> Result<u64, GpuError> {
        let state = kernels::starts(
            self.table.clone(),
            self.nodes.clone(),
            self.shares.clone(),
            self.problems.clone(),
            &self.shape,
            APART as f32,
            SETTINGS.first_reach as f32,
        );
        let coarse = Round {
            state,
            shape: self.shape.clone(),
            reaches: reaches(&SETTINGS),
            most_steps: SETTINGS.most_steps,
        };
        let first = &mut |share| report(COARSE_SHARE * share);
        let (state, mut rows) = self.descend(coarse, now, monitor, first).await?;
        let fine = Round {
            state: kernels::polish(state, &self.shape, ASIDE as f32, POLISH.first_reach as f32),
            shape: BatchShape { starts: 1 + self.shape.resources, ..self.shape.clone() },
            reaches: reaches(&POLISH),
            most_steps: POLISH.most_steps,
        };
        let shape = fine.shape.clone();
        let second = &mut |share| report(COARSE_SHARE + (1.0 - COARSE_SHARE) * share);
        let (state, more) = self.descend(fine, now, monitor, second).await?;
        rows += more;
        let best = self.network.device.read(kernels::best(state, &shape)).await?;
        points.extend(best.into_iter().map(f64::from));
        Ok(rows)
    }

    /// Carries all descents of `round` to their end, and counts the rows that took at most.
    async fn descend(
        &self,
        round: Round,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        report: &mut impl FnMut(f64),
    ) -> Result<(Tensor<3>, u64), GpuError> {
        let Round { mut state, shape, reaches, most_steps } = round;
        let device = &self.network.device;
        let descents = self.size.0 * shape.starts;
        let mut active: Vec<f32> = (0..descents).map(|descent| descent as f32).collect();
        let (mut done, mut rows, mut together) = (0, 0, FIRST_DESCENTS);
        while done < most_steps && !active.is_empty() {
            let steps = if done == 0 { 1 } else { MOST_STEPS.min(most_steps - done) };
            let mut left = Vec::new();
            let mut first = 0;
            while first < active.len() {
                monitor.checkpoint().await?;
                let start = now();
                let part = &active[first..active.len().min(first + together)];
                state = kernels::descend(
                    state,
                    device.upload(part.to_vec(), [part.len()]),
                    self.levels.clone(),
                    self.problems.clone(),
                    self.network.weights.clone(),
                    &shape,
                    reaches,
                    steps,
                );
                left = device.read(kernels::retire(state.clone(), &shape, reaches)).await?;
                first += part.len();
                rows += (part.len() * steps * self.size.1) as u64;
                let ms_per_step = (now() - start).max(0.01) / (part.len() * steps) as f64;
                let fitting = LAUNCH_MS / ms_per_step / MOST_STEPS as f64;
                together = (fitting as usize).max(FIRST_DESCENTS);
            }
            let under_way = |descent: &usize| left[*descent] > reaches.shortest;
            active = (0..descents).filter(under_way).map(|descent| descent as f32).collect();
            done += steps;
            let ended = 1.0 - active.len() as f64 / descents as f64;
            report(ended.max(done as f64 / most_steps as f64));
        }
        Ok((state, rows))
    }
}

/// Threshold, limit, its log-odds, costs, least allocations and extents of each question.
fn problem_numbers(questions: &[Question]) -> Vec<f32> {
    let mut numbers = Vec::new();
    for question in questions {
        let limits = [question.limit, log_odds(question.limit)];
        let vectors = question.costs.iter().chain(&question.lowest).chain(&question.extent);
        let all = std::iter::once(&question.threshold).chain(&limits).chain(vectors);
        numbers.extend(all.map(|v| *v as f32));
    }
    numbers
}

/// `levels` pairs of traffic and share for each question, those beyond its own with share 0.
fn level_numbers(questions: &[Question], levels: usize) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(2 * levels * questions.len());
    for question in questions {
        for (traffic, weight) in question.traffic.iter().zip(&question.weights) {
            numbers.extend([*traffic as f32, *weight as f32]);
        }
        let missing = levels - question.traffic.len();
        numbers.extend(std::iter::repeat_n(0.0, 2 * missing));
    }
    numbers
}

/// Searches for a few of the plans on the processor too.
async fn check_spots(
    network: &Network,
    table: &Table,
    questions: &[Question],
    plans: &BatchPlans,
    monitor: &impl Monitor,
) -> Result<(), GpuError> {
    let step = questions.len().div_ceil(SPOT_CHECKS).max(1);
    let spots: Vec<usize> = (step / 2..questions.len()).step_by(step).collect();
    let chosen: Vec<Question> = spots.iter().map(|spot| questions[*spot].clone()).collect();
    let reference = solve_with(network, Some(table), &chosen, monitor, &mut ()).await?;
    let dearer =
        |(index, spot): (usize, &usize)| match (reference.feasible[index], plans.feasible[*spot]) {
            (true, true) => plans.costs[*spot] / reference.costs[index] - 1.0,
            (true, false) => f64::INFINITY,
            (false, _) => 0.0,
        };
    let mut differences: Vec<f64> = spots.iter().enumerate().map(dearer).collect();
    differences.sort_by(f64::total_cmp);
    let middle = differences.get(differences.len() / 2).copied().unwrap_or(0.0);
    if middle > TOO_DEAR {
        return Err(GpuFault::WrongNumbers { difference: middle }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::table::NODES_PER_AXIS;

    #[test]
    fn the_looks_of_one_upload_fit_into_one_launch() {
        for (index, per_axis) in NODES_PER_AXIS.iter().enumerate() {
            let nodes = per_axis.pow(index as u32 + 1);
            for levels in [1, 16, 4096, 10_000_000] {
                let problems = problems_together(levels, nodes);
                assert!(problems >= 1 && problems * nodes <= MOST_ITEMS, "{nodes} {levels}");
            }
        }
    }
}
