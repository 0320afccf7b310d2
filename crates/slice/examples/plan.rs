//! From a question to a plan: what a slice of three users per second needs, so that nine users in ten
//! get 5 Mbit/s.
//!
//! ```text
//! cargo run -p slicewise-slice --example plan
//! ```

use std::error::Error;

use futures::executor::block_on;
use slicewise_core::slice::{SliceProblem, Traffic};
use slicewise_optim::Unmonitored;
use slicewise_slice::model::shipped;
use slicewise_slice::{Effort, solve};

fn main() -> Result<(), Box<dyn Error>> {
    let network = shipped("testbed-gaussian")?;
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let problem = SliceProblem::single(&network.card, traffic, 5.0, 0.1);
    let plan = block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ()))?;
    for (resource, amount) in network.card.resources().iter().zip(plan.total_allocation()) {
        println!("{}: {amount:.1} {}", resource.name, resource.unit);
    }
    println!("{}: cost {:.4}", plan.status.as_str(), plan.cost);
    Ok(())
}
