//! Exact curves of plain estimators: a rectified network is piecewise linear along the share, and its
//! breakpoints are found layer by layer.
//!
//! Between two neighbouring points every unit so far is linear in the share. A layer is evaluated at
//! all points of many slices as one batch; where a unit changes its sign between two neighbours, the
//! crossing becomes a point too, with all units interpolated there, before the layer is rectified.

use pulp::Simd;
use slicewise_core::cells::Curves;

use crate::dense::panel::DensePanel;

/// Slices whose points make up one batch.
const SLICES_TOGETHER: usize = 64;

/// The points of some slices, and their successors while a layer is being passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    points: Points,
    next: Points,
    /// Crossings of one interval, as parts of it.
    crossings: Vec<f64>,
    /// The layer at all points, row by row.
    rows: Vec<f64>,
}

#[derive(Clone, Debug, Default)]
struct Points {
    /// Index of each slice's first point, and at last the number of points.
    starts: Vec<usize>,
    shares: Vec<f64>,
    /// Units of the last layer passed, point by point.
    units: Vec<f64>,
}

impl Points {
    fn clear(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        self.shares.clear();
        self.units.clear();
    }

    /// Both ends of each slice's line: its features with the share before them.
    fn begin(&mut self, features: &[f64], width: usize) {
        self.clear();
        for features in features.chunks_exact(width) {
            for share in [0.0, 1.0] {
                self.shares.push(share);
                self.units.push(share);
                self.units.extend_from_slice(features);
            }
            self.starts.push(self.shares.len());
        }
    }
}

impl Lines {
    /// Appends the exact curve of each slice to `curves`.
    #[inline(always)]
    pub(super) fn curves<S: Simd>(
        &mut self,
        simd: S,
        dense: &mut DensePanel,
        features: &[f64],
        width: usize,
        curves: &mut Curves,
    ) {
        for features in features.chunks(SLICES_TOGETHER * width) {
            self.points.begin(features, width);
            let layers = dense.layers().len();
            for index in 0..layers {
                let units = dense.units(index);
                self.rows.resize(self.points.shares.len() * units, 0.0);
                dense.apply(simd, index, &self.points.units, &mut self.rows);
                if index + 1 < layers {
                    self.pass_layer(units);
                }
            }
            self.push_curves(curves);
        }
    }

    /// Adds a point wherever a unit of the layer changes its sign, and rectifies.
    fn pass_layer(&mut self, units: usize) {
        self.next.clear();
        for slice in self.points.starts.windows(2) {
            for point in slice[0]..slice[1] {
                let row = &self.rows[point * units..][..units];
                if point > slice[0] {
                    let before = &self.rows[(point - 1) * units..][..units];
                    find_crossings(before, row, 0.0, &mut self.crossings);
                    let ends = (self.points.shares[point - 1], self.points.shares[point]);
                    insert(&mut self.next, &mut self.crossings, ends, (before, row));
                }
                self.next.shares.push(self.points.shares[point]);
                self.next.units.extend(row.iter().map(|value| value.max(0.0)));
            }
            self.next.starts.push(self.next.shares.len());
        }
        std::mem::swap(&mut self.points, &mut self.next);
    }

    /// Cuts the network's output at 0 and 1 and appends the curves, without points inside a level
    /// part.
    fn push_curves(&mut self, curves: &mut Curves) {
        for slice in self.points.starts.windows(2) {
            self.next.clear();
            for point in slice[0]..slice[1] {
                let row = &self.rows[point..=point];
                if point > slice[0] {
                    let before = &self.rows[point - 1..point];
                    find_crossings(before, row, 0.0, &mut self.crossings);
                    add_crossings(before, row, 1.0, &mut self.crossings);
                    let ends = (self.points.shares[point - 1], self.points.shares[point]);
                    insert(&mut self.next, &mut self.crossings, ends, (before, row));
                }
                self.next.shares.push(self.points.shares[point]);
                self.next.units.push(row[0]);
            }
            push_curve(&self.next.shares, &self.next.units, curves);
        }
    }
}

/// Where units cross `level` on the way from `before` to `after`, as parts of it.
fn find_crossings(before: &[f64], after: &[f64], level: f64, crossings: &mut Vec<f64>) {
    crossings.clear();
    add_crossings(before, after, level, crossings);
}

fn add_crossings(before: &[f64], after: &[f64], level: f64, crossings: &mut Vec<f64>) {
    for (before, after) in before.iter().zip(after) {
        let (from, to) = (before - level, after - level);
        if from * to < 0.0 {
            crossings.push(from / (from - to));
        }
    }
}

/// Appends the points at `crossings` between two `ends`, rectified; a crossing too near to its
/// neighbour to have a share of its own is dropped.
fn insert(points: &mut Points, crossings: &mut [f64], ends: (f64, f64), rows: (&[f64], &[f64])) {
    crossings.sort_unstable_by(f64::total_cmp);
    let mut last = ends.0;
    for part in crossings {
        let share = ends.0 + *part * (ends.1 - ends.0);
        if share <= last || share >= ends.1 {
            continue;
        }
        last = share;
        points.shares.push(share);
        let units = rows.0.iter().zip(rows.1);
        points.units.extend(units.map(|(from, to)| (from + *part * (to - from)).max(0.0)));
    }
}

fn push_curve(shares: &[f64], values: &[f64], curves: &mut Curves) {
    let cut = |index: usize| values[index].clamp(0.0, 1.0);
    let last = values.len() - 1;
    for (index, share) in shares.iter().enumerate() {
        let inside = index > 0 && index < last;
        if inside && cut(index) == cut(index - 1) && cut(index) == cut(index + 1) {
            continue;
        }
        curves.shares.push(*share);
        curves.satisfaction.push(cut(index));
    }
    curves.offsets.push(curves.shares.len() as u32);
}
