//! What links carry, quarter by quarter, in every failure and none.

use slicewise_core::InputError;
use slicewise_core::twin::failures::Part;
use slicewise_core::twin::growth::GrowthOrder;
use slicewise_core::twin::{FlowState, Scenario};

use crate::problem::Problem;
use crate::routing::RoutedNetwork;

/// How the flows of a scenario grow.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    /// Group of each flow; the last one does not grow.
    group_of: Vec<usize>,
    /// Factors by quarter and group.
    factors: Vec<Vec<f64>>,
}

impl Growth {
    /// The growth of `order` in `problem`.
    ///
    /// # Errors
    /// Names the selection that cannot be used.
    pub(super) fn new(problem: &Problem, order: &GrowthOrder) -> Result<Self, InputError> {
        let none = order.groups.len();
        let mut group_of = vec![none; problem.scenario.flows.len()];
        for (index, group) in order.groups.iter().enumerate().rev() {
            if group.of.is_empty() {
                group_of.fill(index);
            }
            for (place, selection) in group.of.iter().enumerate() {
                let at = format!("groups[{index}].of[{place}]");
                problem
                    .selected(&at, selection)?
                    .into_iter()
                    .for_each(|flow| group_of[flow] = index);
            }
        }
        let factors = (0..=order.quarters).map(|quarter| {
            order.groups.iter().map(|group| group.factor(quarter)).chain([1.0]).collect()
        });
        Ok(Self { group_of, factors: factors.collect() })
    }

    /// Number of quarters, the present one among them.
    pub(super) fn quarters(&self) -> usize {
        self.factors.len()
    }

    /// By what the traffic of `flow` is multiplied in `quarter`.
    pub(super) fn factor(&self, flow: usize, quarter: usize) -> f64 {
        self.factors[quarter][self.group_of[flow]]
    }

    /// `scenario` as it is in `quarter`.
    pub(super) fn scenario(&self, scenario: &Scenario, quarter: usize) -> Scenario {
        let mut grown = scenario.clone();
        for (index, flow) in grown.flows.iter_mut().enumerate() {
            flow.rate_bit_per_s = (flow.rate_bit_per_s * self.factor(index, quarter)).min(1e15);
        }
        grown
    }
}

/// What links are offered in bit/s, by quarter and link, where no packet is lost on the way.
#[derive(Clone, Debug)]
pub(super) struct QuarterlyLoads {
    /// Where nothing fails.
    pub(super) sound: Vec<Vec<f64>>,
    /// The most over all failures and none.
    pub(super) worst: Vec<Vec<f64>>,
    /// The case of that, where a failure makes it more.
    pub(super) cause: Vec<Vec<Option<usize>>>,
    /// Cases that cut flows off, with their number.
    pub(super) cutting: Vec<(Vec<Part>, u32)>,
}

impl QuarterlyLoads {
    /// Those where nothing fails.
    pub(super) fn of(network: &RoutedNetwork<'_>, growth: &Growth) -> Self {
        let sound = loads(network, growth);
        let cause = sound.iter().map(|loads| vec![None; loads.len()]).collect();
        Self { worst: sound.clone(), sound, cause, cutting: Vec::new() }
    }

    /// Takes in a case in which `failed` has failed.
    pub(super) fn add(
        &mut self,
        case: usize,
        failed: &[Part],
        network: &RoutedNetwork<'_>,
        growth: &Growth,
    ) {
        let cut = network.states.iter().filter(|state| **state == FlowState::CutOff).count();
        if cut > 0 {
            self.cutting.push((failed.to_vec(), cut as u32));
        }
        for (quarter, loads) in loads(network, growth).into_iter().enumerate() {
            let (worst, cause) = (&mut self.worst[quarter], &mut self.cause[quarter]);
            for (link, load) in loads.into_iter().enumerate() {
                // Sums in another order differ in their last digits.
                if load > worst[link] * (1.0 + 1e-9) {
                    (worst[link], cause[link]) = (load, Some(case));
                }
            }
        }
    }
}

/// What each link is offered, by quarter: loads are sums over the groups, whose ways growth does not change.
fn loads(network: &RoutedNetwork<'_>, growth: &Growth) -> Vec<Vec<f64>> {
    let scenario = &network.problem.scenario;
    let links = scenario.topology.links.len();
    let groups = growth.factors[0].len();
    let mut by_group = vec![vec![0.0; links]; groups];
    let mut reaching = Vec::new();
    for routed in &network.flows {
        let flow = routed.flow as usize;
        let loads = &mut by_group[growth.group_of[flow]];
        let rate = scenario.flows[flow].rate_bit_per_s;
        for (hop, share) in network.shares(routed, &mut reaching) {
            loads[hop.link as usize] += share * rate;
        }
    }
    let in_quarter = |factors: &Vec<f64>| {
        let mut sum = vec![0.0; links];
        for (loads, factor) in by_group.iter().zip(factors) {
            sum.iter_mut().zip(loads).for_each(|(sum, load)| *sum += factor * load);
        }
        sum
    };
    growth.factors.iter().map(in_quarter).collect()
}
