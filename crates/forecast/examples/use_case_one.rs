//! Use case I without the command line's other crates: `use_case_one NAME [SEEDS]`, where NAME is a
//! generated service, `milan-5161`, `milan-4556` or `barcelona` (these three read `DATA`).

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{ServiceName, published};
use slicewise_forecast::model::Size;
use slicewise_forecast::paper::{Trace, use_case_one};
use slicewise_forecast::training::Settings;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("which trace?")?;
    let seeds: u64 = std::env::args().nth(2).map_or(Ok(5), |text| text.parse())?;
    let trace = trace(&name)?;
    let settings = Settings {
        size: Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 32] },
        ..Settings::reduced(0)
    };
    let seeds: Vec<u64> = (0..seeds).collect();
    let mut progress = |method: slicewise_forecast::reservation::ReservationMethod, seed| {
        eprintln!("{name} {} seed {seed}", method.as_str());
    };
    let device = Device::flex();
    let table =
        block_on(use_case_one(&trace, &settings, &seeds, &device, &Unmonitored, &mut progress))?;
    println!("{}", serde_json::to_string_pretty(&table)?);
    Ok(())
}

fn trace(name: &str) -> Result<Trace, Box<dyn std::error::Error>> {
    if let Some(service) = ServiceName::ALL.iter().find(|service| service.as_str() == name) {
        return Ok(Trace::generated(*service)?);
    }
    let data = std::env::var("DATA")?;
    if name == "barcelona" {
        let text = std::fs::read_to_string(format!("{data}/barcelona_lte/lte_10min.csv"))?;
        return Ok(Trace::measured(name, published::barcelona(&text, "PobleSec")?.0, 14)?);
    }
    let text = std::fs::read_to_string(format!("{data}/milan/internet_10min_2cells.csv"))?;
    let mut squares = published::milan(&text)?;
    let index = usize::from(name == "milan-4556");
    Ok(Trace::measured(name, squares.swap_remove(index).0, 7)?)
}
