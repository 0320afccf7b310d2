//! How long training takes, together and apart, on four days of a generated service:
//! `cargo run --release -p slicewise-forecast --example training_speed`.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::ServiceName;
use slicewise_forecast::model::Size;
use slicewise_forecast::paper::Trace;
use slicewise_forecast::paper_admission::training_times;
use slicewise_forecast::training::Settings;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trace = Trace::generated(ServiceName::VideoStreaming)?;
    let sizes = [Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 32] }, Size::reduced()];
    for size in sizes {
        let settings = Settings { size, epochs: 3, cycles: 1, ..Settings::reduced(1) };
        let times = block_on(training_times(&trace, &settings, &Device::flex(), &Unmonitored))?;
        let batches = settings.epochs * (trace.test_from - 12).div_ceil(settings.batch);
        println!(
            "{:?}: together {:.2} s ({:.1} ms per batch), apart {:.2} + {:.2} s, ratio {:.3}",
            settings.size,
            times.joint,
            1e3 * times.joint / batches as f64,
            times.regressor,
            times.loss,
            times.ratio
        );
    }
    Ok(())
}
