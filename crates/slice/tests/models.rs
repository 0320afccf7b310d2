//! The shipped networks on measured data, against the reference figures of the project.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use slicewise_core::card::Metrics;
use slicewise_slice::dataset::{Dataset, TEST_FILE, TRAINING_FILE};
use slicewise_slice::metrics::metrics;
use slicewise_slice::model::{Blueprint, NAMES, shipped};

/// The folder of measurements: `SLICEWISE_DATA`, or `shared/data` beside the checkout.
fn measurements() -> Option<PathBuf> {
    // Asked at run time: a test compiled in another checkout may be run in this one.
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let beside = manifest.join("../../../shared/data");
    let folder = std::env::var_os("SLICEWISE_DATA").map_or(beside, PathBuf::from);
    let folder = folder.join("microopt");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no measurements in {}", folder.display());
    None
}

fn evaluated(name: &str) -> Option<[Metrics; 3]> {
    let folder = measurements()?;
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let network = shipped(name).unwrap();
    let column = Blueprint::of(name).unwrap().qos_column;
    let data =
        Dataset::read(&read(TRAINING_FILE), &read(TEST_FILE), column, network.card.seed).unwrap();
    assert_eq!(data.fingerprint, network.card.data.fingerprint, "trained on other data");
    Some(data.splits().map(|(split, rows)| {
        let found = metrics(&network, rows);
        let card = network.card.metrics[split];
        assert!((found.nll - card.nll).abs() < 1e-9, "{split}: the card says {card:?}");
        found
    }))
}

#[test]
fn testbed_gaussian_is_as_good_as_the_reference() {
    let Some([train, val, test]) = evaluated("testbed-gaussian") else { return };
    assert!(train.mse <= 1.61 && val.mse <= 1.55, "{train:?} {val:?}");
    assert!(test.mse <= 0.92 && test.mae <= 0.62, "{test:?}");
    assert!(train.nll <= 0.88, "{train:?}");
}

#[test]
fn testbed_mixture_beats_every_gaussian_on_held_back_rows() {
    let Some([_, val, _]) = evaluated("testbed-mixture") else { return };
    assert!(val.nll <= 0.25, "{val:?}");
}

#[test]
fn cards_belong_to_their_weights_and_blueprints() {
    for name in NAMES {
        let card = shipped(name).unwrap().card;
        let blueprint = Blueprint::of(name).unwrap();
        assert_eq!(card.name, name);
        assert_eq!(card.architecture, blueprint.architecture);
        assert_eq!(card.output.unit, blueprint.output.unit);
        assert!(card.metrics.contains_key("test"));
    }
}
