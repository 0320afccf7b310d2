//! Jobs of the Forecast planner as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use futures::executor::block_on;
use slicewise_core::forecast::job::{
    AdmissionPlan, AdmitQuestion, GivenTrace, LearnedNetworks, Method, NetworkSource,
    ReservationPlan, ReserveQuestion, Rivals, SharedTerms, Terms, TraceSource,
};
use slicewise_core::forecast::job::{ForecastJob, ForecastOutcome};
use slicewise_core::forecast::{
    DEMAND_SEED, ForecasterCard, RivalLoss, Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
};
use slicewise_engine::JobError;
use slicewise_engine::jobs::forecast::{Memory, Networks, run};
use slicewise_forecast::admission::{AdmissionPlanner, Constancy};
use slicewise_forecast::files;
use slicewise_forecast::model::Forecaster;
use slicewise_forecast::reservations::reservations;
use slicewise_forecast::windows::{Demands, LOOK_BACK};
use slicewise_optim::Unmonitored;

fn shipped(name: &str) -> LearnedNetworks {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let folder = Path::new(&root).join("../../models/forecast").join(name);
    let card = std::fs::read_to_string(folder.join("card.json")).unwrap();
    LearnedNetworks {
        card: ForecasterCard::from_json(&card).unwrap(),
        weights: std::fs::read(folder.join("weights.safetensors")).unwrap(),
    }
}

fn generated(service: ServiceName) -> TraceSource {
    TraceSource::Generated { service, seed: DEMAND_SEED }
}

fn asked(trace: TraceSource, terms: Terms, memory: &Memory) -> Result<ReservationPlan, JobError> {
    asked_of(shipped("video-streaming"), trace, terms, memory)
}

fn asked_of(
    own: LearnedNetworks,
    trace: TraceSource,
    terms: Terms,
    memory: &Memory,
) -> Result<ReservationPlan, JobError> {
    let networks = Networks::read(own.card.clone(), &own.weights).unwrap();
    let networks_asked = NetworkSource::Own(Box::new(own));
    let question = ReserveQuestion { trace, networks: networks_asked, terms, rivals: true };
    let job = ForecastJob::Reserve(Box::new(question));
    let silent = &mut |_: f64| ();
    match block_on(run(&job, Some(&networks), memory, &Unmonitored, silent, &|| 0.0))? {
        ForecastOutcome::Reserved(plan) => Ok(*plan),
        other => panic!("{other:?}"),
    }
}

fn planned(trace: TraceSource, terms: Terms) -> ReservationPlan {
    asked(trace, terms, &Memory::default()).unwrap()
}

#[test]
fn what_the_engine_reserves_is_what_the_command_line_reserves() {
    let networks = shipped("cloud-gaming");
    let service = ServiceName::CloudGaming;
    let memory = Memory::default();
    let plan = asked_of(networks.clone(), generated(service), Terms::default(), &memory).unwrap();
    assert_eq!((plan.moved, plan.transferred), (0.0, false));
    let days = TRAINING_DAYS + TEST_DAYS;
    let series = Service::of(service).generate("cloud-gaming", days, DEMAND_SEED).unwrap();
    let read = Networks::of_visitor(&networks).unwrap();
    let all = reservations(&read.set.forecaster, &series).unwrap();
    let test = &all[plan.training_steps - LOOK_BACK..];
    assert_eq!(plan.methods[0].reserved, test[..test.len() - 1]);
    assert_eq!(plan.next, test[test.len() - 1]);
    // The card was measured before the weights were rounded to f32.
    let (cost, told) = (plan.methods[0].score.cost, read.card.metrics["test cost"]);
    assert!((cost / told - 1.0).abs() < 1e-6, "{cost} and {told}");
}

#[test]
fn every_method_is_scored_on_a_regressor_of_its_own() {
    let plan = planned(generated(ServiceName::VideoStreaming), Terms::default());
    let scored: Vec<Method> = plan.methods.iter().map(|plan| plan.method).collect();
    assert_eq!((scored, plan.rivals), (Method::ALL.to_vec(), Rivals::Regressors));
    let networks = shipped("video-streaming");
    let read = Networks::of_visitor(&networks).unwrap();
    let series = Service::of(ServiceName::VideoStreaming);
    let series =
        series.generate("video-streaming", TRAINING_DAYS + TEST_DAYS, DEMAND_SEED).unwrap();
    let reserved =
        |method: Method| &plan.methods.iter().find(|plan| plan.method == method).unwrap().reserved;
    for (rival, method) in [
        (RivalLoss::AlphaOmc, Method::AlphaOmc),
        (RivalLoss::AbsoluteError, Method::BestMargin),
        (RivalLoss::Pinball, Method::Pinball),
    ] {
        let network = read.set.rivals.iter().find(|found| found.loss == rival).unwrap();
        let forecaster = Forecaster {
            network: network.network.clone(),
            scales: read.set.forecaster.scales.clone(),
        };
        let all = reservations(&forecaster, &series).unwrap();
        let test = &all[plan.training_steps - LOOK_BACK..];
        // A constant margin for the best one, none for the others.
        let margin = reserved(method)[0] - test[0];
        assert!(margin == 0.0 || method == Method::BestMargin, "{method:?}: {margin}");
        for (found, decided) in reserved(method).iter().zip(test) {
            assert!((found - (decided + margin).max(0.0)).abs() < 1e-9, "{method:?}");
        }
    }
}

#[test]
fn rivals_decide_when_they_are_asked_and_are_known_from_then_on() {
    let networks = shipped("web-browsing");
    let read = Networks::of_visitor(&networks).unwrap();
    let memory = Memory::default();
    let ask = |rivals: bool| {
        let job = ForecastJob::Reserve(Box::new(ReserveQuestion {
            trace: generated(ServiceName::WebBrowsing),
            networks: NetworkSource::Own(Box::new(networks.clone())),
            terms: Terms::default(),
            rivals,
        }));
        let silent = &mut |_: f64| ();
        match block_on(run(&job, Some(&read), &memory, &Unmonitored, silent, &|| 0.0)).unwrap() {
            ForecastOutcome::Reserved(plan) => *plan,
            other => panic!("{other:?}"),
        }
    };
    let first = ask(false);
    assert_eq!((first.rivals, first.methods.len()), (Rivals::NotAsked, 3));
    let compared = ask(true);
    assert_eq!((compared.rivals, compared.methods.len()), (Rivals::Regressors, 6));
    assert_eq!(ask(false), compared);
}

#[test]
fn networks_without_rivals_are_compared_with_holt_winters_and_hindsight_is_the_best_of_its_margins()
{
    let mut own = shipped("video-streaming");
    own.card.rivals.clear();
    let trace = generated(ServiceName::VideoStreaming);
    let plan = asked_of(own, trace, Terms::default(), &Memory::default()).unwrap();
    assert_eq!((plan.rivals, plan.methods.len()), (Rivals::HoltWinters, Method::ALL.len()));
    let cost =
        |method: Method| plan.methods.iter().find(|m| m.method == method).unwrap().score.cost;
    for method in [Method::AlphaOmc, Method::Pinball, Method::HoltWinters] {
        assert!(cost(Method::BestMargin) <= cost(method) * (1.0 + 1e-9), "{method:?}");
    }
}

#[test]
fn dearer_violations_move_the_rivals_too() {
    let memory = Memory::default();
    let trace = generated(ServiceName::VideoStreaming);
    let plan = |terms| asked(trace.clone(), terms, &memory).unwrap();
    let (usual, dear) = (plan(Terms::default()), plan(Terms { penalty: 30.0, ..Terms::default() }));
    let violations = |plan: &ReservationPlan, method: Method| {
        plan.methods.iter().find(|m| m.method == method).unwrap().score.violations
    };
    for method in [Method::AlphaOmc, Method::BestMargin, Method::Pinball] {
        let (usual, dear) = (violations(&usual, method), violations(&dear, method));
        assert!(dear < usual, "{method:?}: {usual} and {dear}");
    }
}

#[test]
fn dearer_violations_move_the_decisions_up_and_the_same_ratio_of_prices_does_not() {
    let memory = Memory::default();
    let trace = generated(ServiceName::VideoStreaming);
    let plan = |terms| asked(trace.clone(), terms, &memory).unwrap();
    let usual = plan(Terms::default());
    let dear = plan(Terms { penalty: 30.0, ..Terms::default() });
    assert!(dear.moved > 0.0 && dear.next > usual.next);
    let violations = |plan: &ReservationPlan| plan.methods[0].score.violations;
    assert!(violations(&dear) <= violations(&usual));
    let scaled = plan(Terms { revenue: 3.0, penalty: 3.0, overprovisioning_price: 3.0 });
    assert_eq!((scaled.moved, scaled.next), (0.0, usual.next));
}

#[test]
fn another_trace_is_planned_with_its_own_scales() {
    let series = Service::of(ServiceName::SocialMedia).generate("cell", 9, 5).unwrap();
    let given = |factor: f64| {
        let values = series.values.iter().map(|value| factor * value).collect();
        TraceSource::Given(GivenTrace { values, ..GivenTrace::from(&series) })
    };
    let (one, ten) =
        (planned(given(1.0), Terms::default()), planned(given(10.0), Terms::default()));
    assert!(one.transferred);
    assert!((ten.next / one.next - 10.0).abs() < 1e-6, "{} and {}", one.next, ten.next);
    let costs = |plan: &ReservationPlan| plan.methods[0].score.cost;
    assert!((costs(&ten) / costs(&one) - 10.0).abs() < 1e-6);
}

#[test]
fn traces_without_two_days_before_the_test_are_planned_by_the_networks_alone() {
    let series = Service::of(ServiceName::CloudGaming).generate("short", 2, 5).unwrap();
    let plan = planned(TraceSource::Given(GivenTrace::from(&series)), Terms::default());
    // Ours and the regressors on other losses.
    assert_eq!(plan.methods.len(), 4);
    assert_eq!(plan.demand.len(), plan.methods[0].reserved.len());
}

#[test]
fn questions_that_cannot_be_planned_are_named() {
    let refused = |trace: TraceSource, terms: Terms| {
        let error = asked(trace, terms, &Memory::default()).unwrap_err();
        let JobError::Input(error) = error else { panic!("{error:?}") };
        error.field
    };
    let trace = || generated(ServiceName::VideoStreaming);
    let terms = Terms { revenue: -1.0, ..Terms::default() };
    assert_eq!(refused(trace(), terms), "revenue");
    let terms = Terms { revenue: 0.0, penalty: 0.0, ..Terms::default() };
    assert_eq!(refused(trace(), terms), "revenue + penalty");
    let given = |values: Vec<f64>| {
        TraceSource::Given(GivenTrace {
            name: "own".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 0,
            values,
        })
    };
    assert_eq!(refused(given(vec![1.0; 13]), Terms::default()), "length of the trace");
    assert_eq!(refused(given(vec![1.0, f64::NAN]), Terms::default()), "trace.values[1]");
}

#[test]
fn a_trace_of_zeros_and_a_constant_one_are_planned() {
    for value in [0.0, 8.0] {
        let trace = GivenTrace {
            name: "flat".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 0,
            values: vec![value; 800],
        };
        let plan = planned(TraceSource::Given(trace), Terms::default());
        assert!(plan.next >= value && plan.next <= value + 0.2, "{} for {value}", plan.next);
        assert_eq!(plan.methods[0].score.violations, 0.0);
    }
}

fn admitted(networks: Option<&LearnedNetworks>, terms: SharedTerms) -> AdmissionPlan {
    let source = networks.map(|own| NetworkSource::Own(Box::new(own.clone())));
    let read = networks.map(|own| Networks::of_visitor(own).unwrap());
    let question = AdmitQuestion { networks: source, seed: DEMAND_SEED, terms };
    let job = ForecastJob::Admit(Box::new(question));
    let memory = Memory::default();
    let silent = &mut |_: f64| ();
    let done = block_on(run(&job, read.as_ref(), &memory, &Unmonitored, silent, &|| 0.0)).unwrap();
    match done {
        ForecastOutcome::Admitted(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_terms_of_the_page_are_those_that_the_four_slices_learnt_under() {
    let card = shipped("four-slices").card;
    let learnt = card.admission_terms.unwrap();
    let plan = admitted(None, SharedTerms::default());
    let scales: Vec<f64> = plan.slices.iter().map(|slice| slice.scale).collect();
    assert_eq!((scales, plan.capacity), (learnt.scales, learnt.capacity));
    let SharedTerms { steepness, offset, .. } = SharedTerms::default();
    assert_eq!((steepness, offset), (learnt.steepness, learnt.offset));
}

#[test]
fn our_admissions_are_the_library_s_and_never_exceed_the_capacity() {
    let networks = shipped("four-slices");
    let plan = admitted(Some(&networks), SharedTerms::default());
    assert_eq!(plan.violations, 0.0);
    for step in 0..plan.slices[0].demand.len() {
        let reserved: f64 = plan.slices.iter().map(|slice| slice.reserved[step].max(0.0)).sum();
        assert!(reserved <= plan.capacity);
    }
    let set = files::read(&networks.card, &networks.weights).unwrap();
    let (forecaster, loss) = (set.forecaster, set.loss);
    let planner = AdmissionPlanner {
        forecaster: &forecaster,
        loss: loss.as_ref().unwrap(),
        capacity: plan.capacity,
        constancy: Constancy::usual(),
    };
    let series = ServiceName::ALL.map(|name| {
        Service::of(name).generate(name.as_str(), TRAINING_DAYS + TEST_DAYS, DEMAND_SEED).unwrap()
    });
    let demands = Demands::new(series.iter().map(|series| &series.values[..]).collect()).unwrap();
    let (day, from) = (288, 288 * TRAINING_DAYS);
    // One day of the test is enough to tell.
    let decisions = planner.decide_all(&demands, from - day..from + day).split_off(day);
    for (slice, found) in plan.slices.iter().enumerate() {
        let wanted: Vec<f64> = decisions.iter().map(|decision| decision[slice]).collect();
        assert_eq!(found.reserved[..day], wanted);
    }
    let scales: f64 = plan.slices.iter().map(|slice| slice.scale).sum();
    let parts: f64 = plan.slices.iter().map(|slice| slice.profit * slice.scale / scales).sum();
    assert!((parts - plan.profit).abs() < 1e-9, "{parts} and {}", plan.profit);
}
