//! Use case II without the command line's other crates: `use_case_two [SEEDS]`.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_forecast::paper_admission::{AdmissionSetting, admission_settings, use_case_two};
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds: u64 = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let seeds: Vec<u64> = (0..seeds).collect();
    let setting = AdmissionSetting::generated()?;
    let base = admission_settings(0);
    let mut progress = |seed: u64, moment: &slicewise_forecast::training::Moment| {
        eprintln!("seed {seed} {moment:?}");
    };
    let device = Device::flex();
    let table =
        block_on(use_case_two(&setting, &base, &seeds, &device, &Unmonitored, &mut progress))?;
    println!("{:?}", setting.terms);
    println!("{}", serde_json::to_string_pretty(&table)?);
    Ok(())
}
