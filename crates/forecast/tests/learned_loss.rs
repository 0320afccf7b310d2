//! A learned loss is right where decisions lie: its optimum and its order are those of the metric.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::{ReservationMethod, ReservationScore, Service, ServiceName};
use slicewise_forecast::baselines::last_sample;
use slicewise_forecast::explorer::evidence::loss_evidence;
use slicewise_forecast::model::Size;
use slicewise_forecast::paper::reservation::{ReservationRun, run_reservation, tabulate};
use slicewise_forecast::reservation::problem::Trace;
use slicewise_forecast::training::{Lesson, Measured, Objective, Settings, train};
use slicewise_forecast::windows::Demands;
use slicewise_optim::Unmonitored;

fn short_trace() -> Trace {
    let series = Service::of(ServiceName::VideoStreaming).generate("video", 6, 3).unwrap();
    let test_from = 5 * series.steps_per_day();
    Trace::split(series, test_from)
}

#[test]
fn the_learned_optimum_is_near_the_true_one_and_costs_are_ranked_alike() {
    let trace = short_trace();
    let task = trace.task();
    let settings = Settings {
        size: Size { regressor: vec![8, 8], loss: vec![48, 48, 24] },
        epochs: 8,
        ..Settings::reduced(1)
    };
    let method = ReservationMethod::Learned;
    let device = Device::flex();
    let mut silent = |_: &_| ();
    let learning = task.reserve(method, &settings, &device, &Unmonitored, &mut silent);
    let trained = block_on(learning).unwrap().trained.unwrap();
    let loss = trained.loss.unwrap();
    let metric = |decision: &[f64], demand: &[f64]| task.agreement.cost(decision[0], demand[0]);
    let demands = Demands::new(vec![&trace.series.values]).unwrap();
    let test = trace.test_from..demands.steps();
    let found = loss_evidence(&trained.forecaster, &loss, &metric, &demands, test, 3).unwrap();
    assert!(found.largest_distance <= 0.05, "{found:?}");
    assert!(found.rank_correlation_moved >= 0.95, "{found:?}");
    assert!(found.rank_correlation >= 0.95, "{found:?}");
    assert!(found.levels.iter().all(|level| level.learned_minimum >= 0.0), "{found:?}");
    assert!(found.levels.windows(2).all(|pair| pair[0].demand < pair[1].demand));
}

#[test]
fn the_loss_is_right_at_demand_that_the_training_steps_never_had() {
    // A busy fortnight's worth of levels: nothing below half of the peak.
    let demand: Vec<f64> = short_trace().series.values[..600].iter().map(|y| 200.0 + y).collect();
    let peak = demand.iter().copied().fold(0.0, f64::max);
    let demands = Demands::new(vec![&demand]).unwrap();
    let metric = |decision: &[f64], demand: &[f64]| {
        if decision[0] < demand[0] { 2.0 * peak } else { decision[0] - demand[0] }
    };
    let lesson = Lesson { demands: &demands, training: 0..demand.len(), validation: 0..0 };
    let measured = Measured::By(&metric);
    let objective = Objective::Learned { measured, start: None, capacity: None };
    let settings = Settings {
        size: Size { regressor: vec![8], loss: vec![48, 48, 24] },
        epochs: 8,
        ..Settings::reduced(1)
    };
    let mut silent = |_: &_| ();
    let device = Device::flex();
    let learning = train(&lesson, objective, &settings, &device, &Unmonitored, &mut silent);
    let loss = block_on(learning).unwrap().loss.unwrap();
    for share in [0.1, 0.2, 0.3] {
        for margin in [0.05, 0.1, 0.2] {
            let (decision, demand) = ([(share + margin) * peak], [share * peak]);
            let error = loss.cost(&decision, &demand) - metric(&decision, &demand);
            assert!(error.abs() < 0.03 * peak, "{} of the peak at {share}, {margin}", error / peak);
        }
    }
}

#[test]
fn the_last_sample_times_k_has_its_row_in_the_table_and_needs_no_day_before_the_test() {
    let series = Service::of(ServiceName::VideoStreaming).generate("video", 1, 3).unwrap();
    let trace = Trace::split(series, 200);
    let (method, settings) = (ReservationMethod::LastSample, Settings::reduced(1));
    let device = Device::flex();
    let running = run_reservation(&trace, method, &settings, 1, &device, &Unmonitored);
    let run = block_on(running).unwrap();
    let agreement = trace.task().agreement;
    let factor = last_sample::fit(&agreement, trace.learned());
    let last = &trace.series.values[199..];
    let reserved: Vec<f64> = last.iter().map(|demand| factor * demand).collect();
    let found = ReservationScore::of(&agreement, &reserved, trace.test());
    assert!((run.score.cost / found.cost - 1.0).abs() < 1e-6, "{found:?} and {:?}", run.score);
    let table = tabulate(&trace, &[run]);
    assert!(table["last-sample-times-k"].knows_metric);
}

#[test]
fn the_table_has_the_papers_columns_and_the_margin_of_ours() {
    let trace = short_trace();
    let run = |method, cost: f64, day: f64| ReservationRun {
        method,
        score: ReservationScore { cost, overprovisioning: 0.5 * cost, violations: 0.25 },
        daily_costs: vec![day, day + 1.0, day + 2.0],
        evidence: None,
        seconds: 1.0,
    };
    let ours = ReservationMethod::Learned;
    let runs =
        [run(ours, 2.0, 1.0), run(ours, 4.0, 3.0), run(ReservationMethod::Pinball, 6.0, 5.0)];
    let table = serde_json::to_value(tabulate(&trace, &runs)).unwrap();
    let peak = trace.task().training_peak();
    let number = |path: &str| table.pointer(path).unwrap().as_f64().unwrap();
    assert!((number("/loss-meta-learning/cost/mean") * peak - 3.0).abs() < 1e-9);
    assert!((number("/loss-meta-learning/cost/deviation") * peak - 2.0f64.sqrt()).abs() < 1e-9);
    assert!((number("/pinball/overprovisioning/mean") * peak - 3.0).abs() < 1e-9);
    assert_eq!(number("/pinball/violations/mean"), 0.25);
    // Daily means 2, 3, 4 against 5, 6, 7: 1 - 9/18, and all of three days in favour.
    assert_eq!((number("/pinball/our_saving"), number("/pinball/p")), (0.5, 0.125));
    let methods: BTreeMap<String, serde_json::Value> = serde_json::from_value(table).unwrap();
    assert_eq!(methods.len(), 2, "methods without a run are left out");
}
