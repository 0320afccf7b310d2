//! Traffic that grows, what it breaks quarter by quarter, and the capacities that carry it.

use serde::{Deserialize, Serialize};

use super::edit::Selection;
use super::failures::{FailureKinds, Part};
use crate::error::{InputError, check_count, check_range};

/// The most quarters.
pub const MOST_QUARTERS: usize = 80;
/// The most groups of flows.
pub const MOST_GROUPS: usize = 64;
/// The most kinds of modules.
pub const MOST_MODULES: usize = 16;
/// The most modules of a kind on a link.
pub const MOST_COUNT: u32 = 1_000_000;

/// What is asked: how traffic grows, what has to be survived, and what can be bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrowthOrder {
    /// Quarters after the present one, 1 to [`MOST_QUARTERS`].
    pub quarters: usize,
    /// Groups of flows; a flow belongs to the first that it fits, and does not grow where it fits none.
    pub groups: Vec<GrowthGroup>,
    /// Failures, one at a time, that the network has to survive.
    #[serde(default)]
    pub failures: FailureKinds,
    /// Share of a capacity that may be used, with and without a failure, 0.01 to 1.
    #[serde(default = "whole")]
    pub most_utilisation: f64,
    /// What can be added to links; nothing is bought where there is none.
    #[serde(default)]
    pub modules: Vec<Module>,
    /// What can be added to some links, where that differs.
    #[serde(default)]
    pub links: Vec<LinkModules>,
}

fn whole() -> f64 {
    1.0
}

/// Flows that grow together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrowthGroup {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Which flows: those of any of these; all flows where there is none.
    #[serde(default)]
    pub of: Vec<Selection>,
    /// Growth from each quarter to the next, in percent, -99 to 1,000; the last one holds on.
    pub percent_per_quarter: Vec<f64>,
}

/// Something that adds capacity to a link, in both its directions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// What it adds, in bit/s, above 0.
    pub bit_per_s: f64,
    /// What one costs, in a currency of the planner's own, above 0.
    pub price: f64,
}

/// What can be added to a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkModules {
    /// Id of either direction of the link.
    pub link: String,
    /// Names of the modules that fit; all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Vec<String>>,
    /// The most modules that can be added together, as there are free ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Factor on all prices here, as of a longer route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_factor: Option<f64>,
}

impl GrowthGroup {
    /// By what its traffic is multiplied after `quarter` quarters.
    pub fn factor(&self, quarter: usize) -> f64 {
        let last = self.percent_per_quarter.last().copied().unwrap_or(0.0);
        let step = |at: usize| self.percent_per_quarter.get(at).copied().unwrap_or(last);
        (0..quarter).map(|at| 1.0 + step(at) / 100.0).product()
    }
}

impl GrowthOrder {
    /// Checks all but the ids, which need a network.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("quarters", self.quarters, 1, MOST_QUARTERS)?;
        check_count("groups", self.groups.len(), 1, MOST_GROUPS)?;
        check_range("most_utilisation", self.most_utilisation, 0.01, 1.0, "")?;
        check_count("modules", self.modules.len(), 0, MOST_MODULES)?;
        for (index, group) in self.groups.iter().enumerate() {
            let at = format!("groups[{index}].percent_per_quarter");
            check_count(&at, group.percent_per_quarter.len(), 1, MOST_QUARTERS)?;
            for percent in &group.percent_per_quarter {
                check_range(&at, *percent, -99.0, 1000.0, "%")?;
            }
            let most = group.factor(self.quarters);
            check_range(&format!("groups[{index}]: growth over all quarters"), most, 0.0, 1e6, "")?;
        }
        for (index, module) in self.modules.iter().enumerate() {
            let at = |field: &str| format!("modules[{index}].{field}");
            check_range(&at("bit_per_s"), module.bit_per_s, 1e-3, 1e15, "bit/s")?;
            check_range(&at("price"), module.price, 1e-6, 1e12, "")?;
            if self.modules[..index].iter().any(|other| other.name == module.name) {
                let allowed = "a name of its own";
                return Err(InputError::new(at("name"), &module.name, allowed));
            }
        }
        for (index, link) in self.links.iter().enumerate() {
            let at = |field: &str| format!("links[{index}].{field}");
            let known = |name: &&String| self.modules.iter().any(|module| module.name == **name);
            if let Some(name) = link.modules.iter().flatten().find(|name| !known(name)) {
                return Err(InputError::new(at("modules"), name, "the name of a module"));
            }
            check_range(&at("price_factor"), link.price_factor.unwrap_or(1.0), 1e-3, 1e3, "")?;
        }
        Ok(())
    }
}

/// A quarter; 0 is the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuarterLoads {
    /// What all flows offer, in bit/s.
    pub offered_bit_per_s: f64,
    /// Highest utilisation of a link where nothing fails, with the capacities of today.
    pub highest_utilisation: f64,
    /// The link that has it.
    pub busiest_link: Option<u32>,
    /// The same over all failures and none.
    pub highest_with_failures: f64,
    /// The link that has it.
    pub busiest_with_failures: Option<u32>,
    /// Links above the share that may be used where nothing fails.
    pub full: u32,
    /// Links above it in some failure or none.
    pub full_with_failures: u32,
}

/// A link, quarter by quarter, with the capacity of today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkGrowth {
    /// Utilisation where nothing fails, by quarter.
    pub utilisation: Vec<f64>,
    /// Highest utilisation over all failures and none, by quarter.
    pub worst_utilisation: Vec<f64>,
    /// What fails in the worst case of the last quarter; nothing where no failure makes it worse.
    pub worst_failure: Vec<Part>,
    /// First quarter in which more than the allowed share is used where nothing fails.
    pub full_from: Option<u32>,
    /// The same over all failures and none.
    pub full_from_with_failures: Option<u32>,
}

/// A promise of the scenario, quarter by quarter. Flows that a failure cuts off are told by [`GrowthPlan::cutting`] and
/// count for no promise: no capacity mends them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PromiseGrowth {
    /// First quarter in which a flow breaks it where nothing fails, with the capacities of today.
    pub breaks_from: Option<u32>,
    /// The same over all failures and none.
    pub breaks_from_with_failures: Option<u32>,
    /// What fails in the first case that breaks it in that quarter.
    pub failure: Vec<Part>,
    /// The first flow that breaks it then.
    pub flow: Option<u32>,
    /// First quarter in which a flow breaks it, over all failures and none, with what is bought by then.
    pub breaks_from_upgraded: Option<u32>,
    /// What fails then.
    pub failure_upgraded: Vec<Part>,
    /// The first flow that breaks it then.
    pub flow_upgraded: Option<u32>,
}

/// Modules of a kind for a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleCount {
    /// Index of the kind in the order.
    pub module: u32,
    /// How many.
    pub count: u32,
}

/// What is bought for a link in a quarter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Purchase {
    /// Index of the first direction of the link.
    pub link: u32,
    /// The quarter in whose course it has to be in service, 0 for at once.
    pub quarter: u32,
    /// What is added.
    pub modules: Vec<ModuleCount>,
    /// What these cost.
    pub price: f64,
    /// Capacity of each direction before, in bit/s; the smaller one where they differ.
    pub capacity_before_bit_per_s: f64,
    /// Capacity after.
    pub capacity_after_bit_per_s: f64,
}

/// A link whose need no allowed modules reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutOfReach {
    /// Index of the first direction of the link.
    pub link: u32,
    /// First quarter in which more is needed than can be added.
    pub quarter: u32,
    /// What has to be added by the last quarter, in bit/s.
    pub needed_bit_per_s: f64,
}

/// What all upgrades together come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Upgrade {
    /// What to buy, by quarter, then by link.
    pub purchases: Vec<Purchase>,
    /// Price of all.
    pub price: f64,
    /// Links that cannot be upgraded as far as needed; the price is without them.
    pub out_of_reach: Vec<OutOfReach>,
}

/// What growth breaks, and what to buy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GrowthPlan {
    /// The quarters, 0 first.
    pub quarters: Vec<QuarterLoads>,
    /// The links of the scenario.
    pub links: Vec<LinkGrowth>,
    /// The promises of the scenario.
    pub promises: Vec<PromiseGrowth>,
    /// Failures that cut flows off, each with the number of flows.
    pub cutting: Vec<(Vec<Part>, u32)>,
    /// Number of failures.
    pub failures: usize,
    /// The cheapest upgrade where packets go on being routed by the weights of today; no other one under this routing
    /// is cheaper. None where no modules are given.
    pub upgrade: Option<Upgrade>,
}

/// What upgrades would come to if every packet could take any way, another one in each failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FreeRouting {
    /// No upgrade under any routing is cheaper.
    pub lower_bound: f64,
    /// Price of divisible capacities under the routing that was found.
    pub divisible_price: f64,
    /// Price of whole modules under the routing that was found.
    pub price: f64,
    /// Iterations of the search.
    pub iterations: usize,
}
