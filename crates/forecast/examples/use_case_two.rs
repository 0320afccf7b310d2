//! Use case II without the command line's other crates: `use_case_two [SEEDS]`.

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{AdmissionTerms, Service, ServiceName};
use slicewise_forecast::admission::{AdmissionPlanner, AdmissionScore, Constancy, overbooking};
use slicewise_forecast::training::{Lesson, Measured, Objective, train};
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
        capacity: env("CAPACITY", 0.15) * total,
        steepness: env("RA", -40.0),
        offset: env("RB", -1.0),
        scales,
    };
    let sums: Vec<f64> = (0..from).map(|step| demands.at(step).iter().sum::<f64>()).collect();
    let above = sums.iter().filter(|sum| **sum > terms.capacity).count();
    println!(
        "scales {:?}, demand above capacity in {:.3}",
        terms.scales,
        above as f64 / from as f64
    );
    if env("ONLY_BENCHMARK", 0.0) > 0.0 {
        for share in [0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.3, 0.5] {
            let terms = AdmissionTerms { capacity: share * total, ..terms.clone() };
            let above = sums.iter().filter(|sum| **sum > terms.capacity).count() as f64;
            let bench = overbooking(&terms, &demands, from, 288)?;
            let score = AdmissionScore::of(&terms, &bench, &demands, from, 288);
            println!("{share} above {:.3} {score:?}", above / from as f64);
        }
        return Ok(());
    }
    let bench = overbooking(&terms, &demands, from, 288)?;
    println!("benchmark {:?}", AdmissionScore::of(&terms, &bench, &demands, from, 288));
    let metric = |decision: &[f64], demand: &[f64]| terms.cost(decision, demand);
    if let Ok(text) = std::fs::read_to_string("/tmp/fc1/two-0.json") {
        let card = slicewise_core::forecast::ForecasterCard::from_json(&text)?;
        let (forecaster, loss) =
            slicewise_forecast::files::read(&card, &std::fs::read("/tmp/fc1/two-0.safetensors")?)?;
        let loss = loss.ok_or("no loss")?;
        scan(&terms, &demands, from, &forecaster, &loss);
        return Ok(());
    }
    for seed in 0..env("SEEDS", 1.0) as u64 {
        let settings = slicewise_forecast::paper_admission::admission_settings(seed);
        let lesson = Lesson { demands: &demands, training: 0..from, validation: 0..0 };
        let objective = Objective::Learned {
            measured: Measured::By(&metric),
            start: None,
            capacity: Some(terms.capacity),
        };
        let start = std::time::Instant::now();
        let trained = block_on(train(
            &lesson,
            objective,
            &settings,
            &Device::flex(),
            &Unmonitored,
            &mut |m| println!("{m:?}"),
        ))?;
        let slice = |_: &f64| slicewise_core::forecast::ForecastSlice {
            name: "a".into(),
            unit: "".into(),
            mean: 0.0,
            deviation: 0.0,
            change: 0.0,
            peak: 0.0,
        };
        let mut card = slicewise_core::forecast::ForecasterCard {
            format: 1,
            name: "two".into(),
            title: "".into(),
            task: "demand-reservation".into(),
            slices: terms.scales.iter().map(slice).collect(),
            step_minutes: 5,
            look_back: 12,
            regressor: vec![],
            loss: vec![],
            cost_mean: 0.0,
            cost_deviation: 1.0,
            objective: "".into(),
            data: slicewise_core::card::DataSource {
                source: "".into(),
                licence: "".into(),
                rows: Default::default(),
                fingerprint: "".into(),
            },
            metrics: Default::default(),
            seed,
            command: "".into(),
            weights_fingerprint: "".into(),
        };
        let bytes = slicewise_forecast::files::write(
            &mut card,
            &trained.forecaster,
            trained.loss.as_ref(),
        )?;
        std::fs::write(format!("/tmp/fc1/two-{seed}.safetensors"), bytes)?;
        std::fs::write(format!("/tmp/fc1/two-{seed}.json"), serde_json::to_string(&card)?)?;
        let loss = trained.loss.as_ref().ok_or("no loss")?;
        scan(&terms, &demands, from, &trained.forecaster, loss);
        println!("{:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn scan(
    terms: &AdmissionTerms,
    demands: &Demands,
    from: usize,
    forecaster: &slicewise_forecast::model::Forecaster,
    loss: &slicewise_forecast::model::LearnedLoss,
) {
    for tear_down_price in [0.3, 1.0, 3.0] {
        for headroom in [1.0, 0.8, 0.65] {
            for waiting_steps in [0, 12, 36] {
                let constancy =
                    Constancy { tear_down_price, headroom, waiting_steps, steps_per_day: 288 };
                let planner =
                    AdmissionPlanner { forecaster, loss, capacity: terms.capacity, constancy };
                for (part, steps) in [("train", from / 2..from), ("test", from..demands.steps())] {
                    let start = steps.start;
                    let decisions = planner.decide_all(demands, steps);
                    let score = AdmissionScore::of(terms, &decisions, demands, start, 288);
                    println!(
                        "price {tear_down_price} headroom {headroom} wait {waiting_steps} {part} profit {:.4} admissions {:.3} starved {:.3} avst {:.2} {:.1?}",
                        score.profit,
                        score.admissions,
                        score.starved,
                        score.avst_hours.iter().sum::<f64>() / 4.0,
                        score.avst_hours
                    );
                }
            }
        }
    }
}
