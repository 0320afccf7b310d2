//! Training finds distributions that are known in closed form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use burn::tensor::Device;
use slicewise_core::card::Architecture;
use slicewise_core::seed::{normal, stream, uniform};
use slicewise_nets::training::{Rows, Settings, train};

fn settings(epochs: usize) -> Settings {
    Settings { epochs, batch: 128, learning_rate: 1e-2, weight_decay: 0.01, seed: 4 }
}

/// y = 2 + 3 x with deviation 0.5, or, where `split`, one of y = +-2 with deviation 0.1.
fn rows(split: bool) -> Rows {
    let mut generator = stream(9, 0);
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

fn last_loss(architecture: &Architecture, rows: &Rows, epochs: usize) -> f64 {
    let mut last = f64::NAN;
    train(architecture, rows, &settings(epochs), &Device::flex(), |progress| {
        last = progress.loss;
        ControlFlow::Continue(())
    });
    // The loss is that of standardised targets: add the logarithm of their deviation.
    let mean = rows.targets.iter().sum::<f32>() / rows.len() as f32;
    let variance = rows.targets.iter().map(|y| (y - mean).powi(2)).sum::<f32>() / rows.len() as f32;
    last + f64::from(variance.sqrt()).ln()
}

/// Entropy of a normal distribution.
fn entropy(deviation: f64) -> f64 {
    (deviation * (2.0 * std::f64::consts::PI * std::f64::consts::E).sqrt()).ln()
}

#[test]
fn a_gaussian_head_reaches_the_entropy_of_its_noise() {
    let architecture = Architecture { shared: vec![8], head_hidden: 4, components: 1 };
    let loss = last_loss(&architecture, &rows(false), 80);
    assert!((loss - entropy(0.5)).abs() < 0.06, "{loss} {}", entropy(0.5));
}

#[test]
fn a_mixture_head_reaches_the_entropy_of_two_modes() {
    let architecture = Architecture { shared: vec![8], head_hidden: 0, components: 2 };
    let loss = last_loss(&architecture, &rows(true), 80);
    let expected = entropy(0.1) + 2f64.ln();
    assert!((loss - expected).abs() < 0.1, "{loss} {expected}");
}

#[test]
fn the_same_seed_gives_the_same_weights_and_breaking_ends_the_training() {
    let architecture = Architecture { shared: vec![4], head_hidden: 0, components: 1 };
    let run = || {
        let mut epochs = 0;
        let tensors =
            train(&architecture, &rows(false), &settings(50), &Device::flex(), |progress| {
                epochs = progress.epoch;
                if epochs == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        (tensors, epochs)
    };
    let (first, epochs) = run();
    assert_eq!(epochs, 3);
    assert_eq!(first, run().0);
}
