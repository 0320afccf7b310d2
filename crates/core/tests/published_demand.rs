//! The published traces are read whole where their files lie beside the checkout.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;

use slicewise_core::forecast::published;

/// A file of the folder of measurements: `SLICEWISE_DATA`, or `shared/data` beside the checkout.
fn file(name: &str) -> Option<PathBuf> {
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let beside = manifest.join("../../../shared/data");
    let path = std::env::var_os("SLICEWISE_DATA").map_or(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

#[test]
fn the_squares_of_milan_are_seventeen_days_without_a_gap() {
    let Some(path) = file("milan/internet_10min_2cells.csv") else { return };
    let squares = published::milan(&std::fs::read_to_string(path).unwrap()).unwrap();
    for series in squares {
        assert_eq!((series.step_minutes, series.steps_per_day()), (10, 144));
        // 2013-12-16 was a Monday.
        assert_eq!((series.weekday(0), series.minute_of_day(0)), (0, 0));
        assert!(series.values.len() >= 2442, "{}", series.values.len());
    }
}

#[test]
fn both_cells_of_barcelona_become_series() {
    let Some(path) = file("barcelona_lte/lte_10min.csv") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows = 0;
    for cell in ["ElBorn", "PobleSec"] {
        let series = published::barcelona(&text, cell).unwrap();
        series.validate().unwrap();
        assert_eq!(series.step_minutes, 10);
        let filled: usize = series.filled.iter().map(|range| range.len()).sum();
        println!("{cell}: {} steps, {filled} filled", series.values.len());
        rows += series.values.len() - filled;
    }
    assert!(rows <= 5031, "{rows}");
}
