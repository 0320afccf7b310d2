//! What each hop of a flow adds to its delay, as stacked bars.

use std::sync::Arc;

use slicewise_core::twin::Scenario;
use slicewise_core::twin::answer::{FlowHops, HopAnswer};

use crate::charts::axes::{Scale, number};
use crate::charts::drawing::{
    AXIS, Anchor, Area, Cell, Chart, DataTable, Drawing, GRID, LABEL, Probe, SLICE_COLOURS, TEXT,
};
use crate::controls::number_text;
use crate::twin::{names, units};

/// Height of a hop's name and bar.
const ROW: f64 = 34.0;
/// Height of a bar.
const BAR: f64 = 13.0;
/// The parts of a hop's delay, each with the class of its patch in the key.
const PARTS: [(&str, &str); 3] =
    [("k-patch-1", "waiting"), ("k-patch-0", "transmission"), ("k-patch-2", "propagation")];
/// Their colours, among those of slices.
const COLOURS: [usize; 3] = [1, 0, 2];

/// Each hop as a bar of what a packet of the flow waits, how long it is sent and how long it travels, in
/// milliseconds; hops that only some packets take tell their share.
pub fn draw(scenario: &Scenario, hops: &FlowHops, width: f64) -> Option<Chart> {
    let longest = hops.hops.iter().map(delay_ms).fold(0.0, f64::max);
    if hops.hops.is_empty() || !longest.is_finite() {
        return None;
    }
    let (top, left, right) = (8.0, 8.0, width - 62.0);
    let bottom = top + ROW * hops.hops.len() as f64;
    let size = (width, bottom + 34.0);
    let scale = Scale::new(0.0, longest.max(1e-9), left, right);
    let mut drawing = Drawing::default();
    for tick in scale.ticks(4.0) {
        let x = scale.at(tick);
        drawing.line(GRID, (x, top), (x, bottom));
        drawing.text(LABEL, (x, bottom + 14.0), Anchor::Middle, &number(tick));
    }
    drawing.line(AXIS, (left, top), (left, bottom));
    drawing.text(LABEL, ((left + right) / 2.0, bottom + 29.0), Anchor::Middle, "mean delay, ms");
    let mut middles = Vec::new();
    for (index, hop) in hops.hops.iter().enumerate() {
        let row = top + ROW * index as f64;
        drawing.text(TEXT, (left + 3.0, row + 12.0), Anchor::Start, &title(scenario, hop));
        let mut from = 0.0;
        for (part, colour) in parts_ms(hop).into_iter().zip(COLOURS) {
            let area = Area {
                left: scale.at(from),
                right: scale.at(from + part),
                top: row + 16.0,
                bottom: row + 16.0 + BAR,
            };
            drawing.coloured_rectangle(SLICE_COLOURS[colour], area);
            from += part;
        }
        let at = (scale.at(from) + 5.0, row + 16.0 + BAR - 2.5);
        drawing.text(LABEL, at, Anchor::Start, &units::delay(delay_ms(hop) / 1e3));
        middles.push(row + 16.0 + BAR / 2.0);
    }
    let key = PARTS.map(|(class, name)| (class, name.to_owned())).to_vec();
    let sum: f64 = hops.hops.iter().map(|hop| hop.share * delay_ms(hop)).sum();
    let description = format!(
        "{} hops; weighted by the packets that take them they add up to {}.",
        hops.hops.len(),
        units::delay(sum / 1e3)
    );
    let names: Vec<String> = hops.hops.iter().map(|hop| title(scenario, hop)).collect();
    let (tabled, read) = (hops.hops.clone(), hops.hops.clone());
    let own = names.clone();
    // Places from top to bottom, read as those of a map are.
    let places: Vec<(f64, f64)> = middles.iter().map(|y| (left + 4.0, *y)).collect();
    let over = Area { left, top, right, bottom };
    let start = places[0];
    Some(Chart {
        size,
        heat: None,
        markup: drawing.into_markup(),
        description,
        key,
        table: Arc::new(move || table(&names, &tabled)),
        probe: Some(Probe {
            columns: places.iter().map(|place| place.0).collect(),
            rows: vec![bottom],
            places,
            over,
            start,
            read: Arc::new(move |hop, _| crate::charts::drawing::Reading {
                text: words(&own[hop], &read[hop]),
                allocation: None,
            }),
        }),
        locate: None,
    })
}

fn parts_ms(hop: &HopAnswer) -> [f64; 3] {
    [hop.wait_s, hop.transmission_s, hop.propagation_s].map(|part| 1e3 * part)
}

fn delay_ms(hop: &HopAnswer) -> f64 {
    parts_ms(hop).iter().sum()
}

fn title(scenario: &Scenario, hop: &HopAnswer) -> String {
    let name = names::link(scenario, hop.link);
    match hop.share < 0.9995 {
        true => [&name, " (", &number_text::percent(hop.share), " of the packets)"].concat(),
        false => name,
    }
}

fn words(name: &str, hop: &HopAnswer) -> String {
    let mut text = [name, ": waits ", &units::delay(hop.wait_s)].concat();
    text += &[", is sent in ", &units::delay(hop.transmission_s)].concat();
    text += &[", travels ", &units::delay(hop.propagation_s)].concat();
    text + ", loses " + &number_text::percent(hop.loss)
}

fn table(names: &[String], hops: &[HopAnswer]) -> DataTable {
    let columns = [
        "hop",
        "share of the packets",
        "wait (ms)",
        "transmission (ms)",
        "propagation (ms)",
        "loss",
        "flows beside",
    ];
    let row = |(name, hop): (&String, &HopAnswer)| {
        let [wait, transmission, propagation] = parts_ms(hop);
        let figures =
            [hop.share, wait, transmission, propagation, hop.loss, hop.beside_count as f64];
        let mut row = vec![Cell::Text(name.clone())];
        row.extend(figures.map(Cell::Number));
        row
    };
    DataTable {
        columns: columns.map(str::to_owned).to_vec(),
        rows: names.iter().zip(hops).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use crate::twin::examples::triangle;

    fn hop(link: u32, share: f64, wait_s: f64) -> HopAnswer {
        HopAnswer {
            link,
            share,
            wait_s,
            transmission_s: 0.0005,
            propagation_s: 0.001,
            loss: 0.01,
            beside: vec![(1, 1e6)],
            beside_count: 3,
        }
    }

    #[test]
    fn each_hop_is_a_bar_of_its_three_parts() {
        let hops = FlowHops { flow: 0, hops: vec![hop(0, 1.0, 0.0025), hop(2, 0.5, 0.0)] };
        let chart = draw(&triangle(), &hops, 360.0).unwrap();
        // 4 ms for all packets and 1.5 ms for half of them.
        assert!(chart.description.ends_with("they add up to 4.75 ms."), "{}", chart.description);
        assert_eq!((chart.table)().rows[1][1], Cell::Number(0.5));
        insta::assert_snapshot!("hops", saved(&chart));
        assert!(draw(&triangle(), &FlowHops::default(), 360.0).is_none());
    }
}
