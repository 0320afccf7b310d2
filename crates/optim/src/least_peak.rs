//! The least peak: groups that each divide one unit among columns, so that the fullest row is as low as it can
//! be.
//!
//! minimise θ subject to fixed + Σ_g Σ_p x_gp a_gp <= θ in every row, Σ_p x_gp = 1 in every group, x >= 0.
//!
//! Columns come one by one from whoever knows them all (column generation, Ford and Fulkerson, 1958), priced by
//! the rows' prices π. The groups' equations are kept implicitly, by a key column of each (generalised upper
//! bounds, Dantzig and Van Slyke, 1967), and rows that are not full need no price, so that the basis is only
//! as large as there are full rows, whatever the number of groups. At any time Σ_g min_p π·a_gp + π·fixed is a
//! lower bound of the least peak, for any π >= 0 that sums to 1.

/// Smaller coefficients neither lead anywhere nor divide.
const LEAST_PIVOT: f64 = 1e-9;
/// What a value may be beyond its bound, so that of nearly equal steps the soundest pivot is taken (Harris, 1973).
const SLACK: f64 = 1e-12;
/// Steps after which the inverse is worked out anew.
const STEPS_PER_INVERSE: usize = 120;
const INACTIVE: u32 = u32::MAX;

/// What one unit of a group adds to each row that it touches: rows and values.
pub type Entries = Vec<(u32, f64)>;

#[derive(Clone, Debug)]
struct Column<T> {
    entries: Entries,
    label: T,
}

#[derive(Clone, Debug)]
struct Group<T> {
    key: Column<T>,
    share: f64,
    /// Number of its columns in the basis beside the key.
    others: u32,
}

/// A basic column beside the key of its group.
#[derive(Clone, Debug)]
struct Part<T> {
    group: usize,
    column: Column<T>,
    share: f64,
}

/// A division of all groups, with the prices of the rows.
#[derive(Clone, Debug)]
pub struct LeastPeak<T> {
    fixed: Vec<f64>,
    groups: Vec<Group<T>>,
    parts: Vec<Part<T>>,
    /// Rows that are full.
    full: Vec<u32>,
    /// Place of each row among these.
    place: Vec<u32>,
    /// Inverse of the basis: θ and the parts by the full rows, row by row.
    inverse: Vec<f64>,
    peak: f64,
    loads: Vec<f64>,
    prices: Vec<f64>,
    direction: Vec<f64>,
    rates: Vec<f64>,
    steps: usize,
}

/// What is let into the basis.
enum Entering<T> {
    Column { group: usize, column: Column<T> },
    Slack { place: usize },
}

/// What leaves the basis, or becomes full.
#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    Part(usize),
    Key(usize),
    Row(usize),
}

impl<T: Clone> LeastPeak<T> {
    /// Every group whole in the column given for it, beside `fixed`, one value per row, at least one.
    pub fn new(fixed: Vec<f64>, start: Vec<(Entries, T)>) -> Self {
        let rows = fixed.len();
        let column = |(entries, label)| Column { entries, label };
        let group = |start| Group { key: column(start), share: 1.0, others: 0 };
        let mut division = Self {
            fixed,
            groups: start.into_iter().map(group).collect(),
            parts: Vec::new(),
            full: Vec::new(),
            place: vec![INACTIVE; rows],
            inverse: vec![-1.0],
            peak: 0.0,
            loads: vec![0.0; rows],
            prices: vec![0.0; rows],
            direction: Vec::new(),
            rates: vec![0.0; rows],
            steps: 0,
        };
        division.add_up();
        let fullest =
            (0..rows).rev().max_by(|a, b| division.loads[*a].total_cmp(&division.loads[*b]));
        let fullest = fullest.unwrap_or(0);
        division.peak = division.loads[fullest];
        division.full.push(fullest as u32);
        division.place[fullest] = 0;
        division.prices[fullest] = 1.0;
        division
    }

    /// The value of the fullest row.
    pub fn peak(&self) -> f64 {
        self.peak
    }

    /// The value of each row.
    pub fn loads(&self) -> &[f64] {
        &self.loads
    }

    /// What each row has whatever the groups do.
    pub fn fixed(&self) -> &[f64] {
        &self.fixed
    }

    /// Price of each row: how much the peak falls for each unit of room there. They sum to 1; none is below 0
    /// once [`Self::settle`] has gone through.
    pub fn prices(&self) -> &[f64] {
        &self.prices
    }

    /// The rows that are full: all others have the price 0.
    pub fn full_rows(&self) -> &[u32] {
        &self.full
    }

    /// Steps taken so far.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What the columns that `group` is divided among cost it: a column that costs less lowers the peak, as far
    /// as it can enter.
    pub fn cost(&self, group: usize) -> f64 {
        self.cost_of(&self.groups[group].key.entries)
    }

    /// What the key column of `group` costs at other prices than those of now.
    pub fn cost_at(&self, group: usize, prices: &[f64]) -> f64 {
        let entries = self.groups[group].key.entries.iter();
        entries.map(|(row, value)| prices[*row as usize] * value).sum()
    }

    /// The columns of `group` with their shares, which sum to 1.
    pub fn shares(&self, group: usize) -> Vec<(f64, &T)> {
        let own = &self.groups[group];
        let mut shares = vec![(own.share, &own.key.label)];
        if own.others > 0 {
            let parts = self.parts.iter().filter(|part| part.group == group);
            shares.extend(parts.map(|part| (part.share, &part.column.label)));
        }
        shares.retain(|(share, _)| *share > 1e-9);
        let sum: f64 = shares.iter().map(|(share, _)| share).sum();
        shares.iter_mut().for_each(|(share, _)| *share /= sum);
        shares
    }

    /// Lets a column into `group` where it costs less than what the group has, and tells whether it did.
    pub fn enter(
        &mut self,
        group: usize,
        entries: &[(u32, f64)],
        label: &T,
        tolerance: f64,
    ) -> bool {
        if self.cost_of(entries) >= self.cost(group) - tolerance {
            return false;
        }
        let column = Column { entries: entries.to_vec(), label: label.clone() };
        self.step(Entering::Column { group, column });
        self.settle(tolerance);
        true
    }

    /// Gives up rows that are held full although the peak falls where they are not.
    pub fn settle(&mut self, tolerance: f64) {
        for _ in 0..4 * self.full.len() {
            let price = |place: &usize| self.prices[self.full[*place] as usize];
            let least = (0..self.full.len()).min_by(|a, b| price(a).total_cmp(&price(b)));
            let Some(place) = least.filter(|place| price(place) < -tolerance) else { return };
            if !self.step(Entering::Slack { place }) {
                return;
            }
        }
    }

    fn cost_of(&self, entries: &[(u32, f64)]) -> f64 {
        entries.iter().map(|(row, value)| self.prices[*row as usize] * value).sum()
    }

    /// Number of basic variables: θ and the parts.
    fn size(&self) -> usize {
        self.full.len()
    }

    /// Moves along what is entering until something stands in the way. Without anything in the way, which only
    /// rounding can bring about, nothing moves.
    fn step(&mut self, entering: Entering<T>) -> bool {
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS_PER_INVERSE) {
            self.invert();
        }
        if matches!(&entering, Entering::Slack { place } if *place >= self.size()) {
            return false;
        }
        self.find_direction(&entering);
        self.find_rates(&entering);
        let Some((leaving, length)) = self.first_in_the_way(&entering) else { return false };
        self.walk(&entering, length);
        self.exchange(entering, leaving, length);
        self.price();
        true
    }

    /// How the basic variables fall per unit of what enters.
    fn find_direction(&mut self, entering: &Entering<T>) {
        let size = self.size();
        self.direction.clear();
        self.direction.resize(size, 0.0);
        match entering {
            Entering::Slack { place } => {
                for (row, to) in self.direction.iter_mut().enumerate() {
                    *to = self.inverse[row * size + place];
                }
            }
            Entering::Column { group, column } => {
                let key = self.groups[*group].key.entries.iter().map(|(row, value)| (*row, -value));
                for (row, value) in column.entries.iter().copied().chain(key) {
                    let place = self.place[row as usize];
                    if place == INACTIVE {
                        continue;
                    }
                    for (at, to) in self.direction.iter_mut().enumerate() {
                        *to += self.inverse[at * size + place as usize] * value;
                    }
                }
            }
        }
    }

    /// How every row's load changes per unit of what enters.
    fn find_rates(&mut self, entering: &Entering<T>) {
        self.rates.fill(0.0);
        let mut add = |entries: &[(u32, f64)], factor: f64| {
            for (row, value) in entries {
                self.rates[*row as usize] += factor * value;
            }
        };
        if let Entering::Column { group, column } = entering {
            add(&column.entries, 1.0);
            add(&self.groups[*group].key.entries, -1.0);
        }
        for (part, fall) in self.parts.iter().zip(&self.direction[1..]) {
            if *fall != 0.0 {
                add(&part.column.entries, -fall);
                add(&self.groups[part.group].key.entries, *fall);
            }
        }
    }

    /// How the share of each key that changes changes per unit of what enters.
    fn key_rates(&self, entering: &Entering<T>) -> Vec<(usize, f64)> {
        let mut rates: Vec<(usize, f64)> = Vec::new();
        let mut add = |group: usize, rate: f64| match rates.iter_mut().find(|(at, _)| *at == group)
        {
            Some((_, sum)) => *sum += rate,
            None => rates.push((group, rate)),
        };
        if let Entering::Column { group, .. } = entering {
            add(*group, -1.0);
        }
        for (part, fall) in self.parts.iter().zip(&self.direction[1..]) {
            if *fall != 0.0 {
                add(part.group, *fall);
            }
        }
        rates
    }

    /// What stops the step, and after how far.
    fn first_in_the_way(&self, entering: &Entering<T>) -> Option<(Leaving, f64)> {
        let fall_of_peak = self.direction[0];
        // What is left of each, and how fast it falls.
        let mut falling: Vec<(Leaving, f64, f64)> = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            falling.push((Leaving::Part(at), part.share, self.direction[at + 1]));
        }
        for (group, rate) in self.key_rates(entering) {
            falling.push((Leaving::Key(group), self.groups[group].share, -rate));
        }
        for (row, load) in self.loads.iter().enumerate() {
            if self.place[row] == INACTIVE {
                falling.push((Leaving::Row(row), self.peak - load, fall_of_peak + self.rates[row]));
            }
        }
        falling.retain(|(_, _, fall)| *fall > LEAST_PIVOT);
        let reach = |(_, left, fall): &(Leaving, f64, f64)| (left.max(0.0) + SLACK) / fall;
        let furthest = falling.iter().map(reach).fold(f64::INFINITY, f64::min);
        let sound = falling.iter().filter(|(_, left, fall)| left.max(0.0) / fall <= furthest);
        let chosen = sound.max_by(|a, b| a.2.total_cmp(&b.2))?;
        Some((chosen.0, chosen.1.max(0.0) / chosen.2))
    }

    /// Changes all values by a step of that length.
    fn walk(&mut self, entering: &Entering<T>, length: f64) {
        for (group, rate) in self.key_rates(entering) {
            self.groups[group].share += rate * length;
        }
        self.peak -= self.direction[0] * length;
        for (part, fall) in self.parts.iter_mut().zip(&self.direction[1..]) {
            part.share -= fall * length;
        }
        for (load, rate) in self.loads.iter_mut().zip(&self.rates) {
            *load += rate * length;
        }
    }

    fn exchange(&mut self, entering: Entering<T>, leaving: Leaving, length: f64) {
        match (entering, leaving) {
            (Entering::Column { group, column }, Leaving::Key(own))
                if own == group && self.groups[group].others == 0 =>
            {
                // The group goes over as a whole, and the basis stays as it is.
                self.groups[group].key = column;
                self.groups[group].share = 1.0;
            }
            (entering, Leaving::Key(group)) => {
                let Some(at) = self.promote(group) else { return };
                self.find_direction(&entering);
                self.replace(entering, at, length);
            }
            (entering, Leaving::Part(at)) => self.replace(entering, at, length),
            (Entering::Column { group, column }, Leaving::Row(row)) => {
                self.fill(row);
                self.groups[group].others += 1;
                self.parts.push(Part { group, column, share: length });
            }
            (Entering::Slack { place }, Leaving::Row(row)) => self.fill_instead(place, row),
        }
    }

    /// Exchanges the key of `group` with its largest part, whose place it takes.
    fn promote(&mut self, group: usize) -> Option<usize> {
        let size = self.size();
        let own = (0..self.parts.len()).filter(|at| self.parts[*at].group == group);
        let at = own.max_by(|a, b| self.parts[*a].share.total_cmp(&self.parts[*b].share))?;
        let part = &mut self.parts[at];
        std::mem::swap(&mut part.column, &mut self.groups[group].key);
        std::mem::swap(&mut part.share, &mut self.groups[group].share);
        // All parts of the group are now differences from the new key.
        let mut row = vec![0.0; size];
        for (other, part) in self.parts.iter().enumerate() {
            if part.group == group {
                let from = &self.inverse[(other + 1) * size..(other + 2) * size];
                row.iter_mut().zip(from).for_each(|(to, from)| *to -= from);
            }
        }
        self.inverse[(at + 1) * size..(at + 2) * size].copy_from_slice(&row);
        Some(at)
    }

    /// Puts what enters in the place of a part.
    fn replace(&mut self, entering: Entering<T>, at: usize, length: f64) {
        let size = self.size();
        let pivot = self.direction[at + 1];
        let old = self.parts[at].group;
        self.groups[old].others -= 1;
        match entering {
            Entering::Column { group, column } => {
                let mut own = self.inverse[(at + 1) * size..(at + 2) * size].to_vec();
                own.iter_mut().for_each(|value| *value /= pivot);
                for (row, factor) in self.direction.iter().enumerate() {
                    let to = &mut self.inverse[row * size..(row + 1) * size];
                    if row == at + 1 {
                        to.copy_from_slice(&own);
                    } else if *factor != 0.0 {
                        to.iter_mut().zip(&own).for_each(|(to, own)| *to -= factor * own);
                    }
                }
                self.groups[group].others += 1;
                self.parts[at] = Part { group, column, share: length };
            }
            Entering::Slack { place } => {
                // The row is not full any more: it leaves the basis with the part.
                let mut smaller = Vec::with_capacity((size - 1) * (size - 1));
                for row in (0..size).filter(|row| *row != at + 1) {
                    let factor = self.inverse[row * size + place] / pivot;
                    for column in (0..size).filter(|column| *column != place) {
                        let own = self.inverse[(at + 1) * size + column];
                        smaller.push(self.inverse[row * size + column] - factor * own);
                    }
                }
                self.inverse = smaller;
                self.parts.remove(at);
                self.empty(place);
            }
        }
    }

    /// Takes a row from the full ones.
    fn empty(&mut self, place: usize) {
        let row = self.full.remove(place) as usize;
        self.place[row] = INACTIVE;
        self.prices[row] = 0.0;
        for (row, place) in self.full.iter().zip(0..) {
            self.place[*row as usize] = place;
        }
    }

    /// A row of the basis: what θ and each part add to `row`.
    fn basis_row(&self, row: usize) -> Vec<f64> {
        let mut values = vec![-1.0];
        for part in &self.parts {
            let key = &self.groups[part.group].key.entries;
            values.push(value_at(&part.column.entries, row) - value_at(key, row));
        }
        values
    }

    /// `values` times the inverse.
    fn times_inverse(&self, values: &[f64]) -> Vec<f64> {
        let size = self.size();
        let mut product = vec![0.0; size];
        for (value, row) in values.iter().zip(self.inverse.chunks_exact(size)) {
            if *value != 0.0 {
                product.iter_mut().zip(row).for_each(|(to, from)| *to += value * from);
            }
        }
        product
    }

    /// Adds a row that has become full, with what enters as the basic variable beside it.
    fn fill(&mut self, row: usize) {
        let size = self.size();
        let product = self.times_inverse(&self.basis_row(row));
        // What enters adds its rate less what the basis makes up for.
        let pivot = self.rates[row] + self.direction[0];
        let mut larger = Vec::with_capacity((size + 1) * (size + 1));
        for at in 0..size {
            let factor = self.direction[at] / pivot;
            let own = &self.inverse[at * size..(at + 1) * size];
            larger.extend(own.iter().zip(&product).map(|(own, product)| own + factor * product));
            larger.push(-factor);
        }
        larger.extend(product.iter().map(|value| -value / pivot));
        larger.push(1.0 / pivot);
        self.inverse = larger;
        self.place[row] = size as u32;
        self.full.push(row as u32);
    }

    /// Exchanges a full row for another one.
    fn fill_instead(&mut self, place: usize, row: usize) {
        let size = self.size();
        let mut product = self.times_inverse(&self.basis_row(row));
        let pivot = product[place];
        product[place] -= 1.0;
        for row in self.inverse.chunks_exact_mut(size) {
            let factor = row[place] / pivot;
            row.iter_mut().zip(&product).for_each(|(entry, moved)| *entry -= factor * moved);
        }
        let old = self.full[place] as usize;
        (self.place[old], self.prices[old]) = (INACTIVE, 0.0);
        self.full[place] = row as u32;
        self.place[row] = place as u32;
    }

    fn price(&mut self) {
        for (place, row) in self.full.iter().enumerate() {
            self.prices[*row as usize] = -self.inverse[place];
        }
    }

    /// Adds up the loads of all rows.
    fn add_up(&mut self) {
        self.loads.clone_from(&self.fixed);
        let keys = self.groups.iter().map(|group| (&group.key.entries, group.share));
        let parts = self.parts.iter().map(|part| (&part.column.entries, part.share));
        for (entries, share) in keys.chain(parts) {
            for (row, value) in entries {
                self.loads[*row as usize] += share * value;
            }
        }
    }

    /// Works out the inverse and all values anew, so that rounding does not pile up. A basis that rounding has
    /// made singular stays as it is.
    fn invert(&mut self) {
        let size = self.size();
        let basis: Vec<f64> =
            self.full.iter().flat_map(|row| self.basis_row(*row as usize)).collect();
        let Some(inverse) = inverted(basis, size) else { return };
        self.inverse = inverse;
        let mut keys = self.fixed.clone();
        for group in &self.groups {
            for (row, value) in &group.key.entries {
                keys[*row as usize] += value;
            }
        }
        let right: Vec<f64> = self.full.iter().map(|row| -keys[*row as usize]).collect();
        let value = |row: &[f64]| row.iter().zip(&right).map(|(a, b)| a * b).sum::<f64>();
        let values: Vec<f64> = self.inverse.chunks_exact(size).map(value).collect();
        self.peak = values[0];
        for part in &self.parts {
            self.groups[part.group].share = 1.0;
        }
        for (part, value) in self.parts.iter_mut().zip(&values[1..]) {
            part.share = *value;
            self.groups[part.group].share -= value;
        }
        self.add_up();
        self.price();
    }
}

fn value_at(entries: &[(u32, f64)], row: usize) -> f64 {
    entries.iter().find(|(at, _)| *at as usize == row).map_or(0.0, |(_, value)| *value)
}

/// The inverse of a matrix, row by row (Gauss and Jordan, with the largest pivot of each column).
fn inverted(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    let mut inverse = vec![0.0; size * size];
    (0..size).for_each(|at| inverse[at * size + at] = 1.0);
    for column in 0..size {
        let largest = (column..size).max_by(|a, b| {
            matrix[a * size + column].abs().total_cmp(&matrix[b * size + column].abs())
        })?;
        let pivot = matrix[largest * size + column];
        if pivot.abs() < 1e-13 {
            return None;
        }
        for at in 0..size {
            matrix.swap(largest * size + at, column * size + at);
            inverse.swap(largest * size + at, column * size + at);
        }
        for at in 0..size {
            matrix[column * size + at] /= pivot;
            inverse[column * size + at] /= pivot;
        }
        for row in (0..size).filter(|row| *row != column) {
            let factor = matrix[row * size + column];
            if factor == 0.0 {
                continue;
            }
            for at in 0..size {
                matrix[row * size + at] -= factor * matrix[column * size + at];
                inverse[row * size + at] -= factor * inverse[column * size + at];
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};
    use slicewise_core::seed;

    use super::*;

    struct Case {
        fixed: Vec<f64>,
        columns: Vec<Vec<Entries>>,
    }

    fn case(round: u64) -> Case {
        let mut generator = seed::stream(17, round);
        let mut draw = |below: usize| (seed::uniform(&mut generator) * below as f64) as usize;
        let (rows, groups) = (2 + draw(12), 1 + draw(15));
        let mut columns = Vec::new();
        for _ in 0..groups {
            let mut own = Vec::new();
            for _ in 0..1 + draw(7) {
                let mut entries = Entries::new();
                for row in 0..rows as u32 {
                    // Few different values, so that ties and degenerate steps are frequent.
                    if draw(3) == 0 {
                        entries.push((row, (1 + draw(4)) as f64 * 0.25));
                    }
                }
                own.push(entries);
            }
            columns.push(own);
        }
        let fixed = (0..rows).map(|_| draw(3) as f64 * 0.5).collect();
        Case { fixed, columns }
    }

    fn by_microlp(case: &Case) -> f64 {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let peak = problem.add_var(1.0, (0.0, f64::INFINITY));
        let mut rows = vec![vec![(peak, -1.0)]; case.fixed.len()];
        for group in &case.columns {
            let mut sum = Vec::new();
            for entries in group {
                let share = problem.add_var(0.0, (0.0, 1.0));
                sum.push((share, 1.0));
                entries.iter().for_each(|(row, value)| rows[*row as usize].push((share, *value)));
            }
            problem.add_constraint(sum, ComparisonOp::Eq, 1.0);
        }
        for (row, fixed) in rows.into_iter().zip(&case.fixed) {
            problem.add_constraint(row, ComparisonOp::Le, -fixed);
        }
        match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) => solution.objective(),
            other => panic!("{other:?}"),
        }
    }

    /// The lower bound that the prices prove.
    fn bound(case: &Case, prices: &[f64]) -> f64 {
        let cost = |entries: &Entries| {
            entries.iter().map(|(row, value)| prices[*row as usize].max(0.0) * value).sum::<f64>()
        };
        let groups =
            case.columns.iter().map(|own| own.iter().map(cost).fold(f64::INFINITY, f64::min));
        let fixed = case.fixed.iter().zip(prices).map(|(fixed, price)| fixed * price.max(0.0));
        let sum: f64 = prices.iter().map(|price| price.max(0.0)).sum();
        (groups.sum::<f64>() + fixed.sum::<f64>()) / sum
    }

    #[test]
    fn random_divisions_are_what_another_solver_finds_and_their_prices_prove_it() {
        for round in 0..400 {
            let case = case(round);
            let start = case.columns.iter().map(|own| (own[0].clone(), 0)).collect();
            let mut division = LeastPeak::new(case.fixed.clone(), start);
            let optimum = by_microlp(&case);
            for _ in 0..500 {
                assert!(bound(&case, division.prices()) < optimum + 1e-9, "{round}");
                assert!(division.peak() > optimum - 1e-9, "{round}");
                let mut entered = false;
                for (group, own) in case.columns.iter().enumerate() {
                    for (label, entries) in own.iter().enumerate() {
                        entered |= division.enter(group, entries, &label, 1e-10);
                    }
                }
                if !entered {
                    break;
                }
            }
            assert!(
                (division.peak() - optimum).abs() < 1e-8,
                "{round}: {} {optimum}",
                division.peak()
            );
            assert!((bound(&case, division.prices()) - optimum).abs() < 1e-8, "{round}");
            check_shares(&case, &division, optimum, round);
        }
    }

    /// The shares themselves, added up by hand, keep to the peak.
    fn check_shares(case: &Case, division: &LeastPeak<usize>, optimum: f64, round: u64) {
        let mut loads = case.fixed.clone();
        for (group, own) in case.columns.iter().enumerate() {
            let shares = division.shares(group);
            assert!((shares.iter().map(|(share, _)| share).sum::<f64>() - 1.0).abs() < 1e-9);
            for (share, label) in shares {
                own[*label].iter().for_each(|(row, value)| loads[*row as usize] += share * value);
            }
        }
        let peak = loads.iter().copied().fold(0.0, f64::max);
        assert!((peak - optimum).abs() < 1e-7, "{round}: {peak} {optimum}");
    }
}
