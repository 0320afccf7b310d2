//! The dual over the budget's price: min over price >= 0 of
//! sum_s max_x (g_s(v_s(x)) - price·x) + price·budget, which no allocation exceeds.

use super::Problem;

/// By how much a dual value is raised, per function and unit of what enters it, so that it stays a
/// bound under rounding: some hundred times the unit in the last place, for logarithms of up to
/// 230 in magnitude (slopes down to 1e-100) that cancel.
const ROUNDING: f64 = 2e-13;
/// The dual is minimised until no price can lower it by more than this share of it.
const PRECISION: f64 = 1e-12;
/// The budget counts as used up to the last unit within this share of it.
const EXACT: f64 = 1e-13;
/// The most prices that one minimisation tries.
const MOST_TRIALS: usize = 80;

/// Where one function is best at a price.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// The least such x.
    pub x: f64,
    /// Its height, g(v(x)) - price·x.
    pub height: f64,
    /// The last point at or below x.
    pub point: u32,
    /// Whether x lies inside the piece to the right of the point.
    pub inside: bool,
}

/// All functions at one price.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub price: f64,
    /// sum_s x_s.
    pub sum: f64,
    /// The dual function.
    pub value: f64,
    /// How many choices lie inside a piece.
    inside: usize,
    pub choices: Vec<Choice>,
}

/// A minimised dual with its workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Dual {
    /// At a price that is too low: more than the budget is asked for.
    pub low: Side,
    /// At a price that is high enough.
    pub high: Side,
    trial: Side,
}

/// The end of a minimisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    /// Raised for rounding: no allocation within the ranges exceeds it.
    pub bound: f64,
    /// Where it was found.
    pub price: f64,
    /// Whether `high` uses the budget exactly, or needs none of what is left: it is the optimum.
    pub exact: bool,
}

impl Dual {
    /// Minimises over the price, with function s confined to its points `ranges[s]`, beginning at
    /// `start`. The ranges' first points are within the budget. Ends early, at any price, where the
    /// dual falls below `cutoff`.
    pub fn minimise(
        &mut self,
        problem: &Problem,
        ranges: &[(u32, u32)],
        start: f64,
        cutoff: f64,
    ) -> Least {
        let budget = problem.budget;
        evaluate(problem, start, |s| ranges[s], &mut self.trial);
        let mut guess = if start > 0.0 { stationary(&self.trial, budget) } else { None };
        if self.trial.sum > budget {
            std::mem::swap(&mut self.low, &mut self.trial);
            floor(problem, ranges, &mut self.high);
        } else {
            std::mem::swap(&mut self.high, &mut self.trial);
            if start == 0.0 {
                return self.least(problem, true);
            }
            evaluate(problem, 0.0, |s| ranges[s], &mut self.low);
            if self.low.sum <= budget {
                std::mem::swap(&mut self.high, &mut self.low);
                return self.least(problem, true);
            }
        }
        for trial in 0..MOST_TRIALS {
            if is_exact(&self.high, budget) {
                return self.least(problem, true);
            }
            let (crossing, depth) = self.crossing(budget);
            let best = self.low.value.min(self.high.value);
            if best < cutoff || best - depth <= PRECISION * (1.0 + best.abs()) {
                break;
            }
            // Every third trial is the crossing's: guesses alone may creep.
            let guessed = guess.take().filter(|_| trial % 3 != 2);
            let Some(price) = self.inner_price(guessed, crossing) else { break };
            let (low, high) = (&self.low.choices, &self.high.choices);
            let between = |s: usize| {
                let low: &Choice = &low[s];
                (high[s].point, low.point + u32::from(low.inside))
            };
            evaluate(problem, price, between, &mut self.trial);
            guess = stationary(&self.trial, budget);
            let too_low = self.trial.sum > budget * (1.0 + EXACT);
            let side = if too_low { &mut self.low } else { &mut self.high };
            std::mem::swap(side, &mut self.trial);
        }
        self.least(problem, false)
    }

    fn least(&self, problem: &Problem, exact: bool) -> Least {
        let side = if exact || self.high.value <= self.low.value { &self.high } else { &self.low };
        let scale = problem.len() as f64 + side.value.abs() + side.price * problem.budget;
        Least { bound: side.value + ROUNDING * scale, price: side.price, exact }
    }

    /// Where the tangents at the two sides cross, and how deep: the dual function is nowhere lower.
    fn crossing(&self, budget: f64) -> (f64, f64) {
        let (low, high) = (&self.low, &self.high);
        let (falls, rises) = (low.sum - budget, budget - high.sum);
        let share = (low.value - high.value + rises * (high.price - low.price))
            / ((falls + rises) * (high.price - low.price));
        let price = low.price + share.clamp(0.0, 1.0) * (high.price - low.price);
        (price, low.value - falls * (price - low.price))
    }

    /// The first of the guesses that lies strictly between the two sides, or the middle.
    fn inner_price(&self, guess: Option<f64>, crossing: f64) -> Option<f64> {
        let inside = |price: &f64| *price > self.low.price && *price < self.high.price;
        let middle = 0.5 * (self.low.price + self.high.price);
        [guess.unwrap_or(f64::NAN), crossing, middle].into_iter().find(inside)
    }
}

fn is_exact(side: &Side, budget: f64) -> bool {
    (side.sum - budget).abs() <= EXACT * budget
}

/// The price at which the choices of `from` use the budget, if none leaves its piece: those inside
/// move as 1/price, the others stay.
fn stationary(from: &Side, budget: f64) -> Option<f64> {
    let inside = from.inside as f64;
    let room = budget - (from.sum - inside / from.price);
    (from.inside > 0 && room > 0.0).then(|| inside / room)
}

/// All functions at their first points: what every price above the steepest slope chooses.
fn floor(problem: &Problem, ranges: &[(u32, u32)], side: &mut Side) {
    side.price = problem.steepest;
    side.choices.clear();
    side.choices.extend(ranges.iter().map(|(first, _)| {
        let x = problem.points[*first as usize];
        let height = problem.heights[*first as usize] - side.price * x;
        Choice { x, height, point: *first, inside: false }
    }));
    total(problem, side);
}

fn total(problem: &Problem, side: &mut Side) {
    side.sum = side.choices.iter().map(|choice| choice.x).sum();
    side.value =
        side.choices.iter().map(|choice| choice.height).sum::<f64>() + side.price * problem.budget;
    side.inside = side.choices.iter().filter(|choice| choice.inside).count();
}

/// Where each function is best at `price`, within the points that `range` gives.
fn evaluate(problem: &Problem, price: f64, range: impl Fn(usize) -> (u32, u32), side: &mut Side) {
    let logarithm = libm::log(price);
    side.price = price;
    side.choices.clear();
    for s in 0..problem.len() {
        side.choices.push(best_of(problem, range(s), price, logarithm));
    }
    total(problem, side);
}

#[inline]
fn best_of(problem: &Problem, range: (u32, u32), price: f64, logarithm: f64) -> Choice {
    let (first, last) = (range.0 as usize, range.1 as usize);
    let points = &problem.points[first..=last];
    let heights = &problem.heights[first..=last];
    let pieces = &problem.pieces[first..=last];
    let mut best = heights[0] - price * points[0];
    let (mut at, mut inside) = (0, false);
    for k in 1..points.len() {
        let piece = &pieces[k - 1];
        if piece.slope_at_end < price && price < piece.slope_at_start {
            let height = piece.logarithm - logarithm + price * piece.offset;
            if height > best {
                (best, at, inside) = (height, k - 1, true);
            }
        }
        let height = heights[k] - price * points[k];
        if height > best {
            (best, at, inside) = (height, k, false);
        }
    }
    let x = if inside {
        (1.0 / price - pieces[at].offset).clamp(points[at], points[at + 1])
    } else {
        points[at]
    };
    Choice { x, height: best, point: (first + at) as u32, inside }
}
