//! A day of the simulated network under a method, in figures: how many promises were kept, what the
//! estimator expected, how much the splits change, and whom they leave without blocks.

use slicewise_core::cells::figures::RunFigures;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::SliceKpis;
use slicewise_core::cells::{STEPS_PER_DAY, Scenario, SimulatedStep};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::{Halted, Monitor};

use crate::closed_loop::ClosedLoop;

/// The day that counts begins after this many steps, which fill histories and queues.
pub const LEAD: usize = STEPS_PER_DAY;
/// A split is another one where more of the PRB than this changes hands: policies are set in whole
/// percent.
const CHANGED: f64 = 0.005;

/// What a day came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DayFigures {
    /// Promises kept and expected to be.
    pub run: RunFigures,
    /// Pairs of neighbouring steps of a cell.
    pub pairs: usize,
    /// Those between which the split changed.
    pub changes: usize,
    /// Part of a cell's PRB that changes hands from step to step, as a mean over `pairs`.
    pub moved: f64,
    /// Slices of all cells and steps that had users and no share.
    pub starved: usize,
    /// The least share of a slice that had users.
    pub least_share: f64,
}

impl DayFigures {
    /// Share of the pairs of neighbouring steps between which a cell's split changed.
    pub fn changed(&self) -> f64 {
        self.changes as f64 / self.pairs.max(1) as f64
    }
}

/// The steps of the day after [`LEAD`], with the one before them.
///
/// # Errors
/// What the closed loop says: a wrong question, or that `monitor` stopped it.
pub async fn steps(
    scenario: &Scenario,
    estimator: &Estimator,
    method: Method,
    monitor: &impl Monitor,
) -> Result<Vec<SimulatedStep>, Halted> {
    let mut network = ClosedLoop::new(scenario, estimator, method)?;
    let mut steps = Vec::with_capacity(STEPS_PER_DAY + 1);
    for number in 0..LEAD + STEPS_PER_DAY {
        monitor.checkpoint().await?;
        let step = network.step(&|| 0.0, monitor).await?;
        if number + 1 >= LEAD {
            steps.push(step);
        }
    }
    Ok(steps)
}

/// The figures of [`steps`], whose first one only tells what the second one changes.
pub fn figures(steps: &[SimulatedStep]) -> DayFigures {
    let mut found = DayFigures { least_share: 1.0, ..DayFigures::default() };
    for step in steps.iter().skip(1) {
        found.run.add(step);
        for kpis in step.kpis.iter().filter(|kpis| kpis.active_users > 0.0) {
            found.starved += usize::from(kpis.share == 0.0);
            found.least_share = found.least_share.min(kpis.share);
        }
    }
    for pair in steps.windows(2).filter(|pair| pair[0].present == pair[1].present) {
        let slices = pair[0].present.len().max(1);
        let cells = pair[0].kpis.chunks(slices).zip(pair[1].kpis.chunks(slices));
        for (before, now) in cells {
            let moved = moved(before, now);
            found.pairs += 1;
            found.changes += usize::from(moved > CHANGED);
            found.moved += moved;
        }
    }
    found.moved /= found.pairs.max(1) as f64;
    found
}

/// Part of the PRB that changes hands between two splits of one cell.
fn moved(before: &[SliceKpis], now: &[SliceKpis]) -> f64 {
    0.5 * before.iter().zip(now).map(|(before, now)| (now.share - before.share).abs()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(shares: &[f64], users: &[f64]) -> SimulatedStep {
        let kpis = shares.iter().zip(users).map(|(share, users)| SliceKpis {
            share: *share,
            active_users: *users,
            satisfaction: 1.0,
            ..SliceKpis::default()
        });
        SimulatedStep { present: vec![0, 1], kpis: kpis.collect(), ..SimulatedStep::default() }
    }

    #[test]
    fn a_days_figures_count_changes_and_slices_without_blocks() {
        let users = [1.0, 1.0, 0.0, 2.0];
        let steps = [
            step(&[0.5, 0.5, 0.5, 0.5], &users),
            step(&[0.5, 0.5, 0.8, 0.2], &users),
            step(&[0.498, 0.502, 1.0, 0.0], &users),
        ];
        let found = figures(&steps);
        assert_eq!((found.run.steps, found.pairs, found.changes), (2, 4, 2));
        assert!((found.moved - (0.3 + 0.002 + 0.2) / 4.0).abs() < 1e-12, "{}", found.moved);
        assert_eq!((found.starved, found.least_share, found.changed()), (1, 0.0, 0.5));
    }
}
