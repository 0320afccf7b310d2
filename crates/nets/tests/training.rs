//! Training finds distributions that are known in closed form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::collections::BTreeMap;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::ModelCard;
use slicewise_core::card::{Architecture, fingerprint};
use slicewise_core::seed::{normal, stream, uniform};
use slicewise_core::slice::training::TrainingMoment;
use slicewise_nets::dense::head::log_density;
use slicewise_nets::dense::training::{Lesson, Rows, train};
use slicewise_nets::dense::weights::load;
use slicewise_nets::files::{Tensors, to_bytes};
use slicewise_nets::training::Settings;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::{Halted, Monitor, Stopped, Unmonitored};

fn settings(epochs: usize) -> Settings {
    Settings { epochs, batch: 128, learning_rate: 1e-2, weight_decay: 0.01, seed: 4 }
}

/// y = 2 + 3 x with deviation 0.5, or, where `split`, one of y = +-2 with deviation 0.1.
fn rows(split: bool, seed: u64) -> Rows {
    let mut generator = stream(seed, 0);
    let mut rows = Rows { width: 1, ..Rows::default() };
    for _ in 0..2000 {
        let x = 2.0 * uniform(&mut generator) - 1.0;
        let y = if split {
            (if uniform(&mut generator) < 0.5 { -2.0 } else { 2.0 }) + 0.1 * normal(&mut generator)
        } else {
            2.0 + 3.0 * x + 0.5 * normal(&mut generator)
        };
        rows.inputs.push(x as f32);
        rows.targets.push(y as f32);
    }
    rows
}

/// Ends a training once no epoch is left.
struct EpochsLeft(Cell<usize>);

impl Monitor for EpochsLeft {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        if self.0.get() == 0 { Err(Stopped) } else { Ok(()) }
    }
}

fn learn(lesson: &Lesson, settings: &Settings) -> (Tensors, Vec<TrainingMoment>) {
    let (device, mut heard) = (Device::flex(), Vec::new());
    let mut learned = |moment| heard.push(moment);
    let training = train(lesson, settings, &device, &Unmonitored, &mut learned);
    let tensors = block_on(training).unwrap();
    (tensors, heard)
}

/// Natural logarithm of the targets' deviation: what turns a loss into a likelihood of plain targets.
fn log_deviation(rows: &Rows) -> f64 {
    let mean = rows.targets.iter().sum::<f32>() / rows.len() as f32;
    let variance = rows.targets.iter().map(|y| (y - mean).powi(2)).sum::<f32>() / rows.len() as f32;
    f64::from(variance.sqrt()).ln()
}

/// Entropy of a normal distribution.
fn entropy(deviation: f64) -> f64 {
    (deviation * (2.0 * std::f64::consts::PI * std::f64::consts::E).sqrt()).ln()
}

/// The network of `tensors`; whatever else its card says is that of a shipped one.
fn network(architecture: &Architecture, tensors: &Tensors) -> Network {
    let card = include_str!("../../../models/slice/testbed-gaussian/card.json");
    let mut card = ModelCard::from_json(card).unwrap();
    let bytes = to_bytes(tensors).unwrap();
    card.inputs.truncate(1);
    card.architecture = architecture.clone();
    card.metrics = BTreeMap::new();
    card.weights_fingerprint = fingerprint(&bytes);
    load(&card, &bytes).unwrap()
}

/// Mean negative log-likelihood of `rows`, in f64 through the fused evaluator.
fn likelihood(network: &Network, rows: &Rows) -> f64 {
    let inputs: Vec<f64> = rows.inputs.iter().map(|x| f64::from(*x)).collect();
    let size = 3 * network.head.components;
    let mut distributions = vec![0.0; rows.len() * size];
    FusedEvaluator::new(network).distributions_now(&inputs, &mut distributions);
    let density = distributions.chunks_exact(size).zip(&rows.targets);
    -density.map(|(row, y)| log_density(row, f64::from(*y))).sum::<f64>() / rows.len() as f64
}

#[test]
fn a_gaussian_head_reaches_the_entropy_of_its_noise() {
    let architecture = Architecture::free(vec![8], 4, 1);
    let (rows, held_back) = (rows(false, 9), rows(false, 10));
    let lesson =
        Lesson { architecture: &architecture, rows: &rows, held_back: &held_back, start: None };
    let last = *learn(&lesson, &settings(80)).1.last().unwrap();
    let shift = log_deviation(&rows) - entropy(0.5);
    assert!((last.training_loss + shift).abs() < 0.06, "{last:?}");
    assert!((last.held_back_loss + shift).abs() < 0.06, "{last:?}");
}

#[test]
fn a_mixture_head_reaches_the_entropy_of_two_modes() {
    let architecture = Architecture::free(vec![8], 0, 2);
    let rows = rows(true, 9);
    let lesson = Lesson { architecture: &architecture, rows: &rows, held_back: &rows, start: None };
    let last = *learn(&lesson, &settings(80)).1.last().unwrap();
    let expected = entropy(0.1) + 2f64.ln() - log_deviation(&rows);
    assert!((last.training_loss - expected).abs() < 0.1, "{last:?} {expected}");
}

#[test]
fn held_back_rows_are_measured_and_never_learned_from() {
    let architecture = Architecture::free(vec![8], 4, 1);
    let (rows, same, other) = (rows(false, 9), rows(false, 10), rows(true, 11));
    let run = |held_back| {
        learn(
            &Lesson { architecture: &architecture, rows: &rows, held_back, start: None },
            &settings(5),
        )
    };
    let ((tensors, like), (again, unlike)) = (run(&same), run(&other));
    assert_eq!(tensors, again);
    let network = network(&architecture, &tensors);
    for (held_back, moments) in [(&same, &like), (&other, &unlike)] {
        let expected = likelihood(&network, held_back) - log_deviation(&rows);
        let found = moments.last().unwrap().held_back_loss;
        assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} {expected}");
    }
}

#[test]
fn a_training_starts_from_the_network_that_it_is_given() {
    for (head_hidden, components) in [(4, 1), (0, 1), (3, 2), (0, 3)] {
        let architecture = Architecture::free(vec![8, 6], head_hidden, components);
        let (first, second) = (rows(false, 9), rows(false, 12));
        let lesson =
            Lesson { architecture: &architecture, rows: &first, held_back: &second, start: None };
        let start = network(&architecture, &learn(&lesson, &settings(8)).0);
        // Other rows in another range, hence another normalisation, and hardly a step.
        let moved = Rows {
            width: 1,
            inputs: second.inputs.iter().map(|x| 0.3 * x + 0.5).collect(),
            targets: second.targets.iter().map(|y| 0.5 * y + 1.0).collect(),
        };
        let lesson = Lesson { rows: &moved, held_back: &first, start: Some(&start), ..lesson };
        let still = Settings { learning_rate: 1e-9, ..settings(1) };
        let (tensors, moments) = learn(&lesson, &still);
        let expected = likelihood(&start, &moved) - log_deviation(&moved);
        let found = moments[0].training_loss;
        assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} {expected}");
        let tuned = network(&architecture, &tensors);
        for x in [-0.9, 0.1, 0.7] {
            for (found, expected) in tuned.outputs(&[x]).iter().zip(start.outputs(&[x])) {
                assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0));
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let architecture = Architecture::free(vec![4], 0, 1);
    let rows = rows(false, 9);
    let lesson = Lesson { architecture: &architecture, rows: &rows, held_back: &rows, start: None };
    let run = |seed| learn(&lesson, &Settings { seed, ..settings(3) }).0;
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_monitor_ends_the_training() {
    let architecture = Architecture::free(vec![4], 0, 1);
    let rows = rows(false, 9);
    let lesson = Lesson { architecture: &architecture, rows: &rows, held_back: &rows, start: None };
    let left = EpochsLeft(Cell::new(3));
    let mut heard = 0;
    let mut learned = |_| {
        heard += 1;
        left.0.set(left.0.get() - 1);
    };
    let found = block_on(train(&lesson, &settings(50), &Device::flex(), &left, &mut learned));
    assert_eq!((found, heard), (Err(Halted::Stopped), 3));
}
