//! Jobs as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use alone::{Alone, network, outcome, refusal};
use futures::executor::block_on;
use slicewise_core::formats::table::Table;
use slicewise_core::formats::table::numbers::NumberTable;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{Slice, SliceJob, SliceNews, SliceOutcome, Traffic};
use slicewise_engine::planners::Processor;
use slicewise_engine::planners::networks::Networks;
use slicewise_engine::planners::slice::SliceEngine;
use slicewise_protocol::Reply;
use slicewise_slice::model::shipped;

fn problem() -> SliceProblem {
    let card = shipped("testbed-gaussian").unwrap().card.clone();
    SliceProblem::in_whole_box(&card, Traffic::Constant { users_per_second: 3.0 }, 5.0, 0.1)
}

fn done(job: SliceJob) -> (Reply<Slice>, Vec<Reply<Slice>>) {
    type Engine = SliceEngine<Processor>;
    let works =
        &[Engine::PLAN, Engine::LANDSCAPE, Engine::CURVES, Engine::CORRECT, Engine::BENCHMARK];
    block_on(Alone::new(SliceEngine::new(Processor), works).ask(job))
}

fn refused(job: SliceJob) -> String {
    refusal(done(job).0).to_string()
}

#[test]
fn a_plan_is_heard_of_before_its_certificate() {
    let (last, heard) = done(SliceJob::Plan { problem: problem(), tolerance: 1e-3 });
    let SliceOutcome::Plan(plan) = outcome(last) else { panic!("no plan") };
    let better = |reply| match reply {
        Reply::News { news: SliceNews::Better(plan), .. } => Some(plan),
        _ => None,
    };
    let early: Vec<_> = heard.into_iter().filter_map(better).collect();
    assert_eq!(early.len(), 1);
    assert!(early[0].gap.is_none() && plan.gap.unwrap() <= 1e-3);
}

#[test]
fn charts_have_the_shape_that_was_asked_for() {
    let allocation = vec![2000.0, 20.0];
    let job = SliceJob::Landscape { problem: problem(), slice: 0, allocation, resolution: 9 };
    let SliceOutcome::Landscape(field) = outcome(done(job).0) else { panic!() };
    assert_eq!((field.x.len(), field.y.len(), field.degradation.len()), (9, 9, 81));
    let job = SliceJob::Curves { problem: problem(), slice: 0, points: 5 };
    let SliceOutcome::Curves(curves) = outcome(done(job).0) else { panic!() };
    assert_eq!((curves.over_qos.len(), curves.over_degradation.len()), (5, 5));
}

#[test]
fn measurements_at_a_plan_give_the_members_weights_that_the_next_plan_is_made_with() {
    let card = shipped("testbed-ensemble").unwrap().card.clone();
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let mut problem = SliceProblem::single(&card, traffic, 4.6, 0.1);
    let rows = (0..60).map(|second| format!("3,2000,18,{}\n", 3.5 + 0.005 * f64::from(second)));
    let text = "n_users,cpu,bw,qos\n".to_owned() + &rows.collect::<String>();
    let table = NumberTable::of(&Table::read(&text).unwrap()).unwrap();
    let plan = |problem: &SliceProblem| {
        let job = SliceJob::Plan { problem: problem.clone(), tolerance: 1e-3 };
        let SliceOutcome::Plan(plan) = outcome(done(job).0) else { panic!("no plan") };
        plan
    };
    let before = plan(&problem);
    let job = SliceJob::Correct { problem: problem.clone(), slice: 0, table: Box::new(table) };
    let SliceOutcome::Corrected(found) = outcome(done(job).0) else { panic!("no corrections") };
    assert_eq!((found.corrections.len(), found.corrections[0].measured), (1, 1.0));
    problem.member_weights = Some(found.member_weights);
    assert!((plan(&problem).cost / before.cost - 1.0).abs() > 1e-3);
    problem.member_weights = Some(vec![1.0; 3]);
    let job = SliceJob::Plan { problem, tolerance: 1e-3 };
    assert!(refused(job).starts_with("member_weights is 3 numbers; allowed: "));
}

#[test]
fn damaged_jobs_are_refused_by_field() {
    assert!(
        refused(SliceJob::Plan { problem: problem(), tolerance: -1.0 })
            .starts_with("tolerance is -1")
    );
    let landscape = |slice, allocation: Vec<f64>, resolution| {
        refused(SliceJob::Landscape { problem: problem(), slice, allocation, resolution })
    };
    assert!(landscape(1, vec![1.0, 1.0], 9).starts_with("slice is 1"));
    assert!(landscape(0, vec![1.0], 9).starts_with("allocation is [1.0]"));
    assert!(landscape(0, vec![1.0, f64::NAN], 9).starts_with("allocation is [1.0, NaN]"));
    assert!(landscape(0, vec![1.0, 1.0], 1).starts_with("resolution is 1"));
    assert!(
        refused(SliceJob::Curves { problem: problem(), slice: 0, points: 1 })
            .starts_with("points is 1")
    );
    let benchmark = SliceJob::Benchmark { problem: problem(), repeats: 0 };
    assert!(refused(benchmark).starts_with("repeats is 0"));
    let error = block_on(network(&Networks::default(), "unknown")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "model is unknown; allowed: testbed-ensemble, testbed-gaussian, testbed-mixture, \
         delay-ensemble, delay"
    );
}

#[test]
fn a_job_that_the_build_does_not_list_is_refused_with_those_that_it_does() {
    let message = refused(SliceJob::Calibrate { problem: problem() });
    let listed = "a job that this build does: plan, landscape, curves, correct, benchmark";
    assert_eq!(message, format!("job is calibrate; allowed: {listed}"));
}
