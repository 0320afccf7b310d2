//! The cheapest whole modules that are found where traffic may be routed anew in every failure: a search over modules
//! and routings together.
//!
//! It begins with the modules that the divisible optimum of [`super::free_routing`] rounds up to, gives back one after
//! another wherever every failure can still be routed, and goes on behind local optima by modules that are added at
//! random. Failures are routed one by one: modules join them, and only those failures are routed anew whose loads do
//! not fit any more.

use slicewise_core::seed::{SmallStream, shuffle, uniform};
use slicewise_core::twin::Topology;
use slicewise_core::twin::growth::{FreeRouting, GrowthOrder};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use super::free_routing::{Search, searched};
use super::modules::cheapest;
use super::purchases::Offer;
use crate::optimiser::bound::{sharpness, step};
use crate::optimiser::effort::Effort;
use crate::problem::Problem;
use crate::shortest_ways::ShortestWays;

/// Modules of a cable.
#[derive(Clone, Debug, PartialEq)]
pub struct CableModules {
    /// The first direction.
    pub link: u32,
    /// How many of each kind of the order.
    pub counts: Vec<u32>,
    /// What they cost.
    pub price: f64,
}

/// Whole modules under free routing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FreeModules {
    /// Their price; infinite where no modules that may be added are enough.
    pub price: f64,
    /// Those of each cable that gets some.
    pub modules: Vec<CableModules>,
    /// Fewer modules that were tried.
    pub tried: usize,
    /// Local optima that were reached.
    pub optima: usize,
}

/// How much more than its capacity a link may carry, as a share: what rounding and the search leave.
const TOLERANCE: f64 = 1e-6;
/// Rounds in which a failure has to be routed anew.
const ROUNDS: usize = 120;
/// How far the smoothed maximum may lie above the peak, as a share, in the first of them and in the last.
const BLUR: (f64, f64) = (0.03, 1e-3);
/// Cables that get a module to leave a local optimum.
const KICKED: usize = 3;

/// The cheapest modules found for what `order` needs of `problem` in its fullest quarter, with the bound that no
/// routing and no modules beat, after so many `iterations`.
///
/// # Errors
/// As [`super::free_routing::free_routing`].
pub async fn free_modules(
    problem: &Problem,
    order: &GrowthOrder,
    iterations: usize,
    seed: u64,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<(FreeRouting, FreeModules), Halted> {
    let (search, offers, bound) = searched(problem, order, iterations, monitor, progress).await?;
    let Some(mut own) = Purchases::new(&problem.scenario.topology, search, &offers) else {
        return Ok((bound, FreeModules { price: f64::INFINITY, ..FreeModules::default() }));
    };
    let mut stream = SmallStream::new(seed);
    let mut best: Option<State> = None;
    let mut optima = 0;
    while !effort.is_spent() {
        own.descend(&mut stream, effort, monitor).await?;
        optima += 1;
        match &best {
            Some(best) if own.price() > best.price + 1e-9 * best.price => own.state = best.clone(),
            _ => best = Some(State { price: own.price(), ..own.state.clone() }),
        }
        // Nothing is cheaper than nothing, nor than the bound.
        if own.price() <= bound.lower_bound * (1.0 + 1e-9) || !own.kick(&mut stream) {
            break;
        }
    }
    if let Some(best) = best.filter(|best| best.price <= own.price()) {
        own.state = best;
    }
    let bought = own.state.counts.iter().zip(&offers);
    let modules = bought.filter(|(counts, _)| counts.iter().any(|count| *count > 0));
    let modules = modules.map(|(counts, offer)| CableModules {
        link: offer.link,
        counts: counts.clone(),
        price: offer.price(counts),
    });
    let found =
        FreeModules { price: own.price(), modules: modules.collect(), tried: own.tried, optima };
    Ok((bound, found))
}

/// What is bought, and what each failure's links carry then.
#[derive(Clone, Debug)]
struct State {
    counts: Vec<Vec<u32>>,
    /// By state and link.
    loads: Vec<f64>,
    price: f64,
}

struct Purchases<'a> {
    search: Search,
    offers: &'a [Offer],
    /// Links of each cable.
    cables: Vec<Vec<u32>>,
    base: Vec<f64>,
    state: State,
    tree: ShortestWays,
    tried: usize,
}

impl<'a> Purchases<'a> {
    /// What the needs of `search` round up to; none where no modules reach a need.
    fn new(topology: &Topology, search: Search, offers: &'a [Offer]) -> Option<Self> {
        let cables: Vec<Vec<u32>> =
            offers.iter().map(|offer| topology.cable(offer.link).collect()).collect();
        let base = search.capacities().to_vec();
        let counts = cables.iter().zip(offers).map(|(links, offer)| {
            let smallest =
                links.iter().map(|link| base[*link as usize]).fold(f64::INFINITY, f64::min);
            let need = search.need(links) - TOLERANCE * smallest;
            cheapest(&offer.kinds, need.max(0.0), offer.most)
        });
        let counts = counts.collect::<Option<Vec<_>>>()?;
        let state = State { counts, loads: search.loads().to_vec(), price: 0.0 };
        let tree = ShortestWays::default();
        Some(Self { search, offers, cables, base, state, tree, tried: 0 })
    }

    fn price(&self) -> f64 {
        let bought = self.state.counts.iter().zip(self.offers);
        bought.map(|(counts, offer)| offer.price(counts)).sum()
    }

    /// Capacity of each link with what is bought.
    fn capacities(&self) -> Vec<f64> {
        let mut capacities = self.base.clone();
        for ((links, offer), counts) in self.cables.iter().zip(self.offers).zip(&self.state.counts)
        {
            links.iter().for_each(|link| capacities[*link as usize] += offer.adds(counts));
        }
        capacities
    }

    /// Gives back modules, or takes cheaper ones, until that is possible nowhere.
    async fn descend(
        &mut self,
        stream: &mut SmallStream,
        effort: &Effort<'_>,
        monitor: &impl Monitor,
    ) -> Result<(), Halted> {
        let mut order: Vec<usize> = (0..self.cables.len()).collect();
        loop {
            shuffle(&mut order, stream);
            let mut any = false;
            for cable in &order {
                for counts in fewer(&self.offers[*cable], &self.state.counts[*cable]) {
                    monitor.checkpoint().await?;
                    if effort.is_spent() {
                        return Ok(());
                    }
                    effort.count();
                    if self.try_counts(*cable, counts) {
                        any = true;
                        break;
                    }
                }
            }
            if !any {
                return Ok(());
            }
        }
    }

    /// Whether every failure can be routed with these modules of a cable; keeps them then.
    fn try_counts(&mut self, cable: usize, counts: Vec<u32>) -> bool {
        self.tried += 1;
        let before = std::mem::replace(&mut self.state.counts[cable], counts);
        let capacities = self.capacities();
        let links = capacities.len();
        let mut rerouted = Vec::new();
        for failure in 0..self.state.loads.len() / links {
            let loads = &self.state.loads[failure * links..(failure + 1) * links];
            let fits = |link: &u32| {
                loads[*link as usize] <= capacities[*link as usize] * (1.0 + TOLERANCE)
            };
            if self.cables[cable].iter().all(fits) {
                continue;
            }
            match self.rerouted(failure, loads.to_vec(), &capacities) {
                Some(loads) => rerouted.push((failure, loads)),
                None => {
                    self.state.counts[cable] = before;
                    return false;
                }
            }
        }
        for (failure, loads) in rerouted {
            self.state.loads[failure * links..(failure + 1) * links].copy_from_slice(&loads);
        }
        true
    }

    /// Loads of a failure that fit `capacities`, from `loads` on, which do not; none where none were found. By Frank
    /// and Wolfe's method for the fullest link; lengths prove on the way where none can be.
    fn rerouted(
        &mut self,
        failure: usize,
        loads: Vec<f64>,
        capacities: &[f64],
    ) -> Option<Vec<f64>> {
        let used = loads.iter().zip(capacities).map(|(load, capacity)| load / capacity);
        let mut flow: Vec<f64> = used.collect();
        let mut shortest = vec![0.0; flow.len()];
        for round in 0..ROUNDS {
            let peak = flow.iter().copied().fold(0.0, f64::max);
            if peak <= 1.0 + TOLERANCE {
                let loads = flow.iter().zip(capacities).map(|(used, capacity)| used * capacity);
                return Some(loads.collect());
            }
            let done = round as f64 / ROUNDS as f64;
            let blur = BLUR.0 * libm::exp(done * libm::log(BLUR.1 / BLUR.0));
            let sharp = sharpness(flow.len(), blur, peak);
            let prices: Vec<f64> =
                flow.iter().map(|used| libm::exp(sharp * (used - peak))).collect();
            let lengths: Vec<f64> =
                prices.iter().zip(capacities).map(|(price, capacity)| price / capacity).collect();
            shortest.fill(0.0);
            let cost = self.search.send(failure, &lengths, &mut self.tree, &mut shortest);
            if cost > prices.iter().sum::<f64>() * (1.0 + TOLERANCE) {
                return None;
            }
            shortest.iter_mut().zip(capacities).for_each(|(load, capacity)| *load /= capacity);
            let share = step(&flow, &shortest, blur);
            flow.iter_mut().zip(&shortest).for_each(|(own, new)| *own += share * (new - *own));
        }
        None
    }

    /// Adds modules to some cables that may have more, and tells whether any may.
    fn kick(&mut self, stream: &mut SmallStream) -> bool {
        let mut any = false;
        let mut draw = |below: usize| ((uniform(stream) * below as f64) as usize).min(below - 1);
        for _ in 0..KICKED {
            let cable = draw(self.cables.len());
            let offer = &self.offers[cable];
            if offer.kinds.is_empty() {
                return false;
            }
            let kind = draw(offer.kinds.len());
            let counts = &mut self.state.counts[cable];
            if counts[kind] < offer.kinds[kind].most && counts.iter().sum::<u32>() < offer.most {
                counts[kind] += 1;
                any = true;
            }
        }
        any
    }
}

/// Cheaper modules for a cable that has `counts`: none, those with one less of a kind, and the dearest that are cheaper
/// than the ones that it has; the cheapest first.
fn fewer(offer: &Offer, counts: &[u32]) -> Vec<Vec<u32>> {
    let price = offer.price(counts);
    if price <= 0.0 {
        return Vec::new();
    }
    let mut found = vec![vec![0; counts.len()]];
    for kind in (0..counts.len()).filter(|kind| counts[*kind] > 0) {
        let mut less = counts.to_vec();
        less[kind] -= 1;
        found.push(less.clone());
        // In place of one of this kind, as many of a smaller one as are cheaper.
        for (other, own) in offer.kinds.iter().enumerate().filter(|(other, _)| *other != kind) {
            for count in 1..=8 {
                let mut mixed = less.clone();
                mixed[other] += count;
                let fits = mixed[other] <= own.most && mixed.iter().sum::<u32>() <= offer.most;
                if fits && offer.price(&mixed) < price {
                    found.push(mixed);
                }
            }
        }
    }
    found.sort_by(|a, b| offer.price(a).total_cmp(&offer.price(b)).then(a.cmp(b)));
    found.dedup();
    found
}
