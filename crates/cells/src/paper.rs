//! The paper's online experiment (IDLA, section V-C): collect, plan three slices, add a fourth.

use slicewise_core::InputError;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::{CELLS, SliceKpis};
use slicewise_core::cells::{Objective, STEPS_PER_DAY, Scenario, Scheme, SimulatedStep};
use slicewise_core::error::check_range;
use slicewise_core::seed;
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Monitor};

use crate::baselines::td3::AgentSettings;
use crate::closed_loop::{ClosedLoop, Decision};
use crate::simulator::{Goal, NetworkSimulator, best_split};

pub use slicewise_core::cells::SATISFIED;

/// Steps of each period of the paper: H0, H1, H2.
pub const STEPS: [usize; 3] = [1000, 2000, 2000];
/// Steps of the running mean that tells when a scheme has recovered: an hour.
pub const RUNNING_STEPS: usize = 4;
/// A scheme has recovered where it reaches this part of its own later level.
pub const RECOVERED: f64 = 0.98;
/// Stream of the random splits.
const COLLECTION: u64 = 0x1d1a_0001;
/// Standard deviation of the logarithm of a slice's weight while records are collected.
const COLLECTION_DEVIATION: f64 = 0.7;

/// The experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Seed of the world and of the schemes.
    pub seed: u64,
    /// Steps of H0, H1 and H2, 1 or more each.
    pub steps: [usize; 3],
    /// What the planning schemes maximise.
    pub objective: Objective,
}

/// A stretch of the experiment with the same slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// `H0`, `H1` or `H2`.
    pub name: &'static str,
    /// Its first step.
    pub first: usize,
    /// One past its last.
    pub end: usize,
    /// First step of its second half, in which schemes count as converged.
    pub converged: usize,
}

impl Experiment {
    /// The paper's lengths.
    pub fn new(seed: u64) -> Self {
        Self { seed, steps: STEPS, objective: Objective::LogSum }
    }

    /// Checks the lengths.
    ///
    /// # Errors
    /// Names the period that is too short or too long.
    pub fn validate(&self) -> Result<(), InputError> {
        for (index, steps) in self.steps.iter().enumerate() {
            check_range(&format!("steps[{index}]"), *steps as f64, 2.0, 1e6, "steps")?;
        }
        Ok(())
    }

    /// H0, H1 and H2.
    pub fn periods(&self) -> [Period; 3] {
        let mut first = 0;
        let names = ["H0", "H1", "H2"];
        std::array::from_fn(|index| {
            let end = first + self.steps[index];
            let period =
                Period { name: names[index], first, end, converged: first + self.steps[index] / 2 };
            first = end;
            period
        })
    }

    /// All steps.
    pub fn total(&self) -> usize {
        self.steps.iter().sum()
    }

    /// Slices 1, 2 and 4 of the paper from the start, slice 3 from the start of H2.
    pub fn scenario(&self) -> Scenario {
        let mut scenario = Scenario::of_the_paper(&[1, 2, 3, 4], self.seed);
        scenario.slices[2].arrives = self.periods()[2].first;
        scenario
    }

    /// About `count` steps of the second half of `period`, evenly spaced and not always at the same
    /// time of the day.
    pub fn samples(&self, period: &Period, count: usize) -> Vec<usize> {
        let length = period.end - period.converged;
        let spacing = (length / count.max(1)).max(1);
        // An odd spacing shares no factor of 2 with the 96 steps of a day.
        let spacing = if spacing.is_multiple_of(2) { spacing - 1 } else { spacing };
        (0..count.min(length)).map(|index| period.converged + index * spacing).collect()
    }
}

/// What is kept of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The slices present, as indices into the scenario's.
    pub present: Vec<usize>,
    /// Satisfaction, cells x slices present.
    pub satisfaction: Vec<f64>,
    /// Throughput per user over the required, cells x slices present; NaN where nobody asked.
    pub throughput_over_requirement: Vec<f64>,
    /// Traffic offered in the whole network, in Mbit/s.
    pub offered_mbps: f64,
    /// Mean utility that the scheme expected of a cell; NaN where it expects none.
    pub expected_utility: f64,
    /// Mean utility Σ ln(r + 1) that came of it.
    pub utility: f64,
    /// Largest gap of the cells' plans; NaN where none was proven.
    pub gap: f64,
    /// Time of the decision for all cells, in ms.
    pub decision_ms: f64,
}

impl Record {
    fn of(step: &SimulatedStep, scenario: &Scenario) -> Self {
        let slices = step.present.len();
        let over = |(group, kpis): (usize, &SliceKpis)| {
            let service = &scenario.slices[step.present[group % slices]].service;
            let idle = kpis.throughput_mbps == 0.0 && kpis.satisfaction >= 1.0;
            if idle { f64::NAN } else { kpis.throughput_mbps / service.required_throughput_mbps }
        };
        Self {
            present: step.present.clone(),
            satisfaction: step.kpis.iter().map(|kpis| kpis.satisfaction).collect(),
            throughput_over_requirement: step.kpis.iter().enumerate().map(over).collect(),
            offered_mbps: step.kpis.iter().map(|kpis| kpis.offered_mbps).sum(),
            expected_utility: mean(step.expected_utilities.iter().copied()),
            utility: utility(&step.kpis),
            gap: step.gaps.iter().copied().reduce(f64::max).unwrap_or(f64::NAN),
            decision_ms: step.decision_ms,
        }
    }
}

/// Mean over the cells of Σ ln(r + 1).
fn utility(kpis: &[SliceKpis]) -> f64 {
    kpis.iter().map(|kpis| libm::log1p(kpis.satisfaction)).sum::<f64>() / CELLS as f64
}

/// One scheme's way through the experiment.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scheme.
    pub scheme: Scheme,
    /// All steps.
    pub records: Vec<Record>,
    /// The network before each step that was asked for.
    pub snapshots: Vec<NetworkSimulator>,
}

/// Runs the experiment under one scheme, and keeps the network as it was before each of the steps
/// `snapshots`. `now` gives a time in ms.
///
/// In H0 the schemes with an estimator collect: shares are log-normal weights around the traffic.
/// The agents of [`Scheme::Td3`] split at random; their learning begins with H1, and anew, after at
/// most a day of random splits, with H2. The other schemes do in H0 what they do later.
///
/// # Errors
/// What the solver says: a wrong question, or that `monitor` stopped it.
pub async fn run(
    experiment: &Experiment,
    estimator: &Estimator,
    scheme: Scheme,
    snapshots: &[usize],
    now: &impl Fn() -> f64,
    monitor: &impl Monitor,
) -> Result<Run, Halted> {
    experiment.validate()?;
    let scenario = experiment.scenario();
    let name = estimator.card.name.clone();
    let method = Method::new(name, experiment.objective, scheme, experiment.seed);
    let mut network = ClosedLoop::new(&scenario, estimator, method)?;
    network.set_agents(AgentSettings {
        first_exploration: experiment.steps[0],
        later_exploration: STEPS_PER_DAY.min(experiment.steps[2] / 10),
        ..AgentSettings::new(experiment.seed)
    });
    let collects = matches!(scheme, Scheme::Exact | Scheme::Idla | Scheme::Oracle);
    let mut generator = seed::stream(experiment.seed, COLLECTION);
    let mut run = Run { scheme, records: Vec::new(), snapshots: Vec::new() };
    for step in 0..experiment.total() {
        if snapshots.contains(&step) {
            run.snapshots.push(network.simulator().clone());
        }
        let taken = if collects && step < experiment.steps[0] {
            monitor.checkpoint().await?;
            let shares = collecting_shares(network.simulator(), &mut generator);
            network.advance(Decision { shares, ..Decision::default() }, f64::NAN)
        } else {
            network.step(now, monitor).await?
        };
        run.records.push(Record::of(&taken, &scenario));
    }
    Ok(run)
}

/// Random weights around the coming traffic, cells x slices present.
fn collecting_shares(network: &NetworkSimulator, generator: &mut impl seed::Rng) -> Vec<f64> {
    let slices = network.present().len();
    let mut shares = network.coming_traffic_mbps();
    for cell in shares.chunks_mut(slices.max(1)) {
        let traffic: f64 = cell.iter().sum();
        for share in cell.iter_mut() {
            // Nobody knows a slice's traffic so well that it should get nothing.
            *share = (*share + 0.1 * traffic + 0.1)
                * libm::exp(COLLECTION_DEVIATION * seed::normal(generator));
        }
        let sum: f64 = cell.iter().sum();
        cell.iter_mut().for_each(|share| *share /= sum);
    }
    shares
}

/// How a scheme did in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Share of (cell, slice, step) with satisfaction of [`SATISFIED`] or more, once converged.
    pub satisfaction_probability: f64,
    /// The same over the whole period.
    pub satisfaction_probability_whole: f64,
    /// Mean satisfaction, once converged.
    pub mean_satisfaction: f64,
    /// The same over the whole period.
    pub mean_satisfaction_whole: f64,
    /// Mean utility of a cell, Σ ln(r + 1), once converged.
    pub mean_utility: f64,
    /// Mean utility that the scheme expected, once converged; none where it expects none.
    pub expected_utility: Option<f64>,
    /// Mean throughput per user over the required, of each slice by its number in the paper, once
    /// converged.
    pub throughput_over_requirement: Vec<(usize, f64)>,
    /// Steps until the scheme was back at its later level, see [`recovery_steps`]; none where it
    /// never was.
    pub recovery_steps: Option<usize>,
    /// Median time of a decision for the whole network over the whole period, in ms; none where
    /// nothing was decided.
    pub decision_ms: Option<f64>,
    /// Largest gap of all cells and steps; none where none was proven.
    pub largest_gap: Option<f64>,
}

/// Sums up `period` of `run`.
pub fn summary(run: &Run, period: &Period) -> Summary {
    let whole = &run.records[period.first..period.end];
    let converged = &run.records[period.converged..period.end];
    let present = &whole[0].present;
    let over = |position: usize| {
        let values = converged.iter().flat_map(|record| {
            record.throughput_over_requirement.iter().skip(position).step_by(present.len())
        });
        mean(values.copied().filter(|value| !value.is_nan()))
    };
    let numbers = |value: fn(&Record) -> f64, records: &[Record]| -> Vec<f64> {
        records.iter().map(value).filter(|value| !value.is_nan()).collect()
    };
    let expected = numbers(|record| record.expected_utility, converged);
    Summary {
        satisfaction_probability: satisfied(converged),
        satisfaction_probability_whole: satisfied(whole),
        mean_satisfaction: mean_satisfaction(converged),
        mean_satisfaction_whole: mean_satisfaction(whole),
        mean_utility: mean(converged.iter().map(|record| record.utility)),
        expected_utility: (!expected.is_empty()).then(|| mean(expected.iter().copied())),
        throughput_over_requirement: present
            .iter()
            .enumerate()
            .map(|(position, slice)| (slice + 1, over(position)))
            .collect(),
        recovery_steps: recovery_steps(run, period),
        decision_ms: median(numbers(|record| record.decision_ms, whole)),
        largest_gap: numbers(|record| record.gap, whole).into_iter().reduce(f64::max),
    }
}

/// Share of the satisfactions of `records` that are [`SATISFIED`] or more.
pub fn satisfied(records: &[Record]) -> f64 {
    let all = records.iter().flat_map(|record| &record.satisfaction);
    mean(all.map(|satisfaction| f64::from(u8::from(*satisfaction >= SATISFIED))))
}

fn mean_satisfaction(records: &[Record]) -> f64 {
    mean(records.iter().flat_map(|record| record.satisfaction.iter().copied()))
}

/// Empirical distribution of the converged satisfaction in `period` (IDLA, figure 5): the share of
/// (cell, slice, step) with a satisfaction of at most each of `levels`.
pub fn distribution(run: &Run, period: &Period, levels: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = run.records[period.converged..period.end]
        .iter()
        .flat_map(|record| record.satisfaction.iter().copied())
        .collect();
    all.sort_by(f64::total_cmp);
    let below = |level: &f64| all.partition_point(|value| value <= level);
    levels.iter().map(|level| below(level) as f64 / all.len() as f64).collect()
}

/// Steps from the start of `period` until the satisfaction, as a mean over the network and the last
/// [`RUNNING_STEPS`] steps of the period, first reaches [`RECOVERED`] of the scheme's own later
/// level. The level is that of the converged steps at the same time of the day, give or take half
/// an hour: the traffic of the hour must not pass for a change of the scheme.
pub fn recovery_steps(run: &Run, period: &Period) -> Option<usize> {
    let satisfaction: Vec<f64> = run.records[period.first..period.end]
        .iter()
        .map(|record| mean(record.satisfaction.iter().copied()))
        .collect();
    let converged = period.converged - period.first;
    let level = |step: usize| later_level(&satisfaction[converged..], period.converged, step);
    let levels: Vec<f64> = (period.first..period.end).map(level).collect();
    (0..satisfaction.len()).find(|step| {
        let last = step.saturating_sub(RUNNING_STEPS - 1)..=*step;
        let reached: f64 = satisfaction[last.clone()].iter().sum();
        let wanted: f64 = levels[last].iter().sum();
        reached >= RECOVERED * wanted
    })
}

/// Mean of `converged`, whose first step is `first`, at the time of the day of `step`; over the
/// whole day where that time does not occur.
fn later_level(converged: &[f64], first: usize, step: usize) -> f64 {
    let near = |other: usize| {
        let apart = (other % STEPS_PER_DAY).abs_diff(step % STEPS_PER_DAY);
        apart.min(STEPS_PER_DAY - apart) <= RUNNING_STEPS / 2
    };
    let same: Vec<f64> = converged
        .iter()
        .enumerate()
        .filter(|(index, _)| near(first + index))
        .map(|(_, value)| *value)
        .collect();
    mean(if same.is_empty() { converged } else { &same }.iter().copied())
}

/// What the best known splits of some steps would have reached: the simulator's own search, which
/// knows what is to come.
#[derive(Clone, Debug, PartialEq)]
pub struct BestPossible {
    /// The step.
    pub step: usize,
    /// Share of (cell, slice) that are satisfied where as many as possible are to be.
    pub satisfaction_probability: f64,
    /// Mean utility of a cell, Σ ln(r + 1), where that is to be the largest.
    pub mean_utility: f64,
    /// Mean satisfaction there.
    pub mean_satisfaction: f64,
}

/// Searches the best split of the coming step of `network` on a grid of 1 / `grid`, in `rounds`
/// rounds of interference, once for the number of satisfied slices and once for the utility.
pub fn best_possible(network: &NetworkSimulator, grid: usize, rounds: usize) -> BestPossible {
    let most = best_split(network, Goal::Satisfied(SATISFIED), grid, rounds);
    let useful = best_split(network, Goal::Utility(Objective::LogSum), grid, rounds);
    let is_satisfied = |kpis: &SliceKpis| f64::from(u8::from(kpis.satisfaction >= SATISFIED));
    BestPossible {
        step: network.step_number(),
        satisfaction_probability: mean(most.kpis.iter().map(is_satisfied)),
        mean_utility: utility(&useful.kpis),
        mean_satisfaction: mean(useful.kpis.iter().map(|kpis| kpis.satisfaction)),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { f64::NAN } else { sum / count as f64 }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
