//! Batches of questions solved on a graphics processor: the search of [`crate::batch`] as kernels,
//! its results judged on the processor.

pub mod examination;
pub mod kernels;

use burn::tensor::Tensor;
use slicewise_core::batch::BatchPlans;
use slicewise_core::compute::GpuFault;
use slicewise_nets::Network;
use slicewise_nets::gpu::GpuNetwork;
use slicewise_optim::{Monitor, Stopped};

use crate::batch::{
    APART, SETTINGS, STARTS, Table, judge, log_odds::log_odds, search_again, solve_with,
    table::MOST_RESOURCES,
};
use crate::question::Question;
use crate::solver::Observer;
use kernels::{BatchShape, Reaches};

/// Problems of one upload: their looks fit into one launch, and their buffers into a phone.
pub const MOST_PROBLEMS: usize = 16_384;
/// The most traffic levels of one upload, all problems together.
const MOST_LEVELS: usize = 2_000_000;
/// How long one launch should keep the device busy, in milliseconds: browsers end what takes seconds,
/// and the screen waits as well.
const LAUNCH_MS: f64 = 200.0;
/// Steps of the first launch, by which the later ones are measured.
const FIRST_STEPS: usize = 2;
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

/// Whether batches of `network` can be solved by the kernels.
pub fn supports(network: &Network) -> bool {
    network.inputs() - 1 <= MOST_RESOURCES
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
    observer: &mut impl Observer,
) -> Result<BatchPlans, GpuError> {
    let (points, evaluations) =
        search(network, uploaded, table, questions, now, monitor, observer).await?;
    let mut plans = judge(network, questions, &points, evaluations);
    check_spots(network, table, questions, &plans, monitor).await?;
    search_again(network, questions, &mut plans, monitor).await?;
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
    observer: &mut impl Observer,
) -> Result<(Vec<f64>, u64), GpuError> {
    let levels = questions.iter().map(|question| question.traffic.len()).max().unwrap_or(1).max(1);
    let together = (MOST_LEVELS / levels).clamp(1, MOST_PROBLEMS);
    let mut points = Vec::new();
    let mut evaluations = 0;
    let resources = network.inputs() - 1;
    for part in questions.chunks(together) {
        let batch = Uploaded::new(uploaded, table, part, levels);
        let done = points.len() / resources;
        let mut report = |share: f64| {
            let share = (done as f64 + share * part.len() as f64) / questions.len() as f64;
            observer.observe(share, None);
        };
        evaluations += batch.descend(now, monitor, &mut report, &mut points).await?;
    }
    Ok((points, evaluations))
}

/// A part of a batch on the device.
struct Uploaded<'a> {
    network: &'a GpuNetwork,
    shape: BatchShape,
    reaches: Reaches,
    table: Tensor<1>,
    nodes: Tensor<2>,
    shares: Tensor<2>,
    problems: Tensor<2>,
    levels: Tensor<3>,
    /// Problems, and traffic levels of each.
    size: (usize, usize),
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
            reaches: Reaches {
                first: SETTINGS.first_reach as f32,
                longest: SETTINGS.longest_reach as f32,
                shortest: SETTINGS.shortest_reach as f32,
                shrink: SETTINGS.shrink as f32,
                apart: APART as f32,
            },
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
    async fn descend(
        &self,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        report: &mut impl FnMut(f64),
        points: &mut Vec<f64>,
    ) -> Result<u64, GpuError> {
        let Self { table, nodes, shares, problems, shape, reaches, .. } = self;
        let (table, nodes, shares) = (table.clone(), nodes.clone(), shares.clone());
        let mut state = kernels::starts(table, nodes, shares, problems.clone(), shape, *reaches);
        let (mut done, mut steps) = (0, FIRST_STEPS);
        let most = SETTINGS.most_steps;
        loop {
            monitor.checkpoint().await?;
            let start = now();
            state = kernels::descend(
                state,
                self.levels.clone(),
                self.problems.clone(),
                self.network.weights.clone(),
                shape,
                *reaches,
                steps,
            );
            let best = kernels::best(state.clone(), shape);
            let best = self.network.device.read(best).await?;
            done += steps;
            let rows = best.chunks_exact(shape.result_size());
            let active = rows.clone().filter(|row| row[0] > reaches.shortest).count();
            report((done as f64 / most as f64).max(1.0 - active as f64 / self.size.0 as f64));
            if done >= most || active == 0 {
                points.extend(rows.flat_map(|row| row[1..].iter().map(|x| f64::from(*x))));
                return Ok((done * STARTS * self.size.0 * self.size.1) as u64);
            }
            let fitting = LAUNCH_MS / (now() - start).max(0.01) * steps as f64;
            steps = (fitting as usize).clamp(1, most - done);
        }
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
