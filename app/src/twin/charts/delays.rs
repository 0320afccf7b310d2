//! How many of the flows arrive within which delay, with the edits and without.

use std::sync::Arc;

use slicewise_core::order::sorted;

use crate::charts::axes::{Axes, percent};
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, Probe, SERIES};
use crate::controls::number_text;
use crate::twin::units;

/// Parts that the flows are cut into.
const PARTS: usize = 100;

/// The share of the flows whose mean delay stays below each value, in milliseconds; `before` the edits
/// too where there are some. What does not arrive is not among them.
pub fn draw(after: &[f64], before: Option<&[f64]>, size: (f64, f64)) -> Option<Chart> {
    let after = quantiles(after)?;
    let before = before.and_then(quantiles);
    let last = |curve: &Vec<f64>| curve.last().copied().unwrap_or(0.0);
    let highest = last(&after).max(before.as_ref().map_or(0.0, last));
    let axes = Axes::within(size, (0.0, 1.02 * highest), (0.0, 1.0), 12.0);
    let mut drawing = Drawing::default();
    axes.draw_grid(&mut drawing);
    let curves = [Some(&after), before.as_ref()];
    for (ink, curve) in SERIES.into_iter().zip(curves) {
        let points = curve.into_iter().flatten().enumerate();
        drawing.polyline(ink, points.map(|(part, delay)| axes.point(*delay, share(part))));
    }
    axes.draw(
        &mut drawing,
        ("mean delay, ms", "share of the flows"),
        (number_text::rounded, percent),
    );
    let mut key = vec![("k-series-0", "as it is".to_owned())];
    if before.is_some() {
        key = vec![
            ("k-series-0", "with the edits".to_owned()),
            ("k-series-1", "without them".to_owned()),
        ];
    }
    let description = [
        "Half of the flows arrive within ",
        &units::delay(after[PARTS / 2] / 1e3),
        ", all within ",
        &units::delay(last(&after) / 1e3),
        ".",
    ]
    .concat();
    let (tabled, read) = ((after.clone(), before.clone()), (after, before));
    let columns = read.0.iter().map(|delay| axes.point(*delay, 0.0).0).collect();
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description,
        key,
        table: Arc::new(move || table(&tabled.0, tabled.1.as_deref())),
        probe: Some(Probe::along(axes.area, columns, axes.area.left, move |part| {
            words(&read.0, read.1.as_deref(), part)
        })),
        locate: None,
    })
}

/// The share of the flows at a part's end.
fn share(part: usize) -> f64 {
    part as f64 / PARTS as f64
}

/// The delays, in milliseconds, that each hundredth of the flows stays below; none where none arrives.
fn quantiles(delays_s: &[f64]) -> Option<Vec<f64>> {
    let known: Vec<f64> = delays_s.iter().copied().filter(|delay| delay.is_finite()).collect();
    let sorted = sorted(&known);
    let last = sorted.len().checked_sub(1)?;
    Some((0..=PARTS).map(|part| 1e3 * sorted[part * last / PARTS]).collect())
}

fn words(after: &[f64], before: Option<&[f64]>, part: usize) -> String {
    let delay = |curve: &[f64]| units::delay(curve.get(part).copied().unwrap_or(f64::NAN) / 1e3);
    let mut text =
        [&number_text::percent(share(part)), " of the flows within ", &delay(after)].concat();
    if let Some(before) = before {
        text += &["; ", &delay(before), " without the edits"].concat();
    }
    text
}

fn table(after: &[f64], before: Option<&[f64]>) -> DataTable {
    let mut columns = vec!["share of the flows".to_owned(), "mean delay (ms)".to_owned()];
    columns.extend(before.map(|_| "mean delay without the edits (ms)".to_owned()));
    let row = |part: usize| {
        let mut row = vec![Cell::Number(share(part)), Cell::Number(after[part])];
        row.extend(before.map(|before| Cell::Number(before[part])));
        row
    };
    DataTable { columns, rows: (0..=PARTS).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    #[test]
    fn curves_rise_from_the_fastest_flow_to_the_slowest() {
        let after: Vec<f64> = (1..=9).map(|flow| 0.001 * f64::from(flow * flow)).collect();
        let mut before = after.clone();
        before.truncate(5);
        before.push(f64::NAN);
        let chart = draw(&after, Some(&before), (360.0, 232.0)).unwrap();
        assert_eq!(chart.description, "Half of the flows arrive within 25 ms, all within 81 ms.");
        insta::assert_snapshot!("delays", saved(&chart));
    }

    #[test]
    fn each_hundredth_is_a_delay_of_a_flow() {
        let found = quantiles(&[0.003, f64::NAN, 0.001, 0.002]).unwrap();
        assert_eq!((found.len(), found[0], found[50], found[100]), (101, 1.0, 2.0, 3.0));
        assert!(quantiles(&[f64::NAN]).is_none());
        assert!(draw(&[], None, (360.0, 232.0)).is_none());
    }
}
