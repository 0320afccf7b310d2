//! A surface of plans as a heat map with contour lines.

use std::sync::Arc;

use contour::ContourBuilder;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};

use super::quantities::{self, Variable};
use crate::charts::axes::{self, Axes, Scale, TickText};
use crate::charts::drawing::{
    Anchor, Area, CONTOUR, CONTOUR_HALO, CROSS, CROSS_HALO, Cell, Chart, DataTable, Drawing,
    HeatCell, HeatMap, LABEL, MakeTable, Probe, Reading, push_points,
};
use crate::controls::number_text;
use crate::slice::batches::gathered::{Gathered, OUTSIDE, yes_or_no};
use crate::slice::charts::landscape::words;
use crate::slice::cost_unit::CostUnit;
use crate::slice::models;
use crate::slice::view_state::Pictured;

const CLIP: &str = "surface-area";
/// About as many contour lines are drawn.
const LINES: f64 = 8.0;
/// Right of the plot, for the colours.
const MARGIN: f64 = 66.0;
/// Share of the multipliers that the colours tell apart: near the edge of what can be kept they grow
/// without limit.
const TOLD_APART: f64 = 0.97;

/// What is drawn.
#[derive(Clone)]
pub struct Picture {
    /// The question.
    pub surface: Arc<Surface>,
    /// Its plans, x fastest.
    pub plans: Arc<Vec<Gathered>>,
    /// The model.
    pub card: Arc<ModelCard>,
    /// What the colours show.
    pub pictured: Pictured,
    /// Where the question of the controls lies, in its own numbers.
    pub current: Option<(f64, f64)>,
    /// What costs are counted in.
    pub unit: CostUnit,
    /// Width and height of the chart.
    pub size: (f64, f64),
}

impl Picture {
    fn columns(&self) -> usize {
        self.surface.x.points
    }

    fn rows(&self) -> usize {
        self.surface.y.points
    }

    fn plans(&self) -> Option<&Gathered> {
        self.plans.first().filter(|plans| plans.known.len() == self.columns() * self.rows())
    }

    /// The number shown of plan `index`; none where no plan keeps the promise or none is known.
    fn value(&self, plans: &Gathered, index: usize) -> Option<f64> {
        if !plans.known[index] || !plans.plans.feasible[index] {
            return None;
        }
        let value = match self.pictured {
            Pictured::Cost => plans.plans.costs[index],
            Pictured::Resource(resource) => plans.plans.allocation(index)[resource],
            Pictured::Degradation => plans.plans.degradations[index],
            Pictured::Multiplier => plans.plans.multipliers[index],
        };
        value.is_finite().then_some(value)
    }
}

/// What a surface shows, in words with the unit.
pub fn title_of(pictured: Pictured, card: &ModelCard, unit: &CostUnit) -> String {
    match pictured {
        Pictured::Cost => unit.heading(),
        Pictured::Resource(index) => {
            card.resources().get(index).map_or_else(String::new, models::heading_of)
        }
        Pictured::Degradation => "degraded users".to_owned(),
        Pictured::Multiplier => "multiplier λ".to_owned(),
    }
}

fn text_of(pictured: Pictured) -> TickText {
    if pictured == Pictured::Degradation { axes::percent } else { axes::number }
}

fn tick_text(axis: &Axis) -> TickText {
    if axis.quantity == Quantity::DegradationThreshold { axes::percent } else { axes::number }
}

/// Draws the picture.
pub fn draw(picture: Picture) -> Option<Chart> {
    let plans = picture.plans()?;
    let (x, y) = (
        quantities::variable(&picture.card, picture.surface.x.quantity)?,
        quantities::variable(&picture.card, picture.surface.y.quantity)?,
    );
    let plot = Axes::within(
        picture.size,
        edges(&picture.surface.x, &x),
        edges(&picture.surface.y, &y),
        MARGIN,
    );
    let values: Vec<f64> =
        (0..plans.known.len()).map(|i| picture.value(plans, i).unwrap_or(f64::NAN)).collect();
    let range = range_of(&values, picture.pictured);
    let levels = levels(range);
    let mut drawing = Drawing::default();
    drawing.clipped(CLIP, plot.area, |drawing| {
        draw_lines(drawing, &picture, &values, &levels, plot.area);
        if let Some(at) = picture.current {
            draw_cross(drawing, plot.point(x.factor * at.0, y.factor * at.1));
        }
    });
    let hatched = (0..plans.known.len()).any(|i| plans.known[i] && !plans.plans.feasible[i]);
    draw_key(&mut drawing, plot.area, range, &levels, picture.pictured);
    plot.draw(
        &mut drawing,
        (&x.heading(), &y.heading()),
        (tick_text(&picture.surface.x), tick_text(&picture.surface.y)),
    );
    let title = title_of(picture.pictured, &picture.card, &picture.unit);
    drawing.text(LABEL, (picture.size.0 - 4.0, plot.area.top - 7.0), Anchor::End, &title);
    let heat = heat(&picture, plans, &values, range, plot.area);
    let mut key = vec![
        ("k-cross", "the question as it stands".to_owned()),
        ("", "click, tap twice or press Enter to adopt a plan".to_owned()),
    ];
    if hatched {
        key.insert(1, ("k-hatched", "no plan keeps the promise".to_owned()));
    }
    Some(Chart {
        size: picture.size,
        heat: Some(heat),
        markup: drawing.into_markup(),
        description: describe(&picture, plans, range, (&x, &y)),
        key,
        table: table_of(picture.clone()),
        probe: Some(probe(picture, &plot, (x, y))),
        locate: None,
    })
}

/// The ends of an axis with half a cell beyond its first and last value, in shown units.
fn edges(axis: &Axis, variable: &Variable) -> (f64, f64) {
    let half = 0.5 * (axis.to - axis.from) / (axis.points - 1) as f64;
    (variable.factor * (axis.from - half), variable.factor * (axis.to + half))
}

/// The values between which colours run.
fn range_of(values: &[f64], pictured: Pictured) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(lowest), Some(mut highest)) = (sorted.first().copied(), sorted.last().copied())
    else {
        return (0.0, 1.0);
    };
    if pictured == Pictured::Multiplier {
        highest = sorted[((sorted.len() - 1) as f64 * TOLD_APART) as usize];
    }
    let size = highest.abs().max(lowest.abs()).max(1e-12);
    if highest - lowest > 1e-3 * size { (lowest, highest) } else { (lowest, lowest + 0.1 * size) }
}

/// Round values inside the range.
fn levels((lowest, highest): (f64, f64)) -> Vec<f64> {
    let inside = |level: &f64| *level > lowest && *level < highest;
    Scale::new(lowest, highest, 0.0, 1.0).ticks(LINES).into_iter().filter(inside).collect()
}

fn colour(value: f64, (lowest, highest): (f64, f64)) -> [u8; 3] {
    let share = ((value - lowest) / (highest - lowest)).clamp(0.0, 1.0);
    let colour = colorous::VIRIDIS.eval_continuous(share);
    [colour.r, colour.g, colour.b]
}

fn heat(
    picture: &Picture,
    plans: &Gathered,
    values: &[f64],
    range: (f64, f64),
    over: Area,
) -> HeatMap {
    let cell = |index: usize| match (plans.known[index], values[index]) {
        (false, _) => HeatCell::Blank,
        (true, value) if value.is_finite() => HeatCell::Colour(colour(value, range)),
        (true, _) => HeatCell::Hatched,
    };
    let cells = (0..values.len()).map(cell).collect();
    HeatMap { columns: picture.columns(), cells, over }
}

fn draw_lines(
    drawing: &mut Drawing,
    picture: &Picture,
    values: &[f64],
    levels: &[f64],
    area: Area,
) {
    let (columns, rows) = (picture.columns(), picture.rows());
    let builder = ContourBuilder::new(columns, rows, true);
    let Ok(lines) = builder.lines(values, levels) else { return };
    // Lines are closed along the grid's edge and along cells without a plan, where there is nothing
    // to draw: a point lies between two cells, and both must have a value.
    let has_value = |x: f64, y: f64| {
        let near = |at: f64| [(at - 0.5).floor(), (at - 0.5).ceil()];
        near(y).into_iter().all(|row| {
            near(x).into_iter().all(|column| {
                column >= 0.0
                    && row >= 0.0
                    && column < columns as f64
                    && row < rows as f64
                    && values[row as usize * columns + column as usize].is_finite()
            })
        })
    };
    let place = |x: f64, y: f64| match has_value(x, y) {
        true => (
            area.left + x / columns as f64 * area.width(),
            area.bottom - y / rows as f64 * area.height(),
        ),
        false => (f64::NAN, f64::NAN),
    };
    let mut commands = String::new();
    for line in lines.iter().flat_map(|line| line.geometry().iter()) {
        push_points(&mut commands, line.coords().map(|p| place(p.x, p.y)));
    }
    if !commands.is_empty() {
        drawing.path(CONTOUR_HALO, &commands);
        drawing.path(CONTOUR, &commands);
    }
}

fn draw_cross(drawing: &mut Drawing, (x, y): (f64, f64)) {
    const ARM: f64 = 6.0;
    for ink in [CROSS_HALO, CROSS] {
        drawing.line(ink, (x - ARM, y - ARM), (x + ARM, y + ARM));
        drawing.line(ink, (x - ARM, y + ARM), (x + ARM, y - ARM));
    }
}

/// The colours from the lowest value upwards, with the levels of the lines.
fn draw_key(
    drawing: &mut Drawing,
    area: Area,
    range: (f64, f64),
    levels: &[f64],
    pictured: Pictured,
) {
    const STEPS: usize = 60;
    let left = area.right + 10.0;
    let height = area.height() / STEPS as f64;
    let step = (range.1 - range.0) / STEPS as f64;
    for index in 0..STEPS {
        let [red, green, blue] = colour(range.0 + (index as f64 + 0.5) * step, range);
        let bottom = area.bottom - index as f64 * height;
        // A little overlap hides the seams.
        let patch = Area { left, right: left + 12.0, top: bottom - height - 0.4, bottom };
        drawing.coloured_rectangle(&format!("#{red:02x}{green:02x}{blue:02x}"), patch);
    }
    let scale = Scale::new(range.0, range.1, area.bottom, area.top);
    for level in levels {
        let y = scale.at(*level);
        drawing.line(CONTOUR, (left, y), (left + 12.0, y));
        drawing.text(LABEL, (left + 16.0, y + 4.0), Anchor::Start, &text_of(pictured)(*level));
    }
}

fn describe(
    picture: &Picture,
    plans: &Gathered,
    range: (f64, f64),
    (x, y): (&Variable, &Variable),
) -> String {
    let kept = plans.plans.feasible.iter().filter(|feasible| **feasible).count();
    let text = text_of(picture.pictured);
    let outside = (0..plans.known.len()).filter(|index| plans.plans.is_outside(*index)).count();
    let outside = match outside {
        0 => String::new(),
        1 => [" One lies ", OUTSIDE, "."].concat(),
        count => [" ", &number_text::rounded(count as f64), " lie ", OUTSIDE, "."].concat(),
    };
    format!(
        "The {} of {} plans over {} and {}, from {} to {}. For {} of them the promise can be kept.{outside}",
        match picture.pictured {
            Pictured::Cost => picture.unit.column(),
            pictured => title_of(pictured, &picture.card, &picture.unit),
        },
        number_text::rounded(plans.known.len() as f64),
        x.title,
        y.title,
        text(range.0),
        text(range.1),
        number_text::coarse_percent(kept as f64 / plans.done.max(1) as f64),
    )
}

fn table_of(picture: Picture) -> MakeTable {
    Arc::new(move || {
        let (Some(plans), Some(x), Some(y)) = (
            picture.plans(),
            quantities::variable(&picture.card, picture.surface.x.quantity),
            quantities::variable(&picture.card, picture.surface.y.quantity),
        ) else {
            return DataTable::default();
        };
        let heading = |variable: &Variable| format!("{} ({})", variable.title, variable.unit);
        let mut columns = vec![heading(&x), heading(&y)];
        let resources = picture.card.resources();
        columns.extend(resources.iter().map(|field| format!("{} ({})", field.name, field.unit)));
        columns.push(picture.unit.column());
        columns.extend(["degradation", "multiplier", "feasible", OUTSIDE].map(str::to_owned));
        let row = |index: usize| {
            let (column, row) = (index % picture.columns(), index / picture.columns());
            let at = [
                x.factor * picture.surface.x.value(column),
                y.factor * picture.surface.y.value(row),
            ];
            let number = |value: f64| Cell::from(value.is_finite().then_some(value));
            let mut cells: Vec<Cell> = at.into_iter().map(Cell::Number).collect();
            let amount = |value: f64| match value.is_finite() {
                true => Cell::Amount(value),
                false => Cell::Empty,
            };
            cells.extend(plans.plans.allocation(index).iter().map(|value| amount(*value)));
            cells.push(number(plans.plans.costs[index]));
            cells.push(number(plans.plans.degradations[index]));
            cells.push(number(plans.plans.multipliers[index]));
            let said = [plans.plans.feasible[index], plans.plans.is_outside(index)];
            cells.extend(said.map(|is_so| match plans.known[index] {
                false => Cell::Empty,
                true => yes_or_no(is_so),
            }));
            cells
        };
        DataTable { rows: (0..plans.known.len()).map(row).collect(), columns }
    })
}

fn probe(picture: Picture, plot: &Axes, (x, y): (Variable, Variable)) -> Probe {
    let centres = |count: usize, from: f64, to: f64| {
        (0..count).map(|i| from + (i as f64 + 0.5) / count as f64 * (to - from)).collect()
    };
    let area = plot.area;
    let start = match picture.current {
        Some(at) => plot.point(x.factor * at.0, y.factor * at.1),
        None => (area.left, area.bottom),
    };
    Probe {
        columns: centres(picture.columns(), area.left, area.right),
        rows: centres(picture.rows(), area.bottom, area.top),
        places: Vec::new(),
        over: area,
        start,
        read: Arc::new(move |column, row| read(&picture, (&x, &y), column, row)),
    }
}

fn read(picture: &Picture, (x, y): (&Variable, &Variable), column: usize, row: usize) -> Reading {
    let at = format!(
        "{} and {}",
        x.words(picture.surface.x.value(column)),
        y.words(picture.surface.y.value(row))
    );
    let index = row * picture.columns() + column;
    let Some(plans) = picture.plans().filter(|plans| plans.known[index]) else {
        return Reading { text: format!("{at}: not planned yet"), allocation: None };
    };
    let allocation = plans.plans.allocation(index).to_vec();
    let degraded = number_text::percent(plans.plans.degradations[index]);
    let amounts = words(&allocation, &picture.card);
    if !plans.plans.feasible[index] {
        let text = format!(
            "{at}: no plan keeps the promise; {amounts} come closest, with {degraded} degraded"
        );
        return Reading { text, allocation: Some(allocation) };
    }
    let mut text = format!(
        "{at}: {amounts}, cost {}, {degraded} degraded",
        picture.unit.words(plans.plans.costs[index]),
    );
    // In steps a little more may change nothing.
    if !picture.surface.problem.has_granularity() {
        text.push_str("; 1 % more would save ");
        text.push_str(&number_text::rounded(0.01 * plans.plans.multipliers[index]));
    }
    if plans.plans.is_outside(index) {
        text.push_str("; ");
        text.push_str(OUTSIDE);
    }
    Reading { text, allocation: Some(allocation) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::slice::precomputed;
    use slicewise_core::slice::batch::BatchPlans;

    fn picture(known: usize) -> Picture {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let (x, y) = (
            Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points: 4 },
            Axis { quantity: Quantity::QosThreshold, from: 2.0, to: 8.0, points: 3 },
        );
        let mut plans = Gathered::new(12, 2);
        let part = BatchPlans {
            resources: 2,
            allocations: (0..2 * known).map(|i| i as f64).collect(),
            costs: (0..known).map(|i| i as f64).collect(),
            degradations: vec![0.1; known],
            multipliers: vec![1.0; known],
            feasible: (0..known).map(|i| i != 3).collect(),
            outside: (0..known).map(|i| i == 3 || i == 11).collect(),
            ..BatchPlans::default()
        };
        plans.place(0, &part).unwrap();
        Picture {
            surface: Arc::new(Surface { problem, x, y }),
            plans: Arc::new(vec![plans]),
            card,
            pictured: Pictured::Cost,
            current: Some((3.0, 5.0)),
            unit: CostUnit::default(),
            size: (640.0, 400.0),
        }
    }

    #[test]
    fn cells_are_coloured_hatched_or_blank() {
        let heat = draw(picture(8)).unwrap().heat.unwrap();
        assert_eq!((heat.columns, heat.rows()), (4, 3));
        assert_eq!(heat.cells[3], HeatCell::Hatched);
        assert_eq!(heat.cells[8], HeatCell::Blank);
        assert_eq!(heat.cells[0], HeatCell::Colour(colour(0.0, (0.0, 1.0))));
        assert_eq!(heat.cells[7], HeatCell::Colour(colour(1.0, (0.0, 1.0))));
    }

    #[test]
    fn a_reading_names_both_quantities_and_the_plan() {
        let chart = draw(picture(12)).unwrap();
        let read = chart.probe.unwrap().read;
        assert_eq!(
            read(0, 1).text,
            "1 users/s and 5 Mbit/s: 8 millicores and 9 Mbit/s, cost 4 of capacity, 10 % degraded; \
             1 % more would save 0.01"
        );
        assert!(read(3, 0).text.contains("no plan keeps the promise"));
    }

    #[test]
    fn a_plan_outside_the_measurements_says_so_in_reading_table_and_description() {
        let chart = draw(picture(12)).unwrap();
        let rows = (chart.table)().rows;
        let marked = |row: &Vec<Cell>| row.last() == Some(&Cell::Text("yes".to_owned()));
        let marked: Vec<usize> = (0..rows.len()).filter(|index| marked(&rows[*index])).collect();
        assert_eq!(marked, [11], "what breaks its promise is no plan");
        let read = chart.probe.unwrap().read;
        assert!(read(3, 2).text.ends_with("; outside the measurements"), "{}", read(3, 2).text);
        assert!(!read(2, 2).text.contains("outside"));
        assert!(
            chart.description.ends_with(" One lies outside the measurements."),
            "{}",
            chart.description
        );
    }

    #[test]
    fn a_reading_in_steps_tells_no_slope() {
        let mut picture = picture(12);
        Arc::make_mut(&mut picture.surface).problem.resources[0].granularity = Some(100.0);
        let text = (draw(picture).unwrap().probe.unwrap().read)(0, 1).text;
        assert!(text.ends_with("10 % degraded"), "{text}");
    }

    #[test]
    fn the_table_has_a_row_per_plan_in_the_controls_units() {
        let table = (draw(picture(12)).unwrap().table)();
        assert_eq!(table.rows.len(), 12);
        assert_eq!(table.rows[5][0], Cell::Number(1.0 + 4.0 / 3.0));
        assert_eq!(table.rows[5][1], Cell::Number(5.0));
    }

    #[test]
    fn a_surface_has_colours_contours_and_the_question_as_it_stands() {
        insta::assert_snapshot!("surface", saved(&draw(picture(12)).unwrap()));
    }
}
