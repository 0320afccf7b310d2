//! Estimators: the fused evaluator against plain arithmetic, curves against single points, the
//! monotone form against its promise, and damaged weight files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::card::fingerprint;
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::Evaluator;
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_nets::files::{Tensors, to_bytes};

const FEATURES: usize = 12;
const ROWS: usize = 203;

fn monotone() -> EstimatorForm {
    EstimatorForm::Monotone { knots: vec![0.0, 0.02, 0.05, 0.1, 0.17, 0.3, 0.5, 0.75, 1.0] }
}

fn estimators() -> Vec<Estimator> {
    let shapes: [(EstimatorForm, &[usize]); 5] = [
        (EstimatorForm::Plain, &[36, 24, 16, 16]),
        (EstimatorForm::Plain, &[7]),
        (monotone(), &[36, 24, 16, 16]),
        (monotone(), &[5, 9]),
        (EstimatorForm::Monotone { knots: vec![0.0, 1.0] }, &[3]),
    ];
    let seeds = [3, 4, 5];
    let all = shapes.iter().flat_map(|shape| seeds.map(|seed| (shape, seed)));
    all.map(|((form, hidden), seed)| {
        Estimator::random(form.clone(), FEATURES, hidden, seed).unwrap()
    })
    .collect()
}

/// Rows of features, some of them outside the range that the weights are made for.
fn features(rows: usize) -> Vec<f64> {
    let mut generator = stream(9, 1);
    (0..rows * FEATURES).map(|_| 1.4 * uniform(&mut generator) - 0.2).collect()
}

/// Rows of a share and features; some shares are 0 and some are 1.
fn rows() -> Vec<f64> {
    let mut generator = stream(9, 2);
    let features = features(ROWS);
    let shares = (0..ROWS).map(|row| match row % 10 {
        0 => 0.0,
        1 => 1.0,
        _ => uniform(&mut generator),
    });
    let rows = shares.zip(features.chunks_exact(FEATURES));
    rows.flat_map(|(share, features)| [&[share], features].concat()).collect()
}

#[test]
fn the_fused_evaluator_agrees_with_plain_arithmetic() {
    let rows = rows();
    for estimator in estimators() {
        let mut evaluator = EstimatorEvaluator::new(&estimator);
        let (mut values, mut gradients) = (vec![0.0; ROWS], vec![0.0; rows.len()]);
        let mut again = values.clone();
        block_on(evaluator.gradients(&rows, &(), &mut values, &mut gradients));
        block_on(evaluator.values(&rows, &(), &mut again));
        assert_eq!(values, again);
        assert_eq!(evaluator.inputs(), FEATURES + 1);
        for (row, value) in rows.chunks_exact(FEATURES + 1).zip(values) {
            let expected = estimator.satisfaction(row[0], &row[1..]);
            assert!((value - expected).abs() <= 1e-12, "{value} instead of {expected}");
        }
    }
}

/// Difference quotients to either side; where they differ, the row lies at a breakpoint.
fn slopes(estimator: &Estimator, row: &[f64], input: usize) -> (f64, f64) {
    let step = 1e-7;
    let at = |move_by: f64| {
        let mut row = row.to_vec();
        row[input] += move_by;
        estimator.satisfaction(row[0], &row[1..])
    };
    ((at(0.0) - at(-step)) / step, (at(step) - at(0.0)) / step)
}

#[test]
fn gradients_agree_with_finite_differences() {
    let rows = rows();
    for estimator in estimators() {
        let mut evaluator = EstimatorEvaluator::new(&estimator);
        let (mut values, mut gradients) = (vec![0.0; ROWS], vec![0.0; rows.len()]);
        evaluator.gradients_now(&rows, &mut values, &mut gradients);
        let mut kinks = 0;
        for (index, row) in rows.chunks_exact(FEATURES + 1).enumerate() {
            for input in 0..=FEATURES {
                let found = gradients[index * (FEATURES + 1) + input];
                let (left, right) = slopes(&estimator, row, input);
                let near = |slope: f64| (found - slope).abs() <= 2e-5 * slope.abs().max(1.0);
                kinks += usize::from(!near(left) || !near(right));
                assert!(near(left) || near(right), "{input}: {found}, not {left} or {right}");
            }
        }
        // The shares 0 and 1 are breakpoints of the monotone form: a fifth of the rows.
        assert!(kinks < ROWS / 4 + 10, "{kinks} kinks");
    }
}

#[test]
fn curves_pass_through_every_single_point() {
    let slices = 150;
    let features = features(slices);
    let mut curves = Curves::default();
    for estimator in estimators() {
        let mut evaluator = EstimatorEvaluator::new(&estimator);
        evaluator.curves(&features, &mut curves);
        assert_eq!(curves.len(), slices);
        for slice in 0..slices {
            let (shares, satisfaction) = curves.curve(slice);
            assert_eq!((shares[0], shares[shares.len() - 1]), (0.0, 1.0));
            assert!(shares.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(satisfaction.iter().all(|value| (0.0..=1.0).contains(value)));
            let features = &features[slice * FEATURES..][..FEATURES];
            for step in 0..=400 {
                let share = f64::from(step) / 400.0;
                let after = shares.partition_point(|s| *s < share).max(1);
                let place = (share - shares[after - 1]) / (shares[after] - shares[after - 1]);
                let found = satisfaction[after - 1]
                    + place * (satisfaction[after] - satisfaction[after - 1]);
                let expected = estimator.satisfaction(share, features);
                assert!((found - expected).abs() <= 1e-11, "{share}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn plain_curves_bend_somewhere_and_skip_level_parts() {
    let estimator = Estimator::random(EstimatorForm::Plain, FEATURES, &[36, 24], 5).unwrap();
    let mut curves = Curves::default();
    EstimatorEvaluator::new(&estimator).curves(&features(200), &mut curves);
    assert!(curves.shares.len() > 3 * 200);
    for slice in 0..200 {
        let (_, satisfaction) = curves.curve(slice);
        let level = satisfaction.windows(3).any(|part| part[0] == part[1] && part[1] == part[2]);
        assert!(!level, "{satisfaction:?}");
    }
}

#[test]
fn the_monotone_form_never_falls() {
    let features = features(60);
    for seed in 0..8 {
        let estimator = Estimator::random(monotone(), FEATURES, &[36, 24, 16, 16], seed).unwrap();
        let mut evaluator = EstimatorEvaluator::new(&estimator);
        let mut values = vec![0.0; 1001];
        for features in features.chunks_exact(FEATURES) {
            let share = |step: i32| f64::from(step) / 1000.0;
            let rows: Vec<f64> =
                (0..=1000).flat_map(|step| [&[share(step)], features].concat()).collect();
            evaluator.values_now(&rows, &mut values);
            assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
            assert!((0.0..=1.0).contains(&values[0]) && (0.0..=1.0).contains(&values[1000]));
        }
    }
}

#[test]
fn the_satisfaction_really_depends_on_the_share() {
    let estimator = Estimator::random(monotone(), FEATURES, &[36, 24, 16, 16], 1).unwrap();
    let mut curves = Curves::default();
    EstimatorEvaluator::new(&estimator).curves(&features(100), &mut curves);
    for slice in 0..100 {
        let (_, satisfaction) = curves.curve(slice);
        assert!(satisfaction[satisfaction.len() - 1] > satisfaction[0]);
    }
}

#[test]
fn a_batch_gives_the_same_bits_as_its_rows_one_by_one() {
    let rows = rows();
    for estimator in estimators() {
        let mut evaluator = EstimatorEvaluator::new(&estimator);
        let (mut values, mut single) = (vec![0.0; ROWS], [0.0]);
        evaluator.values_now(&rows, &mut values);
        for (row, value) in rows.chunks_exact(FEATURES + 1).zip(values) {
            evaluator.values_now(row, &mut single);
            assert_eq!(single[0].to_bits(), value.to_bits());
        }
        let (mut all, mut alone) = (Curves::default(), Curves::default());
        let features = features(70);
        evaluator.curves(&features, &mut all);
        for (slice, features) in features.chunks_exact(FEATURES).enumerate() {
            evaluator.curves(features, &mut alone);
            assert_eq!(alone.curve(0), all.curve(slice));
        }
    }
}

#[test]
fn no_slices_have_no_curves() {
    for estimator in estimators() {
        let mut curves = Curves::default();
        EstimatorEvaluator::new(&estimator).curves(&[], &mut curves);
        assert_eq!(curves.len(), 0);
    }
}

fn tensors() -> Tensors {
    let tensor = |shape: &[usize]| (shape.to_vec(), vec![0.5f32; shape.iter().product()]);
    let shapes: [(&str, &[usize]); 6] = [
        ("hidden.0.weight", &[4, 2]),
        ("hidden.0.bias", &[4]),
        ("output.weight", &[10, 4]),
        ("output.bias", &[10]),
        ("input.mean", &[2]),
        ("input.deviation", &[2]),
    ];
    shapes.into_iter().map(|(name, shape)| (name.to_owned(), tensor(shape))).collect()
}

fn loaded(tensors: &Tensors) -> Result<Estimator, slicewise_core::InputError> {
    let mut card = Estimator::random(monotone(), 2, &[4], 1).unwrap().card;
    let bytes = to_bytes(tensors).unwrap();
    card.weights_fingerprint = fingerprint(&bytes);
    Estimator::load(&card, &bytes)
}

#[test]
fn normalisation_is_folded_into_the_first_layer() {
    let mut changed = tensors();
    changed.insert("input.mean".to_owned(), (vec![2], vec![1.0, 3.0]));
    changed.insert("input.deviation".to_owned(), (vec![2], vec![2.0, 4.0]));
    changed.insert(
        "output.weight".to_owned(),
        (vec![10, 4], (0..40).map(|index| ((index * 7) % 11) as f32 * 0.1).collect()),
    );
    let mut standard = changed.clone();
    standard.insert("input.mean".to_owned(), (vec![2], vec![0.0; 2]));
    standard.insert("input.deviation".to_owned(), (vec![2], vec![1.0; 2]));
    let (raw, standard) = (loaded(&changed).unwrap(), loaded(&standard).unwrap());
    let found = raw.satisfaction(0.3, &[5.0, -1.0]);
    let expected = standard.satisfaction(0.3, &[2.0, -1.0]);
    assert!((found - expected).abs() < 1e-12);
}

#[test]
fn damaged_weights_are_refused_with_the_tensor_that_is_wrong() {
    assert!(loaded(&tensors()).is_ok());
    for name in tensors().keys() {
        let field = format!("tensor {name}");
        let mut missing = tensors();
        missing.remove(name);
        assert_eq!(loaded(&missing).unwrap_err().field, field);
        let mut short = tensors();
        short.insert(name.clone(), (vec![1], vec![1.0]));
        assert_eq!(loaded(&short).unwrap_err().field, field);
        for value in [f32::NAN, f32::INFINITY] {
            let mut broken = tensors();
            broken.get_mut(name).unwrap().1[1] = value;
            assert_eq!(loaded(&broken).unwrap_err().field, field);
        }
    }
    let mut level = tensors();
    level.get_mut("input.deviation").unwrap().1[0] = 0.0;
    assert_eq!(loaded(&level).unwrap_err().field, "tensor input.deviation");
}

#[test]
fn files_that_changed_or_were_cut_off_are_refused() {
    let bytes = to_bytes(&tensors()).unwrap();
    let mut card = Estimator::random(monotone(), 2, &[4], 1).unwrap().card;
    card.weights_fingerprint = fingerprint(&bytes);
    assert!(Estimator::load(&card, &bytes).is_ok());
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(Estimator::load(&card, &changed).unwrap_err().field, "weights fingerprint");
    for length in [0, 7, 8, 60, bytes.len() - 1] {
        assert_eq!(Estimator::load(&card, &bytes[..length]).unwrap_err().field, "weights");
    }
}

#[test]
fn impossible_shapes_are_refused() {
    let falling = EstimatorForm::Monotone { knots: vec![0.0, 0.5, 0.4, 1.0] };
    let cases = [
        (falling, vec![4], "form.knots"),
        (EstimatorForm::Plain, vec![], "hidden"),
        (EstimatorForm::Plain, vec![0], "hidden[0]"),
    ];
    for (form, hidden, field) in cases {
        assert_eq!(Estimator::random(form, 3, &hidden, 1).unwrap_err().field, field);
    }
}
