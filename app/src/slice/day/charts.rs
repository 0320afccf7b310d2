//! The day's charts: resources over time, traffic over time, and cost over the interval's length.

use std::sync::Arc;

use slicewise_core::card::ModelCard;
use slicewise_core::slice::daily_trace::SLOT_MINUTES;
use slicewise_core::slice::day_figures::{LengthFigures, PeakFigures, interval_slots};
use slicewise_core::slice::sweep::Day;

use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{
    CURRENT, Cell, Chart, DataTable, Drawing, Probe, Reading, SERIES, SIZE, STATIC,
};
use crate::controls::number_text;
use crate::slice::batches::gathered::{Gathered, OUTSIDE, yes_or_no};
use crate::slice::charts::landscape::words;
use crate::slice::cost_unit::CostUnit;
use crate::slice::models;

/// The plans of one length of the interval.
#[derive(Clone)]
pub struct DayPlans {
    /// The question.
    pub day: Arc<Day>,
    /// One set of plans per sweep of the batch.
    pub plans: Arc<Vec<Gathered>>,
    /// Which of them belong to `day`.
    pub index: usize,
    /// The model.
    pub card: Arc<ModelCard>,
    /// The static allocation, once it is known.
    pub peak: Option<Arc<PeakFigures>>,
    /// What costs are counted in.
    pub unit: CostUnit,
}

impl DayPlans {
    fn plans(&self) -> Option<&Gathered> {
        self.plans.get(self.index)
    }

    /// Start and end of an interval, in hours.
    fn hours(&self, index: usize) -> (f64, f64) {
        let hour = SLOT_MINUTES as f64 / 60.0;
        let first = index * self.day.slots_per_interval;
        (first as f64 * hour, (first + interval_slots(&self.day, index)) as f64 * hour)
    }

    fn end(&self) -> f64 {
        self.day.trace.len() as f64 * SLOT_MINUTES as f64 / 60.0
    }

    /// Mean traffic of an interval, in users/s.
    pub fn traffic(&self, index: usize) -> f64 {
        let first = index * self.day.slots_per_interval;
        let slots = &self.day.trace[first..first + interval_slots(&self.day, index)];
        slots.iter().sum::<f64>() / slots.len() as f64
    }

    fn intervals(&self) -> usize {
        self.plans().map_or(0, |plans| plans.known.len())
    }

    fn middles(&self, plot: &Axes) -> Vec<f64> {
        (0..self.intervals())
            .map(|index| {
                let (from, to) = self.hours(index);
                plot.x.at(0.5 * (from + to))
            })
            .collect()
    }

    /// What an interval's plan is, in words.
    fn read(&self, index: usize) -> Reading {
        let (from, to) = self.hours(index);
        let at = format!(
            "{} to {}, {}",
            clock(from),
            clock(to),
            number_text::quantity(self.traffic(index), &self.card.inputs[0].unit)
        );
        let Some(plans) = self.plans().filter(|plans| plans.known[index]) else {
            return Reading { text: format!("{at}: not planned yet"), allocation: None };
        };
        let allocation = plans.plans.allocation(index).to_vec();
        let kept =
            if plans.plans.feasible[index] { "" } else { ", which does not keep the promise" };
        let outside =
            if plans.plans.is_outside(index) { [", ", OUTSIDE].concat() } else { String::new() };
        let text = format!(
            "{at}: {}, cost {}{kept}{outside}",
            words(&allocation, &self.card),
            self.unit.words(plans.plans.costs[index])
        );
        Reading { text, allocation: Some(allocation) }
    }

    fn table(&self) -> DataTable {
        let mut columns = vec!["from (h)".to_owned(), "to (h)".to_owned()];
        columns.push(format!("mean traffic ({})", self.card.inputs[0].unit));
        let resources = self.card.resources();
        columns.extend(resources.iter().map(|field| format!("{} ({})", field.name, field.unit)));
        columns.push(self.unit.column());
        columns.extend(["degradation", "feasible", OUTSIDE].map(str::to_owned));
        let Some(plans) = self.plans() else { return DataTable { columns, rows: Vec::new() } };
        let row = |index: usize| {
            let (from, to) = self.hours(index);
            let number = |value: f64| Cell::from(value.is_finite().then_some(value));
            let mut cells: Vec<Cell> =
                [from, to, self.traffic(index)].into_iter().map(Cell::Number).collect();
            let amount = |value: f64| match value.is_finite() {
                true => Cell::Amount(value),
                false => Cell::Empty,
            };
            cells.extend(plans.plans.allocation(index).iter().map(|value| amount(*value)));
            cells.push(number(plans.plans.costs[index]));
            cells.push(number(plans.plans.degradations[index]));
            cells.extend(
                [plans.plans.feasible[index], plans.plans.is_outside(index)].map(yes_or_no),
            );
            cells
        };
        DataTable { rows: (0..self.intervals()).map(row).collect(), columns }
    }

    /// The trace slot by slot, with the mean of the interval that plans are made for.
    fn traffic_table(&self) -> DataTable {
        let unit = &self.card.inputs[0].unit;
        let columns = vec![
            "from (h)".to_owned(),
            "to (h)".to_owned(),
            format!("traffic ({unit})"),
            format!("mean of the interval ({unit})"),
        ];
        let hour = SLOT_MINUTES as f64 / 60.0;
        let rows = self.day.trace.iter().enumerate().map(|(slot, users)| {
            let from = slot as f64 * hour;
            let mean = self.traffic(slot / self.day.slots_per_interval);
            [from, from + hour, *users, mean].map(Cell::Number).to_vec()
        });
        DataTable { rows: rows.collect(), columns }
    }

    fn probe(&self, plot: &Axes) -> Probe {
        let plans = self.clone();
        Probe {
            columns: self.middles(plot),
            rows: vec![plot.area.bottom],
            places: Vec::new(),
            over: plot.area,
            start: (plot.area.left, 0.0),
            read: Arc::new(move |column, _| plans.read(column)),
        }
    }
}

/// Hours of the day as a clock shows them: `07:05`.
fn clock(hours: f64) -> String {
    let minutes = (60.0 * hours).round() as u64;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The tick of an hour.
fn hour(hours: f64) -> String {
    format!("{} h", number_text::plain(hours))
}

/// A value holds from one end of its interval to the other.
fn steps(
    values: impl Iterator<Item = ((f64, f64), f64)>,
    plot: &Axes,
) -> impl Iterator<Item = (f64, f64)> {
    values.flat_map(|((from, to), value)| [plot.point(from, value), plot.point(to, value)])
}

/// Each resource's share of its capacity over the day, with the static allocation.
pub fn resources(plans: &DayPlans) -> Option<Chart> {
    let gathered = plans.plans()?;
    let terms = &plans.day.problem.resources;
    let plot = Axes::new((0.0, plans.end()), (0.0, 1.0), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    for (index, resource) in terms.iter().enumerate() {
        if let Some(peak) = &plans.peak {
            let share = peak.allocation[index] / resource.capacity;
            drawing.polyline(
                STATIC[index % STATIC.len()],
                [plot.point(0.0, share), plot.point(plans.end(), share)],
            );
        }
        let share =
            |interval: usize| gathered.plans.allocation(interval)[index] / resource.capacity;
        let values = (0..plans.intervals()).map(|i| (plans.hours(i), share(i)));
        drawing.polyline(SERIES[index % SERIES.len()], steps(values, &plot));
    }
    plot.draw(&mut drawing, ("time of day", "share of capacity"), (hour, axes::percent));
    const CLASSES: [&str; 4] = ["k-series-0", "k-series-1", "k-series-2", "k-series-3"];
    let mut key: Vec<(&'static str, String)> = plans
        .card
        .resources()
        .iter()
        .enumerate()
        .map(|(index, field)| (CLASSES[index % CLASSES.len()], models::title_of(field)))
        .collect();
    key.push(("k-static", "static allocation for the peak".to_owned()));
    key.push(("", "click to adopt an interval's traffic".to_owned()));
    let table = plans.clone();
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Each resource's share of its capacity in {} intervals of the day, with the static \
             allocation for the peak.",
            plans.intervals()
        ),
        key,
        table: Arc::new(move || table.table()),
        probe: Some(plans.probe(&plot)),
        locate: None,
    })
}

/// The trace, and the mean traffic of each interval.
pub fn traffic(plans: &DayPlans) -> Option<Chart> {
    let highest = plans.day.trace.iter().copied().fold(0.0, f64::max);
    let plot = Axes::new((0.0, plans.end()), (0.0, 1.08 * highest.max(1e-9)), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let slot = SLOT_MINUTES as f64 / 60.0;
    let slots = plans.day.trace.iter().enumerate();
    let slots =
        slots.map(|(index, users)| ((index as f64 * slot, (index + 1) as f64 * slot), *users));
    drawing.polyline(crate::charts::drawing::SAMPLE, steps(slots, &plot));
    let means = (0..plans.intervals()).map(|index| (plans.hours(index), plans.traffic(index)));
    drawing.polyline(SERIES[0], steps(means, &plot));
    let unit = &plans.card.inputs[0].unit;
    plot.draw(&mut drawing, ("time of day", unit), (hour, axes::number));
    let table = plans.clone();
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Traffic over the day in {} slots, up to {}.",
            plans.day.trace.len(),
            number_text::quantity(highest, unit)
        ),
        key: vec![
            ("k-sample", "each 5 minutes".to_owned()),
            ("k-series-0", "mean of the interval".to_owned()),
        ],
        table: Arc::new(move || table.traffic_table()),
        probe: Some(plans.probe(&plot)),
        locate: None,
    })
}

/// Saving against the static peak allocation, over the interval's length.
pub fn lengths(figures: &[LengthFigures], chosen: usize, unit: &CostUnit) -> Option<Chart> {
    let savings: Vec<(f64, f64)> = figures
        .iter()
        .filter_map(|figures| Some((figures.minutes as f64, figures.saving?)))
        .collect();
    let (first, last) = (savings.first()?, savings.last()?);
    let highest = savings.iter().map(|(_, saving)| *saving).fold(0.0, f64::max);
    let lowest = savings.iter().map(|(_, saving)| *saving).fold(0.0, f64::min);
    let plot = Axes::new(
        (first.0.log2() - 0.2, last.0.log2().max(first.0.log2() + 1.0) + 0.2),
        (lowest, (1.15 * highest).max(0.01)),
        16.0,
    );
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let points: Vec<(f64, f64)> =
        savings.iter().map(|(minutes, saving)| plot.point(minutes.log2(), *saving)).collect();
    drawing.polyline(SERIES[0], points.iter().copied());
    for point in &points {
        drawing.circle(crate::charts::drawing::DOT, *point, 3.5);
    }
    let x = plot.x.at((chosen as f64).log2());
    drawing.line(CURRENT, (x, plot.area.top), (x, plot.area.bottom));
    plot.draw(
        &mut drawing,
        ("length of the interval, minutes", "saving"),
        (|_| String::new(), axes::percent),
    );
    for (point, (minutes, _)) in points.iter().zip(&savings) {
        drawing.text(
            crate::charts::drawing::LABEL,
            (point.0, plot.area.bottom + 15.0),
            crate::charts::drawing::Anchor::Middle,
            &number_text::plain(*minutes),
        );
    }
    let (rows, reads) = (figures.to_vec(), figures.to_vec());
    let (heading, unit) = (unit.column(), unit.clone());
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Saving against a static allocation for the peak: {} at {} minutes, {} at {} minutes.",
            number_text::percent(first.1),
            number_text::plain(first.0),
            number_text::percent(last.1),
            number_text::plain(last.0)
        ),
        key: vec![
            ("k-series-0", "saving against a static allocation".to_owned()),
            ("k-current", "charted".to_owned()),
        ],
        table: Arc::new(move || length_table(&rows, &heading)),
        probe: Some(Probe::along(
            plot.area,
            points.iter().map(|point| point.0).collect(),
            x,
            move |column| {
                reads.get(column).map_or_else(String::new, |figures| length_words(figures, &unit))
            },
        )),
        locate: None,
    })
}

fn length_words(figures: &LengthFigures, unit: &CostUnit) -> String {
    let saving = figures.saving.map_or_else(
        || "no static allocation to compare with".to_owned(),
        |saving| format!("saves {}", number_text::percent(saving)),
    );
    format!(
        "every {} min: mean cost {}, {saving}, {} changes a day",
        figures.minutes,
        unit.words(figures.mean_cost),
        number_text::rounded(figures.changes_per_day)
    )
}

fn length_table(figures: &[LengthFigures], cost: &str) -> DataTable {
    let mean_cost = ["mean ", cost].concat();
    let columns = [
        "interval (min)",
        "intervals",
        &mean_cost,
        "saving (share)",
        "changes per day",
        "intervals without a feasible plan",
    ];
    let row = |figures: &LengthFigures| {
        vec![
            Cell::Number(figures.minutes as f64),
            Cell::Number(figures.intervals as f64),
            Cell::Number(figures.mean_cost),
            Cell::from(figures.saving),
            Cell::Number(figures.changes_per_day),
            Cell::Number(figures.broken as f64),
        ]
    };
    DataTable {
        columns: columns.map(str::to_owned).to_vec(),
        rows: figures.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::origin::Origin;
    use slicewise_core::slice::batch::BatchPlans;

    use crate::charts::snapshot::saved;
    use crate::slice::precomputed;

    /// Six slots in three intervals, the last of whose plans breaks the promise.
    fn plans() -> DayPlans {
        let problem = precomputed::default_problem();
        let card = models::named(&problem.model).unwrap();
        let trace = vec![1.0, 1.5, 3.0, 3.5, 2.0, 1.0];
        let mut plans = Gathered::new(3, 2);
        let part = BatchPlans {
            resources: 2,
            allocations: vec![1200.0, 12.0, 2400.0, 30.0, 1500.0, 16.0],
            costs: vec![0.5, 1.1, 0.65],
            degradations: vec![0.1, 0.1, 0.12],
            multipliers: vec![1.0; 3],
            feasible: vec![true, true, false],
            outside: vec![false; 3],
            evaluations: 3,
            origin: Origin::default(),
        };
        plans.place(0, &part).unwrap();
        let peak = PeakFigures { allocation: vec![2600.0, 33.0], cost: 1.2, feasible: true };
        DayPlans {
            day: Arc::new(Day { problem, trace, variation: 0.1, slots_per_interval: 2 }),
            plans: Arc::new(vec![plans]),
            index: 0,
            card,
            peak: Some(Arc::new(peak)),
            unit: CostUnit::default(),
        }
    }

    #[test]
    fn a_day_has_steps_of_every_resource_and_of_the_traffic() {
        insta::assert_snapshot!("resources", saved(&resources(&plans()).unwrap()));
        insta::assert_snapshot!("traffic", saved(&traffic(&plans()).unwrap()));
    }

    #[test]
    fn the_traffic_over_the_day_is_saved_slot_by_slot_and_not_as_the_resources() {
        let plans = plans();
        let table = |chart: Chart| (chart.table)().to_csv();
        let (of_traffic, of_resources) =
            (table(traffic(&plans).unwrap()), table(resources(&plans).unwrap()));
        assert_ne!(of_traffic, of_resources);
        let lines: Vec<&str> = of_traffic.lines().collect();
        assert_eq!(lines.len(), 1 + plans.day.trace.len());
        assert!(lines[0].ends_with("traffic (users/s),mean of the interval (users/s)"));
        assert!(lines[2].ends_with(",1.5,1.25"), "{}", lines[2]);
        assert!(of_resources.contains("cost (share of capacity)"));
    }

    #[test]
    fn an_interval_outside_the_measurements_says_so() {
        let mut plans = plans();
        Arc::make_mut(&mut plans.plans)[0].plans.outside = vec![false, true, true];
        let csv = (resources(&plans).unwrap().table)().to_csv();
        let ends: Vec<&str> = csv.lines().map(|l| l.rsplit(',').next().unwrap()).collect();
        assert_eq!(ends, ["outside the measurements", "no", "yes", "no"]);
        assert!(plans.read(1).text.ends_with(", outside the measurements"));
        assert!(!plans.read(0).text.contains("outside"));
    }

    #[test]
    fn savings_are_drawn_over_the_length_of_the_interval() {
        let figures = |minutes, saving, changes_per_day| LengthFigures {
            minutes,
            intervals: 1440 / minutes,
            mean_cost: 1.2 * (1.0 - saving),
            saving: Some(saving),
            changes_per_day,
            broken: 0,
            outside: 0,
        };
        let all = [figures(5, 0.4, 200.0), figures(15, 0.36, 80.0), figures(60, 0.25, 20.0)];
        insta::assert_snapshot!(
            "lengths",
            saved(&lengths(&all, 15, &CostUnit::default()).unwrap())
        );
    }
}
