//! Records under planned splits: what a slice shows and gets where its cell is split well.
//!
//! Under splits drawn at random users pile up in slices that were starved; where an estimator plans,
//! few active users may mean good service as well as low demand. An estimator that is to plan has to
//! have seen both.

use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::{CELLS, Scenario};
use slicewise_core::cells::{Objective, Scheme};
use slicewise_core::seed::{Rng, normal, stream, uniform};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Unmonitored};

use super::CellRows;
use super::simulated::{Collection, INPUTS, push};
use crate::closed_loop::{ClosedLoop, Decision};
use crate::simulator::{TrainingRecord, random_shares, records_of};

/// Stream of the deviations from the plans.
const DEVIATION_STREAM: u64 = 0x91a;
/// Standard deviation of the logarithm of a share around the planned one.
const SHARE_DEVIATION: f64 = 0.3;
/// What a slice may get although its plan gives it nothing.
const LEAST_SHARE: f64 = 0.01;
/// Chance that a cell changes its [`Conduct`] in a step.
const CHANGE: f64 = 0.15;

/// What a cell does with its plan for some steps.
#[derive(Clone, Copy)]
enum Conduct {
    Follow,
    Deviate,
    Ignore,
}

impl Conduct {
    /// Four, five and one of ten.
    fn drawn(generator: &mut impl Rng) -> Self {
        match uniform(generator) {
            chance if chance < 0.4 => Self::Follow,
            chance if chance < 0.9 => Self::Deviate,
            _ => Self::Ignore,
        }
    }

    /// The shares of one cell: as they are, around what they are, or `random` ones.
    fn apply(self, shares: &mut [f64], random: &[f64], generator: &mut impl Rng) {
        match self {
            Self::Follow => {}
            Self::Ignore => shares.copy_from_slice(random),
            Self::Deviate => {
                for share in shares.iter_mut() {
                    let deviation = libm::exp(SHARE_DEVIATION * normal(generator));
                    *share = (*share + LEAST_SHARE) * deviation;
                }
                let sum: f64 = shares.iter().sum();
                shares.iter_mut().for_each(|share| *share /= sum);
            }
        }
    }
}

/// Runs the network of `scenario` for `steps` steps under exact plans by `estimator`, from which
/// cells deviate at times, and records every slice of every cell that has a full past.
///
/// # Errors
/// Those of the closed loop: a scenario out of range, an estimator that reads other features.
pub async fn collect(
    scenario: &Scenario,
    steps: usize,
    estimator: &Estimator,
) -> Result<Vec<TrainingRecord>, Halted> {
    let name = estimator.card.name.clone();
    let method = Method::new(name, Objective::LogSum, Scheme::Exact, scenario.seed);
    let mut network = ClosedLoop::new(scenario, estimator, method)?;
    let mut generator = stream(scenario.seed, DEVIATION_STREAM);
    let mut conducts = [Conduct::Follow; CELLS];
    let mut records = Vec::new();
    for _ in 0..steps {
        let mut shares = network.decide(&Unmonitored).await?.shares;
        let random = random_shares(network.simulator(), &mut generator);
        let slices = shares.len() / CELLS;
        let cells = shares.chunks_mut(slices).zip(random.chunks(slices));
        for ((shares, random), conduct) in cells.zip(&mut conducts) {
            if uniform(&mut generator) < CHANGE {
                *conduct = Conduct::drawn(&mut generator);
            }
            conduct.apply(shares, random, &mut generator);
        }
        let known = network.memories().to_vec();
        let step = network.advance(Decision { shares, ..Decision::default() }, f64::NAN);
        records.extend(records_of(scenario, &step, &known));
    }
    Ok(records)
}

/// The rows of all runs of `collection` under plans by `estimator`; the run r of the collection is
/// the run `first_run` + r of the rows.
///
/// # Errors
/// As [`collect`].
pub async fn rows(
    collection: &Collection,
    first_run: u32,
    estimator: &Estimator,
) -> Result<CellRows, Halted> {
    let mut rows = CellRows::new(INPUTS);
    for run in 0..collection.runs {
        let records = collect(&collection.scenario(run), collection.steps, estimator).await?;
        push(&records, first_run + run as u32, &mut rows);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use slicewise_core::cells::HISTORY;

    use super::*;
    use crate::model::shipped;

    #[test]
    fn cells_follow_their_plans_and_deviate_at_times() {
        let estimator = shipped("simulated").unwrap();
        let scenario = Scenario::of_the_paper(&[1, 2, 4], 5);
        let records = block_on(collect(&scenario, 30, &estimator)).unwrap();
        assert_eq!(records.len(), (30 - HISTORY) * CELLS * 3);
        let groups = records.chunks_exact(3);
        let sums = groups.map(|cell| cell.iter().map(|record| record.kpis.share).sum::<f64>());
        // Plans and deviations deal out whole cells, random splits a part.
        let (whole, part): (Vec<f64>, Vec<f64>) = sums.partition(|sum| (sum - 1.0).abs() < 1e-9);
        assert!(whole.len() > 5 * part.len() && !part.is_empty());
        assert!(part.iter().all(|sum| (0.7..1.0).contains(sum)));
        assert_eq!(records, block_on(collect(&scenario, 30, &estimator)).unwrap());
    }

    #[test]
    fn what_was_known_before_a_step_is_recorded_with_it() {
        let estimator = shipped("simulated").unwrap();
        let scenario = Scenario::of_the_paper(&[1, 4], 6);
        let records = block_on(collect(&scenario, 8, &estimator)).unwrap();
        let of = |step: usize| {
            let found = records.iter().find(|r| (r.step, r.cell, r.slice) == (step, 3, 1));
            found.unwrap()
        };
        let (earlier, later) = (of(HISTORY), of(HISTORY + 1));
        let newest = HISTORY - 1;
        assert_eq!(later.observation.active_users[newest], earlier.kpis.active_users);
        assert_eq!(later.observation.cqi[newest], earlier.kpis.cqi);
        assert_eq!(later.previous_satisfaction, earlier.kpis.satisfaction);
    }
}
