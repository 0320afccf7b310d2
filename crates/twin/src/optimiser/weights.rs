//! Local search over the links' weights: the fullest link becomes longer, or others shorter, and only the trees that
//! this touches are worked out anew (after Fortz and Thorup, "Internet traffic engineering by optimizing OSPF
//! weights", 2000).

use std::rc::Rc;
use std::sync::Arc;

use slicewise_core::seed::{SmallStream, uniform};
use slicewise_core::twin::Scenario;
use slicewise_optim::monitor::{Monitor, Stopped};

use super::cases::Cases;
use super::effort::Effort;
use crate::problem::Problem;
use crate::routing::{RoutedNetwork, Routes, Tree};

/// The loads of all links when every flow that is free takes ways of least weight, by case and by target.
#[derive(Debug)]
pub struct WeightLoads {
    cases: Vec<CaseLoads>,
    capacities: Vec<f64>,
}

#[derive(Debug)]
struct CaseLoads {
    problem: Problem,
    routes: Routes,
    trees: Vec<Option<Rc<Tree>>>,
    /// What goes to each target: source and rate in bit/s.
    demands: Vec<Vec<(u32, f64)>>,
    /// Loads by target; empty where nothing goes there.
    loads: Vec<Vec<f64>>,
    sums: Vec<f64>,
}

impl CaseLoads {
    fn new(problem: &Problem, pinned: Vec<f64>) -> Self {
        let scenario = &problem.scenario;
        let nodes = scenario.topology.nodes.len();
        let mut demands = vec![Vec::new(); nodes];
        for (flow, index) in scenario.flows.iter().zip(0_u32..) {
            let failed = [flow.source, flow.target].map(|node| problem.failed_nodes[node as usize]);
            let is_free = flow.path.is_none() && !problem.segments.contains_key(&index);
            if is_free && flow.rate_bit_per_s > 0.0 && failed == [false, false] {
                demands[flow.target as usize].push((flow.source, flow.rate_bit_per_s));
            }
        }
        let mut own = Self {
            problem: problem.clone(),
            routes: Routes::default(),
            trees: vec![None; nodes],
            demands,
            loads: vec![Vec::new(); nodes],
            sums: pinned,
        };
        (0..nodes).for_each(|target| own.spread(target));
        own
    }

    /// Works out what one target brings anew.
    fn spread(&mut self, target: usize) {
        if self.demands[target].is_empty() {
            return;
        }
        self.routes.forget(target as u32);
        let tree = self.routes.tree(&self.problem, target as u32);
        let links = &self.problem.scenario.topology.links;
        let mut carried = vec![0.0; tree.weight.len()];
        for (source, rate) in &self.demands[target] {
            if tree.weight[*source as usize].is_finite() {
                carried[*source as usize] += rate;
            }
        }
        let nodes = 0..tree.weight.len() as u32;
        let mut order: Vec<u32> =
            nodes.filter(|node| tree.weight[*node as usize].is_finite()).collect();
        let weight = |node: &u32| tree.weight[*node as usize];
        order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        let mut loads = vec![0.0; links.len()];
        for node in order {
            let next = tree.next(node);
            let each = carried[node as usize] / next.len().max(1) as f64;
            if each == 0.0 {
                continue;
            }
            for link in next {
                loads[*link as usize] += each;
                carried[links[*link as usize].target as usize] += each;
            }
        }
        for (link, sum) in self.sums.iter_mut().enumerate() {
            *sum += loads[link] - self.loads[target].get(link).copied().unwrap_or(0.0);
        }
        self.loads[target] = loads;
        self.trees[target] = Some(tree);
    }

    /// The targets whose trees may change where `link` gets the weight `new`.
    fn touched(&self, link: u32, new: f64) -> Vec<usize> {
        let own = &self.problem.scenario.topology.links[link as usize];
        let old = own.weight;
        let is_touched = |tree: &Tree| {
            let takes = tree.next(own.source).contains(&link);
            let through = tree.weight[own.target as usize] + new;
            takes || (new < old && through <= tree.weight[own.source as usize] * (1.0 + 1e-9))
        };
        let trees = self.trees.iter().enumerate();
        let touched = trees.filter(|(_, tree)| tree.as_ref().is_some_and(|tree| is_touched(tree)));
        touched.map(|(target, _)| target).collect()
    }
}

impl WeightLoads {
    /// The loads in all cases. Flows with a path or segment lists of their own go on as they do: `pinned` has what
    /// they bring to each link in each case, in bit/s.
    pub fn new(cases: &Cases, pinned: &[Vec<f64>]) -> Self {
        let links = &cases.all[0].problem.scenario.topology.links;
        let of = |(case, pinned): (&super::cases::Case, &Vec<f64>)| {
            CaseLoads::new(&case.problem, pinned.clone())
        };
        Self {
            cases: cases.all.iter().zip(pinned).map(of).collect(),
            capacities: links.iter().map(|link| link.capacity_bit_per_s).collect(),
        }
    }

    /// The loads of `problem` as it is, without further failures.
    pub fn alone(problem: &Problem) -> Self {
        let links = &problem.scenario.topology.links;
        let network = RoutedNetwork::new(problem, &mut Routes::default());
        let (mut pinned, mut reaching) = (vec![0.0; links.len()], Vec::new());
        for flow in &network.flows {
            let own = &problem.scenario.flows[flow.flow as usize];
            if own.path.is_some() || problem.segments.contains_key(&flow.flow) {
                for (hop, share) in network.shares(flow, &mut reaching) {
                    pinned[hop.link as usize] += share * own.rate_bit_per_s;
                }
            }
        }
        Self {
            cases: vec![CaseLoads::new(problem, pinned)],
            capacities: links.iter().map(|link| link.capacity_bit_per_s).collect(),
        }
    }

    /// Gives all links other weights at once.
    pub fn set_all(&mut self, weights: &[f64]) {
        for case in &mut self.cases {
            let scenario = Arc::make_mut(&mut case.problem.scenario);
            for (link, weight) in scenario.topology.links.iter_mut().zip(weights) {
                link.weight = *weight;
            }
            (0..case.trees.len()).for_each(|target| case.spread(target));
        }
    }

    /// The ways of least weight to `target` where nothing more fails; none where nothing goes there.
    pub fn tree(&self, target: u32) -> Option<&Tree> {
        self.cases[0].trees[target as usize].as_deref()
    }

    /// The scenario with its present weights.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.cases[0].problem.scenario
    }

    /// The utilisation of every link in every case.
    pub fn utilisation(&self) -> Vec<f64> {
        let of = |case: &CaseLoads| {
            let loads = case.sums.iter().zip(&self.capacities);
            loads.map(|(load, capacity)| load / capacity).collect::<Vec<f64>>()
        };
        self.cases.iter().flat_map(of).collect()
    }

    /// Gives a link another weight.
    pub fn set(&mut self, link: u32, weight: f64) {
        for case in &mut self.cases {
            let touched = case.touched(link, weight);
            let scenario = Arc::make_mut(&mut case.problem.scenario);
            scenario.topology.links[link as usize].weight = weight;
            // Trees that are not touched stay right.
            touched.into_iter().for_each(|target| case.spread(target));
        }
    }

    fn score(&self) -> (f64, f64) {
        let all = self.utilisation();
        let peak = all.iter().copied().fold(0.0, f64::max);
        let sum = all.iter().map(|utilisation| (utilisation / peak.max(1e-300)).powi(16)).sum();
        (peak, sum)
    }

    /// Lowers the fullest link down to `goal`, or until the effort is spent.
    ///
    /// # Errors
    /// [`Stopped`] when `monitor` says so.
    pub async fn search(
        &mut self,
        seed: u64,
        goal: f64,
        effort: &Effort<'_>,
        monitor: &impl Monitor,
    ) -> Result<(), Stopped> {
        let mut stream = SmallStream::new(seed);
        let links = self.capacities.len();
        let (mut best, mut since) = (self.score(), 0);
        while !effort.is_spent() && best.0 > goal && since < 60 * links {
            monitor.checkpoint().await?;
            effort.count();
            since += 1;
            let link = self.draw_link(&mut stream);
            let old = self.scenario().topology.links[link].weight;
            let new = drawn_weight(old, self.scenario(), &mut stream);
            if new == old {
                continue;
            }
            self.set(link as u32, new);
            let score = self.score();
            let is_lower = score.0 < best.0 * (1.0 - 1e-9);
            let is_level = score.0 <= best.0 * (1.0 + 1e-12) && score.1 < best.1;
            if is_lower || is_level {
                (best, since) = (score, 0);
            } else {
                self.set(link as u32, old);
            }
        }
        Ok(())
    }

    /// The fullest link half of the time, otherwise any.
    fn draw_link(&self, stream: &mut SmallStream) -> usize {
        let links = self.capacities.len();
        if uniform(stream) < 0.5 {
            let all = self.utilisation();
            let fullest = (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap_or(0);
            return fullest % links;
        }
        ((uniform(stream) * links as f64) as usize).min(links - 1)
    }
}

/// Another weight: a multiple of the old one, or another link's; whole where all are whole.
fn drawn_weight(old: f64, scenario: &Scenario, stream: &mut SmallStream) -> f64 {
    let links = &scenario.topology.links;
    let factors = [0.5, 0.7, 0.85, 0.95, 1.05, 1.2, 1.5, 2.0, 3.0];
    let draw = uniform(stream);
    let drawn = if draw < 0.7 {
        old * factors[((uniform(stream) * factors.len() as f64) as usize).min(factors.len() - 1)]
    } else {
        links[((uniform(stream) * links.len() as f64) as usize).min(links.len() - 1)].weight
    };
    if links.iter().all(|link| link.weight == link.weight.round()) {
        let step = if drawn > old { 1.0 } else { -1.0 };
        let whole = drawn.round();
        return if whole == old { (old + step).max(1.0) } else { whole.clamp(1.0, 1e6) };
    }
    drawn.clamp(1e-6, 1e9)
}

/// The fullest link's utilisation that the local search comes down to in `problem` by other weights alone.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub async fn lowest_by_weights(
    problem: &Problem,
    seed: u64,
    effort: &Effort<'_>,
    monitor: &impl Monitor,
) -> Result<f64, Stopped> {
    let mut loads = WeightLoads::alone(problem);
    loads.search(seed, 0.0, effort, monitor).await?;
    Ok(loads.score().0)
}
