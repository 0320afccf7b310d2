//! How the cost falls over the epochs of a training.

use std::sync::Arc;

use slicewise_core::forecast::learning::{LearningMoment, LossSeen};

use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{CURRENT, Cell, Chart, DOT, DataTable, Drawing, Probe, SERIES};
use crate::controls::number_text;

/// One quantity of a training over its epochs.
pub struct Quantity {
    /// What it is, in words.
    pub name: &'static str,
    /// Title of its axis.
    pub axis: &'static str,
    /// Reads it.
    pub read: fn(&LearningMoment) -> f64,
}

/// A training that is over, for comparison with the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct FormerRun {
    /// How it began: from nothing, or from which networks.
    pub start: String,
    /// Its epochs.
    pub moments: Vec<LearningMoment>,
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
    let lowest = values().fold(0.0, f64::min);
    let epochs = before.iter().map(|moment| moment.epochs).fold(last.epochs.max(2), usize::max);
    let plot = Axes::within(size, (1.0, epochs as f64), (1.08 * lowest, 1.08 * highest), 12.0);
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
        drawing.circle(DOT, at, 2.2);
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
        probe: Some(Probe::along(
            plot.area,
            moments.iter().map(|moment| plot.x.at(moment.epoch as f64)).collect(),
            plot.area.right,
            move |column| reads.get(column).map_or_else(String::new, words),
        )),
        locate: None,
    })
}

/// What the loss network says after the last epoch, beside the metric where that is known.
pub fn seen(seen: &Arc<LossSeen>, unit: &str, size: (f64, f64)) -> Option<Chart> {
    let (first, last) = (*seen.decisions.first()?, *seen.decisions.last()?);
    let values = seen.learned.iter().chain(&seen.measured).copied();
    let highest = values.clone().fold(1e-12, f64::max);
    let lowest = values.fold(0.0, f64::min);
    let plot = Axes::within(size, (first, last), (lowest, 1.05 * highest), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let line = |values: &[f64]| {
        let points = seen.decisions.iter().zip(values).map(|(x, y)| plot.point(*x, *y));
        points.collect::<Vec<_>>()
    };
    drawing.polyline(SERIES[1], line(&seen.measured));
    drawing.polyline(SERIES[0], line(&seen.learned));
    let x = plot.x.at(seen.demand);
    drawing.line(CURRENT, (x, plot.area.top), (x, plot.area.bottom));
    let title = format!("decision, {unit}");
    plot.draw(&mut drawing, (&title, "cost of an interval"), (axes::number, axes::number));
    let mut key = vec![("k-series-0", "learned so far".to_owned())];
    if !seen.measured.is_empty() {
        key.push(("k-series-1", "true metric, hidden from the networks".to_owned()));
    }
    key.push(("k-current", "demand".to_owned()));
    let (tabled, read) = (seen.clone(), seen.clone());
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "What the loss network says that decisions cost at a demand of {}.",
            number_text::quantity(seen.demand, unit)
        ),
        key,
        table: Arc::new(move || DataTable {
            columns: ["decision", "learned loss", "true metric"].map(str::to_owned).to_vec(),
            rows: (0..tabled.decisions.len())
                .map(|index| {
                    let read = |values: &[f64]| Cell::from(values.get(index).copied());
                    vec![read(&tabled.decisions), read(&tabled.learned), read(&tabled.measured)]
                })
                .collect(),
        }),
        probe: Some(Probe::along(
            plot.area,
            seen.decisions.iter().map(|decision| plot.x.at(*decision)).collect(),
            x,
            move |index| {
                let number = |values: &[f64]| {
                    values.get(index).map_or("unknown".to_owned(), |v| number_text::rounded(*v))
                };
                format!(
                    "reserving {}: learned cost {}, true cost {}",
                    number(&read.decisions),
                    number(&read.learned),
                    number(&read.measured)
                )
            },
        )),
        locate: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    #[test]
    fn a_training_is_drawn_beside_the_one_before() {
        let moment = |(epoch, training_cost)| LearningMoment {
            epoch,
            epochs: 4,
            training_cost,
            loss_error: 0.2,
        };
        let former = FormerRun {
            start: "nothing".to_owned(),
            moments: [(1, 9.0), (2, 6.0), (3, 5.0), (4, 4.5)].map(moment).to_vec(),
        };
        let moments = [(1, 6.0), (2, 4.0)].map(moment);
        let read = |moment: &LearningMoment| moment.training_cost;
        let quantity = Quantity { name: "cost", axis: "cost of an interval", read };
        let chart = draw(&moments, "the loss", Some(&former), &quantity, (360.0, 240.0)).unwrap();
        insta::assert_snapshot!("cost", saved(&chart));
    }

    #[test]
    fn what_the_loss_network_says_is_drawn_beside_the_metric() {
        let loss = LossSeen {
            demand: 20.0,
            decisions: vec![0.0, 10.0, 20.0, 30.0, 40.0],
            learned: vec![28.0, 27.0, 4.0, 9.0, 21.0],
            measured: vec![30.0, 30.0, 0.0, 10.0, 20.0],
        };
        let chart = seen(&Arc::new(loss), "Mbit/s", (360.0, 240.0)).unwrap();
        insta::assert_snapshot!("seen", saved(&chart));
    }
}
