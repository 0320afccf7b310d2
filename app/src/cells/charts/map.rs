//! The sites from above: each cell as a rhombus before its antenna, coloured by satisfaction.

use std::sync::Arc;

use slicewise_core::cells::figures::cell_satisfaction;
use slicewise_core::cells::scenario::{CellPlace, SliceKpis, UserPlace};
use slicewise_core::cells::{SATISFIED, SimulatedStep};

use super::super::words::clock;
use super::SLICE_PATCHES;
use crate::charts::drawing::{
    Anchor, Area, CHOSEN, Cell, Chart, DataTable, Drawing, EDGE, LABEL, ON_DARK, ON_LIGHT, Probe,
    Reading, SITE, SLICE_DOTS, STRIPES, push_points,
};
use crate::controls::number_text;

/// Satisfactions at and below this have the darkest colour.
const DARKEST: f64 = 0.5;
/// Cells whose slices are less satisfied on average are striped.
const STRIPED: f64 = 0.9;
/// Below this width a cell is named by its number alone.
const ROOMY: f64 = 450.0;
/// Room for the colours' key at the right.
const KEY_WIDTH: f64 = 68.0;

/// What the map shows.
#[derive(Clone)]
pub struct MapPicture {
    /// Where the cells are.
    pub places: Arc<Vec<CellPlace>>,
    /// What they did.
    pub step: Arc<SimulatedStep>,
    /// Names of the scenario's slices.
    pub names: Arc<Vec<String>>,
    /// The cell that is open.
    pub chosen: usize,
    /// Width and height of the chart.
    pub size: (f64, f64),
}

/// Where a cell lies, in metres: its site and the three corners before the antenna.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sector {
    corners: [(f64, f64); 4],
}

impl Sector {
    fn centre(self) -> (f64, f64) {
        let [site, _, far, _] = self.corners;
        (0.5 * (site.0 + far.0), 0.5 * (site.1 + far.1))
    }
}

/// The area nearest to a site is a hexagon; each of its three antennas serves a third of it.
fn sectors(places: &[CellPlace]) -> Vec<Sector> {
    let apart = |a: &CellPlace, b: &CellPlace| (a.x_m - b.x_m).hypot(a.y_m - b.y_m);
    let distances = places.iter().flat_map(|a| places.iter().map(move |b| apart(a, b)));
    let nearest = distances.filter(|distance| *distance > 1.0).fold(f64::INFINITY, f64::min);
    let radius = if nearest.is_finite() { nearest / 3.0_f64.sqrt() } else { 100.0 };
    let sector = |place: &CellPlace| {
        let corner = |degrees: f64| {
            let angle = (place.azimuth_deg + degrees).to_radians();
            (place.x_m + radius * angle.cos(), place.y_m + radius * angle.sin())
        };
        Sector { corners: [(place.x_m, place.y_m), corner(-60.0), corner(0.0), corner(60.0)] }
    };
    places.iter().map(sector).collect()
}

/// Where a user is seen: the network repeats itself beyond its edge, two sites on in both
/// directions, and he is drawn beside the site that serves him.
fn beside_his_site(places: &[CellPlace], user: &UserPlace) -> (f64, f64) {
    let at = (f64::from(user.x_m), f64::from(user.y_m));
    let (Some(origin), Some(east), Some(north), Some(site)) =
        (places.first(), places.get(3), places.get(6), places.get(usize::from(user.cell)))
    else {
        return at;
    };
    let step = |to: &CellPlace| (2.0 * (to.x_m - origin.x_m), 2.0 * (to.y_m - origin.y_m));
    let (along, up) = (step(east), step(north));
    let mut best = (f64::INFINITY, at);
    for i in -1..=1 {
        for j in -1..=1 {
            let (i, j) = (f64::from(i), f64::from(j));
            let copy = (at.0 + i * along.0 + j * up.0, at.1 + i * along.1 + j * up.1);
            let distance = (copy.0 - site.x_m).hypot(copy.1 - site.y_m);
            if distance < best.0 {
                best = (distance, copy);
            }
        }
    }
    best.1
}

/// From metres to the chart, the same in both directions, north upwards.
struct View {
    scale: f64,
    left: f64,
    bottom: f64,
    west: f64,
    south: f64,
}

impl View {
    fn around(sectors: &[Sector], area: Area) -> Self {
        let corners: Vec<(f64, f64)> = sectors.iter().flat_map(|sector| sector.corners).collect();
        let range = |pick: fn(&(f64, f64)) -> f64| {
            let low = corners.iter().map(pick).fold(f64::INFINITY, f64::min);
            let high = corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
            (low, (high - low).max(1.0))
        };
        let ((west, width), (south, height)) = (range(|c| c.0), range(|c| c.1));
        let scale = (area.width() / width).min(area.height() / height);
        Self {
            scale,
            left: area.left + 0.5 * (area.width() - scale * width),
            bottom: area.bottom - 0.5 * (area.height() - scale * height),
            west,
            south,
        }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.left + self.scale * (x - self.west), self.bottom - self.scale * (y - self.south))
    }
}

/// Draws the map; none without a cell.
pub fn draw(picture: &MapPicture) -> Option<Chart> {
    let sectors = sectors(&picture.places);
    if sectors.is_empty() {
        return None;
    }
    let (width, height) = picture.size;
    let area = Area { left: 4.0, top: 4.0, right: width - KEY_WIDTH, bottom: height - 4.0 };
    let view = View::around(&sectors, area);
    let mut drawing = Drawing::default();
    for (cell, sector) in sectors.iter().enumerate() {
        draw_cell(&mut drawing, picture, cell, *sector, &view);
    }
    draw_users(&mut drawing, picture, area, &view);
    for place in &*picture.places {
        drawing.circle(SITE, view.at((place.x_m, place.y_m)), 4.5);
    }
    for (cell, sector) in sectors.iter().enumerate() {
        draw_label(&mut drawing, picture, cell, view.at(sector.centre()));
    }
    if let Some(sector) = sectors.get(picture.chosen) {
        drawing.path(CHOSEN, &outline(*sector, &view));
    }
    draw_key(&mut drawing, width, height);
    let centres = sectors.iter().map(|sector| view.at(sector.centre())).collect();
    Some(Chart {
        size: picture.size,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(picture),
        key: key(picture),
        table: {
            let picture = picture.clone();
            Arc::new(move || table(&picture))
        },
        probe: Some(probe(picture, centres, area)),
        locate: None,
    })
}

fn outline(sector: Sector, view: &View) -> String {
    let mut commands = String::new();
    push_points(&mut commands, sector.corners.map(|corner| view.at(corner)));
    commands.push('Z');
    commands
}

fn draw_cell(
    drawing: &mut Drawing,
    picture: &MapPicture,
    cell: usize,
    sector: Sector,
    view: &View,
) {
    let commands = outline(sector, view);
    let satisfaction = cell_satisfaction(&picture.step, cell);
    drawing.coloured_path(&colour(satisfaction), &commands);
    if satisfaction.is_some_and(|satisfaction| satisfaction < STRIPED) {
        let (x, y) = view.at(sector.centre());
        let [site, _, far, _] = sector.corners.map(|corner| view.at(corner));
        let reach = (far.0 - site.0).hypot(far.1 - site.1);
        drawing.clipped_to(&format!("map-cell-{cell}"), &commands, |drawing| {
            let mut lines = String::new();
            let mut offset = -2.0 * reach;
            while offset < 2.0 * reach {
                push_points(
                    &mut lines,
                    [(x + offset - reach, y + reach), (x + offset + reach, y - reach)],
                );
                offset += 9.0;
            }
            drawing.path(STRIPES, &lines);
        });
    }
    drawing.path(EDGE, &commands);
}

fn draw_users(drawing: &mut Drawing, picture: &MapPicture, area: Area, view: &View) {
    for user in &picture.step.users {
        let at = view.at(beside_his_site(&picture.places, user));
        let inside = at.0 > area.left && at.0 < area.right && at.1 > area.top && at.1 < area.bottom;
        if inside {
            drawing.circle(SLICE_DOTS[usize::from(user.slice) % SLICE_DOTS.len()], at, 2.4);
        }
    }
}

fn draw_label(drawing: &mut Drawing, picture: &MapPicture, cell: usize, (x, y): (f64, f64)) {
    let satisfaction = cell_satisfaction(&picture.step, cell);
    let light = satisfaction.is_some_and(|satisfaction| satisfaction > 0.78);
    let ink = if light { ON_LIGHT } else { ON_DARK };
    let text = satisfaction.map_or_else(|| "–".to_owned(), number_text::coarse_percent);
    let title = match picture.size.0 < ROOMY {
        true => (cell + 1).to_string(),
        false => format!("Cell {}", cell + 1),
    };
    drawing.text(ink, (x, y - 2.0), Anchor::Middle, &title);
    drawing.text(ink, (x, y + 12.0), Anchor::Middle, &text);
}

/// The colours from the least to the most satisfied upwards.
fn draw_key(drawing: &mut Drawing, width: f64, height: f64) {
    const BANDS: usize = 20;
    let (left, top, bottom) = (width - KEY_WIDTH + 12.0, 22.0, height - 26.0);
    let band = (bottom - top) / BANDS as f64;
    for index in 0..BANDS {
        let satisfaction = DARKEST + (1.0 - DARKEST) * (index as f64 + 0.5) / BANDS as f64;
        let low = bottom - index as f64 * band;
        let patch = Area { left, right: left + 10.0, top: low - band - 0.3, bottom: low };
        drawing.coloured_rectangle(&colour(Some(satisfaction)), patch);
    }
    for (share, text) in [(0.0, "≤ 50 %"), (0.5, "75 %"), (1.0, "100 %")] {
        let y = bottom - share * (bottom - top);
        drawing.text(LABEL, (left + 13.0, y + 4.0), Anchor::Start, text);
    }
}

/// Viridis from [`DARKEST`] to 1; grey where nothing is known.
fn colour(satisfaction: Option<f64>) -> String {
    let Some(satisfaction) = satisfaction else { return "#b9b9b4".to_owned() };
    let level = ((satisfaction - DARKEST) / (1.0 - DARKEST)).clamp(0.0, 1.0);
    let colour = colorous::VIRIDIS.eval_continuous(level);
    format!("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b)
}

fn key(picture: &MapPicture) -> Vec<(&'static str, String)> {
    let mut key = vec![("", "colour: mean satisfaction of the cell’s slices".to_owned())];
    key.push(("k-striped", "below 90 %".to_owned()));
    let users = picture.step.present.iter().filter_map(|slice| {
        let name = picture.names.get(*slice)?;
        Some((SLICE_PATCHES[slice % SLICE_PATCHES.len()], format!("user of {name}")))
    });
    key.extend(users);
    key
}

fn kpis_of(step: &SimulatedStep, cell: usize) -> &[SliceKpis] {
    let slices = step.present.len();
    step.kpis.get(cell * slices..(cell + 1) * slices).unwrap_or_default()
}

fn describe(picture: &MapPicture) -> String {
    let cells = 0..picture.places.len();
    let worst = cells
        .filter_map(|cell| Some((cell, cell_satisfaction(&picture.step, cell)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let at = clock(picture.step.step);
    let Some((cell, satisfaction)) = worst else {
        return format!("{} cells at {at}.", picture.places.len());
    };
    format!(
        "{} cells at {at}, each coloured by the mean satisfaction of its slices. The least is cell \
         {} with {}.",
        picture.places.len(),
        cell + 1,
        number_text::coarse_percent(satisfaction)
    )
}

fn table(picture: &MapPicture) -> DataTable {
    let columns = [
        "cell",
        "slice",
        "share of PRB",
        "PRB used (share)",
        "active users",
        "CQI",
        "throughput per user (Mbit/s)",
        "delay (ms)",
        "satisfaction (simulated)",
        "satisfaction (estimated)",
    ];
    let mut rows = Vec::new();
    for cell in 0..picture.places.len() {
        let slices = kpis_of(&picture.step, cell).iter().zip(&picture.step.present);
        for (position, (kpis, slice)) in slices.enumerate() {
            let at = cell * picture.step.present.len() + position;
            let mut row = vec![Cell::Number(cell as f64 + 1.0)];
            row.push(Cell::Text(picture.names.get(*slice).cloned().unwrap_or_default()));
            let numbers = [
                kpis.share,
                kpis.prb_used,
                kpis.active_users,
                kpis.cqi,
                kpis.throughput_mbps,
                kpis.delay_ms,
                kpis.satisfaction,
            ];
            row.extend(numbers.map(|number| Cell::from(number.is_finite().then_some(number))));
            row.push(Cell::from(picture.step.expected_satisfaction.get(at).copied()));
            rows.push(row);
        }
    }
    DataTable { columns: columns.map(str::to_owned).to_vec(), rows }
}

fn probe(picture: &MapPicture, places: Vec<(f64, f64)>, over: Area) -> Probe {
    let start = places.get(picture.chosen).copied().unwrap_or((over.left, over.top));
    let picture = picture.clone();
    Probe {
        columns: places.iter().map(|place| place.0).collect(),
        rows: vec![over.bottom],
        places,
        over,
        start,
        read: Arc::new(move |cell, _| Reading { text: words(&picture, cell), allocation: None }),
    }
}

/// One cell in words.
fn words(picture: &MapPicture, cell: usize) -> String {
    let slices = kpis_of(&picture.step, cell).iter().zip(&picture.step.present);
    let slices: Vec<String> = slices
        .map(|(kpis, slice)| {
            let short = if kpis.satisfaction < SATISFIED { "" } else { ", kept" };
            format!(
                "{} {} with {} of PRB for {} users{short}",
                picture.names.get(*slice).map_or("slice", String::as_str),
                number_text::coarse_percent(kpis.satisfaction),
                number_text::coarse_percent(kpis.share),
                number_text::rounded((10.0 * kpis.active_users).round() / 10.0)
            )
        })
        .collect();
    format!("Cell {}: {}", cell + 1, slices.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;

    fn places() -> Vec<CellPlace> {
        let site =
            |x_m, y_m| [30.0, 150.0, 270.0].map(|azimuth_deg| CellPlace { x_m, y_m, azimuth_deg });
        [site(0.0, 0.0), site(300.0, 0.0), site(150.0, 150.0 * 3.0_f64.sqrt())].concat()
    }

    #[test]
    fn the_cells_cover_their_sites_surroundings_and_do_not_overlap() {
        let sectors = sectors(&places());
        let holds = |sector: &Sector, (x, y): (f64, f64)| {
            let side = |index: usize| {
                let (a, b) = (sector.corners[index], sector.corners[(index + 1) % 4]);
                (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0)
            };
            (0..4).all(|index| side(index) > 0.0)
        };
        for (x, y) in [(10.0, 20.0), (140.0, 31.0), (160.0, 33.0), (151.0, 90.0), (71.0, -40.0)] {
            let holders = sectors.iter().filter(|sector| holds(sector, (x, y))).count();
            assert_eq!(holders, 1, "{x}, {y}");
        }
    }

    #[test]
    fn a_user_served_across_the_edge_is_drawn_beside_his_site() {
        let user = |x_m, cell| UserPlace { x_m, y_m: 10.0, cell, slice: 0 };
        assert_eq!(beside_his_site(&places(), &user(40.0, 0)), (40.0, 10.0));
        assert_eq!(beside_his_site(&places(), &user(590.0, 1)), (-10.0, 10.0));
    }

    #[test]
    fn the_map_reads_the_cell_nearest_to_the_pointer() {
        let step = SimulatedStep {
            present: vec![0],
            kpis: vec![SliceKpis { satisfaction: 0.7, ..SliceKpis::default() }; 6],
            ..SimulatedStep::default()
        };
        let picture = MapPicture {
            places: Arc::new(places()),
            step: Arc::new(step),
            names: Arc::new(vec!["Video".to_owned()]),
            chosen: 2,
            size: (520.0, 430.0),
        };
        let chart = draw(&picture).unwrap();
        let probe = chart.probe.unwrap();
        for (cell, place) in probe.places.iter().enumerate() {
            assert_eq!(probe.nearest(place.0 + 2.0, place.1 - 3.0), (cell, 0));
        }
        assert!((probe.read)(3, 0).text.starts_with("Cell 4: Video 70 %"));
        assert!(chart.markup.contains("Cell 6") && chart.markup.contains("70 %"));
        assert_eq!((chart.table)().rows.len(), 6);
    }

    #[test]
    fn the_map_colours_cells_by_satisfaction_and_users_by_slice() {
        let kpis = |satisfaction| SliceKpis { satisfaction, ..SliceKpis::default() };
        let user = |x_m, y_m, cell, slice| UserPlace { x_m, y_m, cell, slice };
        let levels = [1.0, 0.9, 0.7, 0.5, 0.3, 0.995, 1.0, 0.2, 0.8];
        let step = SimulatedStep {
            present: vec![0, 1],
            kpis: levels.iter().flat_map(|level| [kpis(*level), kpis(1.0)]).collect(),
            users: vec![user(60.0, 40.0, 0, 0), user(-60.0, 40.0, 1, 1), user(320.0, 30.0, 3, 0)],
            ..SimulatedStep::default()
        };
        let picture = MapPicture {
            places: Arc::new(places()),
            step: Arc::new(step),
            names: Arc::new(["Video", "Gaming"].map(str::to_owned).to_vec()),
            chosen: 4,
            size: (520.0, 430.0),
        };
        insta::assert_snapshot!("map", saved(&draw(&picture).unwrap()));
    }
}
