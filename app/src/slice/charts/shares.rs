//! What share of each resource's capacity every slice gets.

use std::sync::Arc;

use slicewise_core::card::ModelCard;
use slicewise_core::slice::{SlicePlan, SliceProblem};

use crate::charts::axes::Scale;
use crate::charts::drawing::{
    AXIS, Anchor, Area, CURRENT, Cell, Chart, DataTable, Drawing, HEIGHT, LABEL, MakeTable,
    NOTHING, Probe, Reading, SIZE, SLICE_COLOURS, TEXT, TEXT_ON_COLOUR, WIDTH,
};
use crate::controls::number_text;
use crate::slice::models;

const LEFT: f64 = 12.0;
const TOP: f64 = 26.0;

/// Draws one stacked bar per resource.
pub fn draw(
    plan: &Arc<SlicePlan>,
    problem: &Arc<SliceProblem>,
    card: &Arc<ModelCard>,
) -> Option<Chart> {
    if plan.slices.is_empty() || problem.resources.is_empty() {
        return None;
    }
    let width = WIDTH - 2.0 * LEFT;
    let pitch = (HEIGHT - TOP - 30.0) / problem.resources.len() as f64;
    let height = (pitch - 34.0).clamp(14.0, 44.0);
    let totals = plan.total_allocation();
    let whole = largest_share(&totals, problem);
    let scale = Scale::new(0.0, whole, LEFT, LEFT + width);
    let mut drawing = Drawing::default();
    let mut middles = Vec::new();
    for (index, resource) in problem.resources.iter().enumerate() {
        let top = TOP + index as f64 * pitch;
        let field = card.resources().get(index)?;
        let heading = format!(
            "{}: {} of {}",
            models::title_of(field),
            number_text::rounded_up(totals[index]),
            number_text::quantity(resource.capacity, &field.unit)
        );
        drawing.text(TEXT, (LEFT, top - 6.0), Anchor::Start, &heading);
        let used = number_text::coarse_percent(totals[index] / resource.capacity);
        drawing.text(LABEL, (WIDTH - LEFT, top - 6.0), Anchor::End, &used);
        let row = Area { left: LEFT, top, right: scale.at(1.0), bottom: top + height };
        drawing.rectangle(NOTHING, row);
        draw_slices(&mut drawing, plan, index, resource.capacity, row, scale);
        middles.push(top + height / 2.0);
    }
    let bottom = TOP + problem.resources.len() as f64 * pitch - 18.0;
    draw_scale(&mut drawing, bottom, scale, whole);
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(plan, problem, card),
        key: key(whole),
        table: table_of(plan.clone(), problem.clone(), card.clone()),
        probe: Some(probe(plan.clone(), problem.clone(), card.clone(), (middles, scale))),
        locate: None,
    })
}

/// The share of the capacity that is shown in full: the largest of all, at least 1.
fn largest_share(totals: &[f64], problem: &SliceProblem) -> f64 {
    let shares = totals.iter().zip(&problem.resources).map(|(total, terms)| total / terms.capacity);
    let largest = shares.fold(1.0, f64::max);
    // A sum may exceed a capacity that it fills by its rounding.
    if largest > 1.0 + 1e-9 { largest } else { 1.0 }
}

fn key(whole: f64) -> Vec<(&'static str, String)> {
    let mut key = vec![("", "numbers: slices in order; grey: free".to_owned())];
    if whole > 1.0 {
        key.push(("k-current", "the capacity, of which there is not enough".to_owned()));
    }
    key
}

fn draw_slices(
    drawing: &mut Drawing,
    plan: &SlicePlan,
    resource: usize,
    capacity: f64,
    row: Area,
    scale: Scale,
) {
    let (mut before, mut left) = (0.0, row.left);
    for (index, slice) in plan.slices.iter().enumerate() {
        let amount = slice.allocation[resource];
        before += amount / capacity;
        let right = scale.at(before);
        if amount > 0.0 {
            // The smallest share keeps a line of its own.
            let piece = Area { left, right: (right - 1.0).max(left + 0.8), ..row };
            drawing.coloured_rectangle(SLICE_COLOURS[index % SLICE_COLOURS.len()], piece);
        }
        if right - left > 16.0 {
            let at = ((left + right) / 2.0, (row.top + row.bottom) / 2.0 + 4.0);
            drawing.text(TEXT_ON_COLOUR, at, Anchor::Middle, &(index + 1).to_string());
        }
        left = right;
    }
}

fn draw_scale(drawing: &mut Drawing, y: f64, scale: Scale, whole: f64) {
    let (left, right) = (scale.at(0.0), scale.at(whole));
    drawing.line(AXIS, (left, y), (right, y));
    for share in scale.ticks(4.0) {
        let x = scale.at(share);
        drawing.line(AXIS, (x, y), (x, y + 4.0));
        let anchor = match x {
            x if x < left + 12.0 => Anchor::Start,
            x if x > right - 18.0 => Anchor::End,
            _ => Anchor::Middle,
        };
        drawing.text(LABEL, (x, y + 15.0), anchor, &number_text::coarse_percent(share));
    }
    drawing.text(LABEL, (WIDTH / 2.0, y + 30.0), Anchor::Middle, "share of capacity");
    if whole > 1.0 {
        drawing.line(CURRENT, (scale.at(1.0), TOP - 4.0), (scale.at(1.0), y));
    }
}

fn describe(plan: &SlicePlan, problem: &SliceProblem, card: &ModelCard) -> String {
    let totals = plan.total_allocation();
    let parts: Vec<String> = problem
        .resources
        .iter()
        .zip(card.resources())
        .zip(totals)
        .map(|((terms, field), total)| {
            format!("{} of the {}", number_text::coarse_percent(total / terms.capacity), field.name)
        })
        .collect();
    format!("{} slices use {}.", plan.slices.len(), parts.join(" and "))
}

fn table_of(plan: Arc<SlicePlan>, problem: Arc<SliceProblem>, card: Arc<ModelCard>) -> MakeTable {
    Arc::new(move || {
        let mut columns = vec!["slice".to_owned()];
        for field in card.resources() {
            columns.push(format!("{} ({})", field.name, field.unit));
            columns.push(format!("share of {} capacity", field.name));
        }
        let rows = plan.slices.iter().map(|slice| {
            let mut row = vec![Cell::Text(slice.name.clone())];
            for (amount, resource) in slice.allocation.iter().zip(&problem.resources) {
                row.extend([Cell::Amount(*amount), Cell::Number(amount / resource.capacity)]);
            }
            row
        });
        DataTable { rows: rows.collect(), columns }
    })
}

/// Left and right read the slices; the pointer reads the slice under it in the first resource.
fn probe(
    plan: Arc<SlicePlan>,
    problem: Arc<SliceProblem>,
    card: Arc<ModelCard>,
    (middles, scale): (Vec<f64>, Scale),
) -> Probe {
    let capacity = problem.resources.first().map_or(1.0, |resource| resource.capacity);
    let mut before = 0.0;
    let columns = plan.slices.iter().map(|slice| {
        let share = slice.allocation.first().map_or(0.0, |amount| amount / capacity);
        before += share;
        scale.at(before - share / 2.0)
    });
    Probe {
        columns: columns.collect(),
        rows: middles.into_iter().take(1).collect(),
        places: Vec::new(),
        over: Area { left: LEFT, top: TOP, right: WIDTH - LEFT, bottom: HEIGHT - 30.0 },
        start: (LEFT, TOP),
        read: Arc::new(move |column, _| {
            let slice = &plan.slices[column];
            let text =
                format!("{}: {}", slice.name, super::landscape::words(&slice.allocation, &card));
            Reading { text, allocation: Some(slice.allocation.clone()) }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::{models, precomputed};

    #[test]
    fn two_slices_share_every_capacity() {
        let mut problem = precomputed::default_problem();
        let mut plan = (*precomputed::plan().unwrap()).clone();
        problem.slices.push(problem.slices[0].clone());
        plan.slices.push(plan.slices[0].clone());
        plan.slices[1].allocation = vec![1000.0, 5.0];
        let card = models::named(&problem.model).unwrap();
        let chart = draw(&Arc::new(plan), &Arc::new(problem), &card).unwrap();
        insta::assert_snapshot!("shares", saved(&chart));
    }

    /// Ten slices that each want almost half of both capacities.
    fn ten_slices() -> (SlicePlan, SliceProblem) {
        let mut problem = precomputed::default_problem();
        let mut plan = (*precomputed::plan().unwrap()).clone();
        problem.slices = vec![problem.slices[0].clone(); 10];
        plan.slices = vec![plan.slices[0].clone(); 10];
        (plan, problem)
    }

    #[test]
    fn ten_slices_that_overdraw_the_capacity_are_drawn_whole() {
        let (plan, problem) = ten_slices();
        let whole = largest_share(&plan.total_allocation(), &problem);
        assert!(whole > 4.0, "{whole}");
        let card = models::named(&problem.model).unwrap();
        let chart = draw(&Arc::new(plan), &Arc::new(problem), &card).unwrap();
        for number in 1..=10 {
            assert!(chart.markup.contains(&format!(">{number}</text>")), "{number} is cut off");
        }
        insta::assert_snapshot!("overdrawn", saved(&chart));
    }

    #[test]
    fn a_share_below_one_per_cent_does_not_vanish() {
        let (mut plan, mut problem) = ten_slices();
        plan.slices.truncate(2);
        problem.slices.truncate(2);
        plan.slices[0].allocation = vec![9.0, 0.1];
        let card = models::named(&problem.model).unwrap();
        let chart = draw(&Arc::new(plan), &Arc::new(problem), &card).unwrap();
        let pieces = chart.markup.matches(SLICE_COLOURS[0]).count();
        assert_eq!(pieces, 2, "one for each resource");
        assert!(!chart.markup.contains("width=\"0\""), "{}", chart.markup);
    }
}
