//! One cell: its split as a bar, and what each slice's share is worth.

use std::sync::Arc;

use slicewise_core::cells::utility::{self, satisfaction_at, tangent, weight_parts};
use slicewise_core::cells::{CellBatch, CellPlans, Curves, Objective};

use crate::charts::axes::{self, Axes};
use crate::charts::drawing::{
    AXIS, Anchor, Area, Cell, Chart, DataTable, Drawing, LABEL, NOTHING, Probe, Reading,
    SLICE_COLOURS, SLICE_DOTS, SLICE_KEYS, SLICE_SERIES, TANGENT, TEXT_ON_COLOUR,
};
use crate::controls::number_text;

/// How far a tangent reaches to each side, as a share.
const TANGENT_HALF: f64 = 0.12;
/// Points at which the curves are read.
const READINGS: usize = 101;

/// One cell with its plan.
#[derive(Clone, Debug)]
pub struct OpenedCell {
    /// Names of its slices.
    pub names: Vec<String>,
    /// The question.
    pub batch: CellBatch,
    /// What is maximised.
    pub objective: Objective,
    /// Satisfaction of its slices as they were simulated; empty where they were not.
    pub simulated: Vec<f64>,
    /// The answer.
    pub plan: CellPlans,
    /// One curve per slice.
    pub curves: Curves,
}

impl OpenedCell {
    fn weights(&self) -> Vec<f64> {
        weight_parts(&self.batch.weights)
    }

    fn name(&self, slice: usize) -> &str {
        self.names.get(slice).map_or("slice", String::as_str)
    }

    /// Whether the split is that of the step before: no curve need have the slope λ there.
    fn keeps(&self) -> bool {
        self.plan.keeps(&self.batch, 0)
    }

    fn slices(&self) -> usize {
        self.plan.shares.len()
    }

    /// Satisfaction of `slice` at `share`, by its curve.
    fn satisfaction(&self, slice: usize, share: f64) -> f64 {
        let (shares, satisfaction) = self.curves.curve(slice);
        satisfaction_at(shares, satisfaction, share)
    }
}

/// The split as a bar over the one of the step before.
pub fn split(cell: &Arc<OpenedCell>, size: (f64, f64)) -> Option<Chart> {
    let slices = cell.slices();
    if slices == 0 {
        return None;
    }
    let (width, height) = size;
    let (left, right) = (4.0, width - 4.0);
    let bar = Area { left, right, top: 4.0, bottom: height - 40.0 };
    let mut drawing = Drawing::default();
    drawing.rectangle(NOTHING, bar);
    draw_pieces(&mut drawing, cell, &cell.plan.shares, bar, true);
    let before = &cell.batch.previous_shares;
    if before.len() == slices {
        let thin = Area { left, right, top: height - 36.0, bottom: height - 26.0 };
        drawing.rectangle(NOTHING, thin);
        draw_pieces(&mut drawing, cell, before, thin, false);
    }
    let y = height - 20.0;
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let x = left + share * (right - left);
        drawing.line(AXIS, (x, y), (x, y + 4.0));
        let anchor = match quarter {
            0 => Anchor::Start,
            4 => Anchor::End,
            _ => Anchor::Middle,
        };
        drawing.text(LABEL, (x, y + 16.0), anchor, &number_text::coarse_percent(share));
    }
    drawing.line(AXIS, (left, y), (right, y));
    let mut key = vec![("", "above: this step’s split of the PRB".to_owned())];
    if before.len() == slices {
        let kept = if cell.keeps() { ", which is kept" } else { "" };
        key.push(("", format!("thin: the step before{kept}")));
    }
    let (rows, reads) = (cell.clone(), cell.clone());
    let mut start = left;
    let middles = cell.plan.shares.iter().map(|share| {
        let middle = start + 0.5 * share * (right - left);
        start += share * (right - left);
        middle
    });
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: (0..slices).map(|slice| piece_words(cell, slice) + ". ").collect(),
        key,
        table: Arc::new(move || split_table(&rows)),
        probe: Some(Probe {
            columns: middles.collect(),
            rows: vec![bar.bottom],
            places: Vec::new(),
            over: bar,
            start: (left, bar.top),
            read: Arc::new(move |slice, _| Reading {
                text: piece_words(&reads, slice),
                allocation: None,
            }),
        }),
        locate: None,
    })
}

fn draw_pieces(drawing: &mut Drawing, cell: &OpenedCell, shares: &[f64], bar: Area, named: bool) {
    let mut left = bar.left;
    for (slice, share) in shares.iter().enumerate() {
        let right = (left + share * bar.width()).min(bar.right);
        let piece = Area { left, right: (right - 1.0).max(left), ..bar };
        drawing.coloured_rectangle(SLICE_COLOURS[slice % SLICE_COLOURS.len()], piece);
        if named && right - left > 24.0 {
            let at = ((left + right) / 2.0, (bar.top + bar.bottom) / 2.0 + 4.0);
            let percent = number_text::coarse_percent(*share);
            let long = format!("{} {percent}", cell.name(slice));
            let fits = right - left > 7.0 * long.chars().count() as f64;
            let text = if fits { long } else { percent.trim_end_matches(" %").to_owned() };
            drawing.text(TEXT_ON_COLOUR, at, Anchor::Middle, &text);
        }
        left = right;
    }
}

fn piece_words(cell: &OpenedCell, slice: usize) -> String {
    let before = cell.batch.previous_shares.get(slice).map_or_else(String::new, |share| {
        format!(", {} in the step before", number_text::percent(*share))
    });
    let came = cell.simulated.get(slice).map_or_else(String::new, |simulated| {
        format!(", {} simulated", number_text::percent(*simulated))
    });
    format!(
        "{} gets {} of the PRB{before}: {} satisfied by the estimate{came}",
        cell.name(slice),
        number_text::percent(cell.plan.shares[slice]),
        number_text::percent(cell.plan.satisfaction[slice])
    )
}

fn split_table(cell: &OpenedCell) -> DataTable {
    let columns = [
        "slice",
        "share of PRB",
        "share in the step before",
        "satisfaction (estimated)",
        "satisfaction (simulated)",
        "weight",
        "minimum share",
    ];
    let row = |slice: usize| {
        vec![
            Cell::Text(cell.name(slice).to_owned()),
            Cell::Number(cell.plan.shares[slice]),
            Cell::from(cell.batch.previous_shares.get(slice).copied()),
            Cell::Number(cell.plan.satisfaction[slice]),
            Cell::from(cell.simulated.get(slice).copied()),
            Cell::from(cell.batch.weights.get(slice).copied()),
            Cell::from(cell.batch.minimum_shares.get(slice).copied()),
        ]
    };
    DataTable {
        columns: columns.map(str::to_owned).to_vec(),
        rows: (0..cell.slices()).map(row).collect(),
    }
}

/// What each share is worth, with the points chosen and the slope that they share.
pub fn utilities(cell: &Arc<OpenedCell>, size: (f64, f64)) -> Option<Chart> {
    let slices = cell.slices();
    if slices == 0 || cell.curves.len() != slices {
        return None;
    }
    let weights = cell.weights();
    let curves: Vec<Vec<(f64, f64)>> = (0..slices)
        .map(|slice| utility::points(&cell.curves, slice, cell.objective, weights[slice]))
        .collect();
    let highest = curves.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    let plot = Axes::within(size, (0.0, 1.0), (0.0, 1.05 * highest.max(1e-6)), 24.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    for (slice, curve) in curves.iter().enumerate() {
        let ink = SLICE_SERIES[slice % SLICE_SERIES.len()];
        drawing.polyline(ink, curve.iter().map(|(x, u)| plot.point(*x, *u)));
    }
    let price = cell.plan.prices.first().copied().unwrap_or(f64::NAN);
    drawing.clipped("utilities-area", plot.area, |drawing| {
        draw_slopes(drawing, cell, &weights, price, &plot);
    });
    for (slice, share) in cell.plan.shares.iter().enumerate() {
        let at = utility::utility(cell.objective, weights[slice], cell.plan.satisfaction[slice]);
        let (x, y) = plot.point(*share, at);
        drawing.circle(SLICE_DOTS[slice % SLICE_DOTS.len()], (x, y), 8.0);
        let number = (slice + 1).to_string();
        drawing.text(TEXT_ON_COLOUR, (x, y + 4.0), Anchor::Middle, &number);
    }
    let title = match cell.objective {
        Objective::LogSum => "utility ln(r + 1)",
        Objective::MaxMin => "satisfaction r",
        Objective::WeightedSum => "weight × r",
    };
    plot.draw(&mut drawing, ("share x of PRB", title), (axes::percent, axes::number));
    let mut key: Vec<(&'static str, String)> = (0..slices)
        .map(|slice| {
            let class = SLICE_KEYS[slice % SLICE_KEYS.len()];
            (class, format!("{}: {}", slice + 1, cell.name(slice)))
        })
        .collect();
    key.push(match cell.objective {
        Objective::MaxMin => ("k-tangent", "the least satisfied".to_owned()),
        _ if price.is_finite() && cell.keeps() => {
            ("", format!("kept split; at the best one λ = {}", number_text::rounded(price)))
        }
        _ if price.is_finite() => {
            ("k-tangent", format!("common slope λ = {}", number_text::rounded(price)))
        }
        _ => ("", "this scheme finds no common slope".to_owned()),
    });
    let (rows, reads) = (cell.clone(), cell.clone());
    let columns: Vec<f64> = (0..READINGS).map(|at| plot.x.at(reading_share(at))).collect();
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "Utility of each slice over its share of the PRB. Chosen: {}.",
            shares_words(cell)
        ),
        key,
        table: Arc::new(move || utility_table(&rows)),
        probe: Some(Probe::along(plot.area, columns, plot.x.at(cell.plan.shares[0]), move |at| {
            read_share(&reads, reading_share(at))
        })),
        locate: None,
    })
}

/// At the optimum all curves that can give or take have the slope λ: the lines are parallel.
fn draw_slopes(drawing: &mut Drawing, cell: &OpenedCell, weights: &[f64], price: f64, plot: &Axes) {
    if cell.objective == Objective::MaxMin {
        let least = cell.plan.satisfaction.iter().copied().fold(1.0, f64::min);
        drawing.line(TANGENT, plot.point(0.0, least), plot.point(1.0, least));
        return;
    }
    if !price.is_finite() || cell.keeps() {
        return;
    }
    for (slice, share) in cell.plan.shares.iter().enumerate() {
        let at = utility::utility(cell.objective, weights[slice], cell.plan.satisfaction[slice]);
        let [from, to] = tangent((*share, at), price, TANGENT_HALF);
        drawing.line(TANGENT, plot.point(from.0, from.1), plot.point(to.0, to.1));
    }
}

fn reading_share(at: usize) -> f64 {
    at as f64 / (READINGS - 1) as f64
}

fn read_share(cell: &OpenedCell, share: f64) -> String {
    let parts: Vec<String> = (0..cell.slices())
        .map(|slice| {
            let satisfaction = cell.satisfaction(slice, share);
            format!("{} {}", cell.name(slice), number_text::coarse_percent(satisfaction))
        })
        .collect();
    format!("with {} of the PRB: {}", number_text::coarse_percent(share), parts.join(", "))
}

/// The shares chosen, in words.
pub fn shares_words(cell: &OpenedCell) -> String {
    let parts: Vec<String> = cell
        .plan
        .shares
        .iter()
        .enumerate()
        .map(|(slice, share)| {
            format!("{} {}", cell.name(slice), number_text::coarse_percent(*share))
        })
        .collect();
    parts.join(", ")
}

fn utility_table(cell: &OpenedCell) -> DataTable {
    let mut columns = vec!["share of PRB".to_owned()];
    for slice in 0..cell.slices() {
        columns.push(format!("satisfaction of {}", cell.name(slice)));
        columns.push(format!("utility of {}", cell.name(slice)));
    }
    let weights = cell.weights();
    let row = |at: usize| {
        let share = reading_share(at);
        let mut row = vec![Cell::Number(share)];
        for (slice, weight) in weights.iter().enumerate() {
            let satisfaction = cell.satisfaction(slice, share);
            let utility = utility::utility(cell.objective, *weight, satisfaction);
            row.extend([satisfaction, utility].map(Cell::Number));
        }
        row
    };
    DataTable { columns, rows: (0..READINGS).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    fn cell() -> Arc<OpenedCell> {
        let mut batch = CellBatch::new(0);
        batch.push_slice(&[], 1.0);
        batch.push_slice(&[], 2.0);
        batch.end_cell();
        batch.previous_shares = vec![0.5, 0.5];
        let mut curves = Curves::default();
        curves.push(&[0.0, 0.4, 1.0], &[0.0, 1.0, 1.0]);
        curves.push(&[0.0, 1.0], &[0.0, 1.0]);
        Arc::new(OpenedCell {
            names: vec!["Video".to_owned(), "A <b> slice".to_owned()],
            batch,
            objective: Objective::LogSum,
            simulated: vec![0.9, 0.55],
            plan: CellPlans {
                offsets: vec![0, 2],
                shares: vec![0.4, 0.6],
                satisfaction: vec![1.0, 0.6],
                utilities: vec![1.16],
                bounds: vec![1.16],
                prices: vec![0.625],
                evaluations: 2,
                ..CellPlans::default()
            },
            curves,
        })
    }

    #[test]
    fn the_split_names_its_pieces_and_those_of_the_step_before() {
        let chart = split(&cell(), (700.0, 96.0)).unwrap();
        assert!(chart.markup.contains("Video 40 %"));
        assert!(chart.markup.contains("A &lt;b&gt; slice 60 %"));
        let read = chart.probe.unwrap().read;
        assert_eq!(
            read(1, 0).text,
            "A <b> slice gets 60 % of the PRB, 50 % in the step before: 60 % satisfied by the estimate, \
             55 % simulated"
        );
    }

    #[test]
    fn the_curves_are_read_at_any_share_and_tell_the_common_slope() {
        let chart = utilities(&cell(), (520.0, 300.0)).unwrap();
        assert!(chart.key.iter().any(|(_, text)| text == "common slope λ = 0.625"));
        let read = chart.probe.unwrap().read;
        assert_eq!(read(20, 0).text, "with 20 % of the PRB: Video 50 %, A <b> slice 20 %");
        assert_eq!((chart.table)().rows.len(), READINGS);
    }

    #[test]
    fn a_split_that_is_kept_says_so_and_touches_no_curve() {
        let mut kept = (*cell()).clone();
        kept.batch.previous_shares = kept.plan.shares.clone();
        let kept = Arc::new(kept);
        let says = |chart: Chart, text: &str| chart.key.iter().any(|(_, key)| key == text);
        assert!(says(split(&kept, (700.0, 96.0)).unwrap(), "thin: the step before, which is kept"));
        let chart = utilities(&kept, (520.0, 300.0)).unwrap();
        assert!(!chart.markup.contains("i-tangent"));
        assert!(says(chart, "kept split; at the best one λ = 0.625"));
    }

    #[test]
    fn a_cell_has_a_bar_of_its_split_and_touched_curves() {
        insta::assert_snapshot!("split", saved(&split(&cell(), (700.0, 96.0)).unwrap()));
        insta::assert_snapshot!("utilities", saved(&utilities(&cell(), (520.0, 300.0)).unwrap()));
    }
}
