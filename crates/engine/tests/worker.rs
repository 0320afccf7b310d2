//! The loop that all planners share: which jobs end others, wait, rest, crash or are refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

use std::cell::Cell;
use std::rc::Rc;

use alone::{Alone, Ticking};
use futures::executor::{LocalPool, block_on};
use futures::task::LocalSpawnExt;
use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_engine::worker::{Adapter, Doing, Host, Work};
use slicewise_optim::Monitor;
use slicewise_protocol::{Job, Never, Planner, Reply, Request};

/// A planner whose jobs count their checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counting;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Count {
    /// To so many; a newer one ends it.
    To(u32),
    /// The same, and no other ends it.
    Beside(u32),
    /// The same, before all others.
    First(u32),
    /// What no build does.
    Backwards,
}

impl Job for Count {
    fn kind(&self) -> &'static str {
        match self {
            Self::To(_) => "to",
            Self::Beside(_) => "beside",
            Self::First(_) => "first",
            Self::Backwards => "backwards",
        }
    }

    fn replaceable(&self) -> bool {
        !matches!(self, Self::Beside(_))
    }

    fn goes_first(&self) -> bool {
        matches!(self, Self::First(_))
    }
}

impl Planner for Counting {
    const NAME: &'static str = "counting";
    type Job = Count;
    type News = u32;
    type Outcome = u32;
    type Network = Never;
}

struct Counter;

impl Adapter for Counter {
    type Planner = Counting;

    fn install(&self, network: Never) -> Result<(), InputError> {
        match network {}
    }
}

const COUNT: Work<Counter> = Work {
    name: "count",
    begin: |_, job, turn| match job {
        Count::To(most) | Count::Beside(most) | Count::First(most) => Some(Box::pin(async move {
            for number in 1..=*most {
                turn.watch.checkpoint().await?;
                turn.news(number);
            }
            Ok(*most)
        })),
        Count::Backwards => None,
    },
};

/// A place where every breath lets the other jobs go on.
#[derive(Default)]
struct Shared {
    looks: Cell<u32>,
}

impl Host for Shared {
    fn now(&self) -> f64 {
        self.looks.set(self.looks.get() + 1);
        f64::from(self.looks.get()) * 40.0
    }

    fn breathe(&self) -> Doing<'_, ()> {
        let mut breathed = false;
        Box::pin(std::future::poll_fn(move |context| {
            if std::mem::replace(&mut breathed, true) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        }))
    }

    fn rest(&self) -> Doing<'_, ()> {
        self.breathe()
    }

    fn fetch<'a>(&'a self, _: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(async { None })
    }
}

/// What is said of jobs that are started one right after the other, with their numbers from 1.
fn together(jobs: &[Count]) -> Vec<Reply<Counting>> {
    let alone = Alone::within(Rc::new(Shared::default()), Counter, &[COUNT]);
    let mut pool = LocalPool::new();
    for (job, id) in jobs.iter().zip(1..) {
        let start = Request::Start { id, job: job.clone() };
        pool.spawner().spawn_local(alone.desk.receive(start).unwrap()).unwrap();
    }
    pool.run();
    alone.heard.take()
}

fn ends(replies: &[Reply<Counting>]) -> Vec<(u32, Option<u32>)> {
    let end = |reply: &Reply<Counting>| match reply {
        Reply::Done { id, outcome, .. } => Some((*id, Some(*outcome))),
        Reply::Stopped { id } => Some((*id, None)),
        _ => None,
    };
    replies.iter().filter_map(end).collect()
}

#[test]
fn a_newer_job_of_a_kind_ends_the_older_one() {
    let replies = together(&[Count::To(5), Count::To(3)]);
    assert_eq!(ends(&replies), [(1, None), (2, Some(3))]);
}

#[test]
fn jobs_that_do_not_replace_one_another_are_all_done() {
    let replies = together(&[Count::Beside(4), Count::Beside(2), Count::To(3)]);
    assert_eq!(ends(&replies), [(2, Some(2)), (3, Some(3)), (1, Some(4))]);
}

#[test]
fn all_jobs_wait_for_the_one_that_goes_first() {
    let replies = together(&[Count::Beside(2), Count::First(9)]);
    assert_eq!(ends(&replies), [(2, Some(9)), (1, Some(2))]);
    let told = |reply: &Reply<Counting>| matches!(reply, Reply::News { id: 1, .. });
    assert_eq!(replies.iter().position(told), Some(10), "{replies:?}");
}

#[test]
fn a_paused_job_rests_until_it_goes_on() {
    let host = Rc::new(Ticking::default());
    let alone = Alone::within(host.clone(), Counter, &[COUNT]);
    let (desk, heard) = (Rc::downgrade(&alone.desk), alone.heard.clone());
    host.at_breath(move |before| {
        if before == 5 {
            assert!(heard.borrow().is_empty(), "it went on");
            desk.upgrade().unwrap().receive(Request::Pause { id: 7, paused: false });
        }
    });
    let doing = alone.desk.receive(Request::Start { id: 7, job: Count::To(3) }).unwrap();
    assert!(alone.desk.receive(Request::Pause { id: 7, paused: true }).is_none());
    block_on(doing);
    assert_eq!(ends(&alone.heard.take()), [(7, Some(3))]);
}

#[test]
fn only_the_job_that_is_cancelled_stops() {
    let host = Rc::new(Ticking::default());
    let alone = Alone::within(host.clone(), Counter, &[COUNT]);
    let desk = Rc::downgrade(&alone.desk);
    host.at_breath(move |before| {
        let desk = desk.upgrade().unwrap();
        // There is no job 8: nothing happens.
        desk.receive(Request::Cancel { id: if before < 2 { 8 } else { 9 } });
    });
    let replies = block_on(alone.say(Request::Start { id: 9, job: Count::To(100) }));
    assert_eq!(replies.len(), 3, "{replies:?}");
    assert_eq!(replies[2], Reply::Stopped { id: 9 });
}

#[test]
fn a_job_that_is_not_listed_is_refused_with_those_that_are() {
    let alone = Alone::new(Counter, &[COUNT]);
    let (last, before) = block_on(alone.ask(Count::Backwards));
    let message = alone::refusal(last).to_string();
    assert_eq!(message, "job is backwards; allowed: a job that this build does: count");
    assert!(before.is_empty());
}

#[test]
#[should_panic(expected = "a crash was asked for")]
fn a_crash_that_is_asked_for_comes() {
    Alone::new(Counter, &[COUNT]).desk.receive(Request::Crash);
}
