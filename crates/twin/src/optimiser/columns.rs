//! Column generation: ways of demands that lower the fullest link, found by the prices of the links.

use slicewise_optim::least_peak::{Entries, LeastPeak};
use slicewise_optim::monitor::{Monitor, Stopped};

use super::effort::Effort;

/// Who knows all ways of all demands.
pub trait Columns {
    /// What tells ways apart.
    type Label: Clone;

    /// Gets ready for prices of the rows, all at least 0 and summing to 1. Tells the sum over all demands of
    /// what their cheapest ways cost: with what is fixed, a lower bound of the peak over these ways.
    fn prepare(&mut self, prices: &[f64]) -> f64;

    /// What the cheapest way of a demand costs at these prices.
    fn cost(&self, demand: usize) -> f64;

    /// The cheapest way of a demand; none where it cannot be used after all.
    fn column(&self, demand: usize) -> Option<(Entries, Self::Label)>;
}

/// What a generation is for.
#[derive(Clone, Debug)]
pub struct Aim {
    /// Number of demands.
    pub demands: usize,
    /// It ends where the peak has come down to this.
    pub goal: f64,
    /// Prices to begin with, where some are known to be good.
    pub centre: Option<Vec<f64>>,
}

/// How near peak and bound come to each other, as a share of the peak, before a generation ends.
pub const TOLERANCE: f64 = 1e-6;
/// Costs that differ by less are the same, as a share of the peak.
const SAME_COST: f64 = 1e-10;
/// Columns that come in before all are priced anew.
const MOST_PER_ROUND: usize = 400;
/// Columns that are turned down one after another before all are priced anew.
const MOST_REJECTED: usize = 60;
/// Steps between two looks at the clock.
const STEPS_PER_LOOK: usize = 64;

/// Lowers the peak of `division` until no way of `columns` helps, it comes down to `goal`, or the effort is
/// spent, and gives the best lower bound of the peak over all ways. `told` hears the peak and the bound after every
/// round.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn generate<C: Columns>(
    division: &mut LeastPeak<C::Label>,
    columns: &mut C,
    aim: Aim,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
    told: &mut dyn FnMut(f64, f64),
) -> Result<f64, Stopped> {
    let Aim { demands, goal, centre } = aim;
    let mut centre = Centre::new(division, centre);
    let mut best = 0.0;
    loop {
        monitor.checkpoint().await?;
        let same = SAME_COST * division.peak();
        division.settle(1e-12);
        let smooth = centre.between(division.prices());
        let bound = columns.prepare(&smooth) + centre.fixed(&smooth);
        if bound > best {
            best = bound;
            centre.prices.copy_from_slice(&smooth);
        }
        effort.count();
        told(division.peak(), best);
        let is_optimal = division.peak() <= best * (1.0 + TOLERANCE);
        if is_optimal || division.peak() <= goal || effort.is_spent() {
            return Ok(best);
        }
        let offer = Offer { demands, prices: &smooth, same };
        let entered = enter_all(division, columns, &offer, effort, monitor).await?;
        let was_at_prices = centre.is_at_prices();
        centre.adjust(entered);
        if entered.came_in == 0 && was_at_prices {
            return Ok(best);
        }
    }
}

/// What came of a round of offers.
#[derive(Clone, Copy, Debug, Default)]
struct Entered {
    offered: usize,
    came_in: usize,
}

/// What is offered: the cheapest ways of so many demands at these prices, where they save more than `same`.
struct Offer<'a> {
    demands: usize,
    prices: &'a [f64],
    same: f64,
}

/// Offers the cheapest way of every demand, those that save most first, and counts those that came in.
async fn enter_all<C: Columns>(
    division: &mut LeastPeak<C::Label>,
    columns: &C,
    offer: &Offer<'_>,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<Entered, Stopped> {
    let saving =
        |demand: usize| (division.cost_at(demand, offer.prices) - columns.cost(demand), demand);
    let mut savings: Vec<(f64, usize)> = (0..offer.demands).map(saving).collect();
    savings.retain(|(saving, _)| *saving > offer.same);
    savings.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut entered, mut rejected) = (Entered::default(), 0);
    for (at, (_, demand)) in savings.into_iter().enumerate() {
        if at % STEPS_PER_LOOK == STEPS_PER_LOOK - 1 {
            monitor.checkpoint().await?;
            if effort.is_spent() {
                break;
            }
        }
        let Some((entries, label)) = columns.column(demand) else { continue };
        let came_in = division.enter(demand, &entries, &label, offer.same);
        entered.came_in += usize::from(came_in);
        entered.offered += 1;
        rejected = if came_in { 0 } else { rejected + 1 };
        effort.count();
        if entered.came_in >= MOST_PER_ROUND || rejected >= MOST_REJECTED {
            break;
        }
    }
    Ok(entered)
}

/// Prices that gave the best bound: columns are priced between them and those of the division, which swing
/// (Wentges, 1997).
struct Centre {
    prices: Vec<f64>,
    fixed: Vec<f64>,
    weight: f64,
}

/// Weight of the centre to begin with.
const WEIGHT: f64 = 0.5;

impl Centre {
    fn new<T: Clone>(division: &LeastPeak<T>, prices: Option<Vec<f64>>) -> Self {
        let rows = division.loads().len();
        Self {
            prices: prices.unwrap_or_else(|| vec![1.0 / rows as f64; rows]),
            fixed: division.fixed().to_vec(),
            weight: WEIGHT,
        }
    }

    fn between(&self, prices: &[f64]) -> Vec<f64> {
        let sum: f64 = prices.iter().map(|price| price.max(0.0)).sum();
        let own = prices.iter().map(|price| price.max(0.0) / sum);
        let mixed = self.prices.iter().zip(own);
        mixed.map(|(centre, own)| self.weight * centre + (1.0 - self.weight) * own).collect()
    }

    fn fixed(&self, prices: &[f64]) -> f64 {
        self.fixed.iter().zip(prices).map(|(fixed, price)| fixed * price).sum()
    }

    /// Nearer to the prices of the division where most of what looked cheap was not.
    fn adjust(&mut self, entered: Entered) {
        let is_apt = entered.came_in > 0 && 4 * entered.came_in >= entered.offered;
        self.weight = match is_apt {
            true => (1.5 * self.weight + 0.02).min(WEIGHT),
            false if self.weight > 0.05 => 0.5 * self.weight,
            false => 0.0,
        };
    }

    fn is_at_prices(&self) -> bool {
        self.weight == 0.0
    }
}
