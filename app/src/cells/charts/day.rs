//! The day of the network: the shares of one cell, and how satisfied all cells are.

use std::sync::Arc;

use slicewise_core::cells::figures::RunFigures;
use slicewise_core::cells::{STEP_MINUTES, STEPS_PER_DAY, SimulatedStep};

use super::super::words::{clock, scheme_name};
use super::SLICE_PATCHES;
use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{
    Anchor, Area, CURRENT, Cell, Chart, DataTable, Drawing, Ink, NOW, Probe, SLICE_COLOURS,
    TEXT_ON_COLOUR, ink, push_points,
};
use crate::controls::number_text;

/// All slices together have no slice's colour.
const SIMULATED: Ink = ink("i-simulated", r##"fill="none" stroke="#1b1b1a" stroke-width="2""##);
const ESTIMATED: Ink = ink(
    "i-estimated",
    r##"fill="none" stroke="#1b1b1a" stroke-width="1.5" stroke-dasharray="2 2""##,
);
const EQUAL: Ink =
    ink("i-equal", r##"fill="none" stroke="#83837d" stroke-width="2" stroke-dasharray="6 3""##);

/// Steps of a day, possibly not all of them yet.
pub type Steps = Vec<Arc<SimulatedStep>>;

/// What the charts of a day share.
#[derive(Clone)]
pub struct DayPicture {
    /// The steps known so far.
    pub steps: Arc<Steps>,
    /// Names of the scenario's slices.
    pub names: Arc<Vec<String>>,
    /// The cell that is open.
    pub cell: usize,
    /// The step that is shown.
    pub step: usize,
    /// Width and height of the chart.
    pub size: (f64, f64),
}

/// Hours at which `step` begins.
fn hours(step: usize) -> f64 {
    (step * STEP_MINUTES) as f64 / 60.0
}

fn hour(hours: f64) -> String {
    format!("{} h", number_text::plain(hours))
}

/// The shares of the slices present in `cell`, with their numbers.
fn shares(step: &SimulatedStep, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let slices = step.present.len();
    let kpis = step.kpis.get(cell * slices..(cell + 1) * slices).unwrap_or_default();
    step.present.iter().copied().zip(kpis.iter().map(|kpis| kpis.share))
}

/// The shares of the opened cell as areas on top of one another.
pub fn stack(picture: &DayPicture) -> Option<Chart> {
    if picture.steps.is_empty() {
        return None;
    }
    let plot = Axes::within(picture.size, (0.0, 24.0), (0.0, 1.0), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    for slice in 0..picture.names.len() {
        draw_layer(&mut drawing, picture, slice, &plot);
    }
    draw_now(&mut drawing, picture, &plot);
    plot.draw(&mut drawing, ("time of day", "share of PRB"), (hour, axes::percent));
    let patch = |slice: usize| SLICE_PATCHES[slice % SLICE_PATCHES.len()];
    let mut key: Vec<(&'static str, String)> = picture
        .names
        .iter()
        .enumerate()
        .map(|(slice, name)| (patch(slice), format!("{}: {name}", slice + 1)))
        .collect();
    key.push(("k-current", "shown".to_owned()));
    Some(Chart {
        size: picture.size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Shares of the slices of cell {} over {} steps of 15 minutes. At {}: {}.",
            picture.cell + 1,
            picture.steps.len(),
            clock(picture.step),
            words(picture, picture.step)
        ),
        key,
        table: {
            let picture = picture.clone();
            Arc::new(move || table(&picture))
        },
        probe: Some(probe(picture, &plot, words)),
        locate: None,
    })
}

/// The area of one slice, and its number where there is room for it.
fn draw_layer(drawing: &mut Drawing, picture: &DayPicture, slice: usize, plot: &Axes) {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    // Where the slice's number has most room; of equals the place nearest to noon.
    let mut widest = (0.0, 0.0, 0.0_f64);
    let from_noon = |x: f64| (x - 12.0).abs();
    for step in &*picture.steps {
        let lower: f64 =
            shares(step, picture.cell).filter(|(other, _)| *other < slice).map(|(_, s)| s).sum();
        let share: f64 =
            shares(step, picture.cell).filter(|(other, _)| *other == slice).map(|(_, s)| s).sum();
        let (from, to) = (hours(step.step), hours(step.step + 1));
        for x in [from, to] {
            above.push(plot.point(x, lower + share));
            below.push(plot.point(x, lower));
        }
        let roomier = share > widest.2 + 0.02;
        let nearer = share > widest.2 - 0.02 && from_noon(from) < from_noon(widest.0);
        if roomier || nearer {
            widest = (from, lower + 0.5 * share, share);
        }
    }
    let mut commands = String::new();
    push_points(&mut commands, above.into_iter().chain(below.into_iter().rev()));
    if !commands.is_empty() {
        commands.push('Z');
        drawing.coloured_path(SLICE_COLOURS[slice % SLICE_COLOURS.len()], &commands);
    }
    if widest.2 > 0.09 {
        let (x, y) = plot.point(widest.0, widest.1);
        drawing.text(TEXT_ON_COLOUR, (x, y + 4.0), Anchor::Middle, &(slice + 1).to_string());
    }
}

/// A band and a line where the step shown is.
fn draw_now(drawing: &mut Drawing, picture: &DayPicture, plot: &Axes) {
    let (left, right) = (plot.x.at(hours(picture.step)), plot.x.at(hours(picture.step + 1)));
    let Area { top, bottom, .. } = plot.area;
    drawing.line(NOW, (left, top - 4.0), (left, bottom));
    drawing.line(NOW, (right, top - 4.0), (right, bottom));
    drawing.line(CURRENT, (left, top - 4.0), (right, top - 4.0));
}

/// Mean satisfaction of all cells, step by step: hours, and none where nothing is known.
type Means = Vec<(f64, Option<f64>)>;

fn means(steps: &Steps, read: fn(&RunFigures) -> Option<f64>) -> Means {
    let middle = |step: usize| hours(step) + 0.5 * hours(1);
    steps.iter().map(|step| (middle(step.step), read(&RunFigures::of([&**step])))).collect()
}

/// The lines of the satisfaction over the day.
struct Lines {
    simulated: Means,
    estimated: Means,
    equal: Means,
}

impl Lines {
    fn of(own: &Steps, equal: Option<&Steps>) -> Self {
        let simulated = |steps: &Steps| means(steps, |figures| Some(figures.mean()));
        Self {
            simulated: simulated(own),
            estimated: means(own, RunFigures::expected_mean),
            equal: equal.map(simulated).unwrap_or_default(),
        }
    }

    fn all(&self) -> [(&Means, Ink, &'static str, &'static str); 3] {
        [
            (&self.equal, EQUAL, "k-equal", "equal shares, simulated"),
            (&self.estimated, ESTIMATED, "k-estimated", "estimated"),
            (&self.simulated, SIMULATED, "k-simulated", "simulated"),
        ]
    }

    /// The values at `step` in words.
    fn words(&self, step: usize) -> String {
        let at = hours(step) + 0.5 * hours(1);
        let value = |line: &Means| line.iter().find(|point| (point.0 - at).abs() < 1e-9)?.1;
        let Some(own) = value(&self.simulated) else { return "not simulated yet".to_owned() };
        let mut text = format!("{} on average", number_text::percent(own));
        if let Some(estimated) = value(&self.estimated) {
            text += &format!(", {} estimated", number_text::percent(estimated));
        }
        if let Some(equal) = value(&self.equal) {
            text += &format!(", equal shares {}", number_text::percent(equal));
        }
        text
    }

    fn table(&self) -> DataTable {
        let columns = [
            "time (h)",
            "mean satisfaction",
            "mean satisfaction (estimated)",
            "mean satisfaction of equal shares",
        ];
        let row = |(index, point): (usize, &(f64, Option<f64>))| {
            let other = |line: &Means| Cell::from(line.get(index).and_then(|point| point.1));
            let own = Cell::from(point.1);
            vec![Cell::Number(point.0), own, other(&self.estimated), other(&self.equal)]
        };
        DataTable {
            columns: columns.map(str::to_owned).to_vec(),
            rows: self.simulated.iter().enumerate().map(row).collect(),
        }
    }
}

/// How satisfied all cells are, step by step: as simulated, as the estimator expected it, and beside
/// equal shares.
pub fn satisfaction(
    picture: &DayPicture,
    scheme: slicewise_core::cells::Scheme,
    equal: Option<&Steps>,
) -> Option<Chart> {
    if picture.steps.is_empty() {
        return None;
    }
    let lines = Arc::new(Lines::of(&picture.steps, equal));
    let known = |line: &Means| -> Vec<(f64, f64)> {
        line.iter().filter_map(|(x, y)| Some((*x, (*y)?))).collect()
    };
    let drawn = lines.all().map(|(line, ink, class, title)| (known(line), ink, class, title));
    let lowest = drawn.iter().flat_map(|line| &line.0).map(|point| point.1).fold(1.0, f64::min);
    let floor = ((10.0 * lowest - 0.2).floor() / 10.0).clamp(0.0, 0.9);
    let plot = Axes::within(picture.size, (0.0, 24.0), (floor, 1.0), 12.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let name = scheme_name(scheme);
    let mut key = Vec::new();
    for (line, ink, class, title) in &drawn {
        drawing.polyline(*ink, line.iter().map(|(x, y)| plot.point(*x, *y)));
        if !line.is_empty() {
            let own = *class != "k-equal";
            key.insert(
                0,
                (*class, if own { format!("{name}, {title}") } else { (*title).to_owned() }),
            );
        }
    }
    draw_now(&mut drawing, picture, &plot);
    plot.draw(&mut drawing, ("time of day", "mean satisfaction"), (hour, axes::percent));
    let figures = RunFigures::of(picture.steps.iter().map(|step| &**step));
    let (rows, reads) = (lines.clone(), lines);
    Some(Chart {
        size: picture.size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Mean satisfaction of all cells over {} steps: {} on average.",
            figures.steps,
            number_text::percent(figures.mean())
        ),
        key,
        table: Arc::new(move || rows.table()),
        probe: Some(probe(picture, &plot, move |_, step| reads.words(step))),
        locate: None,
    })
}

/// The shares of the opened cell in `step`, in words.
fn words(picture: &DayPicture, step: usize) -> String {
    let Some(known) = picture.steps.iter().find(|known| known.step == step) else {
        return "not simulated yet".to_owned();
    };
    let parts: Vec<String> = shares(known, picture.cell)
        .map(|(slice, share)| {
            let name = picture.names.get(slice).map_or("slice", String::as_str);
            format!("{name} {}", number_text::coarse_percent(share))
        })
        .collect();
    parts.join(", ")
}

fn table(picture: &DayPicture) -> DataTable {
    let mut columns = vec!["time".to_owned()];
    for name in &*picture.names {
        columns.push(format!("share of {name}"));
        columns.push(format!("satisfaction of {name}"));
    }
    let row = |step: &Arc<SimulatedStep>| {
        let mut row = vec![Cell::Text(clock(step.step))];
        let slices = step.present.len();
        for slice in 0..picture.names.len() {
            let at = step.present.iter().position(|present| *present == slice);
            let kpis = at.and_then(|at| step.kpis.get(picture.cell * slices + at));
            row.push(Cell::from(kpis.map(|kpis| kpis.share)));
            row.push(Cell::from(kpis.map(|kpis| kpis.satisfaction)));
        }
        row
    };
    DataTable { columns, rows: picture.steps.iter().map(row).collect() }
}

/// Reads any step of the day, known or not, so that every one can be chosen.
fn probe(
    picture: &DayPicture,
    plot: &Axes,
    read: impl Fn(&DayPicture, usize) -> String + Send + Sync + 'static,
) -> Probe {
    let middle = |step: usize| plot.x.at(hours(step) + 0.5 * hours(1));
    let start = middle(picture.step);
    let picture = picture.clone();
    Probe::along(plot.area, (0..STEPS_PER_DAY).map(middle).collect(), start, move |step| {
        format!("{}: {}", clock(step), read(&picture, step))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use slicewise_core::cells::Scheme;
    use slicewise_core::cells::scenario::SliceKpis;

    fn picture() -> DayPicture {
        let kpis = |share, satisfaction| SliceKpis { share, satisfaction, ..SliceKpis::default() };
        let step = |step| {
            let kpis = vec![kpis(0.5, 1.0), kpis(0.5, 1.0), kpis(0.25, 0.5), kpis(0.75, 1.0)];
            Arc::new(SimulatedStep { step, present: vec![0, 2], kpis, ..SimulatedStep::default() })
        };
        DayPicture {
            steps: Arc::new((0..96).map(step).collect()),
            names: Arc::new(["Video", "Browsing", "Gaming"].map(str::to_owned).to_vec()),
            cell: 1,
            step: 70,
            size: (500.0, 220.0),
        }
    }

    #[test]
    fn the_day_reads_the_shares_of_the_opened_cell() {
        let chart = stack(&picture()).unwrap();
        let probe = chart.probe.unwrap();
        assert_eq!((probe.read)(70, 0).text, "17:30: Video 25 %, Gaming 75 %");
        assert_eq!(probe.columns.len(), 96);
        let table = (chart.table)();
        assert_eq!((table.rows.len(), table.columns.len()), (96, 7));
        assert_eq!(table.rows[3][3], Cell::Empty);
    }

    #[test]
    fn a_step_that_is_not_there_yet_is_read_as_such() {
        let mut picture = picture();
        Arc::make_mut(&mut picture.steps).truncate(10);
        let chart = satisfaction(&picture, Scheme::Exact, None).unwrap();
        let probe = chart.probe.unwrap();
        assert_eq!((probe.read)(50, 0).text, "12:30: not simulated yet");
        assert_eq!((probe.read)(9, 0).text, "02:15: 87.5 % on average");
        picture.steps = Arc::default();
        assert!(stack(&picture).is_none());
    }

    /// All cells together were drawn in the colour of the first slice.
    #[test]
    fn no_line_over_all_slices_has_the_colour_of_one() {
        let equal: Steps = picture().steps.iter().rev().cloned().collect();
        let chart = satisfaction(&picture(), Scheme::Exact, Some(&equal)).unwrap();
        let saved = saved(&chart);
        for colour in SLICE_COLOURS {
            assert!(!saved.contains(colour), "{colour}");
        }
    }

    #[test]
    fn the_estimate_of_a_step_stands_beside_what_came() {
        let mut picture = picture();
        let step = Arc::make_mut(&mut Arc::make_mut(&mut picture.steps)[9]);
        step.expected_satisfaction = vec![0.75; 4];
        let chart = satisfaction(&picture, Scheme::Exact, None).unwrap();
        let read = chart.probe.unwrap().read;
        assert_eq!(read(9, 0).text, "02:15: 87.5 % on average, 75 % estimated");
        assert_eq!((chart.table)().rows[9][2], Cell::Number(0.75));
        assert_eq!((chart.table)().rows[8][2], Cell::Empty);
    }

    #[test]
    fn a_day_has_stacked_shares_and_the_satisfaction_beside_equal_shares() {
        let mut picture = picture();
        for (number, step) in Arc::make_mut(&mut picture.steps).iter_mut().enumerate() {
            let kpis = &mut Arc::make_mut(step).kpis;
            (kpis[2].share, kpis[2].satisfaction) =
                [(0.25, 0.5), (0.4, 0.9), (0.3, 0.75), (0.5, 1.0)][number / 24];
            kpis[3].share = 1.0 - kpis[2].share;
        }
        insta::assert_snapshot!("stack", saved(&stack(&picture).unwrap()));
        for step in Arc::make_mut(&mut picture.steps) {
            let step = Arc::make_mut(step);
            step.expected_satisfaction =
                step.kpis.iter().map(|kpis| 0.5 + 0.5 * kpis.satisfaction).collect();
        }
        let equal: Steps = picture.steps.iter().rev().cloned().collect();
        let chart = satisfaction(&picture, Scheme::Exact, Some(&equal)).unwrap();
        insta::assert_snapshot!("satisfaction", saved(&chart));
    }
}
