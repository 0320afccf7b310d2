//! The highest level that all functions can reach under one budget: max-min.

/// The greatest number of halvings: beyond it two levels are neighbours in f64.
const MOST_TRIALS: usize = 200;
/// Levels closer than this share of the larger are one.
const PRECISION: f64 = 1e-13;

/// One straight stretch on which a function exceeds all that came before.
#[derive(Clone, Copy, Debug)]
struct Rise {
    level_from: f64,
    level_to: f64,
    x_from: f64,
    x_to: f64,
}

/// The functions by the least x at which each reaches a level. The memory is kept from one problem
/// to the next.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    budget: f64,
    /// Where each function begins in `rises`, and at last where the last one ends.
    offsets: Vec<u32>,
    rises: Vec<Rise>,
    least: Vec<f64>,
    /// Level of each function at its least x.
    base: Vec<f64>,
    /// The steepest rise of all.
    steepest: f64,
    /// The highest level of each function.
    top: Vec<f64>,
    allocation: Vec<f64>,
}

/// What was found. The allocation itself is [`Levels::allocation`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HighestLevel {
    /// Reached by every function.
    pub level: f64,
    /// No allocation lets every function exceed it.
    pub bound: f64,
    /// By how much the level would rise per unit of further budget; 0 where a little more would
    /// not help.
    pub price: f64,
}

impl Levels {
    /// Forgets all functions and sets the budget.
    pub fn begin(&mut self, budget: f64) {
        self.budget = budget;
        self.steepest = 0.0;
        self.offsets.clear();
        self.offsets.push(0);
        self.rises.clear();
        self.least.clear();
        self.base.clear();
        self.top.clear();
    }

    /// Adds the piecewise linear function through (`points`, `values`) on [`least`, `most`]; the
    /// points ascend and reach from `least` or below to `most` or above.
    pub fn push(&mut self, points: &[f64], values: &[f64], least: f64, most: f64) {
        let base = super::interpolate(points, values, least);
        let end = (most, super::interpolate(points, values, most));
        let (mut from, mut top) = ((least, base), base);
        let between = points.iter().zip(values).map(|(x, v)| (*x, *v));
        let between = between.filter(|(x, _)| *x > least && *x < most);
        for to in between.chain([end]) {
            if to.1 > top {
                let share = ((top - from.1) / (to.1 - from.1)).clamp(0.0, 1.0);
                let x_from = from.0 + share * (to.0 - from.0);
                self.steepest = self.steepest.max((to.1 - from.1) / (to.0 - from.0));
                self.rises.push(Rise { level_from: top, level_to: to.1, x_from, x_to: to.0 });
                top = to.1;
            }
            from = to;
        }
        self.offsets.push(self.rises.len() as u32);
        self.least.push(least);
        self.base.push(base);
        self.top.push(top);
    }

    /// The allocation of the last [`Self::highest`]: the least that reaches the level, within the
    /// budget when added up in order.
    pub fn allocation(&self) -> &[f64] {
        &self.allocation
    }

    /// The least x at which function `s` reaches `level`, not above its top, and dx/dlevel there.
    fn needed(&self, s: usize, level: f64) -> (f64, f64) {
        if level <= self.base[s] {
            return (self.least[s], 0.0);
        }
        let rises = &self.rises[self.offsets[s] as usize..self.offsets[s + 1] as usize];
        let index = rises.partition_point(|rise| rise.level_to < level).min(rises.len() - 1);
        let rise = &rises[index];
        let slope = (rise.x_to - rise.x_from) / (rise.level_to - rise.level_from);
        let x = rise.x_from + slope * (level - rise.level_from);
        (x.clamp(rise.x_from, rise.x_to), slope)
    }

    fn needed_by_all(&self, level: f64) -> (f64, f64) {
        (0..self.least.len()).fold((0.0, 0.0), |(sum, slope), s| {
            let (x, own) = self.needed(s, level);
            (sum + x, slope + own)
        })
    }

    /// Finds the highest level, with at least one function whose least x are within the budget.
    pub fn highest(&mut self) -> HighestLevel {
        let lowest = |levels: &[f64]| levels.iter().copied().fold(f64::INFINITY, f64::min);
        let (mut low, mut high) = (lowest(&self.base), lowest(&self.top));
        let (mut found, mut slope) = (high, 0.0);
        if self.needed_by_all(high).0 > self.budget {
            let mut guess = f64::NAN;
            for _ in 0..MOST_TRIALS {
                if high - low <= PRECISION * high.abs() {
                    break;
                }
                let middle = 0.5 * (low + high);
                let level = if guess > low && guess < high { guess } else { middle };
                let (sum, rate) = self.needed_by_all(level);
                let (bracket, distance) = (high - low, self.budget - sum);
                if distance < 0.0 {
                    high = level;
                } else {
                    low = level;
                }
                // On the straight stretch around `level` the budget is used here; a step beyond,
                // so that the next trial closes the bracket from the other side.
                let step = distance / rate;
                guess = level + step + 4.0 * f64::EPSILON * high.abs() * step.signum();
                if high - low > 0.5 * bracket {
                    guess = if distance < 0.0 { 0.5 * (low + high) } else { guess };
                }
            }
            found = low;
            let (sum, rate) = self.needed_by_all(low);
            let used = self.budget - sum <= 1e-9 * self.budget;
            slope = if used && rate > 0.0 { 1.0 / rate } else { 0.0 };
        }
        let mut allocation = std::mem::take(&mut self.allocation);
        allocation.clear();
        allocation.extend((0..self.least.len()).map(|s| self.needed(s, found).0));
        super::fit(self.budget, &self.least, &mut allocation);
        self.allocation = allocation;
        // What `needed_by_all` adds up is off by a few units in the last place, and the level at
        // which it exceeds the budget by as much times the steepest rise.
        let bound = high + 1e-14 * (1.0 + high.abs() + self.steepest);
        HighestLevel { level: found, bound, price: slope }
    }
}
