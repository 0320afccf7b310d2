//! Reserves capacity for the next interval of a service with the networks that ship for it.

use std::error::Error;
use std::fs;

use futures::executor::block_on;
use slicewise_core::forecast::reservation::Terms;
use slicewise_core::forecast::{DEMAND_SEED, ForecasterCard, ServiceName};
use slicewise_forecast::networks::Networks;
use slicewise_forecast::reservation::plan::Decided;
use slicewise_forecast::reservation::problem::Trace;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/forecast/cloud-gaming");
    let card = ForecasterCard::from_json(&fs::read_to_string(format!("{folder}/card.json"))?)?;
    let networks = Networks::read(card, &fs::read(format!("{folder}/weights.safetensors"))?)?;

    let trace = Trace::generated(ServiceName::CloudGaming, DEMAND_SEED)?;
    let silent = &mut |_: f64| ();
    let deciding = Decided::new(trace.into(), networks.into(), &Unmonitored, silent, &|| 0.0);
    let decided = block_on(deciding)?;
    let plan = block_on(decided.plan(&Terms::default(), true, &Unmonitored, silent))?;

    println!("for the next interval: {:.2} {}", plan.next, plan.unit);
    for method in &plan.methods {
        let score = method.score;
        let violations = 100.0 * score.violations;
        println!("{}: cost {:.3}, {violations:.2} % violated", method.method.name(), score.cost);
    }
    Ok(())
}
