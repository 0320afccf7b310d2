//! Figures of the simulator:
//!
//! ```text
//! cargo run --release -p slicewise-cells --no-default-features --example simulator_figures
//! ```
//!
//! `DAYS`, `EVERY`, `GRID`, `SEED` and `STEPS` in the environment change how long and how finely is
//! searched.

use std::time::Instant;

use slicewise_cells::simulator::{Goal, NetworkSimulator, best_split, collect};
use slicewise_core::InputError;
use slicewise_core::cells::scenario::{CELLS, SliceKpis};
use slicewise_core::cells::{Objective, Scenario};

const SETS: [&[usize]; 2] = [&[1, 2, 4], &[1, 2, 3, 4]];

fn main() -> Result<(), InputError> {
    satisfaction_of_equal_traffic_and_best_splits()?;
    time_per_step()?;
    records_and_their_trivial_predictors()
}

/// Shares in proportion to `weights`, cells x slices.
fn proportional(weights: &[f64], slices: usize) -> Vec<f64> {
    let cell = |cell: &[f64]| {
        let sum: f64 = cell.iter().sum();
        let share = |weight: &f64| if sum > 0.0 { weight / sum } else { 1.0 / slices as f64 };
        cell.iter().map(share).collect::<Vec<f64>>()
    };
    weights.chunks(slices).flat_map(cell).collect()
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Means over cells, slices and steps.
#[derive(Default)]
struct Mean {
    count: f64,
    satisfied: f64,
    satisfaction: f64,
    used: f64,
    users: f64,
    cqi: f64,
    share: f64,
}

impl Mean {
    fn add(&mut self, kpis: &SliceKpis) {
        self.count += 1.0;
        self.satisfied += f64::from(u8::from(kpis.satisfaction >= 0.99));
        self.satisfaction += kpis.satisfaction;
        self.used += kpis.prb_used;
        self.users += kpis.active_users;
        self.cqi += kpis.cqi;
        self.share += kpis.share;
    }

    fn print(&self, name: &str, per_cell: f64) {
        let mean = |sum: f64| sum / self.count;
        println!(
            "  {name:<24} r >= 0.99 {:.3}  mean r {:.3}  PRB used {:.3} of {:.3}  users {:.1}  \
             CQI {:.1}",
            mean(self.satisfied),
            mean(self.satisfaction),
            mean(self.used) * per_cell,
            mean(self.share) * per_cell,
            mean(self.users),
            mean(self.cqi),
        );
    }
}

fn satisfaction_of_equal_traffic_and_best_splits() -> Result<(), InputError> {
    let (days, every, grid) = (number("DAYS", 4), number("EVERY", 7), number("GRID", 40));
    for numbers in SETS {
        let slices = numbers.len();
        let scenario = Scenario::of_the_paper(numbers, number("SEED", 1) as u64);
        println!("slices {numbers:?}, {days} days, every {every}th step, grid of 1/{grid}");
        let mut network = NetworkSimulator::new(&scenario)?;
        let mut means: [Mean; 4] = Default::default();
        let mut per_slice: Vec<Mean> = (0..slices).map(|_| Mean::default()).collect();
        let (mut seconds, mut searches) = (0.0, 0.0);
        for step in 0..days * 96 {
            let equal = vec![1.0 / slices as f64; CELLS * slices];
            if step % every != 0 {
                network.advance(&equal);
                continue;
            }
            let traffic = proportional(&network.coming_traffic_mbps(), slices);
            let began = Instant::now();
            let utility = best_split(&network, Goal::Utility(Objective::LogSum), grid, 3);
            seconds += began.elapsed().as_secs_f64();
            searches += 1.0;
            let most = best_split(&network, Goal::Satisfied(0.99), grid, 3);
            let runs = [
                network.clone().advance(&equal).kpis,
                network.clone().advance(&traffic).kpis,
                utility.kpis,
                most.kpis,
            ];
            for (mean, kpis) in means.iter_mut().zip(&runs) {
                kpis.iter().for_each(|kpis| mean.add(kpis));
            }
            for (group, kpis) in runs[2].iter().enumerate() {
                per_slice[group % slices].add(kpis);
            }
            network.advance(&utility.shares);
        }
        let names = ["equal", "traffic", "best sum of ln(r + 1)", "most slices satisfied"];
        for (mean, name) in means.iter().zip(names) {
            mean.print(name, slices as f64);
        }
        println!("  one search {:.2} s; of the best sum, by slice:", seconds / searches);
        for (slice, mean) in per_slice.iter().enumerate() {
            mean.print(&format!("slice {}", numbers[slice]), 1.0);
        }
    }
    Ok(())
}

fn time_per_step() -> Result<(), InputError> {
    for numbers in SETS {
        let scenario = Scenario::of_the_paper(numbers, 1);
        let mut network = NetworkSimulator::new(&scenario)?;
        let shares = vec![1.0 / numbers.len() as f64; CELLS * numbers.len()];
        let began = Instant::now();
        for _ in 0..960 {
            network.advance(&shares);
        }
        println!("slices {numbers:?}: {:.2} ms per step", began.elapsed().as_secs_f64() / 0.96);
    }
    Ok(())
}

fn records_and_their_trivial_predictors() -> Result<(), InputError> {
    for numbers in SETS {
        let records = collect(&Scenario::of_the_paper(numbers, 1), number("STEPS", 1000), 1)?;
        let count = records.len() as f64;
        let mut satisfactions: Vec<f64> = records.iter().map(|r| r.kpis.satisfaction).collect();
        satisfactions.sort_by(f64::total_cmp);
        let median = satisfactions[satisfactions.len() / 2];
        let constant = satisfactions.iter().map(|r| (r - median).abs()).sum::<f64>() / count;
        let last = records.iter().map(|r| (r.kpis.satisfaction - r.previous_satisfaction).abs());
        let below = satisfactions.iter().filter(|r| **r < 0.99).count() as f64 / count;
        println!(
            "slices {numbers:?}: {count} records, r < 0.99 in {below:.3}; MAE of the median \
             {median:.3}: {constant:.4}, of the last value: {:.4}",
            last.sum::<f64>() / count
        );
    }
    Ok(())
}
