//! Sums of functions of one variable each under one budget, to proven optimality.
//!
//! Maximises sum_s g_s(v_s(x_s)) subject to sum_s x_s <= budget and least_s <= x_s <= most_s, where
//! every v_s is piecewise linear and every g_s is concave and rises. Between two points of v_s the
//! function is concave, so all that is not concave sits in the points.
//!
//! [`dual`] gives a bound and, where the functions are concave around it, the optimum itself;
//! [`search`] closes what is left by branching at points (Falk and Soland 1969), and where that takes
//! long by dynamic programming over a fine grid with prices; [`grid`] is dynamic programming alone;
//! [`level`] maximises the least v_s instead of the sum.

pub mod dual;
pub mod grid;
mod lattice;
pub mod level;
pub mod search;

pub use search::{Effort, Found, Search};

/// What a value is worth: g.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gain {
    /// weight · v.
    Linear {
        /// 0 or more.
        weight: f64,
    },
    /// ln(1 + v), for v > -1.
    Logarithm,
}

impl Gain {
    /// g(v).
    pub fn of(self, value: f64) -> f64 {
        match self {
            Self::Linear { weight } => weight * value,
            Self::Logarithm => libm::log(1.0 + value),
        }
    }
}

/// One function between two of its points, as the dual needs it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Slope of g(v(x)) where the piece begins.
    slope_at_start: f64,
    /// Slope where it ends, not more than at the start.
    slope_at_end: f64,
    /// ln(b) - 1 with b the slope of v. Together with `offset` it gives the maximum of
    /// ln(1 + v) - price·x inside the piece: at 1/price - offset, of height
    /// this - ln(price) + price·offset.
    logarithm: f64,
    /// (1 + v)/b - x at the start.
    offset: f64,
}

/// A sum to maximise. Its memory is kept from one problem to the next.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    budget: f64,
    gains: Vec<Gain>,
    /// Where each function begins, and at last where the last one ends.
    offsets: Vec<u32>,
    points: Vec<f64>,
    values: Vec<f64>,
    /// The least x of each function.
    least: Vec<f64>,
    /// g(v) at each point.
    heights: Vec<f64>,
    /// The piece to the right of each point; the last one of a function is never used.
    pieces: Vec<Piece>,
    /// The steepest slope of all pieces.
    steepest: f64,
}

impl Problem {
    /// Forgets all functions and sets the budget.
    pub fn begin(&mut self, budget: f64) {
        self.budget = budget;
        self.gains.clear();
        self.least.clear();
        self.offsets.clear();
        self.offsets.push(0);
        self.points.clear();
        self.values.clear();
        self.heights.clear();
        self.pieces.clear();
        self.steepest = 0.0;
    }

    /// Adds a function through (`points`, `values`), linear between them, on [`least`, `most`].
    ///
    /// The points ascend and reach from `least` or below to `most` or above; there are two or more.
    pub fn push(&mut self, points: &[f64], values: &[f64], gain: Gain, least: f64, most: f64) {
        debug_assert!(points.len() == values.len() && points.len() >= 2);
        let most = most.max(least);
        let first = self.points.len();
        self.add_point(least, interpolate(points, values, least), gain);
        for (point, value) in points.iter().zip(values) {
            if *point > least && *point < most {
                self.add_point(*point, *value, gain);
            }
        }
        if most > least {
            self.add_point(most, interpolate(points, values, most), gain);
        }
        for k in first..self.points.len() {
            let piece = if k + 1 < self.points.len() { self.piece(k, gain) } else { FLAT };
            self.steepest = self.steepest.max(piece.slope_at_start);
            self.pieces.push(piece);
        }
        self.gains.push(gain);
        self.least.push(least);
        self.offsets.push(self.points.len() as u32);
    }

    fn add_point(&mut self, point: f64, value: f64, gain: Gain) {
        self.points.push(point);
        self.values.push(value);
        self.heights.push(gain.of(value));
    }

    /// The piece from point `k` to the next.
    fn piece(&self, k: usize, gain: Gain) -> Piece {
        let width = self.points[k + 1] - self.points[k];
        let rise = self.values[k + 1] - self.values[k];
        let slope = rise / width;
        match gain {
            Gain::Linear { weight } => {
                let slope = weight * slope;
                Piece { slope_at_start: slope, slope_at_end: slope, ..FLAT }
            }
            // A falling piece has its maximum at its start; what hardly rises, to rounding at a point.
            Gain::Logarithm if slope <= LEVEL => FLAT,
            Gain::Logarithm => Piece {
                slope_at_start: slope / (1.0 + self.values[k]),
                slope_at_end: slope / (1.0 + self.values[k + 1]),
                logarithm: libm::log(slope) - 1.0,
                offset: (1.0 + self.values[k]) / slope - self.points[k],
            },
        }
    }

    /// Number of functions.
    pub fn len(&self) -> usize {
        self.gains.len()
    }

    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty()
    }

    /// What the variables may sum to.
    pub fn budget(&self) -> f64 {
        self.budget
    }

    /// The indices of function `s`'s first and last point.
    fn range(&self, s: usize) -> (u32, u32) {
        (self.offsets[s], self.offsets[s + 1] - 1)
    }

    /// Whether two functions are the same.
    fn same(&self, a: usize, b: usize) -> bool {
        let own = |s: usize| self.offsets[s] as usize..self.offsets[s + 1] as usize;
        self.gains[a] == self.gains[b]
            && self.points[own(a)] == self.points[own(b)]
            && self.values[own(a)] == self.values[own(b)]
    }

    /// The points around `x` between which function `s` is concave.
    fn concave_around(&self, s: usize, x: f64) -> (u32, u32) {
        let (first, last) = self.range(s);
        let own = &self.points[first as usize..=last as usize];
        if first == last {
            return (first, last);
        }
        let right = own.partition_point(|point| *point < x) as u32 + first;
        let mut end = right.clamp(first + 1, last);
        let mut start = end - 1;
        let bends_down = |k: u32| {
            let (left, right) = (&self.pieces[k as usize - 1], &self.pieces[k as usize]);
            left.slope_at_end >= right.slope_at_start
        };
        while start > first && bends_down(start) {
            start -= 1;
        }
        while end < last && bends_down(end) {
            end += 1;
        }
        (start, end)
    }

    /// g(v(x)) of function `s`.
    pub fn value_at(&self, s: usize, x: f64) -> f64 {
        let own = self.offsets[s] as usize..self.offsets[s + 1] as usize;
        self.gains[s].of(interpolate(&self.points[own.clone()], &self.values[own], x))
    }

    /// The sum at `x`.
    pub fn sum_at(&self, x: &[f64]) -> f64 {
        x.iter().enumerate().map(|(s, x)| self.value_at(s, *x)).sum()
    }
}

/// Lowers the largest entries above their least until `x`, added up in order, is within `budget`:
/// rounding may have carried it a little beyond.
pub fn fit(budget: f64, least: &[f64], x: &mut [f64]) {
    loop {
        let excess = x.iter().sum::<f64>() - budget;
        if excess <= 0.0 {
            return;
        }
        let above = |s: &usize| x[*s] - least[*s];
        let Some(most) = (0..x.len()).max_by(|a, b| above(a).total_cmp(&above(b))) else { return };
        if above(&most) <= 0.0 {
            return;
        }
        x[most] = (x[most] - excess).min(x[most].next_down()).max(least[most]);
    }
}

/// A slope that counts as none: its inverse would leave the range of f64.
const LEVEL: f64 = 1e-100;

const FLAT: Piece = Piece { slope_at_start: 0.0, slope_at_end: 0.0, logarithm: 0.0, offset: 0.0 };

/// The value at `x` of the line through (`points`, `values`), constant beyond its ends.
pub fn interpolate(points: &[f64], values: &[f64], x: f64) -> f64 {
    let right = points.partition_point(|point| *point < x);
    if right == 0 {
        return values[0];
    }
    if right == points.len() {
        return values[right - 1];
    }
    let (from, to) = (points[right - 1], points[right]);
    let share = (x - from) / (to - from);
    values[right - 1] + share * (values[right] - values[right - 1])
}
