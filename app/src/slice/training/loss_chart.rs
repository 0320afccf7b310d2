//! How the loss falls over the epochs of a training.

use std::sync::Arc;

use slicewise_core::slice::training::TrainingMoment;

use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, Probe, SERIES, SIZE};
use crate::controls::number_text;

const CLIP: &str = "training-area";

/// Draws both losses; the first epochs, which tower above the others, may be cut off.
pub fn draw(moments: &[TrainingMoment]) -> Option<Chart> {
    let (first, last) = (moments.first()?, moments.last()?);
    let losses = || moments.iter().flat_map(|m| [m.training_loss, m.held_back_loss]);
    let lowest = losses().filter(|loss| loss.is_finite()).fold(f64::INFINITY, f64::min);
    let mut sorted: Vec<f64> = losses().filter(|loss| loss.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let highest = *sorted.get((sorted.len().checked_sub(1)? as f64 * 0.97) as usize)?;
    let margin = 0.08 * (highest - lowest).max(1e-3);
    let epochs = (first.epoch.min(1) as f64, last.epochs.max(2) as f64);
    let plot = Axes::new(epochs, (lowest - margin, highest + margin), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    drawing.clipped(CLIP, plot.area, |drawing| {
        let line = |read: fn(&TrainingMoment) -> f64| {
            moments.iter().map(|m| plot.point(m.epoch as f64, read(m))).collect::<Vec<_>>()
        };
        drawing.polyline(SERIES[0], line(|m| m.training_loss));
        drawing.polyline(SERIES[1], line(|m| m.held_back_loss));
    });
    plot.draw(&mut drawing, ("epoch", "loss"), (axes::number, axes::number));
    let (rows, reads) = (moments.to_vec(), moments.to_vec());
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: words(last),
        key: vec![
            ("k-series-0", "training rows".to_owned()),
            ("k-series-1", "held-back rows".to_owned()),
        ],
        table: Arc::new(move || DataTable {
            columns: ["epoch", "training loss", "held-back loss"].map(str::to_owned).to_vec(),
            rows: rows
                .iter()
                .map(|m| {
                    [m.epoch as f64, m.training_loss, m.held_back_loss].map(Cell::Number).to_vec()
                })
                .collect(),
        }),
        probe: Some(Probe::along(
            plot.area,
            moments.iter().map(|m| plot.x.at(m.epoch as f64)).collect(),
            plot.area.right,
            move |column| reads.get(column).map_or_else(String::new, words),
        )),
        locate: None,
    })
}

fn words(moment: &TrainingMoment) -> String {
    format!(
        "epoch {}: training loss {}, held-back loss {}",
        number_text::rounded(moment.epoch as f64),
        number_text::rounded(moment.training_loss),
        number_text::rounded(moment.held_back_loss)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    #[test]
    fn both_losses_fall_over_the_epochs() {
        let moment = |(epoch, training_loss, held_back_loss)| TrainingMoment {
            epoch,
            epochs: 6,
            training_loss,
            held_back_loss,
        };
        let losses = [(1, 1.5, 1.4), (2, 0.9, 1.0), (3, 0.6, 0.7), (4, 0.5, 0.65)];
        let chart = draw(&losses.map(moment)).unwrap();
        insta::assert_snapshot!("losses", saved(&chart));
    }
}
