//! What a learned loss looks like, and how right it is.

use crate::model::LearnedLoss;

/// Costs over decisions for one service at one demand.
#[derive(Clone, Debug, PartialEq)]
pub struct LossCurve {
    /// Decisions less demand, ascending, in the demand's unit.
    pub distances: Vec<f64>,
    /// What the loss network says.
    pub learned: Vec<f64>,
    /// What the metric says.
    pub measured: Vec<f64>,
}

/// The learned loss of a single service around `demand`, from `distances` (ascending), beside `metric`.
pub fn curve(
    loss: &LearnedLoss,
    metric: &dyn Fn(&[f64], &[f64]) -> f64,
    demand: f64,
    distances: &[f64],
) -> LossCurve {
    let at = |distance: &f64| [demand + distance];
    LossCurve {
        distances: distances.to_vec(),
        learned: distances.iter().map(|distance| loss.cost(&at(distance), &[demand])).collect(),
        measured: distances.iter().map(|distance| metric(&at(distance), &[demand])).collect(),
    }
}

/// The margin over a forecast with the least mean of `cost` (over margin less error: the distance of
/// decision and demand) for these errors (demand less forecast), among `margins`.
pub fn best_margin(errors: &[f64], margins: &[f64], cost: impl Fn(f64) -> f64) -> f64 {
    let mean = |margin: f64| errors.iter().map(|error| cost(margin - error)).sum::<f64>();
    let costs = margins.iter().map(|margin| (mean(*margin), *margin));
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, margin)| margin)
}

/// Spearman's rank correlation; equal values share their mean rank. NaN where one side is constant.
pub fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    let (one, other) = (ranks(one), ranks(other));
    let mean = (one.len() as f64 - 1.0) / 2.0;
    let product =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    product(&one, &other) / libm::sqrt(product(&one, &one) * product(&other, &other))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for same in order.chunk_by(|one, other| values[*one] == values[*other]) {
        let rank = first as f64 + (same.len() - 1) as f64 / 2.0;
        same.iter().for_each(|index| ranks[*index] = rank);
        first += same.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_know_monotone_tied_and_opposed_values() {
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[1.0, 8.0, 27.0]) - 1.0).abs() < 1e-12);
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]) + 1.0).abs() < 1e-12);
        // Ranks 0.5 0.5 2 3 against 0 1 2 3: 4.5 / sqrt(4.5 * 5).
        let found = rank_correlation(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!((found - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12, "{found}");
    }

    #[test]
    fn the_best_margin_for_a_pinball_cost_is_the_quantile_of_the_errors() {
        let errors: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        let margins: Vec<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        let cost = |distance: f64| if distance < 0.0 { -9.0 * distance } else { distance };
        assert!((best_margin(&errors, &margins, cost) - 0.9).abs() < 0.011);
    }
}
