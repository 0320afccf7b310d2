//! From satisfactions to utilities: the curves u(x) of a cell's slices and the lines that touch them.

use crate::cells::{Curves, Objective};

/// Points between two neighbours of a curve, since the logarithm bends what is straight.
const BETWEEN: usize = 4;

/// What a slice with satisfaction `satisfaction` contributes, its `weight` as a part of the cell's
/// whole: ln(r + 1) (IDLA, equation (10)), r, or weight x r.
pub fn utility(objective: Objective, weight: f64, satisfaction: f64) -> f64 {
    match objective {
        Objective::LogSum => (satisfaction + 1.0).ln(),
        Objective::MaxMin => satisfaction,
        Objective::WeightedSum => weight * satisfaction,
    }
}

/// The weights of a cell's slices as parts of their sum.
pub fn weight_parts(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| if sum > 0.0 { weight / sum } else { 0.0 }).collect()
}

/// Satisfaction at `share` on a curve of ascending `shares`.
pub fn satisfaction_at(shares: &[f64], satisfaction: &[f64], share: f64) -> f64 {
    let after = shares.partition_point(|known| *known <= share);
    match (after.checked_sub(1), after < shares.len()) {
        (None, _) => satisfaction.first().copied().unwrap_or(f64::NAN),
        (Some(before), false) => satisfaction[before],
        (Some(before), true) => {
            let width = shares[after] - shares[before];
            let part = (share - shares[before]) / width;
            satisfaction[before] + part * (satisfaction[after] - satisfaction[before])
        }
    }
}

/// Curve `index` as points (share, utility), close enough to one another to be joined by lines.
pub fn points(curves: &Curves, index: usize, objective: Objective, weight: f64) -> Vec<(f64, f64)> {
    let (shares, satisfaction) = curves.curve(index);
    let steps = if objective == Objective::LogSum { BETWEEN } else { 1 };
    let mut points = Vec::with_capacity(shares.len() * steps);
    for (x, r) in shares.windows(2).zip(satisfaction.windows(2)) {
        for step in 0..steps {
            let part = step as f64 / steps as f64;
            let level = r[0] + part * (r[1] - r[0]);
            points.push((x[0] + part * (x[1] - x[0]), utility(objective, weight, level)));
        }
    }
    if let (Some(x), Some(r)) = (shares.last(), satisfaction.last()) {
        points.push((*x, utility(objective, weight, *r)));
    }
    points
}

/// The line of `slope` through `at`, `half` to each side, cut off at x = 0 and x = 1.
pub fn tangent(at: (f64, f64), slope: f64, half: f64) -> [(f64, f64); 2] {
    let end = |x: f64| (x, at.1 + slope * (x - at.0));
    [end((at.0 - half).max(0.0)), end((at.0 + half).min(1.0))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves() -> Curves {
        let mut curves = Curves::default();
        curves.push(&[0.0, 0.25, 1.0], &[0.0, 0.5, 1.0]);
        curves
    }

    #[test]
    fn between_two_points_a_satisfaction_is_linear() {
        let all = curves();
        let (shares, satisfaction) = all.curve(0);
        let at = |share| satisfaction_at(shares, satisfaction, share);
        assert_eq!([0.0, 0.125, 0.25, 1.0].map(at), [0.0, 0.25, 0.5, 1.0]);
        assert!((at(0.625) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn utilities_of_the_curve_are_those_of_its_satisfactions() {
        let all = curves();
        let (shares, satisfaction) = all.curve(0);
        for objective in [Objective::LogSum, Objective::MaxMin, Objective::WeightedSum] {
            let points = points(&all, 0, objective, 0.3);
            assert_eq!((points[0].0, points[points.len() - 1].0), (0.0, 1.0));
            for (x, u) in points {
                let expected = utility(objective, 0.3, satisfaction_at(shares, satisfaction, x));
                assert!((u - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_tangent_touches_its_curve_from_above() {
        // At x = 0.5, r = 2/3: u = ln(r + 1) has the slope (2/3) / (5/3) = 0.4 there.
        let at = (0.5, (5.0_f64 / 3.0).ln());
        let line = tangent(at, 0.4, 0.2);
        assert!((line[0].0 - 0.3).abs() < 1e-12 && (line[1].0 - 0.7).abs() < 1e-12);
        for (x, u) in points(&curves(), 0, Objective::LogSum, 1.0) {
            let on_line = at.1 + 0.4 * (x - at.0);
            assert!(u <= on_line + 1e-12, "{x}");
        }
        assert_eq!(tangent((0.05, 0.0), 1.0, 0.2)[0].0, 0.0);
        assert_eq!(tangent((0.95, 0.0), 1.0, 0.2)[1].0, 1.0);
    }

    #[test]
    fn weights_become_parts_of_their_sum() {
        assert_eq!(weight_parts(&[1.0, 3.0]), [0.25, 0.75]);
        assert_eq!(weight_parts(&[0.0]), [0.0]);
    }
}
