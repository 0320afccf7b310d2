//! Batches and their calibration as a page asks for them, run natively.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use std::rc::Rc;

use alone::{Alone, Ticking, outcome, refusal, shares, site_file};
use futures::executor::block_on;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome, Sweep, Traffic};
use slicewise_engine::planners::Processor;
use slicewise_engine::planners::slice::SliceEngine;
use slicewise_engine::worker::{Doing, Host};
use slicewise_protocol::Reply;
use slicewise_slice::model::shipped;

/// A place with a true clock.
struct Timed(std::time::Instant);

impl Host for Timed {
    fn now(&self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1e3
    }

    fn breathe(&self) -> Doing<'_, ()> {
        Box::pin(async {})
    }

    fn rest(&self) -> Doing<'_, ()> {
        self.breathe()
    }

    fn fetch<'a>(&'a self, file: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(async { site_file(file) })
    }
}

fn problem() -> SliceProblem {
    let card = shipped("testbed-gaussian").unwrap().card.clone();
    SliceProblem::in_whole_box(&card, Traffic::Normal { mean: 3.0, deviation: 0.6 }, 5.0, 0.1)
}

fn sweep() -> Sweep {
    Sweep::Surface(Surface {
        problem: problem(),
        x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 5.0, points: 12 },
        y: Axis { quantity: Quantity::QosThreshold, from: 2.0, to: 6.0, points: 8 },
    })
}

fn done(host: Rc<dyn Host>, job: SliceJob) -> (Reply<Slice>, Vec<Reply<Slice>>) {
    type Engine = SliceEngine<Processor>;
    let works = &[Engine::BATCH, Engine::CALIBRATE];
    block_on(Alone::within(host, SliceEngine::new(Processor), works).ask(job))
}

fn timed(job: SliceJob) -> Reply<Slice> {
    done(Rc::new(Timed(std::time::Instant::now())), job).0
}

#[test]
fn a_batch_job_plans_its_range_and_tells_how_far_it_is() {
    let job = SliceJob::Batch { sweep: sweep(), first: 10, count: 80 };
    let (last, before) = done(Rc::new(Ticking::default()), job);
    let SliceOutcome::Batch(plans) = outcome(last) else { panic!("no batch") };
    let heard = shares(&before);
    assert_eq!((plans.len(), plans.resources, plans.allocations.len()), (80, 2, 160));
    assert!(plans.feasible.iter().filter(|feasible| **feasible).count() > 70);
    assert!(heard.len() > 1 && heard.is_sorted() && heard.last() == Some(&1.0));
}

#[test]
fn a_calibration_job_says_how_long_batches_take() {
    let found = outcome(timed(SliceJob::Calibrate { problem: problem() }));
    let SliceOutcome::Calibration(model) = found else { panic!("{found:?}") };
    assert!(model.fixed_ms >= 0.0 && model.ms_per_work > 0.0);
    let idle = SliceProblem::in_whole_box(
        &shipped("testbed-gaussian").unwrap().card,
        Traffic::Constant { users_per_second: 0.0 },
        5.0,
        0.1,
    );
    outcome(timed(SliceJob::Calibrate { problem: idle }));
}

#[test]
fn damaged_batch_jobs_are_refused_by_field() {
    let refused = |job: SliceJob| refusal(timed(job)).field;
    assert_eq!(refused(SliceJob::Batch { sweep: sweep(), first: 96, count: 1 }), "first");
    assert_eq!(refused(SliceJob::Batch { sweep: sweep(), first: 0, count: 97 }), "count");
    let mut damaged = problem();
    damaged.slices[0].qos_threshold = f64::NAN;
    assert_eq!(refused(SliceJob::Calibrate { problem: damaged }), "slices[0].qos_threshold");
}
