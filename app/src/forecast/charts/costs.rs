//! What each method costs, split into broken promises and idle capacity.

use std::sync::Arc;

use slicewise_core::forecast::reservation::{ReservationMethod, ReservationPlan};

use super::super::words::method_name;
use crate::charts::axes::Scale;
use crate::charts::drawing::{
    AXIS, Anchor, Area, Cell, Chart, DataTable, Drawing, GRID, LABEL, Probe, Reading, TEXT,
};
use crate::controls::number_text;

/// Colour of what violations cost.
const VIOLATIONS: &str = "#b34700";
/// Colour of what idle capacity costs.
const IDLE: &str = "#0072b2";
/// Height of one method.
const ROW: f64 = 46.0;

/// One bar per method.
pub fn draw(plan: &Arc<ReservationPlan>, width: f64) -> Option<Chart> {
    if plan.methods.is_empty() {
        return None;
    }
    let highest = plan.methods.iter().map(|method| method.score.cost).fold(1e-9, f64::max);
    let bottom = 14.0 + ROW * plan.methods.len() as f64;
    let size = (width, bottom + 36.0);
    let area = Area { left: 12.0, top: 10.0, right: width - 14.0, bottom };
    let x = Scale::new(0.0, 1.04 * highest, area.left, area.right);
    let mut drawing = Drawing::default();
    for tick in x.ticks(5.0) {
        drawing.line(GRID, (x.at(tick), area.top), (x.at(tick), area.bottom));
        let at = (x.at(tick), area.bottom + 15.0);
        drawing.text(LABEL, at, Anchor::Middle, &number_text::rounded(tick));
    }
    let middle = (0.5 * (area.left + area.right), area.bottom + 30.0);
    drawing.text(LABEL, middle, Anchor::Middle, "cost per interval");
    for (index, method) in plan.methods.iter().enumerate() {
        let top = area.top + 8.0 + ROW * index as f64;
        let idle = method.score.overprovisioning;
        let name =
            format!("{}: {}", method_name(method.method), number_text::rounded(method.score.cost));
        drawing.text(TEXT, (area.left, top + 9.0), Anchor::Start, &name);
        let bar = |from: f64, to: f64| Area {
            left: x.at(from),
            right: x.at(to),
            top: top + 14.0,
            bottom: top + 30.0,
        };
        drawing.coloured_rectangle(IDLE, bar(0.0, idle));
        drawing.coloured_rectangle(VIOLATIONS, bar(idle, method.score.cost));
    }
    drawing.line(AXIS, (area.left, area.top), (area.left, area.bottom));
    let (tabled, read) = (plan.clone(), plan.clone());
    let centre = |index: usize| area.top + 31.0 + ROW * index as f64;
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: plan
            .methods
            .iter()
            .map(|method| {
                let cost = number_text::rounded(method.score.cost);
                format!("{} costs {cost} per interval.", method_name(method.method))
            })
            .collect::<Vec<_>>()
            .join(" "),
        key: vec![
            ("k-idle", "idle capacity".to_owned()),
            ("k-broken", "violations: lost revenue and penalty".to_owned()),
        ],
        table: Arc::new(move || table(&tabled)),
        probe: Some(Probe {
            columns: vec![area.left; plan.methods.len()],
            rows: vec![area.bottom],
            places: (0..plan.methods.len()).map(|index| (area.left, centre(index))).collect(),
            over: area,
            start: (area.left, area.top),
            read: Arc::new(move |column, _| Reading {
                text: words(&read, column),
                allocation: None,
            }),
        }),
        locate: None,
    })
}

fn words(plan: &ReservationPlan, index: usize) -> String {
    let Some(method) = plan.methods.get(index) else { return String::new() };
    let score = method.score;
    format!(
        "{}: {} per interval, {} of it idle capacity; {} of the intervals violated",
        method_name(method.method),
        number_text::rounded(score.cost),
        number_text::rounded(score.overprovisioning),
        number_text::percent(score.violations)
    )
}

fn table(plan: &ReservationPlan) -> DataTable {
    let rows = plan.methods.iter().map(|method| {
        let score = method.score;
        let knows = match method.method {
            ReservationMethod::Learned => "measured costs",
            other if other.knows_metric() => "prices or the test",
            _ => "demand alone",
        };
        vec![
            Cell::Text(method_name(method.method).to_owned()),
            Cell::Number(score.cost),
            Cell::Number(score.overprovisioning),
            Cell::Number(score.cost - score.overprovisioning),
            Cell::Number(score.violations),
            Cell::Text(knows.to_owned()),
        ]
    });
    DataTable {
        columns: [
            "method",
            "cost per interval",
            "idle capacity",
            "violations",
            "share of intervals violated",
            "knows",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::forecast::charts::examples;

    #[test]
    fn a_bar_is_split_into_idle_capacity_and_broken_promises() {
        let chart = draw(&Arc::new(examples::reservation()), 500.0).unwrap();
        insta::assert_snapshot!("costs", saved(&chart));
    }
}
