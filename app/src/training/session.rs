//! One training: the worker that does it, its epochs and its end.

use leptos::prelude::*;
use slicewise_core::compute::Device;
use slicewise_core::training::TrainingOrder;
use slicewise_protocol::{Installed, Job, Outcome, Reply, Request, TrainingMoment};

use crate::batches::pool::GPU_START_LIMIT_MS;
use crate::browser;
use crate::models;
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
    /// It ended with a network.
    Done(Box<Installed>),
    /// The visitor ended it.
    Cancelled,
    /// It ended without a network: the field, where one is to blame, and why.
    Failed(Option<String>, String),
}

/// The training of the dialogue; a copyable handle.
#[derive(Clone, Copy)]
pub struct Session {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// Its epochs so far.
    pub moments: RwSignal<Vec<TrainingMoment>>,
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    started_ms: StoredValue<f64>,
    worker: StoredValue<Option<EngineWorker>, LocalStorage>,
    order: StoredValue<Option<TrainingOrder>>,
    /// Tells the words of a former worker from those of the present one.
    generation: StoredValue<u32>,
}

impl Session {
    /// No training yet.
    pub fn new() -> Self {
        Self {
            stage: RwSignal::new(Stage::Idle),
            moments: RwSignal::new(Vec::new()),
            device: RwSignal::new(String::new()),
            started_ms: StoredValue::new(0.0),
            worker: StoredValue::new_local(None),
            order: StoredValue::new(None),
            generation: StoredValue::new(0),
        }
    }

    /// Whether a training is under way.
    pub fn is_running(self) -> bool {
        self.stage.with(|stage| matches!(stage, Stage::Starting | Stage::Running))
    }

    /// Trains as `order` says, on the GPU if `device` says so and there is one.
    pub fn start(self, order: TrainingOrder, device: Device) {
        self.moments.set(Vec::new());
        self.order.set_value(Some(order));
        if device == Device::Gpu && !browser::has_webgpu() {
            self.begin_on_cpu("CPU; GPU not used: this browser has no WebGPU");
        } else if device == Device::Gpu {
            self.begin(GPU_SCRIPT, GPU_START_LIMIT_MS, "GPU");
        } else {
            self.begin_on_cpu("CPU");
        }
    }

    /// Ends the training at once.
    pub fn cancel(self) {
        self.end(Stage::Cancelled);
    }

    /// Time left in milliseconds, once an epoch is over.
    pub fn time_left_ms(self) -> Option<f64> {
        let (done, all) = self.moments.with(|m| m.last().map(|last| (last.epoch, last.epochs)))?;
        let passed = browser::now_ms() - self.started_ms.get_value();
        (done > 0).then(|| passed / done as f64 * all.saturating_sub(done) as f64)
    }

    fn begin_on_cpu(self, device: &str) {
        self.begin(LEARNING_SCRIPT, LOAD_LIMIT_MS, device);
    }

    fn begin(self, script: &'static str, limit_ms: u32, device: &str) {
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
        match event {
            WorkerEvent::Failed(reason) => self.lost(script, &reason),
            WorkerEvent::Overdue { seconds } => self.lost(script, &overdue_words(seconds)),
            WorkerEvent::Reply(Reply::NoGpu(fault)) => self.lost(script, &fault.to_string()),
            WorkerEvent::Reply(Reply::Gpu(report)) => {
                self.device.set(crate::batches::compute::gpu_words(&report));
            }
            WorkerEvent::Reply(Reply::Ready) => self.send(script),
            WorkerEvent::Reply(Reply::Epoch { moment, .. }) => {
                self.moments.update(|moments| moments.push(moment));
            }
            WorkerEvent::Reply(Reply::Done { outcome: Outcome::Trained(network), .. }) => {
                self.end(Stage::Done(network));
            }
            WorkerEvent::Reply(Reply::Refused { error, .. }) => {
                self.end(Stage::Failed(Some(error.field.clone()), error.to_string()));
            }
            WorkerEvent::Reply(Reply::Stopped { .. }) => self.end(Stage::Cancelled),
            WorkerEvent::Reply(Reply::Done { .. }) => {
                self.end(Stage::Failed(None, "the engine answered another question".to_owned()));
            }
            WorkerEvent::Reply(_) => {}
        }
    }

    fn send(self, script: &'static str) {
        let Some(order) = self.order.get_value() else { return };
        let start = order.start_from.as_deref().and_then(models::installed);
        let requests = start
            .map(|network| Request::Install(Box::new((*network).clone())))
            .into_iter()
            .chain([Request::Start { id: JOB, job: Job::Train(Box::new(order)) }]);
        let posted = self.worker.with_value(|worker| match worker {
            Some(worker) => requests.into_iter().try_for_each(|request| worker.post(&request)),
            None => Ok(()),
        });
        match posted {
            Ok(()) => {
                self.started_ms.set_value(browser::now_ms());
                self.stage.set(Stage::Running);
            }
            Err(reason) => self.lost(script, &reason),
        }
    }

    /// The worker is gone: a training on the GPU begins anew on the CPU, another one has failed.
    fn lost(self, script: &'static str, reason: &str) {
        if script == GPU_SCRIPT {
            self.moments.set(Vec::new());
            self.begin_on_cpu(&format!("CPU; GPU not used: {reason}"));
        } else {
            self.end(Stage::Failed(None, format!("the engine stopped: {reason}")));
        }
    }

    fn end(self, stage: Stage) {
        self.generation.update_value(|generation| *generation += 1);
        self.worker.set_value(None);
        self.stage.set(stage);
    }
}
