//! What an agent sees of a network that is routed by weights, and what its acts come to.

use crate::optimiser::weights::WeightLoads;
use crate::problem::Problem;
use crate::routing::Tree;

/// What is told of each link, all of the order of 1.
pub const FEATURES: [&str; 14] = [
    "utilisation_over_highest",
    "log_utilisation_over_mean",
    "log_weight_over_mean",
    "log_capacity_over_mean",
    "share_of_all_traffic",
    "fullest_other_leaving_source",
    "fullest_other_entering_target",
    "mean_leaving_source",
    "log_detour_over_weight",
    "shortest_way_over_weight",
    "first_link_of_detour",
    "opposite_direction",
    "is_fullest",
    "time",
];

/// By how much the logarithm of a weight changes where the agent says 1.
const STRIDE: f64 = 0.4;
/// The most that an agent says.
const MOST_SAID: f64 = 2.0;
/// How far the logarithm of a weight may be from that of the mean.
const SPREAD: f64 = 5.0;
/// The power of the mean by which a reward counts links that are not the fullest.
const POWER: i32 = 16;

/// A network whose weights change.
#[derive(Debug)]
pub struct Surroundings {
    loads: WeightLoads,
    leaving: Vec<Vec<u32>>,
    entering: Vec<Vec<u32>>,
    offered: f64,
    utilisation: Vec<f64>,
}

impl Surroundings {
    /// `problem` as it is.
    pub fn new(problem: &Problem) -> Self {
        let topology = &problem.scenario.topology;
        let mut leaving = vec![Vec::new(); topology.nodes.len()];
        let mut entering = leaving.clone();
        for (link, index) in topology.links.iter().zip(0_u32..) {
            if !problem.failed_links[index as usize] {
                leaving[link.source as usize].push(index);
                entering[link.target as usize].push(index);
            }
        }
        let loads = WeightLoads::alone(problem);
        let offered: f64 = problem.scenario.flows.iter().map(|flow| flow.rate_bit_per_s).sum();
        let utilisation = loads.utilisation();
        Self { loads, leaving, entering, offered: offered.max(f64::MIN_POSITIVE), utilisation }
    }

    /// Utilisation of the fullest link.
    pub fn peak(&self) -> f64 {
        self.utilisation.iter().copied().fold(0.0, f64::max)
    }

    /// Weight of each link.
    pub fn weights(&self) -> Vec<f64> {
        self.loads.scenario().topology.links.iter().map(|link| link.weight).collect()
    }

    /// Sets the weight of each link.
    pub fn set(&mut self, weights: &[f64]) {
        self.loads.set_all(weights);
        self.utilisation = self.loads.utilisation();
    }

    /// Changes the weights as the agent says of each link, and gives how far the logarithm of the largest utilisation,
    /// smoothed, comes down.
    pub fn act(&mut self, said: &[f32]) -> f64 {
        let before = self.smoothed();
        let logs: Vec<f64> = self.weights().iter().map(|weight| libm::log(*weight)).collect();
        let said = said.iter().map(|said| f64::from(*said).clamp(-MOST_SAID, MOST_SAID));
        let moved: Vec<f64> =
            logs.iter().zip(said).map(|(log, said)| log + STRIDE * said).collect();
        let middle = mean(moved.iter().copied());
        let apart = |log: &f64| libm::exp(middle + (log - middle).clamp(-SPREAD, SPREAD));
        // Ways do not change where all weights are multiplied.
        let start = mean(logs.iter().copied());
        let scale = libm::exp(start - middle);
        let weights: Vec<f64> =
            moved.iter().map(|log| (scale * apart(log)).clamp(1e-9, 1e9)).collect();
        self.set(&weights);
        before - self.smoothed()
    }

    /// Logarithm of the mean of high powers of all utilisations.
    fn smoothed(&self) -> f64 {
        let peak = self.peak().max(f64::MIN_POSITIVE);
        let sum: f64 = self.utilisation.iter().map(|used| (used / peak).powi(POWER)).sum();
        libm::log(peak) + libm::log(sum) / f64::from(POWER)
    }

    /// What the agent sees of each link at `time` of an episode, 0 to 1: links x [`FEATURES`].
    pub fn look(&self, time: f64, seen: &mut Vec<f32>) {
        let links = &self.loads.scenario().topology.links;
        let peak = self.peak().max(f64::MIN_POSITIVE);
        let used: Vec<f64> = self.utilisation.iter().map(|used| used / peak).collect();
        let mean_used = mean(used.iter().copied());
        let weight = mean(links.iter().map(|link| libm::log(link.weight)));
        let capacity = mean(links.iter().map(|link| libm::log(link.capacity_bit_per_s)));
        seen.clear();
        for (index, link) in links.iter().enumerate() {
            let out = &self.leaving[link.source as usize];
            let into = &self.entering[link.target as usize];
            let others = |list: &[u32]| {
                let others = list.iter().filter(|other| **other as usize != index);
                others.map(|other| used[*other as usize]).fold(0.0, f64::max)
            };
            let tree = self.loads.tree(link.target);
            let (detour, first) =
                tree.map_or((f64::INFINITY, None), |tree| self.detour(index, tree));
            let direct = tree.map_or(f64::INFINITY, |tree| tree.weight[link.source as usize]);
            let numbers = [
                used[index],
                0.3 * libm::log((used[index] + 1e-3) / (mean_used + 1e-3)),
                0.5 * (libm::log(link.weight) - weight),
                0.5 * (libm::log(link.capacity_bit_per_s) - capacity),
                (5.0 * self.utilisation[index] * link.capacity_bit_per_s / self.offered).min(3.0),
                others(out),
                others(into),
                mean(out.iter().map(|other| used[*other as usize])),
                0.5 * libm::log(detour / link.weight).clamp(-3.0, 3.0),
                (direct / link.weight).min(1.0),
                first.map_or(1.0, |first: u32| used[first as usize]),
                link.opposite.map_or(0.0, |other| used[other as usize]),
                f64::from(u8::from(used[index] >= 1.0 - 1e-9)),
                time,
            ];
            seen.extend(numbers.map(|number| number as f32));
        }
    }

    /// The least weight from where a link begins to where it ends over another first link, and that link.
    fn detour(&self, link: usize, tree: &Tree) -> (f64, Option<u32>) {
        let links = &self.loads.scenario().topology.links;
        let mut best = (f64::INFINITY, None);
        for other in &self.leaving[links[link].source as usize] {
            let own = &links[*other as usize];
            let through = own.weight + tree.weight[own.target as usize];
            if *other as usize != link && through < best.0 {
                best = (through, Some(*other));
            }
        }
        best
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}
