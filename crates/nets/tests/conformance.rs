//! Every evaluator gives the same numbers on the same weights.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod suite;

use burn::tensor::{DType, Device};
use futures::executor::block_on;
use slicewise_core::ModelCard;
use slicewise_core::card::Architecture;
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::dense::enclosure::{Boxes, EnclosureEvaluator, LowerBound};
use slicewise_nets::dense::evaluator::{Degradation, DistributionEvaluator};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::reference::BurnEvaluator;
use slicewise_nets::dense::weights;
use slicewise_nets::files::{self, Tensors};
use slicewise_nets::{Evaluator, FusedEvaluator, Network};

const ROWS: usize = 37;

fn network(shared: &[usize], head_hidden: usize, components: usize, better: &str) -> Network {
    let architecture = Architecture::free(shared.to_vec(), head_hidden, components);
    let mut generator = stream(11, components as u64);
    let mut draw = |count: usize, scale: f64| -> Vec<f32> {
        (0..count).map(|_| (scale * (2.0 * uniform(&mut generator) - 1.0)) as f32).collect()
    };
    let mut tensors = Tensors::new();
    let mut layer = |name: String, inputs: usize, outputs: usize| {
        let limit = (6.0 / inputs as f64).sqrt();
        tensors.insert(
            format!("{name}.weight"),
            (vec![outputs, inputs], draw(inputs * outputs, limit)),
        );
        tensors.insert(format!("{name}.bias"), (vec![outputs], draw(outputs, 0.3)));
    };
    let mut width = 3;
    for (index, units) in shared.iter().enumerate() {
        layer(format!("shared.{index}"), width, *units);
        width = *units;
    }
    for head in architecture.heads() {
        if head_hidden > 0 {
            layer(format!("{head}.hidden"), width, head_hidden);
        }
        let inputs = if head_hidden > 0 { head_hidden } else { width };
        layer(format!("{head}.output"), inputs, components);
    }
    tensors.insert("input.mean".into(), (vec![3], vec![3.0, 2300.0, 22.0]));
    tensors.insert("input.deviation".into(), (vec![3], vec![1.4, 1200.0, 12.0]));
    tensors.insert("output.offset".into(), (vec![1], vec![4.5]));
    tensors.insert("output.scale".into(), (vec![1], vec![2.5]));
    let bytes = files::to_bytes(&tensors).unwrap();
    weights::load(&card(&architecture, better, &bytes), &bytes).unwrap()
}

fn card(architecture: &Architecture, better: &str, bytes: &[u8]) -> ModelCard {
    let input = |name: &str| {
        format!(
            r#"{{"name":"{name}","unit":"u","trained_minimum":0,"trained_maximum":1,"default_capacity":1}}"#
        )
    };
    let text = format!(
        r#"{{"format":1,"name":"random","title":"","task":"slice-qos","inputs":[{},{},{}],
        "output":{{"name":"q","unit":"u","better":"{better}","scale":"linear","measured_minimum":0,
        "measured_maximum":9,"threshold_minimum":0,"threshold_maximum":9,"threshold_default":5}},
        "architecture":{},"data":{{"source":"","licence":"","rows":{{}},"fingerprint":""}},
        "metrics":{{}},"seed":0,"command":"","weights_fingerprint":"{}"}}"#,
        input("traffic"),
        input("cpu"),
        input("bandwidth"),
        serde_json::to_string(architecture).unwrap(),
        slicewise_core::card::fingerprint(bytes),
    );
    ModelCard::from_json(&text).unwrap()
}

fn networks() -> Vec<Network> {
    vec![
        network(&[16, 16, 16], 16, 1, "higher"),
        network(&[32, 32, 32], 0, 3, "higher"),
        network(&[13, 7], 5, 2, "lower"),
    ]
}

fn rows() -> Vec<f64> {
    let mut generator = stream(5, 0);
    (0..ROWS)
        .flat_map(|_| [5.0, 4500.0, 50.0].map(|highest| highest * uniform(&mut generator)))
        .collect()
}

fn measures() -> [Measure; 3] {
    [Measure::Expected, Measure::sampled(16, 4.0, 3), Measure::Deterministic { deviations: 2.0 }]
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    let scale = expected.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs().max(1e-3 * scale),
            "{what} at {index}: {found} instead of {expected}"
        );
    }
}

#[test]
fn every_evaluator_passes_the_suite() {
    let fused = suite::Tolerance { value: 1e-12, slope: 0.0 };
    let all = [suite::FREE.as_slice(), &suite::ENSEMBLES].concat();
    suite::conforms(&all, FusedEvaluator::new, fused, |_| true);
    let burn = suite::Tolerance { value: 1e-5, slope: 1e-5 };
    let reference = |network: &Network| BurnEvaluator::new(network, &Device::flex(), DType::F64);
    suite::conforms(&all, reference, burn, |_| true);
}

fn compare(dtype: DType, tolerance: f64) {
    let (inputs, thresholds) = (rows(), vec![5.0; ROWS]);
    for network in networks() {
        let mut fused = FusedEvaluator::new(&network);
        let mut burn = BurnEvaluator::new(&network, &Device::flex(), dtype);
        let size = 3 * network.head.components;
        let (mut found, mut expected) = (vec![0.0; ROWS * size], vec![0.0; ROWS * size]);
        block_on(fused.distributions(&inputs, &mut found));
        block_on(burn.distributions(&inputs, &mut expected));
        assert_close(&found, &expected, tolerance, "distributions");
        for measure in measures() {
            let (mut values, mut gradients) = (vec![0.0; ROWS], vec![0.0; 3 * ROWS]);
            let (mut plain, mut reference) = (vec![0.0; ROWS], vec![0.0; 3 * ROWS]);
            let question = Degradation { thresholds: thresholds.clone(), measure };
            block_on(fused.gradients(&inputs, &question, &mut values, &mut gradients));
            block_on(burn.gradients(&inputs, &question, &mut plain, &mut reference));
            assert_close(&values, &plain, tolerance, &format!("{:?} values", question.measure));
            for k in 0..3 {
                let column =
                    |all: &[f64]| -> Vec<f64> { all.iter().skip(k).step_by(3).copied().collect() };
                assert_close(
                    &column(&gradients),
                    &column(&reference),
                    tolerance,
                    &format!("{:?} gradients", question.measure),
                );
            }
        }
    }
}

#[test]
fn fused_agrees_with_burn_within_1e_5_in_f64() {
    compare(DType::F64, 1e-5);
}

#[test]
fn fused_agrees_with_plain_arithmetic_and_finite_differences() {
    let (inputs, thresholds) = (rows(), vec![5.0; ROWS]);
    for network in networks() {
        let mut fused = FusedEvaluator::new(&network);
        let (mut values, mut gradients) = (vec![0.0; ROWS], vec![0.0; 3 * ROWS]);
        fused.gradients_now(&inputs, &thresholds, &Measure::Expected, &mut values, &mut gradients);
        let plain =
            |row: &[f64]| network.head.value(&network.outputs(row), 5.0, &Measure::Expected);
        for row in 0..ROWS {
            let at = &inputs[3 * row..3 * row + 3];
            assert!((values[row] - plain(at)).abs() < 1e-12);
            for (k, unit) in [1.0, 1000.0, 10.0].into_iter().enumerate() {
                let moved = |step: f64| {
                    let mut at = at.to_vec();
                    at[k] += step * unit;
                    plain(&at)
                };
                let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                let gradient = gradients[3 * row + k] * unit;
                assert!((gradient - difference).abs() < 1e-5, "{row} {k}: {gradient} {difference}");
            }
        }
    }
}

#[test]
fn known_distributions_give_the_degradation_of_plain_arithmetic() {
    let inputs = rows();
    let thresholds: Vec<f64> = (0..ROWS).map(|row| 2.0 + 0.1 * row as f64).collect();
    for network in networks() {
        let mut fused = FusedEvaluator::new(&network);
        let size = 3 * network.head.components;
        for count in [1, 2, 4, 8, ROWS] {
            let (mut columns, mut values) = (vec![0.0; size * count], vec![0.0; count]);
            fused.distribution_columns_now(&inputs[..3 * count], &mut columns);
            fused.expected_from_columns(&columns, &thresholds[..count], &mut values);
            for row in 0..count {
                let outputs = network.outputs(&inputs[3 * row..3 * row + 3]);
                let mut distribution = vec![0.0; size];
                network.head.distribution(&outputs, &mut distribution);
                let column: Vec<f64> = (0..size).map(|n| columns[n * count + row]).collect();
                assert_close(&column, &distribution, 1e-12, "columns");
                let plain = network.head.value(&outputs, thresholds[row], &Measure::Expected);
                assert!((values[row] - plain).abs() < 1e-14, "{row}: {} {plain}", values[row]);
            }
        }
    }
}

#[test]
fn gradients_too_small_to_matter_are_zero_and_not_subnormal() {
    let thresholds = vec![-1e3; ROWS];
    for network in networks() {
        let mut fused = FusedEvaluator::new(&network);
        let (mut values, mut gradients) = (vec![0.0; ROWS], vec![0.0; 3 * ROWS]);
        fused.gradients_now(&rows(), &thresholds, &Measure::Expected, &mut values, &mut gradients);
        assert!(values.iter().chain(&gradients).all(|number| !number.is_subnormal()));
        assert!(gradients.contains(&0.0));
    }
}

#[test]
fn lower_bounds_hold_everywhere_in_the_box_and_tighten_with_it() {
    let mut generator = stream(8, 1);
    for network in networks() {
        let mut enclosure = EnclosureEvaluator::new(&network).unwrap();
        let mut slack_by_size = Vec::new();
        for size in [0.5, 0.05, 0.005] {
            let centres = rows();
            let half_widths: Vec<f64> =
                (0..ROWS).flat_map(|_| [2250.0 * size, 25.0 * size]).collect();
            let thresholds = vec![5.0; ROWS];
            let mut bounds = vec![LowerBound::default(); ROWS];
            let boxes =
                Boxes { centres: &centres, half_widths: &half_widths, thresholds: &thresholds };
            enclosure.lower_bounds(&boxes, &mut bounds);
            let mut slack = 0.0;
            for (row, bound) in bounds.iter().enumerate() {
                let mut closest = f64::INFINITY;
                for _ in 0..200 {
                    let epsilon = [0, 1].map(|_| 2.0 * uniform(&mut generator) - 1.0);
                    let at = [
                        centres[3 * row],
                        centres[3 * row + 1] + epsilon[0] * half_widths[2 * row],
                        centres[3 * row + 2] + epsilon[1] * half_widths[2 * row + 1],
                    ];
                    let value = network.head.value(&network.outputs(&at), 5.0, &Measure::Expected);
                    let linear = bound.constant
                        + bound.slopes[0] * epsilon[0]
                        + bound.slopes[1] * epsilon[1];
                    assert!(value >= linear - 1e-12, "size {size}: {value} below {linear}");
                    assert!(
                        value >= bound.flat - 1e-12,
                        "size {size}: {value} below {}",
                        bound.flat
                    );
                    closest = closest.min(value - linear.max(bound.flat));
                }
                slack += closest / ROWS as f64;
            }
            slack_by_size.push(slack);
        }
        assert!(slack_by_size[1] < slack_by_size[0] && slack_by_size[2] < 0.1 * slack_by_size[1]);
    }
}

#[test]
fn damaged_weights_are_refused_by_name() {
    let good = network(&[4], 0, 1, "higher");
    let architecture = good.card.architecture.clone();
    let tensors: Tensors = [
        ("shared.0.weight", vec![4, 3]),
        ("shared.0.bias", vec![4]),
        ("mean.output.weight", vec![1, 4]),
        ("mean.output.bias", vec![1]),
        ("deviation.output.weight", vec![1, 4]),
        ("deviation.output.bias", vec![1]),
        ("input.mean", vec![3]),
        ("input.deviation", vec![3]),
        ("output.offset", vec![1]),
        ("output.scale", vec![1]),
    ]
    .into_iter()
    .map(|(name, shape)| {
        let count = shape.iter().product();
        (name.to_owned(), (shape, vec![1.0; count]))
    })
    .collect();
    let field = |tensors: &Tensors| {
        let bytes = files::to_bytes(tensors).unwrap();
        weights::load(&card(&architecture, "higher", &bytes), &bytes).map(|_| ()).unwrap_err().field
    };
    let with = |name: &str, shape: Vec<usize>, values: Vec<f32>| {
        let mut changed = tensors.clone();
        changed.insert(name.to_owned(), (shape, values));
        field(&changed)
    };
    let mut missing = tensors.clone();
    missing.remove("mean.output.bias");
    assert_eq!(field(&missing), "tensor mean.output.bias");
    assert_eq!(with("shared.0.weight", vec![3, 4], vec![1.0; 12]), "tensor shared.0.weight");
    assert_eq!(with("input.mean", vec![3], vec![1.0, f32::NAN, 1.0]), "tensor input.mean");
    assert_eq!(with("input.deviation", vec![3], vec![0.0; 3]), "tensor input.deviation");
    let bytes = files::to_bytes(&tensors).unwrap();
    let card = card(&architecture, "higher", &bytes);
    assert!(weights::load(&card, &bytes).is_ok());
    assert_eq!(weights::load(&card, &bytes[..bytes.len() / 2]).unwrap_err().field, "weights");
    assert_eq!(weights::load(&card, b"").unwrap_err().field, "weights");
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(weights::load(&card, &changed).unwrap_err().field, "weights fingerprint");
}
