//! What satisfactions are worth.

use slicewise_core::cells::Objective;

/// The utility of a cell whose slices have these satisfactions, 0 to 1, and weights.
pub fn utility(objective: Objective, satisfaction: &[f64], weights: &[f64]) -> f64 {
    match objective {
        Objective::LogSum => satisfaction.iter().map(|r| libm::log(r + 1.0)).sum(),
        Objective::MaxMin => satisfaction.iter().copied().fold(f64::INFINITY, f64::min),
        Objective::WeightedSum => {
            let total: f64 = weights.iter().sum();
            satisfaction.iter().zip(weights).map(|(r, weight)| weight / total * r).sum()
        }
    }
}

/// The derivative of the utility by each satisfaction, into `slopes`; of the least satisfaction the
/// one that is met first.
pub(super) fn slopes(
    objective: Objective,
    satisfaction: &[f64],
    weights: &[f64],
    slopes: &mut [f64],
) {
    match objective {
        Objective::LogSum => {
            slopes.iter_mut().zip(satisfaction).for_each(|(slope, r)| *slope = 1.0 / (r + 1.0));
        }
        Objective::WeightedSum => {
            let total: f64 = weights.iter().sum();
            slopes.iter_mut().zip(weights).for_each(|(slope, weight)| *slope = weight / total);
        }
        Objective::MaxMin => {
            slopes.fill(0.0);
            let least =
                (0..slopes.len()).min_by(|a, b| satisfaction[*a].total_cmp(&satisfaction[*b]));
            if let Some(least) = least {
                slopes[least] = 1.0;
            }
        }
    }
}
