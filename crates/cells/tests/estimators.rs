//! The shipped estimators: that they are whole, better than their trivial rivals on networks that they
//! have not seen, and never fall with the share where they promise it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use slicewise_cells::dataset::colosseum::{self, Colosseum};
use slicewise_cells::dataset::simulated::{self, Collection, Scenarios};
use slicewise_cells::metrics::{estimates, evaluate};
use slicewise_cells::model::{names, shipped};
use slicewise_core::cells::card::EstimatorForm;
use slicewise_nets::estimator::Estimator;

/// Networks that no training has seen: half a day of four slices and of three.
const UNSEEN: Collection =
    Collection { seed: 77_000, runs: 2, steps: 53, scenarios: Scenarios::Paper };

fn simulated() -> [Estimator; 3] {
    ["simulated", "simulated-expected", "simulated-plain"].map(|name| shipped(name).unwrap())
}

#[test]
fn every_shipped_estimator_is_whole_and_says_what_it_reads() {
    assert_eq!(names()[0], "simulated-expected");
    for name in names() {
        let estimator = shipped(name).unwrap();
        assert_eq!(estimator.card.name, name);
        let expected = match name {
            "colosseum" => colosseum::inputs(),
            "simulated-expected" => simulated::inputs(),
            _ => simulated::inputs()[..simulated::PAPER_INPUTS].to_vec(),
        };
        for (input, (name, unit)) in estimator.card.inputs.iter().zip(&expected) {
            assert_eq!((&input.name, &input.unit[..]), (name, *unit));
        }
        assert_eq!(estimator.inputs(), expected.len());
    }
    assert_eq!(shipped("other").unwrap_err().field, "model");
}

#[test]
fn unseen_networks_are_described_twice_as_well_as_by_trivial_rivals() {
    let rows = UNSEEN.rows().unwrap();
    let [monotone, expected, plain] = simulated().map(|estimator| evaluate(&estimator, &rows));
    for found in [&monotone, &expected, &plain] {
        let rival = found.constant.mae.min(found.last_value.mae);
        assert!(found.errors.mae <= 0.5 * rival, "{} beside {rival}", found.errors.mae);
    }
    for found in [&monotone, &expected] {
        assert_eq!((found.monotone_violations, found.largest_fall), (0, 0.0));
        assert!(found.mean_rise > 0.5, "{}", found.mean_rise);
    }
}

#[test]
fn monotone_estimators_never_fall_on_a_fine_grid() {
    let rows = UNSEEN.rows().unwrap();
    let [monotone, expected, _] = simulated();
    for index in (0..rows.len()).step_by(97) {
        let mut grid = simulated_rows(&rows, index);
        for (step, row) in grid.inputs.chunks_exact_mut(simulated::INPUTS).enumerate() {
            row[0] = step as f64 / 500.0;
        }
        for estimator in [&monotone, &expected] {
            let values = estimates(estimator, &grid);
            assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}

/// 501 copies of one row.
fn simulated_rows(
    rows: &slicewise_cells::dataset::CellRows,
    index: usize,
) -> slicewise_cells::dataset::CellRows {
    let mut copies = slicewise_cells::dataset::CellRows::new(simulated::INPUTS);
    for _ in 0..=500 {
        copies.inputs.extend_from_slice(rows.row(index));
        copies.satisfaction.push(rows.satisfaction[index]);
    }
    copies
}

#[test]
fn the_colosseum_estimator_keeps_to_its_card() {
    let estimator = shipped("colosseum").unwrap();
    assert!(matches!(estimator.card.architecture.form, EstimatorForm::Monotone { .. }));
    let left_out = estimator.card.metrics["cross-validation"];
    assert!(left_out.mae_balanced <= 0.073 && left_out.monotone_violations == 0);
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let path = PathBuf::from(folder).join("../../../shared/data/colosseum/slices_1s.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: no {}", path.display());
        return;
    };
    let mut records = Colosseum::default();
    records.read(flate2::read::MultiGzDecoder::new(file)).unwrap();
    let found = evaluate(&estimator, &records.rows());
    let told = estimator.card.metrics["train"];
    assert!((found.errors.mae_balanced - told.mae_balanced).abs() < 1e-9);
    assert!(found.mean_rise > 0.2, "{}", found.mean_rise);
}
