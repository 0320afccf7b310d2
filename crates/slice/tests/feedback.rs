//! Measurements taken at a plan move the ensemble towards the members that foretold them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::formats::measurements::Measurement;
use slicewise_slice::feedback::corrected;
use slicewise_slice::model::shipped;

fn rows(qos: impl Fn(f64) -> f64) -> Vec<Measurement> {
    (0..60)
        .map(|index| Measurement {
            inputs: vec![3.0, 1700.0, 18.0],
            qos: qos(f64::from(index) / 59.0),
        })
        .collect()
}

#[test]
fn what_is_measured_moves_the_promise_towards_it() {
    let network = shipped("testbed-ensemble").unwrap();
    let threshold = network.card.output.scale.forward(4.6);
    let before = network.degradation(&[3.0, 1700.0, 18.0], threshold);
    let (low, high) = (rows(|share| 3.8 + 0.3 * share), rows(|share| 5.0 + 0.3 * share));
    let (_, worse) = corrected(&network, &low, 4.6).unwrap();
    let (_, better) = corrected(&network, &high, 4.6).unwrap();
    assert_eq!((worse[0].measured, better[0].measured), (1.0, 0.0));
    assert_eq!((worse[0].promised, worse[0].rows), (before, 60));
    assert!(worse[0].corrected > better[0].corrected, "{worse:?} {better:?}");
    assert!(worse[0].corrected >= before - 1e-9 && better[0].corrected <= before + 1e-9);
}

#[test]
fn a_corrected_ensemble_stays_monotone_and_whole() {
    let network = shipped("testbed-ensemble").unwrap();
    let (changed, _) = corrected(&network, &rows(|share| 4.0 + share), 4.0).unwrap();
    let total: f64 = changed.head.fixed.unwrap().shares.iter().sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    assert_eq!(slicewise_slice::nature::broken_order(&changed, 20_000, 3), 0);
}

#[test]
fn rows_that_do_not_fit_are_named() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut wrong = rows(|_| 4.0);
    wrong[2].qos = 0.0;
    assert_eq!(corrected(&network, &wrong, 4.0).unwrap_err().field, "row 3, qos");
    let gaussian = shipped("testbed-gaussian").unwrap();
    assert_eq!(corrected(&gaussian, &rows(|_| 4.0), 4.0).unwrap_err().field, "model");
}
