//! Columns of a table that follow from its other columns: what is measured, and not set, is no resource.

use crate::order::order;

/// The most rows that are looked at, evenly spread.
const MOST_ROWS: usize = 4096;
/// Share of a column's variance that rounding may leave unexplained.
const UNEXPLAINED: f64 = 1e-4;

/// How a column follows from others, by their places among those that were asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// It is the same in every row.
    Constant,
    /// It is a function of one other.
    Of(usize),
    /// It is a function of two others, as far as their values recur.
    OfBoth(usize, usize),
    /// It goes with their product.
    Product(usize, usize),
    /// It goes with the first over the second.
    Quotient(usize, usize),
    /// It goes with their sum.
    Sum(usize, usize),
    /// It goes with the first less the second.
    Difference(usize, usize),
}

impl Derivation {
    /// What the column is, with the others' `names`: `n_users × qos`.
    pub fn words(self, names: &[&str]) -> String {
        let name = |index: usize| names.get(index).copied().unwrap_or_default();
        let (first, between, second) = match self {
            Self::Constant => return "the same in every row".to_owned(),
            Self::Of(a) => ("a function of ", name(a), ""),
            Self::OfBoth(a, b) => return ["a function of ", name(a), " and ", name(b)].concat(),
            Self::Product(a, b) => (name(a), " × ", name(b)),
            Self::Quotient(a, b) => (name(a), " / ", name(b)),
            Self::Sum(a, b) => (name(a), " + ", name(b)),
            Self::Difference(a, b) => (name(a), " - ", name(b)),
        };
        [first, between, second].concat()
    }
}

/// How `column` follows from `others`, which have as many rows; none where it does not. Rows beyond
/// some thousands are sampled.
pub fn derivation(column: &[f64], others: &[&[f64]]) -> Option<Derivation> {
    let step = column.len().div_ceil(MOST_ROWS).max(1);
    let thinned = |values: &[f64]| values.iter().copied().step_by(step).collect::<Vec<f64>>();
    let column = thinned(column);
    let others: Vec<Vec<f64>> = others.iter().map(|other| thinned(other)).collect();
    if column.len() < 3 {
        return None;
    }
    if column.iter().all(|value| *value == column[0]) {
        return Some(Derivation::Constant);
    }
    // On a grid of few values the steps between them are large: there equal values tell.
    let follows = |one: &Vec<f64>| is_function_of(&column, one) || is_fixed_by(&column, one, one);
    if let Some(one) = others.iter().position(follows) {
        return Some(Derivation::Of(one));
    }
    let pairs = (0..others.len()).flat_map(|a| (a + 1..others.len()).map(move |b| (a, b)));
    pairs.into_iter().find_map(|(a, b)| of_pair(&column, (a, &others[a]), (b, &others[b])))
}

fn of_pair(
    column: &[f64],
    (a, first): (usize, &[f64]),
    (b, second): (usize, &[f64]),
) -> Option<Derivation> {
    type Form = (fn(f64, f64) -> f64, Derivation);
    let forms: [Form; 5] = [
        (|x, y| x * y, Derivation::Product(a, b)),
        (|x, y| x / y, Derivation::Quotient(a, b)),
        (|x, y| y / x, Derivation::Quotient(b, a)),
        (|x, y| x + y, Derivation::Sum(a, b)),
        (|x, y| x - y, Derivation::Difference(a, b)),
    ];
    let fits = |form: &fn(f64, f64) -> f64| {
        let made: Vec<f64> = first.iter().zip(second).map(|(x, y)| form(*x, *y)).collect();
        unexplained(column, &made) <= UNEXPLAINED
    };
    let found = forms.iter().find(|(form, _)| fits(form)).map(|(_, derivation)| *derivation);
    found.or_else(|| is_fixed_by(column, first, second).then_some(Derivation::OfBoth(a, b)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre) * (value - centre)).sum()
}

/// Share of the variance of `column` that a straight line over `made` leaves; 1 where there is none.
fn unexplained(column: &[f64], made: &[f64]) -> f64 {
    let (of_column, of_made) = (spread(column), spread(made));
    let (centre, middle) = (mean(column), mean(made));
    let common: f64 = column.iter().zip(made).map(|(c, m)| (c - centre) * (m - middle)).sum();
    let explained = common * common / (of_column * of_made);
    // Nothing but a number of its own can be compared.
    if explained.is_finite() { 1.0 - explained } else { 1.0 }
}

/// Whether neighbours along `other` have all but the same value in `column` (von Neumann's ratio).
fn is_function_of(column: &[f64], other: &[f64]) -> bool {
    let order = order(column.len(), &|a, b| other[a].total_cmp(&other[b]));
    let steps = order.windows(2).map(|pair| column[pair[1]] - column[pair[0]]);
    let ratio = steps.map(|step| step * step).sum::<f64>() / (2.0 * spread(column));
    let rows = column.len() as f64;
    // A smooth function's own steps are larger the fewer rows there are.
    ratio <= UNEXPLAINED + 20.0 / (rows * rows)
}

/// Whether rows that agree in both others agree in `column`, where there are enough of them to tell.
fn is_fixed_by(column: &[f64], first: &[f64], second: &[f64]) -> bool {
    let by_both =
        |a: usize, b: usize| first[a].total_cmp(&first[b]).then(second[a].total_cmp(&second[b]));
    let order = order(column.len(), &by_both);
    let same = |a: usize, b: usize| first[a] == first[b] && second[a] == second[b];
    let cells: Vec<Vec<f64>> = order
        .chunk_by(|a, b| same(*a, *b))
        .map(|cell| cell.iter().map(|row| column[*row]).collect())
        .collect();
    let within: f64 = cells.iter().map(|cell| spread(cell)).sum();
    4 * cells.len() <= column.len() && within <= UNEXPLAINED * spread(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{stream, uniform};

    const ROWS: usize = 600;

    /// Users and two resources on a grid, a noisy QoS, as a testbed measures them.
    fn table() -> [Vec<f64>; 4] {
        let mut generator = stream(7, 0);
        let users: Vec<f64> = (0..ROWS).map(|row| 1.0 + (row % 5) as f64).collect();
        let cpu: Vec<f64> = (0..ROWS).map(|row| 500.0 * (1 + row / 5 % 7) as f64).collect();
        let bandwidth: Vec<f64> = (0..ROWS).map(|row| 5.0 * (1 + row / 35 % 8) as f64).collect();
        let qos = (0..ROWS)
            .map(|row| {
                let noise = 0.8 + 0.4 * uniform(&mut generator);
                noise * (bandwidth[row] / users[row]).min(cpu[row] / 300.0)
            })
            .collect();
        [users, cpu, bandwidth, qos]
    }

    fn found(column: &[f64], others: [&[f64]; 3]) -> Option<String> {
        derivation(column, &others).map(|found| found.words(&["n_users", "cpu", "qos"]))
    }

    #[test]
    fn the_bandwidth_that_was_used_is_users_times_qos_and_no_resource() {
        let [users, cpu, bandwidth, qos] = table();
        let used: Vec<f64> = users.iter().zip(&qos).map(|(users, qos)| users * qos).collect();
        assert_eq!(found(&used, [&users, &cpu, &qos]).unwrap(), "n_users × qos");
        assert_eq!(found(&bandwidth, [&users, &cpu, &qos]), None);
        assert_eq!(found(&cpu, [&users, &bandwidth, &qos]), None);
    }

    #[test]
    fn a_column_that_follows_from_others_is_recognised_in_every_form() {
        let [users, cpu, bandwidth, qos] = table();
        let made = |make: &dyn Fn(usize) -> f64| (0..ROWS).map(make).collect::<Vec<f64>>();
        let words = |column: Vec<f64>| found(&column, [&users, &cpu, &qos]).unwrap();
        assert_eq!(words(vec![3.0; ROWS]), "the same in every row");
        assert_eq!(words(made(&|row| (cpu[row] / 100.0).powi(2))), "a function of cpu");
        assert_eq!(words(made(&|row| qos[row].sqrt())), "a function of qos");
        assert_eq!(words(made(&|row| cpu[row] / users[row])), "cpu / n_users");
        assert_eq!(words(made(&|row| 2.0 * (users[row] + qos[row]) + 1.0)), "n_users + qos");
        assert_eq!(words(made(&|row| users[row] - qos[row])), "n_users - qos");
        let fixed = made(&|row| (users[row] * 13.0 + cpu[row] * 0.017).sin());
        assert_eq!(words(fixed), "a function of n_users and cpu");
        assert_eq!(found(&bandwidth, [&users, &cpu, &qos]), None);
    }

    #[test]
    fn a_rounded_copy_is_recognised_and_a_noisy_one_is_not() {
        let [users, cpu, _, qos] = table();
        let used = |error: fn(f64) -> f64| {
            let exact = users.iter().zip(&qos).map(|(users, qos)| users * qos);
            exact.map(error).collect::<Vec<f64>>()
        };
        let rounded = used(|value| (100.0 * value).round() / 100.0);
        assert!(found(&rounded, [&users, &cpu, &qos]).is_some());
        let noisy = used(|value| value + 0.3 * (1000.0 * value).sin());
        assert_eq!(found(&noisy, [&users, &cpu, &qos]), None);
    }
}
