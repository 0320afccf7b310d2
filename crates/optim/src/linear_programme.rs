//! Small dense linear programmes, by the dual simplex method with bounded variables.
//!
//! minimise c·x subject to A x <= b and lower <= x <= upper, where each variable has a finite bound on
//! the side that its cost draws it to (below, where it costs nothing). So the start, all variables at that
//! bound, is dual feasible, and no first phase is needed. Programmes of the planners have tens of rows and
//! variables; a solver for large sparse ones made the Slice engine a tenth heavier.

/// Values within this of a bound keep it, relative to the largest number of the programme's rows.
const KEPT: f64 = 1e-11;
/// Smaller entries of the tableau are no pivots.
const LEAST_PIVOT: f64 = 1e-9;
/// Pivots per row and variable, after which a programme is given up.
const MOST_PIVOTS: usize = 50;
/// Pivots per row and variable, after which ties go to the first place, so that no basis recurs (Bland).
const PATIENCE: usize = 5;

/// A programme under construction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinearProgramme {
    costs: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    rows: Vec<(Vec<(usize, f64)>, f64)>,
}

/// Where the least cost is.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearOptimum {
    /// Value of each variable.
    pub values: Vec<f64>,
    /// c·x.
    pub cost: f64,
}

impl LinearProgramme {
    /// Adds a variable between `lower` and `upper`, and gives its number.
    pub fn variable(&mut self, cost: f64, (lower, upper): (f64, f64)) -> usize {
        self.costs.push(cost);
        self.bounds.push((lower, upper));
        self.costs.len() - 1
    }

    /// Demands that the sum of `terms`, each variable at most once, is at most `most`.
    pub fn at_most(&mut self, terms: Vec<(usize, f64)>, most: f64) {
        self.rows.push((terms, most));
    }

    /// The optimum; none where the rows contradict each other, a variable's cost draws it to no finite
    /// bound, or numbers are not finite.
    pub fn minimise(&self) -> Option<LinearOptimum> {
        let mut tableau = Tableau::new(self)?;
        let size = tableau.basic.len() + tableau.nonbasic.len();
        for pivot in 0..MOST_PIVOTS * size {
            let patient = pivot < PATIENCE * size;
            let Some((row, towards)) = tableau.leaving(patient) else {
                return Some(tableau.optimum(self));
            };
            let column = tableau.entering(row, towards, patient)?;
            tableau.pivot(row, column, towards);
        }
        None
    }
}

/// Basic variables as functions of the others: x_B = x_B(now) - T (x_N - x_N(now)). Variables are those of
/// the programme, then one slack per row.
struct Tableau {
    /// T, rows x nonbasic.
    entries: Vec<f64>,
    /// What the cost rises by per unit of each nonbasic variable.
    reduced: Vec<f64>,
    basic: Vec<usize>,
    nonbasic: Vec<usize>,
    /// Value of every variable.
    values: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    kept: f64,
}

impl Tableau {
    fn new(programme: &LinearProgramme) -> Option<Self> {
        let (variables, rows) = (programme.costs.len(), programme.rows.len());
        let mut values = Vec::with_capacity(variables + rows);
        for (cost, (lower, upper)) in programme.costs.iter().zip(&programme.bounds) {
            let start = if *cost < 0.0 { *upper } else { *lower };
            if !start.is_finite() || lower > upper {
                return None;
            }
            values.push(start);
        }
        let mut entries = vec![0.0; rows * variables];
        let mut largest = 1.0_f64;
        for (row, (terms, most)) in programme.rows.iter().enumerate() {
            let mut slack = *most;
            for (variable, factor) in terms {
                entries[row * variables + variable] += factor;
                slack -= factor * values[*variable];
                largest = largest.max((factor * values[*variable]).abs());
            }
            largest = largest.max(most.abs());
            values.push(slack);
        }
        let mut bounds = programme.bounds.clone();
        bounds.resize(variables + rows, (0.0, f64::INFINITY));
        largest.is_finite().then_some(Self {
            entries,
            reduced: programme.costs.clone(),
            basic: (variables..variables + rows).collect(),
            nonbasic: (0..variables).collect(),
            values,
            bounds,
            kept: KEPT * largest,
        })
    }

    /// The basic variable that is furthest beyond a bound, and by how much it has to change; the first
    /// one where patience is over.
    fn leaving(&self, patient: bool) -> Option<(usize, f64)> {
        let mut found: Option<(usize, f64)> = None;
        for (row, variable) in self.basic.iter().enumerate() {
            let (value, (lower, upper)) = (self.values[*variable], self.bounds[*variable]);
            let change = if value < lower { lower - value } else { (upper - value).min(0.0) };
            let further = found.is_none_or(|(at, furthest)| match patient {
                true => change.abs() > furthest.abs(),
                false => *variable < self.basic[at],
            });
            if change.abs() > self.kept && further {
                found = Some((row, change));
            }
        }
        found
    }

    /// The nonbasic variable that can move the basic one of `row` the way of `change` and whose reduced
    /// cost reaches 0 first; of several the largest entry, or the first where patience is over.
    fn entering(&self, row: usize, change: f64, patient: bool) -> Option<usize> {
        let width = self.nonbasic.len();
        let mut found: Option<(usize, f64)> = None;
        for (column, entry) in self.entries[row * width..(row + 1) * width].iter().enumerate() {
            let variable = self.nonbasic[column];
            let (value, (lower, upper)) = (self.values[variable], self.bounds[variable]);
            // A unit more of the variable moves the basic one by minus its entry.
            let helps = if entry * change < 0.0 { value < upper } else { value > lower };
            if entry.abs() < LEAST_PIVOT || !helps {
                continue;
            }
            let ratio = (self.reduced[column] / entry).abs();
            let sooner = found.is_none_or(|(at, least)| {
                let other = self.entries[row * width + at].abs();
                let tie = (ratio - least).abs() <= 1e-12 * (1.0 + least);
                match (tie, patient) {
                    (true, true) => entry.abs() > other,
                    (true, false) => variable < self.nonbasic[at],
                    (false, _) => ratio < least,
                }
            });
            if sooner {
                found = Some((column, ratio));
            }
        }
        found.map(|(column, _)| column)
    }

    /// Moves the basic variable of `row` by `change` to its bound with the nonbasic one of `column`, and
    /// exchanges the two.
    fn pivot(&mut self, row: usize, column: usize, change: f64) {
        let width = self.nonbasic.len();
        let pivot = self.entries[row * width + column];
        let step = -change / pivot;
        for (other, variable) in self.basic.iter().enumerate() {
            self.values[*variable] -= self.entries[other * width + column] * step;
        }
        self.values[self.nonbasic[column]] += step;
        let (lower, upper) = self.bounds[self.basic[row]];
        self.values[self.basic[row]] = if change > 0.0 { lower } else { upper };
        let mut own: Vec<f64> = self.entries[row * width..(row + 1) * width].to_vec();
        own.iter_mut().for_each(|entry| *entry /= pivot);
        own[column] = 1.0 / pivot;
        let eliminate = |entries: &mut [f64]| {
            let factor = std::mem::take(&mut entries[column]);
            if factor != 0.0 {
                entries.iter_mut().zip(&own).for_each(|(entry, own)| *entry -= factor * own);
            }
        };
        for (other, entries) in self.entries.chunks_exact_mut(width).enumerate() {
            if other != row {
                eliminate(entries);
            }
        }
        eliminate(&mut self.reduced);
        self.entries[row * width..(row + 1) * width].copy_from_slice(&own);
        std::mem::swap(&mut self.basic[row], &mut self.nonbasic[column]);
    }

    fn optimum(&self, programme: &LinearProgramme) -> LinearOptimum {
        let bounded = self.values.iter().zip(&programme.bounds);
        let values: Vec<f64> = bounded.map(|(x, (low, high))| x.clamp(*low, *high)).collect();
        let cost = values.iter().zip(&programme.costs).map(|(x, cost)| x * cost).sum();
        LinearOptimum { values, cost }
    }
}

#[cfg(test)]
mod tests {
    use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};
    use slicewise_core::seed;

    use super::*;

    fn by_microlp(programme: &LinearProgramme) -> Option<f64> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let bounded = programme.costs.iter().zip(&programme.bounds);
        let variables: Vec<_> = bounded.map(|(c, bounds)| problem.add_var(*c, *bounds)).collect();
        for (terms, most) in &programme.rows {
            let row: Vec<_> = terms.iter().map(|(v, factor)| (variables[*v], *factor)).collect();
            problem.add_constraint(row, ComparisonOp::Le, *most);
        }
        match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) => Some(solution.objective()),
            _ => None,
        }
    }

    fn keeps_all(programme: &LinearProgramme, values: &[f64]) -> bool {
        let rows = programme.rows.iter().all(|(terms, most)| {
            terms.iter().map(|(v, factor)| values[*v] * factor).sum::<f64>() <= most + 1e-8
        });
        let mut bounded = values.iter().zip(&programme.bounds);
        rows && bounded.all(|(x, (low, high))| low <= x && x <= high)
    }

    #[test]
    fn random_programmes_cost_what_another_solver_finds() {
        let mut generator = seed::stream(5, 0);
        let mut between = |low: f64, high: f64| low + (high - low) * seed::uniform(&mut generator);
        let (mut solved, mut contradictory) = (0, 0);
        for round in 0..2000 {
            let mut programme = LinearProgramme::default();
            let (variables, rows) = (1 + round % 9, 1 + round % 13);
            for _ in 0..variables {
                let lower = between(-1.0, 0.5);
                let cost = if between(0.0, 1.0) < 0.2 { 0.0 } else { between(-1.0, 1.0) };
                programme.variable(cost, (lower, lower + between(0.0, 2.0)));
            }
            for _ in 0..rows {
                let terms = (0..variables).map(|variable| (variable, between(-2.0, 2.0)));
                let terms = terms.filter(|(_, factor)| factor.abs() > 0.4).collect();
                programme.at_most(terms, between(-1.5, 1.5));
            }
            match (programme.minimise(), by_microlp(&programme)) {
                (Some(found), Some(cost)) => {
                    assert!((found.cost - cost).abs() < 1e-7, "{round}: {found:?} {cost}");
                    assert!(keeps_all(&programme, &found.values), "{round}");
                    solved += 1;
                }
                (None, None) => contradictory += 1,
                other => panic!("{round}: {other:?}"),
            }
        }
        assert!(solved > 500 && contradictory > 300, "{solved} {contradictory}");
    }

    #[test]
    fn elastic_variables_pay_for_rows_that_cannot_be_kept() {
        let mut programme = LinearProgramme::default();
        let x = programme.variable(1.0, (0.0, 1.0));
        let elastic = programme.variable(20.0, (0.0, f64::INFINITY));
        programme.at_most(vec![(x, -1.0), (elastic, -1.0)], -3.0);
        let found = programme.minimise().unwrap();
        assert_eq!((found.values, found.cost), (vec![1.0, 2.0], 41.0));
    }

    #[test]
    fn a_cost_without_a_bound_has_no_optimum() {
        let mut programme = LinearProgramme::default();
        programme.variable(-1.0, (0.0, f64::INFINITY));
        assert_eq!(programme.minimise(), None);
    }

    #[test]
    fn degenerate_programmes_end() {
        // Beale's programme, on which a careless rule goes round for ever.
        let mut programme = LinearProgramme::default();
        let costs = [-0.75, 150.0, -0.02, 6.0];
        let x: Vec<usize> =
            costs.iter().map(|cost| programme.variable(*cost, (0.0, 10.0))).collect();
        let row = |factors: [f64; 4]| x.iter().copied().zip(factors).collect::<Vec<_>>();
        programme.at_most(row([0.25, -60.0, -0.04, 9.0]), 0.0);
        programme.at_most(row([0.5, -90.0, -0.02, 3.0]), 0.0);
        programme.at_most(row([0.0, 0.0, 1.0, 0.0]), 1.0);
        let found = programme.minimise().unwrap();
        assert!((found.cost + 0.05).abs() < 1e-12, "{found:?}");
    }
}
