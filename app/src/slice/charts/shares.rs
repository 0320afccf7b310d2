//! What share of each resource's capacity every slice gets.

use std::sync::Arc;

use slicewise_core::card::ModelCard;
use slicewise_core::slice::{SlicePlan, SliceProblem};

use crate::charts::drawing::{
    AXIS, Anchor, Area, Cell, Chart, DataTable, Drawing, HEIGHT, LABEL, MakeTable, NOTHING, Probe,
    Reading, SIZE, SLICE_COLOURS, TEXT, TEXT_ON_COLOUR, WIDTH,
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
    let mut drawing = Drawing::default();
    let mut middles = Vec::new();
    for (index, resource) in problem.resources.iter().enumerate() {
        let top = TOP + index as f64 * pitch;
        let field = card.resources().get(index)?;
        let heading = format!(
            "{}: {} of {}",
            models::title_of(field),
            number_text::rounded(totals[index]),
            number_text::quantity(resource.capacity, &field.unit)
        );
        drawing.text(TEXT, (LEFT, top - 6.0), Anchor::Start, &heading);
        let used = number_text::coarse_percent(totals[index] / resource.capacity);
        drawing.text(LABEL, (WIDTH - LEFT, top - 6.0), Anchor::End, &used);
        let row = Area { left: LEFT, top, right: LEFT + width, bottom: top + height };
        drawing.rectangle(NOTHING, row);
        draw_slices(&mut drawing, plan, index, resource.capacity, row);
        middles.push(top + height / 2.0);
    }
    let bottom = TOP + problem.resources.len() as f64 * pitch - 18.0;
    draw_scale(&mut drawing, bottom, width);
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(plan, problem, card),
        key: vec![("", "numbers: slices in order; grey: free".to_owned())],
        table: table_of(plan.clone(), problem.clone(), card.clone()),
        probe: Some(probe(plan.clone(), problem.clone(), card.clone(), middles)),
        locate: None,
    })
}

fn draw_slices(drawing: &mut Drawing, plan: &SlicePlan, resource: usize, capacity: f64, row: Area) {
    let mut left = row.left;
    for (index, slice) in plan.slices.iter().enumerate() {
        let right = (left + slice.allocation[resource] / capacity * row.width()).min(row.right);
        let piece = Area { left, right: (right - 1.0).max(left), ..row };
        drawing.coloured_rectangle(SLICE_COLOURS[index % SLICE_COLOURS.len()], piece);
        if right - left > 16.0 {
            let at = ((left + right) / 2.0, (row.top + row.bottom) / 2.0 + 4.0);
            drawing.text(TEXT_ON_COLOUR, at, Anchor::Middle, &(index + 1).to_string());
        }
        left = right;
    }
}

fn draw_scale(drawing: &mut Drawing, y: f64, width: f64) {
    drawing.line(AXIS, (LEFT, y), (LEFT + width, y));
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let x = LEFT + share * width;
        drawing.line(AXIS, (x, y), (x, y + 4.0));
        let anchor = match quarter {
            0 => Anchor::Start,
            4 => Anchor::End,
            _ => Anchor::Middle,
        };
        drawing.text(LABEL, (x, y + 15.0), anchor, &number_text::coarse_percent(share));
    }
    drawing.text(LABEL, (WIDTH / 2.0, y + 30.0), Anchor::Middle, "share of capacity");
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
                row.extend([*amount, amount / resource.capacity].map(Cell::Number));
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
    middles: Vec<f64>,
) -> Probe {
    let capacity = problem.resources.first().map_or(1.0, |resource| resource.capacity);
    let mut left = LEFT;
    let columns = plan.slices.iter().map(|slice| {
        let width =
            slice.allocation.first().map_or(0.0, |amount| amount / capacity) * (WIDTH - 2.0 * LEFT);
        let middle = left + width / 2.0;
        left += width;
        middle
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
}
