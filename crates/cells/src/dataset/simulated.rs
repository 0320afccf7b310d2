//! Records of our own simulator as rows.

use slicewise_core::InputError;
use slicewise_core::cells::profile::{SNssai, ServiceProfile};
use slicewise_core::cells::scenario::{Scenario, SimulatedSlice};
use slicewise_core::cells::{FEATURES, HISTORY, MOST_SLICES, PAPER_FEATURES};
use slicewise_core::seed::{stream, uniform};

use super::CellRows;
use crate::augmentation::{with_achieved_requirement, with_larger_share};
use crate::simulator::{TrainingRecord, collect};

/// Inputs of a row: the share and what [`slicewise_core::cells::Observation::features`] gives.
pub const INPUTS: usize = 1 + FEATURES;
/// Those of the paper, which come first.
pub const PAPER_INPUTS: usize = 1 + PAPER_FEATURES;
/// Stream of the rows that forget their last step.
const FORGETTING_STREAM: u64 = 0xf0;
/// Part of the rows that forget it.
const FORGOTTEN: f64 = 0.25;
/// Stream of the services that are drawn at random.
const SERVICES_STREAM: u64 = 0xce11;
/// Stream of the shares that the second augmentation draws.
const AUGMENTATION_STREAM: u64 = 0xa06;
/// Least and largest required throughput of a drawn service, in Mbit/s.
const DRAWN_THROUGHPUT_MBPS: (f64, f64) = (0.3, 4.0);
/// Least and largest required delay of a drawn service, in ms.
const DRAWN_DELAY_MS: (f64, f64) = (30.0, 500.0);
/// Least and largest load of a drawn slice.
const DRAWN_LOAD: (f64, f64) = (0.4, 1.6);

/// Names and units of the inputs, share first.
pub fn inputs() -> Vec<(String, &'static str)> {
    let past = |name: &str| {
        (1..=HISTORY).rev().map(|back| format!("{name}[t-{back}]")).collect::<Vec<_>>()
    };
    let mut inputs = vec![("share".to_owned(), "")];
    inputs.extend(past("active_users").into_iter().map(|name| (name, "users")));
    inputs.extend(past("cqi").into_iter().map(|name| (name, "")));
    inputs.push(("required_throughput".to_owned(), "Mbit/s"));
    inputs.push(("required_delay".to_owned(), "ms"));
    inputs.push(("last_share".to_owned(), ""));
    inputs.push(("last_prb_used".to_owned(), ""));
    inputs.push(("last_throughput".to_owned(), "Mbit/s"));
    inputs.push(("last_delay".to_owned(), "ms"));
    inputs
}

/// Makes some rows forget their last step, so that an estimator also knows slices of which it was
/// not measured.
pub fn forget_some(rows: &mut CellRows, seed: u64) {
    let mut generator = stream(seed, FORGETTING_STREAM);
    for row in rows.inputs.chunks_exact_mut(INPUTS) {
        if uniform(&mut generator) < FORGOTTEN {
            row[PAPER_INPUTS..].fill(0.0);
        }
    }
}

/// What is simulated to learn from or to measure on: runs of equal length, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Seed of the first run; the others follow.
    pub seed: u64,
    /// Number of runs.
    pub runs: u64,
    /// Steps of each run, the first [`HISTORY`] of which only make a past.
    pub steps: usize,
    /// What the runs simulate.
    pub scenarios: Scenarios,
}

/// What the runs of a [`Collection`] simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenarios {
    /// The paper's: slices 1, 2, 4 and slices 1, 2, 3, 4 in turn.
    Paper,
    /// Two to five services with requirements and loads of their own, drawn at random.
    Drawn,
    /// One of either in turn.
    Both,
}

impl Collection {
    /// What run `run` simulates.
    pub fn scenario(&self, run: u64) -> Scenario {
        let seed = self.seed + run;
        let (paper, number) = match self.scenarios {
            Scenarios::Paper => (true, run),
            Scenarios::Drawn => (false, run),
            Scenarios::Both => (run.is_multiple_of(2), run / 2),
        };
        match (paper, number % 2) {
            (true, 0) => Scenario::of_the_paper(&[1, 2, 3, 4], seed),
            (true, _) => Scenario::of_the_paper(&[1, 2, 4], seed),
            (false, _) => drawn(seed),
        }
    }

    /// The records of run `run`.
    ///
    /// # Errors
    /// Names what the simulator does not take.
    pub fn records(&self, run: u64) -> Result<Vec<TrainingRecord>, InputError> {
        collect(&self.scenario(run), self.steps, self.seed + run)
    }

    /// The rows of all runs; run r of the collection is run r of the rows.
    ///
    /// # Errors
    /// Names what the simulator does not take.
    pub fn rows(&self) -> Result<CellRows, InputError> {
        let mut rows = CellRows::new(INPUTS);
        for run in 0..self.runs {
            push(&self.records(run)?, run as u32, &mut rows);
        }
        Ok(rows)
    }
}

/// A scenario whose services, requirements and loads come from `seed`.
fn drawn(seed: u64) -> Scenario {
    let mut generator = stream(seed, SERVICES_STREAM);
    let count = 2 + (4.0 * uniform(&mut generator)) as usize;
    let mut between =
        |(least, most): (f64, f64)| least * libm::pow(most / least, uniform(&mut generator));
    let slices = (0..count.min(MOST_SLICES)).map(|index| SimulatedSlice {
        service: ServiceProfile::new(
            format!("Service {}", index + 1),
            SNssai { sst: 1, sd: Some(index as u32 + 1) },
            between(DRAWN_THROUGHPUT_MBPS),
            between(DRAWN_DELAY_MS),
        ),
        load: between(DRAWN_LOAD),
        arrives: 0,
        leaves: None,
    });
    Scenario { seed, slices: slices.collect() }
}

/// Appends `records` to `rows`. The share of a row is what the slice was *given*.
///
/// IDLA (section IV-A) trains on the part of the resource blocks that was *used*, since its records
/// come from networks that do not vary the shares. A slice whose blocks were not all used did not
/// necessarily have enough in each moment: bursts wait although the average leaves room, so the
/// used part makes slices look cheaper than they are. Our records are made under shares drawn at
/// random, so that the given share is the cause of what is measured, and it is what plans decide.
pub fn push(records: &[TrainingRecord], run: u32, rows: &mut CellRows) {
    for record in records {
        rows.inputs.push(record.kpis.share);
        rows.inputs.extend(features(record));
        rows.satisfaction.push(record.kpis.satisfaction);
        rows.previous.push(record.previous_satisfaction);
        rows.services.push(record.slice as u32);
        rows.runs.push(run);
    }
}

/// The augmented copies of `records`: each one gives one at most.
pub fn augmented(records: &[TrainingRecord], seed: u64) -> Vec<TrainingRecord> {
    let mut generator = stream(seed, AUGMENTATION_STREAM);
    let augment = |record: &TrainingRecord| {
        with_achieved_requirement(record).or_else(|| with_larger_share(record, &mut generator))
    };
    records.iter().filter_map(augment).collect()
}

fn features(record: &TrainingRecord) -> [f64; FEATURES] {
    record.observation.features(record.required_throughput_mbps, record.required_delay_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_what_was_given_and_what_came_of_it() {
        let collection = Collection { seed: 5, runs: 2, steps: 8, scenarios: Scenarios::Both };
        let rows = collection.rows().unwrap();
        let records = collection.records(0).unwrap();
        assert_eq!(inputs().len(), INPUTS);
        assert_eq!(rows.row(1)[0], records[1].kpis.share);
        assert_eq!(rows.row(1)[PAPER_INPUTS - 1], records[1].required_delay_ms);
        assert_eq!(rows.satisfaction[1], records[1].kpis.satisfaction);
        assert_eq!(rows.runs.iter().filter(|run| **run == 0).count(), records.len());
        assert_eq!(rows, collection.rows().unwrap());
    }

    #[test]
    fn drawn_scenarios_are_valid_and_differ() {
        let collection = Collection { seed: 1, runs: 50, steps: 6, scenarios: Scenarios::Drawn };
        for run in 0..50 {
            collection.scenario(run).validate().unwrap();
        }
        assert_ne!(collection.scenario(0).slices, collection.scenario(1).slices);
    }
}
