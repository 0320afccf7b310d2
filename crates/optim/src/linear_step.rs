//! The linear programme inside every step: least cost under one linear constraint in a box.

/// Minimises c·d subject to g + a·d <= 0 and low <= d <= high with c >= 0.
///
/// It is a fractional knapsack: start at the cheapest corner and buy constraint where it is cheapest.
/// Returns d and the multiplier of the constraint, or nothing where no d in the box satisfies it.
pub fn cheapest_step(
    costs: &[f64],
    value: f64,
    slopes: &[f64],
    low: &[f64],
    high: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let mut step = low.to_vec();
    let mut left = value + dot(slopes, &step);
    if left <= 0.0 {
        return Some((step, 0.0));
    }
    let mut order: Vec<usize> = (0..costs.len()).filter(|k| slopes[*k] < 0.0).collect();
    order.sort_by(|a, b| (costs[*a] * -slopes[*b]).total_cmp(&(costs[*b] * -slopes[*a])));
    for k in order {
        let wanted = left / -slopes[k];
        let room = high[k] - low[k];
        if wanted <= room {
            step[k] = low[k] + wanted;
            return Some((step, costs[k] / -slopes[k]));
        }
        step[k] = high[k];
        left += slopes[k] * room;
    }
    None
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_best_of_a_fine_grid() {
        let (costs, slopes, value) = ([1.0, 2.0], [-0.4, -1.0], 0.3);
        let (low, high) = ([-0.5, -0.5], [0.5, 0.5]);
        let (step, multiplier) = cheapest_step(&costs, value, &slopes, &low, &high).unwrap();
        let cost = costs[0] * step[0] + costs[1] * step[1];
        let mut best = f64::INFINITY;
        for i in 0..=1000 {
            for j in 0..=1000 {
                let d = [f64::from(i) / 1000.0 - 0.5, f64::from(j) / 1000.0 - 0.5];
                if value + slopes[0] * d[0] + slopes[1] * d[1] <= 1e-12 {
                    best = best.min(costs[0] * d[0] + costs[1] * d[1]);
                }
            }
        }
        assert!((cost - best).abs() < 3e-3, "{cost} {best}");
        assert!((multiplier - 2.0).abs() < 1e-12);
    }

    #[test]
    fn an_impossible_step_is_refused() {
        assert!(cheapest_step(&[1.0], 1.0, &[-0.5], &[-1.0], &[1.0]).is_none());
        assert!(cheapest_step(&[1.0], 1.0, &[0.5], &[-1.0], &[1.0]).is_none());
    }
}
