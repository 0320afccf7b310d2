//! The distributions of a city's plans: certified gaps and satisfactions.

use slicewise_core::cells::figures::{CityFigures, GAP_BINS, SATISFACTION_BINS, gap_bin_end};

use std::sync::Arc;

use crate::charts::axes::Axes;
use crate::charts::drawing::{
    AXIS, Anchor, Area, BAR, Cell, Chart, DataTable, Drawing, LABEL, Probe, Reading, TEXT,
};
use crate::controls::number_text;

/// A histogram as it is drawn and read.
struct Bars {
    counts: Vec<usize>,
    /// Under each bar.
    labels: Vec<String>,
    /// What each bar is, in words.
    words: Vec<String>,
    title: &'static str,
    column: &'static str,
    what: &'static str,
}

/// Cells by their certified gap, counted on a logarithmic axis.
pub fn gaps(figures: &CityFigures, size: (f64, f64)) -> Option<Chart> {
    if figures.proven == 0 {
        return None;
    }
    let end = |bin: usize| gap_bin_end(bin).map(power);
    let label = |bin: usize| match gap_bin_end(bin) {
        Some(_) if bin == 0 => "0".to_owned(),
        Some(gap) => power(gap),
        None => "more".to_owned(),
    };
    let words = |bin: usize| match (bin, end(bin)) {
        (0, _) => "no gap: proven best by the estimate".to_owned(),
        (_, Some(end)) => format!("gap of at most {end}"),
        (bin, None) => format!("gap above {}", end(bin - 1).unwrap_or_default()),
    };
    let bars = Bars {
        counts: figures.gaps.to_vec(),
        labels: (0..GAP_BINS).map(label).collect(),
        words: (0..GAP_BINS).map(words).collect(),
        title: "certified gap at most",
        column: "certified gap at most",
        what: "cells",
    };
    draw(bars, size)
}

/// 1e-5 as a percentage in few characters: `0.001 %`.
fn power(gap: f64) -> String {
    let exponent = gap.log10().round() as i32;
    if exponent >= -5 { number_text::percent(gap) } else { format!("1e{exponent}") }
}

/// Slices by their estimated satisfaction.
pub fn satisfaction(figures: &CityFigures, size: (f64, f64)) -> Option<Chart> {
    if figures.slices == 0 {
        return None;
    }
    let edge = |bin: usize| number_text::coarse_percent(bin as f64 / SATISFACTION_BINS as f64);
    let label = |bin: usize| match bin {
        bin if bin % 4 == 0 => edge(bin),
        _ => String::new(),
    };
    let bars = Bars {
        counts: figures.satisfaction.to_vec(),
        labels: (0..SATISFACTION_BINS).map(label).collect(),
        words: (0..SATISFACTION_BINS)
            .map(|bin| format!("satisfaction from {} to {}", edge(bin), edge(bin + 1)))
            .collect(),
        title: "estimated satisfaction from",
        column: "estimated satisfaction",
        what: "slices",
    };
    draw(bars, size)
}

/// Bars over counts on a logarithmic axis, so that the few are seen beside the many.
fn draw(bars: Bars, size: (f64, f64)) -> Option<Chart> {
    let most = *bars.counts.iter().max()?;
    let height = |count: usize| (count as f64 + 1.0).log10();
    let bins = bars.counts.len();
    let plot = Axes::within(size, (0.0, bins as f64), (0.0, 1.1 * height(most).max(1.0)), 8.0);
    let mut drawing = Drawing::default();
    let floor = plot.area.bottom;
    let mut power = 0;
    while 10_f64.powi(power) <= most as f64 * 1.2 {
        let count = 10_usize.pow(power as u32);
        let y = plot.y.at(height(count));
        drawing.line(crate::charts::drawing::GRID, (plot.area.left, y), (plot.area.right, y));
        // The margin has room for four characters.
        let text = match power {
            0..=2 => count.to_string(),
            3..=5 => format!("{}k", count / 1000),
            _ => format!("{}M", count / 1_000_000),
        };
        drawing.text(LABEL, (plot.area.left - 5.0, y + 4.0), Anchor::End, &text);
        power += 1;
    }
    for (bin, count) in bars.counts.iter().enumerate() {
        let (left, right) = (plot.x.at(bin as f64) + 1.5, plot.x.at(bin as f64 + 1.0) - 1.5);
        let middle = 0.5 * (left + right);
        if *count > 0 {
            let top = plot.y.at(height(*count));
            drawing.rectangle(BAR, Area { left, right, top, bottom: floor });
            if bins <= GAP_BINS {
                let text = number_text::rounded(*count as f64);
                drawing.text(TEXT, (middle, top - 4.0), Anchor::Middle, &text);
            }
        }
        let at = if bins <= GAP_BINS { (middle, Anchor::Middle) } else { (left, Anchor::Middle) };
        drawing.text(LABEL, (at.0, floor + 15.0), at.1, &bars.labels[bin]);
    }
    drawing.line(AXIS, (plot.area.left, floor), (plot.area.right, floor));
    let middle = 0.5 * (plot.area.left + plot.area.right);
    drawing.text(LABEL, (middle, floor + 30.0), Anchor::Middle, bars.title);
    drawing.text(
        LABEL,
        (4.0, plot.area.top - 7.0),
        Anchor::Start,
        &format!("{} (logarithmic)", bars.what),
    );
    let total: usize = bars.counts.iter().sum();
    let bars = Arc::new(bars);
    let (rows, reads) = (bars.clone(), bars.clone());
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description: format!(
            "{} {} by {}.",
            number_text::rounded(total as f64),
            bars.what,
            bars.title
        ),
        key: vec![("", format!("{} {}", number_text::rounded(total as f64), bars.what))],
        table: Arc::new(move || table(&rows)),
        probe: Some(Probe {
            columns: (0..bins).map(|bin| plot.x.at(bin as f64 + 0.5)).collect(),
            rows: vec![floor],
            places: Vec::new(),
            over: plot.area,
            start: (plot.area.left, 0.0),
            read: Arc::new(move |bin, _| Reading { text: words(&reads, bin), allocation: None }),
        }),
        locate: None,
    })
}

fn words(bars: &Bars, bin: usize) -> String {
    let count = number_text::rounded(bars.counts[bin] as f64);
    format!("{}: {count} {}", bars.words[bin], bars.what)
}

fn table(bars: &Bars) -> DataTable {
    let row = |bin: usize| {
        vec![Cell::Text(bars.words[bin].clone()), Cell::Number(bars.counts[bin] as f64)]
    };
    DataTable {
        columns: vec![bars.column.to_owned(), bars.what.to_owned()],
        rows: (0..bars.counts.len()).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    #[test]
    fn every_bar_is_read_in_words() {
        let mut figures = CityFigures::default();
        (figures.proven, figures.slices) = (3, 4);
        figures.gaps[0] = 2;
        figures.gaps[6] = 1;
        figures.satisfaction[19] = 4;
        let chart = gaps(&figures, (500.0, 240.0)).unwrap();
        let read = chart.probe.unwrap().read;
        assert_eq!(read(0, 0).text, "no gap: proven best by the estimate: 2 cells");
        assert_eq!(read(6, 0).text, "gap of at most 0.1 %: 1 cells");
        assert_eq!(read(9, 0).text, "gap above 10 %: 0 cells");
        let chart = satisfaction(&figures, (500.0, 240.0)).unwrap();
        assert_eq!(
            (chart.probe.unwrap().read)(19, 0).text,
            "satisfaction from 95 % to 100 %: 4 slices"
        );
        assert!(gaps(&CityFigures::default(), (500.0, 240.0)).is_none());
    }

    #[test]
    fn no_two_rows_of_a_citys_gaps_are_called_alike_and_none_at_most_0_per_cent() {
        let mut figures = CityFigures::default();
        (figures.proven, figures.gaps[0]) = (1, 1);
        let rows = (gaps(&figures, (500.0, 240.0)).unwrap().table)().rows;
        let mut names: Vec<String> = rows.iter().map(|row| format!("{:?}", row[0])).collect();
        assert!(names.iter().all(|name| !name.contains(" 0 %")), "{names:?}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), GAP_BINS);
    }

    #[test]
    fn bars_grow_with_the_logarithm_of_their_count() {
        let mut figures = CityFigures::default();
        (figures.proven, figures.slices) = (1110, 2200);
        (figures.gaps[0], figures.gaps[4], figures.gaps[8]) = (1000, 100, 10);
        (figures.satisfaction[3], figures.satisfaction[19]) = (200, 2000);
        let size = (500.0, 240.0);
        insta::assert_snapshot!("gaps", saved(&gaps(&figures, size).unwrap()));
        insta::assert_snapshot!("satisfaction", saved(&satisfaction(&figures, size).unwrap()));
    }
}
