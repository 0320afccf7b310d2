//! The charts of the Forecast view.

pub mod costs;
pub mod demand;
pub mod learning;
pub mod loss;
pub mod timeline;

#[cfg(test)]
pub mod examples;

use crate::charts::axes::Axes;
use crate::charts::drawing::{AXIS, Anchor, Area, Drawing, LABEL};
use crate::controls::number_text;

/// Axis lines, labels at the left and titles of `plot`; the axis below is marked by the chart itself.
fn draw_axes(plot: &Axes, drawing: &mut Drawing, titles: (&str, &str)) {
    let Area { left, top, right, bottom } = plot.area;
    drawing.line(AXIS, (left, bottom), (right, bottom));
    for tick in plot.y.ticks(4.0) {
        let at = (left - 5.0, plot.y.at(tick) + 4.0);
        drawing.text(LABEL, at, Anchor::End, &number_text::rounded(tick));
    }
    drawing.text(LABEL, (0.5 * (left + right), bottom + 30.0), Anchor::Middle, titles.0);
    drawing.text(LABEL, (4.0, top - 7.0), Anchor::Start, titles.1);
}
