//! From a question to an answer: what a network does to its flows, and what changes when a link fails.
//!
//! ```text
//! cargo run -p slicewise-twin --example answer
//! ```

use std::error::Error;

use slicewise_core::twin::{Edit, opening};
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

fn main() -> Result<(), Box<dyn Error>> {
    let scenario = opening::scenario();
    let link = scenario.topology.links[0].id.clone();
    for edits in [vec![], vec![Edit::LinkFails(link)]] {
        let problem = Problem::new(&scenario, &edits)?;
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let summary = Formula::default().answer(&network).summary;
        let (arriving, slowest_ms) = (summary.arriving, 1e3 * summary.longest_delay_s);
        let fullest = 100.0 * summary.highest_utilisation;
        println!(
            "{edits:?}: {arriving} flows within {slowest_ms:.1} ms, links up to {fullest:.0} % full"
        );
    }
    Ok(())
}
