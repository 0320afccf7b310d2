//! Atlas: Bayesian optimisation by a Bayesian network, Thompson sampling and a Lagrangian (Liu, Choi and
//! Han, Atlas: Automate Online Service Configuration in Network Slicing, CoNEXT 2022), as MicroOpt
//! compares itself with it.
//!
//! The network learns the constraint from all points asked. Each round several networks are drawn; each
//! takes the candidate of least cost plus weighted excess, and these are asked together. Then the weight
//! follows the mean excess of the round.

use serde::Serialize;
use slicewise_core::seed::{ChaCha8Rng, shuffle, stream, uniform};

use super::{BlackBox, Ended, Optimiser, Search, streams};
use crate::monitor::Monitor;
use crate::neural::bayesian::Bayesian;
use crate::neural::dense::{Activation, Shape};

/// How it learns and asks. The defaults are those of the authors' published code; it does not say how
/// many rounds and epochs their figures took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkThompson {
    /// Units of the hidden layers, with rectifiers.
    pub hidden: Vec<usize>,
    /// rho of all weights at the start.
    pub rho: f64,
    /// Random points asked first.
    pub first: usize,
    /// Networks drawn, and points asked, in each round.
    pub draws: usize,
    /// Uniform candidates of each drawn network.
    pub candidates: usize,
    /// Step of the weight per unit of mean excess.
    pub weight_step: f64,
    /// Points per step of the training.
    pub batch: usize,
    /// Passes over the points before the first round.
    pub first_epochs: usize,
    /// Passes before each later round.
    pub epochs: usize,
    /// Factor of Adadelta's rate, 1 at first, after each fit.
    pub rate_decay: f64,
}

impl Default for NetworkThompson {
    fn default() -> Self {
        Self {
            hidden: vec![128, 256, 128],
            rho: -3.0,
            first: 100,
            draws: 15,
            candidates: 10_000,
            weight_step: 0.1,
            batch: 128,
            first_epochs: 200,
            epochs: 20,
            rate_decay: 0.999,
        }
    }
}

/// Candidates that are evaluated between two checkpoints.
const TOGETHER: usize = 250;

impl Optimiser for NetworkThompson {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        seed: u64,
    ) -> Result<(), Ended> {
        let mut generator = stream(seed, streams::NETWORK_THOMPSON);
        let dimension = search.dimension();
        let mut widths = vec![dimension];
        widths.extend(&self.hidden);
        widths.push(1);
        let shape = Shape { widths, activation: Activation::Rectifier };
        let mut network = Bayesian::new(shape, self.rho, &mut generator);
        let mut points: Vec<f64> =
            (0..self.first * dimension).map(|_| uniform(&mut generator)).collect();
        let mut excesses = search.excesses(&points).await?;
        let (mut weight, mut rate) = (0.0, 1.0);
        let mut epochs = self.first_epochs;
        loop {
            self.fit(search, &mut network, &points, &excesses, (epochs, rate), &mut generator)
                .await?;
            let mut asked = Vec::with_capacity(self.draws * dimension);
            for _ in 0..self.draws {
                network.draw(&mut generator);
                let chosen = self.choose(search, &mut network, weight, &mut generator).await?;
                asked.extend(chosen);
            }
            let found = search.excesses(&asked).await?;
            let mean = found.iter().sum::<f64>() / found.len() as f64;
            weight = f64::max(0.0, weight + self.weight_step * mean);
            points.extend(asked);
            excesses.extend(found);
            (epochs, rate) = (self.epochs, rate * self.rate_decay);
        }
    }
}

impl NetworkThompson {
    async fn fit<B: BlackBox, M: Monitor>(
        &self,
        search: &Search<'_, B, M>,
        network: &mut Bayesian,
        points: &[f64],
        excesses: &[f64],
        (epochs, rate): (usize, f64),
        generator: &mut ChaCha8Rng,
    ) -> Result<(), Ended> {
        let dimension = search.dimension();
        let mut order: Vec<usize> = (0..excesses.len()).collect();
        for _ in 0..epochs {
            shuffle(&mut order, generator);
            for part in order.chunks(self.batch) {
                search.checkpoint().await?;
                let point = |row: &usize| &points[row * dimension..(row + 1) * dimension];
                let inputs: Vec<f32> = part.iter().flat_map(point).map(|x| *x as f32).collect();
                let targets: Vec<f32> = part.iter().map(|row| excesses[*row] as f32).collect();
                network.learn(&inputs, &targets, 1.0 / self.batch as f64, rate, generator);
            }
        }
        Ok(())
    }

    /// The candidate of least cost plus weighted excess by the network drawn last.
    async fn choose<B: BlackBox, M: Monitor>(
        &self,
        search: &Search<'_, B, M>,
        network: &mut Bayesian,
        weight: f64,
        generator: &mut ChaCha8Rng,
    ) -> Result<Vec<f64>, Ended> {
        let dimension = search.dimension();
        let mut best = (f64::INFINITY, vec![1.0; dimension]);
        let mut left = self.candidates;
        while left > 0 {
            search.checkpoint().await?;
            let count = left.min(TOGETHER);
            left -= count;
            let points: Vec<f64> = (0..count * dimension).map(|_| uniform(generator)).collect();
            let inputs: Vec<f32> = points.iter().map(|x| *x as f32).collect();
            let outputs = network.outputs(&inputs);
            for (point, excess) in points.chunks_exact(dimension).zip(outputs) {
                let lagrangian = search.cost(point) + weight * f64::from(*excess);
                if lagrangian < best.0 {
                    best = (lagrangian, point.to_vec());
                }
            }
        }
        Ok(best.1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::{disc, solved};
    use super::*;

    #[test]
    fn with_a_small_network_it_comes_near_the_optimum_of_a_disc() {
        let small = NetworkThompson {
            hidden: vec![32, 32],
            first: 40,
            draws: 5,
            candidates: 500,
            weight_step: 1.0,
            ..NetworkThompson::default()
        };
        let found = solved(&small, &mut disc(), 240, 1);
        let best = found.best().unwrap();
        let optimum = 1.0 - 0.4 * 2f64.sqrt();
        assert!(best.is_feasible() && best.cost >= optimum - 1e-12);
        assert!(best.cost < optimum + 0.05, "{} {optimum}", best.cost);
        // Random search is much further from it.
        let random = solved(&super::super::Random::default(), &mut disc(), 240, 1);
        assert!(best.cost < random.best().unwrap().cost);
    }
}
