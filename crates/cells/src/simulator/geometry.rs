//! Where the sites are, and how far everything is from them on a plane without edges.
//!
//! Four sites of a hexagonal grid are repeated in all directions (wrap-around), so that every cell
//! has neighbours on all sides; of each site only the nearest copy is heard.

use slicewise_core::cells::scenario::{CELLS, CellPlace, SITES};

/// Distance between neighbouring sites in metres (TR 38.901, table 7.2-1, UMa).
pub const SITE_DISTANCE_M: f64 = 500.0;
/// Azimuths of a site's sectors in degrees, counter-clockwise from east.
pub const AZIMUTHS_DEG: [f64; 3] = [30.0, 150.0, 270.0];
/// Half the square root of 3: rows of a hexagonal grid lie that many site distances apart.
const ROW: f64 = 0.866_025_403_784_438_6;

/// Where site `site` is, in metres east and north of the network's centre.
pub fn site_m(site: usize) -> (f64, f64) {
    let (column, row) = ((site % 2) as f64, (site / 2) as f64);
    let x = column + 0.5 * row - 0.75;
    (x * SITE_DISTANCE_M, (row - 0.5) * ROW * SITE_DISTANCE_M)
}

/// The cells, three to a site.
pub fn places() -> Vec<CellPlace> {
    let place = |cell: usize| {
        let (x_m, y_m) = site_m(cell / 3);
        CellPlace { x_m, y_m, azimuth_deg: AZIMUTHS_DEG[cell % 3] }
    };
    (0..CELLS).map(place).collect()
}

/// The way from site `site` to a point, in metres east and north, from the site's nearest copy.
pub fn from_site_m(site: usize, x_m: f64, y_m: f64) -> (f64, f64) {
    let (site_x, site_y) = site_m(site);
    let (x, y) = (x_m - site_x, y_m - site_y);
    let row_m = 2.0 * ROW * SITE_DISTANCE_M;
    let rows = libm::round(y / row_m);
    let columns = libm::round((x - rows * SITE_DISTANCE_M) / (2.0 * SITE_DISTANCE_M));
    let mut nearest = (f64::INFINITY, 0.0, 0.0);
    for row in [rows - 1.0, rows, rows + 1.0] {
        for column in [columns - 1.0, columns, columns + 1.0] {
            let across = x - (2.0 * column + row) * SITE_DISTANCE_M;
            let along = y - row * row_m;
            let square = across * across + along * along;
            if square < nearest.0 {
                nearest = (square, across, along);
            }
        }
    }
    (nearest.1, nearest.2)
}

/// A point of the repeated area from two numbers in `[0, 1)`; uniform if they are.
pub fn point_m(along: f64, up: f64) -> (f64, f64) {
    let side = 2.0 * SITE_DISTANCE_M;
    ((along + 0.5 * up - 0.75) * side, (up - 0.5) * ROW * side)
}

/// The cell that a point belongs to by distance and bearing alone, and the distance in metres.
pub fn home_cell(x_m: f64, y_m: f64) -> (usize, f64) {
    let mut nearest = (0, f64::INFINITY);
    let mut bearing_deg = 0.0;
    for site in 0..SITES {
        let (x, y) = from_site_m(site, x_m, y_m);
        let distance = libm::sqrt(x * x + y * y);
        if distance < nearest.1 {
            nearest = (site, distance);
            bearing_deg = libm::atan2(y, x).to_degrees();
        }
    }
    let sector = libm::floor((bearing_deg + 390.0) / 120.0) as usize % 3;
    (3 * nearest.0 + sector, nearest.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sites_have_six_neighbours_at_the_same_distance() {
        for site in 0..SITES {
            let (x, y) = site_m(site);
            let mut neighbours = 0;
            for turn in 0..6 {
                let angle = f64::from(turn) * std::f64::consts::FRAC_PI_3;
                let (x, y) = (x + SITE_DISTANCE_M * angle.cos(), y + SITE_DISTANCE_M * angle.sin());
                let at = |other: &usize| {
                    let (x, y) = from_site_m(*other, x, y);
                    x.hypot(y) < 1e-6
                };
                neighbours += (0..SITES).filter(|other| *other != site).filter(at).count();
            }
            assert_eq!(neighbours, 6, "site {site}");
        }
    }

    #[test]
    fn no_point_is_farther_from_a_site_than_a_hexagon_of_the_grid_allows() {
        for step in 0..400 {
            let (x, y) = point_m(f64::from(step % 20) / 20.0, f64::from(step / 20) / 20.0);
            let (_, distance) = home_cell(x, y);
            assert!(distance <= SITE_DISTANCE_M / 3f64.sqrt() + 1e-9, "{distance}");
        }
    }

    #[test]
    fn a_point_before_an_antenna_belongs_to_its_cell() {
        for (cell, place) in places().iter().enumerate() {
            for turn in [-50.0, 0.0, 50.0_f64] {
                let angle = (place.azimuth_deg + turn).to_radians();
                let (x, y) = (place.x_m + 100.0 * angle.cos(), place.y_m + 100.0 * angle.sin());
                assert_eq!(home_cell(x, y).0, cell);
            }
        }
    }
}
