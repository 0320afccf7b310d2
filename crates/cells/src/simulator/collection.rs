//! Records to train an estimator on: what slices got of shares that were chosen at random.

use slicewise_core::InputError;
use slicewise_core::cells::scenario::{CELLS, Scenario, SimulatedStep, SliceKpis};
use slicewise_core::cells::{HISTORY, Observation, ServiceProfile};
use slicewise_core::seed::{Rng, normal, stream, uniform};

use crate::memory::SliceMemory;

use super::NetworkSimulator;

/// One slice of one cell in one step, and what was known of it before (IDLA, equations (7) to (9)).
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRecord {
    /// Number of the step, from 0.
    pub step: usize,
    /// The cell, from 0.
    pub cell: usize,
    /// The slice, as an index into the scenario's.
    pub slice: usize,
    /// Required throughput φ* in Mbit/s.
    pub required_throughput_mbps: f64,
    /// Required delay d* in ms.
    pub required_delay_ms: f64,
    /// Its states in the [`HISTORY`] steps before, all of them measured.
    pub observation: Observation,
    /// Its satisfaction in the step before, under another share.
    pub previous_satisfaction: f64,
    /// Share, PRB use, throughput, delay and satisfaction in the step itself.
    pub kpis: SliceKpis,
}

impl TrainingRecord {
    /// What came of a slice's share in a step, after what was `known` of it; none where its past is
    /// not full.
    pub(crate) fn after(
        known: &SliceMemory,
        service: &ServiceProfile,
        (step, cell, slice): (usize, usize, usize),
        kpis: &SliceKpis,
    ) -> Option<Self> {
        let SliceMemory { observation, last } = known;
        if observation.measured < HISTORY {
            return None;
        }
        Some(Self {
            step,
            cell,
            slice,
            required_throughput_mbps: service.required_throughput_mbps,
            required_delay_ms: service.required_delay_ms,
            observation: *observation,
            previous_satisfaction: last.satisfaction,
            kpis: *kpis,
        })
    }
}

/// Stream of the shares.
const SHARES_STREAM: u64 = (1 << 23) + 1;
/// Standard deviation of the logarithm of a slice's weight.
const WEIGHT_DEVIATION: f64 = 0.9;
/// Least part of a cell that is dealt out.
const LEAST_TOTAL: f64 = 0.7;

/// Runs the network for `steps` steps under shares that change at random from step to step, and
/// records every slice of every cell from its sixth step on.
///
/// # Errors
/// Names the first field of the scenario that is out of range.
pub fn collect(
    scenario: &Scenario,
    steps: usize,
    seed: u64,
) -> Result<Vec<TrainingRecord>, InputError> {
    let mut network = NetworkSimulator::new(scenario)?;
    let mut generator = stream(seed, SHARES_STREAM);
    let mut memory = vec![SliceMemory::default(); CELLS * scenario.slices.len()];
    let mut records = Vec::new();
    for _ in 0..steps {
        let shares = random_shares(&network, &mut generator);
        let step = network.advance(&shares);
        records.extend(records_of(scenario, &step, &memory));
        for (cell, slice, kpis) in groups(&step) {
            memory[cell * scenario.slices.len() + slice].push(kpis);
        }
    }
    Ok(records)
}

/// The records of a step, in the order of its KPIs: of every slice of every cell that has a full
/// past. `memory` holds what was known before the step, cells x slices of the scenario.
pub fn records_of(
    scenario: &Scenario,
    step: &SimulatedStep,
    memory: &[SliceMemory],
) -> impl Iterator<Item = TrainingRecord> {
    groups(step).filter_map(|(cell, slice, kpis)| {
        let known = &memory[cell * scenario.slices.len() + slice];
        let service = &scenario.slices[slice].service;
        TrainingRecord::after(known, service, (step.step, cell, slice), kpis)
    })
}

/// Cell, slice and KPIs of all that a step measured.
fn groups(step: &SimulatedStep) -> impl Iterator<Item = (usize, usize, &SliceKpis)> {
    let slices = step.present.len();
    let groups = step.kpis.iter().enumerate();
    groups.map(move |(group, kpis)| (group / slices, step.present[group % slices], kpis))
}

/// Random shares for the coming step, cells x slices present: log-normal weights around an equal
/// split or around the traffic, one as often as the other, of a random part of the cell. So every
/// slice is seen with too little and with too much.
pub fn random_shares(network: &NetworkSimulator, generator: &mut impl Rng) -> Vec<f64> {
    let slices = network.coming.present.len();
    let mut shares = network.coming_traffic_mbps();
    for cell in shares.chunks_mut(slices.max(1)) {
        let by_traffic = uniform(generator) < 0.5;
        let total = LEAST_TOTAL + (1.0 - LEAST_TOTAL) * uniform(generator);
        for share in cell.iter_mut() {
            let centre = if by_traffic { 0.5 + *share } else { 1.0 };
            *share = centre * libm::exp(WEIGHT_DEVIATION * normal(generator));
        }
        let sum: f64 = cell.iter().sum();
        cell.iter_mut().for_each(|share| *share *= total / sum);
    }
    shares
}
