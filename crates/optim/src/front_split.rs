//! A first split of two capacities among parts, by dynamic programming over their fronts.
//!
//! The fronts of a piecewise linear network are not convex, so prices alone miss the best split and
//! a descent from the priced choices can end beside it. On a grid the best split is exact; a joint
//! descent then polishes it.

/// Levels per capacity.
pub const LEVELS: usize = 48;

/// The least second variable, in levels, that a part needs at each level of the first (index);
/// infinite where none suffices.
pub type Front = Vec<f64>;

/// The front of one part from its constraint's values on the grid: `values[j][i]` at level i of the
/// first variable and level j of the second. Between levels the value is taken to be linear.
pub fn front(values: &[Vec<f64>], limit: f64) -> Front {
    (0..=LEVELS)
        .map(|i| {
            let Some(j) = (0..=LEVELS).find(|j| values[*j][i] <= limit) else {
                return f64::INFINITY;
            };
            if j == 0 {
                return 0.0;
            }
            let (above, below) = (values[j - 1][i], values[j][i]);
            j as f64 - (limit - below) / (above - below)
        })
        .collect()
}

/// The cheapest choice of one point on each front within both capacities, of `levels` levels each, as
/// (level of the first, level of the second) per part. Levels of the second are rounded to the nearest,
/// so that the result may overdraw it slightly; where they are whole it does not, and nothing is
/// cheaper. Nothing where the capacities do not suffice.
pub fn best_split(fronts: &[Front], costs: [f64; 2], levels: [usize; 2]) -> Option<Vec<[f64; 2]>> {
    let row = levels[1] + 1;
    let states = (levels[0] + 1) * row;
    let mut best = vec![f64::INFINITY; states];
    best[0] = 0.0;
    let mut choices: Vec<Vec<Option<usize>>> = Vec::with_capacity(fronts.len());
    for front in fronts {
        let mut next = vec![f64::INFINITY; states];
        let mut choice = vec![None; states];
        for (i, needed) in front.iter().enumerate() {
            if !needed.is_finite() {
                continue;
            }
            let j = needed.round() as usize;
            if i > levels[0] || j > levels[1] {
                continue;
            }
            let cost = costs[0] * i as f64 + costs[1] * needed;
            for used_i in 0..=levels[0] - i {
                for used_j in 0..=levels[1] - j {
                    let total = best[used_i * row + used_j] + cost;
                    let state = (used_i + i) * row + used_j + j;
                    if total < next[state] {
                        next[state] = total;
                        choice[state] = Some(i);
                    }
                }
            }
        }
        best = next;
        choices.push(choice);
    }
    let (mut state, total) = best.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    if !total.is_finite() {
        return None;
    }
    let mut split = vec![[0.0; 2]; fronts.len()];
    for (part, front) in fronts.iter().enumerate().rev() {
        let i = choices[part][state]?;
        split[part] = [i as f64, front[i]];
        state -= i * row + front[i].round() as usize;
    }
    Some(split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_the_best_of_all() {
        // Both parts may take much of the first and little of the second or the reverse.
        let front = |low: f64, high: f64| -> Front {
            (0..=LEVELS)
                .map(|i| {
                    if i < 10 {
                        f64::INFINITY
                    } else if i < 30 {
                        high
                    } else {
                        low
                    }
                })
                .collect()
        };
        let fronts = [front(5.0, 25.0), front(4.0, 26.0)];
        let split = best_split(&fronts, [1.0, 1.0], [LEVELS; 2]).unwrap();
        // (10, 25) and (30, 4) cost 69; (30, 5) and (10, 26) cost 71; (10, 25) twice overdraws.
        assert_eq!(split, [[10.0, 25.0], [30.0, 4.0]]);
    }

    #[test]
    fn whole_levels_of_capacities_of_their_own_are_split_exactly() {
        // 7 and 4 levels for three parts, against every choice.
        let fronts: [Front; 3] = [
            vec![f64::INFINITY, 4.0, 2.0, 2.0, 1.0],
            vec![3.0, 3.0, 1.0, 0.0],
            vec![f64::INFINITY, f64::INFINITY, 2.0, 1.0, 0.0],
        ];
        for costs in [[1.0, 1.0], [1.0, 3.0], [5.0, 0.1]] {
            let mut cheapest = f64::INFINITY;
            for (a, ja) in fronts[0].iter().enumerate() {
                for (b, jb) in fronts[1].iter().enumerate() {
                    for (c, jc) in fronts[2].iter().enumerate() {
                        let (i, j) = ((a + b + c) as f64, ja + jb + jc);
                        if i <= 7.0 && j <= 4.0 {
                            cheapest = cheapest.min(costs[0] * i + costs[1] * j);
                        }
                    }
                }
            }
            let split = best_split(&fronts, costs, [7, 4]).unwrap();
            let used = [0, 1].map(|k| split.iter().map(|part| part[k]).sum::<f64>());
            assert!(used[0] <= 7.0 && used[1] <= 4.0, "{split:?}");
            assert!((costs[0] * used[0] + costs[1] * used[1] - cheapest).abs() < 1e-12);
        }
        assert_eq!(best_split(&fronts, [1.0, 1.0], [2, 4]), None);
    }

    #[test]
    fn fronts_are_interpolated() {
        let values: Vec<Vec<f64>> =
            (0..=LEVELS).map(|j| vec![1.0 - j as f64 / 40.0; LEVELS + 1]).collect();
        let front = front(&values, 0.51);
        assert!(front.iter().all(|needed| (needed - 19.6).abs() < 1e-9));
    }
}
