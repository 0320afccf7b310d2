//! How the cost falls over the epochs of a training.

use std::sync::Arc;

use slicewise_protocol::forecast::LearningMoment;

use super::super::session::FormerRun;
use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, Probe, Reading, SERIES};
use crate::number_text;

/// One quantity of a training over its epochs.
pub struct Quantity {
    /// What it is, in words.
    pub name: &'static str,
    /// Title of its axis.
    pub axis: &'static str,
    /// Reads it.
    pub read: fn(&LearningMoment) -> f64,
}

/// Draws `quantity` of `moments`, and of the training before where there was one.
pub fn draw(
    moments: &[LearningMoment],
    start: &str,
    former: Option<&FormerRun>,
    quantity: &Quantity,
    size: (f64, f64),
) -> Option<Chart> {
    let last = *moments.last()?;
    let read = quantity.read;
    let before = former.map(|former| former.moments.clone()).unwrap_or_default();
    let values = || moments.iter().chain(&before).map(read).filter(|value| value.is_finite());
    let highest = values().fold(1e-12, f64::max);
    let epochs = before.iter().map(|moment| moment.epochs).fold(last.epochs.max(2), usize::max);
    let plot = Axes::within(size, (1.0, epochs as f64), (0.0, 1.08 * highest), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let line = |moments: &[LearningMoment]| {
        let points = moments.iter().map(|moment| plot.point(moment.epoch as f64, read(moment)));
        points.collect::<Vec<_>>()
    };
    drawing.polyline(SERIES[1], line(&before));
    drawing.polyline(SERIES[0], line(moments));
    for moment in moments {
        let at = plot.point(moment.epoch as f64, read(moment));
        drawing.circle(crate::charts::drawing::DOT, at, 2.2);
    }
    plot.draw(&mut drawing, ("epoch", quantity.axis), (axes::number, axes::number));
    let mut key = vec![("k-series-0", format!("from {start}"))];
    if let Some(former) = former {
        key.push(("k-series-1", format!("before, from {}", former.start)));
    }
    let name = quantity.name;
    let words = move |moment: &LearningMoment| {
        format!(
            "epoch {}: {name} {}",
            number_text::rounded(moment.epoch as f64),
            number_text::rounded(read(moment))
        )
    };
    let (tabled, reads) = (moments.to_vec(), moments.to_vec());
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: words(&last),
        key,
        table: Arc::new(move || DataTable {
            columns: vec!["epoch".to_owned(), name.to_owned(), format!("{name}, training before")],
            rows: tabled
                .iter()
                .enumerate()
                .map(|(index, moment)| {
                    vec![
                        Cell::Number(moment.epoch as f64),
                        Cell::Number(read(moment)),
                        Cell::from(before.get(index).map(read)),
                    ]
                })
                .collect(),
        }),
        probe: Some(Probe {
            columns: moments.iter().map(|moment| plot.x.at(moment.epoch as f64)).collect(),
            rows: vec![plot.area.bottom],
            places: Vec::new(),
            over: plot.area,
            start: (plot.area.right, 0.0),
            read: Arc::new(move |column, _| Reading {
                text: reads.get(column).map_or_else(String::new, words),
                allocation: None,
            }),
        }),
        locate: None,
    })
}
