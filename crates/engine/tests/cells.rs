//! Jobs of the Cells planner as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use std::rc::Rc;

use alone::{Alone, Ticking, refusal, shares};
use futures::executor::block_on;
use slicewise_cells::city;
use slicewise_cells::model::{SHIPPED, names};
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::{
    CellJob, CellNews, CellOutcome, CellPlans, Cells, Objective, Scenario, Scheme, ServiceProfile,
    SimulatedStep,
};
use slicewise_core::formats::nr_cell::NrCellIdentity;
use slicewise_core::formats::plan_documents::DocumentRequest;
use slicewise_core::formats::rrm_policy::{self, Firmness, Plmn};
use slicewise_engine::planners::Processor;
use slicewise_engine::planners::cells::CellsEngine;
use slicewise_engine::worker::{Host, Work};
use slicewise_protocol::{Reply, Request};

type Engine = CellsEngine<Processor>;

const WORKS: &[Work<Engine>] =
    &[Engine::OPEN, Engine::PLAN, Engine::CITY, Engine::SIMULATE, Engine::WRITE];

fn engine() -> Alone<Engine> {
    Alone::new(CellsEngine::new(Processor, SHIPPED), WORKS)
}

fn method(scheme: Scheme) -> Method {
    Method::new(names()[0], Objective::LogSum, scheme, 7)
}

fn paper_city(cells: usize) -> City {
    City::new(3, cells, ServiceProfile::of_the_paper().to_vec())
}

#[derive(Default)]
struct Heard {
    steps: Vec<SimulatedStep>,
    fractions: Vec<f64>,
}

impl Heard {
    fn of(replies: &[Reply<Cells>]) -> Self {
        let step = |reply: &Reply<Cells>| match reply {
            Reply::News { news: CellNews::Step(step), .. } => Some((**step).clone()),
            _ => None,
        };
        let steps = replies.iter().filter_map(step).collect();
        Self { steps, fractions: shares(replies) }
    }
}

fn done(job: &CellJob) -> (CellOutcome, Heard) {
    let (last, before) = block_on(engine().ask(job.clone()));
    (alone::outcome(last), Heard::of(&before))
}

fn planned(job: &CellJob) -> CellPlans {
    match done(job).0 {
        CellOutcome::Plans(plans) => plans,
        other => panic!("{other:?}"),
    }
}

fn refused(job: &CellJob) -> String {
    refusal(block_on(engine().ask(job.clone())).0).to_string()
}

fn city_job(city: City, first: usize, count: usize) -> CellJob {
    CellJob::City { method: method(Scheme::Exact), city, first, count }
}

#[test]
fn planned_cells_are_written_as_documents() {
    let city = paper_city(5);
    let plans = planned(&city_job(city.clone(), 0, 5));
    let services = ServiceProfile::of_the_paper();
    let request = |format: &str| DocumentRequest {
        format: format.to_owned(),
        plmn: Plmn::of_tests(),
        firmness: Firmness::Both,
        identities: None,
        gnb_bits: 22,
        current: String::new(),
        table: Vec::new(),
        cells: (0..5).map(|cell| NrCellIdentity::generated(cell).to_string()).collect(),
        slices: services.iter().map(|service| service.snssai).collect::<Vec<_>>().repeat(5),
        batch: city::cells(&city, 0, 5),
        shares: plans.shares.clone(),
        satisfaction: plans.satisfaction.clone(),
    };
    let job = |format: &str| CellJob::Write(Box::new(request(format)));
    let (CellOutcome::Written(written), _) = done(&job("rrm")) else { panic!() };
    let read = rrm_policy::read(&String::from_utf8(written.bytes).unwrap()).unwrap();
    assert_eq!((read.len(), read[0].policies.len()), (5, 4));
    let (CellOutcome::Written(written), _) = done(&job("a1")) else { panic!() };
    assert_eq!(written.name, "a1.zip");
    assert!(refused(&job("paper")).starts_with("format is paper; allowed: rrm, e2sm"));
}

#[test]
fn the_parts_of_a_city_are_planned_as_the_whole_by_every_scheme() {
    let city = paper_city(30);
    let cells = city::cells(&city, 0, 30);
    for scheme in Scheme::ALL.into_iter().filter(|scheme| *scheme != Scheme::Td3) {
        let job = |first, count| CellJob::City {
            method: method(scheme),
            city: city.clone(),
            first,
            count,
        };
        let whole = planned(&job(0, 30));
        let mut parts = CellPlans::default();
        for (first, count) in [(0, 7), (7, 15), (22, 8)] {
            parts.append(planned(&job(first, count)));
        }
        assert_eq!(whole.len(), 30);
        assert!(same(&parts, &whole), "{}", scheme.name());
        let plan = CellJob::Plan { method: method(scheme), cells: cells.clone() };
        assert!(same(&planned(&plan), &whole), "{}", scheme.name());
    }
}

/// Whether two plans are the same to the last bit, numbers that are not there included.
fn same(one: &CellPlans, other: &CellPlans) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

#[test]
fn an_opened_cell_comes_with_a_curve_for_each_slice() {
    let cell = city::cells(&paper_city(5), 4, 1);
    let job = CellJob::Open { method: method(Scheme::Exact), cell };
    let (CellOutcome::Opened { plan, curves }, _) = done(&job) else { panic!() };
    assert_eq!((plan.len(), curves.len()), (1, 4));
    for slice in 0..4 {
        let (shares, satisfaction) = curves.curve(slice);
        assert_eq!((shares[0], shares[shares.len() - 1]), (0.0, 1.0));
        assert!(satisfaction.iter().all(|r| (0.0..=1.0).contains(r)));
    }
}

#[test]
fn a_simulation_sends_every_step_from_the_first_on() {
    let scenario = Scenario::of_the_paper(&[1, 2], 5);
    let method = method(Scheme::Exact);
    let job = CellJob::Simulate {
        method: method.clone(),
        scenario: scenario.clone(),
        first: 3,
        steps: 4,
    };
    let (outcome, heard) = done(&job);
    let CellOutcome::Simulated { places, last } = outcome else { panic!("{outcome:?}") };
    let numbers: Vec<usize> = heard.steps.iter().map(|step| step.step).collect();
    assert_eq!((places.len(), numbers), (12, vec![3, 4, 5, 6]));
    assert_eq!(heard.steps.last(), Some(&*last));
    assert_eq!(last.kpis.len(), 12 * 2);
    assert!(heard.fractions.is_sorted() && heard.fractions.last() == Some(&1.0));
    // The steps before the first are the same, only unheard.
    let job = CellJob::Simulate { method, scenario, first: 0, steps: 7 };
    assert_eq!(done(&job).1.steps[3..], heard.steps);
}

/// "Measured on Colosseum" was offered and then refused by the number of its features alone.
#[test]
fn an_estimator_of_other_measurements_is_refused_by_its_name() {
    let method = Method { estimator: "colosseum".to_owned(), ..method(Scheme::Exact) };
    let scenario = Scenario::of_the_paper(&[1], 5);
    let text = refused(&CellJob::Simulate { method, scenario, first: 0, steps: 1 });
    assert_eq!(
        text,
        "estimator is colosseum, which reads 26 numbers per slice; allowed: one that reads 12 or 16, \
         as the simulated network gives"
    );
}

#[test]
fn a_step_says_what_was_expected_of_each_slice_and_how_many_were_not_trained_on() {
    let mut scenario = Scenario::of_the_paper(&[1, 2], 5);
    scenario.slices[0].service.required_throughput_mbps = 0.1;
    let method = method(Scheme::Exact).steady();
    let (_, heard) = done(&CellJob::Simulate { method, scenario, first: 2, steps: 2 });
    for step in &heard.steps {
        assert_eq!(step.expected_satisfaction.len(), step.kpis.len());
        assert!(step.expected_satisfaction.iter().all(|r| (0.0..=1.0).contains(r)));
        assert!(step.outside >= 12, "{}", step.outside);
    }
}

#[test]
fn a_citys_traffic_follows_its_loads() {
    let mut city = paper_city(20);
    let users = |city: &City| -> f64 {
        let cells = city::cells(city, 0, 20);
        (0..cells.slices()).step_by(4).map(|slice| cells.features_of(slice)[4]).sum()
    };
    let before = users(&city);
    city.loads = vec![0.5, 1.0, 1.0, 1.0];
    assert!((users(&city) / before - 0.5).abs() < 1e-9);
    city.loads = vec![1.0; 4];
    assert_eq!(city::cells(&city, 0, 20), city::cells(&paper_city(20), 0, 20));
}

#[test]
fn a_simulation_stops_when_it_is_told_to() {
    let scenario = Scenario::of_the_paper(&[1], 5);
    let job = CellJob::Simulate { method: method(Scheme::Equal), scenario, first: 0, steps: 1000 };
    let host = Rc::new(Ticking::default());
    let alone =
        Alone::within(host.clone() as Rc<dyn Host>, CellsEngine::new(Processor, SHIPPED), WORKS);
    let desk = Rc::downgrade(&alone.desk);
    host.at_breath(move |before| {
        if let Some(desk) = desk.upgrade().filter(|_| before == 6) {
            assert!(desk.receive(Request::Cancel { id: 1 }).is_none());
        }
    });
    let (last, before) = block_on(alone.ask(job));
    assert_eq!(last, Reply::Stopped { id: 1 });
    let steps = Heard::of(&before).steps.len();
    assert!((1..=6).contains(&steps), "{steps} steps");
}

#[test]
fn damaged_jobs_are_refused_by_field() {
    assert!(refused(&city_job(paper_city(10), 10, 1)).starts_with("first is 10"));
    assert!(refused(&city_job(paper_city(10), 4, 7)).starts_with("count is 7; allowed: 1 to 6"));
    assert!(refused(&city_job(paper_city(0), 0, 1)).starts_with("city.cells is 0"));
    let mut city = paper_city(10);
    city.services[2].required_delay_ms = f64::NAN;
    assert!(
        refused(&city_job(city, 0, 1)).starts_with("city.services[2].required_delay_ms is NaN")
    );
    let two = city::cells(&paper_city(5), 0, 2);
    let open = CellJob::Open { method: method(Scheme::Exact), cell: two.clone() };
    assert!(refused(&open).starts_with("cell is 2 cells"));
    let mut damaged = two;
    damaged.weights[5] = -1.0;
    let plan = CellJob::Plan { method: method(Scheme::Exact), cells: damaged };
    assert!(refused(&plan).starts_with("cells[1].slices[1].weight is -1"));
    let scenario = Scenario::of_the_paper(&[1], 5);
    let endless =
        CellJob::Simulate { method: method(Scheme::Exact), scenario, first: 0, steps: 1_000_000 };
    assert!(refused(&endless).starts_with("steps is 1000000"));
    let starving = Method { least_share: -0.1, ..method(Scheme::Exact) };
    let open = CellJob::Open { method: starving, cell: city::cells(&paper_city(5), 0, 1) };
    assert!(refused(&open).starts_with("least_share is -0.1; allowed: 0 to 0.25"));
    let mut loaded = paper_city(10);
    loaded.loads = vec![1.0, 9.0, 1.0, 1.0];
    assert!(refused(&city_job(loaded.clone(), 0, 1)).starts_with("city.loads[1] is 9"));
    loaded.loads.pop();
    assert!(refused(&city_job(loaded, 0, 1)).starts_with("city.loads is 3; allowed: 4 to 4"));
    let unknown = Method { estimator: "unknown".to_owned(), ..method(Scheme::Exact) };
    let job = CellJob::City { method: unknown, city: paper_city(5), first: 0, count: 5 };
    assert!(refused(&job).contains("unknown"));
}
