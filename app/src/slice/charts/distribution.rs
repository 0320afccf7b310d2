//! The predicted QoS distribution at the plan, against the threshold and over the traffic.

use std::sync::Arc;

use slicewise_core::card::{Better, ModelCard};
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::charts::Landscape;

use crate::charts::axes;
use crate::charts::axes::Axes;
use crate::charts::drawing::{
    Anchor, CURRENT, Cell, Chart, DEGRADED, DENSITY, DataTable, Drawing, MakeTable, Probe, SAMPLE,
    SIZE, TAG, push_points,
};
use crate::controls::number_text;

const CLIP: &str = "distribution-area";

/// Density that lies outside of the chart and is worth a word, as a share of users.
const WORTH_A_WORD: f64 = 0.003;

/// Draws the density of all users together and, thin, of each traffic sample. `degradation` is that
/// of the plan, where it is known: the chart's number is the table's.
pub fn draw(
    field: &Arc<Landscape>,
    problem: &SliceProblem,
    card: &Arc<ModelCard>,
    degradation: Option<f64>,
) -> Option<Chart> {
    let (qos, density) = (&field.qos, &field.density);
    if qos.len() < 2 || qos.len() != density.len() {
        return None;
    }
    let threshold = problem.slices.get(field.slice)?.qos_threshold;
    let top = density.iter().copied().fold(0.0, f64::max);
    let plot = Axes::new((qos[0], qos[qos.len() - 1]), (0.0, 1.25 * top), 12.0);
    let better = card.output.better;
    let degraded = degradation.unwrap_or_else(|| degraded_share(field, threshold, better));
    let drawn = area_below(&degraded_part(field, threshold, better));
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    drawing.clipped(CLIP, plot.area, |drawing| {
        drawing.path(DEGRADED, &degraded_area(field, threshold, card.output.better, &plot));
        if field.density_by_traffic.len() > 1 {
            for (_, densities) in &field.density_by_traffic {
                drawing.polyline(SAMPLE, points(qos, densities, &plot));
            }
        }
        drawing.polyline(DENSITY, points(qos, density, &plot));
    });
    let x = plot.x.at(threshold).clamp(plot.area.left, plot.area.right);
    drawing.line(CURRENT, (x, plot.area.top), (x, plot.area.bottom));
    let (anchor, shift) =
        if x > plot.area.right - 70.0 { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
    let label = format!("q = {}", number_text::quantity(threshold, &card.output.unit));
    drawing.text(TAG, (x + shift, plot.area.top + 10.0), anchor, &label);
    let titles = (
        number_text::titled(&card.output.name, &card.output.unit),
        format!("density, per {}", card.output.unit),
    );
    plot.draw(&mut drawing, (&titles.0, &titles.1), (axes::number, axes::number));
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Predicted distribution of the {} at the plan. {} lies on the degraded side of {}.",
            card.output.name,
            number_text::percent(degraded),
            number_text::quantity(threshold, &card.output.unit)
        ),
        key: key(field, degraded, degraded - drawn, better),
        table: table_of(field.clone(), card.clone()),
        probe: Some(probe(field.clone(), card.clone(), &plot, threshold)),
        locate: None,
    })
}

fn key(
    field: &Landscape,
    degraded: f64,
    beyond: f64,
    better: Better,
) -> Vec<(&'static str, String)> {
    let mut text = format!("degraded: {}", number_text::percent(degraded));
    if beyond > WORTH_A_WORD {
        let side = if better == Better::Higher { "below 0" } else { "beyond the axis" };
        text += &format!(", {} of them {side}, not drawn", number_text::percent(beyond));
    }
    let mut key = vec![("k-density", "all users".to_owned()), ("k-degraded", text)];
    if field.density_by_traffic.len() > 1 {
        key.push((
            "k-sample",
            format!("each of {} traffic levels", field.density_by_traffic.len()),
        ));
    }
    key
}

fn points<'a>(
    qos: &'a [f64],
    density: &'a [f64],
    plot: &'a Axes,
) -> impl Iterator<Item = (f64, f64)> + 'a {
    qos.iter().zip(density).map(|(q, d)| plot.point(*q, *d))
}

/// The part of the curve on the degraded side, with its end cut at the threshold.
fn degraded_part(field: &Landscape, threshold: f64, better: Better) -> Vec<(f64, f64)> {
    let is_degraded = |q: f64| match better {
        Better::Higher => q <= threshold,
        Better::Lower => q >= threshold,
    };
    let curve: Vec<(f64, f64)> =
        field.qos.iter().copied().zip(field.density.iter().copied()).collect();
    let mut part = Vec::new();
    for (index, point) in curve.iter().enumerate() {
        if let Some(last) = index.checked_sub(1).map(|before| curve[before])
            && is_degraded(last.0) != is_degraded(point.0)
        {
            let share = (threshold - last.0) / (point.0 - last.0);
            part.push((threshold, last.1 + share * (point.1 - last.1)));
        }
        if is_degraded(point.0) {
            part.push(*point);
        }
    }
    part
}

fn degraded_area(field: &Landscape, threshold: f64, better: Better, plot: &Axes) -> String {
    let part = degraded_part(field, threshold, better);
    let (Some(first), Some(last)) = (part.first(), part.last()) else { return String::new() };
    let floor = [(last.0, 0.0), (first.0, 0.0)];
    let mut commands = String::new();
    push_points(&mut commands, part.iter().copied().chain(floor).map(|(q, d)| plot.point(q, d)));
    commands.push('Z');
    commands
}

/// The area below a curve, by the trapezoid rule.
fn area_below(points: &[(f64, f64)]) -> f64 {
    points.windows(2).map(|w| 0.5 * (w[0].1 + w[1].1) * (w[1].0 - w[0].0)).sum()
}

/// The share of the users on the degraded side of `threshold`. Where the axis begins at 0 or ends in the
/// degraded side, that is all but those on the good side: what lies beyond counts as degraded.
fn degraded_share(field: &Landscape, threshold: f64, better: Better) -> f64 {
    if better == Better::Higher && field.qos.first().is_some_and(|qos| *qos > 0.0) {
        return area_below(&degraded_part(field, threshold, better)).clamp(0.0, 1.0);
    }
    let good = match better {
        Better::Higher => Better::Lower,
        Better::Lower => Better::Higher,
    };
    (1.0 - area_below(&degraded_part(field, threshold, good))).clamp(0.0, 1.0)
}

fn table_of(field: Arc<Landscape>, card: Arc<ModelCard>) -> MakeTable {
    Arc::new(move || {
        let unit = &card.output.unit;
        let mut columns =
            vec![format!("{} ({unit})", card.output.name), format!("density (per {unit})")];
        columns.extend(field.density_by_traffic.iter().map(|(traffic, _)| {
            format!("density at {} users/s (per {unit})", number_text::rounded(*traffic))
        }));
        let rows = field.qos.iter().enumerate().map(|(index, qos)| {
            let by_traffic = field.density_by_traffic.iter().map(|(_, d)| d.get(index).copied());
            [Some(*qos), field.density.get(index).copied()]
                .into_iter()
                .chain(by_traffic)
                .map(Cell::from)
                .collect()
        });
        DataTable { rows: rows.collect(), columns }
    })
}

fn probe(field: Arc<Landscape>, card: Arc<ModelCard>, plot: &Axes, threshold: f64) -> Probe {
    let columns = field.qos.iter().map(|q| plot.x.at(*q)).collect();
    Probe::along(plot.area, columns, plot.x.at(threshold), move |column| {
        let unit = &card.output.unit;
        let share = degraded_share(&field, field.qos[column], card.output.better);
        let side = if card.output.better == Better::Higher { "less" } else { "more" };
        format!(
            "{}: density {} per {unit}; {} of users get {side}",
            number_text::quantity(field.qos[column], unit),
            number_text::rounded(field.density[column]),
            number_text::percent(share)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::{models, precomputed};

    fn field(density: Vec<f64>) -> Landscape {
        Landscape {
            slice: 0,
            x: vec![],
            y: vec![],
            degradation: vec![],
            qos: (0..density.len()).map(|index| index as f64).collect(),
            density,
            density_by_traffic: vec![],
            measured: vec![],
        }
    }

    #[test]
    fn the_degraded_share_of_a_flat_density_is_its_width() {
        let field = field(vec![0.25; 5]);
        assert!((degraded_share(&field, 1.5, Better::Higher) - 0.375).abs() < 1e-12);
        assert!((degraded_share(&field, 1.5, Better::Lower) - 0.625).abs() < 1e-12);
        assert_eq!(degraded_share(&field, 9.0, Better::Higher), 1.0);
    }

    #[test]
    fn users_below_zero_count_as_degraded() {
        // A fifth of the users lies below 0, where nothing is drawn.
        let field = field(vec![0.2; 5]);
        assert!((degraded_share(&field, 1.5, Better::Higher) - (0.2 + 0.3)).abs() < 1e-12);
        let key = key(&field, 0.5, 0.2, Better::Higher);
        assert_eq!(key[1].1, "degraded: 50 %, 20 % of them below 0, not drawn");
    }

    #[test]
    fn the_chart_tells_the_degradation_of_the_table() {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let plan = precomputed::plan().unwrap();
        let degradation = plan.slices[0].degradation;
        let field = precomputed::landscape().unwrap();
        let chart = draw(&field, &problem, &card, Some(degradation)).unwrap();
        let told = ["degraded: ", &number_text::percent(degradation)].concat();
        assert_eq!(chart.key[1].1, told);
        // The curve itself agrees, but for the digits that ship and the steps of the axis.
        let drawn = degraded_share(&field, problem.slices[0].qos_threshold, Better::Higher);
        assert!((drawn - degradation).abs() < 1e-3, "{drawn} {degradation}");
    }

    #[test]
    fn the_part_below_the_threshold_is_shaded() {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let field = precomputed::every_seventh(&precomputed::landscape().unwrap());
        let chart = draw(&Arc::new(field), &problem, &card, None).unwrap();
        insta::assert_snapshot!("distribution", saved(&chart));
    }
}
