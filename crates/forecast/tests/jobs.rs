//! Jobs of the Forecast planner as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use futures::executor::block_on;
use slicewise_core::forecast::admission_plan::{AdmissionPlan, AdmitQuestion, SharedTerms};
use slicewise_core::forecast::learning::AdmissionLearnOrder;
use slicewise_core::forecast::networks::{ForecastNetwork, LearnedNetworks, NetworkSource};
use slicewise_core::forecast::reservation::{
    ReservationMethod, ReservationPlan, ReserveQuestion, Rivals, Terms,
};
use slicewise_core::forecast::trace::{GivenTrace, TraceSource};
use slicewise_core::forecast::{
    DEMAND_SEED, ForecastJob, ForecastOutcome, ForecasterCard, ReservationScore, RivalLoss,
    Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
};
use slicewise_core::{InputError, Origin};
use slicewise_forecast::admission::solver::{AdmissionPlanner, Constancy};
use slicewise_forecast::baselines::margin;
use slicewise_forecast::files;
use slicewise_forecast::jobs::run;
use slicewise_forecast::memory::Memory;
use slicewise_forecast::model::Forecaster;
use slicewise_forecast::networks::Networks;
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};
use slicewise_optim::{Halted, Unmonitored};

fn shipped(name: &str) -> LearnedNetworks {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let folder = Path::new(&root).join("../../models/forecast").join(name);
    let card = std::fs::read_to_string(folder.join("card.json")).unwrap();
    LearnedNetworks {
        card: ForecasterCard::from_json(&card).unwrap(),
        weights: std::fs::read(folder.join("weights.safetensors")).unwrap(),
    }
}

/// Demand that is asked about.
#[derive(Clone)]
enum Demand {
    Generated(ServiceName),
    Given(GivenTrace),
}

impl Demand {
    /// As a job names it, once it is installed where it is a trace of one's own.
    fn source(self, memory: &Memory) -> Result<TraceSource, InputError> {
        match self {
            Self::Generated(service) => Ok(TraceSource::Generated { service, seed: DEMAND_SEED }),
            Self::Given(trace) => {
                let trace = ForecastNetwork::Trace(trace);
                memory.install(&trace)?;
                Ok(TraceSource::Installed(trace.fingerprint()))
            }
        }
    }
}

/// The networks as a job names them, once they are installed.
fn installed(networks: LearnedNetworks, memory: &Memory) -> NetworkSource {
    let networks = ForecastNetwork::Networks(Box::new(networks));
    memory.install(&networks).unwrap();
    NetworkSource::Installed(networks.fingerprint())
}

fn done(job: &ForecastJob, memory: &Memory) -> Result<ForecastOutcome, Halted> {
    block_on(run(job, memory, &(), &Unmonitored, &mut (), &|| 0.0))
}

fn reserved(question: ReserveQuestion, memory: &Memory) -> Result<ReservationPlan, Halted> {
    match done(&ForecastJob::Reserve(Box::new(question)), memory)? {
        ForecastOutcome::Reserved(plan) => Ok(*plan),
        other => panic!("{other:?}"),
    }
}

fn asked(trace: Demand, terms: Terms, memory: &Memory) -> Result<ReservationPlan, Halted> {
    asked_of(shipped("video-streaming"), trace, terms, memory)
}

fn asked_of(
    own: LearnedNetworks,
    trace: Demand,
    terms: Terms,
    memory: &Memory,
) -> Result<ReservationPlan, Halted> {
    let networks = installed(own, memory);
    let trace = trace.source(memory)?;
    reserved(ReserveQuestion { trace, networks, terms, rivals: true }, memory)
}

fn planned(trace: Demand, terms: Terms) -> ReservationPlan {
    asked(trace, terms, &Memory::default()).unwrap()
}

#[test]
fn what_the_engine_reserves_is_what_the_command_line_reserves() {
    let networks = shipped("cloud-gaming");
    let service = ServiceName::CloudGaming;
    let memory = Memory::default();
    let plan =
        asked_of(networks.clone(), Demand::Generated(service), Terms::default(), &memory).unwrap();
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
    let plan = planned(Demand::Generated(ServiceName::VideoStreaming), Terms::default());
    let scored: Vec<ReservationMethod> = plan.methods.iter().map(|plan| plan.method).collect();
    assert_eq!((scored, plan.rivals), (ReservationMethod::ALL.to_vec(), Rivals::Regressors));
    let networks = shipped("video-streaming");
    let read = Networks::of_visitor(&networks).unwrap();
    let series = Service::of(ServiceName::VideoStreaming);
    let series =
        series.generate("video-streaming", TRAINING_DAYS + TEST_DAYS, DEMAND_SEED).unwrap();
    let reserved_by = |method: ReservationMethod| {
        &plan.methods.iter().find(|plan| plan.method == method).unwrap().reserved
    };
    for (rival, method) in [
        (RivalLoss::AlphaOmc, ReservationMethod::AlphaOmc),
        (RivalLoss::AbsoluteError, ReservationMethod::BestMargin),
        (RivalLoss::Pinball, ReservationMethod::Pinball),
    ] {
        let network = read.set.rivals.iter().find(|found| found.loss == rival).unwrap();
        let forecaster = Forecaster {
            network: network.network.clone(),
            scales: read.set.forecaster.scales.clone(),
        };
        let all = reservations(&forecaster, &series).unwrap();
        let test = &all[plan.training_steps - LOOK_BACK..];
        // A constant margin for the best one, none for the others.
        let margin = reserved_by(method)[0] - test[0];
        assert!(margin == 0.0 || method == ReservationMethod::BestMargin, "{method:?}: {margin}");
        for (found, decided) in reserved_by(method).iter().zip(test) {
            assert!((found - (decided + margin).max(0.0)).abs() < 1e-9, "{method:?}");
        }
    }
}

#[test]
fn rivals_decide_when_they_are_asked_and_are_known_from_then_on() {
    let networks = shipped("web-browsing");
    let memory = Memory::default();
    let source = installed(networks, &memory);
    let ask = |rivals: bool| {
        let question = ReserveQuestion {
            trace: Demand::Generated(ServiceName::WebBrowsing).source(&memory).unwrap(),
            networks: source.clone(),
            terms: Terms::default(),
            rivals,
        };
        reserved(question, &memory).unwrap()
    };
    let first = ask(false);
    assert_eq!((first.rivals, first.methods.len()), (Rivals::NotAsked, 4));
    assert_eq!(first.best_rival(), None, "not all others are there");
    let compared = ask(true);
    assert_eq!((compared.rivals, compared.methods.len()), (Rivals::Regressors, 7));
    assert!(compared.best_rival().is_some());
    assert_eq!(ask(false), compared);
}

#[test]
fn networks_without_rivals_are_compared_with_holt_winters_and_hindsight_is_the_best_of_its_margins()
{
    let mut own = shipped("video-streaming");
    own.card.rivals.clear();
    let trace = Demand::Generated(ServiceName::VideoStreaming);
    let plan = asked_of(own, trace, Terms::default(), &Memory::default()).unwrap();
    assert_eq!(
        (plan.rivals, plan.methods.len()),
        (Rivals::HoltWinters, ReservationMethod::ALL.len())
    );
    let cost = |method: ReservationMethod| {
        plan.methods.iter().find(|m| m.method == method).unwrap().score.cost
    };
    for method in
        [ReservationMethod::AlphaOmc, ReservationMethod::Pinball, ReservationMethod::HoltWinters]
    {
        assert!(cost(ReservationMethod::BestMargin) <= cost(method) * (1.0 + 1e-9), "{method:?}");
    }
}

#[test]
fn dearer_violations_move_the_rivals_too() {
    let memory = Memory::default();
    let trace = Demand::Generated(ServiceName::VideoStreaming);
    let plan = |terms| asked(trace.clone(), terms, &memory).unwrap();
    let (usual, dear) = (plan(Terms::default()), plan(Terms { penalty: 30.0, ..Terms::default() }));
    let violations = |plan: &ReservationPlan, method: ReservationMethod| {
        plan.methods.iter().find(|m| m.method == method).unwrap().score.violations
    };
    for method in
        [ReservationMethod::AlphaOmc, ReservationMethod::BestMargin, ReservationMethod::Pinball]
    {
        let (usual, dear) = (violations(&usual, method), violations(&dear, method));
        assert!(dear < usual, "{method:?}: {usual} and {dear}");
    }
}

#[test]
fn dearer_violations_move_the_decisions_up_and_the_same_ratio_of_prices_does_not() {
    let memory = Memory::default();
    let trace = Demand::Generated(ServiceName::VideoStreaming);
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
        Demand::Given(GivenTrace { values, ..GivenTrace::from(&series) })
    };
    let (one, ten) =
        (planned(given(1.0), Terms::default()), planned(given(10.0), Terms::default()));
    assert!(one.transferred);
    assert!((ten.next / one.next - 10.0).abs() < 1e-6, "{} and {}", one.next, ten.next);
    let costs = |plan: &ReservationPlan| plan.methods[0].score.cost;
    assert!((costs(&ten) / costs(&one) - 10.0).abs() < 1e-6);
}

#[test]
fn hours_are_decided_by_the_hour_of_the_day_more_cheaply_than_by_the_networks_alone() {
    let series = Service::of(ServiceName::VideoStreaming).generate("cell", 84, 5).unwrap();
    let series = series.averaged_to(60).unwrap();
    let memory = Memory::default();
    let (networks, trace) = (shipped("video-streaming-60min"), Demand::Given((&series).into()));
    let plan = asked_of(networks.clone(), trace, Terms::default(), &memory).unwrap();
    assert_eq!((plan.step_minutes, plan.network_step_minutes), (60, 60));
    assert!(plan.by_time_of_day && plan.transferred && plan.rivals == Rivals::HoltWinters);
    let cost = |method: ReservationMethod| {
        plan.methods.iter().find(|m| m.method == method).unwrap().score.cost
    };
    for method in [ReservationMethod::AlphaOmc, ReservationMethod::SeasonalNaive] {
        assert!(cost(ReservationMethod::Learned) < cost(method), "{method:?}");
    }
    let read = Networks::of_visitor(&networks).unwrap();
    let scales = vec![Scale::of(&series.values[..plan.training_steps])];
    let forecaster = Forecaster { scales, ..read.set.forecaster };
    let alone = reservations(&forecaster, &series).unwrap();
    let alone = &alone[plan.training_steps - LOOK_BACK..];
    let best =
        margin::best_in_hindsight(&plan.agreement, &alone[..plan.demand.len()], &plan.demand);
    let alone = margin::with(&alone[..plan.demand.len()], best);
    let alone = ReservationScore::of(&plan.agreement, &alone, &plan.demand);
    assert!(cost(ReservationMethod::Learned) < alone.cost, "{alone:?}");
}

#[test]
fn traces_without_two_days_before_the_test_are_planned_by_the_networks_alone() {
    let series = Service::of(ServiceName::CloudGaming).generate("short", 2, 5).unwrap();
    let plan = planned(Demand::Given(GivenTrace::from(&series)), Terms::default());
    // Ours, the regressors on other losses, and the last sample times k.
    assert_eq!(plan.methods.len(), 5);
    assert_eq!(plan.demand.len(), plan.methods[0].reserved.len());
}

#[test]
fn questions_that_cannot_be_planned_are_named() {
    let refused = |trace: Demand, terms: Terms| {
        let error = asked(trace, terms, &Memory::default()).unwrap_err();
        let Halted::Input(error) = error else { panic!("{error:?}") };
        error.field
    };
    let trace = || Demand::Generated(ServiceName::VideoStreaming);
    let terms = Terms { revenue: -1.0, ..Terms::default() };
    assert_eq!(refused(trace(), terms), "revenue");
    let terms = Terms { revenue: 0.0, penalty: 0.0, ..Terms::default() };
    assert_eq!(refused(trace(), terms), "revenue + penalty");
    let given = |values: Vec<f64>| {
        Demand::Given(GivenTrace {
            name: "own".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 0,
            values,
            filled: Vec::new(),
        })
    };
    assert_eq!(refused(given(vec![1.0; 13]), Terms::default()), "length of the trace");
    let short = asked(given(vec![1.0; 20]), Terms::default(), &Memory::default()).unwrap_err();
    let told = "length of the trace is 20; allowed: 36 to 526000 samples";
    assert_eq!(short.to_string(), told);
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
            filled: Vec::new(),
        };
        let plan = planned(Demand::Given(trace), Terms::default());
        assert!(plan.next >= value && plan.next <= value + 0.2, "{} for {value}", plan.next);
        assert_eq!(plan.methods[0].score.violations, 0.0);
    }
}

#[test]
fn idle_capacity_that_costs_nothing_gives_numbers_for_every_method() {
    let free = Terms { overprovisioning_price: 0.0, ..Terms::default() };
    for with_rivals in [true, false] {
        let mut own = shipped("video-streaming");
        if !with_rivals {
            own.card.rivals.clear();
        }
        let trace = Demand::Generated(ServiceName::VideoStreaming);
        let plan = asked_of(own, trace, free, &Memory::default()).unwrap();
        assert_eq!(plan.methods.len(), ReservationMethod::ALL.len());
        for found in &plan.methods {
            let (method, score) = (found.method, found.score);
            assert!(found.reserved.iter().all(|reserved| reserved.is_finite()), "{method:?}");
            assert_eq!(score.overprovisioning, 0.0, "{method:?}");
            let saving = plan.saving_against(found);
            assert!(saving.is_none_or(f64::is_finite), "{method:?}: {saving:?}");
            assert_eq!(saving.is_none(), score.violations == 0.0, "{method:?}");
        }
    }
}

#[test]
fn the_last_sample_times_k_is_part_of_every_plan_and_follows_the_terms() {
    let memory = Memory::default();
    let trace = Demand::Generated(ServiceName::VideoStreaming);
    let plan = |terms| asked(trace.clone(), terms, &memory).unwrap();
    let (usual, dear) = (plan(Terms::default()), plan(Terms { penalty: 30.0, ..Terms::default() }));
    assert!(dear.last_sample_factor > usual.last_sample_factor && usual.last_sample_factor > 1.0);
    for plan in [usual, dear] {
        let found = plan.methods.iter().find(|m| m.method == ReservationMethod::LastSample);
        let reserved = &found.unwrap().reserved;
        let scaled = plan.demand.iter().map(|demand| plan.last_sample_factor * demand);
        for (reserved, scaled) in reserved[1..].iter().zip(scaled) {
            assert!((reserved - scaled).abs() <= 1e-9 * scaled, "{reserved} and {scaled}");
        }
    }
}

fn admitted(networks: Option<&LearnedNetworks>, terms: SharedTerms) -> AdmissionPlan {
    let memory = Memory::default();
    let source = networks.map(|own| installed(own.clone(), &memory));
    let question = AdmitQuestion { networks: source, seed: DEMAND_SEED, terms };
    match done(&ForecastJob::Admit(Box::new(question)), &memory).unwrap() {
        ForecastOutcome::Admitted(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_terms_of_the_page_are_those_that_the_four_slices_learned_under() {
    let card = shipped("four-slices").card;
    let learned = card.admission_terms.unwrap();
    let plan = admitted(None, SharedTerms::default());
    let scales: Vec<f64> = plan.slices.iter().map(|slice| slice.scale).collect();
    assert_eq!((scales, plan.capacity), (learned.scales, learned.capacity));
    let SharedTerms { steepness, offset, .. } = SharedTerms::default();
    assert_eq!((steepness, offset), (learned.steepness, learned.offset));
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

#[test]
fn a_reserve_job_with_opened_networks_and_an_opened_trace_is_small() {
    let memory = Memory::default();
    let series = Service::of(ServiceName::SocialMedia).generate("cell", 21, 5).unwrap();
    let question = ReserveQuestion {
        trace: Demand::Given(GivenTrace::from(&series)).source(&memory).unwrap(),
        networks: installed(shipped("video-streaming"), &memory),
        terms: Terms::default(),
        rivals: true,
    };
    let job = ForecastJob::Reserve(Box::new(question.clone()));
    let bytes = serde_json::to_vec(&job).unwrap().len();
    println!("a reserve job takes {bytes} bytes");
    assert!(bytes < 4000, "{bytes} bytes");
    let plan = reserved(question, &memory).unwrap();
    assert_eq!((plan.name.as_str(), plan.transferred), ("cell", true));
}

#[test]
fn what_was_not_installed_is_named() {
    let memory = Memory::default();
    let networks = installed(shipped("video-streaming"), &memory);
    let trace = Demand::Generated(ServiceName::VideoStreaming).source(&memory).unwrap();
    let ask = |trace: &TraceSource, networks: &NetworkSource| {
        let (trace, networks) = (trace.clone(), networks.clone());
        let terms = Terms::default();
        reserved(ReserveQuestion { trace, networks, terms, rivals: false }, &memory).unwrap_err()
    };
    let unknown = "0123456789abcdef".to_owned();
    let Halted::Input(error) = ask(&trace, &NetworkSource::Installed(unknown.clone())) else {
        panic!("stopped");
    };
    assert_eq!((&error.field, &error.value), (&"networks".to_owned(), &unknown));
    let Halted::Input(error) = ask(&TraceSource::Installed(unknown.clone()), &networks) else {
        panic!("stopped");
    };
    assert_eq!((error.field, error.value), ("trace".to_owned(), unknown));
}

#[test]
fn a_plan_names_the_weights_the_seed_of_its_demand_and_the_build() {
    let networks = shipped("cloud-gaming");
    let fingerprint = networks.card.weights_fingerprint.clone();
    let terms = Terms::default();
    let demand = Demand::Generated(ServiceName::CloudGaming);
    let plan = asked_of(networks, demand, terms, &Memory::default()).unwrap();
    assert_eq!(plan.origin, Origin::new(&fingerprint, DEMAND_SEED));
    let plan = admitted(None, SharedTerms::default());
    assert_eq!(plan.origin, Origin::new("", DEMAND_SEED));
}

#[test]
fn training_is_refused_by_what_cannot_train() {
    let order = AdmissionLearnOrder {
        name: "own".to_owned(),
        demand_seed: 1,
        terms: SharedTerms::default(),
        epochs: 1,
        seed: 1,
    };
    let job = ForecastJob::LearnAdmission(Box::new(order));
    let message = done(&job, &Memory::default()).unwrap_err().to_string();
    assert!(message.starts_with("job is learn; allowed: a job without training"), "{message}");
}

#[cfg(feature = "burn")]
mod training {
    use std::cell::Cell;

    use burn::tensor::Device;
    use slicewise_core::forecast::ForecastNews;
    use slicewise_core::forecast::learning::{LearnOrder, LearningMoment};
    use slicewise_forecast::training::learn_again::BurnTrainer;
    use slicewise_optim::{Monitor, Progress, Stopped};

    use super::*;

    /// Hears how a training goes.
    #[derive(Default)]
    struct Heard {
        shares: Vec<f64>,
        moments: Vec<LearningMoment>,
        losses: usize,
    }

    impl Progress<ForecastNews> for Heard {
        fn share(&mut self, fraction: f64) {
            self.shares.push(fraction);
        }

        fn news(&mut self, ForecastNews::Epoch { moment, seen }: ForecastNews) {
            self.moments.push(moment);
            self.losses += usize::from(seen.is_some());
        }
    }

    /// Stops at a checkpoint.
    struct StoppedAt {
        passed: Cell<usize>,
        last: usize,
    }

    impl Monitor for StoppedAt {
        async fn checkpoint(&self) -> Result<(), Stopped> {
            self.passed.set(self.passed.get() + 1);
            if self.passed.get() > self.last { Err(Stopped) } else { Ok(()) }
        }
    }

    fn job(memory: &Memory) -> ForecastJob {
        let series = Service::of(ServiceName::VideoStreaming).generate("cell", 2, 3).unwrap();
        ForecastJob::Learn(Box::new(LearnOrder {
            name: "own".to_owned(),
            trace: Demand::Given(GivenTrace::from(&series)).source(memory).unwrap(),
            source: "a test".to_owned(),
            terms: Terms::default(),
            records: Vec::new(),
            start: None,
            rivals: false,
            paper_size: false,
            epochs: 2,
            seed: 1,
        }))
    }

    fn learned(
        memory: &Memory,
        monitor: &impl Monitor,
        heard: &mut Heard,
    ) -> Result<LearnedNetworks, Halted> {
        let trainer = BurnTrainer(Device::flex());
        match block_on(run(&job(memory), memory, &trainer, monitor, heard, &|| 0.0))? {
            ForecastOutcome::Learned(networks) => Ok(*networks),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_learn_job_tells_its_epochs_and_ends_with_networks_that_decide() {
        let (memory, mut heard) = (Memory::default(), Heard::default());
        let networks = learned(&memory, &Unmonitored, &mut heard).unwrap();
        let epochs: Vec<usize> = heard.moments.iter().map(|moment| moment.epoch).collect();
        assert_eq!((epochs, heard.losses), (vec![1, 2], 2));
        assert!(heard.shares.windows(2).all(|pair| pair[0] <= pair[1]));
        let last = heard.shares.last().unwrap();
        assert!((last - 1.0).abs() < 1e-9, "{last}");
        let series = Service::of(ServiceName::VideoStreaming).generate("cell", 2, 3).unwrap();
        let question = ReserveQuestion {
            trace: Demand::Given(GivenTrace::from(&series)).source(&memory).unwrap(),
            networks: installed(networks.clone(), &memory),
            terms: Terms::default(),
            rivals: false,
        };
        let plan = reserved(question, &memory).unwrap();
        assert_eq!((plan.moved, plan.transferred), (0.0, false));
        // The card was measured before the weights were rounded to f32.
        let (cost, told) = (plan.methods[0].score.cost, networks.card.metrics["test cost"]);
        assert!((cost / told - 1.0).abs() < 1e-6, "{cost} and {told}");
    }

    #[test]
    fn a_learn_job_ends_where_its_monitor_stops_it() {
        let (memory, mut heard) = (Memory::default(), Heard::default());
        let monitor = StoppedAt { passed: Cell::new(0), last: 25 };
        assert_eq!(learned(&memory, &monitor, &mut heard), Err(Halted::Stopped));
        assert_eq!(heard.shares.len(), 26);
        assert!(heard.shares.iter().all(|share| *share < 1.0));
    }
}
