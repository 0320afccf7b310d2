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

/// The most columns of the overview; longer tests show the worst step of each column.
const MOST_COLUMNS: usize = 900;

/// Steps that are drawn together, with what is shown of them.
#[derive(Clone)]
struct Column {
    steps: Range<usize>,
    /// The step whose reservation left the least room, or fell short by most.
    worst: usize,
    demand: f64,
    reserved: f64,
    violations: usize,
}

impl Column {
    /// `steps` of the test, of which the worst one is shown.
    fn new(steps: Range<usize>, reserved: &[f64], demand: &[f64]) -> Self {
        let short = |step: usize| demand[step] - reserved[step];
        let least_room = steps.clone().max_by(|a, b| short(*a).total_cmp(&short(*b)));
        let worst = least_room.unwrap_or(steps.start);
        let violations = steps.clone().filter(|step| short(*step) > 0.0).count();
        Self { steps, worst, demand: demand[worst], reserved: reserved[worst], violations }
    }
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
        let columns = steps.clone().step_by(wide).map(|from| {
            Column::new(from..(from + wide).min(steps.end), &ours.reserved, &plan.demand)
        });
        Self { columns: Arc::new(columns.collect()), plan: plan.clone() }
    }

    fn highest(&self) -> f64 {
        self.columns.iter().map(|column| column.demand.max(column.reserved)).fold(1e-9, f64::max)
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
        let ending = if column.violations > 0 { ": violated" } else { "" };
        format!(
            "{}: demand {}, reserved {}{ending}",
            words::moment(self.plan.minute(column.worst)),
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
                Cell::Text(words::moment(self.plan.minute(column.worst))),
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
    let length = plan.steps_per_day();
    let days = plan.test_days();
    let every = days.div_ceil(8).max(1);
    for number in 0..days {
        let from = number * length;
        let (left, right) =
            (plot.x.at(from as f64), plot.x.at((from + length).min(plan.demand.len()) as f64));
        if number % every == 0 {
            let name = format!("{} {}", words::weekday(plan.minute(from)), number + 1);
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
    let length = plan.steps_per_day();
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
        let minute = plan.minute(step);
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
    let about = format!("{}, test day {}", words::weekday(plan.minute(steps.start)), day + 1);
    Some(picture.chart(size, &plot, drawing, &about))
}

/// The test day in which a column of the overview lies.
pub fn day_of_column(plan: &ReservationPlan, column: usize) -> usize {
    let wide = plan.demand.len().div_ceil(MOST_COLUMNS).max(1);
    column * wide / plan.steps_per_day()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::forecast::charts::examples;

    /// Three steps to a column: demand jumps above its reservation in one step of many.
    fn long_test() -> ReservationPlan {
        let mut plan = examples::reservation();
        let steps = 3 * MOST_COLUMNS - 1;
        plan.demand = (0..steps).map(|step| 10.0 + (step * 7919 % 101) as f64 / 10.0).collect();
        let reserved = |(step, demand): (usize, &f64)| match step % 11 {
            4 => demand - 0.5,
            // Far more than enough beside it, which is no excuse.
            3 | 5 => demand + 9.0,
            _ => demand + 2.0,
        };
        plan.methods[0].reserved = plan.demand.iter().enumerate().map(reserved).collect();
        plan
    }

    #[test]
    fn a_column_of_several_steps_shows_its_worst_one_in_drawing_and_csv() {
        let plan = Arc::new(long_test());
        let chart = overview(&plan, 0, (960.0, 230.0)).unwrap();
        let table = (chart.table)();
        assert_eq!(table.rows.len(), MOST_COLUMNS);
        let mut counted = 0.0;
        for (column, row) in table.rows.iter().enumerate() {
            let [Cell::Text(moment), Cell::Number(demand), Cell::Number(reserved), Cell::Number(n)] =
                &row[..]
            else {
                panic!("{row:?}");
            };
            assert_eq!(*n > 0.0, reserved < demand, "column {column}: {row:?}");
            // The row is one step of the plan, and none of its column has less room.
            let steps = 3 * column..(3 * column + 3).min(plan.demand.len());
            let room = |step: usize| plan.methods[0].reserved[step] - plan.demand[step];
            let least = steps.clone().map(room).fold(f64::INFINITY, f64::min);
            assert_eq!(reserved - demand, least, "column {column}");
            let named = steps.clone().any(|step| words::moment(plan.minute(step)) == *moment);
            assert!(named, "{moment} is not of column {column}");
            counted += n;
            let told = (chart.probe.as_ref().unwrap().read)(column, 0).text;
            assert_eq!(told.ends_with(": violated"), *n > 0.0, "{told}");
        }
        assert_eq!(counted, (0..plan.demand.len()).filter(|step| step % 11 == 4).count() as f64);
        let heights = |series: &str| heights(&chart.markup, series);
        let above = heights("i-series-0").into_iter().zip(heights("i-series-1"));
        // Heights count from the top.
        let above = above.filter(|(demand, reserved)| demand < reserved).count();
        assert_eq!((above, chart.markup.matches("i-degraded").count()), (2 * 245, 245));
    }

    /// The heights of the points of the line of this class.
    fn heights(markup: &str, class: &str) -> Vec<f64> {
        let line = markup.split_once(&format!("class=\"{class}\"")).unwrap().1;
        let commands = line.split_once(" d=\"").unwrap().1.split('"').next().unwrap();
        let points = commands.split(['M', 'L']).filter(|point| !point.is_empty());
        points.map(|point| point.split_once(' ').unwrap().1.parse().unwrap()).collect()
    }

    #[test]
    fn intervals_whose_promise_is_broken_are_marked() {
        let plan = Arc::new(examples::reservation());
        let size = (500.0, 220.0);
        insta::assert_snapshot!("overview", saved(&overview(&plan, 1, size).unwrap()));
        insta::assert_snapshot!("detail", saved(&detail(&plan, 0, size).unwrap()));
    }
}
