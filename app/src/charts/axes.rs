//! Scales, ticks and the frame that charts with two axes share.

use super::drawing::{AXIS, Anchor, Area, Drawing, GRID, LABEL, SIZE};
use crate::controls::number_text;

/// A linear map from values to a chart's units.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    lowest: f64,
    highest: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Maps `lowest..highest` to `from..to`; an empty range is widened.
    pub fn new(lowest: f64, highest: f64, from: f64, to: f64) -> Self {
        let usable = lowest.is_finite() && highest.is_finite() && highest > lowest;
        let (lowest, highest) = if usable { (lowest, highest) } else { (0.0, 1.0) };
        Self { lowest, highest, from, to }
    }

    /// Where `value` lies.
    pub fn at(self, value: f64) -> f64 {
        self.from + (value - self.lowest) / (self.highest - self.lowest) * (self.to - self.from)
    }

    /// Round values across the range, about `count` of them.
    pub fn ticks(self, count: f64) -> Vec<f64> {
        let rough = (self.highest - self.lowest) / count;
        let power = 10_f64.powi(rough.log10().floor() as i32);
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let first = (self.lowest / step - 1e-9).ceil() as i64;
        let last = (self.highest / step + 1e-9).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect()
    }
}

/// A plot with an axis below and one at the left.
pub struct Axes {
    /// Where the marks go.
    pub area: Area,
    /// From values to horizontal positions.
    pub x: Scale,
    /// From values to vertical positions.
    pub y: Scale,
}

impl Axes {
    /// Axes over the whole chart but for `right` units at the right.
    pub fn new(x: (f64, f64), y: (f64, f64), right: f64) -> Self {
        Self::within(SIZE, x, y, right)
    }

    /// The same over a chart of another size.
    pub fn within(size: (f64, f64), x: (f64, f64), y: (f64, f64), right: f64) -> Self {
        let area = Area { left: 42.0, top: 18.0, right: size.0 - right, bottom: size.1 - 34.0 };
        Self {
            area,
            x: Scale::new(x.0, x.1, area.left, area.right),
            y: Scale::new(y.0, y.1, area.bottom, area.top),
        }
    }

    /// Grid lines behind the marks.
    pub fn draw_grid(&self, drawing: &mut Drawing) {
        for tick in self.y.ticks(4.0) {
            let y = self.y.at(tick);
            drawing.line(GRID, (self.area.left, y), (self.area.right, y));
        }
    }

    /// Axis lines, tick labels written by `text`, and titles.
    pub fn draw(&self, drawing: &mut Drawing, titles: (&str, &str), text: (TickText, TickText)) {
        let Area { left, top, right, bottom } = self.area;
        drawing.line(AXIS, (left, bottom), (right, bottom));
        for tick in self.x.ticks(5.0) {
            let x = self.x.at(tick);
            drawing.line(AXIS, (x, bottom), (x, bottom + 4.0));
            drawing.text(LABEL, (x, bottom + 15.0), Anchor::Middle, &text.0(tick));
        }
        for tick in self.y.ticks(4.0) {
            drawing.text(LABEL, (left - 5.0, self.y.at(tick) + 4.0), Anchor::End, &text.1(tick));
        }
        drawing.text(LABEL, ((left + right) / 2.0, bottom + 30.0), Anchor::Middle, titles.0);
        drawing.text(LABEL, (4.0, top - 7.0), Anchor::Start, titles.1);
    }

    /// The point of two values.
    pub fn point(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }
}

/// Writes the label of a tick.
pub type TickText = fn(f64) -> String;

/// A tick as a number.
pub fn number(value: f64) -> String {
    number_text::rounded(value)
}

/// A tick as a percentage.
pub fn percent(value: f64) -> String {
    number_text::percent(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let ticks = Scale::new(0.0, 4500.0, 0.0, 1.0).ticks(5.0);
        assert_eq!(ticks, [0.0, 1000.0, 2000.0, 3000.0, 4000.0]);
        let ticks = Scale::new(0.5, 12.0, 0.0, 1.0).ticks(5.0);
        assert_eq!(ticks, [2.5, 5.0, 7.5, 10.0]);
    }

    #[test]
    fn an_empty_range_is_widened() {
        assert!(Scale::new(3.0, 3.0, 0.0, 100.0).at(3.0).is_finite());
    }
}
