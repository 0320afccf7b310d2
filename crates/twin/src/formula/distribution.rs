//! Percentiles of a delay whose bounds and moments are known.

use std::sync::OnceLock;

/// A delay that is never below `least`, takes just that with chance `atom`, and is gamma-distributed
/// above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounded {
    least: f64,
    atom: f64,
    /// Mean of what is above `least` where it is above.
    mean: f64,
    /// Its deviation over its mean.
    spread: f64,
    /// Row of the table for its shape: its mean squared over its variance.
    row: f64,
}

/// Shapes that are told apart; a gamma distribution of a greater one is close to its mean.
const SHAPES: (f64, f64) = (0.05, 400.0);
/// Rows of the table, one per shape, spaced evenly in its logarithm.
const ROWS: usize = 49;
/// Columns of the table, spaced evenly in x / (1 + x), x being the value over its mean.
const COLUMNS: usize = 257;

impl Bounded {
    /// From the chance of `least`, and mean and variance of what is above.
    pub(super) fn new(least: f64, atom: f64, excess: f64, variance: f64) -> Self {
        let excess = excess.max(0.0);
        if excess <= 1e-12 * least {
            return Self { least, atom: 1.0, mean: 0.0, spread: 0.0, row: 0.0 };
        }
        // The rest must have room for the variance: its own would be below 0 with a larger atom.
        let room = variance / (variance + excess * excess);
        let atom = atom.clamp(0.0, 0.999).min(room);
        let mean = excess / (1.0 - atom);
        let own = ((variance + excess * excess) / (1.0 - atom) - mean * mean).max(0.0);
        let shape = (mean * mean / own.max(f64::MIN_POSITIVE)).clamp(SHAPES.0, SHAPES.1);
        let row = libm::log(shape / SHAPES.0) / row_step();
        let row = row.clamp(0.0, (ROWS - 1) as f64 - 1e-9);
        Self { least, atom, mean, spread: 1.0 / shape.sqrt(), row }
    }

    fn below(&self, table: &GammaTable, delay: f64) -> f64 {
        if delay < self.least {
            return 0.0;
        }
        if self.mean <= 0.0 {
            return 1.0;
        }
        self.atom + (1.0 - self.atom) * table.below(self.row, (delay - self.least) / self.mean)
    }

    /// Beyond this lies next to nothing.
    fn most(&self) -> f64 {
        self.least + self.mean * (1.0 + 12.0 * self.spread * (1.0 + self.spread))
    }
}

/// What the given shares of a mixture stay below. The shares rise.
pub(super) fn percentiles<const N: usize>(
    table: &GammaTable,
    parts: &[(f64, Bounded)],
    told: [f64; N],
) -> [f64; N] {
    let lowest = parts.iter().map(|(_, part)| part.least).fold(f64::INFINITY, f64::min);
    let most = parts.iter().map(|(_, part)| part.most()).fold(0.0, f64::max);
    let below = |delay: f64| -> f64 {
        parts.iter().map(|(share, part)| share * part.below(table, delay)).sum()
    };
    // Distributions jump at the least delay of each part: between these they are smooth.
    let (mut low, mut at_low) = (lowest, below(lowest));
    let (mut high, mut at_high) = (low, at_low);
    told.map(|share| {
        while at_high < share && high < most {
            (low, at_low) = (high, at_high);
            let jumps = parts.iter().map(|(_, part)| part.least).filter(|least| *least > low);
            high = jumps.fold(most, f64::min);
            at_high = below(high);
        }
        let before = if high < most { high * (1.0 - 1e-9) } else { high };
        if at_low >= share {
            return low;
        }
        let at_before = if before < high { below(before) } else { at_high };
        if at_before < share {
            return high;
        }
        let found = crossing(below, (low, at_low), (before, at_before), share);
        (low, at_low) = (found, share);
        found
    })
}

/// Where the rising function `below` passes `share` between two points, by regula falsi with halved ends
/// (the Illinois method).
fn crossing(
    below: impl Fn(f64) -> f64,
    (mut low, at_low): (f64, f64),
    (mut high, at_high): (f64, f64),
    share: f64,
) -> f64 {
    const STEPS: usize = 40;
    const NEAR: f64 = 1e-5;
    let (mut under, mut over) = (at_low - share, at_high - share);
    let mut side = 0;
    for step in 0..STEPS {
        let mut middle = (low * over - high * under) / (over - under);
        if step % 4 == 3 || !(low..=high).contains(&middle) {
            middle = 0.5 * (low + high);
        }
        let off = below(middle) - share;
        if off.abs() < NEAR * share || high - low < 1e-9 * high {
            return middle;
        }
        if off < 0.0 {
            (low, under) = (middle, off);
            over *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        } else {
            (high, over) = (middle, off);
            under *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        }
    }
    high
}

/// The gamma distribution of mean 1, by shape and value.
#[derive(Clone, Debug)]
pub(super) struct GammaTable {
    below: Vec<f32>,
}

impl GammaTable {
    /// The table, which is made once per program.
    pub(super) fn shared() -> &'static Self {
        static TABLE: OnceLock<GammaTable> = OnceLock::new();
        TABLE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut below = Vec::with_capacity(ROWS * COLUMNS);
        for row in 0..ROWS {
            let shape = SHAPES.0 * libm::exp(row as f64 * row_step());
            for column in 0..COLUMNS - 1 {
                let u = column as f64 / (COLUMNS - 1) as f64;
                below.push(gamma_below(shape, shape * u / (1.0 - u)) as f32);
            }
            below.push(1.0);
        }
        Self { below }
    }

    /// Chance of at most `x` under the gamma distribution of mean 1 whose shape has `row`.
    fn below(&self, row: f64, x: f64) -> f64 {
        let column = x / (1.0 + x) * (COLUMNS - 1) as f64;
        let column = column.clamp(0.0, (COLUMNS - 1) as f64 - 1e-9);
        let (at_row, at_column) = (row as usize, column as usize);
        let (down, right) = (row - at_row as f64, column - at_column as f64);
        let first = at_row * COLUMNS + at_column;
        let between = |at: usize| {
            let (a, b) = (f64::from(self.below[at]), f64::from(self.below[at + 1]));
            a + right * (b - a)
        };
        let (upper, lower) = (between(first), between(first + COLUMNS));
        upper + down * (lower - upper)
    }
}

fn row_step() -> f64 {
    libm::log(SHAPES.1 / SHAPES.0) / (ROWS - 1) as f64
}

/// Regularised lower incomplete gamma function, by its series or its continued fraction (NIST Digital
/// Library of Mathematical Functions, 8.11.4 and 8.9.2).
fn gamma_below(shape: f64, x: f64) -> f64 {
    const TERMS: usize = 2_000;
    const EXACT: f64 = 1e-12;
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        for n in 1..TERMS {
            term *= x / (shape + n as f64);
            sum += term;
            if term < EXACT * sum {
                break;
            }
        }
        return (front * sum).min(1.0);
    }
    // Lentz's way through the continued fraction of the upper function.
    let mut b = x + 1.0 - shape;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut fraction = d;
    for n in 1..TERMS {
        let a = n as f64 * (shape - n as f64);
        b += 2.0;
        d = 1.0 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0_f64).abs() < EXACT {
            break;
        }
    }
    (1.0 - front * fraction).clamp(0.0, 1.0)
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < 1e-300 { 1e-300 } else { value }
}
