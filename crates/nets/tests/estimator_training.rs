//! Training of estimators: what is learned, and that the losses told are the estimator's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::card::fingerprint;
use slicewise_core::cells::card::{EstimatorArchitecture, EstimatorForm};
use slicewise_core::seed::{stream, uniform};
use slicewise_core::slice::training::TrainingMoment;
use slicewise_nets::estimator::Estimator;
use slicewise_nets::estimator::training::{ErrorCost, EstimatorLesson, Examples, train};
use slicewise_nets::files::to_bytes;
use slicewise_nets::training::Settings;
use slicewise_optim::{Halted, Monitor, Stopped, Unmonitored};

/// Ends a training once no epoch is left.
struct EpochsLeft(Cell<usize>);

impl Monitor for EpochsLeft {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        if self.0.get() == 0 { Err(Stopped) } else { Ok(()) }
    }
}

fn forms() -> [EstimatorForm; 2] {
    let knots = (0..=10).map(|knot| f64::from(knot) / 10.0).collect();
    [EstimatorForm::Plain, EstimatorForm::Monotone { knots }]
}

/// A slice that needs the share 0.2 + 0.6 z of its first feature; its second says nothing.
fn examples(rows: usize, seed: u64) -> Examples {
    let mut generator = stream(seed, 0);
    let mut examples = Examples { width: 3, ..Examples::default() };
    for _ in 0..rows {
        let (share, z, other) =
            (uniform(&mut generator), uniform(&mut generator), uniform(&mut generator));
        examples.inputs.extend([share as f32, 40.0 * z as f32, other as f32 - 5.0]);
        examples.targets.push((share / (0.2 + 0.6 * z)).min(1.0) as f32);
        examples.weights.push(if z < 0.5 { 0.5 } else { 1.5 });
    }
    examples
}

fn settings(epochs: usize) -> Settings {
    Settings { epochs, batch: 64, learning_rate: 5e-3, weight_decay: 0.0, seed: 4 }
}

fn trained(
    form: &EstimatorForm,
    epochs: usize,
    heard: usize,
) -> Result<(Estimator, Vec<TrainingMoment>), Halted> {
    let architecture = EstimatorArchitecture { hidden: vec![16, 16], form: form.clone() };
    let (rows, held_back) = (examples(1500, 1), examples(400, 2));
    let lesson = EstimatorLesson {
        architecture: &architecture,
        rows: &rows,
        held_back: &held_back,
        error_cost: ErrorCost::Absolute,
        feature_dropout: 0.0,
    };
    let (left, mut moments) = (EpochsLeft(Cell::new(heard)), Vec::new());
    let mut learned = |moment| {
        moments.push(moment);
        left.0.set(left.0.get() - 1);
    };
    let settings = settings(epochs);
    let tensors = block_on(train(&lesson, &settings, &Device::flex(), &left, &mut learned))?;
    let bytes = to_bytes(&tensors)?;
    let mut card = Estimator::random(form.clone(), 2, &[16, 16], 1)?.card;
    card.weights_fingerprint = fingerprint(&bytes);
    Ok((Estimator::load(&card, &bytes)?, moments))
}

fn mean_error(estimator: &Estimator, examples: &Examples, weigh: bool) -> f64 {
    let rows = examples.inputs.chunks_exact(3).zip(&examples.targets).zip(&examples.weights);
    let errors = rows.map(|((row, target), weight)| {
        let features = [f64::from(row[1]), f64::from(row[2])];
        let found = estimator.satisfaction(f64::from(row[0]), &features);
        (found - f64::from(*target)).abs() * if weigh { f64::from(*weight) } else { 1.0 }
    });
    errors.sum::<f64>() / examples.len() as f64
}

#[test]
fn both_forms_learn_what_share_a_slice_needs() {
    for form in forms() {
        let (estimator, moments) = trained(&form, 40, usize::MAX).unwrap();
        let held_back = examples(400, 2);
        let error = mean_error(&estimator, &held_back, false);
        assert!(error < 0.03, "{form:?}: {error}");
        assert_eq!(moments.len(), 40);
        assert!(moments[39].training_loss < 0.3 * moments[0].training_loss);
    }
}

#[test]
fn the_losses_told_are_weighted_errors_of_the_estimator() {
    let [_, monotone] = forms();
    let (estimator, moments) = trained(&monotone, 3, usize::MAX).unwrap();
    let expected = mean_error(&estimator, &examples(400, 2), true);
    let told = moments[2].held_back_loss;
    assert!((told - expected).abs() < 1e-5, "{told} instead of {expected}");
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    for form in forms() {
        let first = trained(&form, 2, usize::MAX).unwrap().0;
        assert_eq!(first, trained(&form, 2, usize::MAX).unwrap().0);
    }
}

#[test]
fn a_monitor_ends_a_training() {
    let [plain, _] = forms();
    assert_eq!(trained(&plain, 5, 2).err(), Some(Halted::Stopped));
}

/// One row in four of a coin is 0.2, the others are 1: its median is 1 and its mean 0.8.
#[test]
fn absolute_errors_teach_the_median_and_squared_ones_the_mean() {
    let mut coin = Examples { width: 2, ..Examples::default() };
    for toss in 0..256 {
        coin.inputs.extend([1.0, (toss % 2) as f32]);
        coin.targets.push(if toss % 8 < 2 { 0.2 } else { 1.0 });
        coin.weights.push(1.0);
    }
    let architecture = EstimatorArchitecture { hidden: vec![4], form: EstimatorForm::Plain };
    for (error_cost, expected) in [(ErrorCost::Absolute, 1.0), (ErrorCost::Squared, 0.8)] {
        let lesson = EstimatorLesson {
            architecture: &architecture,
            rows: &coin,
            held_back: &coin,
            error_cost,
            feature_dropout: 0.0,
        };
        let tensors =
            block_on(train(&lesson, &settings(200), &Device::flex(), &Unmonitored, &mut |_| ()))
                .unwrap();
        let bytes = to_bytes(&tensors).unwrap();
        let mut card = Estimator::random(EstimatorForm::Plain, 1, &[4], 1).unwrap().card;
        card.weights_fingerprint = fingerprint(&bytes);
        let estimator = Estimator::load(&card, &bytes).unwrap();
        for side in [0.0, 1.0] {
            let found = estimator.satisfaction(1.0, &[side]);
            assert!((found - expected).abs() < 0.02, "{error_cost:?}: {found}");
        }
    }
}
