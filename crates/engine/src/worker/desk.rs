//! A planner's desk in an engine: takes requests in, begins jobs, replaces, pauses and stops them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_protocol::{Job, JobId, Planner, Reply, Request};

use super::turn::{Doing, Flags, Host, Post, Turn, Watch};
use super::{Adapter, Outcome, Work};
use crate::JobError;

/// A job under way.
struct Running {
    id: JobId,
    kind: &'static str,
    flags: Rc<Flags>,
}

/// What an engine does for one planner.
pub struct Desk<A: Adapter> {
    adapter: A,
    works: &'static [Work<A>],
    host: Rc<dyn Host>,
    post: Post<A::Planner>,
    running: RefCell<Vec<Running>>,
    /// Jobs under way that go first: the others wait for them.
    ahead: Rc<Cell<u32>>,
}

impl<A: Adapter> Desk<A> {
    /// Does `works` with what `adapter` keeps; replies go to `post`.
    pub fn new(
        adapter: A,
        works: &'static [Work<A>],
        host: Rc<dyn Host>,
        post: impl Fn(&Reply<A::Planner>) + 'static,
    ) -> Rc<Self> {
        let post: Post<A::Planner> = Rc::new(post);
        let (running, ahead) = Default::default();
        Rc::new(Self { adapter, works, host, post, running, ahead })
    }

    /// Takes a request in; what comes back does the job, if it starts one.
    pub fn receive(self: &Rc<Self>, request: Request<A::Planner>) -> Option<Doing<'static, ()>> {
        match request {
            Request::Open { .. } => {}
            Request::Start { id, job } => return Some(self.begin(id, job)),
            Request::Install(network) => {
                if let Err(error) = self.adapter.install(*network) {
                    self.refuse(0, error);
                }
            }
            Request::Pause { id, paused } => self.flag(|r| r.id == id, |f| f.paused.set(paused)),
            Request::Cancel { id } => self.flag(|r| r.id == id, |flags| flags.stop.set(true)),
            #[allow(clippy::panic, reason = "the request exists to test recovery from a panic")]
            Request::Crash => panic!("a crash was asked for"),
        }
        None
    }

    /// Refuses what was asked under the number `id`.
    pub fn refuse(&self, id: JobId, error: InputError) {
        (self.post)(&Reply::Refused { id, error });
    }

    fn flag(&self, chosen: impl Fn(&Running) -> bool, set: impl Fn(&Flags)) {
        self.running.borrow().iter().filter(|r| chosen(r)).for_each(|r| set(&r.flags));
    }

    /// Ends the jobs that `job` replaces and gives it its place among those under way.
    fn begin(self: &Rc<Self>, id: JobId, job: <A::Planner as Planner>::Job) -> Doing<'static, ()> {
        let kind = job.kind();
        if job.replaceable() {
            self.flag(|running| running.kind == kind, |flags| flags.stop.set(true));
        }
        let flags: Rc<Flags> = Rc::default();
        self.running.borrow_mut().push(Running { id, kind, flags: flags.clone() });
        let desk = self.clone();
        Box::pin(async move {
            let first = u32::from(job.goes_first());
            desk.ahead.set(desk.ahead.get() + first);
            let reply = desk.work(id, &job, flags).await;
            desk.ahead.set(desk.ahead.get() - first);
            desk.running.borrow_mut().retain(|running| running.id != id);
            (desk.post)(&reply);
        })
    }

    async fn work(
        &self,
        id: JobId,
        job: &<A::Planner as Planner>::Job,
        flags: Rc<Flags>,
    ) -> Reply<A::Planner> {
        let start = self.host.now();
        let ahead = (!job.goes_first()).then(|| self.ahead.clone());
        let watch = Watch::new(self.host.clone(), flags, ahead);
        let turn = Turn::new(id, watch, self.post.clone());
        match self.outcome(job, &turn).await {
            Ok(outcome) => Reply::Done { id, outcome, elapsed_ms: self.host.now() - start },
            Err(JobError::Input(error)) => Reply::Refused { id, error },
            Err(JobError::Stopped) => Reply::Stopped { id },
            Err(JobError::Gpu(fault)) => Reply::NoGpu(fault),
        }
    }

    async fn outcome(
        &self,
        job: &<A::Planner as Planner>::Job,
        turn: &Turn<A::Planner>,
    ) -> Outcome<A::Planner> {
        match self.works.iter().find_map(|work| (work.begin)(&self.adapter, job, turn)) {
            Some(doing) => doing.await,
            None => {
                let names: Vec<&str> = self.works.iter().map(|work| work.name).collect();
                let allowed = format!("a job that this build does: {}", names.join(", "));
                Err(InputError::new("job", job.kind(), allowed).into())
            }
        }
    }
}
