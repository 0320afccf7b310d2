//! Jobs as a page sends them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{SliceNews, SlicePlan, Traffic};
use slicewise_engine::compute::Compute;
use slicewise_engine::jobs::JobError;
use slicewise_engine::jobs::slice::{Networks, run};
use slicewise_optim::{Progress, Unmonitored};
use slicewise_protocol::{Job, Outcome};

fn problem() -> SliceProblem {
    let card = Networks::default().get("testbed-gaussian").unwrap().card.clone();
    SliceProblem::single(&card, Traffic::Constant { users_per_second: 3.0 }, 5.0, 0.1)
}

struct Heard(Vec<Option<SlicePlan>>);

impl Progress<SliceNews> for Heard {
    fn share(&mut self, _: f64) {
        self.0.push(None);
    }

    fn news(&mut self, news: SliceNews) {
        if let SliceNews::Better(plan) = news {
            self.0.push(Some(*plan));
        }
    }
}

fn done(job: &Job) -> Result<(Outcome, Vec<Option<SlicePlan>>), JobError> {
    let network = Networks::default().get("testbed-gaussian").unwrap();
    let mut heard = Heard(Vec::new());
    let outcome =
        block_on(run(job, &network, &Compute::default(), &Unmonitored, &mut heard, &|| 0.0))?;
    Ok((outcome, heard.0))
}

fn refused(job: &Job) -> String {
    match done(job) {
        Err(JobError::Input(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plan_is_heard_of_before_its_certificate() {
    let (outcome, heard) = done(&Job::Plan { problem: problem(), tolerance: 1e-3 }).unwrap();
    let Outcome::Plan(plan) = outcome else { panic!("{outcome:?}") };
    let early: Vec<_> = heard.into_iter().flatten().collect();
    assert_eq!(early.len(), 1);
    assert!(early[0].gap.is_none() && plan.gap.unwrap() <= 1e-3);
}

#[test]
fn charts_have_the_shape_that_was_asked_for() {
    let allocation = vec![2000.0, 20.0];
    let job = Job::Landscape { problem: problem(), slice: 0, allocation, resolution: 9 };
    let Ok((Outcome::Landscape(field), _)) = done(&job) else { panic!() };
    assert_eq!((field.x.len(), field.y.len(), field.degradation.len()), (9, 9, 81));
    let job = Job::Curves { problem: problem(), slice: 0, points: 5 };
    let Ok((Outcome::Curves(curves), _)) = done(&job) else { panic!() };
    assert_eq!((curves.over_qos.len(), curves.over_degradation.len()), (5, 5));
}

#[test]
fn damaged_jobs_are_refused_by_field() {
    assert!(
        refused(&Job::Plan { problem: problem(), tolerance: -1.0 }).starts_with("tolerance is -1")
    );
    let landscape = |slice, allocation: Vec<f64>, resolution| {
        refused(&Job::Landscape { problem: problem(), slice, allocation, resolution })
    };
    assert!(landscape(1, vec![1.0, 1.0], 9).starts_with("slice is 1"));
    assert!(landscape(0, vec![1.0], 9).starts_with("allocation is [1.0]"));
    assert!(landscape(0, vec![1.0, f64::NAN], 9).starts_with("allocation is [1.0, NaN]"));
    assert!(landscape(0, vec![1.0, 1.0], 1).starts_with("resolution is 1"));
    assert!(
        refused(&Job::Curves { problem: problem(), slice: 0, points: 1 })
            .starts_with("points is 1")
    );
    let benchmark = Job::Benchmark { problem: problem(), repeats: 0 };
    assert!(refused(&benchmark).starts_with("repeats is 0"));
    let error = Networks::default().get("unknown").unwrap_err();
    assert_eq!(
        error.to_string(),
        "model is unknown; allowed: testbed-gaussian, testbed-mixture, delay"
    );
}
