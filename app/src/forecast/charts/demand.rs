//! Demand and reservation over the test, and one day of it in detail.

use std::ops::Range;
use std::sync::Arc;

use slicewise_core::forecast::reservation::{MethodPlan, ReservationMethod, ReservationPlan};

use super::super::words;
use super::draw_axes;
use crate::charts::axes::Axes;
use crate::charts::drawing::{
    Anchor, Area, CURRENT, Cell, Chart, DEGRADED, DataTable, Drawing, LABEL, Probe, SERIES,
};
use crate::controls::number_text;

/// The most columns of the overview; longer tests show the largest demand of each column.
const MOST_COLUMNS: usize = 900;

/// Steps that are drawn together, with what is shown of them.
#[derive(Clone)]
struct Column {
    steps: Range<usize>,
    demand: f64,
    reserved: f64,
    violations: usize,
}

/// What both charts draw.
#[derive(Clone)]
struct Picture {
    plan: Arc<ReservationPlan>,
    columns: Arc<Vec<Column>>,
}

impl Picture {
    /// `steps` of the plan in at most [`MOST_COLUMNS`] columns.
    fn new(plan: &Arc<ReservationPlan>, ours: &MethodPlan, steps: Range<usize>) -> Self {
        let wide = steps.len().div_ceil(MOST_COLUMNS).max(1);
        let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        let columns = steps.clone().step_by(wide).map(|from| {
            let steps = from..(from + wide).min(steps.end);
            let (demand, reserved) = (&plan.demand[steps.clone()], &ours.reserved[steps.clone()]);
            let violated = reserved.iter().zip(demand).filter(|(c, y)| c < y);
            Column {
                violations: violated.count(),
                demand: largest(demand),
                reserved: largest(reserved),
                steps,
            }
        });
        Self { columns: Arc::new(columns.collect()), plan: plan.clone() }
    }

    fn highest(&self) -> f64 {
        self.columns.iter().map(|column| column.demand.max(column.reserved)).fold(1e-9, f64::max)
    }

    fn minute(&self, step: usize) -> i64 {
        self.plan.start_minute + step as i64 * i64::from(self.plan.step_minutes)
    }

    fn violations(&self) -> usize {
        self.columns.iter().map(|column| column.violations).sum()
    }

    fn draw_lines(&self, drawing: &mut Drawing, plot: &Axes) {
        let end = |column: &Column| column.steps.end as f64;
        for column in self.columns.iter().filter(|column| column.violations > 0) {
            let x = plot.x.at(0.5 * (column.steps.start as f64 + end(column)));
            let half =
                1.2_f64.max(0.5 * (plot.x.at(end(column)) - plot.x.at(column.steps.start as f64)));
            let area = Area { left: x - half, right: x + half, ..plot.area };
            drawing.rectangle(DEGRADED, area);
        }
        let stairs = |read: fn(&Column) -> f64| {
            let points = self.columns.iter().flat_map(|column| {
                let y = read(column);
                [plot.point(column.steps.start as f64, y), plot.point(end(column), y)]
            });
            points.collect::<Vec<_>>()
        };
        drawing.polyline(SERIES[1], stairs(|column| column.reserved));
        drawing.polyline(SERIES[0], stairs(|column| column.demand));
    }

    fn key(&self) -> Vec<(&'static str, String)> {
        vec![
            ("k-series-0", "demand".to_owned()),
            ("k-series-1", "reservation".to_owned()),
            ("k-violation", format!("{} intervals violated", self.violations())),
        ]
    }

    fn words(&self, column: &Column) -> String {
        let quantity = |value: f64| number_text::quantity(value, &self.plan.unit);
        let ending = if column.demand > column.reserved { ": violated" } else { "" };
        let largest = if column.steps.len() > 1 { "up to " } else { "" };
        format!(
            "{}: demand {largest}{}, reserved {largest}{}{ending}",
            words::moment(self.minute(column.steps.start)),
            quantity(column.demand),
            quantity(column.reserved)
        )
    }

    fn probe(&self, plot: &Axes) -> Probe {
        let picture = self.clone();
        let middle = |column: &Column| 0.5 * (column.steps.start + column.steps.end) as f64;
        Probe::along(
            plot.area,
            self.columns.iter().map(|column| plot.x.at(middle(column))).collect(),
            plot.area.left,
            move |column| {
                picture.columns.get(column).map_or_else(String::new, |c| picture.words(c))
            },
        )
    }

    fn table(&self) -> DataTable {
        let unit = &self.plan.unit;
        let row = |column: &Column| {
            vec![
                Cell::Text(words::moment(self.minute(column.steps.start))),
                Cell::Number(column.demand),
                Cell::Number(column.reserved),
                Cell::Number(column.violations as f64),
            ]
        };
        DataTable {
            columns: vec![
                "interval from (UTC)".to_owned(),
                format!("demand ({unit})"),
                format!("reservation ({unit})"),
                "violated intervals".to_owned(),
            ],
            rows: self.columns.iter().map(row).collect(),
        }
    }

    fn chart(&self, size: (f64, f64), plot: &Axes, drawing: Drawing, about: &str) -> Chart {
        let picture = self.clone();
        Chart {
            size,
            heat: None,
            markup: drawing.into_markup(),
            description: format!(
                "Demand and reservation for {} over {about}: {} of {} intervals violated.",
                self.plan.name,
                self.violations(),
                self.columns.iter().map(|column| column.steps.len()).sum::<usize>()
            ),
            key: self.key(),
            table: Arc::new(move || picture.table()),
            probe: Some(self.probe(plot)),
            locate: None,
        }
    }
}

fn ours(plan: &ReservationPlan) -> Option<&MethodPlan> {
    plan.methods.iter().find(|method| method.method == ReservationMethod::Learned)
}

/// All days of the test; `day` is marked.
pub fn overview(plan: &Arc<ReservationPlan>, day: usize, size: (f64, f64)) -> Option<Chart> {
    let picture = Picture::new(plan, ours(plan)?, 0..plan.demand.len());
    let end = plan.demand.len() as f64;
    let plot = Axes::within(size, (0.0, end), (0.0, 1.05 * picture.highest()), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    picture.draw_lines(&mut drawing, &plot);
    draw_axes(&plot, &mut drawing, ("", &plan.unit));
    let length = steps_per_day(plan);
    let days = plan.demand.len().div_ceil(length);
    let every = days.div_ceil(8).max(1);
    for number in 0..days {
        let from = number * length;
        let (left, right) =
            (plot.x.at(from as f64), plot.x.at((from + length).min(plan.demand.len()) as f64));
        if number % every == 0 {
            let name = format!("{} {}", words::weekday(picture.minute(from)), number + 1);
            let at = (0.5 * (left + right), plot.area.bottom + 15.0);
            drawing.text(LABEL, at, Anchor::Middle, &name);
        }
        if number == day {
            for x in [left, right] {
                drawing.line(CURRENT, (x, plot.area.top - 4.0), (x, plot.area.bottom));
            }
        }
    }
    Some(picture.chart(size, &plot, drawing, "the test"))
}

/// One day of the test.
pub fn detail(plan: &Arc<ReservationPlan>, day: usize, size: (f64, f64)) -> Option<Chart> {
    let length = steps_per_day(plan);
    let from = (day * length).min(plan.demand.len().saturating_sub(1));
    let steps = from..(from + length).min(plan.demand.len());
    let picture = Picture::new(plan, ours(plan)?, steps.clone());
    let range = (steps.start as f64, steps.end as f64);
    let plot = Axes::within(size, range, (0.0, 1.05 * picture.highest()), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    picture.draw_lines(&mut drawing, &plot);
    draw_axes(&plot, &mut drawing, ("time of day (UTC)", &plan.unit));
    let minutes = steps.len() as f64 * f64::from(plan.step_minutes);
    let every = if minutes >= 1000.0 { 180 } else { 60 };
    for step in steps.clone() {
        let minute = picture.minute(step);
        if minute.rem_euclid(every) == 0 {
            let x = plot.x.at(step as f64);
            drawing.text(
                LABEL,
                (x, plot.area.bottom + 15.0),
                Anchor::Middle,
                &words::clock(minute),
            );
        }
    }
    let about = format!("{}, test day {}", words::weekday(picture.minute(steps.start)), day + 1);
    Some(picture.chart(size, &plot, drawing, &about))
}

/// The test day in which a column of the overview lies.
pub fn day_of_column(plan: &ReservationPlan, column: usize) -> usize {
    let wide = plan.demand.len().div_ceil(MOST_COLUMNS).max(1);
    column * wide / steps_per_day(plan)
}

/// Days of the test, begun ones included.
pub fn days_of(plan: &ReservationPlan) -> usize {
    plan.demand.len().div_ceil(steps_per_day(plan)).max(1)
}

/// Steps of a day.
fn steps_per_day(plan: &ReservationPlan) -> usize {
    (1440 / plan.step_minutes.max(1)).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::forecast::charts::examples;

    #[test]
    fn intervals_whose_promise_is_broken_are_marked() {
        let plan = Arc::new(examples::reservation());
        let size = (500.0, 220.0);
        insta::assert_snapshot!("overview", saved(&overview(&plan, 1, size).unwrap()));
        insta::assert_snapshot!("detail", saved(&detail(&plan, 0, size).unwrap()));
    }
}
