//! The workers that plan batches: some on the processor, and the GPU engine where it is wanted. They
//! start with the first batch, apart from the planner's own engine, so that sliders stay instant. What
//! is planned is behind the trait [`Work`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::{Set, WithUntracked};
use slicewise_core::InputError;
use slicewise_core::compute::{CostModel, Device, GpuFault};
use slicewise_protocol::{JobId, Network, Planner, Reply, Request};

use super::compute::{Batch, Compute, Decision, GpuState};
use super::ranges::{Ranges, Share, share_size};
use crate::engine::worker::{EngineWorker, UPDATED};
use crate::shell::browser;

/// How long a worker on the processor should be busy with what it is handed.
const SHARE_MS: f64 = 75.0;
/// The most problems that the GPU engine is handed at a time.
const GPU_SHARE: usize = 16_384;
/// The GPU engine counts as lost after this and [`GPU_PATIENCE`] times the expected time of its job.
const GPU_SILENCE_MS: f64 = 30_000.0;
const GPU_PATIENCE: f64 = 20.0;
/// A worker that crashed so often in one run is not started again.
const MOST_CRASHES: u32 = 2;

/// Number of a run.
pub type RunId = u32;

/// A device that a run is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many workers on the processor.
    Cpu(usize),
    /// The GPU engine.
    Gpu,
}

/// What a run works on: rows of problems, the jobs that are cut from them, and what becomes of the
/// answers. The pool is free when it tells a run something, and only then.
pub trait Work<P: Planner> {
    /// Number of problems of each row.
    fn lengths(&self) -> Vec<usize>;

    /// The job that plans `share`.
    fn job(&self, share: Share) -> P::Job;

    /// Takes the answer to that job in and says how many of its problems are new; none where the
    /// answer does not fit the question.
    fn take(&mut self, share: Share, outcome: P::Outcome) -> Option<usize>;

    /// Takes in what an engine tells before it answers.
    fn hear(&mut self, _news: P::News) {}

    /// Some problems were planned, `done` of them by now.
    fn progress(&mut self, done: usize);

    /// All problems are planned: after `elapsed_ms` milliseconds, on `device`, in words.
    fn finish(&mut self, elapsed_ms: f64, device: String);

    /// The run cannot be done, and why.
    fn fail(&mut self, failure: Failure);

    /// Name of the model.
    fn model(&self) -> Option<&str>;

    /// Whether it answers a control in motion: workers turn to it before they go on with other runs.
    fn goes_first(&self) -> bool {
        false
    }

    /// Mean work of a problem, in the unit in which devices are compared.
    fn work_per_problem(&self) -> f64 {
        0.0
    }

    /// Measures what a worker takes for such problems; none where no choice hangs on it.
    fn calibration(&self) -> Option<Calibration<P>> {
        None
    }
}

/// Measures what a worker takes.
pub struct Calibration<P: Planner> {
    /// The job that measures.
    pub job: P::Job,
    /// The measurement in its outcome.
    pub read: fn(P::Outcome) -> Option<CostModel>,
}

/// Why a run was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// It cannot be done as asked.
    Refused(InputError),
    /// Something else, in words.
    Broken(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(formatter),
            Self::Broken(reason) => formatter.write_str(reason),
        }
    }
}

/// The scripts of a pool's workers.
#[derive(Clone, Copy, Debug)]
pub struct Scripts {
    /// Of the engine on the processor.
    pub cpu: &'static str,
    /// Of the GPU engine, which is only started where [`Compute`] says so.
    pub gpu: &'static str,
}

/// The pool; clones share it.
#[derive(Clone)]
pub struct EnginePool<P: Planner>(Rc<RefCell<Inner<P>>>);

struct Inner<P: Planner> {
    compute: Compute,
    scripts: Scripts,
    /// Those on the processor, then the GPU engine.
    workers: Vec<PoolWorker<P>>,
    runs: Vec<Run<P>>,
    next_run: RunId,
    next_job: JobId,
    installed: Vec<P::Network>,
    /// What one worker takes, by model.
    costs: HashMap<String, CostModel>,
    /// Words for the listeners, said once the pool is free again.
    news: Vec<Box<dyn FnOnce()>>,
    /// For the workers' listeners.
    myself: std::rc::Weak<RefCell<Inner<P>>>,
}

struct PoolWorker<P: Planner> {
    engine: Option<EngineWorker<P>>,
    /// Tells the words of a former engine from those of the present one.
    generation: u32,
    ready: bool,
    task: Option<Task<P>>,
    crashes: u32,
}

impl<P: Planner> PoolWorker<P> {
    fn new() -> Self {
        Self { engine: None, generation: 0, ready: false, task: None, crashes: 0 }
    }
}

struct Task<P: Planner> {
    id: JobId,
    what: What<P>,
    _deadline: Option<Timeout>,
}

enum What<P: Planner> {
    Share { run: RunId, share: Share },
    Calibrate { model: String, read: fn(P::Outcome) -> Option<CostModel> },
}

struct Run<P: Planner> {
    id: RunId,
    /// A newer run of the same view cancels the older one.
    view: Option<&'static str>,
    work: Rc<RefCell<dyn Work<P>>>,
    model: Option<String>,
    ranges: Ranges,
    total: usize,
    done: usize,
    work_per_problem: f64,
    device: RunDevice,
    place: Option<Place>,
    words: String,
    ms_per_problem: Option<f64>,
    started_ms: f64,
    goes_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunDevice {
    Cpu,
    Gpu,
}

impl<P: Planner> EnginePool<P> {
    /// A pool without a worker yet.
    pub fn new(compute: Compute, scripts: Scripts) -> Self {
        let workers = (0..=compute.workers).map(|_| PoolWorker::new()).collect();
        Self(Rc::new_cyclic(|myself| {
            RefCell::new(Inner {
                compute,
                scripts,
                workers,
                runs: Vec::new(),
                next_run: 1,
                next_job: 1,
                installed: Vec::new(),
                costs: HashMap::new(),
                news: Vec::new(),
                myself: myself.clone(),
            })
        }))
    }

    /// Starts to work. With a `view`, a run of the same view that is under way is cancelled; `place`
    /// binds the run to a device against the visitor's choice.
    pub fn start(
        &self,
        view: Option<&'static str>,
        place: Option<Place>,
        work: Rc<RefCell<dyn Work<P>>>,
    ) -> RunId {
        self.act(|inner| inner.begin(view, place, work))
    }

    /// The choice of devices that the pool follows.
    pub fn compute(&self) -> Compute {
        self.0.borrow().compute
    }

    /// Stops a run; it is not heard of again.
    pub fn cancel(&self, run: RunId) {
        self.act(|inner| inner.drop_run(run));
    }

    /// Gives every worker a network; one of the same name goes.
    pub fn install(&self, network: P::Network) {
        self.act(|inner| {
            inner.installed.retain(|known| known.name() != network.name());
            inner.costs.remove(&network.name());
            let request = Request::Install(Box::new(network.clone()));
            inner.installed.push(network);
            for worker in inner.workers.iter().filter(|worker| worker.ready) {
                if let Some(engine) = &worker.engine {
                    // A worker that takes no messages fails at its next job.
                    let _ = engine.post(&request);
                }
            }
        });
    }

    /// Changes the pool, hands out what can be, and then tells the listeners.
    fn act<T>(&self, change: impl FnOnce(&mut Inner<P>) -> T) -> T {
        let (result, news) = {
            let mut inner = self.0.borrow_mut();
            let result = change(&mut inner);
            inner.hand_out();
            (result, std::mem::take(&mut inner.news))
        };
        news.into_iter().for_each(|tell| tell());
        result
    }
}

/// Where a run stands among those of `others`, which are handed out in their order: behind all, or
/// before those that do not go first.
fn place_of(goes_first: bool, mut others: impl ExactSizeIterator<Item = bool>) -> usize {
    let count = others.len();
    let behind = if goes_first { others.position(|first| !first) } else { None };
    behind.unwrap_or(count)
}

impl<P: Planner> Inner<P> {
    fn gpu(&self) -> usize {
        self.workers.len() - 1
    }

    fn workers_of(&self, device: RunDevice) -> Range<usize> {
        match device {
            RunDevice::Cpu => 0..self.gpu(),
            RunDevice::Gpu => self.gpu()..self.gpu() + 1,
        }
    }

    fn begin(
        &mut self,
        view: Option<&'static str>,
        place: Option<Place>,
        work: Rc<RefCell<dyn Work<P>>>,
    ) -> RunId {
        let same = |run: &&Run<P>| view.is_some() && run.view == view;
        let older: Vec<RunId> = self.runs.iter().filter(same).map(|run| run.id).collect();
        older.into_iter().for_each(|run| self.drop_run(run));
        let gpu = self.gpu();
        self.workers[..gpu].iter_mut().for_each(|worker| worker.crashes = 0);
        let id = self.next_run;
        self.next_run += 1;
        let (lengths, work_per_problem, model, goes_first) = {
            let work = work.borrow();
            let model = work.model().map(str::to_owned);
            (work.lengths(), work.work_per_problem(), model, work.goes_first())
        };
        let total = lengths.iter().sum();
        let run = Run {
            id,
            view,
            work_per_problem,
            model,
            work,
            ranges: Ranges::new(&lengths),
            total,
            done: 0,
            device: RunDevice::Cpu,
            place,
            words: String::new(),
            ms_per_problem: None,
            started_ms: browser::now_ms(),
            goes_first,
        };
        let at = place_of(goes_first, self.runs.iter().map(|run| run.goes_first));
        self.runs.insert(at, run);
        self.decide(at);
        if total == 0 {
            self.finish(at);
        }
        id
    }

    /// Gives a run its device as things stand.
    fn decide(&mut self, index: usize) {
        let run = &self.runs[index];
        let batch = Batch {
            problems: run.total,
            work: run.work_per_problem * (run.total - run.done) as f64,
            cpu: run.model.as_ref().and_then(|model| self.costs.get(model)).copied(),
        };
        let decision = match run.place {
            Some(Place::Cpu(workers)) => Decision::Cpu(format!("CPU, {workers} workers")),
            Some(Place::Gpu) => self.compute.decide_for(Device::Gpu, batch),
            None => self.compute.decide(batch),
        };
        let (device, start, words) = match decision {
            Decision::Cpu(words) => (RunDevice::Cpu, false, words),
            Decision::CpuUntilGpu(words) => (RunDevice::Cpu, true, words),
            Decision::Gpu(words) => (RunDevice::Gpu, true, words),
            Decision::GpuOnceStarted(words) => (RunDevice::Gpu, true, words),
        };
        let run = &mut self.runs[index];
        run.words.clone_from(&words);
        if run.device != device {
            run.device = device;
            run.ms_per_problem = None;
        }
        if run.place.is_none() {
            self.compute.last.set(Some(words));
        }
        if start {
            self.start_gpu();
        }
    }

    fn decide_all(&mut self) {
        (0..self.runs.len()).for_each(|index| self.decide(index));
    }

    fn start_gpu(&mut self) {
        let idle = self.compute.gpu.with_untracked(|gpu| *gpu == GpuState::NotStarted);
        if idle {
            self.compute.gpu.set(GpuState::Starting);
            self.spawn(self.gpu());
        }
    }

    fn spawn(&mut self, index: usize) {
        let script = if index == self.gpu() { self.scripts.gpu } else { self.scripts.cpu };
        let worker = &mut self.workers[index];
        worker.generation += 1;
        worker.ready = false;
        let (pool, generation) = (self.myself.clone(), worker.generation);
        let started = EngineWorker::start(script, move |reply| {
            if let Some(pool) = pool.upgrade() {
                EnginePool(pool).act(|inner| inner.hear(index, generation, reply));
            }
        });
        match started {
            Ok(engine) => self.workers[index].engine = Some(engine),
            Err(reason) => self.worker_failed(index, &reason),
        }
    }

    fn hear(&mut self, index: usize, generation: u32, reply: Reply<P>) {
        if self.workers[index].generation != generation {
            return;
        }
        match reply {
            Reply::Crashed { message, .. } => self.worker_failed(index, &message),
            Reply::OtherBuild { .. } => {
                // Another worker would be of the other build, too.
                self.workers[index].crashes = MOST_CRASHES;
                self.worker_failed(index, UPDATED);
            }
            Reply::Ready => self.worker_ready(index),
            Reply::Gpu(report) => self.compute.gpu.set(GpuState::Ready(report)),
            Reply::NoGpu(fault) => self.gpu_lost(fault.to_string()),
            Reply::Done { id, outcome, elapsed_ms } => {
                if let Some(task) = self.take_task(index, id) {
                    self.task_done(index, task, outcome, elapsed_ms);
                }
            }
            Reply::Refused { id, error } => {
                if let Some(task) = self.take_task(index, id) {
                    self.task_refused(index, task, error);
                }
            }
            Reply::Stopped { id } => {
                if let Some(task) = self.take_task(index, id) {
                    self.give_back(task);
                }
            }
            Reply::News { id, news } => self.pass_on(index, id, news),
            Reply::Progress { .. } => {}
        }
    }

    fn worker_ready(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        worker.ready = true;
        for network in &self.installed {
            if let Some(engine) = &worker.engine {
                // A worker that takes no messages fails at its next job.
                let _ = engine.post(&Request::Install(Box::new(network.clone())));
            }
        }
        if index == self.gpu() {
            self.decide_all();
        }
    }

    fn take_task(&mut self, index: usize, id: JobId) -> Option<Task<P>> {
        self.workers[index].task.take_if(|task| task.id == id)
    }

    fn task_done(&mut self, index: usize, task: Task<P>, outcome: P::Outcome, elapsed_ms: f64) {
        match task.what {
            What::Share { run, share } => self.place(index, run, share, outcome, elapsed_ms),
            What::Calibrate { model, read } => {
                if let Some(cost) = read(outcome) {
                    self.costs.insert(model, cost);
                    self.decide_all();
                }
            }
        }
    }

    /// Tells a run what the engine tells before it answers.
    fn pass_on(&mut self, index: usize, id: JobId, news: P::News) {
        let Some(task) = self.workers[index].task.as_ref().filter(|task| task.id == id) else {
            return;
        };
        let What::Share { run, .. } = task.what else { return };
        let Some(run) = self.runs.iter().find(|other| other.id == run) else { return };
        let work = run.work.clone();
        self.news.push(Box::new(move || work.borrow_mut().hear(news)));
    }

    fn place(&mut self, index: usize, run: RunId, share: Share, outcome: P::Outcome, ms: f64) {
        let Some(at) = self.runs.iter().position(|other| other.id == run) else { return };
        let run = &mut self.runs[at];
        let taken = run.work.borrow_mut().take(share, outcome);
        let Some(new) = taken else {
            let reason = "the engine sent an answer that does not fit the question".to_owned();
            let id = run.id;
            self.fail(id, Failure::Broken(reason));
            return;
        };
        self.workers[index].crashes = 0;
        run.done += new;
        let ms = ms / share.count as f64;
        run.ms_per_problem = Some(run.ms_per_problem.map_or(ms, |before| 0.5 * (before + ms)));
        let work = run.work.clone();
        let done = run.done;
        let whole = done == run.total;
        self.news.push(Box::new(move || work.borrow_mut().progress(done)));
        if whole {
            self.finish(at);
        }
    }

    fn finish(&mut self, at: usize) {
        let run = self.runs.remove(at);
        let elapsed_ms = browser::now_ms() - run.started_ms;
        self.news.push(Box::new(move || run.work.borrow_mut().finish(elapsed_ms, run.words)));
    }

    fn task_refused(&mut self, index: usize, task: Task<P>, error: InputError) {
        match task.what {
            // The processor may take what the GPU engine does not; it refuses what is wrong as well.
            What::Share { .. } if index == self.gpu() => {
                self.give_back(task);
                self.gpu_lost(format!("it refused the batch: {error}"));
            }
            What::Share { run, .. } => self.fail(run, Failure::Refused(error)),
            // Without a calibration the processor plans.
            What::Calibrate { model, .. } => {
                self.costs.insert(model, CostModel { fixed_ms: 0.0, ms_per_work: 0.0 });
            }
        }
    }

    fn fail(&mut self, run: RunId, failure: Failure) {
        let Some(at) = self.runs.iter().position(|other| other.id == run) else { return };
        let work = self.runs[at].work.clone();
        self.drop_run(run);
        self.news.push(Box::new(move || work.borrow_mut().fail(failure)));
    }

    /// Forgets a run and stops what the workers do for it.
    fn drop_run(&mut self, run: RunId) {
        self.runs.retain(|other| other.id != run);
        for worker in &self.workers {
            let (Some(engine), Some(task)) = (&worker.engine, &worker.task) else { continue };
            if matches!(task.what, What::Share { run: of, .. } if of == run) {
                // The worker answers `Stopped`, or `Done` with plans that nobody waits for.
                let _ = engine.post(&Request::Cancel { id: task.id });
            }
        }
    }

    fn give_back(&mut self, task: Task<P>) {
        let What::Share { run, share } = task.what else { return };
        if let Some(run) = self.runs.iter_mut().find(|other| other.id == run) {
            run.ranges.give_back(share);
        }
    }

    fn worker_failed(&mut self, index: usize, reason: &str) {
        if index == self.gpu() {
            self.gpu_lost(format!("its engine stopped: {reason}"));
            return;
        }
        self.close(index);
        self.workers[index].crashes += 1;
        if self.workers[index].crashes < MOST_CRASHES {
            self.spawn(index);
        } else if self
            .workers_of(RunDevice::Cpu)
            .all(|other| self.workers[other].crashes >= MOST_CRASHES)
        {
            let ids: Vec<RunId> = self
                .runs
                .iter()
                .filter(|run| run.device == RunDevice::Cpu)
                .map(|run| run.id)
                .collect();
            let failure = Failure::Broken(format!("all workers stopped: {reason}"));
            ids.into_iter().for_each(|run| self.fail(run, failure.clone()));
        }
    }

    fn close(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        worker.engine = None;
        worker.generation += 1;
        worker.ready = false;
        if let Some(task) = worker.task.take() {
            self.give_back(task);
        }
    }

    /// Ends the GPU engine; what it was to plan goes to the processor.
    fn gpu_lost(&mut self, why: String) {
        self.close(self.gpu());
        self.compute.gpu.set(GpuState::Unavailable(why.clone()));
        let bound: Vec<RunId> = self
            .runs
            .iter()
            .filter(|run| run.place == Some(Place::Gpu))
            .map(|run| run.id)
            .collect();
        let failure = Failure::Broken(format!("GPU not used: {why}"));
        bound.into_iter().for_each(|run| self.fail(run, failure.clone()));
        self.decide_all();
    }

    /// Gives every idle worker something to do.
    fn hand_out(&mut self) {
        let wants_cpu =
            self.runs.iter().any(|run| run.device == RunDevice::Cpu && run.ranges.waiting() > 0);
        if wants_cpu {
            for index in self.workers_of(RunDevice::Cpu) {
                if self.workers[index].engine.is_none()
                    && self.workers[index].crashes < MOST_CRASHES
                {
                    self.spawn(index);
                }
            }
        }
        self.hand_out_calibration();
        for device in [RunDevice::Gpu, RunDevice::Cpu] {
            for index in self.workers_of(device) {
                self.hand_out_to(index, device);
            }
        }
    }

    fn is_idle(&self, index: usize) -> bool {
        self.workers[index].ready && self.workers[index].task.is_none()
    }

    /// Measures what a worker takes, where a choice hangs on it.
    fn hand_out_calibration(&mut self) {
        let automatic = self.compute.choice.with_untracked(|choice| *choice == Device::Auto);
        let has_gpu =
            self.compute.gpu.with_untracked(|gpu| !matches!(gpu, GpuState::Unavailable(_)));
        if !automatic || !has_gpu {
            return;
        }
        let under_way = |model: &str| {
            self.workers.iter().any(|worker| {
                matches!(&worker.task, Some(Task { what: What::Calibrate { model: of, .. }, .. }) if of == model)
            })
        };
        let wanted = self.runs.iter().filter(|run| run.place.is_none()).find_map(|run| {
            let model = run.model.as_deref()?;
            let known = self.costs.contains_key(model) || under_way(model);
            let calibration = if known { None } else { run.work.borrow().calibration() };
            Some((model.to_owned(), calibration?))
        });
        let Some((model, calibration)) = wanted else { return };
        let Some(index) = self.workers_of(RunDevice::Cpu).find(|index| self.is_idle(*index)) else {
            return;
        };
        let Calibration { job, read } = calibration;
        self.send(index, What::Calibrate { model, read }, job, None);
    }

    fn hand_out_to(&mut self, index: usize, device: RunDevice) {
        if !self.is_idle(index) {
            return;
        }
        let workers = self.workers_of(device).len();
        for at in 0..self.runs.len() {
            let run = &self.runs[at];
            let allowed = match run.place {
                Some(Place::Cpu(workers)) => index < workers,
                _ => true,
            };
            if run.device != device || !allowed {
                continue;
            }
            let most = match device {
                RunDevice::Gpu => GPU_SHARE,
                RunDevice::Cpu => {
                    share_size(run.ms_per_problem, SHARE_MS, run.ranges.waiting(), workers)
                }
            };
            let (id, work) = (run.id, run.work_per_problem);
            let run = &mut self.runs[at];
            let Some(share) = run.ranges.take(most) else { continue };
            let job = run.work.borrow().job(share);
            let deadline = (device == RunDevice::Gpu).then_some(work * share.count as f64);
            self.send(index, What::Share { run: id, share }, job, deadline);
            return;
        }
    }

    /// Sends a job; with `work` it is given up when the GPU engine stays silent for too long.
    fn send(&mut self, index: usize, what: What<P>, job: P::Job, work: Option<f64>) {
        let id = self.next_job;
        self.next_job += 1;
        let deadline = work.map(|work| self.deadline(index, work));
        self.workers[index].task = Some(Task { id, what, _deadline: deadline });
        let Some(engine) = &self.workers[index].engine else { return };
        if let Err(reason) = engine.post(&Request::Start { id, job }) {
            self.worker_failed(index, &reason);
        }
    }

    fn deadline(&self, index: usize, work: f64) -> Timeout {
        let expected = self.compute.gpu.with_untracked(|gpu| match gpu {
            GpuState::Ready(report) => report.cost.expected_ms(work),
            _ => 0.0,
        });
        let limit = (GPU_SILENCE_MS + GPU_PATIENCE * expected).min(f64::from(i32::MAX));
        let (pool, generation) = (self.myself.clone(), self.workers[index].generation);
        Timeout::new(limit as u32, move || {
            let message = format!("no answer within {:.0} s", limit / 1000.0);
            let fault = GpuFault::Lost { message };
            if let Some(pool) = pool.upgrade() {
                EnginePool(pool).act(|inner| inner.hear(index, generation, Reply::NoGpu(fault)));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn the_run_of_a_control_goes_before_a_city_and_behind_earlier_controls() {
        let place = |goes_first, others: &[bool]| place_of(goes_first, others.iter().copied());
        assert_eq!(place(true, &[]), 0);
        assert_eq!(place(true, &[false, false]), 0);
        assert_eq!(place(true, &[true, false]), 1);
        assert_eq!(place(true, &[true, true]), 2);
        assert_eq!(place(false, &[true, false]), 2);
    }
}
