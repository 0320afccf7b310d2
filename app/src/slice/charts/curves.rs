//! The cheapest allocation, per resource, as one threshold of the promise moves.

use std::sync::Arc;

use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::charts::{CurvePoint, Curves};

use super::landscape::words;
use crate::charts::axes;
use crate::charts::axes::{Axes, TickText};
use crate::charts::drawing::{
    Anchor, Area, CURRENT, Cell, Chart, DataTable, Drawing, MakeTable, NOTHING, Probe, Reading,
    SERIES, SIZE, TEXT,
};
use crate::controls::number_text;
use crate::slice::cost_unit::CostUnit;
use crate::slice::models;

/// Which threshold moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The QoS threshold.
    Qos,
    /// The degradation threshold.
    Degradation,
}

/// Draws each resource's share of its capacity over the threshold.
pub fn draw(
    curves: &Arc<Curves>,
    problem: &Arc<SliceProblem>,
    card: &Arc<ModelCard>,
    over: Over,
    unit: &CostUnit,
) -> Option<Chart> {
    let points = points_of(curves, over);
    let (first, last) = (points.first()?.threshold, points.last()?.threshold);
    let terms = problem.slices.get(curves.slice)?;
    let (current, title, text): (f64, String, TickText) = match over {
        Over::Qos => (
            terms.qos_threshold,
            number_text::titled("QoS threshold q", &card.output.unit),
            axes::number,
        ),
        Over::Degradation => (
            terms.degradation_threshold,
            "degradation threshold β, share of users".to_owned(),
            axes::percent,
        ),
    };
    let plot = Axes::new((first, last), (0.0, 1.0), 18.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    draw_gaps(&mut drawing, points, &plot);
    for (index, resource) in problem.resources.iter().enumerate() {
        let line = points.iter().map(|point| {
            let amount = point.allocation.as_ref().and_then(|a| a.get(index)).copied();
            plot.point(point.threshold, amount.unwrap_or(f64::NAN) / resource.capacity)
        });
        drawing.polyline(SERIES[index % SERIES.len()], line);
    }
    if current >= first && current <= last {
        let x = plot.x.at(current);
        drawing.line(CURRENT, (x, plot.area.top), (x, plot.area.bottom));
    }
    plot.draw(&mut drawing, (&title, "share of capacity"), (text, axes::percent));
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(points, over, card),
        key: key(card),
        table: table_of(curves.clone(), card.clone(), over, unit.clone()),
        probe: Some(probe((curves.clone(), card.clone(), unit.clone()), over, &plot, current)),
        locate: None,
    })
}

/// The points of one of the two curves.
fn points_of(curves: &Curves, over: Over) -> &[CurvePoint] {
    match over {
        Over::Qos => &curves.over_qos,
        Over::Degradation => &curves.over_degradation,
    }
}

fn key(card: &ModelCard) -> Vec<(&'static str, String)> {
    const CLASSES: [&str; 4] = ["k-series-0", "k-series-1", "k-series-2", "k-series-3"];
    let series = card.resources().iter().enumerate();
    let mut key: Vec<_> = series
        .map(|(index, field)| (CLASSES[index % CLASSES.len()], models::title_of(field)))
        .collect();
    key.push(("k-current", "now".to_owned()));
    key
}

fn describe(points: &[CurvePoint], over: Over, card: &ModelCard) -> String {
    let what = match over {
        Over::Qos => format!("QoS threshold in {}", card.output.unit),
        Over::Degradation => "share of users that may be degraded".to_owned(),
    };
    let mut text = format!("Cheapest allocation over the {what}.");
    let mut kept = points.iter().filter_map(|p| p.allocation.as_ref().map(|a| (p.threshold, a)));
    let first = kept.next();
    for (threshold, allocation) in first.into_iter().chain(kept.next_back()) {
        text.push_str(&format!(
            " At {}: {}.",
            number_text::rounded(threshold),
            words(allocation, card)
        ));
    }
    text
}

/// Shades the thresholds at which no allocation keeps the promise.
fn draw_gaps(drawing: &mut Drawing, points: &[CurvePoint], plot: &Axes) {
    let half = plot.area.width() / (points.len().max(2) - 1) as f64 / 2.0;
    let mut runs: Vec<(f64, f64)> = Vec::new();
    for point in points.iter().filter(|point| point.allocation.is_none()) {
        let x = plot.x.at(point.threshold);
        match runs.last_mut() {
            Some(run) if run.1 >= x - half - 0.1 => run.1 = x + half,
            _ => runs.push((x - half, x + half)),
        }
    }
    for (left, right) in runs {
        let Area { top, bottom, .. } = plot.area;
        let (left, right) = (left.max(plot.area.left), right.min(plot.area.right));
        drawing.rectangle(NOTHING, Area { left, top, right, bottom });
        if right - left > 60.0 {
            let at = ((left + right) / 2.0, (top + bottom) / 2.0);
            drawing.text(TEXT, at, Anchor::Middle, "none keeps it");
        }
    }
}

fn heading(over: Over, card: &ModelCard) -> String {
    match over {
        Over::Qos => format!("QoS threshold ({})", card.output.unit),
        Over::Degradation => "degradation threshold (share of users)".to_owned(),
    }
}

/// One curve as a table.
fn table(curves: &Curves, card: &ModelCard, over: Over, unit: &CostUnit) -> DataTable {
    let mut columns = vec![heading(over, card)];
    columns.extend(card.resources().iter().map(|field| format!("{} ({})", field.name, field.unit)));
    columns.push(unit.column());
    let rows = points_of(curves, over).iter().map(|point| {
        let mut row = vec![Cell::Number(point.threshold)];
        for index in 0..card.resources().len() {
            let amount = point.allocation.as_ref().and_then(|a| a.get(index));
            row.push(amount.map_or(Cell::Empty, |amount| Cell::Amount(*amount)));
        }
        row.push(point.cost.into());
        row
    });
    DataTable { rows: rows.collect(), columns }
}

/// Both curves in one table, told apart by its first column.
pub fn both(curves: &Curves, card: &ModelCard, unit: &CostUnit) -> DataTable {
    let mut joined = DataTable::default();
    for (over, name) in [(Over::Qos, "qos"), (Over::Degradation, "degradation")] {
        let part = table(curves, card, over, unit);
        joined.columns = part.columns;
        joined.columns[0] = "threshold".to_owned();
        joined.columns.insert(0, "moving threshold".to_owned());
        joined.rows.extend(part.rows.into_iter().map(|mut row| {
            row.insert(0, Cell::Text(name.to_owned()));
            row
        }));
    }
    joined
}

fn table_of(curves: Arc<Curves>, card: Arc<ModelCard>, over: Over, unit: CostUnit) -> MakeTable {
    Arc::new(move || table(&curves, &card, over, &unit))
}

fn probe(
    (curves, card, unit): (Arc<Curves>, Arc<ModelCard>, CostUnit),
    over: Over,
    plot: &Axes,
    current: f64,
) -> Probe {
    Probe {
        columns: points_of(&curves, over).iter().map(|p| plot.x.at(p.threshold)).collect(),
        rows: vec![plot.area.bottom],
        places: Vec::new(),
        over: plot.area,
        start: (plot.x.at(current), 0.0),
        read: Arc::new(move |column, _| {
            let point = &points_of(&curves, over)[column];
            let threshold = match over {
                Over::Qos => number_text::quantity(point.threshold, &card.output.unit),
                Over::Degradation => number_text::percent(point.threshold),
            };
            let text = match (&point.allocation, point.cost) {
                (Some(allocation), Some(cost)) => {
                    format!("{threshold}: {}, cost {}", words(allocation, &card), unit.words(cost))
                }
                _ => format!("{threshold}: no allocation keeps the promise"),
            };
            Reading { text, allocation: point.allocation.clone() }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::{models, precomputed};

    #[test]
    fn each_resource_is_drawn_over_both_thresholds() {
        let problem = Arc::new(precomputed::default_problem());
        let card = models::named(&problem.model).unwrap();
        let curves = precomputed::curves().unwrap();
        for (name, over) in [("over-qos", Over::Qos), ("over-degradation", Over::Degradation)] {
            let chart = draw(&curves, &problem, &card, over, &CostUnit::default()).unwrap();
            insta::assert_snapshot!(name, saved(&chart));
        }
    }
}
