//! Constrained problems with published optima.

use super::{BlackBox, Budget, Optimiser, Trajectory, Watch, minimise};
use crate::Unmonitored;
use futures::executor::block_on;

/// Formulas over a box.
#[derive(Clone)]
pub(crate) struct Problem {
    pub lowest: Vec<f64>,
    pub highest: Vec<f64>,
    pub cost: fn(&[f64]) -> f64,
    /// 0 or less where the constraint is kept.
    pub excess: fn(&[f64]) -> f64,
}

impl Problem {
    pub fn at(&self, point: &[f64]) -> Vec<f64> {
        let sides = self.lowest.iter().zip(&self.highest);
        point.iter().zip(sides).map(|(x, (low, high))| low + x * (high - low)).collect()
    }
}

impl BlackBox for Problem {
    fn dimension(&self) -> usize {
        self.lowest.len()
    }

    fn cost(&self, point: &[f64]) -> f64 {
        (self.cost)(&self.at(point))
    }

    async fn excesses(&mut self, points: &[f64], excesses: &mut [f64]) {
        for (point, excess) in points.chunks_exact(self.lowest.len()).zip(excesses) {
            *excess = (self.excess)(&self.at(point));
        }
    }
}

pub(crate) fn solved(
    optimiser: &impl Optimiser,
    problem: &mut impl BlackBox,
    evaluations: usize,
    seed: u64,
) -> Trajectory {
    let watch = Watch { monitor: &Unmonitored, now: &|| 0.0, progress: &mut () };
    let budget = Budget { evaluations, seconds: 1.0 };
    block_on(minimise(optimiser, problem, budget, seed, watch)).unwrap()
}

/// x + y over a disc of radius 0.4 around the middle: 1 - 0.4 sqrt(2).
pub(crate) fn disc() -> Problem {
    Problem {
        lowest: vec![0.0; 2],
        highest: vec![1.0; 2],
        cost: |x| x[0] + x[1],
        excess: |x| (x[0] - 0.5).powi(2) + (x[1] - 0.5).powi(2) - 0.16,
    }
}

/// Hock and Schittkowski 1981, problem 12: -30 at (2, 3).
pub(crate) fn hock_schittkowski_12() -> Problem {
    Problem {
        lowest: vec![-10.0; 2],
        highest: vec![10.0; 2],
        cost: |x| 0.5 * x[0] * x[0] + x[1] * x[1] - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1],
        excess: |x| 4.0 * x[0] * x[0] + x[1] * x[1] - 25.0,
    }
}

/// Hock and Schittkowski 1981, problem 10: -1 at (0, 1).
pub(crate) fn hock_schittkowski_10() -> Problem {
    Problem {
        lowest: vec![-10.0; 2],
        highest: vec![10.0; 2],
        cost: |x| x[0] - x[1],
        excess: |x| 3.0 * x[0] * x[0] - 2.0 * x[0] * x[1] + x[1] * x[1] - 1.0,
    }
}

/// Hock and Schittkowski 1981, problem 29: -16 sqrt(2) at (4, 2 sqrt(2), 2) and its mirror images.
pub(crate) fn hock_schittkowski_29() -> Problem {
    Problem {
        lowest: vec![0.0; 3],
        highest: vec![8.0; 3],
        cost: |x| -x[0] * x[1] * x[2],
        excess: |x| x[0] * x[0] + 2.0 * x[1] * x[1] + 4.0 * x[2] * x[2] - 48.0,
    }
}

/// Mishra's bird within a disc (Mishra 2006): -106.7645367 at (-3.1302468, -1.5821422).
pub(crate) fn bird() -> Problem {
    Problem {
        lowest: vec![-10.0, -6.5],
        highest: vec![0.0, 0.0],
        cost: |x| {
            x[1].sin() * ((1.0 - x[0].cos()).powi(2)).exp()
                + x[0].cos() * ((1.0 - x[1].sin()).powi(2)).exp()
                + (x[0] - x[1]).powi(2)
        },
        excess: |x| (x[0] + 5.0).powi(2) + (x[1] + 5.0).powi(2) - 25.0,
    }
}

/// Rosenbrock's function within a disc of radius sqrt(2): 0 at (1, 1), on its edge.
pub(crate) fn rosenbrock() -> Problem {
    Problem {
        lowest: vec![-1.5; 2],
        highest: vec![1.5; 2],
        cost: |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2),
        excess: |x| x[0] * x[0] + x[1] * x[1] - 2.0,
    }
}
