//! When each slice is admitted, by both methods, and what the reservations take of the capacity.

use std::sync::Arc;

use slicewise_core::forecast::admission_plan::AdmissionPlan;

use super::super::words::{self, service_name};
use super::draw_axes;
use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{
    AXIS, Anchor, Area, CURRENT, Cell, Chart, DataTable, Drawing, GRID, LABEL, Probe,
    SLICE_COLOURS, TEXT, TOTAL, TOTAL_HALO, push_points,
};
use crate::controls::number_text;

/// Who admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitter {
    /// The learned loss.
    Learned,
    /// Holt-Winters and the exact optimum for the metric, which it knows.
    Overbooking,
}

impl Admitter {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Learned, Self::Overbooking];

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Learned => "Learned loss",
            Self::Overbooking => "Overbooking",
        }
    }
}

/// The plans of both, in the order of [`Admitter::ALL`].
pub type Both = [Option<Arc<AdmissionPlan>>; 2];

/// Height of one method's lane.
const LANE: f64 = 15.0;
/// Height of a slice: its name and both lanes.
const ROW: f64 = 54.0;

fn minute(plan: &AdmissionPlan, step: usize) -> i64 {
    plan.start_minute + step as i64 * i64::from(plan.step_minutes)
}

fn steps_per_day(plan: &AdmissionPlan) -> usize {
    (1440 / plan.step_minutes.max(1)).max(1) as usize
}

fn steps_of(plan: &AdmissionPlan) -> usize {
    plan.slices.first().map_or(0, |slice| slice.demand.len())
}

/// Runs of steps in which `reserved` admits the slice.
fn runs(reserved: &[f64]) -> Vec<(usize, usize)> {
    let mut from = 0;
    let mut runs = Vec::new();
    for run in reserved.chunk_by(|one, other| (*one >= 0.0) == (*other >= 0.0)) {
        if run[0] >= 0.0 {
            runs.push((from, from + run.len()));
        }
        from += run.len();
    }
    runs
}

/// One row per slice with a lane for each method; `day` is marked.
pub fn admissions(both: &Both, day: usize, width: f64) -> Option<Chart> {
    let plan = both.iter().flatten().next()?.clone();
    let steps = steps_of(&plan);
    let height = 30.0 + ROW * plan.slices.len() as f64 + 30.0;
    let mut plot = Axes::within((width, height), (0.0, steps as f64), (0.0, 1.0), 12.0);
    plot.area = Area { left: 12.0, top: 8.0, right: width - 12.0, bottom: height - 26.0 };
    plot.x = axes::Scale::new(0.0, steps as f64, plot.area.left, plot.area.right);
    let mut drawing = Drawing::default();
    let length = steps_per_day(&plan);
    for number in 0..=steps / length {
        let x = plot.x.at((number * length) as f64);
        drawing.line(GRID, (x, plot.area.top), (x, plot.area.bottom));
        if number * length < steps {
            let middle = plot.x.at((number as f64 + 0.5) * length as f64);
            let name = format!("{} {}", words::weekday(minute(&plan, number * length)), number + 1);
            drawing.text(LABEL, (middle, plot.area.bottom + 15.0), Anchor::Middle, &name);
        }
        if number == day || number == day + 1 {
            drawing.line(CURRENT, (x, plot.area.top - 4.0), (x, plot.area.bottom));
        }
    }
    for (index, slice) in plan.slices.iter().enumerate() {
        let top = plot.area.top + 6.0 + ROW * index as f64;
        drawing.text(TEXT, (plot.area.left, top + 9.0), Anchor::Start, service_name(slice.service));
        for (lane, plan) in both.iter().enumerate() {
            let Some(slice) = plan.as_ref().and_then(|plan| plan.slices.get(index)) else {
                continue;
            };
            let lane_top = top + 13.0 + (LANE + 2.0) * lane as f64;
            let colour = if lane == 0 { SLICE_COLOURS[0] } else { SLICE_COLOURS[1] };
            for (from, to) in runs(&slice.reserved) {
                let area = Area {
                    left: plot.x.at(from as f64),
                    right: plot.x.at(to as f64),
                    top: lane_top,
                    bottom: lane_top + LANE,
                };
                drawing.coloured_rectangle(colour, area);
            }
        }
    }
    drawing.line(AXIS, (plot.area.left, plot.area.bottom), (plot.area.right, plot.area.bottom));
    let (tabled, read) = (both.clone(), both.clone());
    Some(Chart {
        size: (width, height),
        heat: None,
        markup: drawing.into_markup(),
        description: describe(both),
        key: vec![
            ("k-idle", "admitted by the learned loss".to_owned()),
            ("k-broken", "admitted by overbooking".to_owned()),
        ],
        table: Arc::new(move || runs_table(&tabled)),
        probe: Some(Probe::along(
            plot.area,
            (0..steps).map(|step| plot.x.at(step as f64 + 0.5)).collect(),
            plot.area.left,
            move |step| at(&read, step),
        )),
        locate: None,
    })
}

fn describe(both: &Both) -> String {
    let parts = Admitter::ALL.iter().zip(both).filter_map(|(admitter, plan)| {
        let plan = plan.as_ref()?;
        Some(format!(
            "{} admits {} of the slices.",
            admitter.title(),
            number_text::percent(plan.admissions)
        ))
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn at(both: &Both, step: usize) -> String {
    let Some(first) = both.iter().flatten().next() else { return String::new() };
    let parts = Admitter::ALL.iter().zip(both).filter_map(|(admitter, plan)| {
        let plan = plan.as_ref()?;
        let admitted: Vec<&str> = plan
            .slices
            .iter()
            .filter(|slice| slice.reserved.get(step).is_some_and(|reserved| *reserved >= 0.0))
            .map(|slice| service_name(slice.service))
            .collect();
        let names = if admitted.is_empty() { "none".to_owned() } else { admitted.join(", ") };
        Some(format!("{}: {names}", admitter.title()))
    });
    format!("{}: {}", words::moment(minute(first, step)), parts.collect::<Vec<_>>().join("; "))
}

fn runs_table(both: &Both) -> DataTable {
    let mut rows = Vec::new();
    for (admitter, plan) in Admitter::ALL.iter().zip(both) {
        let Some(plan) = plan else { continue };
        for slice in &plan.slices {
            for (from, to) in runs(&slice.reserved) {
                rows.push(vec![
                    Cell::Text(admitter.title().to_owned()),
                    Cell::Text(service_name(slice.service).to_owned()),
                    Cell::Text(words::moment(minute(plan, from))),
                    Cell::Number((to - from) as f64 * f64::from(plan.step_minutes) / 60.0),
                ]);
            }
        }
    }
    DataTable {
        columns: ["method", "slice", "admitted from (UTC)", "hours"].map(str::to_owned).to_vec(),
        rows,
    }
}

/// The reservations of one day on top of one another, under the capacity, with the demand of all slices.
pub fn stack(plan: &Arc<AdmissionPlan>, day: usize, size: (f64, f64)) -> Option<Chart> {
    let length = steps_per_day(plan);
    let from = (day * length).min(steps_of(plan).checked_sub(1)?);
    let to = (from + length).min(steps_of(plan));
    let demand = |step: usize| plan.slices.iter().map(|slice| slice.demand[step]).sum::<f64>();
    let highest = (from..to).map(demand).fold(plan.capacity, f64::max);
    let range = (from as f64, to as f64);
    let plot = Axes::within(size, range, (0.0, 1.05 * highest), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let mut below = vec![0.0; to - from];
    for (index, slice) in plan.slices.iter().enumerate() {
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for step in from..to {
            let base = below[step - from];
            let top = base + slice.reserved[step].max(0.0);
            for x in [step as f64, step as f64 + 1.0] {
                upper.push(plot.point(x, top));
                lower.push(plot.point(x, base));
            }
            below[step - from] = top;
        }
        let mut commands = String::new();
        push_points(&mut commands, upper.into_iter().chain(lower.into_iter().rev()));
        commands.push('Z');
        drawing.coloured_path(SLICE_COLOURS[index % SLICE_COLOURS.len()], &commands);
    }
    let points = (from..to).map(|step| plot.point(step as f64 + 0.5, demand(step)));
    let points: Vec<(f64, f64)> = points.collect();
    drawing.polyline(TOTAL_HALO, points.iter().copied());
    drawing.polyline(TOTAL, points);
    let capacity = plot.y.at(plan.capacity);
    drawing.line(AXIS, (plot.area.left, capacity), (plot.area.right, capacity));
    drawing.text(TEXT, (plot.area.right, capacity - 4.0), Anchor::End, "capacity");
    draw_axes(&plot, &mut drawing, ("time of day (UTC)", &plan.unit));
    for step in (from..to).filter(|step| minute(plan, *step).rem_euclid(180) == 0) {
        let at = (plot.x.at(step as f64), plot.area.bottom + 15.0);
        drawing.text(LABEL, at, Anchor::Middle, &words::clock(minute(plan, step)));
    }
    let mut key: Vec<(&'static str, String)> = plan
        .slices
        .iter()
        .zip(["k-patch-0", "k-patch-1", "k-patch-2", "k-patch-3"])
        .map(|(slice, class)| (class, service_name(slice.service).to_owned()))
        .collect();
    key.push(("k-total", "demand of all".to_owned()));
    let (tabled, read) = (plan.clone(), plan.clone());
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Reservations of four slices on test day {} under a capacity of {}.",
            day + 1,
            number_text::quantity(plan.capacity, &plan.unit)
        ),
        key,
        table: Arc::new(move || day_table(&tabled, from..to)),
        probe: Some(Probe::along(
            plot.area,
            (from..to).map(|step| plot.x.at(step as f64 + 0.5)).collect(),
            plot.area.left,
            move |column| slices_at(&read, from + column),
        )),
        locate: None,
    })
}

fn slices_at(plan: &AdmissionPlan, step: usize) -> String {
    let parts: Vec<String> = plan
        .slices
        .iter()
        .filter(|slice| step < slice.reserved.len())
        .map(|slice| {
            let reserved = slice.reserved[step];
            let words = match reserved >= 0.0 {
                true => format!(
                    "{} for {}",
                    number_text::rounded(reserved),
                    number_text::rounded(slice.demand[step])
                ),
                false => "rejected".to_owned(),
            };
            format!("{} {words}", service_name(slice.service))
        })
        .collect();
    format!("{}: {}", words::moment(minute(plan, step)), parts.join(", "))
}

fn day_table(plan: &AdmissionPlan, steps: std::ops::Range<usize>) -> DataTable {
    let mut columns = vec!["interval from (UTC)".to_owned()];
    for slice in &plan.slices {
        let name = service_name(slice.service);
        columns.push(format!("{name}: demand ({})", plan.unit));
        columns.push(format!("{name}: reservation ({})", plan.unit));
    }
    let row = |step: usize| {
        let mut row = vec![Cell::Text(words::moment(minute(plan, step)))];
        for slice in &plan.slices {
            let reserved = slice.reserved[step];
            row.push(Cell::Number(slice.demand[step]));
            row.push(if reserved >= 0.0 { Cell::Number(reserved) } else { Cell::Empty });
        }
        row
    };
    DataTable { columns, rows: steps.map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::forecast::charts::examples;

    #[test]
    fn runs_are_the_admitted_steps() {
        assert_eq!(runs(&[-1.0, 0.0, 2.0, -1.0, 3.0]), [(1, 3), (4, 5)]);
        assert!(runs(&[-1.0]).is_empty() && runs(&[]).is_empty());
    }

    #[test]
    fn a_bar_is_time_without_interruption() {
        let ours = Arc::new(examples::admission());
        let mut rival = examples::admission();
        rival.slices[1].reserved = vec![6.0, -1.0, -1.0, -1.0, -1.0, 7.0];
        let both = [Some(ours.clone()), Some(Arc::new(rival))];
        insta::assert_snapshot!("admissions", saved(&admissions(&both, 0, 500.0).unwrap()));
        insta::assert_snapshot!("stack", saved(&stack(&ours, 0, (500.0, 220.0)).unwrap()));
    }

    #[test]
    fn the_demand_of_all_has_no_slices_colour() {
        let chart = stack(&Arc::new(examples::admission()), 0, (500.0, 220.0)).unwrap();
        let line = chart.markup.split("<path").find(|path| path.contains("\"i-total\"")).unwrap();
        let areas = chart.markup.split("<path").filter(|path| path.contains("\"i-fill\""));
        let colours: Vec<&str> = areas.map(|path| colour_in(path, "fill=")).collect();
        assert_eq!(colours, SLICE_COLOURS[..2]);
        assert!(!SLICE_COLOURS.contains(&colour_in(line, "stroke=")), "{line}");
        // Web browsing's orange is not the only one: a series' orange looks like it.
        let key: Vec<&str> = chart.key.iter().map(|(class, _)| *class).collect();
        assert_eq!(key, ["k-patch-0", "k-patch-1", "k-total"]);
    }

    /// The colour behind `attribute` in the text of a mark.
    fn colour_in<'a>(mark: &'a str, attribute: &str) -> &'a str {
        mark.split_once(attribute).unwrap().1.split('"').nth(1).unwrap()
    }
}
