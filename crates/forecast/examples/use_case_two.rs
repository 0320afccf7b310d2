//! Use case II without the command line's other crates: `use_case_two [SEEDS]`.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{AdmissionTerms, Service, ServiceName};
use slicewise_forecast::admission::{AdmissionPlanner, AdmissionScore, overbooking};
use slicewise_forecast::model::Size;
use slicewise_forecast::training::{Lesson, Measured, Objective, Settings, train};
use slicewise_forecast::windows::Demands;
use slicewise_optim::Unmonitored;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let env = |name: &str, other: f64| {
        std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(other)
    };
    let mut series = Vec::new();
    for name in ServiceName::ALL {
        series.push(Service::of(name).generate(name.as_str(), 21, 2024)?.values);
    }
    let demands = Demands::new(series.iter().map(Vec::as_slice).collect())?;
    let from = 14 * 288;
    let scales: Vec<f64> = demands.scales(0..from).iter().map(|scale| scale.peak).collect();
    let total: f64 = scales.iter().sum();
    let terms = AdmissionTerms {
        capacity: env("CAPACITY", 0.4) * total,
        steepness: env("RA", -40.0),
        offset: env("RB", -1.0),
        scales,
    };
    let sums: Vec<f64> = (0..from).map(|step| demands.at(step).iter().sum::<f64>()).collect();
    let above = sums.iter().filter(|sum| **sum > terms.capacity).count();
    println!("scales {:?}, demand above capacity in {:.3}", terms.scales, above as f64 / from as f64);
    let bench = overbooking(&terms, &demands, from, 288)?;
    println!("benchmark {:?}", AdmissionScore::of(&terms, &bench, &demands, from, 288));
    let metric = |decision: &[f64], demand: &[f64]| terms.cost(decision, demand);
    for seed in 0..env("SEEDS", 1.0) as u64 {
        let settings = Settings {
            size: Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 64, 64, 32] },
            epochs: env("EPOCHS", 12.0) as usize,
            explored: env("EXPLORED", 4.0) as usize,
            loss_steps_before: env("BEFORE", 600.0) as usize,
            ..Settings::reduced(seed)
        };
        let lesson = Lesson { demands: &demands, training: 0..from, validation: 0..0 };
        let objective = Objective::Learned { measured: Measured::By(&metric), start: None };
        let start = std::time::Instant::now();
        let trained = block_on(train(
            &lesson,
            objective,
            &settings,
            &Device::flex(),
            &Unmonitored,
            &mut |m| println!("{m:?}"),
        ))?;
        let loss = trained.loss.as_ref().ok_or("no loss")?;
        for switching_price in [0.0, 0.05, 0.2, 0.5] {
            let planner = AdmissionPlanner {
                forecaster: &trained.forecaster,
                loss,
                capacity: terms.capacity,
                switching_price,
            };
            let decisions = planner.decide_all(&demands, from);
            let score = AdmissionScore::of(&terms, &decisions, &demands, from, 288);
            println!("seed {seed} price {switching_price} {score:?}");
        }
        println!("{:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
