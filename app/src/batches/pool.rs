//! The workers that plan batches: some on the processor, and the GPU engine where it is wanted. They
//! start with the first batch, apart from the planner's own engine, so that sliders stay instant.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::{Set, WithUntracked};
use slicewise_core::Sweep;
use slicewise_core::compute::{CostModel, Device, GpuFault};
use slicewise_protocol::{BatchPlans, Installed, Job, JobId, Outcome, Reply, Request};

use super::compute::{Batch, Compute, Decision, GpuState, multiplications};
use super::gathered::Gathered;
use super::ranges::{Ranges, Share, share_size};
use crate::worker::{
    ENGINE_SCRIPT, EngineWorker, GPU_SCRIPT, LOAD_LIMIT_MS, WorkerEvent, overdue_words,
};
use crate::{browser, models};

/// How long a worker on the processor should be busy with what it is handed.
const SHARE_MS: f64 = 75.0;
/// The most problems that the GPU engine is handed at a time.
const GPU_SHARE: usize = 16_384;
/// How long the GPU engine may take to load and to examine its device.
pub const GPU_START_LIMIT_MS: u32 = 30_000;
/// The GPU engine counts as lost after this and [`GPU_PATIENCE`] times the expected time of its job.
const GPU_SILENCE_MS: f64 = 30_000.0;
const GPU_PATIENCE: f64 = 20.0;

/// Number of a run.
pub type RunId = u32;

/// What to plan: sweeps of one model that belong together, for one view.
pub struct Order {
    /// A newer run of the same view cancels the older one.
    pub view: &'static str,
    /// The families of problems, each valid for the model's card.
    pub sweeps: Vec<Sweep>,
    /// Where to plan, against the visitor's choice: for measurements.
    pub place: Option<Place>,
}

/// A device that a run is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many workers on the processor.
    Cpu(usize),
    /// The GPU engine.
    Gpu,
}

/// What has come in.
pub struct Progress<'a> {
    /// Plans known.
    pub done: usize,
    /// The plans of each sweep.
    pub sweeps: &'a [Gathered],
}

/// A finished run.
pub struct Finished {
    /// The plans of each sweep.
    pub sweeps: Vec<BatchPlans>,
    /// Time from the order to the last plan, in milliseconds.
    pub elapsed_ms: f64,
    /// The device and why, in words.
    pub device: String,
}

/// Who hears of a run. A cancelled run is not heard of again.
pub struct Listeners {
    /// Some plans are known.
    pub on_progress: Box<dyn Fn(Progress)>,
    /// All plans are known.
    pub on_done: Box<dyn Fn(Finished)>,
    /// The run cannot be done, and why.
    pub on_failure: Box<dyn Fn(String)>,
}

/// The pool; clones share it.
#[derive(Clone)]
pub struct EnginePool(Rc<RefCell<Inner>>);

struct Inner {
    compute: Compute,
    /// Those on the processor, then the GPU engine.
    workers: Vec<PoolWorker>,
    runs: Vec<Run>,
    next_run: RunId,
    next_job: JobId,
    installed: Vec<Installed>,
    /// What one worker takes, by model.
    costs: HashMap<String, CostModel>,
    /// Words for the listeners, said once the pool is free again.
    news: Vec<Box<dyn FnOnce()>>,
    /// For the workers' listeners.
    myself: std::rc::Weak<RefCell<Inner>>,
}

#[derive(Default)]
struct PoolWorker {
    engine: Option<EngineWorker>,
    /// Tells the words of a former engine from those of the present one.
    generation: u32,
    ready: bool,
    task: Option<Task>,
    crashes: u32,
}

struct Task {
    id: JobId,
    what: What,
    _deadline: Option<Timeout>,
}

enum What {
    Share { run: RunId, share: Share },
    Calibrate { model: String },
}

struct Run {
    id: RunId,
    view: &'static str,
    sweeps: Rc<Vec<Sweep>>,
    gathered: Rc<RefCell<Vec<Gathered>>>,
    ranges: Ranges,
    total: usize,
    done: usize,
    work_per_problem: f64,
    device: RunDevice,
    place: Option<Place>,
    words: String,
    ms_per_problem: Option<f64>,
    started_ms: f64,
    listeners: Rc<Listeners>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunDevice {
    Cpu,
    Gpu,
}

impl EnginePool {
    /// A pool without a worker yet.
    pub fn new(compute: Compute) -> Self {
        let workers = (0..=compute.workers).map(|_| PoolWorker::default()).collect();
        Self(Rc::new_cyclic(|myself| {
            RefCell::new(Inner {
                compute,
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

    /// Starts to plan `order`.
    pub fn run(&self, order: Order, listeners: Listeners) -> RunId {
        self.act(|inner| inner.begin(order, listeners))
    }

    /// Stops a run; it is not heard of again.
    pub fn cancel(&self, run: RunId) {
        self.act(|inner| inner.drop_run(run));
    }

    /// Gives every worker a network; one of the same name goes.
    pub fn install(&self, network: Installed) {
        self.act(|inner| {
            inner.installed.retain(|known| known.card.name != network.card.name);
            inner.costs.remove(&network.card.name);
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
    fn act<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
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

impl Inner {
    fn gpu(&self) -> usize {
        self.workers.len() - 1
    }

    fn workers_of(&self, device: RunDevice) -> Range<usize> {
        match device {
            RunDevice::Cpu => 0..self.gpu(),
            RunDevice::Gpu => self.gpu()..self.gpu() + 1,
        }
    }

    fn begin(&mut self, order: Order, listeners: Listeners) -> RunId {
        let older: Vec<RunId> =
            self.runs.iter().filter(|run| run.view == order.view).map(|run| run.id).collect();
        older.into_iter().for_each(|run| self.drop_run(run));
        let gpu = self.gpu();
        self.workers[..gpu].iter_mut().for_each(|worker| worker.crashes = 0);
        let id = self.next_run;
        self.next_run += 1;
        let lengths: Vec<usize> = order.sweeps.iter().map(Sweep::len).collect();
        let gathered = order
            .sweeps
            .iter()
            .map(|sweep| Gathered::new(sweep.len(), sweep.base().resources.len()))
            .collect();
        let total = lengths.iter().sum();
        let run = Run {
            id,
            view: order.view,
            work_per_problem: work_per_problem(&order.sweeps),
            sweeps: Rc::new(order.sweeps),
            gathered: Rc::new(RefCell::new(gathered)),
            ranges: Ranges::new(&lengths),
            total,
            done: 0,
            device: RunDevice::Cpu,
            place: order.place,
            words: String::new(),
            ms_per_problem: None,
            started_ms: browser::now_ms(),
            listeners: Rc::new(listeners),
        };
        self.runs.push(run);
        self.decide(self.runs.len() - 1);
        if total == 0 {
            self.finish(self.runs.len() - 1);
        }
        id
    }

    /// Gives a run its device as things stand.
    fn decide(&mut self, index: usize) {
        let run = &self.runs[index];
        let batch = Batch {
            problems: run.total,
            work: run.work_per_problem * (run.total - run.done) as f64,
            cpu: run.model().and_then(|model| self.costs.get(model)).copied(),
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
        let (script, limit) = match index == self.gpu() {
            true => (GPU_SCRIPT, GPU_START_LIMIT_MS),
            false => (ENGINE_SCRIPT, LOAD_LIMIT_MS),
        };
        let worker = &mut self.workers[index];
        worker.generation += 1;
        worker.ready = false;
        let (pool, generation) = (self.myself.clone(), worker.generation);
        let started = EngineWorker::start(script, limit, move |event| {
            if let Some(pool) = pool.upgrade() {
                EnginePool(pool).act(|inner| inner.hear(index, generation, event));
            }
        });
        match started {
            Ok(engine) => self.workers[index].engine = Some(engine),
            Err(reason) => self.worker_failed(index, &reason),
        }
    }

    fn hear(&mut self, index: usize, generation: u32, event: WorkerEvent) {
        if self.workers[index].generation != generation {
            return;
        }
        match event {
            WorkerEvent::Failed(reason) => self.worker_failed(index, &reason),
            WorkerEvent::Overdue { seconds } if index == self.gpu() => {
                self.gpu_lost(GpuFault::NotStarted { seconds: f64::from(seconds) }.to_string());
            }
            WorkerEvent::Overdue { seconds } => {
                self.worker_failed(index, &overdue_words(seconds));
            }
            WorkerEvent::Reply(Reply::Ready) => self.worker_ready(index),
            WorkerEvent::Reply(Reply::Gpu(report)) => {
                self.compute.gpu.set(GpuState::Ready(report));
            }
            WorkerEvent::Reply(Reply::NoGpu(fault)) => self.gpu_lost(fault.to_string()),
            WorkerEvent::Reply(Reply::Done { id, outcome, elapsed_ms }) => {
                if let Some(task) = self.take_task(index, id) {
                    self.task_done(index, task, outcome, elapsed_ms);
                }
            }
            WorkerEvent::Reply(Reply::Refused { id, error }) => {
                if let Some(task) = self.take_task(index, id) {
                    self.task_refused(index, task, error.to_string());
                }
            }
            WorkerEvent::Reply(Reply::Stopped { id }) => {
                if let Some(task) = self.take_task(index, id) {
                    self.give_back(task);
                }
            }
            WorkerEvent::Reply(_) => {}
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

    fn take_task(&mut self, index: usize, id: JobId) -> Option<Task> {
        self.workers[index].task.take_if(|task| task.id == id)
    }

    fn task_done(&mut self, index: usize, task: Task, outcome: Outcome, elapsed_ms: f64) {
        match (task.what, outcome) {
            (What::Share { run, share }, Outcome::Batch(plans)) => {
                self.place(index, run, share, &plans, elapsed_ms);
            }
            (What::Calibrate { model }, Outcome::Calibration(cost)) => {
                self.costs.insert(model, cost);
                self.decide_all();
            }
            (What::Share { run, .. }, _) => {
                self.fail(run, "the engine answered another question".to_owned());
            }
            (What::Calibrate { .. }, _) => {}
        }
    }

    fn place(&mut self, index: usize, run: RunId, share: Share, plans: &BatchPlans, ms: f64) {
        let Some(at) = self.runs.iter().position(|other| other.id == run) else { return };
        let run = &mut self.runs[at];
        let placed = match plans.len() == share.count {
            true => run.gathered.borrow_mut()[share.sweep].place(share.first, plans),
            false => None,
        };
        let Some(new) = placed else {
            let id = run.id;
            self.fail(id, "the engine sent plans that do not fit the question".to_owned());
            return;
        };
        self.workers[index].crashes = 0;
        run.done += new;
        let ms = ms / share.count as f64;
        run.ms_per_problem = Some(run.ms_per_problem.map_or(ms, |before| 0.5 * (before + ms)));
        let (listeners, gathered) = (run.listeners.clone(), run.gathered.clone());
        let done = run.done;
        let whole = done == run.total;
        self.news.push(Box::new(move || {
            let sweeps = gathered.borrow();
            (listeners.on_progress)(Progress { done, sweeps: &sweeps });
        }));
        if whole {
            self.finish(at);
        }
    }

    fn finish(&mut self, at: usize) {
        let run = self.runs.remove(at);
        let elapsed_ms = browser::now_ms() - run.started_ms;
        self.news.push(Box::new(move || {
            let sweeps = run.gathered.take().into_iter().map(|gathered| gathered.plans).collect();
            (run.listeners.on_done)(Finished { sweeps, elapsed_ms, device: run.words });
        }));
    }

    fn task_refused(&mut self, index: usize, task: Task, error: String) {
        match task.what {
            // The processor may take what the GPU engine does not; it refuses what is wrong as well.
            What::Share { .. } if index == self.gpu() => {
                self.give_back(task);
                self.gpu_lost(format!("it refused the batch: {error}"));
            }
            What::Share { run, .. } => self.fail(run, error),
            // Without a calibration the processor plans.
            What::Calibrate { model } => {
                self.costs.insert(model, CostModel { fixed_ms: 0.0, ms_per_work: 0.0 });
            }
        }
    }

    fn fail(&mut self, run: RunId, reason: String) {
        let Some(at) = self.runs.iter().position(|other| other.id == run) else { return };
        let listeners = self.runs[at].listeners.clone();
        self.drop_run(run);
        self.news.push(Box::new(move || (listeners.on_failure)(reason)));
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

    fn give_back(&mut self, task: Task) {
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
        if self.workers[index].crashes < 2 {
            self.spawn(index);
        } else if self.workers_of(RunDevice::Cpu).all(|other| self.workers[other].crashes >= 2) {
            let ids: Vec<RunId> = self
                .runs
                .iter()
                .filter(|run| run.device == RunDevice::Cpu)
                .map(|run| run.id)
                .collect();
            let reason = format!("all workers stopped: {reason}");
            ids.into_iter().for_each(|run| self.fail(run, reason.clone()));
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
        bound.into_iter().for_each(|run| self.fail(run, format!("GPU not used: {why}")));
        self.decide_all();
    }

    /// Gives every idle worker something to do.
    fn hand_out(&mut self) {
        let wants_cpu =
            self.runs.iter().any(|run| run.device == RunDevice::Cpu && run.ranges.waiting() > 0);
        if wants_cpu {
            for index in self.workers_of(RunDevice::Cpu) {
                if self.workers[index].engine.is_none() && self.workers[index].crashes < 2 {
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
                matches!(&worker.task, Some(Task { what: What::Calibrate { model: of }, .. }) if of == model)
            })
        };
        let wanted = self.runs.iter().filter(|run| run.place.is_none()).find_map(|run| {
            let model = run.model()?;
            (!self.costs.contains_key(model) && !under_way(model)).then(|| run.example())?
        });
        let Some(problem) = wanted else { return };
        let Some(index) = self.workers_of(RunDevice::Cpu).find(|index| self.is_idle(*index)) else {
            return;
        };
        let what = What::Calibrate { model: problem.model.clone() };
        self.send(index, what, Job::Calibrate { problem }, None);
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
            let (id, sweeps, work) = (run.id, run.sweeps.clone(), run.work_per_problem);
            let Some(share) = self.runs[at].ranges.take(most) else { continue };
            let sweep = sweeps[share.sweep].clone();
            let job = Job::Batch { sweep, first: share.first, count: share.count };
            let deadline = (device == RunDevice::Gpu).then_some(work * share.count as f64);
            self.send(index, What::Share { run: id, share }, job, deadline);
            return;
        }
    }

    /// Sends a job; with `work` it is given up when the GPU engine stays silent for too long.
    fn send(&mut self, index: usize, what: What, job: Job, work: Option<f64>) {
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
                let event = WorkerEvent::Reply(Reply::NoGpu(fault));
                EnginePool(pool).act(|inner| inner.hear(index, generation, event));
            }
        })
    }
}

impl Run {
    fn model(&self) -> Option<&str> {
        self.sweeps.first().map(|sweep| sweep.base().model.as_str())
    }

    /// A typical problem.
    fn example(&self) -> Option<slicewise_core::SliceProblem> {
        let sweep = self.sweeps.first()?;
        (!sweep.is_empty()).then(|| sweep.problem(sweep.len() / 2))
    }
}

/// Mean work of a problem: multiplications of the network times levels of the traffic.
fn work_per_problem(sweeps: &[Sweep]) -> f64 {
    let Some(card) = sweeps.first().and_then(|sweep| models::named(&sweep.base().model)) else {
        return 0.0;
    };
    let levels = |sweep: &Sweep| match sweep.is_empty() {
        true => 0.0,
        false => sweep.problem(0).slices[0].traffic.samples().len() as f64 * sweep.len() as f64,
    };
    let problems: usize = sweeps.iter().map(Sweep::len).sum();
    let mean = sweeps.iter().map(levels).sum::<f64>() / problems.max(1) as f64;
    mean * multiplications(&card) as f64
}
