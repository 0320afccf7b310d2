//! From a question to a plan: how a cell splits its resource blocks among the paper's four slices.
//!
//! ```text
//! cargo run -p slicewise-cells --example split
//! ```

use std::error::Error;

use futures::executor::block_on;
use slicewise_cells::model::shipped;
use slicewise_cells::{city, solver};
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::{Objective, Scheme, ServiceProfile};
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn Error>> {
    let estimator = shipped("simulated")?;
    let services = ServiceProfile::of_the_paper().to_vec();
    let cell = city::cells(&City::new(3, 1, services.clone()), 0, 1);
    let name = estimator.card.name.clone();
    let (objective, scheme) = (Objective::LogSum, Scheme::Exact);
    let method = Method::new(name, objective, scheme, 7);
    let plan = block_on(solver::plan(&estimator, &method, &cell, &Unmonitored))?;
    for (index, service) in services.iter().enumerate() {
        let (share, satisfaction) = (plan.shares[index], plan.satisfaction[index]);
        println!(
            "{}: {:.1} % of the cell, satisfied to {satisfaction:.3}",
            service.name,
            100.0 * share
        );
    }
    Ok(())
}
