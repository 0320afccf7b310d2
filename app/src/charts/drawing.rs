//! Charts as SVG text. Every mark carries a class, through which the page's style sheet gives it
//! the theme's colours, and plain presentation attributes, which a saved file shows by itself.

use crate::shell::markup::push_escaped;
use std::sync::Arc;

/// Width of a chart in its own units, about one CSS pixel each.
pub const WIDTH: f64 = 360.0;
/// Height of a chart.
pub const HEIGHT: f64 = 232.0;
/// Width and height of most charts.
pub const SIZE: (f64, f64) = (WIDTH, HEIGHT);

/// How a mark looks: its class on the page and its attributes in a saved file.
#[derive(Clone, Copy)]
pub struct Ink {
    class: &'static str,
    attributes: &'static str,
}

/// An ink of one chart alone: its class on the page and its attributes in a saved file.
pub const fn ink(class: &'static str, attributes: &'static str) -> Ink {
    Ink { class, attributes }
}

/// Grid lines.
pub const GRID: Ink = ink("i-grid", r##"fill="none" stroke="#e3e3e0""##);
/// Axis lines.
pub const AXIS: Ink = ink("i-axis", r##"fill="none" stroke="#8a8a86""##);
/// Tick labels and axis titles.
pub const LABEL: Ink = ink("i-label", r##"fill="#555""##);
/// Text on a mark or beside it.
pub const TEXT: Ink = ink("i-text", r##"fill="#1b1b1a""##);
/// Text across lines, with a halo that parts it from them.
pub const TAG: Ink =
    ink("i-tag", r##"fill="#1b1b1a" stroke="#fff" stroke-width="3" paint-order="stroke""##);
/// Text on a coloured mark.
pub const TEXT_ON_COLOUR: Ink = ink("i-on-colour", r##"fill="#fff" font-weight="600""##);
/// A fill given by its own colour.
pub const FILL: Ink = ink("i-fill", "");
/// The light core of the boundary of the feasible region.
pub const BOUNDARY: Ink = ink("i-boundary", r##"fill="none" stroke="#fff" stroke-width="2.5""##);
/// The dark halo under it.
pub const HALO: Ink =
    ink("i-halo", r##"fill="none" stroke="#000" stroke-opacity=".75" stroke-width="5""##);
/// A line of equal value over a heat map.
pub const CONTOUR: Ink = ink("i-contour", r##"fill="none" stroke="#fff" stroke-width="1""##);
/// The dark line under it.
pub const CONTOUR_HALO: Ink =
    ink("i-contour-halo", r##"fill="none" stroke="#000" stroke-opacity=".45" stroke-width="2.5""##);
/// The marker of the question as it stands.
pub const CROSS: Ink = ink("i-cross", r##"fill="none" stroke="#fff" stroke-width="2.5""##);
/// The dark line under it.
pub const CROSS_HALO: Ink = ink("i-cross-halo", r##"fill="none" stroke="#000" stroke-width="5""##);
/// A descent path.
pub const PATH: Ink =
    ink("i-path", r##"fill="none" stroke="#fff" stroke-opacity=".8" stroke-width="1""##);
/// The rectangle of the trained range.
pub const TRAINED: Ink =
    ink("i-trained", r##"fill="none" stroke="#fff" stroke-opacity=".9" stroke-dasharray="2 4""##);
/// The marker of the optimum.
pub const OPTIMUM: Ink = ink("i-optimum", r##"fill="#fff" stroke="#000" stroke-width="2""##);
/// The value that stands at present.
pub const CURRENT: Ink =
    ink("i-current", r##"fill="none" stroke="#1b1b1a" stroke-width="1.5" stroke-dasharray="1 3""##);
/// The part that breaks the promise.
pub const DEGRADED: Ink = ink("i-degraded", r##"fill="#d55e00" fill-opacity=".35" stroke="none""##);
/// The part where nothing keeps the promise.
pub const NOTHING: Ink = ink("i-nothing", r##"fill="#8a8a86" fill-opacity=".18" stroke="none""##);
/// A curve's own line.
pub const DENSITY: Ink = ink("i-density", r##"fill="none" stroke="#0072b2" stroke-width="2""##);
/// The curve of one traffic sample.
pub const SAMPLE: Ink =
    ink("i-sample", r##"fill="none" stroke="#0072b2" stroke-opacity=".35" stroke-width=".8""##);
/// Series told apart by colour (Okabe-Ito) and by dashes.
pub const SERIES: [Ink; 4] = [
    ink("i-series-0", r##"fill="none" stroke="#0072b2" stroke-width="2""##),
    ink("i-series-1", r##"fill="none" stroke="#d55e00" stroke-width="2" stroke-dasharray="6 3""##),
    ink("i-series-2", r##"fill="none" stroke="#009e73" stroke-width="2" stroke-dasharray="2 2""##),
    ink(
        "i-series-3",
        r##"fill="none" stroke="#a05080" stroke-width="2" stroke-dasharray="8 2 2 2""##,
    ),
];
/// The slices of a cell, in the colours of [`SLICE_COLOURS`] and with dashes of their own.
pub const SLICE_SERIES: [Ink; 8] = [
    ink("i-slice-0", r##"fill="none" stroke="#0072b2" stroke-width="2""##),
    ink("i-slice-1", r##"fill="none" stroke="#b34700" stroke-width="2" stroke-dasharray="7 3""##),
    ink("i-slice-2", r##"fill="none" stroke="#00785a" stroke-width="2" stroke-dasharray="2 2""##),
    ink(
        "i-slice-3",
        r##"fill="none" stroke="#8a4a78" stroke-width="2" stroke-dasharray="8 2 2 2""##,
    ),
    ink("i-slice-4", r##"fill="none" stroke="#6b5b00" stroke-width="2" stroke-dasharray="12 3""##),
    ink("i-slice-5", r##"fill="none" stroke="#2f6f9f" stroke-width="2" stroke-dasharray="4 4""##),
    ink(
        "i-slice-6",
        r##"fill="none" stroke="#9c2f2f" stroke-width="2" stroke-dasharray="10 2 2 2 2 2""##,
    ),
    ink("i-slice-7", r##"fill="none" stroke="#4d4d4d" stroke-width="2" stroke-dasharray="1 2""##),
];
/// Their chosen points on their curves.
pub const SLICE_DOTS: [Ink; 8] = [
    ink("i-slice-dot-0", r##"fill="#0072b2" stroke="#fff""##),
    ink("i-slice-dot-1", r##"fill="#b34700" stroke="#fff""##),
    ink("i-slice-dot-2", r##"fill="#00785a" stroke="#fff""##),
    ink("i-slice-dot-3", r##"fill="#8a4a78" stroke="#fff""##),
    ink("i-slice-dot-4", r##"fill="#6b5b00" stroke="#fff""##),
    ink("i-slice-dot-5", r##"fill="#2f6f9f" stroke="#fff""##),
    ink("i-slice-dot-6", r##"fill="#9c2f2f" stroke="#fff""##),
    ink("i-slice-dot-7", r##"fill="#4d4d4d" stroke="#fff""##),
];
/// A straight line that touches a curve.
pub const TANGENT: Ink = ink("i-tangent", r##"fill="none" stroke="#1b1b1a" stroke-width="1""##);
/// Edges of the cells of a map.
pub const EDGE: Ink = ink("i-edge", r##"fill="none" stroke="#fff" stroke-width="1.5""##);
/// The cell of a map that is open.
pub const CHOSEN: Ink = ink("i-chosen", r##"fill="none" stroke="#1b1b1a" stroke-width="3.5""##);
/// Stripes over what falls short.
pub const STRIPES: Ink =
    ink("i-stripes", r##"fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="1""##);
/// Text on a light colour of a field, whatever the theme.
pub const ON_LIGHT: Ink = ink(
    "i-on-light",
    r##"fill="#111" stroke="#fff" stroke-opacity=".7" stroke-width="2.5" paint-order="stroke" font-weight="600""##,
);
/// Text on a dark colour of a field.
pub const ON_DARK: Ink = ink(
    "i-on-dark",
    r##"fill="#fff" stroke="#000" stroke-opacity=".55" stroke-width="2.5" paint-order="stroke" font-weight="600""##,
);
/// The edges of the moment that is shown.
pub const NOW: Ink = ink("i-now", r##"fill="none" stroke="#1b1b1a" stroke-width="1.2""##);
/// A bar of a histogram.
pub const BAR: Ink = ink("i-bar", r##"fill="#0072b2""##);
/// A site of a map.
pub const SITE: Ink = ink("i-site", r##"fill="#1b1b1a" stroke="#fff" stroke-width="1.5""##);
/// The static allocation of each resource, in the colours of [`SERIES`] and with thin dashes.
pub const STATIC: [Ink; 4] = [
    ink("i-series-0", r##"fill="none" stroke="#0072b2" stroke-width="1" stroke-dasharray="1 3""##),
    ink("i-series-1", r##"fill="none" stroke="#d55e00" stroke-width="1" stroke-dasharray="5 4""##),
    ink("i-series-2", r##"fill="none" stroke="#009e73" stroke-width="1" stroke-dasharray="2 5""##),
    ink(
        "i-series-3",
        r##"fill="none" stroke="#a05080" stroke-width="1" stroke-dasharray="7 3 1 3""##,
    ),
];
/// A sum over coloured areas, apart from all their colours.
pub const TOTAL: Ink =
    ink("i-total", r##"fill="none" stroke="#1b1b1a" stroke-width="1.8" stroke-dasharray="6 3""##);
/// The light line under it.
pub const TOTAL_HALO: Ink =
    ink("i-total-halo", r##"fill="none" stroke="#fff" stroke-width="4.5""##);
/// A point of a series.
pub const DOT: Ink = ink("i-dot", r##"fill="#0072b2""##);
/// Colours of slices in stacked bars (Okabe-Ito, dark enough for white text).
pub const SLICE_COLOURS: [&str; 8] =
    ["#0072b2", "#b34700", "#00785a", "#8a4a78", "#6b5b00", "#2f6f9f", "#9c2f2f", "#4d4d4d"];

/// Classes of their swatches in keys.
pub const SLICE_KEYS: [&str; 8] = [
    "k-slice-0",
    "k-slice-1",
    "k-slice-2",
    "k-slice-3",
    "k-slice-4",
    "k-slice-5",
    "k-slice-6",
    "k-slice-7",
];

/// Which side of a point its text stands.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// The text starts there.
    Start,
    /// The text has its middle there.
    Middle,
    /// The text ends there.
    End,
}

/// The marks of one chart, written as SVG.
#[derive(Default)]
pub struct Drawing(String);

impl Drawing {
    /// The marks so far.
    pub fn into_markup(self) -> String {
        self.0
    }

    /// A path through `commands`.
    pub fn path(&mut self, ink: Ink, commands: &str) {
        self.open("path", ink);
        self.attribute("d", commands);
        self.0.push_str("/>");
    }

    /// An area in a colour of its own.
    pub fn coloured_path(&mut self, colour: &str, commands: &str) {
        self.open("path", FILL);
        self.attribute("fill", colour);
        self.attribute("d", commands);
        self.0.push_str("/>");
    }

    /// Draws `marks` cut off at the edges of the closed path `commands`; `id` is unique in the page.
    pub fn clipped_to(&mut self, id: &str, commands: &str, marks: impl FnOnce(&mut Self)) {
        self.0.push_str("<clipPath");
        self.attribute("id", id);
        self.0.push_str("><path");
        self.attribute("d", commands);
        self.0.push_str("/></clipPath><g");
        self.attribute("clip-path", &format!("url(#{id})"));
        self.0.push('>');
        marks(self);
        self.0.push_str("</g>");
    }

    /// A straight line.
    pub fn line(&mut self, ink: Ink, from: (f64, f64), to: (f64, f64)) {
        let mut commands = String::new();
        push_points(&mut commands, [from, to]);
        self.path(ink, &commands);
    }

    /// A line through `points`; points that are not finite break it.
    pub fn polyline(&mut self, ink: Ink, points: impl IntoIterator<Item = (f64, f64)>) {
        let mut commands = String::new();
        push_points(&mut commands, points);
        if !commands.is_empty() {
            self.path(ink, &commands);
        }
    }

    /// A rectangle.
    pub fn rectangle(&mut self, ink: Ink, area: Area) {
        self.open("rect", ink);
        self.area_attributes(area);
        self.0.push_str("/>");
    }

    /// A rectangle in a colour of its own.
    pub fn coloured_rectangle(&mut self, colour: &str, area: Area) {
        self.open("rect", FILL);
        self.attribute("fill", colour);
        self.area_attributes(area);
        self.0.push_str("/>");
    }

    /// A circle.
    pub fn circle(&mut self, ink: Ink, centre: (f64, f64), radius: f64) {
        self.open("circle", ink);
        self.circle_attributes(centre, radius);
    }

    /// A circle filled with `colour`.
    pub fn coloured_circle(&mut self, ink: Ink, colour: &str, centre: (f64, f64), radius: f64) {
        self.open("circle", ink);
        self.attribute("fill", colour);
        self.circle_attributes(centre, radius);
    }

    fn circle_attributes(&mut self, centre: (f64, f64), radius: f64) {
        self.attribute("cx", &coordinate(centre.0));
        self.attribute("cy", &coordinate(centre.1));
        self.attribute("r", &coordinate(radius));
        self.0.push_str("/>");
    }

    /// A line of text with its base line at `at`.
    pub fn text(&mut self, ink: Ink, at: (f64, f64), anchor: Anchor, text: &str) {
        self.open("text", ink);
        self.attribute("x", &coordinate(at.0));
        self.attribute("y", &coordinate(at.1));
        self.attribute(
            "text-anchor",
            match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            },
        );
        self.0.push('>');
        push_escaped(&mut self.0, text);
        self.0.push_str("</text>");
    }

    /// Draws `marks` cut off at the edges of `area`; `id` is unique in the page.
    pub fn clipped(&mut self, id: &str, area: Area, marks: impl FnOnce(&mut Self)) {
        self.0.push_str("<clipPath");
        self.attribute("id", id);
        self.0.push_str("><rect");
        self.area_attributes(area);
        self.0.push_str("/></clipPath><g");
        self.attribute("clip-path", &format!("url(#{id})"));
        self.0.push('>');
        marks(self);
        self.0.push_str("</g>");
    }

    fn open(&mut self, element: &str, ink: Ink) {
        self.0.push('<');
        self.0.push_str(element);
        self.attribute("class", ink.class);
        if !ink.attributes.is_empty() {
            self.0.push(' ');
            self.0.push_str(ink.attributes);
        }
    }

    fn area_attributes(&mut self, area: Area) {
        self.attribute("x", &coordinate(area.left));
        self.attribute("y", &coordinate(area.top));
        self.attribute("width", &coordinate(area.width().max(0.0)));
        self.attribute("height", &coordinate(area.height().max(0.0)));
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        push_escaped(&mut self.0, value);
        self.0.push('"');
    }
}

/// A rectangle in a chart's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl Area {
    /// Width.
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// Height.
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// A finished chart.
pub struct Chart {
    /// Width and height in its own units.
    pub size: (f64, f64),
    /// A field of colours under the marks.
    pub heat: Option<HeatMap>,
    /// Its marks.
    pub markup: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Its key, in words with the class of each series' ink.
    pub key: Vec<(&'static str, String)>,
    /// Its values.
    pub table: MakeTable,
    /// What the pointer and the arrow keys read.
    pub probe: Option<Probe>,
    /// Where an allocation lies, in a chart whose axes are resources.
    pub locate: Option<Locate>,
}

/// A field of coloured cells, drawn on a canvas on the page and as rectangles in a saved file.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Cells from left to right.
    pub columns: usize,
    /// Cells, row by row from the bottom.
    pub cells: Vec<HeatCell>,
    /// Where they lie.
    pub over: Area,
}

/// One cell of a heat map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeatCell {
    /// Red, green and blue.
    Colour([u8; 3]),
    /// There is nothing to colour here, ever.
    Hatched,
    /// Not known yet.
    Blank,
}

/// The two greys of hatched cells.
pub const HATCH: [[u8; 3]; 2] = [[150, 150, 146], [196, 196, 192]];

impl HeatMap {
    /// Cells from bottom to top.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }

    /// The cells as rectangles, neighbours of one colour joined.
    fn markup(&self) -> String {
        let mut drawing = Drawing::default();
        let (width, height) = (
            self.over.width() / self.columns.max(1) as f64,
            self.over.height() / self.rows().max(1) as f64,
        );
        for (row, cells) in self.cells.chunks(self.columns.max(1)).enumerate() {
            let bottom = self.over.bottom - row as f64 * height;
            let mut first = 0;
            for run in cells.chunk_by(|a, b| a == b) {
                let left = self.over.left + first as f64 * width;
                first += run.len();
                let right = self.over.left + first as f64 * width;
                let [red, green, blue] = match run[0] {
                    HeatCell::Colour(colour) => colour,
                    HeatCell::Hatched => HATCH[1],
                    HeatCell::Blank => continue,
                };
                let colour = format!("#{red:02x}{green:02x}{blue:02x}");
                drawing.coloured_rectangle(
                    &colour,
                    Area { left, right, top: bottom - height, bottom },
                );
            }
        }
        format!(r#"<g shape-rendering="crispEdges">{}</g>"#, drawing.into_markup())
    }
}

/// Finds the place of an allocation in a chart.
pub type Locate = Arc<dyn Fn(&[f64]) -> (f64, f64) + Send + Sync>;
/// Makes the table behind a chart when it is asked for.
pub type MakeTable = Arc<dyn Fn() -> DataTable + Send + Sync>;

/// Values behind a chart or a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataTable {
    /// Names of the columns, with units.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Cell>>,
}

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number, in full precision.
    Number(f64),
    /// An amount of a resource, in full precision; where it is shown it is rounded up.
    Amount(f64),
    /// Words.
    Text(String),
    /// No value.
    Empty,
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }
}

impl DataTable {
    /// The table as CSV with a header, quoted where needed.
    pub fn to_csv(&self) -> String {
        let mut csv = String::new();
        push_csv_row(&mut csv, self.columns.iter().map(String::as_str));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(Cell::exact).collect();
            push_csv_row(&mut csv, cells.iter().map(String::as_str));
        }
        csv
    }
}

impl Cell {
    /// The value in full.
    pub fn exact(&self) -> String {
        match self {
            Self::Number(value) | Self::Amount(value) => value.to_string(),
            Self::Text(text) => text.clone(),
            Self::Empty => String::new(),
        }
    }
}

fn push_csv_row<'a>(csv: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            csv.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            csv.push('"');
            csv.push_str(&cell.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(cell);
        }
    }
    csv.push_str("\r\n");
}

/// Where a chart can be read, and what it says there.
#[derive(Clone)]
pub struct Probe {
    /// Positions from left to right, in the chart's units.
    pub columns: Vec<f64>,
    /// Positions from bottom to top; one for a chart of curves.
    pub rows: Vec<f64>,
    /// Where the columns lie in a map, which has no axes; empty in every other chart.
    pub places: Vec<(f64, f64)>,
    /// The plot's area.
    pub over: Area,
    /// Where the arrow keys start.
    pub start: (f64, f64),
    /// The reading at a column and a row.
    pub read: Arc<dyn Fn(usize, usize) -> Reading + Send + Sync>,
}

/// What a chart says at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// In words, with units.
    pub text: String,
    /// The allocation meant, which other charts mark.
    pub allocation: Option<Vec<f64>>,
}

impl Probe {
    /// Reads a chart of curves at `columns` as `words` say; the arrow keys start at `start`.
    pub fn along(
        over: Area,
        columns: Vec<f64>,
        start: f64,
        words: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            columns,
            rows: vec![over.bottom],
            places: Vec::new(),
            over,
            start: (start, 0.0),
            read: Arc::new(move |column, _| Reading { text: words(column), allocation: None }),
        }
    }

    /// The column and row nearest to a point.
    pub fn nearest(&self, x: f64, y: f64) -> (usize, usize) {
        if !self.places.is_empty() {
            let apart = |index: &usize| {
                let place = self.places[*index];
                (place.0 - x).hypot(place.1 - y)
            };
            let closest = (0..self.places.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
            return (closest.unwrap_or(0), 0);
        }
        (nearest(&self.columns, x), nearest(&self.rows, y))
    }
}

fn nearest(positions: &[f64], to: f64) -> usize {
    let distance = |index: &usize| (positions[*index] - to).abs();
    (0..positions.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}

/// The chart as a file that stands for itself.
pub fn standalone(title: &str, chart: &Chart) -> String {
    let (width, height) = chart.size;
    let mut file = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{}" height="{}" font-family="system-ui, sans-serif" font-size="11"><title>"##,
        2.0 * width,
        2.0 * height
    );
    push_escaped(&mut file, title);
    file.push_str("</title><desc>");
    push_escaped(&mut file, &chart.description);
    file.push_str(r##"</desc><rect width="100%" height="100%" fill="#fff"/>"##);
    if let Some(heat) = &chart.heat {
        file.push_str(&heat.markup());
    }
    file.push_str(&chart.markup);
    file.push_str("</svg>\n");
    file
}

/// Appends move and line commands through `points`; points that are not finite break the line.
pub fn push_points(commands: &mut String, points: impl IntoIterator<Item = (f64, f64)>) {
    let mut drawing = false;
    for (x, y) in points {
        if !(x.is_finite() && y.is_finite()) {
            drawing = false;
            continue;
        }
        commands.push(if drawing { 'L' } else { 'M' });
        drawing = true;
        commands.push_str(&coordinate(x));
        commands.push(' ');
        commands.push_str(&coordinate(y));
    }
}

/// A coordinate to a tenth of a unit.
fn coordinate(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    if tenths % 10 == 0 {
        return (tenths / 10).to_string();
    }
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", (tenths / 10).abs(), (tenths % 10).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut drawing = Drawing::default();
        drawing.text(TEXT, (1.0, 2.0), Anchor::Start, "<script>&\"");
        let markup = drawing.into_markup();
        assert!(markup.ends_with("&lt;script&gt;&amp;&quot;</text>"), "{markup}");
    }

    #[test]
    fn a_heat_map_is_saved_as_one_rectangle_per_run_of_a_colour() {
        let (red, over) = (
            HeatCell::Colour([255, 0, 0]),
            Area { left: 0.0, top: 0.0, right: 30.0, bottom: 20.0 },
        );
        let cells = vec![red, red, HeatCell::Blank, HeatCell::Hatched, red, red];
        let markup = HeatMap { columns: 3, cells, over }.markup();
        assert_eq!(markup.matches("<rect").count(), 3);
        assert!(
            markup.contains(r##"fill="#ff0000" x="0" y="10" width="20" height="10""##),
            "{markup}"
        );
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(coordinate(12.04), "12");
        assert_eq!(coordinate(-0.26), "-0.3");
        assert_eq!(coordinate(12.36), "12.4");
    }

    #[test]
    fn gaps_break_a_line() {
        let mut commands = String::new();
        push_points(&mut commands, [(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0), (2.0, 0.0)]);
        assert_eq!(commands, "M0 0L1 1M2 0");
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let table = DataTable {
            columns: vec!["name".to_owned(), "value".to_owned()],
            rows: vec![vec![Cell::Text("a,\"b\"".to_owned()), Cell::Number(0.1)]],
        };
        assert_eq!(table.to_csv(), "name,value\r\n\"a,\"\"b\"\"\",0.1\r\n");
    }
}
