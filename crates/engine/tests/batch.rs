//! Batches and their calibration as a page asks for them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};
use slicewise_core::slice::{SliceNews, Sweep, Traffic};
use slicewise_engine::compute::Compute;
use slicewise_engine::jobs::JobError;
use slicewise_engine::jobs::slice::{Networks, run};
use slicewise_optim::{Progress, Unmonitored};
use slicewise_protocol::{Job, Outcome};

fn problem() -> SliceProblem {
    let card = Networks::default().get("testbed-gaussian").unwrap().card.clone();
    SliceProblem::single(&card, Traffic::Normal { mean: 3.0, deviation: 0.6 }, 5.0, 0.1)
}

fn sweep() -> Sweep {
    Sweep::Surface(Surface {
        problem: problem(),
        x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points: 12 },
        y: Axis { quantity: Quantity::QosThreshold, from: 2.0, to: 6.0, points: 8 },
    })
}

struct Heard(Vec<f64>);

impl Progress<SliceNews> for Heard {
    fn share(&mut self, fraction: f64) {
        self.0.push(fraction);
    }
}

fn done(job: &Job) -> (Result<Outcome, JobError>, Vec<f64>) {
    let network = Networks::default().get("testbed-gaussian").unwrap();
    let mut heard = Heard(Vec::new());
    let clock = std::time::Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1e3;
    let outcome = block_on(run(job, &network, &Compute::default(), &Unmonitored, &mut heard, &now));
    (outcome, heard.0)
}

#[test]
fn a_batch_job_plans_its_range_and_tells_how_far_it_is() {
    let (outcome, heard) = done(&Job::Batch { sweep: sweep(), first: 10, count: 80 });
    let Ok(Outcome::Batch(plans)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((plans.len(), plans.resources, plans.allocations.len()), (80, 2, 160));
    assert!(plans.feasible.iter().filter(|feasible| **feasible).count() > 70);
    assert!(heard.len() > 1 && heard.is_sorted() && heard.last() == Some(&1.0));
}

#[test]
fn a_calibration_job_says_how_long_batches_take() {
    let (outcome, _) = done(&Job::Calibrate { problem: problem() });
    let Ok(Outcome::Calibration(model)) = outcome else { panic!("{outcome:?}") };
    assert!(model.fixed_ms >= 0.0 && model.ms_per_work > 0.0);
    let idle = SliceProblem::single(
        &Networks::default().get("testbed-gaussian").unwrap().card,
        Traffic::Constant { users_per_second: 0.0 },
        5.0,
        0.1,
    );
    assert!(done(&Job::Calibrate { problem: idle }).0.is_ok());
}

#[test]
fn damaged_batch_jobs_are_refused_by_field() {
    let refused = |job: &Job| match done(job).0 {
        Err(JobError::Input(error)) => error.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Job::Batch { sweep: sweep(), first: 96, count: 1 }), "first");
    assert_eq!(refused(&Job::Batch { sweep: sweep(), first: 0, count: 97 }), "count");
    let mut damaged = problem();
    damaged.slices[0].qos_threshold = f64::NAN;
    assert_eq!(refused(&Job::Calibrate { problem: damaged }), "slices[0].qos_threshold");
}
