//! What several parts need together of two shared capacities.
//!
//! A part's frontier holds the pairs of amounts of which no other needs less of both. The frontier of a
//! sum is that of all sums. Long ones are thinned: towards less, so that whatever fits still fits (a
//! bound), or to some of the pairs themselves (plans).

/// The most pairs that a frontier keeps when it is thinned.
pub const MOST_PAIRS: usize = 2048;

/// Amounts that overdraw a capacity by less fit where a bound is asked for.
const ROUNDING: f64 = 1e-9;

/// How a long frontier is thinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinning {
    /// Neighbours become one pair that needs no more than any of them: nothing that fits is lost.
    Below,
    /// Of neighbours one stays: every pair can be had.
    Kept,
}

/// A pair of amounts that two frontiers, or one, make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Amounts of both capacities.
    pub amounts: [f64; 2],
    /// Places in the frontiers of which this is a sum; the first alone counts for a part's own.
    pub from: [usize; 2],
}

/// Pairs by rising first amount, and so by falling second one.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    pairs: Vec<Pair>,
    /// Least costs over runs of 2^level pairs from each place on, level by level, with their places.
    cheapest: Vec<Vec<(f64, usize)>>,
}

impl Frontier {
    /// The frontier of `amounts` (any order), each with its place as origin; `costs` per amount.
    pub fn of(amounts: impl Iterator<Item = [f64; 2]>, costs: [f64; 2]) -> Self {
        let pairs = amounts.enumerate().map(|(place, amounts)| Pair { amounts, from: [place, 0] });
        let mut pairs: Vec<Pair> = pairs.collect();
        pairs.sort_by(|a, b| {
            let [first, second] = [0, 1].map(|k| a.amounts[k].total_cmp(&b.amounts[k]));
            first.then(second)
        });
        let mut least = f64::INFINITY;
        pairs.retain(|pair| {
            let lower = pair.amounts[1] < least;
            least = least.min(pair.amounts[1]);
            lower
        });
        Self::sorted(pairs, costs)
    }

    fn sorted(pairs: Vec<Pair>, costs: [f64; 2]) -> Self {
        let cost = |pair: &Pair| costs[0] * pair.amounts[0] + costs[1] * pair.amounts[1];
        let mut cheapest: Vec<Vec<(f64, usize)>> =
            vec![pairs.iter().enumerate().map(|(place, pair)| (cost(pair), place)).collect()];
        let mut run = 1;
        while 2 * run <= pairs.len() {
            let last = &cheapest[cheapest.len() - 1];
            let next = (0..=pairs.len() - 2 * run).map(|place| {
                let (left, right) = (last[place], last[place + run]);
                if right.0 < left.0 { right } else { left }
            });
            let next = next.collect();
            cheapest.push(next);
            run *= 2;
        }
        Self { pairs, cheapest }
    }

    /// The pairs, by rising first amount.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The cheapest pair within `room`, as its cost and its place.
    pub fn cheapest_within(&self, room: [f64; 2], thinning: Thinning) -> Option<(f64, usize)> {
        let [first, second] = room.map(|room| room + lenience(thinning));
        let begin = self.pairs.partition_point(|pair| pair.amounts[1] > second);
        let end = self.pairs.partition_point(|pair| pair.amounts[0] <= first);
        if begin >= end {
            return None;
        }
        let level = (end - begin).ilog2() as usize;
        let runs = &self.cheapest[level];
        let (left, right) = (runs[begin], runs[end - (1 << level)]);
        Some(if right.0 < left.0 { right } else { left })
    }

    /// The frontier of sums of a pair of `self` and one of `other` that fit into `room`, thinned to
    /// [`MOST_PAIRS`].
    #[must_use]
    pub fn plus(&self, other: &Self, room: [f64; 2], costs: [f64; 2], thinning: Thinning) -> Self {
        let [first_room, second_room] = room.map(|room| room + lenience(thinning));
        let ends = |of: fn(&[Pair]) -> Option<&Pair>| {
            of(&self.pairs).zip(of(&other.pairs)).map(|(a, b)| a.amounts[0] + b.amounts[0])
        };
        let (Some(least), Some(most)) = (ends(|pairs| pairs.first()), ends(|pairs| pairs.last()))
        else {
            return Self::default();
        };
        let most = most.min(first_room);
        let per_unit = if most > least { MOST_PAIRS as f64 / (most - least) } else { 0.0 };
        let mut buckets: Vec<Option<Pair>> = vec![None; MOST_PAIRS];
        for (i, a) in self.pairs.iter().enumerate() {
            let left = second_room - a.amounts[1];
            let begin = other.pairs.partition_point(|b| b.amounts[1] > left);
            for (j, b) in other.pairs.iter().enumerate().skip(begin) {
                let sum = [a.amounts[0] + b.amounts[0], a.amounts[1] + b.amounts[1]];
                if sum[0] > first_room {
                    break;
                }
                let bucket = (((sum[0] - least) * per_unit) as usize).min(MOST_PAIRS - 1);
                enter(&mut buckets[bucket], Pair { amounts: sum, from: [i, j] }, thinning);
            }
        }
        let mut falling = f64::INFINITY;
        let mut pairs: Vec<Pair> = buckets.into_iter().flatten().collect();
        pairs.retain(|pair| {
            let lower = pair.amounts[1] < falling;
            falling = falling.min(pair.amounts[1]);
            lower
        });
        Self::sorted(pairs, costs)
    }

    /// The frontier with at most [`MOST_PAIRS`] pairs.
    #[must_use]
    pub fn thinned(self, costs: [f64; 2], thinning: Thinning) -> Self {
        if self.pairs.len() <= MOST_PAIRS {
            return self;
        }
        let every = self.pairs.len().div_ceil(MOST_PAIRS);
        let thin = |run: &[Pair]| {
            let (first, last) = (run.first()?, run.last()?);
            let mut pair = *last;
            if thinning == Thinning::Below {
                pair.amounts[0] = first.amounts[0];
            }
            Some(pair)
        };
        Self::sorted(self.pairs.chunks(every).filter_map(thin).collect(), costs)
    }
}

fn lenience(thinning: Thinning) -> f64 {
    match thinning {
        Thinning::Below => ROUNDING,
        Thinning::Kept => 0.0,
    }
}

/// Lets `pair` into a bucket of neighbours.
fn enter(bucket: &mut Option<Pair>, pair: Pair, thinning: Thinning) {
    let Some(held) = bucket else {
        *bucket = Some(pair);
        return;
    };
    let least = held.amounts[0].min(pair.amounts[0]);
    if pair.amounts[1] < held.amounts[1] {
        *held = pair;
    }
    if thinning == Thinning::Below {
        held.amounts[0] = least;
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed::{stream, uniform};

    use super::*;

    const COSTS: [f64; 2] = [1.0, 0.7];

    fn random(count: usize, number: u64) -> Vec<[f64; 2]> {
        let mut generator = stream(5, number);
        (0..count).map(|_| [0, 1].map(|_| uniform(&mut generator))).collect()
    }

    fn cheapest_of(sums: impl Iterator<Item = [f64; 2]>, room: [f64; 2]) -> Option<f64> {
        sums.filter(|sum| sum[0] <= room[0] && sum[1] <= room[1])
            .map(|sum| COSTS[0] * sum[0] + COSTS[1] * sum[1])
            .reduce(f64::min)
    }

    #[test]
    fn the_cheapest_pair_within_any_room_is_that_of_all_pairs() {
        let amounts = random(300, 0);
        let frontier = Frontier::of(amounts.iter().copied(), COSTS);
        for room in random(200, 1) {
            let found = frontier.cheapest_within(room, Thinning::Kept);
            let expected = cheapest_of(amounts.iter().copied(), room);
            assert_eq!(found.map(|(cost, _)| cost), expected);
            if let Some((_, place)) = found {
                let pair = frontier.pairs()[place];
                assert_eq!(amounts[pair.from[0]], pair.amounts);
            }
        }
    }

    #[test]
    fn sums_bound_those_of_all_pairs_and_kept_ones_can_be_had() {
        let (a, b, c) = (random(60, 2), random(70, 3), random(50, 4));
        let all = |of: &[[f64; 2]]| Frontier::of(of.iter().copied(), COSTS);
        let whole = [3.0, 3.0];
        let sum = |thinning| {
            let two = all(&a).plus(&all(&b), whole, COSTS, thinning);
            two.plus(&all(&c), whole, COSTS, thinning)
        };
        let (below, kept) = (sum(Thinning::Below), sum(Thinning::Kept));
        for room in random(40, 5).into_iter().map(|room| room.map(|room| 1.5 * room)) {
            let sums = a.iter().flat_map(|a| {
                let c = &c;
                b.iter().flat_map(move |b| {
                    c.iter().map(move |c| [a[0] + b[0] + c[0], a[1] + b[1] + c[1]])
                })
            });
            let expected = cheapest_of(sums, room).unwrap_or(f64::INFINITY);
            let of = |sum: &Frontier, thinning| {
                sum.cheapest_within(room, thinning).map_or(f64::INFINITY, |(cost, _)| cost)
            };
            let (bound, plan) = (of(&below, Thinning::Below), of(&kept, Thinning::Kept));
            assert!(bound <= expected + 1e-12 && expected <= plan + 1e-12);
            // Two thinnings, each of a capacity of at most 3.
            assert!(bound.is_infinite() || expected.is_infinite() || expected - bound < 6e-3);
        }
    }

    #[test]
    fn a_thinned_frontier_stays_on_its_side() {
        let curve = (1..=5000).map(|i| [f64::from(i) / 1000.0, 1000.0 / f64::from(i)]);
        let whole = Frontier::of(curve, COSTS);
        for thinning in [Thinning::Below, Thinning::Kept] {
            let thin = whole.clone().thinned(COSTS, thinning);
            assert!(thin.pairs().len() <= MOST_PAIRS);
            let room = [2.0, 4.0];
            let exact = whole.cheapest_within(room, Thinning::Kept).unwrap().0;
            let found = thin.cheapest_within(room, thinning).unwrap().0;
            match thinning {
                Thinning::Below => assert!(found <= exact),
                Thinning::Kept => assert!(found >= exact),
            }
            assert!((found - exact).abs() < 1e-2 * exact);
        }
    }

    #[test]
    fn nothing_fits_where_nothing_is() {
        let none = Frontier::of(std::iter::empty(), COSTS);
        assert_eq!(none.cheapest_within([1.0, 1.0], Thinning::Below), None);
        let one = Frontier::of([[0.5, 0.5]].into_iter(), COSTS);
        assert!(one.plus(&none, [9.0, 9.0], COSTS, Thinning::Below).pairs().is_empty());
        let two = one.plus(&one, [9.0, 9.0], COSTS, Thinning::Below);
        assert_eq!(two.pairs()[0].amounts, [1.0, 1.0]);
        assert!(one.plus(&one, [0.9, 9.0], COSTS, Thinning::Below).pairs().is_empty());
    }
}
