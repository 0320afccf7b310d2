//! Trains a planner for a generated service without the command line's other crates:
//! `train_service NAME FOLDER`, as `slicewise train forecast --service NAME --output FOLDER` does.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{Service, ServiceAgreement, ServiceName};
use slicewise_forecast::learning::{LearningOrder, learn};
use slicewise_forecast::paper::{ALPHA, DEMAND_SEED};
use slicewise_forecast::training::Settings;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("which service?")?;
    let folder = std::env::args().nth(2).ok_or("which folder?")?;
    let found = ServiceName::ALL.into_iter().find(|service| service.as_str() == name);
    let service = Service::of(found.ok_or("no such service")?);
    let series = service.generate(&name, 21, DEMAND_SEED)?;
    let peak = series.values[..14 * 288].iter().copied().fold(0.0, f64::max);
    let order = LearningOrder {
        name: name.clone(),
        series,
        source: "the project's own generator of demand".to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        agreement: ServiceAgreement::of_deepcog(ALPHA, peak),
        held_back: 1.0 / 3.0,
        settings: Settings { epochs: 12, ..Settings::reduced(1) },
        command: format!("slicewise train forecast --service {name} --epochs 12 --seed 1"),
    };
    let learned = block_on(learn(&order, &Device::flex(), &Unmonitored, &mut |moment| {
        println!("{moment:?}");
    }))?;
    std::fs::create_dir_all(&folder)?;
    std::fs::write(format!("{folder}/weights.safetensors"), &learned.weights)?;
    let card = serde_json::to_string_pretty(&learned.card)? + "\n";
    std::fs::write(format!("{folder}/card.json"), card)?;
    println!("{:?}", learned.card.metrics);
    Ok(())
}
