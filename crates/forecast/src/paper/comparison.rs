//! A paired comparison of two methods.

/// One-sided probability of a sum of signed ranks at least this favourable to the first method if
/// neither were better (Wilcoxon's test, exact distribution, zero differences left out, equal ones
/// share their mean rank). `costs` are pairs of the first and the other method's cost; 1 without a
/// difference.
pub fn signed_rank_p(costs: &[(f64, f64)]) -> f64 {
    let mut gains: Vec<f64> =
        costs.iter().map(|(first, other)| other - first).filter(|gain| *gain != 0.0).collect();
    gains.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    // Ranks doubled, so that mean ranks stay whole.
    let mut ranks = Vec::with_capacity(gains.len());
    for same in gains.chunk_by(|one, other| one.abs() == other.abs()) {
        let first = ranks.len();
        ranks.extend(std::iter::repeat_n(2 * first + same.len() + 1, same.len()));
    }
    let total: usize = ranks.iter().sum();
    let against: usize =
        gains.iter().zip(&ranks).filter(|(gain, _)| **gain < 0.0).map(|(_, rank)| rank).sum();
    // Probability of each sum of the ranks against, every sign being equally likely.
    let mut chances = vec![0.0; total + 1];
    chances[0] = 1.0;
    for rank in &ranks {
        for sum in (0..=total).rev() {
            let with = if sum >= *rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = 0.5 * (chances[sum] + with);
        }
    }
    chances[..=against].iter().sum()
}

/// Mean and sample deviation; the deviation of fewer than two values is 0.
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, libm::sqrt(squares / (count - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_distribution_is_the_tabulated_one() {
        // All of n differences in favour: 1 / 2^n.
        let favourable: Vec<(f64, f64)> = (1..=7).map(|i| (0.0, f64::from(i))).collect();
        assert!((signed_rank_p(&favourable) - 1.0 / 128.0).abs() < 1e-15);
        // n = 8, sum against 5: 10 of 256 sign patterns have a sum of at most 5 (0.0391 in tables).
        let mut mixed: Vec<(f64, f64)> = (1..=8).map(|i| (0.0, f64::from(i))).collect();
        mixed[4].1 = -5.0;
        assert!((signed_rank_p(&mixed) - 10.0 / 256.0).abs() < 1e-15);
    }

    #[test]
    fn ties_and_zeros_are_handled_and_nothing_is_no_evidence() {
        assert_eq!(signed_rank_p(&[]), 1.0);
        assert_eq!(signed_rank_p(&[(1.0, 1.0)]), 1.0);
        assert_eq!(signed_rank_p(&[(0.0, 1.0), (1.0, 0.0)]), 0.75);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2.0_f64.sqrt()));
        assert_eq!(mean_and_deviation(&[4.0]), (4.0, 0.0));
    }
}
