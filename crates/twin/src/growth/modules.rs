//! The cheapest modules that add a capacity.

/// A kind of module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    /// What one adds, in bit/s, above 0.
    pub bit_per_s: f64,
    /// What one costs, above 0.
    pub price: f64,
    /// The most of them.
    pub most: u32,
}

/// A need that is missed by less than this share counts as met: capacities are sums of decimal fractions.
const MISSED: f64 = 1e-9;

/// How many of each of `kinds`, at most `most` together, add at least `need_bit_per_s` at the least price; none where
/// they cannot.
///
/// By branch and bound: kinds are gone through from the cheapest per bit on, and what is still needed costs at least
/// what the next kind asks for it by the bit. So the result is exact.
pub fn cheapest(kinds: &[Kind], need_bit_per_s: f64, most: u32) -> Option<Vec<u32>> {
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    let per_bit = |kind: &usize| kinds[*kind].price / kinds[*kind].bit_per_s;
    order.sort_by(|a, b| per_bit(a).total_cmp(&per_bit(b)).then(a.cmp(b)));
    let ordered: Vec<Kind> = order.iter().map(|kind| kinds[*kind]).collect();
    let mut search = Search {
        reach: reach(&ordered),
        largest: largest(&ordered),
        kinds: &ordered,
        tolerance: MISSED * need_bit_per_s.abs(),
        counts: vec![0; kinds.len()],
        best: None,
    };
    search.go(0, need_bit_per_s, most, 0.0);
    let (_, found) = search.best?;
    let mut counts = vec![0; kinds.len()];
    order.iter().zip(found).for_each(|(kind, count)| counts[*kind] = count);
    Some(counts)
}

/// What the kinds from each on can add together.
fn reach(kinds: &[Kind]) -> Vec<f64> {
    let mut reach = vec![0.0; kinds.len() + 1];
    for (at, kind) in kinds.iter().enumerate().rev() {
        reach[at] = reach[at + 1] + f64::from(kind.most) * kind.bit_per_s;
    }
    reach
}

/// The largest capacity of the kinds from each on.
fn largest(kinds: &[Kind]) -> Vec<f64> {
    let mut largest = vec![0.0; kinds.len() + 1];
    for (at, kind) in kinds.iter().enumerate().rev() {
        largest[at] = kind.bit_per_s.max(largest[at + 1]);
    }
    largest
}

struct Search<'a> {
    kinds: &'a [Kind],
    reach: Vec<f64>,
    largest: Vec<f64>,
    tolerance: f64,
    counts: Vec<u32>,
    best: Option<(f64, Vec<u32>)>,
}

impl Search<'_> {
    fn go(&mut self, at: usize, need: f64, left: u32, price: f64) {
        let is_dearer = |price: f64, best: &Option<(f64, Vec<u32>)>| {
            best.as_ref().is_some_and(|(least, _)| price >= *least)
        };
        if need <= self.tolerance {
            if !is_dearer(price, &self.best) {
                let mut counts = self.counts.clone();
                counts[at..].fill(0);
                self.best = Some((price, counts));
            }
            return;
        }
        let within = self.reach[at].min(f64::from(left) * self.largest[at]);
        if within < need - self.tolerance {
            return;
        }
        let Some(kind) = self.kinds.get(at).copied() else { return };
        let wanted = ((need - self.tolerance) / kind.bit_per_s).ceil();
        let most = wanted.min(f64::from(left.min(kind.most))).max(0.0) as u32;
        let next_per_bit =
            self.kinds.get(at + 1).map_or(f64::INFINITY, |next| next.price / next.bit_per_s);
        for count in (0..=most).rev() {
            let paid = price + f64::from(count) * kind.price;
            let rest = need - f64::from(count) * kind.bit_per_s;
            // Fewer of this kind make the bound of the rest only higher.
            if rest > self.tolerance && is_dearer(paid + rest * next_per_bit, &self.best) {
                break;
            }
            self.counts[at] = count;
            self.go(at + 1, rest, left - count, paid);
        }
        self.counts[at] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(kinds: &[Kind], counts: &[u32]) -> f64 {
        kinds.iter().zip(counts).map(|(kind, count)| kind.price * f64::from(*count)).sum()
    }

    /// The least price over all counts up to 12 of each of three kinds.
    fn exhaustive(kinds: &[Kind], need: f64, most: u32) -> Option<f64> {
        let mut best: Option<f64> = None;
        for a in 0..=12u32 {
            for b in 0..=12u32 {
                for c in 0..=12u32 {
                    let counts = [a, b, c];
                    let adds: f64 = kinds
                        .iter()
                        .zip(counts)
                        .map(|(kind, count)| kind.bit_per_s * f64::from(count))
                        .sum();
                    let fits = kinds.iter().zip(counts).all(|(kind, count)| count <= kind.most);
                    if fits && a + b + c <= most && adds >= need {
                        let cost = price(kinds, &counts);
                        best = Some(best.map_or(cost, |least: f64| least.min(cost)));
                    }
                }
            }
        }
        best
    }

    #[test]
    fn the_least_price_is_that_of_exhaustive_search() {
        let mut random = 7_u64;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % below
        };
        let mut none = 0;
        for _ in 0..300 {
            let kinds: Vec<Kind> = (0..3)
                .map(|_| Kind {
                    bit_per_s: 1.0 + draw(9) as f64,
                    price: 1.0 + draw(20) as f64,
                    most: 1 + draw(12) as u32,
                })
                .collect();
            let (need, most) = (1.0 + draw(40) as f64, 1 + draw(12) as u32);
            let found = cheapest(&kinds, need, most);
            let expected = exhaustive(&kinds, need, most);
            assert_eq!(
                found.as_ref().map(|counts| price(&kinds, counts)),
                expected,
                "{kinds:?} {need} {most}"
            );
            if let Some(counts) = found {
                let adds: f64 =
                    kinds.iter().zip(&counts).map(|(k, n)| k.bit_per_s * f64::from(*n)).sum();
                assert!(adds >= need && counts.iter().sum::<u32>() <= most);
                assert!(kinds.iter().zip(&counts).all(|(kind, count)| *count <= kind.most));
            }
            none += usize::from(expected.is_none());
        }
        assert!(none > 10, "{none}");
    }

    #[test]
    fn decimal_fractions_and_large_needs_are_met() {
        let kind = |bit_per_s, price| Kind { bit_per_s, price, most: u32::MAX };
        assert_eq!(cheapest(&[kind(0.1, 1.0)], 0.3, u32::MAX), Some(vec![3]));
        assert_eq!(
            cheapest(&[kind(1e8, 1.0), kind(1e11, 400.0)], 1e15, u32::MAX),
            Some(vec![0, 10_000])
        );
        assert_eq!(cheapest(&[kind(1.0, 1.0)], 0.0, 0), Some(vec![0]));
        assert_eq!(cheapest(&[], 1.0, 5), None);
    }
}
