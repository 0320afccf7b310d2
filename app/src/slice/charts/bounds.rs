//! How the lower and the upper bound on the optimal cost close in on each other.

use std::sync::Arc;

use slicewise_core::slice::SlicePlan;

use crate::charts::axes;
use crate::charts::axes::Axes;
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, MakeTable, Probe, SERIES, SIZE};
use crate::controls::number_text;
use crate::slice::cost_unit::CostUnit;

const CLIP: &str = "bounds-area";

/// Draws both bounds over the logarithm of the iterations or boxes.
pub fn draw(plan: &Arc<SlicePlan>, unit: &CostUnit) -> Option<Chart> {
    let history = &plan.history;
    let last = history.last()?;
    let upper = history.iter().rev().find_map(|at| at.upper)?;
    let lowest = history.iter().filter_map(|at| at.lower).fold(upper, f64::min);
    let highest = history.iter().filter_map(|at| at.upper).fold(upper, f64::max);
    let margin = 0.02 * upper;
    let range = (lowest.max(0.4 * upper) - margin, highest.min(1.6 * upper) + margin);
    let end = (last.iteration as f64 + 1.0).log10().max(0.3);
    let plot = Axes::new((0.0, end), range, 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let place = |iteration: u64, bound: Option<f64>| {
        (plot.x.at((iteration as f64 + 1.0).log10()), plot.y.at(bound.unwrap_or(f64::NAN)))
    };
    drawing.clipped(CLIP, plot.area, |drawing| {
        drawing.polyline(SERIES[0], stairs(history.iter().map(|at| place(at.iteration, at.upper))));
        drawing.polyline(SERIES[1], stairs(history.iter().map(|at| place(at.iteration, at.lower))));
    });
    plot.draw(&mut drawing, (steps_word(plan), &unit.heading()), (power_of_ten, axes::number));
    let gap = plan.gap.map_or_else(|| "not proven".to_owned(), number_text::percent);
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Best cost found and proven lower bound over {} steps. Final gap: {gap}.",
            number_text::rounded(last.iteration as f64)
        ),
        key: vec![
            ("k-series-0", "best plan".to_owned()),
            ("k-series-1", "bound, proven by the network".to_owned()),
            ("", format!("gap: {gap}")),
        ],
        table: table_of(plan.clone()),
        probe: Some(probe(plan.clone(), &plot)),
        locate: None,
    })
}

fn steps_word(plan: &SlicePlan) -> &'static str {
    if plan.boxes > 0 { "boxes examined (logarithmic)" } else { "iterations (logarithmic)" }
}

/// The tick of a logarithm as the count it stands for; only whole powers are labelled.
fn power_of_ten(exponent: f64) -> String {
    if (exponent - exponent.round()).abs() < 1e-9 {
        number_text::rounded(10_f64.powi(exponent.round() as i32))
    } else {
        String::new()
    }
}

/// A bound holds until the next one: horizontal steps through `points`.
fn stairs(points: impl Iterator<Item = (f64, f64)>) -> impl Iterator<Item = (f64, f64)> {
    let mut before: Option<(f64, f64)> = None;
    points.flat_map(move |point| {
        let corner = before.map(|last| (point.0, last.1));
        before = Some(point);
        corner.into_iter().chain(std::iter::once(point))
    })
}

fn table_of(plan: Arc<SlicePlan>) -> MakeTable {
    Arc::new(move || DataTable {
        columns: ["step", "lower bound", "upper bound"].map(str::to_owned).to_vec(),
        rows: plan
            .history
            .iter()
            .map(|at| vec![Cell::Number(at.iteration as f64), at.lower.into(), at.upper.into()])
            .collect(),
    })
}

fn probe(plan: Arc<SlicePlan>, plot: &Axes) -> Probe {
    let place = |iteration: u64| plot.x.at((iteration as f64 + 1.0).log10());
    let columns = plan.history.iter().map(|at| place(at.iteration)).collect();
    Probe::along(plot.area, columns, plot.area.right, move |column| {
        let at = plan.history[column];
        let bound =
            |value: Option<f64>| value.map_or_else(|| "none yet".to_owned(), number_text::rounded);
        format!(
            "after {} steps: at least {}, at most {}",
            number_text::rounded(at.iteration as f64),
            bound(at.lower),
            bound(at.upper)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::precomputed;

    #[test]
    fn both_bounds_meet_as_the_search_goes_on() {
        let chart = draw(&precomputed::plan().unwrap(), &CostUnit::default()).unwrap();
        insta::assert_snapshot!("bounds", saved(&chart));
    }
}
