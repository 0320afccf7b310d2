//! One training of both networks: the worker that does it, its epochs and its end.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_protocol::forecast::{LearnOrder, LearnedNetworks, LearningMoment, LossSeen};
use slicewise_protocol::{ForecastJob, ForecastOutcome, Job, Outcome, Reply, Request};

use crate::batches::pool::GPU_START_LIMIT_MS;
use crate::browser;
use crate::worker::{
    EngineWorker, GPU_SCRIPT, LEARNING_SCRIPT, LOAD_LIMIT_MS, WorkerEvent, overdue_words,
};

/// Number of the only job that a training's worker gets.
const JOB: u32 = 1;

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// There is none.
    Idle,
    /// Its engine loads.
    Starting,
    /// Epochs come in.
    Running,
    /// It rests.
    Paused,
    /// It ended with networks.
    Done(Arc<LearnedNetworks>),
    /// The visitor ended it.
    Cancelled,
    /// It ended without networks, and why.
    Failed(String),
}

impl Stage {
    /// In one word, for tests and styles.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done(_) => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// A training that is over, for comparison with the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct FormerRun {
    /// How it began: from nothing, or from which networks.
    pub start: String,
    /// Its epochs.
    pub moments: Vec<LearningMoment>,
}

/// The training of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct Session {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// Its epochs so far.
    pub moments: RwSignal<Vec<LearningMoment>>,
    /// What its loss network says after the last epoch.
    pub seen: RwSignal<Option<Arc<LossSeen>>>,
    /// How it began, in words.
    pub start: RwSignal<String>,
    /// The last training on the same demand and costs that came to its end.
    pub former: RwSignal<Option<FormerRun>>,
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    /// Time in milliseconds that was worked before the last pause.
    worked_ms: StoredValue<f64>,
    since_ms: StoredValue<f64>,
    worker: StoredValue<Option<EngineWorker>, LocalStorage>,
    order: StoredValue<Option<LearnOrder>>,
    /// Tells the words of a former worker from those of the present one.
    generation: StoredValue<u32>,
}

impl Session {
    /// No training yet.
    pub fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::Idle),
            moments: RwSignal::new(Vec::new()),
            seen: RwSignal::new(None),
            start: RwSignal::new(String::new()),
            former: RwSignal::new(None),
            device: RwSignal::new(String::new()),
            worked_ms: StoredValue::new(0.0),
            since_ms: StoredValue::new(0.0),
            worker: StoredValue::new_local(None),
            order: StoredValue::new(None),
            generation: StoredValue::new(0),
        }
    }

    /// Trains as `order` says, which begins as `start` tells; on the GPU if that is wanted and there.
    pub fn begin(self, order: LearnOrder, start: String, on_gpu: bool) {
        let same = self.order.with_value(|last| {
            let asked =
                |order: &LearnOrder| (order.trace.clone(), order.terms, order.records.clone());
            last.as_ref().is_some_and(|last| asked(last) == asked(&order))
        });
        let whole = self.stage.with_untracked(|stage| matches!(stage, Stage::Done(_)));
        if !same {
            self.former.set(None);
        } else if whole {
            self.former.set(Some(FormerRun {
                start: self.start.get_untracked(),
                moments: self.moments.get_untracked(),
            }));
        }
        self.start.set(start);
        self.order.set_value(Some(order));
        match (on_gpu, browser::has_webgpu()) {
            (true, true) => self.load(GPU_SCRIPT, GPU_START_LIMIT_MS, "GPU"),
            (true, false) => self.load_on_cpu("CPU; GPU not used: this browser has no WebGPU"),
            (false, _) => self.load_on_cpu("CPU"),
        }
    }

    /// Ends the training at once.
    pub fn cancel(self) {
        self.end(Stage::Cancelled);
    }

    /// Lets the training rest, or go on.
    pub fn pause(self) {
        let paused = self.stage.with_untracked(|stage| *stage == Stage::Running);
        let posted = self.worker.with_value(|worker| match worker {
            Some(worker) => worker.post(&Request::Pause { id: JOB, paused }),
            None => Ok(()),
        });
        if let Err(reason) = posted {
            return self.end(Stage::Failed(reason));
        }
        let now = browser::now_ms();
        if paused {
            self.worked_ms.update_value(|worked| *worked += now - self.since_ms.get_value());
            self.stage.set(Stage::Paused);
        } else {
            self.since_ms.set_value(now);
            self.stage.set(Stage::Running);
        }
    }

    /// Time left in milliseconds, once an epoch is over.
    pub fn time_left_ms(self) -> Option<f64> {
        let (done, all) = self.moments.with(|m| m.last().map(|last| (last.epoch, last.epochs)))?;
        let passed = self.worked_ms.get_value() + browser::now_ms() - self.since_ms.get_value();
        (done > 0).then(|| passed / done as f64 * all.saturating_sub(done) as f64)
    }

    fn load_on_cpu(self, device: &str) {
        self.load(LEARNING_SCRIPT, LOAD_LIMIT_MS, device);
    }

    fn load(self, script: &'static str, limit_ms: u32, device: &str) {
        self.moments.set(Vec::new());
        self.seen.set(None);
        self.device.set(device.to_owned());
        self.stage.set(Stage::Starting);
        self.generation.update_value(|generation| *generation += 1);
        let generation = self.generation.get_value();
        let started = EngineWorker::start(script, limit_ms, move |event| {
            if self.generation.get_value() == generation {
                self.hear(script, event);
            }
        });
        match started {
            Ok(worker) => self.worker.set_value(Some(worker)),
            Err(reason) => self.lost(script, &reason),
        }
    }

    fn hear(self, script: &'static str, event: WorkerEvent) {
        let reply = match event {
            WorkerEvent::Failed(reason) => return self.lost(script, &reason),
            WorkerEvent::Overdue { seconds } => return self.lost(script, &overdue_words(seconds)),
            WorkerEvent::Reply(reply) => reply,
        };
        match reply {
            Reply::NoGpu(fault) => self.lost(script, &fault.to_string()),
            Reply::Gpu(report) => self.device.set(crate::batches::compute::gpu_words(&report)),
            Reply::Ready => self.send(script),
            Reply::Learning { moment, seen, .. } => {
                self.moments.update(|moments| moments.push(moment));
                self.seen.set(seen.map(Arc::from));
            }
            Reply::Done {
                outcome: Outcome::Forecast(ForecastOutcome::Learned(networks)), ..
            } => self.end(Stage::Done(Arc::from(networks))),
            Reply::Refused { error, .. } => self.end(Stage::Failed(error.to_string())),
            Reply::Stopped { .. } => self.end(Stage::Cancelled),
            Reply::Done { .. } => {
                self.end(Stage::Failed("the engine answered another question".to_owned()));
            }
            _ => {}
        }
    }

    fn send(self, script: &'static str) {
        let Some(order) = self.order.get_value() else { return };
        let job = Job::Forecast(ForecastJob::Learn(Box::new(order)));
        let posted = self.worker.with_value(|worker| match worker {
            Some(worker) => worker.post(&Request::Start { id: JOB, job }),
            None => Ok(()),
        });
        match posted {
            Ok(()) => {
                self.worked_ms.set_value(0.0);
                self.since_ms.set_value(browser::now_ms());
                self.stage.set(Stage::Running);
            }
            Err(reason) => self.lost(script, &reason),
        }
    }

    /// The worker is gone: a training on the GPU begins anew on the CPU, another one has failed.
    fn lost(self, script: &'static str, reason: &str) {
        if script == GPU_SCRIPT {
            self.load_on_cpu(&format!("CPU; GPU not used: {reason}"));
        } else {
            self.end(Stage::Failed(format!("the engine stopped: {reason}")));
        }
    }

    fn end(self, stage: Stage) {
        self.generation.update_value(|generation| *generation += 1);
        self.worker.set_value(None);
        self.stage.set(stage);
    }
}
