//! All methods on one trace: `cargo run --release -p slicewise-forecast --example one_service -- FILE`.
//! Options by environment are for experiments only.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{ServiceAgreement, published};
use slicewise_forecast::model::Size;
use slicewise_forecast::reservation::{ReservationMethod, ReservationTask};
use slicewise_forecast::training::Settings;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let env = |name: &str, other: f64| {
        std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(other)
    };
    let data = std::env::var("DATA")?;
    let which = std::env::args().nth(1).unwrap_or_default();
    let series = match which.as_str() {
        "poble" => {
            let text = std::fs::read_to_string(format!("{data}/barcelona_lte/lte_10min.csv"))?;
            published::barcelona(&text, "PobleSec")?.0
        }
        "kansaas" => {
            let text = std::fs::read_to_string("/tmp/fc-kansaas.csv")?;
            let mut all = published::kansaas(&text)?;
            let mut series = all.swap_remove(env("COLUMN", 1.0) as usize).0;
            series.values.truncate(21 * 288);
            series
        }
        _ => {
            let text = std::fs::read_to_string(format!("{data}/milan/internet_10min_2cells.csv"))?;
            published::milan(&text)?.swap_remove(env("COLUMN", 0.0) as usize).0
        }
    };
    let share = env("SHARE", 0.6);
    let day = series.steps_per_day();
    let test_from = (share * series.values.len() as f64) as usize / day * day;
    let peak = series.values[..test_from].iter().copied().fold(0.0, f64::max);
    let agreement = ServiceAgreement::of_deepcog(env("ALPHA", 2.0), peak);
    let task = ReservationTask { series: &series, agreement, test_from };
    let batch = env("BATCH", 64.0) as usize;
    let rows = (0.85 * test_from as f64) as usize;
    let epochs = (env("STEPS", 1000.0) / (rows as f64 / batch as f64)).ceil() as usize;
    let units = env("UNITS", 16.0) as usize;
    for method in ReservationMethod::ALL {
        if env("ONLY", 0.0) > 0.0 && method != ReservationMethod::LossMetaLearning {
            continue;
        }
        for seed in 0..env("SEEDS", 1.0) as u64 {
            let settings = Settings {
                size: Size { regressor: vec![units, units, units / 2], loss: vec![64, 64, 32] },
                epochs,
                batch,
                learning_rate: env("RATE", 4e-3),
                loss_learning_rate: env("LOSS_RATE", 4e-3),
                explored: env("EXPLORED", 3.0) as usize,
                loss_steps_before: env("BEFORE", 400.0) as usize,
                ..Settings::reduced(seed)
            };
            let start = std::time::Instant::now();
            let mut last = None;
            let done = block_on(task.reserve(
                method,
                &settings,
                &Device::flex(),
                &Unmonitored,
                &mut |m| {
                    if std::env::var("VERBOSE").is_ok() {
                        eprintln!("{m:?}");
                    }
                    last = Some(*m);
                },
            ))?;
            let score = task.score(&done.reserved);
            println!(
                "{which} {:<20} cost {:.4} over {:.4} viol {:.4} epoch {:?}/{epochs} loss_error {:.3} {:.1} s",
                method.as_str(),
                score.cost / peak,
                score.overprovisioning / peak,
                score.violations,
                done.trained.map(|t| t.epoch),
                last.map_or(f64::NAN, |m| m.loss_error),
                start.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
