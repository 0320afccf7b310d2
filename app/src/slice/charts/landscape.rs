//! Expected degradation over the first two resources: bands, the boundary of the promise, the
//! descent paths and the plan.

use std::sync::Arc;

use contour::ContourBuilder;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::charts::{Landscape, MeasuredAllocation};
use slicewise_core::slice::{SlicePlan, SliceProblem};

use crate::charts::axes;
use crate::charts::axes::Axes;
use crate::charts::drawing::{
    Anchor, Area, BOUNDARY, CROSS, CROSS_HALO, Cell, Chart, DataTable, Drawing, HALO, Ink, LABEL,
    Locate, MakeTable, OPTIMUM, PATH, Probe, Reading, SIZE, TRAINED, ink, push_points,
};
use crate::controls::number_text;
use crate::slice::models;

/// Edges of the bands, as shares of users.
const LEVELS: [f64; 7] = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9];
const CLIP: &str = "landscape-area";
/// What was measured at an allocation.
const MEASURED: Ink = ink("i-measured", r##"stroke="#fff" stroke-width="1""##);

/// Draws the field with `plan` on it, where the plan is of the same problem, and the allocation of the
/// visitor's `own`.
pub fn draw(
    field: &Arc<Landscape>,
    problem: &SliceProblem,
    card: &Arc<ModelCard>,
    plan: Option<&SlicePlan>,
    own: Option<&[f64]>,
) -> Option<Chart> {
    let (columns, rows) = (field.x.len(), field.y.len());
    if columns < 2 || rows < 2 || field.degradation.len() != columns * rows {
        return None;
    }
    let threshold = problem.slices.get(field.slice)?.degradation_threshold;
    let [first, second] = card.resources().get(..2)? else { return None };
    let ends = |values: &[f64]| (values[0], values[values.len() - 1]);
    let plot = Axes::new(ends(&field.x), ends(&field.y), 58.0);
    let mut drawing = Drawing::default();
    let area = plot.area;
    drawing.clipped(CLIP, area, |drawing| {
        draw_bands(drawing, field, area);
        draw_trained_range(drawing, card, &plot);
        draw_boundary(drawing, field, threshold, area);
        for measured in &field.measured {
            if let [x, y, ..] = measured.allocation[..] {
                drawing.coloured_circle(
                    MEASURED,
                    &colour(measured.degradation),
                    plot.point(x, y),
                    3.0,
                );
            }
        }
        if let Some(plan) = plan {
            draw_plan(drawing, field.slice, plan, &plot);
        }
        if let Some([x, y, ..]) = own {
            let (x, y) = plot.point(*x, *y);
            let arms = [
                [(x - 6.0, y - 6.0), (x + 6.0, y + 6.0)],
                [(x - 6.0, y + 6.0), (x + 6.0, y - 6.0)],
            ];
            for [from, to] in arms {
                drawing.line(CROSS_HALO, from, to);
            }
            for [from, to] in arms {
                drawing.line(CROSS, from, to);
            }
        }
    });
    draw_key(&mut drawing, area);
    let titles = (models::heading_of(first), models::heading_of(second));
    plot.draw(&mut drawing, (&titles.0, &titles.1), (axes::number, axes::number));
    let (x, y) = (plot.x, plot.y);
    let locate: Locate = Arc::new(move |allocation| match *allocation {
        [first, second, ..] => (x.at(first), y.at(second)),
        _ => (f64::NAN, f64::NAN),
    });
    let optimum = plan.and_then(|plan| plan.slices.get(field.slice));
    // With a confidence the field is the upper bound of what is expected.
    let side = if problem.confidence.is_some() { "at most " } else { "" };
    let start = optimum.map_or((0.0, 0.0), |slice| locate(&slice.allocation));
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(
            field,
            threshold,
            optimum.map(|slice| &slice.allocation[..]),
            card,
            !side.is_empty(),
        ),
        key: key(threshold, !field.measured.is_empty(), own.is_some()),
        table: table_of(field.clone(), card.clone(), !side.is_empty()),
        probe: Some(probe(field.clone(), card.clone(), &plot, start, side)),
        locate: Some(locate),
    })
}

fn key(threshold: f64, measured: bool, own: bool) -> Vec<(&'static str, String)> {
    let mut key = vec![
        ("k-boundary", format!("the promise: {}", number_text::percent(threshold))),
        ("k-optimum", "the plan".to_owned()),
        ("k-path", "descents".to_owned()),
        ("k-trained", "measured range".to_owned()),
    ];
    if measured {
        key.push(("k-measured", "measured".to_owned()));
    }
    if own {
        key.push(("k-cross", "yours".to_owned()));
    }
    key
}

fn describe(
    field: &Landscape,
    threshold: f64,
    optimum: Option<&[f64]>,
    card: &ModelCard,
    is_bound: bool,
) -> String {
    let kept = field.degradation.iter().filter(|degradation| **degradation <= threshold).count();
    let share = kept as f64 / field.degradation.len() as f64;
    let shown = if is_bound { "Upper bound of the" } else { "Expected" };
    let mut text = format!(
        "{shown} share of degraded users over {} and {}. {} of the area shown keeps the promise of at most {}.",
        card.inputs[1].name,
        card.inputs[2].name,
        number_text::coarse_percent(share),
        number_text::percent(threshold),
    );
    if let Some(allocation) = optimum {
        text.push_str(" The plan lies at ");
        text.push_str(&words(allocation, card));
        text.push('.');
    }
    text
}

/// An allocation in words, rounded up: `2,142 millicores and 22.3 Mbit/s`.
pub fn words(allocation: &[f64], card: &ModelCard) -> String {
    let parts: Vec<String> = allocation
        .iter()
        .zip(card.resources())
        .map(|(amount, field)| number_text::amount(*amount, &field.unit))
        .collect();
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A viridis colour for a share of degraded users; the square root parts the small shares.
fn colour(degradation: f64) -> String {
    format!("#{:x}", colorous::VIRIDIS.eval_continuous(degradation.max(0.0).sqrt()))
}

/// The colour of the band that starts at level `index`, or of the part below the first level.
fn band_colour(index: Option<usize>) -> String {
    match index {
        None => colour(0.0),
        Some(index) => {
            let above = LEVELS.get(index + 1).copied().unwrap_or(1.0);
            colour(0.5 * (LEVELS[index] + above))
        }
    }
}

fn draw_bands(drawing: &mut Drawing, field: &Landscape, area: Area) {
    drawing.coloured_rectangle(&band_colour(None), area);
    let Ok(contours) = builder(field, true).contours(&field.degradation, &LEVELS) else { return };
    for (index, contour) in contours.iter().enumerate() {
        let mut commands = String::new();
        for polygon in contour.geometry().iter() {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                let points = ring.coords().map(|p| on_area(field, area, p.x, p.y));
                push_points(&mut commands, points);
                commands.push('Z');
            }
        }
        if commands.len() > 1 {
            drawing.coloured_path(&band_colour(Some(index)), &commands);
        }
    }
}

fn draw_boundary(drawing: &mut Drawing, field: &Landscape, threshold: f64, area: Area) {
    let Ok(lines) = builder(field, true).lines(&field.degradation, &[threshold]) else { return };
    let mut commands = String::new();
    // Contours are closed along the grid's edge, where there is no boundary to draw.
    let (columns, rows) = (field.x.len() as f64, field.y.len() as f64);
    let inside = |x: f64, y: f64| x > 0.0 && x < columns && y > 0.0 && y < rows;
    for line in lines.iter().flat_map(|line| line.geometry().iter()) {
        let points = line.coords().map(|p| match inside(p.x, p.y) {
            true => on_area(field, area, p.x, p.y),
            false => (f64::NAN, f64::NAN),
        });
        push_points(&mut commands, points);
    }
    if !commands.is_empty() {
        drawing.path(HALO, &commands);
        drawing.path(BOUNDARY, &commands);
    }
}

fn builder(field: &Landscape, smooth: bool) -> ContourBuilder {
    ContourBuilder::new(field.x.len(), field.y.len(), smooth)
}

/// A point of the contour's grid, whose samples lie half a cell from its edge, on the plot.
fn on_area(field: &Landscape, area: Area, column: f64, row: f64) -> (f64, f64) {
    let across = (column - 0.5) / (field.x.len() - 1) as f64;
    let up = (row - 0.5) / (field.y.len() - 1) as f64;
    (area.left + across * area.width(), area.bottom - up * area.height())
}

fn draw_trained_range(drawing: &mut Drawing, card: &ModelCard, plot: &Axes) {
    let [x, y, ..] = card.resources() else { return };
    let (left, bottom) = plot.point(x.trained_minimum, y.trained_minimum);
    let (right, top) = plot.point(x.trained_maximum, y.trained_maximum);
    drawing.rectangle(TRAINED, Area { left, top, right, bottom });
}

fn draw_plan(drawing: &mut Drawing, slice: usize, plan: &SlicePlan, plot: &Axes) {
    let place = |allocation: &Vec<f64>| match allocation[..] {
        [x, y, ..] => plot.point(x, y),
        _ => (f64::NAN, f64::NAN),
    };
    for path in plan.paths.iter().filter(|path| path.slice == slice) {
        drawing.polyline(PATH, path.points.iter().map(place));
    }
    if let Some(allocated) = plan.slices.get(slice) {
        drawing.circle(OPTIMUM, place(&allocated.allocation), 5.0);
    }
}

/// The colours with their levels, from the least to the most degraded upwards.
fn draw_key(drawing: &mut Drawing, area: Area) {
    let left = area.right + 10.0;
    let height = area.height() / (LEVELS.len() + 1) as f64;
    for band in 0..=LEVELS.len() {
        let bottom = area.bottom - band as f64 * height;
        let patch = Area { left, right: left + 12.0, top: bottom - height, bottom };
        drawing.coloured_rectangle(&band_colour(band.checked_sub(1)), patch);
        if let Some(level) = LEVELS.get(band) {
            let at = (left + 16.0, bottom - height + 4.0);
            drawing.text(LABEL, at, Anchor::Start, &number_text::percent(*level));
        }
    }
}

fn table_of(field: Arc<Landscape>, card: Arc<ModelCard>, is_bound: bool) -> MakeTable {
    Arc::new(move || {
        let kind = if is_bound { "upper bound of the" } else { "expected" };
        let name =
            |index: usize| format!("{} ({})", card.inputs[index].name, card.inputs[index].unit);
        let rows = field.degradation.iter().enumerate().map(|(index, degradation)| {
            let (row, column) = (index / field.x.len(), index % field.x.len());
            [field.x[column], field.y[row], *degradation].map(Cell::Number).to_vec()
        });
        DataTable {
            columns: vec![name(1), name(2), [kind, " degradation (share of users)"].concat()],
            rows: rows.collect(),
        }
    })
}

fn probe(
    field: Arc<Landscape>,
    card: Arc<ModelCard>,
    plot: &Axes,
    start: (f64, f64),
    side: &'static str,
) -> Probe {
    Probe {
        columns: field.x.iter().map(|x| plot.x.at(*x)).collect(),
        rows: field.y.iter().map(|y| plot.y.at(*y)).collect(),
        places: Vec::new(),
        over: plot.area,
        start,
        read: Arc::new(move |column, row| {
            let allocation = vec![field.x[column], field.y[row]];
            let degradation = field.degradation[row * field.x.len() + column];
            let mut text = format!(
                "{}: {side}{} of users degraded",
                words(&allocation, &card),
                number_text::percent(degradation)
            );
            if let Some(measured) = measured_at(&field, column, row) {
                let share = number_text::percent(measured.degradation);
                let (place, rows) = (words(&measured.allocation, &card), measured.rows);
                text += &format!("; measured at {place}: {share} in {rows} rows");
            }
            Reading { text, allocation: Some(allocation) }
        }),
    }
}

/// What was measured within half a step of a place of the grid.
fn measured_at(field: &Landscape, column: usize, row: usize) -> Option<&MeasuredAllocation> {
    let near = |values: &[f64], index: usize, amount: f64| {
        let step = values[1] - values[0];
        (values[index] - amount).abs() <= 0.5 * step
    };
    field.measured.iter().find(|measured| match measured.allocation[..] {
        [x, y, ..] => near(&field.x, column, x) && near(&field.y, row, y),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::{models, precomputed};

    #[test]
    fn the_plan_lies_on_the_boundary_of_the_field() {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let field = precomputed::every_seventh(&precomputed::landscape().unwrap());
        let plan = precomputed::plan().unwrap();
        let chart = draw(&Arc::new(field), &problem, &card, Some(&plan), None).unwrap();
        insta::assert_snapshot!("landscape", saved(&chart));
    }

    #[test]
    fn a_reading_of_a_bound_says_at_most() {
        let mut problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let field = Arc::new(precomputed::every_seventh(&precomputed::landscape().unwrap()));
        let read = |problem: &SliceProblem| {
            let chart = draw(&field, problem, &card, None, None).unwrap();
            ((chart.probe.unwrap().read)(0, 0).text, chart.description)
        };
        assert!(problem.confidence.is_some());
        let (reading, description) = read(&problem);
        assert!(
            reading.contains(": at most ") && reading.contains(" of users degraded"),
            "{reading}"
        );
        assert!(description.starts_with("Upper bound of the share"), "{description}");
        problem.confidence = None;
        let (reading, description) = read(&problem);
        assert!(!reading.contains("at most"), "{reading}");
        assert!(description.starts_with("Expected share"), "{description}");
    }
}
