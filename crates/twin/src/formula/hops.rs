//! One flow, hop by hop.

use slicewise_core::twin::Policy;
use slicewise_core::twin::answer::{FlowHops, HopAnswer};

use super::loads::Loads;
use super::tandem::Came;
use crate::routing::RoutedNetwork;

/// The most other flows that are told of a hop.
pub const MOST_BESIDE: usize = 50;

/// Flow `flow` under `loads`.
pub(super) fn hops(loads: &Loads, network: &RoutedNetwork<'_>, flow: u32) -> FlowHops {
    let found = network.flows.binary_search_by_key(&flow, |routed| routed.flow);
    let Some(routed) = found.ok().map(|at| &network.flows[at]) else {
        return FlowHops { flow, hops: Vec::new() };
    };
    let scenario = &network.problem.scenario;
    let own = &scenario.flows[flow as usize];
    let bits = scenario.packets[own.packets as usize].mean_bits();
    let mut reaching = vec![(0.0, Came::Here); routed.stations as usize];
    reaching[0].0 = 1.0;
    let mut hops = Vec::new();
    for hop in network.hops_of(routed) {
        let link = &scenario.topology.links[hop.link as usize];
        let (arriving, came) = reaching[hop.from as usize];
        let seen = loads.seen(came, hop.link, own.class);
        let share = arriving * hop.share;
        let (passing, over) = &mut reaching[hop.to as usize];
        *over = if *passing > 0.0 { Came::BySeveral } else { Came::Over(hop.link) };
        *passing += share * (1.0 - seen.loss);
        hops.push(HopAnswer {
            link: hop.link,
            share,
            wait_s: seen.wait_s,
            transmission_s: bits / link.capacity_bit_per_s,
            propagation_s: link.propagation_s,
            loss: share * seen.loss,
            beside: Vec::new(),
            beside_count: 0,
        });
    }
    add_others(loads, network, flow, &mut hops);
    FlowHops { flow, hops }
}

/// Adds the flows that share the queues of `hops`.
fn add_others(loads: &Loads, network: &RoutedNetwork<'_>, flow: u32, hops: &mut [HopAnswer]) {
    let scenario = &network.problem.scenario;
    let class = scenario.flows[flow as usize].class;
    let mut hop_of = vec![usize::MAX; scenario.topology.links.len()];
    for (at, hop) in hops.iter().enumerate() {
        hop_of[hop.link as usize] = at;
    }
    let is_fifo = |link: u32| {
        let queueing = scenario.topology.links[link as usize].queueing;
        scenario.queueings[queueing as usize].policy == Policy::Fifo
    };
    let mut reaching = Vec::new();
    for routed in network.flows.iter().filter(|routed| routed.flow != flow) {
        let other = &scenario.flows[routed.flow as usize];
        reaching.clear();
        reaching.resize(routed.stations as usize, 0.0);
        reaching[0] = 1.0;
        for hop in network.hops_of(routed) {
            let queue = hop.link as usize * loads.classes + other.class as usize;
            let share = reaching[hop.from as usize] * hop.share;
            reaching[hop.to as usize] += share * (1.0 - loads.outputs[queue].loss);
            let at = hop_of[hop.link as usize];
            if at < hops.len() && (other.class == class || is_fifo(hop.link)) {
                hops[at].beside.push((routed.flow, share * other.rate_bit_per_s));
            }
        }
    }
    for hop in hops {
        hop.beside_count = hop.beside.len();
        hop.beside.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        hop.beside.truncate(MOST_BESIDE);
    }
}
