//! Both networks learn together, on demand whose best decisions are known.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::InputError;
use slicewise_core::forecast::{
    AdmissionTerms, ForecasterCard, RivalLoss, Service, ServiceAgreement, ServiceName,
};
use slicewise_core::seed;
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::files;
use slicewise_forecast::losses::ExpertLoss;
use slicewise_forecast::model::{Forecaster, LearnedLoss, Size};
use slicewise_forecast::training::orders::{
    AdmissionOrder, Costs, LearningOrder, learn, learn_admission,
};
use slicewise_forecast::training::{
    CostRecord, Lesson, Measured, Moment, Objective, Settings, Trained, train,
};
use slicewise_forecast::windows::Demands;
use slicewise_optim::monitor::Stopped;
use slicewise_optim::{Halted, Monitor, Unmonitored};

/// Demand of 10 plus uniform noise of 0 to 1: the best reservation under a steep step is just below 11.
fn noise(steps: usize) -> Vec<f64> {
    let mut generator = seed::stream(5, 0);
    (0..steps).map(|_| 10.0 + seed::uniform(&mut generator)).collect()
}

fn small(epochs: usize) -> Settings {
    Settings {
        size: Size { regressor: vec![8], loss: vec![32, 32] },
        epochs,
        cycles: 1,
        batch: 64,
        learning_rate: 1e-2,
        loss_learning_rate: 1e-2,
        loss_steps_before: 300,
        loss_steps_after: 0,
        ..Settings::reduced(3)
    }
}

fn trained(
    demand: &[f64],
    objective: Objective<'_>,
    settings: &Settings,
) -> Result<Trained, Halted> {
    let demands = Demands::new(vec![demand]).unwrap();
    let lesson = Lesson { demands: &demands, training: 0..demand.len(), validation: 0..0 };
    let device = Device::flex();
    block_on(train(&lesson, objective, settings, &device, &Unmonitored, &mut |_| ()))
}

fn learned(measured: Measured<'_>) -> Objective<'_> {
    Objective::Learned { measured, start: None, capacity: None }
}

fn mean_decision(forecaster: &Forecaster, demand: &[f64]) -> f64 {
    let demands = Demands::new(vec![demand]).unwrap();
    let steps = 12..demand.len();
    let total: f64 = steps.clone().map(|step| forecaster.decide(&demands.window(step))[0]).sum();
    total / steps.len() as f64
}

#[test]
fn decisions_find_the_foot_of_a_step_that_has_no_gradient() {
    let demand = noise(900);
    // P(y > c) = 11 - c between 10 and 11: the mean cost 5 (11 - c) + (c - 10)^2 / 2 falls up to 11.
    let agreement = ServiceAgreement { revenue: 2.0, penalty: 3.0, overprovisioning_price: 1.0 };
    let metric = |decision: &[f64], demand: &[f64]| agreement.cost(decision[0], demand[0]);
    let found = trained(&demand, learned(Measured::By(&metric)), &small(12)).unwrap();
    let mean = mean_decision(&found.forecaster, &demand);
    assert!((10.9..11.3).contains(&mean), "{mean}");
    let loss = found.loss.unwrap();
    for (decision, cost) in [(10.2, 5.0), (11.2, 0.7), (12.0, 1.5)] {
        let learned = loss.cost(&[decision], &[10.5]);
        assert!((learned - cost).abs() < 0.6, "{learned} at {decision} for {cost}");
    }
}

#[test]
fn a_metric_that_is_not_the_agreements_is_learned_as_well() {
    let demand = noise(900);
    // Least at one above the demand, whatever it is: the best constant is 11.5.
    let metric = |decision: &[f64], demand: &[f64]| (decision[0] - demand[0] - 1.0).abs();
    let found = trained(&demand, learned(Measured::By(&metric)), &small(12)).unwrap();
    let mean = mean_decision(&found.forecaster, &demand);
    assert!((mean - 11.5).abs() < 0.15, "{mean}");
}

#[test]
fn a_table_of_outcomes_is_enough() {
    let demand = noise(900);
    let mut generator = seed::stream(9, 0);
    let records: Vec<CostRecord> = (0..4000)
        .map(|_| {
            let demand = 10.0 + seed::uniform(&mut generator);
            let decision = 9.0 + 4.0 * seed::uniform(&mut generator);
            let cost = (decision - demand - 1.0).abs();
            CostRecord { decision: vec![decision], demand: vec![demand], cost }
        })
        .collect();
    let found = trained(&demand, learned(Measured::In(&records)), &small(12)).unwrap();
    let mean = mean_decision(&found.forecaster, &demand);
    assert!((mean - 11.5).abs() < 0.2, "{mean}");
    let error = trained(&demand, learned(Measured::In(&[])), &small(1)).unwrap_err();
    assert!(matches!(error, Halted::Input(InputError { field, .. }) if field == "records"));
}

#[test]
fn the_pinball_loss_gives_its_quantile() {
    let demand = noise(1500);
    let objective = Objective::Expert(ExpertLoss::Pinball { quantile: 0.8 });
    let found = trained(&demand, objective, &small(12)).unwrap();
    let mean = mean_decision(&found.forecaster, &demand);
    assert!((mean - 10.8).abs() < 0.06, "{mean}");
    assert!(found.loss.is_none());
}

#[test]
fn the_same_seed_gives_the_same_networks_and_another_seed_others() {
    let demand = noise(200);
    let metric = |decision: &[f64], demand: &[f64]| (decision[0] - demand[0]).abs();
    let run = |seed: u64| {
        let settings = Settings { seed, loss_steps_before: 20, ..small(2) };
        trained(&demand, learned(Measured::By(&metric)), &settings).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).forecaster, run(2).forecaster);
}

#[test]
fn a_loss_network_goes_on_from_another_service() {
    let demand = noise(400);
    let metric = |decision: &[f64], demand: &[f64]| (decision[0] - demand[0] - 1.0).abs();
    let first = trained(&demand, learned(Measured::By(&metric)), &small(6)).unwrap().loss.unwrap();
    let twice: Vec<f64> = demand.iter().map(|value| 2.0 * value).collect();
    let objective =
        Objective::Learned { measured: Measured::By(&metric), start: Some(&first), capacity: None };
    let settings = Settings { loss_steps_before: 0, ..small(8) };
    let found = trained(&twice, objective, &settings).unwrap();
    let mean = mean_decision(&found.forecaster, &twice);
    assert!((mean - 22.0).abs() < 0.4, "{mean}");
}

#[test]
fn a_cost_that_is_no_number_is_named() {
    let metric = |_: &[f64], _: &[f64]| f64::NAN;
    let error = trained(&noise(100), learned(Measured::By(&metric)), &small(1)).unwrap_err();
    assert!(matches!(error, Halted::Input(InputError { field, .. }) if field == "metric"));
}

#[test]
fn a_constant_trace_and_one_of_zeros_can_be_learned_from() {
    for level in [4.0, 0.0] {
        let demand = vec![level; 60];
        let metric = |decision: &[f64], demand: &[f64]| (decision[0] - demand[0]).abs();
        let settings = Settings { loss_steps_before: 20, ..small(2) };
        let found = trained(&demand, learned(Measured::By(&metric)), &settings).unwrap();
        assert!(found.forecaster.decide(&demand[..12])[0].is_finite());
    }
}

#[test]
fn a_trace_shorter_than_the_look_back_is_named() {
    let short = noise(12);
    assert_eq!(Demands::new(vec![&short]).unwrap_err().field, "series[0]");
}

/// Stops at the given checkpoint.
struct StopAt {
    left: Cell<usize>,
}

impl Monitor for StopAt {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if left == 0 { Err(Stopped) } else { Ok(()) }
    }
}

#[test]
fn a_training_ends_where_its_monitor_says() {
    let demand = noise(200);
    let demands = Demands::new(vec![&demand]).unwrap();
    let lesson = Lesson { demands: &demands, training: 0..200, validation: 0..0 };
    let metric = |decision: &[f64], demand: &[f64]| (decision[0] - demand[0]).abs();
    for left in [0, 5, 301] {
        let monitor = StopAt { left: Cell::new(left) };
        let objective = learned(Measured::By(&metric));
        let device = Device::flex();
        let settings = small(3);
        let mut silent = |_: &_| ();
        let run = train(&lesson, objective, &settings, &device, &monitor, &mut silent);
        assert_eq!(block_on(run).unwrap_err(), Halted::Stopped);
    }
}

#[test]
fn a_learned_planner_comes_back_from_its_file() {
    let series = Service::of(ServiceName::SocialMedia).generate("social", 3, 1).unwrap();
    let order = LearningOrder {
        name: "social".to_owned(),
        costs: Costs::Agreement(ServiceAgreement::of_deepcog(2.0, 300.0)),
        start: None,
        rivals: true,
        series: series.clone(),
        source: "generated".to_owned(),
        licence: "MIT".to_owned(),
        held_back: 0.3,
        settings: Settings { loss_steps_before: 20, ..small(1) },
        command: "test".to_owned(),
    };
    let mut epochs = 0;
    let device = Device::flex();
    let mut count = |_: &Moment, _: Option<&LearnedLoss>| epochs += 1;
    let learned = block_on(learn(&order, &device, &Unmonitored, false, &mut count)).unwrap();
    let text = serde_json::to_string(&learned.card).unwrap();
    let card = ForecasterCard::from_json(&text).unwrap();
    let networks = files::read(&card, &learned.weights).unwrap();
    let window = &series.values[100..112];
    assert!(networks.forecaster.decide(window)[0].is_finite());
    assert!(networks.loss.unwrap().cost(&[30.0], &[30.0]).is_finite());
    assert_eq!(networks.rivals.iter().map(|r| r.loss).collect::<Vec<_>>(), RivalLoss::ALL);
    assert!(networks.rivals.iter().all(|r| r.network != networks.forecaster.network));
    assert_eq!(card.agreement, Some(ServiceAgreement::of_deepcog(2.0, 300.0)));
    let twice = text.replace("\"alpha-omc\",", "\"pinball\",");
    assert_eq!(ForecasterCard::from_json(&twice).unwrap_err().field, "rivals");
    let misnamed = LearningOrder { name: "My Model".to_owned(), ..order.clone() };
    let refused = block_on(learn(&misnamed, &device, &Unmonitored, false, &mut count));
    assert!(matches!(refused, Err(Halted::Input(error)) if error.field == "name"));
    assert_eq!(epochs, 1, "refused before the first epoch, and rivals are not heard");
    let mut hurt = learned.weights.clone();
    let last = hurt.len() - 1;
    hurt[last] ^= 1;
    assert_eq!(files::read(&card, &hurt).unwrap_err().field, "weights fingerprint");
}

#[test]
fn a_learned_planner_of_admissions_comes_back_with_its_terms() {
    let names = [ServiceName::VideoStreaming, ServiceName::SocialMedia];
    let series: Vec<_> =
        names.map(|name| Service::of(name).generate(name.as_str(), 4, 1).unwrap()).into();
    let terms = AdmissionTerms {
        scales: vec![500.0, 300.0],
        capacity: 150.0,
        steepness: -40.0,
        offset: -1.0,
    };
    let order = AdmissionOrder {
        name: "two".to_owned(),
        setting: AdmissionSetting {
            series: series.clone(),
            terms: terms.clone(),
            test_from: 3 * 288,
        },
        source: "generated".to_owned(),
        licence: "MIT".to_owned(),
        settings: Settings { loss_steps_before: 50, ..small(1) },
        command: "test".to_owned(),
    };
    let device = Device::flex();
    let mut silent = |_: &_| ();
    let learning = learn_admission(&order, &device, &Unmonitored, &mut silent);
    let learned = block_on(learning).unwrap();
    assert_eq!(learned.card.metrics["test violations"], 0.0);
    let text = serde_json::to_string(&learned.card).unwrap();
    let card = ForecasterCard::from_json(&text).unwrap();
    assert_eq!((card.task.as_str(), card.admission_terms), ("slice-admission", Some(terms)));
    let networks = files::read(&learned.card, &learned.weights).unwrap();
    let (forecaster, loss) = (networks.forecaster, networks.loss.unwrap());
    assert_eq!((forecaster.scales.len(), loss.scales.len()), (2, 2));
    let without = text.replace("\"capacity\":150.0", "\"capacity\":-1.0");
    assert_eq!(ForecasterCard::from_json(&without).unwrap_err().field, "admission_terms.capacity");
    let other = text.replace("slice-admission", "demand-reservation");
    assert_eq!(ForecasterCard::from_json(&other).unwrap_err().field, "task");
}

#[test]
fn a_planner_is_learned_from_a_table_of_outcomes_without_an_agreement() {
    let series = Service::of(ServiceName::VideoStreaming).generate("video", 3, 2).unwrap();
    let mut generator = seed::stream(8, 0);
    let records: Vec<CostRecord> = (0..3000)
        .map(|index| {
            let demand = series.values[index % series.values.len()];
            let decision = demand + 60.0 * (seed::uniform(&mut generator) - 0.4);
            let cost = if decision < demand { 200.0 } else { decision - demand };
            CostRecord { decision: vec![decision.max(0.0)], demand: vec![demand], cost }
        })
        .collect();
    let order = LearningOrder {
        name: "video".to_owned(),
        costs: Costs::Recorded(records),
        start: None,
        rivals: false,
        series: series.clone(),
        source: "generated".to_owned(),
        licence: "MIT".to_owned(),
        held_back: 0.3,
        settings: small(8),
        command: "test".to_owned(),
    };
    let device = Device::flex();
    let mut silent = |_: &Moment, _: Option<&LearnedLoss>| ();
    let learning = learn(&order, &device, &Unmonitored, false, &mut silent);
    let learned = block_on(learning).unwrap();
    assert!(learned.card.metrics["test violations"] < 0.3, "{:?}", learned.card.metrics);
    assert!(learned.card.objective.contains("3000 records") && learned.card.agreement.is_none());
    let compared = LearningOrder { rivals: true, ..order };
    let refused = block_on(learn(&compared, &device, &Unmonitored, false, &mut silent));
    assert!(matches!(refused, Err(Halted::Input(error)) if error.field == "rivals"));
}
