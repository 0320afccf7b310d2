//! The linear programme inside every step: least cost under one linear constraint in a box.

/// The box of a step and the step itself; kept from one to the next, so that nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Least step per variable.
    pub low: Vec<f64>,
    /// Largest step per variable.
    pub high: Vec<f64>,
    /// The step found.
    pub step: Vec<f64>,
    order: Vec<usize>,
}

impl Room {
    /// Room for `dimension` variables.
    pub fn new(dimension: usize) -> Self {
        let zeros = vec![0.0; dimension];
        Self {
            low: zeros.clone(),
            high: zeros.clone(),
            step: zeros,
            order: Vec::with_capacity(dimension),
        }
    }
}

/// Minimises c·d subject to g + a·d <= 0 and low <= d <= high with c >= 0; d is `room.step`.
///
/// It is a fractional knapsack: start at the cheapest corner and buy constraint where it is cheapest.
/// Returns the multiplier of the constraint, or nothing where no d in the box satisfies it.
pub fn cheapest_step(costs: &[f64], value: f64, slopes: &[f64], room: &mut Room) -> Option<f64> {
    let Room { low, high, step, order } = room;
    step.copy_from_slice(low);
    let mut left = value + dot(slopes, step);
    if left <= 0.0 {
        return Some(0.0);
    }
    order.clear();
    order.extend((0..costs.len()).filter(|k| slopes[*k] < 0.0));
    order.sort_by(|a, b| (costs[*a] * -slopes[*b]).total_cmp(&(costs[*b] * -slopes[*a])));
    for k in order.iter().copied() {
        let wanted = left / -slopes[k];
        let room = high[k] - low[k];
        if wanted <= room {
            step[k] = low[k] + wanted;
            return Some(costs[k] / -slopes[k]);
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

    fn room(low: &[f64], high: &[f64]) -> Room {
        Room { low: low.to_vec(), high: high.to_vec(), ..Room::new(low.len()) }
    }

    #[test]
    fn the_step_is_the_best_of_a_fine_grid() {
        let (costs, slopes, value) = ([1.0, 2.0], [-0.4, -1.0], 0.3);
        let (low, high) = ([-0.5, -0.5], [0.5, 0.5]);
        let mut room = room(&low, &high);
        let multiplier = cheapest_step(&costs, value, &slopes, &mut room).unwrap();
        let step = &room.step;
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
        assert!(cheapest_step(&[1.0], 1.0, &[-0.5], &mut room(&[-1.0], &[1.0])).is_none());
        assert!(cheapest_step(&[1.0], 1.0, &[0.5], &mut room(&[-1.0], &[1.0])).is_none());
    }
}
