//! DIRECT: dividing rectangles (Jones, Perttunen and Stuckman 1993), on the cost with a penalty of fixed
//! weight.
//!
//! It draws nothing at random: any seed asks the same points.

use std::collections::BTreeMap;

use super::{BlackBox, Ended, Optimiser, Search, penalised};
use crate::monitor::Monitor;
use serde::Serialize;

/// How rectangles are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Direct {
    /// Share by which a rectangle must promise to beat the best value.
    pub least_gain: f64,
    /// Weight of the penalty, in cost per unit of the constraint.
    pub penalty: f64,
}

impl Default for Direct {
    fn default() -> Self {
        Self { least_gain: 1e-4, penalty: 10.0 }
    }
}

/// A rectangle around a point: its side along variable k is 3 to the power of minus `cuts[k]`.
#[derive(Clone, Debug)]
struct Rectangle {
    centre: Vec<f64>,
    cuts: Vec<i32>,
    value: f64,
}

impl Rectangle {
    fn cuts(&self) -> i32 {
        self.cuts.iter().sum()
    }

    /// Distance from the centre to a corner.
    fn radius(&self) -> f64 {
        0.5 * self.cuts.iter().map(|cuts| third(2 * cuts)).sum::<f64>().sqrt()
    }

    /// The variables along which it is longest.
    fn longest(&self) -> Vec<usize> {
        let least = self.cuts.iter().min();
        (0..self.cuts.len()).filter(|k| Some(&self.cuts[*k]) == least).collect()
    }

    fn beside(&self, variable: usize, by: f64) -> Vec<f64> {
        let mut point = self.centre.clone();
        point[variable] += by;
        point
    }
}

fn third(power: i32) -> f64 {
    3f64.powi(-power)
}

impl Optimiser for Direct {
    async fn search<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        _seed: u64,
    ) -> Result<(), Ended> {
        let dimension = search.dimension();
        let centre = vec![0.5; dimension];
        let value = self.values(search, &centre).await?[0];
        let mut rectangles = vec![Rectangle { centre, cuts: vec![0; dimension], value }];
        loop {
            let chosen = self.potentially_optimal(&rectangles);
            let mut points = Vec::new();
            for place in &chosen {
                let rectangle = &rectangles[*place];
                for variable in rectangle.longest() {
                    let by = third(rectangle.cuts[variable] + 1);
                    points.extend(rectangle.beside(variable, by));
                    points.extend(rectangle.beside(variable, -by));
                }
            }
            let values = self.values(search, &points).await?;
            let mut values = values.chunks_exact(2);
            for place in chosen {
                let along = rectangles[place].longest();
                let found: Vec<&[f64]> = values.by_ref().take(along.len()).collect();
                divide(&mut rectangles, place, along, &found);
            }
        }
    }
}

impl Direct {
    async fn values<B: BlackBox, M: Monitor>(
        &self,
        search: &mut Search<'_, B, M>,
        points: &[f64],
    ) -> Result<Vec<f64>, Ended> {
        let excesses = search.excesses(points).await?;
        let points = points.chunks_exact(search.dimension());
        let rated = points.zip(excesses).map(|(point, excess)| {
            penalised(search.cost(point), excess, self.penalty).min(f64::MAX)
        });
        Ok(rated.collect())
    }

    /// The rectangles that are best for some rate of change: the lower right hull of value over radius.
    fn potentially_optimal(&self, rectangles: &[Rectangle]) -> Vec<usize> {
        // Most cuts first, so radii rise.
        let mut best: BTreeMap<i32, usize> = BTreeMap::new();
        for (place, rectangle) in rectangles.iter().enumerate() {
            let known = best.entry(-rectangle.cuts()).or_insert(place);
            if rectangle.value < rectangles[*known].value {
                *known = place;
            }
        }
        let corners: Vec<(f64, f64, usize)> = best
            .values()
            .map(|place| (rectangles[*place].radius(), rectangles[*place].value, *place))
            .collect();
        let least = corners.iter().fold(f64::INFINITY, |least, corner| least.min(corner.1));
        let goal = least - self.least_gain * least.abs();
        let chosen = corners.iter().enumerate().filter(|(index, (radius, value, _))| {
            let rate = |other: &(f64, f64, usize)| (other.1 - value) / (other.0 - radius);
            let below = corners[..*index].iter().map(rate).fold(0.0, f64::max);
            let above = corners[index + 1..].iter().map(rate).fold(f64::INFINITY, f64::min);
            below <= above && (above == f64::INFINITY || value - above * radius <= goal)
        });
        chosen.map(|(_, corner)| corner.2).collect()
    }
}

/// Cuts a rectangle into three along each of its longest sides, those of the best new points first;
/// `found` holds the values on both sides of the centre along each.
fn divide(rectangles: &mut Vec<Rectangle>, place: usize, along: Vec<usize>, found: &[&[f64]]) {
    let mut sides: Vec<(usize, &[f64])> = along.into_iter().zip(found.iter().copied()).collect();
    let best = |side: &(usize, &[f64])| side.1.iter().fold(f64::INFINITY, |a, b| a.min(*b));
    sides.sort_by(|a, b| best(a).total_cmp(&best(b)));
    for (variable, values) in sides {
        let by = third(rectangles[place].cuts[variable] + 1);
        rectangles[place].cuts[variable] += 1;
        for (value, by) in values.iter().zip([by, -by]) {
            let centre = rectangles[place].beside(variable, by);
            let cuts = rectangles[place].cuts.clone();
            rectangles.push(Rectangle { centre, cuts, value: *value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_problems::*;
    use super::*;

    /// Branin's function: 0.397887 at three points (Dixon and Szegő 1978).
    fn branin() -> Problem {
        Problem {
            lowest: vec![-5.0, 0.0],
            highest: vec![10.0, 15.0],
            cost: |x| {
                let pi = std::f64::consts::PI;
                let bent = x[1] - 5.1 / (4.0 * pi * pi) * x[0] * x[0] + 5.0 / pi * x[0] - 6.0;
                bent * bent + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * x[0].cos() + 10.0
            },
            excess: |_| -1.0,
        }
    }

    #[test]
    fn branins_function_is_solved_in_as_many_points_as_published() {
        // Jones et al., table 1: 195 evaluations for a relative error of 0.01 %.
        let found = solved(&Direct::default(), &mut branin(), 1000, 0);
        let close = |cost: f64| (cost - 0.397_887_357_7) / 0.397_887_357_7 < 1e-4;
        let first = found.incumbents.iter().find(|incumbent| close(incumbent.cost)).unwrap();
        assert!((150..=250).contains(&first.evaluations), "{}", first.evaluations);
        assert!(first.cost > 0.397_887);
    }

    #[test]
    fn rectangles_fill_the_box() {
        let mut rectangles = vec![Rectangle { centre: vec![0.5; 3], cuts: vec![0; 3], value: 1.0 }];
        for round in 0..20 {
            let place = (7 * round) % rectangles.len();
            let along = rectangles[place].longest();
            let values: Vec<[f64; 2]> = along.iter().map(|k| [*k as f64, 0.3]).collect();
            let found: Vec<&[f64]> = values.iter().map(|pair| pair.as_slice()).collect();
            divide(&mut rectangles, place, along, &found);
        }
        let volume: f64 = rectangles.iter().map(|r| third(r.cuts())).sum();
        assert!((volume - 1.0).abs() < 1e-12, "{volume}");
    }

    #[test]
    fn a_constraint_is_kept_and_its_edge_is_come_near() {
        let found = solved(&Direct::default(), &mut disc(), 1000, 0);
        let best = found.best().unwrap();
        let optimum = 1.0 - 0.4 * 2f64.sqrt();
        assert!(best.is_feasible() && best.cost >= optimum - 1e-12);
        assert!(best.cost < optimum + 0.01, "{}", best.cost);
    }
}
