//! The agent that ships, on networks that it never saw, and how one is made.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::seed::stream;
use slicewise_core::twin::{Edit, RoutingAgentCard};
use slicewise_optim::Unmonitored;
use slicewise_twin::agent::training::{AgentOrder, train_agent};
use slicewise_twin::agent::{RoutingAgent, SHIPPED};
use slicewise_twin::generator::network_by_weights;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// The fullest link by the shares of all flows, added up here.
fn fullest(problem: &Problem) -> f64 {
    let network = RoutedNetwork::new(problem, &mut Routes::default());
    let links = &problem.scenario.topology.links;
    let (mut loads, mut reaching) = (vec![0.0; links.len()], Vec::new());
    for flow in &network.flows {
        let rate = problem.scenario.flows[flow.flow as usize].rate_bit_per_s;
        for (hop, share) in network.shares(flow, &mut reaching) {
            loads[hop.link as usize] += share * rate;
        }
    }
    loads.iter().zip(links).map(|(load, link)| load / link.capacity_bit_per_s).fold(0.0, f64::max)
}

#[test]
fn the_agent_lowers_the_fullest_link_of_networks_that_it_never_saw_as_its_weights_do() {
    let agent = RoutingAgent::shipped("routing-agent").unwrap();
    let mut lower = 0;
    for number in 0..8 {
        let scenario = network_by_weights((10, 16), &mut stream(77, number));
        let problem = Problem::new(&scenario, &[]).unwrap();
        assert!((fullest(&problem) - 1.0).abs() < 1e-9);
        let found = agent.route(&problem);
        assert!((found.before - 1.0).abs() < 1e-9);
        let links = scenario.topology.links.iter().zip(&found.weights);
        let edits: Vec<Edit> = links
            .map(|(link, weight)| Edit::Weight { link: link.id.clone(), weight: *weight })
            .collect();
        let again = fullest(&Problem::new(&scenario, &edits).unwrap());
        assert!((again - found.max_utilisation).abs() < 1e-9, "{again} {found:?}");
        lower += usize::from(found.max_utilisation < 0.95);
    }
    assert!(lower >= 5, "{lower}");
}

#[test]
fn the_same_order_makes_the_same_agent_and_a_changed_file_is_refused() {
    let order = AgentOrder { rounds: 2, networks: 2, nodes: (5, 6), ..AgentOrder::default() };
    let make = || block_on(train_agent(&order, &Unmonitored, &mut ())).unwrap();
    let one = make();
    assert_eq!(one, make());
    assert!(RoutingAgent::load(&one.card, &one.weights).is_ok());
    let mut damaged = one.weights.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(RoutingAgent::load(&one.card, &damaged).is_err());
    let shipped = RoutingAgentCard::from_json(SHIPPED[0].card).unwrap();
    assert_eq!(shipped.command, AgentOrder::default().command());
    assert!(
        block_on(train_agent(&AgentOrder { rounds: 0, ..order }, &Unmonitored, &mut ())).is_err()
    );
}
