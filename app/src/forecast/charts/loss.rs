//! Losses over decisions: curves at one demand, and a field over decision and demand.

use std::sync::Arc;

use slicewise_core::forecast::explorer::{LossAtDemand, LossPicture, LossSurface};

use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{
    Anchor, Area, CROSS, CROSS_HALO, CURRENT, Cell, Chart, DataTable, Drawing, HeatCell, HeatMap,
    LABEL, PATH, Probe, Reading, SERIES, TEXT,
};
use crate::controls::number_text;

/// The learned loss, the metric and alpha-OMC at one demand.
pub fn curves(picture: &Arc<LossPicture>, level: usize, size: (f64, f64)) -> Option<Chart> {
    let at = picture.levels.get(level)?.clone();
    let (first, last) = (*at.decisions.first()?, *at.decisions.last()?);
    let currency = picture.agreement.revenue + picture.agreement.penalty;
    let highest = at.measured.iter().chain(&at.learned).copied().fold(currency, f64::max);
    let clip = if level == 0 { "loss-area-low" } else { "loss-area-high" };
    let plot = Axes::within(size, (first, last), (0.0, 1.1 * highest), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    drawing.clipped(clip, plot.area, |drawing| {
        let line = |values: &[f64]| {
            let points = at.decisions.iter().zip(values).map(|(x, y)| plot.point(*x, *y));
            points.collect::<Vec<_>>()
        };
        drawing.polyline(SERIES[2], line(&at.alpha_omc));
        drawing.polyline(SERIES[1], line(&at.measured));
        drawing.polyline(SERIES[0], line(&at.learned));
    });
    let x = plot.x.at(at.demand);
    drawing.line(CURRENT, (x, plot.area.top), (x, plot.area.bottom));
    drawing.text(TEXT, (x + 4.0, plot.area.top + 10.0), Anchor::Start, "demand");
    let title = format!("decision, {}", picture.unit);
    plot.draw(&mut drawing, (&title, "cost of an interval"), (axes::number, axes::number));
    let (tabled, read) = (at.clone(), (at.clone(), picture.unit.clone()));
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Cost over the decision at a demand of {}: learned, measured, and alpha-OMC.",
            number_text::quantity(at.demand, &picture.unit)
        ),
        key: vec![
            ("k-series-0", "learned loss".to_owned()),
            ("k-series-1", "true metric".to_owned()),
            ("k-series-2", "alpha-OMC".to_owned()),
        ],
        table: Arc::new(move || table(&tabled)),
        probe: Some(Probe::along(
            plot.area,
            at.decisions.iter().map(|decision| plot.x.at(*decision)).collect(),
            x,
            move |column| words(&read.0, column, &read.1),
        )),
        locate: None,
    })
}

fn words(at: &LossAtDemand, index: usize, unit: &str) -> String {
    let (Some(decision), Some(learned), Some(measured)) =
        (at.decisions.get(index), at.learned.get(index), at.measured.get(index))
    else {
        return String::new();
    };
    format!(
        "reserving {}: learned cost {}, true cost {}",
        number_text::quantity(*decision, unit),
        number_text::rounded(*learned),
        number_text::rounded(*measured)
    )
}

fn table(at: &LossAtDemand) -> DataTable {
    let rows = at.decisions.iter().enumerate().map(|(index, decision)| {
        let read = |values: &[f64]| Cell::from(values.get(index).copied());
        vec![Cell::Number(*decision), read(&at.learned), read(&at.measured), read(&at.alpha_omc)]
    });
    DataTable {
        columns: ["decision", "learned loss", "true metric", "alpha-OMC"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    }
}

/// The learned loss over decision (across) and demand (up).
pub fn surface(surface: &Arc<LossSurface>, size: (f64, f64)) -> Option<Chart> {
    let (columns, rows) = (surface.decisions.len(), surface.demands.len());
    if columns < 2 || rows < 2 || surface.learned.len() != columns * rows {
        return None;
    }
    let ends = |values: &[f64]| (values[0], values[values.len() - 1]);
    let plot = Axes::within(size, ends(&surface.decisions), ends(&surface.demands), 12.0);
    let lowest = surface.learned.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = surface.learned.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (highest - lowest).max(1e-12);
    let cell = |cost: &f64| {
        // The square root parts the low costs, where the decisions lie.
        let colour =
            colorous::VIRIDIS.eval_continuous(((cost - lowest) / span).clamp(0.0, 1.0).sqrt());
        HeatCell::Colour([colour.r, colour.g, colour.b])
    };
    let heat =
        HeatMap { columns, cells: surface.learned.iter().map(cell).collect(), over: plot.area };
    let mut drawing = Drawing::default();
    drawing.clipped("loss-surface-area", plot.area, |drawing| {
        let equal = surface.demands.iter().map(|demand| plot.point(*demand, *demand));
        drawing.polyline(PATH, equal.collect::<Vec<_>>());
        let ridge: Vec<(f64, f64)> = surface
            .cheapest
            .iter()
            .zip(&surface.demands)
            .map(|(decision, demand)| plot.point(*decision, *demand))
            .collect();
        drawing.polyline(CROSS_HALO, ridge.clone());
        drawing.polyline(CROSS, ridge);
    });
    let title = format!("decision, {} (below 0: rejected)", surface.unit);
    let side = format!("demand, {}", surface.unit);
    plot.draw(&mut drawing, (&title, &side), (axes::number, axes::number));
    let at = (plot.area.right, plot.area.top - 7.0);
    let range =
        format!("cost {} to {}", number_text::rounded(lowest), number_text::rounded(highest));
    drawing.text(LABEL, at, Anchor::End, &range);
    let (tabled, read) = (surface.clone(), surface.clone());
    Some(Chart {
        size,
        heat: Some(heat),
        markup: drawing.into_markup(),
        description: format!(
            "Learned cost over decision and demand, from {} to {}; a line marks the cheapest decision \
             for each demand.",
            number_text::rounded(lowest),
            number_text::rounded(highest)
        ),
        key: vec![
            ("k-boundary", "cheapest decision".to_owned()),
            ("k-path", "decision = demand".to_owned()),
            ("k-low", "profit".to_owned()),
            ("k-high", "loss".to_owned()),
        ],
        table: Arc::new(move || surface_table(&tabled)),
        probe: Some(Probe {
            columns: surface.decisions.iter().map(|decision| plot.x.at(*decision)).collect(),
            rows: surface.demands.iter().map(|demand| plot.y.at(*demand)).collect(),
            places: Vec::new(),
            over: plot.area,
            start: middle(plot.area),
            read: Arc::new(move |column, row| Reading {
                text: surface_words(&read, column, row),
                allocation: None,
            }),
        }),
        locate: None,
    })
}

fn middle(area: Area) -> (f64, f64) {
    (0.5 * (area.left + area.right), 0.5 * (area.top + area.bottom))
}

fn surface_words(surface: &LossSurface, column: usize, row: usize) -> String {
    let index = row * surface.decisions.len() + column;
    let (Some(decision), Some(demand)) = (surface.decisions.get(column), surface.demands.get(row))
    else {
        return String::new();
    };
    format!(
        "reserving {} for {}: learned cost {}, true cost {}",
        number_text::rounded(*decision),
        number_text::quantity(*demand, &surface.unit),
        number_text::rounded(surface.learned[index]),
        number_text::rounded(surface.measured[index])
    )
}

fn surface_table(surface: &LossSurface) -> DataTable {
    // Every other point of each axis: a table of them all would be too long to read.
    let rows = surface.demands.iter().enumerate().step_by(2).flat_map(|(row, demand)| {
        surface.decisions.iter().enumerate().step_by(2).map(move |(column, decision)| {
            let index = row * surface.decisions.len() + column;
            let numbers = [*demand, *decision, surface.learned[index], surface.measured[index]];
            numbers.map(Cell::Number).to_vec()
        })
    });
    DataTable {
        columns: ["demand", "decision", "learned loss", "true metric"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::forecast::{ServiceAgreement, ServiceName};

    use crate::charts::snapshot::saved;

    #[test]
    fn a_learned_loss_is_drawn_beside_the_metric_and_alpha_omc() {
        let at = LossAtDemand {
            demand: 20.0,
            decisions: vec![0.0, 10.0, 20.0, 30.0, 40.0],
            learned: vec![28.0, 27.0, 4.0, 9.0, 21.0],
            measured: vec![30.0, 30.0, 0.0, 10.0, 20.0],
            alpha_omc: vec![60.0, 40.0, 0.0, 10.0, 20.0],
            error: 2.0,
            kept_margin: 3.0,
            learned_margin: 3.5,
            best_margin: 4.0,
        };
        let agreement =
            ServiceAgreement { revenue: 10.0, penalty: 20.0, overprovisioning_price: 1.0 };
        let unit = "Mbit/s".to_owned();
        let picture = LossPicture { unit, peak: 34.0, agreement, levels: vec![at] };
        let chart = curves(&Arc::new(picture), 0, (470.0, 250.0)).unwrap();
        insta::assert_snapshot!("curves", saved(&chart));
    }

    #[test]
    fn the_cheapest_decision_is_drawn_over_the_field() {
        let field = LossSurface {
            service: ServiceName::VideoStreaming,
            unit: "Mbit/s".to_owned(),
            decisions: vec![-5.0, 0.0, 10.0, 20.0],
            demands: vec![5.0, 10.0, 15.0],
            learned: vec![0.0, 4.0, -3.0, -1.0, 0.0, 6.0, -4.0, -2.0, 0.0, 8.0, 5.0, -4.0],
            measured: vec![0.0, 5.0, -3.0, -1.0, 0.0, 6.0, -4.0, -3.0, 0.0, 8.0, 6.0, -5.0],
            cheapest: vec![10.0, 10.0, 20.0],
        };
        let chart = surface(&Arc::new(field), (560.0, 360.0)).unwrap();
        insta::assert_snapshot!("surface", saved(&chart));
    }
}
