//! Admits four services that share one capacity, with the networks that ship for them and by the
//! overbooking benchmark.

use std::error::Error;
use std::fs;

use futures::executor::block_on;
use slicewise_core::forecast::{DEMAND_SEED, ForecasterCard};
use slicewise_forecast::admission::overbooking::overbooking;
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::networks::Networks;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/forecast/four-slices");
    let card = ForecasterCard::from_json(&fs::read_to_string(format!("{folder}/card.json"))?)?;
    let networks = Networks::read(card, &fs::read(format!("{folder}/weights.safetensors"))?)?;

    let setting = AdmissionSetting::usual(DEMAND_SEED)?;
    let loss = networks.shared_loss(setting.series.len())?;
    let forecaster = &networks.set.forecaster;
    let silent = &mut |_: f64| ();
    let deciding = setting.decisions(forecaster, loss, &Unmonitored, silent);
    let ours = setting.score(&block_on(deciding)?)?;
    let (demands, day) = (setting.demands()?, setting.steps_per_day());
    let others = overbooking(&setting.terms, &demands, setting.test_from, day)?;
    let others = setting.score(&others)?;

    for (name, score) in [("ours", ours), ("overbooking", others)] {
        let hours = score.mean_avst_hours();
        println!("{name}: profit {:.3}, served for {hours:.1} hours a day", score.profit);
    }
    Ok(())
}
