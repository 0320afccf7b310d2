//! What capacities would cost if every packet could take any way, another one in each failure: a bound that no routing
//! beats.
//!
//! The least price of divisible capacities x is min sum_c k_c x_c, where x_c is at least what any failure s puts on a
//! direction l of cable c beyond its capacity, over all routings of all failures: a multi-commodity flow per failure,
//! joined by the capacities. k_c is the least price per bit of the cable's modules, which whole modules only exceed.
//! Any lengths w_sl >= 0 that add up to at most k_c over the failures and directions of each cable give a lower bound,
//! sum_s (sum of the demands times their distances by w_s) - sum_sl w_sl capacity_l, and the best lengths give the
//! optimum. Flows and lengths are found together: the largest excess is smoothed to T log(1 + sum exp(excess / T)),
//! whose derivatives are such lengths, and the smooth sum is minimised by Frank and Wolfe's method (1956; flow deviation
//! in Fratta, Gerla and Kleinrock 1973), each step along the shortest ways by these lengths, while T falls.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::failures::FailureCases;
use slicewise_core::twin::growth::{FreeRouting, GrowthOrder};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use super::failure_cases;
use super::loads::Growth;
use super::modules::cheapest;
use super::purchases::{Offer, offers};
use crate::failures::with_failures;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes};
use crate::shortest_ways::{ShortestWays, Ways};

/// Temperature over the size of the loads, in the beginning and in the end.
const TEMPERATURES: (f64, f64) = (0.05, 5e-4);
/// Share of the iterations in which the temperature falls.
const FALLS: f64 = 0.7;
/// Steps of a search along a direction.
const STEPS: usize = 14;
/// The most iterations.
pub const MOST_ITERATIONS: usize = 100_000;

/// Bounds the price of what `order` needs in `problem`, in the quarter in which most is offered, over all routings that
/// may differ from failure to failure. What a failure cuts off under the weights of today is not asked for; cables that
/// no module fits are taken to cost as much as the dearest other one, which leaves the bound below the truth.
///
/// # Errors
/// Names the first field that cannot be used, or tells that the search was asked to stop.
pub async fn free_routing(
    problem: &Problem,
    order: &GrowthOrder,
    iterations: usize,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<FreeRouting, Halted> {
    let (_, _, found) = searched(problem, order, iterations, monitor, progress).await?;
    Ok(found)
}

/// The same with the search as it ended, and what is offered for each cable.
pub(super) async fn searched(
    problem: &Problem,
    order: &GrowthOrder,
    iterations: usize,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<(Search, Vec<Offer>, FreeRouting), Halted> {
    order.validate()?;
    check_count("iterations", iterations, 1, MOST_ITERATIONS)?;
    check_count("modules", order.modules.len(), 1, usize::MAX)?;
    let offers = offers(&problem.scenario.topology, order)?;
    let mut search = Search::new(problem, order, &offers)?;
    let mut found = FreeRouting { iterations, ..FreeRouting::default() };
    found.divisible_price = f64::INFINITY;
    found.price = f64::INFINITY;
    for iteration in 0..iterations {
        monitor.checkpoint().await?;
        let fallen = (iteration as f64 / (FALLS * iterations as f64)).min(1.0);
        let temperature = TEMPERATURES.0 * libm::pow(TEMPERATURES.1 / TEMPERATURES.0, fallen);
        search.lengthen(temperature);
        let bound = search.shortest();
        found.lower_bound = found.lower_bound.max(bound);
        search.step(temperature);
        found.divisible_price = found.divisible_price.min(search.divisible_price());
        if iteration % 10 == 9 || iteration + 1 == iterations {
            found.price = found.price.min(search.price(&offers));
        }
        progress.share((iteration + 1) as f64 / iterations as f64);
    }
    Ok((search, offers, found))
}

/// A failure, or none.
struct State {
    failed: Vec<bool>,
    /// What each node sends to each other one, over the share that may be used.
    demands: Demands,
}

/// Rates by source and target.
type Demands = BTreeMap<u32, BTreeMap<u32, f64>>;

pub(super) struct Search {
    ways: Ways,
    states: Vec<State>,
    /// Directions and price per bit of each cable.
    cables: Vec<(Vec<u32>, f64)>,
    capacities: Vec<f64>,
    /// Size of the loads of each cable.
    sizes: Vec<f64>,
    /// By state and link: what flows are routed, what the shortest ways would carry, and lengths.
    loads: Vec<f64>,
    shortest: Vec<f64>,
    lengths: Vec<f64>,
}

impl Search {
    fn new(problem: &Problem, order: &GrowthOrder, offers: &[Offer]) -> Result<Self, Halted> {
        let topology = &problem.scenario.topology;
        let cases = failure_cases(topology, order.failures)?;
        check_size(&problem.scenario, 1 + cases.len())?;
        let growth = Growth::new(problem, order)?;
        let quarter = fullest(problem, &growth);
        let mut states = Vec::new();
        let mut loads = Vec::new();
        let mut add = |broken: &Problem, routes: &mut Routes| {
            let network = RoutedNetwork::new(broken, routes);
            let rate = |flow: usize| {
                let own = problem.scenario.flows[flow].rate_bit_per_s;
                own * growth.factor(flow, quarter) / order.most_utilisation
            };
            let mut demands = Demands::new();
            let mut of_state = vec![0.0; topology.links.len()];
            let mut reaching = Vec::new();
            for routed in &network.flows {
                let flow = &problem.scenario.flows[routed.flow as usize];
                let rate = rate(routed.flow as usize);
                let to = demands.entry(flow.source).or_default();
                *to.entry(flow.target).or_insert(0.0) += rate;
                for (hop, share) in network.shares(routed, &mut reaching) {
                    of_state[hop.link as usize] += share * rate;
                }
            }
            loads.extend(of_state);
            states.push(State { failed: broken.failed_links.clone(), demands });
        };
        let mut routes = Routes::default();
        add(problem, &mut routes);
        cases_of(problem, &cases, |broken| add(broken, &mut routes.without(broken)));
        let prices: Vec<f64> = offers.iter().map(Offer::price_per_bit).collect();
        let dearest = prices.iter().copied().filter(|price| price.is_finite()).fold(0.0, f64::max);
        let cable = |(offer, price): (&Offer, &f64)| {
            let directions = topology.cable(offer.link).collect();
            (directions, if price.is_finite() { *price } else { dearest })
        };
        let count = loads.len();
        let mut search = Self {
            ways: Ways::new(topology, |_| true),
            states,
            cables: offers.iter().zip(&prices).map(cable).collect(),
            capacities: topology.links.iter().map(|link| link.capacity_bit_per_s).collect(),
            sizes: Vec::new(),
            loads,
            shortest: vec![0.0; count],
            lengths: vec![0.0; count],
        };
        search.sizes = search.cables.iter().map(|(links, _)| search.size(links)).collect();
        Ok(search)
    }

    /// The most that a cable carries now or could.
    fn size(&self, links: &[u32]) -> f64 {
        let count = self.capacities.len();
        let most = |link: &u32| {
            let loads =
                (0..self.states.len()).map(|state| self.loads[state * count + *link as usize]);
            loads.fold(self.capacities[*link as usize], f64::max)
        };
        links.iter().map(most).fold(0.0, f64::max)
    }

    /// Sets the lengths to the derivatives of the smooth price.
    fn lengthen(&mut self, temperature: f64) {
        let count = self.capacities.len();
        for ((links, price), size) in self.cables.iter().zip(&self.sizes) {
            let scale = 1.0 / (temperature * size);
            let places = || {
                (0..self.states.len())
                    .flat_map(move |s| links.iter().map(move |l| (s * count + *l as usize, *l)))
            };
            let excess = |(at, link): (usize, u32)| {
                scale * (self.loads[at] - self.capacities[link as usize])
            };
            let most = places().map(excess).fold(0.0, f64::max);
            let sum = libm::exp(-most)
                + places().map(|place| libm::exp(excess(place) - most)).sum::<f64>();
            for (at, link) in places() {
                self.lengths[at] = price
                    * libm::exp(scale * (self.loads[at] - self.capacities[link as usize]) - most)
                    / sum;
            }
        }
    }

    /// Sends everything along the shortest ways, and gives the bound of the lengths.
    fn shortest(&mut self) -> f64 {
        let count = self.capacities.len();
        let mut bound = 0.0;
        let mut tree = ShortestWays::default();
        for index in 0..self.states.len() {
            let range = index * count..(index + 1) * count;
            let mut carried = vec![0.0; count];
            bound += self.send(index, &self.lengths[range.clone()], &mut tree, &mut carried);
            self.shortest[range.clone()].copy_from_slice(&carried);
            let lengths = &self.lengths[range];
            bound -= lengths.iter().zip(&self.capacities).map(|(l, c)| l * c).sum::<f64>();
        }
        bound
    }

    /// Goes towards the shortest ways as far as the smooth price falls.
    fn step(&mut self, temperature: f64) {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            if self.slope(middle, temperature) > 0.0 { high = middle } else { low = middle }
        }
        let share = 0.5 * (low + high);
        for (load, shortest) in self.loads.iter_mut().zip(&self.shortest) {
            *load += share * (shortest - *load);
        }
    }

    /// Derivative of the smooth price `share` of the way.
    fn slope(&self, share: f64, temperature: f64) -> f64 {
        let count = self.capacities.len();
        let mut slope = 0.0;
        for ((links, price), size) in self.cables.iter().zip(&self.sizes) {
            let scale = 1.0 / (temperature * size);
            let mut most: f64 = 0.0;
            let (mut sum, mut along) = (1.0, 0.0);
            for state in 0..self.states.len() {
                for link in links {
                    let at = state * count + *link as usize;
                    let way = self.shortest[at] - self.loads[at];
                    let excess =
                        scale * (self.loads[at] + share * way - self.capacities[*link as usize]);
                    if excess > most {
                        let less = libm::exp(most - excess);
                        (sum, along, most) = (sum * less, along * less, excess);
                    }
                    if excess > most - 40.0 {
                        let weight = libm::exp(excess - most);
                        (sum, along) = (sum + weight, along + weight * way);
                    }
                }
            }
            slope += price * along / sum;
        }
        slope
    }

    /// Capacity of each link.
    pub(super) fn capacities(&self) -> &[f64] {
        &self.capacities
    }

    /// What each link carries, by failure.
    pub(super) fn loads(&self) -> &[f64] {
        &self.loads
    }

    /// Adds to `carried` what a failure's links carry along the shortest ways, and gives the sum of demands times
    /// distances.
    pub(super) fn send(
        &self,
        state: usize,
        lengths: &[f64],
        tree: &mut ShortestWays,
        carried: &mut [f64],
    ) -> f64 {
        let State { failed, demands } = &self.states[state];
        let mut sum = 0.0;
        for (source, targets) in demands {
            tree.grow(*source, &self.ways, lengths, |link| !failed[link as usize]);
            let targets = targets.iter().map(|(target, rate)| (*target, *rate));
            sum += tree.send(targets, &self.ways, carried);
        }
        sum
    }

    /// What a cable needs beyond its capacity.
    pub(super) fn need(&self, links: &[u32]) -> f64 {
        let count = self.capacities.len();
        let need = |link: &u32| {
            let loads =
                (0..self.states.len()).map(|state| self.loads[state * count + *link as usize]);
            loads.fold(0.0, f64::max) - self.capacities[*link as usize]
        };
        links.iter().map(need).fold(0.0, f64::max)
    }

    fn divisible_price(&self) -> f64 {
        self.cables.iter().map(|(links, price)| price * self.need(links)).sum()
    }

    /// Price of whole modules; infinite where no modules reach a need.
    fn price(&self, offers: &[Offer]) -> f64 {
        let of_cable = |((links, _), offer): (&(Vec<u32>, f64), &Offer)| {
            let need = self.need(links);
            // What is left of a smooth excess is no need.
            if need <= 1e-6 * links.iter().map(|l| self.capacities[*l as usize]).fold(0.0, f64::max)
            {
                return 0.0;
            }
            cheapest(&offer.kinds, need, offer.most)
                .map_or(f64::INFINITY, |counts| offer.price(&counts))
        };
        self.cables.iter().zip(offers).map(of_cable).sum()
    }
}

/// The most numbers of a kind that the search keeps.
const MOST_NUMBERS: usize = 10_000_000;

/// Refuses what no memory holds: the search keeps all links and all demands for every failure.
fn check_size(scenario: &Scenario, states: usize) -> Result<(), InputError> {
    let most = MOST_NUMBERS / states;
    let at = |what: &str| format!("{what}, with {} failures to survive", states - 1);
    check_count(&at("links"), scenario.topology.links.len(), 1, most)?;
    check_count(&at("flows"), scenario.flows.len(), 0, most)
}

/// The quarter in which most is offered.
fn fullest(problem: &Problem, growth: &Growth) -> usize {
    let flows = problem.scenario.flows.iter().enumerate();
    let offered = |quarter: usize| -> f64 {
        flows.clone().map(|(at, flow)| flow.rate_bit_per_s * growth.factor(at, quarter)).sum()
    };
    let all: Vec<f64> = (0..growth.quarters()).map(offered).collect();
    (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap_or(0)
}

fn cases_of(problem: &Problem, cases: &FailureCases, mut add: impl FnMut(&Problem)) {
    (0..cases.len()).for_each(|case| add(&with_failures(problem, &cases.failed(case))));
}
