//! How long training takes: `cargo run --release -p slicewise-forecast --example training_speed`.

use std::time::Instant;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{Service, ServiceAgreement, ServiceName};
use slicewise_forecast::model::Size;
use slicewise_forecast::training::{Lesson, Measured, Objective, Settings, train};
use slicewise_forecast::windows::Demands;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let days = 4;
    let series = Service::of(ServiceName::VideoStreaming).generate("video", days, 1)?;
    let demands = Demands::new(vec![&series.values])?;
    let steps = 0..demands.steps();
    let peak = demands.scales(steps.clone())[0].peak;
    let agreement = ServiceAgreement::of_deepcog(2.0, peak);
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let lesson = Lesson { demands: &demands, training: steps.clone(), validation: 0..0 };
    let sizes = [Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 32] }, Size::reduced()];
    for size in sizes {
        for batch in [64, 128] {
            let settings = Settings {
                size: size.clone(),
                epochs: 1,
                cycles: 1,
                batch,
                loss_steps_before: 0,
                ..Settings::reduced(1)
            };
            let objective =
                Objective::Learned { measured: Measured::By(&metric), start: None, capacity: None };
            let start = Instant::now();
            let device = Device::flex();
            block_on(train(&lesson, objective, &settings, &device, &Unmonitored, &mut |_| ()))?;
            let batches = (days * 288 - 12).div_ceil(batch);
            let milliseconds = start.elapsed().as_secs_f64() * 1e3;
            println!("{size:?}, batch {batch}: {:.2} ms per batch", milliseconds / batches as f64);
        }
    }
    Ok(())
}
