//! All schemes side by side: how the satisfaction is distributed under each.

use std::sync::Arc;

use slicewise_core::cells::Scheme;
use slicewise_core::cells::figures::{Cdf, RunFigures};

use super::super::words::scheme_name;
use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, Probe, SLICE_KEYS, SLICE_SERIES};
use crate::controls::number_text;

/// Points at which the distributions are drawn and read.
const POINTS: usize = 201;

/// What one scheme's run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemeRun {
    /// The scheme.
    pub scheme: Scheme,
    /// Its figures.
    pub figures: RunFigures,
    /// Satisfaction of all slices of all cells and steps.
    pub satisfaction: Cdf,
}

fn level(at: usize) -> f64 {
    at as f64 / (POINTS - 1) as f64
}

/// Draws one distribution function per scheme.
pub fn draw(runs: &Arc<Vec<SchemeRun>>, size: (f64, f64)) -> Option<Chart> {
    if runs.iter().all(|run| run.figures.slice_steps == 0) {
        return None;
    }
    let highest =
        known(runs).map(|(_, run)| run).map(|run| run.satisfaction.below(1.0)).fold(0.0, f64::max);
    let plot = Axes::within(size, (0.0, 1.0), (0.0, (1.08 * highest).clamp(0.02, 1.0)), 24.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    drawing.clipped("schemes-area", plot.area, |drawing| {
        for (index, run) in known(runs) {
            let cdf = &run.satisfaction;
            // At a full satisfaction all lines end at 1; what counts is where they come from.
            let rising = (0..POINTS - 1).map(|at| plot.point(level(at), cdf.at(level(at))));
            let end = [plot.point(1.0, cdf.below(1.0)), plot.point(1.0, 1.0)];
            drawing.polyline(SLICE_SERIES[index % SLICE_SERIES.len()], rising.chain(end));
        }
    });
    let titles = ("satisfaction r", "share of promises with at most r");
    plot.draw(&mut drawing, titles, (axes::percent, axes::percent));
    let key = known(runs)
        .map(|(index, run)| {
            let kept = number_text::percent(run.figures.probability());
            let class = SLICE_KEYS[index % SLICE_KEYS.len()];
            (class, format!("{}: {kept} satisfied", scheme_name(run.scheme)))
        })
        .collect();
    let (rows, reads) = (runs.clone(), runs.clone());
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!("Distribution of the satisfaction under {} schemes.", runs.len()),
        key,
        table: Arc::new(move || table(&rows)),
        probe: Some(Probe::along(
            plot.area,
            (0..POINTS).map(|at| plot.x.at(level(at))).collect(),
            plot.x.at(0.9),
            move |at| words(&reads, at),
        )),
        locate: None,
    })
}

/// The runs that have come as far as a step, with their places among all.
fn known(runs: &[SchemeRun]) -> impl Iterator<Item = (usize, &SchemeRun)> {
    runs.iter().enumerate().filter(|(_, run)| run.figures.slice_steps > 0)
}

fn words(runs: &[SchemeRun], at: usize) -> String {
    let parts: Vec<String> = known(runs)
        .map(|(_, run)| {
            let share = run.satisfaction.below(level(at));
            format!("{} {}", scheme_name(run.scheme), number_text::percent(share))
        })
        .collect();
    format!("less than {} satisfied: {}", number_text::percent(level(at)), parts.join(", "))
}

fn table(runs: &[SchemeRun]) -> DataTable {
    let mut columns = vec!["satisfaction r".to_owned()];
    columns.extend(
        runs.iter()
            .map(|run| format!("share of promises with at most r: {}", scheme_name(run.scheme))),
    );
    let row = |at: usize| {
        let mut row = vec![Cell::Number(level(at))];
        row.extend(runs.iter().map(|run| Cell::Number(run.satisfaction.at(level(at)))));
        row
    };
    DataTable { columns, rows: (0..POINTS).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    fn two_runs() -> Vec<SchemeRun> {
        let run = |scheme, values: &[f64]| {
            let mut figures = RunFigures::default();
            figures.slice_steps = values.len();
            SchemeRun { scheme, figures, satisfaction: Cdf::new(values.iter().copied()) }
        };
        vec![run(Scheme::Exact, &[1.0, 1.0, 1.0, 0.5]), run(Scheme::Equal, &[1.0, 0.1, 0.2, 0.5])]
    }

    #[test]
    fn each_schemes_distribution_is_read_below_a_level() {
        let chart = draw(&Arc::new(two_runs()), (520.0, 300.0)).unwrap();
        let read = chart.probe.unwrap().read;
        assert_eq!(read(120, 0).text, "less than 60 % satisfied: Exact 25 %, Equal 75 %");
        assert_eq!((chart.table)().rows[200], [1.0, 1.0, 1.0].map(Cell::Number));
        assert!(draw(&Arc::default(), (520.0, 300.0)).is_none());
    }

    #[test]
    fn a_distribution_is_a_stair_for_each_scheme() {
        insta::assert_snapshot!(
            "schemes",
            saved(&draw(&Arc::new(two_runs()), (520.0, 300.0)).unwrap())
        );
    }
}
