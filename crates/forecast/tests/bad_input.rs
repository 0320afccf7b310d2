//! From a visitor's table to reservations: what is wrong with it has its error or its treatment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::InputError;
use slicewise_core::forecast::Treatment;
use slicewise_core::forecast::demand_table::{DemandChoices, DemandTable, TableSeries};
use slicewise_core::formats::table::Table;
use slicewise_forecast::baselines::{HoltWinters, margin, seasonal_naive};
use slicewise_forecast::model::{Forecaster, Size};
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::{Demands, LOOK_BACK};

/// A table of 5-minute demand, `rows` long, with the demand that `value` gives.
fn table(rows: i64, value: impl Fn(i64) -> String) -> String {
    let row = |index: i64| format!("{},{}\n", 5 * index, value(index));
    std::iter::once("minute,demand\n".to_owned()).chain((0..rows).map(row)).collect()
}

/// Reservations of an untrained forecaster for the only column of `text`.
fn planned(text: &str) -> Result<(Vec<f64>, Treatment), String> {
    let (choices, told) = (DemandChoices::default(), |error: InputError| error.to_string());
    let table = Table::read(text).map_err(told)?;
    let demand = DemandTable::of(&table, choices).map_err(told)?;
    let TableSeries { series, treatment, .. } = demand.series(0, choices).map_err(told)?;
    let demands = Demands::new(vec![&series.values]).map_err(|error| error.to_string())?;
    let scales = demands.scales(0..demands.steps());
    let size = Size { regressor: vec![3], loss: vec![3] };
    let forecaster = Forecaster::drawn(&size, &scales, 1);
    let reserved = reservations(&forecaster, &series).map_err(|error| error.to_string())?;
    assert!(reserved.iter().all(|value| value.is_finite() && *value >= 0.0));
    Ok((reserved, treatment))
}

#[test]
fn a_gap_of_up_to_an_hour_is_filled_and_a_longer_one_divides_a_short_trace() {
    let with_gap = |missing: i64| -> String {
        let text = table(60, |index| (10 + index % 3).to_string());
        let kept = text.lines().enumerate().filter(|(line, _)| {
            let index = *line as i64 - 1;
            !(20..20 + missing).contains(&index)
        });
        kept.map(|(_, line)| format!("{line}\n")).collect()
    };
    let (reserved, treatment) = planned(&with_gap(12)).unwrap();
    assert_eq!((reserved.len(), treatment.filled), (60 - LOOK_BACK + 1, 12));
    let (reserved, treatment) = planned(&with_gap(13)).unwrap();
    assert_eq!((reserved.len(), treatment.parts), (27 - LOOK_BACK + 1, 2));
}

#[test]
fn values_that_are_no_numbers_are_filled_and_words_named() {
    let hurt =
        |word: &str| table(40, |index| if index == 7 { word.to_owned() } else { "3".to_owned() });
    for word in ["NaN", "", "NA", "null"] {
        assert_eq!(planned(&hurt(word)).unwrap().1.filled, 1, "{word}");
    }
    let error = planned(&hurt("plenty")).unwrap_err();
    assert!(error.starts_with("line 9, column demand is plenty"), "{error}");
    assert!(planned(&hurt("inf")).is_err());
}

#[test]
fn a_negative_demand_is_named_with_its_line() {
    let text = table(40, |index| if index == 7 { "-0.5".to_owned() } else { "3".to_owned() });
    let error = planned(&text).unwrap_err();
    assert!(error.starts_with("line 9, demand is -0.5"), "{error}");
}

#[test]
fn duplicate_and_unsorted_stamps_are_averaged_and_sorted_and_both_told() {
    let text = table(40, |_| "3".to_owned());
    let (header, rows) = text.split_once('\n').unwrap();
    let reversed: Vec<&str> = rows.lines().rev().collect();
    let (reserved, treatment) = planned(&format!("{header}\n{}\n", reversed.join("\n"))).unwrap();
    assert_eq!((reserved.len(), treatment.unsorted), (40 - LOOK_BACK + 1, 39));
    let (reserved, treatment) = planned(&format!("{text}195,5\n")).unwrap();
    assert_eq!((reserved.len(), treatment.duplicates), (40 - LOOK_BACK + 1, 1));
}

#[test]
fn stamps_with_time_zones_are_one_series() {
    // The clock is put back from +02:00 to +01:00: local times repeat, the series goes on.
    let summer = (0..12).map(|index| format!("2020-10-25T02:{:02}:00+02:00,4\n", 5 * index));
    let winter = (0..12).map(|index| format!("2020-10-25T02:{:02}:00+01:00,6\n", 5 * index));
    let text: String =
        std::iter::once("time,demand\n".to_owned()).chain(summer).chain(winter).collect();
    let (reserved, treatment) = planned(&text).unwrap();
    let whole = Treatment { parts: 1, ..Treatment::default() };
    assert_eq!((reserved.len(), treatment), (24 - LOOK_BACK + 1, whole));
    // Without zones the clock of the wall repeats an hour, which is recognised.
    let local = text.replace("+02:00", "").replace("+01:00", "");
    let (reserved, treatment) = planned(&local).unwrap();
    assert_eq!((reserved.len(), treatment.duplicates), (24 - LOOK_BACK + 1, 0));
    assert_eq!(treatment.changes.unwrap().repeated, 1);
}

#[test]
fn a_trace_shorter_than_the_look_back_is_named_and_one_longer_planned() {
    for rows in [2, 12] {
        let error = planned(&table(rows, |_| "3".to_owned())).unwrap_err();
        assert!(error.contains("more than 12 samples, the look-back"), "{error}");
    }
    assert_eq!(planned(&table(13, |_| "3".to_owned())).unwrap().0.len(), 2);
}

#[test]
fn a_constant_trace_is_planned_near_its_level_and_one_of_zeros_near_none() {
    let (reserved, _) = planned(&table(40, |_| "50".to_owned())).unwrap();
    assert!(reserved.iter().all(|value| (value - 50.0).abs() < 1.0), "{reserved:?}");
    let (reserved, _) = planned(&table(40, |_| "0".to_owned())).unwrap();
    assert!(reserved.iter().all(|value| *value < 1.0), "{reserved:?}");
}

#[test]
fn forecasters_without_a_network_take_constant_and_short_traces() {
    let constant = vec![5.0; 40];
    let smoothing = HoltWinters::fit(&constant, 12);
    let forecasts = HoltWinters::forecasts(&constant, 12, smoothing);
    assert!(forecasts.iter().all(|value| (value - 5.0).abs() < 1e-9));
    // Shorter than a season: the season stays flat.
    let forecasts = HoltWinters::forecasts(&constant, 288, HoltWinters::fit(&constant, 288));
    assert!(forecasts.iter().all(|value| (value - 5.0).abs() < 1e-9));
    assert_eq!(seasonal_naive(&constant, 288, 0..3), [5.0; 3]);
    assert!(margin::covering(&forecasts, &constant, 0.95).abs() < 1e-9);
}
