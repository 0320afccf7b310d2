//! Ensembles of monotone networks keep their order at every threshold, and learn what they are shown.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::ModelCard;
use slicewise_core::card::{Architecture, Better, Limit, Scale, fingerprint};
use slicewise_core::seed::{normal, stream, uniform};
use slicewise_nets::dense::ensemble::{EnsembleLesson, train_ensemble};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::training::Rows;
use slicewise_nets::dense::weights;
use slicewise_nets::files::{Tensors, to_bytes};
use slicewise_nets::training::Settings;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::Unmonitored;

fn card(architecture: &Architecture, better: Better, bytes: &[u8]) -> ModelCard {
    let text = include_str!("../../../models/slice/testbed-gaussian/card.json");
    let mut card = ModelCard::from_json(text).unwrap();
    card.architecture = architecture.clone();
    card.output.better = better;
    card.output.scale = Scale::Logarithmic;
    card.inputs.iter_mut().for_each(|input| input.scale = Scale::Logarithmic);
    let limit = |resource: &str, bound: f64| Limit {
        resource: resource.to_owned(),
        bound,
        tolerance: 0.05,
        rows_beyond: 0,
    };
    card.limits = vec![limit("cpu", 0.01), limit("bandwidth", 1.0)];
    card.weights_fingerprint = fingerprint(bytes);
    card
}

/// Random weights of the signs that keep the order.
fn tensors(architecture: &Architecture, better: Better, seed: u64) -> Tensors {
    let mut generator = stream(seed, 0);
    let (members, components) = (architecture.monotone_members, architecture.components);
    let mut tensors = Tensors::new();
    let improves = if better == Better::Higher { 1.0 } else { -1.0 };
    let mut from = vec![-improves, improves, improves];
    let mut layer = |name: &str, from: &[f64], to: &[f64]| {
        let mut weights = Vec::new();
        for _ in 0..members {
            for a in to {
                weights.extend(from.iter().map(|b| (a * b * uniform(&mut generator)) as f32));
            }
        }
        tensors.insert(format!("{name}.weight"), (vec![members, to.len(), from.len()], weights));
        let biases = (0..members * to.len()).map(|_| normal(&mut generator) as f32).collect();
        tensors.insert(format!("{name}.bias"), (vec![members, to.len()], biases));
    };
    for (index, units) in architecture.shared.iter().enumerate() {
        let to: Vec<f64> = (0..*units).map(|unit| if unit % 2 == 0 { 1.0 } else { -1.0 }).collect();
        layer(&format!("hidden.{index}"), &from, &to);
        from = to;
    }
    layer("mean", &from, &vec![1.0; components]);
    let mut constants = |low: f64, high: f64| -> (Vec<usize>, Vec<f32>) {
        let draw = |_| (low + (high - low) * uniform(&mut generator)) as f32;
        (vec![members, components], (0..members * components).map(draw).collect())
    };
    let (deviation, logit) = (constants(-3.0, 0.5), constants(-1.0, 1.0));
    tensors.insert("deviation".into(), deviation);
    tensors.insert("logit".into(), logit);
    tensors.insert("input.mean".into(), (vec![3], vec![1.0, 7.6, 3.0]));
    tensors.insert("input.deviation".into(), (vec![3], vec![0.6, 0.7, 0.7]));
    tensors.insert("output.offset".into(), (vec![1], vec![1.2]));
    tensors.insert("output.scale".into(), (vec![1], vec![0.4]));
    tensors
}

fn network(better: Better, seed: u64) -> Network {
    let architecture = Architecture::monotone(3, vec![6, 5], 2);
    let bytes = to_bytes(&tensors(&architecture, better, seed)).unwrap();
    weights::load(&card(&architecture, better, &bytes), &bytes).unwrap()
}

#[test]
fn more_of_a_resource_never_degrades_more_at_any_threshold_nor_does_less_traffic() {
    let mut generator = stream(3, 3);
    for (better, seed) in [(Better::Higher, 1), (Better::Lower, 2)] {
        let network = network(better, seed);
        let mut evaluator = FusedEvaluator::new(&network);
        for _ in 0..5000 {
            let row = [5.0, 4500.0, 50.0].map(|most| most * uniform(&mut generator));
            let mut other = row;
            let place = (3.0 * uniform(&mut generator)) as usize;
            other[place] *= 1.0 + uniform(&mut generator);
            let threshold = (0.2 + 20.0 * uniform(&mut generator)).ln();
            let mut values = [0.0; 2];
            let rows = [row, other].concat();
            evaluator.values_now(&rows, &[threshold; 2], &Measure::Expected, &mut values);
            let [less, more] = values;
            let (low, high) = if place == 0 { (less, more) } else { (more, less) };
            assert!(low <= high + 1e-12, "{better:?} {row:?} {other:?} {threshold}: {values:?}");
            assert!((less - network.degradation(&row, threshold)).abs() < 1e-12);
        }
    }
}

#[test]
fn with_nothing_of_a_resource_nobody_is_served() {
    for (better, seed) in [(Better::Higher, 1), (Better::Lower, 2)] {
        let network = network(better, seed);
        for row in [[2.0, 0.0, 40.0], [2.0, 4000.0, 0.0], [0.1, 0.0, 0.0]] {
            assert_eq!(network.degradation(&row, 0.5f64.ln()), 1.0, "{better:?} {row:?}");
        }
    }
}

#[test]
fn gradients_of_an_ensemble_match_finite_differences() {
    let mut generator = stream(4, 4);
    for (better, seed) in [(Better::Higher, 1), (Better::Lower, 2)] {
        let network = network(better, seed);
        let mut evaluator = FusedEvaluator::new(&network);
        for _ in 0..200 {
            let row = [1.0, 500.0, 5.0].map(|least| least * (1.0 + 7.0 * uniform(&mut generator)));
            let threshold = (0.5 + 10.0 * uniform(&mut generator)).ln();
            let (mut value, mut gradient) = ([0.0], [0.0; 3]);
            let measure = Measure::Expected;
            evaluator.gradients_now(&row, &[threshold], &measure, &mut value, &mut gradient);
            for k in 0..3 {
                let at = |step: f64| {
                    let mut moved = row;
                    moved[k] *= 1.0 + step;
                    network.degradation(&moved, threshold)
                };
                let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                // A kink between the two points halves the difference of one of its sides.
                let sides = [(at(1e-6) - at(0.0)) / 1e-6, (at(0.0) - at(-1e-6)) / 1e-6];
                let kinked = (sides[0] - sides[1]).abs() > 1e-3;
                let error = (gradient[k] * row[k] - difference).abs();
                assert!(kinked || error < 1e-5, "{better:?} {row:?} {k}: {error}");
            }
        }
    }
}

#[test]
fn weights_that_break_the_order_are_refused_by_name() {
    let architecture = Architecture::monotone(3, vec![6, 5], 2);
    for name in ["hidden.0.weight", "hidden.1.weight", "mean.weight"] {
        let mut changed = tensors(&architecture, Better::Higher, 1);
        let values = &mut changed.get_mut(name).unwrap().1;
        let place = values.iter().position(|weight| *weight != 0.0).unwrap();
        values[place] = -values[place];
        let bytes = to_bytes(&changed).unwrap();
        let card = card(&architecture, Better::Higher, &bytes);
        let error = weights::load(&card, &bytes).unwrap_err();
        assert_eq!(error.field, format!("tensor {name}"));
    }
}

#[test]
fn an_ensemble_learns_a_distribution_that_is_known_in_closed_form() {
    // ln q = ln(resource / traffic) + 0.1 noise.
    let mut generator = stream(7, 0);
    let mut rows = Rows { width: 2, ..Rows::default() };
    for _ in 0..4000 {
        let (traffic, resource) =
            (1.0 + 4.0 * uniform(&mut generator), 5.0 + 35.0 * uniform(&mut generator));
        rows.inputs.extend([traffic.ln() as f32, resource.ln() as f32]);
        rows.targets.push(((resource / traffic).ln() + 0.1 * normal(&mut generator)) as f32);
    }
    let architecture = Architecture::monotone(2, vec![8, 8], 2);
    let seen = vec![1.0; 2 * rows.len()];
    let lesson = EnsembleLesson {
        architecture: &architecture,
        better: Better::Higher,
        rows: &rows,
        seen: &seen,
        held_back: &rows,
    };
    let settings =
        Settings { epochs: 60, batch: 256, learning_rate: 1e-2, weight_decay: 0.0, seed: 5 };
    let mut last = f64::NAN;
    let device = Device::flex();
    let mut learned = |moment: slicewise_core::slice::training::TrainingMoment| {
        last = moment.held_back_loss;
    };
    let training = train_ensemble(&lesson, &settings, &device, &Unmonitored, &mut learned);
    let bytes = to_bytes(&block_on(training).unwrap()).unwrap();
    let mut card = card(&architecture, Better::Higher, &bytes);
    card.inputs.remove(1);
    card.limits.clear();
    let network = weights::load(&card, &bytes).unwrap();
    for (traffic, resource) in [(1.5, 10.0), (3.0, 20.0), (4.5, 35.0), (2.0, 38.0)] {
        let median = f64::ln(resource / traffic);
        let below = network.degradation(&[traffic, resource], median);
        assert!((below - 0.5).abs() < 0.15, "{traffic} {resource}: {below}");
        let rare = network.degradation(&[traffic, resource], median - 0.25);
        assert!(rare < 0.05, "{traffic} {resource}: {rare}");
    }
    assert!(last.is_finite());
}
